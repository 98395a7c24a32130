//! A document becomes violations of the rules by which X-Ray lives.
//!
//! [`judge`] looks at one document, by itself, and tells each rule that it
//! breaks, with what the service does about it. [`Secrets`] looks, on request, for what should
//! not be in a trace though the service takes it.
//!
//! With the feature `schema` there is a second witness, `witness`: a JSON Schema that states the
//! same rules, as far as a schema can. `RequiredSchema` is a schema of the user's own.
//!
//! X-Ray publishes a guide and a schema, and its service does a third thing: it refuses some
//! documents, drops parts of others without a word, and takes what the guide forbids. So each
//! rule says how its consequence is known:
//!
//! - `schema`: AWS's published JSON schema of segment documents (version 1.0.0) says so. By the
//!   guide ("Getting data from X-Ray") the service removes what does not follow it.
//! - `guide`: AWS's developer guide or general reference says so.
//! - `seen`: the service, or an official SDK, was seen to do so.
//! - `inferred`: it follows from something that is known; nobody has published it.
//!
//! What official SDKs send every day is at most a lint. The time in a trace id is judged on request
//! alone, with its time of arrival (`trace-id-age`), because the service no longer looks at it.
//!
//! The text of each violation begins with what has likely caused it.
//!
//! # Codes
//!
#![doc = include_str!("codes.md")]

mod annotations;
mod aws_call;
mod block;
mod entity;
mod fields;
mod ids;
mod judge;
#[cfg(feature = "schema")]
mod node;
mod outcome;
mod plain;
#[cfg(feature = "schema")]
mod required;
mod rule;
mod secrets;
mod shapes;
mod times;
mod violation;
mod whole;
#[cfg(feature = "schema")]
mod witness;
mod words;

pub use judge::{judge, judge_carefully};
#[cfg(feature = "schema")]
pub use required::RequiredSchema;
pub use rule::{Consequence, Evidence, Rule};
pub use secrets::Secrets;
pub use violation::Violation;
#[cfg(feature = "schema")]
pub use witness::{Testimony, witness};

pub(crate) use judge::NO_NAME;
pub(crate) use secrets::Masker;
pub(crate) use violation::{Names, named};
