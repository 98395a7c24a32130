//! What was found of what was expected.

use std::borrow::Cow;
use std::time::Duration;

use crate::error::on_one_line;
use crate::expect::Matcher;
use crate::expect::clue::Clue;
use crate::expect::matcher::quoted;
use crate::render::duration;
use crate::trace::Node;

/// Something that was expected, and whether it is so.
pub(in crate::expect) struct Criterion<'a> {
    /// The entity; none where it is the trace.
    pub(in crate::expect) node: Option<Node<'a>>,
    /// The names from the segment down to the entity.
    pub(in crate::expect) path: String,
    pub(in crate::expect) what: String,
    /// What was found, or what was expected and found instead.
    pub(in crate::expect) outcome: Result<String, String>,
    /// Where to look for why it is not so.
    pub(in crate::expect) clue: Option<Clue>,
    /// The entity that shows it, where it is another one.
    pub(in crate::expect) mark: Option<Node<'a>>,
}

/// How well something is as expected.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::expect) struct Score {
    right: usize,
    wrong: usize,
}

impl Score {
    pub(in crate::expect) fn is_right(self) -> bool {
        self.wrong == 0
    }

    /// What is right comes first, then the one with the most that is right, then the one with the
    /// least that is wrong.
    pub(in crate::expect) fn rank(self) -> (bool, std::cmp::Reverse<usize>, usize) {
        (self.wrong > 0, std::cmp::Reverse(self.right), self.wrong)
    }
}

/// Takes the criteria of one entity: while candidates are compared they are counted, and written
/// for the one that is explained.
pub(in crate::expect) enum Log<'a> {
    Counted(Score),
    Written {
        path: String,
        criteria: Vec<Criterion<'a>>,
    },
}

/// What became of a criterion, in words that are made when they are wanted.
pub(in crate::expect) struct Said<'a> {
    what: String,
    outcome: Result<String, String>,
    clue: Option<Clue>,
    mark: Option<Node<'a>>,
}

impl<'a> Said<'a> {
    /// It is so.
    pub(in crate::expect) fn right(what: impl Into<String>, found: impl Into<String>) -> Said<'a> {
        Said {
            what: what.into(),
            outcome: Ok(found.into()),
            clue: None,
            mark: None,
        }
    }

    /// It is not.
    pub(in crate::expect) fn wrong(what: impl Into<String>, why: impl Into<String>) -> Said<'a> {
        Said {
            what: what.into(),
            outcome: Err(why.into()),
            clue: None,
            mark: None,
        }
    }

    /// Where to look for why it is not so.
    pub(in crate::expect) fn because(mut self, clue: Clue) -> Said<'a> {
        if self.outcome.is_err() {
            self.clue = Some(clue);
        }
        self
    }

    /// The entity that shows it.
    pub(in crate::expect) fn shown_by(mut self, node: Option<Node<'a>>) -> Said<'a> {
        self.mark = node;
        self
    }
}

impl<'a> Log<'a> {
    /// Notes a criterion. What is said of it is asked only where it is written.
    pub(in crate::expect) fn note(
        &mut self,
        node: Option<Node<'a>>,
        is_right: bool,
        said: impl FnOnce() -> Said<'a>,
    ) {
        match self {
            Log::Counted(score) if is_right => score.right += 1,
            Log::Counted(score) => score.wrong += 1,
            Log::Written { path, criteria } => {
                let said = said();
                criteria.push(Criterion {
                    node,
                    path: path.clone(),
                    what: on_one_line(&said.what, LONGEST_WHAT),
                    outcome: said.outcome,
                    clue: said.clue,
                    mark: said.mark,
                });
            }
        }
    }

    /// Notes whether a text is as expected.
    pub(in crate::expect) fn text(
        &mut self,
        node: Option<Node<'a>>,
        what: impl Into<String>,
        found: Option<Cow<'a, str>>,
        expected: &impl Matcher<str>,
    ) {
        let found = found.as_deref();
        self.note(node, holds(found, expected), || {
            member(what.into(), |what| compared(what, found, expected, quoted))
        });
    }

