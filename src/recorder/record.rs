//! A segment with its subsegments: what threads share of it, and why that is safe, is told in the
//! documentation of the room.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::error::on_one_line;
use crate::model::{EntityId, Timestamp, TraceId};
#[cfg(feature = "aws")]
use crate::recorder::at_once::Saying;
use crate::recorder::cause::{Failure, Mark};
use crate::recorder::members::Block;
use crate::recorder::part::Fields;
use crate::recorder::parts::Parts;
use crate::recorder::shared::{OfLane, Shared};
use crate::recorder::spare;
use crate::recorder::stats::count;
use crate::wire::{Note, TraceHeader};

/// One segment with all its subsegments.
pub(in crate::recorder) struct Record {
    /// None where nobody holds it, so that it keeps no recorder alive.
    shared: Option<Arc<OfLane>>,
    pub(in crate::recorder) trace_id: TraceId,
    /// What came with the request: its unknown keys are carried on.
    pub(in crate::recorder) incoming: Option<TraceHeader>,
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

/// Someone who holds a record. The last one gives its memory back.
#[derive(Clone, Debug)]
pub(in crate::recorder) struct Held(Option<Arc<Record>>);

impl Held {
    /// Whether both hold the same one.
    pub(in crate::recorder) fn is(&self, other: &Held) -> bool {
        Arc::ptr_eq(self.record(), other.record())
    }

    /// The record, as long as others hold it.
    pub(in crate::recorder) fn downgrade(&self) -> Weak<Record> {
        Arc::downgrade(self.record())
    }

    /// The record, if someone still holds it.
    pub(in crate::recorder) fn upgrade(record: &Weak<Record>) -> Option<Held> {
        let record = record.upgrade();
        record.map(|record| Held(Some(record)))
    }

    #[inline]
    fn record(&self) -> &Arc<Record> {
        let Some(record) = &self.0 else {
            unreachable!("it is taken when this is dropped")
        };
        record
    }
}

impl Deref for Held {
    type Target = Record;

    #[inline]
    fn deref(&self) -> &Record {
        self.record()
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        // Looked at first, as this is one of several mostly.
        if let Some(record) = self.0.take()
            && Arc::strong_count(&record) == 1
        {
            give_back(record);
        }
    }
}

/// Keeps the memory of a record that nobody else holds.
fn give_back(mut record: Arc<Record>) {
    let Some(own) = Arc::get_mut(&mut record) else {
        return;
    };
    let shared = own.shared.take();
    own.incoming = None;
    let parts = own.parts.get_mut();
    if parts.unwrap_or_else(PoisonError::into_inner).clear() {
        spare::keep(record);
    }
    // The last of a recorder may end its emitter, which is somebody else's code.
    drop(shared);
}

impl Record {
    /// Opens a segment.
    pub(in crate::recorder) fn open(
        shared: &Arc<OfLane>,
        (trace_id, id): (TraceId, EntityId),
        incoming: Option<TraceHeader>,
        kind: Kind,
        name: &str,
        (place, start): (&'static Location<'static>, Timestamp),
    ) -> Held {
        count(&shared.0.counters.often.segments);
        let mut record = spare::take().unwrap_or_default();
        let Some(own) = Arc::get_mut(&mut record) else {
            unreachable!("nobody else knows a record that is kept, or was just made")
        };
        own.shared = Some(Arc::clone(shared));
        own.trace_id = trace_id;
        own.incoming = incoming;
        own.kind = kind;
        let parts = own.parts.get_mut().unwrap_or_else(PoisonError::into_inner);
        parts.open(id, name, None, place, start);
        Held(Some(record))
    }

    /// What it shares with the other segments of its recorder.
    #[inline]
    pub(in crate::recorder) fn shared(&self) -> &Arc<Shared> {
        let Some(shared) = &self.shared else {
            unreachable!("who holds a record holds a segment")
        };
        &shared.0
    }

    /// The note of a segment that is open when a test is judged.
    pub(in crate::recorder) fn still_open(&self) -> Note {
        let parts = self.parts();
        let what = match self.kind {
            Kind::Facade => "an invocation".to_owned(),
            Kind::Own => format!("segment `{}`", parts.name(0)),
        };
        let message =
            format!("{what} is still open: nothing of it was sent that waits for its end");
        Note::at(parts.list[0].place, "left-open", message)
    }

    /// The clue that a segment is open.
    pub(in crate::recorder) fn never_closed(&self) -> Note {
        let parts = self.parts();
        let message = match self.kind {
            Kind::Facade => {
                "an invocation was opened and is still open: each has its own".to_owned()
            }
            Kind::Own => {
                let name = on_one_line(parts.name(0), SHOWN_NAME);
                format!("segment `{name}` was opened and is still open")
            }
        };
        Note::at(parts.list[0].place, "never-closed", message)
    }

