//! What only an assertion can know: the program says one thing, and the test expects another.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::AttributeValue::S;
use xray_phantom::expect::{ExpectEntity, starts_with};
use xray_phantom::wire::{Sampled, TraceHeader};
use xray_phantom::{
    AwsInterceptor, DynamoCall, FakeDaemon, MockDynamo, OpenEntity, Recorder, Shortfall, Trace,
    carry, in_subsegment_infallible,
};

use crate::diagnosis::{Bug, diagnose, recorder};
use crate::support::{Emitter, segment, trace_id};

#[test]
fn a_call_that_carries_no_header() {
    diagnose(
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let dynamo = MockDynamo::new();
            dynamo.on("PutItem").table("Orders").then_ok();
            let config = aws_sdk_dynamodb::config::Builder::from(&dynamo.sdk_config());
            let traced = config.clone().interceptor(AwsInterceptor::new(&recorder));
            let config = if bug == Bug::Seeded { config } else { traced };
            let orders = aws_sdk_dynamodb::Client::from_conf(config.build());
            let put = async |_| {
                let put = orders.put_item().table_name("Orders");
                put.item("order_id", S("o-1".into())).send().await
            };
            recorder.in_segment("OrdersWorker", put).await?;
            let trace = daemon.try_expect_one_trace().await?;
            let last = trace.nodes().last().and_then(|node| node.entity().id());
            dynamo
                .one_call("PutItem")?
                .check_parent(&last.unwrap_or_default())?;
            Ok(())
        },
        "PutItem Orders, attempt 1: expected Parent=ID in the trace header, found none",
    );
}

/// Writes the trace header of an attempt over, as code that has one of its own does.
#[derive(Debug)]
struct Writes(fn(attempt: usize, header: &str) -> String, AtomicUsize);

impl Intercept for Writes {
    fn name(&self) -> &'static str {
        "writes"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempt = self.1.fetch_add(1, Ordering::Relaxed);
        let headers = context.request_mut().headers_mut();
        let header = headers.get(HEADER).unwrap_or_default();
        let header = (self.0)(attempt, header);
        headers.remove(HEADER);
        if !header.is_empty() {
            headers.insert(HEADER, header);
        }
        Ok(())
    }
}

const HEADER: &str = "x-amzn-trace-id";

/// A call that is throttled once, whose header is written over by the bug.
async fn throttled_call(
    daemon: &FakeDaemon,
    bug: Bug,
    write: fn(usize, &str) -> String,
) -> Result<DynamoCall, Box<dyn Error>> {
    throttled_call_of(&recorder(daemon), bug, write).await
}

async fn throttled_call_of(
    recorder: &Recorder,
    bug: Bug,
    write: fn(usize, &str) -> String,
) -> Result<DynamoCall, Box<dyn Error>> {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").table("Orders").throttle(1).then_ok();
    let mut config = aws_sdk_dynamodb::config::Builder::from(&dynamo.sdk_config())
        .interceptor(AwsInterceptor::new(recorder));
    if bug == Bug::Seeded {
        config = config.interceptor(Writes(write, AtomicUsize::new(0)));
    }
    let orders = aws_sdk_dynamodb::Client::from_conf(config.build());
    let put = async |_| {
        let put = orders.put_item().table_name("Orders");
        put.item("order_id", S("o-1".into())).send().await
    };
    recorder.in_segment("OrdersWorker", put).await?;
    Ok(dynamo.one_call("PutItem")?)
}

#[test]
fn a_call_that_says_it_is_not_sampled() {
    diagnose(
        async |daemon, bug| {
            let write = |_: usize, header: &str| {
                let (root, _) = header.split_once(";Parent=").unwrap();
                format!("{root};Parent=00000000000000b1;Sampled=0")
            };
            let call = throttled_call(daemon, bug, write).await?;
            call.check_sampled(Sampled::Keep)?;
            Ok(())
        },
        "PutItem Orders, attempt 1: expected Sampled=1, found Sampled=0\n\
         so what is called records nothing, though its caller is recorded\n\
         header: Root=TRACE;Parent=00000000000000b1;Sampled=0",
    );
}

