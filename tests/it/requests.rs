//! Headers in and out, decisions, Lambda, and what the environment says.

use xray_phantom::recorder::{ContextMissing, JsonLines, MemoryEmitter};
use xray_phantom::seam::{Environment, Ids, ManualClock};
use xray_phantom::wire::{Note, TraceHeader};
use xray_phantom::{
    FakeDaemon, Recorder, Sampling, SamplingRequest, block_on, carry_fn, current,
    in_subsegment_infallible, in_subsegment_infallible_sync,
};

use crate::support::panic_text;

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

fn header(text: &str) -> TraceHeader {
    TraceHeader::parse(&text.replace("ROOT", ROOT))
}

fn downstream() -> String {
    let header = current().trace_header();
    header.map_or_else(|| "none".to_owned(), |header| header.to_string())
}

#[test]
fn the_decision_of_the_caller_wins() {
    let check = |sampling: Sampling, incoming: &str, recorded: bool, out: &str| {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("api")
            .daemon(&daemon)
            .sampling(sampling)
            .ids(Ids::sequential())
            .build();
        let continued = recorder.continuing(&header(incoming));
        let sent = continued.in_segment_infallible_sync("api", |segment| {
            assert_eq!(segment.is_recorded(), recorded);
            downstream()
        });
        assert_eq!(sent, out.replace("ROOT", ROOT));
        let counts = block_on(daemon.fence()).unwrap();
        assert_eq!(counts.accepted, u64::from(recorded));
        let stats = recorder.stats();
        assert_eq!(
            (stats.segments, stats.unsampled),
            (recorded.into(), (!recorded).into())
        );
    };
    check(
        Sampling::never(),
        "Root=ROOT;Parent=53995c3f42cd8ad8;Sampled=1",
        true,
        "Root=ROOT;Parent=0000000000000001;Sampled=1",
    );
    // The caller's ids are kept: nothing of an unsampled segment can be a parent.
    check(
        Sampling::always(),
        "Root=ROOT;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:1",
        false,
        "Root=ROOT;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:1",
    );
    check(
        Sampling::always(),
        "Root=ROOT;Sampled=?",
        true,
        "Root=ROOT;Parent=0000000000000001;Sampled=1",
    );
    check(
        Sampling::never(),
        "Root=ROOT;Parent=53995c3f42cd8ad8;Sampled=?",
        false,
        "Root=ROOT;Parent=53995c3f42cd8ad8;Sampled=0",
    );
    check(Sampling::never(), "Root=ROOT", false, "Root=ROOT;Sampled=0");
}

#[test]
fn the_answer_tells_the_decision_where_it_was_asked_for() {
    let answer = |sampling: Sampling, incoming: &str| {
        let recorder = Recorder::builder("api")
            .emitter(MemoryEmitter::new())
            .sampling(sampling)
            .build()
            .continuing(&header(incoming));
        recorder.in_segment_infallible_sync("api", |segment| {
            segment
                .answer_header()
                .unwrap()
                .to_string()
                .replace(ROOT, "ROOT")
        })
    };
    assert_eq!(
        answer(Sampling::always(), "Root=ROOT;Sampled=?"),
        "Root=ROOT;Sampled=1"
    );
    assert_eq!(
        answer(Sampling::never(), "Root=ROOT;Sampled=?"),
        "Root=ROOT;Sampled=0"
    );
    assert_eq!(
        answer(Sampling::never(), "Root=ROOT;Sampled=1"),
        "Root=ROOT"
    );
    assert_eq!(answer(Sampling::always(), "Root=ROOT"), "Root=ROOT");
}

#[test]
fn a_segment_continues_its_caller_and_carries_on_what_it_does_not_know() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let incoming = header("Root=ROOT;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1;Self=x");
    recorder
        .continuing(&incoming)
        .in_segment_infallible_sync("api", |_| {
            in_subsegment_infallible_sync("call", |call| {
                let id = call.id().unwrap();
                let out = format!("Root={ROOT};Parent={id};Sampled=1;Lineage=a:1");
                assert_eq!(downstream(), out);
            });
        });
    let trace = block_on(daemon.trace(ROOT)).unwrap();
    let segment = trace.roots().next().unwrap();
    assert_eq!(segment.entity().parent_id().unwrap(), "53995c3f42cd8ad8");
    // The recorder itself begins traces of its own.
    recorder.in_segment_infallible_sync("api", |segment| {
        assert_ne!(segment.trace_id().unwrap().to_string(), ROOT);
    });
}

