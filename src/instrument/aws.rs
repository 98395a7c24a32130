//! Calls of the AWS SDK for Rust.

use std::panic::Location;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::endpoint_config::EndpointUrl;
use http_1x::HeaderName;

use crate::instrument::call::InFlight;
use crate::instrument::rest::bucket;
use crate::recorder::{OpenEntity, Recorder, current_or_none};

/// Records each call of an AWS SDK client as a subsegment of the current segment.
///
/// One subsegment for each call of any service, retries inside, named after the service
/// (`DynamoDB`). Installed twice, a call is recorded once.
///
/// ```json
/// {"name": "DynamoDB", "namespace": "aws",
///  "aws": {"operation": "PutItem", "region": "eu-west-1", "request_id": "...", "retries": 2,
///          "table_name": "Orders", "consumed_capacity": {"TableName": "Orders", "CapacityUnits": 1.0}},
///  "http": {"response": {"status": 200, "content_length": 67}}}
/// ```
///
/// # What is recorded
///
/// - Of every call: operation, region, request id (`request_id`, and `id_2` of S3), how often it was
///   tried again (`retries`, 0 where the first attempt did it), status and length of the answer.
/// - Of DynamoDB, Lambda, S3, SNS and SQS the parameters that the official SDKs record: tables,
///   queue, topic, function, bucket and object, limits and counts, consumed capacity. The names of
///   tables also of transactions and of PartiQL statements.
/// - Never a key, an item, a filter, a message, a receipt handle or a statement. What is said of item
///   collections is recorded without their keys, which are those of items; the message of an error
///   without what services are known to repeat of these in it.
///
/// | what happens | flags | exception |
/// |---|---|---|
/// | 4xx | error | code and message of the service, `remote` |
/// | 429, and the codes that AWS lists for throttling, whatever the status | error, throttle | the same |
/// | 5xx | fault | the same |
/// | an answer that the SDK cannot read | fault | `ResponseError`, `remote` |
/// | a time-out of the operation, of the attempt, or of the connection | fault | `TimeoutError`, `remote` |
/// | no connection, a connection that is reset | fault | `DispatchFailure`, `remote` |
/// | a request that cannot be made | fault | `ConstructionFailure` |
/// | the future of the call is dropped | error | `Cancelled` |
/// | 3xx (S3: not modified) | none | code and message of the service |
///
/// What fails before anything was sent is not `remote`: a time-out while credentials are fetched, an
/// interceptor that refuses the call.
///
/// Each attempt carries the header `X-Amzn-Trace-Id` with the subsegment as its parent, in place of
/// the one that the SDK itself sets inside Lambda; in a segment that is not sampled, with what the
/// caller is to be told. Requests that are only presigned are no calls: they carry none, and nothing
/// is recorded, unless they are dropped halfway. Those of X-Ray itself carry none either.
///
/// With `aws-smithy-runtime` before 1.16.2 a call that ends with a time-out of the operation or of the
/// attempt is recorded as `Cancelled`: no hook ran after it there (smithy-rs 4318).
///
/// Replies that `aws-smithy-mocks` makes up are told from answers of a service: they have no status.
///
/// # Installing
///
/// On the configuration of a client, for good:
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use xray_phantom::{AwsInterceptor, FakeDaemon, MockDynamo, Recorder};
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let sdk_config = dynamo.sdk_config();
/// use aws_sdk_dynamodb::config::SharedInterceptor;
///
/// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// let mut config = aws_sdk_dynamodb::config::Builder::from(&sdk_config);
/// config.push_interceptor(SharedInterceptor::permanent(AwsInterceptor::new(&recorder)));
/// let orders = aws_sdk_dynamodb::Client::from_conf(config.build());
/// # drop(orders);
/// # }
/// ```
///
/// In fewer words, so that it can be disabled (a permanent one cannot; in a debug build to try that
/// panics). For that the SDK asks at each hook of each call whether somebody has, which takes about as
/// long as all that is done here for a call that is not recorded:
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use xray_phantom::{AwsInterceptor, FakeDaemon, MockDynamo, Recorder};
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// # let sdk_config = dynamo.sdk_config();
/// let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config)
///     .interceptor(AwsInterceptor::new(&recorder))
///     .build();
/// let orders = aws_sdk_dynamodb::Client::from_conf(config);
/// # drop(orders);
/// # }
/// ```
///
/// On a client that exists:
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use xray_phantom::{AwsInterceptor, FakeDaemon, MockDynamo, Recorder};
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// # let given = aws_sdk_dynamodb::Client::new(&dynamo.sdk_config());
/// let config = given.config().to_builder().interceptor(AwsInterceptor::new(&recorder)).build();
/// let orders = aws_sdk_dynamodb::Client::from_conf(config);
/// # drop(orders);
/// # }
/// ```
///
/// For one call:
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use xray_phantom::{AwsInterceptor, FakeDaemon, MockDynamo, Recorder};
/// # #[tokio::main(flavor = "current_thread")] async fn run() -> Result<(), aws_sdk_dynamodb::Error> {
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// # let orders = aws_sdk_dynamodb::Client::new(&dynamo.sdk_config());
/// dynamo.on("ListTables").then_ok();
/// recorder
///     .in_segment("OrdersWorker", async |_| {
///         let call = orders.list_tables().customize();
///         call.interceptor(AwsInterceptor::new(&recorder)).send().await
///     })
///     .await?;
/// assert_eq!(daemon.expect_one_trace().await.outline(), "OrdersWorker\n  DynamoDB ListTables");
/// # Ok(()) } run().unwrap();
/// # }
/// ```
///
/// For all clients of a program [`traced_clients!`](crate::traced_clients): an `SdkConfig` cannot
/// hold interceptors.
#[derive(Clone, Debug)]
pub struct AwsInterceptor {
    recorder: Recorder,
    place: &'static Location<'static>,
}