#[test]
fn a_header_that_is_made_anew_for_each_attempt() {
    diagnose(
        async |daemon, bug| {
            let write = |attempt: usize, header: &str| {
                let (root, _) = header.split_once(";Parent=").unwrap();
                format!("{root};Parent={:016x};Sampled=1", 0xb1 + attempt)
            };
            let call = throttled_call(daemon, bug, write).await?;
            call.check_one_header()?;
            Ok(())
        },
        "PutItem Orders: attempt 2 carries another trace header than attempt 1: Parent differs\n\
         likely: it is made anew for each attempt: make it once a call\n\
         1  Root=TRACE;Parent=00000000000000b1;Sampled=1\n\
         2  Root=TRACE;Parent=00000000000000b2;Sampled=1",
    );
}

#[test]
fn a_call_that_names_another_parent() {
    diagnose(
        async |daemon, bug| {
            // The bug: the header that came in is passed on as it is.
            let write = |_: usize, header: &str| {
                let (root, _) = header.split_once(";Parent=").unwrap();
                format!("{root};Parent=53995c3f42cd8ad8;Sampled=1")
            };
            let call = throttled_call(daemon, bug, write).await?;
            let trace = daemon.try_expect_one_trace().await?;
            let last = trace.nodes().last().and_then(|node| node.entity().id());
            call.check_parent(&last.unwrap_or_default())?;
            Ok(())
        },
        "PutItem Orders, attempt 1: expected Parent=ID in the trace header, found Root=TRACE;Parent=53995c3f42cd8ad8;Sampled=1",
    );
}

#[test]
fn a_header_that_only_the_first_attempt_carries() {
    diagnose(
        async |daemon, bug| {
            let write = |attempt: usize, header: &str| match attempt {
                0 => header.to_owned(),
                _ => String::new(),
            };
            let call = throttled_call(daemon, bug, write).await?;
            call.check_one_header()?;
            Ok(())
        },
        "PutItem Orders, attempt 2: expected the trace header of attempt 1, found none\n\
         likely: it is set once a call and not on what is sent again",
    );
}

#[test]
fn a_call_of_a_request_that_is_not_recorded_says_it_is() {
    diagnose(
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let header = format!("Root={};Sampled=0", trace_id(1));
            let recorder = recorder.continuing(&TraceHeader::parse(&header));
            let write = |_: usize, header: &str| header.replace("Sampled=0", "Sampled=1");
            let call = throttled_call_of(&recorder, bug, write).await?;
            call.check_sampled(Sampled::Drop)?;
            Ok(())
        },
        "PutItem Orders, attempt 1: expected Sampled=0, found Sampled=1\n\
         so what is called is recorded, though its caller is not\n\
         header: Root=TRACE;Sampled=1",
    );
}

/// The trace of what a program says, sent on its own.
async fn sent(daemon: &FakeDaemon, member: &str) -> Result<Trace, Shortfall> {
    let end = r#""end_time":1.5"#;
    let document = segment(1, "api").replace(end, &format!("{end},{member}"));
    Emitter::to(daemon).emit(&document);
    daemon.try_expect_one_trace().await
}

#[test]
fn an_annotation_that_lands_in_the_trace_of_another_request() {
    diagnose(
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let first = recorder.begin_segment("OrdersWorker");
            let second = recorder.begin_segment("OrdersWorker");
            // The bug: a global that holds the segment of whoever came first.
            let current = if bug == Bug::Seeded { &first } else { &second };
            current.annotate("tenant", "t2");
            let id = second.trace_id().map(|id| id.to_string());
            drop((first, second));
            let trace = daemon.trace(id.unwrap_or_default()).await?;
            trace
                .assert()
                .try_segment("OrdersWorker", |s| s.annotation("tenant", "t2"))?;
            Ok(())
        },
        "OrdersWorker is not as expected\n\
         likely: annotation tenant is in another trace,\n\
         \x20       TRACE, on OrdersWorker: the context of\n\
         \x20       another request was current\n\
         \x20 NO  annotation tenant  expected \"t2\", found none",
    );
}

