//! Every kind of document that the recorder emits, for a second witness: `tests/oracle/run`.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use xray_phantom::{
    FakeDaemon, MockDynamo, Recorder, in_subsegment, in_subsegment_infallible, mock_dynamo_client,
};

use crate::support::leave_for_oracle;

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no number")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn documents_of_every_field_and_failure() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("Orders").daemon(&daemon).build();
    recorder
        .in_segment("OrdersWorker", async |segment| {
            segment
                .annotate("text", "é \"quoted\"\n\u{1}")
                .annotate("number", 1.5)
                .annotate("whole", -7)
                .annotate("flag", true)
                .annotate("a.dotted.key", "x")
                .metadata("map", &serde_json::json!({"a": [1, null, {"b": "c"}]}))
                .metadata_in("other", "list", &[1, 2]);
            in_subsegment_infallible("errored", async |s| {
                s.error();
            })
            .await;
            in_subsegment_infallible("throttled", async |s| {
                s.throttle();
            })
            .await;
            in_subsegment_infallible("faulted", async |s| {
                s.fault().cause(&std::io::Error::other("broken"));
            })
            .await;
            in_subsegment("passed", async |_| {
                in_subsegment("thrown", async |_| "x".parse::<u8>().map_err(Outer)).await
            })
            .await
        })
        .await
        .unwrap_err();
    let panicking = tokio::spawn(recorder.in_segment_infallible("panics", async |_| {
        in_subsegment_infallible("inner", async |_| panic!("no such account")).await;
    }));
    panicking.await.unwrap_err();
    let traces = daemon.traces().await.unwrap();
    assert_eq!(traces.len(), 2);
    leave_for_oracle(&daemon, "fields").await;
}

#[tokio::test]
async fn documents_of_subsegments_on_their_own() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("Orders").daemon(&daemon).build();
    recorder
        .in_segment_infallible("large", async |_| {
            for name in ["one", "two", "three"] {
                in_subsegment_infallible(name, async |part| {
                    part.metadata("filling", &"x".repeat(30_000))
                        .annotate("name", name);
                    in_subsegment_infallible("inner", async |_| ()).await;
                })
                .await;
            }
        })
        .await;
    assert_eq!(daemon.fence().await.unwrap().accepted, 3);
    assert_eq!(daemon.traces().await.unwrap().len(), 1);
    leave_for_oracle(&daemon, "parts").await;
}

#[tokio::test(start_paused = true)]
async fn documents_of_aws_calls() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("Orders").daemon(&daemon).build();
    let dynamo = MockDynamo::new().back_off(Duration::from_secs(1));
    dynamo
        .on("PutItem")
        .throttle(2)
        .then_ok()
        .conditional_check_failed();
    dynamo
        .on("GetItem")
        .internal_error()
        .internal_error()
        .internal_error();
    dynamo.on("BatchWriteItem").then_ok();
    dynamo.on("Query").throttle(1);
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment_infallible("OrdersWorker", async |_| {
            let id = || AttributeValue::S("o-1".into());
            let put = || {
                client
                    .put_item()
                    .table_name("Orders")
                    .item("order_id", id())
                    .send()
            };
            put().await.unwrap();
            put().await.unwrap_err();
            client
                .get_item()
                .table_name("Orders")
                .key("order_id", id())
                .send()
                .await
                .unwrap_err();
            client
                .batch_write_item()
                .request_items("Orders", Vec::new())
                .send()
                .await
                .unwrap();
            // Dropped while it waits for its second attempt.
            let query = client.query().table_name("Orders").send();
            tokio::time::timeout(Duration::from_millis(10), query)
                .await
                .unwrap_err();
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    let calls: Vec<String> = trace
        .outline()
        .lines()
        .skip(1)
        .map(|line| line.trim().to_owned())
        .collect();
    assert_eq!(
        calls,
        [
            "DynamoDB BatchWriteItem Orders",
            "DynamoDB GetItem Orders (retries 2) 500 FAULT InternalServerError",
            "DynamoDB PutItem Orders (retries 2)",
            "DynamoDB PutItem Orders 400 ERROR ConditionalCheckFailedException",
            "DynamoDB Query Orders ERROR Cancelled",
        ]
    );
    leave_for_oracle(&daemon, "aws").await;
}
