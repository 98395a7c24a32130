//! What a test asks its daemon, and what it is told.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use xray_phantom::schema::{Secrets, Violation};
use xray_phantom::seam::Environment;
use xray_phantom::wire::frame;
use xray_phantom::{
    FakeDaemon, FakeDaemonBuilder, Finding, Recorder, Report, ShortfallCode, block_on,
};

use crate::support::{Emitter, panic_text, segment, trace_id};

/// A text with what differs from run to run replaced: the place of the daemon, and where it was asked.
fn settled(text: &str, daemon: &FakeDaemon) -> String {
    let address = daemon.address().to_string();
    let lines = text.lines().map(|line| {
        let line = line.replace(&address, "ADDRESS");
        let place = ["started at ", "asked at "]
            .iter()
            .find_map(|mark| Some((mark, line.find(mark)?)));
        match place {
            Some((mark, at)) => format!("{}{mark}PLACE", &line[..at]),
            None => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn one_trace_is_handed_over() {
    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).emit(&segment(1, "api"));
    let trace = block_on(daemon.expect_one_trace());
    assert_eq!(trace.id(), trace_id(1));
    assert!(trace.has_segment("api"));
    assert!(!trace.has_subsegment("api"));
    assert!(!trace.has_segment("Api"));
}

#[test]
fn no_trace_is_explained() {
    let daemon = FakeDaemon::start();
    let text = panic_text(|| block_on(daemon.expect_one_trace()));
    assert_eq!(
        settled(&text, &daemon),
        "expected one trace, and none came\n\
         likely: the code under test sends to another address, or recorded nothing; in\n\
         \x20 another process, it was sampled out or is still open\n\
         hint: Recorder::builder(...).daemon(&daemon), or tell it of daemon.address()\n\
         datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE\n\
         asked at PLACE"
    );
    assert!(
        text.contains("started at tests/it/fake_daemon.rs:")
            && text.contains("asked at tests/it/fake_daemon.rs:")
    );
}

#[test]
fn what_came_instead_of_a_trace_is_listed() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "api").replace("trace_id", "own"));
    emitter.send("x");
    emitter.emit("T1SCg==");
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::NoTrace);
    assert_eq!(
        settled(&shortfall.to_string(), &daemon),
        "expected one trace, and none came\n\
         likely: datagram 0 was rejected (missing-trace-id): the document has no\n\
         \x20 `trace_id`\n\
         likely: datagram 1 was rejected (missing-newline): no line feed parts header and\n\
         \x20 document\n\
         also: datagram 1 rejected (missing-newline): no line feed parts header and document in `x`: begin each \
         datagram with {\"format\":\"json\",\"version\":1} and a line feed\n\
         also: datagram 0 rejected (missing-trace-id): it was made outside of a trace: the segment `api` has no \
         `trace_id`, so that it belongs to none; write 1-, 8 hex digits, -, 24 hex digits\n  in api\n\
         also: 1 datagram of OTLP, which joins no trace\n\
         datagrams: 3 received = 2 accepted + 1 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE"
    );
    assert_eq!(block_on(daemon.verify()).unwrap_err().findings().len(), 2);
}

#[test]
fn several_traces_are_listed() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "one"));
    emitter.emit(&segment(2, "two"));
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::SeveralTraces);
    assert_eq!(
        settled(&shortfall.to_string(), &daemon),
        "expected one trace, and 2 came:\n\
         likely: a segment that continues no header begins a trace of its own, as each\n\
         \x20 request does\n\
         trace 1-66a00000-000000000000000000000001 (complete, 1 entity)\n\
         one  500 ms\n\
         trace 1-66a00000-000000000000000000000002 (complete, 1 entity)\n\
         two  500 ms\n\
         hint: daemon.trace(id) for one of them, daemon.traces() for all,\n\
         \x20 daemon.capture(...) for that of some code\n\
         datagrams: 2 received = 2 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE"
    );
    let names: Vec<String> = block_on(daemon.traces())
        .unwrap()
        .iter()
        .map(|trace| trace.id().to_owned())
        .collect();
    assert_eq!(names, [trace_id(1), trace_id(2)]);
    assert!(
        block_on(daemon.trace(trace_id(2)))
            .unwrap()
            .has_segment("two")
    );
    let unknown = block_on(daemon.trace("1-2-3")).unwrap_err();
    assert_eq!(unknown.code(), ShortfallCode::UnknownTrace);
    assert!(
        unknown.to_string().starts_with(
            "no document names the trace `1-2-3`\n\
                 likely: the id is another one, or the code began a trace of its own\n\
                 2 other traces came:\n"
        ),
        "{unknown}"
    );
}

