//! The text of every failure, all of them in snapshots that can be read from end to end.
#![expect(
    clippy::redundant_closure_for_method_calls,
    clippy::too_many_lines,
    reason = "each failure stands here as a test would provoke it"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use xray_phantom::expect::{any, contains, ends_with, glob, not, one_of, regex, starts_with};
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, assemble, sample};
use xray_phantom::{Mismatch, Trace, tree};

/// The trace of these documents.
fn trace_of(documents: &[&str]) -> Trace {
    let arrivals = documents.iter().zip(0..).map(|(document, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(document).unwrap()),
    });
    let mut assembly = assemble(arrivals, &ExternalParents::default());
    assert_eq!(assembly.traces.len(), 1);
    assembly.traces.remove(0).complete().unwrap()
}

/// Texts under their titles.
#[derive(Default)]
struct Texts(String);

impl Texts {
    #[track_caller]
    fn add(&mut self, title: &str, checked: Result<(), Mismatch>) {
        let Err(mismatch) = checked else {
            panic!("{title} holds");
        };
        let text = mismatch.to_string();
        for line in text.lines() {
            let is_one_word = line.trim().split(' ').count() <= 2;
            assert!(line.chars().count() <= 80 || is_one_word, "{title}: {line}");
            assert!(!line.chars().any(char::is_control), "{title}: {line:?}");
        }
        let _ = write!(self.0, "## {title}\n\n{text}\n");
    }
}

#[test]
fn entities_by_name() {
    let trace = sample();
    let assert = trace.assert();
    let mut texts = Texts::default();
    let mut add = |title: &str, checked| texts.add(title, checked);
    add(
        "a segment that is not there",
        assert.try_segment("Billing", |s| s),
    );
    add(
        "a segment whose name is nearly right",
        assert.try_segment("OrderWorker", |s| s),
    );
    add(
        "a subsegment asked for as a segment",
        assert.try_segment("auth", |s| s),
    );
    add(
        "a segment asked for as a subsegment",
        assert.try_subsegment("OrdersWorker", |s| s),
    );
    add(
        "a child that is not there",
        assert.try_segment("OrdersWorker", |s| s.child("audit", |s| s)),
    );
    add(
        "a child that lies deeper",
        assert.try_segment("OrdersWorker", |s| s.child("DynamoDB", |s| s)),
    );
    add(
        "a child of another parent",
        assert.try_subsegment("auth", |s| s.child("DynamoDB", |s| s)),
    );
    add(
        "a child of a leaf",
        assert.try_subsegment("DynamoDB", |s| s.child("x", |s| s)),
    );
    add(
        "a descendant that is not there",
        assert.try_segment("OrdersWorker", |s| s.descendant("Kinesis", |s| s)),
    );
    add(
        "a name by a pattern",
        assert.try_subsegment(glob("dynamo-g*"), |s| s),
    );
    add(
        "a name that X-Ray would not take",
        assert.try_subsegment("dynamo?put", |s| s),
    );
    add("an empty name", assert.try_lacks_subsegment(""));
    add(
        "a name that is too long",
        assert.try_subsegment("x".repeat(201), |s| s),
    );
    add(
        "a name with quotes, a newline and a terminal escape",
        assert.try_subsegment("a\"b\n\u{1b}[31mred", |s| s),
    );
    add(
        "the second of one",
        assert.try_nth_subsegment("auth", 1, |s| s),
    );
    add(
        "the second of none",
        assert.try_nth_subsegment("audit", 1, |s| s),
    );
    add(
        "the wrong one",
        assert.try_nth_subsegment(any(), 1, |s| s.name("auth")),
    );
    add(
        "each of none",
        assert.try_each_subsegment("audit", |s| s.succeeded()),
    );
    add(
        "each, and one is not so",
        assert.try_each_subsegment(any(), |s| s.succeeded()),
    );
    add(
        "each child, and all are not so",
        assert.try_segment("OrdersWorker", |s| {
            s.each_child(any(), |s| s.namespace("local"))
        }),
    );
    add("too few", assert.try_subsegment_count("DynamoDB", 2));
    add(
        "too many",
        assert.try_segment("OrdersWorker", |s| s.child_count(any(), ..=3)),
    );
    add(
        "too few segments",
        assert.try_segment_count("OrdersWorker", 2),
    );
    add(
        "too many descendants",
        assert.try_segment("OrdersWorker", |s| s.descendant_count(any(), 3)),
    );
    add(
        "none of a number",
        assert.try_subsegment_count("Dynamo-DB", 1),
    );
    add(
        "one that should not be",
        assert.try_lacks_subsegment("DynamoDB"),
    );
    add(
        "a child that should not be",
        assert.try_segment("OrdersWorker", |s| s.lacks_child(starts_with("dynamo"))),
    );
    add(
        "two in one chain",
        assert.try_segment("OrdersWorker", |s| {
            s.child("auth", |s| s.faulted())
                .child("charge", |s| s.succeeded())
        }),
    );
    add(
        "what holds beside what does not",
        assert.try_segment("OrdersWorker", |s| {
            s.lacks_child("Kinesis")
                .lacks_descendant("Kinesis")
                .child_count("auth", 1)
                .each_child_if_any("Kinesis", |s| s.succeeded())
                .each_child("auth", |s| s.succeeded())
                .lacks_annotation("order_id")
                .annotation("tenant", "t1")
                .lacks_cause()
                .succeeded()
                .status(200)
                .faulted()
        }),
    );
    insta::assert_snapshot!("entities_by_name", texts.0);
}

