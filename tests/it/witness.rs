//! The typed judge and the JSON Schema give the same answers.

mod names;
mod required;
mod samples;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use proptest::prelude::*;
use serde_json::Value;
use xray_phantom::capture::CaptureFile;
use xray_phantom::json::Document;
use xray_phantom::schema::{Consequence, Rule, judge, judge_carefully, witness};

use crate::support::fixture;
use crate::witness::samples::{Sample, mutations};

const SCHEMA: &str = include_str!("../../schemas/segment-document.schema.json");

/// What a witness said: pointers and codes.
type Said = BTreeSet<(String, &'static str)>;

/// What the typed judge says that a schema can say too.
fn judged(document: &Document) -> Said {
    judge(document)
        .iter()
        .filter(|violation| violation.consequence() != Consequence::Lint)
        .filter(|violation| violation.rule() != Rule::DocumentTooLarge)
        .map(|violation| (violation.pointer().to_owned(), violation.code()))
        .collect()
}

fn witnessed(document: &Document) -> Said {
    witness(document)
        .iter()
        .map(|testimony| (testimony.pointer().to_owned(), testimony.code()))
        .collect()
}

/// Both say the same of a document, which is returned.
#[track_caller]
fn agreed(document: &Document) -> Said {
    assert_eq!(
        judge(document),
        judge_carefully(document),
        "{}",
        document.text()
    );
    let (judged, witnessed) = (judged(document), witnessed(document));
    assert_eq!(
        judged,
        witnessed,
        "judge and witness of {document}",
        document = document.text()
    );
    judged
}

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let said = agreed(&Document::parse(text).unwrap());
    let said: Vec<(&str, &str)> = said
        .iter()
        .map(|(pointer, code)| (&**pointer, *code))
        .collect();
    assert_eq!(said, expected, "{text}");
}

/// A complete segment with one more member.
fn with(member: &str) -> String {
    format!(
        r#"{{"name":"OrdersWorker","id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793","start_time":1,"end_time":2,{member}}}"#
    )
}

/// For each rule a document that breaks it, and one that just keeps it.
fn rule_texts() -> Vec<String> {
    let entries = fs::read_dir(fixture("rules")).unwrap();
    let texts = entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    texts.collect()
}

#[test]
fn both_say_the_same_of_what_breaks_a_rule_and_what_just_keeps_it() {
    for text in rule_texts() {
        agreed(&Document::parse(&text).unwrap());
    }
}

#[test]
fn both_say_the_same_of_every_document_of_the_official_sdks() {
    let folders = ["corpora/adot", "corpora/node", "corpora/python"].map(fixture);
    let files = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    let mut documents = 0;
    for file in files.filter(|file| {
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
    }) {
        for received in CaptureFile::read(&file).unwrap().datagrams() {
            if let Some(document) = received.document() {
                agreed(document);
                documents += 1;
            }
        }
    }
    assert!(documents >= 400, "{documents}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn both_say_the_same_of_documents_with_mistakes(first in 0..Sample::COUNT, mutations in mutations()) {
        let mut sample = Sample::number(first);
        for mutation in &mutations {
            sample.mutate(mutation);
        }
        agreed(&Document::parse(&sample.to_string()).unwrap());
    }
}

#[test]
fn the_samples_are_valid_and_hold_every_field() {
    let mut fields = BTreeSet::new();
    for number in 0..Sample::COUNT {
        let text = Sample::number(number).to_string();
        check(&text, &[]);
        fields.extend(keys(&serde_json::from_str(&text).unwrap()));
    }
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut missing = Vec::new();
    each_schema("", &schema, &mut |_, schema| {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, _) in properties.into_iter().flatten() {
            if !fields.contains(key) {
                missing.push(key.clone());
            }
        }
    });
    assert_eq!(missing, [] as [&str; 0]);
}

fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Array(elements) => elements.iter().flat_map(keys).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| [vec![key.clone()], keys(value)].concat())
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn both_say_the_same_of_what_is_no_object() {
    let all = [
        ("", "missing-end-time"),
        ("", "missing-id"),
        ("", "missing-name"),
        ("", "missing-start-time"),
        ("", "missing-trace-id"),
    ];
    for text in ["[]", "null", "1e400", "\"subsegment\"", "{}"] {
        check(text, &all);
    }
}