const OPEN: &str = r#"{"trace_id":"1-66a00000-000000000000000000000001","id":"00000000000000a1","name":"api","start_time":1,"in_progress":true,"subsegments":[
    {"id":"00000000000000b1","name":"done","start_time":1,"end_time":2}]}"#;
const COMPLETE: &str = r#"{"trace_id":"1-66a00000-000000000000000000000001","id":"00000000000000a1","name":"api","start_time":1,"end_time":2}"#;
const ORPHAN: &str = r#"{"trace_id":"1-66a00000-000000000000000000000001","type":"subsegment","id":"00000000000000c1","parent_id":"00000000000000d1","name":"lost","start_time":3,"end_time":4}"#;

#[test]
fn a_trace_that_is_not_complete_is_explained_and_can_be_looked_at() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(OPEN);
    emitter.emit(ORPHAN);
    let expected = "the trace 1-66a00000-000000000000000000000001 is not complete:\n\
         likely: the future was dropped, or the program ended, before it was closed\n\
         likely: the parent is still open, or was lost\n\
         - all that arrived of segment `api` is in progress\n\
         - subsegment `lost` names 00000000000000d1 as its parent, which never arrived\n\
         trace 1-66a00000-000000000000000000000001 (incomplete, 3 entities)\n\
         api  <- never-closed\n\
         └─ done  1.00 s\n\
         lost  1.00 s  <- orphan\n\
         hint: if someone else sends the parent (in Lambda the service does), declare it:\n\
         \x20 FakeDaemon::builder().external_parent(id)\n\
         datagrams: 2 received = 2 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE";
    for shortfall in [
        block_on(daemon.try_expect_one_trace()).unwrap_err(),
        block_on(daemon.trace(trace_id(1))).unwrap_err(),
        block_on(daemon.traces()).unwrap_err(),
    ] {
        assert_eq!(shortfall.code(), ShortfallCode::Incomplete);
        assert_eq!(settled(&shortfall.to_string(), &daemon), expected);
    }
    let partial = block_on(daemon.partial(trace_id(1))).unwrap();
    assert_eq!(partial.nodes().len(), 3);
    assert_eq!(
        block_on(daemon.partial("u")).unwrap_err().code(),
        ShortfallCode::UnknownTrace
    );
}

#[tokio::test]
async fn a_failure_says_how_many_tasks_are_still_alive() {
    let daemon = FakeDaemon::start();
    let alive =
        "also: 1 task of this runtime still alive, which may yet send: join what was spawned\n";
    let forever = tokio::spawn(std::future::pending::<()>());
    let none = daemon.try_expect_one_trace().await.unwrap_err().to_string();
    assert!(none.contains(alive), "{none}");
    Emitter::to(&daemon).emit(OPEN);
    let incomplete = daemon.try_expect_one_trace().await.unwrap_err().to_string();
    assert!(incomplete.contains(alive), "{incomplete}");
    forever.abort();
}

