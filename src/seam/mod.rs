//! The only door to time, chance and environment variables.
//!
//! All three come in through builders, so that a test can hold them.

#[cfg(all(feature = "aws", feature = "testing"))]
mod client_time;
mod clock;
mod environment;
mod ids;

#[cfg(all(feature = "aws", feature = "testing"))]
pub(crate) use client_time::ClientTime;
pub use clock::{Clock, ManualClock};
pub use environment::Environment;
pub use ids::Ids;
