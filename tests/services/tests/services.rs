//! Real clients of other services than DynamoDB: what is recorded of their calls.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::{Value, json};
use xray_phantom::{FakeDaemon, Recorder, traced_clients};

/// What every service answers: a status, headers, a body.
#[derive(Clone, Debug)]
struct Answer(u16, &'static [(&'static str, &'static str)], &'static str);

/// A configuration of clients that all get this answer.
fn answering(answer: Answer) -> SdkConfig {
    let client = infallible_client_fn(move |_| {
        let Answer(status, headers, body) = answer.clone();
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(SdkBody::from(body)).unwrap()
    });
    let credentials = Credentials::new("phantom", "phantom", None, None, "test");
    SdkConfig::builder()
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(client)
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .build()
}

/// The subsegment of the call that this makes.
async fn recorded<T>(call: impl AsyncFnOnce(&Recorder) -> T) -> (T, Value) {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let result = recorder
        .in_segment_infallible("api", async |_| call(&recorder).await)
        .await;
    let datagrams = daemon.datagrams().await.unwrap();
    let text = String::from_utf8_lossy(datagrams[0].bytes()).into_owned();
    assert!(!text.contains("SECRET"), "{text}");
    let trace = daemon.expect_one_trace().await;
    let call = trace
        .nodes()
        .nth(1)
        .unwrap()
        .entity()
        .json()
        .raw()
        .to_owned();
    (result, serde_json::from_str(&call).unwrap())
}

/// What `aws` holds beside operation, region, and retries, of a call that succeeded.
#[track_caller]
fn check(call: &Value, service: &str, operation: &str, mut expected: Value) {
    assert_eq!(call["name"], service);
    expected["operation"] = json!(operation);
    expected["region"] = json!("eu-west-1");
    expected["retries"] = json!(0);
    assert_eq!(call["aws"], expected);
    for flag in ["error", "fault", "throttle", "cause"] {
        assert_eq!(call.get(flag), None, "{call}");
    }
}

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";

#[tokio::test]
async fn sqs_is_recorded_with_its_queues_and_counts() {
    let config = answering(Answer(
        200,
        &[("x-amzn-requestid", "r-1")],
        r#"{"MessageId": "m-1", "MD5OfMessageBody": "SECRET"}"#,
    ));
    let (result, call) = recorded(async |recorder| {
        let (sqs,) = traced_clients!(recorder, config, aws_sdk_sqs);
        let attribute = aws_sdk_sqs::types::MessageAttributeValue::builder()
            .data_type("String")
            .string_value("SECRET")
            .build()
            .unwrap();
        sqs.send_message()
            .queue_url(QUEUE)
            .message_body("SECRET")
            .delay_seconds(3)
            .message_attributes("tenant", attribute)
            .send()
            .await
    })
    .await;
    drop(result);
    check(
        &call,
        "SQS",
        "SendMessage",
        json!({"queue_url": QUEUE, "delay_seconds": 3, "message_attribute_names": ["tenant"],
        "message_id": "m-1", "request_id": "r-1"}),
    );

    let config = answering(Answer(
        200,
        &[],
        r#"{"Successful": [{"Id": "a", "MessageId": "SECRET", "MD5OfMessageBody": "x"}], "Failed": [
        {"Id": "b", "SenderFault": true, "Code": "c"}, {"Id": "d", "SenderFault": true, "Code": "c"}]}"#,
    ));
    let (_, call) = recorded(async |recorder| {
        let (sqs,) = traced_clients!(recorder, config, aws_sdk_sqs);
        let entry = |id: &str| {
            aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
                .id(id)
                .message_body("SECRET")
                .build()
                .unwrap()
        };
        sqs.send_message_batch()
            .queue_url(QUEUE)
            .entries(entry("a"))
            .entries(entry("b"))
            .entries(entry("d"))
            .send()
            .await
            .unwrap()
    })
    .await;
    check(
        &call,
        "SQS",
        "SendMessageBatch",
        json!({"queue_url": QUEUE, "message_count": 3, "successful_count": 1, "failed_count": 2}),
    );

    let config = answering(Answer(
        200,
        &[],
        r#"{"Messages": [{"Body": "SECRET", "ReceiptHandle": "SECRET"}, {"Body": "SECRET"}]}"#,
    ));
    let (_, call) = recorded(async |recorder| {
        let (sqs,) = traced_clients!(recorder, config, aws_sdk_sqs);
        let receive = sqs
            .receive_message()
            .queue_url(QUEUE)
            .max_number_of_messages(10)
            .visibility_timeout(30)
            .wait_time_seconds(0);
        receive
            .message_attribute_names("tenant")
            .send()
            .await
            .unwrap()
    })
    .await;
    check(
        &call,
        "SQS",
        "ReceiveMessage",
        json!({"queue_url": QUEUE, "max_number_of_messages": 10, "visibility_timeout": 30,
        "wait_time_seconds": 0, "message_attribute_names": ["tenant"], "message_count": 2}),
    );
}

