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

/// A call that is under way; `None` once all is said of it.
///
/// It lives in the bag of the call, not in the interceptor, which many calls share. No hook runs when
/// the future of a call is dropped, or when the SDK refuses its configuration; the bag is dropped with
/// it.
#[derive(Debug)]
pub(in crate::instrument) struct InFlight(pub(in crate::instrument) Option<Call>);

impl Storable for InFlight {
    type Storer = StoreReplace<Self>;
}

impl InFlight {
    /// The one that is in the bag, if one is.
    // What the SDK has of this is copied to wherever it is called. Each copy would come cold.
    #[inline(never)]
    pub(in crate::instrument) fn of(bag: &mut ConfigBag) -> Option<&mut InFlight> {
        bag.get_mut_from_interceptor_state()
    }

    /// The call, when an interceptor is shown an attempt, if it is the first one that is.
    pub(in crate::instrument) fn attempt(&mut self, number: u32) -> Option<&mut Call> {
        let call = self.0.as_mut()?;
        call.attempt(number).then_some(call)
    }

    /// Takes the call back: nothing was called.
    #[cold]
    pub(in crate::instrument) fn discard(&mut self) {
        if let Some(call) = self.0.take() {
            call.subsegment.discard();
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(call) = &self.0 {
            call.abandon();
        }
    }
}

#[derive(Debug)]
pub(in crate::instrument) struct Call {
    subsegment: OpenEntity,
    place: &'static Location<'static>,
    /// The id of the subsegment, once the request was written; `None` where it has ended.
    id: Option<EntityId>,
    /// The path of a request of S3, before the endpoint adds the bucket.
    path: Option<Box<str>>,
    /// The number of the last attempt that was sent, as the SDK counts them: one before the pause that
    /// comes before it.
    sent: u32,
    /// Whether the request was written.
    is_serialized: bool,
}

impl Call {
    pub(in crate::instrument) fn new(
        subsegment: OpenEntity,
        place: &'static Location<'static>,
    ) -> Call {
        Call {
            subsegment,
            place,
            id: None,
            path: None,
            sent: 0,
            is_serialized: false,
        }
    }

    /// Says that the request was written, if nobody has said so. The subsegment, to say more of it.
    pub(in crate::instrument) fn serialized(&mut self) -> Option<OpenEntity> {
        if self.is_serialized {
            return None;
        }
        self.is_serialized = true;
        Some(self.subsegment.clone())
    }

    /// Keeps what the attempts need: the id of the subsegment, and of a request of S3 the path, which
    /// is read again when the endpoint has put the bucket to it.
    pub(in crate::instrument) fn asked(&mut self, id: Option<EntityId>, path: Option<Box<str>>) {
        (self.id, self.path) = (id, path);
    }

    /// Says that an attempt is sent; whether nobody has said so. Of two interceptors that are installed
    /// on one call, the first one records.
    fn attempt(&mut self, number: u32) -> bool {
        let is_new = self.sent < number;
        self.sent = self.sent.max(number);
        is_new
    }

    /// The header of an attempt.
    pub(in crate::instrument) fn header(&self) -> Option<String> {
        self.subsegment.header_text_of(self.id?)
    }

    /// Takes the path of a request of S3 as it was without the bucket.
    pub(in crate::instrument) fn take_path(&mut self) -> Option<Box<str>> {
        self.path.take()
    }

    /// Records the bucket of a request of S3.
    pub(in crate::instrument) fn record_bucket(&self, bucket: &str) {
        let say = |call: &mut Saying<'_>| call.aws_text(key!("bucket_name"), bucket);
        self.subsegment.say_at_once(self.place, say);
    }

    /// Records how it went, and ends it.
    pub(in crate::instrument) fn finish(
        self,
        bag: &ConfigBag,
        context: &FinalizerInterceptorContextRef<'_>,
    ) {
        let response = context.response();
        let result = context.output_or_error();
        if let Some(Err(error)) = result {
            let progress = Progress {
                serialized: self.is_serialized,
                sent: self.sent > 0,
            };
            record_failure(&self.subsegment, self.place, error, response, progress);
        }
        let response = response.filter(|response| !is_stand_in(response));
        let metadata = bag.load::<Metadata>();
        self.subsegment.close_with(|call| {
            if !self.is_serialized {
                identified(call, metadata, bag);
            }
            if let Some(response) = response {
                record(call, response);
            }
            call.aws_number(key!("retries"), self.retries());
            if let Some(response) = response
                && let Some(metadata) = metadata.filter(|_| self.is_serialized)
            {
                let succeeded = result.is_some_and(|result| result.is_ok());
                answered(call, metadata, response, succeeded);
            }
        });
    }

    fn retries(&self) -> u64 {
        self.sent.saturating_sub(1).into()
    }

    /// Records that nobody waits for it any more, and ends it.
    #[cold]
    fn abandon(&self) {
        let retries = self.retries();
        let record = |call: &mut Saying<'_>| {
            call.namespace(Namespace::Aws);
            call.aws_number(key!("retries"), retries);
        };
        if self.is_serialized {
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

/// Says what a call is, and what its request says. The id of its subsegment; `None` where that has
/// ended.
pub(in crate::instrument) fn ask(
    subsegment: &OpenEntity,
    place: &'static Location<'static>,
    (bag, metadata): (&ConfigBag, Option<&Metadata>),
    request: &HttpRequest,
) -> Option<EntityId> {
    let mut id = None;
    subsegment.say_at_once(place, |call| {
        id = Some(call.id());
        identified(call, metadata, bag);
        if let Some(metadata) = metadata {
            asked(call, metadata, request);
        }
    });
    id
}

/// The path of a request to a bucket of S3.
pub(in crate::instrument) fn path_to_bucket(
    metadata: &Metadata,
    request: &HttpRequest,
) -> Option<Box<str>> {
    let has_bucket = metadata.service() == "S3" && is_of_bucket(metadata.name());
    has_bucket.then(|| path_of(request.uri()).into())
}

/// Says what a call is, as the bag knows it once the SDK has begun.
fn identified(call: &mut Saying<'_>, metadata: Option<&Metadata>, bag: &ConfigBag) {
    call.namespace(Namespace::Aws);
    if let Some(metadata) = metadata {
        call.rename(metadata.service());
        call.aws_text(key!("operation"), metadata.name());
    }
    if let Some(region) = bag.load::<Region>() {
        call.aws_text(key!("region"), region.as_ref());
    }
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