    /// Opens a subsegment and gives its number.
    pub(in crate::recorder) fn open_child(
        &self,
        parent: usize,
        name: &str,
        place: &'static Location<'static>,
    ) -> usize {
        let now = self.shared().clock.now();
        self.open_child_since(parent, name, (place, now), |_, _| {})
    }

    /// The same of one that began then; `say` is given its number while the lock is held.
    #[inline]
    pub(in crate::recorder) fn open_child_since(
        &self,
        parent: usize,
        name: &str,
        (place, begun): (&'static Location<'static>, Timestamp),
        say: impl FnOnce(&mut Parts, usize),
    ) -> usize {
        let (index, late) = self.add_child(parent, name, (place, begun), say);
        if let Some(message) = late {
            self.misused(place, "used-after-end", message);
        }
        index
    }

    /// The number of the new subsegment, and what is to be told of it.
    #[inline]
    fn add_child(
        &self,
        parent: usize,
        name: &str,
        (place, begun): (&'static Location<'static>, Timestamp),
        say: impl FnOnce(&mut Parts, usize),
    ) -> (usize, Option<String>) {
        let shared = self.shared();
        count(&shared.counters.often.subsegments);
        let id = shared.ids.entity_id();
        let parts = &mut *self.parts();
        let above = &parts.list[parent];
        let late = (!above.is_open()).then(|| {
            let (kind, above) = (above.kind(), parts.name(parent));
            format!(
                "subsegment `{name}` was opened in {kind} `{above}`, which had ended; it is sent on its own"
            )
        });
        // A clock that was set back does not make a child older than its parent.
        let start = begun.max(above.start);
        let index = parts.open(id, name, Some(parent), place, start);
        say(parts, index);
        (index, late)
    }

    /// Says something of a part that is open; of one that has ended, a note, and `false`.
    pub(in crate::recorder) fn say(
        &self,
        index: usize,
        place: &'static Location<'static>,
        say: impl FnOnce(&mut Fields),
    ) -> bool {
        let mut parts = self.parts();
        if self.is_foreign(index) {
            drop(parts);
            let message = "someone else sends this segment: what was said of it is lost; say it of a subsegment";
            self.misused(place, "facade", message.to_owned());
            return false;
        }
        if let Some(fields) = &mut parts.list[index].fields {
            say(fields);
            return true;
        }
        let message = format!(
            "{} `{}` had ended; what was said of it is lost",
            parts.list[index].kind(),
            parts.name(index)
        );
        drop(parts);
        self.misused(place, "used-after-end", message);
        false
    }

    /// What a part is, and its name.
    pub(in crate::recorder) fn named(&self, index: usize) -> String {
        let parts = self.parts();
        format!("{} `{}`", parts.list[index].kind(), parts.name(index))
    }

    /// Memory to write a value into before it is said. It is given back with the value.
    pub(in crate::recorder) fn scratch(&self, index: usize) -> Vec<u8> {
        let fields = &mut self.parts().list[index].fields;
        let scratch = fields
            .as_mut()
            .map(|fields| std::mem::take(&mut fields.scratch));
        scratch.unwrap_or_default()
    }

    /// Takes back what was said last of a part under a name.
    pub(in crate::recorder) fn take_back(
        &self,
        index: usize,
        block: Block,
        namespace: &str,
        key: &str,
    ) {
        if let Some(fields) = &mut self.parts().list[index].fields {
            fields.members.take_back(block, namespace, key);
        }
    }

    /// Says many things of a part at once; `false` where it had ended.
    #[cfg(feature = "aws")]
    pub(in crate::recorder) fn say_at_once(
        &self,
        index: usize,
        say: impl FnOnce(&mut Saying<'_>),
    ) -> bool {
        let mut parts = self.parts();
        parts
            .saying(index)
            .map(|mut saying| say(&mut saying))
            .is_some()
    }

    /// Takes a part back that nothing is below.
    #[cfg(feature = "aws")]
    pub(in crate::recorder) fn discard(&self, index: usize) {
        self.parts().close(index);
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
        self.shared()
            .note_counted(|counters| &counters.misused, place, code, message);
    }

    /// The entity that called this segment. Without the trace that it is in it says nothing.
    pub(in crate::recorder) fn caller(&self) -> Option<EntityId> {
        let header = self.incoming.as_ref()?;
        header.root().and(header.parent())
    }

    /// Whether someone else sends this part.
    #[inline]
    pub(in crate::recorder) fn is_foreign(&self, index: usize) -> bool {
        self.kind == Kind::Facade && index == 0
    }

    #[inline]
    pub(in crate::recorder) fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a record of {}", self.trace_id)
    }
}

/// How many characters of a name are shown.
const SHOWN_NAME: usize = 60;

/// One that is no segment yet.
impl Default for Record {
    fn default() -> Record {
        Record {
            shared: None,
            trace_id: TraceId::from_bits(0),
            incoming: None,
            kind: Kind::Own,
            parts: Mutex::default(),
        }
    }
}
