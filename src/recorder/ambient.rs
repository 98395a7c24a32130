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

use crate::recorder::entity::OpenEntity;
use crate::wire::{Emit, Note};

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
    /// The emitters of the recorders that were built on this thread, youngest last. Code that
    /// runs outside of every segment knows no recorder; this is where its notes go.
    static BUILT_HERE: RefCell<Vec<Weak<dyn Emit>>> = const { RefCell::new(Vec::new()) };
}

/// Remembers a recorder that was built on this thread.
pub(in crate::recorder) fn remember(emitter: &Arc<dyn Emit>) {
    BUILT_HERE.with_borrow_mut(|built| {
        built.retain(|emitter| emitter.strong_count() > 0);
        built.push(Arc::downgrade(emitter));
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

/// Reports that there is none.
pub(in crate::recorder) fn report_missing(place: &'static Location<'static>, what: &str) {
    let note = Note::at(
        place,
        "no-segment",
        format!(
            "{what} ran outside of every segment: it was spawned without its context, or nobody opened one"
        ),
    );
    let youngest = BUILT_HERE.with_borrow(|built| built.iter().rev().find_map(Weak::upgrade));
    match youngest {
        Some(emitter) => emitter.note(note),
        None => eprintln!("xray-phantom: {note}"),
    }
}