#[test]
fn a_subsegment_with_the_wrong_parent() {
    diagnose(
        async |daemon, bug| {
            let serve = async |segment: OpenEntity| {
                in_subsegment_infallible("validate", async |validate| {
                    let parent = if bug == Bug::Seeded {
                        &validate
                    } else {
                        &segment
                    };
                    parent.begin_subsegment("dynamo-put").end();
                })
                .await;
            };
            recorder(daemon)
                .in_segment_infallible("OrdersWorker", serve)
                .await;
            let trace = daemon.try_expect_one_trace().await?;
            trace
                .assert()
                .try_segment("OrdersWorker", |s| s.child("dynamo-put", |s| s))?;
            Ok(())
        },
        "OrdersWorker is not as expected\n\
         likely: \"dynamo-put\" lies deeper, at OrdersWorker > validate > dynamo-put: ask\n\
         \x20       for a descendant\n\
         \x20 NO  child \"dynamo-put\"  expected one, found \"validate\"\n\
         trace TRACE (complete, 3 entities)",
    );
}

#[test]
fn a_subsegment_of_a_task_that_lost_its_context() {
    diagnose(
        async |daemon, bug| {
            let serve = async |_| {
                let mail = async { in_subsegment_infallible("mail", async |_| ()).await };
                let task = match bug {
                    Bug::Seeded => tokio::spawn(mail),
                    Bug::Absent => tokio::spawn(carry(mail)),
                };
                task.await
            };
            recorder(daemon).in_segment("OrdersWorker", serve).await?;
            let trace = daemon.try_expect_one_trace().await?;
            trace
                .assert()
                .try_segment("OrdersWorker", |s| s.child("mail", |s| s))?;
            Ok(())
        },
        "the test failed: OrdersWorker is not as expected\n\
         likely: no-segment: subsegment `mail` ran outside of every segment: it was\n\
         \x20       spawned without its context, or nobody opened one\n\
         \x20       (PLACE)\n\
         \x20 NO  child \"mail\"  expected one, found none",
    );
}

#[test]
fn a_subsegment_by_a_pattern_of_a_task_that_lost_its_context() {
    diagnose(
        async |daemon, bug| {
            let serve = async |_| {
                let mail = async { in_subsegment_infallible("mail", async |_| ()).await };
                let task = match bug {
                    Bug::Seeded => tokio::spawn(mail),
                    Bug::Absent => tokio::spawn(carry(mail)),
                };
                task.await
            };
            recorder(daemon).in_segment("OrdersWorker", serve).await?;
            let trace = daemon.try_expect_one_trace().await?;
            trace
                .assert()
                .try_segment("OrdersWorker", |s| s.child(starts_with("ma"), |s| s))?;
            Ok(())
        },
        "the test failed: OrdersWorker is not as expected\n\
         likely: no-segment: subsegment `mail` ran outside of every segment: it was\n\
         \x20       spawned without its context, or nobody opened one\n\
         \x20       (PLACE)\n\
         \x20 NO  child that begins with \"ma\"  expected one, found none",
    );
}

#[test]
fn an_annotation_that_was_left_out() {
    diagnose(
        async |daemon, bug| {
            let items = if bug == Bug::Seeded { f64::NAN } else { 3.0 };
            let serve = async |segment: OpenEntity| {
                segment.annotate("items", items);
            };
            recorder(daemon)
                .in_segment_infallible("OrdersWorker", serve)
                .await;
            let trace = daemon.try_expect_one_trace().await?;
            trace
                .assert()
                .try_segment("OrdersWorker", |s| s.annotation("items", 3.0))?;
            Ok(())
        },
        "the test failed: OrdersWorker is not as expected\n\
         likely: annotation-value: the annotation `items` is left out: JSON has no NaN\n\
         \x20       and no infinity (PLACE)\n\
         \x20 NO  annotation items  expected 3, found none\n\
         trace TRACE (complete, 1 entity)",
    );
}

