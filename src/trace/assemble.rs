//! From documents to trees.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::error::visible;
use crate::json::{Document, Value};
use crate::model::{Entity, EntityKind, Timestamp};
use crate::trace::again::sent_again;
use crate::trace::conflict::conflict;
use crate::trace::tree::{Branch, Tree};
use crate::trace::{Defect, DefectCode, ExternalParents, Index, PartialTrace, lints, missing};

/// A document, and the datagram that it came in.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The number of the datagram in its capture, from 0.
    pub seq: u64,
    /// When it arrived, where that is known.
    pub arrived: Option<Timestamp>,
    /// The document.
    pub document: Arc<Document>,
}

/// What a set of documents holds.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    /// The traces in order of start, then id.
    pub traces: Vec<PartialTrace>,
    /// The documents that name no trace. The service answers `MissingTraceId` to them.
    pub untraced: Vec<Arrival>,
}

/// Builds the traces that the documents describe.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use xray_phantom::json::Document;
/// use xray_phantom::trace::{Arrival, ExternalParents, assemble};
///
/// // The child comes first, and on its own.
/// let texts = [
///     r#"{"type": "subsegment", "trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000b1",
///         "parent_id": "00000000000000a1", "name": "later", "start_time": 1.5, "end_time": 1.75}"#,
///     r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "api",
///         "start_time": 1, "end_time": 2}"#,
/// ];
/// let arrivals = texts.iter().zip(0..).map(|(text, seq)| Arrival {
///     seq,
///     arrived: None,
///     document: Arc::new(Document::parse(text).unwrap()),
/// });
/// let assembly = assemble(arrivals, &ExternalParents::none());
/// let trace = assembly.traces[0].clone().complete().unwrap();
/// assert_eq!(
///     trace.to_string(),
///     "trace 1-66a00000-0123456789abcdef01234567 (complete, 2 entities)\n\
///      api  1.00 s\n\
///      └─ later  250 ms\n"
/// );
/// ```
pub fn assemble(
    arrivals: impl IntoIterator<Item = Arrival>,
    external: &ExternalParents,
) -> Assembly {
    let mut index = Index::new();
    arrivals
        .into_iter()
        .for_each(|arrival| index.enter(arrival));
    Assembly {
        traces: index.traces(external),
        untraced: index.untraced().to_vec(),
    }
}

/// Who an entity is. Several documents may speak of the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    kind: EntityKind,
    id: Identity,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Identity {
    Id(Arc<str>),
    /// An id that stands more than once in one document, or is all zeros: ids need not be unique
    /// there (the Python SDK gives unsampled subsegments the id 0000000000000000). The parent, name
    /// and start tell such entities apart, and where they do not, their order.
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
    fn text(&self) -> Option<String> {
        match self {
            Identity::Id(id) | Identity::Shared { id, .. } => Some(id.to_string()),
            Identity::None { .. } => None,
        }
    }
}

/// What one document says of an entity.
struct Version {
    document: usize,
    at: u32,
    container: Option<Key>,
}

/// Builds the tree of documents that name the same trace.
pub(in crate::trace) fn build(mut arrivals: Vec<Arrival>, external: &ExternalParents) -> Tree {
    // In order of text, so that what follows cannot depend on the order of arrival.
    arrivals.sort_by(|a, b| {
        a.document
            .text()
            .cmp(b.document.text())
            .then(a.seq.cmp(&b.seq))
    });
    arrivals.dedup_by(|later, first| later.document.text() == first.document.text());

    let bytes = arrivals
        .iter()
        .map(|arrival| arrival.document.text().len())
        .sum();
    let mut versions: BTreeMap<Key, Vec<Version>> = BTreeMap::new();
    let shared = arrivals
        .iter()
        .flat_map(|arrival| repeated_ids(&arrival.document))
        .collect();
    for (index, arrival) in arrivals.iter().enumerate() {
        flatten(index, &arrival.document, &shared, &mut versions);
    }
    let precedence = |a: &Version, b: &Version| {
        let value = |version: &Version| arrivals[version.document].document.value(version.at);
        rank(value(b)).cmp(&rank(value(a)))
    };
    for said in versions.values_mut() {
        said.sort_by(precedence);
    }

    let places: HashMap<&Key, usize> = versions.keys().zip(0..).collect();
    // Of entities that share an id, the first in order is the one that others mean by it.
    let mut named: HashMap<(EntityKind, &str), usize> = HashMap::new();
    for (key, place) in versions.keys().zip(0..) {
        if let Identity::Id(id) | Identity::Shared { id, .. } = &key.id {
            named.entry((key.kind, id)).or_insert(place);
        }
    }
    let defects = between_documents(&versions, &arrivals);
    let branches: Vec<Branch> = versions
        .iter()
        .zip(defects)
        .map(|((key, said), defect)| {
            let Some(best) = said.first() else {
                unreachable!("a key is made for a version")
            };
            let arrival = &arrivals[best.document];
            let container = said.iter().find_map(|version| version.container.as_ref());
            let parent = match (key.kind, container) {
                (EntityKind::Segment, _) => None,
                (EntityKind::Subsegment, Some(container)) => places.get(container).copied(),
                (EntityKind::Subsegment, None) => said.iter().find_map(|version| {
                    let value = arrivals[version.document].document.value(version.at);
                    named_parent(value, &named)
                }),
            };
            Branch {
                kind: key.kind,
                document: Arc::clone(&arrival.document),
                at: best.at,
                seq: arrival.seq,
                arrived: arrival.arrived,
                first_arrived: said
                    .iter()
                    .filter_map(|version| arrivals[version.document].arrived)
                    .min(),
                parent,
                children: Vec::new(),
                defects: defect.into_iter().collect(),
            }
        })
        .collect();

    let id = arrivals.first().and_then(|arrival| {
        let id = Entity::of(arrival.document.root())?.trace_id();
        id.map(Arc::from)
    });
    let mut tree = Tree {
        id: id.unwrap_or_default(),
        bytes,
        branches,
        roots: Vec::new(),
    };
    missing::cut_cycles(&mut tree);
    missing::hang(&mut tree, external);
    missing::call_rings(&mut tree);
    tree.sort();
    lints::find(&mut tree);
    tree
}

