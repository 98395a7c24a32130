//! The SDK's own mocks, and the header that the SDK itself sends inside Lambda.

use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemOutput};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::error::{
    InternalServerError, ProvisionedThroughputExceededException, ResourceNotFoundException,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use serde_json::{Value, json};
use xray_phantom::{AwsInterceptor, FakeDaemon, MockDynamo, Recorder};

/// The subsegment of a call that `aws-smithy-mocks` answers with this rule.
async fn recorded(rule: &aws_smithy_mocks::Rule) -> (bool, Value) {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let interceptor = AwsInterceptor::new(&recorder);
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule], |config| {
        config.interceptor(interceptor.clone())
    });
    let succeeded = recorder
        .in_segment_infallible("api", async |_| {
            let key = AttributeValue::S("a".to_owned());
            client
                .get_item()
                .table_name("Orders")
                .key("id", key)
                .send()
                .await
                .is_ok()
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    let call = trace
        .nodes()
        .nth(1)
        .unwrap()
        .entity()
        .json()
        .raw()
        .to_owned();
    (succeeded, serde_json::from_str(&call).unwrap())
}

#[tokio::test]
async fn an_output_that_was_never_answered_has_no_status() {
    let rule =
        mock!(aws_sdk_dynamodb::Client::get_item).then_output(|| GetItemOutput::builder().build());
    let (succeeded, call) = recorded(&rule).await;
    assert!(succeeded);
    assert_eq!(
        (call.get("http"), call.get("error"), call.get("cause")),
        (None, None, None),
        "{call}"
    );
    assert_eq!(
        (&call["name"], &call["aws"]["table_name"]),
        (&json!("DynamoDB"), &json!("Orders"))
    );
}

#[tokio::test]
async fn an_error_that_was_never_answered_is_known_by_its_name() {
    let rule = mock!(aws_sdk_dynamodb::Client::get_item).then_error(|| {
        GetItemError::ResourceNotFoundException(
            ResourceNotFoundException::builder()
                .message("no such table")
                .build(),
        )
    });
    let (succeeded, call) = recorded(&rule).await;
    assert!(!succeeded);
    assert_eq!(
        (call.get("http"), call.get("fault"), &call["error"]),
        (None, None, &json!(true)),
        "{call}"
    );
    let exception = &call["cause"]["exceptions"][0];
    assert_eq!(
        (&exception["type"], &exception["message"]),
        (&json!("ResourceNotFoundException"), &json!("no such table"))
    );

    let rule = mock!(aws_sdk_dynamodb::Client::get_item).then_error(|| {
        GetItemError::ProvisionedThroughputExceededException(
            ProvisionedThroughputExceededException::builder().build(),
        )
    });
    let (_, call) = recorded(&rule).await;
    assert_eq!(
        (&call["throttle"], &call["error"]),
        (&json!(true), &json!(true)),
        "{call}"
    );

    let rule = mock!(aws_sdk_dynamodb::Client::get_item)
        .then_error(|| GetItemError::InternalServerError(InternalServerError::builder().build()));
    let (_, call) = recorded(&rule).await;
    assert_eq!(
        (&call["fault"], call.get("error")),
        (&json!(true), None),
        "{call}"
    );
}

#[tokio::test]
async fn an_http_response_of_a_mock_is_one() {
    let rule = mock!(aws_sdk_dynamodb::Client::get_item).then_http_response(|| {
        let body = r#"{"__type": "x#ValidationException", "message": "no"}"#;
        let status = status_of(400);
        aws_sdk_dynamodb::config::http::HttpResponse::new(
            status,
            aws_smithy_types::body::SdkBody::from(body),
        )
    });
    let (_, call) = recorded(&rule).await;
    assert_eq!(
        (&call["http"]["response"]["status"], &call["error"]),
        (&json!(400), &json!(true)),
        "{call}"
    );
}

fn status_of<S: TryFrom<u16>>(status: u16) -> S
where
    S::Error: std::fmt::Debug,
{
    S::try_from(status).unwrap()
}

/// The SDK reads the variables of Lambda, which nobody sets in a process of tests: this program is
/// run again with them.
#[test]
fn inside_lambda_the_subsegment_is_the_parent() {
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "as_in_lambda", "--nocapture"])
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env(
            "_X_AMZN_TRACE_ID",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        )
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn as_in_lambda() {
    let Ok(header) = std::env::var("_X_AMZN_TRACE_ID") else {
        return; // Run by the test above.
    };
    let daemon = FakeDaemon::builder()
        .external_parent("53995c3f42cd8ad8")
        .start();
    let recorder = Recorder::builder("orders").daemon(&daemon).build();
    let dynamo = MockDynamo::new();
    dynamo.on("ListTables").then_ok().then_ok();

    let plain = aws_sdk_dynamodb::Client::new(&dynamo.sdk_config());
    plain.list_tables().send().await.unwrap();
    assert_eq!(dynamo.requests()[0].trace_header(), Some(&*header));

    let config = plain
        .config()
        .to_builder()
        .interceptor(AwsInterceptor::new(&recorder))
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let invocation = recorder.lambda_invocation(&xray_phantom::wire::TraceHeader::parse(&header));
    invocation
        .carry(async { client.list_tables().send().await.unwrap() })
        .await;
    invocation.end();
    let trace = daemon.expect_one_trace().await;
    let id = trace
        .nodes()
        .next()
        .unwrap()
        .entity()
        .id()
        .unwrap()
        .into_owned();
    let calls = dynamo.calls();
    calls[1].assert_parent(&id);
    assert!(
        calls[1]
            .request()
            .trace_header()
            .unwrap()
            .starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;")
    );
}
