//! How parts of a segment end and are sent.

use std::panic::Location;
use std::sync::atomic::Ordering;

use crate::model::Timestamp;
#[cfg(feature = "aws")]
use crate::recorder::at_once::Saying;
use crate::recorder::body::{Said, body};
use crate::recorder::cut::Cut;
use crate::recorder::document::{Envelope, of_part, of_trees};
use crate::recorder::outcome::Outcome;
use crate::recorder::part::Part;
use crate::recorder::parts::Parts;
use crate::recorder::record::{Kind, Record};
use crate::recorder::spare;

impl Record {
    /// Ends a part and sends what is ready; `false` where it had ended.
    pub(in crate::recorder) fn close(&self, index: usize) -> bool {
        self.close_after(index, |_| {})
    }

    /// The same, after the last was said of it.
    #[cfg(feature = "aws")]
    pub(in crate::recorder) fn close_with(
        &self,
        index: usize,
        say: impl FnOnce(&mut Saying<'_>),
    ) -> bool {
        self.close_after(index, |parts| {
            if let Some(mut saying) = parts.saying(index) {
                say(&mut saying);
            }
        })
    }

    #[inline]
    fn close_after(&self, index: usize, before: impl FnOnce(&mut Parts)) -> bool {
        let now = self.shared().clock.now();
        let (place, outcome) = {
            let parts = &mut *self.parts();
            before(parts);
            let part = &parts.list[index];
            let place = part.place;
            // A clock that was set back does not make an end before its start.
            let end = Some(now.max(part.start));
            let start = parts.bodies.len();
            let mut cut = Cut::default();
            if !self.write(parts, index, end, &mut cut) {
                return false;
            }
            if self.is_foreign(index) {
                parts.bodies.truncate(start);
                parts.close(index);
            } else {
                parts.ended(index, start);
            }
            if !cut.is_empty() {
                parts.outcome().cut = cut;
            }
            self.send_what_is_ready(parts, index);
            match parts.outcome.take_if(|outcome| !outcome.is_empty()) {
                Some(outcome) => (place, outcome),
                None => return true,
            }
        };
        self.send(place, outcome);
        true
    }

    /// Sends what is known of a part that is open, which goes on; `false` where it had ended.
    pub(in crate::recorder) fn send_in_progress(&self, index: usize) -> bool {
        let (place, outcome) = {
            let parts = &mut *self.parts();
            if !parts.list[index].is_open() {
                return false;
            }
            parts.now_a_parent(index);
            if self.is_foreign(index) {
                return true;
            }
            let cut = self.in_progress(parts, index);
            parts.outcome().cut = cut;
            let place = parts.list[index].place;
            (place, parts.outcome.take().unwrap_or_else(spare::outcome))
        };
        self.send(place, outcome);
        true
    }

    /// Hands over what leaves, and tells what is to be told. No lock is held here.
    fn send(&self, place: &'static Location<'static>, mut outcome: Box<Outcome>) {
        let emitter = &self.shared().emitter;
        for document in outcome.documents() {
            emitter.emit(document);
        }
        self.tell_of_cut(place, &outcome.cut);
        for (place, message) in outcome.left_open.drain(..) {
            self.misused(place, "left-open", message);
        }
        spare::keep_outcome(outcome);
    }

    /// Writes the body of a part behind the other bodies, and what was cut for it; `false` where it
    /// had ended.
    fn write(
        &self,
        parts: &mut Parts,
        index: usize,
        end: Option<Timestamp>,
        cut: &mut Cut,
    ) -> bool {
        let (part, names, bodies) = parts.writing(index);
        let Some(fields) = part.fields.as_deref() else {
            return false;
        };
        let said = Said {
            id: part.id,
            name: &names[part.name.clone()],
            kind: part.kind(),
            start: part.start,
            end,
            blocks: &self.shared().blocks,
        };
        body(bodies, &said, fields, cut);
        true
    }

    /// Looks which documents leave, now that this part has ended.
    fn send_what_is_ready(&self, parts: &mut Parts, index: usize) {
        // What is open and has ended parts below it is said to be in progress: otherwise those would
        // name a parent that nobody knows, if it never ends.
        let segment_ended = !parts.list[0].is_open();
        if index == 0 && parts.list[1..].iter().any(Part::is_open) {
            let left_open: Vec<_> = left_open(parts).collect();
            parts.outcome().left_open.extend(left_open);
            for at in 1..parts.list.len() {
                self.announce(parts, at);
            }
        } else if segment_ended && index > 0 {
            let mut above = parts.list[index].parent;
            while let Some(at) = above.filter(|at| *at > 0) {
                self.announce(parts, at);
                above = parts.list[at].parent;
            }
        }
        let too_much =
            parts.ready.len() > self.shared().streaming || parts.bodies.len() > MOST_KEPT;
        if segment_ended || self.kind == Kind::Facade || too_much {
            of_trees(self.trace_id, self.caller(), parts);
        }
    }

    /// Says once that a part which is open, and that others name, is in progress.
    fn announce(&self, parts: &mut Parts, index: usize) {
        let part = &mut parts.list[index];
        if part.is_open() && part.is_parent && !part.is_announced {
            part.is_announced = true;
            // What is cut is told when it ends.
            self.in_progress(parts, index);
        }
    }

    /// Adds the document of a part that is open, as in progress; gives what was cut for it.
    fn in_progress(&self, parts: &mut Parts, index: usize) -> Cut {
        let start = parts.bodies.len();
        let mut cut = Cut::default();
        if !self.write(parts, index, None, &mut cut) {
            return cut;
        }
        let envelope = Envelope::of(self.trace_id, self.caller(), parts, index);
        let outcome = parts.outcome.get_or_insert_with(spare::outcome);
        outcome.add(|json| of_part(json, &envelope, &parts.bodies[start..]));
        parts.bodies.truncate(start);
        cut
    }

    fn tell_of_cut(&self, place: &'static Location<'static>, cut: &Cut) {
        for what in &cut.told {
            let message = format!("{what} is cut: one entity has to fit into a document of 64 kB");
            self.shared()
                .note_counted(|counters| &counters.cut, place, "cut", message);
        }
        if cut.more > 0 {
            let message = format!("{} smaller things of the same entity are cut too", cut.more);
            self.shared()
                .note_counted(|counters| &counters.cut, place, "cut", message);
            // The note counts as one of them.
            let counter = &self.shared().counters.cut;
            counter.fetch_add(cut.more - 1, Ordering::Relaxed);
        }
    }
}

impl Parts {
    /// A part has ended, whose body begins there among the bodies.
    fn ended(&mut self, index: usize, start: usize) {
        self.close(index);
        self.list[index].body = Some((start, self.bodies.len()));
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
fn left_open(parts: &Parts) -> impl Iterator<Item = (&'static Location<'static>, String)> {
    let open = (1..parts.list.len()).filter(|index| parts.list[*index].is_open());
    open.map(|index| {
        let segment = match parts.name(0) {
            "" => "the invocation".to_owned(),
            name => format!("its segment `{name}`"),
        };
        let name = parts.name(index);
        let message = format!("subsegment `{name}` was still open when {segment} ended");
        (parts.list[index].place, message)
    })
}

/// So many bytes that have ended are kept: what comes on top shall fit into one document.
const MOST_KEPT: usize = 48_000;
