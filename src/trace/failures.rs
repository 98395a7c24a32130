//! Entities that failed, where nothing in the trace says why.

use std::collections::{HashMap, HashSet};

use crate::json::{Kind, Value};
use crate::model::{Entity, EntityKind};
use crate::trace::assemble::label;
use crate::trace::lints::lacks_segment;
use crate::trace::tree::{Branch, Tree};

/// Those of the entities that failed without a reason, in their order, and what to say of each.
pub(in crate::trace) fn unexplained(
    tree: &Tree,
    order: &[usize],
    callers: &HashSet<String>,
) -> Vec<(usize, String)> {
    let suspects: Vec<usize> = order
        .iter()
        .copied()
        .filter(|index| {
            let branch = &tree.branches[*index];
            is_bare(branch.entity()) && !lacks_segment(branch, callers)
        })
        .collect();
    if suspects.is_empty() {
        return Vec::new();
    }
    let explained = explained(tree, callers);
    let unexplained = suspects.into_iter().filter(|index| !explained[*index]);
    unexplained
        .map(|index| (index, message(&tree.branches[index])))
        .collect()
}

/// Whether an entity has failed, and says no more of it itself.
fn is_bare(entity: Entity<'_>) -> bool {
    let failed = entity.error() == Some(true) || entity.fault() == Some(true);
    failed
        && entity.is_closed()
        && entity.throttle() != Some(true)
        && !has_cause(entity)
        && !has_bad_status(entity)
}

/// Which entities have something below them, or in the segments that they called, that may be why
/// they failed.
fn explained(tree: &Tree, callers: &HashSet<String>) -> Vec<bool> {
    let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, branch) in tree.branches.iter().enumerate() {
        if let (EntityKind::Subsegment, Some(id)) = (branch.kind, branch.entity().id()) {
            by_id.entry(id.into_owned()).or_default().push(index);
        }
    }
    let above = |index: usize| {
        let branch = &tree.branches[index];
        let caller = match branch.kind {
            EntityKind::Segment => branch.entity().parent_id(),
            EntityKind::Subsegment => None,
        };
        let callers = caller.and_then(|caller| by_id.get(&*caller));
        branch
            .parent
            .into_iter()
            .chain(callers.into_iter().flatten().copied())
    };
    let mut explained = vec![false; tree.branches.len()];
    // What a callee knows of a failure may stand in its segment, which is not here.
    let may_tell = |branch: &Branch| is_reason(branch.entity()) || lacks_segment(branch, callers);
    let mut waiting: Vec<usize> = (0..tree.branches.len())
        .filter(|index| may_tell(&tree.branches[*index]))
        .collect();
    while let Some(index) = waiting.pop() {
        for above in above(index) {
            if !explained[above] {
                explained[above] = true;
                waiting.push(above);
            }
        }
    }
    explained
}

/// Whether an entity may be why those above it failed. One that is open may still hold anything.
fn is_reason(entity: Entity<'_>) -> bool {
    let flags = [entity.error(), entity.fault(), entity.throttle()];
    !entity.is_closed()
        || flags.contains(&Some(true))
        || has_cause(entity)
        || has_bad_status(entity)
}

fn has_cause(entity: Entity<'_>) -> bool {
    let is_nothing = |cause: Value<'_>| match cause.kind() {
        Kind::Null => true,
        // An id names the one that has the exceptions; where the program ran is no reason.
        Kind::Object => {
            let exceptions = cause.get("exceptions");
            let has_some = exceptions.is_some_and(|list| list.elements().next().is_some());
            !has_some && cause.get("id").is_none()
        }
        Kind::String => cause.as_str().is_some_and(|cause| cause.is_empty()),
        _ => false,
    };
    let cause = entity.json().get("cause");
    cause.is_some_and(|cause| !is_nothing(cause))
}

fn has_bad_status(entity: Entity<'_>) -> bool {
    let response = entity.http().and_then(|http| http.response());
    let status = response.and_then(|response| response.json().get("status")?.as_number());
    status.is_some_and(|status| status.as_f64() >= FIRST_BAD_STATUS)
}

fn message(branch: &Branch) -> String {
    let entity = branch.entity();
    let flags = match (entity.error(), entity.fault()) {
        (Some(true), Some(true)) => "`error` and `fault`",
        (Some(true), _) => "`error`",
        _ => "`fault`",
    };
    format!(
        "the flag was set by hand, and the error was not recorded: {} is marked {flags}, and has no cause, no status \
         from 400 on, and no part that failed; record the error, so that the trace says why",
        label(branch)
    )
}

/// The least status that stands for a failure: 4xx are errors, 5xx are faults.
const FIRST_BAD_STATUS: f64 = 400.0;
