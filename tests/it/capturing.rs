//! Code and exactly its trace; silence; and what comes in its own time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use xray_phantom::recorder::MemoryEmitter;
use xray_phantom::wire::TraceHeader;
use xray_phantom::{
    FakeDaemon, Faults, Recorder, Sampling, ShortfallCode, Trace, block_on, carry, carry_fn,
    in_subsegment_infallible,
};

use crate::support::{Emitter, panic_text, segment, settled, trace_id};

fn recorder(daemon: &FakeDaemon) -> Recorder {
    Recorder::builder("api").daemon(daemon).build()
}

/// A segment with a subsegment.
async fn work(recorder: &Recorder, name: &str) {
    let inside = async |_| in_subsegment_infallible("put", async |_| ()).await;
    recorder.in_segment_infallible(name, inside).await;
}

fn document(trace_id: &str, name: &str) -> String {
    format!(
        r#"{{"trace_id":"{trace_id}","id":"00000000000000a1","name":"{name}","start_time":1.0,"end_time":1.5}}"#
    )
}

// Capture.

#[test]
fn what_the_code_records_joins_the_capture_and_its_output_is_given_back() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    block_on(work(&recorder, "before"));
    let (output, trace) = block_on(daemon.capture(async |context| {
        work(&recorder, "one").await;
        work(&recorder, "two").await;
        recorder.begin_segment("guard").end();
        recorder.in_segment_infallible_sync("sync", |segment| {
            assert_eq!(segment.trace_id(), Some(context.trace_id()));
        });
        Err::<u8, _>("the code's own")
    }));
    assert_eq!(output, Err("the code's own"));
    assert_eq!(trace.roots().len(), 4);
    assert!(trace.has_segment("one") && trace.has_segment("sync") && !trace.has_segment("before"));
    block_on(work(&recorder, "after"));
    assert_eq!(block_on(daemon.traces()).unwrap().len(), 3);
}

#[test]
fn the_header_is_handed_over_in_every_form() {
    let daemon = FakeDaemon::start();
    let ((), trace) = block_on(daemon.capture(async |context| {
        let (id, text) = (context.trace_id().to_string(), context.header_text());
        assert_eq!(text, format!("Root={id};Sampled=1"));
        assert_eq!(context.header(), &TraceHeader::parse(&text));
        assert_eq!(format!("{context:?}"), text);
        let address = daemon.address().to_string();
        let [daemon_variable, header] = context.env();
        assert_eq!(daemon_variable, ("AWS_XRAY_DAEMON_ADDRESS", address));
        assert_eq!(header, ("_X_AMZN_TRACE_ID", text));
        // A program that reads it, as far as the daemon can tell.
        Emitter::to(&daemon).emit(&document(&id, "child"));
    }));
    assert!(trace.has_segment("child"));
}

