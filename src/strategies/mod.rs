//! Strategies of [proptest](https://docs.rs/proptest/1) for whoever writes, collects or analyses
//! segments.
//!
//! - [`segment`], [`subsegment`] and [`document`] give documents that break no rule of
//!   [`schema`](crate::schema), lints included.
//! - [`trace`] and [`unfinished_trace`] give the documents of a request through several services,
//!   and the nodes that they must become.
//! - [`stream`] and [`stream_of`] send a trace as emitters do: subsegments embedded or on their
//!   own, entities that are announced before they end, documents out of order and twice.
//! - [`trace_header`] gives trace headers as the SDKs and load balancers write them.
//! - [`invalid_document`] gives documents with one mistake, the rule that it breaks, and where.
//!   [`document_that_breaks`] does so for one rule.
//!
//! Names, work and nesting are drawn first; ids and times are computed from them. So each step
//! of shrinking is as valid as the value before it: a smaller trace is a trace, and a smaller
//! invalid document breaks the same rule.
//!
//! ```text
//! trace    shrinks to   one segment `api` without subsegments, ids 1, 2, 3
//! stream   shrinks to   a document for each segment, in order, each once
//! header   shrinks to   Root=1-566fde80-000000000000000000000000
//! ```
//!
//! All are small enough to be sent: a trace has at most 24 entities, 5 levels of subsegments in
//! a segment and 40 annotations, a document fewer than 56,000 bytes. (Documents that break
//! [`DocumentLarge`](crate::schema::Rule::DocumentLarge) and
//! [`DocumentTooLarge`](crate::schema::Rule::DocumentTooLarge) are large.)
//!
//! # Examples
//!
//! A collector that gets a trace in pieces must give back the whole:
//!
//! ```
//! use std::sync::Arc;
//! use proptest::prelude::*;
//! use xray_phantom::json::Document;
//! use xray_phantom::strategies::{ExpectedNode, stream};
//! use xray_phantom::trace::{Arrival, ExternalParents, assemble};
//!
//! proptest!(ProptestConfig::with_cases(16), |(stream in stream())| {
//!     let arrivals = stream.documents().iter().zip(0..).map(|(text, seq)| Arrival {
//!         seq,
//!         arrived: None,
//!         document: Arc::new(Document::parse(text).unwrap()),
//!     });
//!     let trace = assemble(arrivals, &ExternalParents::none()).traces.remove(0).complete().unwrap();
//!     let nodes: Vec<ExpectedNode> = trace.roots().map(ExpectedNode::of).collect();
//!     prop_assert_eq!(nodes, stream.trace().roots());
//! });
//! ```

mod call;
mod document;
mod entity;
mod expected;
mod header;
mod invalid;
mod json;
mod mistake;
mod mistakes;
mod outcome;
mod placed;
mod platform;
mod settled;
mod shape;
mod stream;
mod texts;
mod trace;
mod work;

pub use document::{ValidDocument, document, segment, subsegment};
pub use expected::ExpectedNode;
pub use header::{HeaderText, trace_header};
pub use invalid::{InvalidDocument, document_that_breaks, invalid_document};
pub use stream::{Stream, stream, stream_of};
pub use trace::{ValidTrace, trace, unfinished_trace};
