//! What explains to a test that something has not come.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

use crate::error::on_one_line;
use crate::model::TraceId;
use crate::recorder::record::{Held, Record};
use crate::wire::{Note, NoteSource};

/// What a recorder beside a test remembers for the case that something is missing there: which
/// segments are open, and which were sampled out. In production nobody asks, and nothing is
/// remembered.
#[derive(Debug)]
pub(in crate::recorder) struct Clues {
    daemon: Option<SocketAddr>,
    open: Mutex<Vec<Weak<Record>>>,
    sampled_out: Mutex<BTreeMap<Group, SampledOut>>,
}

/// Segments that share a reason, and the capture in which they began, if it was one.
type Group = (Option<TraceId>, String);

/// Segments that were sampled out.
#[derive(Debug)]
struct SampledOut {
    /// Of the first.
    name: String,
    place: &'static Location<'static>,
    number: u64,
}

impl Clues {
    /// For the test that stands behind this daemon, if that is known.
    pub(in crate::recorder) fn for_test(daemon: Option<SocketAddr>) -> Clues {
        Clues {
            daemon,
            open: Mutex::default(),
            sampled_out: Mutex::default(),
        }
    }

    /// The daemon behind which the test stands.
    pub(in crate::recorder) fn daemon(&self) -> Option<SocketAddr> {
        self.daemon
    }

    /// A segment was opened.
    pub(in crate::recorder) fn opened(&self, record: &Held) {
        let open = &mut *lock(&self.open);
        // Now and then, so that a test of many segments remembers those that somebody holds.
        if open.len() == open.capacity() {
            open.retain(|record| record.strong_count() > 0);
        }
        open.push(record.downgrade());
    }

    /// A segment was opened and is not recorded.
    pub(in crate::recorder) fn sampled_out(
        &self,
        captured: Option<TraceId>,
        why: &str,
        name: &str,
        place: &'static Location<'static>,
    ) {
        let sampled_out = &mut *lock(&self.sampled_out);
        let group = (captured, why.to_owned());
        let first = || SampledOut {
            name: on_one_line(name, SHOWN_NAME),
            place,
            number: 0,
        };
        sampled_out.entry(group).or_insert_with(first).number += 1;
    }
}

impl NoteSource for Clues {
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }

    fn clues(&self, trace: Option<TraceId>) -> Vec<Note> {
        let open: Vec<Weak<Record>> = lock(&self.open).clone();
        let open = open.iter().filter_map(Held::upgrade);
        let open = open.filter(|record| trace.is_none_or(|trace| record.trace_id == trace));
        let open = open.filter(|record| record.is_open(0));
        let mut clues: Vec<Note> = open.map(|record| record.never_closed()).collect();
        let sampled_out = lock(&self.sampled_out);
        let wanted = |group: &Group| trace.is_none_or(|trace| group.0 == Some(trace));
        let sampled_out = sampled_out.iter().filter(|(group, _)| wanted(group));
        clues.extend(sampled_out.map(|((_, why), first)| first.told(why)));
        clues
    }
}

impl SampledOut {
    fn told(&self, why: &str) -> Note {
        let message = match self.number {
            1 => format!("`{}` was opened and is not recorded: {why}", self.name),
            number => format!(
                "{number} segments were opened and are not recorded, `{}` first: {why}",
                self.name
            ),
        };
        Note::at(self.place, "sampled-out", message)
    }
}

/// No code of others runs under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many characters of a name are shown.
const SHOWN_NAME: usize = 60;
