//! Values as serde_json has them, for a crate that takes no others.

use crate::error::Error;
use crate::json::{Kind, Number, Value};

pub(crate) use serde_json::{Number as TreeNumber, Value as Tree};

/// Reads a text as a tree.
///
/// # Errors
///
/// What is no JSON, is nested deeper than 128 levels, or holds half a character or a number that
/// no float comes near.
pub(crate) fn parse_tree(text: &str) -> Result<Tree, Error> {
    serde_json::from_str(text).map_err(|error| Error::stopped(error.to_string()))
}

/// The tree of a value: of duplicate keys the last counts, half a character is U+FFFD, and what
/// lies deeper than `depth` arrays and objects is null.
pub(crate) fn tree(value: Value<'_>, depth: usize) -> Tree {
    let inside = || depth.checked_sub(1);
    match value.kind() {
        Kind::Array => match inside() {
            Some(depth) => value.elements().map(|value| tree(value, depth)).collect(),
            None => Tree::Null,
        },
        Kind::Bool => Tree::from(value.as_bool()),
        Kind::Null => Tree::Null,
        Kind::Number => value
            .as_number()
            .map_or(Tree::Null, |number| Tree::Number(tree_number(number))),
        Kind::Object => match inside() {
            Some(depth) => value
                .members()
                .map(|(key, value)| (key.decode().into_owned(), tree(value, depth)))
                .collect(),
            None => Tree::Null,
        },
        Kind::String => Tree::from(value.as_str()),
    }
}

/// The number of a tree; what is beyond the range of floats becomes the last one in it.
pub(crate) fn tree_number(number: Number<'_>) -> TreeNumber {
    number.text().parse().unwrap_or_else(|_| {
        let last = number.as_f64().clamp(f64::MIN, f64::MAX);
        TreeNumber::from_f64(last).unwrap_or_else(|| TreeNumber::from(0))
    })
}
