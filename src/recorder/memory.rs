//! Emitters that send nowhere.

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::wire::{Emit, EmitCounts, Note};

/// Keeps documents in memory. Clones are the same one.
///
/// Beside a `FakeDaemon` nobody needs it; it is for code that looks at documents as they are, and
/// builds without the feature `testing`.
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::MemoryEmitter;
/// use xray_phantom::{Recorder, Sampling};
///
/// let kept = MemoryEmitter::new();
/// let recorder = Recorder::builder("api").emitter(kept.clone()).sampling(Sampling::always()).build();
/// recorder.in_segment_infallible_sync("api", |_| ());
/// assert!(kept.documents()[0].contains("\"name\":\"api\""));
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryEmitter {
    kept: Arc<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    documents: Mutex<Vec<String>>,
    notes: Mutex<Vec<Note>>,
}

impl MemoryEmitter {
    /// One that keeps nothing yet.
    pub fn new() -> MemoryEmitter {
        MemoryEmitter::default()
    }

    /// The documents so far, in the order in which they were sent.
    pub fn documents(&self) -> Vec<String> {
        lock(&self.kept.documents).clone()
    }

    /// The notes so far.
    pub fn notes(&self) -> Vec<Note> {
        lock(&self.kept.notes).clone()
    }
}

impl Emit for MemoryEmitter {
    fn emit(&self, document: &str) {
        lock(&self.kept.documents).push(document.to_owned());
    }

    fn counts(&self) -> EmitCounts {
        EmitCounts {
            sent: lock(&self.kept.documents).len() as u64,
            failed: 0,
        }
    }

    fn note(&self, note: Note) {
        lock(&self.kept.notes).push(note);
    }
}

/// Writes each document as a line of JSON, to a file or a pipe, say.
///
/// ```text
/// {"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"53995c3f42cd8ad8","name":"api",...}
/// ```
///
/// A line that cannot be written is counted as failed. Notes go to stderr.
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::JsonLines;
/// use xray_phantom::{Recorder, Sampling};
///
/// let recorder = Recorder::builder("api")
///     .emitter(JsonLines::to(std::io::sink()))
///     .sampling(Sampling::always())
///     .build();
/// recorder.in_segment_infallible_sync("api", |_| ());
/// assert_eq!(recorder.stats().sent, 1);
/// ```
pub struct JsonLines<W> {
    writer: Mutex<W>,
    sent: AtomicU64,
    failed: AtomicU64,
}

impl<W: Write + Send> JsonLines<W> {
    /// Writes to this.
    pub fn to(writer: W) -> JsonLines<W> {
        JsonLines {
            writer: Mutex::new(writer),
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }
}

impl<W: Write + Send> Emit for JsonLines<W> {
    fn emit(&self, document: &str) {
        // One call, so that lines of several threads or processes stay whole.
        let line = format!("{document}\n");
        let written = lock(&self.writer).write_all(line.as_bytes());
        let counter = if written.is_ok() {
            &self.sent
        } else {
            &self.failed
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn counts(&self) -> EmitCounts {
        EmitCounts {
            sent: self.sent.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }

    fn note(&self, note: Note) {
        note.tell();
    }

    fn flush(&self) {
        // What cannot be flushed was counted when it was written, or will be.
        let _ = lock(&self.writer).flush();
    }
}

impl<W> fmt::Debug for JsonLines<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON lines")
    }
}

/// Where a disabled recorder sends: nothing comes of it.
#[derive(Debug)]
pub(in crate::recorder) struct Nowhere;

impl Emit for Nowhere {
    fn emit(&self, _document: &str) {}

    fn counts(&self) -> EmitCounts {
        EmitCounts::default()
    }

    fn note(&self, _note: Note) {}
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
