//! How entities end: by guards, errors, panics, statuses, or not at all; and what is told of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use xray_phantom::wire::TraceHeader;
use xray_phantom::{
    FakeDaemon, Finding, Recorder, block_on, carry_fn, in_subsegment_infallible_sync,
};

fn recorder(daemon: &FakeDaemon) -> Recorder {
    Recorder::builder("api").daemon(daemon).build()
}

/// The notes that are found now, each as code and message, and all of them from this file.
fn notes(daemon: &FakeDaemon) -> Vec<String> {
    let Err(report) = block_on(daemon.verify()) else {
        return Vec::new();
    };
    let told = report.findings().iter().map(|finding| match finding {
        Finding::Note(note) => {
            assert_eq!(note.place().unwrap().file(), "tests/it/endings.rs");
            format!("{}: {}", note.code(), note.message())
        }
        other => other.to_string(),
    });
    told.collect()
}

#[test]
fn a_status_says_whose_fault_it_is_whatever_the_code_returns() {
    let of = |statuses: &[u16], fails: bool| {
        let daemon = FakeDaemon::start();
        let result = recorder(&daemon).in_segment_sync("api", |segment| {
            for status in statuses {
                segment.http_status(*status);
            }
            if fails { Err(std::fmt::Error) } else { Ok(()) }
        });
        assert_eq!(result.is_err(), fails);
        let trace = block_on(daemon.expect_one_trace());
        let segment = trace.roots().next().unwrap().entity();
        [segment.error(), segment.throttle(), segment.fault()].map(|flag| flag == Some(true))
    };
    let (nothing, error) = ([false; 3], [true, false, false]);
    let (throttle, fault) = ([true, true, false], [false, false, true]);
    assert_eq!(of(&[], false), nothing);
    assert_eq!(of(&[200], false), nothing);
    assert_eq!(of(&[404], false), error);
    assert_eq!(of(&[429], false), throttle);
    assert_eq!(of(&[503], false), fault);
    // An error is a fault unless the status says more.
    assert_eq!(of(&[], true), fault);
    assert_eq!(of(&[200], true), fault);
    assert_eq!(of(&[404], true), error);
    assert_eq!(of(&[429], true), throttle);
    assert_eq!(of(&[500], true), fault);
    // The last one counts.
    assert_eq!(of(&[500, 200], false), nothing);
    assert_eq!(of(&[404, 502], false), fault);
}

#[test]
fn what_the_code_says_of_its_failure_stays() {
    let daemon = FakeDaemon::start();
    let failed = recorder(&daemon).in_segment_sync("api", |segment| {
        segment.error();
        Err::<(), _>(std::fmt::Error)
    });
    assert!(failed.is_err());
    recorder(&daemon).in_segment_infallible_sync("caused", |segment| {
        segment.cause(&std::fmt::Error);
    });
    let traces = block_on(daemon.traces()).unwrap();
    let flags = |name: &str| {
        let find = |trace: &&xray_phantom::Trace| {
            trace.roots().next().unwrap().name().as_deref() == Some(name)
        };
        let trace = traces.iter().find(find).unwrap();
        let segment = trace.roots().next().unwrap().entity();
        (segment.error(), segment.fault())
    };
    assert_eq!(flags("api"), (Some(true), None));
    assert_eq!(flags("caused"), (None, Some(true)));
}

#[test]
fn a_closure_that_panics_before_it_has_a_future_is_a_fault_with_its_message() {
    let daemon = FakeDaemon::start();
    let future = recorder(&daemon).in_segment_infallible("api", |_| {
        assert!(daemon.env().is_empty(), "no such account");
        async {}
    });
    catch_unwind(AssertUnwindSafe(|| block_on(future))).unwrap_err();
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "api FAULT panic"
    );
}

#[test]
fn to_end_by_hand_what_has_ended_is_told_by_whatever_handle() {
    let daemon = FakeDaemon::start();
    recorder(&daemon).in_segment_infallible_sync("api", |segment| {
        let guard = segment.begin_subsegment("work");
        (*guard).end();
        guard.end();
        let guard = segment.begin_subsegment("other");
        (*guard).end();
        drop(guard);
    });
    assert_eq!(
        notes(&daemon),
        ["ended-twice: subsegment `work` had ended; to end it again changes nothing"]
    );
    let trace = block_on(daemon.expect_one_trace());
    assert_eq!(trace.outline(), "api\n  other\n  work");
}

