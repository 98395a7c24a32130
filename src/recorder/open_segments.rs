//! Segments that a test leaves open.

use std::sync::{Mutex, PoisonError, Weak};

use crate::recorder::record::{Held, Record};
use crate::wire::{Note, NoteSource};

/// The segments of a recorder beside a test that guards hold: one that is open when the test is
/// judged is told.
#[derive(Debug, Default)]
pub(in crate::recorder) struct OpenSegments(Mutex<Vec<Weak<Record>>>);

impl OpenSegments {
    pub(in crate::recorder) fn add(&self, record: &Held) {
        let open = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Now and then, so that a test of many segments remembers those that somebody holds.
        if open.len() == open.capacity() {
            open.retain(|record| record.strong_count() > 0);
        }
        open.push(record.downgrade());
    }
}

impl NoteSource for OpenSegments {
    fn notes(&self) -> Vec<Note> {
        let open = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let open = open.iter().filter_map(Held::upgrade);
        open.filter(|record| record.is_open(0))
            .map(|record| record.still_open())
            .collect()
    }
}
