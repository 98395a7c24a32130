//! The recorder.

use std::error::Error;
use std::ops::Deref;
use std::panic::Location;
use std::path::Path;
use std::sync::Arc;

use crate::recorder::at_work;
use crate::recorder::decision::Decision;
use crate::recorder::entity::{Further, OpenEntity, Unsampled};
use crate::recorder::guard::EntityGuard;
use crate::recorder::lane::Lanes;
use crate::recorder::record::{Kind, Record};
use crate::recorder::run::{failed, failed_boxed, nothing, run, run_sync};
use crate::recorder::shared::{OfLane, Shared};
use crate::recorder::stats::count;
use crate::recorder::{Origin, RecorderBuilder, RecorderStats, SamplingRequest};
use crate::seam::Environment;
use crate::wire::{EmitCounts, Note, Sampled, TraceHeader};

/// Records the segments of one service. Clones are the same recorder.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
///
/// let number: Result<u16, _> = block_on(recorder.in_segment("OrdersWorker", async |_| {
///     in_subsegment("parse", async |_| "4x2".parse::<u16>()).await
/// }));
/// assert!(number.is_err());
///
/// let trace = block_on(daemon.expect_one_trace());
/// let parse = trace.nodes().find(|node| node.name().as_deref() == Some("parse")).unwrap();
/// assert_eq!(parse.entity().fault(), Some(true));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recorder {
    pub(in crate::recorder) shared: Arc<Shared>,
    /// The same for segments, by lane: they come and go, and each holds it.
    held: Arc<Lanes<Arc<OfLane>>>,
    /// The request that its segments serve.
    pub(in crate::recorder) serving: Option<Arc<Serving>>,
}

/// A request that is served.
#[derive(Debug)]
pub(in crate::recorder) struct Serving {
    pub(in crate::recorder) header: Arc<TraceHeader>,
    /// What its segments are where they are not recorded. Decided once, so that all segments of a
    /// request are recorded, or none.
    unsampled: Option<Arc<Further>>,
    /// Why they are not, for the test that stands behind it.
    pub(in crate::recorder) why: Option<Box<str>>,
}

impl Recorder {
    /// Sets up a recorder for the service of this name.
    pub fn builder(service: &str) -> RecorderBuilder {
        RecorderBuilder::new(service)
    }

    /// A recorder as the environment of this process asks for it: the variables are those of
    /// [`Settings`](crate::recorder::Settings), and [`Origin::detect`](crate::recorder::Origin::detect)
    /// tells where it runs.
    ///
    /// ```no_run
    /// use xray_phantom::Recorder;
    ///
    /// let recorder = Recorder::from_env("OrdersWorker");
    /// # drop(recorder);
    /// ```
    ///
    /// What cannot be used is told on stderr and left out. To begin with the environment and say
    /// more, or to hear of errors, use
    /// [`RecorderBuilder::environment`].
    pub fn from_env(service: &str) -> Recorder {
        let environment = Environment::process();
        let (origin, notes) = Origin::detect(&environment, Path::new("/"));
        let recorder = Recorder::builder(service)
            .environment(environment)
            .origin(origin)
            .build();
        for note in notes {
            recorder.note(note);
        }
        recorder
    }

    pub(in crate::recorder) fn new(shared: Shared) -> Recorder {
        let shared = Arc::new(shared);
        at_work::remember(&shared);
        Recorder {
            held: Arc::new(Lanes::of(|| Arc::new(OfLane(Arc::clone(&shared))))),
            shared,
            serving: None,
        }
    }

