//! Which entity the current task is in.
//!
//! With what [`at_work`] knows this is the only ambient state of the crate that decides anything.
//! Memory for the next segments, a lane, and how far a thread has counted ids are a thread's own too.
//!
//! Tasks are told apart by tokio. Strangers that another executor polls inside of a segment's own
//! code, such as those of a pool that it drives by hand, are not.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;

use tokio::task;

use crate::recorder::at_work;
use crate::recorder::entity::OpenEntity;

thread_local! {
    /// Gone when the thread ends, before the task-local is. What needs no drop would stay.
    static ENDING: RefCell<Vec<()>> = const { RefCell::new(Vec::new()) };
    /// Whose thread waits for an emitter: none of what that does is recorded. It is set for each
    /// document, and cheaper than a scope.
    static EMITTING: Cell<Waiting> = const { Cell::new(Waiting::Nobody) };
}

/// Who waits for an emitter.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Waiting {
    #[default]
    Nobody,
    /// A task, or code outside of all tasks.
    Task(Option<task::Id>),
}

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
    /// Who waited for an emitter when the future was dropped.
    emitting: Cell<Waiting>,
}

/// The entity that this task is in.
pub(crate) fn current() -> Option<OpenEntity> {
    if is_emitting() {
        return Some(OpenEntity::nowhere());
    }
    let context = CURRENT.try_with(|context| {
        (context.polled_in.get() == task::try_id()).then(|| context.entity.clone())
    });
    context.ok().flatten()
}

/// Whether this task is surely in none.
#[inline]
pub(in crate::recorder) fn is_nowhere() -> bool {
    CURRENT.try_with(|_| ()).is_err() && EMITTING.get() == Waiting::Nobody
}

/// Whether this is an emitter's own work.
fn is_emitting() -> bool {
    match EMITTING.get() {
        Waiting::Nobody => false,
        Waiting::Task(task) => task == task::try_id(),
    }
}

/// Asks an emitter: one that is traced itself is not to be recorded by what waits for it.
#[inline]
pub(in crate::recorder) fn emitting<R>(question: impl FnOnce() -> R) -> R {
    let _before = Emitting(EMITTING.replace(Waiting::Task(task::try_id())));
    question()
}

/// Dropped, it sets back what was before.
struct Emitting(Waiting);

impl Drop for Emitting {
    fn drop(&mut self) {
        EMITTING.set(self.0);
    }
}

/// Makes an entity the current one while a future is polled.
pub(in crate::recorder) async fn within<F: Future>(entity: OpenEntity, future: F) -> F::Output {
    if is_ending() {
        return future.await;
    }
    let context = Context {
        entity,
        polled_in: Cell::new(None),
        emitting: Cell::default(),
    };
    CURRENT
        .scope(context, async {
            // Dropped last: what was asked of an emitter goes on then, if this is dropped by it.
            let _emitters = EmittersLater;
            let mut future = pin!(future);
            CURRENT.with(|context| {
                if let Some(record) = context.entity.record() {
                    at_work::remember_in_runtime(record.shared());
                }
            });
            // Dropped before the future is: what that does then is its own work, whoever drops it.
            let _here = Here;
            poll_fn(|poll| {
                CURRENT.with(|context| context.polled_in.set(task::try_id()));
                let _not_the_emitters = Emitting(EMITTING.take());
                future.as_mut().poll(poll)
            })
            .await
        })
        .await
}

/// Whether the thread is at its very end, when tokio's task-locals are gone.
fn is_ending() -> bool {
    // Asked for first, the task-local is made first, and goes last.
    let _ = CURRENT.try_with(|_| ());
    ENDING.try_with(|_| ()).is_err()
}

/// Dropped, it sets back who waits for an emitter.
struct EmittersLater;

impl Drop for EmittersLater {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|context| EMITTING.set(context.emitting.get()));
    }
}

/// Dropped, it takes the current scope as the one of the task that runs, and not of an emitter.
struct Here;

impl Drop for Here {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|context| context.emitting.set(EMITTING.take()));
        let _ = CURRENT.try_with(|context| context.polled_in.set(task::try_id()));
    }
}

/// Makes an entity the current one while a function runs.
pub(in crate::recorder) fn within_sync<R>(entity: OpenEntity, function: impl FnOnce() -> R) -> R {
    // When the thread ends there is no scope to be had.
    if is_ending() {
        return function();
    }
    if let Some(record) = entity.record()
        && !record.shared().emitter.is_test()
    {
        at_work::remember(record.shared());
    }
    let _not_the_emitters = Emitting(EMITTING.take());
    CURRENT.sync_scope(
        Context {
            entity,
            polled_in: Cell::new(task::try_id()),
            emitting: Cell::default(),
        },
        function,
    )
}
