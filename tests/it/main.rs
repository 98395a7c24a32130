//! All integration tests, in one binary: a file for each room.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws;
mod capture;
#[cfg(feature = "cli")]
mod cli;
mod corpora;
mod cost;
mod defects;
mod emitters;
mod expect;
mod fake_daemon;
mod faults;
mod isolation;
mod json;
mod late;
mod loss;
mod model;
mod opentelemetry;
mod oracle;
mod order;
mod reading;
mod readme;
#[rustfmt::skip] // As the README shows it.
mod readme_test;
mod recorder;
mod report;
mod sampling;
mod schema;
mod seam;
mod secrets;
mod service_view;
#[cfg(feature = "proptest1")]
mod strategies;
mod support;
mod tidy;
mod trace;
mod trace_header;
mod wire;
#[cfg(feature = "schema")]
mod witness;
