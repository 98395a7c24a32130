//! The way of a document from a recorder to a daemon.

use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::Arc;

use crate::model::TraceId;

/// Takes the documents of a recorder. Only bytes cross here: neither side knows the other's types.
///
/// A recorder takes no harm from a panic in any of these methods: a document that is lost so
/// counts as failed, the next one is tried, and a note of code `emitter-panicked` tells it once.
///
/// # Examples
///
/// An emitter of one's own, to a queue that may be full:
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
/// use std::sync::mpsc::{SyncSender, sync_channel};
/// use xray_phantom::wire::{Emit, EmitCounts, Note};
/// use xray_phantom::{Recorder, Sampling};
///
/// #[derive(Debug)]
/// struct ToQueue {
///     queue: SyncSender<String>,
///     sent: AtomicU64,
///     failed: AtomicU64,
/// }
///
/// impl Emit for ToQueue {
///     fn emit(&self, document: &str) {
///         let sent = self.queue.try_send(document.to_owned());
///         let counter = if sent.is_ok() { &self.sent } else { &self.failed };
///         counter.fetch_add(1, Relaxed);
///     }
///
///     fn counts(&self) -> EmitCounts {
///         EmitCounts { sent: self.sent.load(Relaxed), failed: self.failed.load(Relaxed) }
///     }
///
///     fn note(&self, note: Note) {
///         eprintln!("{note}");
///     }
///
///     fn failures(&self) -> Vec<Note> {
///         match self.failed.load(Relaxed) {
///             0 => vec![],
///             _ => vec![Note::new("queue-full", "the queue is full: read it more often")],
///         }
///     }
/// }
///
/// let (queue, documents) = sync_channel(1);
/// let emitter = ToQueue { queue, sent: AtomicU64::new(0), failed: AtomicU64::new(0) };
/// let recorder = Recorder::builder("api").emitter(emitter).sampling(Sampling::always()).build();
/// recorder.in_segment_infallible_sync("first", |_| ());
/// recorder.in_segment_infallible_sync("second", |_| ()); // tells that the queue is full
/// assert_eq!((recorder.stats().sent, recorder.stats().failed), (1, 1));
/// assert!(documents.recv().unwrap().contains("first"));
/// ```
pub trait Emit: fmt::Debug + Send + Sync {
    /// Sends one document in a datagram of its own. Never blocks; what cannot be sent is counted.
    fn emit(&self, document: &str);

    /// How many documents were sent, and how many could not be.
    fn counts(&self) -> EmitCounts;

    /// Tells something that the program under test should know, such as a subsegment left open.
    fn note(&self, note: Note);

    /// Hands over what it has kept back, if it keeps anything.
    fn flush(&self) {}

    /// Asks this source for notes when a test is judged.
    fn watch(&self, source: Arc<dyn NoteSource>) {
        drop(source);
    }

    /// Whether a test stands behind it: then notes fail the test, and time may be the test's own.
    fn is_test(&self) -> bool {
        false
    }

    /// The address of the daemon of the test that stands behind it, if one does: what begins inside
    /// of a capture of that daemon joins its trace.
    fn daemon(&self) -> Option<SocketAddr> {
        None
    }

    /// What has failed on the way since this was last asked, if anything: nobody there, too large.
    ///
    /// The recorder asks after each document and each flush, and hands what it hears to
    /// [`note`](Emit::note): of each code once, unless a test stands behind.
    fn failures(&self) -> Vec<Note> {
        Vec::new()
    }
}

/// Somewhere that documents can be sent: a daemon in the same process.
pub trait Daemon {
    /// The way to it that loses nothing: in memory.
    fn emitter(&self) -> Arc<dyn Emit>;

    /// Where it listens, on UDP.
    fn address(&self) -> SocketAddr;

    /// Holds what a sender says it has sent against what arrived.
    fn audit(&self, sender: Arc<dyn Emit>);
}

/// Something that has notes only when it is asked, such as replies that were never used.
pub trait NoteSource: Send + Sync {
    /// The notes that were not given before.
    fn notes(&self) -> Vec<Note>;

    /// What explains that something has not come, and is no finding: a request that was sampled out,
    /// a segment that is still open. Of one trace, or of all. It may be asked again.
    fn clues(&self, trace: Option<TraceId>) -> Vec<Note> {
        let _ = trace;
        Vec::new()
    }
}

/// What became of the documents that an emitter was given, as far as it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmitCounts {
    /// Documents that were sent, and are not known to be lost.
    pub sent: u64,
    /// Documents that could not be sent (too large, no room), or are known to be lost since
    /// (nobody there).
    pub failed: u64,
}

/// A finding of the program's own side: a stable code, a text, and the place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    code: &'static str,
    message: String,
    place: Option<&'static Location<'static>>,
}

impl Note {
    /// A note about a place in the source.
    pub fn at(
        place: &'static Location<'static>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Note {
        Note {
            code,
            message: message.into(),
            place: Some(place),
        }
    }

    /// A note about no place in particular.
    pub fn new(code: &'static str, message: impl Into<String>) -> Note {
        Note {
            code,
            message: message.into(),
            place: None,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The place in the source.
    pub fn place(&self) -> Option<&'static Location<'static>> {
        self.place
    }

    /// Tells it on stderr. Where that is closed or full there is nobody to tell.
    pub(crate) fn tell(&self) {
        let line = format!("xray-phantom: {self}\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

/// `left-open: subsegment `x` was still open when its segment ended (src/orders.rs:7:9)`
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match self.place {
            Some(place) => write!(f, " ({place})"),
            None => Ok(()),
        }
    }
}
