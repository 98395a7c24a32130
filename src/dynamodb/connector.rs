//! The place of the network: below the SDK's retries, above no socket.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::dynamodb::mock::Shared;
use crate::dynamodb::{MockDynamo, Reply, Request};

impl MockDynamo {
    /// A configuration whose clients talk to this mock and to nobody else.
    ///
    /// Region `us-east-1`, credentials that mean nothing, three attempts, and the pause of the mock
    /// between them. A client made of it shares the SDK's bucket of retries with the whole process,
    /// which runs dry after some hundred throttled calls: give it a partition of its own, as
    /// [`mock_dynamo_client!`](crate::mock_dynamo_client) does.
    pub fn sdk_config(&self) -> SdkConfig {
        let back_off = self.shared().state().back_off;
        let credentials = Credentials::new("phantom", "phantom", None, None, "xray-phantom");
        SdkConfig::builder()
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(Connector(Arc::clone(self.shared())))
            .retry_config(retries(back_off))
            .behavior_version(BehaviorVersion::latest())
            .build()
    }
}

/// The pause of the mock, exactly: the SDK takes the one that the answer asks for, unless its own
/// is longer, and that one is cut at this maximum.
fn retries(back_off: Duration) -> RetryConfig {
    RetryConfig::standard().with_max_backoff(back_off)
}

/// Hands requests to the mock.
#[derive(Clone, Debug)]
struct Connector(Arc<Shared>);

impl HttpClient for Connector {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.answer(&request))
    }
}

impl Connector {
    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        // An error of the user's is one that the SDK does not try again after.
        let refuse = |why: String| ConnectorError::user(why.into());
        let header = |name| request.headers().get(name);
        let Some((_, operation)) = header("x-amz-target").and_then(|target| target.split_once('.'))
        else {
            return Err(refuse(format!(
                "mock DynamoDB: {} {} has no X-Amz-Target: this is no request of DynamoDB",
                request.method(),
                request.uri()
            )));
        };
        let Some(body) = request
            .body()
            .bytes()
            .and_then(|body| std::str::from_utf8(body).ok())
        else {
            return Err(refuse(format!(
                "mock DynamoDB: the body of {operation} cannot be read as text"
            )));
        };
        let attempt = header("amz-sdk-request").and_then(attempt).unwrap_or(1);
        let trace_header = header("x-amzn-trace-id").map(str::to_owned);
        let request = Request::new(operation, body).with_headers(attempt, trace_header);
        let reply = self
            .0
            .handle(request)
            .map_err(|error| refuse(error.to_string()))?;
        Ok(self.response(&reply))
    }

    /// The reply on the wire: JSON 1.0, a request id, the checksum of the body.
    fn response(&self, reply: &Reply) -> HttpResponse {
        let Ok(status) = StatusCode::try_from(reply.status()) else {
            unreachable!("Reply takes statuses from 100 to 999 alone")
        };
        let mut response = HttpResponse::new(status, SdkBody::from(reply.body()));
        let headers = response.headers_mut();
        headers.insert("content-type", "application/x-amz-json-1.0");
        headers.insert("content-length", reply.body().len().to_string());
        headers.insert(
            "x-amzn-requestid",
            format!("PHANTOM{:045}", self.0.number()),
        );
        headers.insert(
            "x-amz-crc32",
            crc32fast::hash(reply.body().as_bytes()).to_string(),
        );
        if let Some(pause) = reply.retry_after() {
            headers.insert("x-amz-retry-after", pause.as_millis().to_string());
        }
        response
    }
}

/// The number in `attempt=2; max=3`.
fn attempt(header: &str) -> Option<u32> {
    header
        .split(';')
        .find_map(|part| part.trim().strip_prefix("attempt="))?
        .parse()
        .ok()
}