#[test]
fn a_subsegment_that_lands_in_the_trace_of_another_request() {
    diagnose(
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let first = recorder.begin_segment("OrdersWorker");
            let second = recorder.begin_segment("OrdersWorker");
            // The bug: a global that holds the segment of whoever came first.
            let current = if bug == Bug::Seeded { &first } else { &second };
            current.begin_subsegment("dynamo-put").end();
            let id = second.trace_id().map(|id| id.to_string());
            drop((first, second));
            let trace = daemon.trace(id.unwrap_or_default()).await?;
            trace.assert().try_subsegment("dynamo-put", |s| s)?;
            Ok(())
        },
        "the trace is not as expected\n\
         likely: \"dynamo-put\" is in another trace, TRACE,\n\
         \x20       at OrdersWorker > dynamo-put: the code began a trace of its own, or used\n\
         \x20       the context of another request\n\
         \x20 NO  subsegment \"dynamo-put\"  expected one, found none",
    );
}

#[test]
fn flags_that_contradict_the_status() {
    diagnose(
        async |daemon, bug| {
            let flag = if bug == Bug::Seeded { "fault" } else { "error" };
            let member = format!(r#""{flag}":true,"http":{{"response":{{"status":404}}}}"#);
            let trace = sent(daemon, &member).await?;
            trace.assert().try_segment("api", ExpectEntity::errored)?;
            Ok(())
        },
        "api is not as expected\n\
         likely: its status is 404, which stands for ERROR (4xx is ERROR, 429 THROTTLE\n\
         \x20       too, 5xx FAULT)\n\
         \x20 NO  errored  found FAULT alone\n\
         trace TRACE (complete, 1 entity)",
    );
}

/// A call of AWS with these members.
fn call(aws: &str) -> String {
    format!(
        r#""subsegments":[{{"id":"00000000000000b1","name":"DynamoDB","namespace":"aws","start_time":1.1,"end_time":1.2,
            "aws":{{"operation":"PutItem","region":"us-east-1",{aws}}}}}]"#
    )
}

#[test]
fn a_call_that_does_not_name_its_table() {
    diagnose(
        async |daemon, bug| {
            let key = if bug == Bug::Seeded {
                "tableName"
            } else {
                "table_name"
            };
            let trace = sent(daemon, &call(&format!(r#""{key}":"Orders""#))).await?;
            trace.assert().try_segment("api", |s| {
                s.child("DynamoDB", |s| s.aws(|a| a.table("Orders")))
            })?;
            Ok(())
        },
        "api > DynamoDB is not as expected\n\
         likely: it is written as tableName, and X-Ray reads table_name\n\
         \x20 NO  aws.table_name  expected \"Orders\", found none\n\
         trace TRACE (complete, 2 entities)\n\
         api",
    );
}

#[test]
fn attempts_that_are_written_as_retries() {
    diagnose(
        async |daemon, bug| {
            let retries = if bug == Bug::Seeded { 3 } else { 2 };
            let members = format!(r#""table_name":"Orders","retries":{retries}"#);
            let trace = sent(daemon, &call(&members)).await?;
            trace
                .assert()
                .try_segment("api", |s| s.child("DynamoDB", |s| s.aws(|a| a.retries(2))))?;
            Ok(())
        },
        "api > DynamoDB is not as expected\n\
         likely: retries are the attempts less one; the Node SDK v3 counts attempts\n\
         \x20 NO  aws.retries  expected 2, found 3\n\
         trace TRACE (complete, 2 entities)\n\
         api",
    );
}

#[test]
fn retries_that_are_off() {
    diagnose(
        async |daemon, bug| {
            let (flags, retries) = match bug {
                Bug::Seeded => (r#""error":true,"throttle":true,"#, 0),
                Bug::Absent => ("", 2),
            };
            let members = format!(r#""table_name":"Orders","retries":{retries}"#);
            let call = call(&members).replace(r#""aws":"#, &format!(r#"{flags}"aws":"#));
            let trace = sent(daemon, &call).await?;
            trace
                .assert()
                .try_segment("api", |s| s.child("DynamoDB", |s| s.aws(|a| a.retries(2))))?;
            Ok(())
        },
        "api > DynamoDB is not as expected\n\
         likely: the call was throttled and not tried again: retries are off, or the\n\
         \x20       error has no code that the SDK retries\n\
         \x20 NO  aws.retries  expected 2, found 0\n\
         trace TRACE (complete, 2 entities)",
    );
}
