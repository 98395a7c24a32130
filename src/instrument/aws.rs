//! Calls of the AWS SDK for Rust.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;
use aws_types::request_id::RequestId as _;

use crate::json::{Document, Kind, Value, write_text};
use crate::recorder::{Namespace, OpenEntity, Recorder, current_or_none};

/// Records each call of an AWS SDK client as a subsegment of the current segment.
///
/// One subsegment for each call, retries inside: named after the service (`DynamoDB`), with
/// operation, region, table, request id, retries, status and length of the answer, flags, and the
/// cause of a failure. Each attempt carries the trace header with the subsegment as its parent.
/// A future that is dropped closes its subsegment.
///
/// 4xx is an error, throttling (429, and the codes that AWS lists for it) is an error and a
/// throttle, 5xx and a failure without an answer are a fault.
///
/// Install it on the configuration of a client:
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use xray_phantom::{AwsInterceptor, FakeDaemon, MockDynamo, Recorder};
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let sdk_config = dynamo.sdk_config();
/// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config)
///     .interceptor(AwsInterceptor::new(&recorder))
///     .build();
/// let orders = aws_sdk_dynamodb::Client::from_conf(config);
/// # drop(orders);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AwsInterceptor {
    recorder: Recorder,
    place: &'static Location<'static>,
    /// Tells this interceptor from another one that is installed on the same call.
    owner: Arc<()>,
}

impl AwsInterceptor {
    /// An interceptor that records with this recorder.
    #[track_caller]
    pub fn new(recorder: &Recorder) -> AwsInterceptor {
        AwsInterceptor {
            recorder: recorder.clone(),
            place: Location::caller(),
            owner: Arc::new(()),
        }
    }
}

/// The subsegment of a call that is under way. It lives in the bag of the call, not in the
/// interceptor, which many calls share.
#[derive(Clone, Debug)]
struct InFlight(Arc<Call>);

impl Storable for InFlight {
    type Storer = StoreReplace<Self>;
}

#[derive(Debug)]
struct Call {
    subsegment: OpenEntity,
    place: &'static Location<'static>,
    /// Attempts that were sent. The SDK counts one before the pause that comes before it.
    sent: AtomicU32,
    /// The interceptor that opened it.
    owner: Arc<()>,
}

impl Call {
    fn record_retries(&self) {
        let retries = self.sent.load(Ordering::Relaxed).saturating_sub(1);
        self.subsegment.aws_json("retries", retries.to_string());
    }
}

/// No hook runs when the future of a call is dropped; the bag is dropped with it.
impl Drop for Call {
    fn drop(&mut self) {
        if self.subsegment.is_open() {
            self.record_retries();
        }
        self.subsegment.cancel(self.place);
    }
}

