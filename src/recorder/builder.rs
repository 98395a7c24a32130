//! How a recorder is set up.

use std::sync::Arc;

use crate::error::Error;
use crate::recorder::beside_daemon::BesideDaemon;
use crate::recorder::blocks::Blocks;
use crate::recorder::clues::Clues;
use crate::recorder::memory::Nowhere;
use crate::recorder::open_segments::OpenSegments;
use crate::recorder::outlet::Outlet;
use crate::recorder::shared::Shared;
use crate::recorder::stats::{Counters, count};
use crate::recorder::udp::UdpEmitter;
use crate::recorder::{
    ContextMissing, DaemonAddress, Naming, Origin, Recorder, Sampling, Settings,
};
use crate::seam::{Clock, Environment, Ids};
use crate::wire::{Daemon, Emit, Note};

/// Sets up a [`Recorder`].
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::{ContextMissing, Origin};
/// use xray_phantom::{Recorder, Sampling};
///
/// let recorder = Recorder::builder("OrdersWorker")
///     .sampling(Sampling::default_rule())
///     .context_missing(ContextMissing::Ignore)
///     .version("1.4.2")
///     .origin(Origin::new("AWS::EC2::Instance").with("ec2", "instance_id", "i-0b5a4678fc325bg98"))
///     .build();
/// # drop(recorder);
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it builds a recorder"]
pub struct RecorderBuilder {
    service: String,
    destination: Option<Destination>,
    environment: Environment,
    clock: Option<Clock>,
    ids: Option<Ids>,
    sampling: Option<Sampling>,
    naming: Option<Naming>,
    context_missing: Option<ContextMissing>,
    streaming: usize,
    backtraces: bool,
    disabled: bool,
    blocks: Blocks,
}

#[derive(Debug)]
enum Destination {
    Address(DaemonAddress),
    Emitter(Arc<dyn Emit>),
}

impl RecorderBuilder {
    pub(in crate::recorder) fn new(service: &str) -> RecorderBuilder {
        RecorderBuilder {
            service: service.to_owned(),
            destination: None,
            environment: Environment::of::<String, String>([]),
            clock: None,
            ids: None,
            sampling: None,
            naming: None,
            context_missing: None,
            streaming: THRESHOLD,
            backtraces: false,
            disabled: false,
            blocks: Blocks::default(),
        }
    }

    /// Sends to a daemon in this process, in memory: nothing is lost on the way.
    ///
    /// Findings of the recorder, such as a subsegment that was left open, are reported by that
    /// daemon, every segment is recorded unless [`sampling`](RecorderBuilder::sampling) is said, and
    /// the clock is tokio's: a test that pauses it sees virtual time in its trace.
    pub fn daemon(mut self, daemon: &impl Daemon) -> Self {
        self.destination = Some(Destination::Emitter(daemon.emitter()));
        self
    }

    /// Sends to a daemon in this process over UDP, as a program in production does.
    ///
    /// Otherwise as [`daemon`](RecorderBuilder::daemon); what the recorder says it has sent is held
    /// against what arrives.
    ///
    /// # Errors
    ///
    /// A socket that the system refuses.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon_over_udp(&daemon).unwrap().build();
    /// block_on(recorder.in_segment_infallible("api", async |_| ()));
    /// block_on(daemon.expect_one_trace());
    /// # }
    /// ```
    pub fn daemon_over_udp(mut self, daemon: &impl Daemon) -> Result<Self, Error> {
        let emitter = Arc::new(BesideDaemon::to(daemon)?);
        self.destination = Some(Destination::Emitter(emitter));
        Ok(self)
    }

    /// Sends to the daemon at this address over UDP: a `SocketAddr`, or a [`DaemonAddress`] where it
    /// has a name. The default is 127.0.0.1:2000.
    ///
    /// A name is looked up when the recorder is built; and anew, on a thread of its own, when its
    /// addresses have refused what was sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::Ipv4Addr;
    /// use xray_phantom::Recorder;
    /// use xray_phantom::recorder::DaemonAddress;
    ///
    /// let daemon: DaemonAddress = "localhost:2000".parse()?;
    /// let recorder = Recorder::builder("api").daemon_address(daemon).build();
    ///
    /// let daemon = std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 2_000));
    /// let recorder = Recorder::builder("api").daemon_address(daemon).build();
    /// # drop(recorder);
    /// # Ok::<(), xray_phantom::Error>(())
    /// ```
    pub fn daemon_address(mut self, daemon: impl Into<DaemonAddress>) -> Self {
        self.destination = Some(Destination::Address(daemon.into()));
        self
    }

    /// Sends in another way: [`MemoryEmitter`](crate::recorder::MemoryEmitter),
    /// [`JsonLines`](crate::recorder::JsonLines), or one of your own.
    pub fn emitter(mut self, emitter: impl Emit + 'static) -> Self {
        self.destination = Some(Destination::Emitter(Arc::new(emitter)));
        self
    }

