//! All integration tests, in one binary: a file for each room.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws;
mod aws_cost;
mod aws_dropped;
mod aws_failures;
mod aws_operations;
mod aws_parity;
mod capture;
mod capturing;
mod causes;
#[cfg(feature = "cli")]
mod cli;
mod context;
mod corpora;
mod cost;
mod cutting;
mod daemon_address;
mod defects;
mod delivery;
mod diagnosis;
mod diff;
mod dynamodb;
mod dynamodb_faults;
mod dynamodb_script;
mod emit;
mod emitters;
mod endings;
mod entities;
mod expect;
mod expect_causes;
mod expect_matchers;
mod expect_nothing;
mod expect_texts;
mod fake_daemon;
mod faults;
mod golden;
mod hot_path;
mod isolation;
mod json;
mod late;
mod loss;
mod model;
mod name;
mod normalized;
mod opentelemetry;
mod oracle;
mod order;
mod origin;
mod outline;
mod outlines;
mod own_emitter;
mod programs;
mod reading;
mod readme;
#[rustfmt::skip] // As the README shows it.
mod readme_test;
mod recorder;
mod report;
mod requests;
mod sampling;
mod sampling_rules;
mod schema;
mod schema_twists;
mod seam;
mod secrets;
mod serialize;
mod service_view;
mod set_up;
mod settings;
mod shortfall;
mod stability;
#[cfg(feature = "proptest1")]
mod strategies;
mod streaming;
mod support;
mod tidy;
mod trace;
mod trace_header;
#[cfg(feature = "insta")]
mod trace_snapshot;
mod traceparent;
mod twins;
mod values;
mod wire;
#[cfg(feature = "schema")]
mod witness;
