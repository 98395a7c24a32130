//! What happens where there is no segment.

/// What happens to code that records and runs outside of every segment.
///
/// Beside a `FakeDaemon` it is a finding that fails the test, whatever is set.
///
/// Source: `AWS_XRAY_CONTEXT_MISSING` of the official SDKs, whose default is to log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContextMissing {
    /// Nothing: it runs, and is not recorded. `IGNORE_ERROR`.
    Ignore,
    /// It runs, and a line on stderr tells of the first time. `LOG_ERROR`.
    #[default]
    Log,
    /// It panics. `RUNTIME_ERROR`.
    Panic,
}
