//! AWS X-Ray without AWS: capture what a program traces, reassemble it, and assert on it.
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! use std::net::UdpSocket;
//! use xray_phantom::{FakeDaemon, block_on, wire};
//!
//! let daemon = FakeDaemon::start(); // 127.0.0.1, a port of its own
//!
//! // The code under test sends its segments to `daemon.address()`.
//! let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
//! let segment = r#"{"name": "OrdersWorker", "id": "00000000000000a1", "start_time": 1.0, "end_time": 1.5,
//!     "trace_id": "1-66a00000-0123456789abcdef01234567",
//!     "subsegments": [{"name": "dynamo-put", "id": "00000000000000b1", "start_time": 1.1, "end_time": 1.4}]}"#;
//! socket.send_to(&wire::frame(segment).unwrap(), daemon.address()).unwrap();
//!
//! let trace = block_on(daemon.expect_one_trace()); // fences: no sleep, no time-out to tune
//! assert!(trace.has_subsegment("dynamo-put"));
//! assert_eq!(
//!     trace.to_string(),
//!     "trace 1-66a00000-0123456789abcdef01234567 (complete, 2 entities)\n\
//!      OrdersWorker  500 ms\n\
//!      └─ dynamo-put  300 ms\n"
//! );
//! # }
//! ```
//!
//! # Layout
//!
//! Bytes come in at the bottom and go up, one room to the next:
//!
//! - [`json`] reads JSON without losing anything; [`model`] names what X-Ray puts into it: ids,
//!   times, segments, limits.
//! - [`wire`] is what crosses between a program and the daemon: datagrams and the trace header.
//! - [`seam`] is the only door to time, chance and environment variables.
//! - [`capture`] owns the socket: it drains, fences, counts, and reads and writes capture files.
//! - [`trace`] makes trees of documents in any order. `render` draws them.
//! - `service` answers the sampling requests of SDKs over TCP.
//! - [`FakeDaemon`] is all of these for one test. Start there.
//!
//! # Features
//!
//! - `testing` (default): all of it. Without it there are [`json`], [`model`], [`seam`] and
//!   [`wire`], with no dependency.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "testing")]
pub mod capture;
pub mod json;
pub mod model;
pub mod recorder;
pub mod seam;
#[cfg(feature = "testing")]
pub mod trace;
pub mod wire;

#[cfg(all(feature = "aws", feature = "testing"))]
mod dynamodb;
mod error;
#[cfg(feature = "testing")]
mod fake_daemon;
#[cfg(feature = "aws")]
mod instrument;
#[cfg(all(feature = "aws", feature = "testing"))]
#[doc(hidden)]
pub mod mock_client;
#[cfg(feature = "testing")]
mod render;
#[cfg(feature = "testing")]
mod service;

#[cfg(all(feature = "aws", feature = "testing"))]
pub use dynamodb::{Attribute, DynamoReport, MockDynamo, Reply, Request as DynamoRequest, Rule};
pub use error::Error;
#[cfg(feature = "aws")]
pub use instrument::AwsInterceptor;
pub use recorder::{
    OpenEntity, Recorder, RecorderBuilder, current, in_subsegment, in_subsegment_boxed,
    in_subsegment_boxed_sync, in_subsegment_infallible, in_subsegment_infallible_sync,
    in_subsegment_sync,
};

#[cfg(feature = "testing")]
pub use capture::{CaptureFile, Counts, Received, Rejection};
#[cfg(feature = "testing")]
pub use fake_daemon::{
    FakeDaemon, FakeDaemonBuilder, Finding, Outcome, Report, Shortfall, ShortfallCode, block_on,
};
#[cfg(feature = "testing")]
pub use trace::{Defect, DefectCode, Node, PartialTrace, Trace};
