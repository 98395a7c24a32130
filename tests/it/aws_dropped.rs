//! Calls of the AWS SDK that end before there is a request, or that nobody waits for any more.

use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Duration;

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::client::interceptors::context::{Input, InterceptorContext};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, LoadedRequestBody};
use aws_smithy_runtime_api::client::ser_de::{SerializeRequest, SharedRequestSerializer};
use aws_smithy_types::body::SdkBody;
use hyper::body::{Bytes, Frame};
use xray_phantom::{AwsInterceptor, MockDynamo, mock_dynamo_client};

use crate::aws_failures::{Failure, put, test_bed, trace_of};

/// Has the SDK read a body that streams before it shows the request, as the client of Glacier does.
#[derive(Debug)]
struct AsksForTheBody(fn() -> SdkBody);

impl Intercept for AsksForTheBody {
    fn name(&self) -> &'static str {
        "asks-for-the-body"
    }

    fn modify_before_serialization(
        &self,
        _context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), Failure> {
        bag.interceptor_state()
            .store_put(LoadedRequestBody::Requested)
            .store_put(SharedRequestSerializer::new(Streams(self.0)));
        Ok(())
    }
}

#[derive(Debug)]
struct Streams(fn() -> SdkBody);

impl SerializeRequest for Streams {
    fn serialize_input(&self, _: Input, _: &mut ConfigBag) -> Result<HttpRequest, Failure> {
        let mut request = HttpRequest::new((self.0)());
        request.set_method("POST")?;
        Ok(request)
    }
}

/// A body of which nothing ever comes, or which breaks at once.
struct Body {
    breaks: bool,
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        if self.breaks {
            return Poll::Ready(Some(Err("the file is gone".into())));
        }
        Poll::Pending
    }
}

#[test]
fn a_configuration_that_the_sdk_refuses_is_no_cancelled_call() {
    let (daemon, recorder, _) = test_bed();
    recorder.in_segment_infallible_sync("api", |_| {
        // As the SDK does where it cannot build its components: the bag is dropped, no other hook runs.
        let context = InterceptorContext::new(Input::erase(()));
        let mut bag = ConfigBag::base();
        let interceptor = AwsInterceptor::new(&recorder);
        interceptor
            .read_before_execution(&(&context).into(), &mut bag)
            .unwrap();
    });
    let (outline, text) = xray_phantom::block_on(trace_of(&daemon));
    assert_eq!(outline, "api\n  AWS FAULT ConstructionFailure");
    let message = "no other hook ran: the SDK refused the configuration of the client, or the interceptor was disabled for this call";
    assert!(text.contains(message), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_call_may_be_dropped_while_the_sdk_reads_its_body() {
    let (daemon, recorder, dynamo) = test_bed();
    let hangs = || SdkBody::from_body_1_x(Body { breaks: false });
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder, |config| config
        .interceptor(AsksForTheBody(hangs)));
    recorder
        .in_segment_infallible("api", async |_| {
            let call = put(&client).send();
            tokio::time::timeout(Duration::from_secs(1), call)
                .await
                .unwrap_err();
            // What has its end in one poll of the segment is dropped too.
            tokio::select! {
                biased;
                _ = put(&client).send() => unreachable!("the body never comes"),
                () = std::future::ready(()) => {}
            }
        })
        .await;
    let trace = daemon.expect_one_trace().await;
    let dropped = "  DynamoDB PutItem ERROR Cancelled";
    assert_eq!(trace.outline(), format!("api\n{dropped}\n{dropped}"));
    let took: Vec<_> = trace.nodes().skip(1).map(|node| node.duration()).collect();
    assert_eq!(took, [Some(Duration::from_secs(1)), Some(Duration::ZERO)]);
    assert_eq!(dynamo.requests().len(), 0);
}

#[tokio::test]
async fn a_body_that_breaks_before_there_is_a_request_is_a_construction_failure() {
    let (daemon, recorder, dynamo) = test_bed();
    let breaks = || SdkBody::from_body_1_x(Body { breaks: true });
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder, |config| config
        .interceptor(AsksForTheBody(breaks)));
    recorder
        .in_segment_infallible("api", async |_| {
            put(&client).send().await.unwrap_err();
        })
        .await;
    let (outline, text) = trace_of(&daemon).await;
    assert_eq!(outline, "api\n  DynamoDB PutItem FAULT ConstructionFailure");
    assert!(text.contains("the file is gone"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_call_may_be_dropped_at_any_moment() {
    // While it waits for an answer, and while it waits to try again.
    for (say, retries) in [
        (
            (|dynamo: &MockDynamo| drop(dynamo.on("PutItem").hang())) as fn(&MockDynamo),
            "",
        ),
        (
            |dynamo| drop(dynamo.on("PutItem").throttle(1).hang()),
            " (retries 1)",
        ),
    ] {
        let (daemon, recorder, dynamo) = test_bed();
        say(&dynamo);
        let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
        recorder
            .in_segment_infallible("api", async |_| {
                let call = tokio::time::timeout(Duration::from_secs(1), put(&client).send());
                call.await.unwrap_err();
            })
            .await;
        let (outline, _) = trace_of(&daemon).await;
        assert_eq!(
            outline,
            format!("api\n  DynamoDB PutItem Orders{retries} ERROR Cancelled")
        );
    }
}
