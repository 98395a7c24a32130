//! What happened before what, and at once.

use std::collections::HashSet;

use crate::expect::assertion::assertions;
use crate::expect::clue::Clue;
use crate::expect::log::{Log, Said, compared, holds, never, wanted};
use crate::expect::matcher::{quoted, short};
use crate::expect::relation::{name, names, path};
use crate::expect::{Assertion, Matcher, Mismatch};
use crate::model::Timestamp;
use crate::render::duration;
use crate::trace::Node;

/// Order in time, from when entities began and ended. Entities are named wherever they lie in the
/// trace, and all with a name are meant.
///
/// One that ended at the very moment when another began was before it. Under a clock that stands
/// still all begin and end at one moment: they are before and after each other, and none overlaps
/// another.
impl<'a> Assertion<'a> {
    assertions! {
        /// All with the first name had ended when the first with the second name began.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().before("auth", "dynamo-put");
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().before("dynamo-put", "charge"); // they overlap
        /// ```
        before, try_before(first: impl Matcher<str>, second: impl Matcher<str>)
        |this, log| this.in_order(log, "before", (&first, &second), &first, &second);

        /// The first with the first name began when all with the second name had ended.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().after("dynamo-put", "auth");
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().after("auth", "dynamo-put");
        /// ```
        after, try_after(second: impl Matcher<str>, first: impl Matcher<str>)
        |this, log| this.in_order(log, "after", (&second, &first), &first, &second);

        /// Each with the first name was open at once with each with the second name. Of one name
        /// given twice there must be two or more.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().overlapping("dynamo-put", "charge");
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().overlapping("auth", "charge");
        /// ```
        overlapping, try_overlapping(one: impl Matcher<str>, other: impl Matcher<str>)
        |this, log| this.at_once(log, &one, &other);

        /// So many with this name, at most, were open at one moment.
        ///
        /// # Examples
        ///
        /// ```
        /// use xray_phantom::expect::one_of;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().max_concurrency(one_of(["auth", "charge", "SNS"]), 2);
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().max_concurrency("DynamoDB", 2); // there is one
        /// ```
        max_concurrency, try_max_concurrency(name: impl Matcher<str>, expected: impl Matcher<i64>)
        |this, log| this.concurrent(log, &name, &expected);

        /// No subsegment began before its parent did, or ended after it. There must be one, and the
        /// times of all must be known.
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().within_parent();
        /// ```
        ///
        /// ```should_panic
        /// use xray_phantom::{FakeDaemon, block_on};
        ///
        /// let daemon = FakeDaemon::start();
        /// daemon.emitter().emit(
        ///     r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "api",
        ///         "start_time": 1721763840.0, "end_time": 1721763840.5,
        ///         "subsegments": [{"id": "00000000000000b1", "name": "mail",
        ///                          "start_time": 1721763840.1, "end_time": 1721763840.9}]}"#,
        /// );
        /// block_on(daemon.expect_one_trace()).assert().within_parent(); // `mail` went on for 400 ms
        /// ```
        within_parent, try_within_parent()
        |this, log| this.inside(log);

        /// The entities that the duration of the trace depends on have these names, in this order:
        /// those of [`Trace::critical_path`](crate::Trace::critical_path).
        ///
        /// # Examples
        ///
        /// ```
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().critical_path(["OrdersWorker", "auth", "users-db", "dynamo-put", "DynamoDB"]);
        /// ```
        ///
        /// ```should_panic
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().critical_path(["OrdersWorker", "charge"]);
        /// ```
        critical_path, try_critical_path(expected: impl AsRef<[&'static str]>)
        |this, log| this.critical(log, expected.as_ref());
    }

    /// `first` before `second`; the question is told as it was asked.
    fn in_order(
        &self,
        log: &mut Log<'a>,
        word: &str,
        asked: (&impl Matcher<str>, &impl Matcher<str>),
        first: &impl Matcher<str>,
        second: &impl Matcher<str>,
    ) {
        let what = || format!("{} {word} {}", asked.0.expected(), asked.1.expected());
        let found = self
            .timed(first)
            .and_then(|firsts| Ok((firsts, self.timed(second)?)));
        let (firsts, seconds) = match found {
            Ok(found) => found,
            Err(said) => return log.note(None, false, || said.about(what())),
        };
        let last_end = firsts.iter().max_by_key(|timed| timed.end);
        let first_start = seconds.iter().min_by_key(|timed| timed.start);
        let (Some(first), Some(second)) = (last_end, first_start) else {
            return;
        };
        let same = firsts.len() == 1 && seconds.len() == 1 && first.node.is(second.node);
        log.note(None, first.end <= second.start && !same, || {
            let (one, other) = (self.span(first), self.span(second));
            if same {
                return Said::wrong(what(), format!("both are {one}")).shown_by(Some(first.node));
            }
            if first.end <= second.start {
                return Said::right(what(), format!("{one}, then {other}"));
            }
            Said::wrong(what(), format!("{one} had not ended before {other}"))
                .because(Clue::Times)
                .shown_by(Some(second.node))
        });
    }

    fn at_once(&self, log: &mut Log<'a>, one: &impl Matcher<str>, other: &impl Matcher<str>) {
        let what = || format!("{} overlapping {}", one.expected(), other.expected());
        let found = self
            .timed(one)
            .and_then(|ones| Ok((ones, self.timed(other)?)));
        let (ones, others) = match found {
            Ok(found) => found,
            Err(said) => return log.note(None, false, || said.about(what())),
        };
        // The pair that is furthest apart shows whether all overlap.
        let apart = furthest_apart(&ones, &others).max(furthest_apart(&others, &ones));
        log.note(
            None,
            matches!(apart, Some((gap, ..)) if gap < 0),
            || match apart {
                None => Said::wrong(what(), "expected two or more, found one")
                    .shown_by(ones.first().map(|timed| timed.node)),
                Some((gap, ..)) if gap < 0 => {
                    Said::right(what(), format!("{} and {}", ones.len(), others.len()))
                }
                Some((_, first, second)) => {
                    let pair = |timed: &[Timed<'a>], at: usize| {
                        timed.get(at).map(|timed| self.span(timed))
                    };
                    let all: Vec<Timed<'a>> = ones.iter().chain(&others).copied().collect();
                    let by_id = |id: usize| all.iter().position(|timed| timed.id == id);
                    let (first, second) = (by_id(first), by_id(second));
                    let text =
                        |at: Option<usize>| at.and_then(|at| pair(&all, at)).unwrap_or_default();
                    Said::wrong(
                        what(),
                        format!("{} had ended before {}", text(first), text(second)),
                    )
                    .shown_by(second.and_then(|at| all.get(at)).map(|timed| timed.node))
                }
            },
        );
    }

    fn concurrent(
        &self,
        log: &mut Log<'a>,
        name: &impl Matcher<str>,
        expected: &impl Matcher<i64>,
    ) {
        let what = || format!("max concurrency of {}", name.expected());
        let timed = match self.timed(name) {
            Ok(timed) => timed,
            Err(said) => return log.note(None, false, || said.about(what())),
        };
        // Of what happens at one moment the ends come first; what has no length ends when it began.
        let mut moments: Vec<(Timestamp, i64, usize)> = Vec::with_capacity(2 * timed.len());
        for (at, timed) in timed.iter().enumerate() {
            if timed.start < timed.end {
                moments.push((timed.start, 1, at));
                moments.push((timed.end, -1, at));
            }
        }
        moments.sort_unstable();
        let (mut open, mut most, mut shown) = (0_i64, 0_i64, None);
        for (_, change, at) in moments {
            open += change;
            if open > most {
                most = open;
                shown = timed.get(at);
            }
        }
        let most = most.max(1);
        log.note(None, holds(Some(&most), expected), || {
            compared(what(), Some(&most), expected, ToString::to_string)
                .shown_by(shown.map(|timed| timed.node))
        });
    }

    fn inside(&self, log: &mut Log<'a>) {
        let mut looked_at = 0;
        let mut outside: Option<(Node<'a>, String)> = None;
        let mut more = 0;
        for node in self.trace.nodes().filter(Node::is_subsegment) {
            let Some(parent) = node.parent() else {
                continue;
            };
            looked_at += 1;
            let Some(why) = not_inside(node, parent) else {
                continue;
            };
            match outside {
                None => outside = Some((node, why)),
                Some(_) => more += 1,
            }
        }
        log.note(
            None,
            looked_at > 0 && outside.is_none(),
            || match &outside {
                None if looked_at == 0 => Said::wrong(
                    "within parent",
                    "expected a subsegment with a parent, found none",
                ),
                None => Said::right("within parent", format!("{looked_at} of {looked_at}")),
                Some((node, why)) => {
                    let others = match more {
                        0 => String::new(),
                        1 => ", and 1 more is not inside its own".to_owned(),
                        more => format!(", and {more} more are not inside theirs"),
                    };
                    Said::wrong("within parent", format!("{} {why}{others}", path(*node)))
                        .because(Clue::Times)
                        .shown_by(Some(*node))
                }
            },
        );
    }

    fn critical(&self, log: &mut Log<'a>, expected: &[&'static str]) {
        let path = self.trace.critical_path();
        let is_same = path.len() == expected.len()
            && path
                .iter()
                .zip(expected)
                .all(|(node, expected)| node.name().as_deref() == Some(*expected));
        log.note(None, is_same && !expected.is_empty(), || {
            let found: Vec<String> = path.iter().map(|node| name(*node)).collect();
            let found = short(&found.join(" > "));
            if expected.is_empty() {
                return Said::wrong("critical path", "cannot be: no name was asked for");
            }
            if is_same {
                return Said::right("critical path", found);
            }
            let asked = short(&expected.join(" > "));
            let differs = path
                .iter()
                .zip(expected)
                .position(|(node, expected)| node.name().as_deref() != Some(*expected))
                .unwrap_or(path.len().min(expected.len()));
            let first = |name: Option<String>| name.unwrap_or_else(|| "its end".to_owned());
            Said::wrong(
                "critical path",
                format!(
                    "expected {asked}, found {found}; differs at [{differs}]: expected {}, found {}",
                    first(expected.get(differs).map(|name| quoted(name))),
                    first(path.get(differs).map(|node| quoted(&name(*node))))
                ),
            )
            .shown_by(path.get(differs).or(path.last()).copied())
        });
    }

    /// The entities with this name, all of which must have their times.
    fn timed(&self, named: &impl Matcher<str>) -> Result<Vec<Timed<'a>>, Unfound<'a>> {
        if let Some(why) = never(named) {
            return Err(Unfound {
                why: format!("cannot be: {why}"),
                clue: None,
                node: None,
            });
        }
        let mut timed = Vec::new();
        for (id, node) in self.trace.nodes().enumerate() {
            if !node.name().is_some_and(|name| named.matches(&name)) {
                continue;
            }
            let Some((start, end)) = node.interval() else {
                return Err(Unfound {
                    why: format!("the times of {} are not known", path(node)),
                    clue: None,
                    node: Some(node),
                });
            };
            timed.push(Timed {
                node,
                id,
                start,
                end,
            });
        }
        if timed.is_empty() {
            let all: Vec<Node<'a>> = self.trace.nodes().collect();
            return Err(Unfound {
                why: format!("expected {}, found {}", wanted(named), names(&all)),
                clue: Some(Clue::Missing {
                    name: named.literal().map(str::to_owned),
                    noun: "subsegment",
                }),
                node: None,
            });
        }
        Ok(timed)
    }

    /// `dynamo-put (10.0 ms to 90.0 ms)`, from the start of the trace.
    fn span(&self, timed: &Timed<'a>) -> String {
        let begin = self.trace.start_time().unwrap_or(timed.start);
        let since = |time: Timestamp| duration(time.since(begin).unwrap_or_default());
        format!(
            "{} ({} to {})",
            name(timed.node),
            since(timed.start),
            since(timed.end)
        )
    }
}

/// Why an entity is not inside its parent, if it is not. Where the times are not known, nobody can say
/// that it is.
fn not_inside(node: Node<'_>, parent: Node<'_>) -> Option<String> {
    let Some((start, end)) = node.interval() else {
        return Some("has times that are not known".to_owned());
    };
    let Some((from, to)) = parent.interval() else {
        return Some("has a parent whose times are not known".to_owned());
    };
    let early = from.since(start).filter(|early| !early.is_zero());
    let late = end.since(to).filter(|late| !late.is_zero());
    early
        .map(|early| format!("began {} before its parent", duration(early)))
        .or_else(|| late.map(|late| format!("ended {} after its parent", duration(late))))
}

/// An entity and its times.
#[derive(Clone, Copy)]
struct Timed<'a> {
    node: Node<'a>,
    /// Its number in the trace.
    id: usize,
    start: Timestamp,
    end: Timestamp,
}

/// Why there is nothing to compare.
struct Unfound<'a> {
    why: String,
    clue: Option<Clue>,
    node: Option<Node<'a>>,
}

