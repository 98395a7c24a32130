//! What can be said of a segment, and how it begins and ends.

use std::fmt;

use xray_phantom::model::{EntityId, TraceId};
use xray_phantom::recorder::{MemoryEmitter, Namespace, Origin, Sql};
use xray_phantom::wire::Note;
use xray_phantom::{
    FakeDaemon, Finding, Recorder, Sampling, Trace, begin_subsegment, block_on,
    in_subsegment_infallible_sync, in_subsegment_sync,
};

use crate::support::leave_for_oracle;

fn recorder(daemon: &FakeDaemon) -> Recorder {
    Recorder::builder("api").daemon(daemon).build()
}

/// The notes that are found now.
fn notes(daemon: &FakeDaemon) -> Vec<String> {
    let Err(report) = block_on(daemon.verify()) else {
        return Vec::new();
    };
    let note = |finding: &Finding| match finding {
        Finding::Note(note) => format!("{}: {}", note.code(), note.message()),
        other => other.to_string(),
    };
    report.findings().iter().map(note).collect()
}

/// A member of the first entity with this name, as JSON.
fn member(trace: &Trace, name: &str, key: &str) -> String {
    let node = trace
        .nodes()
        .find(|node| node.name().as_deref() == Some(name))
        .unwrap();
    let value = node.entity().json().get(key);
    value.map_or_else(|| "missing".to_owned(), |value| value.raw().to_owned())
}

