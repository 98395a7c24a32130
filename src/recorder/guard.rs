//! An entity that ends with its guard.

use std::error::Error as StdError;
use std::ops::Deref;
use std::panic::Location;

use crate::recorder::entity::OpenEntity;
use crate::recorder::record::Held;

/// An open segment or subsegment that ends when this is dropped.
///
/// It is not the current one: what is recorded inside of it names it, or runs in its
/// [`carry`](OpenEntity::carry). If the thread panics meanwhile it ends as a fault; the message of
/// the panic is known to closures alone. A future that is dropped drops its guards, and they end as
/// if all were well.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use xray_phantom::{FakeDaemon, Recorder, block_on};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("api").daemon(&daemon).build();
/// {
///     let segment = recorder.begin_segment("import");
///     let read = segment.begin_subsegment("read");
///     read.annotate("lines", 7);
///     read.end();
///     let _write = segment.begin_subsegment("write");
/// } // `write` ends here, then the segment
/// let trace = block_on(daemon.expect_one_trace());
/// assert_eq!(trace.outline(), "import\n  read {lines: 7}\n  write");
/// # }
/// ```
#[derive(Debug)]
#[must_use = "an entity ends when its guard is dropped: `let _ = ...` ends it at once"]
pub struct EntityGuard {
    entity: OpenEntity,
    place: &'static Location<'static>,
    /// Whether it was ended by hand.
    ended: bool,
    /// Whether the thread was panicking when it began: what cleans up is not what failed.
    in_panic: bool,
}

impl EntityGuard {
    #[expect(
        clippy::inline_always,
        reason = "what is not recorded costs a few loads then"
    )]
    #[inline(always)]
    pub(in crate::recorder) fn new(
        entity: OpenEntity,
        place: &'static Location<'static>,
    ) -> EntityGuard {
        let mut in_panic = false;
        if let Some(record) = entity.record() {
            in_panic = std::thread::panicking();
            if entity.index() == 0 {
                watch(record);
            }
        }
        EntityGuard {
            entity,
            place,
            ended: false,
            in_panic,
        }
    }

    /// Ends the entity now.
    #[expect(
        clippy::inline_always,
        reason = "what is not recorded costs a few loads then"
    )]
    #[inline(always)]
    #[track_caller]
    pub fn end(mut self) {
        self.ended = true;
        self.entity.end();
    }

    /// Ends the entity as a fault with this error as its cause.
    #[track_caller]
    pub fn end_with<E: StdError + ?Sized>(mut self, error: &E) {
        self.ended = true;
        // What the function of an invocation returned, Lambda records.
        if !self.entity.is_foreign() {
            self.entity.failed(error, Location::caller());
        }
        self.entity.end();
    }
}

impl EntityGuard {
    /// Says that the thread panicked meanwhile.
    #[cold]
    fn panicked(&self) {
        if self.entity.is_open() && !self.entity.is_foreign() {
            self.entity.exception(
                self.place,
                "panic",
                "the thread panicked while it was open",
                false,
            );
            self.entity
                .say(self.place, |fields| fields.said.fault = true);
        }
    }
}

/// Remembers a segment that a test may leave open. A future is dropped in the end, and closes what it
/// had opened; a guard can be forgotten.
#[inline(never)]
fn watch(record: &Held) {
    if record.shared().emitter.is_test() {
        record.shared().open.add(record);
    }
}

impl Deref for EntityGuard {
    type Target = OpenEntity;

    #[inline]
    fn deref(&self) -> &OpenEntity {
        &self.entity
    }
}

impl Drop for EntityGuard {
    #[inline]
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if std::thread::panicking() && !self.in_panic {
            self.panicked();
        }
        self.entity.close();
    }
}

impl OpenEntity {
    /// Opens a subsegment of this entity that ends with its guard.
    #[expect(
        clippy::inline_always,
        reason = "what is not recorded costs a few loads then"
    )]
    #[inline(always)]
    #[track_caller]
    pub fn begin_subsegment(&self, name: &str) -> EntityGuard {
        let place = Location::caller();
        EntityGuard::new(self.open_child_at(name, place), place)
    }

    /// Ends the entity before its code does. What ends it then changes nothing; to end it twice by
    /// hand is a mistake that is reported.
    #[inline]
    #[track_caller]
    pub fn end(&self) {
        if !self.close() {
            self.ended_twice(Location::caller());
        }
    }

    #[cold]
    fn ended_twice(&self, place: &'static Location<'static>) {
        if let Some(record) = self.record() {
            let message = format!(
                "{} had ended; to end it again changes nothing",
                record.named(self.index())
            );
            record.misused(place, "ended-twice", message);
        }
    }
}