#[test]
fn a_header_of_its_own_goes_before_the_capture() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let header = TraceHeader::parse(&format!("Root={};Sampled=1", trace_id(7)));
    let ((), trace) = block_on(daemon.capture(async |_| {
        work(&recorder.continuing(&header), "of a caller").await;
        work(&recorder, "own").await;
    }));
    assert_eq!(trace.outline(), "own\n  put");
    assert!(block_on(daemon.trace(trace_id(7))).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captures_on_a_shared_daemon_never_meet() {
    let daemon = Arc::new(FakeDaemon::start());
    let tests = (0..20).map(|number: usize| {
        let daemon = Arc::clone(&daemon);
        tokio::spawn(async move {
            let recorder = recorder(&daemon);
            let name = format!("test {number}");
            let ((), trace) = daemon
                .capture(async |_| {
                    for _ in 0..=number {
                        work(&recorder, &name).await;
                        tokio::task::yield_now().await;
                    }
                })
                .await;
            assert_eq!(trace.roots().len(), number + 1);
            assert!(
                trace
                    .roots()
                    .all(|root| root.name().as_deref() == Some(&name))
            );
        })
    });
    for test in tests.collect::<Vec<_>>() {
        test.await.unwrap();
    }
    assert_eq!(daemon.traces().await.unwrap().len(), 20);
}

#[test]
fn captures_of_two_daemons_in_one_another_do_not_meet() {
    let (outer, inner) = (FakeDaemon::start(), FakeDaemon::start());
    let (to_outer, to_inner) = (recorder(&outer), recorder(&inner));
    let (((), trace_of_inner), trace_of_outer) = block_on(outer.capture(async |_| {
        let captured = inner
            .capture(async |_| {
                work(&to_outer, "outer").await;
                work(&to_inner, "inner").await;
            })
            .await;
        work(&to_outer, "outer again").await;
        captured
    }));
    assert_eq!(trace_of_inner.outline(), "inner\n  put");
    assert_eq!(trace_of_outer.roots().len(), 2);
    assert_ne!(trace_of_inner.id(), trace_of_outer.id());
}

#[test]
fn a_recorder_that_no_test_stands_behind_does_not_join() {
    let daemon = FakeDaemon::start();
    let kept = MemoryEmitter::new();
    let elsewhere = Recorder::builder("api").emitter(kept.clone());
    let elsewhere = elsewhere.sampling(Sampling::always()).build();
    let own = recorder(&daemon);
    let ((), trace) = block_on(daemon.capture(async |_| {
        work(&elsewhere, "elsewhere").await;
        work(&own, "own").await;
    }));
    assert_eq!(trace.outline(), "own\n  put");
    assert!(!kept.documents()[0].contains(trace.id()));
}

#[test]
fn a_recorder_over_udp_joins() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon_over_udp(&daemon);
    let recorder = recorder.unwrap().build();
    let ((), trace) = block_on(daemon.capture(async |_| work(&recorder, "udp").await));
    assert_eq!(trace.outline(), "udp\n  put");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_inside_or_carried_joins_and_what_is_spawned_alone_does_not() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let ((), trace) = daemon
        .capture(async |_| {
            let made = recorder.in_segment_infallible("made inside", async |_| ());
            tokio::spawn(made).await.unwrap();
            let clone = recorder.clone();
            let carried = carry(async move { work(&clone, "carried").await });
            tokio::spawn(carried).await.unwrap();
            let clone = recorder.clone();
            let thread = carry_fn(move || clone.in_segment_infallible_sync("thread", |_| ()));
            std::thread::spawn(thread).join().unwrap();
            let clone = recorder.clone();
            let alone = async move { work(&clone, "alone").await };
            tokio::spawn(alone).await.unwrap();
        })
        .await;
    let mut names: Vec<String> = trace
        .roots()
        .map(|root| root.name().unwrap().into())
        .collect();
    names.sort();
    assert_eq!(names, ["carried", "made inside", "thread"]);
    assert_eq!(daemon.traces().await.unwrap().len(), 2);
}

#[test]
fn a_future_that_is_made_outside_joins_where_it_begins() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let made = recorder.in_segment_infallible("outside", async |_| ());
    let ((), trace) = block_on(daemon.capture(async |_| made.await));
    assert_eq!(trace.outline(), "outside");
}

#[test]
fn what_another_runtime_runs_meanwhile_does_not_join() {
    let daemon = FakeDaemon::start();
    let own = recorder(&daemon);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let of_others = own.clone();
    let others = runtime.spawn(async move { work(&of_others, "others").await });
    let ((), trace) = block_on(daemon.capture(async |_| {
        runtime.block_on(others).unwrap();
        work(&own, "own").await;
    }));
    assert_eq!(trace.outline(), "own\n  put");
}

#[test]
fn a_panic_of_the_code_goes_on_and_ends_the_capture() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let text = panic_text(|| block_on(daemon.capture(async |_| panic!("the code's own"))));
    assert_eq!(text, "the code's own");
    let segment = recorder.begin_segment("after");
    let id = segment.trace_id().unwrap().to_string();
    segment.end();
    assert_eq!(block_on(daemon.expect_one_trace()).id(), id);
}

#[track_caller]
fn check_not_captured(daemon: &FakeDaemon, expected: &str, code: impl AsyncFnOnce(&Recorder)) {
    let recorder = recorder(daemon);
    let ((), trace) = block_on(daemon.try_capture(async |_| code(&recorder).await));
    let shortfall = trace.unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::NotCaptured);
    assert_eq!(settled(&shortfall.to_string()), expected);
}

