//! What holds for every document, by itself.

use std::collections::BTreeSet;

use serde::de::IgnoredAny;
use xray_phantom::json::{Document, Kind, MAX_DEPTH, Value, write_text};
use xray_phantom::schema::{
    Consequence, Rule, Secrets, Violation, judge, judge_carefully, witness,
};

use crate::text::is_printable;

/// Reads and judges one document, and holds the judge against the JSON Schema.
pub fn document(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    readers_agree(text);
    if let Ok(document) = Document::parse(text) {
        nothing_is_lost(&document);
        is_judged(&document);
        are_told(&Secrets::new().judge(&document));
        witnesses_agree(&document);
    }
}

/// The plain reader, the careful one, and another of the same grammar.
fn readers_agree(text: &str) {
    let careful = Document::parse_carefully(text);
    let usual = Document::parse(text);
    match (&usual, &careful) {
        (Ok(one), Ok(other)) => assert!(one == other, "{text:?}"),
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        _ => panic!("read: {usual:?}, carefully: {careful:?}"),
    }
    if let Some(plain) = Document::parse_plainly(text) {
        assert_eq!(Some(&plain), usual.as_ref().ok());
    }
    let other = serde_json::from_str::<IgnoredAny>(text);
    match (&usual, &other) {
        (Ok(_), Ok(_)) => {}
        (Err(error), Err(_)) => is_printable(&error.to_string()),
        (Err(error), Ok(_)) => assert!(
            error
                .to_string()
                .contains(&format!("deeper than {MAX_DEPTH}")),
            "{error} in {text:?}"
        ),
        (Ok(_), Err(error)) => panic!("{error} in {text:?}"),
    }
}

/// Judges a document twice; each violation leads to a place in it.
pub(crate) fn is_judged(document: &Document) {
    let violations = judge(document);
    assert_eq!(violations, judge_carefully(document));
    for violation in violations.iter().take(MOST) {
        let leads = leads(document.root(), violation.pointer());
        assert!(leads, "{violation} in {}", document.text());
    }
    are_told(&violations);
}

/// The texts of all values stand in the document, and each string can be written again.
fn nothing_is_lost(document: &Document) {
    let mut waiting = vec![document.root()];
    while let Some(value) = waiting.pop() {
        assert!(document.text()[value.offset()..].starts_with(value.raw()));
        match value.kind() {
            Kind::Array => waiting.extend(value.elements()),
            Kind::Object => waiting.extend(value.members().map(|(_, value)| value)),
            Kind::String => {
                let text = value.as_str().unwrap_or_default();
                let mut json = String::new();
                write_text(&mut json, &text);
                let again = serde_json::from_str::<String>(&json);
                assert_eq!(again.ok().as_deref(), Some(&*text));
            }
            Kind::Number => {
                let number = value.as_number().expect("a number");
                assert!(!number.as_f64().is_nan());
                // Cut, where it is beyond the decimals.
                if let (Some(whole), Some(scaled)) = (number.as_i64(), number.scaled(0)) {
                    assert_eq!(i128::from(whole), scaled);
                }
            }
            Kind::Bool | Kind::Null => {}
        }
    }
}

/// They are in order, and each can be read.
fn are_told(violations: &[Violation]) {
    assert!(violations.is_sorted_by_key(Violation::pointer));
    for violation in violations.iter().take(MOST) {
        is_printable(&violation.to_string());
        is_printable(violation.message());
        assert!(!violation.names().is_empty());
    }
}

/// Whether a pointer leads to a value; through any of duplicate keys, as half a character may stand
/// in one that does not count.
fn leads(root: Value<'_>, pointer: &str) -> bool {
    let mut values = vec![root];
    for step in pointer.split('/').skip(1) {
        let key = step.replace("~1", "/").replace("~0", "~");
        let inside = values.iter().flat_map(|value| {
            let index = step.parse().ok();
            let element = index.and_then(|index| value.elements().nth(index));
            let members = value.members().filter(|(name, _)| *name == *key);
            element.into_iter().chain(members.map(|(_, value)| value))
        });
        values = inside.collect();
    }
    !values.is_empty()
}

/// The judge and the JSON Schema say the same. The size of a document is beyond a schema.
fn witnesses_agree(document: &Document) {
    let violations = judge(document);
    let judged: BTreeSet<(&str, &str)> = violations
        .iter()
        .filter(|violation| violation.consequence() != Consequence::Lint)
        .filter(|violation| violation.rule() != Rule::DocumentTooLarge)
        .map(|violation| (violation.pointer(), violation.code()))
        .collect();
    let testimonies = witness(document);
    let witnessed: BTreeSet<(&str, &str)> = testimonies
        .iter()
        .map(|testimony| (testimony.pointer(), testimony.code()))
        .collect();
    assert_eq!(judged, witnessed, "{}", document.text());
    for testimony in &testimonies {
        is_printable(&testimony.to_string());
    }
}

/// How many violations of a document are looked at: more cost more than they find.
const MOST: usize = 50;
