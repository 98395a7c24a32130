//! What a trace should look like, and why it does not.
//!
//! [`Trace::assert`](crate::Trace::assert) begins a chain that panics with an explanation;
//! each step has a `try_` twin that returns it as a [`Mismatch`].

mod assertion;
mod entity;
mod mismatch;
mod scalar;

pub use assertion::Assertion;
pub use entity::{ExpectAws, ExpectEntity};
pub use mismatch::Mismatch;
pub use scalar::Scalar;
