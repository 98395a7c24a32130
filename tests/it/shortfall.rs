//! The texts of shortfalls: the likely cause first, then what came, then what to do.

use std::net::UdpSocket;
use std::sync::{Arc, Mutex};

use xray_phantom::wire::TraceHeader;
use xray_phantom::{
    FakeDaemon, Recorder, RecorderBuilder, Sampling, Shortfall, ShortfallCode, begin_subsegment,
    block_on, current,
};

use crate::support::{Emitter, segment, settled, trace_id};

fn builder(daemon: &FakeDaemon) -> RecorderBuilder {
    Recorder::builder("api").daemon(daemon)
}

#[track_caller]
fn check(shortfall: &Shortfall, code: &str, expected: &str) {
    assert_eq!(shortfall.code().as_str(), code);
    assert_eq!(settled(&shortfall.to_string()), expected);
    assert_eq!(format!("{shortfall:?}"), shortfall.to_string());
}

const NOTHING: &str = "datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
     FakeDaemon on ADDRESS, started at PLACE";

/// No trace comes, and that is told so.
#[track_caller]
fn check_no_trace(daemon: &FakeDaemon, likely: &str) {
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    let expected = format!("expected one trace, and none came\n{likely}{NOTHING}");
    check(&shortfall, "no-trace", &expected);
}

const OPEN_HINT: &str =
    "hint: end its guard, or await the task that it is open in, before you ask\n";

#[test]
fn a_segment_that_is_still_open_is_told_with_its_place() {
    let daemon = FakeDaemon::start();
    let recorder = builder(&daemon).build();
    let open = recorder.begin_segment("OrdersWorker");
    let likely = "likely: never closed: segment `OrdersWorker` was opened and is still open\n\
                  \x20 at PLACE\n";
    check_no_trace(&daemon, &format!("{likely}{OPEN_HINT}"));
    let text = block_on(daemon.try_expect_one_trace())
        .unwrap_err()
        .to_string();
    assert!(text.contains("\n  at tests/it/shortfall.rs:4"), "{text}");
    let others = [(); 2].map(|()| recorder.begin_segment("other"));
    let likely = "likely: never closed: 2 others besides, and segment `OrdersWorker` was opened\n\
                  \x20 and is still open\n\
                  \x20 at PLACE\n";
    check_no_trace(&daemon, &format!("{likely}{OPEN_HINT}"));
    drop((open, others));
    assert_eq!(block_on(daemon.traces()).unwrap().len(), 3);
    // It was no finding, and what has ended is no clue.
    let none = FakeDaemon::start();
    builder(&none).build().begin_segment("a").end();
    let shortfall = block_on(none.trace("x")).unwrap_err();
    assert!(
        !shortfall.to_string().contains("never closed"),
        "{shortfall}"
    );
}

#[tokio::test]
async fn a_segment_in_a_task_that_still_runs_is_told_too() {
    let daemon = FakeDaemon::start();
    let recorder = builder(&daemon).build();
    let running = recorder.in_segment_infallible("OrdersWorker", async |_| {
        std::future::pending::<()>().await;
    });
    let running = tokio::spawn(running);
    let shortfall = daemon.try_expect_one_trace().await.unwrap_err();
    check(
        &shortfall,
        "no-trace",
        &format!(
            "expected one trace, and none came\n\
             likely: never closed: segment `OrdersWorker` was opened and is still open\n\
             \x20 at PLACE\n\
             likely: 1 task of this runtime still alive, which may yet send\n\
             {OPEN_HINT}\
             hint: join what was spawned\n\
             also: 1 task of this runtime still alive, which may yet send: join what was spawned\n\
             {NOTHING}"
        ),
    );
    running.abort();
    let _ = running.await;
}

#[test]
fn an_invocation_that_is_still_open_is_told() {
    let daemon = FakeDaemon::start();
    let recorder = builder(&daemon).build();
    let header = TraceHeader::parse(&format!(
        "Root={};Parent=00000000000000a1;Sampled=1",
        trace_id(1)
    ));
    let open = recorder.lambda_invocation(&header);
    let likely = "likely: never closed: an invocation was opened and is still open: each has its\n\
                  \x20 own\n\
                  \x20 at PLACE\n";
    check_no_trace(&daemon, &format!("{likely}{OPEN_HINT}"));
    drop(open);
}

