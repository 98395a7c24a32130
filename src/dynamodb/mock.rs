//! The mock: rules, requests, findings.

use std::fmt;
use std::fmt::Write as _;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::dynamodb::operation;
use crate::dynamodb::script::Script;
use crate::dynamodb::shared::Shared;
use crate::dynamodb::{Call, DynamoReport, Reply, Request, Rule};
use crate::error::Error;
use crate::wire::{Emit, NoteSource};

/// A DynamoDB that answers as its [rules](MockDynamo::on) say.
///
/// It stands where the network is: the SDK above it writes, signs, times out, tries again and reads
/// as it does in production, and a trace that is recorded there is the one that production sends.
///
/// A request that no rule answers fails in the code under test with an error that the SDK does
/// not retry, and is a finding; so is an answer that nobody asked for. Findings fail the test:
/// through the daemon that [`mock_dynamo_client!`](crate::mock_dynamo_client) joins it with, or
/// when the mock is dropped.
///
/// # Time
///
/// The pause between two attempts is fixed: one millisecond, or what
/// [`back_off`](MockDynamo::back_off) says. The SDK's own is random and long. Slow answers and the
/// time-outs of the client run on the client's clock, which is tokio's: where a test has paused it,
/// they take no time. A sleep that is always over at once (`InstantSleep` of the SDK's test
/// utilities) makes every time-out fire: pause tokio's clock instead.
///
/// # On the wire
///
/// ```text
/// HTTP/1.1 500
/// content-type: application/x-amz-json-1.0
/// content-length: 99
/// x-amzn-requestid: PHANTOM000000000000000000000000000000000000000000001
/// x-amz-crc32: 2971048199
/// x-amz-retry-after: 1
///
/// {"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Internal server error"}
/// ```
///
/// Answers have the checksum of their body; `x-amz-retry-after`, in milliseconds, stands in those
/// after which the SDK tries again.
///
/// # A real engine behind it
///
/// The mock is no database: it answers what the rules say, and keeps no item. What no rule answers
/// can go to [an engine](MockDynamo::otherwise), so that a test has its faults from the rules and its
/// items from there:
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
/// use xray_phantom::{DynamoRequest, MockDynamo, Reply};
///
/// /// In its place an engine that runs in the process, such as `dynoxide`'s `Database::memory()`:
/// /// operation and JSON in, JSON or code and message out.
/// #[derive(Default)]
/// struct Engine(Mutex<BTreeMap<String, String>>);
///
/// impl Engine {
///     fn call(&self, operation: &str, body: &str) -> Result<String, (u16, String, String)> {
///         let mut bodies = self.0.lock().unwrap();
///         match operation {
///             "PutItem" => {
///                 bodies.insert("last".to_owned(), body.to_owned());
///                 Ok("{}".to_owned())
///             }
///             other => Err((400, "UnknownOperationException".to_owned(), other.to_owned())),
///         }
///     }
/// }
///
/// let engine = Engine::default();
/// let dynamo = MockDynamo::new().otherwise(move |request| {
///     match engine.call(request.operation(), request.body()) {
///         Ok(body) => Reply::ok(body),
///         Err((status, code, message)) => Reply::error(status, &code, &message),
///     }
/// });
/// dynamo.on("PutItem").throttle(1); // The first attempt; the next one reaches the engine.
///
/// let put = || DynamoRequest::new("PutItem", r#"{"TableName": "Orders"}"#);
/// assert_eq!(dynamo.handle(put()).unwrap().status(), 400);
/// assert_eq!(dynamo.handle(put()).unwrap().status(), 200);
/// ```
///
/// An engine that listens on a port, such as DynamoDB Local, needs no mock: give the client its
/// `endpoint_url` and the [`AwsInterceptor`](crate::AwsInterceptor).
pub struct MockDynamo {
    shared: Arc<Shared>,
}

impl MockDynamo {
    /// A DynamoDB without rules.
    #[track_caller]
    pub fn new() -> MockDynamo {
        let shared = Shared::new(Location::caller());
        MockDynamo {
            shared: Arc::new(shared),
        }
    }

    /// Sets the pause between two attempts, for clients that are made after this.
    ///
    /// Up to five seconds: beyond that the SDK makes up its own. A part of a millisecond counts as a
    /// whole one.
    #[must_use = "the mock with the pause is what this returns"]
    pub fn back_off(self, pause: Duration) -> MockDynamo {
        self.shared.state().back_off = pause;
        self
    }

    /// Lets this answer what no rule does: an engine, say.
    #[must_use = "the mock with the engine is what this returns"]
    pub fn otherwise(
        self,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> MockDynamo {
        self.shared.state().otherwise = Some(Arc::new(answer));
        self
    }

    /// Makes a rule for an operation, such as `PutItem`.
    ///
    /// # Panics
    ///
    /// Where DynamoDB has no such operation; the text names the nearest.
    ///
    /// ```should_panic
    /// # let dynamo = xray_phantom::MockDynamo::new();
    /// dynamo.on("PutItems"); // DynamoDB has no such operation; the nearest is `PutItem`
    /// ```
    #[track_caller]
    pub fn on(&self, operation: &str) -> Rule {
        match self.try_on(operation) {
            Ok(rule) => rule,
            Err(error) => panic!("{error}"),
        }
    }

    /// Makes a rule for an operation.
    ///
    /// # Errors
    ///
    /// DynamoDB has no such operation.
    #[track_caller]
    pub fn try_on(&self, operation: &str) -> Result<Rule, Error> {
        let script = Script::new(known(operation)?, Location::caller());
        let mut state = self.shared.state();
        state.scripts.push(script);
        Ok(Rule::new(Arc::clone(&self.shared), state.scripts.len() - 1))
    }

    /// Answers a request, as the connector does. It does not wait: neither for a slow answer, nor at
    /// a rendezvous.
    ///
    /// # Errors
    ///
    /// No rule answers it; the error names the nearest.
    pub fn handle(&self, request: Request) -> Result<Reply, Error> {
        let accepted = self.shared.accept(request);
        self.shared.answered(accepted.number, &accepted.reply);
        accepted.reply
    }

    /// The requests so far, each attempt one.
    pub fn requests(&self) -> Vec<Request> {
        let state = self.shared.state();
        let requests = state.attempts.iter();
        requests.map(|attempt| (*attempt.request).clone()).collect()
    }

    /// The calls so far with their attempts, in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        Call::of(&self.shared.state().attempts)
    }