    /// The same recorder for one request: its segments continue the trace of this header.
    ///
    /// The header's decision wins over the recorder's own; `Sampled=?` and none ask for it. A header
    /// without `Root` begins a new trace, the same for all segments of the request; its `Parent`
    /// means nothing then. Unknown keys are carried on downstream.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::wire::TraceHeader;
    /// use xray_phantom::{FakeDaemon, Recorder, block_on, current};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// let header = TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=x:1");
    /// block_on(recorder.continuing(&header).in_segment_infallible("api", async |segment| {
    ///     assert_eq!(segment.trace_id(), header.root());
    ///     let downstream = current().trace_header().unwrap().to_string();
    ///     assert!(downstream.ends_with(";Sampled=1;Lineage=x:1"));
    /// }));
    /// let trace = block_on(daemon.trace("1-5759e988-bd862e3fe1be46a994272793")).unwrap();
    /// assert_eq!(trace.roots().next().unwrap().entity().parent_id().unwrap(), "53995c3f42cd8ad8");
    /// # }
    /// ```
    #[must_use = "the recorder for the request is what this returns"]
    pub fn continuing(&self, header: &TraceHeader) -> Recorder {
        self.serving(header, &SamplingRequest::new())
    }

    /// The same with what sampling rules ask of a request: its host, method and path.
    ///
    /// The decision is made here, once for all segments of the request.
    #[must_use = "the recorder for the request is what this returns"]
    pub fn serving(&self, header: &TraceHeader, request: &SamplingRequest<'_>) -> Recorder {
        let shared = &self.shared;
        let now = shared.clock.now();
        let decide = || shared.decide(request, now);
        let recorded = !shared.disabled && Decision::resolve(header.sampled(), decide).sampled;
        let asked = header.sampled() == Some(Sampled::Ask) && !shared.disabled;
        let header = match header.root() {
            // A parent is one of its trace, and nobody of a new one.
            None if !shared.disabled => {
                let root = shared.ids.trace_id(now);
                header.clone().without_parent().with_root(root)
            }
            _ => header.clone(),
        };
        let why = (!recorded && shared.clues.is_some()).then(|| match header.sampled() {
            Some(Sampled::Drop) => "the header that came with it says Sampled=0".into(),
            _ => shared.sampling.told(request).into(),
        });
        let unsampled = (!recorded).then(|| {
            let header = header.clone();
            let header = if shared.disabled {
                header
            } else {
                header.with_sampled(Sampled::Drop)
            };
            Arc::new(Further { header, asked })
        });
        Recorder {
            shared: Arc::clone(shared),
            held: Arc::clone(&self.held),
            serving: Some(Arc::new(Serving {
                header: Arc::new(header),
                unsampled,
                why,
            })),
        }
    }

    /// The name of a segment that serves a request to this host, as the recorder's
    /// [`Naming`](crate::recorder::Naming) has it.
    pub fn segment_name(&self, host: Option<&str>) -> String {
        self.shared.naming.name(host)
    }

    /// Opens a segment that ends with its guard.
    #[track_caller]
    pub fn begin_segment(&self, name: &str) -> EntityGuard {
        let place = Location::caller();
        EntityGuard::new(self.open(name, place), place)
    }

