//! Writes JSON into bytes, by hand: a program waits for it whenever a subsegment ends.
//!
//! Nothing here looks anything up or makes anything on the way. What is pushed is UTF-8; a whole
//! document is looked at once when it leaves.

/// Appends a text as a JSON string, quotes included.
#[inline]
pub(crate) fn push_text(json: &mut Vec<u8>, text: &str) {
    json.push(b'"');
    if is_plain(text.as_bytes()) {
        json.extend_from_slice(text.as_bytes());
    } else {
        for (plain, escape) in Escaped(text) {
            json.extend_from_slice(plain.as_bytes());
            json.extend_from_slice(escape.as_bytes());
        }
    }
    json.push(b'"');
}

/// The same in less code, for a text that is short and comes seldom: it takes as long as to get the
/// code.
#[cfg(feature = "aws")]
#[inline(never)]
pub(crate) fn push_short_text(json: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some((word, behind)) = rest.split_first_chunk() {
        if special_bytes(*word) != 0 {
            return push_escaped(json, text);
        }
        rest = behind;
    }
    if !rest.iter().all(|byte| is_plain_byte(*byte)) {
        return push_escaped(json, text);
    }
    json.reserve(text.len() + 2);
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
}

#[cfg(feature = "aws")]
#[cold]
fn push_escaped(json: &mut Vec<u8>, text: &str) {
    push_text(json, text);
}

/// A text in pieces that need no escape, each with the escape of the character behind it.
pub(in crate::json) struct Escaped<'a>(pub(in crate::json) &'a str);

impl<'a> Iterator for Escaped<'a> {
    type Item = (&'a str, &'static str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0.as_bytes();
        if bytes.is_empty() {
            return None;
        }
        let Some(place) = bytes.iter().position(|byte| !is_plain_byte(*byte)) else {
            return Some((std::mem::take(&mut self.0), ""));
        };
        let escape = match bytes[place] {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            control => CONTROLS[usize::from(control)],
        };
        let plain = &self.0[..place];
        self.0 = &self.0[place + 1..];
        Some((plain, escape))
    }
}

/// Whether no byte of a text needs an escape.
#[inline]
pub(crate) fn is_plain(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<WORD>() else {
        return is_plain_word(text);
    };
    // The last word overlaps the one before it.
    let (words, _) = text.as_chunks::<WORD>();
    let found = words
        .iter()
        .fold(0, |found, word| found | special_bytes(*word));
    found | special_bytes(*last) == 0
}

/// The same for less than a word.
#[inline]
fn is_plain_word(text: &[u8]) -> bool {
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let mut word = [0; WORD];
            word[..4].copy_from_slice(first);
            word[4..].copy_from_slice(last);
            special_bytes(word) == 0
        }
        _ => text.iter().all(|byte| is_plain_byte(*byte)),
    }
}

/// The highest bits of those bytes that need an escape, and maybe of some behind the first.
///
/// Eight at once: a byte below a limit borrows from its highest bit when the limit is taken away
/// (Anderson, "Bit Twiddling Hacks", `hasless` and `haszero`).
#[inline]
fn special_bytes(word: [u8; WORD]) -> u64 {
    let word = u64::from_ne_bytes(word);
    let control = word.wrapping_sub(EACH * 0x20);
    let quote = (word ^ (EACH * QUOTE)).wrapping_sub(EACH);
    let backslash = (word ^ (EACH * BACKSLASH)).wrapping_sub(EACH);
    (control | quote | backslash) & !word & (EACH * 0x80)
}

/// Whether a byte needs no escape.
#[inline]
pub(crate) fn is_plain_byte(byte: u8) -> bool {
    !matches!(byte, 0..b' ' | b'"' | b'\\')
}

/// Appends a number in decimal digits.
#[inline]
pub(crate) fn push_integer(json: &mut Vec<u8>, number: u64) {
    if number < 100_000_000 {
        let digits = u64::from_le_bytes(eight(number));
        // What begins with a zero begins later, but for zero itself.
        let zeros = ((digits ^ (EACH * 0x30)) | 1 << 56).trailing_zeros() / 8;
        json.extend_from_slice(&(digits >> (8 * zeros)).to_le_bytes());
        return json.truncate(json.len() - zeros as usize);
    }
    push_large(json, number);
}

#[inline(never)]
fn push_large(json: &mut Vec<u8>, number: u64) {
    push_integer(json, number / 100_000_000);
    json.extend_from_slice(&eight(number % 100_000_000));
}

/// Nanoseconds as seconds with six decimals, of any time from 2001 to 2286; what is below a
/// microsecond is cut.
#[inline]
pub(crate) fn seconds(nanos: u64) -> Option<[u8; SECONDS]> {
    let (high, low) = halves(nanos)?;
    Some(joined(eight(high), low))
}

/// The same of two times, of which mostly only the end differs.
#[inline]
pub(crate) fn two_seconds(one: u64, other: u64) -> Option<([u8; SECONDS], [u8; SECONDS])> {
    let ((high, low), (other_high, other_low)) = (halves(one)?, halves(other)?);
    let digits = eight(high);
    let other_digits = if high == other_high {
        digits
    } else {
        eight(other_high)
    };
    Some((joined(digits, low), joined(other_digits, other_low)))
}

/// The first eight digits of a time as a number, and the last eight.
#[inline]
fn halves(nanos: u64) -> Option<(u64, u64)> {
    let micros = nanos / 1_000;
    let (high, low) = (micros / 100_000_000, micros % 100_000_000);
    (10_000_000..100_000_000)
        .contains(&high)
        .then_some((high, low))
}

