//! Which of what documents say is said of the same entity.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::json::Document;
use crate::model::{Entity, EntityKind, Timestamp};
use crate::trace::assemble::walk;

/// Who an entity is. Several documents may speak of the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::trace) struct Key {
    pub(in crate::trace) kind: EntityKind,
    pub(in crate::trace) id: Identity,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::trace) enum Identity {
    Id(Arc<str>),
    /// An id that several have: it stands more than once in one document, or is all zeros (the
    /// Python SDK gives it to unsampled subsegments), or documents are at odds over who has it. The
    /// parent, name and start tell such entities apart, and where they do not, their order.
    Shared {
        id: Arc<str>,
        parent: Option<String>,
        name: Option<String>,
        start: Option<Timestamp>,
        nth: usize,
    },
    /// No id: known by its document alone.
    None {
        document: usize,
        nth: usize,
    },
}

impl Identity {
    /// The id as it was sent.
    pub(in crate::trace) fn text(&self) -> Option<&str> {
        match self {
            Identity::Id(id) | Identity::Shared { id, .. } => Some(id),
            Identity::None { .. } => None,
        }
    }

    /// The first field in which two that share an id differ.
    pub(in crate::trace) fn difference(&self, other: &Identity) -> Option<&'static str> {
        let fields = |identity: &Identity| match identity {
            Identity::Shared {
                parent,
                name,
                start,
                ..
            } => Some((name.clone(), *start, parent.clone())),
            _ => None,
        };
        let ((name, start, parent), other) = (fields(self)?, fields(other)?);
        [
            ("name", name != other.0),
            ("start_time", start != other.1),
            ("parent_id", parent != other.2),
        ]
        .into_iter()
        .find_map(|(field, differs)| differs.then_some(field))
    }
}

/// What one document says of an entity.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Version {
    /// The place of the document in the list of all.
    pub(in crate::trace) document: usize,
    /// Where the entity stands in it.
    pub(in crate::trace) at: u32,
    /// The one that it is embedded in.
    pub(in crate::trace) container: Option<Key>,
}

/// What documents say of the entities of a trace.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Entities {
    pub(in crate::trace) versions: BTreeMap<Key, Vec<Version>>,
    /// The ids of subsegments over which documents are at odds.
    reused: BTreeSet<String>,
}

impl Entities {
    /// Whether documents are at odds over who has its id.
    pub(in crate::trace) fn is_reused(&self, key: &Key) -> bool {
        let id = key.id.text();
        key.kind == EntityKind::Subsegment && id.is_some_and(|id| self.reused.contains(id))
    }
}

/// Lists what the documents say of each entity.
///
/// It makes no difference whether a document holds two that share an id, or each was sent on its
/// own.
pub(in crate::trace) fn entities(documents: &[&Document]) -> Entities {
    let mut shared: BTreeSet<(EntityKind, String)> = documents
        .iter()
        .flat_map(|document| repeated_ids(document))
        .collect();
    let versions = listed(documents, &shared);
    let of_several = versions
        .iter()
        .filter(|(key, said)| are_several(key.kind, said, documents));
    let reused: BTreeSet<String> = of_several
        .filter_map(|(key, _)| match &key.id {
            Identity::Id(id) => Some(id.to_string()),
            _ => None,
        })
        .collect();
    if reused.is_empty() {
        return Entities { versions, reused };
    }
    let ids = reused.iter().cloned();
    shared.extend(ids.map(|id| (EntityKind::Subsegment, id)));
    Entities {
        versions: listed(documents, &shared),
        reused,
    }
}

/// Which entity is meant by an id.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Names<'a> {
    /// The places of those that have it, which stand beside each other.
    places: HashMap<(EntityKind, &'a str), Range<usize>>,
    /// The start and the end of each entity.
    times: Vec<(Option<Timestamp>, Option<Timestamp>)>,
}