#[tokio::test]
async fn the_other_operations_of_sqs_are_recorded() {
    macro_rules! operation {
        ($name:literal, $answer:literal, |$sqs:ident| $call:expr, $expected:tt) => {
            let config = answering(Answer(200, &[], $answer));
            let (_, call) = recorded(async |recorder| {
                let ($sqs,) = traced_clients!(recorder, config, aws_sdk_sqs);
                $call.send().await.unwrap()
            })
            .await;
            check(&call, "SQS", $name, json!($expected));
        };
    }
    operation!("AddPermission", "", |sqs| sqs.add_permission().queue_url(QUEUE).label("all").aws_account_ids("SECRET").actions("SECRET"),
        {"queue_url": QUEUE, "label": "all"});
    operation!("ChangeMessageVisibility", "", |sqs| sqs.change_message_visibility().queue_url(QUEUE).receipt_handle("SECRET").visibility_timeout(5),
        {"queue_url": QUEUE, "visibility_timeout": 5});
    operation!("CreateQueue", r#"{"QueueUrl": "SECRET"}"#, |sqs| sqs.create_queue().queue_name("orders")
        .attributes(aws_sdk_sqs::types::QueueAttributeName::DelaySeconds, "1"),
        {"queue_name": "orders", "attributes": {"DelaySeconds": "1"}});
    operation!("DeleteMessage", "", |sqs| sqs.delete_message().queue_url(QUEUE).receipt_handle("SECRET"), {"queue_url": QUEUE});
    operation!("DeleteMessageBatch", r#"{"Successful": [], "Failed": [{"Id": "a", "SenderFault": true, "Code": "c"}]}"#, |sqs| sqs.delete_message_batch()
        .queue_url(QUEUE).entries(aws_sdk_sqs::types::DeleteMessageBatchRequestEntry::builder().id("a").receipt_handle("SECRET").build().unwrap()),
        {"queue_url": QUEUE, "failed": [{"Id": "a", "SenderFault": true, "Code": "c"}]});
    operation!("DeleteQueue", "", |sqs| sqs.delete_queue().queue_url(QUEUE), {"queue_url": QUEUE});
    operation!("GetQueueAttributes", r#"{"Attributes": {"DelaySeconds": "1"}}"#, |sqs| sqs.get_queue_attributes().queue_url(QUEUE),
        {"queue_url": QUEUE, "attributes": {"DelaySeconds": "1"}});
    operation!("GetQueueUrl", r#"{"QueueUrl": "https://q"}"#, |sqs| sqs.get_queue_url().queue_name("orders").queue_owner_aws_account_id("123456789012"),
        {"queue_name": "orders", "queue_owner_aws_account_id": "123456789012", "queue_url": "https://q"});
    operation!("ListDeadLetterSourceQueues", r#"{"queueUrls": ["https://q"]}"#, |sqs| sqs.list_dead_letter_source_queues().queue_url(QUEUE),
        {"queue_url": QUEUE, "queue_urls": ["https://q"]});
    operation!("ListQueues", r#"{"QueueUrls": ["SECRET", "SECRET"]}"#, |sqs| sqs.list_queues().queue_name_prefix("or"),
        {"queue_name_prefix": "or", "queue_count": 2});
    operation!("PurgeQueue", "", |sqs| sqs.purge_queue().queue_url(QUEUE), {"queue_url": QUEUE});
    operation!("RemovePermission", "", |sqs| sqs.remove_permission().queue_url(QUEUE).label("all"), {"queue_url": QUEUE, "label": "all"});
    operation!("SetQueueAttributes", "", |sqs| sqs.set_queue_attributes().queue_url(QUEUE)
        .attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, "SECRET").attributes(aws_sdk_sqs::types::QueueAttributeName::DelaySeconds, "SECRET"),
        {"queue_url": QUEUE, "attribute_names": ["DelaySeconds", "Policy"]});
    operation!("TagQueue", "", |sqs| sqs.tag_queue().queue_url(QUEUE).tags("SECRET", "SECRET"), {"queue_url": QUEUE});
}