#[test]
fn what_begins_after_its_segment_has_ended_is_told_and_sent() {
    let daemon = FakeDaemon::start();
    let (segment, work) = recorder(&daemon).in_segment_infallible_sync("api", |segment| {
        let work = carry_fn(|| in_subsegment_infallible_sync("carried", |_| ()));
        (segment, work)
    });
    segment.begin_subsegment("guarded").end();
    work();
    segment.send_in_progress();
    assert_eq!(
        notes(&daemon),
        [
            "used-after-end: subsegment `guarded` was opened in segment `api`, which had ended; it is sent on its own",
            "used-after-end: subsegment `carried` was opened in segment `api`, which had ended; it is sent on its own",
            "used-after-end: segment `api` had ended; nothing is sent",
        ]
    );
    let trace = block_on(daemon.expect_one_trace());
    assert_eq!(trace.outline(), "api\n  carried\n  guarded");
}

#[test]
fn a_segment_that_is_never_ended_is_told_when_the_test_is_judged() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let first = recorder.begin_segment("first");
    first.begin_subsegment("done").end();
    let told =
        "left-open: segment `first` is still open: nothing of it was sent that waits for its end";
    assert_eq!(notes(&daemon), [told]);
    // Once, and not those that have ended since.
    first.end();
    assert_eq!(notes(&daemon), [""; 0]);
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "first\n  done"
    );
    std::mem::forget(recorder.begin_segment("leaked"));
    drop(recorder);
    assert_eq!(notes(&daemon).len(), 1);
}

#[test]
fn what_cleans_up_after_a_panic_is_not_what_failed() {
    struct RollBack(xray_phantom::OpenEntity);

    impl Drop for RollBack {
        fn drop(&mut self) {
            self.0.begin_subsegment("rollback").end();
            drop(self.0.begin_subsegment("dropped"));
        }
    }

    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        recorder.in_segment_infallible_sync("api", |segment| {
            let guard = segment.begin_subsegment("guard");
            let _roll_back = RollBack(segment.clone());
            assert!(!guard.is_open(), "no such account");
        });
    }));
    panicked.unwrap_err();
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "api FAULT panic\n  dropped\n  guard FAULT panic\n  rollback"
    );
}

#[test]
fn an_open_subsegment_above_what_is_sent_is_in_progress_until_it_ends() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(&daemon);
    let segment = recorder.begin_segment("api");
    let outer = segment.begin_subsegment("outer");
    let inner = outer.begin_subsegment("inner");
    let beside = segment.begin_subsegment("beside");
    inner.begin_subsegment("done").end();
    inner.annotate("known", true);
    segment.end();
    let datagrams = block_on(daemon.datagrams()).unwrap();
    // `inner` and `outer`, which `done` needs, `done` and `api`; not `beside`.
    assert_eq!(datagrams.len(), 4);
    let trace = block_on(daemon.partial(&outer.trace_id().unwrap().to_string())).unwrap();
    assert_eq!(trace.nodes().len(), 4);
    for guard in [inner, outer, beside] {
        guard.end();
    }
    assert_eq!(
        block_on(daemon.expect_one_trace()).outline(),
        "api\n  beside\n  outer\n    inner {known: true}\n      done"
    );
    assert_eq!(notes(&daemon).len(), 3);
}

const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

#[test]
fn what_happens_to_an_invocation_is_not_said_of_a_segment_that_lambda_sends() {
    let daemon = FakeDaemon::builder()
        .external_parent("53995c3f42cd8ad8")
        .start();
    let recorder = recorder(&daemon);
    let header = TraceHeader::parse(HEADER);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let invocation = recorder.lambda_invocation(&header);
        invocation.in_subsegment_infallible_sync("work", |_| ());
        assert!(!invocation.is_open(), "no such account");
    }));
    panicked.unwrap_err();
    let invocation = recorder.lambda_invocation(&header);
    invocation.end_with(&std::fmt::Error);
    assert_eq!(notes(&daemon), [""; 0]);
    let invocation = recorder.lambda_invocation(&header);
    let open = invocation.begin_subsegment("open");
    invocation.end();
    assert_eq!(
        notes(&daemon),
        ["left-open: subsegment `open` was still open when the invocation ended"]
    );
    open.end();
    assert_eq!(block_on(daemon.expect_one_trace()).outline(), "open\nwork");
}

#[test]
fn what_was_ended_by_hand_inside_its_code_has_said_all() {
    let daemon = FakeDaemon::start();
    let failed = recorder(&daemon).in_segment_sync("api", |segment| {
        segment.end();
        Err::<(), _>(std::fmt::Error)
    });
    assert!(failed.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        recorder(&daemon).in_segment_infallible_sync("panics", |segment| {
            segment.end();
            assert!(segment.is_open(), "no such account");
        });
    }));
    panicked.unwrap_err();
    assert_eq!(notes(&daemon), [""; 0]);
    assert_eq!(block_on(daemon.traces()).unwrap().len(), 2);
}
