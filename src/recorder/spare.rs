//! Memory of segments that have ended, kept for the next ones.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::recorder::outcome::Outcome;
use crate::recorder::record::Record;

thread_local! {
    /// What was a segment that ended on this thread. It is memory and no more: nothing that was said
    /// is left in it, and no recorder.
    static SPARE: RefCell<Vec<Arc<Record>>> = const { RefCell::new(Vec::new()) };
    /// What left a segment last on this thread, in the same way.
    static OUTCOME: Cell<Option<Box<Outcome>>> = const { Cell::new(None) };
}

/// A record that nobody holds, if there is one.
pub(in crate::recorder) fn take() -> Option<Arc<Record>> {
    SPARE
        .try_with(|spare| spare.try_borrow_mut().ok()?.pop())
        .ok()
        .flatten()
}

/// Keeps a record that nobody else holds.
pub(in crate::recorder) fn keep(record: Arc<Record>) {
    // When the thread ends there is nothing to keep it for.
    let _ = SPARE.try_with(|spare| {
        if let Ok(mut spare) = spare.try_borrow_mut()
            && spare.len() < MOST_KEPT
        {
            spare.push(record);
        }
    });
}

/// Memory for what leaves a segment.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "it is large, and moves often"
)]
#[inline]
pub(in crate::recorder) fn outcome() -> Box<Outcome> {
    OUTCOME
        .try_with(Cell::take)
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// Keeps it, when all has left.
#[inline]
pub(in crate::recorder) fn keep_outcome(mut outcome: Box<Outcome>) {
    outcome.clear();
    let _ = OUTCOME.try_with(|kept| kept.set(Some(outcome)));
}

/// How many a thread keeps: as many segments as one usually has open at a time.
const MOST_KEPT: usize = 8;
