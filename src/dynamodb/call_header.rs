//! What the attempts of a call said downstream, in `X-Amzn-Trace-Id`.

use crate::dynamodb::{Attempt, Call};
use crate::error::Error;
use crate::wire::{Sampled, TraceHeader};

/// The trace header of its attempts.
impl Call {
    /// Asserts that every attempt named this entity as the parent of what it does downstream, in
    /// `X-Amzn-Trace-Id`.
    ///
    /// # Panics
    ///
    /// Where one named another, or none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use xray_phantom::{FakeDaemon, MockDynamo, Recorder, mock_dynamo_client};
    /// # #[tokio::main(flavor = "current_thread")] async fn run() {
    /// # let daemon = FakeDaemon::start();
    /// # let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// # let dynamo = MockDynamo::new();
    /// # dynamo.on("ListTables").throttle(1).then_ok();
    /// # let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    /// # recorder.in_segment("api", async |_| client.list_tables().send().await).await.unwrap();
    /// let trace = daemon.expect_one_trace().await;
    /// let subsegment = trace.nodes().nth(1).and_then(|node| node.entity().id());
    /// dynamo.expect_one_call("ListTables").assert_parent(&subsegment.unwrap());
    /// # }
    /// # run();
    /// ```
    ///
    /// ```should_panic
    /// # use xray_phantom::{FakeDaemon, MockDynamo, Recorder, mock_dynamo_client};
    /// # #[tokio::main(flavor = "current_thread")] async fn run() {
    /// # let daemon = FakeDaemon::start();
    /// # let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// # let dynamo = MockDynamo::new();
    /// # dynamo.on("ListTables").throttle(1).then_ok();
    /// # let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    /// # recorder.in_segment("api", async |_| client.list_tables().send().await).await.unwrap();
    /// let trace = daemon.expect_one_trace().await;
    /// let segment = trace.nodes().next().and_then(|node| node.entity().id());
    /// dynamo.expect_one_call("ListTables").assert_parent(&segment.unwrap()); // not of the call
    /// # }
    /// # run();
    /// ```
    #[track_caller]
    pub fn assert_parent(&self, id: &str) -> &Call {
        match self.check_parent(id) {
            Ok(()) => self,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`assert_parent`](Call::assert_parent).
    ///
    /// # Errors
    ///
    /// An attempt named another parent, or none.
    pub fn check_parent(&self, id: &str) -> Result<(), Error> {
        let wanted = format!("Parent={id}");
        for attempt in self.attempts() {
            let header = attempt.request().trace_header().unwrap_or("none");
            if !header.split(';').any(|part| part.trim() == wanted) {
                return Err(Error::stopped(format!(
                    "{}: expected {wanted} in the trace header, found {header}",
                    named(attempt)
                )));
            }
        }
        Ok(())
    }

    /// Asserts that every attempt told what it calls this decision, in `X-Amzn-Trace-Id`.
    ///
    /// # Panics
    ///
    /// Where one told another, or none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use xray_phantom::{FakeDaemon, MockDynamo, Recorder, mock_dynamo_client};
    /// use xray_phantom::wire::Sampled;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn run() {
    /// # let daemon = FakeDaemon::start();
    /// # let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// # let dynamo = MockDynamo::new();
    /// dynamo.on("ListTables").throttle(1).then_ok();
    /// # let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    /// # recorder.in_segment("api", async |_| client.list_tables().send().await).await.unwrap();
    /// let call = dynamo.expect_one_call("ListTables");
    /// call.assert_sampled(Sampled::Keep);
    /// # }
    /// # run();
    /// ```
    ///
    /// ```should_panic
    /// # use xray_phantom::{FakeDaemon, MockDynamo, Recorder, mock_dynamo_client};
    /// # use xray_phantom::wire::Sampled;
    /// # #[tokio::main(flavor = "current_thread")] async fn run() {
    /// # let daemon = FakeDaemon::start();
    /// # let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// # let dynamo = MockDynamo::new();
    /// # dynamo.on("ListTables").then_ok();
    /// # let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    /// # recorder.in_segment("api", async |_| client.list_tables().send().await).await.unwrap();
    /// dynamo.expect_one_call("ListTables").assert_sampled(Sampled::Drop); // it is recorded
    /// # }
    /// # run();
    /// ```
    #[track_caller]
    pub fn assert_sampled(&self, expected: Sampled) -> &Call {
        match self.check_sampled(expected) {
            Ok(()) => self,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`assert_sampled`](Call::assert_sampled).
    ///
    /// # Errors
    ///
    /// An attempt told another decision, or none.
    ///
    /// ```text
    /// PutItem Orders, attempt 1: expected Sampled=1, found Sampled=0
    /// so what is called records nothing, though its caller is recorded
    /// header: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0
    /// ```
    pub fn check_sampled(&self, expected: Sampled) -> Result<(), Error> {
        for attempt in self.attempts() {
            let header = attempt.request().trace_header();
            let sampled = header.and_then(|header| TraceHeader::parse(header).sampled());
            if sampled == Some(expected) {
                continue;
            }
            let found = match sampled {
                Some(sampled) => format!("Sampled={sampled}"),
                None => "none".to_owned(),
            };
            return Err(Error::stopped(format!(
                "{}: expected Sampled={expected}, found {found}\n{}\nheader: {}",
                named(attempt),
                consequence(sampled, expected),
                header.unwrap_or("none")
            )));
        }
        Ok(())
    }

    /// Asserts that every attempt carried the same `X-Amzn-Trace-Id`, as the attempts of a call are
    /// one subsegment. Of a call that was tried once, that it carried one.
    ///
    /// # Panics
    ///
    /// Where two differ, or one has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use xray_phantom::{FakeDaemon, MockDynamo, Recorder, mock_dynamo_client};
    /// # #[tokio::main(flavor = "current_thread")] async fn run() {
    /// # let daemon = FakeDaemon::start();
    /// # let recorder = Recorder::builder("api").daemon(&daemon).build();
    /// # let dynamo = MockDynamo::new();
    /// # dynamo.on("ListTables").throttle(1).then_ok();
    /// # let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    /// # recorder.in_segment("api", async |_| client.list_tables().send().await).await.unwrap();
    /// dynamo.expect_one_call("ListTables").assert_one_header(); // of both attempts
    /// # }
    /// # run();
    /// ```
    ///
    /// A client that nobody traces sends no header:
    ///
    /// ```should_panic
    /// # use xray_phantom::MockDynamo;
    /// # #[tokio::main(flavor = "current_thread")] async fn run() {
    /// # let dynamo = MockDynamo::new();
    /// # dynamo.on("ListTables").then_ok();
    /// # let client = aws_sdk_dynamodb::Client::new(&dynamo.sdk_config());
    /// # client.list_tables().send().await.unwrap();
    /// dynamo.expect_one_call("ListTables").assert_one_header();
    /// # }
    /// # run();
    /// ```
    #[track_caller]
    pub fn assert_one_header(&self) -> &Call {
        match self.check_one_header() {
            Ok(()) => self,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`assert_one_header`](Call::assert_one_header).
    ///
    /// # Errors
    ///
    /// The headers of two attempts differ, or an attempt has none.
    ///
    /// ```text
    /// PutItem Orders: attempt 2 carries another trace header than attempt 1: Parent differs
    /// likely: it is made anew for each attempt: make it once a call
    /// 1  Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
    /// 2  Root=1-5759e988-bd862e3fe1be46a994272793;Parent=00000000000000b1;Sampled=1
    /// ```
    pub fn check_one_header(&self) -> Result<(), Error> {
        let mut before: Option<(&Attempt, &str)> = None;
        for attempt in self.attempts() {
            let Some(header) = attempt.request().trace_header() else {
                let what = match before {
                    None => "a trace header, found none".to_owned(),
                    Some((first, _)) => format!(
                        "the trace header of attempt {}, found none\nlikely: it is set once a call \
                         and not on what is sent again",
                        first.request().attempt()
                    ),
                };
                return Err(Error::stopped(format!(
                    "{}: expected {what}",
                    named(attempt)
                )));
            };
            let Some((first, other)) = before else {
                before = Some((attempt, header));
                continue;
            };
            if header != other {
                let (one, two) = (first.request().attempt(), attempt.request().attempt());
                return Err(Error::stopped(format!(
                    "{}: attempt {two} carries another trace header than attempt {one}: {} \
                     differs\nlikely: it is made anew for each attempt: make it once a call\n\
                     {one}  {other}\n{two}  {header}",
                    self.request(),
                    differing(other, header)
                )));
            }
        }
        Ok(())
    }
}

/// `PutItem Orders, attempt 1`
fn named(attempt: &Attempt) -> String {
    let request = attempt.request();
    format!("{request}, attempt {}", request.attempt())
}

/// What a decision means for what is called, where it is not the one that is expected.
fn consequence(found: Option<Sampled>, expected: Sampled) -> &'static str {
    match (found, expected) {
        (Some(Sampled::Drop), Sampled::Keep) => {
            "so what is called records nothing, though its caller is recorded"
        }
        (Some(Sampled::Drop), _) => "so what is called records nothing, and is not asked",
        (Some(Sampled::Keep), Sampled::Drop) => {
            "so what is called is recorded, though its caller is not"
        }
        (Some(Sampled::Keep), _) => "so what is called is recorded, and is not asked",
        (Some(Sampled::Ask) | None, _) => {
            "so what is called decides anew, and may decide otherwise"
        }
    }
}

/// The first part in which two headers differ.
fn differing(one: &str, other: &str) -> &'static str {
    let (one, other) = (TraceHeader::parse(one), TraceHeader::parse(other));
    if one.root() != other.root() {
        "Root"
    } else if one.parent() != other.parent() {
        "Parent"
    } else if one.sampled() != other.sampled() {
        "Sampled"
    } else {
        "what follows"
    }
}
