//! A call that is under way.

use std::panic::Location;

use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;

use crate::instrument::answer::{Progress, is_stand_in, record, record_failure};
use crate::instrument::parameters::{Parameter, record_members, record_request};
use crate::instrument::rest::{
    is_of_bucket, path_of, record_lambda, record_lambda_response, record_s3, record_sns,
};
use crate::model::{EntityId, Timestamp};
use crate::recorder::{Key, Namespace, OpenEntity, Saying, key};

/// A call that is under way; `None` once all is said of it, and while its subsegment is opened.
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

    /// Takes the call out, to open its subsegment, if it has none yet.
    pub(in crate::instrument) fn take_new(&mut self) -> Option<Call> {
        self.0.take_if(|call| call.id.is_none())
    }

    /// The call, when an interceptor is shown an attempt, if it is the first one that is.
    pub(in crate::instrument) fn attempt(&mut self, number: u32) -> Option<&mut Call> {
        let call = self.0.as_mut()?;
        call.attempt(number).then_some(call)
    }

    /// Takes the call back: nothing was called.
    #[cold]
    pub(in crate::instrument) fn discard(&mut self) {
        if let Some(call) = self.0.take()
            && call.id.is_some()
        {
            call.entity.discard();
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(mut call) = self.0.take() {
            call.abandon();
        }
    }
}

#[derive(Debug)]
pub(in crate::instrument) struct Call {
    /// What the call is a part of; its own subsegment, once the request was written. When it begins the
    /// SDK does not tell which call it is, and from there to the request it waits only where an
    /// interceptor has asked for a body that streams.
    entity: OpenEntity,
    place: &'static Location<'static>,
    begun: Timestamp,
    /// The id of the subsegment, once there is one.
    id: Option<EntityId>,
    /// What of the answer is recorded.
    answer: Answer,
    /// The path of a request of S3, before the endpoint adds the bucket.
    path: Option<Box<str>>,
    /// The number of the last attempt that was sent, as the SDK counts them: one before the pause that
    /// comes before it.
    sent: u32,
}

/// What is recorded of an answer, beside its status and what stands in its headers.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// How an invocation of Lambda went, under this key.
    Invocation(Key),
    /// Members of its body.
    Members(&'static [Parameter]),
}

impl Call {
    /// One that begins now; `None` where nothing is recorded.
    #[inline]
    pub(in crate::instrument) fn begin(
        parent: OpenEntity,
        place: &'static Location<'static>,
    ) -> Option<Call> {
        let begun = parent.now()?;
        Some(Call {
            entity: parent,
            place,
            begun,
            id: None,
            answer: Answer::Members(&[]),
            path: None,
            sent: 0,
        })
    }

    /// Opens its subsegment, and says what the bag and the request tell of the call.
    #[inline]
    pub(in crate::instrument) fn open(&mut self, bag: &ConfigBag, request: Option<&HttpRequest>) {
        let metadata = bag.load::<Metadata>();
        let name = metadata.map_or(UNKNOWN, Metadata::service);
        let asked_for = metadata.zip(request);
        let (id, answer) = (&mut self.id, &mut self.answer);
        self.entity
            .open_call(name, (self.place, self.begun), |call| {
                *id = Some(call.id());
                call.namespace(Namespace::Aws);
                if let Some(metadata) = metadata {
                    call.aws_text(key!("operation"), metadata.name());
                }
                if let Some(region) = bag.load::<Region>() {
                    call.aws_text(key!("region"), region.as_ref());
                }
                if let Some((metadata, request)) = asked_for {
                    *answer = asked(call, metadata, request);
                }
            });
        // Read again when the endpoint has put the bucket to it.
        self.path = asked_for.and_then(|(metadata, request)| path_to_bucket(metadata, request));
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
        self.entity.header_text_of(self.id?)
    }

    /// Takes the path of a request of S3 as it was without the bucket.
    pub(in crate::instrument) fn take_path(&mut self) -> Option<Box<str>> {
        self.path.take()
    }

    /// Records the bucket of a request of S3.
    pub(in crate::instrument) fn record_bucket(&self, bucket: &str) {
        let say = |call: &mut Saying<'_>| call.aws_text(key!("bucket_name"), bucket);
        self.entity.say_at_once(self.place, say);
    }

    /// Records how it went, and ends it.
    pub(in crate::instrument) fn finish(
        &mut self,
        bag: &ConfigBag,
        context: &FinalizerInterceptorContextRef<'_>,
    ) {
        let is_serialized = self.id.is_some();
        if !is_serialized {
            self.open(bag, None);
        }
        let call = &*self;
        let response = context.response();
        let result = context.output_or_error();
        if let Some(Err(error)) = result {
            let progress = Progress {
                serialized: is_serialized,
                sent: call.sent > 0,
            };
            record_failure(&call.entity, call.place, error, response, progress);
        }
        let response = response.filter(|response| !is_stand_in(response));
        call.entity.close_with(|said| {
            if let Some(response) = response {
                record(said, response);
            }
            said.aws_number(key!("retries"), call.retries());
            if let Some(response) = response {
                let succeeded = result.is_some_and(|result| result.is_ok());
                answered(said, call.answer, response, succeeded);
            }
        });
    }

    fn retries(&self) -> u64 {
        self.sent.saturating_sub(1).into()
    }

    /// Records that the SDK has dropped it, and ends it.
    #[cold]
    fn abandon(&mut self) {
        let retries = self.retries();
        let record = |call: &mut Saying<'_>| {
            call.namespace(Namespace::Aws);
            call.aws_number(key!("retries"), retries);
        };
        if self.id.is_some() {
            self.entity.say_at_once(self.place, record);
            self.entity.cancel(self.place);
            return;
        }
        let message = "no request was made: the SDK refused the configuration of the client, or nobody waited any more";
        let call = &mut self.entity;
        call.open_call(UNKNOWN, (self.place, self.begun), record);
        call.exception(self.place, "ConstructionFailure", message, false);
        call.fault();
        call.close();
    }
}

/// The path of a request to a bucket of S3.
fn path_to_bucket(metadata: &Metadata, request: &HttpRequest) -> Option<Box<str>> {
    let has_bucket = metadata.service() == "S3" && is_of_bucket(metadata.name());
    has_bucket.then(|| path_of(request.uri()).into())
}

/// Records the parameters of a request. What of its answer is recorded.
fn asked(call: &mut Saying<'_>, metadata: &Metadata, request: &HttpRequest) -> Answer {
    let (service, operation) = (metadata.service(), metadata.name());
    let body = || request.body().bytes().unwrap_or_default();
    let members = match service {
        "Lambda" => match record_lambda(call, operation, request) {
            Some(status) => return Answer::Invocation(status),
            None => &[],
        },
        "S3" => {
            if is_of_bucket(operation) {
                record_s3(call, request);
            }
            &[]
        }
        "SNS" => {
            record_sns(call, operation, body());
            &[]
        }
        _ => record_request(call, service, operation, body()),
    };
    Answer::Members(members)
}

/// Records what an answer says beside its status.
fn answered(call: &mut Saying<'_>, answer: Answer, response: &HttpResponse, succeeded: bool) {
    match answer {
        Answer::Invocation(status) => record_lambda_response(call, status, response),
        Answer::Members(members) if succeeded => {
            let body = response.body().bytes().unwrap_or_default();
            record_members(call, members, body);
        }
        Answer::Members(_) => {}
    }
}

/// What a call is named whose service is not known.
const UNKNOWN: &str = "AWS";
