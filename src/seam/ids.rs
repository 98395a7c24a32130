//! New ids.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::{EntityId, Timestamp, TraceId};

/// A source of new ids. Clones draw from the same source.
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
    /// The keyed hash that turns the count into chance; none for sequential ids.
    chance: Option<RandomState>,
}

impl Ids {
    /// Ids that nobody can foresee, unique in this process and as good as unique outside.
    pub fn random() -> Ids {
        Ids(Arc::new(Source {
            drawn: AtomicU64::new(0),
            chance: Some(RandomState::new()),
        }))
    }

    /// The ids 1, 2, 3 and so on, for output that is the same on every run.
    pub fn sequential() -> Ids {
        Ids(Arc::new(Source {
            drawn: AtomicU64::new(0),
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

    fn draw(&self) -> u64 {
        let count = self.0.drawn.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.0.chance {
            Some(chance) => chance.hash_one(count),
            None => count,
        }
    }
}
