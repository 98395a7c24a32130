//! Entities by name: one, one of a number, each, how many, none.

use std::borrow::Cow;

use crate::expect::ExpectEntity;
use crate::expect::Matcher;
use crate::expect::clue::Clue;
use crate::expect::log::{Log, Said, Score, compared, holds, never};
use crate::expect::matcher::{quoted, short};
use crate::trace::Node;

/// Entities that stand in one relation to another one, or to the trace.
pub(in crate::expect) struct Relation<'a> {
    /// `child`, `descendant`, `segment`, `subsegment`.
    pub(in crate::expect) noun: &'static str,
    /// What they are related to; none where it is the trace.
    pub(in crate::expect) to: Option<Node<'a>>,
    /// In order of start.
    pub(in crate::expect) nodes: Vec<Node<'a>>,
}

impl<'a> Relation<'a> {
    /// Puts them in order of start; what has none comes last.
    pub(in crate::expect) fn by_start(
        noun: &'static str,
        to: Option<Node<'a>>,
        nodes: impl Iterator<Item = Node<'a>>,
    ) -> Relation<'a> {
        let start = |node: &Node<'a>| node.entity().start_time();
        let mut timed: Vec<_> = nodes.map(|node| (start(&node), node)).collect();
        // A stable sort: those that began together stay as they stand in the tree.
        timed.sort_by_key(|(start, _)| (start.is_none(), *start));
        let nodes = timed.into_iter().map(|(_, node)| node).collect();
        Relation { noun, to, nodes }
    }

    /// One with the name fits; if none does, the closest is explained.
    pub(in crate::expect) fn one(
        &self,
        log: &mut Log<'a>,
        name: &impl Matcher<str>,
        expect: &impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) {
        let named = self.named(name);
        let mut closest: Option<(Score, Node<'a>)> = None;
        for node in &named {
            let score = scored(*node, expect);
            if closest.is_none_or(|(best, _)| score.rank() < best.rank()) {
                closest = Some((score, *node));
            }
            if score.is_right() {
                break;
            }
        }
        let Some((score, node)) = closest else {
            return log.note(self.to, false, || self.none(name, "one"));
        };
        let place = match named.len() {
            1 => String::new(),
            many => format!(" (closest of {many})"),
        };
        Relation::detail(log, node, score, &place, expect);
    }

    /// The one with this number among those with the name fits; they are counted from 0.
    pub(in crate::expect) fn nth(
        &self,
        log: &mut Log<'a>,
        name: &impl Matcher<str>,
        number: usize,
        expect: &impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) {
        let named = self.named(name);
        match named.get(number) {
            Some(node) => {
                let score = scored(*node, expect);
                Relation::detail(log, *node, score, &format!(" [{number}]"), expect);
            }
            None if named.is_empty() => log.note(self.to, false, || self.none(name, "one")),
            None => log.note(self.to, false, || {
                Said::wrong(
                    format!("{} [{number}]", called(self.noun, name)),
                    format!("expected {} or more, found {}", number + 1, named.len()),
                )
                .shown_by(named.last().copied())
            }),
        }
    }

    /// Each with the name fits. Where there is none, that is wrong unless it may be so.
    pub(in crate::expect) fn each(
        &self,
        log: &mut Log<'a>,
        name: &impl Matcher<str>,
        may_be_none: bool,
        expect: &impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) {
        let named = self.named(name);
        if named.is_empty() {
            let is_right = may_be_none && names_nothing(name).is_none();
            return log.note(self.to, is_right, || match names_nothing(name) {
                Some(why) if may_be_none => {
                    Said::wrong(self.each_of(name), format!("cannot be: {why}"))
                }
                None if may_be_none => Said::right(self.each_of(name), "there is none"),
                _ => self.none(name, "one or more"),
            });
        }
        let mut wrong = 0;
        let mut first = None;
        for (number, node) in named.iter().enumerate() {
            let score = scored(*node, expect);
            if !score.is_right() {
                wrong += 1;
                first = first.or(Some((number, *node, score)));
            }
        }
        if let Some((number, node, score)) = first {
            Relation::detail(log, node, score, &format!(" [{number}]"), expect);
        }
        log.note(self.to, wrong == 0, || {
            let of = named.len();
            if wrong == 0 {
                return Said::right(self.each_of(name), format!("{of} of {of}"));
            }
            Said::wrong(
                self.each_of(name),
                format!("{wrong} of {of} are not as expected"),
            )
        });
    }

    /// So many have the name.
    pub(in crate::expect) fn count(
        &self,
        log: &mut Log<'a>,
        name: &impl Matcher<str>,
        count: &impl Matcher<i64>,
    ) {
        let named = self.named(name);
        let found = i64::try_from(named.len()).unwrap_or(i64::MAX);
        // Where something has an empty name, it can be counted.
        let never = names_nothing(name).filter(|_| named.is_empty());
        let is_right = never.is_none() && holds(Some(&found), count);
        log.note(self.to, is_right, || {
            let what = called(plural(self.noun), name);
            match never {
                Some(why) => Said::wrong(what, format!("cannot be: {why}")),
                None => compared(what, Some(&found), count, ToString::to_string)
                    .because(if named.is_empty() {
                        self.clue(name)
                    } else {
                        Clue::Count
                    })
                    .shown_by(named.last().copied()),
            }
        });
    }

    /// None has the name.
    pub(in crate::expect) fn none_named(&self, log: &mut Log<'a>, name: &impl Matcher<str>) {
        let named = self.named(name);
        let never = names_nothing(name);
        log.note(self.to, named.is_empty() && never.is_none(), || {
            let what = format!("no {}", called(self.noun, name));
            match never {
                Some(why) => Said::wrong(what, format!("cannot be: {why}")),
                None if named.is_empty() => Said::right(what, ""),
                None => Said::wrong(what, format!("expected none, found {}", named.len()))
                    .because(Clue::Count)
                    .shown_by(named.first().copied()),
            }
        });
    }

    /// Those whose name is like this.
    fn named(&self, name: &impl Matcher<str>) -> Vec<Node<'a>> {
        let nodes = self.nodes.iter().copied();
        let is_named = |node: &Node<'a>| {
            let found = node.name();
            found.is_some_and(|found| name.matches(&found))
        };
        if name.never().is_some() {
            return Vec::new();
        }
        nodes.filter(is_named).collect()
    }

    /// Adds what an entity is like.
    fn detail(
        log: &mut Log<'a>,
        node: Node<'a>,
        score: Score,
        place: &str,
        expect: &impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>,
    ) {
        match log {
            Log::Counted(_) => log.add(Log::Counted(score)),
            Log::Written { .. } => {
                let path = format!("{}{place}", path(node));
                let detail = expect(ExpectEntity {
                    node,
                    log: Log::written(path),
                });
                log.add(detail.log);
            }
        }
    }

    /// What is said where nothing has the name.
    fn none(&self, name: &impl Matcher<str>, number: &str) -> Said<'a> {
        let what = called(self.noun, name);
        match never(name) {
            Some(why) => Said::wrong(what, format!("cannot be: {why}")),
            None => Said::wrong(
                what,
                format!("expected {number}, found {}", names(&self.nodes)),
            )
            .because(self.clue(name)),
        }
    }

    fn clue(&self, name: &impl Matcher<str>) -> Clue {
        Clue::Missing {
            name: name.literal().map(str::to_owned),
            noun: self.noun,
        }
    }

    fn each_of(&self, name: &impl Matcher<str>) -> String {
        format!("each {}", called(self.noun, name))
    }
}