#[test]
fn matchers_that_nothing_can_match() {
    let trace = sample();
    let assert = trace.assert();
    let mut texts = Texts::default();
    let mut add = |title: &str, checked| texts.add(title, checked);
    add(
        "an expression that is none",
        assert.try_subsegment(regex("dynamo-(put"), |s| s),
    );
    add(
        "an expression that is none, absent",
        assert.try_lacks_subsegment(regex("[")),
    );
    add(
        "an empty pattern",
        assert.try_each_subsegment_if_any(glob(""), |s| s),
    );
    add(
        "one of none",
        assert.try_lacks_subsegment(one_of::<&str>([])),
    );
    add(
        "one of what cannot be",
        assert.try_subsegment(one_of([regex("("), regex(")")]), |s| s),
    );
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is tried")]
    let reversed = 3..1;
    add(
        "a range of nothing",
        assert.try_subsegment_count(any(), reversed),
    );
    add(
        "a number of something that cannot be",
        assert.try_subsegment_count(glob(""), 0),
    );
    add(
        "an empty range of times",
        assert.try_duration(Duration::ZERO..Duration::ZERO),
    );
    add(
        "not what cannot be",
        assert.try_segment("OrdersWorker", |s| s.annotation("tenant", not(regex("(")))),
    );
    add(
        "no number of JSON",
        assert.try_segment("OrdersWorker", |s| s.annotation("tenant", f64::NAN)),
    );
    add(
        "order of what cannot be",
        assert.try_before(glob(""), "auth"),
    );
    add("a tree of nothing", assert.try_tree(tree! {}));
    add("a path of nothing", assert.try_critical_path([]));
    insta::assert_snapshot!("matchers_that_nothing_can_match", texts.0);
}