/// What documents for one entity show together, for each entity.
fn between_documents(
    versions: &BTreeMap<Key, Vec<Version>>,
    arrivals: &[Arrival],
) -> Vec<Option<Defect>> {
    let conflicts = versions
        .iter()
        .map(|(key, said)| contradiction(key.kind, said, arrivals));
    let mut defects: Vec<Option<Defect>> = conflicts.collect();
    let conflicting = versions.values().zip(&defects);
    let conflicting = conflicting.filter(|(_, defect)| defect.is_some());
    let changed: HashSet<usize> = conflicting
        .flat_map(|(said, _)| said.iter().map(|version| version.document))
        .collect();
    for ((key, said), defect) in versions.iter().zip(&mut defects) {
        // A document that says something else of a subsegment holds a different one, and the
        // contradiction is told already.
        let tops = said
            .iter()
            .filter(|version| version.container.is_none() && !changed.contains(&version.document));
        if said.len() > 1 && defect.is_none() {
            let documents = tops.map(|version| &arrivals[version.document]);
            *defect = sent_again(
                key.kind,
                documents.map(|arrival| (arrival.seq, &*arrival.document)),
            );
        }
    }
    defects
}

/// Whether two documents for one entity are complete and say different things.
fn contradiction(kind: EntityKind, said: &[Version], arrivals: &[Arrival]) -> Option<Defect> {
    conflict(
        kind,
        said.iter().map(|version| {
            let arrival = &arrivals[version.document];
            (arrival.seq, arrival.document.value(version.at))
        }),
    )
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
                        Some(container) => container.id.text(),
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

/// Visits the entities of a document, outer ones first, in order. Each is given what the visit of
/// its container gave.
pub(in crate::trace) fn walk<'a, T>(
    document: &'a Document,
    mut visit: impl FnMut(Entity<'a>, EntityKind, Option<&T>) -> T,
) {
    let Some(top) = Entity::of(document.root()) else {
        return;
    };
    let mut waiting = vec![(top, top.kind_at_top(), None)];
    while let Some((entity, kind, container)) = waiting.pop() {
        let visited = Rc::new(visit(entity, kind, container.as_deref()));
        let inside = entity.subsegments().unwrap_or_default().into_iter().rev();
        waiting
            .extend(inside.map(|child| (child, EntityKind::Subsegment, Some(Rc::clone(&visited)))));
    }
}

/// Which of two documents for one entity counts: the complete one, then the one with the later
/// end, then the one with the greater bytes.
fn rank(value: Value<'_>) -> (bool, Option<Timestamp>, &str) {
    let entity = Entity::of(value);
    let closed = entity.is_some_and(|entity| entity.is_closed());
    (
        closed,
        entity.and_then(|entity| entity.end_time()),
        value.raw(),
    )
}

/// The entity that a subsegment on its own names as its parent.
fn named_parent(value: Value<'_>, named: &HashMap<(EntityKind, &str), usize>) -> Option<usize> {
    let id = Entity::of(value)?.parent_id()?;
    [EntityKind::Segment, EntityKind::Subsegment]
        .into_iter()
        .find_map(|kind| named.get(&(kind, &*id)).copied())
}

/// Notes what is wrong with an entity.
pub(in crate::trace) fn report(tree: &mut Tree, index: usize, code: DefectCode, message: String) {
    let branch = &tree.branches[index];
    let id = branch.entity().id().map(Into::into);
    let seq = branch.seq;
    tree.branches[index].defects.push(Defect {
        code,
        id,
        seq,
        message,
    });
}

/// The entity of a branch, as messages name it.
pub(in crate::trace) fn label(branch: &Branch) -> String {
    named(branch.entity(), branch.kind)
}

pub(in crate::trace) fn named(entity: Entity<'_>, kind: EntityKind) -> String {
    match entity.name() {
        Some(name) => format!("{kind} `{}`", visible(&name)),
        None => format!("a {kind} without name"),
    }
}