/// A segment of this recorder is not recorded, for this reason.
#[track_caller]
fn check_sampled_out(build: impl Fn(RecorderBuilder) -> RecorderBuilder, why: &str) {
    let daemon = FakeDaemon::start();
    let recorder = build(builder(&daemon)).build();
    recorder.in_segment_infallible_sync("OrdersWorker", |_| ());
    let likely = format!(
        "likely: sampled out: `OrdersWorker` was opened and is not recorded:{why}\n\
         \x20 at PLACE\n\
         hint: beside a FakeDaemon a recorder records all, unless .sampling(...) or a\n\
         \x20 header says otherwise\n"
    );
    check_no_trace(&daemon, &likely);
    block_on(daemon.verify()).unwrap(); // no finding
}

#[test]
fn a_segment_that_is_sampled_out_is_told_with_what_decided() {
    let never = |builder: RecorderBuilder| builder.sampling(Sampling::never());
    check_sampled_out(never, "\n  Sampling::never()");
    let script = |builder: RecorderBuilder| builder.sampling(Sampling::script([false]));
    check_sampled_out(script, "\n  Sampling::script(...)");
    check_sampled_out(RecorderBuilder::disabled, " the recorder\n  is disabled");
    let rules = |builder: RecorderBuilder| {
        let rules = r#"{"version": 2, "default": {"fixed_target": 0, "rate": 0.0}, "rules": [
            {"description": "Moves.", "host": "*", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 0}]}"#;
        builder.sampling(Sampling::rules(rules).unwrap())
    };
    check_sampled_out(rules, " rule\n  `Moves.`, 0 a second, then a rate of 0");
    let default = |builder: RecorderBuilder| {
        let rules = r#"{"version": 2, "default": {"fixed_target": 0, "rate": 0.0}}"#;
        builder.sampling(Sampling::rules(rules).unwrap())
    };
    check_sampled_out(
        default,
        " the default\n  rule, 0 a second, then a rate of 0",
    );
}

#[test]
fn a_request_that_is_sampled_out_is_told_so() {
    let daemon = FakeDaemon::start();
    let recorder = builder(&daemon).build();
    for header in ["Sampled=0", ""] {
        let recorder = match header {
            "" => builder(&daemon).sampling(Sampling::never()).build(),
            _ => recorder.clone(),
        };
        let serving = recorder.continuing(&TraceHeader::parse(header));
        serving.in_segment_infallible_sync("api", |_| ());
    }
    drop(recorder.lambda_invocation(&TraceHeader::parse("")));
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    check(
        &shortfall,
        "no-trace",
        &format!(
            "expected one trace, and none came\n\
             likely: sampled out: `invocation` was opened and is not recorded: its header\n\
             \x20 does not say Sampled=1 with a Root and a Parent\n\
             \x20 at PLACE\n\
             hint: beside a FakeDaemon a recorder records all, unless .sampling(...) or a\n\
             \x20 header says otherwise\n\
             {NOTHING}"
        ),
    );
    // A trace that was asked for by its id is told of its own.
    let id = trace_id(1);
    let header = format!("Root={id};Sampled=0");
    let serving = recorder.continuing(&TraceHeader::parse(&header));
    serving.in_segment_infallible_sync("own", |_| ());
    let shortfall = block_on(daemon.trace(&id)).unwrap_err();
    let text = settled(&shortfall.to_string());
    assert!(
        text.starts_with(
            "no document names the trace `TRACE`\n\
             likely: sampled out: `own` was opened and is not recorded: the header that came\n\
             \x20 with it says Sampled=0\n"
        ),
        "{text}"
    );
}

#[test]
fn a_document_that_is_too_large_is_told() {
    let daemon = FakeDaemon::start();
    let large = segment(1, &"a".repeat(70_000));
    daemon.emitter().emit(&large);
    let likely = "likely: not sent: a document of 70116 bytes makes a datagram of 70146, and UDP\n\
                  \x20 carries at most 65507: send its subsegments on their own\n";
    check_no_trace(&daemon, likely);
    block_on(daemon.verify()).unwrap_err();
}