#[test]
fn to_look_at_the_gaps_of_a_trace_does_not_silence_what_else_is_wrong_with_it() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    let orphan = segment(1, "lost").replacen(
        "\"id\":\"0000000000000001\"",
        "\"type\":\"subsegment\",\"parent_id\":\"00000000000000ff\",\"id\":\"00000000000000b1\"",
        1,
    );
    emitter.emit(&segment(1, "api"));
    emitter.emit(&segment(1, "other"));
    emitter.emit(&orphan);
    block_on(daemon.partial(trace_id(1))).unwrap();
    let report = block_on(daemon.verify()).unwrap_err();
    let [Finding::Defect { defect, .. }] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(defect.code().as_str(), "conflicting-documents");
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_is_no_wrong_clock() {
    let daemon = FakeDaemon::builder().deny("after-arrival").start();
    Recorder::builder("api")
        .daemon(&daemon)
        .build()
        .in_segment_infallible("api", async |_| {
            tokio::time::sleep(Duration::from_mins(1)).await;
        })
        .await;
    daemon.verify().await.unwrap();
}

#[test]
fn a_parent_that_is_declared_external_need_not_come() {
    for daemon in [
        FakeDaemon::builder()
            .external_parent("00000000000000d1")
            .start(),
        FakeDaemon::builder().any_external_parent().start(),
    ] {
        Emitter::to(&daemon).emit(ORPHAN);
        assert!(block_on(daemon.expect_one_trace()).has_subsegment("lost"));
    }
}

#[test]
fn a_trace_is_a_snapshot() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "api"));
    let trace = block_on(daemon.expect_one_trace());
    let text = trace.to_string();
    emitter.emit(&format!(
        r#"{{"trace_id":"{}","type":"subsegment","id":"00000000000000b1","parent_id":"{:016x}","name":"late","start_time":1,"end_time":2}}"#,
        trace_id(1),
        1
    ));
    assert!(block_on(daemon.expect_one_trace()).has_subsegment("late"));
    assert_eq!(trace.to_string(), text);
}

#[tokio::test]
async fn tasks_that_are_ready_have_sent_before_a_question_is_answered() {
    let daemon = Arc::new(FakeDaemon::start());
    for number in 1..=3 {
        let daemon = Arc::clone(&daemon);
        tokio::spawn(async move {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            Emitter::to(&daemon).emit(&segment(number, "spawned"));
        });
    }
    assert_eq!(daemon.traces().await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_question_does_not_let_a_paused_clock_run_ahead() {
    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).emit(&segment(1, "api"));
    let start = tokio::time::Instant::now();
    let asked = tokio::time::timeout(Duration::from_nanos(1), daemon.expect_one_trace());
    assert!(asked.await.unwrap().has_segment("api"));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn an_exporter_that_batches_is_flushed_after_the_tasks_that_record_into_it() {
    let batch = Arc::new(Mutex::new(Vec::new()));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = Arc::new(OnceLock::new());
    let (filled, known) = (Arc::clone(&batch), Arc::clone(&address));
    let flush = move || {
        for document in filled.lock().unwrap().drain(..) {
            let address: &SocketAddr = known.get().unwrap();
            socket.send_to(&frame(document).unwrap(), address).unwrap();
        }
    };
    let daemon = FakeDaemon::builder().before_fence(flush).start();
    address.set(daemon.address()).unwrap();
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        batch.lock().unwrap().push(COMPLETE);
    });
    assert!(daemon.expect_one_trace().await.has_segment("api"));
}

#[test]
fn a_trace_that_is_not_complete_is_a_finding_unless_it_was_looked_at() {
    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).emit(OPEN);
    let report = block_on(daemon.verify()).unwrap_err();
    assert!(matches!(report.findings(), [Finding::Incomplete(trace)] if trace.id() == trace_id(1)));
    assert!(
        report.to_string().contains(
            "- trace 1-66a00000-000000000000000000000001 is not complete:\n  \
             never-closed: the future was dropped, or the program ended, before it was closed: all that arrived of segment `api` is in progress\n  \
             trace 1-66a00000-000000000000000000000001 (incomplete, 2 entities)\n  \
             api  <- never-closed\n  \
             └─ done  1.00 s\n\
             datagrams: "
        ),
        "{report}"
    );
    block_on(daemon.verify()).unwrap();

    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).emit(OPEN);
    assert_eq!(
        block_on(daemon.partial(trace_id(1))).unwrap().nodes().len(),
        2
    );
    block_on(daemon.verify()).unwrap();
}

