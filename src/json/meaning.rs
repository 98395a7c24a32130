//! What values mean, however they are written.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::json::{Kind, Value};

/// Gives values that mean the same the same [`Meaning`].
///
/// Each value is read once, so that one can be held against any number of others.
#[derive(Debug, Default)]
pub(crate) struct Meanings<'a> {
    known: HashMap<Said<'a>, Meaning>,
}

/// What a value means: texts by what they stand for, numbers by their value, objects by their
/// members, in any order and the last of those with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Meaning(usize);

#[derive(Debug, PartialEq, Eq, Hash)]
enum Said<'a> {
    Array(Vec<Meaning>),
    Number(String),
    Object(Vec<(Meaning, Meaning)>),
    Text(Cow<'a, str>),
    Word(&'a str),
}

impl<'a> Meanings<'a> {
    /// What a value means. No recursion: a value may be deep.
    pub(crate) fn of(&mut self, value: Value<'a>) -> Meaning {
        let places = value.at..value.slot().next;
        let place = |inner: Value<'_>| (inner.at - value.at) as usize;
        // Of the last first: what a value holds stands behind it.
        let mut seen = vec![Meaning(0); places.len()];
        for at in places.rev() {
            let inner = value.document.value(at);
            let said = match inner.kind() {
                Kind::Array => {
                    let elements = inner.elements();
                    Said::Array(elements.map(|element| seen[place(element)]).collect())
                }
                Kind::Object => {
                    let members = inner.members();
                    let members = members.map(|(key, member)| {
                        (self.number(Said::Text(key.identity())), seen[place(member)])
                    });
                    let last_of_each: BTreeMap<Meaning, Meaning> = members.collect();
                    Said::Object(last_of_each.into_iter().collect())
                }
                _ => match (inner.as_number(), inner.as_identity()) {
                    (Some(number), _) => Said::Number(number.value()),
                    (_, Some(text)) => Said::Text(text),
                    _ => Said::Word(inner.raw()),
                },
            };
            seen[place(inner)] = self.number(said);
        }
        seen[0]
    }

    fn number(&mut self, said: Said<'a>) -> Meaning {
        let next = Meaning(self.known.len());
        *self.known.entry(said).or_insert(next)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::json::Document;
    use crate::json::meaning::Meanings;

    #[track_caller]
    fn check(one: &str, other: &str, is_same: bool) {
        let (one, other) = (
            Document::parse(one).unwrap(),
            Document::parse(other).unwrap(),
        );
        let mut meanings = Meanings::default();
        let (mean, means) = (meanings.of(one.root()), meanings.of(other.root()));
        assert_eq!(mean == means, is_same, "{one:?} {other:?}");
        assert_eq!(meanings.of(one.root()), mean);
    }

    #[test]
    fn values_mean_the_same_however_they_are_written() {
        for (one, other) in [
            ("[1, 2e1]", "[1.0,20]"),
            (
                r#"{"a": {"b": [null]}, "c": true}"#,
                r#"{"c":true,"a":{"b":[null]}}"#,
            ),
            (r#"{"a": 1, "\u0061": 2}"#, r#"{"a": 2}"#),
            (r#"{"\ud800": "\ud83d\ude00"}"#, r#"{"\uD800": "😀"}"#),
            ("-0.0", "0e9"),
        ] {
            check(one, other, true);
        }
        for (one, other) in [
            ("[1, 2]", "[2, 1]"),
            ("[1]", "[1, 1]"),
            ("[]", "{}"),
            ("[[]]", "[]"),
            (r#"{"a": 1}"#, r#"{"b": 1}"#),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": 1}"#),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 1}"#),
            (r#"{"a": {"b": 1}}"#, r#"{"a": {"b": 2}}"#),
            (r#""1""#, "1"),
            (r#""null""#, "null"),
            ("null", "false"),
            (r#""\ud800""#, r#""\ud801""#),
            ("1e-400", "0"),
        ] {
            check(one, other, false);
            check(other, one, false);
        }
    }

    #[test]
    fn a_value_inside_another_means_the_same_alone() {
        let document = Document::parse(r#"[{"a": [1, {"b": 2}]}, [1, {"b": 2}]]"#).unwrap();
        let mut meanings = Meanings::default();
        let inner: Vec<_> = document.root().elements().collect();
        let inside = inner[0].get("a").unwrap();
        assert_eq!(meanings.of(inside), meanings.of(inner[1]));
        assert_ne!(meanings.of(inner[0]), meanings.of(inner[1]));
    }
}
