//! What is lost fails the test that suffered it, with the count and the remedy.
#![cfg(target_os = "linux")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;

use xray_phantom::wire::frame;
use xray_phantom::{FakeDaemon, Faults, Finding, Recorder, ShortfallCode, block_on};

use crate::support::{Emitter, segment};

/// What a Linux socket has that asks for none: `net.core.rmem_default`.
const STOCK: usize = 212_992;

/// So many emitters send so many datagrams each, as fast as they can, and say how many.
fn flood(daemon: &FakeDaemon, emitters: u32, each: u32, datagram: &[u8]) -> u64 {
    let sent = Arc::new(AtomicU64::new(0));
    let said = Arc::clone(&sent);
    daemon.audit(move || said.load(SeqCst));
    thread::scope(|scope| {
        for _ in 0..emitters {
            scope.spawn(|| {
                let emitter = Emitter::to(daemon);
                for _ in 0..each {
                    emitter.send(datagram);
                    sent.fetch_add(1, SeqCst);
                }
            });
        }
    });
    sent.load(SeqCst)
}

/// All that was sent is in one number; and a loss is told by every question and by the verdict,
/// with its count and the remedy, while none is by none.
#[track_caller]
fn check_accounts(daemon: &FakeDaemon, sent: u64) -> u64 {
    let counts = block_on(daemon.fence()).unwrap();
    let dropped = counts.dropped.unwrap();
    // How many are lost is the machine's affair: `cargo test --test it loss:: -- --nocapture`.
    println!("{sent} sent: {counts}");
    assert_eq!(
        counts.accepted + counts.rejected + counts.ignored + dropped + counts.unexplained,
        sent,
        "{counts}"
    );
    let lost = dropped + counts.unexplained;
    let traces = block_on(daemon.traces());
    let verdict = block_on(daemon.verify());
    if lost == 0 {
        traces.unwrap();
        verdict.unwrap();
        return 0;
    }
    assert_eq!(traces.unwrap_err().code(), ShortfallCode::Lost);
    let report = verdict.unwrap_err().to_string();
    if dropped > 0 {
        assert!(
            report.contains(&format!("- the kernel dropped {dropped} datagram")),
            "{report}"
        );
        assert!(report.contains("sysctl -w net.core.rmem_max="), "{report}");
    }
    if counts.unexplained > 0 {
        assert!(report.contains("sent and never seen"), "{report}");
    }
    lost
}

#[test]
fn eight_emitters_flat_out_are_accounted_for_to_the_last_datagram() {
    let daemon = FakeDaemon::start();
    let datagram = frame(&segment(1, "api")).unwrap();
    let sent = flood(&daemon, 8, 5_000, &datagram);
    assert_eq!(sent, 40_000);
    check_accounts(&daemon, sent);
}

#[test]
fn eight_emitters_against_the_stock_buffer_are_accounted_for_too() {
    let daemon = FakeDaemon::builder().receive_buffer(STOCK).start();
    assert_eq!(daemon.receive_buffer(), Some(STOCK));
    let datagram = frame(&segment(1, "api")).unwrap();
    let sent = flood(&daemon, 8, 5_000, &datagram);
    check_accounts(&daemon, sent);
}

/// A segment of nearly 60 kB.
fn large() -> Vec<u8> {
    let document = segment(1, "api").replacen(
        '{',
        &format!(
            r#"{{"metadata":{{"default":{{"rows":"{}"}}}},"#,
            "r".repeat(59_800)
        ),
        1,
    );
    frame(&document).unwrap()
}

#[test]
fn bursts_of_60_kb_are_accounted_for() {
    let daemon = FakeDaemon::builder().receive_buffer(STOCK).start();
    // Three fit, whether or not the drain is awake; so each burst of three is whole.
    let emitter = Emitter::to(&daemon);
    for _ in 0..20 {
        for _ in 0..3 {
            emitter.send(large());
        }
        block_on(daemon.fence()).unwrap();
    }
    check_accounts(&daemon, 60);
    assert_eq!(block_on(daemon.fence()).unwrap().received, 60);

    let daemon = FakeDaemon::builder().receive_buffer(STOCK).start();
    let sent = flood(&daemon, 2, 500, &large());
    check_accounts(&daemon, sent);
}

