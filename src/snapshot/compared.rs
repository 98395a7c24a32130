//! A trace as it is compared.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::json::{Document, Kind as JsonKind, Value};
use crate::snapshot::alias::Atoms;
use crate::snapshot::compact::push_compact;
use crate::snapshot::content::{ContentReader, Settings};
use crate::snapshot::fingerprint::{Fingerprint, is_said};
use crate::snapshot::identifiers::Identifiers;
use crate::snapshot::line::label;
use crate::snapshot::surroundings::{Link, surround};
use crate::trace::Node;

/// The entities of a trace, each before its children.
#[derive(Debug)]
pub(in crate::snapshot) struct Compared<'a> {
    pub(in crate::snapshot) entities: Vec<Entity>,
    /// Who each refers to, and who refers to it.
    pub(in crate::snapshot) links: Vec<Vec<Link>>,
    /// Whether any entity refers to one.
    pub(in crate::snapshot) is_linked: bool,
    pub(in crate::snapshot) roots: Vec<usize>,
    trace_id: &'a str,
    nodes: Vec<Node<'a>>,
    identifiers: Identifiers<'a>,
    /// The entity of an id, where one is referred to.
    by_id: HashMap<Cow<'a, str>, usize>,
    /// Written when they are first asked for.
    labels: Vec<OnceCell<String>>,
}

/// An entity, by what is compared of it.
#[derive(Debug)]
pub(in crate::snapshot) struct Entity {
    pub(in crate::snapshot) parent: Option<usize>,
    pub(in crate::snapshot) children: Vec<usize>,
    pub(in crate::snapshot) says: Fingerprint,
    /// Of all below it.
    pub(in crate::snapshot) below: u64,
    /// Of itself and all below it.
    pub(in crate::snapshot) whole: u64,
    /// Of these, and of those that they refer to and that refer to them.
    pub(in crate::snapshot) near: u64,
    /// Of all that can tell it from others, as far as it goes.
    pub(in crate::snapshot) far: u64,
}

impl<'a> Compared<'a> {
    pub(in crate::snapshot) fn of(trace_id: &'a str, nodes: Vec<Node<'a>>) -> Compared<'a> {
        let identifiers = Identifiers::of(&nodes, |_| true);
        let mut entities: Vec<Entity> = Vec::with_capacity(nodes.len());
        let mut roots = Vec::new();
        let mut open: Vec<(usize, usize)> = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            while let Some((_, 0)) = open.last() {
                open.pop();
            }
            let parent = open.last_mut().map(|(parent, left)| {
                *left -= 1;
                *parent
            });
            match parent {
                Some(parent) => entities[parent].children.push(index),
                None => roots.push(index),
            }
            let count = node.children().len();
            open.push((index, count));
            entities.push(Entity {
                parent,
                children: Vec::with_capacity(count),
                says: Fingerprint::of(*node, &identifiers),
                below: 0,
                whole: 0,
                near: 0,
                far: 0,
            });
        }
        for index in (0..entities.len()).rev() {
            let children = entities[index].children.iter();
            let mut below: Vec<u64> = children.map(|child| entities[*child].whole).collect();
            below.sort_unstable();
            let entity = &mut entities[index];
            entity.below = hash(&below);
            entity.whole = hash(&(entity.says.own, entity.below));
        }
        let mut by_id = HashMap::new();
        if entities
            .iter()
            .any(|entity| !entity.says.references.is_empty())
        {
            let ids = nodes.iter().map(|node| node.entity().id());
            for (id, index) in ids.zip(0..) {
                if let Some(id) = id {
                    by_id.entry(id).or_insert(index);
                }
            }
        }
        let links = surround(&mut entities, &by_id);
        let mut says = entities.iter().map(|entity| &entity.says);
        let is_linked = says.any(|says| !says.references.is_empty());
        Compared {
            entities,
            links,
            is_linked,
            roots,
            trace_id,
            labels: vec![OnceCell::new(); nodes.len()],
            nodes,
            identifiers,
            by_id,
        }
    }

    /// The name of an entity and what is called, as outlines tell it.
    pub(in crate::snapshot) fn label(&self, index: usize) -> &str {
        self.labels[index].get_or_init(|| label(self.nodes[index]))
    }

    /// The labels from the root down; of many the last ones, behind `...`.
    pub(in crate::snapshot) fn path(&self, index: usize) -> Vec<String> {
        let above = |index: &usize| self.entities[*index].parent;
        let way = std::iter::successors(Some(index), above);
        let mut way = way.map(|index| self.label(index).to_owned());
        let mut path: Vec<String> = way.by_ref().take(MOST_NAMES).collect();
        if way.next().is_some() {
            path.push("...".to_owned());
        }
        path.reverse();
        path
    }

    /// The number of the name of an entity.
    pub(in crate::snapshot) fn name(&self, index: usize) -> u64 {
        hash(&self.nodes[index].name())
    }

    pub(in crate::snapshot) fn duration(&self, index: usize) -> Option<Duration> {
        self.nodes[index].duration()
    }

    /// The entities that an entity refers to, by the place where it does, in order; not its parent.
    /// `None` is one that is elsewhere.
    pub(in crate::snapshot) fn references(
        &self,
        index: usize,
    ) -> BTreeMap<&str, Vec<Option<usize>>> {
        let mut references: BTreeMap<&str, Vec<Option<usize>>> = BTreeMap::new();
        for (place, id) in &self.entities[index].says.references {
            let to = self.by_id.get(&**id).copied();
            references.entry(place).or_default().push(to);
        }
        references
    }

    pub(in crate::snapshot) fn is_subsegment(&self, index: usize) -> bool {
        self.nodes[index].is_subsegment()
    }

    /// What an entity says, each member with its number, sorted by key; of duplicates the last one.
    fn members(&self, index: usize) -> Vec<Said<'a>> {
        let members = self.nodes[index].entity().json().members();
        let members = members.map(|(key, value)| (key.decode(), value));
        let members = members.filter(|(key, value)| is_said(key, *value));
        let numbers = self.entities[index].says.members.iter();
        let numbered = members.zip(numbers);
        let numbered = numbered.map(|((key, value), number)| (key, value, *number));
        let mut members: Vec<_> = numbered.collect();
        members.reverse();
        members.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        members.dedup_by(|(one, ..), (other, ..)| one == other);
        members
    }

    /// A member as masked JSON, the key first.
    fn told(&self, key: &str, value: Value<'_>) -> Option<(String, String)> {
        let mut reader = ContentReader {
            settings: &Settings::default(),
            identifiers: &self.identifiers,
            start: None,
            trace_id: self.trace_id,
            atoms: Atoms::default(),
        };
        let member = reader.member(key.into(), value)?;
        Some((member.key.text, member.value.text))
    }
}

