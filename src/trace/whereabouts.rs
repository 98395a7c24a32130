//! Where entities are, by their ids.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::visible;
use crate::json::Document;
use crate::model::{Entity, EntityKind};
use crate::trace::assemble::{named, walk};
use crate::trace::index::Entry;

/// The entities of all documents by their ids.
///
/// Most captures lack no parent and pay nothing for it: documents are read when the first one is
/// looked for, and each of them once.
#[derive(Debug, Default)]
pub(in crate::trace) struct Whereabouts(Mutex<Known>);

/// An entity as those name it who looked for it in their own trace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::trace) struct Elsewhere {
    pub(in crate::trace) trace: String,
    pub(in crate::trace) name: String,
}

#[derive(Debug, Default)]
struct Known {
    /// How many documents were read.
    read: usize,
    /// Of several entities the least, so that nothing depends on the order of arrival.
    least: HashMap<Box<str>, Place>,
}

#[derive(Clone, Debug)]
struct Place {
    document: Arc<Document>,
    at: u32,
    kind: EntityKind,
}

impl Whereabouts {
    /// Those of the wanted ids that an entity in these documents has. The documents are those of
    /// the last time, and others behind them.
    pub(in crate::trace) fn find(
        &self,
        wanted: &BTreeSet<String>,
        documents: &[Entry],
    ) -> BTreeMap<String, Elsewhere> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in documents.get(known.read..).unwrap_or_default() {
            known.read(&entry.arrival.document);
        }
        let found = wanted.iter().filter_map(|id| {
            let place = known.least.get(&**id)?;
            Some((id.clone(), place.told()))
        });
        found.collect()
    }
}

/// A copy reads the documents anew, if it has to.
impl Clone for Whereabouts {
    fn clone(&self) -> Whereabouts {
        Whereabouts::default()
    }
}

impl Known {
    fn read(&mut self, document: &Arc<Document>) {
        self.read += 1;
        walk(document, |entity, kind, _: Option<&()>| {
            let Some(id) = entity.id() else {
                return;
            };
            let place = Place {
                document: Arc::clone(document),
                at: entity.json().index(),
                kind,
            };
            match self.least.entry(Box::from(id)) {
                Slot::Occupied(mut least) if place.told() < least.get().told() => {
                    least.insert(place);
                }
                Slot::Occupied(_) => {}
                Slot::Vacant(vacant) => {
                    vacant.insert(place);
                }
            }
        });
    }
}

impl Place {
    fn told(&self) -> Elsewhere {
        let trace = Entity::of(self.document.root()).and_then(|top| top.trace_id());
        let entity = Entity::of(self.document.value(self.at));
        Elsewhere {
            trace: visible(trace.as_deref().unwrap_or_default()),
            name: entity.map_or_else(String::new, |entity| named(entity, self.kind)),
        }
    }
}