#[tokio::test]
async fn a_scope_whose_daemon_does_not_start_says_so() {
    let environment = Environment::of([("XRAY_PHANTOM_RECEIVE_BUFFER", "4MB")]);
    let report = FakeDaemon::builder()
        .environment(environment)
        .try_scope(async |_| ())
        .await
        .unwrap_err();
    assert_eq!(
        report.to_string(),
        "1 finding that nobody expected (FakeDaemon)\n\
         - it did not start: invalid environment variable `XRAY_PHANTOM_RECEIVE_BUFFER=4MB`: expected a whole number \
         of bytes, such as 212992\n"
    );
}

#[test]
fn the_address_is_handed_over_for_child_processes_too() {
    let daemon = FakeDaemon::start();
    assert!(daemon.address().ip().is_loopback());
    assert_ne!(daemon.address().port(), 0);
    assert_eq!(
        daemon.env(),
        [("AWS_XRAY_DAEMON_ADDRESS", daemon.address().to_string())]
    );
}

#[test]
fn a_rejection_that_is_expected_is_handed_over_with_its_bytes() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.send("first");
    emitter.send(b"\xffsecond");
    let rejection = block_on(daemon.expect_rejection("missing-newline"));
    assert_eq!(
        (rejection.seq(), rejection.bytes(), rejection.aws_code()),
        (0, &b"first"[..], None)
    );
    let rejection = block_on(daemon.expect_rejection("missing-newline"));
    assert_eq!(
        (rejection.seq(), rejection.bytes()),
        (1, &b"\xffsecond"[..])
    );
    assert_eq!(block_on(daemon.rejections()).unwrap().len(), 2);
    block_on(daemon.verify()).unwrap();

    let text = panic_text(|| block_on(daemon.expect_rejection("missing-newline")));
    assert!(
        text.starts_with(
            "expected a rejection `missing-newline`, and no other with that code came\n"
        ),
        "{text}"
    );
    let text = panic_text(|| block_on(daemon.expect_rejection("no-newline")));
    assert!(
        text.starts_with(
            "expected a rejection `no-newline`, which is no code; the codes are empty-body, invalid-header, \
             missing-newline, not-an-object, not-base64, not-json, not-utf8\n"
        ),
        "{text}"
    );
}

#[test]
fn the_test_that_did_not_expect_a_rejection_fails_with_a_text_that_names_it() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit("{\"name\": NaN}");
    emitter.send("x");
    let address = daemon.address().to_string();
    let text = panic_text(move || drop(daemon)).replace(&address, "ADDRESS");
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with("2 findings that nobody expected (FakeDaemon on ADDRESS, started at tests/it/fake_daemon.rs:"), "{first}");
    assert!(first.ends_with("on thread `fake_daemon::the_test_that_did_not_expect_a_rejection_fails_with_a_text_that_names_it`)"), "{first}");
    assert_eq!(
        rest,
        "- datagram 0 rejected (not-json): the body is not JSON: `NaN` is no JSON value (JSON has no NaN or \
         Infinity) at /name, byte 9 in `{\"name\": NaN}`\n  \
         AWS's daemon forwards it, and X-Ray answers ParseError\n\
         - datagram 1 rejected (missing-newline): no line feed parts header and document in `x`: begin each \
         datagram with {\"format\":\"json\",\"version\":1} and a line feed\n  \
         AWS's daemon drops it, with a warning in its own log alone\n\
         datagrams: 2 received = 0 accepted + 2 rejected + 0 ignored; 0 dropped by the kernel\n\
         If the test returned an Err, this panic has taken its place: FakeDaemon::scope shows both.\n"
    );
}

