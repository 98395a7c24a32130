//! A segment and its subsegments while they are open.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{EntityId, EntityKind, Timestamp, TraceId};
use crate::recorder::cause::Exception;
use crate::recorder::document;
use crate::seam::{Clock, Ids};
use crate::wire::{Emit, Note};

/// What all segments of a recorder share.
#[derive(Clone, Debug)]
pub(in crate::recorder) struct Shared {
    pub(in crate::recorder) service: Arc<str>,
    pub(in crate::recorder) clock: Clock,
    pub(in crate::recorder) ids: Ids,
    pub(in crate::recorder) emitter: Arc<dyn Emit>,
}

/// One segment with all its subsegments.
#[derive(Debug)]
pub(in crate::recorder) struct Record {
    pub(in crate::recorder) shared: Shared,
    pub(in crate::recorder) trace_id: TraceId,
    parts: Mutex<Vec<Part>>,
}

/// The segment (the first part) or one subsegment.
#[derive(Debug)]
pub(in crate::recorder) struct Part {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) name: String,
    pub(in crate::recorder) parent: Option<usize>,
    pub(in crate::recorder) place: &'static Location<'static>,
    pub(in crate::recorder) start: Timestamp,
    pub(in crate::recorder) end: Option<Timestamp>,
    pub(in crate::recorder) sent: bool,
    pub(in crate::recorder) fields: Fields,
}

/// What is said of a part, values as JSON.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Fields {
    pub(in crate::recorder) namespace: Option<&'static str>,
    pub(in crate::recorder) error: bool,
    pub(in crate::recorder) fault: bool,
    pub(in crate::recorder) throttle: bool,
    pub(in crate::recorder) annotations: BTreeMap<String, String>,
    pub(in crate::recorder) metadata: BTreeMap<String, BTreeMap<String, String>>,
    pub(in crate::recorder) aws: BTreeMap<String, String>,
    pub(in crate::recorder) response: BTreeMap<&'static str, i64>,
    pub(in crate::recorder) cause: Option<Cause>,
}

/// Why a part failed.
#[derive(Clone, Debug)]
pub(in crate::recorder) enum Cause {
    Exceptions(Vec<Exception>),
    /// The exception that a child has already: the error passed through.
    Reference(EntityId),
}

impl Part {
    pub(in crate::recorder) fn kind(&self) -> EntityKind {
        if self.parent.is_none() {
            EntityKind::Segment
        } else {
            EntityKind::Subsegment
        }
    }
}

impl Record {
    /// Opens a segment.
    pub(in crate::recorder) fn open(
        shared: Shared,
        name: &str,
        place: &'static Location<'static>,
    ) -> Arc<Record> {
        let start = shared.clock.now();
        let (trace_id, id) = (shared.ids.trace_id(start), shared.ids.entity_id());
        let segment = Part {
            id,
            name: name.to_owned(),
            parent: None,
            place,
            start,
            end: None,
            sent: false,
            fields: Fields::default(),
        };
        Arc::new(Record {
            shared,
            trace_id,
            parts: Mutex::new(vec![segment]),
        })
    }

    /// Opens a subsegment and gives its number.
    pub(in crate::recorder) fn open_child(
        &self,
        parent: usize,
        name: &str,
        place: &'static Location<'static>,
    ) -> usize {
        let start = self.shared.clock.now();
        let id = self.shared.ids.entity_id();
        let mut parts = self.parts();
        parts.push(Part {
            id,
            name: name.to_owned(),
            parent: Some(parent),
            place,
            start,
            end: None,
            sent: false,
            fields: Fields::default(),
        });
        parts.len() - 1
    }

    /// Says something of a part that is open; of one that has ended, a note.
    pub(in crate::recorder) fn say(
        &self,
        index: usize,
        place: &'static Location<'static>,
        say: impl FnOnce(&mut Fields),
    ) {
        let mut parts = self.parts();
        let part = &mut parts[index];
        if part.end.is_none() {
            say(&mut part.fields);
            return;
        }
        let message = format!(
            "{} `{}` had ended; what was said of it is lost",
            part.kind(),
            part.name
        );
        drop(parts);
        self.shared
            .emitter
            .note(Note::at(place, "used-after-end", message));
    }

    /// Gives a part another name.
    #[cfg(feature = "aws")]
    pub(in crate::recorder) fn rename(&self, index: usize, name: &str) {
        name.clone_into(&mut self.parts()[index].name);
    }

    /// The id of a part.
    pub(in crate::recorder) fn id(&self, index: usize) -> EntityId {
        self.parts()[index].id
    }

    /// Whether a part has not ended.
    pub(in crate::recorder) fn is_open(&self, index: usize) -> bool {
        self.parts()[index].end.is_none()
    }

    /// Closes a part and sends what is ready.
    pub(in crate::recorder) fn close(&self, index: usize) {
        let end = self.shared.clock.now();
        let mut notes = Vec::new();
        let documents = {
            let mut parts = self.parts();
            if parts[index].end.is_some() {
                return;
            }
            parts[index].end = Some(end);
            if index == 0 {
                notes = left_open(&parts);
                document::of_all(self.trace_id, &mut parts, &self.shared.service)
            } else if parts[0].sent {
                document::of_tree(self.trace_id, &mut parts, index, &self.shared.service)
            } else {
                Vec::new()
            }
        };
        for document in documents {
            self.shared.emitter.emit(&document);
        }
        for note in notes {
            self.shared.emitter.note(note);
        }
    }

    /// Whether the child that failed last has recorded the same exception already; then its id.
    pub(in crate::recorder) fn passed_through(
        &self,
        index: usize,
        exception: &Exception,
    ) -> Option<EntityId> {
        let parts = self.parts();
        let same =
            |other: &Exception| other.kind == exception.kind && other.message == exception.message;
        let mut failed = parts.iter().rev().filter(|part| part.parent == Some(index));
        match failed.find_map(|child| child.fields.cause.as_ref())? {
            Cause::Exceptions(chain) => chain
                .first()
                .filter(|first| same(first))
                .map(|first| first.id),
            Cause::Reference(id) => {
                let chains = parts
                    .iter()
                    .rev()
                    .filter_map(|part| match &part.fields.cause {
                        Some(Cause::Exceptions(chain)) => chain.first(),
                        _ => None,
                    });
                let mut origin = chains.filter(|first| first.id == *id);
                origin.next().filter(|first| same(first)).map(|_| *id)
            }
        }
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A note for each subsegment that is open when its segment ends.
fn left_open(parts: &[Part]) -> Vec<Note> {
    let segment = &parts[0].name;
    let open = parts.iter().filter(|part| part.end.is_none());
    let note = |part: &Part| {
        let message = format!(
            "subsegment `{}` was still open when its segment `{segment}` ended",
            part.name
        );
        Note::at(part.place, "left-open", message)
    };
    open.map(note).collect()
}
