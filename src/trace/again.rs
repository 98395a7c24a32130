//! An entity that was sent again because it held more by then.

use std::borrow::Cow;

use crate::error::count;
use crate::json::Document;
use crate::model::{Entity, EntityKind, Timestamp};
use crate::trace::assemble::{named, walk};
use crate::trace::{Defect, DefectCode};

/// Whether documents with one entity at their top are complete, and do not hold the same
/// subsegments.
///
/// `tops` are the datagrams and their documents, in order of precedence. None may contradict
/// another: what each says of a subsegment is not compared again.
pub(in crate::trace) fn sent_again<'a>(
    kind: EntityKind,
    tops: impl Iterator<Item = (u64, &'a Document)>,
) -> Option<Defect> {
    let complete: Vec<(u64, &Document)> = tops
        .filter(|(_, document)| {
            Entity::of(document.root()).is_some_and(|entity| entity.is_closed())
        })
        .collect();
    let ((seq, best), others) = complete.split_first()?;
    let inside = (!others.is_empty()).then(|| held(best))?;
    if others.iter().all(|(_, other)| held(other) == inside) {
        return None;
    }
    let entity = Entity::of(best.root())?;
    let holder = match kind {
        EntityKind::Segment => "its segment",
        EntityKind::Subsegment => "the one that holds it",
    };
    Some(Defect {
        code: DefectCode::SentAgain,
        id: entity.id().map(Into::into),
        seq: *seq,
        message: format!(
            "a subsegment ended after {holder} had been sent, so that it was sent again: {} is complete in {}, whose \
             subsegments differ; close what it holds before it",
            named(entity, kind),
            count(complete.len() as u64, "document"),
        ),
    })
}

/// A subsegment of a document, at any depth.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Held<'a> {
    /// The id of the entity that it is embedded in.
    holder: Option<Cow<'a, str>>,
    id: Option<Cow<'a, str>>,
    // What tells subsegments apart that have no id, or share one.
    name: Option<Cow<'a, str>>,
    start: Option<Timestamp>,
    is_closed: bool,
}

/// All that is embedded in a document, in an order that does not depend on the document's.
fn held(document: &Document) -> Vec<Held<'_>> {
    let mut held = Vec::new();
    walk(
        document,
        |entity, _, holder: Option<&Option<Cow<'_, str>>>| {
            if let Some(holder) = holder {
                held.push(Held {
                    holder: holder.clone(),
                    id: entity.id(),
                    name: entity.name(),
                    start: entity.start_time(),
                    is_closed: entity.is_closed(),
                });
            }
            entity.id()
        },
    );
    held.sort_unstable();
    held
}
