//! Code inside an entity: opened before, closed after, however it ends.

use std::error::Error;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::task::Poll;

use crate::error::panic_message;
use crate::recorder::ambient::{within, within_sync};
use crate::recorder::entity::OpenEntity;

/// Runs a future inside an entity. What it returns is judged before the entity is closed.
pub(in crate::recorder) async fn run<R>(
    entity: OpenEntity,
    place: &'static Location<'static>,
    code: impl AsyncFnOnce(OpenEntity) -> R,
    judge: impl FnOnce(&R, &OpenEntity),
) -> R {
    // Dropped after the future, so that what is open inside closes first.
    let open = Open {
        entity: entity.clone(),
        place,
    };
    let inside = async {
        // In a box: otherwise each level of nesting would multiply the size of the future. A closure
        // that returns a future may panic before there is one.
        let mut code = catch_unwind(AssertUnwindSafe(|| Box::pin(code(entity.clone()))))?;
        std::future::poll_fn(|context| {
            match catch_unwind(AssertUnwindSafe(|| code.as_mut().poll(context))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
                Err(panic) => Poll::Ready(Err(panic)),
            }
        })
        .await
    };
    let ended = within(entity.clone(), inside).await;
    open.end(ended, judge)
}

/// Runs a function inside an entity.
pub(in crate::recorder) fn run_sync<R>(
    entity: OpenEntity,
    place: &'static Location<'static>,
    code: impl FnOnce(OpenEntity) -> R,
    judge: impl FnOnce(&R, &OpenEntity),
) -> R {
    let open = Open {
        entity: entity.clone(),
        place,
    };
    let ended = within_sync(entity.clone(), || {
        catch_unwind(AssertUnwindSafe(|| code(entity)))
    });
    open.end(ended, judge)
}

/// An entity whose code has not ended.
struct Open {
    entity: OpenEntity,
    place: &'static Location<'static>,
}

impl Open {
    fn end<R>(self, ended: std::thread::Result<R>, judge: impl FnOnce(&R, &OpenEntity)) -> R {
        match ended {
            Ok(result) => {
                // Ended by hand, it has said all.
                if self.entity.is_open() {
                    judge(&result, &self.entity);
                    self.entity.close();
                }
                result
            }
            Err(panic) => {
                if self.entity.is_open() {
                    let message = panic_message(&*panic);
                    self.entity.exception(self.place, "panic", &message, false);
                    self.entity
                        .say(self.place, |fields| fields.said.fault = true);
                    self.entity.close();
                }
                resume_unwind(panic)
            }
        }
    }
}

/// Dropped before its code has ended: the future was cancelled.
impl Drop for Open {
    fn drop(&mut self) {
        self.entity.cancel(self.place);
    }
}

type Place = &'static Location<'static>;

/// Records the error of a `Result`.
pub(in crate::recorder) fn failed<T, E: Error>(
    place: Place,
) -> impl FnOnce(&Result<T, E>, &OpenEntity) {
    move |result, entity| {
        if let Err(error) = result {
            entity.failed(error, place);
        }
    }
}

/// Records the error in the box of a `Result`.
pub(in crate::recorder) fn failed_boxed<T, E: Deref<Target: Error>>(
    place: Place,
) -> impl FnOnce(&Result<T, E>, &OpenEntity) {
    move |result, entity| {
        if let Err(error) = result {
            entity.failed(&**error, place);
        }
    }
}

/// Records nothing.
pub(in crate::recorder) fn nothing<T>(_place: Place) -> impl FnOnce(&T, &OpenEntity) {
    |_, _| {}
}
