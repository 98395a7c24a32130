//! Relations between entities, which chance alone never makes.

use crate::mutator::change::nearby;
use crate::mutator::dice::Dice;
use crate::mutator::parts::{Body, Form, Part};
use crate::mutator::tree::Tree;

/// Where an entity stands: in which of the parts, and at which place of its document.
#[derive(Clone, Copy)]
struct Spot {
    part: usize,
    place: usize,
}

/// Relates an entity to another, or makes one of another.
pub(in crate::mutator) fn relate(form: Form, parts: &mut Vec<Part>, dice: &mut Dice) {
    let spots = entities(parts);
    if spots.is_empty() {
        return;
    }
    let (one, other) = (
        spots[dice.below(spots.len())],
        spots[dice.below(spots.len())],
    );
    let Some(other_entity) = entity(parts, other).cloned() else {
        return;
    };
    let trace = top(parts, other).and_then(|top| top.get("trace_id").cloned());
    match dice.below(12) {
        0 => set(parts, one, "parent_id", other_entity.get("id")),
        1 => set(parts, one, "id", other_entity.get("id")),
        2 => set(parts, Spot { place: 0, ..one }, "trace_id", trace.as_ref()),
        3 => {
            let from = dice.one_of(&["start_time", "end_time"]);
            let near = other_entity
                .get(from)
                .and_then(|time| nearby(&time.to_string(), dice));
            let to = dice.one_of(&["start_time", "end_time"]);
            set(parts, one, to, near.map(Tree::Token).as_ref());
        }
        4 | 5 => {
            // The same as the other, in one field.
            let members = other_entity.members();
            if let Some((key, value)) = members.get(dice.below(members.len())) {
                set(parts, one, key, Some(value));
            }
        }
        6 => embed(parts, one, other_entity),
        7 => cut(form, parts, other, dice),
        8 => wrap(parts, one),
        9 => twin(form, parts, other_entity, dice),
        10 => caused(parts, one, &other_entity, dice),
        _ => called(form, parts, &other_entity, trace.as_ref()),
    }
}

/// All entities: the documents, and what stands in `subsegments`.
fn entities(parts: &[Part]) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        if let Body::Document(tree) = &part.body {
            for (place, (key, value)) in tree.places().into_iter().enumerate() {
                if matches!(value, Tree::Object(_)) && (place == 0 || key == "subsegments") {
                    spots.push(Spot {
                        part: number,
                        place,
                    });
                }
            }
        }
    }
    spots
}

fn entity(parts: &mut [Part], spot: Spot) -> Option<&mut Tree> {
    parts.get_mut(spot.part)?.document()?.at(spot.place)
}

fn top(parts: &mut [Part], spot: Spot) -> Option<&mut Tree> {
    entity(parts, Spot { place: 0, ..spot })
}

fn set(parts: &mut [Part], spot: Spot, key: &str, value: Option<&Tree>) {
    if let (Some(entity), Some(value)) = (entity(parts, spot), value) {
        entity.set(key, value.clone(), usize::MAX);
    }
}

/// Puts an entity into another, as a subsegment.
fn embed(parts: &mut [Part], around: Spot, inside: Tree) {
    let Some(around) = entity(parts, around) else {
        return;
    };
    let mut children = match around.get("subsegments") {
        Some(Tree::Array(children)) => children.clone(),
        _ => Vec::new(),
    };
    children.push(inside);
    around.set("subsegments", Tree::Array(children), usize::MAX);
}

/// Sends a subsegment on its own: cut out, or once more.
fn cut(form: Form, parts: &mut Vec<Part>, spot: Spot, dice: &mut Dice) {
    let top = top(parts, spot).cloned();
    let (Some(top), Some(entity)) = (top, entity(parts, spot)) else {
        return;
    };
    let mut alone = entity.clone();
    if spot.place > 0 && dice.one_in(2) {
        *entity = Tree::Object(Vec::new());
    }
    alone.set("type", Tree::text("subsegment"), usize::MAX);
    for (key, from) in [("trace_id", "trace_id"), ("parent_id", "id")] {
        if let Some(value) = top.get(from) {
            alone.set(key, value.clone(), usize::MAX);
        }
    }
    parts.insert(dice.below(parts.len() + 1), Part::of(form, alone));
}

/// Puts a document into one of the same trace and times.
fn wrap(parts: &mut [Part], spot: Spot) {
    let Some(inside) = top(parts, spot) else {
        return;
    };
    let mut around = Tree::Object(Vec::new());
    for key in ["trace_id", "start_time", "end_time", "name"] {
        if let Some(value) = inside.get(key) {
            around.set(key, value.clone(), usize::MAX);
        }
    }
    around.set("id", Tree::text("00000000000000d4"), 0);
    around.set("subsegments", Tree::Array(vec![inside.clone()]), usize::MAX);
    *inside = around;
}

/// Sends an entity once more: still in progress, ended, or with a field less.
fn twin(form: Form, parts: &mut Vec<Part>, mut twin: Tree, dice: &mut Dice) {
    match dice.below(4) {
        0 => {
            twin.remove("end_time");
            twin.set("in_progress", Tree::token("true"), usize::MAX);
        }
        1 => {
            let start = twin.get("start_time");
            let end = start.and_then(|time| nearby(&time.to_string(), dice));
            twin.remove("in_progress");
            if let Some(end) = end {
                twin.set("end_time", Tree::Token(end), usize::MAX);
            }
        }
        2 => {
            if let Tree::Object(members) = &mut twin
                && !members.is_empty()
            {
                members.remove(dice.below(members.len()));
            }
        }
        _ => {}
    }
    parts.insert(dice.below(parts.len() + 1), Part::of(form, twin));
}

/// An entity fails because of another.
fn caused(parts: &mut [Part], spot: Spot, other: &Tree, dice: &mut Dice) {
    let id = other.get("id").cloned().unwrap_or(Tree::token("\"e1\""));
    let exceptions = other.get("cause").and_then(|cause| cause.get("exceptions"));
    let cause = match (dice.below(3), exceptions) {
        (0, _) => id,
        (1, Some(Tree::Array(all))) if !all.is_empty() => {
            let first = all[0].get("id").cloned();
            first.unwrap_or(id)
        }
        (1, _) => Tree::written(&format!("{{\"id\":{id}}}")),
        _ => Tree::written(&format!(
            "{{\"exceptions\":[{{\"id\":{id},\"cause\":{id},\"type\":\"T\"}}]}}"
        )),
    };
    set(parts, spot, "cause", Some(&cause));
    set(
        parts,
        spot,
        dice.one_of(&["error", "fault"]),
        Some(&Tree::token("true")),
    );
}

/// A segment of a service that an entity has called.
fn called(form: Form, parts: &mut Vec<Part>, caller: &Tree, trace: Option<&Tree>) {
    let mut segment = Tree::Object(Vec::new());
    segment.set("id", Tree::text("00000000000000f6"), 0);
    segment.set("name", Tree::text("callee"), 1);
    for (key, value) in [
        ("trace_id", trace),
        ("parent_id", caller.get("id")),
        ("start_time", caller.get("start_time")),
        ("end_time", caller.get("end_time")),
    ] {
        if let Some(value) = value {
            segment.set(key, value.clone(), usize::MAX);
        }
    }
    parts.push(Part::of(form, segment));
}
