//! A string as it was written, its escapes read and written.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
#[cfg(feature = "testing")]
use std::ops::Range;

use crate::json::bytes::Escaped;

/// A JSON string: its text between the quotes, and what that text says.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The string with this text between its quotes.
    pub(crate) fn new(raw: &'a str, escaped: bool) -> Text<'a> {
        Text { raw, escaped }
    }

    /// The text between the quotes as received, escapes and all.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// The text, if it holds no escape.
    #[cfg(feature = "testing")]
    pub(crate) fn plain(&self) -> Option<&'a str> {
        (!self.escaped).then_some(self.raw)
    }

    /// The text with its escapes resolved; a lone surrogate becomes U+FFFD.
    pub fn decode(&self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        Cow::Owned(
            self.units()
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        )
    }

    /// The text by which it is told from others: with its escapes resolved, but for half a
    /// character, which no text of Unicode can hold and which stays an escape (`\ud800`). One that
    /// spells such an escape out (`\\ud800`) is taken for the same.
    pub(crate) fn identity(&self) -> Cow<'a, str> {
        if !self.has_lone_surrogate() {
            return self.decode();
        }
        let mut identity = String::new();
        for unit in self.units() {
            match unit {
                Ok(character) => identity.push(character),
                Err(LoneSurrogate(half)) => {
                    let _ = write!(identity, "\\u{half:04x}");
                }
            }
        }
        Cow::Owned(identity)
    }

    /// Whether an escape stands for half a character (`\ud800`), which is JSON but no Unicode text.
    pub fn has_lone_surrogate(&self) -> bool {
        self.escaped && self.units().any(|unit| unit.is_err())
    }

    /// What was received for parts of the text that it says; each part begins where the one
    /// before it ends, or later.
    #[cfg(feature = "testing")]
    pub(crate) fn raw_of(&self, parts: &[Range<usize>]) -> Vec<&'a str> {
        let (mut units, mut decoded) = (Units { rest: self.raw }, 0);
        let mut raw_place = |place: usize| {
            if !self.escaped {
                return place;
            }
            while decoded < place
                && let Some(unit) = units.next()
            {
                decoded += unit.unwrap_or(char::REPLACEMENT_CHARACTER).len_utf8();
            }
            self.raw.len() - units.rest.len()
        };
        let raw = parts.iter().map(|part| {
            let (start, end) = (raw_place(part.start), raw_place(part.end));
            self.raw.get(start..end).unwrap_or_default()
        });
        raw.collect()
    }

    fn units(&self) -> impl Iterator<Item = Result<char, LoneSurrogate>> + use<'a> {
        Units { rest: self.raw }
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        if self.escaped {
            self.decode() == other
        } else {
            self.raw == other
        }
    }
}

/// With its escapes resolved.
impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.decode())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.raw)
    }
}

/// Appends `text` as a JSON string, quotes included.
///
/// # Examples
///
/// ```
/// let mut json = String::new();
/// xray_phantom::json::write_text(&mut json, "a \"b\"\n\u{1}");
/// assert_eq!(json, r#""a \"b\"\n\u0001""#);
/// ```
pub fn write_text(json: &mut String, text: &str) {
    json.push('"');
    for (plain, escape) in Escaped(text) {
        json.push_str(plain);
        json.push_str(escape);
    }
    json.push('"');
}

/// The length of the JSON string that begins here, quotes included.
#[cfg(feature = "testing")]
pub(crate) fn text_length(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

/// Half of a UTF-16 pair without its other half.
struct LoneSurrogate(u16);

/// Resolves the escapes of a text that the reader has accepted.
struct Units<'a> {
    rest: &'a str,
}

impl Units<'_> {
    /// The four digits behind `\u`, if that is what comes next.
    fn code_unit(&self) -> Option<u16> {
        u16::from_str_radix(self.rest.strip_prefix("\\u")?.get(..4)?, 16).ok()
    }
}

impl Iterator for Units<'_> {
    type Item = Result<char, LoneSurrogate>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut characters = self.rest.chars();
        let first = characters.next()?;
        if first != '\\' {
            self.rest = characters.as_str();
            return Some(Ok(first));
        }
        let Some(unit) = self.code_unit() else {
            let simple = match characters.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                same => same,
            };
            self.rest = characters.as_str();
            return Some(Ok(simple));
        };
        self.rest = &self.rest[ESCAPE..];
        if let Some(character) = char::from_u32(u32::from(unit)) {
            return Some(Ok(character));
        }
        // A high surrogate takes the low one that follows, and nothing else.
        if let Some(low) = self.code_unit()
            && let Some(Ok(character)) = char::decode_utf16([unit, low]).next()
        {
            self.rest = &self.rest[ESCAPE..];
            return Some(Ok(character));
        }
        Some(Err(LoneSurrogate(unit)))
    }
}

/// Length of `\uXXXX`.
const ESCAPE: usize = 6;
