//! What a test asks.

use std::panic::Location;

use crate::capture::{Counts, Received, Rejection};
use crate::error::Error;
use crate::fake_daemon::report::which;
use crate::fake_daemon::sight::Sight;
use crate::fake_daemon::{FakeDaemon, Shortfall};
use crate::model::TraceId;
use crate::schema::{Rule, Violation};
use crate::trace::{PartialTrace, Trace};
use crate::wire::RefusalCode;

/// Questions: each waits for a fence first.
impl FakeDaemon {
    /// The one trace that came.
    ///
    /// # Panics
    ///
    /// Where [`try_expect_one_trace`](FakeDaemon::try_expect_one_trace) gives a shortfall, with
    /// its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    /// recorder.in_segment_infallible_sync("OrdersWorker", |_| ());
    /// assert_eq!(block_on(daemon.expect_one_trace()).outline(), "OrdersWorker");
    /// ```
    ///
    /// ```should_panic
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// block_on(daemon.expect_one_trace()); // nothing was sent
    /// ```
    #[track_caller]
    pub fn expect_one_trace(&self) -> impl Future<Output = Trace> {
        let at = Location::caller();
        async move { self.or_panic(self.try_expect_one_trace().await, at) }
    }

    /// The one trace that came.
    ///
    /// # Errors
    ///
    /// None came, or several, or the one is not complete; or datagrams were lost, so that nobody
    /// knows.
    pub async fn try_expect_one_trace(&self) -> Result<Trace, Shortfall> {
        let counts = self.look().await?;
        let mut traces = {
            let inspector = self.inspector();
            match inspector.index().len() {
                0 | 1 => inspector.index().traces(self.external()),
                _ => {
                    drop(inspector);
                    return Err(self.sight(counts).several_traces());
                }
            }
        };
        match traces.pop() {
            Some(trace) => self.complete(trace, counts),
            None => Err(self.sight(counts).no_trace()),
        }
    }

    /// The trace with this id. Ids are compared as text.
    ///
    /// # Errors
    ///
    /// It did not come, or is not complete; or datagrams were lost.
    pub async fn trace(&self, id: impl AsRef<str>) -> Result<Trace, Shortfall> {
        let counts = self.look().await?;
        let trace = self.named(id.as_ref(), counts)?;
        self.complete(trace, counts)
    }

    /// All traces in order of start. An empty list says that none came.
    ///
    /// # Errors
    ///
    /// One of them is not complete; or datagrams were lost.
    pub async fn traces(&self) -> Result<Vec<Trace>, Shortfall> {
        let counts = self.look().await?;
        let traces = self.inspector().index().traces(self.external());
        traces
            .into_iter()
            .map(|trace| self.complete(trace, counts))
            .collect()
    }

    /// What has come of the trace with this id, complete or not. From now on the daemon does not
    /// report that something of it is missing.
    ///
    /// # Errors
    ///
    /// Nothing of it came; or datagrams were lost.
    pub async fn partial(&self, id: impl AsRef<str>) -> Result<PartialTrace, Shortfall> {
        let counts = self.look().await?;
        let trace = self.named(id.as_ref(), counts)?;
        self.judged().seen.insert(trace.id().to_owned());
        Ok(trace)
    }

    /// The datagrams that AWS would refuse, in order of arrival. To look at them is not to expect
    /// them.
    ///
    /// # Errors
    ///
    /// As [`fence`](FakeDaemon::fence).
    pub async fn rejections(&self) -> Result<Vec<Rejection>, Error> {
        let datagrams = self.datagrams().await?;
        Ok(datagrams.iter().filter_map(Received::rejection).collect())
    }

    /// The earliest rejection with this code that was not yet expected. From now on it is, and
    /// the daemon does not report it.
    ///
    /// The codes are those of [`RefusalCode`](crate::wire::RefusalCode).
    ///
    /// # Panics
    ///
    /// Where [`try_expect_rejection`](FakeDaemon::try_expect_rejection) gives a shortfall, with
    /// its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// UdpSocket::bind("127.0.0.1:0")?.send_to(b"{}", daemon.address())?; // without its header line
    /// let rejection = block_on(daemon.expect_rejection("missing-newline"));
    /// assert_eq!(rejection.code().as_str(), "missing-newline");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// ```should_panic
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// block_on(daemon.expect_rejection("missing-newline")); // nothing was sent
    /// ```
    #[track_caller]
    pub fn expect_rejection(&self, code: &str) -> impl Future<Output = Rejection> {
        let at = Location::caller();
        async move { self.or_panic(self.try_expect_rejection(code).await, at) }
    }

    /// The earliest rejection with this code that was not yet expected. From now on it is.
    ///
    /// # Errors
    ///
    /// There is none, or no such code.
    pub async fn try_expect_rejection(&self, code: &str) -> Result<Rejection, Shortfall> {
        let sight = self.sight(self.fenced().await?);
        if !RefusalCode::ALL.iter().any(|known| known.as_str() == code) {
            let known = RefusalCode::ALL.map(|code| code.as_str());
            return Err(sight.unknown_code("rejection", code, &known));
        }
        let mut judged = self.judged();
        let unexpected = sight.rejections.iter().find(|rejection| {
            rejection.code().as_str() == code && !judged.expected.contains(&rejection.seq())
        });
        let Some(rejection) = unexpected.cloned() else {
            return Err(sight.no_rejection(code));
        };
        judged.expected.insert(rejection.seq());
        Ok(rejection)
    }

