//! Documents on their way over UDP: to a daemon that is there, that is not, and that comes back.

use std::net::UdpSocket;
use std::time::Duration;

use xray_phantom::recorder::DaemonAddress;
use xray_phantom::wire::HEADER_LINE;
use xray_phantom::{FakeDaemon, Faults, Recorder, Sampling, block_on};

fn recorder(daemon: impl Into<DaemonAddress>) -> Recorder {
    Recorder::builder("api")
        .daemon_address(daemon)
        .sampling(Sampling::always())
        .build()
}

fn send(recorder: &Recorder, names: &[&str]) {
    for name in names {
        recorder.in_segment_infallible_sync(name, |_| ());
    }
}

/// The names of all segments that have come.
fn names(daemon: &FakeDaemon) -> Vec<String> {
    let traces = block_on(daemon.traces()).unwrap();
    let mut names: Vec<String> = traces.iter().map(|trace| trace.outline().clone()).collect();
    names.sort_unstable();
    names
}

#[test]
fn ipv6_carries_documents() {
    let socket = UdpSocket::bind("[::1]:0").unwrap_or_else(|error| {
        panic!("this system has no IPv6 on loopback, so that this cannot be tested: {error}")
    });
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let recorder = recorder(socket.local_addr().unwrap());
    send(&recorder, &["api"]);
    let mut buffer = [0; 1_000];
    let length = socket.recv(&mut buffer).unwrap();
    let text = std::str::from_utf8(&buffer[..length]).unwrap();
    assert!(
        text.starts_with(HEADER_LINE) && text.contains("\"name\":\"api\""),
        "{text}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_that_comes_later_gets_what_is_sent_from_then_on() {
    let daemon = FakeDaemon::builder()
        .faults(Faults::none().refuse())
        .start();
    let recorder = recorder(daemon.address());
    send(&recorder, &["one", "two"]);
    assert_eq!((recorder.stats().sent, recorder.stats().failed), (0, 2));
    daemon.set_faults(Faults::none()).unwrap();
    send(&recorder, &["three", "four"]);
    assert_eq!(names(&daemon), ["four", "three"]);
    assert_eq!((recorder.stats().sent, recorder.stats().failed), (2, 2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_that_is_started_again_on_its_port_gets_what_comes_then() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(daemon.address());
    send(&recorder, &["before"]);
    assert_eq!(names(&daemon), ["before"]);
    for round in 1..=3 {
        daemon.set_faults(Faults::none().refuse()).unwrap();
        send(&recorder, &["refused"]);
        daemon.set_faults(Faults::none()).unwrap();
        // Nobody has looked for the answer to the last one: it must not cost this one.
        send(&recorder, &[&format!("round-{round}")]);
    }
    assert_eq!(names(&daemon), ["before", "round-1", "round-2", "round-3"]);
    assert_eq!((recorder.stats().sent, recorder.stats().failed), (4, 3));
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_with_a_name_may_refuse_and_come_back() {
    let daemon = FakeDaemon::builder()
        .faults(Faults::none().refuse())
        .start();
    let name = format!("localhost:{}", daemon.address().port());
    let recorder = recorder(name.parse::<DaemonAddress>().unwrap());
    send(&recorder, &["one", "two"]);
    let stats = recorder.stats();
    assert_eq!(stats.sent + stats.failed, 2);
    assert!(stats.failed > 0, "{stats:?}");
    daemon.set_faults(Faults::none()).unwrap();
    // Where the name has an address of IPv6 too, the next one may go there, and is refused.
    send(&recorder, &["three", "four"]);
    let names = names(&daemon);
    assert!(names.contains(&"four".to_owned()), "{names:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn numbers_that_were_seen_never_fall() {
    let daemon = FakeDaemon::start();
    let recorder = recorder(daemon.address());
    let mut before = recorder.stats();
    for round in 0..20 {
        let faults = if round % 3 == 0 {
            Faults::none().refuse()
        } else {
            Faults::none()
        };
        daemon.set_faults(faults).unwrap();
        send(&recorder, &["api"]);
        if round % 2 == 0 {
            let stats = recorder.stats();
            assert!(
                stats.sent >= before.sent && stats.failed >= before.failed,
                "{stats:?}"
            );
            assert!(
                stats.sent + stats.failed > before.sent + before.failed,
                "{stats:?}"
            );
            before = stats;
        }
    }
    assert_eq!(before.failed, 7);
}
