//! A document: its text and the spans of its values.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::json::{Elements, Members, Number, SyntaxError, Text, careful, plain};

/// A JSON text together with the places of all its values.
///
/// # Examples
///
/// ```
/// use xray_phantom::json::Document;
///
/// let document = Document::parse(r#"{"retries": 2.0, "name": "a", "name": "b"}"#).unwrap();
/// let root = document.root();
/// assert_eq!(root.get("retries").unwrap().raw(), "2.0"); // the text, not a float
/// assert_eq!(root.get("name").unwrap().as_str().unwrap(), "b"); // the last duplicate counts
/// assert_eq!(root.members().count(), 3); // and none is lost
///
/// let error = Document::parse(r#"{"metadata": {"ratio": NaN}}"#).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`NaN` is no JSON value (JSON has no NaN or Infinity) at /metadata/ratio, byte 23"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    pub(in crate::json) source: Arc<str>,
    /// Where the JSON text begins in the source.
    pub(in crate::json) start: usize,
    pub(in crate::json) slots: Box<[Slot]>,
    /// Whether a key or a string holds a backslash.
    escaped: bool,
}

/// Room to read many texts in, one after the other, without an allocation for each.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    slots: Vec<Slot>,
}

/// One value or key: where its text lies, and where the value after it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::json) struct Slot {
    pub(in crate::json) tag: Tag,
    /// First byte, counted from the start of the JSON text.
    pub(in crate::json) start: u32,
    /// The byte after the last one.
    pub(in crate::json) end: u32,
    /// Index of the first slot that is not inside this one.
    pub(in crate::json) next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::json) enum Tag {
    Array,
    Escaped,
    False,
    Null,
    Number,
    Object,
    String,
    True,
}

impl Tag {
    pub(in crate::json) fn kind(self) -> Kind {
        match self {
            Tag::Array => Kind::Array,
            Tag::False | Tag::True => Kind::Bool,
            Tag::Null => Kind::Null,
            Tag::Number => Kind::Number,
            Tag::Object => Kind::Object,
            Tag::Escaped | Tag::String => Kind::String,
        }
    }
}

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `[...]`
    Array,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
    /// A number of any size and precision.
    Number,
    /// `{...}`
    Object,
    /// `"..."`
    String,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Array => "an array",
            Kind::Bool => "a boolean",
            Kind::Null => "null",
            Kind::Number => "a number",
            Kind::Object => "an object",
            Kind::String => "a string",
        })
    }
}

impl Document {
    /// Reads one JSON text, white space around it allowed.
    ///
    /// # Errors
    ///
    /// The first place where the text stops being JSON, nesting beyond
    /// [`MAX_DEPTH`](crate::json::MAX_DEPTH), or a text of 4 GiB and more.
    pub fn parse(text: &str) -> Result<Document, SyntaxError> {
        Document::parse_tail(Arc::from(text), 0)
    }

    /// Reads the JSON text that begins at byte `start` of `source`, and keeps the whole.
    ///
    /// A datagram is stored once this way, header and body.
    ///
    /// # Errors
    ///
    /// As [`parse`](Document::parse); places are counted from `start`. A `start` that is no
    /// character boundary of `source` is an error too.
    pub fn parse_tail(source: Arc<str>, start: usize) -> Result<Document, SyntaxError> {
        Document::parse_tail_with(source, start, &mut Scratch::default())
    }

    /// The same for one of many texts.
    pub(crate) fn parse_tail_with(
        source: Arc<str>,
        start: usize,
        scratch: &mut Scratch,
    ) -> Result<Document, SyntaxError> {
        let Some(text) = source.get(start..) else {
            return Err(SyntaxError::new(
                0,
                "the text begins inside a character",
                String::new(),
            ));
        };
        let (slots, escaped) = match plain::read(text, &mut scratch.slots) {
            Some(()) => (Box::from(&scratch.slots[..]), false),
            None => escapes(careful::read(text)?),
        };
        Ok(Document {
            source,
            start,
            slots,
            escaped,
        })
    }

    /// Reads with the careful reader alone: for tests that hold the two readers equal.
    #[doc(hidden)]
    pub fn parse_carefully(text: &str) -> Result<Document, SyntaxError> {
        let (slots, escaped) = escapes(careful::read(text)?);
        Ok(Document {
            source: Arc::from(text),
            start: 0,
            slots,
            escaped,
        })
    }

    /// Reads with the plain reader alone; `None` where it does not apply. For the same tests.
    #[doc(hidden)]
    pub fn parse_plainly(text: &str) -> Option<Document> {
        let mut slots = Vec::new();
        plain::read(text, &mut slots)?;
        Some(Document {
            source: Arc::from(text),
            start: 0,
            slots: slots.into(),
            escaped: false,
        })
    }

