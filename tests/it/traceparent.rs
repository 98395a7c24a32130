//! The trace header of W3C, and the ways of X-Ray's own.

use proptest::prelude::*;
use xray_phantom::model::{EntityId, TraceId};
use xray_phantom::wire::{Sampled, TraceHeader, Traceparent};

const TRACE: &str = "5759e988bd862e3fe1be46a994272793";
const CALLER: &str = "53995c3f42cd8ad8";

/// Reads a header and shows how it is written again, or why it cannot be read.
#[track_caller]
fn check(text: &str, expected: &str) {
    let shown = match text.parse::<Traceparent>() {
        Ok(traceparent) => traceparent.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(shown, expected);
}

/// Reads a header that W3C does not allow.
#[track_caller]
fn check_invalid(text: &str, why: &str) {
    check(text, &format!("invalid traceparent `{text}`: {why}"));
}

#[test]
fn version_00_is_written_as_it_was_read() {
    for flags in ["00", "01", "02", "03"] {
        let text = format!("00-{TRACE}-{CALLER}-{flags}");
        check(&text, &text);
        check(&format!(" {text}\t"), &text);
    }
    let both: Traceparent = format!("00-{TRACE}-{CALLER}-03").parse().unwrap();
    assert!(both.is_sampled() && both.is_random());
    assert_eq!(
        both.trace_id().to_string(),
        "1-5759e988-bd862e3fe1be46a994272793"
    );
    assert_eq!(both.parent_id().to_string(), CALLER);
}

#[test]
fn flags_that_nobody_knows_are_not_carried_on() {
    check(
        &format!("00-{TRACE}-{CALLER}-ff"),
        &format!("00-{TRACE}-{CALLER}-03"),
    );
    check(
        &format!("00-{TRACE}-{CALLER}-fc"),
        &format!("00-{TRACE}-{CALLER}-00"),
    );
}

#[test]
fn a_later_version_is_read_by_what_it_has_in_common() {
    let sampled = format!("00-{TRACE}-{CALLER}-01");
    check(&format!("cc-{TRACE}-{CALLER}-01"), &sampled);
    check(
        &format!("01-{TRACE}-{CALLER}-03-what-the-future-will-be-like"),
        &sampled,
    );
    check(&format!("cc-{TRACE}-{CALLER}-01-"), &sampled);
    check_invalid(
        &format!("cc-{TRACE}-{CALLER}-01.what"),
        "expected 2 lower-case hex digits for the flags, got `01.what`",
    );
}

#[test]
fn what_w3c_calls_invalid_is_named() {
    check_invalid(
        "",
        "expected 2 lower-case hex digits for the version, got ``",
    );
    check_invalid(&format!("ff-{TRACE}-{CALLER}-01"), "version ff is none");
    check_invalid(
        &format!("00-{TRACE}-{CALLER}-01-"),
        "version 00 ends with its flags",
    );
    check_invalid(
        &format!("00-{TRACE}-{CALLER}-01-x"),
        "version 00 ends with its flags",
    );
    check_invalid(
        &format!("00-{TRACE}-{CALLER}"),
        "expected 2 lower-case hex digits for the flags, got ``",
    );
    check_invalid(
        &format!("00-{}-{CALLER}-01", TRACE.to_uppercase()),
        "expected 32 lower-case hex digits for the trace-id, got `5759E988BD862E3FE1BE46A994272793`",
    );
    check_invalid(
        &format!("00-{TRACE}-+3995c3f42cd8ad8-01"),
        "expected 16 lower-case hex digits for the parent-id, got `+3995c3f42cd8ad8`",
    );
    check_invalid(
        &format!("00-{}-{CALLER}-01", "0".repeat(32)),
        "the trace-id is all zeros",
    );
    check_invalid(
        &format!("00-{TRACE}-{}-01", "0".repeat(16)),
        "the parent-id is all zeros",
    );
}

#[test]
fn ids_of_zeros_make_no_header() {
    let (trace, caller) = (TraceId::from_bits(1), EntityId::from_bits(1));
    assert!(Traceparent::new(trace, caller).is_ok());
    let error = Traceparent::new(TraceId::from_bits(0), caller).unwrap_err();
    assert!(
        error.to_string().ends_with(": the trace-id is all zeros"),
        "{error}"
    );
    let error = Traceparent::new(trace, EntityId::from_bits(0)).unwrap_err();
    assert!(
        error.to_string().ends_with(": the parent-id is all zeros"),
        "{error}"
    );
}

#[test]
fn only_a_header_with_trace_and_caller_has_a_traceparent() {
    let of = |text: &str| Traceparent::of(&TraceHeader::parse(text)).map(|found| found.to_string());
    let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let parent = format!("Parent={CALLER}");
    let written = |flags: &str| Some(format!("00-{TRACE}-{CALLER}-{flags}"));
    assert_eq!(of(&format!("{root};{parent};Sampled=1")), written("01"));
    assert_eq!(of(&format!("{root};{parent};Sampled=0")), written("00"));
    assert_eq!(
        of(&format!("{root};{parent};Sampled=?;Lineage=a:0")),
        written("00")
    );
    assert_eq!(of(&format!("{root};{parent}")), written("00"));
    assert_eq!(of(root), None);
    assert_eq!(of(&parent), None);
    assert_eq!(of(&format!("{root};Parent={}", "0".repeat(16))), None);
}

#[test]
fn a_reply_tells_the_decision_to_whom_asked() {
    let root = TraceId::from_bits(0x5759_e988_bd86_2e3f_e1be_46a9_9427_2793);
    let reply = |header: &str, recorded| {
        let reply = TraceHeader::parse(header).response(root, recorded);
        reply.to_string()
    };
    let bare = format!("Root={root}");
    assert_eq!(
        reply("Sampled=?;Parent=53995c3f42cd8ad8;k=v", true),
        format!("{bare};Sampled=1")
    );
    assert_eq!(reply("Sampled=?", false), format!("{bare};Sampled=0"));
    assert_eq!(reply("Sampled=1", true), bare);
    assert_eq!(reply("", false), bare);
}

#[test]
fn a_message_carries_the_same_text_as_a_request() {
    let text = format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent={CALLER};Sampled=1");
    let attributes = [("SenderId", "a"), ("AWSTraceHeader", &*text)];
    assert_eq!(
        TraceHeader::of_sqs(attributes),
        Some(TraceHeader::parse(&text))
    );
    assert_eq!(TraceHeader::of_sqs([("awstraceheader", &*text)]), None);
    let odd = TraceHeader::of_sqs([(TraceHeader::SQS_ATTRIBUTE, "Root=x")]).unwrap();
    assert_eq!(odd.oddities().len(), 1);
}

fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => Just(TRACE.to_owned()),
        3 => Just(CALLER.to_owned()),
        1 => Just("0".repeat(16)),
        3 => "0[0-3]",
        1 => "[0-9a-fA-F]{0,3}",
        1 => "[ -~é\u{0}]{0,4}",
    ];
    prop_oneof![
        "\\PC{0,60}",
        prop::collection::vec(part, 0..6).prop_map(|parts| parts.join("-")),
        (Just(TRACE), "[0-9a-f]{2}", "[0-9a-f]{2}", "(-.{0,5})?").prop_map(
            |(trace, version, flags, rest)| format!("{version}-{trace}-{CALLER}-{flags}{rest}")
        ),
    ]
}

proptest! {
    #[test]
    fn what_was_written_is_read_as_itself(
        trace in 1..u128::MAX, caller in 1..u64::MAX, sampled in any::<bool>(),
    ) {
        let traceparent = Traceparent::new(TraceId::from_bits(trace), EntityId::from_bits(caller))
            .unwrap()
            .with_sampled(sampled);
        prop_assert_eq!(traceparent.to_string().parse::<Traceparent>().unwrap(), traceparent);
        let header = TraceHeader::from(traceparent);
        prop_assert_eq!(header.sampled(), Some(if sampled { Sampled::Keep } else { Sampled::Drop }));
        prop_assert_eq!(Traceparent::of(&TraceHeader::parse(&header.to_string())), Some(traceparent));
    }

    #[test]
    fn whatever_is_read_is_written_as_version_00(text in any_text()) {
        if let Ok(traceparent) = text.parse::<Traceparent>() {
            let written = traceparent.to_string();
            prop_assert_eq!(written.len(), 55);
            prop_assert!(written.starts_with("00-"));
            prop_assert_eq!(written.parse::<Traceparent>().unwrap(), traceparent);
        }
    }
}
