//! What was asked: calls with their attempts.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::dynamodb::{Reply, Request};
use crate::error::Error;

/// One attempt, and what became of it.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(in crate::dynamodb) request: Arc<Request>,
    /// When, since the epoch.
    pub(in crate::dynamodb) arrived: Duration,
    pub(in crate::dynamodb) outcome: Outcome,
    /// How long after the end of the one before.
    pub(in crate::dynamodb) back_off: Option<Duration>,
}

/// What became of an attempt.
#[derive(Clone, Debug)]
pub(in crate::dynamodb) enum Outcome {
    /// Answered, and when.
    Answered(Reply, Duration),
    /// Given up by the client.
    GivenUp(Duration),
    /// Refused by the mock itself: no rule, or nobody else at a rendezvous.
    Refused(&'static str, Duration),
    /// Not yet answered.
    Waiting,
}

impl Attempt {
    /// What was asked.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What was answered; `None` while it is not, where no rule has an answer, and where the client
    /// has given up.
    pub fn reply(&self) -> Option<&Reply> {
        match &self.outcome {
            Outcome::Answered(reply, _) => Some(reply),
            Outcome::GivenUp(_) | Outcome::Refused(..) | Outcome::Waiting => None,
        }
    }

    /// How long the client waited after the attempt before; of the first one `None`.
    pub fn back_off(&self) -> Option<Duration> {
        self.back_off
    }

    fn ended(&self) -> Option<Duration> {
        match self.outcome {
            Outcome::Answered(_, at) | Outcome::GivenUp(at) | Outcome::Refused(_, at) => Some(at),
            Outcome::Waiting => None,
        }
    }
}

/// `400 ConditionalCheckFailedException`, `200`, `reset`, `given up`, `no rule`
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Answered(reply, _) => fmt::Display::fmt(reply, f),
            Outcome::Refused(why, _) => f.write_str(why),
            Outcome::GivenUp(_) => f.write_str("given up"),
            Outcome::Waiting => f.write_str("no answer"),
        }
    }
}

/// One call of the code under test, with all its attempts.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use xray_phantom::{FakeDaemon, MockDynamo, Recorder, mock_dynamo_client};
///
/// # #[tokio::main(flavor = "current_thread")] async fn run() {
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("api").daemon(&daemon).build();
/// let dynamo = MockDynamo::new();
/// dynamo.on("ListTables").throttle(1).then_ok();
/// let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
/// recorder.in_segment("api", async |_| client.list_tables().send().await).await.unwrap();
///
/// let call = dynamo.expect_one_call("ListTables");
/// call.assert_attempts(["400 ProvisionedThroughputExceededException", "200"]);
/// assert!(call.back_offs()[0] >= Duration::from_millis(1));
/// let trace = daemon.expect_one_trace().await;
/// let subsegment = trace.nodes().nth(1).unwrap();
/// call.assert_parent(&subsegment.entity().id().unwrap());
/// # }
/// # run();
/// ```
#[derive(Clone, Debug)]
pub struct Call {
    attempts: Vec<Attempt>,
}

impl Call {
    /// The calls that these attempts are of, in the order of their first ones.
    pub(in crate::dynamodb) fn of(attempts: &[Attempt]) -> Vec<Call> {
        let mut calls: Vec<Call> = Vec::new();
        // Where the call of an invocation stands.
        let mut places = HashMap::new();
        for attempt in attempts {
            let next = calls.len();
            let place = match attempt.request.invocation_id() {
                Some(id) => *places.entry(id).or_insert(next),
                None => next,
            };
            let mut attempt = attempt.clone();
            match calls.get_mut(place) {
                Some(call) => {
                    let before = call.attempts.last().and_then(Attempt::ended);
                    attempt.back_off = before.map(|before| attempt.arrived.saturating_sub(before));
                    call.attempts.push(attempt);
                }
                None => calls.push(Call {
                    attempts: vec![attempt],
                }),
            }
        }
        calls
    }

    /// The operation, such as `PutItem`.
    pub fn operation(&self) -> &str {
        self.request().operation()
    }

    /// What was asked first.
    pub fn request(&self) -> &Request {
        let Some(first) = self.attempts.first() else {
            unreachable!("a call begins with an attempt")
        };
        first.request()
    }

    /// The attempts, in order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// How often it was tried again.
    pub fn retries(&self) -> usize {
        self.attempts.len() - 1
    }

    /// How long the client waited before each attempt but the first.
    pub fn back_offs(&self) -> Vec<Duration> {
        self.attempts.iter().filter_map(Attempt::back_off).collect()
    }

    /// Asserts what became of the attempts, as their texts tell: `400
    /// ProvisionedThroughputExceededException`, `200`, `reset`, `refused`; `given up` by the
    /// client at a time-out, `no rule`, `no answer` yet.
    ///
    /// # Panics
    ///
    /// Where something else became of them.
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
    /// dynamo.expect_one_call("ListTables").assert_attempts(["200"]);
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
    /// dynamo.expect_one_call("ListTables").assert_attempts(["reset", "200"]);
    /// # }
    /// # run();
    /// ```
    #[track_caller]
    pub fn assert_attempts<'a>(&self, expected: impl IntoIterator<Item = &'a str>) -> &Call {
        match self.check_attempts(expected) {
            Ok(()) => self,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`assert_attempts`](Call::assert_attempts).
    ///
    /// # Errors
    ///
    /// Something else became of them.
    pub fn check_attempts<'a>(
        &self,
        expected: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Error> {
        let expected: Vec<&str> = expected.into_iter().collect();
        let found: Vec<String> = self.attempts.iter().map(Attempt::to_string).collect();
        if expected == found {
            return Ok(());
        }
        let request = self.request();
        Err(Error::stopped(format!(
            "{request}: expected the attempts {}, found {}",
            expected.join(", "),
            found.join(", ")
        )))
    }
}

/// `PutItem Orders: 400 ProvisionedThroughputExceededException, 200`
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.request())?;
        for (index, attempt) in self.attempts.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{attempt}")?;
        }
        Ok(())
    }
}
