//! Which of what documents say is said of the same entity.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::json::Document;
use crate::model::{Entity, EntityKind};
use crate::trace::assemble::walk;
use crate::trace::namesakes::told_apart;

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
        let mut by_id: HashMap<(EntityKind, &str), Vec<usize>> = HashMap::new();
        let mut nameless = Vec::new();
        for (mention, place) in mentions.iter().zip(0..) {
            match &mention.id {
                Some(id) => by_id.entry((mention.kind, id)).or_default().push(place),
                None => nameless.push(vec![place]),
            }
        }
        let mut by_id: Vec<_> = by_id.into_iter().collect();
        by_id.sort_unstable_by_key(|(id, _)| *id);
        let by_id: Vec<Vec<usize>> = by_id.into_iter().map(|(_, places)| places).collect();
        nameless.sort_by_key(|places| mentions[places[0]].kind);

        // At first by their ids alone. What tells containers apart tells apart what they hold.
        let mut said = by_id.clone();
        said.extend(nameless.iter().cloned());
        loop {
            let of = placed(&said, mentions.len());
            let apart = by_id.iter().flat_map(|namesakes| match &namesakes[..] {
                [_] => vec![namesakes.clone()],
                _ => told_apart(&mentions, &of, namesakes),
            });
            let apart: Vec<Vec<usize>> = apart.chain(nameless.iter().cloned()).collect();
            let is_settled = apart.len() <= said.len();
            said = apart;
            if is_settled {
                break;
            }
        }
        let of = placed(&said, mentions.len());
        Entities { mentions, said, of }
    }

    /// The mention at the top of the same document.
    pub(in crate::trace) fn top(&self, mention: usize) -> usize {
        let container = |place: &usize| self.mentions[*place].container;
        let outwards = std::iter::successors(Some(mention), container);
        outwards.last().unwrap_or(mention)
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

/// The entity of each mention.
fn placed(said: &[Vec<usize>], count: usize) -> Vec<usize> {
    let mut of = vec![0; count];
    for (mentions, entity) in said.iter().zip(0..) {
        for mention in mentions {
            of[*mention] = entity;
        }
    }
    of
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