#[test]
fn fields() {
    let trace = sample();
    let assert = trace.assert();
    let mut texts = Texts::default();
    let mut add = |title: &str, checked| texts.add(title, checked);
    add(
        "its own fields",
        assert.try_segment("OrdersWorker", |s| {
            s.name("Orders")
                .namespace("aws")
                .user("u-2")
                .origin(starts_with("AWS::ECS"))
                .status(201)
                .duration(..Duration::from_millis(50))
                .self_time(Duration::from_millis(20))
                .depth(2)
        }),
    );
    add(
        "annotations",
        assert.try_subsegment("dynamo-put", |s| {
            s.annotation("order_id", "o-1")
                .annotation("order_id", "o-2")
                .annotation("items", "3")
                .annotation("items", 4..)
                .annotation("items", true)
                .annotation("items", 3.5)
                .annotation("order_id", 1)
                .annotation("order_id", ends_with("-2"))
                .annotation("order_id", |value: &xray_phantom::json::Value<'_>| {
                    value.as_bool().is_some()
                })
                .lacks_annotation("items")
        }),
    );
    add(
        "a number that is expected as a text",
        assert.try_subsegment("dynamo-put", |s| s.annotation("items", "3")),
    );
    add(
        "an annotation of another entity",
        assert.try_segment("OrdersWorker", |s| s.annotation("order_id", "o-1")),
    );
    add(
        "an annotation whose key is nearly right",
        assert.try_subsegment("dynamo-put", |s| s.annotation("orderid", "o-1")),
    );
    add(
        "an annotation that is metadata",
        assert.try_subsegment("dynamo-put", |s| s.annotation("cart", any())),
    );
    add(
        "metadata",
        assert.try_subsegment("dynamo-put", |s| {
            s.metadata("default", &json!({"cart": {"n": 3}}))
                .metadata("default", &json!({"cart": {"total": 3}}))
                .metadata("default", &json!({"cart": {"lines": ["pen"]}}))
                .metadata("default", &json!({"cart": ["pen"]}))
                .metadata_exactly("default", &json!({"cart": {"lines": ["pen", "ink"]}}))
                .metadata("debug", &"x")
                .metadata("default", &BTreeMap::from([((1, 2), 3)]))
        }),
    );
    add(
        "blocks that are not there",
        assert.try_subsegment("dynamo-put", |s| {
            s.aws(|a| a).http(|h| h).sql(|q| q).cause(|e| e)
        }),
    );
    add(
        "an AWS call",
        assert.try_subsegment("DynamoDB", |s| {
            s.aws(|a| {
                a.operation("GetItem")
                    .table("Users")
                    .region("us-east-1")
                    .retries(3)
                    .request_id("1")
                    .account_id("1")
                    .queue_url(any())
                    .topic_arn(any())
                    .bucket(any())
                    .function(any())
                    .field("count", 1)
            })
        }),
    );
    add(
        "an HTTP request",
        assert.try_segment("OrdersWorker", |s| {
            s.http(|h| {
                h.method("GET")
                    .url(contains("?id="))
                    .user_agent("curl")
                    .client_ip(not("192.0.2.7"))
                    .status(400..500)
                    .content_length(..10)
                    .field("trailer", any())
            })
        }),
    );
    add(
        "a query",
        assert.try_subsegment("users-db", |s| {
            s.sql(|q| {
                q.query("SELECT 1")
                    .url(regex("^mysql:"))
                    .database_type("MySQL")
                    .database_version("8")
                    .driver_version("1")
                    .user("root")
                    .preparation("call")
                    .field("connection_string", any())
            })
        }),
    );
    add(
        "an exception",
        assert.try_subsegment("charge", |s| {
            s.cause(|e| {
                e.type_name("TimeoutError")
                    .message(starts_with("after"))
                    .remote(true)
                    .frame("orders::place")
                    .caused_by(|e| {
                        e.type_name("IoError")
                            .remote(false)
                            .frame(any())
                            .caused_by(|e| e)
                    })
            })
        }),
    );
    add(
        "no cause",
        assert.try_subsegment("charge", |s| s.lacks_cause()),
    );
    add("success", assert.try_subsegment("SNS", |s| s.succeeded()));
    add(
        "flags",
        assert.try_subsegment("charge", |s| s.errored().throttled().faulted()),
    );
    add(
        "flags of what succeeded",
        assert.try_subsegment("DynamoDB", |s| s.errored().faulted().throttled()),
    );
    insta::assert_snapshot!("fields", texts.0);
}

#[test]
fn the_trace_as_a_whole() {
    let trace = sample();
    let assert = trace.assert();
    let mut texts = Texts::default();
    let mut add = |title: &str, checked| texts.add(title, checked);
    add("faults", assert.try_no_faults());
    add("all succeeded", assert.try_all_succeeded());
    add(
        "duration",
        assert.try_duration(Duration::from_millis(200)..),
    );
    add("depth", assert.try_depth(1..=2));
    add("entities", assert.try_entity_count(3));
    add("before", assert.try_before("dynamo-put", "charge"));
    add("before itself", assert.try_before("auth", "auth"));
    add(
        "before what is not there",
        assert.try_before("auth", "dynamo-putt"),
    );
    add("after", assert.try_after("charge", "dynamo-put"));
    add(
        "overlapping",
        assert.try_overlapping("auth", one_of(["charge", "SNS"])),
    );
    add("overlapping itself", assert.try_overlapping("auth", "auth"));
    add("concurrency", assert.try_max_concurrency(any(), ..=2));
    add(
        "critical path",
        assert.try_critical_path(["OrdersWorker", "auth", "charge"]),
    );
    add(
        "critical path that ends early",
        assert.try_critical_path(["OrdersWorker", "auth", "users-db", "dynamo-put"]),
    );
    add(
        "a tree",
        assert.try_tree(tree! {
            "OrdersWorker" => {
                "auth" => { "users-db" * 2 },
                "dynamo-put" => { "DynamoDB" },
                "charge" => { "payments" => { "ledger" } },
                "SNS",
            }
        }),
    );
    add("another tree", assert.try_tree(tree! { "Billing" }));
    add(
        "overlapping what ends as the other begins",
        assert.try_overlapping("auth", "dynamo-put"),
    );
    insta::assert_snapshot!("the_trace_as_a_whole", texts.0);
}

