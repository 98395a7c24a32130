//! Traces as text that is the same on every run.

mod outline;
