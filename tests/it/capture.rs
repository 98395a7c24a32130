//! The socket's accounts, and capture files.

use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use xray_phantom::capture::{CaptureFile, Counts, Received};
use xray_phantom::model::limits::MAX_DATAGRAM;
use xray_phantom::wire::HEADER_LINE;
use xray_phantom::{FakeDaemon, block_on};

use crate::support::{Emitter, Folder, segment};

#[test]
fn every_datagram_is_in_exactly_one_number() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "api"));
    emitter.send([HEADER_LINE, "T1SCg=="].concat());
    emitter.send("");
    emitter.send("");
    emitter.send("x");
    let counts = block_on(daemon.fence()).unwrap();
    let expected = Counts {
        received: 5,
        accepted: 2,
        rejected: 1,
        ignored: 2,
        dropped: counts.dropped,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    assert_eq!(
        counts.dropped,
        if cfg!(target_os = "linux") {
            Some(0)
        } else {
            None
        }
    );
    block_on(daemon.expect_rejection("missing-newline"));
}

#[test]
fn the_largest_datagram_of_udp_is_fine() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    let filling = MAX_DATAGRAM - HEADER_LINE.len() - segment(1, "api").len() - 37;
    let document = segment(1, "api").replacen(
        '{',
        &format!(
            "{{\"metadata\":{{\"default\":{{\"all\":\"{}\"}}}},   ",
            "u".repeat(filling)
        ),
        1,
    );
    assert_eq!(HEADER_LINE.len() + document.len(), 65_507);
    emitter.emit(&document);
    let trace = block_on(daemon.expect_one_trace());
    assert!(trace.has_segment("api"));
    assert_eq!(
        block_on(daemon.datagrams()).unwrap()[0].bytes().len(),
        65_507
    );
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_kernel_drops_is_counted_exactly_and_fails_every_question() {
    use xray_phantom::ShortfallCode;

    const SENT: u64 = 20_000;
    let daemon = FakeDaemon::builder().receive_buffer(8_192).start();
    let emitter = Emitter::to(&daemon);
    let document = segment(1, "api");
    for _ in 0..SENT {
        emitter.emit(&document);
    }
    let counts = block_on(daemon.fence()).unwrap();
    let dropped = counts.dropped.unwrap();
    assert!(dropped > 0);
    assert_eq!(counts.received + dropped, SENT);
    assert_eq!(block_on(daemon.fence()).unwrap(), counts);

    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    assert_eq!(shortfall.code(), ShortfallCode::Lost);
    let buffer = daemon.receive_buffer().unwrap();
    let expected = format!(
        "no answer can be relied on: the kernel dropped {dropped} datagrams: the receive buffer of {buffer} \
         bytes was full\n  remedy: sudo sysctl -w net.core.rmem_max=67108864; or await daemon.fence() between \
         bursts\n"
    );
    assert!(shortfall.to_string().starts_with(&expected), "{shortfall}");
    let report = block_on(daemon.verify()).unwrap_err();
    assert!(
        report
            .to_string()
            .contains(&format!("- the kernel dropped {dropped} datagrams: ")),
        "{report}"
    );
}

#[test]
fn what_another_thread_has_sent_is_there_after_a_fence() {
    let daemon = FakeDaemon::start();
    let (sent, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let emitter = Emitter::to(&daemon);
                while !ended.load(SeqCst) {
                    emitter.send([HEADER_LINE, "T1SCg=="].concat());
                    sent.fetch_add(1, SeqCst);
                    thread::yield_now();
                }
            });
        }
        for _ in 0..1_000 {
            let before = sent.load(SeqCst);
            let counts = block_on(daemon.fence()).unwrap();
            let known = counts.received + counts.dropped.unwrap_or(0);
            assert!(
                known >= before,
                "{before} had been sent, {known} were there"
            );
        }
        ended.store(true, SeqCst);
    });
    let counts = block_on(daemon.fence()).unwrap();
    assert_eq!(
        counts.received + counts.dropped.unwrap_or(0),
        sent.load(SeqCst)
    );
    if counts.dropped.unwrap_or(0) > 0 {
        // Two senders that nobody holds back may outrun a small receive buffer; that was counted.
        block_on(daemon.verify()).unwrap_err();
    }
}

#[test]
fn threads_that_ask_at_the_same_time_see_what_each_has_sent() {
    let daemon = FakeDaemon::start();
    let rounds = 25_u64;
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let emitter = Emitter::to(&daemon);
                for round in 1..=rounds {
                    let mine = format!("{:?} {round}", thread::current().id());
                    emitter.send(&mine);
                    let datagrams = block_on(daemon.datagrams()).unwrap();
                    assert!(
                        datagrams
                            .iter()
                            .any(|received| received.bytes() == mine.as_bytes()),
                        "{mine}"
                    );
                }
            });
        }
    });
    let counts = block_on(daemon.fence()).unwrap();
    assert_eq!(
        (counts.received, counts.dropped.unwrap_or(0)),
        (8 * rounds, 0)
    );
    for _ in 0..8 * rounds {
        block_on(daemon.expect_rejection("missing-newline"));
    }
}