    /// The one call of this operation.
    ///
    /// # Panics
    ///
    /// Where there is none, or more than one; the text lists the calls.
    ///
    /// # Examples
    ///
    /// ```
    /// # use xray_phantom::MockDynamo;
    /// # #[tokio::main(flavor = "current_thread")] async fn run() {
    /// # let dynamo = MockDynamo::new();
    /// # dynamo.on("ListTables").then_ok();
    /// # let client = aws_sdk_dynamodb::Client::new(&dynamo.sdk_config());
    /// # client.list_tables().send().await.unwrap();
    /// assert_eq!(dynamo.expect_one_call("ListTables").retries(), 0);
    /// # }
    /// # run();
    /// ```
    ///
    /// ```should_panic
    /// # use xray_phantom::MockDynamo;
    /// # #[tokio::main(flavor = "current_thread")] async fn run() {
    /// # let dynamo = MockDynamo::new();
    /// # dynamo.on("ListTables").then_ok();
    /// # let client = aws_sdk_dynamodb::Client::new(&dynamo.sdk_config());
    /// # client.list_tables().send().await.unwrap();
    /// dynamo.expect_one_call("PutItem"); // the call was another one
    /// # }
    /// # run();
    /// ```
    #[track_caller]
    pub fn expect_one_call(&self, operation: &str) -> Call {
        match self.one_call(operation) {
            Ok(call) => call,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`expect_one_call`](MockDynamo::expect_one_call).
    ///
    /// # Errors
    ///
    /// There is no such call, or more than one, or DynamoDB has no such operation.
    pub fn one_call(&self, operation: &str) -> Result<Call, Error> {
        known(operation)?;
        let mut calls = self.calls();
        calls.retain(|call| call.operation() == operation);
        match calls.pop() {
            Some(call) if calls.is_empty() => Ok(call),
            last => {
                let count = calls.len() + usize::from(last.is_some());
                let transcript = match self.transcript() {
                    none if none.is_empty() => "nothing was called".to_owned(),
                    calls => format!("the calls were:\n{calls}"),
                };
                Err(Error::stopped(format!(
                    "expected one call of {operation}, found {count}; {transcript}"
                )))
            }
        }
    }

    /// The calls so far as text, a line each, in the order in which they came: for snapshots.
    ///
    /// ```text
    /// PutItem Orders: 400 ProvisionedThroughputExceededException, 200
    /// GetItem Customers: 200
    /// ```
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for call in self.calls() {
            let Ok(()) = writeln!(text, "{call}") else {
                unreachable!("a String takes every text")
            };
        }
        text
    }

    /// Judges: requests that no rule answered, and answers that nobody asked for.
    ///
    /// What this reports is not reported again.
    ///
    /// # Errors
    ///
    /// The findings.
    pub fn verify(&self) -> Result<(), DynamoReport> {
        let notes = self.shared.notes();
        if notes.is_empty() {
            return Ok(());
        }
        Err(DynamoReport::new(self.shared.started, notes))
    }

    /// Lets a daemon ask for the findings when it is judged.
    #[doc(hidden)]
    pub fn join(&self, emitter: &Arc<dyn Emit>) {
        if emitter.is_test() {
            self.shared.state().joined = Some(Arc::clone(emitter));
            emitter.watch(Arc::clone(&self.shared) as Arc<dyn NoteSource>);
        }
    }

    pub(in crate::dynamodb) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

/// The name of an operation that DynamoDB has.
pub(in crate::dynamodb) fn known(operation: &str) -> Result<&str, Error> {
    match operation::check(operation) {
        Ok(()) => Ok(operation),
        Err(nearest) => {
            let why = format!("DynamoDB has no such operation; the nearest is `{nearest}`");
            Err(Error::invalid("operation", operation, why))
        }
    }
}

impl Default for MockDynamo {
    #[track_caller]
    fn default() -> Self {
        MockDynamo::new()
    }
}

impl fmt::Debug for MockDynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MockDynamo made at {}", self.shared.started)
    }
}

/// The backstop: a finding that no daemon asks for fails the test. Silent while a panic is under
/// way.
impl Drop for MockDynamo {
    fn drop(&mut self) {
        // A daemon that has ended asks no more.
        let joined = self
            .shared
            .state()
            .joined
            .as_ref()
            .is_some_and(|emitter| emitter.is_test());
        if std::thread::panicking() || joined {
            return;
        }
        if let Err(report) = self.verify() {
            panic!("{report}If the test returned an Err, this panic has taken its place.\n");
        }
    }
}
