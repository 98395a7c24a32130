//! All integration tests, in one binary: a file for each room.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws;
mod capture;
#[cfg(feature = "cli")]
mod cli;
mod corpora;
mod defects;
mod expect;
mod fake_daemon;
mod json;
mod late;
mod model;
mod oracle;
mod readme;
#[rustfmt::skip] // As the README shows it.
mod readme_test;
mod recorder;
mod sampling;
mod schema;
mod seam;
mod secrets;
#[cfg(feature = "proptest1")]
mod strategies;
mod support;
mod tidy;
mod trace;
mod trace_header;
mod wire;
#[cfg(feature = "schema")]
mod witness;
