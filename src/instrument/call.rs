//! A call that is under way.

use std::panic::Location;

use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;

use crate::instrument::answer::{Progress, is_stand_in, record, record_failure};
use crate::instrument::parameters::{record_request, record_response};
use crate::instrument::rest::{
    is_of_bucket, path_of, record_lambda, record_lambda_response, record_s3, record_sns,
};
use crate::model::EntityId;
use crate::recorder::{Namespace, OpenEntity, Saying, key};

/// A call that is under way. It lives in the bag of the call, not in the interceptor, which many
/// calls share.
#[derive(Debug)]
pub(in crate::instrument) struct InFlight(pub(in crate::instrument) Call);

impl Storable for InFlight {
    type Storer = StoreReplace<Self>;
}

#[derive(Debug)]
pub(in crate::instrument) struct Call {
    pub(in crate::instrument) subsegment: OpenEntity,
    place: &'static Location<'static>,
    /// What is known once the request was written.
    asked: Option<Asked>,
    /// Attempts that were sent. The SDK counts one before the pause that comes before it.
    sent: u32,
    /// Whether all is said.
    is_over: bool,
}

/// What is known of a call whose request was written.
#[derive(Debug)]
pub(in crate::instrument) struct Asked {
    /// The service and the operation.
    metadata: Option<Metadata>,
    /// The id of the subsegment; `None` where that has ended.
    id: Option<EntityId>,
    /// The path of a request of S3, before the endpoint adds the bucket.
    path: Option<String>,
}

impl Call {
    /// The one that is in the bag, if one is.
    pub(in crate::instrument) fn of(bag: &mut ConfigBag) -> Option<&mut Call> {
        let found = bag.get_mut_from_interceptor_state::<InFlight>();
        found.map(|InFlight(call)| call)
    }

    pub(in crate::instrument) fn new(
        subsegment: OpenEntity,
        place: &'static Location<'static>,
    ) -> Call {
        Call {
            subsegment,
            place,
            asked: None,
            sent: 0,
            is_over: false,
        }
    }

    /// Whether the request was written.
    pub(in crate::instrument) fn is_serialized(&self) -> bool {
        self.asked.is_some()
    }

    /// Says what the call is, and what its request says.
    pub(in crate::instrument) fn ask(&self, bag: &ConfigBag, request: &HttpRequest) -> Asked {
        let (mut metadata, mut id) = (None, None);
        self.subsegment.say_at_once(self.place, |call| {
            id = Some(call.id());
            metadata = identified(call, bag);
            if let Some(metadata) = metadata {
                asked(call, metadata, request);
            }
        });
        let has_bucket = metadata
            .is_some_and(|metadata| metadata.service() == "S3" && is_of_bucket(metadata.name()));
        Asked {
            metadata: metadata.cloned(),
            id,
            // Read again when the endpoint has put the bucket to it.
            path: has_bucket.then(|| path_of(request.uri()).to_owned()),
        }
    }

    /// Says that the request was written.
    pub(in crate::instrument) fn serialized(&mut self, asked: Asked) {
        self.asked = Some(asked);
    }

    /// Says that an attempt is sent, the first one from 1; whether nobody has said so. Of two
    /// interceptors that are installed on one call, the first one records.
    pub(in crate::instrument) fn attempt(&mut self, number: u32) -> bool {
        let is_new = self.sent < number;
        self.sent = self.sent.max(number);
        is_new
    }

    /// Takes the path of a request of S3 as it was without the bucket.
    pub(in crate::instrument) fn take_path(&mut self) -> Option<String> {
        self.asked.as_mut()?.path.take()
    }

    /// Records the bucket of a request of S3.
    pub(in crate::instrument) fn record_bucket(&self, bucket: &str) {
        let say = |call: &mut Saying<'_>| call.aws_text(key!("bucket_name"), bucket);
        self.subsegment.say_at_once(self.place, say);
    }

    /// The header of an attempt; `None` where the service is to have none.
    pub(in crate::instrument) fn header(&self) -> Option<String> {
        let asked = self.asked.as_ref()?;
        if is_x_ray(asked.metadata.as_ref()) {
            return None;
        }
        self.subsegment.header_text_of(asked.id?)
    }

