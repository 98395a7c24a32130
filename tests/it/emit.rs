//! The ways of documents out of a recorder, when they fail.

use std::fs::File;
use std::net::UdpSocket;
use std::process::{Command, Output, Stdio};

use xray_phantom::recorder::{JsonLines, in_subsegment_infallible_sync};
use xray_phantom::{Recorder, Sampling};

/// Set for the copy of this test binary whose stderr is another.
const INSIDE: &str = "XRAY_PHANTOM_TEST_EMIT";

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs a test of this file alone, in a process of its own, with this for stderr.
fn alone(test: &str, stderr: Stdio) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("emit::{test}"), "--nocapture"])
        .env(INSIDE, "1")
        .stderr(stderr)
        .output()
        .unwrap()
}

/// A port that is taken and refuses: its socket listens to itself alone.
#[cfg(target_os = "linux")]
fn nobody() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(socket.local_addr().unwrap()).unwrap();
    socket
}

#[cfg(target_os = "linux")]
#[test]
fn a_stderr_that_takes_nothing_is_no_harm() {
    if is_inside() {
        // Before there is a recorder, from one that writes, and from one over UDP.
        in_subsegment_infallible_sync("lonely", |_| ());
        let builder = || Recorder::builder("api").sampling(Sampling::always());
        let nobody = nobody();
        let to_nowhere = builder().daemon_address(nobody.local_addr().unwrap());
        for builder in [
            builder().emitter(JsonLines::to(std::io::sink())),
            to_nowhere,
        ] {
            let recorder = builder.build();
            recorder.in_segment_infallible_sync("a?b", |_| ());
            assert_eq!(recorder.stats().renamed, 1);
        }
        println!("the program went on");
        return;
    }
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = alone("a_stderr_that_takes_nothing_is_no_harm", full.into());
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}");
    assert!(stdout.contains("the program went on"), "{stdout}");
}
