//! The TCP side of the daemon: what SDKs ask before they record.

mod sampling;
mod server;

pub(crate) use server::{SamplingResponder, bind};
