//! What the time is.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// A source of the time of day.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use xray_phantom::seam::{Clock, ManualClock};
/// use xray_phantom::model::Timestamp;
///
/// let hand = ManualClock::at(Timestamp::from_nanos(1_500_000_000));
/// let clock = Clock::from(&hand);
/// hand.advance(Duration::from_millis(250));
/// assert_eq!(clock.now().to_string(), "1.750000");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    Manual(ManualClock),
    #[default]
    System,
    Tokio(Arc<TokioClock>),
}

/// Tokio's clock, from a known point on.
#[derive(Debug, Default)]
struct TokioClock {
    first: OnceLock<(Timestamp, tokio::time::Instant)>,
    /// Nanoseconds of the latest time that was shown: on a thread outside of the runtime, tokio's
    /// clock is not that of a test that has paused it.
    latest: AtomicI64,
}

impl Clock {
    /// The clock of the system.
    #[doc(alias = "SystemClock")]
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// Follows tokio's clock from its first look on: where a test has paused it, time stands still until the
    /// runtime moves it.
    ///
    /// Outside of a runtime this is the time of the system, but never before a time that was shown:
    /// on a thread of its own the time of a test that has paused it stands still.
    pub fn tokio() -> Clock {
        Clock(Source::Tokio(Arc::default()))
    }

    /// The time now.
    #[inline]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Manual(clock) => clock.now(),
            Source::System => system_now(),
            Source::Tokio(clock) => clock.now(),
        }
    }
}

impl TokioClock {
    #[inline(never)]
    fn now(&self) -> Timestamp {
        // From the first look on, which is made inside of the runtime if there is one.
        let first = || (system_now(), tokio::time::Instant::now());
        let (base, at) = self.first.get_or_init(first);
        let now = *base + at.elapsed();
        let Ok(nanos) = i64::try_from(now.as_nanos()) else {
            return now;
        };
        let latest = self.latest.fetch_max(nanos, Ordering::Relaxed);
        Timestamp::from_nanos(nanos.max(latest).into())
    }
}

/// Follows the manual clock, which others may hold too.
impl From<&ManualClock> for Clock {
    fn from(clock: &ManualClock) -> Clock {
        Clock(Source::Manual(clock.clone()))
    }
}

/// Follows the manual clock; a clone that is kept moves it.
impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Clock {
        Clock(Source::Manual(clock))
    }
}

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<Mutex<Timestamp>>,
}

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> ManualClock {
        ManualClock {
            now: Arc::new(Mutex::new(now)),
        }
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = *now + duration;
    }

    #[inline(never)]
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn system_now() -> Timestamp {
    // The system's clock may stand before 1970; no sender's does.
    let nanos = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()),
        Err(before) => i128::try_from(before.duration().as_nanos()).map(|nanos| -nanos),
    };
    Timestamp::from_nanos(nanos.unwrap_or_default())
}
