//! New ids, and chance.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::{EntityId, Timestamp, TraceId};

/// A source of new ids and of chance. Clones draw from the same source.
///
/// # Examples
///
/// ```
/// use xray_phantom::model::Timestamp;
/// use xray_phantom::seam::Ids;
///
/// let ids = Ids::sequential();
/// let start = Timestamp::from_nanos(0x6000_0000 * 1_000_000_000);
/// assert_eq!(ids.trace_id(start).to_string(), "1-60000000-000000000000000000000001");
/// assert_eq!(ids.entity_id().to_string(), "0000000000000002");
///
/// let ids = Ids::random();
/// assert_ne!(ids.entity_id(), ids.entity_id());
/// ```
#[derive(Clone, Debug)]
pub struct Ids(Arc<Source>);

#[derive(Debug)]
enum Source {
    Random(Keys),
    Sequential {
        drawn: AtomicU64,
        /// Apart from `drawn`: the ids are the same whether or not chance is asked in between.
        rolled: AtomicU64,
    },
}

thread_local! {
    /// How far this thread has counted, from a place of its own on; 0 until it has begun. So threads
    /// need not wait for each other.
    static COUNTED: Cell<u64> = const { Cell::new(0) };
}

/// Counts so many, and gives the first.
#[inline]
fn counted(many: u64) -> u64 {
    let first = match COUNTED.get() {
        0 => RandomState::new().hash_one(many),
        counted => counted,
    };
    COUNTED.set(first.wrapping_add(many));
    first
}

/// Turns a count into bits that look like chance: another count gives other bits.
#[derive(Debug)]
struct Keys {
    first: u64,
    second: u64,
}

impl Keys {
    /// Keys that the system's chance has made.
    fn random() -> Keys {
        let random = RandomState::new();
        Keys {
            first: random.hash_one(1),
            second: random.hash_one(2),
        }
    }

    /// Each step can be undone, so that no two counts give the same bits.
    #[inline]
    fn mix(&self, count: u64) -> u64 {
        let once = scrambled(count.wrapping_mul(GOLDEN).wrapping_add(self.first));
        scrambled(once ^ self.second)
    }
}

/// The last steps of `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014, with the constants of Stafford's variant 13).
fn scrambled(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Ids {
    /// Ids by chance, unique in this process and as good as unique outside. They are no secrets: who
    /// sees many of them may find out how the next ones look.
    pub fn random() -> Ids {
        Ids(Arc::new(Source::Random(Keys::random())))
    }

    /// The ids 1, 2, 3 and so on, for output that is the same on every run.
    #[doc(alias = "SequentialIds")]
    pub fn sequential() -> Ids {
        Ids(Arc::new(Source::Sequential {
            drawn: AtomicU64::new(0),
            rolled: AtomicU64::new(0),
        }))
    }

    /// A new trace id for a request that began at `start`.
    pub fn trace_id(&self, start: Timestamp) -> TraceId {
        let (high, low) = match &*self.0 {
            Source::Random(keys) => {
                let first = counted(2);
                (keys.mix(first), keys.mix(first.wrapping_add(1)))
            }
            Source::Sequential { drawn, .. } => (0, one_more(drawn)),
        };
        trace_id(start, high, low)
    }

    /// The ids of a new trace and of its first segment, as [`trace_id`](Ids::trace_id) and
    /// [`entity_id`](Ids::entity_id) give them.
    pub(crate) fn segment(&self, start: Timestamp) -> (TraceId, EntityId) {
        let Source::Random(keys) = &*self.0 else {
            return (self.trace_id(start), self.entity_id());
        };
        let first = counted(3);
        (
            trace_id(start, keys.mix(first), keys.mix(first.wrapping_add(1))),
            EntityId::from_bits(keys.mix(first.wrapping_add(2)).max(1)),
        )
    }

    /// A new id for a segment or subsegment; never zero.
    #[inline]
    pub fn entity_id(&self) -> EntityId {
        EntityId::from_bits(match &*self.0 {
            Source::Random(keys) => keys.mix(counted(1)).max(1),
            Source::Sequential { drawn, .. } => one_more(drawn),
        })
    }

    /// A number from 0 up to, and without, 1, for decisions such as "one in twenty".
    ///
    /// For random ids it is by chance. For sequential ones the numbers are the same on
    /// every run and spread evenly: of the first hundred 5 are below 0.05, of the first thousand 50.
    ///
    /// ```
    /// # use xray_phantom::seam::Ids;
    /// let ids = Ids::sequential();
    /// let kept = (0..1_000).filter(|_| ids.chance() < 0.05).count();
    /// assert_eq!(kept, 50);
    /// assert_eq!(ids.entity_id().to_string(), "0000000000000001"); // chance takes no id
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "a float holds 53 bits")]
    pub fn chance(&self) -> f64 {
        let bits = match &*self.0 {
            Source::Random(keys) => keys.mix(counted(1)),
            Source::Sequential { rolled, .. } => one_more(rolled).wrapping_mul(GOLDEN),
        };
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn one_more(count: &AtomicU64) -> u64 {
    count.fetch_add(1, Ordering::Relaxed) + 1
}

fn trace_id(start: Timestamp, high: u64, low: u64) -> TraceId {
    let seconds = start.whole_seconds().unwrap_or(0);
    TraceId::from_bits(u128::from(seconds) << 96 | u128::from(high >> 32) << 64 | u128::from(low))
}

/// The golden ratio's part behind the point, times 2^64: the multiples of no other number spread
/// more evenly.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
