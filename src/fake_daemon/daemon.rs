//! The daemon itself.

use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::capture::{CaptureFile, Counts, Listener, Received};
use crate::error::Error;
use crate::fake_daemon::around::CapturedHere;
use crate::fake_daemon::captures::Captures;
use crate::fake_daemon::golden::Keeper;
use crate::fake_daemon::hooks::Hooks;
use crate::fake_daemon::in_memory::Notebook;
use crate::fake_daemon::inspect::{Inspection, Inspector};
use crate::fake_daemon::report::Judged;
use crate::fake_daemon::scope::Outcome;
use crate::fake_daemon::senders::{Audits, explained};
use crate::fake_daemon::{FakeDaemonBuilder, Report, tasks};
use crate::schema::Secrets;
use crate::seam::Clock;
use crate::service::SamplingResponder;
use crate::trace::{ExternalParents, Trace};
use crate::wire::Note;

/// An X-Ray daemon for one test: it captures what the code under test sends, and answers
/// questions about it.
///
/// It listens on 127.0.0.1 on a port of its own, on UDP for segments and on TCP, under the same
/// number, for the sampling requests of the SDKs, which it answers with "record everything". (A
/// trace that a program begins before its SDK has the first answer may still be sampled out by
/// the SDK's local rules: one in a second and 5 % are recorded then. Test traces after that one.)
///
/// Every question first waits for a fence: what was sent before the question is in the answer,
/// so that a test needs no sleep and no time-out, and absence can be relied on. The guarantee is
/// for what *has been sent*, by this thread or by others whose `send` has returned, or by a
/// process that has exited. Tasks of the runtime that are ready run first; on a runtime of
/// several threads join what was spawned, as nobody can tell from outside when it has sent. An
/// exporter that batches is flushed with [`before_fence`](FakeDaemon::before_fence).
///
/// When it is dropped and something arrived that nobody expected (a datagram that AWS would
/// refuse, a document of which X-Ray would lose a part, a trace that is not complete, a loss in
/// the kernel), it panics with a [`Report`]. If a test returns `Err`, that panic would hide it:
/// [`scope`](FakeDaemon::scope) shows both, and is the form to prefer.
///
/// # Examples
///
/// ```
/// use std::net::UdpSocket;
/// use xray_phantom::{FakeDaemon, block_on, wire};
///
/// let daemon = FakeDaemon::start();
///
/// // The code under test, told of `daemon.address()`, sends a segment:
/// let segment = r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1",
///     "name": "OrdersWorker", "start_time": 1.0, "end_time": 1.5,
///     "subsegments": [{"id": "00000000000000b1", "name": "dynamo-put", "start_time": 1.1, "end_time": 1.4}]}"#;
/// let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
/// socket.send_to(&wire::frame(segment).unwrap(), daemon.address()).unwrap();
///
/// let trace = block_on(daemon.expect_one_trace());
/// assert!(trace.has_subsegment("dynamo-put"));
/// ```
///
#[doc = include_str!("emitters.md")]
#[doc = concat!("```\n", include_str!("../../examples/opentelemetry.rs"), "```")]
#[must_use = "dropped, it captures nothing"]
pub struct FakeDaemon {
    pub(in crate::fake_daemon) listener: Listener,
    _sampling: SamplingResponder,
    external: ExternalParents,
    pub(in crate::fake_daemon) hooks: Hooks,
    started: String,
    pub(in crate::fake_daemon) notebook: Arc<Notebook>,
    /// What was looked into so far.
    inspector: Arc<Mutex<Inspector>>,
    judged: Arc<Mutex<Judged>>,
    /// The same, for the traces that it hands out.
    around: Arc<CapturedHere>,
    pub(in crate::fake_daemon) captures: Arc<Captures>,
    pub(in crate::fake_daemon) audits: Audits,
    keeper: Keeper,
    /// Whether a panic has told where the capture is.
    told: AtomicBool,
    /// Whether the test has ended with an error.
    failed: AtomicBool,
    /// Whether it was judged for the last time.
    ended: bool,
}

