//! Calls of the AWS SDK that end otherwise than with an answer, and what their clients are made of.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{Builder, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use xray_phantom::recorder::Namespace;
use xray_phantom::wire::TraceHeader;
use xray_phantom::{
    AwsInterceptor, FakeDaemon, MockDynamo, Recorder, Reply, Sampling, carry, mock_dynamo_client,
    traced_clients,
};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn put(
    client: &Client,
) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
    client
        .put_item()
        .table_name("Orders")
        .item("order_id", AttributeValue::S("o-1".into()))
}

/// The outline and the text of the one trace.
pub(crate) async fn trace_of(daemon: &FakeDaemon) -> (String, String) {
    let trace = daemon.expect_one_trace().await;
    let text = trace
        .nodes()
        .map(|node| node.entity().json().raw().to_owned());
    (trace.outline(), text.collect())
}

pub(crate) fn test_bed() -> (FakeDaemon, Recorder, MockDynamo) {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    (daemon, recorder, MockDynamo::new())
}

/// Sets a header before the others, as the SDK itself does inside Lambda.
#[derive(Debug)]
struct SetsHeader(&'static str);

impl Intercept for SetsHeader {
    fn name(&self) -> &'static str {
        "sets-header"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), Failure> {
        let headers = context.request_mut().headers_mut();
        headers.insert("x-amzn-trace-id", self.0);
        Ok(())
    }
}

/// Fails a call before it begins.
#[derive(Debug)]
struct Refuses;

impl Intercept for Refuses {
    fn name(&self) -> &'static str {
        "refuses"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _bag: &mut ConfigBag,
    ) -> Result<(), Failure> {
        Err("not today".into())
    }
}

#[tokio::test]
async fn the_header_of_the_sdk_itself_is_replaced_on_every_attempt() {
    let (daemon, recorder, dynamo) = test_bed();
    dynamo.on("PutItem").throttle(1).then_ok();
    let lambda = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder, |config| config
        .interceptor(SetsHeader(lambda)));
    recorder
        .in_segment("api", async |_| put(&client).send().await)
        .await
        .unwrap();
    let trace = daemon.expect_one_trace().await;
    let id = trace
        .nodes()
        .nth(1)
        .unwrap()
        .entity()
        .id()
        .unwrap()
        .into_owned();
    dynamo.expect_one_call("PutItem").assert_parent(&id);
    let root = format!("Root={};", trace.id());
    assert!(
        dynamo
            .requests()
            .iter()
            .all(|request| request.trace_header().unwrap().starts_with(&root))
    );
}