    /// Whether it is over.
    pub(in crate::instrument) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes it back: nothing was called.
    pub(in crate::instrument) fn discard(&mut self) {
        self.is_over = true;
        self.subsegment.discard();
    }

    /// Says that it is over.
    pub(in crate::instrument) fn over(&mut self) {
        self.is_over = true;
    }

    /// Records how it went, and ends it.
    pub(in crate::instrument) fn finish(
        &self,
        bag: &ConfigBag,
        context: &FinalizerInterceptorContextRef<'_>,
    ) {
        let response = context.response();
        let result = context.output_or_error();
        if let Some(Err(error)) = result {
            let progress = Progress {
                serialized: self.is_serialized(),
                sent: self.sent > 0,
            };
            record_failure(&self.subsegment, self.place, error, response, progress);
        }
        let response = response.filter(|response| !is_stand_in(response));
        self.subsegment.close_with(|call| {
            if !self.is_serialized() {
                identified(call, bag);
            }
            if let Some(response) = response {
                record(call, response);
            }
            call.aws_number(key!("retries"), self.retries());
            let Some(response) = response else {
                return;
            };
            let asked = self.asked.as_ref();
            if let Some(metadata) = asked.and_then(|asked| asked.metadata.as_ref()) {
                let succeeded = result.is_some_and(|result| result.is_ok());
                answered(call, metadata, response, succeeded);
            }
        });
    }

    fn retries(&self) -> u64 {
        self.sent.saturating_sub(1).into()
    }
}

/// No hook runs when the future of a call is dropped, or when the SDK refuses its configuration; the
/// bag is dropped with it.
impl Drop for Call {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let retries = self.retries();
        let record = |call: &mut Saying<'_>| {
            call.namespace(Namespace::Aws);
            call.aws_number(key!("retries"), retries);
        };
        if self.is_serialized() {
            self.subsegment.say_at_once(self.place, record);
            self.subsegment.cancel(self.place);
            return;
        }
        // Up to here the SDK waits for nothing, so that no future was dropped.
        let message = "the SDK refused the configuration of the client, before a request was made";
        self.subsegment
            .exception(self.place, "ConstructionFailure", message, false);
        self.subsegment.fault();
        self.subsegment.close_with(record);
    }
}

/// Says what a call is, as the bag knows it once the SDK has begun.
fn identified<'b>(call: &mut Saying<'_>, bag: &'b ConfigBag) -> Option<&'b Metadata> {
    call.namespace(Namespace::Aws);
    let metadata = bag.load::<Metadata>();
    if let Some(metadata) = metadata {
        call.rename(metadata.service());
        call.aws_text(key!("operation"), metadata.name());
    }
    if let Some(region) = bag.load::<Region>() {
        call.aws_text(key!("region"), region.as_ref());
    }
    metadata
}

/// Records the parameters of a request.
fn asked(call: &mut Saying<'_>, metadata: &Metadata, request: &HttpRequest) {
    let (service, operation) = (metadata.service(), metadata.name());
    match service {
        "Lambda" => record_lambda(call, operation, request),
        "S3" if is_of_bucket(operation) => record_s3(call, request),
        "SNS" => {
            let body = request.body().bytes().unwrap_or_default();
            record_sns(call, operation, body);
        }
        _ => {
            let body = request.body().bytes().unwrap_or_default();
            record_request(call, service, operation, body);
        }
    }
}

/// Records what an answer says beside its status.
fn answered(call: &mut Saying<'_>, metadata: &Metadata, response: &HttpResponse, succeeded: bool) {
    let (service, operation) = (metadata.service(), metadata.name());
    if service == "Lambda" {
        record_lambda_response(call, operation, response);
    }
    if succeeded {
        let body = response.body().bytes().unwrap_or_default();
        record_response(call, service, operation, body);
    }
}

/// Whether the service is X-Ray itself, whose calls carry no header.
pub(in crate::instrument) fn is_x_ray(metadata: Option<&Metadata>) -> bool {
    metadata.is_some_and(|metadata| metadata.service() == "XRay")
}
