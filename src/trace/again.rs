//! An entity that was sent again because it held more by then.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::error::{count, visible};
use crate::json::Document;
use crate::model::{Entity, EntityKind, Timestamp};
use crate::trace::assemble::{named, walk};
use crate::trace::identity::name;
use crate::trace::{Defect, DefectCode};

/// Whether documents with one entity at their top are complete, and one of them holds what had not
/// ended when another was sent.
///
/// `tops` are the datagrams and their documents, in order of precedence. None may contradict
/// another: what each says of a subsegment is not compared again. An entity that was sent whole and
/// in parts says the same twice, and is none.
pub(in crate::trace) fn sent_again<'a>(
    kind: EntityKind,
    tops: impl Iterator<Item = (u64, &'a Document)>,
) -> Option<Defect> {
    let complete: Vec<(u64, &Document)> = tops
        .filter(|(_, document)| {
            Entity::of(document.root()).is_some_and(|entity| entity.is_closed())
        })
        .collect();
    let [(seq, best), _, ..] = complete[..] else {
        return None;
    };
    let entity = Entity::of(best.root())?;
    // In how many of the documents each part is.
    let mut parts: BTreeMap<Held<'_>, usize> = BTreeMap::new();
    for part in complete.iter().flat_map(|(_, document)| held(document)) {
        *parts.entry(part).or_default() += 1;
    }
    let is_late = |(part, count): (&Held<'_>, &usize)| {
        let was_open = || parts.contains_key(&part.while_open());
        part.end.is_some()
            && *count < complete.len()
            && (part.end > entity.end_time() || was_open())
    };
    let (part, _) = parts.iter().find(|part| is_late(*part))?;
    let holder = match kind {
        EntityKind::Segment => "its segment",
        EntityKind::Subsegment => "the one that holds it",
    };
    Some(Defect {
        code: DefectCode::SentAgain,
        id: entity.id().map(Into::into),
        seq,
        message: format!(
            "a subsegment ended after {holder} had been sent, so that it was sent again: {} is complete in {}, of \
             which not all hold {}; close what it holds before it",
            named(entity, kind),
            count(complete.len() as u64, "document"),
            match &part.name {
                Some(name) => format!("`{}`", visible(name)),
                None => "one without name".to_owned(),
            }
        ),
    })
}

/// A subsegment of a document, at any depth.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Held<'a> {
    /// The id of the entity that it is embedded in.
    holder: Option<Cow<'a, str>>,
    id: Option<Cow<'a, str>>,
    // What tells subsegments apart that have no id, or share one.
    name: Option<Cow<'a, str>>,
    start: Option<Timestamp>,
    /// None of one that is open.
    end: Option<Timestamp>,
}

impl Held<'_> {
    /// The same before it ended.
    fn while_open(&self) -> Self {
        Held {
            end: None,
            ..self.clone()
        }
    }
}

/// All that is embedded in a document.
fn held(document: &Document) -> BTreeSet<Held<'_>> {
    let mut held = BTreeSet::new();
    walk(
        document,
        |entity, _, holder: Option<&Option<Cow<'_, str>>>| {
            if let Some(holder) = holder {
                held.insert(Held {
                    holder: holder.clone(),
                    id: entity.id(),
                    name: name(entity),
                    start: entity.start_time(),
                    end: entity.end_time().filter(|_| entity.is_closed()),
                });
            }
            entity.id()
        },
    );
    held
}