#[tokio::test]
async fn what_came_in_goes_downstream_and_an_unsampled_call_says_so() {
    let (daemon, recorder, dynamo) = test_bed();
    dynamo.on("PutItem").then_ok().repeated();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    let sent = async |header: &str| {
        let recorder = recorder.continuing(&TraceHeader::parse(header));
        recorder
            .in_segment("api", async |_| put(&client).send().await)
            .await
            .unwrap();
        dynamo
            .requests()
            .pop()
            .unwrap()
            .trace_header()
            .unwrap()
            .to_owned()
    };
    let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let kept = sent(&format!(
        "{root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0"
    ))
    .await;
    let trace = daemon.traces().await.unwrap().remove(0);
    let call = trace.nodes().nth(1).unwrap().entity().id().unwrap();
    assert_eq!(kept, format!("{root};Parent={call};Sampled=1;Lineage=a:0"));
    let dropped = sent(&format!(
        "{root};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:0"
    ))
    .await;
    assert_eq!(
        dropped,
        format!("{root};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:0")
    );
    assert_eq!(daemon.expect_one_trace().await.nodes().count(), 2);

    let never = Recorder::builder("api")
        .daemon(&daemon)
        .sampling(Sampling::never())
        .build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, never);
    never
        .in_segment("api", async |_| put(&client).send().await)
        .await
        .unwrap();
    let header = dynamo
        .requests()
        .pop()
        .unwrap()
        .trace_header()
        .unwrap()
        .to_owned();
    assert!(header.ends_with(";Sampled=0"), "{header}");
    assert_eq!(daemon.traces().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_that_cannot_be_made_is_a_construction_failure() {
    let (daemon, recorder, dynamo) = test_bed();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment_infallible("api", async |_| {
            // An interceptor of the SDK refuses it before it is written.
            let error = client.put_item().send().await.unwrap_err();
            assert!(
                matches!(error, SdkError::ConstructionFailure(_)),
                "{error:?}"
            );
            let call = put(&client).customize().interceptor(Refuses);
            call.send().await.unwrap_err();
        })
        .await;
    let (outline, text) = trace_of(&daemon).await;
    let failed = "  DynamoDB PutItem FAULT ConstructionFailure";
    assert_eq!(outline, format!("api\n{failed}\n{failed}"));
    assert!(
        text.contains("encountered an error: not today\"}]"),
        "{text}"
    );
    assert_eq!(dynamo.requests().len(), 0);
}

#[tokio::test]
async fn a_client_without_a_region_sends_nothing() {
    let (daemon, recorder, dynamo) = test_bed();
    // The exception is named as the SDK names the error.
    let sdk_config = dynamo.sdk_config().into_builder().region(None).build();
    let config = Builder::from(&sdk_config)
        .interceptor(AwsInterceptor::new(&recorder))
        .build();
    let client = Client::from_conf(config);
    recorder
        .in_segment_infallible("api", async |_| {
            drop(put(&client).send().await.unwrap_err());
        })
        .await;
    let (outline, text) = trace_of(&daemon).await;
    assert_eq!(
        outline,
        "api\n  DynamoDB PutItem Orders FAULT DispatchFailure"
    );
    assert!(text.contains("Missing Region"), "{text}");
}

#[tokio::test]
async fn a_call_that_outlives_its_task_is_of_the_segment_that_it_was_carried_from() {
    let (daemon, recorder, dynamo) = test_bed();
    dynamo.on("PutItem").then_ok().times(20);
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment_infallible("api", async |_| {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..20 {
                let client = client.clone();
                tasks.spawn(carry(async move { put(&client).send().await }));
            }
            while let Some(done) = tasks.join_next().await {
                done.unwrap().unwrap();
            }
        })
        .await;
    let (outline, _) = trace_of(&daemon).await;
    assert_eq!(
        outline,
        format!("api{}", "\n  DynamoDB PutItem Orders".repeat(20))
    );
}

#[tokio::test]
async fn the_same_interceptor_twice_records_once_and_counts_each_attempt_once() {
    let (daemon, recorder, dynamo) = test_bed();
    dynamo.on("PutItem").throttle(2).then_ok();
    let interceptor = AwsInterceptor::new(&recorder);
    let config = Builder::from(&dynamo.sdk_config())
        .interceptor(interceptor.clone())
        .interceptor(interceptor.clone())
        .build();
    let client = Client::from_conf(config);
    recorder
        .in_segment("api", async |_| {
            let call = put(&client).customize().interceptor(interceptor.clone());
            call.interceptor(AwsInterceptor::new(&recorder))
                .send()
                .await
        })
        .await
        .unwrap();
    let (outline, _) = trace_of(&daemon).await;
    assert_eq!(outline, "api\n  DynamoDB PutItem Orders (retries 2)");
}

#[tokio::test]
async fn it_is_installed_on_a_client_that_exists_and_for_one_call() {
    let (daemon, recorder, dynamo) = test_bed();
    dynamo.on("PutItem").then_ok().times(3);
    let given = mock_dynamo_client!(aws_sdk_dynamodb, dynamo);
    let config = given
        .config()
        .to_builder()
        .interceptor(AwsInterceptor::new(&recorder));
    let client = Client::from_conf(config.build());
    recorder
        .in_segment_infallible("api", async |_| {
            put(&given).send().await.unwrap(); // Not recorded.
            put(&client).send().await.unwrap();
            let call = put(&given)
                .customize()
                .interceptor(AwsInterceptor::new(&recorder));
            call.send().await.unwrap();
        })
        .await;
    let (outline, _) = trace_of(&daemon).await;
    assert_eq!(
        outline,
        "api\n  DynamoDB PutItem Orders\n  DynamoDB PutItem Orders"
    );
}

#[tokio::test]
async fn several_clients_are_made_at_once() {
    let (daemon, recorder, dynamo) = test_bed();
    dynamo.on("ListTables").then_ok().times(2);
    let (one, other) = traced_clients!(
        recorder,
        dynamo.sdk_config(),
        aws_sdk_dynamodb,
        aws_sdk_dynamodb
    );
    recorder
        .in_segment_infallible("api", async |_| {
            one.list_tables().send().await.unwrap();
            other.list_tables().send().await.unwrap();
        })
        .await;
    let (outline, _) = trace_of(&daemon).await;
    assert_eq!(outline, "api\n  DynamoDB ListTables\n  DynamoDB ListTables");
}

#[tokio::test]
async fn the_second_id_of_an_answer_is_recorded() {
    /// Adds the header that S3 sends.
    #[derive(Debug)]
    struct SecondId(Arc<Mutex<u32>>);

    impl Intercept for SecondId {
        fn name(&self) -> &'static str {
            "second-id"
        }

        fn modify_before_deserialization(
            &self,
            context: &mut aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextMut<'_>,
            _components: &RuntimeComponents,
            _bag: &mut ConfigBag,
        ) -> Result<(), Failure> {
            *self.0.lock().unwrap() += 1;
            let headers = context.response_mut().headers_mut();
            headers.insert("x-amz-id-2", "abc/def=");
            Ok(())
        }
    }

    let (daemon, recorder, dynamo) = test_bed();
    dynamo.on("PutItem").then_ok();
    let seen = Arc::new(Mutex::new(0));
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder, |config| config
        .interceptor(SecondId(Arc::clone(&seen))));
    recorder
        .in_segment("api", async |_| put(&client).send().await)
        .await
        .unwrap();
    let (_, text) = trace_of(&daemon).await;
    assert!(text.contains(r#""id_2":"abc/def=""#), "{text}");
    assert_eq!(*seen.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_name_that_is_escaped_stays_the_same_name() {
    let (daemon, recorder, dynamo) = test_bed();
    dynamo
        .on("BatchGetItem")
        .then_body(r#"{"ConsumedCapacity": [ {"TableName": "T\"1"} ], "Responses": {}}"#);
    dynamo.on("GetItem").then_body("null");
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment_infallible("api", async |_| {
            let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder()
                .keys([("a".to_owned(), AttributeValue::Null(true))].into());
            let batch = client
                .batch_get_item()
                .request_items("T\"1\\ä", keys.build().unwrap());
            batch.send().await.unwrap();
            drop(client.get_item().table_name("T\"1").send().await);
        })
        .await;
    let (_, text) = trace_of(&daemon).await;
    assert!(text.contains(r#""table_names":["T\"1\\ä"]"#), "{text}");
    assert!(
        text.contains(r#""consumed_capacity":[ {"TableName": "T\"1"} ]"#),
        "{text}"
    );
    assert!(text.contains(r#""table_name":"T\"1""#), "{text}");
}

#[tokio::test]
async fn a_call_stands_below_the_subsegment_that_it_is_made_in() {
    let (daemon, recorder, dynamo) = test_bed();
    dynamo.on("PutItem").then_ok().times(2);
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    recorder
        .in_segment_infallible("api", async |segment| {
            segment.aws("account_id", "123456789012");
            let work = segment.in_subsegment_infallible("work", async |work| {
                work.namespace(Namespace::Remote);
                let (a, b) = tokio::join!(put(&client).send(), put(&client).send());
                a.and(b).map(drop)
            });
            work.await.unwrap();
        })
        .await;
    let (outline, _) = trace_of(&daemon).await;
    assert_eq!(
        outline,
        "api\n  work\n    DynamoDB PutItem Orders\n    DynamoDB PutItem Orders"
    );
}

#[tokio::test]
async fn replies_of_any_status_are_judged_by_it() {
    for (status, expected) in [
        (304, "304 X"),
        (404, "404 ERROR X"),
        (429, "429 ERROR THROTTLE X"),
        (501, "501 FAULT X"),
    ] {
        let (daemon, recorder, dynamo) = test_bed();
        dynamo
            .on("PutItem")
            .then(Reply::error(status, "X", ""))
            .repeated();
        let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
        recorder
            .in_segment_infallible("api", async |_| drop(put(&client).send().await))
            .await;
        let (outline, _) = trace_of(&daemon).await;
        assert_eq!(
            outline,
            format!("api\n  DynamoDB PutItem Orders {expected}"),
            "{status}"
        );
    }
}
