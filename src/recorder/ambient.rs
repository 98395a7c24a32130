//! Which entity the current task is in.
//!
//! This is the only ambient state of the crate: a task-local for the entity, and a thread-local
//! that knows where to report when there is none.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::Location;
use std::pin::pin;
use std::sync::{Arc, Weak};

use tokio::task;

use crate::recorder::context_missing::ContextMissing;
use crate::recorder::entity::OpenEntity;
use crate::recorder::shared::Shared;
use crate::recorder::stats::count;
use crate::wire::Note;

tokio::task_local! {
    /// The entity that this task is in: immutable inside a scope, so that nobody else's work
    /// can change it.
    static CURRENT: Context;
}

/// An entity, and the task that its code was last polled in.
///
/// A task-local is visible to whatever is polled inside its scope: other tasks of a runtime that
/// code inside the scope blocks on are none of its work.
struct Context {
    entity: OpenEntity,
    polled_in: Cell<Option<task::Id>>,
}

thread_local! {
    /// The recorders that were built on this thread, youngest last. Code that runs outside of
    /// every segment knows no recorder; this is where its notes go.
    static BUILT_HERE: RefCell<Vec<Weak<Shared>>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a recorder that was built on this thread.
pub(in crate::recorder) fn remember(recorder: &Arc<Shared>) {
    BUILT_HERE.with_borrow_mut(|built| {
        built.retain(|recorder| recorder.strong_count() > 0);
        built.push(Arc::downgrade(recorder));
    });
}

/// The entity that this task is in.
pub(crate) fn current() -> Option<OpenEntity> {
    let context = CURRENT.try_with(|context| {
        (context.polled_in.get() == task::try_id()).then(|| context.entity.clone())
    });
    context.ok().flatten()
}

/// Makes an entity the current one while a future is polled.
pub(in crate::recorder) async fn within<F: Future>(entity: OpenEntity, future: F) -> F::Output {
    let context = Context {
        entity,
        polled_in: Cell::new(None),
    };
    CURRENT
        .scope(context, async {
            let mut future = pin!(future);
            poll_fn(|poll| {
                CURRENT.with(|context| context.polled_in.set(task::try_id()));
                future.as_mut().poll(poll)
            })
            .await
        })
        .await
}

/// Makes an entity the current one while a function runs.
pub(in crate::recorder) fn within_sync<R>(entity: OpenEntity, function: impl FnOnce() -> R) -> R {
    CURRENT.sync_scope(
        Context {
            entity,
            polled_in: Cell::new(task::try_id()),
        },
        function,
    )
}

/// Reports that there is none, as the youngest recorder of this thread wants it.
///
/// # Panics
///
/// Where that recorder wants it so, and no test stands behind it.
pub(in crate::recorder) fn report_missing(place: &'static Location<'static>, what: &str) {
    let youngest = BUILT_HERE.with_borrow(|built| built.iter().rev().find_map(Weak::upgrade));
    report_missing_to(youngest.as_deref(), place, what);
}

/// The same, with the recorder known.
pub(in crate::recorder) fn report_missing_to(
    recorder: Option<&Shared>,
    place: &'static Location<'static>,
    what: &str,
) {
    let message = || {
        format!(
            "{what} ran outside of every segment: it was spawned without its context, or nobody opened one"
        )
    };
    let Some(recorder) = recorder else {
        return eprintln!("xray-phantom: {}", Note::at(place, CODE, message()));
    };
    count(&recorder.counters.missing);
    match recorder.context_missing {
        _ if recorder.disabled => {}
        _ if recorder.emitter.is_test() => recorder.note(Note::at(place, CODE, message())),
        ContextMissing::Ignore => {}
        ContextMissing::Log => recorder.note(Note::at(place, CODE, message())),
        ContextMissing::Panic => panic!("xray-phantom: {}", Note::at(place, CODE, message())),
    }
}

/// The code of these notes.
const CODE: &str = "no-segment";
