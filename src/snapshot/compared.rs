//! A trace as it is compared.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::json::{Document, Kind as JsonKind, Value};
use crate::snapshot::alias::{Atom, Atoms, Kind};
use crate::snapshot::compact::push_compact;
use crate::snapshot::content::{Content, Settings};
use crate::snapshot::line::label;
use crate::snapshot::normalized::contents;
use crate::trace::Node;

/// The entities of a trace, each before its children.
#[derive(Debug)]
pub(in crate::snapshot) struct Compared {
    pub(in crate::snapshot) entities: Vec<Entity>,
    pub(in crate::snapshot) roots: Vec<usize>,
    /// The entity of an id.
    by_id: HashMap<Atom, usize>,
    atoms: Atoms,
}

/// An entity, by what is compared of it.
#[derive(Debug)]
pub(in crate::snapshot) struct Entity {
    pub(in crate::snapshot) parent: Option<usize>,
    pub(in crate::snapshot) children: Vec<usize>,
    /// Name and what is called, as outlines tell it.
    pub(in crate::snapshot) label: String,
    pub(in crate::snapshot) name: u64,
    /// Of the label.
    pub(in crate::snapshot) called: u64,
    /// Of all that it says but its name.
    pub(in crate::snapshot) nameless: u64,
    /// Of all that it says.
    pub(in crate::snapshot) own: u64,
    /// Of all below it.
    pub(in crate::snapshot) below: u64,
    /// Of itself and all below it.
    pub(in crate::snapshot) whole: u64,
    pub(in crate::snapshot) duration: Option<Duration>,
    content: Content,
}

impl Compared {
    pub(in crate::snapshot) fn of(id: &str, nodes: &[Node<'_>]) -> Compared {
        let (contents, atoms) = contents(id, nodes, &Settings::default());
        let mut entities: Vec<Entity> = Vec::with_capacity(nodes.len());
        let mut roots = Vec::new();
        let mut by_id = HashMap::new();
        let mut open: Vec<(usize, usize)> = Vec::new();
        for (index, (node, content)) in nodes.iter().zip(contents).enumerate() {
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
            if let Some(id) = content.id {
                by_id.entry(id).or_insert(index);
            }
            let label = label(*node);
            let (mut own, mut nameless) = (DefaultHasher::new(), DefaultHasher::new());
            for member in content
                .members
                .iter()
                .filter(|member| is_compared(&member.key.text))
            {
                let said = (&member.key.text, &member.value.text);
                said.hash(&mut own);
                if member.key.text != NAME {
                    said.hash(&mut nameless);
                }
            }
            entities.push(Entity {
                parent,
                children: Vec::with_capacity(count),
                called: hash(&label),
                label,
                name: hash(&node.name()),
                nameless: nameless.finish(),
                own: own.finish(),
                below: 0,
                whole: 0,
                duration: node.duration(),
                content,
            });
        }
        for index in (0..entities.len()).rev() {
            let children = entities[index].children.iter();
            let mut below: Vec<u64> = children.map(|child| entities[*child].whole).collect();
            below.sort_unstable();
            let entity = &mut entities[index];
            entity.below = hash(&below);
            entity.whole = hash(&(entity.own, entity.below));
        }
        Compared {
            entities,
            roots,
            by_id,
            atoms,
        }
    }

    /// The labels from the root down.
    pub(in crate::snapshot) fn path(&self, index: usize) -> Vec<String> {
        let above = |index: &usize| self.entities[*index].parent;
        let way = std::iter::successors(Some(index), above);
        let mut path: Vec<String> = way
            .map(|index| self.entities[index].label.clone())
            .collect();
        path.reverse();
        path
    }

    /// The entities that an entity refers to, by the member that does, in order; not its parent.
    pub(in crate::snapshot) fn references(&self, index: usize) -> Vec<(&str, Option<usize>)> {
        let entity = &self.entities[index];
        let told = entity.content.members.iter().filter(|member| {
            let key = &*member.key.text;
            key != "\"id\"" && !(key == PARENT && entity.parent.is_some())
        });
        let all = told.flat_map(|member| {
            let atoms = member.key.atoms.iter().chain(&member.value.atoms);
            atoms.map(|(_, atom)| (&*member.key.text, *atom))
        });
        all.filter(|(_, atom)| self.atoms.kind(*atom) == Kind::Entity)
            .map(|(key, atom)| (key, self.by_id.get(&atom).copied()))
            .collect()
    }
}

/// The values that differ: a pointer, and the JSON before and after.
pub(in crate::snapshot) fn changes(
    before: &Entity,
    after: &Entity,
) -> BTreeMap<String, (Option<String>, Option<String>)> {
    let mut changes: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    if before.own == after.own {
        return changes;
    }
    let members = |entity: &Entity| -> BTreeMap<String, String> {
        let members = entity.content.members.iter();
        let told = members.filter(|member| is_compared(&member.key.text));
        told.map(|member| (member.key.text.clone(), member.value.text.clone()))
            .collect()
    };
    let (before, after) = (members(before), members(after));
    for (key, value) in &before {
        if after.get(key) != Some(value) {
            flatten(key, value, &mut |pointer, value| {
                changes.entry(pointer).or_default().0 = Some(value);
            });
        }
    }
    for (key, value) in &after {
        if before.get(key) != Some(value) {
            flatten(key, value, &mut |pointer, value| {
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

/// Whether a member is a part of what an entity says. Its id is not, and its parent is compared as
/// the place where it is; `trace_id` and `type` follow from that.
fn is_compared(key: &str) -> bool {
    !["\"id\"", PARENT, "\"trace_id\"", "\"type\""].contains(&key)
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

const NAME: &str = "\"name\"";
const PARENT: &str = "\"parent_id\"";
