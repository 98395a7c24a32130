//! JSON that should be a part of other JSON, or the same.

use crate::json::{Kind, Value};

/// How much of a value is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Objects may have other members.
    Part,
    /// Nothing else is there.
    Whole,
}

/// A place where a value is not what it should be.
pub(crate) struct Difference<'e, 'f> {
    /// As a JSON pointer.
    pub(crate) pointer: String,
    /// `None` where nothing should be.
    pub(crate) expected: Option<Value<'e>>,
    /// `None` where there is nothing. Where both are arrays, their lengths differ.
    pub(crate) found: Option<Value<'f>>,
}

/// The first place where `found` is not what is expected: of objects each member, of arrays as many
/// elements, each like the other; all else is the same. No recursion: a value may be deep.
pub(crate) fn difference<'e, 'f>(
    expected: Value<'e>,
    found: Option<Value<'f>>,
    extent: Extent,
) -> Option<Difference<'e, 'f>> {
    let mut waiting = vec![(Some(expected), found, String::new())];
    while let Some((expected, found, pointer)) = waiting.pop() {
        let differs = || {
            Some(Difference {
                pointer: pointer.clone(),
                expected,
                found,
            })
        };
        let (Some(expected), Some(found)) = (expected, found) else {
            return differs();
        };
        if expected.kind() != found.kind() {
            return differs();
        }
        // What stands first is looked at first.
        let begin = waiting.len();
        match expected.kind() {
            Kind::Object => {
                for (key, wanted) in expected.members() {
                    let key = key.decode();
                    waiting.push((Some(wanted), found.get(&key), below(&pointer, &key)));
                }
                if extent == Extent::Whole {
                    for (key, other) in found.members() {
                        let key = key.decode();
                        if expected.get(&key).is_none() {
                            waiting.push((None, Some(other), below(&pointer, &key)));
                        }
                    }
                }
            }
            Kind::Array => {
                if expected.elements().count() != found.elements().count() {
                    return differs();
                }
                for (number, (wanted, has)) in expected.elements().zip(found.elements()).enumerate()
                {
                    let pointer = below(&pointer, &number.to_string());
                    waiting.push((Some(wanted), Some(has), pointer));
                }
            }
            _ if is_same_scalar(expected, found) => {}
            _ => return differs(),
        }
        waiting[begin..].reverse();
    }
    None
}

/// Whether two values that hold no others are the same: texts by what they stand for, numbers by
/// their value.
fn is_same_scalar(one: Value<'_>, other: Value<'_>) -> bool {
    if let (Some(one), Some(other)) = (one.as_text(), other.as_text()) {
        return one.raw() == other.raw() || one.identity() == other.identity();
    }
    if let (Some(one), Some(other)) = (one.as_number(), other.as_number()) {
        return one.value() == other.value();
    }
    one.raw() == other.raw()
}

fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::json::Document;
    use crate::json::part::{Extent, difference};

    #[track_caller]
    fn check(extent: Extent, expected: &str, found: &str, pointer: Option<&str>) {
        let (expected, found) = (
            Document::parse(expected).unwrap(),
            Document::parse(found).unwrap(),
        );
        let differs = difference(expected.root(), Some(found.root()), extent);
        assert_eq!(differs.as_ref().map(|differs| &*differs.pointer), pointer);
    }

    #[track_caller]
    fn part(expected: &str, found: &str, pointer: Option<&str>) {
        check(Extent::Part, expected, found, pointer);
    }

    #[track_caller]
    fn whole(expected: &str, found: &str, pointer: Option<&str>) {
        check(Extent::Whole, expected, found, pointer);
    }

    #[test]
    fn a_value_holds_what_is_part_of_it() {
        part("{}", r#"{"a": 1}"#, None);
        part(
            r#"{"a": {"b": [1, {"c": "x"}]}}"#,
            r#"{"a": {"b": [1.0, {"c": "\u0078", "d": 2}], "e": null}}"#,
            None,
        );
        part(r#"{"a": 1}"#, "{}", Some("/a"));
        part(
            r#"{"a": {"b/c": true}}"#,
            r#"{"a": {"b/c": false}}"#,
            Some("/a/b~1c"),
        );
        part(r#"{"a": [1, 2]}"#, r#"{"a": [1]}"#, Some("/a"));
        part(r#"{"a": [1, 2]}"#, r#"{"a": [1, 3]}"#, Some("/a/1"));
        part(r#""1""#, "1", Some(""));
        part("null", "false", Some(""));
        part("{}", "[]", Some(""));
        part(r#""a""#, r#""a""#, None);
        part(r#""a""#, r#""b""#, Some(""));
        part(r#""\u0061""#, r#""b""#, Some(""));
        part("true", "true", None);
        part("null", "null", None);
    }

    #[test]
    fn nothing_else_is_in_a_whole_value() {
        whole(r#"{"a": {"b": 1}}"#, r#"{"a": {"b": 1}}"#, None);
        whole("{}", r#"{"a": 1}"#, Some("/a"));
        whole(
            r#"{"a": [{"b": 1}]}"#,
            r#"{"a": [{"b": 1, "~": 2}]}"#,
            Some("/a/0/~0"),
        );
    }

    #[test]
    fn the_first_difference_is_the_one_that_stands_first() {
        part(
            r#"{"a": {"b": 1}, "c": 2, "d": [3, 4]}"#,
            r#"{"d": [0, 0], "a": {"b": 0}}"#,
            Some("/a/b"),
        );
        part("[3, 4, 5]", "[3, 0, 0]", Some("/1"));
    }

    #[test]
    fn numbers_are_the_same_by_their_value() {
        for (one, other, are_same) in [
            ("1e1", "10", true),
            ("2", "2.0", true),
            ("0.5", "5e-1", true),
            ("0.5", "0.25", false),
            ("2", "2.5", false),
            // Beyond what a double tells apart.
            ("9007199254740993", "9007199254740992", false),
            ("18446744073709551615", "18446744073709551615", true),
            ("1e-400", "0", false),
            ("1e400", "1e401", false),
        ] {
            let pointer = (!are_same).then_some("");
            part(one, other, pointer);
            part(other, one, pointer);
        }
    }
}