impl<'a> Names<'a> {
    /// The names of these entities. Of the versions of one the first counts.
    pub(in crate::trace) fn new(
        versions: &'a BTreeMap<Key, Vec<Version>>,
        documents: &[&Document],
    ) -> Names<'a> {
        let mut places: HashMap<(EntityKind, &str), Range<usize>> = HashMap::new();
        for (key, place) in versions.keys().zip(0..) {
            if let Some(id) = key.id.text() {
                let of_id = places.entry((key.kind, id)).or_insert(place..place);
                of_id.end = place + 1;
            }
        }
        let best = versions.values().map(|said| said.first());
        let times = best.map(|version| {
            let value = version.map(|version| documents[version.document].value(version.at));
            let entity = value.and_then(Entity::of);
            entity.map_or((None, None), |entity| {
                (entity.start_time(), entity.end_time())
            })
        });
        Names {
            places,
            times: times.collect(),
        }
    }

    /// The place of the one that the entity at `place` names as its parent: a segment before a
    /// subsegment, and of several the innermost that was open when it began, or else the first.
    pub(in crate::trace) fn parent(&self, place: usize, id: &str) -> Option<usize> {
        let places = [EntityKind::Segment, EntityKind::Subsegment]
            .into_iter()
            .find_map(|kind| self.places.get(&(kind, id)))?;
        if places.len() == 1 {
            return Some(places.start);
        }
        let (begun, _) = self.times[place];
        let others = places.clone().filter(|other| *other != place);
        let open = others.clone().filter(|other| {
            let (start, end) = self.times[*other];
            start <= begun && end.is_none_or(|end| begun <= Some(end))
        });
        let innermost = open.min_by_key(|other| {
            let (start, end) = self.times[*other];
            (Reverse(start), end.is_none(), end)
        });
        innermost.or(others.min())
    }
}

/// The ids that stand more than once in a document.
fn repeated_ids(document: &Document) -> BTreeSet<(EntityKind, String)> {
    let mut seen = BTreeSet::new();
    let mut repeated = BTreeSet::new();
    walk(document, |entity, kind, _: Option<&()>| {
        if let Some(id) = entity.id()
            && !seen.insert((kind, id.to_string()))
        {
            repeated.insert((kind, id.into_owned()));
        }
    });
    repeated
}

/// Whether documents speak of several subsegments by one id: their starts differ, or, of complete
/// ones, the names, the parents of those that were sent on their own, or the places of those that
/// are embedded. Segments are never embedded: there each document speaks of the same one.
fn are_several(kind: EntityKind, said: &[Version], documents: &[&Document]) -> bool {
    if kind == EntityKind::Segment || said.len() < 2 {
        return false;
    }
    let said = said.iter().filter_map(|version| {
        let value = documents[version.document].value(version.at);
        Some((Entity::of(value)?, version.container.as_ref()))
    });
    let complete = said.clone().filter(|(entity, _)| entity.is_closed());
    let alone = complete
        .clone()
        .filter(|(_, container)| container.is_none());
    differ(said.filter_map(|(entity, _)| entity.start_time()))
        || differ(complete.clone().filter_map(|(entity, _)| entity.name()))
        || differ(alone.filter_map(|(entity, _)| entity.parent_id()))
        || differ(complete.filter_map(|(_, container)| container?.id.text()))
}

fn differ<T: PartialEq>(mut all: impl Iterator<Item = T>) -> bool {
    let first = all.next();
    all.any(|other| first.as_ref() != Some(&other))
}

fn listed(
    documents: &[&Document],
    shared: &BTreeSet<(EntityKind, String)>,
) -> BTreeMap<Key, Vec<Version>> {
    let mut versions = BTreeMap::new();
    for (index, document) in documents.iter().enumerate() {
        flatten(index, document, shared, &mut versions);
    }
    versions
}

/// Lists the entities of a document, outer ones first.
fn flatten(
    document_index: usize,
    document: &Document,
    shared: &BTreeSet<(EntityKind, String)>,
    versions: &mut BTreeMap<Key, Vec<Version>>,
) {
    let mut seen: HashMap<Key, usize> = HashMap::new();
    walk(document, |entity, kind, container: Option<&Key>| {
        let mut id = match entity.id() {
            Some(id) if is_zero(&id) || shared.contains(&(kind, id.to_string())) => {
                Identity::Shared {
                    id: Arc::from(id),
                    // Nesting wins, as ever.
                    parent: match container {
                        Some(container) => container.id.text().map(Into::into),
                        None => entity.parent_id().map(Into::into),
                    },
                    name: entity.name().map(Into::into),
                    start: entity.start_time(),
                    nth: 0,
                }
            }
            Some(id) => Identity::Id(Arc::from(id)),
            None => Identity::None {
                document: document_index,
                nth: 0,
            },
        };
        if !matches!(id, Identity::Id(_)) {
            let count = seen
                .entry(Key {
                    kind,
                    id: id.clone(),
                })
                .or_default();
            if let Identity::Shared { nth, .. } | Identity::None { nth, .. } = &mut id {
                *nth = *count;
            }
            *count += 1;
        }
        let key = Key { kind, id };
        let at = entity.json().index();
        let container = container.cloned();
        versions.entry(key.clone()).or_default().push(Version {
            document: document_index,
            at,
            container,
        });
        key
    });
}

/// Whether an id is one that SDKs give to what is not sampled.
fn is_zero(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte == b'0')
}
