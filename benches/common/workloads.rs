//! What is recorded, again and again, where it is measured what recording costs.
//!
//! The peers and the floors of `benches/peers` do the same: same names, same annotations, same
//! members. Nothing grows from one call to the next.

use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use xray_phantom::recorder::Namespace;
use xray_phantom::wire::TraceHeader;
use xray_phantom::{OpenEntity, Recorder, in_subsegment_infallible, in_subsegment_infallible_sync};

/// The name of every segment.
pub const SERVICE: &str = "OrdersWorker";
/// The name of every call.
pub const CALL: &str = "DynamoDB";
/// The id of every request to DynamoDB.
pub const REQUEST_ID: &str = "4MMTVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF66Q9ASUAAJG";
/// The trace header of every invocation.
pub const HEADER: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// A segment with two annotations and a status.
pub fn seg0(recorder: &Recorder) {
    let segment = recorder.begin_segment(SERVICE);
    say(&segment);
    segment.end();
}

/// A segment with one call to DynamoDB: one document of about 608 bytes.
pub fn seg1aws(recorder: &Recorder) {
    seg(recorder, 1);
}

/// A segment with so many calls to DynamoDB, one after the other.
pub fn seg(recorder: &Recorder, calls: usize) {
    let segment = recorder.begin_segment(SERVICE);
    say(&segment);
    for _ in 0..calls {
        let call = segment.begin_subsegment(CALL);
        ask(&call);
        answer(&call);
        call.end();
    }
    segment.end();
}

/// The same as [`seg1aws`] through closures, which find the segment by themselves.
pub fn closure(recorder: &Recorder) {
    recorder.in_segment_infallible_sync(SERVICE, |segment| {
        say(&segment);
        in_subsegment_infallible_sync(CALL, |call| {
            ask(&call);
            answer(&call);
        });
    });
}

/// The same as [`seg1aws`] through futures, which are ready at once; `false` if they were not.
pub fn asynchronous(recorder: &Recorder) -> bool {
    let order = recorder.in_segment_infallible(SERVICE, async |segment| {
        say(&segment);
        in_subsegment_infallible(CALL, async |call| {
            ask(&call);
            answer(&call);
        })
        .await;
    });
    let mut context = Context::from_waker(Waker::noop());
    matches!(pin!(order).poll(&mut context), Poll::Ready(()))
}

/// A segment with ten subsegments, each in the one before.
pub fn deep10(recorder: &Recorder) {
    let segment = recorder.begin_segment(SERVICE);
    say(&segment);
    nest(&segment, 10);
    segment.end();
}

/// So many subsegments, each in the one before.
fn nest(parent: &OpenEntity, levels: usize) {
    if levels > 0 {
        let level = parent.begin_subsegment("level");
        nest(&level, levels - 1);
        level.end();
    }
}

/// An invocation of a Lambda function with so many calls: one document each, when it ends.
pub fn lambda_sub(recorder: &Recorder, header: &TraceHeader, calls: u64) {
    let invocation = recorder.lambda_invocation(header);
    for _ in 0..calls {
        let call = invocation.begin_subsegment(CALL);
        ask(&call);
        answer(&call);
        call.end();
    }
    invocation.end();
}

/// The same with a document in progress for each call before the complete one.
pub fn lambda_sub_in_progress(recorder: &Recorder, header: &TraceHeader, calls: u64) {
    let invocation = recorder.lambda_invocation(header);
    for _ in 0..calls {
        let call = invocation.begin_subsegment(CALL);
        ask(&call);
        call.send_in_progress();
        answer(&call);
        call.end();
    }
    invocation.end();
}

/// [`seg1aws`] whose call ends with an error: its cause is one exception.
pub fn exc(recorder: &Recorder) {
    let segment = recorder.begin_segment(SERVICE);
    say(&segment);
    let call = segment.begin_subsegment(CALL);
    ask(&call);
    call.end_with(&Throttled);
    segment.end();
}

/// A segment whose texts need escapes: quotes, control characters, and letters beyond ASCII.
pub fn escape(recorder: &Recorder) {
    let segment = recorder.begin_segment(SERVICE);
    segment
        .annotate("quoted", "she said \"order\" and \\ more")
        .annotate("lines", "one\ntwo\tthree\u{1}\r\n")
        .annotate("letters", "größer als naïve 注文 заказ 🦀");
    segment.end();
}

/// A segment with metadata: `text` should be four kilobytes.
pub fn meta(recorder: &Recorder, text: &str) {
    let segment = recorder.begin_segment(SERVICE);
    segment.metadata("cart", text);
    segment.end();
}

/// A subsegment with two annotations of a parent that is not recorded.
pub fn unsampled(parent: &OpenEntity) {
    let call = parent.begin_subsegment(CALL);
    call.annotate("order_id", "o-1").annotate("items", 3);
    call.end();
}

/// A whole segment with two annotations. It is not recorded, if the recorder is one of that kind.
pub fn unsampled_segment(recorder: &Recorder) {
    let segment = recorder.begin_segment(SERVICE);
    segment.annotate("order_id", "o-1").annotate("items", 3);
    segment.end();
}

/// A subsegment outside of every segment.
pub fn nocontext() {
    xray_phantom::begin_subsegment(CALL).end();
}

/// What is known of an order.
pub fn say(segment: &OpenEntity) {
    segment
        .annotate("order_id", "o-1")
        .annotate("items", 3)
        .http_status(201);
}

/// What is known of a call before it is made.
pub fn ask(call: &OpenEntity) {
    call.namespace(Namespace::Aws)
        .aws("operation", "PutItem")
        .aws("region", "us-east-1")
        .aws("table_name", "Orders");
}

/// What is known of a call when it has been answered.
pub fn answer(call: &OpenEntity) {
    call.aws("request_id", REQUEST_ID).http_status(200);
}

/// The error of [`exc`].
#[derive(Debug)]
pub struct Throttled;

impl fmt::Display for Throttled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request rate is too high: try again later")
    }
}

impl std::error::Error for Throttled {}
