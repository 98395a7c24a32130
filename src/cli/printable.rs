//! Received JSON as a report prints it.

use std::borrow::Cow;

use crate::json::{Document, text_length, write_text};
use crate::schema::Masker;

use Surrogate::{High, Low};

/// Received JSON on one line, without secrets, lone surrogates and numbers beyond the range of
/// floats; what is JSON stays JSON.
pub(in crate::cli) fn printable<'a>(json: &'a str, secrets: &Masker) -> Cow<'a, str> {
    if secrets.is_empty() && !json.contains(['\n', '\r']) && !may_be_vast(json) {
        return whole_text(json);
    }
    Cow::Owned(whole_text(&masked(json, secrets)).into_owned())
}

/// Whether a number is too large for a float: some readers refuse a text that has one, and with it
/// the whole report.
pub(in crate::cli) fn is_vast(number: &str) -> bool {
    number.parse().is_ok_and(f64::is_infinite)
}

/// Whether one may stand in `json`: it has an exponent, or more digits than a float.
fn may_be_vast(json: &str) -> bool {
    let mut pairs = json.bytes().zip(json.bytes().skip(1));
    let has_exponent =
        pairs.any(|(digit, letter)| digit.is_ascii_digit() && matches!(letter, b'e' | b'E'));
    has_exponent || json.len() > MOST_DIGITS
}

/// Masks secrets in strings; a number that is one, or that is vast, becomes a string. Line breaks,
/// which stand between values alone, are left out.
fn masked(json: &str, secrets: &Masker) -> String {
    let mut shown = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let token = match first {
            '"' => {
                let token = &rest[..text_length(rest)];
                shown.push_str(&masked_text(token, secrets));
                token
            }
            '-' | '0'..='9' => {
                let sign = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
                let length = rest.bytes().take_while(|byte| sign(*byte)).count();
                let token = &rest[..length];
                let hidden = secrets.mask(token);
                if hidden == token && !is_vast(token) {
                    shown.push_str(token);
                } else {
                    shown.extend(["\"", &hidden, "\""]);
                }
                token
            }
            '\n' | '\r' => &rest[..1],
            other => {
                shown.push(other);
                &rest[..other.len_utf8()]
            }
        };
        rest = &rest[token.len()..];
    }
    shown
}

/// A string without secrets. They are looked for between its quotes: one that was found in a
/// datagram that is no JSON may hold a quote, and reach beyond the end of the string.
fn masked_text<'a>(token: &'a str, secrets: &Masker) -> Cow<'a, str> {
    let inside = token
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let hidden = secrets.mask(inside.unwrap_or(token));
    let shown = match hidden {
        Cow::Borrowed(_) => Cow::Borrowed(token),
        Cow::Owned(hidden) => Cow::Owned(format!("\"{hidden}\"")),
    };
    if matches!(shown, Cow::Borrowed(_)) && !token.contains('\\') {
        return shown;
    }
    // One that begins within an escape leaves half of it.
    let Ok(document) = Document::parse(&shown) else {
        return Cow::Borrowed("\"…\"");
    };
    // Where it was found it may have been written in another way.
    let text = document.root().as_str().unwrap_or_default();
    match secrets.mask(&text) {
        Cow::Borrowed(_) => shown,
        Cow::Owned(hidden) => {
            let mut json = String::new();
            write_text(&mut json, &hidden);
            Cow::Owned(json)
        }
    }
}

/// JSON in which each lone surrogate is U+FFFD: many readers refuse a text that has one, and with
/// it the whole report.
fn whole_text(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return Cow::Borrowed(json);
    }
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        whole.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (surrogate(rest), rest.get(6..).map(surrogate)) {
            (Some(High), Some(Some(Low))) => 12,
            (Some(_), _) => {
                whole.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            // Whatever stands behind the backslash is no backslash that begins an escape.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        whole.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    whole.push_str(rest);
    Cow::Owned(whole)
}

/// Which half of a pair an escape at the start of `json` stands for.
fn surrogate(json: &str) -> Option<Surrogate> {
    let digits = json.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..0xdc00 => Some(High),
        0xdc00..0xe000 => Some(Low),
        _ => None,
    }
}

/// The digits of the largest float.
const MOST_DIGITS: usize = 309;

enum Surrogate {
    High,
    Low,
}

#[cfg(test)]
mod tests {
    use crate::cli::printable::printable;
    use crate::schema::Masker;

    #[track_caller]
    fn check(secret: &str, json: &str, expected: &str) {
        let secrets = Masker::new([secret.to_owned()]);
        assert_eq!(printable(json, &secrets), expected);
    }

    #[test]
    fn what_is_json_stays_json_without_secrets() {
        check(
            "abcdefgh1234",
            r#"{"a": "x abcdefgh1234"}"#,
            r#"{"a": "x abc…"}"#,
        );
        check("12345678", "[12345678, 1]", r#"["12…", 1]"#);
        // It may have been written in another way where it was found.
        check(
            "abcdefgh1234",
            r#"{"\u0061bcdefgh1234\n": "\u00e9\/ab"}"#,
            r#"{"abc…\n": "\u00e9\/ab"}"#,
        );
        // What was found in a datagram that is no JSON may hold the end of a string ...
        check(
            " for Node.js\",\"version\":1",
            r#"{"sdk":"X-Ray for Node.js","version":2}"#,
            r#"{"sdk":"X-Ray…","version":2}"#,
        );
        // ... or begin within an escape.
        check("n@example.com", r#"["a\n@example.com"]"#, r#"["…"]"#);
    }
}
