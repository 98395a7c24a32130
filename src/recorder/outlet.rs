//! What stands between a recorder and its emitter, which others may have written.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::panic_message;
use crate::recorder::ambient::emitting;
use crate::wire::{Emit, EmitCounts, Note, NoteSource};

/// Asks an emitter, and takes no harm.
///
/// A panic in it ends here: the document counts as failed, and the next one is tried. What it says
/// has failed is told, as all notes are: beside a test each, otherwise of each kind one. Its counts
/// are seen to grow only.
#[derive(Debug)]
pub(in crate::recorder) struct Outlet {
    emitter: Arc<dyn Emit>,
    /// Whether a test stood behind it when it was made. Behind others none ever stands.
    was_test: bool,
    /// Documents that it panicked over.
    panicked: AtomicU64,
    /// The most that it has said.
    said: Mutex<EmitCounts>,
    /// The codes of the notes that were told.
    told: Mutex<BTreeSet<&'static str>>,
}

impl Outlet {
    pub(in crate::recorder) fn to(emitter: Arc<dyn Emit>) -> Outlet {
        let mut outlet = Outlet {
            emitter,
            was_test: false,
            panicked: AtomicU64::new(0),
            said: Mutex::default(),
            told: Mutex::default(),
        };
        outlet.was_test = outlet.asked_for_a_test();
        outlet
    }

    fn asked_for_a_test(&self) -> bool {
        self.ask("is_test", Emit::is_test).unwrap_or(false)
    }

    /// The answer of the emitter, unless it panics.
    fn ask<R>(&self, method: &str, question: impl FnOnce(&(dyn Emit + 'static)) -> R) -> Option<R> {
        let question = || emitting(|| question(&*self.emitter));
        match attempt(question) {
            Ok(answer) => Some(answer),
            Err(panic) => {
                self.tell_of(method, &*panic);
                None
            }
        }
    }

    /// Tells once that the emitter panics.
    fn tell_of(&self, method: &str, panic: &(dyn Any + Send)) {
        if !self.is_first(PANICKED) {
            return;
        }
        let message = format!(
            "the recorder's emitter panicked in `{method}`: {}; the program goes on, and documents that are \
             lost so count as failed",
            panic_message(panic)
        );
        self.hand_over(&Note::new(PANICKED, message));
    }

    /// Hands a note to the emitter, or says it on stderr if that panics.
    fn hand_over(&self, note: &Note) {
        if let Err(panic) = attempt(|| self.emitter.note(note.clone())) {
            note.tell();
            self.tell_of("note", &*panic);
        }
    }

    /// Tells what the emitter has to say of failures.
    fn tell_failures(&self) {
        for note in self.ask("failures", Emit::failures).unwrap_or_default() {
            self.note(note);
        }
    }

    fn is_first(&self, code: &'static str) -> bool {
        lock(&self.told).insert(code)
    }
}

impl Emit for Outlet {
    fn emit(&self, document: &str) {
        // Both questions at once, as each document asks them.
        let is_sent = Cell::new(false);
        let failures = attempt(|| {
            emitting(|| {
                self.emitter.emit(document);
                is_sent.set(true);
                self.emitter.failures()
            })
        });
        match failures {
            Ok(failures) => failures.into_iter().for_each(|note| self.note(note)),
            Err(panic) if is_sent.get() => self.tell_of("failures", &*panic),
            Err(panic) => {
                self.panicked.fetch_add(1, Ordering::Relaxed);
                self.tell_of("emit", &*panic);
                self.tell_failures();
            }
        }
    }

    fn counts(&self) -> EmitCounts {
        let counts = self.ask("counts", Emit::counts).unwrap_or_default();
        let said = &mut *lock(&self.said);
        said.sent = said.sent.max(counts.sent);
        said.failed = said.failed.max(counts.failed);
        EmitCounts {
            sent: said.sent,
            failed: said.failed + self.panicked.load(Ordering::Relaxed),
        }
    }

    fn note(&self, note: Note) {
        if self.is_test() || self.is_first(note.code()) {
            self.hand_over(&note);
        }
    }

    fn flush(&self) {
        self.ask("flush", Emit::flush);
        self.tell_failures();
    }

    fn watch(&self, source: Arc<dyn NoteSource>) {
        self.ask("watch", |emitter| emitter.watch(source));
    }

    fn is_test(&self) -> bool {
        self.was_test && self.asked_for_a_test()
    }

    fn daemon(&self) -> Option<SocketAddr> {
        self.ask("daemon", Emit::daemon).flatten()
    }
}

/// Nothing of an emitter's own is looked at after it has panicked, but through its methods.
fn attempt<R>(call: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(call))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const PANICKED: &str = "emitter-panicked";
