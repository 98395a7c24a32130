//! Which entities of two traces are the same one, and which traces of two captures.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::snapshot::compared::{Compared, hash};
use crate::snapshot::surroundings::Link;

/// For each entity of a trace the one of the other that it is.
#[derive(Debug)]
pub(in crate::snapshot) struct Pairs {
    pub(in crate::snapshot) after: Vec<Option<usize>>,
    pub(in crate::snapshot) before: Vec<Option<usize>>,
}

impl Pairs {
    /// Pairs entities from the roots down: those whose whole trees are the same, first where who
    /// refers to them and to whom they refer is the same too; then those that say the same, do the
    /// same, have the same name; then what has moved. What has another name and is the same in all
    /// else, with something below it, is the same too.
    pub(in crate::snapshot) fn of(before: &Compared<'_>, after: &Compared<'_>) -> Pairs {
        let mut pairs = Pairs {
            after: vec![None; before.entities.len()],
            before: vec![None; after.entities.len()],
        };
        pairs.pair(before, after, &before.roots, &after.roots);
        pairs.renamed(before, after);
        pairs.moved(before, after);
        pairs
    }

    /// Pairs siblings, and all below them.
    fn pair(
        &mut self,
        before: &Compared<'_>,
        after: &Compared<'_>,
        one: &[usize],
        other: &[usize],
    ) {
        let keys = keys(before, after);
        let mut waiting = vec![(one.to_vec(), other.to_vec())];
        while let Some((mut one, mut other)) = waiting.pop() {
            for key in keys {
                one.retain(|index| self.after[*index].is_none());
                other.retain(|index| self.before[*index].is_none());
                let found = self.same(before, after, &one, &other, *key);
                for (one, other) in found {
                    self.after[one] = Some(other);
                    self.before[other] = Some(one);
                    let children =
                        |of: &Compared<'_>, index: usize| of.entities[index].children.clone();
                    waiting.push((children(before, one), children(after, other)));
                }
            }
        }
    }

    /// What is under the same parent, has another name, and is the same in all else.
    fn renamed(&mut self, before: &Compared<'_>, after: &Compared<'_>) {
        let places =
            (0..before.entities.len()).filter_map(|index| Some((index, self.after[index]?)));
        let siblings = places.map(|(one, other)| {
            let children = |of: &Compared<'_>, index: usize| of.entities[index].children.clone();
            (children(before, one), children(after, other))
        });
        let roots = (before.roots.clone(), after.roots.clone());
        let mut waiting: Vec<_> = siblings.chain([roots]).collect();
        while let Some((mut one, mut other)) = waiting.pop() {
            let has_children =
                |of: &Compared<'_>, index: usize| !of.entities[index].children.is_empty();
            one.retain(|index| self.after[*index].is_none() && has_children(before, *index));
            other.retain(|index| self.before[*index].is_none() && has_children(after, *index));
            let found = self.same(before, after, &one, &other, |trace, index| {
                let entity = &trace.entities[index];
                (entity.says.nameless, entity.below)
            });
            for (one, other) in found {
                self.after[one] = Some(other);
                self.before[other] = Some(one);
                let (one, other) = (&before.entities[one], &after.entities[other]);
                self.pair(before, after, &one.children, &other.children);
            }
        }
    }

    /// What is under another parent: the largest trees first.
    fn moved(&mut self, before: &Compared<'_>, after: &Compared<'_>) {
        for key in keys(before, after)
            .split_last()
            .map_or(&[][..], |(_, keys)| keys)
        {
            let free = |pairs: &[Option<usize>]| -> Vec<usize> {
                let all = pairs.iter().enumerate();
                all.filter(|(_, pair)| pair.is_none())
                    .map(|(index, _)| index)
                    .collect()
            };
            // Each before what is below it, so that that comes along.
            let (one, other) = (free(&self.after), free(&self.before));
            for (one, other) in self.same(before, after, &one, &other, *key) {
                if self.after[one].is_some() || self.before[other].is_some() {
                    continue;
                }
                self.after[one] = Some(other);
                self.before[other] = Some(one);
                let (one, other) = (&before.entities[one], &after.entities[other]);
                self.pair(before, after, &one.children, &other.children);
            }
        }
    }