#[test]
fn a_document_that_x_ray_would_refuse_or_lose_a_part_of_is_a_finding() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "api").replace("\"trace_id\"", "\"traceId\""));
    emitter.emit(&segment(2, "api").replacen('{', "{\"annotations\":{\"order id\":[]},", 1));
    let report = block_on(daemon.verify()).unwrap_err();
    let [Finding::Violation(first), ..] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!((first.code(), first.trace_id()), ("missing-trace-id", None));
    assert_eq!(
        report.to_string().split_once('\n').unwrap().1,
        "- datagram 0 rejected (missing-trace-id): it was made outside of a trace: the segment `api` has no `trace_id`, so that it \
         belongs to none; write 1-, 8 hex digits, -, 24 hex digits\n    in api\n  \
         X-Ray refuses the whole document and answers MissingTraceId (known by: seen)\n\
         - datagram 1 pruned (annotation-key): a text, or a name from elsewhere, was used as a key: the annotation key `order id` \
         has ` `; use letters, digits, `_` and `.`\n    \
         at /annotations/order id of api\n  \
         X-Ray keeps the document and silently loses this (known by: seen)\n\
         - datagram 1 pruned (annotation-value): a structure was annotated: the annotation `order id` is []; use a string, a \
         number or a boolean, or metadata for anything else\n    at /annotations/order id of api\n  \
         X-Ray keeps the document and silently loses this (known by: seen)\n\
         datagrams: 2 received = 2 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n"
    );
    // What was reported once is not reported again.
    assert!(block_on(daemon.verify()).is_ok());
}

#[test]
fn lints_do_not_fail_a_test_and_are_there_to_be_looked_at() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "order 12345"));
    let violations = block_on(daemon.violations()).unwrap();
    let codes: Vec<&str> = violations.iter().map(Violation::code).collect();
    assert_eq!(codes, ["id-in-name"]);
    assert!(block_on(daemon.verify()).is_ok());
    let expected = block_on(daemon.expect_violation("id-in-name"));
    assert_eq!(expected, violations[0]);
}

#[test]
fn a_violation_can_be_expected_once_each() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "one?"));
    emitter.emit(&segment(2, "two?"));
    let first = block_on(daemon.expect_violation("name-format"));
    assert_eq!((first.seq(), first.names()), (0, &["one?".to_owned()][..]));
    let report = block_on(daemon.verify()).unwrap_err();
    assert!(matches!(report.findings(), [Finding::Violation(other)] if other.seq() == 1));
    let shortfall = block_on(daemon.try_expect_violation("name-format")).unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::NoViolation);
    assert!(
        shortfall
            .to_string()
            .starts_with("expected a violation `name-format`, and no other with that code came\n"),
        "{shortfall}"
    );
    let shortfall = block_on(daemon.try_expect_violation("name")).unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::UnknownCode);
    assert!(
        shortfall.to_string().starts_with(
            "expected a violation `name`, which is no code; the codes are document-too-large, id-format, "
        ),
        "{shortfall}"
    );
    let text = panic_text(|| block_on(daemon.expect_violation("id-format")));
    assert!(text.contains("asked at tests/it/fake_daemon.rs:"), "{text}");
}

#[test]
fn codes_can_be_allowed_and_denied_for_all_or_for_a_path_of_names() {
    let bad = |parent: &str| {
        segment(1, parent).replacen(
            '{',
            r#"{"subsegments":[{"name":"put","id":"00000000000000b1","start_time":1,"end_time":1,"annotations":{"a b":1}}],"#,
            1,
        )
    };
    let judged = |set_up: FakeDaemonBuilder| {
        let daemon = set_up.start();
        let emitter = Emitter::to(&daemon);
        emitter.emit(&bad("order 12345"));
        let verdict = block_on(daemon.verify());
        let findings = verdict
            .err()
            .map_or(Vec::new(), |report| report.findings().to_vec());
        findings
            .iter()
            .map(|finding| match finding {
                Finding::Violation(violation) => violation.code(),
                other => panic!("{other}"),
            })
            .collect::<Vec<_>>()
    };
    let builder = FakeDaemon::builder;
    assert_eq!(judged(builder()), ["annotation-key"]);
    assert_eq!(judged(builder().allow("annotation-key")), [] as [&str; 0]);
    assert_eq!(
        judged(builder().deny("id-in-name")),
        ["id-in-name", "annotation-key"]
    );
    assert_eq!(
        judged(builder().allow("annotation-key").deny("annotation-key")),
        ["annotation-key"]
    );
    assert_eq!(
        judged(builder().allow("annotation-key at order* > put")),
        [] as [&str; 0]
    );
    assert_eq!(
        judged(builder().allow("annotation-key at put")),
        [] as [&str; 0]
    );
    assert_eq!(
        judged(builder().allow("annotation-key at order*")),
        ["annotation-key"]
    );
    assert_eq!(
        judged(
            builder()
                .deny("annotation-key")
                .allow("annotation-key at \"put\"")
        ),
        [] as [&str; 0]
    );
    assert_eq!(
        judged(
            builder()
                .allow("annotation-key")
                .deny("annotation-key at * > put")
        ),
        ["annotation-key"]
    );
    assert_eq!(
        judged(
            builder()
                .allow("annotation-key at put")
                .deny("annotation-key at *")
        ),
        ["annotation-key"]
    );
}