#[inline]
fn joined(high: [u8; 8], low: u64) -> [u8; SECONDS] {
    let mut digits = [b'.'; SECONDS];
    let low = eight(low);
    digits[..8].copy_from_slice(&high);
    digits[8..10].copy_from_slice(&low[..2]);
    digits[11..].copy_from_slice(&low[2..]);
    digits
}

/// Eight decimal digits of a number below 10^8.
///
/// All at once: the number in a word is parted into halves, those into halves, and so on (Khuong,
/// "How to print integers really fast", 2017).
#[inline]
fn eight(number: u64) -> [u8; 8] {
    let (high, low) = (number / 10_000, number % 10_000);
    let fours = high | (low << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - tens * 10) << 8);
    (ones | (EACH * 0x30)).to_le_bytes()
}

/// All hex digits of a number.
#[inline]
pub(crate) fn hex(bits: u64) -> [u8; 16] {
    // The highest byte goes first, as memory has it.
    let bits = bits.swap_bytes();
    let mut digits = [0; 16];
    digits[..8].copy_from_slice(&eight_hex(bits & 0xffff_ffff));
    digits[8..].copy_from_slice(&eight_hex(bits >> 32));
    digits
}

/// Eight hex digits of four bytes, the first in the lowest bits.
#[inline]
fn eight_hex(bits: u64) -> [u8; 8] {
    let twos = (bits | (bits << 16)) & 0x0000_ffff_0000_ffff;
    let ones = (twos | (twos << 8)) & 0x00ff_00ff_00ff_00ff;
    let digits = ((ones >> 4) | (ones << 8)) & (EACH * 0x0f);
    // A one in each byte that is a letter.
    let letters = ((digits + EACH * 6) >> 4) & EACH;
    (digits + EACH * 0x30 + letters * 39).to_le_bytes()
}

/// How many characters a time has.
pub(crate) const SECONDS: usize = 17;
const WORD: usize = 8;
const QUOTE: u64 = 0x22;
const BACKSLASH: u64 = 0x5c;
/// A one in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

/// The escapes of control characters.
#[rustfmt::skip] // Eight in a line.
const CONTROLS: [&str; 32] = [
    "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
    "\\u0008", "\\u0009", "\\u000a", "\\u000b", "\\u000c", "\\u000d", "\\u000e", "\\u000f",
    "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",
    "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f",
];

#[cfg(test)]
mod tests {
    #[cfg(feature = "aws")]
    use crate::json::bytes::push_short_text;
    use crate::json::bytes::{hex, push_integer, push_text, seconds, two_seconds};
    use crate::json::write_text;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut json = Vec::new();
        write(&mut json);
        String::from_utf8_lossy(&json).into_owned()
    }

    fn check_number(number: u64) {
        assert_eq!(
            written(|json| push_integer(json, number)),
            number.to_string()
        );
        assert_eq!(
            written(|json| json.extend_from_slice(&hex(number))),
            format!("{number:016x}")
        );
        let (whole, below) = (number / 1_000_000_000, number / 1_000 % 1_000_000);
        let has_ten_digits = (1_000_000_000..10_000_000_000).contains(&whole);
        assert_eq!(
            seconds(number).map(|digits| String::from_utf8_lossy(&digits).into_owned()),
            has_ten_digits.then(|| format!("{whole}.{below:06}"))
        );
    }

    #[test]
    fn two_times_are_each_what_they_are_alone() {
        let times = [
            0,
            999_999_999_999_999_999,
            1_000_000_000_000_000_000,
            1_721_763_840_250_113_000,
        ];
        let times = times.into_iter().chain([
            1_721_763_899_999_999_999,
            1_721_763_900_000_000_000,
            u64::MAX,
        ]);
        for one in times.clone() {
            for other in times.clone() {
                assert_eq!(two_seconds(one, other), seconds(one).zip(seconds(other)));
            }
        }
    }

    /// All writers against serde_json, but for the escapes of `\b` and `\f`, which it shortens.
    fn check_text(text: &str) {
        let expected = serde_json::Value::from(text).to_string();
        let expected = expected.replace("\\b", "\\u0008").replace("\\f", "\\u000c");
        let backslashes = text.contains('\\');
        let json = written(|json| push_text(json, text));
        let mut other = String::new();
        write_text(&mut other, text);
        assert_eq!(json, other);
        #[cfg(feature = "aws")]
        assert_eq!(json, written(|json| push_short_text(json, text)));
        if !backslashes {
            assert_eq!(json, expected);
        }
        assert_eq!(
            serde_json::from_str::<String>(&json).ok().as_deref(),
            Some(text)
        );
    }

    #[test]
    fn numbers_of_every_length_are_written_as_the_standard_library_writes_them() {
        for bits in 0..64 {
            check_number(0x9e37_79b9_7f4a_7c15 >> bits);
        }
        for digits in 0..20 {
            let power = 10_u64.pow(digits);
            for number in [power - 1, power, power + 1, power / 5 * 9] {
                check_number(number);
            }
        }
        check_number(u64::MAX);
    }

    #[test]
    fn every_byte_at_every_place_of_a_word_is_seen() {
        for character in (0..=0x100_u32).filter_map(char::from_u32) {
            for before in 0..18 {
                for behind in [0, 1, 9] {
                    let text = format!("{:x>before$}{character}{:y>behind$}", "", "");
                    check_text(&text);
                }
            }
        }
    }
}
