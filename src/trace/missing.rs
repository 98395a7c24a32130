//! What is missing of a trace, or stands in no place of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::error::visible;
use crate::model::EntityKind;
use crate::trace::assemble::{label, report};
use crate::trace::rings::rings;
use crate::trace::tree::{Branch, Tree};
use crate::trace::whereabouts::Elsewhere;
use crate::trace::{Defect, DefectCode, ExternalParents};

/// Parts each ring of parents at its smallest id.
pub(in crate::trace) fn cut_cycles(tree: &mut Tree) {
    let parents: Vec<Option<usize>> = tree.branches.iter().map(|branch| branch.parent).collect();
    for ring in rings(&parents) {
        let told = match &ring[..] {
            [one] => format!("{} names itself as its parent", label(&tree.branches[*one])),
            ring => format!("{} name each other as parents", listed(tree, ring)),
        };
        if let Some(smallest) = report_ring(tree, &ring, &told) {
            tree.branches[smallest].parent = None;
        }
    }
}

/// Tells of segments whose callers lie, in the end, in what they called themselves. In a tree that is
/// cut and hung.
pub(in crate::trace) fn call_rings(tree: &mut Tree) {
    let called = tree
        .branches
        .iter()
        .enumerate()
        .filter_map(|(index, branch)| {
            let is_segment = branch.kind == EntityKind::Segment;
            let caller = branch.entity().parent_id().filter(|_| is_segment)?;
            Some((index, String::from(caller)))
        });
    let called: Vec<(usize, String)> = called.collect();
    if called.is_empty() {
        return;
    }
    // Of each entity what is at the top of it.
    let mut tops: Vec<usize> = (0..tree.branches.len()).collect();
    for index in tree.preorder() {
        if let Some(parent) = tree.branches[index].parent {
            tops[index] = tops[parent];
        }
    }
    // None of an id that stands below several. A segment goes before a subsegment.
    let mut top_of: HashMap<Cow<'_, str>, (EntityKind, Option<usize>)> = HashMap::new();
    for (branch, top) in tree.branches.iter().zip(tops) {
        if let Some(id) = branch.entity().id() {
            let (kind, known) = top_of.entry(id).or_insert((branch.kind, Some(top)));
            if *kind == branch.kind {
                *known = known.filter(|other| *other == top);
            }
        }
    }
    let mut callers = vec![None; tree.branches.len()];
    for (index, caller) in &called {
        callers[*index] = top_of.get(&**caller).and_then(|(_, top)| *top);
    }
    for ring in rings(&callers) {
        let told = match &ring[..] {
            [one] => format!(
                "{} is called from within itself",
                label(&tree.branches[*one])
            ),
            ring => format!("{} call each other", listed(tree, ring)),
        };
        report_ring(tree, &ring, &told);
    }
}

/// The first entities of a ring, and how many others.
fn listed(tree: &Tree, ring: &[usize]) -> String {
    let shown = ring.iter().take(SHOWN_RING);
    let mut names: Vec<String> = shown.map(|index| label(&tree.branches[*index])).collect();
    if ring.len() > SHOWN_RING {
        names.push(format!("{} others", ring.len() - SHOWN_RING));
    }
    names.join(" and ")
}

/// Notes a ring at its smallest id, which is given back: branches stand in order of their keys.
fn report_ring(tree: &mut Tree, ring: &[usize], told: &str) -> Option<usize> {
    let smallest = ring.iter().copied().min()?;
    let message = format!("an id was copied, or ids are not random: {told}");
    report(tree, smallest, DefectCode::Cycle, message);
    Some(smallest)
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
        (_, Some(parent)) if !parent.is_empty() && external.contains(&parent) => None,
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
