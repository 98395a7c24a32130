//! A segment with its subsegments: what threads share of it, and why that is safe, is told in the
//! documentation of the room.

use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{EntityId, TraceId};
use crate::recorder::cause::{Failure, Mark};
use crate::recorder::part::{Fields, Part, State};
use crate::recorder::shared::Shared;
use crate::recorder::stats::count;
use crate::wire::{Note, TraceHeader};

/// One segment with all its subsegments.
#[derive(Debug)]
pub(in crate::recorder) struct Record {
    pub(in crate::recorder) shared: Arc<Shared>,
    pub(in crate::recorder) trace_id: TraceId,
    /// What came with the request: its unknown keys are carried on.
    pub(in crate::recorder) incoming: Option<Arc<TraceHeader>>,
    pub(in crate::recorder) kind: Kind,
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
pub(in crate::recorder) struct Parts {
    pub(in crate::recorder) list: Vec<Part>,
    /// Parts that have ended and were not sent, in order of their ends.
    pub(in crate::recorder) ready: Vec<usize>,
    /// How large the bodies of these are.
    pub(in crate::recorder) ready_bytes: usize,
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

    /// The note of a segment that is open when a test is judged.
    pub(in crate::recorder) fn still_open(&self) -> Note {
        let part = &self.parts().list[0];
        let what = match self.kind {
            Kind::Facade => "an invocation".to_owned(),
            Kind::Own => format!("segment `{}`", part.name),
        };
        let message =
            format!("{what} is still open: nothing of it was sent that waits for its end");
        Note::at(part.place, "left-open", message)
    }

    /// Opens a subsegment and gives its number.
    pub(in crate::recorder) fn open_child(
        &self,
        parent: usize,
        name: String,
        place: &'static Location<'static>,
    ) -> usize {
        count(&self.shared.counters.subsegments);
        let now = self.shared.clock.now();
        let id = self.shared.ids.entity_id();
        let late = {
            let parts = &mut *self.parts();
            let index = parts.list.len();
            let above = &mut parts.list[parent];
            above.children.push(index);
            // A clock that was set back does not make a child older than its parent.
            let start = now.max(above.start);
            let late = (!above.is_open()).then(|| {
                let (kind, above) = (above.kind(), &above.name);
                format!(
                    "subsegment `{name}` was opened in {kind} `{above}`, which had ended; it is sent on its own"
                )
            });
            parts
                .list
                .push(Part::open(id, name, Some(parent), place, start));
            (index, late)
        };
        if let (_, Some(message)) = &late {
            self.misused(place, "used-after-end", message.clone());
        }
        late.0
    }

    /// Says something of a part that is open; of one that has ended, a note, and `false`.
    pub(in crate::recorder) fn say(
        &self,
        index: usize,
        place: &'static Location<'static>,
        say: impl FnOnce(&mut Fields),
    ) -> bool {
        let mut parts = self.parts();
        let part = &mut parts.list[index];
        if self.is_foreign(index) {
            drop(parts);
            let message = "someone else sends this segment: what was said of it is lost; say it of a subsegment";
            self.misused(place, "facade", message.to_owned());
            return false;
        }
        if let State::Open(fields) = &mut part.state {
            say(fields);
            return true;
        }
        let message = format!(
            "{} `{}` had ended; what was said of it is lost",
            part.kind(),
            part.name
        );
        drop(parts);
        self.misused(place, "used-after-end", message);
        false
    }

    /// What a part is, and its name.
    pub(in crate::recorder) fn named(&self, index: usize) -> String {
        let part = &self.parts().list[index];
        format!("{} `{}`", part.kind(), part.name)
    }

    /// Gives a part another name.
    #[cfg(feature = "aws")]
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

    /// The exception that the child which failed last has recorded, if it is this error.
    pub(in crate::recorder) fn passed_through(&self, index: usize, mark: Mark) -> Option<EntityId> {
        let parts = self.parts();
        let child = parts.list[index].last_failed?;
        let recorded = parts.list[child].failure?;
        (recorded.mark == Some(mark)).then_some(recorded.id)
    }

    /// Remembers with which exception a part failed.
    pub(in crate::recorder) fn failed(&self, index: usize, failure: Failure) {
        let parts = &mut *self.parts();
        if let Some(parent) = parts.list[index].parent {
            parts.list[parent].last_failed = Some(index);
        }
        parts.list[index].failure = Some(failure);
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

    /// The entity that called this segment. Without the trace that it is in it says nothing.
    pub(in crate::recorder) fn caller(&self) -> Option<EntityId> {
        let header = self.incoming.as_ref()?;
        header.root().and(header.parent())
    }

    /// Whether someone else sends this part.
    pub(in crate::recorder) fn is_foreign(&self, index: usize) -> bool {
        self.kind == Kind::Facade && index == 0
    }

    pub(in crate::recorder) fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