/// A member: its key, its value, and the number of both.
type Said<'a> = (Cow<'a, str>, Value<'a>, u64);

/// The values that differ: a pointer, and the JSON before and after.
pub(in crate::snapshot) fn changes(
    (before, index): (&Compared<'_>, usize),
    (after, other): (&Compared<'_>, usize),
) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let mut changes: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    if before.entities[index].says.own == after.entities[other].says.own {
        return changes;
    }
    let (was, is) = (before.members(index), after.members(other));
    let is_same = |(key, _, number): &Said<'_>, others: &[Said<'_>]| {
        let found = others.binary_search_by(|(other, ..)| other.cmp(key));
        found.is_ok_and(|at| others[at].2 == *number)
    };
    for (key, value, _) in was.iter().filter(|said| !is_same(said, &is)) {
        if let Some((key, value)) = before.told(key, *value) {
            flatten(&key, &value, &mut |pointer, value| {
                changes.entry(pointer).or_default().0 = Some(value);
            });
        }
    }
    for (key, value, _) in is.iter().filter(|said| !is_same(said, &was)) {
        if let Some((key, value)) = after.told(key, *value) {
            flatten(&key, &value, &mut |pointer, value| {
                changes.entry(pointer).or_default().1 = Some(value);
            });
        }
    }
    changes.retain(|_, (before, after)| before != after);
    changes
}

/// Visits the scalars and the empty containers of a member.
fn flatten(key: &str, value: &str, visit: &mut impl FnMut(String, String)) {
    let (Ok(key), Ok(document)) = (Document::parse(key), Document::parse(value)) else {
        unreachable!("what is normal is JSON")
    };
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let first = format!("/{}", escaped(&key.root().as_str().unwrap_or_default()));
    let mut waiting: Vec<(String, Value<'_>)> = vec![(first, document.root())];
    while let Some((pointer, value)) = waiting.pop() {
        let before = waiting.len();
        match value.kind() {
            JsonKind::Array => waiting.extend(
                value
                    .elements()
                    .enumerate()
                    .map(|(place, value)| (format!("{pointer}/{place}"), value)),
            ),
            JsonKind::Object => waiting.extend(
                value
                    .members()
                    .map(|(key, value)| (format!("{pointer}/{}", escaped(&key.decode())), value)),
            ),
            _ => {}
        }
        if waiting.len() == before {
            let mut json = String::new();
            push_compact(&mut json, value);
            visit(pointer, json);
        }
    }
}

/// Of so many names a path is told: each difference of a deep trace has one.
const MOST_NAMES: usize = 32;

pub(in crate::snapshot) fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
