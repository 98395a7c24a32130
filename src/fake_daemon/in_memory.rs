//! The way from a recorder to a daemon in the same process.

use std::fmt;
use std::io::Write as _;
use std::mem;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::capture::{Door, HandedOver, name_late};
use crate::json::Document;
use crate::model::TraceId;
use crate::wire::{Emit, EmitCounts, Note, NoteSource};

/// Hands documents over in memory, in the same bytes that would go over UDP.
pub(in crate::fake_daemon) struct InMemory {
    door: Door,
    address: SocketAddr,
    notebook: Arc<Notebook>,
    place: String,
    sent: AtomicU64,
    failed: AtomicU64,
    /// Documents that came too late.
    late: AtomicU64,
}

/// The notes of recorders and mocks, and whom to ask for more.
#[derive(Default)]
pub(in crate::fake_daemon) struct Notebook {
    notes: Mutex<Vec<Note>>,
    sources: Mutex<Vec<Arc<dyn NoteSource>>>,
}

impl InMemory {
    pub(in crate::fake_daemon) fn new(
        door: Door,
        address: SocketAddr,
        notebook: Arc<Notebook>,
        place: String,
    ) -> InMemory {
        InMemory {
            door,
            address,
            notebook,
            place,
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            late: AtomicU64::new(0),
        }
    }

    /// Names a document that came too late: each of the first few.
    fn late(&self, document: &str) {
        let before = self.late.fetch_add(1, Ordering::Relaxed);
        if before > NAMED {
            return;
        }
        let what = match Document::parse(document) {
            _ if before == NAMED => "another document, the last one that is named,".to_owned(),
            Ok(document) => name_late(&document),
            Err(_) => format!("a document of {} bytes", document.len()),
        };
        // As the parked sockets do: if stderr is closed there is nobody to tell.
        let _ = writeln!(
            std::io::stderr(),
            "xray-phantom: {what} came after its daemon had ended ({}). Something outlived that test: await its \
             tasks, join its threads.",
            self.place
        );
    }
}

impl Emit for InMemory {
    fn emit(&self, document: &str) {
        let handed_over = match self.door.hand_over(document) {
            Ok(handed_over) => handed_over,
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                return self.note(Note::new("too-large", error.to_string()));
            }
        };
        let counter = match handed_over {
            HandedOver::Taken => &self.sent,
            HandedOver::Refused | HandedOver::TooLate => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if handed_over == HandedOver::TooLate {
            self.late(document);
        }
    }

    fn counts(&self) -> EmitCounts {
        EmitCounts {
            sent: self.sent.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }

    fn note(&self, note: Note) {
        lock(&self.notebook.notes).push(note);
    }

    fn watch(&self, source: Arc<dyn NoteSource>) {
        lock(&self.notebook.sources).push(source);
    }

    fn is_test(&self) -> bool {
        self.door.is_open()
    }

    fn daemon(&self) -> Option<SocketAddr> {
        Some(self.address)
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in memory to {}", self.place)
    }
}

impl Notebook {
    /// Adds a note, unless it is there already.
    pub(in crate::fake_daemon) fn note_once(&self, note: Note) {
        let mut notes = lock(&self.notes);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// The notes so far.
    pub(in crate::fake_daemon) fn notes(&self) -> Vec<Note> {
        lock(&self.notes).clone()
    }

    /// What explains that something has not come, of one trace or of all, and is no finding.
    pub(in crate::fake_daemon) fn clues(&self, trace: Option<TraceId>) -> Vec<Note> {
        let sources = lock(&self.sources).clone();
        sources
            .iter()
            .flat_map(|source| source.clues(trace))
            .collect()
    }

    /// Takes the notes out, those of the sources too.
    pub(in crate::fake_daemon) fn take(&self) -> Vec<Note> {
        let mut notes = mem::take(&mut *lock(&self.notes));
        let sources = lock(&self.sources).clone();
        notes.extend(sources.iter().flat_map(|source| source.notes()));
        notes
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many documents that come too late are named.
const NAMED: u64 = 8;