    /// The whole text as received.
    pub fn text(&self) -> &str {
        &self.source[self.start..]
    }

    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        Value {
            document: self,
            at: 0,
        }
    }

    /// The value with this number, which [`Value::index`] gave.
    pub(crate) fn value(&self, index: u32) -> Value<'_> {
        Value {
            document: self,
            at: index,
        }
    }

    /// Whether a key or a string holds a backslash.
    #[cfg(feature = "testing")]
    pub(crate) fn has_escapes(&self) -> bool {
        self.escaped
    }

    /// All strings with a backslash in them, keys too, in order.
    #[cfg(feature = "testing")]
    pub(crate) fn escaped(&self) -> impl Iterator<Item = Value<'_>> {
        let slots = if self.escaped { &self.slots[..] } else { &[] };
        let escaped = (0..)
            .zip(slots)
            .filter(|(_, slot)| slot.tag == Tag::Escaped);
        escaped.map(|(at, _)| self.value(at))
    }

    pub(in crate::json) fn slot(&self, at: u32) -> Slot {
        self.slots[at as usize]
    }

    fn slice(&self, slot: Slot) -> &str {
        &self.source[self.start + slot.start as usize..self.start + slot.end as usize]
    }
}

/// Slots, and whether a string among them holds a backslash.
fn escapes(slots: Vec<Slot>) -> (Box<[Slot]>, bool) {
    let escaped = slots.iter().any(|slot| slot.tag == Tag::Escaped);
    (slots.into(), escaped)
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.text()).finish()
    }
}

/// A value inside a [`Document`].
#[derive(Clone, Copy)]
pub struct Value<'a> {
    pub(in crate::json) document: &'a Document,
    /// The number of its slot.
    pub(in crate::json) at: u32,
}

impl<'a> Value<'a> {
    /// What the value is.
    pub fn kind(&self) -> Kind {
        self.slot().tag.kind()
    }

    /// The text of the value as the sender wrote it.
    pub fn raw(&self) -> &'a str {
        self.document.slice(self.slot())
    }

    /// First byte of the value, counted from the start of the JSON text.
    pub fn offset(&self) -> usize {
        self.slot().start as usize
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.slot().tag {
            Tag::False => Some(false),
            Tag::True => Some(true),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<Number<'a>> {
        (self.slot().tag == Tag::Number).then(|| Number::new(self.raw()))
    }

    /// The string, if it is one, with its text as written.
    pub fn as_text(&self) -> Option<Text<'a>> {
        let escaped = match self.slot().tag {
            Tag::Escaped => true,
            Tag::String => false,
            _ => return None,
        };
        let raw = self.raw();
        Some(Text::new(&raw[1..raw.len() - 1], escaped))
    }

    /// The string, if it is one, with its escapes resolved.
    ///
    /// A lone surrogate becomes U+FFFD; [`as_text`](Value::as_text) still has it.
    pub fn as_str(&self) -> Option<Cow<'a, str>> {
        Some(self.as_text()?.decode())
    }

    /// The string, if it is one, as ids are compared: see [`Text::identity`].
    pub(crate) fn as_identity(&self) -> Option<Cow<'a, str>> {
        Some(self.as_text()?.identity())
    }

    /// The member of that name of an object; of duplicates the last one, as Go, Java and Python
    /// read them.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.members().named(key).last()
    }

    /// All members of an object in order, duplicates included; of another value, none.
    pub fn members(&self) -> Members<'a> {
        Members::of(*self)
    }

    /// The elements of an array in order; of another value, none.
    pub fn elements(&self) -> Elements<'a> {
        Elements::of(*self)
    }

    /// The number of the value in its document, in order of its text.
    #[cfg(feature = "testing")]
    pub(crate) fn index(&self) -> u32 {
        self.at
    }

    /// The bytes of the value as the sender wrote it.
    #[cfg(feature = "testing")]
    #[inline]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        let slot = self.slot();
        let start = self.document.start;
        &self.document.source.as_bytes()[start + slot.start as usize..start + slot.end as usize]
    }

    /// The outermost value of its document.
    #[cfg(feature = "testing")]
    pub(crate) fn top(&self) -> Value<'a> {
        self.document.root()
    }

    /// Whether `other` is this value or lies inside it.
    #[cfg(feature = "testing")]
    pub(crate) fn holds(&self, other: Value<'_>) -> bool {
        (self.at..self.slot().next).contains(&other.at)
    }

    pub(in crate::json) fn slot(&self) -> Slot {
        self.document.slot(self.at)
    }
}

/// The text as received.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw())
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw())
    }
}