#[test]
fn rules_decide_by_what_is_known_of_a_request_once_for_all_its_segments() {
    let daemon = FakeDaemon::start();
    let rules = r#"{"version": 2, "default": {"fixed_target": 0, "rate": 0}, "rules": [
        {"description": "moves", "host": "*", "http_method": "*", "url_path": "/move/*", "fixed_target": 1, "rate": 0}]}"#;
    let recorder = Recorder::builder("api")
        .daemon(&daemon)
        .clock(ManualClock::at(xray_phantom::model::Timestamp::from_nanos(
            0,
        )))
        .sampling(Sampling::rules(rules).unwrap())
        .build();
    let request = |path: &str| {
        let request = SamplingRequest::new()
            .host("api.test")
            .http_method("GET")
            .url_path(path);
        recorder.serving(&TraceHeader::default(), &request)
    };
    let is_recorded = |recorder: &Recorder| {
        recorder.in_segment_infallible_sync("api", |segment| segment.is_recorded())
    };
    let first = request("/move/1");
    assert!(is_recorded(&first) && is_recorded(&first));
    assert!(!is_recorded(&request("/move/2"))); // the second has no permit left
    assert!(!is_recorded(&request("/other")));
}

#[test]
fn what_is_not_recorded_costs_nothing_and_is_told_downstream() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api")
        .daemon(&daemon)
        .sampling(Sampling::never())
        .build();
    recorder.in_segment_infallible_sync("api", |segment| {
        segment.annotate("bad key", f64::NAN).metadata("x", &1);
        in_subsegment_infallible_sync("inner", |inner| {
            assert!(!inner.is_recorded());
            assert!(downstream().ends_with(";Sampled=0"));
        });
        carry_fn(|| in_subsegment_infallible_sync("carried", |_| ()))();
        segment.begin_subsegment("guard").end();
    });
    block_on(daemon.verify()).unwrap();
    assert!(block_on(daemon.traces()).unwrap().is_empty());
}

#[test]
fn a_disabled_recorder_runs_the_code_and_passes_headers_on() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).disabled().build();
    let out = recorder.in_segment_infallible_sync("api", |_| {
        in_subsegment_infallible_sync("inner", |_| downstream())
    });
    assert_eq!(out, "none");
    let passed = "Root=ROOT;Parent=53995c3f42cd8ad8;Sampled=1".replace("ROOT", ROOT);
    let recorder = recorder.continuing(&TraceHeader::parse(&passed));
    let out = recorder.in_segment_infallible_sync("api", |_| downstream());
    assert_eq!(out, passed);
    assert_eq!(recorder.stats().unsampled, 2);
    assert_eq!(block_on(daemon.fence()).unwrap().received, 0);
}

#[test]
fn in_lambda_the_subsegments_go_alone_and_nothing_crosses_invocations() {
    let daemon = FakeDaemon::builder().any_external_parent().start();
    let recorder = Recorder::builder("handler").daemon(&daemon).build();
    let mut leaked = Vec::new();
    for number in 1..=2 {
        let root = format!("1-5759e988-00000000000000000000000{number}");
        let incoming = format!("Root={root};Parent=000000000000000{number};Sampled=1");
        let invocation = recorder.lambda_invocation(&TraceHeader::parse(&incoming));
        block_on(invocation.carry(async {
            in_subsegment_infallible("outer", async |_| {
                in_subsegment_infallible("inner", async |_| ()).await;
            })
            .await;
        }));
        // Sent as they end: two so far, before the invocation ends.
        assert_eq!(block_on(daemon.fence()).unwrap().accepted, 2 * number);
        invocation.annotate("lost", 1);
        leaked.push(invocation.begin_subsegment("leaked"));
        assert_eq!(invocation.trace_header().unwrap().to_string(), incoming);
        invocation.end();
    }
    let notes: Vec<String> = block_on(daemon.verify())
        .unwrap_err()
        .findings()
        .iter()
        .map(|finding| finding.to_string().split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(notes, ["facade", "left-open", "facade", "left-open"]);
    for trace in block_on(daemon.traces()).unwrap() {
        assert_eq!(trace.outline(), "outer\n  inner");
        let outer = trace.roots().next().unwrap();
        assert_eq!(outer.entity().parent_id().unwrap()[15..], trace.id()[34..]);
    }
    std::mem::forget(leaked);
}

#[test]
fn an_invocation_that_is_not_sampled_records_nothing() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("handler").daemon(&daemon).build();
    for text in [
        "",
        "Root=ROOT",
        "Root=ROOT;Sampled=1",
        "Root=ROOT;Parent=53995c3f42cd8ad8;Sampled=0",
    ] {
        let invocation = recorder.lambda_invocation(&header(text));
        invocation.carry_fn(|| in_subsegment_infallible_sync("work", |_| ()))();
    }
    assert_eq!(block_on(daemon.fence()).unwrap().received, 0);
    assert_eq!(recorder.stats().unsampled, 4);
}