#[test]
fn code_that_records_nothing_is_told_so() {
    let daemon = FakeDaemon::start();
    block_on(work(&recorder(&daemon), "another"));
    check_not_captured(
        &daemon,
        "captured no trace: nothing came of TRACE\n\
         likely: the code recorded nothing, or sent it to another address\n\
         hint: hand the header on: recorder.continuing(&header); a spawned task must be\n\
         \x20 told, with carry(task)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
        async |_| (),
    );
}

#[test]
fn code_that_ignores_the_header_is_told_so_first_with_the_traces_that_it_began() {
    let daemon = FakeDaemon::start();
    let other = recorder(&daemon);
    block_on(work(&other, "before"));
    check_not_captured(
        &daemon,
        "captured no trace: nothing came of TRACE\n\
         likely: the code began a trace of its own: it ignored the header\n\
         1 other trace began meanwhile:\n\
         trace TRACE (complete, 2 entities)\n\
         api\n\
         └─ put\n\
         hint: hand the header on: recorder.continuing(&header); a spawned task must be\n\
         \x20 told, with carry(task)\n\
         datagrams: 3 received = 3 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
        async |recorder| {
            // Another test's capture, on the same daemon.
            std::thread::scope(|scope| {
                let captured = || block_on(daemon.capture(async |_| work(&other, "other").await));
                scope.spawn(captured).join().unwrap();
            });
            let none = TraceHeader::parse("");
            work(&recorder.continuing(&none), "api").await;
        },
    );
}

#[test]
fn code_whose_segment_is_sampled_out_is_told_by_which_rule() {
    let daemon = FakeDaemon::start();
    let other = Recorder::builder("other").daemon(&daemon);
    let other = other.sampling(Sampling::never()).build();
    block_on(work(&other, "of another test"));
    check_not_captured(
        &daemon,
        "captured no trace: nothing came of TRACE\n\
         likely: sampled out: 2 segments were opened and are not recorded, `one` first:\n\
         \x20 the header that came with it says Sampled=0\n\
         \x20 at PLACE\n\
         hint: beside a FakeDaemon a recorder records all, unless .sampling(...) or a\n\
         \x20 header says otherwise\n\
         datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
        async |recorder| {
            let recorder = recorder.continuing(&TraceHeader::parse("Sampled=0"));
            work(&recorder, "one").await;
            work(&recorder, "two").await;
        },
    );
}

#[test]
fn code_that_leaves_its_segment_open_is_told_where_it_was_opened() {
    let daemon = FakeDaemon::start();
    let kept = std::cell::RefCell::new(Vec::new());
    let of_others = recorder(&daemon).begin_segment("of another test");
    check_not_captured(
        &daemon,
        "captured no trace: nothing came of TRACE\n\
         likely: never closed: segment `OrdersWorker` was opened and is still open\n\
         \x20 at PLACE\n\
         hint: end its guard, or await the task that it is open in, before you ask\n\
         datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
        async |recorder| {
            kept.borrow_mut()
                .push(recorder.begin_segment("OrdersWorker"));
        },
    );
    drop((kept, of_others));
}

#[test]
fn code_outside_of_every_segment_is_told_where_it_ran() {
    let daemon = FakeDaemon::start();
    check_not_captured(
        &daemon,
        "captured no trace: nothing came of TRACE\n\
         likely: subsegment `put` ran outside of every segment: it was spawned without\n\
         \x20 its context, or nobody opened one\n\
         \x20 at PLACE\n\
         hint: spawn carry(task), hand threads carry_fn(work), or open a segment with\n\
         \x20 recorder.in_segment(...)\n\
         datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
        async |_| in_subsegment_infallible("put", async |_| ()).await,
    );
    block_on(daemon.verify()).unwrap_err();
}

#[test]
fn a_captured_trace_that_is_not_complete_is_explained_without_blame_of_others() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.send("x");
    emitter.emit(&segment(1, "other?"));
    let ((), trace) = block_on(daemon.try_capture(async |context| {
        let orphan = document(&context.trace_id().to_string(), "lost").replacen(
            '{',
            r#"{"type":"subsegment","parent_id":"00000000000000ff","#,
            1,
        );
        emitter.emit(&orphan);
    }));
    let shortfall = trace.unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::Incomplete);
    assert_eq!(
        settled(&shortfall.to_string()),
        "the trace TRACE is not complete:\n\
         likely: the parent is still open, or was lost\n\
         - subsegment `lost` names 00000000000000ff as its parent, which never \
         arrived\n\
         trace TRACE (incomplete, 1 entity)\n\
         lost  <- orphan\n\
         hint: if someone else sends the parent (in Lambda the service does), declare it:\n\
         \x20 FakeDaemon::builder().external_parent(id)\n\
         datagrams: 3 received = 2 accepted + 1 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE"
    );
    // It was told of, and the others' mistakes were not.
    let report = block_on(daemon.verify()).unwrap_err();
    assert_eq!(report.findings().len(), 2, "{report}");
}

