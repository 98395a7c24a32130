//! The recorder and the free functions.

use std::error::Error;
use std::ops::Deref;
use std::panic::Location;

use crate::recorder::RecorderBuilder;
use crate::recorder::ambient;
use crate::recorder::entity::OpenEntity;
use crate::recorder::record::{Record, Shared};
use crate::recorder::run::{run, run_sync};
use crate::wire::EmitCounts;

/// Records the segments of one service. Clones are the same recorder.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
///
/// let number: Result<u16, _> = block_on(recorder.in_segment("OrdersWorker", async |_| {
///     in_subsegment("parse", async |_| "4x2".parse::<u16>()).await
/// }));
/// assert!(number.is_err());
///
/// let trace = block_on(daemon.expect_one_trace());
/// let parse = trace.nodes().find(|node| node.name().as_deref() == Some("parse")).unwrap();
/// assert_eq!(parse.entity().fault(), Some(true));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Shared,
}

impl Recorder {
    /// Sets up a recorder for the service of this name.
    pub fn builder(service: &str) -> RecorderBuilder {
        RecorderBuilder::new(service)
    }

    pub(in crate::recorder) fn new(shared: Shared) -> Recorder {
        Recorder { shared }
    }

    /// Runs a future inside a new segment, the root of a new trace.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_segment<T, E: Error + 'static, F>(
        &self,
        name: &str,
        code: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        F: AsyncFnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        let (recorder, name) = (self.clone(), name.to_owned());
        async move { run(recorder.open(&name, place), place, code, failed(place)).await }
    }

    /// Runs a function inside a new segment, the root of a new trace.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_segment_sync<T, E: Error + 'static, F>(&self, name: &str, code: F) -> Result<T, E>
    where
        F: FnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        run_sync(self.open(name, place), place, code, failed(place))
    }

    /// Runs a future whose error is a `Box<dyn Error>` or an `anyhow::Error` inside a new segment.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_segment_boxed<T, E, F>(
        &self,
        name: &str,
        code: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        E: Deref,
        E::Target: Error,
        F: AsyncFnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        let (recorder, name) = (self.clone(), name.to_owned());
        async move {
            run(
                recorder.open(&name, place),
                place,
                code,
                failed_boxed(place),
            )
            .await
        }
    }

    /// Runs a function whose error is a `Box<dyn Error>` or an `anyhow::Error` inside a new segment.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_segment_boxed_sync<T, E, F>(&self, name: &str, code: F) -> Result<T, E>
    where
        E: Deref,
        E::Target: Error,
        F: FnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        run_sync(self.open(name, place), place, code, failed_boxed(place))
    }

    /// Runs a future that cannot fail inside a new segment.
    #[track_caller]
    pub fn in_segment_infallible<T, F>(
        &self,
        name: &str,
        code: F,
    ) -> impl Future<Output = T> + use<T, F>
    where
        F: AsyncFnOnce(OpenEntity) -> T,
    {
        let place = Location::caller();
        let (recorder, name) = (self.clone(), name.to_owned());
        async move { run(recorder.open(&name, place), place, code, nothing(place)).await }
    }

    /// Runs a function that cannot fail inside a new segment.
    #[track_caller]
    pub fn in_segment_infallible_sync<T, F>(&self, name: &str, code: F) -> T
    where
        F: FnOnce(OpenEntity) -> T,
    {
        let place = Location::caller();
        run_sync(self.open(name, place), place, code, nothing(place))
    }

    /// How many documents were sent, and how many could not be.
    pub fn counts(&self) -> EmitCounts {
        self.shared.emitter.counts()
    }

    /// The way to the daemon, for what reports beside the recorder.
    #[cfg(feature = "aws")]
    pub(crate) fn emitter(&self) -> &std::sync::Arc<dyn crate::wire::Emit> {
        &self.shared.emitter
    }

    fn open(&self, name: &str, place: &'static Location<'static>) -> OpenEntity {
        OpenEntity::new(Record::open(self.shared.clone(), name, place), 0)
    }
}

/// The segment or subsegment that this task is in.
///
/// Outside of every segment that is a handle that records nothing, and a finding `no-segment`
/// with the place of this call, which fails the test whose thread built the recorder. On another
/// thread, such as a worker of a runtime of several, it is a line on stderr: nobody can tell there
/// which test the code belongs to.
#[track_caller]
pub fn current() -> OpenEntity {
    let place = Location::caller();
    ambient::current().unwrap_or_else(|| {
        ambient::report_missing(place, "current()");
        OpenEntity::nowhere()
    })
}

/// Runs a future inside a new subsegment of the current segment or subsegment.
///
/// An `Err` is recorded as a fault with its cause.
/// Outside of every segment the code runs all the same, and a finding `no-segment` tells.
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
    let name = name.to_owned();
    async move { run(open_here(&name, place), place, code, failed(place)).await }
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
    let name = name.to_owned();
    async move { run(open_here(&name, place), place, code, failed_boxed(place)).await }
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
    let name = name.to_owned();
    async move { run(open_here(&name, place), place, code, nothing(place)).await }
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

/// Opens a subsegment of the current entity.
fn open_here(name: &str, place: &'static Location<'static>) -> OpenEntity {
    match ambient::current() {
        Some(parent) => parent.open_child_at(name, place),
        None => {
            ambient::report_missing(place, &format!("subsegment `{name}`"));
            OpenEntity::nowhere()
        }
    }
}

type Place = &'static Location<'static>;

/// Records the error of a `Result`.
fn failed<T, E: Error>(place: Place) -> impl FnOnce(&Result<T, E>, &OpenEntity) {
    move |result, entity| {
        if let Err(error) = result {
            entity.failed(error, place);
        }
    }
}

/// Records the error in the box of a `Result`.
fn failed_boxed<T, E: Deref<Target: Error>>(
    place: Place,
) -> impl FnOnce(&Result<T, E>, &OpenEntity) {
    move |result, entity| {
        if let Err(error) = result {
            entity.failed(&**error, place);
        }
    }
}

/// Records nothing.
fn nothing<T>(_place: Place) -> impl FnOnce(&T, &OpenEntity) {
    |_, _| {}
}