#[test]
fn everything_that_a_document_has_can_be_said() {
    let daemon = FakeDaemon::start();
    let (trace_id, id): (TraceId, EntityId) = (
        "1-66a00000-0123456789abcdef01234567".parse().unwrap(),
        "00000000000000a1".parse().unwrap(),
    );
    let recorder = Recorder::builder("api")
        .daemon(&daemon)
        .version("1.4.2")
        .origin(Origin::new("AWS::EC2::Instance").with("ec2", "instance_id", "i-1"))
        .build();
    recorder.in_segment_infallible_sync("front", |segment| {
        segment
            .user("alice")
            .http_request("GET", "https://user:secret@api.test/orders?token=x#y")
            .http_client("1.2.3.4, 5.6.7.8", true)
            .http_user_agent("curl")
            .http_status(429)
            .http_content_length(7)
            .link(trace_id, id)
            .metadata_in("shop", "cart", &["apple"]);
        let first = segment.begin_subsegment("first");
        let before = first.id().unwrap();
        first.end();
        in_subsegment_infallible_sync("db@host", |query| {
            query.namespace(Namespace::Remote).precursor(before).sql(
                &Sql::new()
                    .url("postgres://host")
                    .database_type("PostgreSQL")
                    .database_version("17")
                    .driver_version("1")
                    .user("u")
                    .preparation("statement")
                    .sanitized_query("SELECT ?"),
            );
        });
        in_subsegment_infallible_sync("SQS", |call| {
            call.namespace(Namespace::Aws)
                .aws("operation", "SendMessage")
                .aws("request_id", "r-1")
                .aws("region", "us-east-1")
                .http_status(503);
        });
    });
    let trace = block_on(daemon.expect_one_trace());
    let front = |key| member(&trace, "front", key);
    assert_eq!(front("user"), r#""alice""#);
    assert_eq!(
        front("http"),
        r#"{"request":{"client_ip":"1.2.3.4","method":"GET","url":"https://api.test/orders","user_agent":"curl","x_forwarded_for":true},"response":{"content_length":7,"status":429}}"#
    );
    assert_eq!(
        (front("error"), front("throttle")),
        ("true".into(), "true".into())
    );
    assert_eq!(front("fault"), "missing");
    assert_eq!(
        front("links"),
        r#"[{"trace_id":"1-66a00000-0123456789abcdef01234567","id":"00000000000000a1"}]"#
    );
    assert_eq!(front("origin"), r#""AWS::EC2::Instance""#);
    assert!(
        front("aws").starts_with(r#"{"ec2":{"instance_id":"i-1"},"xray":{"sdk":"xray-phantom","#)
    );
    assert_eq!(front("service"), r#"{"name":"api","version":"1.4.2"}"#);
    let query = |key| member(&trace, "db@host", key);
    assert_eq!(query("namespace"), r#""remote""#);
    assert!(query("precursor_ids").len() == 20);
    assert_eq!(
        query("sql"),
        r#"{"database_type":"PostgreSQL","database_version":"17","driver_version":"1","preparation":"statement","sanitized_query":"SELECT ?","url":"postgres://host","user":"u"}"#
    );
    assert_eq!(member(&trace, "SQS", "fault"), "true");
    assert_eq!(
        member(&trace, "SQS", "aws"),
        r#"{"operation":"SendMessage","region":"us-east-1","request_id":"r-1"}"#
    );
    // None of it breaks a rule.
    assert_eq!(block_on(daemon.violations()).unwrap(), []);
    block_on(leave_for_oracle(&daemon, "everything"));
}

#[test]
fn a_status_means_the_flags_that_aws_documents() {
    for (status, shown) in [
        (200, ""),
        (302, " 302"),
        (399, " 399"),
        (400, " 400 ERROR"),
        (404, " 404 ERROR"),
        (429, " 429 ERROR THROTTLE"),
        (499, " 499 ERROR"),
        (500, " 500 FAULT"),
        (599, " 599 FAULT"),
        (600, " 600"),
    ] {
        let daemon = FakeDaemon::builder().allow("field-type").start();
        recorder(&daemon).in_segment_infallible_sync("api", |segment| {
            segment.http_status(status);
        });
        let outline = block_on(daemon.expect_one_trace()).outline();
        assert_eq!(outline, format!("api{shown}"));
    }
}

#[test]
fn guards_end_what_they_hold_in_any_order() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let segment = recorder.begin_segment("import");
    let outer = segment.begin_subsegment("outer");
    let inner = outer.begin_subsegment("inner");
    // The outer one ends first: the inner one belongs to it all the same.
    outer.end();
    inner.end();
    segment.carry_fn(|| drop(begin_subsegment("current")))();
    segment.end();
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "import\n  current\n  outer\n    inner"
    );
}

#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

#[test]
fn a_guard_can_end_with_an_error_and_ends_as_a_fault_where_its_thread_panics() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let segment = recorder.begin_segment("import");
    segment.begin_subsegment("charge").end_with(&Refused);
    let lost = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let _open = segment.begin_subsegment("panics");
                panic!("no such account");
            })
            .join()
    });
    assert!(lost.is_err());
    drop(segment);
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "import\n  charge FAULT Refused\n  panics FAULT panic"
    );
}

#[test]
fn to_end_twice_is_told_with_its_place_and_changes_nothing() {
    let daemon = FakeDaemon::start();
    recorder(&daemon).in_segment_infallible_sync("api", |segment| {
        in_subsegment_infallible_sync("work", |work| {
            work.end();
            work.end();
            work.annotate("late", 1);
        });
        segment.annotate("kept", 1);
    });
    assert_eq!(
        notes(&daemon),
        [
            "ended-twice: subsegment `work` had ended; to end it again changes nothing",
            "used-after-end: subsegment `work` had ended; what was said of it is lost"
        ]
    );
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "api {kept: 1}\n  work"
    );
}

#[test]
fn what_is_in_progress_can_be_sent_and_the_complete_document_wins() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let segment = recorder.begin_segment("nightly");
    segment.annotate("step", 1).send_in_progress();
    let work = segment.begin_subsegment("work");
    work.send_in_progress();
    let id = segment.trace_id().unwrap().to_string();
    let partial = block_on(daemon.partial(&id)).unwrap();
    let open: Vec<_> = partial
        .nodes()
        .map(|node| node.entity().in_progress())
        .collect();
    assert_eq!(open, [Some(true), Some(true)]);
    work.end();
    segment.annotate("step", 2);
    segment.end();
    assert_eq!(
        block_on(daemon.trace(&id)).unwrap().outline(),
        "nightly {step: 2}\n  work"
    );
}