#[test]
fn a_buffer_for_one_datagram_loses_most_of_a_flood_and_the_test_hears_of_each() {
    let daemon = FakeDaemon::builder().receive_buffer(4_608).start();
    let datagram = frame(&segment(1, "api")).unwrap();
    let sent = flood(&daemon, 8, 2_000, &datagram);
    assert!(check_accounts(&daemon, sent) > 0);
}

#[test]
fn what_a_sender_counts_and_nobody_saw_fails_every_question() {
    let daemon = FakeDaemon::start();
    let sent = Arc::new(AtomicU64::new(0));
    let said = Arc::clone(&sent);
    daemon.audit(move || said.load(SeqCst));
    Emitter::to(&daemon).emit(&segment(1, "api"));
    sent.store(1, SeqCst);
    block_on(daemon.expect_one_trace());

    sent.store(4, SeqCst);
    assert_eq!(block_on(daemon.fence()).unwrap().unexplained, 3);
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::Lost);
    let text = "3 datagrams were sent and never seen, by the count of a sender\n  likely: the queue of a CPU was \
                full (second column of /proc/net/softnet_stat): sudo sysctl -w net.core.netdev_max_backlog=10000; or \
                the sender counts what it did not send, or sent it to another address\n";
    assert!(
        shortfall
            .to_string()
            .starts_with(&format!("no answer can be relied on: {text}")),
        "{shortfall}"
    );
    let report = block_on(daemon.verify()).unwrap_err();
    assert!(
        matches!(report.findings(), [Finding::Unexplained { unexplained: 3 }]),
        "{report}"
    );
    assert!(
        report.to_string().contains(&format!("- {text}")),
        "{report}"
    );
    // Told once.
    block_on(daemon.verify()).unwrap();
}

#[test]
fn a_flood_over_udp_does_not_hold_up_a_recorder_in_memory() {
    let daemon = FakeDaemon::start();
    let (ended, emitter) = (AtomicBool::new(false), daemon.emitter());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let emitter = Emitter::to(&daemon);
                while !ended.load(SeqCst) {
                    emitter.send("");
                }
            });
        }
        // Without a bound one call waits until the others give way, which they never do.
        for _ in 0..200 {
            emitter.emit(&segment(1, "api"));
        }
        ended.store(true, SeqCst);
    });
    let counts = block_on(daemon.fence()).unwrap();
    assert_eq!((counts.accepted, counts.unexplained), (200, 0));
    // The flood was not counted by its senders; it may have been too much for the buffer.
    let _ = block_on(daemon.verify());
}

#[test]
fn senders_in_memory_and_over_udp_are_audited_together_while_others_ask() {
    let daemon = FakeDaemon::start();
    let in_memory = Recorder::builder("api").daemon(&daemon).build();
    let over_udp = Recorder::builder("api")
        .daemon_over_udp(&daemon)
        .unwrap()
        .build();
    thread::scope(|scope| {
        for recorder in [&in_memory, &over_udp, &over_udp] {
            scope.spawn(move || {
                for _ in 0..300 {
                    recorder.in_segment_infallible_sync("api", |_| ());
                }
            });
        }
        for _ in 0..300 {
            let counts = block_on(daemon.fence()).unwrap();
            assert_eq!(counts.unexplained, 0, "{counts}");
        }
    });
    let counts = block_on(daemon.fence()).unwrap();
    let known = counts.accepted + counts.dropped.unwrap();
    assert_eq!((known, counts.unexplained), (900, 0));
    let _ = block_on(daemon.verify());
}

#[test]
fn a_recorder_over_udp_is_audited_by_itself() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api")
        .daemon_over_udp(&daemon)
        .unwrap()
        .build();
    for _ in 0..3 {
        block_on(recorder.in_segment_infallible("api", async |_| ()));
    }
    let counts = block_on(daemon.fence()).unwrap();
    assert_eq!((counts.accepted, counts.unexplained), (3, 0));
    // What faults take away is explained.
    daemon.set_faults(Faults::none().drop_every(2)).unwrap();
    for _ in 0..3 {
        block_on(recorder.in_segment_infallible("api", async |_| ()));
    }
    let counts = block_on(daemon.fence()).unwrap();
    assert_eq!(
        (
            counts.accepted,
            counts.dropped_on_request,
            counts.unexplained
        ),
        (5, 1, 0)
    );
}