impl<'a> Unfound<'a> {
    fn about(self, what: String) -> Said<'a> {
        let said = Said::wrong(what, self.why).shown_by(self.node);
        match self.clue {
            Some(clue) => said.because(clue),
            None => said,
        }
    }
}

/// Of the pairs of different entities the one whose first ended longest before the second began:
/// by how many nanoseconds, and the numbers of the two. `None` where there is no such pair.
fn furthest_apart(firsts: &[Timed<'_>], seconds: &[Timed<'_>]) -> Option<(i128, usize, usize)> {
    // If the earliest end and the latest start are of one entity, either of them may be the second
    // best: two of each are enough.
    let mut ends: Vec<&Timed<'_>> = firsts.iter().collect();
    ends.sort_by_key(|timed| (timed.end, timed.id));
    ends.truncate(2);
    let mut starts: Vec<&Timed<'_>> = seconds.iter().collect();
    starts.sort_by_key(|timed| (std::cmp::Reverse(timed.start), timed.id));
    starts.truncate(2);
    let mut seen = HashSet::new();
    let pairs = ends
        .iter()
        .flat_map(|first| starts.iter().map(move |second| (first, second)));
    pairs
        .filter(|(first, second)| first.id != second.id && seen.insert((first.id, second.id)))
        .map(|(first, second)| {
            let gap = second.start.as_nanos() - first.end.as_nanos();
            // One that ends as the other begins does not overlap it; nor does one without length.
            (gap, first.id, second.id)
        })
        .max()
}
