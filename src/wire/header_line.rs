//! The header line, read as the daemon reads it.

use crate::error::visible;
use crate::json::{Document, Kind, Value};
use crate::wire::Refusal;

/// What Go's `json.Unmarshal` makes of the header line; the daemon ignores its error.
///
/// A syntax error leaves both fields at their zero values, a value of another type leaves its
/// field as it was. So a string `"1"` as version is refused, and extra keys are not.
#[derive(Default)]
pub(in crate::wire) struct HeaderLine {
    format: String,
    version: i64,
}

impl HeaderLine {
    /// Reads the line and checks it: `format` is `json` in any case, `version` is 1.
    pub(in crate::wire) fn read(line: &[u8]) -> Result<HeaderLine, Refusal> {
        // Go replaces what is not UTF-8 inside strings; outside of them it is an error either way.
        let line = String::from_utf8_lossy(line);
        let refuse = |why: String| Refusal::invalid_header(&line, &why);
        let document = Document::parse(&line).map_err(|error| refuse(error.to_string()))?;
        let root = document.root();
        if root.kind() != Kind::Object {
            return Err(refuse(format!("it is {}, expected an object", root.kind())));
        }
        let mut header = HeaderLine::default();
        let mut format = None;
        let mut version = None;
        for (key, value) in root.members() {
            match fold(&key.decode()).as_str() {
                "format" => {
                    format = Some(value);
                    header.format = value.as_str().map_or(header.format, Into::into);
                }
                "version" => {
                    version = Some(value);
                    let number = value.as_number().and_then(|number| number.as_i64());
                    header.version = number.unwrap_or(header.version);
                }
                _ => {}
            }
        }
        if fold(&header.format) != "json" {
            return Err(refuse(describe("format", format, "\"json\"")));
        }
        if header.version != 1 {
            return Err(refuse(describe("version", version, "the number 1")));
        }
        Ok(header)
    }
}

fn describe(field: &str, found: Option<Value<'_>>, expected: &str) -> String {
    match found {
        Some(value) => format!("{field} is {}, expected {expected}", visible(value.raw())),
        None => format!("{field} is missing, expected {expected}"),
    }
}

/// Folds case as Go does when it compares keys and values: the long s and the Kelvin sign count
/// as the letters that they are variants of (`encoding/json`, fold.go).
fn fold(text: &str) -> String {
    let letter = |character: char| match character {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    text.chars().map(letter).collect()
}
