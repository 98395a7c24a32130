//! What happens to datagrams on the way, on request.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use xray_phantom::capture::{Counts, Received};
use xray_phantom::wire::frame;
use xray_phantom::{Defect, DefectCode, FakeDaemon, Faults, Recorder, block_on};

use crate::support::{Emitter, segment, trace_id};

/// The names of the segments that came so far, in order of arrival.
fn names(daemon: &FakeDaemon) -> String {
    let datagrams = block_on(daemon.datagrams()).unwrap();
    let names = datagrams.iter().map(|received| {
        let document = received.document().unwrap();
        document
            .root()
            .get("name")
            .unwrap()
            .as_str()
            .unwrap()
            .into_owned()
    });
    names.collect::<Vec<_>>().join(" ")
}

/// Sends the segments `1` to `8`; then what has come, and what comes when all is released.
#[track_caller]
fn check(faults: Faults, arrived: &str, released: &str) {
    let daemon = FakeDaemon::builder().faults(faults).start();
    let emitter = Emitter::to(&daemon);
    for number in 1..=8 {
        emitter.emit(&segment(number, &number.to_string()));
    }
    assert_eq!(names(&daemon), arrived);
    daemon.release();
    assert_eq!(names(&daemon), released);
    let counts = block_on(daemon.fence()).unwrap();
    assert_eq!(
        counts.received + counts.dropped_on_request - counts.duplicated,
        8
    );
}

#[test]
fn datagrams_are_dropped_doubled_delayed_and_turned_round() {
    let all = "1 2 3 4 5 6 7 8";
    check(Faults::none(), all, all);
    check(Faults::none().drop_every(3), "1 2 4 5 7 8", "1 2 4 5 7 8");
    check(
        Faults::none().duplicate_every(4),
        "1 2 3 4 4 5 6 7 8 8",
        "1 2 3 4 4 5 6 7 8 8",
    );
    check(
        Faults::none().delay_every(4, 2),
        "1 2 3 5 6 4 7",
        "1 2 3 5 6 4 7 8",
    );
    // The fence ends the last group.
    check(
        Faults::none().reorder(3),
        "3 2 1 6 5 4 8 7",
        "3 2 1 6 5 4 8 7",
    );
}

