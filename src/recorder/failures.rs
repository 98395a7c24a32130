//! What an emitter has to say of failures.

use std::collections::BTreeSet;

use crate::wire::Note;

/// Notes of an emitter that wait until its recorder asks for them.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Failures {
    /// The codes of those that come once.
    known: BTreeSet<&'static str>,
    waiting: Vec<Note>,
}

impl Failures {
    /// Something that goes on until somebody mends it: the first time is enough.
    pub(in crate::recorder) fn once(
        &mut self,
        code: &'static str,
        message: impl FnOnce() -> String,
    ) {
        if self.known.insert(code) {
            self.each(code, message());
        }
    }

    /// Something about one document.
    pub(in crate::recorder) fn each(&mut self, code: &'static str, message: String) {
        self.waiting.push(Note::new(code, message));
    }

    /// Takes what waits.
    pub(in crate::recorder) fn take(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.waiting)
    }
}
