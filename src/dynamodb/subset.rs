//! Whether a JSON value holds another one.

use crate::json::{Kind, Value};

/// A place where a value is not what it should be.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::dynamodb) struct Difference {
    /// As a JSON pointer.
    pub(in crate::dynamodb) pointer: String,
    pub(in crate::dynamodb) expected: String,
    /// `None` where there is nothing.
    pub(in crate::dynamodb) found: Option<String>,
}

/// The first place where `found` does not hold `expected`: of objects each member of `expected`, of
/// arrays as many elements, each holding the other; all else is the same.
pub(in crate::dynamodb) fn difference(
    expected: Value<'_>,
    found: Option<Value<'_>>,
) -> Option<Difference> {
    at(expected, found, "")
}

fn at(expected: Value<'_>, found: Option<Value<'_>>, pointer: &str) -> Option<Difference> {
    let differs = || {
        Some(Difference {
            pointer: pointer.to_owned(),
            expected: expected.raw().to_owned(),
            found: found.map(|found| found.raw().to_owned()),
        })
    };
    let Some(value) = found.filter(|found| found.kind() == expected.kind()) else {
        return differs();
    };
    match expected.kind() {
        Kind::Object => expected.members().find_map(|(name, wanted)| {
            let name = name.decode();
            let escaped = name.replace('~', "~0").replace('/', "~1");
            at(wanted, value.get(&name), &format!("{pointer}/{escaped}"))
        }),
        Kind::Array => {
            if expected.elements().count() != value.elements().count() {
                return differs();
            }
            let pairs = expected.elements().zip(value.elements()).enumerate();
            pairs.into_iter().find_map(|(index, (wanted, has))| {
                at(wanted, Some(has), &format!("{pointer}/{index}"))
            })
        }
        _ if is_same(expected, value) => None,
        _ => differs(),
    }
}

/// Whether two values are the same: texts by what they stand for, numbers by their value.
fn is_same(one: Value<'_>, other: Value<'_>) -> bool {
    if one.raw() == other.raw() {
        return true;
    }
    if let (Some(one), Some(other)) = (one.as_str(), other.as_str()) {
        return one == other;
    }
    let number = |value: Value<'_>| value.as_number().and(value.raw().parse::<f64>().ok());
    matches!((number(one), number(other)), (Some(one), Some(other)) if one.to_bits() == other.to_bits())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::dynamodb::subset::difference;
    use crate::json::Document;

    #[track_caller]
    fn check(expected: &str, found: &str, pointer: Option<&str>) {
        let (expected, found) = (
            Document::parse(expected).unwrap(),
            Document::parse(found).unwrap(),
        );
        let differs = difference(expected.root(), Some(found.root()));
        assert_eq!(
            differs.as_ref().map(|differs| &*differs.pointer),
            pointer,
            "{differs:?}"
        );
    }

    #[test]
    fn a_value_holds_what_is_part_of_it() {
        check("{}", r#"{"a": 1}"#, None);
        check(
            r#"{"a": {"b": [1, {"c": "x"}]}}"#,
            r#"{"a": {"b": [1.0, {"c": "\u0078", "d": 2}], "e": null}}"#,
            None,
        );
        check("1e1", "10", None);
        check(r#"{"a": 1}"#, "{}", Some("/a"));
        check(
            r#"{"a": {"b/c": true}}"#,
            r#"{"a": {"b/c": false}}"#,
            Some("/a/b~1c"),
        );
        check(r#"{"a": [1, 2]}"#, r#"{"a": [1]}"#, Some("/a"));
        check(r#"{"a": [1, 2]}"#, r#"{"a": [1, 3]}"#, Some("/a/1"));
        check(r#""1""#, "1", Some(""));
        check("null", "false", Some(""));
    }
}
