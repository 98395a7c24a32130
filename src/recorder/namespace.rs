//! Whom a subsegment calls.

/// Whom a subsegment calls.
///
/// Source: AWS X-Ray developer guide, segment documents (`namespace`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// A service of AWS.
    Aws,
    /// Any other.
    Remote,
}

impl Namespace {
    /// The name in the document.
    pub fn as_str(&self) -> &'static str {
        match self {
            Namespace::Aws => "aws",
            Namespace::Remote => "remote",
        }
    }
}
