//! The mistakes, by the consequence of the rule that they break.

mod lint;
mod pruned;
mod rejected;

use crate::schema::Rule;
use crate::strategies::mistake::Mistake;

/// The ways to break a rule; none where it is judged on request only.
pub(in crate::strategies) fn mistakes(rule: Rule) -> Vec<&'static Mistake> {
    let all = [rejected::MISTAKES, pruned::MISTAKES, lint::MISTAKES];
    let all = all.into_iter().flatten();
    all.filter(|mistake| mistake.rule == rule).collect()
}