#[test]
fn a_foreign_fence_is_a_datagram_like_any_other() {
    let daemon = FakeDaemon::start();
    Emitter::to(&daemon).send("xray-phantom fence 00000000000000010000000000000002 1");
    assert_eq!(block_on(daemon.fence()).unwrap().rejected, 1);
    block_on(daemon.expect_rejection("missing-newline"));
}

#[cfg(unix)]
#[test]
fn the_receive_buffer_is_large_unless_it_is_held_down() {
    use xray_phantom::seam::Environment;

    let held = FakeDaemon::builder().receive_buffer(212_992).start();
    assert_eq!(held.receive_buffer(), Some(212_992));
    let environment = Environment::of([("XRAY_PHANTOM_RECEIVE_BUFFER", "100000")]);
    let by_variable = FakeDaemon::builder()
        .environment(environment.clone())
        .start();
    assert_eq!(by_variable.receive_buffer(), Some(100_000));
    let explicit = FakeDaemon::builder()
        .environment(environment)
        .receive_buffer(200_000)
        .start();
    assert_eq!(explicit.receive_buffer(), Some(200_000));
    let none = Environment::of::<&str, &str>([]);
    let large = FakeDaemon::builder().environment(none).start();
    assert!(large.receive_buffer().unwrap() >= 212_992);
}

#[test]
fn a_variable_that_is_no_number_is_refused_with_its_value() {
    use xray_phantom::seam::Environment;

    let environment = Environment::of([("XRAY_PHANTOM_RECEIVE_BUFFER", "4MB")]);
    let error = FakeDaemon::builder()
        .environment(environment)
        .try_start()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid environment variable `XRAY_PHANTOM_RECEIVE_BUFFER=4MB`: expected a whole number of bytes, \
         such as 212992"
    );
}

#[test]
fn a_capture_is_saved_and_read_back_with_its_bytes_and_times() {
    use xray_phantom::model::Timestamp;
    use xray_phantom::seam::{Clock, ManualClock};

    let folder = Folder::new("saved");
    let file = folder.0.join("capture.jsonl");
    let clock = ManualClock::at(Timestamp::from_nanos(1_795_338_258_638_498_000));
    let daemon = FakeDaemon::builder().clock(Clock::from(&clock)).start();
    let emitter = Emitter::to(&daemon);
    emitter.emit(&segment(1, "api é").replacen('{', "{\"user\":\"\\\"é\\\"\",", 1));
    emitter.send(b"\xff\xfe");
    block_on(daemon.fence()).unwrap();
    clock.advance(Duration::from_secs(1));
    emitter.send("");
    block_on(daemon.save(&file)).unwrap();

    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        r#"{"seq": 0, "t": 1795338258.638498, "text": "{\"format\":\"json\",\"version\":1}\n{\"user\":\"\\\"é\\\"\",\"trace_id\":\"1-66a00000-000000000000000000000001\",\"id\":\"0000000000000001\",\"name\":\"api é\",\"start_time\":1.0,\"end_time\":1.5}"}"#
    );
    assert_eq!(
        lines[1],
        r#"{"seq": 1, "t": 1795338258.638498, "bytes_b64": "//4="}"#
    );
    assert_eq!(
        lines[2],
        r#"{"seq": 2, "t": 1795338259.638498, "text": ""}"#
    );

    let read = CaptureFile::read(&file).unwrap();
    let live = block_on(daemon.datagrams()).unwrap();
    assert!(
        read.datagrams()
            .map(Received::bytes)
            .eq(live.iter().map(Received::bytes))
    );
    let micros = |received: &Received| received.arrived().unwrap().as_micros();
    assert!(read.datagrams().map(micros).eq(live.iter().map(micros)));
    assert_eq!(
        (
            read.counts().accepted,
            read.counts().rejected,
            read.counts().ignored
        ),
        (1, 1, 1)
    );
    block_on(daemon.expect_rejection("missing-newline"));
}

/// Reads a capture file with this text.
fn read(name: &str, text: impl AsRef<[u8]>) -> Result<CaptureFile, String> {
    let folder = Folder::new(name);
    let file = folder.0.join("capture.jsonl");
    fs::write(&file, text).unwrap();
    let place = file.display().to_string();
    CaptureFile::read(&file).map_err(|error| error.to_string().replace(&place, "FILE"))
}

#[track_caller]
fn check_line_error(line: &str, why: &str) {
    let text = format!("{{\"seq\": 0, \"text\": \"x\"}}\n{line}\n");
    assert_eq!(
        read("line-error", text).unwrap_err(),
        format!("FILE, line 2: {why}")
    );
}

