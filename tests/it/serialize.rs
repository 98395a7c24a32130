//! Traces and normalised traces in other formats.

use std::sync::Arc;

use serde_json::{Value, json};
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, PartialTrace, assemble};

fn partial(documents: &[&str]) -> PartialTrace {
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(text).unwrap()),
    });
    assemble(arrivals, &ExternalParents::none())
        .traces
        .remove(0)
}

const SEGMENT: &str = r#"{"trace_id":"1-66a00000-0123456789abcdef01234567","id":"00000000000000a1","name":"api","start_time":1.0,
    "end_time":2.5,"annotations":{"n":1,"n":2,"big":18446744073709551615,"huge":1e999,"float":1.50},"metadata":{"d":{"half":"\ud800"}},
    "subsegments":[{"id":"00000000000000b1","name":"put","namespace":"aws","start_time":1,"end_time":2,"throttle":true,
    "aws":{"operation":"PutItem"}}]}"#;

#[test]
fn a_trace_has_the_shape_of_a_report() {
    let trace = partial(&[SEGMENT]).complete().unwrap();
    let expected: Value = serde_json::from_str(
        r#"{
        "id": "1-66a00000-0123456789abcdef01234567", "complete": true, "start_time": 1.0, "duration": 1.5, "defects": [],
        "roots": [{
            "id": "00000000000000a1", "kind": "segment", "name": "api", "namespace": null, "parent_id": null,
            "start_time": 1.0, "end_time": 2.5, "error": false, "fault": false, "throttle": false, "in_progress": false,
            "inferred": false, "annotations": {"n": 2, "big": 18446744073709551615, "huge": "1e999", "float": 1.5},
            "metadata": {"d": {"half": "\ufffd"}}, "http": null, "aws": null, "sql": null,
            "children": [{
                "id": "00000000000000b1", "kind": "subsegment", "name": "put", "namespace": "aws",
                "parent_id": "00000000000000a1", "start_time": 1, "end_time": 2, "error": false, "fault": false,
                "throttle": true, "in_progress": false, "inferred": false, "annotations": {}, "metadata": {},
                "http": null, "aws": {"operation": "PutItem"}, "sql": null, "children": []
            }]
        }]}"#,
    )
    .unwrap();
    assert_eq!(serde_json::to_value(&trace).unwrap(), expected);
    let partial = partial(&[SEGMENT]);
    assert_eq!(serde_json::to_value(&partial).unwrap(), expected);
}

#[test]
fn a_partial_trace_tells_its_defects() {
    let open = r#"{"trace_id":"t","id":"a1","name":"api","start_time":1}"#;
    let value = serde_json::to_value(partial(&[open])).unwrap();
    assert_eq!(value["complete"], false);
    assert_eq!(value["duration"], Value::Null);
    assert_eq!(
        value["defects"],
        json!([{"code": "never-closed", "severity": "error", "file": null, "seq": 0, "id": "a1",
                "message": "the future was dropped, or the program ended, before it was closed: the document of segment `api` has no end_time"}])
    );
    assert_eq!(value["roots"][0]["in_progress"], true);
}

#[test]
fn what_is_normal_is_the_same_in_every_format() {
    let trace = partial(&[SEGMENT]);
    let normalized = trace.normalized();
    let value: Value = serde_json::to_value(&normalized).unwrap();
    assert_eq!(value[0]["subsegments"][0]["parent_id"], "<id 1>");
    let kept = partial(&[r#"{"trace_id":"t","id":"a","metadata":{"d":[1,"x",null,true,{}]}}"#]);
    let normalized = kept.normalized();
    let value: Value = serde_json::to_value(&normalized).unwrap();
    assert_eq!(
        serde_json::to_string_pretty(&value).unwrap(),
        normalized.to_string()
    );
}

#[test]
fn a_value_is_refused_where_formats_would_run_out_of_stack() {
    let nested = |levels: usize| {
        let text = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let document = Document::parse(&text).unwrap();
        serde_json::to_string(&document.root()).map_err(|error| error.to_string())
    };
    assert_eq!(nested(512).unwrap().len(), 1_024);
    assert_eq!(nested(513).unwrap_err(), "nested deeper than 512 levels");
    assert_eq!(nested(4_000).unwrap_err(), "nested deeper than 512 levels");
}
