//! The AWS SDK's own client, recorded against a DynamoDB that answers as it is told.

use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use xray_phantom::{
    Attribute, AwsInterceptor, DynamoRequest, FakeDaemon, Finding, MockDynamo, Recorder, Reply,
    in_subsegment, mock_dynamo_client,
};

use crate::support::panic_text;

/// Runs a call in a segment, and gives the outline of its trace.
async fn traced<T, E: std::error::Error + 'static>(
    dynamo: &MockDynamo,
    call: impl AsyncFnOnce(Client) -> Result<T, E>,
) -> (Result<T, E>, String) {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    let result = recorder
        .in_segment("api", async |_| call(client).await)
        .await;
    let outline = daemon.expect_one_trace().await.outline();
    (result, outline)
}

fn put(client: &Client) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
    client
        .put_item()
        .table_name("Orders")
        .item("order_id", AttributeValue::S("o-1".into()))
}

#[tokio::test]
async fn a_call_is_one_subsegment_with_all_that_is_known_of_it() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").table("Orders").throttle(2).then_ok();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment("api", async |_| put(&client).send().await)
        .await
        .unwrap();

    let trace = daemon.expect_one_trace().await;
    trace.assert().segment("api", |s| {
        s.child("DynamoDB", |s| {
            s.namespace("aws")
                .aws(|a| {
                    a.operation("PutItem")
                        .table("Orders")
                        .region("us-east-1")
                        .retries(2)
                })
                .status(200)
                .succeeded()
        })
    });
    let call = trace.nodes().nth(1).unwrap().entity();
    assert_eq!(
        call.http().unwrap().response().unwrap().content_length(),
        Some(2)
    );
    assert_eq!(call.aws().unwrap().request_id().unwrap().len(), 52);

    // Every attempt carries the same header, with the subsegment as its parent.
    let requests = dynamo.requests();
    let attempts: Vec<u32> = requests.iter().map(DynamoRequest::attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    let header = format!(
        "Root={};Parent={};Sampled=1",
        trace.id(),
        call.id().unwrap()
    );
    assert!(
        requests
            .iter()
            .all(|request| request.trace_header() == Some(&*header)),
        "{requests:?}"
    );
}

#[tokio::test]
async fn no_value_of_an_item_is_recorded() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").then_ok();
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment("api", async |_| {
            put(&client)
                .item("card", AttributeValue::S("4111-secret".into()))
                .send()
                .await
        })
        .await
        .unwrap();
    let datagrams = daemon.datagrams().await.unwrap();
    let text = String::from_utf8_lossy(datagrams[0].bytes()).into_owned();
    assert!(
        !text.contains("secret") && !text.contains("card") && !text.contains("o-1"),
        "{text}"
    );
}

#[tokio::test]
async fn items_are_typed_as_dynamodb_types_them() {
    let dynamo = MockDynamo::new();
    dynamo.on("GetItem").table("Orders").then_item([
        ("order_id", Attribute::from("o-1")),
        ("total", 42.into()),
        ("paid", true.into()),
        ("tags", Attribute::List(vec!["a".into(), Attribute::Null])),
        (
            "to",
            Attribute::Map(vec![("city".to_owned(), "Bonn".into())]),
        ),
    ]);
    dynamo
        .on("Query")
        .then_items([
            [("order_id", Attribute::from("o-1"))],
            [("order_id", "o-2".into())],
        ])
        .then_ok();
    let (result, outline) = traced(&dynamo, async |client: Client| {
        let item = client
            .get_item()
            .table_name("Orders")
            .key("order_id", AttributeValue::S("o-1".into()))
            .send()
            .await;
        let item = item.map_err(aws_sdk_dynamodb::Error::from)?.item.unwrap();
        let expected = HashMap::from([
            ("order_id".to_owned(), AttributeValue::S("o-1".into())),
            ("total".to_owned(), AttributeValue::N("42".into())),
            ("paid".to_owned(), AttributeValue::Bool(true)),
            (
                "tags".to_owned(),
                AttributeValue::L(vec![
                    AttributeValue::S("a".into()),
                    AttributeValue::Null(true),
                ]),
            ),
            (
                "to".to_owned(),
                AttributeValue::M(HashMap::from([(
                    "city".to_owned(),
                    AttributeValue::S("Bonn".into()),
                )])),
            ),
        ]);
        assert_eq!(item, expected);
        let two = client
            .query()
            .table_name("Orders")
            .send()
            .await
            .map_err(aws_sdk_dynamodb::Error::from)?;
        assert_eq!((two.count, two.items().len()), (2, 2));
        let none = client
            .query()
            .table_name("Orders")
            .send()
            .await
            .map_err(aws_sdk_dynamodb::Error::from)?;
        assert_eq!(none.count, 0);
        Ok::<_, aws_sdk_dynamodb::Error>(())
    })
    .await;
    result.unwrap();
    assert_eq!(
        outline,
        "api\n  DynamoDB GetItem Orders (retries 0)\n  DynamoDB Query Orders\n  DynamoDB Query Orders"
            .replace(" (retries 0)", "")
    );
}

