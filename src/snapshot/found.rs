//! The differences of a pair of traces.

use std::collections::BTreeMap;

use crate::snapshot::Comparison;
use crate::snapshot::compared::{Compared, changes};
use crate::snapshot::diff::Difference;
use crate::snapshot::pairs::Pairs;

/// What differs between two traces; where one is missing, all of the other does.
pub(in crate::snapshot) fn differences(
    before: Option<&Compared<'_>>,
    after: Option<&Compared<'_>>,
    comparison: &Comparison,
) -> Vec<Difference> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (Some(before), None) => {
            let nothing = vec![None; before.entities.len()];
            return unpaired(before, &nothing, |path, outline| Difference::Removed {
                path,
                outline,
            });
        }
        (None, Some(after)) => {
            let nothing = vec![None; after.entities.len()];
            return unpaired(after, &nothing, |path, outline| Difference::Added {
                path,
                outline,
            });
        }
        (None, None) => return Vec::new(),
    };
    let pairs = Pairs::of(before, after);
    let mut found = unpaired(before, &pairs.after, |path, outline| Difference::Removed {
        path,
        outline,
    });
    found.extend(unpaired(after, &pairs.before, |path, outline| {
        Difference::Added { path, outline }
    }));
    for (index, other) in pairs.after.iter().enumerate() {
        let Some(other) = *other else {
            continue;
        };
        let (one, now) = (&before.entities[index], &after.entities[other]);
        let was_under = one.parent.map(|parent| pairs.after[parent]);
        if was_under != now.parent.map(Some) {
            found.push(Difference::Moved {
                from: before.path(index),
                path: after.path(other),
            });
        }
        for (pointer, (before, now)) in changes((before, index), (after, other)) {
            found.push(Difference::Changed {
                path: after.path(other),
                pointer,
                before,
                after: now,
            });
        }
        if before.is_subsegment(index) != after.is_subsegment(other) {
            let kind = |trace: &Compared<'_>, index: usize| {
                let is_said = trace.is_subsegment(index);
                is_said.then(|| "\"subsegment\"".to_owned())
            };
            found.push(Difference::Changed {
                path: after.path(other),
                pointer: "/type".to_owned(),
                before: kind(before, index),
                after: kind(after, other),
            });
        }
        referring(before, after, &pairs, (index, other), &mut found);
        if let (Some(was), Some(is)) = (before.duration(index), after.duration(other))
            && comparison.is_slower(was, is)
        {
            found.push(Difference::Slower {
                path: after.path(other),
                before: was,
                after: is,
            });
        }
    }
    found
}

/// Members that refer to another entity than before.
fn referring(
    before: &Compared<'_>,
    after: &Compared<'_>,
    pairs: &Pairs,
    (index, other): (usize, usize),
    found: &mut Vec<Difference>,
) {
    let says =
        |trace: &Compared<'_>, index: usize| !trace.entities[index].says.references.is_empty();
    if !says(before, index) && !says(after, other) {
        return;
    }
    let (was, is) = (before.references(index), after.references(other));
    let told = |trace: &Compared<'_>, to: Option<usize>| match to {
        Some(index) => format!("<id> of {}", trace.path(index).join(" > ")),
        None => "\"<external>\"".to_owned(),
    };
    let is_now = |to: Option<usize>| to.and_then(|to| pairs.after[to]);
    for (place, were) in &was {
        let mut are = is.get(place).cloned().unwrap_or_default();
        let changed = if place.contains('<') {
            // Members whose keys are ids have no order.
            let gone = were.iter().filter(|to| {
                let at = are.iter().position(|now| *now == is_now(**to));
                at.map(|at| are.swap_remove(at)).is_none()
            });
            let gone: Vec<_> = gone.copied().collect();
            gone.first().copied().zip(are.first().copied())
        } else {
            let mut both = were.iter().copied().zip(are);
            both.find(|(to, now)| is_now(*to) != *now)
        };
        if let Some((to, now)) = changed {
            let (was, mut is) = (told(before, to), told(after, now));
            if was == is {
                is.push_str(", another one");
            }
            found.push(Difference::Changed {
                path: after.path(other),
                pointer: (*place).to_owned(),
                before: Some(was),
                after: Some(is),
            });
        }
    }
    // What has no caller says nothing of it.
    let caller = |of: &BTreeMap<&str, Vec<Option<usize>>>| of.get(CALLER)?.first().copied();
    let (was, is) = (caller(&was), caller(&is));
    if was.is_some() != is.is_some() {
        found.push(Difference::Changed {
            path: after.path(other),
            pointer: CALLER.to_owned(),
            before: was.map(|to| told(before, to)),
            after: is.map(|to| told(after, to)),
        });
    }
}

/// Where a segment names its caller.
const CALLER: &str = "/parent_id";

/// The entities that have no other, with all below them that have none.
fn unpaired(
    trace: &Compared<'_>,
    pairs: &[Option<usize>],
    difference: impl Fn(Vec<String>, String) -> Difference,
) -> Vec<Difference> {
    let is_alone = |index: &usize| pairs[*index].is_none();
    let tops = (0..pairs.len()).filter(|index| {
        let parent = trace.entities[*index].parent;
        is_alone(index) && !parent.is_some_and(|parent| is_alone(&parent))
    });
    tops.map(|top| {
        let mut outline = String::new();
        let mut waiting = vec![(top, 0)];
        while let Some((index, depth)) = waiting.pop() {
            if !outline.is_empty() {
                outline.push('\n');
            }
            (0..depth).for_each(|_| outline.push_str("  "));
            outline.push_str(trace.label(index));
            let children = trace.entities[index].children.iter().rev();
            waiting.extend(
                children
                    .filter(|child| is_alone(child))
                    .map(|child| (*child, depth + 1)),
            );
        }
        difference(trace.path(top), outline)
    })
    .collect()
}
