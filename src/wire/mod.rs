//! What crosses between a program and the daemon: datagrams, and the trace header.
//!
//! What the calls that are recorded say on the wire, and whoever mocks their answers has to know too,
//! stands here as well: the tables that a request of DynamoDB names, and the errors that mean
//! throttling.
//!
//! A [`TraceHeader`] comes with an HTTP request, with an SQS message
//! ([`TraceHeader::of_sqs`]), or from a [`Traceparent`] of W3C.

mod body;
mod carrier;
mod datagram;
mod emit;
mod header_line;
#[cfg(feature = "aws")]
mod partiql;
mod refusal;
#[cfg(feature = "aws")]
mod tables;
#[cfg(feature = "aws")]
mod throttling;
mod trace_header;
mod traceparent;

pub use body::{Body, OtlpKind};
pub(crate) use datagram::frame_into;
#[cfg(feature = "testing")]
pub(crate) use datagram::receive_text;
pub use datagram::{HEADER_LINE, frame, receive};
pub use emit::{Daemon, Emit, EmitCounts, Note, NoteSource};
pub use refusal::{Refusal, RefusalCode};
#[cfg(all(feature = "aws", feature = "testing"))]
pub(crate) use tables::table_name;
#[cfg(feature = "aws")]
pub(crate) use tables::{tables, unescaped};
#[cfg(feature = "aws")]
pub(crate) use throttling::is_throttling;
pub use trace_header::{Oddity, Sampled, TraceHeader};
pub use traceparent::Traceparent;