#[test]
fn what_other_senders_do() {
    let head = r#""trace_id": "1-66a00000-0123456789abcdef01234567", "start_time": 1721763840.0, "end_time": 1721763840.5"#;
    let mut texts = Texts::default();
    let mut add = |title: &str, checked| texts.add(title, checked);
    let outlives = trace_of(&[&format!(
        r#"{{{head}, "id": "00000000000000a1", "name": "api", "subsegments": [
            {{"id": "00000000000000b1", "name": "mail", "start_time": 1721763840.1, "end_time": 1721763840.9}},
            {{"id": "00000000000000b2", "name": "early", "start_time": 1721763839.0, "end_time": 1721763840.2}}]}}"#
    )]);
    add(
        "subsegments outside of their parents",
        outlives.assert().try_within_parent(),
    );
    let alone = trace_of(&[&format!(
        r#"{{{head}, "id": "00000000000000a1", "name": "api"}}"#
    )]);
    add("no subsegment at all", alone.assert().try_within_parent());
    add(
        "an annotation of nobody",
        alone
            .assert()
            .try_segment("api", |s| s.annotation("tenant", any())),
    );
    let batch = trace_of(&[&format!(
        r#"{{{head}, "id": "00000000000000a1", "name": "api", "subsegments": [
            {{"id": "00000000000000b1", "name": "DynamoDB", "namespace": "aws", "start_time": 1721763840.1, "end_time": 1721763840.2,
              "aws": {{"operation": "BatchGetItem", "table_names": ["Orders", "Users"], "request_id": "A"}}}},
            {{"id": "00000000000000b2", "name": "DynamoDB", "namespace": "aws", "start_time": 1721763840.1, "end_time": 1721763840.2,
              "aws": {{"operation": "BatchGetItem", "request_id": "A"}}}},
            {{"id": "00000000000000b3", "name": "put", "start_time": 1721763840.1, "end_time": 1721763840.2, "error": true, "throttle": true,
              "aws": {{"operation": "PutItem"}}, "cause": "00000000000000ee"}}]}}"#
    )]);
    add(
        "the table of a batch",
        batch.assert().try_subsegment("DynamoDB", |s| {
            s.aws(|a| a.operation("BatchGetItem").table("Orders"))
        }),
    );
    add(
        "a call that two recorded",
        batch.assert().try_subsegment_count("DynamoDB", 1),
    );
    add(
        "a throttled call without retries",
        batch
            .assert()
            .try_subsegment("put", |s| s.aws(|a| a.retries(2))),
    );
    add(
        "a cause that is elsewhere",
        batch.assert().try_subsegment("put", |s| s.cause(|e| e)),
    );
    add(
        "a block that the call has",
        batch.assert().try_segment("api", |s| s.aws(|a| a)),
    );
    let trace = trace_of(&[
        r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "api",
            "start_time": 1721763840.0, "end_time": 1721763840.5,
            "annotations": {"items": "3", "size": 4}, "metadata": {"default": {"title": "two  spaces"}, "cart": {
                "n": 1
            }},
            "subsegments": [{"id": "00000000000000b1", "name": "put", "start_time": 1721763840.1, "end_time": 1721763840.2},
                            {"id": "00000000000000b2", "name": "get", "start_time": 1721763840.2, "end_time": 1721763840.3,
                             "aws": {"operation": "GetItem"}}]}"#,
    ]);
    let assert = trace.assert();
    add(
        "a number that was recorded as a text",
        assert.try_segment("api", |s| s.annotation("items", 3)),
    );
    add(
        "a number that is no such text either",
        assert.try_segment("api", |s| s.annotation("size", "small")),
    );
    add(
        "metadata as it was sent",
        assert.try_segment("api", |s| {
            s.metadata("default", &json!({"title": "two  spaces"}))
                .metadata("cart", &json!({"n": 1}))
                .faulted()
        }),
    );
    add(
        "a tree of which a part is missing",
        assert.try_tree(tree! { "api" => { "put", "get", "list" } }),
    );
    add(
        "a tree with more than was expected",
        assert.try_tree(tree! { "api" => { "put" } }),
    );
    add(
        "a call of which the table is not known",
        assert.try_subsegment("get", |s| s.aws(|a| a.table("Orders"))),
    );
    insta::assert_snapshot!("what_other_senders_do", texts.0);
}

#[test]
fn texts_are_bounded() {
    let mut texts = Texts::default();
    let mut add = |title: &str, checked| texts.add(title, checked);
    let head = r#""start_time": 1721763840.0, "end_time": 1721763840.5"#;
    let name = "n".repeat(500);
    let names: Vec<String> = (1..=30)
        .map(|number| format!(r#"{{{head}, "id": "{number:016x}", "name": "{number}-{name}\u001b[2J", "annotations": {{"a{name}": "{name}"}}}}"#))
        .collect();
    let wide = trace_of(&[&format!(
        r#"{{{head}, "trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "{name}",
            "subsegments": [{}]}}"#,
        names.join(", ")
    )]);
    add(
        "long names",
        wide.assert().try_each_subsegment(any(), |s| {
            s.name(format!("x{name}")).annotation(&name, &name)
        }),
    );
    add("many names", wide.assert().try_subsegment("x", |s| s));
    insta::assert_snapshot!("texts_are_bounded", texts.0);
}