    /// Pairs of those that are the same by a key, in order; of several those whose references are
    /// those of the other.
    fn same(
        &self,
        before: &Compared<'_>,
        after: &Compared<'_>,
        one: &[usize],
        other: &[usize],
        key: Key,
    ) -> Vec<(usize, usize)> {
        if one.is_empty() || other.is_empty() {
            return Vec::new();
        }
        // What follows is for many; one of each is the usual case.
        if let ([one], [other]) = (one, other) {
            let is_same = key(before, *one) == key(after, *other);
            return is_same.then_some((*one, *other)).into_iter().collect();
        }
        let mut free: HashMap<(u64, u64), Vec<usize>> = HashMap::with_capacity(other.len());
        for index in other {
            free.entry(key(after, *index)).or_default().push(*index);
        }
        let mut alike: HashMap<(u64, u64), Vec<usize>> = HashMap::with_capacity(one.len());
        for index in one {
            alike.entry(key(before, *index)).or_default().push(*index);
        }
        let mut found = Found {
            known: self,
            links: (&before.links, &after.links),
            after: HashMap::with_capacity(one.len()),
            before: HashMap::with_capacity(one.len()),
        };
        for index in one {
            let key = key(before, *index);
            if let (Some(alike), Some(free)) = (alike.remove(&key), free.get(&key)) {
                found.pair_alike(&alike, free);
            }
        }
        let pair = |index: &usize| Some((*index, *found.after.get(index)?));
        one.iter().filter_map(pair).collect()
    }
}

/// Pairs that are being looked for, beside those that are known.
struct Found<'a> {
    known: &'a Pairs,
    links: (&'a [Vec<Link>], &'a [Vec<Link>]),
    after: HashMap<usize, usize>,
    before: HashMap<usize, usize>,
}

impl Found<'_> {
    /// Pairs what is the same by a key: where few are, so that all references agree, if there is
    /// such a way; else each with the first that agrees with what has been paired before.
    fn pair_alike(&mut self, ones: &[usize], others: &[usize]) {
        if ones.len() <= FEW && ones.len() <= others.len() && self.pair_all(ones, others) {
            return;
        }
        let mut free: VecDeque<usize> = others.iter().copied().collect();
        for one in ones {
            let at = free.iter().position(|other| self.fits(*one, *other));
            if let Some(other) = free.remove(at.unwrap_or_default()) {
                self.after.insert(*one, other);
                self.before.insert(other, *one);
            }
        }
    }

    /// Pairs all, or none: what was paired is parted again where nothing is left for another.
    fn pair_all(&mut self, ones: &[usize], others: &[usize]) -> bool {
        let mut tries = 0;
        let mut chosen: Vec<usize> = Vec::with_capacity(ones.len());
        let mut from = 0;
        while let Some(one) = ones.get(chosen.len()) {
            let candidate = (from..others.len()).find(|at| {
                tries += 1;
                !chosen.contains(at) && self.fits(*one, others[*at])
            });
            if let Some(at) = candidate.filter(|_| tries < MOST_TRIES) {
                self.after.insert(*one, others[at]);
                self.before.insert(others[at], *one);
                chosen.push(at);
                from = 0;
                continue;
            }
            let Some(last) = chosen.pop() else {
                return false;
            };
            self.after.remove(&ones[chosen.len()]);
            self.before.remove(&others[last]);
            from = last + 1;
        }
        true
    }

    /// Whether the references of two entities are those of each other, as far as is known.
    fn fits(&self, one: usize, other: usize) -> bool {
        let (links, others) = (&self.links.0[one], &self.links.1[other]);
        let after = |to: usize| match self.known.after[to] {
            _ if to == one => Some(other),
            None => self.after.get(&to).copied(),
            known => known,
        };
        let before = |to: usize| match self.known.before[to] {
            _ if to == other => Some(one),
            None => self.before.get(&to).copied(),
            known => known,
        };
        let agrees =
            |(place, to): &Link| after(*to).is_none_or(|to| others.contains(&(*place, to)));
        let agrees_back =
            |(place, to): &Link| before(*to).is_none_or(|to| links.contains(&(*place, to)));
        links.iter().all(agrees) && others.iter().all(agrees_back)
    }
}

/// By what two entities are the same, the surest first.
const KEYS: &[Key] = &[
    |trace, index| (trace.entities[index].far, 0),
    |trace, index| (trace.entities[index].near, 0),
    |trace, index| (trace.entities[index].whole, 0),
    |trace, index| (trace.entities[index].says.own, 0),
    |trace, index| (hash(&trace.label(index)), 0),
    |trace, index| (trace.name(index), 0),
];

