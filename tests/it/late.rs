//! Datagrams that come after their daemon has ended.

use std::net::UdpSocket;
use std::process::{Command, Output};

use xray_phantom::wire::frame;
use xray_phantom::{FakeDaemon, Faults};

use crate::support::segment;

/// Set for the copy of this test binary that shows what a user would see.
const INSIDE: &str = "XRAY_PHANTOM_TEST_LATE";

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs a test of this file alone, in a process of its own.
fn alone(test: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("late::{test}"), "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap()
}

#[test]
fn a_late_datagram_reaches_no_other_test_and_is_named_on_stderr() {
    if is_inside() {
        let first = FakeDaemon::start();
        let address = first.address();
        drop(first);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .send_to(&frame(&segment(1, "OrdersWorker")).unwrap(), address)
            .unwrap();
        let second = FakeDaemon::start();
        assert_ne!(second.address(), address);
        assert!(xray_phantom::block_on(second.traces()).unwrap().is_empty());
        println!("address {address}");
        return;
    }
    let output = alone("a_late_datagram_reaches_no_other_test_and_is_named_on_stderr");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}{stderr}");
    let address = stdout
        .lines()
        .find_map(|line| line.split_once("address "))
        .unwrap()
        .1;
    let line = stderr
        .lines()
        .find(|line| line.starts_with("xray-phantom: "))
        .unwrap();
    let (before, after) = line.split_once(" (started at ").unwrap();
    assert_eq!(
        before,
        format!(
            "xray-phantom: `OrdersWorker` of trace 1-66a00000-000000000000000000000001 came to {address} after \
             its FakeDaemon had ended"
        )
    );
    assert!(
        after.contains("tests/it/late.rs:") && after.contains("late::a_late_datagram_reaches"),
        "{after}"
    );
}

#[test]
fn a_document_that_is_handed_over_too_late_is_named_at_once() {
    if is_inside() {
        let daemon = FakeDaemon::start();
        let emitter = daemon.emitter();
        drop(daemon);
        emitter.emit(&segment(1, "OrdersWorker"));
        emitter.emit("no JSON");
        emitter.emit("{}");
        emitter.emit(r#"{"name":"a\nb","trace_id":""}"#);
        for _ in 0..10 {
            emitter.emit(r#"{"trace_id":"t"}"#);
        }
        return;
    }
    let output = alone("a_document_that_is_handed_over_too_late_is_named_at_once");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let named = stderr.lines().filter_map(|line| {
        let (before, after) = line.split_once(" (FakeDaemon on ")?;
        assert!(after.contains("started at tests/it/late.rs:"), "{after}");
        Some(before)
    });
    let called = named.filter_map(|line| {
        let line = line.strip_prefix("xray-phantom: ")?;
        line.strip_suffix(" came after its daemon had ended")
    });
    let nameless = "a document without name of trace t";
    assert_eq!(
        called.collect::<Vec<_>>(),
        [
            "`OrdersWorker` of trace 1-66a00000-000000000000000000000001",
            "a document of 7 bytes",
            "a document without name of no trace",
            r"`a\nb` of no trace",
            nameless,
            nameless,
            nameless,
            nameless,
            "another document, the last one that is named,",
        ]
    );
}

#[test]
fn a_late_datagram_is_named_when_the_next_daemon_ends() {
    if is_inside() {
        let (first, second) = (FakeDaemon::start(), FakeDaemon::start());
        let address = first.address();
        drop(first);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let late = frame(&segment(1, "OrdersWorker")).unwrap();
        socket.send_to(&late, address).unwrap();
        eprintln!("before");
        drop(second);
        eprintln!("after");
        return;
    }
    let output = alone("a_late_datagram_is_named_when_the_next_daemon_ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let (_, while_it_ended) = stderr.split_once("before\n").unwrap();
    let (while_it_ended, _) = while_it_ended.split_once("after\n").unwrap();
    assert!(
        while_it_ended.starts_with(
            "xray-phantom: `OrdersWorker` of trace 1-66a00000-000000000000000000000001 came to "
        ),
        "{stderr}"
    );
}

#[test]
fn what_came_before_a_test_panicked_is_not_late() {
    if is_inside() {
        let daemon = FakeDaemon::start();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..100 {
            socket.send_to(b"x", daemon.address()).unwrap();
        }
        panic!("the test's own");
    }
    let output = alone("what_came_before_a_test_panicked_is_not_late");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("the test's own"), "{stderr}");
    assert!(!stderr.contains("xray-phantom: "), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_comes_too_late_for_a_daemon_that_refused_is_named_and_not_refused() {
    if is_inside() {
        let daemon = FakeDaemon::builder()
            .faults(Faults::none().refuse())
            .start();
        let address = daemon.address();
        drop(daemon);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        // Of a port that refuses the second send tells.
        for _ in 0..2 {
            socket.send(b"x").unwrap();
        }
        let _ = FakeDaemon::start();
        return;
    }
    let output = alone("what_comes_too_late_for_a_daemon_that_refused_is_named_and_not_refused");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let named = stderr
        .lines()
        .filter(|line| line.starts_with("xray-phantom: a datagram of 1 bytes came to "));
    assert_eq!(named.count(), 2, "{stderr}");
}