#[test]
fn rejections_and_defects_can_be_allowed_too() {
    let daemon = FakeDaemon::start();
    daemon.allow("missing-newline").unwrap();
    daemon.allow("never-closed").unwrap();
    let emitter = Emitter::to(&daemon);
    emitter.send("x");
    emitter.emit(OPEN);
    assert!(block_on(daemon.verify()).is_ok());
    emitter.emit(ORPHAN);
    assert_eq!(block_on(daemon.verify()).unwrap_err().findings().len(), 1);
    daemon.deny("missing-newline").unwrap();
    assert_eq!(block_on(daemon.verify()).unwrap_err().findings().len(), 1);
}

#[test]
fn a_code_that_is_none_is_an_error_that_names_the_nearest() {
    let refused = |saying: &str| {
        let error = FakeDaemon::builder()
            .allow("orphan")
            .deny(saying)
            .try_start()
            .unwrap_err();
        let daemon = FakeDaemon::start();
        assert_eq!(
            daemon.allow(saying).unwrap_err().to_string(),
            error.to_string()
        );
        error.to_string()
    };
    assert_eq!(
        refused("annotations-key"),
        "invalid code `annotations-key`: there is no such code: is `annotation-key` meant?"
    );
    assert_eq!(
        refused("x"),
        "invalid code `x`: there is no such code: the documentation of `xray_phantom::schema` has the table, \
         and `xray-phantom check --help` the list"
    );
    assert_eq!(
        refused("annotation-key at a >"),
        "invalid path of names `a >`: a name is missing: write it, or `*` for any"
    );
    assert_eq!(
        refused("orphan at a"),
        "invalid code `orphan at a`: `orphan` is of no single entity, so that no path of names goes with it"
    );
    let panic = panic_text(|| FakeDaemon::builder().allow("x").start());
    assert!(
        panic.starts_with("the FakeDaemon does not start: invalid code `x`: "),
        "{panic}"
    );
}

#[test]
fn a_subsegment_on_its_own_is_placed_in_its_trace() {
    let daemon = FakeDaemon::builder()
        .allow("annotation-key at api > put > late")
        .start();
    let emitter = Emitter::to(&daemon);
    let late = format!(
        r#"{{"trace_id":"{}","type":"subsegment","id":"00000000000000c1","parent_id":"00000000000000b1","name":"late","start_time":1,"end_time":2,"annotations":{{"a b":1}}}}"#,
        trace_id(1)
    );
    emitter.emit(&late);
    emitter.emit(&segment(1, "api").replacen(
        '{',
        r#"{"subsegments":[{"name":"put","id":"00000000000000b1","start_time":1,"end_time":1}],"#,
        1,
    ));
    let violations = block_on(daemon.violations()).unwrap();
    assert_eq!(violations[0].names(), ["api", "put", "late"]);
    assert_eq!(violations[0].id(), Some("00000000000000c1"));
}

