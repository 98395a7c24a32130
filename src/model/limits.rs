//! The limits of the protocol, each with its source.

/// Largest UDP payload over IPv4: 65,535 - 20 (IP) - 8 (UDP).
///
/// A datagram holds the header line and one document. The daemon's buffer is 65,536 bytes
/// (`aws-xray-daemon`, `pkg/bufferpool`), so that it never cuts one.
pub const MAX_DATAGRAM: usize = 65_507;

/// Largest segment document: "64 kB" (AWS general reference, X-Ray quotas).
///
/// Whether AWS means 64,000 or 65,536 is not documented; this is the larger.
pub const MAX_DOCUMENT: usize = 65_536;