#[test]
fn a_capture_panics_with_the_text_and_says_what_it_may_hide() {
    let daemon = FakeDaemon::start();
    let text = panic_text(|| block_on(daemon.capture(async |_| ())));
    let end = "FakeDaemon on ADDRESS, started at PLACE\n\
        If the code returned an Err, this panic has taken its place: try_capture gives both.\n\
        captured at PLACE";
    assert!(settled(&text).ends_with(end), "{text}");
    assert!(
        text.contains("captured at tests/it/capturing.rs:"),
        "{text}"
    );
}

#[test]
fn a_loss_fails_a_capture_too() {
    let daemon = FakeDaemon::start();
    daemon.audit(|| 100);
    let recorder = recorder(&daemon);
    let ((), trace) = block_on(daemon.try_capture(async |_| work(&recorder, "api").await));
    assert_eq!(trace.unwrap_err().code(), ShortfallCode::Lost);
    block_on(daemon.verify()).unwrap_err();
}

// Silence.

#[test]
fn silence_is_proved_and_a_fence_does_not_break_it() {
    let daemon = FakeDaemon::start();
    for _ in 0..3 {
        block_on(daemon.fence()).unwrap();
        block_on(daemon.expect_silence());
    }
}

#[test]
fn whatever_comes_breaks_the_silence() {
    let check = |send: &dyn Fn(&Emitter)| {
        let daemon = FakeDaemon::start();
        send(&Emitter::to(&daemon));
        let shortfall = block_on(daemon.try_expect_silence()).unwrap_err();
        assert_eq!(shortfall.code(), ShortfallCode::NotSilent);
        let _ = block_on(daemon.verify());
    };
    check(&|emitter| emitter.emit(&segment(1, "api")));
    check(&|emitter| emitter.send("x"));
    check(&|emitter| emitter.send(""));
    check(&|emitter| emitter.emit("T1SCg=="));
}

#[test]
fn what_is_dropped_or_held_on_request_was_sent_all_the_same() {
    for faults in [
        Faults::none().drop_every(1),
        Faults::none().delay_every(1, 10),
    ] {
        let daemon = FakeDaemon::builder().faults(faults).start();
        daemon.emitter().emit(&segment(1, "api"));
        let shortfall = block_on(daemon.try_expect_silence()).unwrap_err();
        let text = shortfall.to_string();
        assert!(
            text.starts_with("expected silence, and 1 datagram came\n"),
            "{text}"
        );
    }
}

#[test]
fn a_broken_silence_shows_what_came() {
    let daemon = FakeDaemon::start();
    block_on(work(&recorder(&daemon), "api"));
    Emitter::to(&daemon).send("x");
    let text = panic_text(|| block_on(daemon.expect_silence()));
    assert_eq!(
        settled(&text),
        "expected silence, and 2 datagrams came\n\
         likely: the code recorded a trace of its own\n\
         trace TRACE (complete, 2 entities)\n\
         api\n\
         └─ put\n\
         hint: beside a FakeDaemon a recorder records all, unless\n\
         \x20 .sampling(Sampling::never()) or Sampled=0 in a header it continues say\n\
         \x20 otherwise\n\
         also: datagram 1 rejected (missing-newline): no line feed parts header and document in `x`: begin each \
         datagram with {\"format\":\"json\",\"version\":1} and a line feed\n\
         datagrams: 2 received = 1 accepted + 1 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE\n\
         asked at PLACE"
    );
    block_on(daemon.verify()).unwrap_err();
}

