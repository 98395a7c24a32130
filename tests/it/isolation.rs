//! Many daemons in one process: none meets another, and none leaves anything behind.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use xray_phantom::{FakeDaemon, block_on};

use crate::support::{Emitter, segment, trace_id};

/// Set for the copy of this test binary in which nothing else runs.
const INSIDE: &str = "XRAY_PHANTOM_TEST_ISOLATION";

/// Runs a test of this file alone, in a process that may have so many files open.
#[track_caller]
fn alone(test: &str, files: u32) {
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -n {files} && exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("isolation::{test}"), "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (shown(&output.stdout), shown(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(stdout.contains("1 passed"), "{stdout}");
}

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Starts a daemon, sends it a trace of its own, and looks for that and no other.
fn once(number: u32) {
    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).emit(&segment(number, "api"));
    assert_eq!(block_on(daemon.expect_one_trace()).id(), trace_id(number));
}

#[test]
fn a_thousand_daemons_one_after_another_never_meet_and_leave_a_few_sockets() {
    if !is_inside() {
        return alone(
            "a_thousand_daemons_one_after_another_never_meet_and_leave_a_few_sockets",
            1_024,
        );
    }
    let before = open_files();
    let mut most = 0;
    for number in 1..=1_000 {
        once(number);
        most = most.max(open_files());
    }
    // The parked sockets, and those that a thread is about to let go.
    assert!(
        most <= before + 40,
        "{before} files at first, {most} at most"
    );
}

#[test]
fn two_hundred_daemons_at_once_fit_into_the_files_of_an_ordinary_process() {
    if !is_inside() {
        return alone(
            "two_hundred_daemons_at_once_fit_into_the_files_of_an_ordinary_process",
            1_024,
        );
    }
    let before = open_files();
    let daemons: Vec<FakeDaemon> = (0..200).map(|_| FakeDaemon::start()).collect();
    let each = (open_files() - before).div_ceil(daemons.len());
    assert_eq!(each, 2, "a daemon holds {each} files open");
    for (daemon, number) in daemons.iter().zip(1..) {
        Emitter::to(daemon).emit(&segment(number, "api"));
    }
    for (daemon, number) in daemons.iter().zip(1..) {
        assert_eq!(block_on(daemon.expect_one_trace()).id(), trace_id(number));
    }
}

/// How often the drains of this process have gone to sleep so far.
fn sleeps() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end while it is looked at.
    let of_drain = tasks.filter_map(|task| {
        let task = task.ok()?.path();
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let status = std::fs::read_to_string(task.join("status")).ok()?;
        let mut lines = status.lines();
        let switches = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        let is_drain = name.starts_with("xray-phantom dr");
        is_drain.then(|| switches.trim().parse::<u64>().ok())?
    });
    of_drain.sum()
}

#[test]
fn daemons_that_hear_nothing_sleep_and_wake_for_the_first_datagram() {
    if !is_inside() {
        return alone(
            "daemons_that_hear_nothing_sleep_and_wake_for_the_first_datagram",
            1_024,
        );
    }
    let daemons: Vec<FakeDaemon> = (0..50).map(|_| FakeDaemon::start()).collect();
    // Asleep are those that do not look for a fifth of a second; awake they look every 20 ms.
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (before, until) = (sleeps(), Instant::now() + Duration::from_millis(200));
        while Instant::now() < until {
            std::thread::yield_now();
        }
        if before > 0 && sleeps() == before {
            break;
        }
        assert!(Instant::now() < deadline, "the drains do not go to sleep");
    }
    for (daemon, number) in daemons.iter().zip(1..) {
        Emitter::to(daemon).emit(&segment(number, "api"));
        assert_eq!(block_on(daemon.expect_one_trace()).id(), trace_id(number));
    }
}

#[test]
fn where_no_file_can_be_opened_a_daemon_says_so() {
    if !is_inside() {
        return alone("where_no_file_can_be_opened_a_daemon_says_so", 40);
    }
    let mut daemons = Vec::new();
    let error = loop {
        match FakeDaemon::try_start() {
            Ok(daemon) => daemons.push(daemon),
            Err(error) => break error.to_string(),
        }
    };
    assert!(
        error.contains("127.0.0.1") && error.contains("Too many open files"),
        "{error}"
    );
    // Those that did start still work.
    for (daemon, number) in daemons.iter().zip(1..) {
        let recorder = xray_phantom::Recorder::builder("api")
            .daemon(daemon)
            .build();
        block_on(recorder.in_segment_infallible(&format!("api {number}"), async |_| ()));
        assert!(block_on(daemon.expect_one_trace()).has_segment(&format!("api {number}")));
    }
}

/// Waits until something is so.
#[track_caller]
fn wait_until(is_so: impl Fn() -> bool, otherwise: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{otherwise}");
        std::thread::yield_now();
    }
}

/// Whether a responder of this process runs.
fn responds() -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end while it is looked at.
    let mut names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.any(|name| name.starts_with("xray-phantom sa"))
}

#[test]
fn the_port_is_free_again_though_no_file_could_be_opened_when_the_daemon_ended() {
    if !is_inside() {
        return alone(
            "the_port_is_free_again_though_no_file_could_be_opened_when_the_daemon_ended",
            64,
        );
    }
    let daemon = FakeDaemon::start();
    let address = daemon.address();
    // A thread has its name a little later.
    wait_until(responds, "no responder");
    let opened = std::iter::repeat_with(|| File::open("/dev/null"));
    let files: Vec<File> = opened.map_while(Result::ok).collect();
    drop(daemon);
    drop(files);
    wait_until(
        || !responds() && TcpListener::bind(address).is_ok(),
        "the responder stays",
    );
}
