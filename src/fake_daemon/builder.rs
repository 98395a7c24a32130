//! How a fake daemon is set up.

use std::fmt;
use std::io::ErrorKind;
use std::panic::Location;
use std::thread;

use crate::capture::{self, Faults, Listener};
use crate::error::Error;
use crate::fake_daemon::golden::Keeper;
use crate::fake_daemon::hooks::Hooks;
use crate::fake_daemon::report::Judged;
use crate::fake_daemon::scope::{Outcome, scope};
#[cfg(feature = "schema")]
use crate::fake_daemon::second_witness::SecondWitness;
use crate::fake_daemon::strictness::Strictness;
use crate::fake_daemon::{FakeDaemon, Report};
#[cfg(feature = "schema")]
use crate::model::EntityKind;
use crate::schema::Secrets;
use crate::seam::{Clock, Environment};
use crate::service::{self, SamplingResponder};
use crate::trace::ExternalParents;

/// Sets up a [`FakeDaemon`].
///
/// # Examples
///
/// ```
/// use xray_phantom::FakeDaemon;
///
/// // A Lambda function sends subsegments alone; the service writes their segment.
/// let daemon = FakeDaemon::builder().any_external_parent().start();
/// ```
#[must_use = "a builder does nothing until it starts a daemon"]
pub struct FakeDaemonBuilder {
    receive_buffer: Option<usize>,
    faults: Faults,
    external: ExternalParents,
    clock: Clock,
    environment: Environment,
    hooks: Hooks,
    strictness: Strictness,
    secrets: Option<Secrets>,
    #[cfg(feature = "schema")]
    second: SecondWitness,
    /// The first saying about a code that cannot be.
    mistake: Option<Error>,
}

impl FakeDaemonBuilder {
    pub(in crate::fake_daemon) fn new() -> FakeDaemonBuilder {
        FakeDaemonBuilder {
            receive_buffer: None,
            faults: Faults::none(),
            external: ExternalParents::none(),
            clock: Clock::system(),
            environment: Environment::process(),
            hooks: Hooks::default(),
            strictness: Strictness::default(),
            secrets: None,
            #[cfg(feature = "schema")]
            second: SecondWitness::default(),
            mistake: None,
        }
    }

    /// Holds the socket's receive buffer down to this many bytes, as the system accounts them.
    ///
    /// Without it the buffer is as large as the system allows. Linux gives a socket that asks for
    /// nothing 212,992 bytes, room for 166 datagrams of 637 bytes. The variable
    /// `XRAY_PHANTOM_RECEIVE_BUFFER` does the same for all daemons of a process that do not say.
    pub fn receive_buffer(mut self, bytes: usize) -> Self {
        self.receive_buffer = Some(bytes);
        self
    }

    /// Does these things to the datagrams that come.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Declares a parent that someone else sends: a trace is complete without it.
    pub fn external_parent(mut self, id: impl Into<String>) -> Self {
        self.external = self.external.with(id);
        self
    }

    /// Declares that any parent may be sent by someone else.
    pub fn any_external_parent(mut self) -> Self {
        self.external = ExternalParents::any();
        self
    }

    /// Lets findings with this code pass: a rejection, a violation, a defect.
    ///
    /// A test fails for rejections, for violations that are `rejected` or `pruned`, and for
    /// defects, unless they are expected or allowed; lints do not fail it. The codes are in
    /// [the table](crate::schema#codes).
    ///
    /// ` at ` and a path of names restricts it to the violations of some entities:
    ///
    /// ```text
    /// annotation-key at OrdersWorker >> dynamo-put
    /// ```
    ///
    /// `>` is a child, `>>` anything below, `*` any run of characters; the first name may be
    /// anywhere in the trace, the last one is the entity itself. What is said with a path wins over
    /// what is said of a code alone; where both were said, [`deny`](FakeDaemonBuilder::deny) wins.
    /// A code or path that is none is an error at the start.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::FakeDaemon;
    ///
    /// let daemon = FakeDaemon::builder()
    ///     .allow("annotation-key at legacy-*")
    ///     .deny("id-in-name")
    ///     .start();
    ///
    /// let error = FakeDaemon::builder().allow("annotation").try_start().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid code `annotation`: there is no such code: is `annotation-key` meant?"
    /// );
    /// ```
    pub fn allow(mut self, code: &str) -> Self {
        let said = self.strictness.allow(code);
        self.mistake = self.mistake.or(said.err());
        self
    }

