//! The current entity, carried to where its code runs.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::recorder::captured::{self, Capture};
use crate::recorder::entity::OpenEntity;
use crate::recorder::{ambient, at_work};

/// Carries the current segment or subsegment into a task: what the future records lands in it.
///
/// A spawned task begins outside of every segment. It is as `Send` and as `'static` as the future.
/// The entity should not end before the task does; what is recorded afterwards goes on its own,
/// below it.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use xray_phantom::{FakeDaemon, Recorder, carry, in_subsegment_infallible};
///
/// # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("api").daemon(&daemon).build();
/// recorder
///     .in_segment_infallible("api", async |_| {
///         let task = tokio::spawn(carry(in_subsegment_infallible("mail", async |_| ())));
///         task.await.unwrap();
///     })
///     .await;
/// assert_eq!(daemon.expect_one_trace().await.outline(), "api\n  mail");
/// # });
/// # }
/// ```
#[track_caller]
pub fn carry<T>(inner: T) -> Carried<T> {
    here("carry()").carry(inner)
}

/// Carries the current segment or subsegment into a function that runs elsewhere: on a thread, in
/// `spawn_blocking`, in a pool.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use xray_phantom::{FakeDaemon, Recorder, block_on, carry_fn, in_subsegment_infallible_sync};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("api").daemon(&daemon).build();
/// recorder.in_segment_infallible_sync("api", |_| {
///     let work = carry_fn(|| in_subsegment_infallible_sync("hash", |_| 7));
///     assert_eq!(std::thread::spawn(work).join().unwrap(), 7);
/// });
/// assert_eq!(block_on(daemon.expect_one_trace()).outline(), "api\n  hash");
/// # }
/// ```
#[track_caller]
pub fn carry_fn<R, F: FnOnce() -> R>(function: F) -> impl FnOnce() -> R + use<R, F> {
    here("carry_fn()").carry_fn(function)
}

impl OpenEntity {
    /// Makes this entity the current one for a future, or for a stream, wherever it is polled.
    pub fn carry<T>(&self, inner: T) -> Carried<T> {
        Carried {
            inner: Some(Box::pin(inner)),
            entity: self.clone(),
            captured: captured::current(),
        }
    }

    /// Makes this entity the current one while a function runs, wherever that is.
    pub fn carry_fn<R, F: FnOnce() -> R>(&self, function: F) -> impl FnOnce() -> R + use<R, F> {
        let (entity, captured) = (self.clone(), captured::current());
        move || inside(captured.as_ref(), entity, function)
    }
}

/// A future or a stream inside a segment or subsegment, wherever it is polled.
#[must_use = "futures and streams do nothing until they are polled"]
pub struct Carried<T> {
    /// There until it is dropped.
    inner: Option<Pin<Box<T>>>,
    entity: OpenEntity,
    /// The capture of a test, if it was made in one.
    captured: Option<Capture>,
}

impl<T> Carried<T> {
    fn inside<R>(&mut self, work: impl FnOnce(Pin<&mut T>) -> R) -> R {
        let Some(inner) = &mut self.inner else {
            unreachable!("it is taken when this is dropped")
        };
        inside(self.captured.as_ref(), self.entity.clone(), || {
            work(inner.as_mut())
        })
    }
}

/// What the future or stream does when it is dropped is still its own work, whoever drops it.
impl<T> Drop for Carried<T> {
    fn drop(&mut self) {
        let inner = self.inner.take();
        inside(self.captured.as_ref(), self.entity.clone(), || drop(inner));
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.inside(|inner| inner.poll(context))
    }
}

impl<S: Stream> Stream for Carried<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.inside(|inner| inner.poll_next(context))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, None), Stream::size_hint)
    }
}

impl<T> fmt::Debug for Carried<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried")
            .field("entity", &self.entity)
            .finish_non_exhaustive()
    }
}

/// Runs a function inside of an entity, and of the capture that it was carried out of.
fn inside<R>(captured: Option<&Capture>, entity: OpenEntity, function: impl FnOnce() -> R) -> R {
    let within = || ambient::within_sync(entity, function);
    match captured {
        Some(captured) => captured.run_sync(within),
        None => within(),
    }
}

/// The current entity; where there is none and no capture either, that is reported.
#[track_caller]
fn here(what: &str) -> OpenEntity {
    let place = Location::caller();
    ambient::current().unwrap_or_else(|| {
        if captured::current().is_none() {
            at_work::report_missing(place, format_args!("{what}"));
        }
        OpenEntity::nowhere()
    })
}
