//! Code, and exactly its trace.

use std::panic::Location;

use crate::capture::{Counts, Received};
use crate::fake_daemon::sight::Sight;
use crate::fake_daemon::{CaptureContext, FakeDaemon, Shortfall};
use crate::model::{Entity, TraceId};
use crate::recorder::Capture;
use crate::trace::{PartialTrace, Trace};
use crate::wire::Sampled;

/// Captures: of a daemon that tests share, each gets its own trace.
impl FakeDaemon {
    /// Runs some code under a trace header of its own, and gives what it returned with exactly its
    /// trace.
    ///
    /// Tests may share a daemon so: other traces neither disturb nor are blamed. (A loss in the kernel
    /// fails all, as nobody knows whose datagrams they were.)
    ///
    /// A segment joins the trace if it continues the header: code that reads a header gets
    /// [`header`](CaptureContext::header) or [`header_text`](CaptureContext::header_text), a child
    /// process [`env`](CaptureContext::env). A segment of a [`Recorder`](crate::Recorder) that was built
    /// with `.daemon(&daemon)`, and that begins inside without a header of its own, joins by itself.
    /// So does one whose future is made inside, as in `tokio::spawn(recorder.in_segment(...))`; other
    /// tasks and threads are told, with [`carry`](crate::carry) and [`carry_fn`](crate::carry_fn).
    /// Await what was spawned: what was not sent when the code returns is not in the trace.
    ///
    /// # Panics
    ///
    /// Where [`try_capture`](FakeDaemon::try_capture) gives a shortfall, with its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    /// let place_order = async || {
    ///     let order = async |_| in_subsegment_infallible("dynamo-put", async |_| "o-1").await;
    ///     recorder.in_segment_infallible("OrdersWorker", order).await
    /// };
    ///
    /// block_on(place_order()); // somebody else's
    /// let (id, trace) = block_on(daemon.capture(async |_| place_order().await));
    /// assert_eq!(id, "o-1");
    /// assert!(trace.has_subsegment("dynamo-put"));
    /// ```
    ///
    /// ```should_panic
    /// use xray_phantom::wire::TraceHeader;
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// block_on(daemon.capture(async |context| {
    ///     let header = TraceHeader::parse(""); // of another request than `context.header()`
    ///     recorder.continuing(&header).in_segment_infallible("api", async |_| ()).await;
    /// }));
    /// ```
    #[track_caller]
    pub fn capture<T, F: AsyncFnOnce(CaptureContext) -> T>(
        &self,
        code: F,
    ) -> impl Future<Output = (T, Trace)> {
        let at = Location::caller();
        async move {
            match self.try_capture(code).await {
                (output, Ok(trace)) => (output, trace),
                (_, Err(shortfall)) => {
                    panic!("{shortfall}{HIDDEN}{}captured at {at}\n", self.kept())
                }
            }
        }
    }

    /// Runs some code under a trace header of its own, and gives what it returned with exactly its
    /// trace, or why there is none.
    ///
    /// # Errors
    ///
    /// Beside what the code returned: nothing came under the header, or the trace is not complete; or
    /// datagrams were lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, ShortfallCode, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let (output, trace) = block_on(daemon.try_capture(async |_| "x".parse::<u8>()));
    /// assert!(output.is_err());
    /// assert_eq!(trace.unwrap_err().code(), ShortfallCode::NotCaptured);
    /// ```
    pub async fn try_capture<T, F: AsyncFnOnce(CaptureContext) -> T>(
        &self,
        code: F,
    ) -> (T, Result<Trace, Shortfall>) {
        let before = self.mark().await;
        let context = self.captures.begin(Sampled::Keep, self.env());
        let (trace_id, header) = (context.trace_id(), context.header().clone());
        let capture = Capture::of(self.address(), header);
        let output = capture.run(code(context)).await;
        (output, self.captured(trace_id, &before).await)
    }

    async fn captured(&self, trace_id: TraceId, before: &Mark) -> Result<Trace, Shortfall> {
        let counts = self.look().await?;
        let id = trace_id.to_string();
        let trace = self.inspector().index().trace(&id, self.external());
        let sight = || self.sight_since(before, trace_id, counts);
        match trace.map(PartialTrace::complete) {
            Some(Ok(trace)) => Ok(self.handed_out(trace)),
            Some(Err(partial)) => {
                self.judged().seen.insert(id);
                Err(sight().incomplete(&partial))
            }
            None => Err(sight().not_captured(&id)),
        }
    }

    /// How far all has come.
    pub(in crate::fake_daemon) async fn mark(&self) -> Mark {
        // Where the fence fails, the next question tells it.
        let counts = self.fence().await.unwrap_or_default();
        Mark {
            counts,
            notes: self.notes().len(),
        }
    }

    /// What came since a mark and is not another capture's.
    pub(in crate::fake_daemon) fn sight_since(
        &self,
        before: &Mark,
        trace_id: TraceId,
        counts: Counts,
    ) -> Sight {
        let (since, id) = (before.counts.received, trace_id.to_string());
        let mut sight = self.sight(counts);
        let (mut known, mut otlp) = (std::collections::BTreeSet::new(), 0);
        for datagram in self.received() {
            if datagram.seq() >= since {
                otlp += u64::from(datagram.is_otlp());
            } else if let Some(id) = trace_of(&datagram) {
                known.insert(id);
            }
        }
        sight.otlp = otlp;
        sight.dropped_before = before.counts.dropped_on_request;
        sight.traces.retain(|trace| {
            let is_others = self.captures.has_begun(trace.id()) && trace.id() != id;
            !known.contains(trace.id()) && !is_others
        });
        sight.violations.retain(|violation| {
            let is_own = violation.trace_id() == Some(&*id);
            is_own || violation.trace_id().is_none() && violation.seq() >= since
        });
        sight
            .rejections
            .retain(|rejection| rejection.seq() >= since);
        sight.notes.drain(..before.notes.min(sight.notes.len()));
        sight.clues = self.notebook.clues(Some(trace_id));
        sight
    }
}

/// How far all had come.
pub(in crate::fake_daemon) struct Mark {
    pub(in crate::fake_daemon) counts: Counts,
    notes: usize,
}

/// The trace that a datagram names.
pub(in crate::fake_daemon) fn trace_of(datagram: &Received) -> Option<String> {
    let entity = Entity::of(datagram.document()?.root())?;
    entity.trace_id().map(Into::into)
}

const HIDDEN: &str = "\
If the code returned an Err, this panic has taken its place: try_capture gives both.\n";
