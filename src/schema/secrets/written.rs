//! How a name and its text are written: `name=text`, `"name": "text"`, `Name: text`.

use crate::schema::secrets::key::MAX_NAME;
use crate::schema::secrets::scan::{before, behind, end_of, is_gap, start_of};

/// How a text is written behind its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::schema::secrets) enum Form {
    /// With spaces, as in a sentence or a table: `Password: …`.
    Loose,
    /// As the member of an object.
    Member,
    /// In quotes.
    Quoted,
    /// Close to the sign: `password=…`.
    Tight,
}

/// The name that ends at `sign`, and whether it is in quotes.
pub(in crate::schema::secrets) fn name_before(
    text: &str,
    sign: usize,
    colon: bool,
) -> Option<(&str, bool)> {
    let end = start_of(text, sign, 2, |character| character == ' ');
    let name_end = start_of(text, end, 3, |character| {
        matches!(character, '"' | '\'' | '`' | '\\' | ']')
    });
    let start = start_of(text, name_end, MAX_NAME + 1, |character| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
    });
    // `arn:aws:secretsmanager:…:secret:orders` names no secret.
    if start == name_end || colon && matches!(before(text, start), Some(':' | '/')) {
        return None;
    }
    let quoted = text[name_end..end].contains(['"', '\'']);
    Some((&text[start..name_end], quoted))
}

/// Where the text behind a sign begins and ends, and how it is written.
pub(in crate::schema::secrets) fn text_behind(
    text: &str,
    sign: usize,
    is_sentence: bool,
) -> (usize, usize, Form) {
    let signs = end_of(text, sign + 1, |character| matches!(character, '=' | '>'));
    let start = end_of(text, signs, |character| {
        character == ' ' || character == '\t'
    });
    let opening = end_of(text, start, |character| character == '\\');
    if let Some(quote @ ('"' | '\'')) = behind(text, opening) {
        let (start, end) = quoted(text, opening, quote);
        let about = text[sign..].starts_with(':') && text[start..end].contains(' ');
        let form = if about { Form::Loose } else { Form::Quoted };
        return (start, end, form);
    }
    let end = unquoted(text, start);
    // `MD5('…')`: what it is made of.
    if text[start..end].ends_with('(')
        && let Some(quote @ ('"' | '\'')) = behind(text, end)
    {
        let (start, end) = quoted(text, end, quote);
        return (start, end, Form::Quoted);
    }
    let close = signs == start && before(text, sign) != Some(' ');
    let form = if close && !is_sentence {
        Form::Tight
    } else {
        Form::Loose
    };
    (start, end, form)
}

/// What is between the quote at `opening` and the next of its kind; to the end if there is none.
pub(in crate::schema::secrets) fn quoted(
    text: &str,
    opening: usize,
    quote: char,
) -> (usize, usize) {
    let start = opening + quote.len_utf8();
    let mut end = end_of(text, start, |character| character != quote);
    // A quote inside is written as two, or behind a backslash; a text inside a text ends there.
    while behind(text, end) == Some(quote) {
        let doubled = quote == '\'' && behind(text, end + 1) == Some(quote);
        let escaped = before(text, end) == Some('\\') && before(text, opening) != Some('\\');
        if !doubled && !escaped {
            break;
        }
        let next = end + if doubled { 2 } else { 1 };
        end = end_of(text, next, |character| character != quote);
    }
    let inside = text[start..end].trim_end_matches('\\');
    (start, start + inside.len())
}

/// Where a text without quotes ends that begins at `start`.
pub(in crate::schema::secrets) fn unquoted(text: &str, start: usize) -> usize {
    let mut end = start;
    loop {
        end = end_of(text, end, |character| {
            !is_gap(character) && !matches!(character, '&' | ';' | ',' | '\\')
        });
        let inside = match behind(text, end) {
            Some(',') => !ends_member(text, end + 1),
            Some('\\') => !matches!(behind(text, end + 1), Some('"' | '\'' | 'n' | 'r' | 't')),
            _ => false,
        };
        if !inside {
            break;
        }
        end += 1;
    }
    start + without_stops(&text[start..end]).len()
}

/// A text without what belongs to the sentence or the brackets around it.
fn without_stops(mut text: &str) -> &str {
    while let Some(last) = text.chars().next_back() {
        let opening = match last {
            ',' | '.' | ':' => None,
            ')' => Some('('),
            ']' => Some('['),
            '}' => Some('{'),
            _ => break,
        };
        if opening.is_some_and(|opening| text.contains(opening)) {
            break;
        }
        text = &text[..text.len() - 1];
    }
    text
}

/// Whether another member, or nothing, stands behind a comma.
fn ends_member(text: &str, comma: usize) -> bool {
    let next: Option<char> = behind(text, comma);
    let word = text[comma..]
        .chars()
        .take(MAX_NAME)
        .find(|character| !character.is_ascii_alphanumeric() && !matches!(character, '_' | '-'));
    next.is_none_or(is_gap) || matches!(word, Some('=' | ':'))
}
