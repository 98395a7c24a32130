//! A call that is under way.

use std::mem;
use std::panic::Location;

use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;

use crate::instrument::answer::{Progress, is_stand_in, record, record_failure};
use crate::instrument::asked::Asked;
use crate::instrument::rest::path_of;
use crate::model::{EntityId, Timestamp};
use crate::recorder::{Namespace, OpenEntity, Saying, key};

/// A call that is under way.
///
/// It lives in the bag of the call, not in the interceptor, which many calls share. No hook runs when
/// the future of a call is dropped, or when the SDK refuses its configuration; the bag is dropped with
/// it.
#[derive(Debug)]
pub(in crate::instrument) struct InFlight(State);

#[derive(Debug)]
enum State {
    /// The SDK does not tell yet which call it is. It waits for nothing before it does.
    Begun(Begun),
    Called(Call),
    /// All is said of it.
    Over,
}

impl Storable for InFlight {
    type Storer = StoreReplace<Self>;
}

impl InFlight {
    /// One that begins now; `None` where nothing is recorded.
    #[inline]
    pub(in crate::instrument) fn begin(
        parent: OpenEntity,
        place: &'static Location<'static>,
    ) -> Option<InFlight> {
        let start = parent.now()?;
        Some(InFlight(State::Begun(Begun {
            entity: parent,
            place,
            start,
        })))
    }

    /// The one that is in the bag, if one is.
    // What the SDK has of this is copied to wherever it is called. Each copy would come cold.
    #[inline(never)]
    pub(in crate::instrument) fn of(bag: &mut ConfigBag) -> Option<&mut InFlight> {
        bag.get_mut_from_interceptor_state()
    }

    /// The call in the bag, if its subsegment is open.
    pub(in crate::instrument) fn called(bag: &mut ConfigBag) -> Option<&mut Call> {
        match InFlight::of(bag)? {
            InFlight(State::Called(call)) => Some(call),
            InFlight(State::Begun(_) | State::Over) => None,
        }
    }

    /// Opens the subsegment of the call in the bag, unless it has one: of two interceptors that are
    /// installed, the first one does.
    pub(in crate::instrument) fn open(bag: &mut ConfigBag) {
        if let Some(InFlight(state @ State::Begun(_))) = InFlight::of(bag)
            && let State::Begun(begun) = mem::replace(state, State::Over)
        {
            let call = begun.open(bag);
            if let Some(InFlight(state)) = InFlight::of(bag) {
                *state = State::Called(call);
            }
        }
    }

    /// Records how it went, unless that was recorded; `false` where it has no subsegment yet.
    pub(in crate::instrument) fn finish(
        &mut self,
        context: &FinalizerInterceptorContextRef<'_>,
    ) -> bool {
        match &self.0 {
            State::Begun(_) => return false,
            State::Called(call) => call.finish(context),
            State::Over => return true,
        }
        self.0 = State::Over;
        true
    }

    /// Takes the call back: nothing was called.
    #[cold]
    pub(in crate::instrument) fn discard(&mut self) {
        if let State::Called(call) = &self.0 {
            call.entity.discard();
        }
        self.0 = State::Over;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        match &mut self.0 {
            State::Begun(begun) => begun.refused(),
            State::Called(call) => call.dropped(),
            State::Over => {}
        }
    }
}

/// A call that has no subsegment yet.
#[derive(Debug)]
struct Begun {
    /// What the call is a part of.
    entity: OpenEntity,
    place: &'static Location<'static>,
    start: Timestamp,
}

impl Begun {
    /// Opens the subsegment, and says what the bag tells of the call.
    #[inline]
    fn open(self, bag: &ConfigBag) -> Call {
        let mut entity = self.entity;
        let metadata = bag.load::<Metadata>();
        let name = metadata.map_or(UNKNOWN, Metadata::service);
        let mut id = None;
        entity.open_call(name, (self.place, self.start), |call| {
            id = Some(call.id());
            call.namespace(Namespace::Aws);
            if let Some(metadata) = metadata {
                call.aws_text(key!("operation"), metadata.name());
            }
            if let Some(region) = bag.load::<Region>() {
                call.aws_text(key!("region"), region.as_ref());
            }
        });
        Call {
            entity,
            place: self.place,
            id,
            asked: metadata.map_or(Asked::Nothing, Asked::of),
            path: None,
            is_written: false,
            sent: 0,
        }
    }

    /// Records that nothing was heard of it: the SDK has refused the configuration, as a rule.
    #[cold]
    fn refused(&mut self) {
        let message = "no other hook ran: the SDK refused the configuration of the client, or the interceptor was disabled for this call";
        let call = &mut self.entity;
        call.open_call(UNKNOWN, (self.place, self.start), |call| {
            call.namespace(Namespace::Aws);
            call.aws_number(key!("retries"), 0);
        });
        call.exception(self.place, "ConstructionFailure", message, false);
        call.fault();
        call.close();
    }
}

/// A call whose subsegment is open.
#[derive(Debug)]
pub(in crate::instrument) struct Call {
    entity: OpenEntity,
    place: &'static Location<'static>,
    /// The id of the subsegment; there is none where its record has gone.
    id: Option<EntityId>,
    /// What of the request and the answer is recorded.
    asked: Asked,
    /// The path of a request of S3, before the endpoint adds the bucket.
    path: Option<Box<str>>,
    /// Whether the request was written.
    is_written: bool,
    /// The number of the last attempt that was sent, as the SDK counts them: one before the pause that
    /// comes before it.
    sent: u32,
}

impl Call {
    /// Records what the request says, which the SDK has written. Of two interceptors that are installed
    /// on one call, the first one does.
    pub(in crate::instrument) fn written(&mut self, request: &HttpRequest) {
        if self.is_written {
            return;
        }
        self.is_written = true;
        let asked = self.asked;
        self.entity
            .say_at_once(self.place, |call| asked.record_request(call, request));
        if let Asked::Object = asked {
            // Read again when the endpoint has put the bucket to it.
            self.path = Some(path_of(request.uri()).into());
        }
    }

    /// Says that an attempt is sent; whether nobody has said so. Of two interceptors that are installed
    /// on one call, the first one records.
    pub(in crate::instrument) fn attempt(&mut self, number: u32) -> bool {
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

    /// Records how it went, and ends the subsegment.
    fn finish(&self, context: &FinalizerInterceptorContextRef<'_>) {
        let response = context.response();
        let result = context.output_or_error();
        if let Some(Err(error)) = result {
            let progress = Progress {
                serialized: self.is_written,
                sent: self.sent > 0,
            };
            record_failure(&self.entity, self.place, error, response, progress);
        }
        let response = response.filter(|response| !is_stand_in(response));
        self.entity.close_with(|call| {
            if let Some(response) = response {
                record(call, response);
            }
            call.aws_number(key!("retries"), self.retries());
            if let Some(response) = response {
                let succeeded = result.is_some_and(|result| result.is_ok());
                self.asked.record_answer(call, response, succeeded);
            }
        });
    }

    fn retries(&self) -> u64 {
        self.sent.saturating_sub(1).into()
    }

    /// Records that nobody waits for it any more, and ends the subsegment.
    #[cold]
    fn dropped(&self) {
        let retries = self.retries();
        self.entity.say_at_once(self.place, |call| {
            call.aws_number(key!("retries"), retries);
        });
        self.entity.cancel(self.place);
    }
}

/// What a call is named whose service is not known.
const UNKNOWN: &str = "AWS";
