//! The place of the network: below the SDK's retries, above no socket.

use std::future::{pending, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::dynamodb::reply::Lost;
use crate::dynamodb::script::Meeting;
use crate::dynamodb::shared::{Accepted, Shared};
use crate::dynamodb::{BackOff, MockDynamo, Reply, Request};
use crate::seam::{ClientTime, Clock};

impl MockDynamo {
    /// A configuration whose clients talk to this mock and to nobody else.
    ///
    /// Region `us-east-1`, credentials that mean nothing, three attempts, and the pause of the mock
    /// between them. Two things it cannot hold, and
    /// [`mock_dynamo_client!`](crate::mock_dynamo_client) adds: a bucket of retries without limit, as
    /// the one of the SDK, which the whole process shares, runs dry after some hundred throttled
    /// calls; and the [classifier](MockDynamo::retry_classifier) without which the pause
    /// after a broken connection is one of chance.
    pub fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::new("phantom", "phantom", None, None, "xray-phantom");
        SdkConfig::builder()
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.http_client())
            .retry_config(self.retry_config())
            .time_source(SharedTimeSource::new(ClientTime(Clock::tokio())))
            // There is no stream: what the mock holds back is held back by the script.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .behavior_version(BehaviorVersion::latest())
            .build()
    }

    /// The mock as an HTTP client, for a configuration of one's own.
    ///
    /// ```
    /// # use xray_phantom::MockDynamo;
    /// # let dynamo = MockDynamo::new();
    /// # let sdk_config = dynamo.sdk_config();
    /// let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config)
    ///     .http_client(dynamo.http_client())
    ///     .retry_config(dynamo.retry_config().with_max_attempts(5))
    ///     .retry_classifier(dynamo.retry_classifier())
    ///     .build();
    /// # drop(config);
    /// ```
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Connector {
            shared: Arc::clone(self.shared()),
            read_timeout: None,
            sleep: None,
        })
    }

    /// Retries with the pause of the mock, exactly: the SDK takes the one that the answer asks for,
    /// unless its own is longer, and that one is cut at this maximum.
    pub fn retry_config(&self) -> RetryConfig {
        RetryConfig::standard().with_max_backoff(self.shared().state().back_off)
    }

    /// Asks for the same pause after time-outs and broken connections, which have no answer that could.
    pub fn retry_classifier(&self) -> BackOff {
        BackOff(self.shared().state().back_off)
    }
}

/// Hands requests to the mock.
#[derive(Clone, Debug)]
struct Connector {
    shared: Arc<Shared>,
    read_timeout: Option<Duration>,
    sleep: Option<SharedAsyncSleep>,
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            shared: Arc::clone(&self.shared),
            read_timeout: settings.read_timeout(),
            sleep: components.sleep_impl(),
        })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match read(&request) {
            Ok(request) => request,
            Err(why) => {
                self.shared.not_understood(&why);
                return HttpConnectorFuture::ready(Err(refusal(&why)));
            }
        };
        let Accepted {
            request,
            number,
            reply,
            meeting,
            rule,
        } = self.shared.accept(request);
        let waits = |reply: &Reply| reply.fate() == Some(Lost::Hang) || !reply.delay().is_zero();
        match reply {
            Ok(reply) if meeting.is_some() || waits(&reply) => {
                let connector = self.clone();
                HttpConnectorFuture::new(async move {
                    connector
                        .answer_later((request, number), reply, (meeting, rule))
                        .await
                })
            }
            reply => {
                self.shared.answered(number, &reply);
                let sent = match reply {
                    Ok(reply) => self.send(&reply),
                    Err(error) => Err(refusal(&error.to_string())),
                };
                HttpConnectorFuture::ready(sent)
            }
        }
    }
}

impl Connector {
    /// Answers when the others are in and the time has come. A client that gives up in between is
    /// noted.
    async fn answer_later(
        &self,
        (request, number): (Arc<Request>, usize),
        reply: Reply,
        (meeting, rule): (Option<Meeting>, Option<usize>),
    ) -> Result<HttpResponse, ConnectorError> {
        let mut waiting = Waiting {
            shared: &self.shared,
            number: Some(number),
        };
        let Some(sleep) = &self.sleep else {
            let why = "to wait, the mock needs the client to have a sleep implementation";
            return Err(refusal(why));
        };
        // Known beforehand: on a clock that jumps, the reply and the limit would be due together.
        let hangs = reply.fate() == Some(Lost::Hang);
        let is_late = |limit: &Duration| hangs || reply.delay() > *limit;
        let is_late = self.read_timeout.as_ref().is_some_and(is_late);
        let limit = self.read_timeout.filter(|_| is_late || meeting.is_some());
        let ready = async {
            if let Some(meeting) = meeting {
                let arrival = meeting.at.arrive(request.invocation_id(), rule);
                if in_time(arrival, sleep.sleep(LONGEST_WAIT)).await.is_none() {
                    return Err(self.shared.alone(number, &meeting.at));
                }
            }
            if is_late {
                pending::<()>().await;
            }
            if hangs {
                wait_for_ever(sleep).await;
                return Err(self.shared.hung(number, rule));
            }
            sleep.sleep(reply.delay()).await;
            Ok(())
        };
        let ready = match limit {
            None => ready.await,
            Some(limit) => in_time(ready, sleep.sleep(limit)).await.ok_or_else(|| {
                let why = format!("the mock did not answer within the read time-out of {limit:?}");
                ConnectorError::timeout(why.into())
            })?,
        };
        waiting.number = None;
        ready.map_err(|why| refusal(&why))?;
        let reply = Ok(reply);
        self.shared.answered(number, &reply);
        match reply {
            Ok(reply) => self.send(&reply),
            Err(error) => Err(refusal(&error.to_string())),
        }
    }

