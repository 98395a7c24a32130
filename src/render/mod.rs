//! Traces as text: the one place where they are drawn.

pub(crate) mod difference;
mod text;
mod timeline;
mod tree;

pub use timeline::Timeline;

pub(crate) use text::{duration, folded, wrapped};
pub(crate) use tree::{excerpt, flags, marked};
