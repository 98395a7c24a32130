//! What the time in a trace id says, for those who ask.

use std::time::Duration;

use crate::model::{Timestamp, TraceId};
use crate::trace::DefectCode;
use crate::trace::assemble::report;
use crate::trace::lints::by;
use crate::trace::tree::Tree;

/// Reports a trace whose id has another time than the one at which its first document came, of
/// those whose time of arrival is known.
pub(in crate::trace) fn judge_age(tree: &mut Tree) {
    let Some(begun) = time_in(&tree.id) else {
        return;
    };
    let arrived = tree
        .branches
        .iter()
        .filter_map(|branch| branch.first_arrived);
    let Some((cause, apart)) = arrived.min().and_then(|first| beyond_limits(begun, first)) else {
        return;
    };
    let Some(root) = tree.roots.first().copied() else {
        return;
    };
    let message = format!(
        "{cause} (a W3C id has no time in it): trace `{}` says that it began {apart} its first document arrived",
        tree.id
    );
    report(tree, root, DefectCode::TraceIdAge, message);
}

/// The likely cause, and how long before or after.
fn beyond_limits(begun: Timestamp, arrived: Timestamp) -> Option<(&'static str, String)> {
    if arrived > begun + OLDEST {
        let cause = "an id was kept from an earlier request, or the clock of its maker is wrong";
        Some((cause, format!("{} before", by(arrived, begun))))
    } else if begun > arrived + EARLIEST {
        let cause = "the clock of its maker is wrong";
        Some((cause, format!("{} after", by(begun, arrived))))
    } else {
        None
    }
}

/// The time in an id of X-Ray's form; none in the one that SDKs give to what is not sampled.
fn time_in(id: &str) -> Option<Timestamp> {
    // An id in the form of W3C is none for X-Ray.
    let id: TraceId = id.starts_with("1-").then_some(id)?.parse().ok()?;
    let begun = Timestamp::from_nanos(0) + Duration::from_secs(id.epoch_seconds().into());
    (id.as_bits() != 0).then_some(begun)
}

/// How old an id may be: what the service looked at as long as it did.
const OLDEST: Duration = Duration::from_hours(30 * 24);
/// How far ahead a clock may be.
const EARLIEST: Duration = Duration::from_mins(5);
