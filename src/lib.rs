//! AWS X-Ray without AWS: record, capture and assert on traces inside a test.
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
//!
//! let daemon = FakeDaemon::start(); // 127.0.0.1, a port of its own
//! let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
//!
//! block_on(recorder.in_segment_infallible("OrdersWorker", async |_| {
//!     in_subsegment_infallible("dynamo-put", async |put| {
//!         put.annotate("order_id", "o-1");
//!     })
//!     .await;
//! }));
//!
//! let trace = block_on(daemon.expect_one_trace()); // fences: no sleep, no time-out to tune
//! assert!(trace.has_subsegment("dynamo-put"));
//! assert_eq!(trace.outline(), "OrdersWorker\n  dynamo-put {order_id: o-1}");
//! # }
//! ```
//!
//! # Layout
//!
//! What production code uses:
//!
//! - [`json`] reads JSON without losing anything, and writes it; [`model`] names what X-Ray puts
//!   into it: ids, times, segments, limits.
//! - [`wire`] is what crosses between a program and the daemon: datagrams, the trace header, and
//!   the way of a recorder's bytes.
//! - [`seam`] is the only door to time, chance and environment variables.
//! - [`recorder`] opens and closes segments and sends them; [`Recorder`] is where to start.
//! - `instrument` records what libraries do: `AwsInterceptor`.
//!
//! What tests use, bytes coming in at the bottom and going up:
//!
//! - `capture` owns the socket: it drains, fences, counts, and reads and writes capture files.
//! - `schema` says which rules of X-Ray a document breaks, and what the service does about it.
//! - `trace` makes trees of documents in any order. `render` draws them, as trees and timelines.
//! - `expect` says why a trace is not what it should be; `snapshot` writes outlines and normalised
//!   documents, and compares traces.
//! - `dynamodb` answers as it is told: `MockDynamo`. `service` answers the sampling requests of
//!   SDKs over TCP.
//! - `FakeDaemon` is all of these for one test. Its documentation shows how other emitters are led
//!   to it, with a worker that is instrumented with OpenTelemetry.
//!
//! `strategies` has proptest strategies for documents, traces and trace headers, valid and not.
//! `cli` is the program `xray-phantom`.
//!
//! # Features
//!
//! - `aws` (default): the interceptor for the AWS SDK; with `testing` also `MockDynamo`.
//! - `cli`: the program `xray-phantom`, which checks capture files.
//! - `googletest`: matchers of googletest in assertions, and assertions in those of googletest.
//! - `insta`: `assert_trace_snapshot!`, snapshots by insta.
//! - `proptest1`: strategies of proptest 1 for documents, traces and trace headers.
//! - `schema` (default): a JSON Schema as a second witness for documents, and schemas of the user's
//!   own; with `testing`.
//! - `testing` (default): the fake daemon and all that reads its traces.
//!
//! Without them there are the rooms that production code uses, and a handful of dependencies.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "testing")]
pub mod capture;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod json;
pub mod model;
pub mod recorder;
#[cfg(feature = "testing")]
pub mod schema;
pub mod seam;
#[cfg(feature = "testing")]
pub mod snapshot;
#[cfg(feature = "proptest1")]
pub mod strategies;
#[cfg(feature = "testing")]
pub mod trace;
pub mod wire;

#[cfg(all(feature = "aws", feature = "testing"))]
mod dynamodb;
mod error;
#[cfg(feature = "testing")]
pub mod expect;
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
pub use dynamodb::{
    Attempt as DynamoAttempt, Attribute, BackOff, Call as DynamoCall, Cancellation, DynamoReport,
    MockDynamo, Reply, Request as DynamoRequest, Rule,
};
pub use error::Error;
#[cfg(feature = "testing")]
pub use expect::Mismatch;
#[cfg(feature = "aws")]
pub use instrument::AwsInterceptor;
pub use recorder::{
    EntityGuard, OpenEntity, Recorder, RecorderBuilder, Sampling, SamplingRequest,
    begin_subsegment, carry, carry_fn, current, in_subsegment, in_subsegment_boxed,
    in_subsegment_boxed_sync, in_subsegment_infallible, in_subsegment_infallible_sync,
    in_subsegment_sync,
};
#[cfg(feature = "testing")]
pub use render::Timeline;

#[cfg(feature = "testing")]
pub use capture::Faults;
#[cfg(feature = "testing")]
pub use capture::{CaptureFile, Counts, Received, Rejection};
#[cfg(feature = "testing")]
pub use fake_daemon::{
    CaptureContext, Eventual, FakeDaemon, FakeDaemonBuilder, Finding, Outcome, Report, Shortfall,
    ShortfallCode, block_on,
};
#[cfg(feature = "schema")]
pub use fake_daemon::{Disagreement, Unmet};
#[cfg(feature = "testing")]
pub use trace::{Defect, DefectCode, Node, PartialTrace, Severity, Trace};
