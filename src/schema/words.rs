//! Names, keys and ids: which characters they may have, and how messages show them.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::error::on_one_line;
use crate::json::{Kind, Value};
use crate::model::limits::{MAX_ANNOTATION_KEY, MAX_NAME};

/// What keeps a name from being one that the service takes for a segment: why that is likely to
/// be, and what it is.
///
/// A name has 1 to 200 letters, digits and separators of any script, and `_.:/%&#=+-@`
/// (guide; schema, `java_pattern` of `name`). Characters that combine with another, such as
/// accents on their own, are no letters.
pub(in crate::schema) fn name_fault(name: &str) -> Option<(&'static str, String)> {
    if name.is_empty() {
        return Some(("it was never set", "is empty; give it one".to_owned()));
    }
    if let Some(stranger) = name.chars().find(|character| !is_in_name(*character)) {
        let shown = quoted(stranger.encode_utf8(&mut [0; 4]));
        if stranger.general_category_group() == GeneralCategoryGroup::Mark {
            return Some((
                "the text comes from where letters and their accents are written apart",
                format!(
                    "has {shown}, a mark that combines with the letter before it; compose the text (NFC)"
                ),
            ));
        }
        return Some((
            "a URL, a pattern or a text was used as a name",
            format!("has {shown}; use letters, digits, spaces and `_.:/%&#=+-@`"),
        ));
    }
    let length = name.chars().count();
    (length > MAX_NAME).then(|| {
        (
            "a whole text was used as a name",
            format!("has {length} characters; cut it to {MAX_NAME}"),
        )
    })
}

/// Whether a name surely is one, and holds no id: letters and signs of ASCII alone.
pub(in crate::schema) fn is_plain_name(name: &[u8]) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && is_all(name, LETTER_OR_SIGN)
}

/// Whether each byte has the class.
fn is_all(text: &[u8], class: u8) -> bool {
    text.iter()
        .fold(class, |all, byte| all & CLASSES[usize::from(*byte)])
        == class
}

fn is_in_name(character: char) -> bool {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => CLASSES[usize::from(byte)] & IN_NAME != 0,
        _ => matches!(
            character.general_category_group(),
            GeneralCategoryGroup::Letter
                | GeneralCategoryGroup::Number
                | GeneralCategoryGroup::Separator
        ),
    }
}

/// What keeps a key from being one of an annotation that is indexed.
///
/// Letters and digits of ASCII and `_` (schema), and the dot that the service takes since 2024.
pub(in crate::schema) fn annotation_key_fault(key: &str) -> Option<String> {
    if is_annotation_key(key.as_bytes()) {
        return None;
    }
    let stranger = key
        .chars()
        .find(|character| !is_all(character.encode_utf8(&mut [0; 4]).as_bytes(), IN_KEY));
    Some(match stranger {
        _ if key.is_empty() => "is empty; give it one".to_owned(),
        Some(stranger) => format!(
            "has {}; use letters, digits, `_` and `.`",
            quoted(stranger.encode_utf8(&mut [0; 4]))
        ),
        None => format!(
            "has {} characters; cut it to {MAX_ANNOTATION_KEY}",
            key.len()
        ),
    })
}

/// Whether a key surely is one of an annotation, and holds no id: too short for one, or without
/// digits.
pub(in crate::schema) fn is_plain_key(key: &[u8]) -> bool {
    is_annotation_key(key) && (key.len() < SHORTEST_KEY_ID || !key.iter().any(u8::is_ascii_digit))
}

fn is_annotation_key(key: &[u8]) -> bool {
    (1..=MAX_ANNOTATION_KEY).contains(&key.len()) && is_all(key, IN_KEY)
}

/// Whether a name looks as if it held the id of a request, an order, a user.
///
/// A run of four and more digits (not a port, not a year, not a part of a version or an address), a part of a
/// path that is digits alone, twelve and more hex digits with a letter and a digit among them, or
/// 20 and more letters and digits with four digits among them. Names of hosts are left alone.
pub(in crate::schema) fn holds_id(name: &str) -> bool {
    // `orders@db-1.example.com` is how SDKs name a database.
    let host = name.rsplit('@').next().unwrap_or(name);
    if !name.bytes().any(|byte| byte.is_ascii_digit()) || looks_like_host(host) {
        return false;
    }
    let mut start = 0;
    for (end, _) in name
        .match_indices(|character: char| !character.is_ascii_alphanumeric())
        .chain([(name.len(), "")])
    {
        if is_id(name, start, end) {
            return true;
        }
        start = end + name[end..].chars().next().map_or(0, char::len_utf8);
    }
    false
}

/// Whether the key of an annotation looks as if it held an id: as [`holds_id`], but for numbers,
/// of which keys have shorter ones too (`http_5003`, `limit_100000`).
pub(in crate::schema) fn key_holds_id(key: &str) -> bool {
    key.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| word.len() >= SHORTEST_KEY_ID)
        .any(|word| {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            is_number || is_mixed(word.as_bytes())
        })
}

