//! What each fault of the mock looks like to the SDK above it, and in the trace.

use std::future::Future as _;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aws_credential_types::provider::future;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::{TimeoutConfig, TimeoutConfigBuilder};
use aws_sdk_dynamodb::config::{Builder, Credentials, ProvideCredentials};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use xray_phantom::trace::Trace;
use xray_phantom::{
    Attribute, Cancellation, FakeDaemon, MockDynamo, Recorder, Reply, mock_dynamo_client,
};

type PutItem = aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;

fn put(client: &Client, id: &str) -> PutItem {
    client
        .put_item()
        .table_name("Orders")
        .item("order_id", AttributeValue::S(id.to_owned()))
}

/// Runs code with a client in a segment, and gives its trace.
async fn traced<T>(
    dynamo: &MockDynamo,
    configure: impl FnOnce(Builder) -> Builder,
    call: impl AsyncFnOnce(Client) -> T,
) -> (T, Trace) {
    let (result, daemon) = called(dynamo, configure, call).await;
    (result, daemon.expect_one_trace().await)
}

/// The same of a test that fails, and why it does.
async fn failing<T>(
    dynamo: &MockDynamo,
    configure: impl FnOnce(Builder) -> Builder,
    call: impl AsyncFnOnce(Client) -> T,
) -> (T, String) {
    let (result, daemon) = called(dynamo, configure, call).await;
    (result, daemon.verify().await.unwrap_err().to_string())
}

async fn called<T>(
    dynamo: &MockDynamo,
    configure: impl FnOnce(Builder) -> Builder,
    call: impl AsyncFnOnce(Client) -> T,
) -> (T, FakeDaemon) {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder, configure);
    let result = recorder
        .in_segment_infallible("api", async |_| call(client).await)
        .await;
    (result, daemon)
}

fn as_it_is(config: Builder) -> Builder {
    config
}

/// With these time-outs.
fn timed(
    say: impl FnOnce(TimeoutConfigBuilder) -> TimeoutConfigBuilder,
) -> impl FnOnce(Builder) -> Builder {
    let timeouts = say(TimeoutConfig::builder()).build();
    |config| config.timeout_config(timeouts)
}

fn millis(trace: &Trace) -> u128 {
    let call = trace.nodes().nth(1).unwrap();
    call.duration().unwrap().as_millis()
}

/// The line of the call in the outline of a trace in which `PutItem` was called once.
async fn put_once(dynamo: &MockDynamo) -> (Result<(), aws_sdk_dynamodb::Error>, String) {
    let (result, trace) = traced(dynamo, as_it_is, async |client| {
        let result = put(&client, "o-1").send().await;
        result.map(drop).map_err(aws_sdk_dynamodb::Error::from)
    })
    .await;
    let outline = trace.outline();
    let (_, line) = outline.split_once("\n  ").unwrap();
    (result, line.to_owned())
}

