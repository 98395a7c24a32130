//! What crosses between a program and the daemon: datagrams, and the trace header.
//!
//! A [`TraceHeader`] comes with an HTTP request, with an SQS message
//! ([`TraceHeader::of_sqs`]), or from a [`Traceparent`] of W3C.

mod body;
mod carrier;
mod datagram;
mod emit;
mod header_line;
mod refusal;
mod trace_header;
mod traceparent;

pub use body::{Body, OtlpKind};
pub(crate) use datagram::frame_into;
#[cfg(feature = "testing")]
pub(crate) use datagram::receive_text;
pub use datagram::{HEADER_LINE, frame, receive};
pub use emit::{Daemon, Emit, EmitCounts, Note, NoteSource};
pub use refusal::{Refusal, RefusalCode};
pub use trace_header::{Oddity, Sampled, TraceHeader};
pub use traceparent::Traceparent;
