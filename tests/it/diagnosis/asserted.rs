//! What only an assertion can know: the program says one thing, and the test expects another.

use aws_sdk_dynamodb::types::AttributeValue::S;
use xray_phantom::expect::ExpectEntity;
use xray_phantom::{
    AwsInterceptor, FakeDaemon, MockDynamo, OpenEntity, Shortfall, Trace, carry,
    in_subsegment_infallible,
};

use crate::diagnosis::{Bug, diagnose, recorder};
use crate::support::{Emitter, segment};

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
         \x20 NO  aws.table_name  expected \"Orders\", found none\n\
         trace TRACE (complete, 2 entities)\n\
         api\n\
         └─ DynamoDB PutItem  <- here",
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