#[tokio::test]
async fn an_error_of_sqs_is_one_of_the_caller() {
    let answer = Answer(
        400,
        &[(
            "x-amzn-query-error",
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
        )],
        r#"{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "there is no such queue"}"#,
    );
    let config = answering(answer);
    let (_, call) = recorded(async |recorder| {
        let (sqs,) = traced_clients!(recorder, config, aws_sdk_sqs);
        sqs.purge_queue().queue_url(QUEUE).send().await.unwrap_err()
    })
    .await;
    assert_eq!(
        (&call["error"], &call["fault"]),
        (&json!(true), &Value::Null)
    );
    let exception = &call["cause"]["exceptions"][0];
    assert_eq!(
        (&exception["message"], &exception["remote"]),
        (&json!("there is no such queue"), &json!(true))
    );
    assert_eq!(exception["type"], "QueueDoesNotExist");
}

#[tokio::test]
async fn sns_is_recorded_with_its_topic_and_its_errors_are_xml() {
    const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:orders+more";
    const DONE: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>SECRET</MessageId>\
        </PublishResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>";
    const FAILED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>";
    const THROTTLED: &str = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";

    let config = answering(Answer(200, &[("x-amzn-requestid", "r-1")], DONE));
    let (_, call) = recorded(async |recorder| {
        let (sns,) = traced_clients!(recorder, config, aws_sdk_sns);
        sns.publish()
            .topic_arn(TOPIC)
            .message("SECRET&TopicArn=SECRET")
            .subject("SECRET")
            .send()
            .await
            .unwrap()
    })
    .await;
    check(
        &call,
        "SNS",
        "Publish",
        json!({"topic_arn": TOPIC, "request_id": "r-1"}),
    );

    let (_, call) = recorded(async |recorder| {
        let (sns,) = traced_clients!(recorder, answering(Answer(200, &[], DONE)), aws_sdk_sns);
        sns.publish()
            .phone_number("SECRET")
            .message("SECRET")
            .send()
            .await
            .unwrap()
    })
    .await;
    check(&call, "SNS", "Publish", json!({}));

    let (_, call) = recorded(async |recorder| {
        let (sns,) = traced_clients!(recorder, answering(Answer(404, &[], FAILED)), aws_sdk_sns);
        sns.publish()
            .topic_arn(TOPIC)
            .message("SECRET")
            .send()
            .await
            .unwrap_err()
    })
    .await;
    assert_eq!(
        (&call["error"], &call["aws"]["topic_arn"]),
        (&json!(true), &json!(TOPIC))
    );
    let exception = &call["cause"]["exceptions"][0];
    assert_eq!(
        (&exception["type"], &exception["message"]),
        (&json!("NotFound"), &json!("Topic does not exist"))
    );

    let (_, call) = recorded(async |recorder| {
        let config = answering(Answer(400, &[], THROTTLED))
            .into_builder()
            .retry_config(aws_smithy_types::retry::RetryConfig::disabled());
        let (sns,) = traced_clients!(recorder, config.build(), aws_sdk_sns);
        sns.publish()
            .topic_arn(TOPIC)
            .message("SECRET")
            .send()
            .await
            .unwrap_err()
    })
    .await;
    assert_eq!(
        (&call["error"], &call["throttle"], &call["fault"]),
        (&json!(true), &json!(true), &Value::Null)
    );
}

