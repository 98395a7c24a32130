//! Documents of parts that have ended.

use crate::model::limits::LARGE_DOCUMENT;
use crate::model::{EntityId, TraceId};
use crate::recorder::part::{Part, State};

/// The documents of a part that has ended and of all that ended below it and was not sent: one, if
/// that is not too large. Otherwise the largest subtrees go on their own, before what they belong
/// to. All of them count as sent.
pub(in crate::recorder) fn of_tree(
    trace_id: TraceId,
    caller: Option<EntityId>,
    parts: &mut [Part],
    root: usize,
) -> Vec<String> {
    let order = preorder(parts, root);
    // From the leaves up: a part with what is still attached to it fits into a document.
    let mut sizes = vec![0; order.len()];
    let mut alone = vec![false; order.len()];
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); order.len()];
    for place in (0..order.len()).rev() {
        let (index, parent) = order[place];
        let body = parts[index].body().map_or(0, str::len);
        let mut size = ENVELOPE + body;
        let mut attached: Vec<usize> = below[place].clone();
        size += attached.iter().map(|child| sizes[*child]).sum::<usize>();
        // The largest first, and only so many of them that the rest fits.
        attached.sort_unstable_by_key(|child| (sizes[*child], *child));
        while size > LARGE_DOCUMENT
            && let Some(largest) = attached.pop()
        {
            size -= sizes[largest];
            alone[largest] = true;
        }
        sizes[place] = size;
        if let Some(parent) = parent {
            below[parent].push(place);
        }
    }
    alone[0] = true;
    // Children before their parents.
    let roots = (0..order.len()).rev().filter(|place| alone[*place]);
    let documents = roots
        .map(|place| {
            let attached = |index: usize| {
                order
                    .binary_search_by_key(&index, |(index, _)| *index)
                    .is_ok_and(|place| !alone[place])
            };
            document(trace_id, caller, parts, order[place].0, attached)
        })
        .collect();
    for (index, _) in &order {
        sent(parts, *index);
    }
    documents
}

/// The document of a part that is in progress, or of one alone.
pub(in crate::recorder) fn of_body(
    trace_id: TraceId,
    parent: Option<EntityId>,
    is_segment: bool,
    body: &str,
) -> String {
    let mut json = String::with_capacity(body.len() + ENVELOPE);
    begin(&mut json, trace_id, parent, is_segment);
    json.push_str(body);
    json.push('}');
    json
}

/// The parts below `root` that have ended and were not sent, each with the place of its parent in
/// this list. They are in order of their numbers, which is outer ones first: a part is opened
/// before what is below it.
fn preorder(parts: &[Part], root: usize) -> Vec<(usize, Option<usize>)> {
    let mut found = vec![root];
    let mut waiting = vec![root];
    while let Some(index) = waiting.pop() {
        let children = parts[index].children.iter().copied();
        let ended = children.filter(|child| parts[*child].body().is_some());
        for child in ended {
            found.push(child);
            waiting.push(child);
        }
    }
    found.sort_unstable();
    let place = |parent: usize| found.binary_search(&parent).ok();
    found
        .iter()
        .map(|&index| {
            let parent = parts[index].parent.filter(|_| index != root);
            (index, parent.and_then(place))
        })
        .collect()
}

/// Writes a part with the attached ones below it.
fn document(
    trace_id: TraceId,
    caller: Option<EntityId>,
    parts: &[Part],
    root: usize,
    attached: impl Fn(usize) -> bool,
) -> String {
    let is_segment = parts[root].parent.is_none();
    let parent = match parts[root].parent {
        Some(parent) => Some(parts[parent].id),
        None => caller,
    };
    let mut json = String::with_capacity(1_024);
    begin(&mut json, trace_id, parent, is_segment);
    let mut waiting = vec![Piece::Part(root)];
    while let Some(piece) = waiting.pop() {
        let index = match piece {
            Piece::Part(index) => index,
            Piece::Text(text) => {
                json.push_str(text);
                continue;
            }
        };
        json.push_str(parts[index].body().unwrap_or_default());
        let children: Vec<usize> = parts[index]
            .children
            .iter()
            .copied()
            .filter(|child| parts[*child].body().is_some() && attached(*child))
            .collect();
        let Some((last, others)) = children.split_last() else {
            json.push('}');
            continue;
        };
        json.push_str(",\"subsegments\":[{");
        waiting.extend([Piece::Text("]}"), Piece::Part(*last)]);
        for child in others.iter().rev() {
            waiting.extend([Piece::Text(",{"), Piece::Part(*child)]);
        }
    }
    json
}

/// What is to be written: the members of a part and its closing brace, or a text.
enum Piece {
    Part(usize),
    Text(&'static str),
}

fn begin(json: &mut String, trace_id: TraceId, parent: Option<EntityId>, is_segment: bool) {
    json.push_str("{\"trace_id\":\"");
    json.push_str(&trace_id.to_string());
    json.push_str("\",");
    if !is_segment {
        json.push_str("\"type\":\"subsegment\",");
    }
    if let Some(parent) = parent {
        json.push_str("\"parent_id\":\"");
        json.push_str(&parent.to_string());
        json.push_str("\",");
    }
}

/// What was sent needs little memory: its place and name, of which late children and notes ask.
fn sent(parts: &mut [Part], index: usize) {
    let part = &mut parts[index];
    part.state = State::Sent;
    part.children = Vec::new();
    if let Some(parent) = part.parent
        && parts[parent].is_open()
    {
        // Now and then, so that many children of one parent cost in proportion.
        parts[parent].gone += 1;
        if parts[parent].gone * 2 > parts[parent].children.len() {
            let mut children = std::mem::take(&mut parts[parent].children);
            children.retain(|child| !matches!(parts[*child].state, State::Sent));
            parts[parent].children = children;
            parts[parent].gone = 0;
        }
    }
}

/// The most that a document has beside the bodies in it, for each.
const ENVELOPE: usize = 136;
