//! What happens to work that finds no segment to belong to.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// What happens to a subsegment, an annotation or a header where no segment is open.
///
/// These are the values of `AWS_XRAY_CONTEXT_MISSING`, in any case. Beside a `FakeDaemon` it is a
/// finding, whatever is said here.
///
/// Source: AWS X-Ray SDKs, `context.py`, `context_utils.js`, `AWSXRayRecorderBuilder.java`.
///
/// # Examples
///
/// ```
/// use xray_phantom::recorder::ContextMissing;
///
/// assert_eq!("ignore_error".parse::<ContextMissing>().unwrap(), ContextMissing::Ignore);
/// assert_eq!(ContextMissing::default().to_string(), "LOG_ERROR");
///
/// let error = "PANIC".parse::<ContextMissing>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid context-missing strategy `PANIC`: expected LOG_ERROR, RUNTIME_ERROR or IGNORE_ERROR"
/// );
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContextMissing {
    /// `IGNORE_ERROR`: nothing is said.
    Ignore,
    /// `LOG_ERROR`: it is told, and the program goes on. The default, as in every SDK.
    #[default]
    Log,
    /// `RUNTIME_ERROR`: the program panics.
    Panic,
}

impl FromStr for ContextMissing {
    type Err = Error;

    fn from_str(text: &str) -> Result<ContextMissing, Error> {
        match text.trim().to_ascii_uppercase().as_str() {
            "IGNORE_ERROR" => Ok(ContextMissing::Ignore),
            "LOG_ERROR" => Ok(ContextMissing::Log),
            "RUNTIME_ERROR" => Ok(ContextMissing::Panic),
            _ => Err(Error::invalid(
                "context-missing strategy",
                text,
                "expected LOG_ERROR, RUNTIME_ERROR or IGNORE_ERROR",
            )),
        }
    }
}

/// The value of the variable.
impl fmt::Display for ContextMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContextMissing::Ignore => "IGNORE_ERROR",
            ContextMissing::Log => "LOG_ERROR",
            ContextMissing::Panic => "RUNTIME_ERROR",
        })
    }
}
