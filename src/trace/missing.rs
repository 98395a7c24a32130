//! What is missing of a trace, or stands in no place of it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::error::visible;
use crate::model::EntityKind;
use crate::trace::assemble::{label, report};
use crate::trace::tree::{Branch, Tree};
use crate::trace::whereabouts::Elsewhere;
use crate::trace::{Defect, DefectCode, ExternalParents};

/// Parts each ring of parents at its smallest id.
pub(in crate::trace) fn cut_cycles(tree: &mut Tree) {
    // The walk in which an entity was first met; 0 is none yet.
    let mut met = vec![0; tree.branches.len()];
    for start in 0..tree.branches.len() {
        let mut at = start;
        loop {
            match met[at].cmp(&0) {
                Ordering::Equal => met[at] = start + 1,
                _ if met[at] == start + 1 => {
                    cut_ring(tree, at);
                    break;
                }
                _ => break,
            }
            match tree.branches[at].parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
    }
}

fn cut_ring(tree: &mut Tree, first: usize) {
    let mut ring = vec![first];
    while let Some(parent) = tree.branches[ring[ring.len() - 1]].parent
        && parent != first
    {
        ring.push(parent);
    }
    // Branches stand in order of their keys, so that the smallest index has the smallest id.
    let Some(smallest) = ring.iter().copied().min() else {
        return;
    };
    let mut names: Vec<String> = ring
        .iter()
        .take(SHOWN_RING)
        .map(|index| label(&tree.branches[*index]))
        .collect();
    if ring.len() > SHOWN_RING {
        names.push(format!("{} others", ring.len() - SHOWN_RING));
    }
    tree.branches[smallest].parent = None;
    let ring = match ring.len() {
        1 => format!("{} names itself as its parent", names[0]),
        _ => format!("{} name each other as parents", names.join(" and ")),
    };
    let message = format!("an id was copied, or ids are not random: {ring}");
    report(tree, smallest, DefectCode::Cycle, message);
}

/// Gives parents their children, finds the roots, and says what is missing.
pub(in crate::trace) fn hang(tree: &mut Tree, external: &ExternalParents) {
    for index in 0..tree.branches.len() {
        let branch = &tree.branches[index];
        let entity = branch.entity();
        let open = (!entity.is_closed()).then(|| never_closed(branch));
        if let Some(parent) = branch.parent {
            tree.branches[parent].children.push(index);
        } else {
            let orphan = orphan(branch, external);
            let cut = branch
                .defects
                .iter()
                .any(|defect| defect.code == DefectCode::Cycle);
            tree.roots.push(index);
            if let (Some(message), false) = (orphan, cut) {
                report(tree, index, DefectCode::Orphan, message);
            }
        }
        if let Some(message) = open {
            report(tree, index, DefectCode::NeverClosed, message);
        }
    }
}

fn never_closed(branch: &Branch) -> String {
    let (entity, label) = (branch.entity(), label(branch));
    if entity.end_time().is_some() {
        return format!(
            "it was sent as still running when it had ended: {label} has an end_time and in_progress: true"
        );
    }
    let what = match entity.in_progress() {
        Some(true) => format!("all that arrived of {label} is in progress"),
        _ => format!("the document of {label} has no end_time"),
    };
    format!("the future was dropped, or the program ended, before it was closed: {what}")
}

fn orphan(branch: &Branch, external: &ExternalParents) -> Option<String> {
    let entity = branch.entity();
    match (branch.kind, entity.parent_id()) {
        (EntityKind::Segment, _) => None,
        (_, Some(parent)) if external.contains(&parent) => None,
        (_, Some(parent)) if !parent.is_empty() => Some(format!(
            "the parent is still open, or was lost: {} names {} as its parent, which never arrived",
            label(branch),
            visible(&parent)
        )),
        _ => Some(format!(
            "it was spawned without its context: {} came on its own and names no parent",
            label(branch)
        )),
    }
}

/// Asks where else the parents of orphans are: where one is found, the likely cause is another.
pub(in crate::trace) fn look_elsewhere(
    trees: &mut [Tree],
    find: impl FnOnce(&BTreeSet<String>) -> BTreeMap<String, Elsewhere>,
) {
    let is_orphan = |defect: &Defect| defect.code == DefectCode::Orphan;
    let orphans = trees.iter().flat_map(|tree| {
        let branches = tree.branches.iter();
        branches.filter(|branch| branch.defects.iter().any(is_orphan))
    });
    let wanted: BTreeSet<String> = orphans
        .filter_map(|branch| branch.entity().parent_id().map(Into::into))
        .filter(|id: &String| !id.is_empty())
        .collect();
    if wanted.is_empty() {
        return;
    }
    let found = find(&wanted);
    for branch in trees.iter_mut().flat_map(|tree| &mut tree.branches) {
        let parent = branch.entity().parent_id();
        let Some((parent, Elsewhere { trace, name })) =
            parent.and_then(|id| found.get_key_value(&*id))
        else {
            continue;
        };
        let message = format!(
            "the context of another request was used: {} names {} as its parent, which is {name} of trace {trace}",
            label(branch),
            visible(parent)
        );
        if let Some(defect) = branch.defects.iter_mut().find(|defect| is_orphan(defect)) {
            defect.message = message;
        }
    }
}

/// How many entities of a ring are named.
const SHOWN_RING: usize = 5;