/// Whether the word from `start` to `end` looks like an id.
fn is_id(name: &str, start: usize, end: usize) -> bool {
    let word = &name.as_bytes()[start..end];
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let before = name[..start].chars().next_back();
    let after = name[end..].chars().next();
    if digits == word.len() {
        return match before {
            Some('/') => digits > 0,
            Some(':' | '.') => false,
            _ => digits >= 4 && after != Some('.') && !is_year(word),
        };
    }
    is_mixed(word)
}

/// Whether a word of letters and digits is of the kind that nobody thinks of.
fn is_mixed(word: &[u8]) -> bool {
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let hex = word.iter().all(u8::is_ascii_hexdigit);
    hex && digits > 0 && word.len() >= 12 || digits >= 4 && word.len() >= 20
}

/// `2024`: a report of that year, an edition of an API.
fn is_year(word: &[u8]) -> bool {
    word.len() == 4 && (word.starts_with(b"19") || word.starts_with(b"20"))
}

/// `d111.cloudfront.net`, `bucket.s3.amazonaws.com:443`: whatever is in them is no request's.
fn looks_like_host(name: &str) -> bool {
    let host = name.split(':').next().unwrap_or(name);
    let labels = host.split('.');
    let last = labels.clone().next_back().unwrap_or_default();
    labels.clone().count() > 1
        && last.len() > 1
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        && labels.clone().all(|label| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !label.is_empty() && label.bytes().all(plain)
        })
}

/// Whether a value is a text of so many characters.
pub(in crate::schema) fn has_length(value: Value<'_>, length: usize) -> bool {
    let Some(text) = value.as_text() else {
        return false;
    };
    match text.plain() {
        Some(plain) if plain.is_ascii() => plain.len() == length,
        _ => text.decode().chars().count() == length,
    }
}

/// The field that a name is nearly the name of: the same but for case and underscores, or one
/// letter away.
pub(in crate::schema) fn misspelled(
    key: &str,
    mut known: impl Iterator<Item = &'static str> + Clone,
) -> Option<&'static str> {
    if key.len() > MAX_SPELLED {
        return None;
    }
    let bare = |key: &str| key.replace(['_', '-'], "").to_ascii_lowercase();
    let written = bare(key);
    let same = |known: &&str| bare(known) == written;
    let near = |known: &&str| known.len() > 3 && is_one_letter_away(&written, &bare(known));
    known.clone().find(same).or_else(|| known.find(near))
}

/// Whether one letter less, more, or another one turns one word into the other; or two letters
/// that changed places.
fn is_one_letter_away(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let (short, long) = (short.as_bytes(), long.as_bytes());
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => {
            let rest = |skip: usize| short.get(same + skip..) == long.get(same + skip..);
            rest(1)
                || rest(2)
                    && short.get(same) == long.get(same + 1)
                    && short.get(same + 1) == long.get(same)
        }
        1 => short.get(same..) == long.get(same + 1..),
        _ => false,
    }
}

/// A text in backquotes, on one line, cut where it is long.
pub(in crate::schema) fn quoted(text: &str) -> String {
    format!("`{}`", on_one_line(text, SHOWN))
}

/// Why a value is likely to be of another kind than it should.
pub(in crate::schema) fn why_not(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "null was written for what is not set",
        Kind::String => "it was written as text",
        _ => "a value of the wrong kind was given",
    }
}

/// A value of a kind that it should not be, as messages show it.
pub(in crate::schema) fn shown_kind(value: Value<'_>) -> String {
    match value.kind() {
        Kind::Null => "null".to_owned(),
        kind => format!("{} ({kind})", shown(value)),
    }
}

/// A value as messages show it: a text in backquotes, anything else as it was written.
pub(in crate::schema) fn shown(value: Value<'_>) -> String {
    match value.as_identity() {
        Some(text) if text.is_empty() => "an empty text".to_owned(),
        Some(text) => quoted(&text),
        None if value.kind() == Kind::Null => "null".to_owned(),
        None => on_one_line(value.raw(), SHOWN),
    }
}

/// What each byte may be a part of.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'0'..=b'9' => IN_NAME | IN_KEY,
            b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'.' => IN_NAME | IN_KEY | LETTER_OR_SIGN,
            b' ' | b':' | b'/' | b'%' | b'&' | b'#' | b'=' | b'+' | b'-' | b'@' => {
                IN_NAME | LETTER_OR_SIGN
            }
            _ => 0,
        };
        byte += 1;
    }
    classes
};
/// A name.
const IN_NAME: u8 = 1;
/// The key of an annotation.
const IN_KEY: u8 = 2;
/// A name without digits.
const LETTER_OR_SIGN: u8 = 4;
/// Characters of an id of a segment, subsegment or exception.
pub(in crate::schema) const ID_LENGTH: usize = 16;
/// Digits of the shortest number that is an id in a key.
const SHORTEST_KEY_ID: usize = 8;
/// How many characters of a value are shown.
const SHOWN: usize = 60;
/// A key that is longer than this is no slip of the pen.
const MAX_SPELLED: usize = 32;
