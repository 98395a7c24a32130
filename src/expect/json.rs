//! JSON that should be a part of other JSON, or the same.

use serde::Serialize;

use crate::error::count;
use crate::expect::matcher::short;
use crate::json::{Difference, Document, Extent, Kind, Value, Written, difference, serialize};

/// Why a value is not as expected, if it is not.
pub(in crate::expect) fn differs(
    expected: &(impl Serialize + ?Sized),
    found: Option<Value<'_>>,
    extent: Extent,
) -> Option<String> {
    let text = serialize(expected, Vec::new, |written: Written<'_>| {
        let mut json = Vec::new();
        written.push(&mut json);
        json
    });
    let document = text
        .map_err(|error| error.to_string())
        .and_then(|json| String::from_utf8(json).map_err(|error| error.to_string()))
        .and_then(|json| Document::parse(&json).map_err(|error| error.to_string()));
    match (document, found) {
        (Err(why), _) => Some(format!("cannot be: {}", short(&why))),
        (Ok(expected), found) => difference(expected.root(), found, extent).map(told),
    }
}

/// `at /cart/n expected 3, found 2`
fn told(differs: Difference<'_, '_>) -> String {
    let at = match &*differs.pointer {
        "" => String::new(),
        pointer => format!("at {} ", short(pointer)),
    };
    let has_elements =
        |value: Option<Value<'_>>| value.is_some_and(|value| value.kind() == Kind::Array);
    let lengths = has_elements(differs.expected) && has_elements(differs.found);
    let shown = |value: Option<Value<'_>>| match value {
        Some(value) if lengths => count(value.elements().count() as u64, "element"),
        Some(value) => short(value.raw()),
        None => "none".to_owned(),
    };
    let (expected, found) = (shown(differs.expected), shown(differs.found));
    format!("{at}expected {expected}, found {found}")
}
