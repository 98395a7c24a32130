//! The fake daemon: one for each test.

mod around;
mod block_on;
mod builder;
mod captured;
mod captures;
mod causes;
mod daemon;
mod eventually;
mod golden;
mod hooks;
mod in_memory;
mod inspect;
mod lines;
mod name_path;
mod questions;
mod report;
mod scope;
#[cfg(feature = "schema")]
mod second_witness;
mod senders;
mod shortfall;
mod sight;
mod silence;
mod strictness;
mod tasks;

pub use block_on::block_on;
pub use builder::FakeDaemonBuilder;
pub use captures::CaptureContext;
pub use daemon::FakeDaemon;
pub use eventually::Eventual;
pub use report::{Finding, Report};
pub use scope::Outcome;
#[cfg(feature = "schema")]
pub use second_witness::{Disagreement, Unmet};
pub use shortfall::{Shortfall, ShortfallCode};

#[cfg(feature = "cli")]
pub(crate) use inspect::{Inspection, Inspector};
#[cfg(feature = "cli")]
pub(crate) use strictness::Strictness;
