//! Words of an outline: each text has one spelling, and no two texts share one.
//!
//! Of white space only the space needs quotes: all other is written as an escape.

use crate::json::Text;

/// The name of an entity, which stands first in its line.
pub(in crate::snapshot) fn push_name(line: &mut String, name: Text<'_>) {
    push(line, name, |name| {
        name.contains(' ') || name.starts_with(['"', '<'])
    });
}

/// A word behind the name: an operation, a resource, a method, the type of an exception.
pub(in crate::snapshot) fn push_word(line: &mut String, word: Text<'_>) {
    push(line, word, |word| {
        word.contains(' ')
            || word.starts_with(['"', '(', '/', '<', '[', '{'])
            || word.starts_with("./")
            || word.starts_with(METADATA)
            || KEYWORDS.contains(&word)
            || word.parse::<i64>().is_ok()
    });
}

/// The key of an annotation.
pub(in crate::snapshot) fn push_key(line: &mut String, key: Text<'_>) {
    push(line, key, |key| {
        key.contains([' ', '"', ',', ':', '{', '}'])
    });
}

/// A text that is the value of an annotation.
pub(in crate::snapshot) fn push_text(line: &mut String, text: Text<'_>) {
    push(line, text, |text| {
        text.contains(['"', ',', '{', '}'])
            || text.starts_with([' ', '['])
            || text.ends_with(' ')
            || ["false", "null", "true"].contains(&text)
            || is_number(text)
    });
}

/// The path of a URL, which begins with `/` or `./` and needs no quotes.
pub(in crate::snapshot) fn push_path(line: &mut String, url: &str) {
    let path = path(url);
    if !path.starts_with('/') {
        line.push_str("./");
    }
    for character in path.chars() {
        match character {
            ' ' => line.push_str("\\u{20}"),
            other => push_escaped(line, other),
        }
    }
}

/// JSON as it was received, on one line.
pub(in crate::snapshot) fn push_json(line: &mut String, json: &str) {
    for character in json.chars() {
        match character {
            '"' | '\'' | '\\' => line.push(character),
            other => line.extend(other.escape_debug()),
        }
    }
}

/// The path of a URL: without scheme, host, port, query and fragment.
fn path(url: &str) -> &str {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    let rest = match url.split_once("://") {
        // A path may hold a URL: `/fetch/https://example.com/`.
        Some((scheme, rest)) if !scheme.contains('/') => rest,
        _ => return url,
    };
    match rest.find('/') {
        Some(at) => &rest[at..],
        None => "/",
    }
}

/// Writes a text as it is, or between quotes where it is empty or must be.
fn push(line: &mut String, text: Text<'_>, must_be: impl Fn(&str) -> bool) {
    if text.has_lone_surrogate() {
        // No Unicode text: as it was received, which no other text is written as.
        line.push('"');
        push_json(line, text.raw());
        line.push('"');
        return;
    }
    let text = text.decode();
    let quoted = text.is_empty() || must_be(&text);
    if !quoted && is_plain(&text) {
        line.push_str(&text);
        return;
    }
    if quoted {
        line.push('"');
    }
    for character in text.chars() {
        match character {
            '"' if quoted => line.push_str("\\\""),
            other => push_escaped(line, other),
        }
    }
    if quoted {
        line.push('"');
    }
}

/// A backslash and what cannot be seen as an escape, all else as it is.
fn push_escaped(line: &mut String, character: char) {
    match character {
        '"' | '\'' => line.push(character),
        other => line.extend(other.escape_debug()),
    }
}

/// Whether no character of a text needs an escape.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\')
}

/// Whether a text would be read as a JSON number.
fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.parse::<f64>().is_ok()
}

/// Stands before the metadata, where they are asked for.
pub(in crate::snapshot) const METADATA: &str = "metadata={";
/// Stands for an operation, a method or a URL that there is not, where one behind it is.
pub(in crate::snapshot) const NONE: &str = "?";
/// Stands before the type of an exception that would be read as an operation.
pub(in crate::snapshot) const CAUSE: &str = "CAUSE";
/// Words that say something by themselves.
const KEYWORDS: [&str; 5] = [NONE, CAUSE, "ERROR", "FAULT", "THROTTLE"];
