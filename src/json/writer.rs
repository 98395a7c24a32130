//! Writes JSON into a text, member by member.

use std::fmt::{Display, Write as _};

use crate::json::write_text;

/// Writes the members of one object.
///
/// The object is closed by [`end`](ObjectWriter::end), so that nothing can be written behind it.
#[must_use = "an object that is not ended is no JSON"]
pub(crate) struct ObjectWriter<'a> {
    json: &'a mut String,
    empty: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Opens an object at the end of `json`.
    pub(crate) fn begin(json: &'a mut String) -> ObjectWriter<'a> {
        json.push('{');
        ObjectWriter { json, empty: true }
    }

    /// Goes on behind the members of an object whose braces are someone else's.
    pub(crate) fn behind(json: &'a mut String) -> ObjectWriter<'a> {
        ObjectWriter { json, empty: false }
    }

    /// Writes a string.
    pub(crate) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        write_text(self.json, text);
    }

    /// Writes what is JSON already: a number, a boolean, a whole value.
    pub(crate) fn raw(&mut self, key: &str, value: impl Display) {
        self.key(key);
        let Ok(()) = write!(self.json, "{value}") else {
            unreachable!("a String takes every text")
        };
    }

    /// Opens an object inside this one.
    pub(crate) fn object(&mut self, key: &str) -> ObjectWriter<'_> {
        self.key(key);
        ObjectWriter::begin(self.json)
    }

    /// Writes an array, each element by `write`.
    #[cfg(feature = "testing")]
    pub(crate) fn array<T>(
        &mut self,
        key: &str,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut String, T),
    ) {
        self.key(key);
        self.json.push('[');
        for (index, element) in elements.into_iter().enumerate() {
            if index > 0 {
                self.json.push(',');
            }
            write(self.json, element);
        }
        self.json.push(']');
    }

    /// Opens an array as the last member, and leaves it and the object open: for nesting that
    /// must cost no stack.
    #[cfg(feature = "testing")]
    pub(crate) fn open(mut self, key: &str) {
        self.key(key);
        self.json.push('[');
    }

    /// Closes the object.
    pub(crate) fn end(self) {
        self.json.push('}');
    }

    fn key(&mut self, key: &str) {
        if !self.empty {
            self.json.push(',');
        }
        self.empty = false;
        write_text(self.json, key);
        self.json.push(':');
    }
}
