//! Who is meant by an id that several entities have.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{EntityKind, Timestamp};
use crate::trace::conflict::own_fields;
use crate::trace::identity::{Mention, name, parent};

/// Parts mentions with the same id by their start: what differs in it is several subsegments. Of
/// segments all are one.
pub(in crate::trace) fn by_start(mentions: &[Mention<'_>], all: &[usize]) -> Vec<Vec<usize>> {
    if is_one_segment(&mentions[all[0]]) {
        return vec![all.to_vec()];
    }
    parted(all, |place| mentions[place].entity.start_time())
}

/// Parts mentions with the same id and start by the entity that they are of.
///
/// Those of a segment are of one. Those of subsegments are of as many as one document would hold
/// that said the same: they differ in name or place, but for open ones that announce another. Where
/// one document gives the id to two, or it is all zeros (the Python SDK gives that to unsampled
/// subsegments), the id says nothing, so that the end counts too, and at last the order.
///
/// `of` are the entities of the mentions, as far as they are known.
pub(in crate::trace) fn told_apart(
    mentions: &[Mention<'_>],
    of: &[usize],
    all: &[usize],
) -> Vec<Vec<usize>> {
    let first = &mentions[all[0]];
    if is_one_segment(first) {
        return vec![all.to_vec()];
    }
    let documents = all.iter().map(|place| mentions[*place].document);
    let documents: BTreeSet<usize> = documents.collect();
    let namesakes = Namesakes {
        mentions,
        of,
        says_nothing: first.id.as_deref().is_some_and(is_zero) || documents.len() < all.len(),
    };
    namesakes.apart(all)
}

fn is_one_segment(mention: &Mention<'_>) -> bool {
    mention.kind == EntityKind::Segment && !mention.id.as_deref().is_some_and(is_zero)
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
            parts = parts
                .iter()
                .flat_map(|part| self.by_content(part))
                .collect();
        }
        if open.is_empty() {
            return parts;
        }
        let mut announced = Announced::new(self, &parts);
        let became: Vec<(usize, Option<usize>)> = open
            .iter()
            .map(|place| (*place, announced.became(*place)))
            .collect();
        let mut others = Vec::new();
        for (place, part) in became {
            match part {
                Some(part) => parts[part].push(place),
                None => others.push(place),
            }
        }
        if self.says_nothing {
            let others = self.by_name_and_place(&others);
            parts.extend(others.iter().flat_map(|part| self.by_turn(part)));
        } else {
            parts.extend(self.by_name_and_place(&others));
        }
        parts
    }

    fn by_name_and_place(&self, all: &[usize]) -> Vec<Vec<usize>> {
        let by_name = parted(all, |place| name(self.mentions[place].entity));
        by_name
            .iter()
            .flat_map(|part| self.by_place(part))
            .collect()
    }

    /// By the entity that they are embedded in, or name as their parent. Those that were sent on their
    /// own are where one is embedded in what they name, of several with that id in the one in which one
    /// has their end; those that name no parent are there if there is but one place.
    fn by_place(&self, all: &[usize]) -> Vec<Vec<usize>> {
        let (embedded, alone): (Vec<usize>, Vec<usize>) = all
            .iter()
            .partition(|place| self.mentions[**place].container.is_some());
        let mut parts = parted(&embedded, |place| self.container(place));
        parts.sort_by_key(|part| part[0]);
        let mut holders: BTreeMap<Cow<'_, str>, usize> = BTreeMap::new();
        let mut by_end: BTreeMap<(Option<Cow<'_, str>>, Option<Timestamp>), usize> =
            BTreeMap::new();
        let end = |place: usize| self.mentions[place].entity.end_time();
        for (part, holder) in parts.iter().zip(0..) {
            let Some(id) = self.parent(part[0]) else {
                continue;
            };
            for place in part {
                let key = (Some(id.clone()), end(*place));
                by_end.entry(key).or_insert(holder);
            }
            holders.entry(id).or_insert(holder);
        }
        let only = match &parts[..] {
            [part] if !self.says_nothing => {
                let is_below = part.iter().any(|place| self.is_below_namesake(*place));
                (!is_below).then_some(0)
            }
            _ => None,
        };
        for part in parted(&alone, |place| self.mentions[place].entity.parent_id()) {
            let named = self.parent(part[0]).filter(|named| !named.is_empty());
            let holder = match &named {
                Some(named) => holders.get(named).copied(),
                None => only,
            };
            let Some(holder) = holder else {
                parts.push(part);
                continue;
            };
            for place in part {
                let same = by_end.get(&(named.clone(), end(place)));
                parts[same.copied().unwrap_or(holder)].push(place);
            }
        }
        parts
    }

    /// By the end and all other fields, and then by their turn.
    fn by_content(&self, all: &[usize]) -> Vec<Vec<usize>> {
        let by_end = parted(all, |place| self.mentions[place].entity.end_time());
        let by_fields = by_end.iter().flat_map(|part| {
            parted(part, |place| {
                let fields = own_fields(self.mentions[place].entity.json()).into_iter();
                let others = fields.filter(|(key, _)| !COMPARED.contains(&&**key));
                let texts = others.map(|(key, value)| (key, value.raw()));
                Some(texts.collect::<Vec<_>>())
            })
        });
        by_fields.flat_map(|part| self.by_turn(&part)).collect()
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

    /// The entity that it is embedded in, where that has an id.
    fn container(&self, place: usize) -> Option<usize> {
        let container = self.mentions[place].container?;
        self.mentions[container].id.as_ref()?;
        Some(self.of[container])
    }

    /// Where it is.
    fn places(&self, place: usize) -> Vec<Place<'a>> {
        let parent = self.parent(place);
        match self.mentions[place].container {
            Some(_) => vec![Place::In(self.container(place)), Place::InOne(parent)],
            None => vec![Place::Below(parent)],
        }
    }

    /// Where the same may be: embedded in the same entity, or elsewhere embedded or on its own.
    fn others(&self, place: usize) -> [Place<'a>; 2] {
        let parent = self.parent(place);
        match self.mentions[place].container {
            Some(_) => [Place::In(self.container(place)), Place::Below(parent)],
            None => [Place::Below(parent.clone()), Place::InOne(parent)],
        }
    }

    fn parent(&self, place: usize) -> Option<Cow<'a, str>> {
        parent(self.mentions, place)
    }

    /// Whether it stands in one with its id, or what is at the top of its document names that.
    fn is_below_namesake(&self, place: usize) -> bool {
        let id = &self.mentions[place].id;
        let container = |place: &usize| self.mentions[*place].container;
        let mut outwards = std::iter::successors(Some(place), container);
        outwards.any(|around| self.parent(around) == *id)
    }
}

