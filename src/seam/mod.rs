//! The only door to time, chance and environment variables.
//!
//! All three come in through builders, so that a test can hold them.

mod clock;
mod environment;
mod ids;

pub use clock::{Clock, ManualClock};
pub use environment::Environment;
pub use ids::Ids;
