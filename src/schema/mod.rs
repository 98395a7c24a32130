//! A document becomes violations of the rules by which X-Ray lives.
//!
//! [`judge`] is the one door: it looks at one document, by itself, and tells each rule that it
//! breaks, with what the service does about it.

mod annotations;
mod entity;
mod fields;
mod judge;
mod plain;
mod rule;
mod shapes;
mod violation;
mod whole;
mod words;

pub use judge::{judge, judge_carefully};
pub use rule::{Consequence, Evidence, Rule};
pub use violation::Violation;
