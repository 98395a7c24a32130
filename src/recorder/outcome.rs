//! What leaves a segment when a part of it ends.

use std::panic::Location;

use crate::recorder::cut::Cut;

/// What there is to do once the lock is let go.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Outcome {
    /// Documents, one behind the other.
    text: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// What was cut of the part that has ended.
    pub(in crate::recorder) cut: Cut,
    /// A place and a message for each part that is open although its segment has ended.
    pub(in crate::recorder) left_open: Vec<(&'static Location<'static>, String)>,
}

impl Outcome {
    /// Adds a document, which `write` appends.
    pub(in crate::recorder) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    /// Whether there is nothing to do.
    pub(in crate::recorder) fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.cut.is_empty() && self.left_open.is_empty()
    }

    pub(in crate::recorder) fn documents(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            // Looked at once, here: everything was pushed as UTF-8.
            let Ok(document) = std::str::from_utf8(&self.text[start..*end]) else {
                unreachable!("documents are pushed as whole texts")
            };
            start = *end;
            document
        })
    }

    pub(in crate::recorder) fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(MOST_KEPT);
        self.ends.clear();
        self.ends.shrink_to(MOST_KEPT / size_of::<usize>());
        self.cut = Cut::default();
        self.left_open.clear();
        self.left_open.shrink_to(MOST_LEFT_OPEN);
    }
}

/// So many places of parts that were left open.
const MOST_LEFT_OPEN: usize = 64;
/// So many bytes of memory are kept for the next documents.
const MOST_KEPT: usize = 131_072;
