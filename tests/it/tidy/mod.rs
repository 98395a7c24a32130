//! House rules as ordinary tests: which room may name which, where sockets and clocks live,
//! what never stands in `src/`.
//!
//! Sources are read as tokens, so that text in strings and comments never counts, and macro
//! bodies do. [`rules::violations`] is a pure function: `tree` gives it the real sources,
//! `planted` gives it sources that break one rule each.

mod exemplified;
mod manifest;
mod names;
mod paths;
mod planted;
mod planted_code;
mod planted_paths;
mod rules;
mod skipped;
mod table;
mod tokens;
mod tree;
