//! Traces as text: the one place where they are drawn.

mod text;
mod tree;

pub(crate) use text::{count, on_one_line};
pub(crate) use tree::excerpt;