const OUTSIDE_HINT: &str = "hint: spawn carry(task), hand threads carry_fn(work), or open a segment with\n\
     \x20 recorder.in_segment(...)\n";

#[test]
fn code_outside_of_every_segment_is_told_and_only_once() {
    let daemon = FakeDaemon::start();
    let _recorder = builder(&daemon).build();
    begin_subsegment("put").end();
    let likely = "likely: subsegment `put` ran outside of every segment: it was spawned without\n\
                  \x20 its context, or nobody opened one\n\
                  \x20 at PLACE\n";
    check_no_trace(&daemon, &format!("{likely}{OUTSIDE_HINT}"));
    current().annotate("a", 1);
    let also = "also: no-segment: current() ran outside of every segment: it was spawned without its context, or \
                nobody opened one (PLACE)\n";
    check_no_trace(&daemon, &format!("{likely}{OUTSIDE_HINT}{also}"));
    block_on(daemon.verify()).unwrap_err();
}

#[test]
fn otlp_alone_is_told() {
    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).emit("T1SCg==");
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    check(
        &shortfall,
        "no-trace",
        "expected one trace, and none came\n\
         likely: 1 datagram of OTLP came, which is no segment of X-Ray\n\
         also: 1 datagram of OTLP, which joins no trace\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
    );
}

// Of a trace that is not complete.

fn orphan(parent: &str) -> String {
    segment(1, "lost").replacen(
        "\"id\":\"0000000000000001\"",
        &format!(r#""type":"subsegment","parent_id":"{parent}","id":"00000000000000b1""#),
        1,
    )
}

#[test]
fn the_open_parent_of_a_subsegment_is_told_and_that_of_another_trace_is_not() {
    let daemon = FakeDaemon::start();
    let recorder = builder(&daemon).streaming_threshold(0).build();
    let other = recorder.begin_segment("another");
    let open = recorder.begin_segment("OrdersWorker");
    open.begin_subsegment("put").end();
    let id = open.trace_id().unwrap();
    let shortfall = block_on(daemon.trace(id.to_string())).unwrap_err();
    check(
        &shortfall,
        "incomplete",
        "the trace TRACE is not complete:\n\
         likely: never closed: segment `OrdersWorker` was opened and is still open\n\
         \x20 at PLACE\n\
         - subsegment `put` names PARENT as its parent, which never arrived\n\
         trace TRACE (incomplete, 1 entity)\n\
         put  <- orphan\n\
         hint: end its guard, or await the task that it is open in, before you ask\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE"
            .replace("PARENT", &open.id().unwrap().to_string())
            .as_str(),
    );
    drop((open, other));
}

#[test]
fn a_datagram_that_was_rejected_may_have_been_the_parent() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&orphan("00000000000000ff"));
    emitter.emit("{");
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    let text = settled(&shortfall.to_string());
    assert!(
        text.starts_with(
            "the trace TRACE is not complete:\n\
             likely: datagram 1 was rejected (not-json): the body is neither JSON nor OTLP\n\
             - subsegment `lost` names 00000000000000ff as its parent, which never arrived\n"
        ),
        "{text}"
    );
    block_on(daemon.verify()).unwrap_err();
}