    /// The segment of one invocation of a Lambda function. The service sends it; this recorder sends
    /// the subsegments, each when it ends.
    ///
    /// The header is that of the invocation (`context.xray_trace_id` of the Lambda runtime), never
    /// one that was read when the process began. Where it does not say `Sampled=1`, or has no `Root`
    /// or `Parent`, nothing is recorded. What is still open when the guard ends is a finding, and
    /// does not reach the next invocation.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::wire::TraceHeader;
    /// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
    ///
    /// let daemon = FakeDaemon::builder().external_parent("53995c3f42cd8ad8").start();
    /// let recorder = Recorder::builder("handler").daemon(&daemon).build();
    /// let header = TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
    ///
    /// let invocation = recorder.lambda_invocation(&header);
    /// block_on(invocation.carry(async { in_subsegment_infallible("work", async |_| ()).await }));
    /// invocation.end();
    /// assert_eq!(block_on(daemon.expect_one_trace()).outline(), "work");
    /// # }
    /// ```
    #[track_caller]
    pub fn lambda_invocation(&self, header: &TraceHeader) -> EntityGuard {
        let place = Location::caller();
        let known = (header.root(), header.parent(), header.sampled());
        let entity = match known {
            (Some(trace), Some(parent), Some(Sampled::Keep)) if !self.shared.disabled => {
                let now = self.shared.clock.now();
                let record = Record::open(
                    &self.held,
                    (trace, parent),
                    Some(header.clone()),
                    Kind::Facade,
                    "",
                    (place, now),
                );
                if let Some(clues) = &self.shared.clues {
                    clues.opened(&record);
                }
                OpenEntity::new(record, 0)
            }
            _ => {
                count(&self.shared.counters.often.unsampled);
                self.tell_why_no_invocation(header, place);
                // A call downstream is told that nothing of this is recorded.
                OpenEntity::unsampled(match header.root() {
                    Some(_) => Unsampled::Further(Arc::new(Further {
                        header: header.clone().with_sampled(Sampled::Drop),
                        asked: header.sampled() == Some(Sampled::Ask),
                    })),
                    None => Unsampled::Unknown,
                })
            }
        };
        EntityGuard::new(entity, place)
    }

    /// The same with the header that Lambda puts into the environment for each invocation, in
    /// `_X_AMZN_TRACE_ID`. It is read now: nothing of the invocation before is remembered.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::seam::Environment;
    /// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible_sync};
    ///
    /// let daemon = FakeDaemon::builder().external_parent("53995c3f42cd8ad8").start();
    /// let recorder = Recorder::builder("handler").daemon(&daemon).build();
    /// let environment = Environment::of([( // Environment::process() in a function of Lambda
    ///     "_X_AMZN_TRACE_ID",
    ///     "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    /// )]);
    ///
    /// let invocation = recorder.lambda_invocation_in(&environment);
    /// invocation.carry_fn(|| in_subsegment_infallible_sync("work", |_| ()))();
    /// invocation.end();
    /// assert_eq!(block_on(daemon.expect_one_trace()).outline(), "work");
    /// # }
    /// ```
    #[track_caller]
    pub fn lambda_invocation_in(&self, environment: &Environment) -> EntityGuard {
        let text = environment.variable(LAMBDA_HEADER).unwrap_or_else(|error| {
            let code = "invalid-setting";
            self.shared.note(Note::new(code, error.to_string()));
            None
        });
        self.lambda_invocation(&TraceHeader::parse(&text.unwrap_or_default()))
    }