impl FakeDaemon {
    /// Starts a daemon. It is ready when this returns.
    ///
    /// # Panics
    ///
    /// Where [`try_start`](FakeDaemon::try_start) gives an error.
    #[track_caller]
    pub fn start() -> FakeDaemon {
        FakeDaemon::builder().start()
    }

    /// Starts a daemon.
    ///
    /// # Errors
    ///
    /// A socket or thread that the system refuses.
    #[track_caller]
    pub fn try_start() -> Result<FakeDaemon, Error> {
        FakeDaemon::builder().try_start()
    }

    /// Sets up a daemon.
    pub fn builder() -> FakeDaemonBuilder {
        FakeDaemonBuilder::new()
    }

    /// Runs a test against a daemon of its own, and judges at its end.
    ///
    /// The test gets the daemon and ends as it likes: with `()`, a `Result`, or a panic. What it
    /// returns is returned. If something arrived that nobody expected, there is one report: the
    /// test's own error first, then the findings.
    ///
    /// The daemon starts at the call, the test at the await.
    ///
    /// # Panics
    ///
    /// With that report, if there are findings; where the daemon does not start. A panic of the
    /// test goes on as it is, with the findings on stderr.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let answer: Result<u8, std::io::Error> = block_on(FakeDaemon::scope(async |daemon| {
    ///     assert!(daemon.traces().await.unwrap().is_empty());
    ///     Ok(42)
    /// }));
    /// assert_eq!(answer.unwrap(), 42);
    /// ```
    ///
    /// ```should_panic
    /// use std::net::UdpSocket;
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// block_on(FakeDaemon::scope(async |daemon| {
    ///     let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    ///     socket.send_to(b"not a segment", daemon.address()).unwrap();
    /// }));
    /// ```
    #[track_caller]
    pub fn scope<R: Outcome, F: AsyncFnOnce(&FakeDaemon) -> R>(test: F) -> impl Future<Output = R> {
        FakeDaemon::builder().scope(test)
    }

    /// Runs a test as [`scope`](FakeDaemon::scope) does, and returns the report.
    ///
    /// # Errors
    ///
    /// The report, if there are findings or the daemon does not start.
    #[track_caller]
    pub fn try_scope<R: Outcome, F: AsyncFnOnce(&FakeDaemon) -> R>(
        test: F,
    ) -> impl Future<Output = Result<R, Report>> {
        FakeDaemon::builder().try_scope(test)
    }

    #[expect(clippy::too_many_arguments, reason = "the builder alone calls it")]
    pub(in crate::fake_daemon) fn new(
        (listener, sampling): (Listener, SamplingResponder),
        external: ExternalParents,
        hooks: Hooks,
        judged: Judged,
        secrets: Option<Secrets>,
        clock: Clock,
        started: String,
        keeper: Keeper,
    ) -> FakeDaemon {
        let notebook = Arc::<Notebook>::default();
        let inspector = Inspector::new(secrets, &judged.strictness);
        let inspector = Arc::new(Mutex::new(inspector));
        let judged = Arc::new(Mutex::new(judged));
        let captures = Arc::new(Captures::of(clock));
        let around = Arc::new(CapturedHere {
            inspector: Arc::clone(&inspector),
            notebook: Arc::clone(&notebook),
            judged: Arc::clone(&judged),
            captures: Arc::clone(&captures),
            external: external.clone(),
        });
        FakeDaemon {
            listener,
            _sampling: sampling,
            external,
            hooks,
            started,
            notebook,
            inspector,
            judged,
            around,
            captures,
            audits: Audits::default(),
            keeper,
            told: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            ended: false,
        }
    }

