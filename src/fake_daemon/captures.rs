//! Traces that a daemon has begun itself, each for some code.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::model::TraceId;
use crate::seam::{Clock, Ids};
use crate::wire::{Sampled, TraceHeader};

/// The trace that a [capture](crate::FakeDaemon::capture) has begun for its code.
#[derive(Clone)]
pub struct CaptureContext {
    header: TraceHeader,
    trace_id: TraceId,
    daemon: (&'static str, String),
}

impl CaptureContext {
    /// The trace header that the code runs under, as its caller would send it.
    pub fn header(&self) -> &TraceHeader {
        &self.header
    }

    /// The same as text, for what takes an HTTP header or `_X_AMZN_TRACE_ID`.
    ///
    /// ```text
    /// Root=1-66a00000-0123456789abcdef01234567;Sampled=1
    /// ```
    pub fn header_text(&self) -> String {
        self.header.to_string()
    }

    /// The id of the trace.
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The environment variables for a child process: the daemon's address, and the header where
    /// Lambda has it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::process::Command;
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let (status, trace) = block_on(daemon.capture(async |context| {
    ///     Command::new("python3").arg("orders_worker.py").envs(context.env()).status().unwrap()
    /// }));
    /// assert!(status.success() && trace.has_segment("OrdersWorker"));
    /// ```
    pub fn env(&self) -> [(&'static str, String); 2] {
        [
            self.daemon.clone(),
            ("_X_AMZN_TRACE_ID", self.header_text()),
        ]
    }
}

/// The header.
impl fmt::Debug for CaptureContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.header, f)
    }
}

/// The traces that were begun so.
pub(in crate::fake_daemon) struct Captures {
    clock: Clock,
    ids: Ids,
    begun: Mutex<BTreeSet<String>>,
}

impl Captures {
    pub(in crate::fake_daemon) fn of(clock: Clock) -> Captures {
        Captures {
            clock,
            ids: Ids::random(),
            begun: Mutex::default(),
        }
    }

    /// Begins a trace.
    pub(in crate::fake_daemon) fn begin(
        &self,
        sampled: Sampled,
        [daemon]: [(&'static str, String); 1],
    ) -> CaptureContext {
        let trace_id = self.ids.trace_id(self.clock.now());
        self.begun().insert(trace_id.to_string());
        CaptureContext {
            header: TraceHeader::new(trace_id).with_sampled(sampled),
            trace_id,
            daemon,
        }
    }

    /// Whether a trace was begun so.
    pub(in crate::fake_daemon) fn has_begun(&self, trace_id: &str) -> bool {
        self.begun().contains(trace_id)
    }

    fn begun(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