    /// The reply on the wire, or its loss.
    fn send(&self, reply: &Reply) -> Result<HttpResponse, ConnectorError> {
        match reply.fate() {
            None => Ok(self.response(reply)),
            Some(Lost::Refused) => {
                let error = io::Error::new(
                    io::ErrorKind::ConnectionRefused,
                    "the mock refused the connection",
                );
                Err(ConnectorError::io(error.into()))
            }
            Some(Lost::Hang | Lost::Reset) => {
                let error = io::Error::new(
                    io::ErrorKind::ConnectionReset,
                    "the mock reset the connection",
                );
                Err(ConnectorError::io(error.into()))
            }
        }
    }

    /// JSON 1.0, a request id, the checksum of the body.
    fn response(&self, reply: &Reply) -> HttpResponse {
        let Ok(status) = StatusCode::try_from(reply.status()) else {
            unreachable!("Reply takes statuses from 100 to 999 alone")
        };
        let mut response = HttpResponse::new(status, SdkBody::from(reply.body()));
        let headers = response.headers_mut();
        headers.insert("content-type", "application/x-amz-json-1.0");
        headers.insert("content-length", reply.body().len().to_string());
        headers.insert("x-amzn-requestid", request_id(self.shared.number()));
        let checksum = crc32fast::hash(reply.body().as_bytes());
        let wrong = u32::from(reply.has_wrong_crc());
        headers.insert("x-amz-crc32", (checksum ^ wrong).to_string());
        if let Some(pause) = reply.retry_after() {
            // It knows nothing below a millisecond, and the SDK sleeps none.
            let millis = pause.as_nanos().div_ceil(1_000_000);
            headers.insert("x-amz-retry-after", millis.to_string());
        }
        response
    }
}

/// A request id of 52 characters, as those of DynamoDB are: `PHANTOM` and a number.
fn request_id(mut number: u64) -> String {
    let mut text = *b"PHANTOM000000000000000000000000000000000000000000000";
    for digit in text.iter_mut().rev() {
        if number == 0 {
            break;
        }
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// An attempt that was not answered. Dropped as such, the client has given it up.
struct Waiting<'a> {
    shared: &'a Shared,
    number: Option<usize>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.shared.given_up(number);
        }
    }
}

/// Reads a request of DynamoDB.
fn read(request: &HttpRequest) -> Result<Request, String> {
    let header = |name| request.headers().get(name);
    let Some((_, operation)) = header("x-amz-target").and_then(|target| target.split_once('.'))
    else {
        return Err(format!(
            "{} {} has no X-Amz-Target: this is no request of DynamoDB",
            request.method(),
            request.uri()
        ));
    };
    let body = request.body().bytes();
    let Some(body) = body.and_then(|body| std::str::from_utf8(body).ok()) else {
        return Err(format!("the body of {operation} cannot be read as text"));
    };
    Ok(Request::new(operation, body).with_headers(
        header("amz-sdk-request").and_then(attempt).unwrap_or(1),
        header("x-amzn-trace-id").map(str::to_owned),
        header("amz-sdk-invocation-id").map(str::to_owned),
    ))
}

/// An error of the user's is one that the SDK does not try again after.
fn refusal(why: &str) -> ConnectorError {
    let why = if why.starts_with("mock DynamoDB: ") {
        why.to_owned()
    } else {
        format!("mock DynamoDB: {why}")
    };
    ConnectorError::user(why.into())
}

/// Waits longer than any client does that gives up: a minute of real time, or a day on a clock that
/// takes none.
async fn wait_for_ever(sleep: &SharedAsyncSleep) {
    let real = Clock::system();
    let begun = real.now().since_epoch();
    let mut slept = Duration::ZERO;
    while slept < LONGEST_HANG {
        let real = real.now().since_epoch().saturating_sub(begun);
        if real >= LONGEST_REAL_HANG {
            return;
        }
        // A clock that takes no time is asked for more and more of it.
        let is_fast = real < slept / 2;
        let step = if is_fast { slept } else { STEP_OF_HANG };
        sleep.sleep(step).await;
        slept += step;
    }
}

/// What comes of a future, if it does not take longer than the other one.
async fn in_time<T>(first: impl Future<Output = T>, limit: impl Future<Output = ()>) -> Option<T> {
    let (mut first, mut limit) = (pin!(first), pin!(limit));
    poll_fn(|context| {
        if let Poll::Ready(ready) = first.as_mut().poll(context) {
            return Poll::Ready(Some(ready));
        }
        limit.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// The number in `attempt=2; max=3`.
fn attempt(header: &str) -> Option<u32> {
    header
        .split(';')
        .find_map(|part| part.trim().strip_prefix("attempt="))?
        .parse()
        .ok()
}

/// So long a call waits for others at a rendezvous.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// So long a call hangs on the clock of its client, before that counts as for ever.
const LONGEST_HANG: Duration = Duration::from_hours(24);
/// The same on the clock of the system.
const LONGEST_REAL_HANG: Duration = Duration::from_mins(1);
/// So often the clock of the system is looked at, at least.
const STEP_OF_HANG: Duration = Duration::from_secs(1);