#[tokio::test]
async fn errors_are_recorded_as_aws_means_them() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").conditional_check_failed();
    let (result, outline) = traced(&dynamo, async |client: Client| put(&client).send().await).await;
    assert!(
        result
            .unwrap_err()
            .into_service_error()
            .is_conditional_check_failed_exception()
    );
    assert_eq!(
        outline,
        "api FAULT SdkError\n  DynamoDB PutItem Orders 400 ERROR ConditionalCheckFailedException"
    );

    let dynamo = MockDynamo::new();
    dynamo
        .on("PutItem")
        .internal_error()
        .internal_error()
        .internal_error();
    let (result, outline) = traced(&dynamo, async |client: Client| put(&client).send().await).await;
    assert!(
        result
            .unwrap_err()
            .into_service_error()
            .is_internal_server_error()
    );
    assert_eq!(
        outline,
        "api FAULT SdkError\n  DynamoDB PutItem Orders (retries 2) 500 FAULT InternalServerError"
    );

    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").throttle(3);
    let (result, outline) = traced(&dynamo, async |client: Client| put(&client).send().await).await;
    assert!(
        result
            .unwrap_err()
            .into_service_error()
            .is_provisioned_throughput_exceeded_exception()
    );
    assert_eq!(
        outline,
        "api FAULT SdkError\n  DynamoDB PutItem Orders (retries 2) 400 ERROR THROTTLE \
         ProvisionedThroughputExceededException"
    );
}

