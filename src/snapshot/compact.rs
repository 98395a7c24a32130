//! JSON on one line, its keys sorted.

use crate::json::{Kind, Text, Value, write_text};

/// Writes a value on one line, the keys of objects sorted, with what cannot be seen as escapes.
///
/// Keys that come twice keep their order. Numbers keep their text. Nesting costs no stack.
pub(in crate::snapshot) fn push_compact(json: &mut String, value: Value<'_>) {
    let mut waiting = vec![Step::Value(value)];
    while let Some(step) = waiting.pop() {
        let value = match step {
            Step::Sign(sign) => {
                json.push_str(sign);
                continue;
            }
            Step::Key(key) => {
                push_string(json, key);
                json.push(':');
                continue;
            }
            Step::Value(value) => value,
        };
        match value.kind() {
            Kind::Array => {
                json.push('[');
                waiting.push(Step::Sign("]"));
                let first = waiting.len();
                for (place, element) in value.elements().enumerate() {
                    if place > 0 {
                        waiting.push(Step::Sign(","));
                    }
                    waiting.push(Step::Value(element));
                }
                waiting[first..].reverse();
            }
            Kind::Object => {
                json.push('{');
                waiting.push(Step::Sign("}"));
                let first = waiting.len();
                let mut members: Vec<(Text<'_>, Value<'_>)> = value.members().collect();
                members.sort_by_cached_key(|(key, _)| key.decode());
                for (place, (key, member)) in members.into_iter().enumerate() {
                    if place > 0 {
                        waiting.push(Step::Sign(","));
                    }
                    waiting.push(Step::Key(key));
                    waiting.push(Step::Value(member));
                }
                waiting[first..].reverse();
            }
            Kind::String => {
                if let Some(text) = value.as_text() {
                    push_string(json, text);
                }
            }
            Kind::Bool | Kind::Null | Kind::Number => json.push_str(value.raw()),
        }
    }
}

enum Step<'a> {
    Key(Text<'a>),
    Sign(&'static str),
    Value(Value<'a>),
}

/// Writes a string; one that is no Unicode text stays as it was received.
pub(in crate::snapshot) fn push_string(json: &mut String, text: Text<'_>) {
    if text.has_lone_surrogate() {
        json.push('"');
        push_visible(json, text.raw());
        json.push('"');
        return;
    }
    push_text(json, &text.decode());
}

/// Writes a text as a JSON string, with what cannot be seen as escapes.
pub(in crate::snapshot) fn push_text(json: &mut String, text: &str) {
    if text.is_ascii() && !text.contains('\u{7f}') {
        return write_text(json, text);
    }
    let mut string = String::with_capacity(text.len() + 2);
    write_text(&mut string, text);
    push_visible(json, &string);
}

/// Writes what stands between the quotes of the JSON string of a text.
pub(in crate::snapshot) fn push_inside(json: &mut String, text: &str) {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        return json.push_str(text);
    }
    let mut string = String::with_capacity(text.len() + 2);
    push_text(&mut string, text);
    json.push_str(&string[1..string.len() - 1]);
}

/// Copies the text of a JSON string, with what cannot be seen as escapes of JSON.
fn push_visible(json: &mut String, string: &str) {
    for character in string.chars() {
        let is_visible = match character {
            '"' | '\'' | '\\' => true,
            other => other.escape_debug().len() == 1,
        };
        if is_visible {
            json.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            json.push_str("\\u");
            for digit in [12, 8, 4, 0].map(|shift| *unit >> shift & 0xf) {
                json.extend(char::from_digit(digit.into(), 16));
            }
        }
    }
}