    /// The address of the daemon: UDP for segments, TCP for sampling.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The environment variables that lead an SDK in a child process to this daemon.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::process::Command;
    /// use xray_phantom::FakeDaemon;
    ///
    /// let daemon = FakeDaemon::start();
    /// Command::new("python3").arg("orders_worker.py").envs(daemon.env()).status().unwrap();
    /// ```
    pub fn env(&self) -> [(&'static str, String); 1] {
        [("AWS_XRAY_DAEMON_ADDRESS", self.address().to_string())]
    }

    /// The size of the socket's receive buffer as the system accounts it, in bytes; `None` where
    /// it does not tell.
    pub fn receive_buffer(&self) -> Option<usize> {
        self.listener.receive_buffer()
    }

    /// Waits until all that was sent before has been read, and tells how much came.
    ///
    /// # Errors
    ///
    /// A fence that does not come back within ten seconds.
    pub async fn fence(&self) -> Result<Counts, Error> {
        // In this order: a task that records into a batch, the flush of the batch, the fence.
        tasks::let_run().await;
        self.run_hooks();
        self.fence_alone().await
    }

    /// The same for a judgement, for which nothing is held back.
    async fn last_fence(&self) -> Result<Counts, Error> {
        tasks::let_run().await;
        self.run_hooks();
        self.release();
        self.fence_alone().await
    }

    /// The fence without what comes before it.
    async fn fence_alone(&self) -> Result<Counts, Error> {
        let said = self.audits.said();
        Ok(explained(self.listener.fence().await?, said))
    }

    /// The same on this thread.
    fn fence_blocking(&self) -> Result<Counts, Error> {
        let said = self.audits.said();
        Ok(explained(self.listener.fence_blocking()?, said))
    }

    /// The datagrams that came, in order of arrival, rejected ones too.
    ///
    /// # Errors
    ///
    /// As [`fence`](FakeDaemon::fence).
    pub async fn datagrams(&self) -> Result<Vec<Received>, Error> {
        self.fence().await?;
        Ok(self.listener.received())
    }

    /// Saves the datagrams that came to a [capture file](CaptureFile).
    ///
    /// # Errors
    ///
    /// As [`fence`](FakeDaemon::fence), and a file that cannot be written.
    pub async fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let datagrams = self.datagrams().await?;
        CaptureFile::write(path, &datagrams)
    }

    /// Judges what came so far. What this reports is not reported again when the daemon is
    /// dropped.
    ///
    /// # Errors
    ///
    /// What nobody expected: rejections, violations that X-Ray would refuse a document for or
    /// lose a part of it, datagrams lost in the kernel, traces that are not complete, notes of
    /// recorders and mocks.
    pub async fn verify(&self) -> Result<(), Report> {
        let counts = self.last_fence().await;
        self.judge(counts)
    }

    /// From now on findings with this code do not fail the test.
    ///
    /// The codes are in [the table](crate::schema#codes). ` at ` and a path of names restricts it
    /// to violations of some entities: see [`FakeDaemonBuilder::allow`].
    ///
    /// # Errors
    ///
    /// There is no such code, or the path is none.
    pub fn allow(&self, code: &str) -> Result<(), Error> {
        self.judged().strictness.allow(code)
    }

    /// From now on findings with this code fail the test, lints too. As
    /// [`allow`](FakeDaemon::allow). What is looked for on request alone is looked for from now on,
    /// in what came before too; for secrets that takes
    /// [`lint_secrets`](FakeDaemonBuilder::lint_secrets).
    ///
    /// # Errors
    ///
    /// There is no such code, or the path is none.
    pub fn deny(&self, code: &str) -> Result<(), Error> {
        let strictness = {
            let mut judged = self.judged();
            judged.strictness.deny(code)?;
            judged.strictness.clone()
        };
        lock(&self.inspector).heed(&strictness);
        Ok(())
    }

    /// Judges for the last time: what comes after this is late. Hooks are left out where a panic
    /// of the test is under way, as theirs would take its place.
    pub(in crate::fake_daemon) async fn end(mut self, panicked: bool) -> Result<(), Report> {
        let counts = if panicked {
            self.hooks.clear();
            self.release();
            self.fence_alone().await
        } else {
            self.last_fence().await
        };
        self.ended = true;
        let verdict = self.judge(counts);
        if verdict.is_ok() && (panicked || self.failed.load(Ordering::Relaxed)) {
            self.keep_and_say();
        }
        verdict
    }

