//! Causes that refer to what stands elsewhere.

use std::sync::Arc;

use xray_phantom::expect::ExpectException;
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, assemble};
use xray_phantom::{FakeDaemon, Mismatch, Trace, block_on};

/// A trace in which `put` has the exceptions A, B and C, of which C is the cause of A, and others
/// refer to them.
fn trace() -> Trace {
    let times = r#""start_time": 1721763840.1, "end_time": 1721763840.2"#;
    let exceptions = r#"{"exceptions": [
        {"id": "00000000000000e1", "type": "A", "cause": "00000000000000e3"},
        {"id": "00000000000000e2", "type": "B"},
        {"id": "00000000000000e3", "type": "C"}]}"#;
    let named = |id: &str, name: &str, cause: &str| {
        format!(r#"{{"id": "{id}", "name": "{name}", "fault": true, {times}, "cause": {cause}}}"#)
    };
    let subsegments = [
        named("00000000000000b0", "bare", r#"{"exceptions": []}"#),
        named("00000000000000b1", "put", exceptions),
        // As the daemon's documents refer to an exception, and as the Node SDK does to an entity.
        named("00000000000000b2", "second", r#""00000000000000e2""#),
        named("00000000000000b3", "whole", r#""00000000000000b1""#),
        named("00000000000000b4", "stranger", r#""00000000000000ff""#),
        named("00000000000000b5", "itself", r#""00000000000000b5""#),
        named("00000000000000b6", "to bare", r#""00000000000000b0""#),
        named(
            "00000000000000b7",
            "lost",
            r#"{"exceptions": [{"id": "00000000000000e7", "type": "L", "cause": "00000000000000ff"}, {"id": "00000000000000e8", "type": "M"}]}"#,
        ),
        named(
            "00000000000000b8",
            "across",
            r#"{"exceptions": [{"id": "00000000000000e9", "type": "X", "cause": "00000000000000e3"}]}"#,
        ),
    ];
    let document = format!(
        r#"{{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "api",
            "start_time": 1721763840.0, "end_time": 1721763840.5, "subsegments": [{}]}}"#,
        subsegments.join(", ")
    );
    let arrival = Arrival {
        seq: 0,
        arrived: None,
        document: Arc::new(Document::parse(&document).unwrap()),
    };
    let mut assembly = assemble([arrival], &ExternalParents::default());
    assembly.traces.remove(0).complete().unwrap()
}

fn cause(
    trace: &Trace,
    of: &str,
    expect: impl for<'a> Fn(ExpectException<'a>) -> ExpectException<'a>,
) -> Result<(), Mismatch> {
    trace.assert().try_subsegment(of, |s| s.cause(&expect))
}

#[track_caller]
fn check(of: &str, expect: impl for<'a> Fn(ExpectException<'a>) -> ExpectException<'a>) {
    if let Err(mismatch) = cause(&trace(), of, expect) {
        panic!("{mismatch}");
    }
}

/// The line that says what is not so.
#[track_caller]
fn check_not(
    of: &str,
    expect: impl for<'a> Fn(ExpectException<'a>) -> ExpectException<'a>,
    expected: &str,
) {
    let text = cause(&trace(), of, expect).unwrap_err().to_string();
    let line = text.lines().find(|line| line.starts_with("  NO  "));
    assert_eq!(line, Some(&*format!("  NO  {expected}")), "{text}");
}

#[test]
fn a_cause_is_the_first_exception_or_the_one_that_it_refers_to() {
    check("put", |e| e.type_name("A"));
    check("second", |e| e.type_name("B"));
    check("whole", |e| e.type_name("A"));
    check_not(
        "second",
        |e| e.type_name("A"),
        "cause.exceptions[1].type  expected \"A\", found \"B\"",
    );
    check_not(
        "whole",
        |e| e.type_name("B"),
        "cause.exceptions[0].type  expected \"B\", found \"A\"",
    );
}

#[test]
fn what_caused_an_exception_is_the_one_that_it_names_or_else_the_next() {
    check("put", |e| e.caused_by(|e| e.type_name("C")));
    check("second", |e| e.caused_by(|e| e.type_name("C")));
    check("across", |e| e.caused_by(|e| e.type_name("C")));
    check_not(
        "put",
        |e| e.caused_by(|e| e.type_name("B")),
        "cause.exceptions[2].type  expected \"B\", found \"C\"",
    );
    // The last one has none, nor has one that names what is not in the trace.
    check_not(
        "put",
        |e| e.caused_by(|e| e.caused_by(|e| e)),
        "cause.exceptions[2].caused by  expected an exception, found none",
    );
    check_not(
        "lost",
        |e| e.caused_by(|e| e),
        "cause.exceptions[0].caused by  expected an exception, found none",
    );
}

#[test]
fn a_cause_that_leads_nowhere_is_none() {
    let elsewhere =
        |id: &str| format!("cause  expected an exception, found a reference to \"{id}\",");
    for (of, id) in [
        ("stranger", "00000000000000ff"),
        ("itself", "00000000000000b5"),
        ("to bare", "00000000000000b0"),
    ] {
        check_not(of, |e| e, &elsewhere(id));
    }
    check_not(
        "bare",
        |e| e,
        "cause  expected an exception, found a cause without one",
    );
}

#[test]
fn a_secret_of_several_words_is_masked_where_lines_are_broken() {
    let daemon = FakeDaemon::builder()
        .lint_secrets(xray_phantom::schema::Secrets::new())
        .start();
    let secret = "4111 1111 1111 1111";
    daemon.emitter().emit(&format!(
        r#"{{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "api",
            "start_time": 1721763840.0, "end_time": 1721763840.5,
            "metadata": {{"default": {{"payment": {{"number": "{secret}"}}}}}}}}"#
    ));
    let trace = block_on(daemon.expect_one_trace());
    let expected = serde_json::json!({"payment": {"number": 1}});
    let mismatch = trace
        .assert()
        .try_segment("api", |s| s.metadata("default", &expected))
        .unwrap_err();
    let text = mismatch.to_string();
    assert!(text.contains("at /payment/number expected 1"), "{text}");
    assert!(!text.contains("1111"), "{text}");
}
