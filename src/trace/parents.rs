//! Which entity is meant by an id that another names as its parent.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use crate::model::{EntityKind, Timestamp};
use crate::trace::identity::Entities;
use crate::trace::rings::rings;

/// The parent of each entity, of which what is said is in order of precedence.
pub(in crate::trace) fn parents(entities: &Entities<'_>) -> Vec<Option<usize>> {
    let by_id = Parents::new(entities);
    let mut parents: Vec<Option<usize>> = (0..entities.said.len())
        .map(|place| by_id.parent(place, |_| false))
        .collect();
    by_id.untangle(&mut parents);
    parents
}

/// The entities of a trace by their ids.
#[derive(Debug)]
struct Parents<'e, 'a> {
    entities: &'e Entities<'a>,
    /// The places of those that have an id.
    by_id: HashMap<(EntityKind, &'e str), Range<usize>>,
    /// Where these are several, those from this place on in order of time.
    spans: HashMap<usize, Vec<Span>>,
    /// Where in that order each of these is.
    turns: HashMap<usize, usize>,
}

/// When an entity was open.
#[derive(Clone, Debug)]
struct Span {
    place: usize,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    /// Whether it names its own id as that of its parent.
    names_itself: bool,
    /// The nearest before it, in order, that ends later.
    wider: Option<usize>,
}

impl Span {
    fn lasts_until(&self, end: Option<Timestamp>) -> bool {
        self.end.is_none_or(|own| Some(own) >= end)
    }
}

impl<'e, 'a> Parents<'e, 'a> {
    /// Those of which what is said is in order of precedence.
    fn new(entities: &'e Entities<'a>) -> Parents<'e, 'a> {
        let mut by_id = HashMap::new();
        let mut spans: HashMap<usize, Vec<Span>> = HashMap::new();
        let mut turns = HashMap::new();
        for places in entities.namesakes() {
            let mention = entities.best(places.start);
            if let Some(id) = mention.id.as_deref() {
                if places.len() > 1 {
                    let ordered = in_order(places.clone().map(|place| span(entities, place)));
                    turns.extend(ordered.iter().map(|span| span.place).zip(0..));
                    spans.insert(places.start, ordered);
                }
                by_id.insert((mention.kind, id), places);
            }
        }
        Parents {
            entities,
            by_id,
            spans,
            turns,
        }
    }

    /// The parent of a subsegment: what is complete says where it is before what is not, and nesting
    /// does before a parent that is named. Of several that may be meant it is none that it `holds`.
    fn parent(&self, place: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
        let Entities { mentions, said, of } = self.entities;
        if mentions[said[place][0]].kind == EntityKind::Segment {
            return None;
        }
        let those = |is_closed: bool| {
            let said = said[place].iter().map(|mention| &mentions[*mention]);
            said.filter(move |mention| mention.entity.is_closed() == is_closed)
        };
        [true, false].into_iter().find_map(|is_closed| {
            let container = those(is_closed).find_map(|mention| mention.container);
            let named = || {
                let mut named = those(is_closed).filter_map(|mention| mention.entity.parent_id());
                named.find_map(|id| self.find(&id, place, &holds))
            };
            container.map(|container| of[container]).or_else(named)
        })
    }

    /// Where entities hang below each other in a ring, looks whether one of them may mean another
    /// parent, which does not hang below it.
    fn untangle(&self, parents: &mut [Option<usize>]) {
        if self.spans.is_empty() {
            return;
        }
        let rings = rings(parents);
        let mut ring_of = vec![None; parents.len()];
        for (ring, number) in rings.iter().zip(0..) {
            for place in ring {
                ring_of[*place] = Some(number);
            }
        }
        let steps = Cell::new(parents.len().saturating_mul(MOST_STEPS));
        for (mut ring, number) in rings.into_iter().zip(0..) {
            ring.sort_unstable();
            let mut in_time = ring.iter().take_while(|_| steps.get() > 0);
            let another = in_time.find_map(|place| {
                // What leads to the ring leads to each of it.
                let hangs_below = |other: usize| {
                    let above = |at: &usize| {
                        steps.set(steps.get().checked_sub(1)?);
                        parents[*at].filter(|_| ring_of[*at].is_none())
                    };
                    let last = std::iter::successors(Some(other), above).last();
                    steps.get() == 0 || last.is_some_and(|last| ring_of[last] == Some(number))
                };
                let parent = self.parent(*place, hangs_below)?;
                (!hangs_below(parent)).then_some((*place, parent))
            });
            if let Some((place, parent)) = another {
                parents[place] = Some(parent);
                for place in ring {
                    ring_of[place] = None;
                }
            }
        }
    }

    /// The place of the one that the entity at `place` names by this id: a segment before a
    /// subsegment. Of several it is the innermost that was open for as long as the entity, or else when
    /// it began, or else the last that began before it, or else one that does not name the id itself.
    ///
    /// One that has the same id itself means one before it, so that no two mean each other; and none
    /// means what it holds.
    fn find(&self, id: &str, place: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
        let places = [EntityKind::Segment, EntityKind::Subsegment]
            .into_iter()
            .find_map(|kind| self.by_id.get(&(kind, id)))?;
        let Some(spans) = self.spans.get(&places.start) else {
            return Some(places.start);
        };
        let child = self.entities.best(place).entity;
        let begun = child.start_time();
        let own = self
            .turns
            .get(&place)
            .copied()
            .filter(|_| places.contains(&place));
        let before = own.unwrap_or_else(|| spans.partition_point(|span| span.start <= begun));
        let is_other = |span: &Span| {
            let other = span.place;
            other != place && !holds(other) && !self.entities.is_inside(other, place)
        };
        let open = |until: Option<Timestamp>| {
            let mut at = before.checked_sub(1);
            while let Some(place) = at {
                let span = &spans[place];
                if !span.lasts_until(until) {
                    at = span.wider;
                } else if is_other(span) {
                    break;
                } else {
                    at = place.checked_sub(1);
                }
            }
            at
        };
        let found = open(child.end_time().max(begun))
            .or_else(|| open(begun))
            .or_else(|| spans[..before].iter().rposition(is_other))
            .or_else(|| {
                let names_another = |span: &Span| is_other(span) && !span.names_itself;
                spans.iter().position(names_another)
            })
            .or_else(|| own.is_none().then_some(0));
        Some(found.map_or(place, |at| spans[at].place))
    }
}

fn span(entities: &Entities<'_>, place: usize) -> Span {
    let mention = entities.best(place);
    Span {
        place,
        start: mention.entity.start_time(),
        end: mention.entity.end_time(),
        names_itself: mention.id.is_some()
            && entities.parent(entities.said[place][0]) == mention.id,
        wider: None,
    }
}

/// Outer ones before inner ones.
fn in_order(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.collect();
    spans.sort_by_key(|span| {
        let end = (span.end.is_some(), Reverse(span.end));
        (span.start, end, span.names_itself, span.place)
    });
    for at in 1..spans.len() {
        let end = spans[at].end;
        let is_wider = |before: &usize| {
            let other = spans[*before].end;
            other.is_none_or(|other| end.is_some_and(|end| end < other))
        };
        let mut before = std::iter::successors(Some(at - 1), |before| spans[*before].wider);
        let wider = before.find(is_wider);
        spans[at].wider = wider;
    }
    spans
}

/// How many steps are made to find what hangs below what, at most: so many for each entity.
const MOST_STEPS: usize = 100;