/// Complete ones, which may have been announced.
struct Announced<'n, 'm, 'a> {
    namesakes: &'n Namesakes<'m, 'a>,
    /// Whether each, by one of its documents, is below another with its id.
    is_below_namesake: Vec<bool>,
    /// What each stands in or names as its parent.
    parents: BTreeSet<Option<Cow<'a, str>>>,
    by_name_and_place: BTreeMap<(Option<Cow<'a, str>>, Place<'a>), Vec<usize>>,
    by_name: BTreeMap<Option<Cow<'a, str>>, usize>,
    /// Which documents hold which of them, where the id says nothing.
    holders: BTreeSet<(usize, usize)>,
}

/// Where one is, as others may be there.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    /// Embedded in this entity, where it has an id.
    In(Option<usize>),
    /// On its own, with this parent.
    Below(Option<Cow<'a, str>>),
    /// Embedded in one with this id.
    InOne(Option<Cow<'a, str>>),
}

impl<'n, 'm, 'a> Announced<'n, 'm, 'a> {
    fn new(namesakes: &'n Namesakes<'m, 'a>, parts: &[Vec<usize>]) -> Self {
        let mut announced = Announced {
            namesakes,
            is_below_namesake: Vec::new(),
            parents: BTreeSet::new(),
            by_name_and_place: BTreeMap::new(),
            by_name: BTreeMap::new(),
            holders: BTreeSet::new(),
        };
        for (part, index) in parts.iter().zip(0..) {
            let is_below = part.iter().any(|place| namesakes.is_below_namesake(*place));
            announced.is_below_namesake.push(is_below);
            for place in part {
                announced.parents.insert(namesakes.parent(*place));
                let mention = &namesakes.mentions[*place];
                let name = name(mention.entity);
                announced.by_name.entry(name.clone()).or_insert(index);
                announced.holders.insert((mention.document, index));
                for place in namesakes.places(*place) {
                    let key = (name.clone(), place);
                    let found = announced.by_name_and_place.entry(key).or_default();
                    if found.last() != Some(&index) {
                        found.push(index);
                    }
                }
            }
        }
        announced
    }

    /// The complete one that an open one became: the one there is, if it has its name or parent, or of
    /// several the one with its name and place, or with its name. None that is below one with its id,
    /// if the open one is not. Where the id says nothing it must have both, and be from another document
    /// than whatever else is of that one.
    fn became(&mut self, open: usize) -> Option<usize> {
        let mention = &self.namesakes.mentions[open];
        let name = name(mention.entity);
        let places = self.namesakes.others(open).into_iter();
        let mut same = places.filter_map(|place| {
            let found = self.by_name_and_place.get(&(name.clone(), place))?;
            let holders = &self.holders;
            let is_free = |part: &&usize| {
                !self.namesakes.says_nothing || !holders.contains(&(mention.document, **part))
            };
            found.iter().find(is_free).copied()
        });
        if self.namesakes.says_nothing {
            let found = same.next()?;
            self.holders.insert((mention.document, found));
            return Some(found);
        }
        same.next().or_else(|| {
            let found = self.by_name.get(&name).copied().or_else(|| {
                let parent = self.namesakes.parent(open);
                let has_name = self.by_name.contains_key(&None) || name.is_none();
                let has_parent = [&parent, &None]
                    .iter()
                    .any(|known| self.parents.contains(known));
                let agrees = has_name || has_parent || parent.is_none();
                (self.is_below_namesake.len() == 1 && agrees).then_some(0)
            })?;
            let holds = self.is_below_namesake[found] && !self.namesakes.is_below_namesake(open);
            (!holds).then_some(found)
        })
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

/// Fields that have been compared before all others are.
const COMPARED: [&str; 4] = ["end_time", "id", "name", "start_time"];
