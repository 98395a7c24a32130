//! New ids, and chance.

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
struct Source {
    drawn: AtomicU64,
    /// Apart from `drawn`: the ids are the same whether or not chance is asked in between.
    rolled: AtomicU64,
    /// The keyed hash that turns the count into chance; none for sequential ids.
    chance: Option<RandomState>,
}

impl Ids {
    /// Ids that nobody can foresee, unique in this process and as good as unique outside.
    pub fn random() -> Ids {
        Ids(Arc::new(Source {
            drawn: AtomicU64::new(0),
            rolled: AtomicU64::new(0),
            chance: Some(RandomState::new()),
        }))
    }

    /// The ids 1, 2, 3 and so on, for output that is the same on every run.
    #[doc(alias = "SequentialIds")]
    pub fn sequential() -> Ids {
        Ids(Arc::new(Source {
            drawn: AtomicU64::new(0),
            rolled: AtomicU64::new(0),
            chance: None,
        }))
    }

    /// A new trace id for a request that began at `start`.
    pub fn trace_id(&self, start: Timestamp) -> TraceId {
        let seconds = u32::try_from(start.as_nanos().div_euclid(1_000_000_000)).unwrap_or(0);
        let (high, low) = match self.0.chance {
            Some(_) => (self.draw(), self.draw()),
            None => (0, self.draw()),
        };
        TraceId::from_bits(
            u128::from(seconds) << 96 | u128::from(high >> 32) << 64 | u128::from(low),
        )
    }

    /// A new id for a segment or subsegment; never zero.
    pub fn entity_id(&self) -> EntityId {
        EntityId::from_bits(self.draw().max(1))
    }

    /// A number from 0 up to, and without, 1, for decisions such as "one in twenty".
    ///
    /// For random ids nobody can foresee it. For sequential ones the numbers are the same on
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
        let count = self.0.rolled.fetch_add(1, Ordering::Relaxed) + 1;
        let bits = match &self.0.chance {
            Some(chance) => chance.hash_one(("chance", count)),
            None => count.wrapping_mul(GOLDEN),
        };
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn draw(&self) -> u64 {
        let count = self.0.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.0.chance {
            Some(chance) => chance.hash_one(count),
            None => count,
        }
    }
}

/// The golden ratio's part behind the point, times 2^64: the multiples of no other number spread
/// more evenly.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