#[test]
fn what_was_verified_is_not_reported_again_and_what_came_later_is() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    block_on(daemon.verify()).unwrap();
    emitter.send("x");
    assert_eq!(block_on(daemon.verify()).unwrap_err().findings().len(), 1);
    block_on(daemon.verify()).unwrap();
    emitter.send("y");
    let text = panic_text(move || drop(daemon));
    assert!(
        text.starts_with("1 finding that nobody expected "),
        "{text}"
    );
    assert!(
        text.contains("datagram 1 rejected") && !text.contains("datagram 0"),
        "{text}"
    );
}

#[test]
fn the_backstop_is_silent_while_a_panic_is_under_way() {
    let text = panic_text(|| {
        let daemon = FakeDaemon::start();
        Emitter::to(&daemon).send("x");
        panic!("the test's own");
    });
    assert_eq!(text, "the test's own");
}

#[tokio::test]
async fn a_scope_returns_what_the_test_returns() {
    FakeDaemon::scope(async |daemon| assert!(daemon.traces().await.unwrap().is_empty())).await;
    let answer: Result<u8, String> = FakeDaemon::scope(async |_| Ok(1)).await;
    assert_eq!(answer, Ok(1));
    let answer: Result<u8, String> = FakeDaemon::scope(async |_| Err("own".to_owned())).await;
    assert_eq!(answer, Err("own".to_owned()));
}

#[tokio::test]
async fn a_scope_reports_the_error_of_the_test_first_and_then_the_findings() {
    let report: Report = FakeDaemon::try_scope(async |daemon| -> Result<(), String> {
        Emitter::to(daemon).send("x");
        Err("no such table".to_owned())
    })
    .await
    .unwrap_err();
    let text = report.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "the test failed: \"no such table\"");
    assert!(
        lines[1].starts_with("and 1 finding that nobody expected (FakeDaemon on 127.0.0.1:"),
        "{text}"
    );
    assert!(
        lines[2].starts_with("- datagram 0 rejected (missing-newline): "),
        "{text}"
    );
    assert_eq!(format!("{report:?}"), text);
}

#[test]
fn a_scope_panics_with_its_report_and_lets_a_panic_of_the_test_go_on() {
    let text = panic_text(|| {
        block_on(FakeDaemon::scope(async |daemon| {
            Emitter::to(daemon).send("x");
        }));
    });
    assert!(
        text.starts_with("1 finding that nobody expected "),
        "{text}"
    );
    assert!(!text.contains("FakeDaemon::scope shows both"), "{text}");

    let text = panic_text(|| {
        block_on(FakeDaemon::scope(async |daemon| {
            Emitter::to(daemon).send("x");
            assert!(daemon.address().port() == 0, "the test's own");
        }));
    });
    assert_eq!(text, "the test's own");
}

#[tokio::test]
async fn a_scope_may_be_set_up() {
    FakeDaemon::builder()
        .any_external_parent()
        .scope(async |daemon| {
            Emitter::to(daemon).emit(ORPHAN);
            assert!(daemon.expect_one_trace().await.has_subsegment("lost"));
        })
        .await;
}

#[test]
fn two_hundred_daemons_at_once_never_meet() {
    let daemons: Vec<FakeDaemon> = (0..200).map(|_| FakeDaemon::start()).collect();
    for (daemon, number) in daemons.iter().zip(1..) {
        Emitter::to(daemon).emit(&segment(number, "api"));
    }
    for (daemon, number) in daemons.iter().zip(1..) {
        assert_eq!(block_on(daemon.expect_one_trace()).id(), trace_id(number));
    }
}

#[test]
fn a_daemon_can_be_shared_and_sent_between_threads() {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    let daemon = FakeDaemon::start();
    is_send_and_sync(&daemon);
    is_send_and_sync(&daemon.expect_one_trace());
    drop(daemon);
}