    /// Lets findings with this code fail the test, lints too. As
    /// [`allow`](FakeDaemonBuilder::allow).
    ///
    /// Two kinds of lints are looked for on request alone. Secrets are with
    /// [`lint_secrets`](FakeDaemonBuilder::lint_secrets). `trace-id-age` is where it is denied: by
    /// AWS's documentation the service no longer looks at the time in a trace id, ids of W3C have
    /// none, and those that come with a request may be old.
    pub fn deny(mut self, code: &str) -> Self {
        let said = self.strictness.deny(code);
        self.mistake = self.mistake.or(said.err());
        self
    }

    /// Looks for what seems to be a secret: a credential, a token, an e-mail address, the number of
    /// a payment card. Each is a lint, and no text of the daemon shows it whole.
    ///
    /// A lint fails no test: [`deny`](FakeDaemonBuilder::deny) it for that.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::schema::Secrets;
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::builder()
    ///     .lint_secrets(Secrets::new().allow("*@example.com"))
    ///     .deny("secret-email")
    ///     .start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// block_on(recorder.in_segment_infallible("api", async |segment| {
    ///     segment.annotate("contact", "jordan@customer.org").annotate("us", "help@example.com");
    /// }));
    /// let violation = block_on(daemon.expect_violation("secret-email"));
    /// assert_eq!(violation.pointer(), "/annotations/contact");
    /// ```
    pub fn lint_secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = Some(secrets);
        self
    }

    /// Requires that each segment follows a JSON Schema of your own, beside the rules of X-Ray.
    ///
    /// It is held against the documents of segments that have ended, when the test is judged. Drafts
    /// 4 to 2020-12 are understood, and nothing is fetched: see
    /// [`RequiredSchema`](crate::schema::RequiredSchema). A text that is no schema is an error at
    /// the start.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::builder()
    ///     .require_schema(r#"{"properties": {"annotations": {"required": ["tenant"]}}, "required": ["annotations"]}"#)
    ///     .start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// block_on(recorder.in_segment_infallible("api", async |segment| {
    ///     segment.annotate("order_id", "o-1");
    /// }));
    /// let report = block_on(daemon.verify()).unwrap_err().to_string();
    /// assert!(report.contains(
    ///     "- datagram 0 does not follow a required schema: \"tenant\" is a required property\n  \
    ///      at /annotations of api\n"
    /// ));
    /// ```
    #[cfg(feature = "schema")]
    pub fn require_schema(self, schema: &str) -> Self {
        self.require_schema_for(EntityKind::Segment, schema)
    }

    /// Requires that each segment or each subsegment, embedded or on its own, follows a JSON
    /// Schema. As [`require_schema`](FakeDaemonBuilder::require_schema).
    #[cfg(feature = "schema")]
    pub fn require_schema_for(mut self, kind: EntityKind, schema: &str) -> Self {
        let required = self.second.require(kind, schema);
        self.mistake = self.mistake.or(required.err());
        self
    }

    /// Takes the time of arrival from this clock.
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// Reads settings from this environment and not from the process.
    ///
    /// `XRAY_PHANTOM_SAVE` names a folder in which a failing test leaves its capture, as a
    /// [capture file](crate::CaptureFile) named after the thread of the test and numbered from 1. The
    /// report, or the text of the question that has no answer, says where it is; where the test
    /// panicked of itself or returned an error, a line on stderr does.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Does something before each fence: flushes an exporter that batches, say.
    ///
    /// This is for what exists before the daemon. An emitter that is constructed with the
    /// daemon's address comes after it: see [`FakeDaemon::before_fence`], also for when it runs and
    /// what becomes of an `Err` or a panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// static FLUSHES: AtomicU32 = AtomicU32::new(0);
    /// fn force_flush() {
    ///     FLUSHES.fetch_add(1, Ordering::Relaxed);
    /// }
    ///
    /// let daemon = FakeDaemon::builder().before_fence(force_flush).start();
    /// block_on(daemon.traces()).unwrap();
    /// assert_eq!(FLUSHES.load(Ordering::Relaxed), 1);
    /// ```
    #[track_caller]
    pub fn before_fence<R: Outcome>(self, hook: impl Fn() -> R + Send + Sync + 'static) -> Self {
        self.hooks.add(Location::caller(), hook);
        self
    }

    /// Starts the daemon.
    ///
    /// # Panics
    ///
    /// Where [`try_start`](FakeDaemonBuilder::try_start) gives an error.
    #[track_caller]
    pub fn start(self) -> FakeDaemon {
        match self.try_start() {
            Ok(daemon) => daemon,
            Err(error) => panic!("the FakeDaemon does not start: {error}"),
        }
    }

    /// Starts the daemon.
    ///
    /// # Errors
    ///
    /// A socket or thread that the system refuses; a variable that cannot be read; a code or a
    /// path of names that is none; faults that cannot be.
    #[track_caller]
    pub fn try_start(self) -> Result<FakeDaemon, Error> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let faults = self.faults.checked()?;
        let receive_buffer = match self.receive_buffer {
            Some(bytes) => Some(bytes),
            None => receive_buffer_variable(&self.environment)?,
        };
        let at = Location::caller();
        let thread = thread::current();
        let started = match thread.name() {
            Some(name) => format!("started at {at} on thread `{name}`"),
            None => format!("started at {at}"),
        };
        let keeper = Keeper::of(&self.environment, thread.name())?;
        // Sockets whose port is taken on TCP are held until the end, so that none comes twice.
        let mut taken = Vec::new();
        let (udp, tcp) = loop {
            let udp = capture::bind()?;
            let address = udp
                .local_addr()
                .map_err(|error| Error::io("ask for the address of a socket", error))?;
            match service::bind(address) {
                Ok(tcp) => break (udp, tcp),
                Err(error) if error.kind() == ErrorKind::AddrInUse && taken.len() < TRIES => {
                    taken.push(udp);
                }
                Err(error) => return Err(Error::io(format!("listen on TCP {address}"), error)),
            }
        };
        let sampling = SamplingResponder::start(tcp, self.clock.clone(), capture::end_accepting)?;
        let clock = self.clock.clone();
        let listener = Listener::start(udp, receive_buffer, self.clock, started.clone())?;
        listener.set_faults(faults)?;
        Ok(FakeDaemon::new(
            (listener, sampling),
            self.external,
            self.hooks,
            Judged::new(
                self.strictness,
                #[cfg(feature = "schema")]
                self.second,
            ),
            self.secrets,
            clock,
            started,
            keeper,
        ))
    }

    /// Runs a test against a daemon of its own; see [`FakeDaemon::scope`].
    ///
    /// # Panics
    ///
    /// As [`FakeDaemon::scope`].
    #[track_caller]
    pub fn scope<R: Outcome, F: AsyncFnOnce(&FakeDaemon) -> R>(
        self,
        test: F,
    ) -> impl Future<Output = R> {
        let daemon = self.start();
        async move {
            match scope(daemon, seen(test)).await {
                Ok(outcome) => outcome,
                Err(report) => panic!("{report}"),
            }
        }
    }

    /// Runs a test against a daemon of its own; see [`FakeDaemon::try_scope`].
    ///
    /// # Errors
    ///
    /// As [`FakeDaemon::try_scope`].
    #[track_caller]
    pub fn try_scope<R: Outcome, F: AsyncFnOnce(&FakeDaemon) -> R>(
        self,
        test: F,
    ) -> impl Future<Output = Result<R, Report>> {
        let daemon = self.try_start();
        async move {
            match daemon {
                Ok(daemon) => scope(daemon, seen(test)).await,
                Err(error) => Err(Report::unstarted(&error)),
            }
        }
    }
}

impl fmt::Debug for FakeDaemonBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeDaemonBuilder")
            .field("receive_buffer", &self.receive_buffer)
            .finish_non_exhaustive()
    }
}

/// A test whose error its daemon gets to know, so that it keeps the capture.
fn seen<R: Outcome>(
    test: impl AsyncFnOnce(&FakeDaemon) -> R,
) -> impl AsyncFnOnce(&FakeDaemon) -> R {
    async |daemon: &FakeDaemon| {
        let outcome = test(daemon).await;
        if outcome.error().is_some() {
            daemon.note_failure();
        }
        outcome
    }
}

fn receive_buffer_variable(environment: &Environment) -> Result<Option<usize>, Error> {
    let Some(value) = environment.variable(RECEIVE_BUFFER)? else {
        return Ok(None);
    };
    match value.parse() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) => Err(Error::invalid(
            "environment variable",
            &format!("{RECEIVE_BUFFER}={value}"),
            "expected a whole number of bytes, such as 212992",
        )),
    }
}

/// Holds down the receive buffers of all daemons that do not say themselves.
const RECEIVE_BUFFER: &str = "XRAY_PHANTOM_RECEIVE_BUFFER";
/// How many UDP ports may turn out to be taken on TCP.
const TRIES: usize = 64;
