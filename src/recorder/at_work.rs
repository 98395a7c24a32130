//! Which recorders are at work where.
//!
//! Code that runs outside of every segment knows no recorder. It is told of to those that were
//! built on the same thread, and to those that were built, or had code of their segments running, in
//! the same runtime of tokio. A test has a thread and a runtime of its own; tests that share a
//! runtime hear of each other's mistakes. In production the threads count on which code of a segment
//! has run, too.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::runtime::{Handle, Id};

use crate::recorder::context_missing::ContextMissing;
use crate::recorder::shared::Shared;
use crate::recorder::stats::count;
use crate::wire::Note;

/// By runtime.
static IN_RUNTIMES: Runtimes = Runtimes {
    is_used: AtomicBool::new(false),
    known: Mutex::new(Vec::new()),
};

struct Runtimes {
    /// Whether any was ever known.
    is_used: AtomicBool,
    /// The last one last.
    known: Mutex<Vec<(Id, Weak<Shared>)>>,
}

thread_local! {
    /// By thread, the last one last.
    static ON_THREAD: RefCell<Vec<Weak<Shared>>> = const { RefCell::new(Vec::new()) };
    /// What was remembered last in a runtime, so that it need not be again.
    static LAST: RefCell<Option<(Id, Weak<Shared>)>> = const { RefCell::new(None) };
    /// Whether stderr was told that nobody is known here.
    static TOLD: Cell<bool> = const { Cell::new(false) };
    /// Who counts what is missing outside of every runtime, and says nothing.
    static QUIET: RefCell<Option<Quiet>> = const { RefCell::new(None) };
}

/// A recorder of this thread that wants to hear nothing of missing segments: code that runs outside of
/// every segment all the time costs next to nothing then.
struct Quiet {
    recorder: Weak<Shared>,
    /// Of this thread alone.
    missing: Arc<AtomicU64>,
}

/// Counts code that runs outside of every segment, if who counts it here wants to hear no more of it;
/// `false` where somebody has to be looked for.
#[inline]
pub(in crate::recorder) fn has_counted_missing() -> bool {
    // In a runtime others may be at work.
    if IN_RUNTIMES.is_used.load(Ordering::Relaxed) && Handle::try_current().is_ok() {
        return false;
    }
    let count_one = |quiet: &RefCell<Option<Quiet>>| match &*quiet.borrow() {
        Some(quiet) if quiet.recorder.strong_count() > 0 => {
            let missing = quiet.missing.load(Ordering::Relaxed);
            quiet.missing.store(missing + 1, Ordering::Relaxed);
            true
        }
        _ => false,
    };
    QUIET.try_with(count_one).unwrap_or(false)
}

impl Quiet {
    /// Remembers the only one who was told, if it is such a one.
    fn remember(told: &[Arc<Shared>]) {
        let quiet = match told {
            [recorder]
                if recorder.context_missing == ContextMissing::Ignore
                    && !recorder.emitter.is_test()
                    && runtime().is_none() =>
            {
                Some(Quiet {
                    recorder: Arc::downgrade(recorder),
                    missing: recorder.counters.missing_here(),
                })
            }
            _ => None,
        };
        let _ = QUIET.try_with(|known| *known.borrow_mut() = quiet);
    }

    /// Others are known here now.
    fn forget() {
        let _ = QUIET.try_with(|known| *known.borrow_mut() = None);
    }
}

/// Remembers a recorder that is built here, or that has code of its segments running on a thread of
/// a program in production.
pub(in crate::recorder) fn remember(recorder: &Arc<Shared>) {
    // When the thread ends there is nothing to remember it in.
    let _ = ON_THREAD.try_with(|known| {
        let known = &mut *known.borrow_mut();
        if known.last().is_some_and(|last| is_it(last, recorder)) {
            return;
        }
        known.retain(|other| other.strong_count() > 0 && !is_it(other, recorder));
        known.push(Arc::downgrade(recorder));
        Quiet::forget();
    });
    remember_in_runtime(recorder);
}

/// Remembers a recorder that has code of its segments running in a runtime of tokio.
pub(in crate::recorder) fn remember_in_runtime(recorder: &Arc<Shared>) {
    let Some(runtime) = runtime() else {
        return;
    };
    let is_same = |(id, other): &(Id, Weak<Shared>)| *id == runtime && is_it(other, recorder);
    let again = LAST.try_with(|last| last.borrow().as_ref().is_some_and(is_same));
    if again.unwrap_or(true) {
        return;
    }
    let entry = (runtime, Arc::downgrade(recorder));
    LAST.set(Some(entry.clone()));
    IN_RUNTIMES.is_used.store(true, Ordering::SeqCst);
    let known = &mut *lock(&IN_RUNTIMES.known);
    known.retain(|entry| entry.1.strong_count() > 0 && !is_same(entry));
    known.push(entry);
}

fn is_it(known: &Weak<Shared>, recorder: &Arc<Shared>) -> bool {
    known.as_ptr() == Arc::as_ptr(recorder)
}

/// Tells that code ran outside of every segment: every test whose recorder is at work here,
/// otherwise as the recorder wants it that was last at work.
///
/// # Panics
///
/// Where that recorder wants it so.
pub(in crate::recorder) fn report_missing(
    place: &'static Location<'static>,
    what: fmt::Arguments<'_>,
) {
    if has_counted_missing() {
        return;
    }
    let mut known = known();
    let last = known.last().cloned();
    known.retain(|recorder| recorder.emitter.is_test());
    let mut told = known;
    if told.is_empty() {
        told.extend(last);
    }
    Quiet::remember(&told);
    for recorder in &told {
        report_missing_to(recorder, place, what);
    }
    if told.is_empty() && !TOLD.try_with(|told| told.replace(true)).unwrap_or(true) {
        missing(place, what).tell();
    }
}

/// The same to the one whose work it is.
///
/// # Panics
///
/// Where that recorder wants it so.
pub(in crate::recorder) fn report_missing_to(
    recorder: &Shared,
    place: &'static Location<'static>,
    what: fmt::Arguments<'_>,
) {
    if recorder.disabled {
        return;
    }
    count(&recorder.counters.missing);
    match recorder.context_missing {
        _ if recorder.emitter.is_test() => recorder.note(missing(place, what)),
        ContextMissing::Ignore => {}
        ContextMissing::Log => recorder.note(missing(place, what)),
        ContextMissing::Panic => panic!("xray-phantom: {}", missing(place, what)),
    }
}

fn missing(place: &'static Location<'static>, what: fmt::Arguments<'_>) -> Note {
    let message = format!(
        "{what} ran outside of every segment: it was spawned without its context, or nobody opened one"
    );
    Note::at(place, CODE, message)
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
        let known = lock(&IN_RUNTIMES.known);
        let here = known.iter().filter(|(id, _)| *id == runtime);
        here.for_each(|(_, recorder)| add(recorder));
    }
    let _ = ON_THREAD.try_with(|known| {
        known.borrow().iter().for_each(&mut add);
    });
    // One that records nothing has nothing to miss.
    found.retain(|recorder| !recorder.disabled);
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