#[test]
fn a_stack_is_recorded_on_request_alone() {
    let fail = || -> Result<(), Refused> { in_subsegment_sync("charge", |_| Err(Refused)) };
    let stack = |on| {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("api")
            .daemon(&daemon)
            .backtraces(on)
            .build();
        recorder.in_segment_sync("api", |_| fail()).unwrap_err();
        member(&block_on(daemon.expect_one_trace()), "charge", "cause")
    };
    assert!(!stack(false).contains("\"stack\""));
    let with = stack(true);
    assert!(with.contains(r#""stack":[{"#), "{with}");
    assert!(with.contains("tests/it/entities.rs"), "{with}");
    assert!(with.contains(r#""label":"#), "{with}");
}

struct Broken;

impl serde::Serialize for Broken {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no such thing"))
    }
}

#[test]
fn bad_values_are_left_out_or_cut_and_told_while_the_rest_arrives() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    recorder.in_segment_infallible_sync("api", |segment| {
        segment
            .metadata("broken", &Broken)
            .metadata("AWS.x", &1)
            .metadata_in("AWS.y", "z", &1)
            .annotate("nan", f64::NAN)
            .annotate("é", 1)
            .annotate(&"k".repeat(501), 1)
            .annotate("long", "é".repeat(1_001))
            .user(&"u".repeat(251))
            .annotate("kept", 1);
        for _ in 0..21 {
            segment.link(
                "1-66a00000-0123456789abcdef01234567".parse().unwrap(),
                "00000000000000a1".parse().unwrap(),
            );
        }
    });
    let codes: Vec<String> = notes(&daemon)
        .iter()
        .map(|note| note.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        codes,
        [
            "metadata-value",
            "metadata-reserved",
            "metadata-reserved",
            "annotation-value",
            "annotation-key",
            "annotation-key",
            "cut",
            "cut",
            "link-count"
        ]
    );
    let stats = recorder.stats();
    assert_eq!((stats.left_out, stats.cut, stats.sent), (7, 2, 1));
    let trace = block_on(daemon.expect_one_trace());
    let segment = trace.roots().next().unwrap();
    assert_eq!(segment.entity().annotation("kept").unwrap().raw(), "1");
    let long = segment.entity().annotation("long").unwrap();
    assert_eq!(long.as_str().unwrap().chars().count(), 1_000);
    assert_eq!(block_on(daemon.violations()).unwrap(), []);
}

#[test]
fn a_name_of_ten_thousand_emoji_is_one_that_x_ray_takes() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let emoji = "🎉".repeat(10_000);
    recorder.in_segment_infallible_sync(&emoji, |_| {
        in_subsegment_infallible_sync("a?b", |_| ());
        in_subsegment_infallible_sync(&"é".repeat(300), |_| ());
    });
    assert_eq!(notes(&daemon).len(), 3);
    assert_eq!(recorder.stats().renamed, 3);
    let trace = block_on(daemon.expect_one_trace());
    let names: Vec<usize> = trace
        .nodes()
        .map(|node| node.name().unwrap().chars().count())
        .collect();
    assert_eq!(names, [7, 2, 200]);
    assert_eq!(block_on(daemon.violations()).unwrap(), []);
}

#[test]
fn away_from_tests_each_kind_of_note_is_told_once_and_counted_always() {
    let kept = MemoryEmitter::new();
    let recorder = Recorder::builder("api")
        .emitter(kept.clone())
        .sampling(Sampling::always())
        .build();
    for _ in 0..3 {
        recorder.in_segment_infallible_sync("a?b", |segment| {
            segment.annotate("a b", 1);
        });
    }
    let codes: Vec<&str> = kept.notes().iter().map(Note::code).collect();
    assert_eq!(codes, ["name", "annotation-key"]);
    let stats = recorder.stats();
    assert_eq!((stats.renamed, stats.left_out, stats.segments), (3, 3, 3));
    assert_eq!(kept.documents().len(), 3);
}