#[test]
fn both_read_escapes_and_take_the_last_of_duplicate_keys() {
    check(
        r#"{"type":"subsegmen\u0074"}"#,
        &[
            ("", "missing-end-time"),
            ("", "missing-id"),
            ("", "missing-name"),
            ("", "missing-parent-id"),
            ("", "missing-start-time"),
            ("", "missing-trace-id"),
        ],
    );
    check(&with(r#""us\u0065r":1"#), &[("/user", "field-type")]);
    check(
        &with(r#""user":1,"user":"a","id":"x","id":"53995c3f42cd8ad\u0038""#),
        &[],
    );
    check(
        &with(r#""annotations":{"a":null},"annotations":{"b":1,"b":[]}"#),
        &[("/annotations/b", "annotation-value")],
    );
    check(
        &with(r#""subsegments":[{}],"subsegments":[],"x":1,"x":2"#),
        &[],
    );
}

#[test]
fn both_name_the_member_that_has_a_bad_key() {
    check(
        &with(r#""annotations":{"":1,"a/b":1,"~":1,"0":1,"é":{},"\ud800":"x","ok.too_1":true}"#),
        &[
            ("/annotations/", "annotation-key"),
            ("/annotations/a~1b", "annotation-key"),
            ("/annotations/~0", "annotation-key"),
            ("/annotations/é", "annotation-key"),
            ("/annotations/é", "annotation-value"),
            ("/annotations/\u{fffd}", "annotation-key"),
        ],
    );
}

#[test]
fn both_count_characters_and_not_bytes() {
    let long = |character: &str, count: usize| character.repeat(count);
    check(&with(&format!(r#""user":"{}""#, long("é", 250))), &[]);
    check(&with(&format!(r#""user":"{}""#, long(r"\u00e9", 250))), &[]);
    check(
        &with(&format!(r#""user":"{}""#, long("é", 251))),
        &[("/user", "text-length")],
    );
    check(&with(&format!(r#""name":"{}""#, long("𝒜", 200))), &[]);
    check(
        &with(&format!(r#""name":"{}""#, long("𝒜", 201))),
        &[("/name", "name-format")],
    );
    check(
        &with(&format!(
            r#""annotations":{{"{}":"{}"}}"#,
            long("k", 500),
            long("é", 1_000)
        )),
        &[],
    );
    let key = long("k", 501);
    let place = format!("/annotations/{key}");
    check(
        &with(&format!(
            r#""annotations":{{"{key}":"{}"}}"#,
            long("é", 1_001)
        )),
        &[(&place, "annotation-key"), (&place, "annotation-length")],
    );
    check(&with(r#""id":"53995c3f42cd8ad""#), &[("/id", "id-format")]);
    check(&with(r#""id":"53995c3f42cd8ad𝒜""#), &[]);
}

#[test]
fn both_know_integers_however_they_are_written() {
    let skipped = |number: &str| {
        with(&format!(
            r#""cause":{{"exceptions":[{{"id":"53995c3f42cd8ad8","skipped":{number}}}]}}"#
        ))
    };
    for integer in [
        "0",
        "-0",
        "200.0",
        "2.5e1",
        "1e400",
        "1180591620717411303424",
        "9007199254740993.0",
    ] {
        check(&skipped(integer), &[]);
    }
    for other in ["0.5", "1e-400", "9007199254740993.5", "\"1\"", "null"] {
        check(
            &skipped(other),
            &[("/cause/exceptions/0/skipped", "field-type")],
        );
    }
}

#[test]
fn digits_of_a_content_length_may_be_escaped() {
    let length = |text: &str| {
        with(&format!(
            r#""http":{{"response":{{"content_length":{text}}}}}"#
        ))
    };
    for text in [r#""12""#, r#""\u00312""#, "12.5"] {
        check(&length(text), &[]);
    }
    for text in [r#""""#, r#""12 ""#, r#""12\n""#, r#""１２""#, "true"] {
        check(
            &length(text),
            &[("/http/response/content_length", "field-type")],
        );
    }
}

/// A segment with so many levels of subsegments, and the text of the innermost.
fn nested(levels: usize, innermost: &str) -> String {
    let mut text = String::new();
    for level in 0..levels {
        write!(
            text,
            r#"{{"name":"OrdersWorker","id":"{level:016x}","trace_id":"1-5759e988-bd862e3fe1be46a994272793","start_time":1,"end_time":2,"subsegments":["#
        )
        .unwrap();
    }
    write!(text, "{innermost}{}", "]}".repeat(levels)).unwrap();
    text
}

#[test]
fn the_deepest_subsegment_is_witnessed() {
    for levels in [1, 14, 15, 16, 17, 30, 31, 32, 33, 1_500] {
        let place = "/subsegments/0".repeat(levels);
        check(
            &nested(
                levels,
                r#"{"id":"53995c3f42cd8ad8","name":"","start_time":1,"in_progress":true,"precursor_ids":[1]}"#,
            ),
            &[
                (&format!("{place}/name"), "name-format"),
                (&format!("{place}/precursor_ids/0"), "field-type"),
            ],
        );
        check(&nested(levels, "7"), &[(&place, "field-type")]);
        let members = format!("{}/subsegments", "/subsegments/0".repeat(levels - 1));
        check(
            &nested(levels, "").replace("[]", "{}"),
            &[(&members, "field-type")],
        );
    }
}

#[test]
fn a_deep_value_that_no_schema_describes_is_no_matter() {
    let deep = format!(
        "{}{}",
        r#"{"subsegments":["#.repeat(2_000),
        "]}".repeat(2_000)
    );
    check(
        &with(&format!(
            r#""metadata":{deep},"other":{deep},"user":{deep}"#
        )),
        &[("/user", "field-type")],
    );
}

#[test]
fn a_testimony_says_what_breaks_which_part_of_the_schema() {
    let document = Document::parse(&with(
        r#""annotations":{"order id":"o-1"},"user":7,"end_time":"x""#,
    ))
    .unwrap();
    let said: Vec<String> = witness(&document).iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "pruned (annotation-key): `order id` breaks /$defs/annotations/allOf/1/propertyNames/pattern of the schema: \
         the key of an annotation has another character than letters, digits, `_` and `.`, or more than 500, or none\n  \
         at /annotations/order id",
            "rejected (time-type): `x` breaks /$defs/time/type of the schema: `start_time` or `end_time` is no number\n  \
         at /end_time",
            "pruned (field-type): 7 breaks /$defs/short-text/allOf/0/type of the schema: \
         a field has another type than the schema gives it\n  at /user",
        ]
    );
    let document = Document::parse("{}").unwrap();
    assert_eq!(
        witness(&document)[0].to_string(),
        "rejected (missing-end-time): /$defs/ended-or-in-progress/anyOf of the schema is broken: \
         an entity has neither `end_time` nor `in_progress: true`\n  in the document"
    );
}

/// Calls `see` with each subschema and its place, those behind `if` left out: they report nothing.
fn each_schema<'a>(place: &str, schema: &'a Value, see: &mut dyn FnMut(&str, &'a Value)) {
    let Some(keywords) = schema.as_object() else {
        return;
    };
    see(place, schema);
    for (keyword, value) in keywords {
        let inside = format!("{place}/{keyword}");
        match (&**keyword, value) {
            ("const" | "if", _) => {}
            ("$defs" | "properties", Value::Object(named)) => {
                for (name, value) in named {
                    each_schema(&format!("{inside}/{name}"), value, see);
                }
            }
            (_, Value::Array(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    each_schema(&format!("{inside}/{index}"), value, see);
                }
            }
            _ => each_schema(&inside, value, see),
        }
    }
}

#[test]
fn whatever_can_fail_in_the_schema_stands_below_the_code_of_its_rule() {
    let known = [
        "$comment",
        "$defs",
        "$ref",
        "$schema",
        "additionalProperties",
        "allOf",
        "description",
        "else",
        "if",
        "items",
        "properties",
        "propertyNames",
        "then",
        "title",
    ];
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut stated = BTreeSet::new();
    each_schema("", &schema, &mut |place, subschema| {
        if let Some(comment) = subschema.get("$comment") {
            let (code, source) = comment.as_str().unwrap().split_once(": ").unwrap();
            assert!(!source.is_empty(), "{place}");
            stated.insert(code);
        }
        // Draft 7, as which the witness reads it, sees nothing beside a `$ref`.
        let alone = subschema.get("$ref").is_none() || subschema.as_object().unwrap().len() == 1;
        assert!(alone, "{place}");
        let can_fail = subschema
            .as_object()
            .unwrap()
            .keys()
            .any(|keyword| !known.contains(&&**keyword));
        let mut around = place;
        while can_fail && schema.pointer(around).unwrap().get("$comment").is_none() {
            let Some(end) = around.rfind('/') else {
                panic!("no rule is stated at {place} or around it")
            };
            around = &around[..end];
        }
    });
    let rules = Rule::ALL
        .iter()
        .filter(|rule| rule.consequence() != Consequence::Lint);
    let rules: BTreeSet<&str> = rules
        .map(Rule::code)
        .filter(|code| *code != "document-too-large")
        .collect();
    assert_eq!(stated, rules);
}

#[test]
fn another_reader_of_the_schema_and_of_documents_agrees() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let validator = jsonschema::validator_for(&schema).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for text in rule_texts() {
        // It reads no half characters.
        if let Ok(value) = serde_json::from_str(&text) {
            let expected = witness(&Document::parse(&text).unwrap()).is_empty();
            assert_eq!(validator.is_valid(&value), expected, "{text}");
            valid += usize::from(expected);
            invalid += usize::from(!expected);
        }
    }
    assert!(valid > 50 && invalid > 15, "{valid} {invalid}");
}
