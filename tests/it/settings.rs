//! What the environment asks of a recorder.

use xray_phantom::recorder::{ContextMissing, Settings};
use xray_phantom::seam::Environment;

/// What is read, and the notes.
fn read(variables: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let environment = Environment::of(variables.iter().copied());
    let (settings, notes) = Settings::read(&environment);
    (settings, notes.iter().map(ToString::to_string).collect())
}

/// Whether recording is off, with no note or with this one.
#[track_caller]
fn check_disabled(variables: &[(&str, &str)], disabled: bool, expected: &[&str]) {
    let (settings, notes) = read(variables);
    assert_eq!(settings.disabled, disabled, "{variables:?}");
    assert_eq!(notes, expected, "{variables:?}");
}

#[test]
fn an_empty_environment_asks_for_nothing() {
    assert_eq!(read(&[]), (Settings::default(), vec![]));
    let blank = [
        ("AWS_XRAY_CONTEXT_MISSING", ""),
        ("AWS_XRAY_DAEMON_ADDRESS", " "),
        ("AWS_XRAY_SDK_DISABLED", ""),
        ("AWS_XRAY_SDK_ENABLED", "\t"),
        ("AWS_XRAY_TRACING_NAME", ""),
    ];
    assert_eq!(read(&blank), (Settings::default(), vec![]));
}

#[test]
fn each_variable_is_read() {
    let (settings, notes) = read(&[
        ("AWS_XRAY_CONTEXT_MISSING", "runtime_error"),
        ("AWS_XRAY_DAEMON_ADDRESS", "tcp:a:1 udp:b:2"),
        ("AWS_XRAY_TRACING_NAME", "OrdersWorker"),
    ]);
    assert_eq!(settings.context_missing, Some(ContextMissing::Panic));
    assert_eq!(settings.daemon.unwrap().to_string(), "tcp:a:1 udp:b:2");
    assert_eq!(settings.tracing_name.as_deref(), Some("OrdersWorker"));
    assert!(!settings.disabled);
    assert_eq!(notes, [""; 0]);
}

#[test]
fn what_cannot_be_used_is_as_if_it_were_not_set_and_is_noted() {
    let (settings, notes) = read(&[
        ("AWS_XRAY_CONTEXT_MISSING", "PANIC"),
        ("AWS_XRAY_DAEMON_ADDRESS", "localhost"),
    ]);
    assert_eq!(settings, Settings::default());
    assert_eq!(
        notes,
        [
            "invalid-setting: AWS_XRAY_CONTEXT_MISSING is not used: invalid context-missing \
             strategy `PANIC`: expected LOG_ERROR, RUNTIME_ERROR or IGNORE_ERROR",
            "invalid-setting: AWS_XRAY_DAEMON_ADDRESS is not used: invalid daemon address \
             `localhost`: `localhost` has no port: expected `host:port` or \
             `tcp:host:port udp:host:port`",
        ]
    );
}

#[test]
fn enabled_is_read_as_the_python_sdk_does() {
    for off in ["n", "no", "f", "false", "off", "0", "FALSE", " False "] {
        check_disabled(&[("AWS_XRAY_SDK_ENABLED", off)], true, &[]);
    }
    for on in ["y", "yes", "t", "true", "on", "1", "TRUE"] {
        check_disabled(&[("AWS_XRAY_SDK_ENABLED", on)], false, &[]);
    }
    check_disabled(
        &[("AWS_XRAY_SDK_ENABLED", "nope\n")],
        false,
        &[
            "invalid-setting: AWS_XRAY_SDK_ENABLED is `nope\\n`, expected true or false: recording stays on",
        ],
    );
}

#[test]
fn disabled_is_read_as_the_go_sdk_does() {
    check_disabled(&[("AWS_XRAY_SDK_DISABLED", "TRUE")], true, &[]);
    check_disabled(&[("AWS_XRAY_SDK_DISABLED", "false")], false, &[]);
    check_disabled(
        &[("AWS_XRAY_SDK_DISABLED", "1")],
        false,
        &[
            "invalid-setting: AWS_XRAY_SDK_DISABLED is `1`, expected true or false: recording stays on",
        ],
    );
}

#[test]
fn either_switch_turns_recording_off() {
    for (enabled, disabled) in [("false", "false"), ("true", "true")] {
        let both = [
            ("AWS_XRAY_SDK_ENABLED", enabled),
            ("AWS_XRAY_SDK_DISABLED", disabled),
        ];
        check_disabled(&both, true, &[]);
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_unicode_is_noted() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let value = OsString::from_vec(vec![b'a', 0xff]);
    let (settings, notes) = Settings::read(&Environment::of([("AWS_XRAY_TRACING_NAME", value)]));
    assert_eq!(settings, Settings::default());
    assert_eq!(
        notes[0].to_string(),
        "invalid-setting: invalid environment variable `AWS_XRAY_TRACING_NAME=a\u{fffd}`: \
         the value is not Unicode"
    );
}

#[test]
fn each_strategy_is_written_as_it_is_read() {
    for strategy in [
        ContextMissing::Ignore,
        ContextMissing::Log,
        ContextMissing::Panic,
    ] {
        assert_eq!(
            strategy.to_string().parse::<ContextMissing>().unwrap(),
            strategy
        );
    }
}
