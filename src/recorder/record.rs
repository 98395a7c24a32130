//! A segment with its subsegments.
//!
//! # What threads share
//!
//! One lock for each segment guards its parts; nothing else of a segment is shared. Why no order of
//! threads can lose, double or mix anything:
//!
//! - A part is opened, spoken of and ended under that lock, and its number never changes. So two
//!   threads can open children of one parent, and each gets its own.
//! - Who ends a part turns `Open` into `Ended` under the lock, once; a second end sees that and does
//!   nothing. What is said afterwards finds no fields to write to, and is told.
//! - `Ended` becomes `Sent` under the same lock in which its document is written. So a document is
//!   written once, by whichever thread was there first, and no part is in two of them.
//! - Documents are handed to the emitter after the lock is let go, so that an emitter can never wait
//!   for a thread that waits for it. Two threads may hand theirs over in either order, which a
//!   reader of X-Ray documents must not mind: each names its parent.
//! - No lock is taken while another is held, except the clock's and the emitter's own, which know
//!   nothing of segments.
//! - Counters only grow, and each is an atomic of its own; nothing is decided by them.
//! - Which segment is the current one is no shared state: a task-local for futures, set at each poll
//!   and taken back after it, so that what another thread polls cannot be seen.

use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{EntityId, EntityKind, TraceId};
use crate::recorder::body::{Said, body};
use crate::recorder::cause::Exception;
use crate::recorder::document;
use crate::recorder::part::{Fields, Part, State};
use crate::recorder::shared::Shared;
use crate::recorder::stats::count;
use crate::wire::TraceHeader;

/// One segment with all its subsegments.
#[derive(Debug)]
pub(in crate::recorder) struct Record {
    pub(in crate::recorder) shared: Arc<Shared>,
    pub(in crate::recorder) trace_id: TraceId,
    /// What came with the request: its unknown keys are carried on.
    pub(in crate::recorder) incoming: Option<Arc<TraceHeader>>,
    kind: Kind,
    parts: Mutex<Parts>,
}

/// Whose segment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recorder) enum Kind {
    /// Someone else sends it; the subsegments go on their own, each when it ends. In Lambda the
    /// service does so.
    Facade,
    /// This recorder sends it.
    Own,
}

#[derive(Debug, Default)]
struct Parts {
    list: Vec<Part>,
    /// Parts that have ended and do not lie in another one that has, in order of their ends.
    ready: Vec<usize>,
    /// How many parts have ended and were not sent, and how large their bodies are.
    kept: usize,
    kept_bytes: usize,
}

impl Record {
    /// Opens a segment.
    pub(in crate::recorder) fn open(
        shared: Arc<Shared>,
        (trace_id, id): (TraceId, EntityId),
        incoming: Option<Arc<TraceHeader>>,
        kind: Kind,
        name: String,
        place: &'static Location<'static>,
    ) -> Arc<Record> {
        count(&shared.counters.segments);
        let start = shared.clock.now();
        let segment = Part::open(id, name, None, place, start);
        let parts = Parts {
            list: vec![segment],
            ..Parts::default()
        };
        Arc::new(Record {
            shared,
            trace_id,
            incoming,
            kind,
            parts: Mutex::new(parts),
        })
    }

    /// Opens a subsegment and gives its number.
    pub(in crate::recorder) fn open_child(
        &self,
        parent: usize,
        name: String,
        place: &'static Location<'static>,
    ) -> usize {
        count(&self.shared.counters.subsegments);
        let start = self.shared.clock.now();
        let id = self.shared.ids.entity_id();
        let parts = &mut *self.parts();
        let index = parts.list.len();
        parts
            .list
            .push(Part::open(id, name, Some(parent), place, start));
        parts.list[parent].children.push(index);
        index
    }

    /// Says something of a part that is open; of one that has ended, a note.
    pub(in crate::recorder) fn say(
        &self,
        index: usize,
        place: &'static Location<'static>,
        say: impl FnOnce(&mut Fields),
    ) {
        let mut parts = self.parts();
        let part = &mut parts.list[index];
        if self.kind == Kind::Facade && index == 0 {
            drop(parts);
            let message = "someone else sends this segment: what was said of it is lost; say it of a subsegment";
            return self.misused(place, "facade", message.to_owned());
        }
        if let State::Open(fields) = &mut part.state {
            return say(fields);
        }
        let message = format!(
            "{} `{}` had ended; what was said of it is lost",
            part.kind(),
            part.name
        );
        drop(parts);
        self.misused(place, "used-after-end", message);
    }

    /// Gives a part another name.
    pub(in crate::recorder) fn rename(&self, index: usize, name: String) {
        let part = &mut self.parts().list[index];
        if part.is_open() {
            part.name = name;
        }
    }

    /// The id of a part.
    pub(in crate::recorder) fn id(&self, index: usize) -> EntityId {
        self.parts().list[index].id
    }

    /// Whether a part has not ended.
    pub(in crate::recorder) fn is_open(&self, index: usize) -> bool {
        self.parts().list[index].is_open()
    }

