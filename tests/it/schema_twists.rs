//! Documents with one thing different, at each place: the quick judge sees what the careful one does.

use serde_json::Value;
use xray_phantom::json::Document;
use xray_phantom::schema::{judge, judge_carefully};

/// Documents that the quick judge passes, with all fields that it knows.
const PLAIN: [&str; 3] = [
    r#"{"name":"api","id":"00000000000000a1","trace_id":"1-66a00000-0123456789abcdef01234567",
        "start_time":1721763840.25,"end_time":1721763840.75,"in_progress":false,"user":"u-1",
        "origin":"AWS::Lambda::Function","resource_arn":"arn","parent_id":"00000000000000b9",
        "service":{"version":"1","runtime":"CPython"},"inferred":false,"error":true,
        "http":{"request":{"method":"GET","url":"http://api/","client_ip":"::1","user_agent":"curl","x_forwarded_for":true},
                "response":{"status":404,"content_length":5}},
        "aws":{"account_id":"123456789012","ec2":{"instance_id":"i"},"xray":{"sdk":"s","auto_instrumentation":false}},
        "annotations":{"a":"x","n":1,"t":true},
        "subsegments":[{"name":"put","id":"00000000000000b1","start_time":1721763840.25,"end_time":1721763840.75,
                        "http":{"response":{"status":200}}}]}"#,
    r#"{"name":"DynamoDB","id":"00000000000000a1","trace_id":"1-66a00000-0123456789abcdef01234567",
        "parent_id":"00000000000000b9","type":"subsegment","namespace":"aws",
        "start_time":1721763840.25,"end_time":1721763840.75,
        "aws":{"operation":"GetItem","region":"r","table_name":"t","request_id":"i","retries":0,"queue_url":"q"},
        "http":{"response":{"status":200,"content_length":5}}}"#,
    r#"{"name":"db","id":"00000000000000a1","trace_id":"1-66a00000-0123456789abcdef01234567",
        "parent_id":"00000000000000b9","type":"subsegment","namespace":"remote","traced":true,
        "start_time":1721763840.25,"end_time":1721763840.75,
        "sql":{"url":"u","user":"u","database_type":"t","sanitized_query":"q"},
        "http":{"request":{"traced":true,"url":"u","method":"GET"},"response":{"status":503}},"fault":true}"#,
];

/// Values that are right somewhere, and wrong elsewhere.
const VALUES: [&str; 38] = [
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "99",
    "100",
    "429",
    "499",
    "1000",
    "1.5",
    "4.5",
    "5.0",
    "2e2",
    "-10",
    "1e400",
    "1721763840",
    "1721763840.250000001",
    "99999999999999999999",
    r#""""#,
    r#""a""#,
    r#""\u0061""#,
    r#""\ud800""#,
    r#""ä""#,
    r#""429""#,
    r#""aws""#,
    r#""dynamodb""#,
    r#""subsegment""#,
    r#""00000000000000a1""#,
    r#""1-66a00000-0123456789abcdef01234567""#,
    "[]",
    "[null]",
    r#"["a"]"#,
    "[{}]",
    "{}",
    r#"{"a":1}"#,
    r#"{"":{"a":null}}"#,
];

#[track_caller]
fn check(text: &str) {
    let document = Document::parse(text).unwrap();
    assert_eq!(judge(&document), judge_carefully(&document), "{text}");
}

/// A pointer to each value below, with the key of those that have one.
fn places(value: &Value, place: &str, found: &mut Vec<(String, Option<String>)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let place = format!("{place}/{key}");
                found.push((place.clone(), Some(key.clone())));
                places(value, &place, found);
            }
        }
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                let place = format!("{place}/{index}");
                found.push((place.clone(), None));
                places(value, &place, found);
            }
        }
        _ => {}
    }
}

#[test]
fn each_value_at_each_place_is_judged_the_same() {
    for plain in PLAIN {
        let document: Value = serde_json::from_str(plain).unwrap();
        assert_eq!(judge(&Document::parse(plain).unwrap()), []);
        let mut found = Vec::new();
        places(&document, "", &mut found);
        for (place, key) in &found {
            let mut marked = document.clone();
            let value = marked.pointer_mut(place).unwrap();
            let given = std::mem::replace(value, "@".into());
            let marked = marked.to_string();
            for value in VALUES {
                check(&marked.replace("\"@\"", value));
                if let Some(key) = key {
                    // Said twice.
                    check(&marked.replace("\"@\"", &format!("{value},\"{key}\":{given}")));
                    check(&marked.replace("\"@\"", &format!("{given},\"{key}\":{value}")));
                }
            }
            if let Some(key) = key {
                // Another field, and one that is written with an escape.
                for other in ["x", "id", "name", "status", "type"] {
                    let renamed = format!("\"{other}\":{given}");
                    check(&marked.replace(&format!("\"{key}\":\"@\""), &renamed));
                }
                let (first, rest) = key.split_at(1);
                let escaped = format!(
                    "\"\\u{:04x}{rest}\":{given}",
                    u32::from(first.as_bytes()[0])
                );
                check(&marked.replace(&format!("\"{key}\":\"@\""), &escaped));
            }
        }
    }
}

#[test]
fn a_status_with_a_fraction_is_no_status() {
    let said = |status: &str| {
        let segment = r#"{"name":"api","id":"00000000000000a1","trace_id":"1-66a00000-0123456789abcdef01234567",
            "start_time":1721763840.25,"end_time":1721763840.75,"http":{"response":{"status":@}}}"#;
        let document = Document::parse(&segment.replace('@', status)).unwrap();
        let found = judge(&document);
        found
            .iter()
            .map(|violation| format!("{} {}", violation.code(), violation.pointer()))
            .collect::<Vec<_>>()
    };
    for status in ["200", "100", "399"] {
        assert_eq!(said(status), Vec::<String>::new(), "{status}");
    }
    for status in ["1.5", "2.5", "3.9"] {
        assert_eq!(
            said(status),
            ["loose-type /http/response/status"],
            "{status}"
        );
    }
}
