//! From documents to trees.

use std::cmp::Reverse;
use std::rc::Rc;
use std::sync::Arc;

use crate::error::on_one_line;
use crate::json::Document;
use crate::model::limits::MAX_NAME;
use crate::model::{Entity, EntityKind, Timestamp};
use crate::trace::between::between_documents;
use crate::trace::conflict::own_text;
use crate::trace::identity::{Entities, name};
use crate::trace::parents::parents;
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
            .then((a.seq, a.arrived).cmp(&(b.seq, b.arrived)))
    });
    arrivals.dedup_by(|later, first| later.document.text() == first.document.text());

    let documents: Vec<&Document> = arrivals.iter().map(|arrival| &*arrival.document).collect();
    let mut entities = Entities::new(&documents);
    let mentions = &entities.mentions;
    for said in &mut entities.said {
        said.sort_by_cached_key(|mention| Reverse(rank(mentions[*mention].entity)));
    }
    let defects = between_documents(&entities, &arrivals);
    let parents = parents(&entities);
    let branches: Vec<Branch> = entities
        .said
        .iter()
        .zip(defects)
        .zip(parents)
        .map(|((said, defects), parent)| {
            let best = &mentions[said[0]];
            let arrival = &arrivals[best.document];
            let said_of_it = said.iter().map(|mention| &mentions[*mention]);
            Branch {
                kind: best.kind,
                document: Arc::clone(&arrival.document),
                at: best.entity.json().index(),
                seq: arrival.seq,
                arrived: arrival.arrived,
                first_arrived: said_of_it
                    .filter_map(|mention| arrivals[mention.document].arrived)
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
        bytes: branches.iter().map(Branch::bytes).sum(),
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
/// end, then the one with the greater bytes. What it says of itself is compared first, and then its
/// parent, so that it is no matter with which subsegments it came.
fn rank(entity: Entity<'_>) -> impl Ord {
    let json = entity.json();
    (
        entity.is_closed(),
        entity.end_time(),
        own_text(json),
        entity.parent_id(),
        json.raw(),
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
    match name(entity) {
        Some(name) => format!("{kind} `{}`", on_one_line(&name, MAX_NAME)),
        None => format!("a {kind} without name"),
    }
}