    /// Notes that the test has ended with an error.
    pub(in crate::fake_daemon) fn note_failure(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    /// Keeps the capture of a test that this daemon fails by a panic, if that is wanted; a line of
    /// that panic, which says where.
    pub(in crate::fake_daemon) fn kept(&self) -> String {
        match self.keeper.keep(|| self.received()) {
            Some(said) => {
                self.told.store(true, Ordering::Relaxed);
                format!("{said}\n")
            }
            None => String::new(),
        }
    }

    /// Keeps the capture of a test that fails, if that is wanted, where no text of this daemon says
    /// so.
    fn keep_and_say(&self) {
        if let Some(said) = self.keeper.keep(|| self.received())
            && !self.told.load(Ordering::Relaxed)
        {
            // As the parked sockets do: if stderr is closed there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "xray-phantom: {said} ({})", self.place());
        }
    }

    /// Judges, with what the fence gave.
    fn judge(&self, counts: Result<Counts, Error>) -> Result<(), Report> {
        let received = self.listener.received();
        let inspection = self.inspection();
        let notes = self.notebook.take();
        let report = self.judged().report(
            self.place(),
            self.receive_buffer(),
            counts,
            &received,
            inspection,
            notes,
        );
        if report.findings().is_empty() {
            Ok(())
        } else {
            Err(report.with_capture(self.keeper.keep(|| received)))
        }
    }

    /// From now on the socket cannot be read, for this reason.
    #[cfg(test)]
    pub(in crate::fake_daemon) fn break_socket(&self, why: &str) {
        self.listener.break_socket(why);
    }

    /// The daemon, as reports name it.
    pub(in crate::fake_daemon) fn place(&self) -> String {
        format!("FakeDaemon on {}, {}", self.address(), self.started)
    }

    /// All that was looked into so far.
    pub(in crate::fake_daemon) fn received(&self) -> Vec<Received> {
        self.listener.received()
    }

    /// Which parents may be missing.
    pub(in crate::fake_daemon) fn external(&self) -> &ExternalParents {
        &self.external
    }

    /// What recorders and mocks have noted so far.
    pub(in crate::fake_daemon) fn notes(&self) -> Vec<Note> {
        self.notebook.notes()
    }

    /// The trace, which knows what else came.
    pub(in crate::fake_daemon) fn handed_out(&self, trace: Trace) -> Trace {
        trace.with_around(Arc::<CapturedHere>::clone(&self.around))
    }

    /// What was looked into so far, judged.
    pub(in crate::fake_daemon) fn inspector(&self) -> MutexGuard<'_, Inspector> {
        let mut inspector = lock(&self.inspector);
        let first = inspector.entered();
        self.listener.visit(first, |datagram| {
            inspector.enter(datagram.seq(), datagram);
        });
        inspector
    }

    /// The traces that came, and the rules that their documents break.
    pub(in crate::fake_daemon) fn inspection(&self) -> Inspection {
        self.inspector().inspection(&self.external)
    }

    fn run_hooks(&self) {
        for note in self.hooks.run() {
            self.notebook.note_once(note);
        }
    }

    pub(in crate::fake_daemon) fn judged(&self) -> MutexGuard<'_, Judged> {
        lock(&self.judged)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The backstop: what nobody expected fails the test. Silent while a panic is under way.
impl Drop for FakeDaemon {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if std::thread::panicking() {
            // Read and not judged: what came before is not late, nor what an exporter sends that
            // ends with its hook. A failure of the fence is not what the test is about now.
            self.hooks.clear();
            let _ = self.listener.fence_blocking();
            self.keep_and_say();
            return;
        }
        self.run_hooks();
        self.release();
        let counts = self.fence_blocking();
        if let Err(report) = self.judge(counts) {
            panic!("{report}{HIDDEN}");
        }
    }
}

impl fmt::Debug for FakeDaemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place())
    }
}

const HIDDEN: &str = "\
If the test returned an Err, this panic has taken its place: FakeDaemon::scope shows both.\n";