#[tokio::test(start_paused = true)]
async fn a_back_off_of_a_second_shows_two_throttled_seconds_and_takes_none() {
    let begun = Instant::now();
    let dynamo = MockDynamo::new().back_off(Duration::from_secs(1));
    dynamo.on("PutItem").table("Orders").throttle(2).then_ok();
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment("OrdersWorker", async |_| {
            in_subsegment("dynamo-put", async |_| put(&client).send().await).await
        })
        .await
        .unwrap();
    let trace = daemon.expect_one_trace().await;
    assert_eq!(
        trace.outline(),
        "OrdersWorker\n  dynamo-put\n    DynamoDB PutItem Orders (retries 2)"
    );
    for node in trace.nodes() {
        let millis = node.duration().unwrap().as_millis();
        assert!((2_000..2_010).contains(&millis), "{trace}");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_closes_its_subsegment() {
    let dynamo = MockDynamo::new().back_off(Duration::from_secs(5));
    dynamo.on("PutItem").throttle(1);
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment_infallible("api", async |_| {
            let call = tokio::time::timeout(Duration::from_secs(1), put(&client).send());
            assert!(call.await.is_err());
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    assert_eq!(
        trace.outline(),
        "api\n  DynamoDB PutItem Orders ERROR Cancelled"
    );
}

#[tokio::test]
async fn a_call_outside_of_every_segment_is_a_finding() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").then_ok();
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    put(&client).send().await.unwrap();
    assert_eq!(dynamo.requests()[0].trace_header(), None);
    let report = daemon.verify().await.unwrap_err();
    assert!(
        report.to_string().contains(
            "- no-segment: a call of the AWS SDK ran outside of every segment: it was spawned without its context, \
             or nobody opened one (tests/it/aws.rs:"
        ),
        "{report}"
    );
}

#[tokio::test]
async fn installed_twice_a_call_outside_of_every_segment_is_told_once() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").then_ok();
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    let call = put(&client).customize();
    let call = call.interceptor(AwsInterceptor::new(&recorder));
    call.send().await.unwrap();
    assert_eq!(recorder.stats().missing, 1);
    let report = daemon.verify().await.unwrap_err();
    assert_eq!(report.findings().len(), 1, "{report}");
}

#[tokio::test]
async fn away_from_a_daemon_such_a_call_is_what_the_recorder_wants_it_to_be() {
    use xray_phantom::recorder::{ContextMissing, MemoryEmitter};

    for (what, notes) in [(ContextMissing::Ignore, 0), (ContextMissing::Log, 1)] {
        let kept = MemoryEmitter::new();
        let recorder = Recorder::builder("api")
            .emitter(kept.clone())
            .context_missing(what)
            .build();
        let dynamo = MockDynamo::new();
        dynamo.on("PutItem").then_ok().repeated();
        let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
        put(&client).send().await.unwrap();
        put(&client).send().await.unwrap();
        assert_eq!(recorder.stats().missing, 2, "{what}");
        assert_eq!(kept.notes().len(), notes, "{what}");
    }
}

#[tokio::test]
async fn installed_twice_a_call_is_recorded_once() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").then_ok();
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment("api", async |_| {
            put(&client)
                .customize()
                .interceptor(AwsInterceptor::new(&recorder))
                .send()
                .await
        })
        .await
        .unwrap();
    assert_eq!(
        daemon.expect_one_trace().await.outline(),
        "api\n  DynamoDB PutItem Orders"
    );
}

#[tokio::test]
async fn a_request_that_no_rule_answers_fails_the_call_and_the_test() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").table("Customers").then_ok();
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment("api", async |_| put(&client).send().await)
        .await
        .unwrap_err();
    // Not tried again.
    assert_eq!(dynamo.requests().len(), 1);
    let trace = daemon.expect_one_trace().await;
    assert!(
        trace.to_string().contains("DynamoDB PutItem Orders FAULT"),
        "{trace}"
    );
    assert!(
        trace
            .nodes()
            .nth(1)
            .unwrap()
            .entity()
            .json()
            .raw()
            .contains("no rule answers PutItem Orders")
    );

    let report = daemon.verify().await.unwrap_err();
    let codes: Vec<&str> = report
        .findings()
        .iter()
        .map(|finding| match finding {
            Finding::Note(note) => note.code(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(codes, ["no-rule", "unused-rule"]);
    let text = report.to_string();
    assert!(
        text.contains("- no-rule: no rule answers PutItem Orders; the nearest is for PutItem Customers, made at tests/it/aws.rs:"),
        "{text}"
    );
    assert!(
        text.contains("- unused-rule: the rule for PutItem Customers has 1 answer that nobody asked for (0 used) (tests/it/aws.rs:"),
        "{text}"
    );
}

#[test]
fn a_mock_without_a_daemon_fails_the_test_when_it_is_dropped() {
    let text = panic_text(|| {
        let dynamo = MockDynamo::new();
        dynamo.on("PutItem").throttle(2).then_ok();
        dynamo.on("GetItem");
        dynamo.on("Query").then_ok().repeated();
        let request = || DynamoRequest::new("Query", "{}");
        assert_eq!(
            dynamo.handle(request()).unwrap(),
            dynamo.handle(request()).unwrap()
        );
        dynamo
            .handle(DynamoRequest::new("Scan", r#"{"TableName": "Orders"}"#))
            .unwrap_err();
    });
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("3 findings of the MockDynamo made at tests/it/aws.rs:"),
        "{text}"
    );
    assert!(
        lines[1]
            .starts_with("- no-rule: no rule answers Scan Orders: add one, dynamo.on(\"Scan\") ("),
        "{text}"
    );
    assert!(
        lines[2].starts_with(
            "- unused-rule: the rule for PutItem has 3 answers that nobody asked for (0 used) ("
        ),
        "{text}"
    );
    assert!(
        lines[3].starts_with(
            "- unused-rule: the rule for GetItem has no answer: add one, such as .then_ok() ("
        ),
        "{text}"
    );
    assert_eq!(
        lines[4],
        "If the test returned an Err, this panic has taken its place."
    );
}

#[test]
fn an_operation_that_dynamodb_does_not_have_is_refused_with_the_nearest() {
    let dynamo = MockDynamo::new();
    let text = panic_text(|| dynamo.on("Putitems"));
    assert_eq!(
        text,
        "invalid operation `Putitems`: DynamoDB has no such operation; the nearest is `PutItem`"
    );
    assert!(dynamo.try_on("putItem").is_err());
}

#[test]
fn a_rule_that_has_given_all_it_had_is_named() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").then_ok();
    let put = || DynamoRequest::new("PutItem", r#"{"TableName": "Orders"}"#);
    dynamo.handle(put()).unwrap();
    let error = dynamo.handle(put()).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "mock DynamoDB: no answer is left for PutItem Orders: the rule for PutItem made at "
        ),
        "{error}"
    );
    assert!(
        error.ends_with(" has given 1; add another, or let the last be repeated"),
        "{error}"
    );
    assert_eq!(dynamo.verify().unwrap_err().notes().len(), 1);
}

#[test]
fn a_rule_is_judged_whenever_it_was_made() {
    let dynamo = MockDynamo::new();
    dynamo.verify().unwrap();
    dynamo.on("PutItem").then_ok();
    assert_eq!(dynamo.verify().unwrap_err().notes().len(), 1);
    dynamo.verify().unwrap();
    // The last answer is forgiven once it was given, and not before.
    dynamo.on("GetItem").throttle(1).then_ok().repeated();
    dynamo.handle(DynamoRequest::new("GetItem", "{}")).unwrap();
    assert_eq!(
        dynamo.verify().unwrap_err().notes()[0].code(),
        "unused-rule"
    );
}

#[test]
fn a_mock_that_outlives_its_daemon_judges_itself() {
    let text = panic_text(|| {
        let dynamo = MockDynamo::new();
        {
            let daemon = FakeDaemon::start();
            let recorder = Recorder::builder("api").daemon(&daemon).build();
            let _client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
        }
        dynamo.on("PutItem").then_ok();
    });
    assert!(
        text.starts_with("1 finding of the MockDynamo made at "),
        "{text}"
    );
}

#[test]
fn a_batch_names_its_tables() {
    let dynamo = MockDynamo::new();
    dynamo.on("BatchGetItem").table("Orders").then_ok();
    dynamo.on("TransactWriteItems").table("Customers").then_ok();
    let batch = r#"{"RequestItems": {"Customers": {}, "Orders": {}}}"#;
    dynamo
        .handle(DynamoRequest::new("BatchGetItem", batch))
        .unwrap();
    let transaction = r#"{"TransactItems": [{"Put": {"TableName": "Orders"}}, {"Delete": {"TableName": "Customers"}}]}"#;
    dynamo
        .handle(DynamoRequest::new("TransactWriteItems", transaction))
        .unwrap();
    let tables: Vec<String> = dynamo.requests()[1].tables().map(str::to_owned).collect();
    assert_eq!(tables, ["Orders", "Customers"]);
}

#[test]
fn a_rule_for_a_table_is_for_all_that_name_it() {
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Orders";
    for (operation, body) in [
        ("PutItem", format!(r#"{{"TableName": "{arn}"}}"#)),
        ("BatchGetItem", format!(r#"{{"RequestItems": {{"{arn}": {{}}}}}}"#)),
        (
            "ExecuteStatement",
            r#"{"Statement": "SELECT * FROM \"Orders\".\"by_day\" WHERE day = ?"}"#.to_owned(),
        ),
        (
            "ExecuteTransaction",
            r#"{"TransactStatements": [{"Statement": "UPDATE Other SET a = 1"}, {"Statement": "DELETE FROM Orders WHERE a = 1"}]}"#.to_owned(),
        ),
        (
            "BatchExecuteStatement",
            r#"{"Statements": [{"Statement": "INSERT INTO Orders VALUE {'a': 1}"}]}"#.to_owned(),
        ),
        ("CreateGlobalTable", r#"{"GlobalTableName": "Orders"}"#.to_owned()),
        ("RestoreTableFromBackup", r#"{"TargetTableName": "Orders"}"#.to_owned()),
        (
            "ImportTable",
            r#"{"TableCreationParameters": {"TableName": "Orders"}}"#.to_owned(),
        ),
        ("ExportTableToPointInTime", format!(r#"{{"TableArn": "{arn}"}}"#)),
    ] {
        let dynamo = MockDynamo::new();
        dynamo.on(operation).table("Others").then(Reply::error(400, "Wrong", ""));
        dynamo.on(operation).table("Orders").then_ok();
        let reply = dynamo.handle(DynamoRequest::new(operation, body)).unwrap();
        assert_eq!(reply.status(), 200, "{operation}");
        assert_eq!(dynamo.verify().unwrap_err().notes().len(), 1, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_error_that_is_retried_pauses_as_the_mock_says() {
    let dynamo = MockDynamo::new().back_off(Duration::from_secs(1));
    dynamo
        .on("PutItem")
        .then(Reply::error(503, "ServiceUnavailable", "later"))
        .internal_error()
        .then_ok();
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment("api", async |_| put(&client).send().await)
        .await
        .unwrap();
    let trace = daemon.expect_one_trace().await;
    let millis = trace
        .roots()
        .next()
        .unwrap()
        .duration()
        .unwrap()
        .as_millis();
    assert!((2_000..2_010).contains(&millis), "{trace}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_never_sent_is_no_retry() {
    let dynamo = MockDynamo::new().back_off(Duration::from_secs(3));
    dynamo.on("PutItem").throttle(1);
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment_infallible("api", async |_| {
            tokio::time::timeout(Duration::from_secs(1), put(&client).send())
                .await
                .unwrap_err();
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    let call = trace.nodes().nth(1).unwrap();
    assert_eq!(call.entity().aws().unwrap().retries(), Some(0));
}

#[test]
fn two_hundred_of_these_tests_at_once_never_meet() {
    let together = Barrier::new(200);
    thread::scope(|scope| {
        for number in 0..200 {
            let together = &together;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                together.wait();
                let id = format!("o-{number}");
                runtime.block_on(async {
                    let daemon = FakeDaemon::start();
                    let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
                    let dynamo = MockDynamo::new();
                    dynamo.on("PutItem").table("Orders").throttle(2).then_ok();
                    let orders = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
                    let order = AttributeValue::S(id.clone());
                    recorder
                        .in_segment("OrdersWorker", async |_| {
                            in_subsegment("dynamo-put", async |subsegment| {
                                subsegment.annotate("order_id", &id);
                                orders.put_item().table_name("Orders").item("order_id", order).send().await
                            })
                            .await
                        })
                        .await
                        .unwrap();
                    let expected = format!(
                        "OrdersWorker\n  dynamo-put {{order_id: {id}}}\n    DynamoDB PutItem Orders (retries 2)"
                    );
                    assert_eq!(daemon.expect_one_trace().await.outline(), expected);
                    assert_eq!(dynamo.requests().len(), 3);
                });
            });
        }
    });
}

#[tokio::test]
async fn the_retries_of_one_mock_do_not_use_up_those_of_another() {
    for _ in 0..60 {
        let dynamo = MockDynamo::new();
        dynamo.on("PutItem").throttle(2).then_ok();
        let (result, _) = traced(&dynamo, async |client: Client| put(&client).send().await).await;
        result.unwrap();
    }
}
