//! What a builder makes of what it is told, and of the environment.

use std::time::Duration;

use xray_phantom::model::Timestamp;
use xray_phantom::recorder::{DaemonAddress, MemoryEmitter, Naming};
use xray_phantom::seam::{Environment, Ids, ManualClock};
use xray_phantom::{FakeDaemon, Recorder, RecorderBuilder, Sampling, block_on};

/// A builder whose documents are kept.
fn kept() -> (MemoryEmitter, RecorderBuilder) {
    let kept = MemoryEmitter::new();
    (kept.clone(), Recorder::builder("api").emitter(kept))
}

#[test]
fn away_from_a_daemon_the_default_rule_takes_one_a_second_and_a_twentieth_of_the_others() {
    let clock = ManualClock::at(Timestamp::from_nanos(1_700_000_000_000_000_000));
    let (_, builder) = kept();
    let recorder = builder.clock(clock.clone()).ids(Ids::sequential()).build();
    let mut of_each_second = Vec::new();
    for _ in 0..3 {
        let before = recorder.stats().segments;
        for _ in 0..1_001 {
            recorder.in_segment_infallible_sync("api", |_| ());
        }
        of_each_second.push(recorder.stats().segments - before);
        clock.advance(Duration::from_secs(1));
    }
    // The chances of sequential ids spread evenly: of any thousand 50 are below 0.05.
    assert_eq!(of_each_second, [51, 51, 51]);
    let stats = recorder.stats();
    assert_eq!((stats.sent, stats.unsampled), (153, 3 * 950));
}

#[test]
fn a_daemon_is_found_by_its_name() {
    let daemon = FakeDaemon::start();
    let name: DaemonAddress = format!("localhost:{}", daemon.address().port())
        .parse()
        .unwrap();
    let recorder = Recorder::builder("api")
        .daemon_address(name)
        .sampling(Sampling::always())
        .try_build()
        .unwrap();
    recorder.in_segment_infallible_sync("api", |_| ());
    assert_eq!(block_on(daemon.expect_one_trace()).outline(), "api");
}

#[test]
fn the_name_of_the_environment_goes_before_that_of_the_code() {
    let names = |naming: Naming| {
        let (_, builder) = kept();
        let environment = Environment::of([("AWS_XRAY_TRACING_NAME", "deployed")]);
        let recorder = builder.naming(naming).environment(environment).build();
        [None, Some("a.example.com"), Some("203.0.113.7")].map(|host| recorder.segment_name(host))
    };
    assert_eq!(names(Naming::fixed("code")), ["deployed"; 3]);
    assert_eq!(
        names(Naming::by_host("*.example.com", "code")),
        ["deployed", "a.example.com", "deployed"]
    );
}

#[test]
fn an_error_names_all_that_cannot_be_used() {
    let environment = Environment::of([
        ("AWS_XRAY_CONTEXT_MISSING", "PANIC"),
        ("AWS_XRAY_SDK_ENABLED", "maybe"),
    ]);
    let (_, builder) = kept();
    let error = builder.environment(environment).try_build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "AWS_XRAY_CONTEXT_MISSING is not used: invalid context-missing strategy `PANIC`: expected LOG_ERROR, \
         RUNTIME_ERROR or IGNORE_ERROR; AWS_XRAY_SDK_ENABLED is `maybe`, expected true or false: recording \
         stays on"
    );
}