#[tokio::test(start_paused = true)]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn each_fault_leaves_its_trace() {
    type Say = fn(&MockDynamo);
    let cases: [(Say, &str, &[&str]); 14] = [
        (
            |dynamo| drop(dynamo.on("PutItem").throttle(2).then_ok()),
            "DynamoDB PutItem Orders (retries 2)",
            &[
                "400 ProvisionedThroughputExceededException",
                "400 ProvisionedThroughputExceededException",
                "200",
            ],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").throttle(3)),
            "DynamoDB PutItem Orders (retries 2) 400 ERROR THROTTLE ProvisionedThroughputExceededException",
            &["400 ProvisionedThroughputExceededException"; 3],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").throttle_on_demand(3)),
            "DynamoDB PutItem Orders (retries 2) 400 ERROR THROTTLE ThrottlingException",
            &["400 ThrottlingException"; 3],
        ),
        (
            |dynamo| {
                drop(
                    dynamo
                        .on("PutItem")
                        .then(Reply::request_limit_exceeded())
                        .times(3),
                );
            },
            "DynamoDB PutItem Orders (retries 2) 400 ERROR THROTTLE RequestLimitExceeded",
            &["400 RequestLimitExceeded"; 3],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").conditional_check_failed()),
            "DynamoDB PutItem Orders 400 ERROR ConditionalCheckFailedException",
            &["400 ConditionalCheckFailedException"],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").not_found()),
            "DynamoDB PutItem Orders 400 ERROR ResourceNotFoundException",
            &["400 ResourceNotFoundException"],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").validation_error("no")),
            "DynamoDB PutItem Orders 400 ERROR ValidationException",
            &["400 ValidationException"],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").internal_error().times(3)),
            "DynamoDB PutItem Orders (retries 2) 500 FAULT InternalServerError",
            &["500 InternalServerError"; 3],
        ),
        (
            |dynamo| {
                drop(
                    dynamo
                        .on("PutItem")
                        .then(Reply::error(429, "Slower", ""))
                        .repeated(),
                );
            },
            "DynamoDB PutItem Orders 429 ERROR THROTTLE Slower",
            &["429 Slower"],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").reset().times(3)),
            "DynamoDB PutItem Orders (retries 2) FAULT DispatchFailure",
            &["reset"; 3],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").refuse().then_ok()),
            "DynamoDB PutItem Orders (retries 1)",
            &["refused", "200"],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").garbage()),
            "DynamoDB PutItem Orders FAULT ResponseError",
            &["200"],
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").then_ok().wrong_crc()),
            "DynamoDB PutItem Orders",
            &["200"],
        ),
        (
            |dynamo| {
                drop(
                    dynamo
                        .on("PutItem")
                        .then(Reply::new(503, "<html>"))
                        .times(3),
                );
            },
            "DynamoDB PutItem Orders (retries 2) 503 FAULT ResponseError",
            &["503"; 3],
        ),
    ];
    for (say, expected, attempts) in cases {
        let dynamo = MockDynamo::new();
        say(&dynamo);
        let (_, line) = put_once(&dynamo).await;
        assert_eq!(line, expected);
        let call = dynamo.expect_one_call("PutItem");
        call.assert_attempts(attempts.iter().copied());
        // Whatever it was that failed, the client waits as long as the mock says.
        let pauses = vec![Duration::from_millis(1); attempts.len() - 1];
        assert_eq!(call.back_offs(), pauses, "{expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_pause_is_the_same_after_every_kind_of_failure() {
    let dynamo = MockDynamo::new().back_off(Duration::from_secs(2));
    dynamo
        .on("PutItem")
        .reset()
        .throttle(1)
        .hang()
        .internal_error()
        .then_ok();
    let configure = |config: Builder| {
        let retries = aws_sdk_dynamodb::config::retry::RetryConfig::standard()
            .with_max_attempts(5)
            .with_max_backoff(Duration::from_secs(2));
        timed(|timeouts| timeouts.operation_attempt_timeout(Duration::from_secs(1)))(
            config.retry_config(retries),
        )
    };
    let (result, trace) = traced(&dynamo, configure, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    result.unwrap();
    let call = dynamo.expect_one_call("PutItem");
    call.assert_attempts([
        "reset",
        "400 ProvisionedThroughputExceededException",
        "given up",
        "500 InternalServerError",
        "200",
    ]);
    assert_eq!(call.back_offs(), [Duration::from_secs(2); 4]);
    assert_eq!(millis(&trace), 9_000);
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB PutItem Orders (retries 4)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_fills_with_time_fills_while_the_client_sleeps() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").throttle(1).then_ok().repeated();
    let adaptive = aws_sdk_dynamodb::config::retry::RetryConfig::adaptive();
    let begun = tokio::time::Instant::now();
    let ((), trace) = traced(
        &dynamo,
        |config| config.retry_config(adaptive),
        async |client| {
            for _ in 0..10 {
                put(&client, "o-1").send().await.unwrap();
            }
        },
    )
    .await;
    assert_eq!(trace.nodes().count(), 11);
    // On a clock that stands still while the client sleeps it is a day.
    let slept = begun.elapsed();
    assert!(slept < Duration::from_mins(1), "{slept:?}");
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_millisecond_is_a_whole_one_after_every_kind_of_failure() {
    for (pause, expected) in [(0, 0), (500, 1), (1_500, 2), (2_000, 2)] {
        let dynamo = MockDynamo::new().back_off(Duration::from_micros(pause));
        dynamo.on("PutItem").throttle(1).reset().then_ok();
        let (result, _) = put_once(&dynamo).await;
        result.unwrap();
        let pauses = dynamo.expect_one_call("PutItem").back_offs();
        assert_eq!(pauses, [Duration::from_millis(expected); 2], "{pause}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_ends_with_the_time_out_of_the_attempt() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").hang().times(3);
    let timeouts = timed(|timeouts| timeouts.operation_attempt_timeout(Duration::from_secs(1)));
    let (result, trace) = traced(&dynamo, timeouts, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    assert!(result.is_err());
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB PutItem Orders (retries 2) FAULT TimeoutError"
    );
    assert_eq!(millis(&trace), 3_002);
    dynamo
        .expect_one_call("PutItem")
        .assert_attempts(["given up"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_hang_that_no_time_out_ends_fails_the_call_and_the_test() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").hang();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder, |config| config
        .timeout_config(TimeoutConfig::disabled()));
    let result = recorder
        .in_segment("api", async |_| put(&client, "o-1").send().await)
        .await;
    result.unwrap_err();
    // It is not tried again.
    let call = dynamo.expect_one_call("PutItem");
    call.assert_attempts(["hang"]);
    let report = daemon.verify().await.unwrap_err().to_string();
    let lines: Vec<&str> = report
        .lines()
        .filter(|line| line.starts_with("- "))
        .collect();
    let here = lines[0].split("made at ").nth(1).unwrap();
    let here = here.split(" wants").next().unwrap();
    assert_eq!(
        lines,
        [format!(
            "- hang: PutItem Orders hangs, as the rule for PutItem made at {here} wants it to, and its client never \
             gives up: configure a time-out, such as operation_attempt_timeout ({here})"
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn a_hang_waits_for_the_longest_time_out() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").hang();
    let hours = Duration::from_hours(23);
    let timeouts = timed(|timeouts| timeouts.operation_timeout(hours));
    let (result, trace) = traced(&dynamo, timeouts, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    result.unwrap_err();
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB PutItem Orders FAULT TimeoutError"
    );
    dynamo
        .expect_one_call("PutItem")
        .assert_attempts(["given up"]);
}

#[tokio::test(start_paused = true)]
async fn a_hang_ends_with_the_time_out_of_the_operation() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").throttle(1).hang();
    let timeouts = timed(|timeouts| timeouts.operation_timeout(Duration::from_secs(2)));
    let (result, trace) = traced(&dynamo, timeouts, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    let error = result.unwrap_err();
    assert!(
        matches!(error, aws_sdk_dynamodb::error::SdkError::TimeoutError(_)),
        "{error:?}"
    );
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB PutItem Orders (retries 1) FAULT TimeoutError"
    );
    assert_eq!(millis(&trace), 2_000);
}

#[tokio::test(start_paused = true)]
async fn a_time_out_of_reading_is_kept() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("PutItem")
        .hang()
        .then_ok()
        .slow(Duration::from_secs(3))
        .then_ok()
        .slow(Duration::from_millis(900));
    let timeouts = timed(|timeouts| timeouts.read_timeout(Duration::from_secs(1)));
    let (result, trace) = traced(&dynamo, timeouts, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    result.unwrap();
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB PutItem Orders (retries 2)"
    );
    assert_eq!(millis(&trace), 2_902);
    dynamo
        .expect_one_call("PutItem")
        .assert_attempts(["given up", "given up", "200"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_takes_its_time_in_the_trace_alone() {
    let begun = Instant::now();
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").then_ok().slow(Duration::from_hours(1));
    let (result, trace) = traced(&dynamo, as_it_is, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    result.unwrap();
    assert_eq!(millis(&trace), 3_600_000);
    assert!(
        begun.elapsed() < Duration::from_mins(1),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn time_outs_and_slow_answers_do_without_a_paused_clock_too() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("PutItem")
        .hang()
        .then_ok()
        .slow(Duration::from_millis(2));
    let timeouts = timed(|timeouts| timeouts.operation_attempt_timeout(Duration::from_millis(500)));
    let (result, trace) = traced(&dynamo, timeouts, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    result.unwrap();
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB PutItem Orders (retries 1)"
    );
    assert!(millis(&trace) >= 500 + 1 + 2, "{trace}");
    let call = dynamo.expect_one_call("PutItem");
    assert!(call.back_offs()[0] >= Duration::from_millis(1), "{call:?}");
}

/// Credentials that take longer than an attempt may, the first time.
#[derive(Debug, Default)]
struct SlowAtFirst(AtomicBool);

impl ProvideCredentials for SlowAtFirst {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            if !self.0.swap(true, Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            Ok(Credentials::new("a", "b", None, None, "slow at first"))
        })
    }
}

/// The SDK counts it, and no service has seen it.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_ends_before_it_is_sent_was_tried() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").then_ok();
    let configure = |config: Builder| {
        let second = Duration::from_secs(1);
        timed(|timeouts| timeouts.operation_attempt_timeout(second))(
            config.credentials_provider(SlowAtFirst::default()),
        )
    };
    let (result, trace) = traced(&dynamo, configure, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    result.unwrap();
    dynamo.expect_one_call("PutItem").assert_attempts(["200"]);
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB PutItem Orders (retries 1)"
    );
}

#[tokio::test]
async fn the_sdk_reads_what_failed() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").conditional_check_failed_with([
        ("order_id", Attribute::from("o-1")),
        ("total", 42.into()),
    ]);
    let (result, _) = traced(&dynamo, as_it_is, async |client| {
        put(&client, "o-1").send().await
    })
    .await;
    let error = result.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
        failed,
    ) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(
        failed.item().unwrap()["total"],
        AttributeValue::N("42".to_owned())
    );

    let dynamo = MockDynamo::new();
    let old =
        Cancellation::conditional_check_failed().with_item([("order_id", Attribute::from("o-1"))]);
    dynamo
        .on("TransactWriteItems")
        .transaction_cancelled([Cancellation::none(), old]);
    let (result, trace) = traced(&dynamo, as_it_is, async |client| {
        client.transact_write_items().send().await
    })
    .await;
    let error = result.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(failed) = error else {
        panic!("{error:?}");
    };
    let reasons: Vec<_> = failed
        .cancellation_reasons()
        .iter()
        .map(|reason| {
            (
                reason.code().unwrap(),
                reason.item().map(std::collections::HashMap::len),
            )
        })
        .collect();
    assert_eq!(
        reasons,
        [("None", None), ("ConditionalCheckFailed", Some(1))]
    );
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB TransactWriteItems 400 ERROR TransactionCanceledException"
    );
}

#[tokio::test]
async fn the_paginator_of_the_sdk_reads_all_pages() {
    let dynamo = MockDynamo::new();
    let orders = (1..=5).map(|number| [("order_id", Attribute::from(format!("o-{number}")))]);
    dynamo
        .on("Query")
        .table("Orders")
        .then_pages(["order_id"], 2, orders);
    let (items, trace) = traced(&dynamo, as_it_is, async |client| {
        let pages = client
            .query()
            .table_name("Orders")
            .into_paginator()
            .items()
            .send();
        pages.try_collect().await
    })
    .await;
    let ids: Vec<String> = items
        .unwrap()
        .iter()
        .map(|item| item["order_id"].as_s().unwrap().clone())
        .collect();
    assert_eq!(ids, ["o-1", "o-2", "o-3", "o-4", "o-5"]);
    assert_eq!(
        trace.outline(),
        format!("api{}", "\n  DynamoDB Query Orders".repeat(3))
    );
}

#[tokio::test]
async fn a_batch_comes_back_in_part() {
    let dynamo = MockDynamo::new();
    dynamo.on("BatchWriteItem").unprocessed(1).then_ok();
    let write = |id: &str| {
        let put = PutRequest::builder().item("id", AttributeValue::S(id.to_owned()));
        WriteRequest::builder()
            .put_request(put.build().unwrap())
            .build()
    };
    let (result, trace) = traced(&dynamo, as_it_is, async |client| {
        let mut left = Some([("Orders".to_owned(), vec![write("a"), write("b")])].into());
        let mut rounds = Vec::new();
        while let Some(items) =
            left.filter(|items: &std::collections::HashMap<_, Vec<_>>| !items.is_empty())
        {
            rounds.push(items["Orders"].len());
            let done = client
                .batch_write_item()
                .set_request_items(Some(items))
                .send()
                .await
                .unwrap();
            left = done.unprocessed_items;
        }
        rounds
    })
    .await;
    assert_eq!(result, [2, 1]);
    let outline = trace.outline();
    let (_, calls) = outline.split_once("\n  ").unwrap();
    assert_eq!(
        calls,
        "DynamoDB BatchWriteItem Orders\n  DynamoDB BatchWriteItem Orders"
    );
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_get_the_reply_meant_for_them() {
    let dynamo = MockDynamo::new();
    for number in 0..50_u64 {
        let id = format!("o-{number}");
        let answer = Reply::item([("order_id", Attribute::from(&id))])
            .after(Duration::from_millis(50 - number));
        dynamo
            .on("GetItem")
            .key("order_id", id)
            .throttle(1)
            .then(answer);
    }
    let (ids, trace) = traced(&dynamo, as_it_is, async |client| {
        let get = async |number: usize| {
            let key = AttributeValue::S(format!("o-{number}"));
            let got = client
                .get_item()
                .table_name("Orders")
                .key("order_id", key)
                .send()
                .await;
            got.unwrap().item.unwrap()["order_id"]
                .as_s()
                .unwrap()
                .clone()
        };
        futures_util::future::join_all((0..50).map(get)).await
    })
    .await;
    let expected: Vec<String> = (0..50).map(|number| format!("o-{number}")).collect();
    assert_eq!(ids, expected);
    assert_eq!(trace.nodes().count(), 51);
    assert!(dynamo.calls().iter().all(|call| call.retries() == 1));
    assert_eq!(dynamo.calls().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_rendezvous_proves_that_calls_are_made_at_the_same_time() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("GetItem")
        .table("Customers")
        .rendezvous_at("both", 2)
        .then_no_item();
    dynamo
        .on("Query")
        .table("Orders")
        .rendezvous_at("both", 2)
        .then_ok();
    dynamo.on("PutItem").rendezvous(3).then_ok().times(6);
    let ((), trace) = traced(&dynamo, as_it_is, async |client| {
        let customer = client.get_item().table_name("Customers").send();
        let orders = client.query().table_name("Orders").send();
        let (customer, orders) = tokio::join!(customer, orders);
        customer.unwrap();
        orders.unwrap();
        for _ in 0..2 {
            let puts = ["a", "b", "c"].map(|id| put(&client, id).send());
            futures_util::future::try_join_all(puts).await.unwrap();
        }
    })
    .await;
    assert_eq!(trace.nodes().count(), 9);
    assert_eq!(dynamo.verify().map_err(|report| report.to_string()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn calls_one_after_the_other_never_meet_and_the_test_fails() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").rendezvous(2).then_ok().times(2);
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment_infallible("api", async |_| {
            put(&client, "a").send().await.unwrap_err();
            put(&client, "b").send().await.unwrap_err();
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    assert_eq!(
        trace.outline(),
        format!(
            "api{}",
            "\n  DynamoDB PutItem Orders FAULT DispatchFailure".repeat(2)
        )
    );
    let report = daemon.verify().await.unwrap_err().to_string();
    let why = "- rendezvous: PutItem Orders waited for a rendezvous of 2 calls, and no more than 1 came at the same time: \
               the others are made after it, or not at all (";
    assert_eq!(report.matches(why).count(), 2, "{report}");
    dynamo.calls()[0].assert_attempts(["alone"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_tried_again_comes_to_a_rendezvous_once() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("PutItem")
        .rendezvous(2)
        .throttle(1)
        .then_ok()
        .times(2);
    let ((), _) = traced(&dynamo, as_it_is, async |client| {
        let two = tokio::join!(put(&client, "o-1").send(), put(&client, "o-2").send());
        two.0.unwrap();
        two.1.unwrap();
    })
    .await;
    let mut outcomes: Vec<String> = dynamo.calls().iter().map(ToString::to_string).collect();
    outcomes.sort();
    assert_eq!(
        outcomes,
        [
            "PutItem Orders: 200",
            "PutItem Orders: 400 ProvisionedThroughputExceededException, 200"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_gives_up_is_at_no_rendezvous() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").rendezvous(2).then_ok().times(3);
    let ((), _) = traced(&dynamo, as_it_is, async |client| {
        {
            let mut dropped = pin!(put(&client, "a").send());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(dropped.as_mut().poll(&mut context).is_pending());
        }
        let two = tokio::join!(put(&client, "b").send(), put(&client, "c").send());
        two.0.unwrap();
        two.1.unwrap();
    })
    .await;
    let outcomes: Vec<String> = dynamo.calls().iter().map(ToString::to_string).collect();
    assert_eq!(
        outcomes,
        [
            "PutItem Orders: given up",
            "PutItem Orders: 200",
            "PutItem Orders: 200"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn calls_that_all_give_up_before_the_others_come_fail_the_test() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").rendezvous(2).then_ok().repeated();
    let begun = tokio::time::Instant::now();
    let timeouts = timed(|timeouts| timeouts.operation_timeout(Duration::from_secs(1)));
    let ((), report) = failing(&dynamo, timeouts, async |client| {
        let met = tokio::join!(put(&client, "a").send(), put(&client, "b").send());
        met.0.unwrap();
        met.1.unwrap();
        put(&client, "c").send().await.unwrap_err();
        put(&client, "d").send().await.unwrap_err();
    })
    .await;
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    let why = "- rendezvous: calls to the rule for PutItem gave up while they waited for a rendezvous of 2, and no more \
               than 1 came at the same time: the others are made after it, or not at all (";
    assert_eq!(report.matches(why).count(), 1, "{report}");
    assert_eq!(report.matches("rendezvous:").count(), 1, "{report}");
}

#[tokio::test(start_paused = true)]
async fn calls_that_still_wait_are_no_finding() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").rendezvous(2).then_ok().repeated();
    traced(&dynamo, as_it_is, async |client| {
        let second = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(dynamo.verify().map_err(|report| report.to_string()), Ok(()));
            put(&client, "b").send().await
        };
        let met = tokio::join!(put(&client, "a").send(), second);
        met.0.unwrap();
        met.1.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn each_time_that_a_rendezvous_fails_is_told_at_the_rule_that_was_asked() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("GetItem")
        .rendezvous_at("both", 2)
        .then_no_item()
        .repeated();
    dynamo
        .on("PutItem")
        .rendezvous_at("both", 2)
        .then_ok()
        .repeated();
    let timeouts = timed(|timeouts| timeouts.operation_timeout(Duration::from_secs(1)));
    traced(&dynamo, timeouts, async |client| {
        for _ in 0..2 {
            put(&client, "a").send().await.unwrap_err();
            let report = dynamo.verify().unwrap_err().to_string();
            let why = "rendezvous: calls to the rule for PutItem gave up";
            assert_eq!(report.matches(why).count(), 1, "{report}");
            assert!(
                !report.contains("calls to the rule for GetItem"),
                "{report}"
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_late_is_never_given_however_time_jumps() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("PutItem")
        .then_ok()
        .slow(Duration::from_secs(5))
        .repeated();
    let timeouts = timed(|timeouts| timeouts.read_timeout(Duration::from_secs(3)));
    traced(&dynamo, timeouts, async |client| {
        let mut call = pin!(put(&client, "a").send());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(call.as_mut().poll(&mut context).is_pending());
        tokio::time::advance(Duration::from_secs(10)).await;
        let error = call.await.unwrap_err();
        assert!(
            format!("{error:?}").contains("the mock did not answer within the read time-out of 3s"),
            "{error:?}"
        );
    })
    .await;
    dynamo.calls()[0].assert_attempts(["given up", "given up", "given up"]);
}

#[tokio::test(start_paused = true)]
async fn a_read_time_out_ends_the_wait_for_others_too() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("PutItem")
        .rendezvous(2)
        .then_ok()
        .slow(Duration::from_secs(2))
        .repeated();
    let begun = tokio::time::Instant::now();
    let timeouts = timed(|timeouts| timeouts.read_timeout(Duration::from_secs(3)));
    let ((), report) = failing(&dynamo, timeouts, async |client| {
        // One second for the other, and two for the answer.
        let late = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            put(&client, "b").send().await
        };
        let met = tokio::join!(put(&client, "a").send(), late);
        met.0.unwrap();
        met.1.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(3));
        let error = put(&client, "c").send().await.unwrap_err();
        assert!(
            format!("{error:?}").contains("the mock did not answer within the read time-out of 3s"),
            "{error:?}"
        );
    })
    .await;
    dynamo.calls()[2].assert_attempts(["given up", "given up", "given up"]);
    assert!(
        report.contains("- rendezvous: calls to the rule"),
        "{report}"
    );
}

/// Runs two calls, one after the other, under a time-out of the attempt, and gives what is found.
async fn one_after_the_other(dynamo: &MockDynamo) -> Vec<String> {
    let timeouts = timed(|timeouts| timeouts.operation_attempt_timeout(Duration::from_secs(1)));
    let (succeeded, report) = failing(dynamo, timeouts, async |client| {
        let first = put(&client, "a").send().await.is_ok();
        put(&client, "b").send().await.is_ok() || first
    })
    .await;
    assert!(!succeeded, "{}", dynamo.transcript());
    assert!(report.starts_with("1 finding "), "{report}");
    assert!(
        report.contains("waited for a rendezvous of 2, and no more than 1 came"),
        "{report}"
    );
    dynamo.transcript().lines().map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_tried_again_still_has_to_meet_the_others() {
    // Another rule has answered its first attempt.
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").throttle(1);
    dynamo.on("PutItem").rendezvous(2).then_ok().repeated();
    assert_eq!(
        one_after_the_other(&dynamo).await,
        [
            "PutItem Orders: 400 ProvisionedThroughputExceededException, given up, given up",
            "PutItem Orders: given up, given up, given up"
        ]
    );
    // It has given up, and nobody had come.
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").rendezvous(2).then_ok().repeated();
    assert_eq!(
        one_after_the_other(&dynamo).await,
        ["PutItem Orders: given up, given up, given up"; 2]
    );
}

#[tokio::test(start_paused = true)]
async fn three_hundred_throttled_tests_in_one_process_have_all_their_retries() {
    for number in 0..300 {
        let dynamo = MockDynamo::new();
        dynamo.on("PutItem").throttle(2).then_ok();
        let (result, line) = put_once(&dynamo).await;
        assert!(result.is_ok(), "{number}");
        assert_eq!(line, "DynamoDB PutItem Orders (retries 2)", "{number}");
    }
}

/// The trap itself, in a bucket that no other test uses: that of a region which does not exist.
#[tokio::test(start_paused = true)]
async fn the_bucket_that_the_process_shares_runs_dry() {
    let mut failed = 0;
    for _ in 0..300 {
        let dynamo = MockDynamo::new();
        dynamo.on("PutItem").throttle(3);
        let region = aws_sdk_dynamodb::config::Region::new("us-trap-1");
        let config = Builder::from(&dynamo.sdk_config()).region(region).build();
        put(&Client::from_conf(config), "o-1")
            .send()
            .await
            .unwrap_err();
        failed += usize::from(dynamo.requests().len() < 3);
        drop(dynamo.verify());
    }
    assert!(failed > 100, "{failed}");
}

#[tokio::test(start_paused = true)]
async fn two_throttles_and_a_hang_take_no_time() {
    let (mut fastest, mut at_once) = (Duration::MAX, Duration::MAX);
    // The machine has other work too: one of many has to show it, beside a call that is answered at
    // once.
    for _ in 0..400 {
        let timeouts =
            || timed(|timeouts| timeouts.operation_attempt_timeout(Duration::from_secs(5)));
        let put = async |client: Client| put(&client, "o-1").send().await;

        let begun = Instant::now();
        let dynamo = MockDynamo::new();
        dynamo.on("PutItem").then_ok();
        let (result, _) = traced(&dynamo, timeouts(), put).await;
        assert!(result.is_ok());
        at_once = at_once.min(begun.elapsed());

        let begun = Instant::now();
        let dynamo = MockDynamo::new().back_off(Duration::from_secs(1));
        dynamo.on("PutItem").throttle(2).hang();
        let (result, trace) = traced(&dynamo, timeouts(), put).await;
        assert!(result.is_err());
        assert_eq!(millis(&trace), 7_000);
        fastest = fastest.min(begun.elapsed());
        if fastest < at_once * 10 {
            return;
        }
    }
    panic!(
        "seven seconds in the trace took {fastest:?} at least, and a call that is answered at once {at_once:?}"
    );
}

#[tokio::test]
async fn a_client_without_a_recorder_is_mocked_alone() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").throttle(2).then_ok();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo);
    put(&client, "o-1").send().await.unwrap();
    assert_eq!(dynamo.requests()[0].trace_header(), None);
    assert_eq!(dynamo.expect_one_call("PutItem").retries(), 2);
}

/// Takes away what tells a request of DynamoDB from others.
#[derive(Debug)]
struct Anonymous;

impl aws_sdk_dynamodb::config::Intercept for Anonymous {
    fn name(&self) -> &'static str {
        "anonymous"
    }

    fn modify_before_transmit(
        &self,
        context: &mut aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut<
            '_,
        >,
        _components: &aws_sdk_dynamodb::config::RuntimeComponents,
        _bag: &mut aws_sdk_dynamodb::config::ConfigBag,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        context.request_mut().headers_mut().remove("x-amz-target");
        Ok(())
    }
}

#[tokio::test]
async fn a_request_that_is_none_of_dynamodb_fails_the_call_and_the_test() {
    let dynamo = MockDynamo::new();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo);
    let call = client.list_tables().customize().interceptor(Anonymous);
    call.send().await.unwrap_err();
    let report = dynamo.verify().unwrap_err();
    let [note] = report.notes() else {
        panic!("{report}");
    };
    assert_eq!(
        (note.code(), note.message()),
        (
            "no-request",
            "POST https://dynamodb.us-east-1.amazonaws.com/ has no X-Amz-Target: this is no request of DynamoDB"
        )
    );
}

/// Keeps what comes over the wire.
#[derive(Clone, Debug, Default)]
struct Wire(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl aws_sdk_dynamodb::config::Intercept for Wire {
    fn name(&self) -> &'static str {
        "wire"
    }

    fn read_before_deserialization(
        &self,
        context: &aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef<'_>,
        _components: &aws_sdk_dynamodb::config::RuntimeComponents,
        _bag: &mut aws_sdk_dynamodb::config::ConfigBag,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let response = context.response();
        let mut text = format!("{}\n", response.status());
        let mut headers: Vec<String> = response
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        headers.sort();
        text.extend(headers);
        text.push_str(std::str::from_utf8(response.body().bytes().unwrap()).unwrap());
        self.0.lock().unwrap().push(text);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_those_of_aws_byte_by_byte() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").internal_error().then_ok().wrong_crc();
    let wire = Wire::default();
    let seen = wire.clone();
    let (result, _) = traced(
        &dynamo,
        |config| config.interceptor(wire),
        async |client| put(&client, "o-1").send().await,
    )
    .await;
    result.unwrap();
    let expected = [
        r#"500
content-length: 99
content-type: application/x-amz-json-1.0
x-amz-crc32: 2971048199
x-amz-retry-after: 1
x-amzn-requestid: PHANTOM000000000000000000000000000000000000000000001
{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Internal server error"}"#,
        // The checksum of `{}` is 2745614147.
        r"200
content-length: 2
content-type: application/x-amz-json-1.0
x-amz-crc32: 2745614146
x-amzn-requestid: PHANTOM000000000000000000000000000000000000000000002
{}",
    ];
    assert_eq!(*seen.0.lock().unwrap(), expected);
    let request = &dynamo.requests()[1];
    assert_eq!((request.operation(), request.attempt()), ("PutItem", 2));
    assert_eq!(
        request.body(),
        r#"{"TableName":"Orders","Item":{"order_id":{"S":"o-1"}}}"#
    );
}
