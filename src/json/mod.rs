//! A lossless JSON reader, and a writer.
//!
//! What a sender wrote can be read back to the letter: number texts (`1.50`, 2^70), duplicate
//! keys, lone surrogates (`"\ud800"`, which Python and Node both send) and any nesting up to
//! [`MAX_DEPTH`]. What is not JSON (bare `NaN`, say) is refused with the spot named.
//!
//! A [`Document`] is the source text and a flat list of spans into it: no tree of owned values,
//! no recursion. A [`Value`] is a place in a document.
//!
//! Two readers fill that list. `plain` is a tight loop for what most emitters send: no escapes,
//! little nesting. `careful` reads everything, and makes the error messages. Tests hold them
//! equal wherever both apply.

mod bytes;
mod careful;
mod document;
#[cfg(feature = "testing")]
mod meaning;
mod not_finite;
mod number;
#[cfg(feature = "testing")]
mod part;
mod plain;
#[cfg(feature = "testing")]
mod serialize;
#[cfg(feature = "aws")]
mod skim;
mod syntax_error;
mod text;
#[cfg(feature = "schema")]
mod tree;
mod walk;
mod writer;
mod written;

pub(crate) use bytes::{SECONDS, hex, is_plain, push_integer, push_text, seconds, two_seconds};
#[cfg(feature = "aws")]
pub(crate) use bytes::{is_plain_byte, push_short_text};
pub(crate) use document::Scratch;
pub use document::{Document, Kind, Value};
#[cfg(feature = "testing")]
pub(crate) use meaning::{Meaning, Meanings};
pub(crate) use not_finite::not_finite;
pub use number::Number;
#[cfg(feature = "testing")]
pub(crate) use part::{Difference, Extent, difference};
#[cfg(feature = "aws")]
pub(crate) use skim::{elements, member, members};
pub use syntax_error::SyntaxError;
#[cfg(feature = "testing")]
pub(crate) use text::text_length;
pub use text::{Text, write_text};
pub use walk::{Elements, Members};

#[cfg(feature = "schema")]
pub(crate) use tree::{Tree, TreeNumber, parse_tree, tree, tree_number};
#[cfg(feature = "testing")]
pub(crate) use walk::{Step, pointer};
pub(crate) use writer::ObjectWriter;
pub(crate) use written::{Written, serialize};

/// Deepest nesting of arrays and objects that is read.
///
/// Our own limit: AWS publishes none. The deepest document seen from an SDK has 204 levels
/// (metadata of the Python SDK), and the Go daemon's own reader ends at 10,000.
pub const MAX_DEPTH: usize = 4_096;
