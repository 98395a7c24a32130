//! What emission costs: the recorder beside its peers and beside the floors, in one process.
//!
//! Cases take turns round by round, so that whatever else the machine does falls on all of them.
//! A figure is the median of the ratios of each round, with the interval in which 95 of 100 such
//! medians would lie. The units:
//!
//! - **S** is one `send` of 637 bytes on a connected, non-blocking UDP socket over loopback, to a
//!   socket whose owner is awake and which is drained outside the timed part;
//! - **F** is four looks at the clock, three ids, and the bytes of the same segment written by hand
//!   into a buffer that is there;
//! - **A** is a relaxed load of an atomic.
//!
//! This library has what the programs `peers` and `alone` share, and knows no peer: a program that
//! links one pays for it before `main`.

pub mod allocations;
pub mod arguments;
pub mod cases;
pub mod check;
pub mod cpu;
pub mod elsewhere;
pub mod figure;
pub mod hand;
pub mod machine;
pub mod readme;
pub mod receiver;
pub mod report;
pub mod rounds;
pub mod sink;
pub mod statistics;
pub mod threads;

#[path = "../../common/mod.rs"]
mod common;

pub use crate::common::workloads;

/// What stops a run, with its message.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The result of a part of a run.
pub type Outcome<T = ()> = Result<T, Failure>;
