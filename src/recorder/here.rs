//! The free functions, which find the current entity by themselves.

use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;

use crate::error::on_one_line;
use crate::recorder::entity::OpenEntity;
use crate::recorder::guard::EntityGuard;
use crate::recorder::run::{failed, failed_boxed, nothing, run, run_sync};
use crate::recorder::{ambient, at_work};

/// The segment or subsegment that this task is in.
///
/// Outside of every segment that is a handle that records nothing, and a finding `no-segment`
/// with the place of this call, which fails the test whose recorder is at work on this thread or in
/// this runtime of tokio. On a thread that knows neither it is a line on stderr, the first time:
/// nobody can tell there which test the code belongs to.
#[track_caller]
pub fn current() -> OpenEntity {
    let place = Location::caller();
    ambient::current().unwrap_or_else(|| {
        at_work::report_missing(place, format_args!("current()"));
        OpenEntity::nowhere()
    })
}

/// Runs a future inside a new subsegment of the current segment or subsegment.
///
/// An `Err` is recorded as a fault with its cause.
/// Outside of every segment the code runs all the same, and a finding `no-segment` tells.
/// The future remembers the segment that it was made in: a task that it is spawned as, or another
/// request that polls it, changes nothing. Other futures are told by [`carry`](crate::carry).
///
/// # Errors
///
/// That of the code itself.
#[track_caller]
pub fn in_subsegment<T, E: Error + 'static, F>(
    name: &str,
    code: F,
) -> impl Future<Output = Result<T, E>> + use<T, E, F>
where
    F: AsyncFnOnce(OpenEntity) -> Result<T, E>,
{
    let place = Location::caller();
    let (name, made_in) = (name.to_owned(), ambient::current());
    async move { run(open_in(made_in, &name, place), place, code, failed(place)).await }
}

/// Runs a function inside a new subsegment of the current segment or subsegment.
///
/// An `Err` is recorded as a fault with its cause.
/// Outside of every segment the code runs all the same, and a finding `no-segment` tells.
///
/// # Errors
///
/// That of the code itself.
#[track_caller]
pub fn in_subsegment_sync<T, E: Error + 'static, F>(name: &str, code: F) -> Result<T, E>
where
    F: FnOnce(OpenEntity) -> Result<T, E>,
{
    let place = Location::caller();
    run_sync(open_here(name, place), place, code, failed(place))
}

/// Runs a future whose error is a `Box<dyn Error>` or an `anyhow::Error` inside a new subsegment of the current segment or subsegment.
///
/// An `Err` is recorded as a fault with its cause.
/// Outside of every segment the code runs all the same, and a finding `no-segment` tells.
///
/// # Errors
///
/// That of the code itself.
#[track_caller]
pub fn in_subsegment_boxed<T, E, F>(
    name: &str,
    code: F,
) -> impl Future<Output = Result<T, E>> + use<T, E, F>
where
    E: Deref,
    E::Target: Error,
    F: AsyncFnOnce(OpenEntity) -> Result<T, E>,
{
    let place = Location::caller();
    let (name, made_in) = (name.to_owned(), ambient::current());
    async move {
        let entity = open_in(made_in, &name, place);
        run(entity, place, code, failed_boxed(place)).await
    }
}

/// Runs a function whose error is a `Box<dyn Error>` or an `anyhow::Error` inside a new subsegment of the current segment or subsegment.
///
/// An `Err` is recorded as a fault with its cause.
/// Outside of every segment the code runs all the same, and a finding `no-segment` tells.
///
/// # Errors
///
/// That of the code itself.
#[track_caller]
pub fn in_subsegment_boxed_sync<T, E, F>(name: &str, code: F) -> Result<T, E>
where
    E: Deref,
    E::Target: Error,
    F: FnOnce(OpenEntity) -> Result<T, E>,
{
    let place = Location::caller();
    run_sync(open_here(name, place), place, code, failed_boxed(place))
}

/// Runs a future that cannot fail inside a new subsegment of the current segment or subsegment.
/// Outside of every segment the code runs all the same, and a finding `no-segment` tells.
#[track_caller]
pub fn in_subsegment_infallible<T, F>(name: &str, code: F) -> impl Future<Output = T> + use<T, F>
where
    F: AsyncFnOnce(OpenEntity) -> T,
{
    let place = Location::caller();
    let (name, made_in) = (name.to_owned(), ambient::current());
    async move { run(open_in(made_in, &name, place), place, code, nothing(place)).await }
}

/// Runs a function that cannot fail inside a new subsegment of the current segment or subsegment.
/// Outside of every segment the code runs all the same, and a finding `no-segment` tells.
#[track_caller]
pub fn in_subsegment_infallible_sync<T, F>(name: &str, code: F) -> T
where
    F: FnOnce(OpenEntity) -> T,
{
    let place = Location::caller();
    run_sync(open_here(name, place), place, code, nothing(place))
}

/// Opens a subsegment of the current segment or subsegment that ends with its guard.
///
/// It is not the current one: see [`EntityGuard`].
#[expect(
    clippy::inline_always,
    reason = "what is not recorded costs a few loads then"
)]
#[inline(always)]
#[track_caller]
pub fn begin_subsegment(name: &str) -> EntityGuard {
    let place = Location::caller();
    EntityGuard::new(open_here(name, place), place)
}

/// Opens a subsegment of the current entity.
#[expect(
    clippy::inline_always,
    reason = "what is not recorded costs a few loads then"
)]
#[inline(always)]
fn open_here(name: &str, place: &'static Location<'static>) -> OpenEntity {
    if ambient::is_nowhere() && at_work::has_counted_missing() {
        return OpenEntity::nowhere();
    }
    open_current(name, place)
}

/// Apart, so that what runs outside of every segment all the time does not pay for it.
#[inline(never)]
fn open_current(name: &str, place: &'static Location<'static>) -> OpenEntity {
    match ambient::current() {
        Some(parent) => parent.open_child_at(name, place),
        None => outside(name, place),
    }
}

/// What a subsegment is that no segment is there for.
fn outside(name: &str, place: &'static Location<'static>) -> OpenEntity {
    at_work::report_missing(place, format_args!("subsegment `{}`", Shown(name)));
    OpenEntity::nowhere()
}

/// A name on one line, made only where it is told.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&on_one_line(self.0, SHOWN_NAME))
    }
}

/// How many characters of a name are shown.
const SHOWN_NAME: usize = 60;

/// Opens a subsegment of the current entity. A future that was made in another segment than it is
/// polled in belongs to that one.
fn open_in(
    made_in: Option<OpenEntity>,
    name: &str,
    place: &'static Location<'static>,
) -> OpenEntity {
    let current = ambient::current();
    let stays = match (&made_in, &current) {
        (Some(made_in), Some(current)) => made_in.is_in_segment_of(current),
        (made_in, _) => made_in.is_none(),
    };
    match if stays { current } else { made_in } {
        Some(parent) => parent.open_child_at(name, place),
        None => outside(name, place),
    }
}
