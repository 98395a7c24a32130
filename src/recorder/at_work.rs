//! Which recorders are at work where.
//!
//! Code that runs outside of every segment knows no recorder. It is told of to those that were
//! built, or had code of their segments running, on the same thread or in the same runtime of
//! tokio. A test has a thread or a runtime of its own, so that two tests never meet here.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::runtime::{Handle, Id};

use crate::recorder::context_missing::ContextMissing;
use crate::recorder::shared::Shared;
use crate::recorder::stats::count;
use crate::wire::Note;

/// By runtime, the last one last.
static IN_RUNTIMES: Mutex<Vec<(Id, Weak<Shared>)>> = Mutex::new(Vec::new());

thread_local! {
    /// By thread, the last one last, with the runtime that it was seen in.
    static ON_THREAD: RefCell<Vec<(Option<Id>, Weak<Shared>)>> = const { RefCell::new(Vec::new()) };
    /// Whether stderr was told that nobody is known here.
    static TOLD: Cell<bool> = const { Cell::new(false) };
}

/// Remembers that a recorder is still at work on this thread. Quick where it was the last one.
pub(in crate::recorder) fn remember_again(recorder: &Arc<Shared>) {
    let is_last = ON_THREAD.try_with(|known| {
        let known = known.borrow();
        let last = known.last();
        last.is_some_and(|(_, last)| last.as_ptr() == Arc::as_ptr(recorder))
    });
    if is_last == Ok(false) {
        remember(recorder);
    }
}

/// Remembers that a recorder is at work here.
pub(in crate::recorder) fn remember(recorder: &Arc<Shared>) {
    let is_it = |other: &Weak<Shared>| other.as_ptr() == Arc::as_ptr(recorder);
    // When the thread ends there is nothing to remember it in.
    let _ = ON_THREAD.try_with(|known| {
        let known = &mut *known.borrow_mut();
        let runtime = runtime();
        let is_last = |(id, other): &(Option<Id>, _)| *id == runtime && is_it(other);
        if known.last().is_some_and(is_last) {
            return;
        }
        known.retain(|(_, other)| other.strong_count() > 0 && !is_it(other));
        known.push((runtime, Arc::downgrade(recorder)));
        if let Some(runtime) = runtime {
            let known = &mut *lock(&IN_RUNTIMES);
            known.retain(|(id, other)| {
                other.strong_count() > 0 && !(*id == runtime && is_it(other))
            });
            known.push((runtime, Arc::downgrade(recorder)));
        }
    });
}

/// Whether the thread is at its very end, when nothing of it can be asked any more.
pub(in crate::recorder) fn is_ending() -> bool {
    ON_THREAD.try_with(|_| ()).is_err()
}

/// Tells that code ran outside of every segment: every test whose recorder is at work here,
/// otherwise as the recorder wants it that was last at work.
///
/// # Panics
///
/// Where that recorder wants it so.
pub(in crate::recorder) fn report_missing(place: &'static Location<'static>, what: &str) {
    let note = || {
        let message = format!(
            "{what} ran outside of every segment: it was spawned without its context, or nobody opened one"
        );
        Note::at(place, CODE, message)
    };
    let known = known();
    let tests: Vec<_> = known
        .iter()
        .filter(|recorder| recorder.emitter.is_test())
        .collect();
    for recorder in &tests {
        count(&recorder.counters.missing);
        if !recorder.disabled {
            recorder.note(note());
        }
    }
    if !tests.is_empty() {
        return;
    }
    let Some(recorder) = known.last() else {
        if !TOLD.try_with(|told| told.replace(true)).unwrap_or(true) {
            note().tell();
        }
        return;
    };
    count(&recorder.counters.missing);
    match recorder.context_missing {
        _ if recorder.disabled => {}
        ContextMissing::Ignore => {}
        ContextMissing::Log => recorder.note(note()),
        ContextMissing::Panic => panic!("xray-phantom: {}", note()),
    }
}

/// The recorders that are at work here, each once, the last one last.
fn known() -> Vec<Arc<Shared>> {
    let mut found: Vec<Arc<Shared>> = Vec::new();
    let mut add = |recorder: &Weak<Shared>| {
        if let Some(recorder) = recorder.upgrade()
            && !found.iter().any(|other| Arc::ptr_eq(other, &recorder))
        {
            found.push(recorder);
        }
    };
    if let Some(runtime) = runtime() {
        let known = lock(&IN_RUNTIMES);
        let here = known.iter().filter(|(id, _)| *id == runtime);
        here.for_each(|(_, recorder)| add(recorder));
    }
    let _ = ON_THREAD.try_with(|known| {
        known
            .borrow()
            .iter()
            .for_each(|(_, recorder)| add(recorder));
    });
    found
}

fn runtime() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The code of these notes.
const CODE: &str = "no-segment";