#[test]
fn a_line_that_is_no_datagram_is_named_with_its_number() {
    check_line_error("x", "not JSON: `x` is no JSON value at its first byte");
    check_line_error(
        "[]",
        "expected an object with `text` or `bytes_b64`, found an array",
    );
    check_line_error(
        "{\"seq\": 1}",
        "expected a key `text` or `bytes_b64`, found neither",
    );
    check_line_error(
        "{\"text\": \"a\", \"bytes_b64\": \"\"}",
        "`text` and `bytes_b64` exclude each other",
    );
    check_line_error(
        "{\"seq\": -1, \"text\": \"a\"}",
        "`seq` is -1, expected a whole number from 0",
    );
    check_line_error(
        "{\"seq\": \"\u{9b}31m\", \"text\": \"a\"}",
        "`seq` is \"\\u{9b}31m\", expected a whole number from 0",
    );
    check_line_error(
        "{\"t\": \"now\", \"text\": \"a\"}",
        "`t` is \"now\", expected seconds since the epoch",
    );
    check_line_error(
        "{\"t\": \"\u{202e}\", \"text\": \"a\"}",
        "`t` is \"\\u{202e}\", expected seconds since the epoch",
    );
    check_line_error("{\"text\": 7}", "`text` is a number, expected a string");
    check_line_error(
        "{\"bytes_b64\": null}",
        "expected a key `text` or `bytes_b64`, found neither",
    );
    check_line_error(
        "{\"text\": \"\\ud800\"}",
        "`text` holds half a character (a lone surrogate): use `bytes_b64`",
    );
    check_line_error(
        "{\"bytes_b64\": \"&\"}",
        "`bytes_b64` is not base64: Invalid symbol 38, offset 0.",
    );
    let error = CaptureFile::read("no/such/file").unwrap_err().to_string();
    assert!(error.starts_with("cannot read no/such/file: "), "{error}");
}

#[test]
fn extra_keys_blank_lines_and_missing_numbers_are_fine() {
    let text = "{\"text\": \"x\", \"from\": \"here\"}\n\n  \n{\"seq\": 7, \"t\": null, \"bytes_b64\": \"eA==\"}";
    let capture = read("extra", text).unwrap();
    let found: Vec<_> = capture
        .datagrams()
        .map(|received| (received.seq(), received.bytes()))
        .collect();
    assert_eq!(found, [(0, &b"x"[..]), (7, &b"x"[..])]);
    assert!(capture.warnings().is_empty());
}

#[test]
fn a_file_that_ends_inside_its_last_line_gives_a_warning_and_the_rest() {
    let folder = Folder::new("cut");
    let file = folder.0.join("capture.jsonl");
    fs::write(&file, "{\"seq\": 0, \"text\": \"x\"}\n{\"seq\": 1, \"te").unwrap();
    let capture = CaptureFile::read(&file).unwrap();
    assert_eq!(capture.datagrams().len(), 1);
    assert_eq!(
        capture.warnings(),
        [format!(
            "{}, line 2: the file ends inside this line, which is left out (not JSON: the text ends where the \
             closing quote of a string should stand at byte 14)",
            file.display()
        )]
    );
}

#[test]
fn a_last_line_that_is_not_cut_but_wrong_is_an_error() {
    assert_eq!(
        read("wrong", "hello").unwrap_err(),
        "FILE, line 1: not JSON: `hello` is no JSON value at its first byte"
    );
    assert_eq!(
        read("neither", "{\"seq\": 1}").unwrap_err(),
        "FILE, line 1: expected a key `text` or `bytes_b64`, found neither"
    );
}

#[test]
fn a_body_of_100_000_open_brackets_is_refused_without_a_stack_overflow() {
    let header = "{\\\"format\\\":\\\"json\\\",\\\"version\\\":1}\\n";
    for body in ["[".repeat(100_000), "{\\\"a\\\":".repeat(100_000)] {
        let capture = read(
            "brackets",
            format!("{{\"seq\": 0, \"text\": \"{header}{body}\"}}\n"),
        )
        .unwrap();
        let rejections = capture.rejections();
        assert_eq!(rejections[0].code().as_str(), "not-json");
        assert!(
            rejections[0].message().starts_with(
                "the body is not JSON: the text is nested deeper than 4096 levels at byte "
            ),
            "{}",
            rejections[0].message()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_datagrams_are_saved_and_read_back(
        datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
        micros in 0..4_000_000_000_000_000_u64,
    ) {
        let folder = Folder::new("round-trip");
        let file = folder.0.join("capture.jsonl");
        let mut text = String::new();
        for bytes in &datagrams {
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            let base64 = STANDARD.encode(bytes);
            writeln!(text, "{{\"t\": {seconds}.{rest:06}, \"bytes_b64\": \"{base64}\"}}").unwrap();
        }
        fs::write(&file, text).unwrap();
        let first = CaptureFile::read(&file).unwrap();
        CaptureFile::write(&file, first.datagrams()).unwrap();
        let second = CaptureFile::read(&file).unwrap();
        let bytes: Vec<&[u8]> = second.datagrams().map(Received::bytes).collect();
        prop_assert_eq!(bytes, datagrams);
        let arrived = Duration::from_micros(micros);
        prop_assert!(second.datagrams().all(|received| received.arrived() == Some(arrived)));
    }
}
