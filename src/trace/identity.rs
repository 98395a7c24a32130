//! Which of what documents say is said of the same entity.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::json::Document;
use crate::model::{Entity, EntityKind};
use crate::trace::assemble::walk;
use crate::trace::namesakes::{by_start, told_apart};

/// What one document says of an entity.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Mention<'a> {
    /// The place of the document in the list of all.
    pub(in crate::trace) document: usize,
    pub(in crate::trace) entity: Entity<'a>,
    pub(in crate::trace) kind: EntityKind,
    pub(in crate::trace) id: Option<Cow<'a, str>>,
    /// The place of the mention that it is embedded in.
    pub(in crate::trace) container: Option<usize>,
}

/// The entities of a trace, in order of kind and id, those without id last.
#[derive(Debug)]
pub(in crate::trace) struct Entities<'a> {
    pub(in crate::trace) mentions: Vec<Mention<'a>>,
    /// The mentions of each entity.
    pub(in crate::trace) said: Vec<Vec<usize>>,
    /// The entity of each mention.
    pub(in crate::trace) of: Vec<usize>,
}

impl<'a> Entities<'a> {
    /// Lists what the documents say of each entity.
    pub(in crate::trace) fn new(documents: &[&'a Document]) -> Entities<'a> {
        let mentions = mentions(documents);
        let mut by_id: BTreeMap<(EntityKind, &str), Vec<usize>> = BTreeMap::new();
        let mut without_id = Vec::new();
        for (mention, place) in mentions.iter().zip(0..) {
            match &mention.id {
                Some(id) => by_id.entry((mention.kind, id)).or_default().push(place),
                None => without_id.push(vec![place]),
            }
        }
        let groups: Vec<Vec<usize>> = by_id
            .values()
            .flat_map(|all| by_start(&mentions, all))
            .collect();
        let said: Vec<Vec<usize>> = apart(&mentions, &groups)
            .into_iter()
            .flatten()
            .chain(without_id)
            .collect();
        let mut of = vec![0; mentions.len()];
        for (entity, said) in said.iter().enumerate() {
            for mention in said {
                of[*mention] = entity;
            }
        }
        Entities { mentions, said, of }
    }

    /// What counts of what is said of an entity, where that is in order.
    pub(in crate::trace) fn best(&self, entity: usize) -> &Mention<'a> {
        &self.mentions[self.said[entity][0]]
    }

    /// The mention at the top of the same document.
    pub(in crate::trace) fn top(&self, mention: usize) -> usize {
        let container = |place: &usize| self.mentions[*place].container;
        let outwards = std::iter::successors(Some(mention), container);
        outwards.last().unwrap_or(mention)
    }

    /// Whether an entity is embedded in another, at any depth.
    pub(in crate::trace) fn is_inside(&self, inner: usize, outer: usize) -> bool {
        let container = |place: &usize| self.mentions[*place].container;
        self.said[inner].iter().any(|mention| {
            let mut outwards = std::iter::successors(container(mention), container);
            outwards.any(|around| self.of[around] == outer)
        })
    }

    /// The id of what a mention stands in, or of what it names as its parent.
    pub(in crate::trace) fn parent(&self, mention: usize) -> Option<Cow<'a, str>> {
        parent(&self.mentions, mention)
    }

    /// The entities that have the same id, as places that stand beside each other.
    pub(in crate::trace) fn namesakes(&self) -> impl Iterator<Item = Range<usize>> {
        let name = |said: &Vec<usize>| {
            let mention = &self.mentions[said[0]];
            mention.id.as_deref().map(|id| (mention.kind, id))
        };
        let mut place = 0;
        let groups = self.said.chunk_by(move |one, other| {
            let name_of_one = name(one);
            name_of_one.is_some() && name_of_one == name(other)
        });
        groups.map(move |group| {
            place += group.len();
            place - group.len()..place
        })
    }
}

/// The id of what a mention stands in, or of what it names as its parent.
pub(in crate::trace) fn parent<'a>(
    mentions: &[Mention<'a>],
    mention: usize,
) -> Option<Cow<'a, str>> {
    match mentions[mention].container {
        Some(container) => mentions[container].id.clone(),
        None => mentions[mention].entity.parent_id(),
    }
}

/// The name of an entity as it is told from others.
pub(in crate::trace) fn name(entity: Entity<'_>) -> Option<Cow<'_, str>> {
    entity.json().get("name")?.as_identity()
}

/// Parts groups of mentions that have the same id and start by the entity that they are of.
///
/// At first they are taken for one. What tells containers apart tells apart what they hold, so that
/// where some are parted, those that they hold are looked at again.
fn apart(mentions: &[Mention<'_>], groups: &[Vec<usize>]) -> Vec<Vec<Vec<usize>>> {
    let mut apart: Vec<Vec<Vec<usize>>> = groups.iter().map(|all| vec![all.clone()]).collect();
    // The number of an entity, of those with an id.
    let mut of = vec![0; mentions.len()];
    let mut group_of = vec![None; mentions.len()];
    for (group, all) in groups.iter().enumerate() {
        for mention in all {
            of[*mention] = group;
            group_of[*mention] = Some(group);
        }
    }
    let mut held: Vec<Vec<usize>> = vec![Vec::new(); mentions.len()];
    for (mention, place) in mentions.iter().zip(0..) {
        if let Some(container) = mention.container {
            held[container].push(place);
        }
    }
    let mut count = groups.len();
    let several = |group: &usize| groups[*group].len() > 1;
    let mut waiting: BTreeSet<usize> = (0..groups.len()).filter(several).collect();
    // Ids that hold each other in turn part once more each time: there is an end to it.
    let mut looks = mentions.len().saturating_mul(MOST_LOOKS);
    while !waiting.is_empty() && looks > 0 {
        for group in std::mem::take(&mut waiting) {
            looks = looks.saturating_sub(groups[group].len());
            let parts = told_apart(mentions, &of, &groups[group]);
            if parts == apart[group] {
                continue;
            }
            for part in &parts {
                for mention in part {
                    of[*mention] = count;
                }
                count += 1;
            }
            let held = groups[group].iter().flat_map(|mention| &held[*mention]);
            let theirs = held.filter_map(|mention| group_of[*mention]);
            waiting.extend(theirs.filter(several));
            apart[group] = parts;
        }
    }
    apart
}

/// The entities of the documents, each after the one that it is embedded in.
fn mentions<'a>(documents: &[&'a Document]) -> Vec<Mention<'a>> {
    let mut mentions = Vec::new();
    for (place, document) in documents.iter().enumerate() {
        walk(document, |entity, kind, container: Option<&usize>| {
            mentions.push(Mention {
                document: place,
                entity,
                kind,
                id: entity.id(),
                container: container.copied(),
            });
            mentions.len() - 1
        });
    }
    mentions
}

/// How often mentions are looked at, at most: each so often on an average.
const MOST_LOOKS: usize = 100;
