//! From documents to trees.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::error::visible;
use crate::json::{Document, Value};
use crate::model::{Entity, EntityKind, Timestamp};
use crate::trace::again::sent_again;
use crate::trace::conflict::{conflict, used_twice};
use crate::trace::identity::{Entities, Key, Names, Version, entities};
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
    let documents: Vec<&Document> = arrivals.iter().map(|arrival| &*arrival.document).collect();
    let mut entities = entities(&documents);
    let value = |version: &Version| documents[version.document].value(version.at);
    for said in entities.versions.values_mut() {
        said.sort_by(|a, b| rank(value(b)).cmp(&rank(value(a))));
    }
    let defects = between_documents(&entities, &arrivals);
    let versions = &entities.versions;

    let places: HashMap<&Key, usize> = versions.keys().zip(0..).collect();
    let names = Names::new(versions, &documents);
    let branches: Vec<Branch> = versions
        .iter()
        .zip(defects)
        .zip(0..)
        .map(|(((key, said), defects), place)| {
            let Some(best) = said.first() else {
                unreachable!("a key is made for a version")
            };
            let arrival = &arrivals[best.document];
            let container = said.iter().find_map(|version| version.container.as_ref());
            let parent = match (key.kind, container) {
                (EntityKind::Segment, _) => None,
                (EntityKind::Subsegment, Some(container)) => places.get(container).copied(),
                (EntityKind::Subsegment, None) => said.iter().find_map(|version| {
                    let id = Entity::of(value(version))?.parent_id()?;
                    names.parent(place, &id)
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
                defects,
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

/// What documents for one entity, or by one id, show together, for each entity.
fn between_documents(entities: &Entities, arrivals: &[Arrival]) -> Vec<Vec<Defect>> {
    let said_of = |version: &Version| {
        let arrival = &arrivals[version.document];
        (arrival.seq, arrival.document.value(version.at))
    };
    let all = || entities.versions.iter().zip(0..);
    let mut defects: Vec<Vec<Defect>> = all()
        .map(|((key, said), _)| Vec::from_iter(conflict(key.kind, said.iter().map(said_of))))
        .collect();
    let conflicting = all().filter(|((key, _), place): &((&Key, _), usize)| {
        !defects[*place].is_empty() || entities.is_reused(key)
    });
    let changed: HashSet<usize> = conflicting
        .flat_map(|((_, said), _)| said.iter().map(|version| version.document))
        .collect();

    let reused: Vec<_> = all()
        .filter(|((key, _), _)| entities.is_reused(key))
        .collect();
    for namesakes in
        reused.chunk_by(|((one, _), _), ((other, _), _)| one.id.text() == other.id.text())
    {
        let each = namesakes.iter().filter_map(|((key, said), _)| {
            let (seq, value) = said_of(said.first()?);
            Some((&key.id, seq, value))
        });
        if let [(_, first), ..] = namesakes {
            defects[*first].extend(used_twice(each));
        }
    }
    for ((key, said), place) in all() {
        // A document that says something else of a subsegment holds a different one, and the
        // contradiction is told already.
        let tops = said
            .iter()
            .filter(|version| version.container.is_none() && !changed.contains(&version.document));
        if said.len() > 1 && defects[place].is_empty() {
            let documents = tops.map(|version| &arrivals[version.document]);
            defects[place].extend(sent_again(
                key.kind,
                documents.map(|arrival| (arrival.seq, &*arrival.document)),
            ));
        }
    }
    defects
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