    /// Runs a future inside a new segment, the root of a new trace.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_segment<T, E: Error + 'static, F>(
        &self,
        name: &str,
        code: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        F: AsyncFnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        let (recorder, name) = (self.made_here(), name.to_owned());
        async move { run(recorder.open(&name, place), place, code, failed(place)).await }
    }

    /// Runs a function inside a new segment, the root of a new trace.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_segment_sync<T, E: Error + 'static, F>(&self, name: &str, code: F) -> Result<T, E>
    where
        F: FnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        run_sync(self.open(name, place), place, code, failed(place))
    }

    /// Runs a future whose error is a `Box<dyn Error>` or an `anyhow::Error` inside a new segment.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_segment_boxed<T, E, F>(
        &self,
        name: &str,
        code: F,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        E: Deref,
        E::Target: Error,
        F: AsyncFnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        let (recorder, name) = (self.made_here(), name.to_owned());
        async move {
            run(
                recorder.open(&name, place),
                place,
                code,
                failed_boxed(place),
            )
            .await
        }
    }

    /// Runs a function whose error is a `Box<dyn Error>` or an `anyhow::Error` inside a new segment.
    ///
    /// An `Err` is recorded as a fault with its cause.
    ///
    /// # Errors
    ///
    /// That of the code itself.
    #[track_caller]
    pub fn in_segment_boxed_sync<T, E, F>(&self, name: &str, code: F) -> Result<T, E>
    where
        E: Deref,
        E::Target: Error,
        F: FnOnce(OpenEntity) -> Result<T, E>,
    {
        let place = Location::caller();
        run_sync(self.open(name, place), place, code, failed_boxed(place))
    }

    /// Runs a future that cannot fail inside a new segment.
    #[track_caller]
    pub fn in_segment_infallible<T, F>(
        &self,
        name: &str,
        code: F,
    ) -> impl Future<Output = T> + use<T, F>
    where
        F: AsyncFnOnce(OpenEntity) -> T,
    {
        let place = Location::caller();
        let (recorder, name) = (self.made_here(), name.to_owned());
        async move { run(recorder.open(&name, place), place, code, nothing(place)).await }
    }

    /// Runs a function that cannot fail inside a new segment.
    #[track_caller]
    pub fn in_segment_infallible_sync<T, F>(&self, name: &str, code: F) -> T
    where
        F: FnOnce(OpenEntity) -> T,
    {
        let place = Location::caller();
        run_sync(self.open(name, place), place, code, nothing(place))
    }

    /// How many documents were sent, and how many could not be.
    pub fn counts(&self) -> EmitCounts {
        self.shared.emitter.counts()
    }

    /// What it has done so far.
    pub fn stats(&self) -> RecorderStats {
        self.shared.stats()
    }

    /// Hands over what its emitter keeps back. Over UDP and in memory nothing is kept.
    pub fn flush(&self) {
        self.shared.emitter.flush();
    }

    /// Tells something.
    pub(in crate::recorder) fn note(&self, note: Note) {
        self.shared.note(note);
    }

    /// The way to the daemon, for what reports beside the recorder.
    #[cfg(all(feature = "aws", feature = "testing"))]
    pub(crate) fn emitter(&self) -> &Arc<dyn crate::wire::Emit> {
        &self.shared.emitter
    }

    /// Tells that code of this recorder's ran outside of every segment, as the recorder wants it.
    #[cfg(feature = "aws")]
    pub(crate) fn report_missing(&self, place: &'static Location<'static>, what: &str) {
        at_work::report_missing_to(&self.shared, place, format_args!("{what}"));
    }

    fn open(&self, name: &str, place: &'static Location<'static>) -> OpenEntity {
        let shared = &self.shared;
        if let Some(serving) = &self.serving {
            if let Some(unsampled) = &serving.unsampled {
                self.sampled_out(name, place);
                return OpenEntity::unsampled(Unsampled::Further(Arc::clone(unsampled)));
            }
        } else if let Some(captured) = self.captured() {
            return captured.open(name, place);
        } else if shared.disabled {
            self.sampled_out(name, place);
            return OpenEntity::unsampled(Unsampled::Unknown);
        }
        // One look at the clock for all that is decided at the beginning.
        let now = shared.clock.now();
        let incoming = self.serving.as_ref().map(|serving| &serving.header);
        let is_sampled = || match &self.serving {
            Some(_) => true,
            None => shared.decide(&SamplingRequest::new(), now).sampled,
        };
        let (trace, id) = match incoming.and_then(|header| header.root()) {
            Some(trace) => (trace, shared.ids.entity_id()),
            None if is_sampled() => shared.ids.segment(now),
            None => {
                self.sampled_out(name, place);
                return OpenEntity::unsampled(Unsampled::First(shared.ids.trace_id(now)));
            }
        };
        let name = shared.cleaned(name, place);
        let record = Record::open(
            &self.held,
            (trace, id),
            incoming.map(|header| (**header).clone()),
            Kind::Own,
            &name,
            (place, now),
        );
        if let Some(clues) = &shared.clues {
            clues.opened(&record);
        }
        OpenEntity::new(record, 0)
    }
}

/// The variable in which Lambda hands over the trace header of an invocation.
const LAMBDA_HEADER: &str = "_X_AMZN_TRACE_ID";
