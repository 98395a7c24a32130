//! Code inside a subsegment of a parent that is said.

use std::error::Error;
use std::ops::Deref;
use std::panic::Location;

use crate::recorder::OpenEntity;
use crate::recorder::run::{failed, failed_boxed, nothing, run, run_sync};

impl OpenEntity {
    /// Runs a future inside a new subsegment of this entity, whichever is the current one.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// block_on(recorder.in_segment_infallible("api", async |segment| {
    ///     in_subsegment_infallible("inner", async |_| {
    ///         segment.in_subsegment_infallible("beside", async |_| ()).await;
    ///     })
    ///     .await;
    /// }));
    /// assert_eq!(block_on(daemon.expect_one_trace()).outline(), "api\n  beside\n  inner");
    /// # }
    /// ```
    #[track_caller]
    pub fn in_subsegment<T, E: Error + 'static, F>(
        &self,
        name: &str,
        code: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        F: AsyncFnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        let (parent, name) = (self.clone(), name.to_owned());
        async move {
            run(
                parent.open_child_at(&name, place),
                place,
                code,
                failed(place),
            )
            .await
        }
    }

    /// Runs a function inside a new subsegment of this entity, whichever is the current one.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_subsegment_sync<T, E: Error + 'static, F>(&self, name: &str, code: F) -> Result<T, E>
    where
        F: FnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        run_sync(self.open_child_at(name, place), place, code, failed(place))
    }

    /// As [`in_subsegment`](OpenEntity::in_subsegment), for code whose error is a `Box<dyn Error>`
    /// or an `anyhow::Error`.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_subsegment_boxed<T, E, F>(
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
        let (parent, name) = (self.clone(), name.to_owned());
        async move {
            run(
                parent.open_child_at(&name, place),
                place,
                code,
                failed_boxed(place),
            )
            .await
        }
    }

    /// As [`in_subsegment_sync`](OpenEntity::in_subsegment_sync), for code whose error is a
    /// `Box<dyn Error>` or an `anyhow::Error`.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_subsegment_boxed_sync<T, E, F>(&self, name: &str, code: F) -> Result<T, E>
    where
        E: Deref,
        E::Target: Error,
        F: FnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        run_sync(
            self.open_child_at(name, place),
            place,
            code,
            failed_boxed(place),
        )
    }

    /// As [`in_subsegment`](OpenEntity::in_subsegment), for code that cannot fail.
    #[track_caller]
    pub fn in_subsegment_infallible<T, F>(
        &self,
        name: &str,
        code: F,
    ) -> impl Future<Output = T> + use<T, F>
    where
        F: AsyncFnOnce(OpenEntity) -> T,
    {
        let place = Location::caller();
        let (parent, name) = (self.clone(), name.to_owned());
        async move {
            run(
                parent.open_child_at(&name, place),
                place,
                code,
                nothing(place),
            )
            .await
        }
    }

    /// As [`in_subsegment_sync`](OpenEntity::in_subsegment_sync), for code that cannot fail.
    #[track_caller]
    pub fn in_subsegment_infallible_sync<T, F>(&self, name: &str, code: F) -> T
    where
        F: FnOnce(OpenEntity) -> T,
    {
        let place = Location::caller();
        run_sync(self.open_child_at(name, place), place, code, nothing(place))
    }
}
