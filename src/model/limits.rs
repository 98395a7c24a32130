//! The limits of the protocol, each with its source.
//!
//! "Guide" is the AWS X-Ray developer guide, segment documents; "schema" the JSON schema of
//! segment documents that AWS publishes (version 1.0.0). Lengths of texts are in characters.

/// Largest UDP payload over IPv4: 65,535 - 20 (IP) - 8 (UDP).
///
/// A datagram holds the header line and one document. The daemon's buffer is 65,536 bytes
/// (`aws-xray-daemon`, `pkg/bufferpool`), so that it never cuts one.
pub const MAX_DATAGRAM: usize = 65_507;

/// Largest segment document in bytes: "64 kB" (AWS general reference, X-Ray quotas).
///
/// Whether AWS means 64,000 or 65,536 is not documented; this is the larger.
pub const MAX_DOCUMENT: usize = 65_536;

/// The other reading of "64 kB".
pub const LARGE_DOCUMENT: usize = 64_000;

/// Where a document comes near the limit: an item more, a longer stack, and it may be lost.
pub const NEARLY_LARGE_DOCUMENT: usize = 56_000;

/// Largest trace in bytes: "500 KB" (AWS general reference, X-Ray quotas, upper bound).
pub const MAX_TRACE: usize = 500_000;

/// The size of a trace in bytes that X-Ray is sure to keep: "100 KB" (AWS general reference, X-Ray
/// quotas, lower bound).
pub const LARGE_TRACE: usize = 100_000;

/// Longest name of a segment (guide; schema).
pub const MAX_NAME: usize = 200;

/// Longest text of a field for which the guide names no other limit.
pub const MAX_TEXT: usize = 250;

/// Longest key of an annotation (schema).
pub const MAX_ANNOTATION_KEY: usize = 500;

/// Longest text as the value of an annotation (schema).
pub const MAX_ANNOTATION_VALUE: usize = 1_000;

/// How many traces one segment may link to (guide, linked traces).
pub const MAX_LINKED_TRACES: usize = 20;

/// How many annotations of one trace X-Ray indexes (guide); the others are kept and not indexed.
pub const MAX_INDEXED_ANNOTATIONS: usize = 50;