#[test]
fn silence_during_some_code_minds_neither_what_came_before_nor_other_captures() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    block_on(work(&recorder, "before"));
    let output = block_on(daemon.expect_silence_during(async |context| {
        std::thread::scope(|scope| {
            let captured = || block_on(daemon.capture(async |_| work(&recorder, "other").await));
            scope.spawn(captured).join().unwrap();
        });
        work(&recorder.continuing(context.header()), "sampled out").await;
        context.header_text()
    }));
    assert!(output.ends_with(";Sampled=0"), "{output}");
    assert_eq!(block_on(daemon.traces()).unwrap().len(), 2);
}

#[test]
fn code_that_records_a_trace_that_was_sampled_out_breaks_the_silence() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    let (output, silence) = block_on(daemon.try_expect_silence_during(async |context| {
        emitter.emit(&document(&context.trace_id().to_string(), "leaked"));
        7
    }));
    assert_eq!(output, 7);
    assert_eq!(
        settled(&silence.unwrap_err().to_string()),
        "expected silence, and 1 datagram came\n\
         likely: the trace says Sampled=0, and was recorded all the same\n\
         trace TRACE (complete, 1 entity)\n\
         leaked\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE"
    );
}

// Sooner or later.

const SECOND: Duration = Duration::from_secs(1);
/// Far longer than anything here takes.
const LONG: Duration = Duration::from_mins(1);

#[test]
fn what_has_come_is_found_at_the_first_look() {
    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).emit(&segment(1, "api"));
    let mut looks = 0;
    let trace = block_on(daemon.eventually(Duration::ZERO, |traces: &[Trace]| {
        looks += 1;
        traces.first().cloned()
    }));
    assert_eq!((looks, trace.id()), (1, &*trace_id(1)));
}

/// Sends three segments, each after it was asked for.
fn sends_three(emit: impl Fn(&str) + Send + 'static) -> impl FnMut(&[Trace]) -> bool {
    let (ask, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for number in 1..=3 {
            let () = asked.recv().unwrap();
            emit(&segment(number, "api"));
        }
    });
    let mut seen = 0;
    move |traces| {
        // Each look sees exactly one more, so that nothing is lost between looks.
        assert_eq!(traces.len(), seen);
        seen += 1;
        let _ = ask.send(());
        traces.len() == 3
    }
}

#[test]
fn each_arrival_is_looked_at_on_no_runtime() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    let check = sends_three(move |document| emitter.emit(document));
    block_on(daemon.eventually(LONG, check));
}

#[test]
fn each_arrival_in_memory_is_looked_at() {
    let daemon = FakeDaemon::start();
    let emitter = daemon.emitter();
    let check = sends_three(move |document| emitter.emit(document));
    block_on(daemon.eventually(LONG, check));
}

#[tokio::test(start_paused = true)]
async fn each_arrival_is_looked_at_under_a_paused_clock() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    let check = sends_three(move |document| emitter.emit(document));
    daemon.eventually(LONG, check).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_under_a_paused_clock_goes_on_meanwhile() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let start = Instant::now();
    let task = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_mins(10)).await;
        work(&recorder, "late").await;
    });
    daemon
        .eventually(LONG, |traces: &[Trace]| traces.len() == 1)
        .await;
    task.await.unwrap();
    assert!(start.elapsed() < LONG);
}

