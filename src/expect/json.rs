//! JSON that should be a part of other JSON, or the same.

use serde::Serialize;

use crate::expect::matcher::short;
use crate::json::{Document, Kind, Value, Written, serialize};

/// How much of a value is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::expect) enum Extent {
    /// Objects may have other members.
    Part,
    /// Nothing else is there.
    Whole,
}

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
        (Ok(expected), None) => Some(format!(
            "expected {}, found none",
            short(expected.root().raw())
        )),
        (Ok(expected), Some(found)) => first_difference(expected.root(), found, extent),
    }
}

/// The first place where `found` is not what is expected. No recursion: metadata may be deep.
fn first_difference(expected: Value<'_>, found: Value<'_>, extent: Extent) -> Option<String> {
    let mut waiting = vec![(expected, found, String::new())];
    while let Some((expected, found, pointer)) = waiting.pop() {
        let differs = || {
            Some(format!(
                "{}expected {}, found {}",
                at(&pointer),
                short(expected.raw()),
                short(found.raw())
            ))
        };
        if expected.kind() != found.kind() {
            return differs();
        }
        match expected.kind() {
            Kind::Object => {
                for (key, wanted) in expected.members() {
                    let below = below(&pointer, &key.decode());
                    let Some(found) = found.get(&key.decode()) else {
                        return Some(format!(
                            "{}expected {}, found none",
                            at(&below),
                            short(wanted.raw())
                        ));
                    };
                    waiting.push((wanted, found, below));
                }
                if extent == Extent::Whole {
                    for (key, other) in found.members() {
                        if expected.get(&key.decode()).is_none() {
                            return Some(format!(
                                "{}expected none, found {}",
                                at(&below(&pointer, &key.decode())),
                                short(other.raw())
                            ));
                        }
                    }
                }
            }
            Kind::Array => {
                let (wanted, has) = (expected.elements().count(), found.elements().count());
                if wanted != has {
                    return Some(format!(
                        "{}expected {}, found {}",
                        at(&pointer),
                        crate::error::count(wanted as u64, "element"),
                        crate::error::count(has as u64, "element")
                    ));
                }
                for (number, pair) in expected.elements().zip(found.elements()).enumerate() {
                    waiting.push((pair.0, pair.1, below(&pointer, &number.to_string())));
                }
            }
            _ if is_same(expected, found) => {}
            _ => return differs(),
        }
    }
    None
}

/// Whether two values are the same: texts by what they stand for, numbers by their value.
fn is_same(one: Value<'_>, other: Value<'_>) -> bool {
    if let (Some(one), Some(other)) = (one.as_text(), other.as_text()) {
        return one.raw() == other.raw() || one.decode() == other.decode();
    }
    if let (Some(one), Some(other)) = (one.as_number(), other.as_number()) {
        let whole = |number: crate::json::Number<'_>| {
            number.is_integer().then(|| number.scaled(0)).flatten()
        };
        return match (whole(one), whole(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one.as_f64().total_cmp(&other.as_f64()).is_eq(),
        };
    }
    one.raw() == other.raw()
}

fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn at(pointer: &str) -> String {
    match pointer {
        "" => String::new(),
        pointer => format!("at {} ", short(pointer)),
    }
}