#[test]
fn code_outside_of_every_segment_is_treated_as_the_recorder_wants_it() {
    let outside = |what: ContextMissing| {
        let kept = MemoryEmitter::new();
        let recorder = Recorder::builder("api")
            .emitter(kept.clone())
            .context_missing(what)
            .build();
        let text = std::panic::catch_unwind(|| in_subsegment_infallible_sync("lonely", |_| 7));
        let codes: Vec<&str> = kept.notes().iter().map(Note::code).collect();
        assert_eq!(recorder.stats().missing, 1);
        (text.is_ok(), codes)
    };
    assert_eq!(outside(ContextMissing::Ignore), (true, vec![]));
    assert_eq!(outside(ContextMissing::Log), (true, vec!["no-segment"]));
    assert_eq!(outside(ContextMissing::Panic), (false, vec![]));
    let recorder = Recorder::builder("api")
        .emitter(MemoryEmitter::new())
        .context_missing(ContextMissing::Panic)
        .build();
    let text = panic_text(|| current().id());
    assert!(
        text.starts_with("xray-phantom: no-segment: current() ran outside of every segment"),
        "{text}"
    );
    drop(recorder);
    // Beside a daemon it is a finding whatever is set.
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api")
        .daemon(&daemon)
        .context_missing(ContextMissing::Panic)
        .build();
    in_subsegment_infallible_sync("lonely", |_| ());
    assert!(
        block_on(daemon.verify())
            .unwrap_err()
            .to_string()
            .contains("no-segment")
    );
    drop(recorder);
}

#[test]
fn the_environment_is_asked_where_it_is_handed_over_and_an_explicit_daemon_wins() {
    let (one, other) = (FakeDaemon::start(), FakeDaemon::start());
    let environment = Environment::of([
        ("AWS_XRAY_DAEMON_ADDRESS", other.address().to_string()),
        ("AWS_XRAY_TRACING_NAME", "renamed".to_owned()),
    ]);
    let builder = || {
        Recorder::builder("api")
            .environment(environment.clone())
            .sampling(Sampling::always())
    };
    let recorder = builder().build();
    assert_eq!(recorder.segment_name(None), "renamed");
    recorder.in_segment_infallible_sync("api", |_| ());
    builder()
        .daemon(&one)
        .build()
        .in_segment_infallible_sync("api", |_| ());
    builder()
        .daemon_address(one.address())
        .build()
        .in_segment_infallible_sync("api", |_| ());
    assert_eq!(block_on(other.traces()).unwrap().len(), 1);
    assert_eq!(block_on(one.traces()).unwrap().len(), 2);
    let off = Environment::of([("AWS_XRAY_SDK_DISABLED", "true")]);
    let recorder = Recorder::builder("api")
        .daemon(&one)
        .environment(off)
        .build();
    recorder.in_segment_infallible_sync("api", |segment| assert!(!segment.is_recorded()));
}

#[test]
fn a_setting_that_cannot_be_used_is_an_error_or_a_note_and_the_program_goes_on() {
    let environment = Environment::of([
        ("AWS_XRAY_CONTEXT_MISSING", "shrug"),
        ("AWS_XRAY_DAEMON_ADDRESS", "nowhere"),
    ]);
    let kept = MemoryEmitter::new();
    let builder = || Recorder::builder("api").environment(environment.clone());
    let error = builder().try_build().unwrap_err().to_string();
    for (variable, value) in [
        ("CONTEXT_MISSING", "`shrug`"),
        ("DAEMON_ADDRESS", "`nowhere`"),
    ] {
        assert!(error.contains(variable) && error.contains(value), "{error}");
    }
    let builder = || builder().emitter(kept.clone());
    let recorder = builder().build();
    assert_eq!(recorder.in_segment_infallible_sync("api", |_| 7), 7);
    let notes = kept.notes();
    assert_eq!((notes.len(), notes[0].code()), (1, "invalid-setting"));
}

struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("no space left"))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_of_json_go_to_any_writer_and_those_that_fail_are_counted() {
    let file = std::env::temp_dir().join(format!("xray-phantom-{}.jsonl", std::process::id()));
    let recorder = Recorder::builder("api")
        .emitter(JsonLines::to(std::fs::File::create(&file).unwrap()))
        .sampling(Sampling::always())
        .build();
    for name in ["one", "two"] {
        recorder.in_segment_infallible_sync(name, |_| ());
    }
    recorder.flush();
    let lines = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let daemon = FakeDaemon::start();
    for line in lines.lines() {
        daemon.emitter().emit(line);
    }
    assert_eq!(block_on(daemon.traces()).unwrap().len(), 2);

    let recorder = Recorder::builder("api")
        .emitter(JsonLines::to(Full))
        .sampling(Sampling::always())
        .build();
    recorder.in_segment_infallible_sync("api", |_| ());
    assert_eq!((recorder.stats().sent, recorder.stats().failed), (0, 1));
}
