//! A trace as X-Ray gives it back.

use std::sync::Arc;

use serde_json::{Value, json};
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, ServiceSegment, ServiceView, assemble};

/// The view of documents, given without the trace id.
fn view(documents: &[&str]) -> ServiceView {
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(
            Document::parse(&text.replacen('{', "{\"trace_id\":\"t\",", 1)).unwrap(),
        ),
    });
    assemble(arrivals, &ExternalParents::none()).traces[0].service_view()
}

/// The documents of a view, whatever the order of the documents they are made of.
#[track_caller]
fn check(documents: &[&str], expected: &[Value]) {
    let read = |documents: &[&str]| {
        let view = view(documents);
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let segments = view.segments().iter();
        segments
            .map(|segment| read(segment.document()))
            .collect::<Vec<_>>()
    };
    assert_eq!(read(documents), expected);
    let reversed: Vec<&str> = documents.iter().rev().copied().collect();
    assert_eq!(read(&reversed), expected);
}

#[test]
fn ids_are_those_that_were_received() {
    let view = view(&[
        r#"{"id":"a","name":"api","start_time":1,"end_time":3,"subsegments":[
            {"id":"\ud800","name":"dynamodb","namespace":"aws","start_time":1,"end_time":2},
            {"id":"\ud801","name":"charge","namespace":"remote","start_time":2,"end_time":3}]}"#,
        r#"{"id":"c","name":"payments","parent_id":"\uD801","start_time":2,"end_time":3}"#,
    ]);
    let names: Vec<&str> = view.segments().iter().map(ServiceSegment::name).collect();
    assert_eq!(names, ["api", "payments", "dynamodb"]);
    let inferred = view.segments()[2].document();
    assert!(
        inferred.contains(r#","trace_id":"t","parent_id":"\ud800","inferred":true,"#),
        "{inferred}"
    );
}

#[test]
fn subsegments_that_came_on_their_own_are_inside_their_parents() {
    check(
        &[
            r#"{"id":"a","name":"api","start_time":1,"end_time":2,"user":"u","subsegments":[
                {"id":"b","trace_id":"t","parent_id":"a","name":"in","start_time":1,"end_time":2}]}"#,
            r#"{"type":"subsegment","id":"c","parent_id":"b","name":"deep","start_time":1,"end_time":1.5,"x":1.50}"#,
            r#"{"type":"subsegment","id":"d","parent_id":"a","name":"late","start_time":1.5,"end_time":2}"#,
        ],
        &[
            json!({"trace_id":"t","id":"a","name":"api","start_time":1,"end_time":2,"user":"u","subsegments":[
            {"id":"b","name":"in","start_time":1,"end_time":2,"subsegments":[
                {"id":"c","name":"deep","start_time":1,"end_time":1.5,"x":1.5}]},
            {"id":"d","name":"late","start_time":1.5,"end_time":2}]}),
        ],
    );
}

/// The inferred segments of a segment with one subsegment that has these fields.
fn inferred(fields: &str) -> Vec<Value> {
    let document = format!(
        r#"{{"id":"a","name":"api","start_time":1,"end_time":3,"subsegments":[
            {{"id":"b","start_time":1,"end_time":2,{fields}}}]}}"#
    );
    let view = view(&[&document]);
    let inferred = view
        .segments()
        .iter()
        .filter(|segment| segment.is_inferred());
    inferred
        .map(|segment| {
            let document: Value = serde_json::from_str(segment.document()).unwrap();
            assert_eq!(document["id"], segment.id());
            assert_eq!(document["name"], segment.name());
            document
        })
        .collect()
}