#[test]
fn counts_tell_what_was_done_on_request() {
    let faults = Faults::none()
        .drop_every(3)
        .duplicate_every(2)
        .delay_every(5, 10);
    let daemon = FakeDaemon::builder().faults(faults).start();
    let emitter = Emitter::to(&daemon);
    for number in 1..=6 {
        emitter.emit(&segment(number, "api"));
    }
    let counts = block_on(daemon.fence()).unwrap();
    let expected = Counts {
        received: 5,
        accepted: 5,
        dropped: counts.dropped,
        dropped_on_request: 2,
        duplicated: 2,
        held: 1,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    assert!(
        counts
            .to_string()
            .ends_with(", 2 dropped on request, 2 doubled on request, 1 held on request"),
        "{counts}"
    );
}

#[test]
fn a_datagram_that_is_held_makes_a_trace_incomplete_until_it_is_released() {
    let daemon = FakeDaemon::builder()
        .faults(Faults::none().delay_every(2, 100))
        .start();
    let emitter = Emitter::to(&daemon);
    let late = segment(1, "late").replacen(
        "\"id\":",
        "\"type\":\"subsegment\",\"parent_id\":\"0000000000000001\",\"id\":\"00000000000000b1\",\"unused\":",
        1,
    );
    // The child comes first, and its parent is delayed.
    emitter.emit(&late);
    emitter.emit(&segment(1, "api"));
    let partial = block_on(daemon.partial(trace_id(1))).unwrap();
    let codes: Vec<DefectCode> = partial.defects().map(Defect::code).collect();
    assert_eq!(codes, [DefectCode::Orphan]);
    daemon.release();
    assert!(block_on(daemon.expect_one_trace()).has_subsegment("late"));
}

/// A segment that is still open.
fn open() -> String {
    segment(1, "api").replacen("\"end_time\":", "\"in_progress\":true,\"unused\":", 1)
}

/// A subsegment on its own with this parent.
fn child(id: &str, parent: &str) -> String {
    segment(1, "put").replacen(
        "\"id\":",
        &format!(r#""type":"subsegment","parent_id":"{parent:0>16}","id":"{id:0>16}","unused":"#),
        1,
    )
}

#[test]
fn faults_are_the_likely_cause_of_what_is_missing() {
    let check = |faults: Faults, sent: &[String], likely: &str| {
        let daemon = FakeDaemon::builder().faults(faults).start();
        let emitter = Emitter::to(&daemon);
        for document in sent {
            emitter.emit(document);
        }
        let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
        let text = shortfall.to_string();
        assert!(text.contains(likely), "{text}");
        // That someone else sends what was dropped is no help.
        assert!(
            likely.is_empty() || !text.contains("hint: if someone else"),
            "{text}"
        );
        let told = text.contains("the faults that this test asked for");
        assert_eq!(told, !likely.is_empty(), "{text}");
        drop(block_on(daemon.verify()));
    };
    let api = || segment(1, "api");
    check(
        Faults::none().drop_every(1),
        &[api()],
        "\nlikely: kept back by the faults that this test asked for: 1 dropped\n",
    );
    check(
        Faults::none().delay_every(1, 5),
        &[api()],
        "\nlikely: kept back by the faults that this test asked for: 1 held\n\
         hint: daemon.release() lets in what is held\n",
    );
    // Of a trace that lacks something: its end, a parent.
    check(
        Faults::none().drop_every(2),
        &[open(), api()],
        "\nlikely: kept back by the faults that this test asked for: 1 dropped\n",
    );
    check(
        Faults::none().drop_every(2),
        &[child("b1", "1"), api()],
        "\nlikely: kept back by the faults that this test asked for: 1 dropped\n",
    );
    // Those that kept nothing back, and none.
    check(Faults::none().drop_every(2), &[child("b1", "1")], "");
    check(Faults::none().duplicate_every(1), &[open()], "");
    check(Faults::none(), &[], "");
}

#[test]
fn someone_else_may_send_a_parent_unless_faults_kept_something_back() {
    let text_of = |daemon: &FakeDaemon| {
        let shortfall = block_on(daemon.try_expect_one_trace());
        shortfall.unwrap_err().to_string()
    };
    // Of two kinds of what is missing, too.
    let faults = Faults::none().drop_every(3);
    let daemon = FakeDaemon::builder().faults(faults).start();
    let emitter = Emitter::to(&daemon);
    for document in [open(), child("b1", "c1"), segment(1, "api")] {
        emitter.emit(&document);
    }
    let text = text_of(&daemon);
    assert!(
        text.contains("\nlikely: the parent is still open, or was lost\n"),
        "{text}"
    );
    assert!(!text.contains("hint:"), "{text}");
    drop(block_on(daemon.verify()));
    // Without faults it may be someone else's, whatever else went wrong.
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.send("x");
    emitter.emit(&child("b1", "1"));
    let text = text_of(&daemon);
    assert!(
        text.contains("\nlikely: datagram 0 was rejected ("),
        "{text}"
    );
    assert!(
        text.contains("\nhint: if someone else sends the parent"),
        "{text}"
    );
    drop(block_on(daemon.verify()));
}

#[test]
fn what_was_dropped_before_a_capture_is_no_cause_in_it() {
    let captured = |drops_inside: bool| {
        let faults = Faults::none().drop_every(1);
        let daemon = FakeDaemon::builder().faults(faults).start();
        let emitter = Emitter::to(&daemon);
        emitter.emit(&segment(1, "api"));
        let ((), trace) = block_on(daemon.try_capture(async |context| {
            let orphan = child("b1", "ff").replace(&trace_id(1), &context.trace_id().to_string());
            if drops_inside {
                emitter.emit(&orphan);
            }
            daemon.set_faults(Faults::none()).unwrap();
            emitter.emit(&orphan);
        }));
        let text = trace.unwrap_err().to_string();
        drop(block_on(daemon.verify()));
        text
    };
    let text = captured(false);
    assert!(
        text.contains("\nlikely: the parent is still open, or was lost\n"),
        "{text}"
    );
    assert!(text.contains("\nhint: if someone else sends"), "{text}");
    let text = captured(true);
    assert!(
        text.contains("\nlikely: kept back by the faults that this test asked for: 1 dropped\n"),
        "{text}"
    );
    assert!(!text.contains("hint:"), "{text}");
}

#[test]
fn nobody_knows_what_was_refused() {
    let daemon = FakeDaemon::builder()
        .faults(Faults::none().refuse())
        .start();
    let text = block_on(daemon.try_expect_one_trace())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("\nlikely: kept back by the faults that this test asked for: what came while it\n  refused\n"),
        "{text}"
    );
    assert!(
        text.contains("; what was refused on request is not counted\n"),
        "{text}"
    );
}

#[test]
fn what_is_held_is_judged_at_the_end() {
    let report = block_on(
        FakeDaemon::builder()
            .faults(Faults::none().delay_every(1, 9))
            .try_scope(async |daemon| {
                Emitter::to(daemon).send("x");
                assert_eq!(daemon.fence().await.unwrap().held, 1);
            }),
    )
    .unwrap_err();
    assert!(
        report.to_string().contains("datagram 0 rejected"),
        "{report}"
    );
}

#[tokio::test]
async fn what_the_last_hooks_and_tasks_send_is_judged_though_it_is_held() {
    let held = || FakeDaemon::builder().faults(Faults::none().delay_every(1, 9));
    let (address, socket) = (
        Arc::new(OnceLock::new()),
        UdpSocket::bind("127.0.0.1:0").unwrap(),
    );
    let to = Arc::clone(&address);
    let flush = move || {
        let to: &std::net::SocketAddr = to.get().unwrap();
        socket.send_to(b"not json", to).unwrap();
    };
    let report = held()
        .before_fence(flush)
        .try_scope(async |daemon: &FakeDaemon| address.set(daemon.address()).unwrap())
        .await
        .unwrap_err();
    assert!(
        report.to_string().contains("rejected (missing-newline)"),
        "{report}"
    );

    let daemon = held().start();
    let emitter = daemon.emitter();
    tokio::spawn(async move { emitter.emit("{}") });
    assert!(daemon.verify().await.is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_opens_and_closes_many_times_and_keeps_its_port() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    for number in 1..=100 {
        daemon.set_faults(Faults::none().refuse()).unwrap();
        daemon.set_faults(Faults::none()).unwrap();
        emitter.emit(&segment(number, "api"));
    }
    let counts = block_on(daemon.fence()).unwrap();
    assert_eq!((counts.accepted, counts.refused), (100, true));
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_refused_is_no_loss_of_a_recorder_over_udp() {
    let daemon = FakeDaemon::builder()
        .faults(Faults::none().refuse())
        .start();
    let recorder = Recorder::builder("api")
        .daemon_over_udp(&daemon)
        .unwrap()
        .build();
    for _ in 0..3 {
        block_on(recorder.in_segment_infallible("api", async |_| ()));
    }
    block_on(daemon.verify()).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_that_refuses_is_a_closed_port_and_opens_again() {
    let daemon = FakeDaemon::start();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(daemon.address()).unwrap();
    let send = |number| socket.send(&frame(&segment(number, &number.to_string())).unwrap());
    send(1).unwrap();
    daemon.set_faults(Faults::none().refuse()).unwrap();
    send(2).unwrap();
    let refused = send(3).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    // An error is told once, and nothing was sent. Fences pass all the while.
    assert_eq!(names(&daemon), "1");
    // Nobody else gets the port.
    assert!(UdpSocket::bind(daemon.address()).is_err());
    daemon.set_faults(Faults::none()).unwrap();
    send(4).unwrap();
    assert_eq!(names(&daemon), "1 4");
}

#[test]
fn a_recorder_in_memory_is_refused_too_and_counts_it() {
    let daemon = FakeDaemon::builder()
        .faults(Faults::none().refuse())
        .start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    block_on(recorder.in_segment_infallible("api", async |_| ()));
    assert_eq!(block_on(daemon.fence()).unwrap().received, 0);
    let emitter = daemon.emitter();
    emitter.emit("{}");
    let counts = emitter.counts();
    assert_eq!((counts.sent, counts.failed), (0, 1));
}

#[test]
fn faults_that_cannot_be_are_errors_that_say_why() {
    let check = |faults: Faults, expected: &str| {
        let error = FakeDaemon::builder()
            .faults(faults.clone())
            .try_start()
            .unwrap_err();
        assert_eq!(error.to_string(), expected);
        let daemon = FakeDaemon::start();
        let error = daemon.set_faults(faults).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let counted = "datagrams are counted from 1: 1 is every one, 2 every other";
    check(
        Faults::none().drop_every(0),
        &format!("invalid fault `drop_every(0)`: {counted}"),
    );
    check(
        Faults::none().duplicate_every(0).reorder(1),
        &format!("invalid fault `duplicate_every(0)`: {counted}"),
    );
    check(
        Faults::none().delay_every(3, 0),
        "invalid fault `delay_every(3, 0)`: behind none is no delay: 1 changes places with the next",
    );
    check(
        Faults::none().reorder(1),
        "invalid fault `reorder(1)`: it takes 2 datagrams to change places",
    );
}

proptest! {
    /// Whatever is done on request, each datagram is in one number, and the same in every run.
    #[test]
    fn every_datagram_is_accounted_for_under_any_faults(
        sent in 0..40_u32,
        drop in prop::option::of(1..5_u64),
        double in prop::option::of(1..5_u64),
        delay in prop::option::of((1..5_u64, 1..9_u64)),
        group in prop::option::of(2..6_usize),
    ) {
        let mut faults = Faults::none();
        if let Some(nth) = drop {
            faults = faults.drop_every(nth);
        }
        if let Some(nth) = double {
            faults = faults.duplicate_every(nth);
        }
        if let Some((nth, by)) = delay {
            faults = faults.delay_every(nth, by);
        }
        if let Some(group) = group {
            faults = faults.reorder(group);
        }
        let run = || {
            let daemon = FakeDaemon::builder().faults(faults.clone()).start();
            let emitter = daemon.emitter();
            for number in 0..sent {
                emitter.emit(&segment(number, "api"));
            }
            let counts = block_on(daemon.fence()).unwrap();
            let seen = counts.received - counts.duplicated + counts.dropped_on_request + counts.held;
            assert_eq!((seen, counts.unexplained), (u64::from(sent), 0));
            daemon.release();
            let counts = block_on(daemon.fence()).unwrap();
            assert_eq!(counts.held, 0);
            let datagrams = block_on(daemon.datagrams()).unwrap();
            datagrams.iter().map(|received: &Received| received.bytes().to_vec()).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}
