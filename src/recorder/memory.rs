//! Emitters that send nowhere.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::recorder::failures::Failures;
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
/// What the writer takes counts as sent. A line that it does not take counts as failed, and so do
/// all lines since the last flush when a flush fails: nobody knows how much of them got there.
/// Both are told once, on stderr, as all notes are. After a line that was written in part the next
/// one begins on a line of its own. Of a writer that keeps lines back, such as a `BufWriter`,
/// [`Recorder::flush`](crate::Recorder::flush) gets them.
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
    lines: Mutex<Lines<W>>,
}

struct Lines<W> {
    writer: W,
    counts: EmitCounts,
    /// Those that count as sent, and may be lost in the writer.
    unflushed: u64,
    /// Whether what was written last is no whole line.
    is_torn: bool,
    failures: Failures,
}

impl<W: Write + Send> JsonLines<W> {
    /// Writes to this.
    pub fn to(writer: W) -> JsonLines<W> {
        JsonLines {
            lines: Mutex::new(Lines {
                writer,
                counts: EmitCounts::default(),
                unflushed: 0,
                is_torn: false,
                failures: Failures::default(),
            }),
        }
    }
}

impl<W: Write> Lines<W> {
    fn write(&mut self, document: &str) -> std::io::Result<()> {
        let begin = if self.is_torn { "\n" } else { "" };
        // One call, so that lines of several threads or processes stay whole.
        let line = format!("{begin}{document}\n");
        let mut rest = line.as_bytes();
        while !rest.is_empty() {
            match self.writer.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    let (done, left) = rest.split_at(written.min(rest.len()));
                    self.is_torn = !done.ends_with(b"\n");
                    rest = left;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn failed(&mut self, documents: u64, error: &std::io::Error) {
        self.counts.failed += documents;
        self.failures.once("not-written", || {
            format!("documents cannot be written as lines of JSON, and count as failed: {error}")
        });
    }
}

impl<W: Write + Send> Emit for JsonLines<W> {
    fn emit(&self, document: &str) {
        let lines = &mut *lock(&self.lines);
        match lines.write(document) {
            Ok(()) => {
                lines.counts.sent += 1;
                lines.unflushed += 1;
            }
            Err(error) => lines.failed(1, &error),
        }
    }

    fn counts(&self) -> EmitCounts {
        lock(&self.lines).counts
    }

    fn note(&self, note: Note) {
        note.tell();
    }

    fn flush(&self) {
        let lines = &mut *lock(&self.lines);
        let flushed = lines.writer.flush();
        let unflushed = std::mem::take(&mut lines.unflushed);
        if let Err(error) = flushed {
            lines.counts.sent -= unflushed;
            lines.failed(unflushed, &error);
        }
    }

    fn failures(&self) -> Vec<Note> {
        lock(&self.lines).failures.take()
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