impl AwsInterceptor {
    /// An interceptor that records with this recorder.
    #[track_caller]
    pub fn new(recorder: &Recorder) -> AwsInterceptor {
        AwsInterceptor {
            recorder: recorder.clone(),
            place: Location::caller(),
        }
    }
}

// The SDK skips the hooks that are not here. Without this it looks up for each of them, and for each
// call, whether the interceptor was disabled, which takes longer than all that is done here for a
// call that is not recorded. The attribute is hidden in the documentation; all clients that the SDK
// generates rest on it.
#[dyn_dispatch_hint]
impl Intercept for AwsInterceptor {
    fn name(&self) -> &'static str {
        "xray-phantom"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Of what is not recorded there is nothing to keep.
        match current_or_none() {
            Some(parent) if parent.is_recorded() => self.begin(parent, bag),
            Some(_) => {}
            None => self.told_once(bag),
        }
        Ok(())
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The first time that the SDK tells which call it is. Soon it may wait: for a body that streams,
        // where an interceptor has asked for that.
        InFlight::open(bag);
        Ok(())
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = InFlight::called(bag) {
            call.written(context.request());
        }
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let aside = Aside::of(context.request().uri(), bag);
        let header = if InFlight::of(bag).is_some() {
            recorded_header(bag, context.request().uri(), aside)
        } else {
            unsampled_header()
        };
        if let Some(header) = header.filter(|_| aside.is_none()) {
            // Replaces the one that the SDK itself sets inside Lambda, whose parent is the function.
            // It is not part of what is signed.
            let headers = context.request_mut().headers_mut();
            headers.insert(const { HeaderName::from_static("x-amzn-trace-id") }, header);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(in_flight) = InFlight::of(bag) else {
            return Ok(());
        };
        if context.response().is_none() && presigns(components) {
            in_flight.discard();
        } else if !in_flight.finish(context) {
            // An interceptor failed before the SDK told which call it is.
            InFlight::open(bag);
            if let Some(in_flight) = InFlight::of(bag) {
                in_flight.finish(context);
            }
        }
        Ok(())
    }
}

impl AwsInterceptor {
    /// Begins a call. Installed on the client and on the call, one of the two is enough.
    fn begin(&self, parent: OpenEntity, bag: &mut ConfigBag) {
        if InFlight::of(bag).is_some() {
            return;
        }
        if let Some(call) = InFlight::begin(parent, self.place) {
            bag.interceptor_state().store_put(call);
        }
    }

    /// Tells that a call belongs to no segment: of two that are installed, the first one does.
    #[cold]
    fn told_once(&self, bag: &mut ConfigBag) {
        let state = bag.interceptor_state();
        if state.load::<Told>().is_none() {
            state.store_put(Told);
            self.recorder
                .report_missing(self.place, "a call of the AWS SDK");
        }
    }
}