type Key = fn(&Compared<'_>, usize) -> (u64, u64);

/// The keys that can tell: the first ones where something is referred to. The last one, a name alone,
/// does not tell what has moved.
fn keys(before: &Compared<'_>, after: &Compared<'_>) -> &'static [Key] {
    if before.is_linked || after.is_linked {
        KEYS
    } else {
        &KEYS[OF_LINKS..]
    }
}

/// How many keys tell by who refers to whom.
const OF_LINKS: usize = 2;

/// Pairs the traces of two captures: the same ones, then those that have the most in common. One
/// that has no other stands against nothing.
pub(in crate::snapshot) fn pair_traces<'a>(
    before: &'a [Compared<'a>],
    after: &'a [Compared<'a>],
) -> Vec<(Option<&'a Compared<'a>>, Option<&'a Compared<'a>>)> {
    let mut pairs = Vec::new();
    if let ([one], [other]) = (before, after) {
        return vec![(Some(one), Some(other))];
    }
    let whole = |trace: &Compared<'_>| {
        let roots = trace.roots.iter();
        let mut whole: Vec<u64> = roots.map(|root| trace.entities[*root].whole).collect();
        whole.sort_unstable();
        whole
    };
    let mut free: BTreeMap<Vec<u64>, VecDeque<&Compared<'_>>> = BTreeMap::new();
    for other in after {
        free.entry(whole(other)).or_default().push_back(other);
    }
    let mut left = Vec::new();
    for one in before {
        match free.get_mut(&whole(one)).and_then(VecDeque::pop_front) {
            Some(other) => pairs.push((Some(one), Some(other))),
            None => left.push(one),
        }
    }
    let free: HashSet<*const Compared<'_>> = free
        .into_values()
        .flatten()
        .map(std::ptr::from_ref)
        .collect();
    let is_free = |other: &&Compared<'_>| free.contains(&std::ptr::from_ref(*other));
    let others: Vec<&Compared<'_>> = after.iter().filter(is_free).collect();
    let read = |traces: &[&Compared<'_>]| -> Vec<Scored> {
        traces.iter().map(|trace| Scored::of(trace)).collect()
    };
    let (lefts, free) = (read(&left), read(&others));
    let mut scores = Vec::new();
    for (at, one) in lefts.iter().enumerate() {
        for (place, other) in free.iter().enumerate() {
            let score = one.in_common(other);
            if score >= ENOUGH {
                scores.push((1_000 - score, at, place));
            }
        }
    }
    scores.sort_unstable();
    let (mut taken, mut given) = (vec![None; left.len()], vec![false; others.len()]);
    for (_, at, place) in scores {
        if taken[at].is_none() && !given[place] {
            taken[at] = Some(others[place]);
            given[place] = true;
        }
    }
    pairs.extend(
        left.into_iter()
            .zip(taken)
            .map(|(one, other)| (Some(one), other)),
    );
    let rest = others.into_iter().zip(given).filter(|(_, given)| !given);
    pairs.extend(rest.map(|(other, _)| (None, Some(other))));
    pairs
}

/// What traces have in common is told by: the numbers of all entities, sorted.
struct Scored {
    /// Of what each says.
    says: Vec<u64>,
    names: Vec<u64>,
}

impl Scored {
    fn of(trace: &Compared<'_>) -> Scored {
        let sorted = |key: &dyn Fn(usize) -> u64| {
            let mut keys: Vec<u64> = (0..trace.entities.len()).map(key).collect();
            keys.sort_unstable();
            keys
        };
        Scored {
            says: sorted(&|index| trace.entities[index].says.own),
            names: sorted(&|index| trace.name(index)),
        }
    }

    /// How much two traces have in common, in thousandths: entities that say the same count twice
    /// those that have the same name.
    fn in_common(&self, other: &Scored) -> usize {
        let total = self.says.len() + other.says.len();
        let common = 4 * shared(&self.says, &other.says) + 2 * shared(&self.names, &other.names);
        1_000 * common / (3 * total).max(1)
    }
}

/// How many of sorted numbers are in others too.
fn shared(one: &[u64], other: &[u64]) -> usize {
    let (mut at, mut shared) = (0, 0);
    for key in one {
        while at < other.len() && other[at] < *key {
            at += 1;
        }
        if other.get(at) == Some(key) {
            at += 1;
            shared += 1;
        }
    }
    shared
}

/// Of so many it is tried which belong together.
const FEW: usize = 32;
/// So often.
const MOST_TRIES: usize = 10_000;
/// Traces with less in common are no pair.
const ENOUGH: usize = 250;
