//! Which entity is meant by an id that another names as its parent.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use crate::model::{EntityKind, Timestamp};
use crate::trace::identity::Mention;

/// The entities of a trace by their ids.
#[derive(Debug)]
pub(in crate::trace) struct Parents<'a> {
    by_id: HashMap<(EntityKind, Cow<'a, str>), Vec<Span<'a>>>,
    /// Which of those with its id an entity is, where there are several.
    turns: HashMap<usize, usize>,
}

/// When an entity was open.
#[derive(Clone, Debug)]
struct Span<'a> {
    place: usize,
    parent: Option<Cow<'a, str>>,
    start: Option<Timestamp>,
    /// None of one that has not ended.
    end: Option<Timestamp>,
    /// The nearest before it, in order, that ends later.
    wider: Option<usize>,
}

impl Span<'_> {
    fn lasts_until(&self, end: Option<Timestamp>) -> bool {
        self.end.is_none_or(|own| Some(own) >= end)
    }
}

impl<'a> Parents<'a> {
    /// Of entities, each with its own parent, in order of their places.
    pub(in crate::trace) fn new<'m>(
        entities: impl Iterator<Item = (&'m Mention<'a>, Option<Cow<'a, str>>)>,
    ) -> Parents<'a>
    where
        'a: 'm,
    {
        let mut by_id: HashMap<(EntityKind, Cow<'a, str>), Vec<Span<'a>>> = HashMap::new();
        for ((mention, parent), place) in entities.zip(0..) {
            if let Some(id) = mention.id.clone() {
                by_id.entry((mention.kind, id)).or_default().push(Span {
                    place,
                    parent,
                    start: mention.entity.start_time(),
                    end: mention.entity.end_time(),
                    wider: None,
                });
            }
        }
        let mut turns = HashMap::new();
        for ((_, id), spans) in by_id.iter_mut().filter(|(_, spans)| spans.len() > 1) {
            spans.sort_by_key(|span| {
                let end = (span.end.is_some(), Reverse(span.end));
                (
                    span.start,
                    end,
                    span.parent.as_ref() == Some(id),
                    span.place,
                )
            });
            turns.extend(spans.iter().map(|span| span.place).zip(0..));
            for at in 1..spans.len() {
                let end = spans[at].end;
                let is_wider = |before: &usize| {
                    spans[*before]
                        .end
                        .is_none_or(|other| end.is_some_and(|end| end < other))
                };
                let before = std::iter::successors(Some(at - 1), |before| spans[*before].wider);
                let wider = { before }.find(is_wider);
                spans[at].wider = wider;
            }
        }
        Parents { by_id, turns }
    }

    /// The place of the one that the entity at `place` names by this id: a segment before a
    /// subsegment. Of several it is the innermost that was open for as long as the entity, or else when
    /// it began, or else the last that began before it, or else one that does not name the id itself.
    ///
    /// One that has the same id itself means one before it, so that no two mean each other.
    pub(in crate::trace) fn find(
        &self,
        id: &str,
        place: usize,
        child: &Mention<'a>,
    ) -> Option<usize> {
        let spans = [EntityKind::Segment, EntityKind::Subsegment]
            .into_iter()
            .find_map(|kind| self.by_id.get(&(kind, Cow::Borrowed(id))))?;
        if let [only] = &spans[..] {
            return Some(only.place);
        }
        let begun = child.entity.start_time();
        let is_own = |at: &usize| spans.get(*at).is_some_and(|span| span.place == place);
        let own = self.turns.get(&place).copied().filter(is_own);
        let before = own.unwrap_or_else(|| spans.partition_point(|span| span.start <= begun));
        // What the entity holds may have its times too.
        let is_held = |span: &Span<'_>| {
            let times = (begun, child.entity.end_time());
            let is_inside = child.id.is_some() && span.parent == child.id;
            own.is_none() && is_inside && (span.start, span.end) == times
        };
        let open = |until: Option<Timestamp>| {
            let mut at = before.checked_sub(1);
            while let Some(place) = at {
                let span = &spans[place];
                if !span.lasts_until(until) {
                    at = span.wider;
                } else if is_held(span) {
                    at = place.checked_sub(1);
                } else {
                    break;
                }
            }
            at
        };
        let begun_before = || spans[..before].iter().rposition(|span| !is_held(span));
        let names_another =
            |span: &Span<'_>| span.place != place && span.parent.as_deref() != Some(id);
        let found = open(child.entity.end_time().max(begun))
            .or_else(|| open(begun))
            .or_else(begun_before)
            .or_else(|| spans.iter().position(names_another))
            .or_else(|| {
                spans
                    .iter()
                    .position(|span| span.place != place && own.is_none())
            });
        Some(found.map_or(place, |at| spans[at].place))
    }
}
