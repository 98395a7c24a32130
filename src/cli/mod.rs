//! The program: its arguments, its commands, and what they print.

mod arguments;
mod check;
mod checked;
mod explained;
mod github;
mod input;
mod json;
mod printable;
mod report;
mod text;

pub use check::main;
pub use checked::Checked;