#[test]
fn secrets_are_lints_on_request_and_no_text_of_the_daemon_shows_one() {
    let daemon = FakeDaemon::builder()
        .lint_secrets(Secrets::new().allow("*@example.com"))
        .deny("secret-token")
        .start();
    let emitter = Emitter::to(&daemon);
    let token = format!("gh{}_{}", "p", "abcdefghijklmnopqrstuvwxyz0123456789");
    emitter.emit(&segment(1, "api").replacen(
        '{',
        &format!(
            r#"{{"annotations":{{"key":"{token}","us":"help@example.com"}},"in_progress":true,"#
        ),
        1,
    ));
    let violations = block_on(daemon.violations()).unwrap();
    let codes: Vec<&str> = violations.iter().map(Violation::code).collect();
    assert_eq!(codes, ["secret-token", "open-and-ended"]);
    let shortfall = block_on(daemon.try_expect_one_trace())
        .unwrap_err()
        .to_string();
    assert!(
        shortfall.contains("key: ghp_…") && !shortfall.contains(&token),
        "{shortfall}"
    );
    let report = block_on(daemon.verify()).unwrap_err();
    assert!(
        matches!(report.findings(), [Finding::Violation(found)] if found.code() == "secret-token")
    );
    assert!(!report.to_string().contains(&token), "{report}");
}

#[cfg(feature = "schema")]
#[test]
fn schemas_of_the_users_own_are_required_of_what_has_ended() {
    use xray_phantom::model::EntityKind;

    let tenant =
        r#"{"properties":{"annotations":{"required":["tenant"]}},"required":["annotations"]}"#;
    let daemon = FakeDaemon::builder()
        .require_schema(tenant)
        .require_schema_for(
            EntityKind::Subsegment,
            r#"{"properties":{"name":{"maxLength":3}}}"#,
        )
        .start();
    let emitter = Emitter::to(&daemon);
    let with = |fields: &str| segment(1, "api").replacen('{', &format!("{{{fields},"), 1);
    let child = |name: &str| {
        format!(
            r#""subsegments":[{{"name":"{name}","id":"00000000000000b1","start_time":1,"end_time":1}}]"#
        )
    };
    // In progress it may yet get what it needs.
    emitter.emit(&segment(1, "api").replace("\"end_time\":1.5", "\"in_progress\":true"));
    emitter.emit(&with(&format!(
        r#""annotations":{{"tenant":"t"}},{}"#,
        child("put")
    )));
    assert!(block_on(daemon.verify()).is_ok());
    emitter.emit(&with(&child("pull")).replace("0000000000000001", "0000000000000002"));
    let report = block_on(daemon.verify()).unwrap_err().to_string();
    assert_eq!(
        report.split_once('\n').unwrap().1,
        "- datagram 2 does not follow a required schema: \"annotations\" is a required property\n  in api\n\
         - datagram 2 does not follow a required schema: \"pull\" is longer than 3 characters\n  \
         at /subsegments/0/name of api > pull\n\
         datagrams: 3 received = 3 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n"
    );
    // Once each.
    assert!(block_on(daemon.verify()).is_ok());
    let error = FakeDaemon::builder()
        .require_schema("{")
        .try_start()
        .unwrap_err();
    assert!(
        error.to_string().starts_with("invalid schema `{`: "),
        "{error}"
    );
}

/// The letter is of a Unicode that the regular expressions of the second witness do not know yet.
#[cfg(feature = "schema")]
#[test]
fn where_the_two_witnesses_disagree_the_test_fails_and_says_whose_fault_it_is() {
    let send = |daemon: &FakeDaemon| Emitter::to(daemon).emit(&segment(1, "\u{10940}"));
    let daemon = FakeDaemon::start();
    send(&daemon);
    let report = block_on(daemon.verify()).unwrap_err();
    let [Finding::Disagreement(disagreement)] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(
        (disagreement.seq(), disagreement.testimony().code()),
        (0, "name-format")
    );
    let text = disagreement.to_string();
    assert!(
        text.starts_with("datagram 0 rejected (name-format): "),
        "{text}"
    );
    assert!(
        text.ends_with(
            "\n    at /name\n  the JSON Schema says so, and the judge does not: one of them is wrong, which is a fault of \
             xray-phantom; please report it"
        ),
        "{text}"
    );
    let daemon = FakeDaemon::builder().allow("name-format").start();
    send(&daemon);
    assert!(block_on(daemon.verify()).is_ok());
}