    /// The rules that the documents break, lints too, in order of arrival. To look at them is not
    /// to expect them.
    ///
    /// # Errors
    ///
    /// As [`fence`](FakeDaemon::fence).
    pub async fn violations(&self) -> Result<Vec<Violation>, Error> {
        self.fence().await?;
        Ok(self.inspector().violations(self.external()))
    }

    /// The earliest violation with this code that was not yet expected. From now on it is, and
    /// the daemon does not report it.
    ///
    /// The codes are those of [`Rule`]; lints can be expected too.
    ///
    /// # Panics
    ///
    /// Where [`try_expect_violation`](FakeDaemon::try_expect_violation) gives a shortfall, with
    /// its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// daemon.emitter().emit(
    ///     r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1",
    ///         "name": "orders?", "start_time": 1721763840.5, "end_time": 1721763841.5}"#,
    /// );
    ///
    /// let violation = block_on(daemon.expect_violation("name-format"));
    /// assert_eq!(violation.pointer(), "/name");
    /// ```
    ///
    /// ```should_panic
    /// use xray_phantom::{FakeDaemon, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// block_on(daemon.expect_violation("name-format")); // none came
    /// ```
    #[track_caller]
    pub fn expect_violation(&self, code: &str) -> impl Future<Output = Violation> {
        let at = Location::caller();
        async move { self.or_panic(self.try_expect_violation(code).await, at) }
    }

    /// The earliest violation with this code that was not yet expected. From now on it is.
    ///
    /// # Errors
    ///
    /// There is none, or no such code.
    pub async fn try_expect_violation(&self, code: &str) -> Result<Violation, Shortfall> {
        let counts = self.fenced().await?;
        let Some(rule) = Rule::of(code) else {
            let known: Vec<&str> = Rule::ALL.iter().map(Rule::code).collect();
            return Err(self.sight(counts).unknown_code("violation", code, &known));
        };
        let expected = {
            let inspector = self.inspector();
            let mut judged = self.judged();
            let from = judged.passed.get(&rule).copied().unwrap_or(0);
            let found = inspector.first_violation(self.external(), from, |violation| {
                violation.rule() == rule && !judged.done.contains(&which(violation))
            });
            found.map(|(place, violation)| {
                judged.done.insert(which(&violation));
                judged.passed.insert(rule, place);
                violation
            })
        };
        expected.ok_or_else(|| self.sight(counts).no_violation(code))
    }

    /// The trace with this id, as far as it has come.
    fn named(&self, id: &str, counts: Counts) -> Result<PartialTrace, Shortfall> {
        let trace = self.inspector().index().trace(id, self.external());
        trace.ok_or_else(|| {
            let mut sight = self.sight_of(id, counts);
            if sight.clues.is_empty() {
                // What came instead may lack its header.
                sight.clues = self.notebook.clues(None);
            }
            sight.unknown_trace(id)
        })
    }

    /// The trace, if nothing of it is missing. If something is, that is thereby reported.
    pub(in crate::fake_daemon) fn complete(
        &self,
        trace: PartialTrace,
        counts: Counts,
    ) -> Result<Trace, Shortfall> {
        let trace = trace.complete().map_err(|partial| {
            self.judged().seen.insert(partial.id().to_owned());
            self.sight_of(partial.id(), counts).incomplete(&partial)
        })?;
        Ok(self.handed_out(trace))
    }

    /// The answer. Where there is none the test fails, and its text tells where its capture is and
    /// where it asked.
    pub(in crate::fake_daemon) fn or_panic<T>(
        &self,
        answer: Result<T, Shortfall>,
        at: &Location<'_>,
    ) -> T {
        match answer {
            Ok(answer) => answer,
            Err(shortfall) => panic!("{shortfall}{}asked at {at}\n", self.kept()),
        }
    }

    /// Fences; a loss is a shortfall of every answer.
    pub(in crate::fake_daemon) async fn look(&self) -> Result<Counts, Shortfall> {
        let counts = self.fenced().await?;
        if counts.dropped.unwrap_or(0) + counts.unexplained > 0 {
            Err(self.sight(counts).lost())
        } else {
            Ok(counts)
        }
    }

    pub(in crate::fake_daemon) async fn fenced(&self) -> Result<Counts, Shortfall> {
        self.fence()
            .await
            .map_err(|error| Shortfall::unfenced(&error, &self.place()))
    }

    /// All that came, and what recorders know of this trace.
    fn sight_of(&self, id: &str, counts: Counts) -> Sight {
        let id = id.parse::<TraceId>().ok();
        let clues = id.map(|id| self.notebook.clues(Some(id)));
        Sight {
            clues: clues.unwrap_or_default(),
            ..self.sight(counts)
        }
    }

    /// All that came: what a shortfall tells of.
    pub(in crate::fake_daemon) fn sight(&self, counts: Counts) -> Sight {
        let received = self.received();
        let inspection = self.inspection();
        let judged = self.judged();
        let fails = |violation: &Violation| judged.strictness.fails_violation(violation);
        let violations = inspection.violations.into_iter().filter(fails);
        Sight {
            place: self.place(),
            receive_buffer: self.receive_buffer(),
            counts,
            traces: inspection.traces,
            violations: violations.collect(),
            secrets: inspection.secrets,
            notes: self.notes(),
            clues: self.notebook.clues(None),
            dropped_before: 0,
            otlp: received
                .iter()
                .filter(|datagram| datagram.is_otlp())
                .count() as u64,
            rejections: received.iter().filter_map(Received::rejection).collect(),
        }
    }
}