#[test]
fn each_other_cause_of_a_gap_has_its_own_words() {
    let check = |documents: &[String], expected: &str| {
        let daemon = FakeDaemon::start();
        let emitter = Emitter::to(&daemon);
        for document in documents {
            emitter.emit(document);
        }
        let text = block_on(daemon.trace(trace_id(1))).unwrap_err().to_string();
        assert!(settled(&text).starts_with(expected), "{text}");
        let _ = block_on(daemon.verify());
    };
    let own = r#""type":"subsegment","parent_id":"","id":"00000000000000b1""#;
    let alone = segment(1, "lost").replacen("\"id\":\"0000000000000001\"", own, 1);
    check(
        &[alone],
        "the trace TRACE is not complete:\n\
         likely: it was spawned without its context\n\
         - subsegment `lost` came on its own and names no parent\n",
    );
    check(
        &[segment(2, "other"), orphan("0000000000000002")],
        "the trace TRACE is not complete:\n\
         likely: the context of another request was used\n\
         - subsegment `lost` names 0000000000000002 as its parent, which is segment `other` of trace TRACE\n",
    );
    check(
        &[orphan("00000000000000b1")],
        "the trace TRACE is not complete:\n\
         likely: an id was copied, or ids are not random\n\
         - subsegment `lost` names itself as its parent\n",
    );
    let running = segment(1, "api").replace('}', r#","in_progress":true}"#);
    check(
        &[running],
        "the trace TRACE is not complete:\n\
         likely: it was sent as still running when it had ended\n\
         - segment `api` has an end_time and in_progress: true\n",
    );
}

// The other variants.

#[test]
fn datagrams_that_are_nowhere_are_told_with_what_to_look_at() {
    let daemon = FakeDaemon::start();
    daemon.audit(|| 2);
    let shortfall = block_on(daemon.traces()).unwrap_err();
    let queue = if cfg!(target_os = "linux") {
        "the queue of a CPU was full (second column of /proc/net/softnet_stat): sudo sysctl -w \
         net.core.netdev_max_backlog=10000; or "
    } else {
        ""
    };
    check(
        &shortfall,
        "lost",
        &format!(
            "no answer can be relied on: 2 datagrams were sent and never seen, by the count of a sender\n\
             \x20 likely: {queue}the sender counts what it did not send, or sent it to another address\n\
             datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel, 2 sent and never \
             seen\n\
             FakeDaemon on ADDRESS, started at PLACE"
        ),
    );
    block_on(daemon.verify()).unwrap_err();
}

#[test]
fn a_finding_that_does_not_come_is_told_with_what_did() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    let none = |what: &str| block_on(daemon.try_expect_rejection(what)).unwrap_err();
    let likely = |shortfall: Shortfall| {
        assert_eq!(shortfall.code(), ShortfallCode::NoRejection);
        let text = shortfall.to_string();
        text.lines().take(2).collect::<Vec<_>>().join("\n")
    };
    let headline = "expected a rejection `not-json`, and no other with that code came\n";
    let expect = |likely: &str| format!("{headline}likely: {likely}");
    assert_eq!(likely(none("not-json")), expect("nothing came at all"));
    emitter.emit(&segment(1, "api"));
    assert_eq!(
        likely(none("not-json")),
        expect("no datagram was refused or lost anything")
    );
    emitter.send("x");
    assert_eq!(
        likely(none("not-json")),
        expect("there is one with another code")
    );
    emitter.emit("{");
    block_on(daemon.expect_rejection("not-json"));
    assert_eq!(
        likely(none("not-json")),
        expect("all with that code, 1, were expected before")
    );
    block_on(daemon.expect_rejection("missing-newline"));
}

#[test]
fn a_violation_that_does_not_come_is_told_whole() {
    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).emit(&segment(1, "api"));
    let shortfall = block_on(daemon.try_expect_violation("name-format")).unwrap_err();
    check(
        &shortfall,
        "no-violation",
        "expected a violation `name-format`, and no other with that code came\n\
         likely: no document was refused or lost anything\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
    );
}

#[test]
fn a_code_that_is_none_is_told_whole() {
    let daemon = FakeDaemon::start();
    let shortfall = block_on(daemon.try_expect_rejection("no\u{1b}[31m")).unwrap_err();
    check(
        &shortfall,
        "unknown-code",
        &format!(
            "expected a rejection `no\\u{{1b}}[31m`, which is no code; the codes are empty-body, invalid-header, \
             missing-newline, not-an-object, not-base64, not-json, not-utf8\n{NOTHING}"
        ),
    );
}

#[test]
fn a_trace_that_did_not_come_is_told_whole() {
    let daemon = FakeDaemon::start();
    let shortfall = block_on(daemon.trace("1-2-3")).unwrap_err();
    check(
        &shortfall,
        "unknown-trace",
        &format!("no document names the trace `1-2-3`\n{NOTHING}"),
    );
    Emitter::to(&daemon).emit(&segment(1, "api"));
    let shortfall = block_on(daemon.trace("1-2-3")).unwrap_err();
    check(
        &shortfall,
        "unknown-trace",
        "no document names the trace `1-2-3`\n\
         likely: the id is another one, or the code began a trace of its own\n\
         1 other trace came:\n\
         trace TRACE (complete, 1 entity)\n\
         api\n\
         hint: hand the header on: recorder.continuing(&header); a spawned task must be\n\
         \x20 told, with carry(task)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
    );
}

