//! Documents of parts that have ended.

use crate::model::limits::NEARLY_LARGE_DOCUMENT;
use crate::model::{EntityId, TraceId};
use crate::recorder::outcome::Outcome;
use crate::recorder::parts::Parts;
use crate::recorder::spare;

/// What a document says beside the bodies in it.
pub(in crate::recorder) struct Envelope {
    trace_id: TraceId,
    parent: Option<EntityId>,
    is_segment: bool,
}

impl Envelope {
    /// The envelope of a part, in a segment that has this caller.
    pub(in crate::recorder) fn of(
        trace_id: TraceId,
        caller: Option<EntityId>,
        parts: &Parts,
        index: usize,
    ) -> Envelope {
        let above = parts.list[index].parent;
        Envelope {
            trace_id,
            parent: match above {
                Some(parent) => Some(parts.list[parent].id),
                None => caller,
            },
            is_segment: above.is_none(),
        }
    }

    /// Writes the first members, up to the comma before the body.
    fn begin(&self, json: &mut Vec<u8>) {
        let mut trace = *b"{\"trace_id\":\"...................................\",";
        trace[13..48].copy_from_slice(&self.trace_id.digits());
        json.extend_from_slice(&trace);
        if !self.is_segment {
            json.extend_from_slice(b"\"type\":\"subsegment\",");
        }
        if let Some(parent) = self.parent {
            let mut id = *b"\"parent_id\":\"................\",";
            id[13..29].copy_from_slice(&parent.digits());
            json.extend_from_slice(&id);
        }
    }
}

/// Writes the document of one part alone.
pub(in crate::recorder) fn of_part(json: &mut Vec<u8>, envelope: &Envelope, body: &[u8]) {
    envelope.begin(json);
    json.extend_from_slice(body);
    json.push(b'}');
}

/// Adds the documents of all parts that have ended and were not sent: one for each that lies in no
/// other, if that is not too large. Otherwise the largest subtrees go on their own, before what they
/// belong to. All of them count as sent.
pub(in crate::recorder) fn of_trees(
    trace_id: TraceId,
    caller: Option<EntityId>,
    parts: &mut Parts,
) {
    if parts.ready.is_empty() {
        return;
    }
    let ready = std::mem::take(&mut parts.ready);
    let mut outcome = parts.outcome.take().unwrap_or_else(spare::outcome);
    let all_fit = parts.bodies.len() + ready.len() * ENVELOPE <= NEARLY_LARGE_DOCUMENT;
    for &root in &ready {
        // One that lies in another which is ready goes with it.
        let above = parts.list[root].parent;
        if above.is_some_and(|above| parts.list[above].body_len().is_some()) {
            continue;
        }
        if all_fit {
            let envelope = Envelope::of(trace_id, caller, parts, root);
            outcome.add(|json| of_tree(json, &envelope, parts, root, |_| true));
        } else {
            in_pieces(trace_id, caller, parts, root, &mut outcome);
        }
    }
    for &index in &ready {
        parts.list[index].body = None;
    }
    parts.forget_bodies();
    parts.ready = ready;
    parts.ready.clear();
    parts.outcome = Some(outcome);
}

/// Adds the document of a part with all that has ended below it, or several if that is too large.
fn in_pieces(
    trace_id: TraceId,
    caller: Option<EntityId>,
    parts: &Parts,
    root: usize,
    outcome: &mut Outcome,
) {
    let order = preorder(parts, root);
    // From the leaves up: a part with what is still attached to it fits into a document.
    let mut sizes = vec![0; order.len()];
    let mut alone = vec![false; order.len()];
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); order.len()];
    for place in (0..order.len()).rev() {
        let (index, parent) = order[place];
        let body = parts.list[index].body_len().unwrap_or_default();
        let mut size = ENVELOPE + body;
        let mut attached: Vec<usize> = below[place].clone();
        size += attached.iter().map(|child| sizes[*child]).sum::<usize>();
        // The largest first, and only so many of them that the rest fits.
        attached.sort_unstable_by_key(|child| (sizes[*child], *child));
        while size > NEARLY_LARGE_DOCUMENT
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
    let attached = |index: usize| {
        order
            .binary_search_by_key(&index, |(index, _)| *index)
            .is_ok_and(|place| !alone[place])
    };
    // Children before their parents.
    for place in (0..order.len()).rev().filter(|place| alone[*place]) {
        let index = order[place].0;
        let envelope = Envelope::of(trace_id, caller, parts, index);
        outcome.add(|json| of_tree(json, &envelope, parts, index, attached));
    }
}

/// The parts below `root` that have ended and were not sent, each with the place of its parent in
/// this list. They are in order of their numbers, which is outer ones first: a part is opened
/// before what is below it.
fn preorder(parts: &Parts, root: usize) -> Vec<(usize, Option<usize>)> {
    let mut found = vec![root];
    let mut waiting = vec![root];
    while let Some(index) = waiting.pop() {
        let has_ended = |child: &usize| parts.list[*child].body_len().is_some();
        for child in parts.children(index).filter(has_ended) {
            found.push(child);
            waiting.push(child);
        }
    }
    found.sort_unstable();
    let place = |parent: usize| found.binary_search(&parent).ok();
    found
        .iter()
        .map(|&index| {
            let parent = parts.list[index].parent.filter(|_| index != root);
            (index, parent.and_then(place))
        })
        .collect()
}

/// Writes the document of a part with the attached ones below it, without recursion: programs nest
/// as deep as they like.
fn of_tree(
    json: &mut Vec<u8>,
    envelope: &Envelope,
    parts: &Parts,
    root: usize,
    attached: impl Fn(usize) -> bool,
) {
    let first_of = |from: Option<usize>| {
        let is_in = |index: &usize| parts.list[*index].body_len().is_some() && attached(*index);
        parts.from(from).find(is_in)
    };
    envelope.begin(json);
    let mut at = root;
    loop {
        json.extend_from_slice(parts.body(at).unwrap_or_default());
        if let Some(child) = first_of(parts.list[at].children.map(|(first, _)| first)) {
            json.extend_from_slice(b",\"subsegments\":[{");
            at = child;
            continue;
        }
        json.push(b'}');
        // Up, to the first that has another child.
        loop {
            if at == root {
                return;
            }
            if let Some(next) = first_of(parts.list[at].next) {
                json.extend_from_slice(b",{");
                at = next;
                break;
            }
            let Some(above) = parts.list[at].parent else {
                return;
            };
            json.extend_from_slice(b"]}");
            at = above;
        }
    }
}

/// The most that a document has beside the bodies in it, for each.
const ENVELOPE: usize = 136;