#[test]
fn an_idle_daemon_is_woken_for_the_deadline_and_not_much_later() {
    let daemon = FakeDaemon::start();
    let start = Instant::now();
    let within = Duration::from_millis(1_200); // Longer than the drain looks by itself.
    let shortfall = block_on(daemon.try_eventually(within, |_: &[Trace]| false)).unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::Overdue);
    assert!(start.elapsed() >= within);
    assert!(
        start.elapsed() < within + Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn who_waits_uses_no_processor() {
    let daemon = FakeDaemon::start();
    let mut looks = 0;
    let check = |_: &[Trace]| {
        looks += 1;
        false
    };
    block_on(daemon.try_eventually(SECOND / 4, check)).unwrap_err();
    assert_eq!(looks, 2);
}

#[test]
fn what_did_not_hold_is_told_in_its_own_words_with_what_came() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "api"));
    emitter.emit(&segment(2, "open").replace(r#""end_time":1.5"#, r#""in_progress":true"#));
    let text = panic_text(|| {
        block_on(
            daemon.eventually(Duration::from_millis(20), |traces: &[Trace]| {
                assert_eq!(traces.len(), 2, "two orders");
            }),
        );
    });
    assert_eq!(
        settled(&text),
        "it did not hold within 20ms, at the last of 2 looks:\n\
         likely: the future was dropped, or the program ended, before it was closed\n\
         \x20 assertion `left == right` failed: two orders\n\
         \x20   left: 1\n\
         \x20  right: 2\n\
         2 traces came:\n\
         trace TRACE (complete, 1 entity)\n\
         api\n\
         trace TRACE (incomplete, 1 entity)\n\
         open  <- never-closed\n\
         datagrams: 2 received = 2 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE\n\
         asked at PLACE"
    );
    block_on(daemon.verify()).unwrap_err();
}

#[track_caller]
fn check_overdue<R: xray_phantom::Eventual<Found: std::fmt::Debug>>(
    returned: impl Fn() -> R,
    why: &str,
) {
    let daemon = FakeDaemon::start();
    let looked = daemon.try_eventually(Duration::ZERO, |_| returned());
    let text = block_on(looked).unwrap_err().to_string();
    assert_eq!(
        settled(&text),
        format!(
            "it did not hold within 0ns, at the last of 2 looks:\n\
             likely: the code under test sends to another address, or recorded nothing; in\n\
             \x20 another process, it was sampled out or is still open\n\
             \x20 {why}\n\
             no trace came\n\
             hint: Recorder::builder(...).daemon(&daemon), or tell it of daemon.address()\n\
             datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
             FakeDaemon on ADDRESS, started at PLACE"
        )
    );
}

#[test]
fn every_form_of_no_is_one() {
    check_overdue(|| false, "it returned false");
    check_overdue(|| None::<u8>, "it returned None");
    check_overdue(|| Err::<u8, _>("not yet"), "not yet");
    check_overdue::<()>(|| panic!("with a text"), "with a text");
    check_overdue::<()>(|| panic!("with {}", 7), "with 7");
    check_overdue::<()>(|| std::panic::panic_any(7), "a panic without a message");
}

#[test]
fn every_form_of_yes_gives_what_was_found() {
    let daemon = FakeDaemon::start();
    let zero = Duration::ZERO;
    block_on(daemon.eventually(zero, |_| ()));
    block_on(daemon.eventually(zero, |_| true));
    assert_eq!(block_on(daemon.eventually(zero, |_| Some(7))), 7);
    assert_eq!(block_on(daemon.eventually(zero, |_| Ok::<_, String>(8))), 8);
    assert_eq!(block_on(daemon.eventually(Duration::MAX, |_| Some(9))), 9);
}

#[test]
fn a_long_text_is_cut() {
    let daemon = FakeDaemon::start();
    let long = "line\n".repeat(1_000);
    let looked = daemon.try_eventually(Duration::ZERO, |_| Err::<(), _>(&long));
    let text = block_on(looked).unwrap_err().to_string();
    assert_eq!(text.matches("  line\n").count(), 60, "{text}");
    assert!(text.contains("  ... and 940 more lines\n"), "{text}");
}

#[test]
fn a_loss_ends_the_wait() {
    let daemon = FakeDaemon::start();
    daemon.audit(|| 100);
    let shortfall = block_on(daemon.try_eventually(LONG, |_| false)).unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::Lost);
    block_on(daemon.verify()).unwrap_err();
}

#[test]
fn what_a_fault_sends_twice_for_another_capture_hides_nothing() {
    let daemon = FakeDaemon::builder()
        .faults(Faults::none().duplicate_every(1))
        .start();
    let recorder = recorder(&daemon);
    let ((), silence) = block_on(daemon.try_expect_silence_during(async |_| {
        let other = async |_| recorder.in_segment_infallible("other", async |_| ()).await;
        assert!(daemon.try_capture(other).await.1.is_ok());
        recorder.in_segment_infallible("own", async |_| ()).await;
    }));
    assert_eq!(silence.unwrap_err().code(), ShortfallCode::NotSilent);
    let ((), silence) = block_on(daemon.try_expect_silence_during(async |_| {
        let other = async |_| recorder.in_segment_infallible("other", async |_| ()).await;
        assert!(daemon.try_capture(other).await.1.is_ok());
    }));
    assert!(silence.is_ok());
}