fn scored<'a>(node: Node<'a>, expect: &impl Fn(ExpectEntity<'a>) -> ExpectEntity<'a>) -> Score {
    let log = Log::Counted(Score::default());
    expect(ExpectEntity { node, log }).log.score()
}

/// The names from the segment down, those in the middle left out where there are many.
pub(in crate::expect) fn path(node: Node<'_>) -> String {
    let mut nodes: Vec<Node<'_>> = std::iter::once(node).chain(node.ancestors()).collect();
    nodes.reverse();
    let shown = |node: &Node<'_>| name(*node);
    let names: Vec<String> = if nodes.len() > SHOWN_LEVELS {
        let (first, last) = (&nodes[..1], &nodes[nodes.len() - (SHOWN_LEVELS - 1)..]);
        let first = first.iter().map(shown);
        first
            .chain(["…".to_owned()])
            .chain(last.iter().map(shown))
            .collect()
    } else {
        nodes.iter().map(shown).collect()
    };
    names.join(" > ")
}

/// The name of an entity, on one line.
pub(in crate::expect) fn name(node: Node<'_>) -> String {
    match node.name() {
        Some(name) if name.is_empty() => "<empty name>".to_owned(),
        Some(name) => short(&name),
        None => "<no name>".to_owned(),
    }
}

/// `"a", "b" (3 times) and "c"`, or `none`; of many names, the first few.
pub(in crate::expect) fn names(nodes: &[Node<'_>]) -> String {
    let mut counted: Vec<(Option<Cow<'_, str>>, usize)> = Vec::new();
    let mut others = 0;
    for node in nodes {
        let name = node.name();
        let place = counted.iter().position(|(counted, _)| *counted == name);
        match place {
            Some(place) => counted[place].1 += 1,
            None if counted.len() < SHOWN_NAMES => counted.push((name, 1)),
            None => others += 1,
        }
    }
    let mut names: Vec<String> = counted
        .iter()
        .map(|(name, times)| {
            let name = match name {
                Some(name) => quoted(name),
                None => "one without name".to_owned(),
            };
            match times {
                1 => name,
                many => format!("{name} ({many} times)"),
            }
        })
        .collect();
    if others > 0 {
        names.push(format!("{others} more"));
    }
    match names.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// Why nothing has the name, whatever there is: that nothing has it would say nothing.
fn names_nothing(name: &impl Matcher<str>) -> Option<String> {
    never(name).or_else(|| {
        let is_empty = name.literal().is_some_and(str::is_empty);
        is_empty.then(|| "an empty name names nothing".to_owned())
    })
}

/// `child "audit"`, `child like "aud*"`, `child`.
fn called(noun: &str, name: &impl Matcher<str>) -> String {
    let expected = name.expected();
    match expected.strip_prefix("a text ") {
        _ if expected == "any" => noun.to_owned(),
        Some(like) => format!("{noun} {like}"),
        None => format!("{noun} {expected}"),
    }
}

fn plural(noun: &str) -> &str {
    match noun {
        "child" => "children",
        "descendant" => "descendants",
        "segment" => "segments",
        _ => "subsegments",
    }
}

/// How many names of a path are shown.
const SHOWN_LEVELS: usize = 6;
/// How many names are listed.
const SHOWN_NAMES: usize = 8;
