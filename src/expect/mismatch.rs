//! The explanation of a failure.

use std::fmt;

/// Why an assertion does not hold: the path, each criterion of the closest entity, and the trace
/// with the place marked.
#[derive(Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub(in crate::expect) text: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Mismatch {}
