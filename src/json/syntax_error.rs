//! Where a text stops being JSON.

use std::fmt;

/// Where and why a text is not JSON.
///
/// ```text
/// `NaN` is no JSON value (JSON has no NaN or Infinity) at /metadata/ratio, byte 23
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    offset: usize,
    why: String,
    pointer: String,
}

impl SyntaxError {
    pub(in crate::json) fn new(
        offset: usize,
        why: impl Into<String>,
        pointer: String,
    ) -> SyntaxError {
        SyntaxError {
            offset,
            why: why.into(),
            pointer,
        }
    }

    /// The byte at which reading stopped, counted from the start of the JSON text.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The JSON pointer (RFC 6901) of the value that was being read; empty for the outermost.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)?;
        if !self.pointer.is_empty() {
            write!(f, " at {},", self.pointer)?;
        } else if self.offset > 0 {
            f.write_str(" at")?;
        } else {
            return f.write_str(" at its first byte");
        }
        write!(f, " byte {}", self.offset)
    }
}

impl std::error::Error for SyntaxError {}
