//! The text of a failure: what is not so, what is likely, each criterion, and the place.

use std::fmt::Write as _;

use crate::expect::Mismatch;
use crate::expect::clue::Search;
use crate::expect::log::Criterion;
use crate::render::{marked, wrapped};
use crate::trace::{Surroundings, Trace};

/// Explains the first criterion that does not hold, with the others.
///
/// ```text
/// OrdersWorker > dynamo-put is not as expected
/// likely: annotation order_id is on another entity of this trace: OrdersWorker
///   ok  annotation items     3
///   NO  annotation order_id  expected "o-1", found none
/// trace 1-66a00000-0123456789abcdef01234567 (complete, 2 entities)
/// OrdersWorker  100 ms  {order_id: o-1}
/// └─ dynamo-put  80.0 ms  {items: 3}  <- here
/// ```
pub(in crate::expect) fn explain(trace: &Trace, criteria: &[Criterion<'_>]) -> Mismatch {
    let Some(first) = criteria.iter().find(|criterion| criterion.outcome.is_err()) else {
        let text = "what did not hold held when it was looked at again: a closure of the \
                    assertion gives another answer each time";
        return Mismatch {
            text: wrapped("", text),
        };
    };
    let of_it = |criterion: &&Criterion<'_>| match (criterion.node, first.node) {
        (Some(one), Some(other)) => one.is(other),
        (None, None) => true,
        _ => false,
    };
    let about = match first.path.as_str() {
        "" => "the trace",
        path => path,
    };
    let here: Vec<&Criterion<'_>> = criteria.iter().filter(of_it).collect();
    // A secret is known as long as it stands on one line.
    let masked = |text: String| match trace.around() {
        Some(around) => around.mask(text),
        None => text,
    };
    let fold = |label: &str, text: String| wrapped(label, &masked(text));
    let mut text = fold("", format!("{about} is not as expected"));
    for cause in likely(trace, &here) {
        text.push_str(&fold("likely: ", cause));
    }
    let width = here
        .iter()
        .map(|criterion| criterion.what.chars().count())
        .max()
        .unwrap_or(0);
    // What does not hold is shown in any case.
    let are_few = here.len() <= SHOWN_CRITERIA;
    let shown: Vec<&Criterion<'_>> = here
        .iter()
        .filter(|criterion| are_few || criterion.outcome.is_err())
        .take(SHOWN_CRITERIA)
        .copied()
        .collect();
    let left_out = here.len() - shown.len();
    for Criterion { what, outcome, .. } in shown {
        let (word, found) = match outcome {
            Ok(found) => ("ok", found),
            Err(why) => ("NO", why),
        };
        let what = format!(
            "  {word}  {what}{}",
            " ".repeat(width - what.chars().count() + 2)
        );
        text.push_str(&fold(&what, found.clone()));
    }
    if left_out > 0 {
        let _ = writeln!(text, "  ... and {left_out} more");
    }
    let elsewhere: Vec<&Criterion<'_>> = criteria
        .iter()
        .filter(|criterion| criterion.outcome.is_err() && !of_it(criterion))
        .collect();
    for also in elsewhere.iter().take(SHOWN_ELSEWHERE) {
        let path = match also.path.as_str() {
            "" => "the trace",
            path => path,
        };
        let why = match &also.outcome {
            Ok(_) => String::new(),
            Err(why) => format!("{}: {why}", also.what),
        };
        text.push_str(&fold("  NO  ", format!("{path}: {why}")));
    }
    if let Some(more @ 1..) = elsewhere.len().checked_sub(SHOWN_ELSEWHERE) {
        let _ = writeln!(text, "  ... and {more} more elsewhere");
    }
    text.push_str(&marked(trace, first.mark.or(first.node), SHOWN_LINES));
    Mismatch { text: masked(text) }
}

/// The likely causes of what is wrong with one entity, the first ones of all.
fn likely(trace: &Trace, criteria: &[&Criterion<'_>]) -> Vec<String> {
    let around = match trace.around() {
        Some(around) => around.surroundings(trace.id()),
        None => Surroundings::default(),
    };
    let mut causes: Vec<String> = Vec::new();
    for criterion in criteria.iter().filter(|one| one.outcome.is_err()) {
        let Some(clue) = &criterion.clue else {
            continue;
        };
        let search = Search {
            trace,
            around: &around,
            node: criterion.node,
            mark: criterion.mark,
        };
        for cause in search.likely(clue) {
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
        if causes.len() >= SHOWN_CAUSES {
            break;
        }
    }
    causes.truncate(SHOWN_CAUSES);
    causes
}

/// How many lines of a trace a mismatch shows.
const SHOWN_LINES: usize = 40;
/// How many criteria of one entity are shown.
const SHOWN_CRITERIA: usize = 30;
/// How many criteria of other entities are shown.
const SHOWN_ELSEWHERE: usize = 10;
/// How many likely causes are told.
const SHOWN_CAUSES: usize = 2;
