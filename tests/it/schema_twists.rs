//! Documents with one thing different, at each place: the quick judge sees what the careful one does.

use xray_phantom::json::{Document, Kind};
use xray_phantom::schema::{judge, judge_carefully};

/// Documents that the quick judge passes, with fields of each block that it knows.
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
        "type":"subsegment","parent_id":"00000000000000b9","namespace":"aws",
        "start_time":1721763840.25,"end_time":1721763840.75,
        "aws":{"operation":"GetItem","region":"r","table_name":"t","request_id":"i","retries":0,"queue_url":"q"},
        "http":{"response":{"status":200,"content_length":5}}}"#,
    r#"{"name":"db","id":"00000000000000a1","trace_id":"1-66a00000-0123456789abcdef01234567",
        "type":"subsegment","parent_id":"00000000000000b9","namespace":"remote","traced":true,
        "start_time":1721763840.25,"end_time":1721763840.75,
        "sql":{"url":"u","user":"u","database_type":"t","sanitized_query":"q"},
        "http":{"request":{"traced":true,"url":"u","method":"GET"},"response":{"status":503}},"fault":true}"#,
];

/// Values that are right somewhere, and wrong elsewhere.
const VALUES: [&str; 39] = [
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
    "5.5",
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

/// Where each value below the document stands, with the key of those that have one.
fn places(document: &Document) -> Vec<(std::ops::Range<usize>, Option<String>)> {
    let (mut found, mut waiting) = (Vec::new(), vec![(document.root(), None)]);
    while let Some((value, key)) = waiting.pop() {
        match value.kind() {
            Kind::Object => {
                waiting.extend(
                    value
                        .members()
                        .map(|(key, value)| (value, Some(key.to_string()))),
                );
            }
            Kind::Array => waiting.extend(value.elements().map(|value| (value, None))),
            _ => {}
        }
        found.push((value.offset()..value.offset() + value.raw().len(), key));
    }
    found
}

#[test]
fn each_value_at_each_place_is_judged_the_same() {
    for plain in PLAIN {
        // The order of fields stays: by it the quick judge tells subsegments.
        let plain: String = plain.lines().map(str::trim).collect();
        let document = Document::parse(&plain).unwrap();
        assert_eq!(judge(&document), []);
        for (place, key) in places(&document) {
            let given = &plain[place.clone()];
            let (before, behind) = (&plain[..place.start], &plain[place.end..]);
            for value in VALUES {
                check(&format!("{before}{value}{behind}"));
                if let Some(key) = &key {
                    // Said twice.
                    check(&format!("{before}{value},\"{key}\":{given}{behind}"));
                    check(&format!("{before}{given},\"{key}\":{value}{behind}"));
                }
            }
            if let Some(key) = key {
                // Another field, and one that is written with an escape.
                let before = before.strip_suffix(&format!("\"{key}\":")).unwrap();
                let (first, rest) = key.split_at(1);
                let escaped = format!("\\u{:04x}{rest}", u32::from(first.as_bytes()[0]));
                for other in ["x", "id", "name", "status", "type", &escaped] {
                    check(&format!("{before}\"{other}\":{given}{behind}"));
                }
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