impl Intercept for AwsInterceptor {
    fn name(&self) -> &'static str {
        "xray-phantom"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Installed on the client and on the call: one of the two is enough.
        if bag.load::<InFlight>().is_some() {
            return Ok(());
        }
        let Some(parent) = current_or_none() else {
            self.recorder
                .report_missing(self.place, "a call of the AWS SDK");
            return Ok(());
        };
        let subsegment = parent.open_child_at("AWS", self.place);
        subsegment.namespace(Namespace::Aws);
        let call = Call {
            subsegment,
            place: self.place,
            sent: AtomicU32::new(0),
            owner: Arc::clone(&self.owner),
        };
        bag.interceptor_state().store_put(InFlight(Arc::new(call)));
        Ok(())
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(InFlight(call)) = bag.load::<InFlight>() {
            identify(&call.subsegment, bag);
            let request = context.request();
            let is_dynamo = request
                .headers()
                .get("x-amz-target")
                .is_some_and(|target| target.starts_with("DynamoDB_"));
            if let Some(body) = request.body().bytes()
                && is_dynamo
            {
                tables(&call.subsegment, body);
            }
        }
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let header = bag
            .load::<InFlight>()
            .and_then(|InFlight(call)| call.subsegment.trace_header());
        if let Some(header) = header {
            // Replaces the one that the SDK itself sets inside Lambda, whose parent is the function.
            context
                .request_mut()
                .headers_mut()
                .insert("x-amzn-trace-id", header.to_string());
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(InFlight(call)) = bag.load::<InFlight>()
            && Arc::ptr_eq(&call.owner, &self.owner)
        {
            call.sent.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(InFlight(call)) = bag.load::<InFlight>() else {
            return Ok(());
        };
        let subsegment = &call.subsegment;
        // Of two that are installed, the one that opened it records it.
        if !Arc::ptr_eq(&call.owner, &self.owner) {
            return Ok(());
        }
        // Again, as a failure before the request is written skips the hook above.
        identify(subsegment, bag);
        call.record_retries();
        let failure = context.output_or_error().and_then(Result::err);
        let failure =
            failure.map(|error| failure_text(&error.to_string(), std::error::Error::source(error)));
        let mut answer = Answer::default();
        if let Some(response) = context.response() {
            answer = Answer::read(response, failure.is_some());
            answer.record(subsegment);
        }
        if let Some(failure) = failure {
            answer.record_failure(subsegment, self.place, &failure);
        }
        subsegment.close();
        Ok(())
    }
}

/// Name, operation and region, as the bag knows them.
fn identify(subsegment: &OpenEntity, bag: &ConfigBag) {
    if let Some(metadata) = bag.load::<Metadata>() {
        subsegment.rename(metadata.service());
        subsegment.aws_json("operation", quoted(metadata.name()));
    }
    if let Some(region) = bag.load::<Region>() {
        subsegment.aws_json("region", quoted(region.as_ref()));
    }
}

/// The tables that a DynamoDB request names; nothing else of its body.
fn tables(subsegment: &OpenEntity, body: &[u8]) {
    let Some(document) = std::str::from_utf8(body)
        .ok()
        .and_then(|body| Document::parse(body).ok())
    else {
        return;
    };
    if let Some(table) = document
        .root()
        .get("TableName")
        .and_then(|table| table.as_str())
    {
        subsegment.aws_json("table_name", quoted(&table));
    }
    if let Some(items) = document
        .root()
        .get("RequestItems")
        .filter(|items| items.kind() == Kind::Object)
    {
        let names: Vec<String> = items
            .members()
            .map(|(name, _)| quoted(&name.decode()))
            .collect();
        subsegment.aws_json("table_names", format!("[{}]", names.join(",")));
    }
}

/// What a service answered.
#[derive(Debug, Default)]
struct Answer {
    status: Option<u16>,
    length: Option<i64>,
    request_id: Option<String>,
    /// Code and message of an error.
    error: Option<(String, String)>,
}

impl Answer {
    fn read(response: &HttpResponse, failed: bool) -> Answer {
        let body = response.body().bytes();
        let written = response
            .headers()
            .get("content-length")
            .and_then(|length| length.parse().ok());
        let counted = body.and_then(|body| i64::try_from(body.len()).ok());
        Answer {
            status: Some(response.status().as_u16()),
            length: written.or(counted),
            request_id: response.request_id().map(str::to_owned),
            error: if failed {
                Some(error(response, body))
            } else {
                None
            },
        }
    }

    fn record(&self, subsegment: &OpenEntity) {
        if let Some(status) = self.status {
            subsegment.response("status", status.into());
        }
        if let Some(length) = self.length {
            subsegment.response("content_length", length);
        }
        if let Some(id) = &self.request_id {
            subsegment.aws_json("request_id", quoted(id));
        }
    }

    fn record_failure(
        &self,
        subsegment: &OpenEntity,
        place: &'static Location<'static>,
        failure: &str,
    ) {
        let (code, message) = match &self.error {
            Some((code, message)) if !code.is_empty() => (code.as_str(), message.as_str()),
            _ => ("SdkError", failure),
        };
        match self.status {
            _ if THROTTLING.contains(&code) => subsegment.throttle(),
            Some(429) => subsegment.throttle(),
            Some(400..=499) => subsegment.error(),
            // An answer such as 304 is nobody's fault.
            Some(300..=399) => subsegment,
            _ => subsegment.fault(),
        };
        subsegment.exception(place, code, message, self.status.is_some());
    }
}

/// Code and message of an error in the order in which the SDK looks: header, `code`, `__type`.
fn error(response: &HttpResponse, body: Option<&[u8]>) -> (String, String) {
    let text = body.and_then(|body| std::str::from_utf8(body).ok());
    let document = text.and_then(|text| Document::parse(text).ok());
    let member = |key: &str| -> Option<String> {
        let value: Value<'_> = document.as_ref()?.root().get(key)?;
        Some(value.as_str()?.into_owned())
    };
    let header = response
        .headers()
        .get("x-amzn-errortype")
        .map(str::to_owned);
    let code = header
        .or_else(|| member("code"))
        .or_else(|| member("__type"))
        .unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = member("message")
        .or_else(|| member("Message"))
        .unwrap_or_default();
    (code.to_owned(), message)
}

/// An error with its sources on one line.
fn failure_text(error: &str, mut source: Option<&(dyn std::error::Error + 'static)>) -> String {
    let mut text = error.to_owned();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

fn quoted(text: &str) -> String {
    let mut json = String::new();
    write_text(&mut json, text);
    json
}

/// The error codes that mean throttling, whatever the status (`aws-runtime`, retry classifiers).
const THROTTLING: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];