    /// Notes whether a whole number is as expected.
    pub(in crate::expect) fn number(
        &mut self,
        node: Option<Node<'a>>,
        what: impl Into<String>,
        found: Option<i64>,
        expected: &impl Matcher<i64>,
    ) {
        let found = found.as_ref();
        self.note(node, holds(found, expected), || {
            member(what.into(), |what| {
                compared(what, found, expected, ToString::to_string)
            })
        });
    }

    /// Notes whether a time is as expected.
    pub(in crate::expect) fn time(
        &mut self,
        node: Option<Node<'a>>,
        what: impl Into<String>,
        found: Option<Duration>,
        expected: &impl Matcher<Duration>,
    ) {
        let found = found.as_ref();
        self.note(node, holds(found, expected), || {
            compared(what, found, expected, |found| duration(*found))
        });
    }

    /// Adds what is known of an entity below.
    pub(in crate::expect) fn add(&mut self, other: Log<'a>) {
        match (self, other) {
            (Log::Counted(score), Log::Counted(other)) => {
                score.right += other.right;
                score.wrong += other.wrong;
            }
            (
                Log::Written { criteria, .. },
                Log::Written {
                    criteria: others, ..
                },
            ) => criteria.extend(others),
            _ => unreachable!("an entity below is noted as the one above is"),
        }
    }

    /// An empty one of the same sort.
    pub(in crate::expect) fn begin(&self) -> Log<'a> {
        match self {
            Log::Counted(_) => Log::Counted(Score::default()),
            Log::Written { path, .. } => Log::written(path.clone()),
        }
    }

    /// An empty one that is written.
    pub(in crate::expect) fn written(path: String) -> Log<'a> {
        Log::Written {
            path,
            criteria: Vec::new(),
        }
    }

    pub(in crate::expect) fn score(&self) -> Score {
        match self {
            Log::Counted(score) => *score,
            Log::Written { criteria, .. } => {
                let wrong = criteria.iter().filter(|one| one.outcome.is_err()).count();
                Score {
                    right: criteria.len() - wrong,
                    wrong,
                }
            }
        }
    }
}

/// What is said of a member such as `aws.table_name`.
fn member<'a>(what: String, said: impl FnOnce(String) -> Said<'a>) -> Said<'a> {
    let member = what.rsplit('.').next().unwrap_or(&what).to_owned();
    said(what).because(Clue::Member { member })
}

/// Whether a value, if there is one, is as expected.
pub(in crate::expect) fn holds<T: ?Sized>(found: Option<&T>, expected: &impl Matcher<T>) -> bool {
    found.is_some_and(|found| expected.never().is_none() && expected.matches(found))
}

/// What is said of a value, shown as `shown`.
pub(in crate::expect) fn compared<'a, T: ?Sized>(
    what: impl Into<String>,
    found: Option<&T>,
    expected: &impl Matcher<T>,
    shown: impl FnOnce(&T) -> String,
) -> Said<'a> {
    if let Some(why) = never(expected) {
        return Said::wrong(what, format!("cannot be: {why}"));
    }
    match found {
        None => Said::wrong(what, format!("expected {}, found none", wanted(expected))),
        Some(found) => {
            let shown = shown(found);
            if expected.matches(found) {
                Said::right(what, shown)
            } else {
                Said::wrong(
                    what,
                    format!("expected {}, found {shown}", wanted(expected)),
                )
            }
        }
    }
}

/// What a matcher expects. It may be one of the user's own, which writes what it likes.
pub(in crate::expect) fn wanted<T: ?Sized>(expected: &impl Matcher<T>) -> String {
    on_one_line(&expected.expected(), LONGEST_WANTED)
}

/// Why nothing can be as a matcher expects.
pub(in crate::expect) fn never<T: ?Sized>(expected: &impl Matcher<T>) -> Option<String> {
    let why = expected.never()?;
    Some(on_one_line(&why, LONGEST_WANTED))
}

/// Columns for what a criterion is about.
const LONGEST_WHAT: usize = 40;
/// How many characters of what a matcher says are shown.
const LONGEST_WANTED: usize = 200;
