//! What other programs send, sooner or later.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::time::{Duration, Instant};

use crate::error::panic_message;
use crate::fake_daemon::{FakeDaemon, Shortfall};
use crate::trace::Trace;

/// What an assertion may return that is made again and again: nothing, where it panics; whether it
/// holds; or what was found, if it was.
pub trait Eventual {
    /// What was found.
    type Found;

    /// What was found, or why it was not.
    ///
    /// # Errors
    ///
    /// A text that says why.
    fn found(self) -> Result<Self::Found, String>;
}

impl Eventual for () {
    type Found = ();

    fn found(self) -> Result<(), String> {
        Ok(())
    }
}

impl Eventual for bool {
    type Found = ();

    fn found(self) -> Result<(), String> {
        if self {
            Ok(())
        } else {
            Err("it returned false".to_owned())
        }
    }
}

impl<T> Eventual for Option<T> {
    type Found = T;

    fn found(self) -> Result<T, String> {
        self.ok_or_else(|| "it returned None".to_owned())
    }
}

impl<T, E: Display> Eventual for Result<T, E> {
    type Found = T;

    fn found(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Questions that another process answers in its own time.
impl FakeDaemon {
    /// Makes an assertion about the traces that came, again whenever something new has, until it holds
    /// or the time is over.
    ///
    /// This is for other processes that nobody can wait for: what has been sent before a question is
    /// always in its answer. The closure gets all complete traces in order of start, and makes the
    /// same assertions as elsewhere: it panics, or returns one of [`Eventual`]. (Each panic prints its
    /// message, the last one shows last.)
    ///
    /// The time is real, whatever the runtime's clock says. Nothing is polled meanwhile: while nothing
    /// comes this waits, and a paused clock goes on to the next timer, as at each await.
    ///
    /// # Panics
    ///
    /// Where [`try_eventually`](FakeDaemon::try_eventually) gives a shortfall, with its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("worker").daemon_over_udp(&daemon).unwrap().build();
    /// std::thread::spawn(move || recorder.in_segment_infallible_sync("worker", |_| ())); // not joined
    ///
    /// let second = Duration::from_secs(1);
    /// block_on(daemon.eventually(second, |traces| {
    ///     assert!(traces.iter().any(|trace| trace.has_segment("worker")));
    /// }));
    /// let trace = block_on(daemon.eventually(second, |traces| traces.first().cloned()));
    /// assert_eq!(trace.outline(), "worker");
    /// ```
    ///
    /// ```should_panic
    /// use std::time::Duration;
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// block_on(daemon.eventually(Duration::from_millis(1), |traces| traces.len() == 1)); // none comes
    /// ```
    #[track_caller]
    pub fn eventually<R: Eventual>(
        &self,
        within: Duration,
        check: impl FnMut(&[Trace]) -> R,
    ) -> impl Future<Output = R::Found> {
        let at = Location::caller();
        async move { self.or_panic(self.try_eventually(within, check).await, at) }
    }

    /// Makes an assertion about the traces that came, again whenever something new has, until it holds
    /// or the time is over.
    ///
    /// # Errors
    ///
    /// It does not hold when the time is over: what it says then, and what came. Or datagrams were lost.
    pub async fn try_eventually<R: Eventual>(
        &self,
        within: Duration,
        mut check: impl FnMut(&[Trace]) -> R,
    ) -> Result<R::Found, Shortfall> {
        let start = Instant::now();
        let deadline = start.checked_add(within).unwrap_or(start + FAR);
        let (mut looks, mut is_last) = (0, false);
        loop {
            let counts = self.look().await?;
            let all = self.inspector().index().traces(self.external());
            let complete = all.into_iter().filter_map(|trace| trace.complete().ok());
            let complete: Vec<Trace> = complete.map(|trace| self.handed_out(trace)).collect();
            let checked = catch_unwind(AssertUnwindSafe(|| check(&complete)));
            looks += 1;
            let failure = match checked.map(Eventual::found) {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(why)) => why,
                Err(panic) => panic_message(&*panic),
            };
            if is_last {
                let headline =
                    format!("it did not hold within {within:?}, at the last of {looks} looks:");
                return Err(self.sight(counts).overdue(&headline, &failure));
            }
            is_last = !self.listener.next_arrival(counts.received, deadline).await;
        }
    }
}

/// As long as nobody waits.
const FAR: Duration = Duration::from_hours(24 * 365);
