//! How parts of a segment end and are sent.

use std::panic::Location;
use std::sync::atomic::Ordering;

use crate::model::{EntityKind, Timestamp};
use crate::recorder::body::{Said, body};
use crate::recorder::cut::Cut;
use crate::recorder::document;
use crate::recorder::part::{Fields, Part, State};
use crate::recorder::record::{Kind, Parts, Record};

/// What there is to do once the lock is let go.
#[derive(Default)]
struct Outcome {
    documents: Vec<String>,
    cut: Cut,
    left_open: Vec<(&'static Location<'static>, String)>,
}

impl Record {
    /// Ends a part and sends what is ready; `false` where it had ended.
    pub(in crate::recorder) fn close(&self, index: usize) -> bool {
        let now = self.shared.clock.now();
        let mut outcome = Outcome::default();
        let place = {
            let parts = &mut *self.parts();
            let part = &mut parts.list[index];
            let place = part.place;
            // A clock that was set back does not make an end before its start.
            let end = Some(now.max(part.start));
            let foreign = self.is_foreign(index);
            match self.written(part, end) {
                None => return false,
                Some(_) if foreign => part.state = State::Sent,
                Some((json, cut)) => {
                    outcome.cut = cut;
                    parts.end(index, json);
                }
            }
            self.send_what_is_ready(parts, index, &mut outcome);
            place
        };
        for document in outcome.documents {
            self.shared.emitter.emit(&document);
        }
        self.tell_of_cut(place, outcome.cut);
        for (place, message) in outcome.left_open {
            self.misused(place, "left-open", message);
        }
        true
    }

    /// Sends what is known of a part that is open, which goes on; `false` where it had ended.
    pub(in crate::recorder) fn send_in_progress(&self, index: usize) -> bool {
        let (place, document, cut) = {
            let parts = &mut *self.parts();
            if !parts.list[index].is_open() {
                return false;
            }
            parts.now_a_parent(index);
            if self.is_foreign(index) {
                return true;
            }
            let place = parts.list[index].place;
            let Some((document, cut)) = self.in_progress(parts, index) else {
                return false;
            };
            (place, document, cut)
        };
        self.shared.emitter.emit(&document);
        self.tell_of_cut(place, cut);
        true
    }

    /// The body of a part that is open, and what was cut for it.
    fn written(&self, part: &mut Part, end: Option<Timestamp>) -> Option<(String, Cut)> {
        let kind = part.kind();
        let State::Open(fields) = &mut part.state else {
            return None;
        };
        let said = Said {
            id: part.id,
            name: &part.name,
            kind,
            start: part.start,
            end,
            blocks: &self.shared.blocks,
        };
        if end.is_some() {
            return Some(body(&said, fields));
        }
        // It goes on, and may become smaller.
        let mut fields: Fields = (**fields).clone();
        Some(body(&said, &mut fields))
    }

    /// Looks which documents leave, now that this part has ended.
    fn send_what_is_ready(&self, parts: &mut Parts, index: usize, outcome: &mut Outcome) {
        let segment_ended = !parts.list[0].is_open();
        if index == 0 {
            outcome.left_open = left_open(&parts.list);
        }
        if segment_ended {
            // What is open and has ended parts below it is said to be in progress: otherwise those
            // would name a parent that nobody knows, if it never ends.
            let above: Vec<usize> = if index == 0 {
                (1..parts.list.len()).collect()
            } else {
                let up = |at: &usize| parts.list[*at].parent.filter(|parent| *parent > 0);
                std::iter::successors(up(&index), up).collect()
            };
            for at in above {
                let part = &parts.list[at];
                if part.is_open() && part.is_parent && !part.is_announced {
                    parts.list[at].is_announced = true;
                    // What is cut is told when it ends.
                    let document = self.in_progress(parts, at).map(|(document, _)| document);
                    outcome.documents.extend(document);
                }
            }
        }
        let too_much = parts.ready.len() > self.shared.streaming || parts.ready_bytes > MOST_KEPT;
        if segment_ended || self.kind == Kind::Facade || too_much {
            outcome.documents.extend(self.all(parts));
        }
    }

    /// The document of a part that is open, as in progress.
    fn in_progress(&self, parts: &mut Parts, index: usize) -> Option<(String, Cut)> {
        let parent = match parts.list[index].parent {
            Some(parent) => Some(parts.list[parent].id),
            None => self.caller(),
        };
        let (json, cut) = self.written(&mut parts.list[index], None)?;
        let document = document::of_body(self.trace_id, parent, index == 0, &json);
        Some((document, cut))
    }

    /// The documents of all that has ended and was not sent.
    fn all(&self, parts: &mut Parts) -> Vec<String> {
        let ready = std::mem::take(&mut parts.ready);
        parts.ready_bytes = 0;
        let list = &mut parts.list;
        let mut documents = Vec::new();
        for index in ready {
            let within = |parent: usize| list[parent].body().is_some();
            // One that lies in another which is ready goes with it.
            if list[index].body().is_some() && !list[index].parent.is_some_and(within) {
                documents.extend(document::of_tree(self.trace_id, self.caller(), list, index));
            }
        }
        documents
    }

    fn tell_of_cut(&self, place: &'static Location<'static>, cut: Cut) {
        for what in cut.told {
            let message = format!("{what} is cut: one entity has to fit into a document of 64 kB");
            self.shared
                .note_counted(|counters| &counters.cut, place, "cut", message);
        }
        if cut.more > 0 {
            let message = format!("{} smaller things of the same entity are cut too", cut.more);
            self.shared
                .note_counted(|counters| &counters.cut, place, "cut", message);
            // The note counts as one of them.
            let counter = &self.shared.counters.cut;
            counter.fetch_add(cut.more - 1, Ordering::Relaxed);
        }
    }
}

impl Parts {
    fn end(&mut self, index: usize, body: String) {
        self.ready_bytes += body.len();
        self.list[index].state = State::Ended(body);
        // What ended well since an error is not the one that the parent passes on.
        if let (None, Some(parent)) = (self.list[index].failure, self.list[index].parent) {
            self.list[parent].last_failed = None;
        }
        self.ready.push(index);
        self.now_a_parent(index);
    }

    /// Marks all above this part: some document names them.
    fn now_a_parent(&mut self, index: usize) {
        let mut at = self.list[index].parent;
        while let Some(parent) = at.filter(|parent| !self.list[*parent].is_parent) {
            self.list[parent].is_parent = true;
            at = self.list[parent].parent;
        }
    }
}

/// A place and a message for each subsegment that is open when its segment ends.
fn left_open(parts: &[Part]) -> Vec<(&'static Location<'static>, String)> {
    let segment = match &*parts[0].name {
        "" => "the invocation".to_owned(),
        name => format!("its segment `{name}`"),
    };
    let open = parts
        .iter()
        .filter(|part| part.is_open() && part.kind() == EntityKind::Subsegment);
    let told = |part: &Part| {
        let name = &part.name;
        let message = format!("subsegment `{name}` was still open when {segment} ended");
        (part.place, message)
    };
    open.map(told).collect()
}

/// So many bytes that have ended are kept: what comes on top shall fit into one document.
const MOST_KEPT: usize = 48_000;
