//! The trees of a trace as JSON, ids and times included: for programs.

use std::borrow::Cow;

use crate::json::{Kind, ObjectWriter, Value};
use crate::model::Entity;
use crate::trace::{Node, Nodes};

/// How what was received is spelled: a report hides secrets.
pub(crate) struct Spelling<'s> {
    pub(crate) text: &'s dyn for<'a> Fn(&'a str) -> Cow<'a, str>,
    pub(crate) json: &'s dyn for<'a> Fn(&'a str) -> Cow<'a, str>,
}

/// Writes the roots with all that is below them, without brackets. Their nesting is the sender's,
/// so that it must cost no stack.
pub(crate) fn push_roots(json: &mut String, roots: Nodes<'_>, spelling: &Spelling<'_>) {
    let mut waiting: Vec<Step<'_>> = Vec::new();
    push(&mut waiting, roots.collect());
    while let Some(step) = waiting.pop() {
        match step {
            Step::Text(text) => json.push_str(text),
            Step::Node(node) => {
                fields(json, node, spelling);
                waiting.push(Step::Text("]}"));
                push(&mut waiting, node.children().collect());
            }
        }
    }
}

enum Step<'a> {
    Node(Node<'a>),
    Text(&'static str),
}

/// Puts nodes on the stack, so that they come off it in order, with commas between.
fn push<'a>(waiting: &mut Vec<Step<'a>>, nodes: Vec<Node<'a>>) {
    for (place, node) in nodes.into_iter().enumerate().rev() {
        waiting.push(Step::Node(node));
        if place > 0 {
            waiting.push(Step::Text(","));
        }
    }
}

/// An entity up to the bracket that opens its children.
fn fields(json: &mut String, node: Node<'_>, spelling: &Spelling<'_>) {
    let entity = node.entity();
    let mut object = ObjectWriter::begin(json);
    let mut say = |key, text: Option<Cow<'_, str>>| match text {
        Some(text) => object.text(key, &(spelling.text)(&text)),
        None => object.raw(key, "null"),
    };
    say("id", entity.id());
    say("kind", Some(node.kind().to_string().into()));
    say("name", entity.name());
    say("namespace", entity.namespace());
    say("parent_id", parent_id(node));
    for key in ["start_time", "end_time"] {
        // One beyond the range of floats is none: readers would refuse it.
        let number = entity.json().get(key).and_then(|value| value.as_number());
        match number.filter(|number| number.as_f64().is_finite()) {
            Some(number) => object.raw(key, number),
            None => object.raw(key, "null"),
        }
    }
    object.raw("error", entity.error() == Some(true));
    object.raw("fault", entity.fault() == Some(true));
    object.raw("throttle", entity.throttle() == Some(true));
    object.raw("in_progress", !entity.is_closed());
    object.raw("inferred", entity.inferred() == Some(true));
    for key in ["annotations", "metadata"] {
        match block(entity, key) {
            Some(block) => object.raw(key, (spelling.json)(block.raw())),
            None => object.object(key).end(),
        }
    }
    for key in ["http", "aws", "sql"] {
        match block(entity, key) {
            Some(block) => object.raw(key, (spelling.json)(block.raw())),
            None => object.raw(key, "null"),
        }
    }
    object.open("children");
}

/// The parent, nesting before what was written. A segment's caller may be elsewhere.
fn parent_id(node: Node<'_>) -> Option<Cow<'_, str>> {
    match node.parent() {
        Some(parent) => parent.entity().id(),
        None => node.entity().parent_id(),
    }
}

fn block<'a>(entity: Entity<'a>, key: &str) -> Option<Value<'a>> {
    entity
        .json()
        .get(key)
        .filter(|value| value.kind() == Kind::Object)
}