    /// Ends a part and sends what is ready; `false` where it had ended.
    pub(in crate::recorder) fn close(&self, index: usize) -> bool {
        let end = self.shared.clock.now();
        let mut cut = Vec::new();
        let mut open = Vec::new();
        let place;
        let documents = {
            let parts = &mut *self.parts();
            let part = &mut parts.list[index];
            let State::Open(fields) = &mut part.state else {
                return false;
            };
            place = part.place;
            if index == 0 {
                let name = part.name.clone();
                if self.kind == Kind::Own {
                    let said = Said {
                        id: part.id,
                        name: &part.name,
                        kind: EntityKind::Segment,
                        start: part.start,
                        end: Some(end),
                        blocks: &self.shared.blocks,
                    };
                    let (json, lost) = body(&said, fields);
                    cut = lost;
                    parts.end(0, json);
                } else {
                    part.state = State::Sent;
                }
                open = left_open(&parts.list, &name);
                self.all(parts)
            } else {
                let said = Said {
                    id: part.id,
                    name: &part.name,
                    kind: EntityKind::Subsegment,
                    start: part.start,
                    end: Some(end),
                    blocks: &self.shared.blocks,
                };
                let (json, lost) = body(&said, fields);
                cut = lost;
                parts.end(index, json);
                let at_once = self.kind == Kind::Facade || !parts.list[0].is_open();
                if at_once || parts.kept > self.shared.streaming || parts.kept_bytes > MOST_KEPT {
                    self.all(parts)
                } else {
                    Vec::new()
                }
            }
        };
        for document in documents {
            self.shared.emitter.emit(&document);
        }
        for what in cut {
            let message = format!("{what} is cut: one entity has to fit into a document of 64 kB");
            self.shared
                .note_counted(|counters| &counters.cut, place, "cut", message);
        }
        for (place, message) in open {
            self.misused(place, "left-open", message);
        }
        true
    }

    /// Sends what is known of a part that is open, which goes on.
    pub(in crate::recorder) fn send_in_progress(&self, index: usize) {
        let document = {
            let parts = &mut *self.parts();
            let parent = match parts.list[index].parent {
                Some(parent) => Some(parts.list[parent].id),
                None => self.caller(),
            };
            let part = &mut parts.list[index];
            let State::Open(fields) = &mut part.state else {
                return;
            };
            if self.kind == Kind::Facade && index == 0 {
                return;
            }
            let said = Said {
                id: part.id,
                name: &part.name,
                kind: if index == 0 {
                    EntityKind::Segment
                } else {
                    EntityKind::Subsegment
                },
                start: part.start,
                end: None,
                blocks: &self.shared.blocks,
            };
            let (json, _) = body(&said, fields);
            document::of_body(self.trace_id, parent, index == 0, &json)
        };
        self.shared.emitter.emit(&document);
    }

    /// Notes that a part failed with this exception, if no child has recorded it already; then
    /// gives the id of that one.
    pub(in crate::recorder) fn passed_through(
        &self,
        index: usize,
        exception: &Exception,
    ) -> Option<EntityId> {
        let parts = self.parts();
        let child = parts.list[index].last_failed?;
        let recorded = parts.list[child].failure.as_ref()?;
        let same = recorded.kind == exception.kind && recorded.message == exception.message;
        same.then_some(recorded.id)
    }

    /// Remembers with which exception a part failed.
    pub(in crate::recorder) fn failed(&self, index: usize, exception: Exception) {
        let parts = &mut *self.parts();
        if let Some(parent) = parts.list[index].parent {
            parts.list[parent].last_failed = Some(index);
        }
        parts.list[index].failure = Some(exception);
    }

    /// Tells of a mistake in the use of an entity.
    pub(in crate::recorder) fn misused(
        &self,
        place: &'static Location<'static>,
        code: &'static str,
        message: String,
    ) {
        self.shared
            .note_counted(|counters| &counters.misused, place, code, message);
    }

    /// The documents of all that has ended and was not sent.
    fn all(&self, parts: &mut Parts) -> Vec<String> {
        let ready = std::mem::take(&mut parts.ready);
        let (kept, bytes) = (&mut parts.kept, &mut parts.kept_bytes);
        (*kept, *bytes) = (0, 0);
        let list = &mut parts.list;
        let mut documents = Vec::new();
        for index in ready {
            let within = |parent: usize| list[parent].body().is_some();
            // One that lies in another which is ready goes with it.
            if list[index].body().is_some() && !list[index].parent.is_some_and(within) {
                let caller = self.caller();
                documents.extend(document::of_tree(self.trace_id, caller, list, index));
            }
        }
        documents
    }

    /// The entity that called this segment.
    fn caller(&self) -> Option<EntityId> {
        self.incoming.as_ref().and_then(|header| header.parent())
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    fn end(&mut self, index: usize, body: String) {
        self.kept += 1;
        self.kept_bytes += body.len();
        self.list[index].state = State::Ended(body);
        self.ready.push(index);
    }
}

/// A place and a message for each subsegment that is open when its segment ends.
fn left_open(parts: &[Part], segment: &str) -> Vec<(&'static Location<'static>, String)> {
    let open = parts.iter().filter(|part| part.is_open());
    let told = |part: &Part| {
        let name = &part.name;
        let message =
            format!("subsegment `{name}` was still open when its segment `{segment}` ended");
        (part.place, message)
    };
    open.map(told).collect()
}

/// So many bytes that have ended are kept: what comes on top shall fit into one document.
const MOST_KEPT: usize = 48_000;