/// Lies in the bag of a call that belongs to no segment, once that was told.
#[derive(Debug)]
struct Told;

impl Storable for Told {
    type Storer = StoreReplace<Self>;
}

/// What an attempt of a call that is recorded says downstream, if this is the first interceptor that
/// is shown it.
fn recorded_header(bag: &mut ConfigBag, uri: &str, aside: Option<Aside>) -> Option<String> {
    let number = bag.interceptor_state().load::<RequestAttempts>();
    let number = number.map_or(1, RequestAttempts::attempts);
    if aside == Some(Aside::Presigned) {
        InFlight::of(bag)?.discard();
    }
    let call = InFlight::called(bag)?;
    if !call.attempt(number) {
        return None;
    }
    let header = call.header();
    if let Some(path) = call.take_path() {
        record_bucket(bag, uri, &path);
    }
    header
}

/// What a segment that is not recorded says downstream.
fn unsampled_header() -> Option<String> {
    let here = current_or_none().filter(|here| !here.is_recorded())?;
    here.unsampled_header_text()
}

/// Records the bucket of a request of S3, which the endpoint has put into the URL.
#[cold]
fn record_bucket(bag: &mut ConfigBag, uri: &str, path: &str) {
    let own = bag.load::<EndpointUrl>();
    if let Some(bucket) = bucket(uri, path, own.map(|own| &*own.0))
        && let Some(call) = InFlight::called(bag)
    {
        call.record_bucket(&bucket);
    }
}

/// Requests that carry no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aside {
    /// Whoever uses its URL sends what is signed, and has a trace of their own.
    Presigned,
    /// One to X-Ray itself.
    XRay,
}

impl Aside {
    fn of(url: &str, bag: &ConfigBag) -> Option<Aside> {
        // Nearly all requests of services that speak JSON: what is signed ends with a value, in which
        // a slash is escaped, and the operations of X-Ray have paths, which end with a name.
        if url.ends_with('/') {
            return None;
        }
        Aside::of_path(url, bag)
    }

    #[inline(never)]
    fn of_path(url: &str, bag: &ConfigBag) -> Option<Aside> {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        if query.contains("X-Amz-Signature=") {
            return Some(Aside::Presigned);
        }
        let metadata = bag.load::<Metadata>()?;
        (metadata.service() == "XRay").then_some(Aside::XRay)
    }
}

/// Whether a call was to be presigned, and failed before it was.
#[cold]
fn presigns(components: &RuntimeComponents) -> bool {
    components
        .interceptors()
        .any(|interceptor| interceptor.name() == PRESIGNS)
}

/// The interceptor of the SDK that presigns (`aws-runtime`, `auth/sigv4`, and the `presigning`
/// of each service).
const PRESIGNS: &str = "SigV4PresigningInterceptor";

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::orchestrator::Metadata;
    use aws_smithy_types::config_bag::{ConfigBag, Layer};

    use crate::instrument::aws::Aside;

    #[track_caller]
    fn check(service: &'static str, url: &str, expected: Option<Aside>) {
        let mut operation = Layer::new("operation");
        operation.store_put(Metadata::new("Operation", service));
        let bag = ConfigBag::of_layers([operation]);
        assert_eq!(Aside::of(url, &bag), expected);
    }

    #[test]
    fn requests_that_are_presigned_or_go_to_x_ray_carry_no_header() {
        check(
            "DynamoDB",
            "https://dynamodb.eu-west-1.amazonaws.com/",
            None,
        );
        check("S3", "https://b.s3.amazonaws.com/key?x-id=GetObject", None);
        check("S3", "https://b.s3.amazonaws.com/X-Amz-Signature=", None);
        check("S3", "https://b.s3.amazonaws.com/key/", None);
        check("X", "http://127.0.0.1:2000/TraceSegments", None);
        for path in ["GetSamplingRules", "TraceSegments", "TraceGraph?x-id=1"] {
            let url = format!("https://xray.eu-west-1.amazonaws.com/{path}");
            check("XRay", &url, Some(Aside::XRay));
        }
        for path in ["key", "folder/"] {
            let url = format!("https://b.s3.amazonaws.com/{path}?a=b&X-Amz-Signature=0123");
            check("S3", &url, Some(Aside::Presigned));
        }
    }
}
