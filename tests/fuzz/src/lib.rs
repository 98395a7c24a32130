//! What holds for whatever bytes arrive, from raw datagrams to reports.
//!
//! Each target is a function of bytes that panics where something does not hold. libFuzzer calls
//! it with what it makes up (`tests/fuzz/run`), and the program `seeds` with what is known, on
//! stable Rust.

mod assembly;
mod capture_file;
mod datagrams;
mod document;
pub mod growth;
pub mod guided;
pub mod mutator;
mod report;
pub mod seeds;
mod text;

pub use capture_file::capture_file;
pub use datagrams::{SEPARATOR, datagrams, lines};
pub use document::document;
