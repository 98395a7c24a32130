//! What a builder makes of what it is told, and of the environment.

use std::time::Duration;

use xray_phantom::model::Timestamp;
use xray_phantom::recorder::{
    DaemonAddress, MemoryEmitter, Naming, Origin, in_subsegment_infallible_sync,
};
use xray_phantom::seam::{Environment, Ids, ManualClock};
use xray_phantom::{FakeDaemon, Recorder, RecorderBuilder, Sampling, block_on};

use crate::support::Folder;

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

#[test]
fn where_the_code_names_a_daemon_the_address_of_the_environment_may_be_anything() {
    let environment = Environment::of([("AWS_XRAY_DAEMON_ADDRESS", "no address")]);
    let builder = || Recorder::builder("api").environment(environment.clone());
    let error = builder().try_build().unwrap_err().to_string();
    assert!(
        error.starts_with("AWS_XRAY_DAEMON_ADDRESS is not used"),
        "{error}"
    );
    let daemon = FakeDaemon::start();
    let told = [
        builder().daemon(&daemon),
        builder().daemon_over_udp(&daemon).unwrap(),
        builder().daemon_address(daemon.address()),
        builder().emitter(MemoryEmitter::new()),
    ];
    for builder in told {
        builder.try_build().unwrap();
    }
    // Nor is it a note, which would fail this test.
    builder().daemon(&daemon).build();
    block_on(daemon.verify()).unwrap();
}

#[test]
fn a_disabled_recorder_opens_and_looks_up_nothing_and_nothing_is_wrong() {
    // The name is too long to be looked up: whoever tries gets an error without asking anybody.
    let nowhere = format!("{}:2000", "x".repeat(70));
    let variables = [
        ("AWS_XRAY_CONTEXT_MISSING", "shrug".to_owned()),
        ("AWS_XRAY_DAEMON_ADDRESS", nowhere.clone()),
        ("AWS_XRAY_SDK_DISABLED", "true".to_owned()),
    ];
    let on = || Recorder::builder("api").environment(Environment::of(variables[..2].to_vec()));
    let off = || Recorder::builder("api").environment(Environment::of(variables.to_vec()));
    on().try_build().unwrap_err();
    let told: DaemonAddress = nowhere.parse().unwrap();
    for builder in [off(), on().disabled(), off().daemon_address(told)] {
        let recorder = builder.try_build().unwrap();
        let value = recorder.in_segment_infallible_sync("api", |segment| {
            assert!(!segment.is_recorded());
            7
        });
        assert_eq!(value, 7);
        let stats = recorder.stats();
        assert_eq!((stats.unsampled, stats.sent, stats.failed), (1, 0, 0));
    }
}

#[test]
fn what_the_environment_asks_for_is_done_as_from_env_does_it() {
    let daemon = FakeDaemon::start();
    let variables = [
        ("AWS_XRAY_DAEMON_ADDRESS", daemon.address().to_string()),
        ("AWS_XRAY_CONTEXT_MISSING", "IGNORE_ERROR".to_owned()),
        ("AWS_XRAY_TRACING_NAME", "deployed".to_owned()),
    ];
    let environment = Environment::of(variables);
    let folder = Folder::new("from-env");
    let (origin, notes) = Origin::detect(&environment, &folder.0);
    assert!(notes.is_empty());
    let recorder = Recorder::builder("api")
        .environment(environment)
        .origin(origin)
        .build();
    in_subsegment_infallible_sync("lonely", |_| ());
    // The first of each second is recorded by the default rule.
    recorder.in_segment_infallible_sync(&recorder.segment_name(None), |_| ());
    assert_eq!(block_on(daemon.expect_one_trace()).outline(), "deployed");
    assert_eq!(recorder.stats().missing, 1);
}

#[test]
fn a_version_that_is_too_long_is_cut_and_told() {
    let version = "1".repeat(300);
    let told = "the version of 300 bytes is cut to 250 characters";
    let (_, builder) = kept();
    let error = builder.version(&version).try_build().unwrap_err();
    assert_eq!(error.to_string(), told);
    let (kept, builder) = kept();
    let recorder = builder.version(&version).build();
    assert_eq!(kept.notes()[0].to_string(), format!("cut: {told}"));
    assert_eq!(recorder.stats().cut, 1);
}
