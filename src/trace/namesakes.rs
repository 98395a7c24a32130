//! Who is meant by an id that several entities have.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::EntityKind;
use crate::trace::identity::{Mention, parent};

/// Parts mentions with the same id by the entity that they are of.
///
/// Those of a segment are of one. Those of subsegments are of as many as one document would hold
/// that said the same: they differ in start, or, of complete ones, in name or place. Where one
/// document gives the id to two, or it is all zeros (the Python SDK gives that to unsampled
/// subsegments), the id says nothing, so that the end counts too, and at last the order.
///
/// `of` are the entities of the mentions, as far as they are known.
pub(in crate::trace) fn told_apart(
    mentions: &[Mention<'_>],
    of: &[usize],
    all: &[usize],
) -> Vec<Vec<usize>> {
    let first = &mentions[all[0]];
    let is_zero = first.id.as_deref().is_some_and(is_zero);
    if first.kind == EntityKind::Segment && !is_zero {
        return vec![all.to_vec()];
    }
    parted(all, |place| mentions[place].entity.start_time())
        .iter()
        .flat_map(|same_start| {
            let documents = same_start.iter().map(|place| mentions[*place].document);
            let documents: BTreeSet<usize> = documents.collect();
            let namesakes = Namesakes {
                mentions,
                of,
                says_nothing: is_zero || documents.len() < same_start.len(),
            };
            namesakes.apart(same_start)
        })
        .collect()
}

/// Whether an id is one that SDKs give to what is not sampled.
pub(in crate::trace) fn is_zero(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte == b'0')
}

/// Mentions with the same id and start.
struct Namesakes<'m, 'a> {
    mentions: &'m [Mention<'a>],
    of: &'m [usize],
    says_nothing: bool,
}

impl<'a> Namesakes<'_, 'a> {
    fn apart(&self, all: &[usize]) -> Vec<Vec<usize>> {
        let (complete, open): (Vec<usize>, Vec<usize>) = all
            .iter()
            .partition(|place| self.mentions[**place].entity.is_closed());
        let mut parts = self.by_name_and_place(&complete);
        if self.says_nothing {
            let end = |place: usize| self.mentions[place].entity.end_time();
            let by_end = parts.iter().flat_map(|part| parted(part, end));
            parts = by_end.flat_map(|part| self.by_turn(&part)).collect();
        }
        let mut others = Vec::new();
        for place in open {
            match self.became(place, &parts) {
                Some(part) => parts[part].push(place),
                None => others.push(place),
            }
        }
        if self.says_nothing {
            let others = self.by_name_and_place(&others);
            parts.extend(others.iter().flat_map(|part| self.by_turn(part)));
        } else if !others.is_empty() {
            parts.push(others);
        }
        parts
    }

    fn by_name_and_place(&self, all: &[usize]) -> Vec<Vec<usize>> {
        let by_name = parted(all, |place| self.mentions[place].entity.name());
        by_name
            .iter()
            .flat_map(|part| self.by_place(part))
            .collect()
    }

    /// By the entity that they are embedded in, or name as their parent. Where one is embedded, that
    /// is where those are that were sent on their own: by the parent that they name, or, where there
    /// is but one place, whatever they name.
    fn by_place(&self, all: &[usize]) -> Vec<Vec<usize>> {
        let (embedded, alone): (Vec<usize>, Vec<usize>) = all
            .iter()
            .partition(|place| self.mentions[**place].container.is_some());
        let container = |place: usize| Some(self.of[self.mentions[place].container?]);
        let mut parts = parted(&embedded, container);
        let places = parts.len();
        for part in parted(&alone, |place| self.mentions[place].entity.parent_id()) {
            let named = self.parent(part[0]);
            let mut holders = parts[..places].iter();
            let holder = holders.position(|held| named.is_some() && self.parent(held[0]) == named);
            let only = (places == 1 && !self.says_nothing).then_some(0);
            match holder.or(only) {
                Some(holder) => parts[holder].extend(part),
                None => parts.push(part),
            }
        }
        parts
    }

    /// The first of each document, the second of each, and so on.
    fn by_turn(&self, all: &[usize]) -> Vec<Vec<usize>> {
        let mut turns: BTreeMap<usize, usize> = BTreeMap::new();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for place in all {
            let turn = turns.entry(self.mentions[*place].document).or_default();
            match parts.get_mut(*turn) {
                Some(part) => part.push(*place),
                None => parts.push(vec![*place]),
            }
            *turn += 1;
        }
        parts
    }

    /// The complete one that an open one became: the one there is, or of several the one with its name
    /// and place, or with its name. Where the id says nothing it must have both, and come from another
    /// document.
    fn became(&self, open: usize, parts: &[Vec<usize>]) -> Option<usize> {
        let mention = &self.mentions[open];
        let has_name = |place: &usize| self.mentions[*place].entity.name() == mention.entity.name();
        let has_place = |place: &usize| self.parent(*place) == self.parent(open);
        let is_apart = |place: &usize| self.mentions[*place].document != mention.document;
        let same = |part: &Vec<usize>| part.iter().any(has_name) && part.iter().any(has_place);
        if self.says_nothing {
            return parts
                .iter()
                .position(|part| part.iter().all(is_apart) && same(part));
        }
        if parts.len() == 1 {
            return Some(0);
        }
        let moved = || parts.iter().position(|part| part.iter().any(has_name));
        parts.iter().position(same).or_else(moved)
    }

    fn parent(&self, place: usize) -> Option<Cow<'a, str>> {
        parent(self.mentions, place)
    }
}

/// Those that have the same, in its order. Where it is not known, they are with the others if these
/// all have the same, and on their own if not.
fn parted<K: Ord>(all: &[usize], key: impl Fn(usize) -> Option<K>) -> Vec<Vec<usize>> {
    let mut parts: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for place in all {
        match key(*place) {
            Some(key) => parts.entry(key).or_default().push(*place),
            None => unknown.push(*place),
        }
    }
    let mut parts: Vec<Vec<usize>> = parts.into_values().collect();
    match &mut parts[..] {
        _ if unknown.is_empty() => {}
        [one] => one.extend(unknown),
        _ => parts.push(unknown),
    }
    parts
}
