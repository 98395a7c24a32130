//! The reader for everything, which also says what is wrong.
//!
//! A state machine with its own stack, so that nesting costs no stack of the thread.

use crate::error::visible;
use crate::json::document::{Slot, Tag};
use crate::json::{MAX_DEPTH, SyntaxError, Text};

/// Reads a whole text.
pub(in crate::json) fn read(text: &str) -> Result<Vec<Slot>, SyntaxError> {
    if u32::try_from(text.len()).is_err() {
        return Err(SyntaxError::new(
            0,
            format!("a text of {} bytes is beyond 4 GiB", text.len()),
            String::new(),
        ));
    }
    let mut reader = Reader {
        text,
        at: 0,
        slots: Vec::new(),
        open: Vec::new(),
    };
    reader.document()?;
    Ok(reader.slots)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    slots: Vec<Slot>,
    /// The containers that are open, innermost last.
    open: Vec<Open>,
}

struct Open {
    slot: usize,
    /// Slot of the key whose value is being read, in an object.
    key: Option<usize>,
    /// How many values have begun, in an array.
    count: usize,
}

/// What may come next.
enum Expect {
    /// A value, anywhere.
    Value,
    /// The first element or the end of an array.
    ElementOrEnd,
    /// The first key or the end of an object.
    KeyOrEnd,
    /// A key after a comma.
    Key,
    /// A comma or the end of the innermost container, or the end of the text.
    CommaOrEnd,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`read` refuses texts whose offsets do not fit, and there are fewer slots than bytes"
)]
impl Reader<'_> {
    fn document(&mut self) -> Result<(), SyntaxError> {
        let mut expect = Expect::Value;
        loop {
            self.skip_space();
            expect = match (expect, self.peek()) {
                (Expect::Value, _) => self.value()?,
                (Expect::ElementOrEnd, Some(b']')) | (Expect::KeyOrEnd, Some(b'}')) => self.close(),
                (Expect::ElementOrEnd, _) => {
                    self.begin_element();
                    self.value()?
                }
                (Expect::KeyOrEnd | Expect::Key, Some(b'"')) => self.key()?,
                (Expect::KeyOrEnd, found) => {
                    return Err(self.unexpected(found, "a key in quotes or `}`"));
                }
                (Expect::Key, found) => return Err(self.unexpected(found, "a key in quotes")),
                (Expect::CommaOrEnd, found) => match (self.innermost(), found) {
                    (None, None) => return Ok(()),
                    (None, Some(_)) => {
                        return Err(self.error("there is more behind the end of the JSON text"));
                    }
                    (Some(Tag::Object), Some(b'}')) | (Some(Tag::Array), Some(b']')) => {
                        self.close()
                    }
                    (Some(Tag::Object), Some(b',')) => {
                        self.at += 1;
                        Expect::Key
                    }
                    (Some(_), Some(b',')) => {
                        self.at += 1;
                        self.begin_element();
                        Expect::Value
                    }
                    (Some(Tag::Object), _) => return Err(self.unexpected(found, "`,` or `}`")),
                    (Some(_), _) => return Err(self.unexpected(found, "`,` or `]`")),
                },
            };
        }
    }

    fn value(&mut self) -> Result<Expect, SyntaxError> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {
                let tag = self.string()?;
                self.push(tag, start);
            }
            Some(b'{') => return self.open(Tag::Object, Expect::KeyOrEnd),
            Some(b'[') => return self.open(Tag::Array, Expect::ElementOrEnd),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
            None => return Err(self.unexpected(None, "a value")),
        }
        Ok(Expect::CommaOrEnd)
    }

    fn open(&mut self, tag: Tag, then: Expect) -> Result<Expect, SyntaxError> {
        if self.open.len() == MAX_DEPTH {
            // The pointer would be as long as the nesting is deep: the number says more.
            return Err(SyntaxError::new(
                self.at,
                format!("the text is nested deeper than {MAX_DEPTH} levels"),
                String::new(),
            ));
        }
        self.open.push(Open {
            slot: self.slots.len(),
            key: None,
            count: 0,
        });
        let start = self.at;
        self.at += 1;
        self.push(tag, start);
        Ok(then)
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        if let Some(open) = self.open.pop() {
            let next = self.slots.len() as u32;
            self.slots[open.slot].end = self.at as u32;
            self.slots[open.slot].next = next;
        }
        Expect::CommaOrEnd
    }

    fn begin_element(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.count += 1;
        }
    }

    fn key(&mut self) -> Result<Expect, SyntaxError> {
        if let Some(open) = self.open.last_mut() {
            open.key = None;
        }
        let start = self.at;
        let tag = self.string()?;
        let slot = self.slots.len();
        self.push(tag, start);
        if let Some(open) = self.open.last_mut() {
            open.key = Some(slot);
        }
        self.skip_space();
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                Ok(Expect::Value)
            }
            found => Err(self.unexpected(found, "`:` after the key")),
        }
    }

    /// Reads up to the closing quote.
    fn string(&mut self) -> Result<Tag, SyntaxError> {
        self.at += 1;
        let mut tag = Tag::String;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(tag);
                }
                Some(b'\\') => {
                    tag = Tag::Escaped;
                    self.escape()?;
                }
                Some(control @ 0..=0x1f) => {
                    return Err(self.error(format!(
                        "a string holds the raw control character \\u{control:04x}"
                    )));
                }
                Some(_) => self.at += 1,
                None => return Err(self.unexpected(None, "the closing quote of a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        let bytes = self.text.as_bytes();
        match bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = bytes.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.error("`\\u` is not followed by four hex digits"));
                }
                self.at += 6;
            }
            _ => {
                let shown: String = self.text[self.at..].chars().take(2).collect();
                return Err(self.error(format!("`{}` is no JSON escape", visible(&shown))));
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let token = self.token();
        if let Some(length) = number_length(token) {
            self.at += length;
            self.push(Tag::Number, start);
            return Ok(());
        }
        Err(self.refuse(token))
    }

    fn word(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let token = self.token();
        let tag = match token {
            "true" => Tag::True,
            "false" => Tag::False,
            "null" => Tag::Null,
            _ => return Err(self.refuse(token)),
        };
        self.at += token.len();
        self.push(tag, start);
        Ok(())
    }

    /// The run of characters up to white space or a sign of the grammar; at least one character.
    fn token(&self) -> &str {
        let rest = &self.text[self.at..];
        let ends = |character: char| {
            matches!(
                character,
                ' ' | '\t' | '\r' | '\n' | ',' | ':' | '"' | '[' | ']' | '{' | '}'
            )
        };
        match rest.find(ends) {
            Some(0) => rest
                .chars()
                .next()
                .map_or(rest, |first| &rest[..first.len_utf8()]),
            Some(length) => &rest[..length],
            None => rest,
        }
    }

    fn refuse(&self, token: &str) -> SyntaxError {
        let shown: String = token.chars().take(24).collect();
        let shown = visible(&shown);
        match token {
            "NaN" | "-NaN" | "Infinity" | "-Infinity" | "inf" | "-inf" | "nan" => self.error(
                format!("`{shown}` is no JSON value (JSON has no NaN or Infinity)"),
            ),
            "," | ":" | "]" | "}" => self.error(format!("`{shown}` stands where a value should")),
            _ => self.error(format!("`{shown}` is no JSON value")),
        }
    }

    fn unexpected(&self, found: Option<u8>, expected: &str) -> SyntaxError {
        if found.is_none() {
            return self.error(format!("the text ends where {expected} should stand"));
        }
        let found: String = self.text[self.at..].chars().take(1).collect();
        self.error(format!("expected {expected}, found `{}`", visible(&found)))
    }

    fn error(&self, why: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.at, why, self.pointer())
    }

    /// The JSON pointer of the value being read, cut in its middle where it is long.
    fn pointer(&self) -> String {
        let mut steps: Vec<String> = Vec::new();
        for (depth, open) in self.open.iter().enumerate() {
            if self.open.len() > 2 * SHOWN_STEPS
                && (SHOWN_STEPS..self.open.len() - SHOWN_STEPS).contains(&depth)
            {
                if depth == SHOWN_STEPS {
                    steps.push("...".to_owned());
                }
                continue;
            }
            match (open.key, open.count) {
                (Some(key), _) => steps.push(self.key_step(self.slots[key])),
                (None, 0) => {}
                (None, count) => steps.push((count - 1).to_string()),
            }
        }
        steps.iter().flat_map(|step| ["/", step]).collect()
    }

    fn key_step(&self, slot: Slot) -> String {
        let raw = &self.text[slot.start as usize + 1..slot.end as usize - 1];
        let key = Text::new(raw, slot.tag == Tag::Escaped)
            .decode()
            .replace('~', "~0")
            .replace('/', "~1");
        visible(&key)
    }

    fn innermost(&self) -> Option<Tag> {
        self.open.last().map(|open| self.slots[open.slot].tag)
    }

    fn push(&mut self, tag: Tag, start: usize) {
        let next = self.slots.len() as u32 + 1;
        self.slots.push(Slot {
            tag,
            start: start as u32,
            end: self.at as u32,
            next,
        });
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// The length of `token` if the whole of it is a number of the JSON grammar.
fn number_length(token: &str) -> Option<usize> {
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let good = digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    good.then_some(token.len())
}

/// How many steps of a long pointer are shown at either end.
const SHOWN_STEPS: usize = 8;
