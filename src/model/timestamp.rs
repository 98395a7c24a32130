//! Points in time.

use std::fmt;
use std::time::Duration;

use crate::json::{Number, SECONDS, Value, seconds, two_seconds};
use crate::model::view::Read;

/// A point in time, in nanoseconds since the Unix epoch.
///
/// Documents carry it as a decimal number of seconds: `1795338258.6384983` (Python writes up to
/// seven decimals, Node three), also `1.478293361271E9`. The number is read digit by digit, so
/// that no decimal is lost to a float; beyond nanoseconds it is cut.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use xray_phantom::model::Timestamp;
///
/// let start = Timestamp::from_nanos(1_795_338_258_638_498_300);
/// assert_eq!(start.to_string(), "1795338258.638498");
/// assert_eq!((start + Duration::from_millis(2)).since(start), Some(Duration::from_millis(2)));
/// assert_eq!(start.since(start + Duration::from_millis(2)), None); // the other way round
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    nanos: i128,
}

impl Timestamp {
    /// The point this many nanoseconds after the epoch.
    pub fn from_nanos(nanos: i128) -> Timestamp {
        Timestamp { nanos }
    }

    /// Reads a number of seconds; `None` where it is beyond 10^18 seconds either way.
    pub(crate) fn from_seconds(number: Number<'_>) -> Option<Timestamp> {
        let nanos = number.scaled(NANO_DIGITS)?;
        (nanos.abs() <= MAX_NANOS).then_some(Timestamp { nanos })
    }

    /// What documents carry, without a formatter; `None` before 2001 and after 2286.
    #[inline]
    pub(crate) fn digits(&self) -> Option<[u8; SECONDS]> {
        seconds(u64::try_from(self.nanos).ok()?)
    }

    /// Those of this time and of another one.
    #[inline]
    pub(crate) fn digits_with(&self, other: Timestamp) -> Option<([u8; SECONDS], [u8; SECONDS])> {
        let (one, other) = (u64::try_from(self.nanos), u64::try_from(other.nanos));
        two_seconds(one.ok()?, other.ok()?)
    }

    /// Whole seconds since the epoch; `None` before 1970 and after 2106.
    pub(crate) fn whole_seconds(&self) -> Option<u32> {
        let nanos = u64::try_from(self.nanos).ok()?;
        u32::try_from(nanos / 1_000_000_000).ok()
    }

    /// Nanoseconds since the epoch.
    pub fn as_nanos(&self) -> i128 {
        self.nanos
    }

    /// Seconds since the epoch, as near as a float comes: about 0.2 µs today.
    #[expect(clippy::cast_precision_loss, reason = "the doc line says so")]
    pub fn as_seconds(&self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// The time since the epoch; zero before it.
    pub fn since_epoch(&self) -> Duration {
        self.since(Timestamp::from_nanos(0)).unwrap_or_default()
    }

    /// The time from `earlier` to this; `None` where `earlier` is later.
    pub fn since(&self, earlier: Timestamp) -> Option<Duration> {
        let nanos = u128::try_from(self.nanos.checked_sub(earlier.nanos)?).ok()?;
        let seconds = u64::try_from(nanos / NANOS).ok()?;
        Some(Duration::new(seconds, u32::try_from(nanos % NANOS).ok()?))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        let seconds = i128::from(duration.as_secs()) * NANOS.cast_signed();
        let nanos = seconds + i128::from(duration.subsec_nanos());
        Timestamp {
            nanos: self.nanos.saturating_add(nanos),
        }
    }
}

impl Read<'_> for Timestamp {
    fn read(value: Value<'_>) -> Option<Self> {
        Timestamp::from_seconds(value.as_number()?)
    }
}

/// Seconds with six decimals, as documents carry them.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nanos < 0 { "-" } else { "" };
        let nanos = self.nanos.unsigned_abs();
        write!(f, "{sign}{}.{:06}", nanos / NANOS, nanos % NANOS / 1_000)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Nanoseconds in a second.
const NANOS: u128 = 1_000_000_000;
/// Decimals of a second that are kept.
const NANO_DIGITS: i32 = 9;
/// 10^18 seconds: longer than the universe has been, and room enough below `i128::MAX`.
const MAX_NANOS: i128 = 10_i128.pow(27);