#[test]
fn a_call_of_another_service_is_a_segment_of_its_own() {
    let table = inferred(
        r#""name":"DynamoDB","namespace":"aws","fault":true,"annotations":{"k":1},
           "aws":{"operation":"PutItem","table_name":"Orders"},"http":{"response":{"status":500}}"#,
    );
    let id = table[0]["id"].clone();
    assert_eq!(id.as_str().unwrap().len(), 16);
    assert_eq!(
        table,
        [
            json!({"id":id,"trace_id":"t","parent_id":"b","inferred":true,"origin":"AWS::DynamoDB::Table",
            "start_time":1,"end_time":2,"name":"DynamoDB","fault":true,
            "aws":{"operation":"PutItem","table_name":"Orders"},"http":{"response":{"status":500}}})
        ]
    );
    assert!(inferred(r#""name":"work""#).is_empty());
    assert!(inferred(r#""name":"work","namespace":"local""#).is_empty());
}

#[test]
fn the_origin_says_what_was_called() {
    let origin = |fields: &str| inferred(fields)[0]["origin"].clone();
    let aws = |name: &str, fields: &str| {
        origin(&format!(
            r#""name":"{name}","namespace":"aws","aws":{{{fields}}}"#
        ))
    };
    assert_eq!(
        aws("dynamodb", r#""table_name":"T""#),
        "AWS::DynamoDB::Table"
    );
    assert_eq!(aws("DynamoDB", ""), "AWS::DynamoDB");
    assert_eq!(aws("s3", r#""bucket_name":"b""#), "AWS::S3::Bucket");
    assert_eq!(aws("S3", ""), "AWS::S3");
    assert_eq!(aws("SNS", r#""topic_arn":"a""#), "AWS::SNS");
    assert_eq!(aws("sqs", r#""queue_url":"q""#), "AWS::SQS::Queue");
    assert_eq!(aws("sqs", ""), "AWS::SQS");
    assert_eq!(aws("Kinesis", ""), "AWS::Kinesis");
    assert_eq!(aws("Secrets Manager", ""), "AWS::Unknown");
    assert_eq!(
        origin(r#""name":"db@host","namespace":"remote","sql":{"url":"x"}"#),
        "Database::SQL"
    );
    assert_eq!(origin(r#""name":"host","namespace":"remote""#), Value::Null);
}

#[test]
fn a_segment_that_was_sent_stands_instead_of_the_inferred_one() {
    let caller = r#"{"id":"a","name":"api","start_time":1,"end_time":3,"subsegments":[
        {"id":"b","name":"back","namespace":"remote","start_time":1,"end_time":2},
        {"id":"c","name":"other","namespace":"remote","start_time":2,"end_time":3}]}"#;
    let answer = r#"{"id":"d","parent_id":"b","name":"back","start_time":1,"end_time":2}"#;
    let view = view(&[caller, answer]);
    let segments: Vec<(&str, bool)> = view
        .segments()
        .iter()
        .map(|segment| (segment.name(), segment.is_inferred()))
        .collect();
    assert_eq!(segments, [("api", false), ("back", false), ("other", true)]);
    assert!(!view.limit_exceeded());
    assert_eq!(view.id(), "t");
    assert_eq!(view.duration().unwrap().as_secs(), 2);
}

#[test]
fn more_than_x_ray_keeps_of_a_trace_is_said() {
    let exceeded = |bytes: usize| {
        let document = |user: &str| {
            format!(r#"{{"id":"a","name":"api","start_time":1,"end_time":3,"user":"{user}"}}"#)
        };
        let trace_id = "\"trace_id\":\"t\",".len();
        let user = "u".repeat(bytes - trace_id - document("").len());
        view(&[&document(&user)]).limit_exceeded()
    };
    assert!(!exceeded(499_999));
    assert!(!exceeded(500_000));
    assert!(exceeded(500_001));
}

#[test]
fn inferred_ids_are_the_same_each_time_and_nobody_elses() {
    let documents = |other: &str| {
        format!(
            r#"{{"id":"a","name":"api","start_time":1,"end_time":3,"subsegments":[
                {{"id":"b","name":"x","namespace":"remote","start_time":1,"end_time":2}},
                {{"id":"{other}","name":"y","start_time":1,"end_time":2}}]}}"#
        )
    };
    let id = |other: &str| view(&[&documents(other)]).segments()[1].id().to_owned();
    let first = id("c");
    // FNV-1a of `t` and `b`, so that it stays the same from version to version.
    assert_eq!(first, "08c82e07b56aadf3");
    assert_eq!(id("c"), first);
    assert_ne!(id(&first), first);
}

#[test]
fn a_deep_trace_costs_no_stack() {
    let depth = 1_300;
    let open = r#"{"name":"s","start_time":1,"end_time":2,"subsegments":["#;
    let document = format!("{}{}", open.repeat(depth), "]}".repeat(depth));
    let view = view(&[&document]);
    assert_eq!(
        view.segments()[0].document().matches("\"s\"").count(),
        depth
    );
    Document::parse(view.segments()[0].document()).unwrap();
}
