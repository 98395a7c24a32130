//! What a recorder has done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::recorder::lane::Lanes;

/// What a recorder has done so far. Each number only grows.
///
/// What becomes of a document on its way is not always known. Over UDP one that the system took
/// counts as sent. If nobody listens, the system that it came to says so later, and with the next
/// document or the next look at these numbers it counts as failed: on the same machine at once,
/// over a network a little later. What is lost in another way, in a full buffer of the daemon say,
/// nobody tells. With [`JsonLines`](crate::recorder::JsonLines) a document counts as sent until a
/// flush fails. One that had been shown as sent before is then a part of both numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecorderStats {
    /// Segments that were opened and are recorded.
    pub segments: u64,
    /// Segments that were opened and are not: sampled out, or the recorder is disabled.
    pub unsampled: u64,
    /// Subsegments that were opened and are recorded.
    pub subsegments: u64,
    /// Documents that were sent, and were not known to be lost when this was first looked at.
    pub sent: u64,
    /// Documents that could not be sent, or are known to be lost: too large, refused, not written.
    pub failed: u64,
    /// Annotations, metadata and other values that were left out, as X-Ray would not take them.
    pub left_out: u64,
    /// Texts and values that were cut to a limit, or to fit into a document.
    pub cut: u64,
    /// Names that were cleaned.
    pub renamed: u64,
    /// Entities that were open when their segment ended, used after their end, or ended twice.
    pub misused: u64,
    /// Code that ran outside of every segment, as far as this recorder heard of it.
    pub missing: u64,
}

/// The counters behind them.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Counters {
    /// What is counted all the time, in each lane.
    pub(in crate::recorder) often: Lanes<Often>,
    pub(in crate::recorder) left_out: AtomicU64,
    pub(in crate::recorder) cut: AtomicU64,
    pub(in crate::recorder) renamed: AtomicU64,
    pub(in crate::recorder) misused: AtomicU64,
    pub(in crate::recorder) missing: AtomicU64,
    /// The same, of threads that count it for themselves.
    missing_elsewhere: Mutex<Vec<Arc<AtomicU64>>>,
}

/// What is counted for each segment or subsegment.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Often {
    pub(in crate::recorder) segments: AtomicU64,
    pub(in crate::recorder) unsampled: AtomicU64,
    pub(in crate::recorder) subsegments: AtomicU64,
}

impl Counters {
    /// A counter of code that ran outside of every segment on this thread, which adds to it alone.
    pub(in crate::recorder) fn missing_here(&self) -> Arc<AtomicU64> {
        let elsewhere = &mut *lock(&self.missing_elsewhere);
        // What nobody adds to any more needs no counter of its own.
        elsewhere.retain(|counter| {
            let is_used = Arc::strong_count(counter) > 1;
            if !is_used {
                let counted = counter.load(Ordering::Relaxed);
                self.missing.fetch_add(counted, Ordering::Relaxed);
            }
            is_used
        });
        let counter = Arc::<AtomicU64>::default();
        elsewhere.push(Arc::clone(&counter));
        counter
    }

    /// How often code ran outside of every segment.
    pub(in crate::recorder) fn missing(&self) -> u64 {
        let elsewhere = &*lock(&self.missing_elsewhere);
        let counted = elsewhere
            .iter()
            .map(|counter| counter.load(Ordering::Relaxed));
        self.missing.load(Ordering::Relaxed) + counted.sum::<u64>()
    }

    /// The sum of a counter over all lanes.
    pub(in crate::recorder) fn sum(&self, counter: impl Fn(&Often) -> &AtomicU64) -> u64 {
        let lanes = self.often.iter();
        lanes
            .map(|often| counter(often).load(Ordering::Relaxed))
            .sum()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One more.
#[inline]
pub(in crate::recorder) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