// Bad input.

#[test]
fn no_name_reaches_a_terminal_as_a_command_or_makes_a_line_of_its_own() {
    let daemon = FakeDaemon::start();
    let recorder = builder(&daemon).sampling(Sampling::never()).build();
    let bad = "a\u{1b}[31m\nlikely: \u{7}";
    begin_subsegment(bad).end();
    recorder.in_segment_infallible_sync(bad, |_| ());
    let recording = builder(&daemon).build();
    let open = recording.begin_segment(bad);
    let hostile =
        segment(1, r"\u001b[31m\nlikely: x").replace(r#""end_time":1.5"#, r#""in_progress":true"#);
    Emitter::to(&daemon).emit(&hostile);
    let texts = [
        block_on(daemon.try_expect_one_trace())
            .unwrap_err()
            .to_string(),
        block_on(daemon.try_capture(async |_| ()))
            .1
            .unwrap_err()
            .to_string(),
        block_on(daemon.try_expect_silence())
            .unwrap_err()
            .to_string(),
    ];
    drop(open);
    let report = block_on(daemon.verify()).unwrap_err().to_string();
    for text in texts.iter().chain([&report]) {
        let is_harmless = |character: char| character == '\n' || !character.is_control();
        assert!(text.chars().all(is_harmless), "{text:?}");
        assert!(
            !text.contains("\nlikely: x") && !text.contains("\nlikely: \\"),
            "{text}"
        );
    }
}

#[test]
fn a_text_is_bounded_however_long_the_names_and_however_many_the_traces() {
    let daemon = FakeDaemon::start();
    let long = "é".repeat(30_000);
    let emitter = daemon.emitter();
    for number in 1..=30 {
        emitter.emit(&segment(number, &long).replace(r#""end_time":1.5"#, r#""in_progress":true"#));
    }
    let texts = [
        block_on(daemon.try_expect_one_trace())
            .unwrap_err()
            .to_string(),
        block_on(daemon.trace(trace_id(1))).unwrap_err().to_string(),
        block_on(daemon.try_expect_silence())
            .unwrap_err()
            .to_string(),
        block_on(daemon.verify()).unwrap_err().to_string(),
    ];
    for text in texts {
        assert!(text.chars().count() < 60_000, "{} characters", text.len());
        assert!(text.lines().all(|line| line.chars().count() <= 2_001));
    }
}

#[test]
fn a_secret_is_shown_in_no_text() {
    let daemon = FakeDaemon::builder()
        .lint_secrets(xray_phantom::schema::Secrets::new())
        .start();
    let open =
        segment(1, "jordan@customer.org").replace(r#""end_time":1.5"#, r#""in_progress":true"#);
    Emitter::to(&daemon).emit(&open);
    let looked = daemon.try_eventually(std::time::Duration::ZERO, |_| {
        Err::<(), _>("no jordan@customer.org")
    });
    for text in [
        block_on(looked).unwrap_err().to_string(),
        block_on(daemon.try_expect_silence())
            .unwrap_err()
            .to_string(),
        block_on(daemon.verify()).unwrap_err().to_string(),
    ] {
        assert!(!text.contains("jordan@customer.org"), "{text}");
    }
}

// What a trace knows of its capture is asked for where an assertion fails.

#[test]
fn a_trace_outlives_its_daemon() {
    let traces: Arc<Mutex<Vec<_>>> = Arc::default();
    {
        let daemon = FakeDaemon::start();
        builder(&daemon)
            .build()
            .in_segment_infallible_sync("api", |_| ());
        traces
            .lock()
            .unwrap()
            .push(block_on(daemon.expect_one_trace()));
        // Its port is free, or parked, as ever.
        assert!(UdpSocket::bind(daemon.address()).is_err());
    }
    assert!(traces.lock().unwrap()[0].has_segment("api"));
}
