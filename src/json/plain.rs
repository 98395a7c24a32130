//! The reader for what most emitters send: no escapes, little nesting, no mistakes.
//!
//! One forward loop. At the first thing that is not plain (a backslash, deep nesting, anything
//! that might be an error) it gives up, and the careful reader begins anew.
//!
//! The steps that are used twice are inlined by force, so that the place in the text stays in a
//! register: each step waits for the one before it to tell where it ended.

use crate::json::document::{Slot, Tag};

/// Deepest nesting that counts as plain.
const DEPTH: usize = 32;

/// Reads a whole text into `slots`, or gives up.
pub(in crate::json) fn read(text: &str, slots: &mut Vec<Slot>) -> Option<()> {
    u32::try_from(text.len()).ok()?;
    slots.clear();
    slots.reserve(text.len() / 8 + 4);
    let mut reader = Reader {
        bytes: text.as_bytes(),
        at: 0,
        slots,
    };
    reader.document()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    slots: &'a mut Vec<Slot>,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`read` refuses texts whose offsets do not fit, and there are fewer slots than bytes"
)]
impl Reader<'_> {
    fn document(&mut self) -> Option<()> {
        // The slots of the containers around the one that is open, outermost first.
        let mut around = [0_u32; DEPTH];
        let mut depth = 0;
        // The slot of the container that is open, and what closes it; 0 outside of all.
        let (mut slot, mut closer) = (0_usize, 0);
        loop {
            if closer == b'}' {
                self.key()?;
            }
            let byte = self.look()?;
            let start = self.at;
            match byte {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    // '}' is '{' + 2 and ']' is '[' + 2.
                    let (tag, end) = match byte {
                        b'{' => (Tag::Object, b'}'),
                        _ => (Tag::Array, b']'),
                    };
                    let opened = self.slots.len();
                    self.at += 1;
                    self.push(tag, start);
                    if self.look()? != end {
                        *around.get_mut(depth)? = slot as u32;
                        depth += 1;
                        (slot, closer) = (opened, end);
                        continue;
                    }
                    self.close(opened);
                }
                b't' => self.word(b"true", Tag::True)?,
                b'f' => self.word(b"false", Tag::False)?,
                b'n' => self.word(b"null", Tag::Null)?,
                _ => self.number()?,
            }
            // A value has ended.
            loop {
                if depth == 0 {
                    return self.look().is_none().then_some(());
                }
                match self.look()? {
                    b',' => {
                        self.at += 1;
                        break;
                    }
                    byte if byte == closer => {}
                    _ => return None,
                }
                self.close(slot);
                depth -= 1;
                slot = around[depth] as usize;
                closer = match self.slots[slot].tag {
                    Tag::Object => b'}',
                    _ => b']',
                };
            }
        }
    }

    /// A key and its colon, up to the value.
    fn key(&mut self) -> Option<()> {
        if self.look()? != b'"' {
            return None;
        }
        self.string()?;
        if self.look()? != b':' {
            return None;
        }
        self.at += 1;
        Some(())
    }

    #[expect(clippy::inline_always, reason = "see above")]
    #[inline(always)]
    fn string(&mut self) -> Option<()> {
        let start = self.at;
        let inside = &self.bytes[start + 1..];
        let length = run(inside, ends_string);
        if *inside.get(length)? != b'"' {
            return None;
        }
        self.at = start + length + 2;
        self.push(Tag::String, start);
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.peek()?;
        let digits = self.digits()?;
        if first == b'0' && digits > 1 {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        self.push(Tag::Number, start);
        Some(())
    }

    #[expect(clippy::inline_always, reason = "see above")]
    #[inline(always)]
    fn digits(&mut self) -> Option<usize> {
        let count = run(&self.bytes[self.at..], ends_digits);
        self.at += count;
        (count > 0).then_some(count)
    }

    fn word(&mut self, word: &[u8], tag: Tag) -> Option<()> {
        let start = self.at;
        self.bytes[start..].starts_with(word).then_some(())?;
        self.at += word.len();
        self.push(tag, start);
        Some(())
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

    /// The byte here closes the container of that slot.
    fn close(&mut self, slot: usize) {
        self.at += 1;
        let next = self.slots.len() as u32;
        let slot = &mut self.slots[slot];
        (slot.end, slot.next) = (self.at as u32, next);
    }

    /// The next byte that is no white space.
    fn look(&mut self) -> Option<u8> {
        loop {
            let byte = self.peek()?;
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// How many bytes there are before the first one that `ends` marks in its highest bit.
///
/// Eight bytes are looked at together, as one number. Of the marks in it the lowest is sure; what
/// a carry makes of those above does not matter.
fn run(bytes: &[u8], ends: impl Fn(u64) -> u64) -> usize {
    let mut at = 0;
    while let Some((eight, _)) = bytes[at..].split_first_chunk() {
        let marks = ends(u64::from_le_bytes(*eight)) & HIGHEST;
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    // The last few, filled up with zeros, which end every run.
    let mut eight = [0; 8];
    let last = &bytes[at..];
    eight[..last.len()].copy_from_slice(last);
    let marks = ends(u64::from_le_bytes(eight)) & HIGHEST;
    at + (marks.trailing_zeros() / 8) as usize
}

/// Marks a quotation mark, a backslash, and what is below a space.
fn ends_string(eight: u64) -> u64 {
    // A byte that borrows when so much is taken from it, and had no highest bit before.
    let quotation = (eight ^ (ONES * 0x22)).wrapping_sub(ONES);
    let backslash = (eight ^ (ONES * 0x5c)).wrapping_sub(ONES);
    let below_space = eight.wrapping_sub(ONES * 0x20);
    (quotation | backslash | below_space) & !eight
}

/// Marks what is no digit.
fn ends_digits(eight: u64) -> u64 {
    // A digit is 0x30 to 0x39: that much less, it is below 10, and 0x76 more is below 0x80.
    let less = eight ^ (ONES * 0x30);
    ((less & !HIGHEST) + ONES * 0x76) | less
}

/// 1 in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte.
const HIGHEST: u64 = 0x8080_8080_8080_8080;

#[cfg(test)]
mod tests {
    use crate::json::plain::{ends_digits, ends_string, run};

    /// Every byte at every place, among such that carry or borrow when they are reckoned with.
    #[test]
    fn eight_bytes_together_end_where_one_by_one_do() {
        let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
        for filling in *b" !#/059:[]a\x7f\x80\xff" {
            for length in 0..19 {
                for (place, byte) in
                    (0..length).flat_map(|place| (0..=255).map(move |byte| (place, byte)))
                {
                    let mut bytes = vec![filling; length];
                    bytes[place] = byte;
                    // What stands behind the end must not matter.
                    if let Some(next) = bytes.get_mut(place + 1) {
                        *next = b'"';
                    }
                    let position =
                        |ends: &dyn Fn(&u8) -> bool| bytes.iter().position(ends).unwrap_or(length);
                    assert_eq!(run(&bytes, ends_string), position(&ends), "{bytes:?}");
                    let no_digit = |byte: &u8| !byte.is_ascii_digit();
                    assert_eq!(run(&bytes, ends_digits), position(&no_digit), "{bytes:?}");
                }
            }
        }
    }
}