    /// Takes settings from this environment: the variables of the official SDKs, as
    /// [`Settings`] lists them. Without this none is read.
    ///
    /// A daemon or an emitter that this builder is told of goes before `AWS_XRAY_DAEMON_ADDRESS`;
    /// then that variable is not looked at, and nothing is told if it holds no address.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Takes the time from this clock.
    pub fn clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = Some(clock.into());
        self
    }

    /// Takes new ids from this source.
    pub fn ids(mut self, ids: Ids) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Which requests are recorded, where the caller has not decided. The default is one a second
    /// and 5 % of the others; beside a `FakeDaemon`, all.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = Some(sampling);
        self
    }

    /// How [`Recorder::segment_name`] names segments. The default is the service's name.
    ///
    /// `AWS_XRAY_TRACING_NAME` goes before it, where an
    /// [`environment`](RecorderBuilder::environment) has it: as the fixed name, or as the fallback
    /// where hosts name their segments.
    pub fn naming(mut self, naming: Naming) -> Self {
        self.naming = Some(naming);
        self
    }

    /// What happens to code that runs outside of every segment.
    pub fn context_missing(mut self, what: ContextMissing) -> Self {
        self.context_missing = Some(what);
        self
    }

    /// How many subsegments that have ended are kept until their segment ends; beyond, they are sent
    /// early. The default is 100, as in the Node and Java SDKs. Large ones are sent earlier.
    pub fn streaming_threshold(mut self, subsegments: usize) -> Self {
        self.streaming = subsegments;
        self
    }

    /// Records the stack with each error. It costs some tens of microseconds an error, so that it is
    /// off unless asked for.
    pub fn backtraces(mut self, on: bool) -> Self {
        self.backtraces = on;
        self
    }

    /// The version of the program, for `service.version`.
    pub fn version(mut self, version: &str) -> Self {
        self.blocks.version = Some(version.to_owned());
        self
    }

    /// Where the program runs. What is not said here is not looked for: [`Origin::detect`] asks
    /// variables and files.
    pub fn origin(mut self, origin: Origin) -> Self {
        self.blocks.origin = origin;
        self
    }

    /// Records nothing and sends nothing; the code runs as ever.
    ///
    /// Nothing is looked up, no socket is opened, and what else is set cannot be wrong:
    /// [`try_build`](RecorderBuilder::try_build) gives no error. The same goes where the
    /// environment says so.
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// Builds the recorder.
    ///
    /// The program under trace goes on, whatever is wrong: what cannot be used is told on stderr and
    /// left out, and where the socket of a UDP recorder cannot be opened each document tries again.
    /// [`try_build`](RecorderBuilder::try_build) gives an error.
    pub fn build(self) -> Recorder {
        let (recorder, problems) = self.finish();
        for problem in problems {
            recorder.note(problem);
        }
        recorder
    }

    /// Builds the recorder.
    ///
    /// # Errors
    ///
    /// A socket that the system refuses, an address without a port or with a name that nobody
    /// knows; a variable that cannot be used; a version or an origin that is too long. All of them
    /// are named, with `; ` between.
    pub fn try_build(self) -> Result<Recorder, Error> {
        let (recorder, problems) = self.finish();
        if problems.is_empty() {
            return Ok(recorder);
        }
        let problems: Vec<&str> = problems.iter().map(Note::message).collect();
        Err(Error::stopped(problems.join("; ")))
    }

    /// The recorder, and what could not be used.
    fn finish(self) -> (Recorder, Vec<Note>) {
        let (settings, mut problems) = match self.destination {
            None => Settings::read(&self.environment),
            Some(_) => Settings::read_but_daemon(&self.environment),
        };
        let disabled = self.disabled || settings.disabled;
        let emitter: Arc<dyn Emit> = match self.destination {
            Some(Destination::Emitter(emitter)) => emitter,
            _ if disabled => Arc::new(Nowhere),
            address => {
                let address = match address {
                    Some(Destination::Address(address)) => address,
                    _ => settings.daemon.unwrap_or_default(),
                };
                let clock = self.clock.clone().unwrap_or_else(Clock::system);
                let (emitter, opened) = UdpEmitter::to(address.udp(), clock);
                let failed = opened.err();
                problems.extend(failed.map(|error| Note::new("no-socket", error.to_string())));
                Arc::new(emitter)
            }
        };
        let emitter: Arc<dyn Emit> = Arc::new(Outlet::to(emitter));
        let clock = match self.clock {
            Some(clock) => clock,
            None if emitter.is_test() => Clock::tokio(),
            None => Clock::system(),
        };
        let sampling = match self.sampling {
            Some(sampling) => sampling,
            None if emitter.is_test() => Sampling::always(),
            None => Sampling::default_rule(),
        };
        let open = Arc::<OpenSegments>::default();
        let clues = emitter.is_test().then(|| {
            emitter.watch(Arc::<OpenSegments>::clone(&open));
            let clues = Arc::new(Clues::for_test(emitter.daemon()));
            emitter.watch(Arc::<Clues>::clone(&clues));
            clues
        });
        let naming = match (self.naming, &settings.tracing_name) {
            (Some(naming), Some(name)) => Some(naming.with_name(name)),
            (naming, _) => naming,
        };
        let service = settings.tracing_name.unwrap_or(self.service);
        let naming = naming.unwrap_or_else(|| Naming::fixed(&service));
        let blocks = Blocks {
            service,
            ..self.blocks
        };
        let counters = Arc::<Counters>::default();
        if disabled {
            // It does nothing, so that nothing can be wrong.
            problems.clear();
        } else {
            for cut in blocks.problems() {
                count(&counters.cut);
                problems.push(Note::new("cut", cut));
            }
        }
        let recorder = Recorder::new(Shared {
            blocks: blocks.written(),
            clock,
            ids: self.ids.unwrap_or_else(Ids::random),
            emitter,
            sampling,
            context_missing: settings
                .context_missing
                .or(self.context_missing)
                .unwrap_or_default(),
            naming,
            streaming: self.streaming,
            backtraces: self.backtraces,
            disabled,
            counters,
            open,
            clues,
        });
        (recorder, problems)
    }
}

/// The number of subsegments from which on they are sent early.
const THRESHOLD: usize = 100;