#[tokio::test]
async fn lambda_is_recorded_with_its_function() {
    let config = answering(Answer(
        200,
        &[
            ("x-amz-function-error", "Unhandled"),
            ("x-amzn-requestid", "r-1"),
        ],
        "SECRET",
    ));
    let (_, call) = recorded(async |recorder| {
        let (lambda,) = traced_clients!(recorder, config, aws_sdk_lambda);
        lambda
            .invoke()
            .function_name("arn:aws:lambda:eu-west-1:123456789012:function:orders")
            .invocation_type(aws_sdk_lambda::types::InvocationType::RequestResponse)
            .log_type(aws_sdk_lambda::types::LogType::Tail)
            .qualifier("live/1")
            .client_context("U0VDUkVU")
            .payload(aws_smithy_types::Blob::new("SECRET"))
            .send()
            .await
            .unwrap()
    })
    .await;
    check(
        &call,
        "Lambda",
        "Invoke",
        json!({
        "function_name": "arn:aws:lambda:eu-west-1:123456789012:function:orders", "invocation_type": "RequestResponse", "log_type": "Tail",
        "qualifier": "live/1", "function_error": "Unhandled", "status_code": 200, "request_id": "r-1"}),
    );

    let (_, call) = recorded(async |recorder| {
        let (lambda,) =
            traced_clients!(recorder, answering(Answer(200, &[], "{}")), aws_sdk_lambda);
        lambda
            .list_functions()
            .marker("SECRET")
            .send()
            .await
            .unwrap()
    })
    .await;
    check(&call, "Lambda", "ListFunctions", json!({}));

    let answer = Answer(
        429,
        &[(
            "x-amzn-errortype",
            "TooManyRequestsException:http://internal",
        )],
        r#"{"message": "Rate Exceeded."}"#,
    );
    let (_, call) = recorded(async |recorder| {
        let config = answering(answer)
            .into_builder()
            .retry_config(aws_smithy_types::retry::RetryConfig::disabled());
        let (lambda,) = traced_clients!(recorder, config.build(), aws_sdk_lambda);
        lambda
            .invoke()
            .function_name("orders")
            .send()
            .await
            .unwrap_err()
    })
    .await;
    assert_eq!(
        (&call["throttle"], &call["aws"]["function_name"]),
        (&json!(true), &json!("orders"))
    );
    assert_eq!(
        call["cause"]["exceptions"][0]["type"],
        "TooManyRequestsException"
    );
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a call after the other")]
async fn s3_is_recorded_with_bucket_and_object() {
    const IDS: &[(&str, &str)] = &[
        ("x-amz-request-id", "r-1"),
        ("x-amz-id-2", "x/y="),
        ("content-length", "6"),
    ];
    let (_, call) = recorded(async |recorder| {
        let (s3,) = traced_clients!(recorder, answering(Answer(200, IDS, "SECRET")), aws_sdk_s3);
        let got = s3
            .get_object()
            .bucket("my-orders")
            .key("2026/o 1+ä.json")
            .version_id("v1")
            .send()
            .await
            .unwrap();
        got.body.collect().await.unwrap().into_bytes()
    })
    .await;
    check(
        &call,
        "S3",
        "GetObject",
        json!({"bucket_name": "my-orders", "key": "2026/o 1+ä.json", "version_id": "v1", "request_id": "r-1", "id_2": "x/y="}),
    );
    assert_eq!(
        call["http"]["response"],
        json!({"status": 200, "content_length": 6})
    );

    let (_, call) = recorded(async |recorder| {
        let (s3,) = traced_clients!(recorder, answering(Answer(200, &[], "")), aws_sdk_s3);
        let body = aws_smithy_types::byte_stream::ByteStream::from_static(b"SECRET");
        s3.put_object()
            .bucket("my.orders")
            .key("o-1")
            .metadata("a", "SECRET")
            .body(body)
            .send()
            .await
            .unwrap()
    })
    .await;
    check(
        &call,
        "S3",
        "PutObject",
        json!({"bucket_name": "my.orders", "key": "o-1"}),
    );

    let (_, call) = recorded(async |recorder| {
        let (s3,) = traced_clients!(
            recorder,
            answering(Answer(200, &[], "<ListBucketResult/>")),
            aws_sdk_s3
        );
        s3.list_objects_v2()
            .bucket("orders")
            .prefix("2026/")
            .start_after("SECRET")
            .send()
            .await
            .unwrap()
    })
    .await;
    check(
        &call,
        "S3",
        "ListObjectsV2",
        json!({"bucket_name": "orders", "prefix": "2026/"}),
    );

    let (_, call) = recorded(async |recorder| {
        let (s3,) = traced_clients!(
            recorder,
            answering(Answer(200, &[], "<CopyObjectResult/>")),
            aws_sdk_s3
        );
        s3.copy_object()
            .bucket("orders")
            .key("b")
            .copy_source("other/a")
            .send()
            .await
            .unwrap()
    })
    .await;
    check(
        &call,
        "S3",
        "CopyObject",
        json!({"bucket_name": "orders", "key": "b", "copy_source": "other/a"}),
    );

    let (_, call) = recorded(async |recorder| {
        let (s3,) = traced_clients!(
            recorder,
            answering(Answer(200, &[], "<ListAllMyBucketsResult/>")),
            aws_sdk_s3
        );
        s3.list_buckets().send().await.unwrap()
    })
    .await;
    check(&call, "S3", "ListBuckets", json!({}));

    // An endpoint of one's own, and the bucket in the path.
    let (_, call) = recorded(async |recorder| {
        let interceptor = xray_phantom::AwsInterceptor::new(recorder);
        let config = aws_sdk_s3::config::Builder::from(&answering(Answer(200, &[], "")))
            .endpoint_url("http://localhost:4566")
            .force_path_style(true)
            .interceptor(interceptor);
        aws_sdk_s3::Client::from_conf(config.build())
            .delete_object()
            .bucket("orders")
            .key("a/b")
            .send()
            .await
            .unwrap()
    })
    .await;
    check(
        &call,
        "S3",
        "DeleteObject",
        json!({"bucket_name": "orders", "key": "a/b"}),
    );
}

#[tokio::test]
async fn errors_of_s3_are_named_without_a_body_too() {
    let head = async |status: u16| {
        recorded(async |recorder| {
            let config = answering(Answer(status, &[], ""))
                .into_builder()
                .retry_config(aws_smithy_types::retry::RetryConfig::disabled());
            let (s3,) = traced_clients!(recorder, config.build(), aws_sdk_s3);
            s3.head_object()
                .bucket("orders")
                .key("a")
                .send()
                .await
                .unwrap_err()
        })
        .await
        .1
    };
    let call = head(404).await;
    assert_eq!(
        (&call["error"], &call["cause"]["exceptions"][0]["type"]),
        (&json!(true), &json!("NotFound"))
    );
    let call = head(500).await;
    assert_eq!(
        (&call["fault"], &call["http"]["response"]["status"]),
        (&json!(true), &json!(500))
    );

    let (_, call) = recorded(async |recorder| {
        let body = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
        let config = answering(Answer(503, &[], body)).into_builder().retry_config(aws_smithy_types::retry::RetryConfig::disabled());
        let (s3,) = traced_clients!(recorder, config.build(), aws_sdk_s3);
        s3.get_object().bucket("orders").key("a").send().await.unwrap_err()
    })
    .await;
    assert_eq!(
        (&call["throttle"], &call["error"], &call["fault"]),
        (&json!(true), &json!(true), &Value::Null)
    );
    assert_eq!(call["cause"]["exceptions"][0]["type"], "SlowDown");
}

/// What a presigned request leaves in the trace of a segment.
async fn presigned(
    config: aws_types::SdkConfig,
    bucket: &str,
) -> (
    Result<aws_sdk_s3::presigning::PresignedRequest, String>,
    String,
) {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let (s3,) = traced_clients!(recorder, config, aws_sdk_s3);
    let hour = std::time::Duration::from_hours(1);
    let for_an_hour = aws_sdk_s3::presigning::PresigningConfig::expires_in(hour).unwrap();
    let request = recorder
        .in_segment_infallible("api", async |_| {
            let get = s3.get_object().bucket(bucket).key("a");
            get.presigned(for_an_hour).await
        })
        .await;
    let request = request.map_err(|error| error.to_string());
    (request, daemon.expect_one_trace().await.outline())
}

#[tokio::test]
async fn a_presigned_request_is_no_call_and_carries_no_header() {
    let (request, outline) = presigned(answering(Answer(500, &[], "")), "orders").await;
    let request = request.unwrap();
    let query = request.uri().split_once('?').unwrap().1;
    let signed = query
        .split('&')
        .filter(|part| part.starts_with("X-Amz-Signature="));
    assert_eq!(signed.count(), 1, "{query}");
    let names: Vec<&str> = request.headers().map(|(name, _)| name).collect();
    assert!(!names.contains(&"x-amzn-trace-id"), "{names:?}");
    // Nobody was called.
    assert_eq!(outline, "api");
}

#[tokio::test]
async fn a_request_that_cannot_be_presigned_is_no_call() {
    let (request, outline) = presigned(answering(Answer(500, &[], "")), "").await;
    assert_eq!(request.unwrap_err(), "failed to construct request");
    assert_eq!(outline, "api");
}
