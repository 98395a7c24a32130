//! Datagrams, taken apart as AWS's daemon does.

use proptest::prelude::*;
use xray_phantom::model::limits::MAX_DATAGRAM;
use xray_phantom::wire::{Body, HEADER_LINE, OtlpKind, RefusalCode, frame, receive};

#[track_caller]
fn check_accepted(datagram: impl AsRef<[u8]>) {
    if let Err(refusal) = receive(datagram.as_ref()) {
        panic!("{refusal}");
    }
}

#[track_caller]
fn check_refused(datagram: impl AsRef<[u8]>, code: RefusalCode, text: &str) {
    let refusal = receive(datagram.as_ref()).unwrap_err();
    assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, text));
}

#[track_caller]
fn check_header(header: &str, why: Option<&str>) {
    let datagram = format!("{header}\n{{}}");
    match why {
        None => check_accepted(&datagram),
        Some(why) => {
            check_refused(
                &datagram,
                RefusalCode::InvalidHeader,
                &format!("invalid header `{header}`: {why}"),
            );
        }
    }
}

#[test]
fn the_headers_of_all_sdks_are_taken() {
    check_header(r#"{"format":"json","version":1}"#, None);
    check_header(r#"{"format": "json", "version": 1}"#, None);
    check_accepted([HEADER_LINE, "{}"].concat());
}

#[test]
fn a_header_is_read_as_go_reads_json() {
    // Case of keys and of the format, extra keys, white space and CRLF do not matter.
    check_header(r#"{"FORMAT":"JSON","Version":1,"k":[{}]}"#, None);
    check_header(" {\"format\":\"json\",\t\"version\":1} \r", None);
    check_header("{\"ver\u{17f}ion\":1,\"format\":\"j\u{17f}on\"}", None);
    // Of duplicates the last one counts; one of another type leaves the field as it was.
    check_header(r#"{"format":"x","format":"json","version":1}"#, None);
    check_header(r#"{"format":"json","version":1,"version":"2"}"#, None);
    check_header(r#"{"format":"json","version":1,"version":null}"#, None);
    check_header(
        r#"{"format":"json","version":1,"version":2}"#,
        Some("version is 2, expected the number 1"),
    );
    check_header(
        r#"{"format":"json","version":"1"}"#,
        Some("version is \"1\", expected the number 1"),
    );
    check_header(
        r#"{"format":"json","version":1.0}"#,
        Some("version is 1.0, expected the number 1"),
    );
    check_header(
        r#"{"format":"json","version":1e0}"#,
        Some("version is 1e0, expected the number 1"),
    );
    check_header(
        r#"{"format":"json","version":null}"#,
        Some("version is null, expected the number 1"),
    );
    check_header(
        r#"{"format":"json"}"#,
        Some("version is missing, expected the number 1"),
    );
    check_refused(
        "{\"format\":\"\u{9b}31m\u{202e}\",\"version\":1}\n{}",
        RefusalCode::InvalidHeader,
        "invalid header `{\"format\":\"\\u{9b}31m\\u{202e}\",\"version\":1}`: format is \"\\u{9b}31m\\u{202e}\", \
         expected \"json\"",
    );
    check_header(
        r#"{"version":1}"#,
        Some("format is missing, expected \"json\""),
    );
    check_header(
        r#"{"format":"xml","version":1}"#,
        Some("format is \"xml\", expected \"json\""),
    );
    check_header(
        r#"{"format":7,"version":1}"#,
        Some("format is 7, expected \"json\""),
    );
    check_header("[]", Some("it is an array, expected an object"));
    check_header("null", Some("it is null, expected an object"));
    check_header(
        r#"{"format":"json","version":01}"#,
        Some("`01` is no JSON value at /version, byte 27"),
    );
    check_header(
        r#"{"format":"json","version":1} x"#,
        Some("there is more behind the end of the JSON text at byte 30"),
    );
    check_header(
        "{'format':'json'}",
        Some("expected a key in quotes or `}`, found `'` at byte 1"),
    );
    check_header(
        "",
        Some("the text ends where a value should stand at its first byte"),
    );
}

#[test]
fn a_header_may_hold_what_is_not_utf8_inside_a_string() {
    check_accepted(b"{\"format\":\"json\",\"version\":1,\"x\":\"\xff\"}\n{\"name\":\"a\"}");
    assert_eq!(
        receive(b"{\"format\":\"json\",\"version\":1}\xff\n{}")
            .unwrap_err()
            .code(),
        RefusalCode::InvalidHeader
    );
}

#[test]
fn the_first_line_feed_ends_the_header() {
    check_accepted("{\"format\":\"json\",\"version\":1}\n\n{\n}\n");
    assert_eq!(
        receive(b"{\"format\":\n\"json\",\"version\":1}\n{}")
            .unwrap_err()
            .code(),
        RefusalCode::InvalidHeader
    );
    assert_eq!(
        receive(b"\n{}").unwrap_err().code(),
        RefusalCode::InvalidHeader
    );
}

#[test]
fn a_datagram_without_line_feed_is_refused() {
    check_refused(
        "x",
        RefusalCode::MissingNewline,
        "no line feed parts header and document in `x`: begin each datagram with \
         {\"format\":\"json\",\"version\":1} and a line feed",
    );
}

#[test]
fn a_datagram_without_body_is_refused() {
    check_refused(
        HEADER_LINE,
        RefusalCode::EmptyBody,
        "nothing follows the header line: send one document in each datagram",
    );
}

#[test]
fn a_body_that_is_not_json_is_refused_with_the_spot() {
    check_refused(
        [HEADER_LINE, "{\"name\": NaN}"].concat(),
        RefusalCode::NotJson,
        "the body is not JSON: `NaN` is no JSON value (JSON has no NaN or Infinity) at /name, byte 9 in \
         `{\"name\": NaN}`",
    );
    check_refused(
        [HEADER_LINE, &"é".repeat(100)].concat(),
        RefusalCode::NotJson,
        &format!(
            "the body is not JSON: `{}` is no JSON value at its first byte in `{}` (and 80 more bytes)",
            "é".repeat(24),
            "é".repeat(60)
        ),
    );
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    check_refused(
        [HEADER_LINE, "[{}]"].concat(),
        RefusalCode::NotAnObject,
        "the body is an array, expected one segment or subsegment as an object: `[{}]`",
    );
}

#[test]
fn a_body_that_is_not_utf8_is_refused() {
    check_refused(
        [HEADER_LINE.as_bytes(), b"{\"name\":\"\xff\"}"].concat(),
        RefusalCode::NotUtf8,
        "the body is not UTF-8: byte 9 of it is 0xff in `{\"name\":\"\\xff\"}`",
    );
}

#[test]
fn otlp_is_known_by_its_prefix_and_base64() {
    for (body, kind) in [
        ("T1SCg==", OtlpKind::SampledSpans),
        ("T1UCg==", OtlpKind::UnsampledSpans),
        ("M1Cgo+/w==\n", OtlpKind::Metrics),
    ] {
        let received = receive([HEADER_LINE, body].concat().as_bytes());
        assert!(
            matches!(received, Ok(Body::Otlp(found)) if found == kind),
            "{received:?}"
        );
    }
    let refused = |body: &str, why: &str| {
        let text = format!("the body begins like OTLP (T1S), but no base64 follows: {why}");
        check_refused([HEADER_LINE, body].concat(), RefusalCode::NotBase64, &text);
    };
    refused("T1S", "nothing follows");
    refused("T1SCg=", "its length of 3 is no multiple of 4");
    refused("T1SC g=", "` ` at byte 1 of it is no digit");
}

#[test]
fn every_refusal_has_the_answer_of_the_service_where_one_is_known() {
    let answers: Vec<_> = RefusalCode::ALL
        .iter()
        .map(|code| (code.as_str(), code.aws_code()))
        .collect();
    assert_eq!(
        answers,
        [
            ("empty-body", None),
            ("invalid-header", None),
            ("missing-newline", None),
            ("not-an-object", Some("MissingId")),
            ("not-base64", Some("ParseError")),
            ("not-json", Some("ParseError")),
            ("not-utf8", Some("ParseError")),
        ]
    );
}

#[test]
fn a_document_fills_a_datagram_to_the_last_byte() {
    let room = MAX_DATAGRAM - HEADER_LINE.len();
    let document = format!("{{\"name\":\"{}\"}}", "a".repeat(room - 11));
    assert_eq!(frame(&document).unwrap().len(), 65_507);
    assert!(frame(&format!("{document} ")).is_err());
}

proptest! {
    #[test]
    fn what_is_framed_is_received(name in any::<String>()) {
        let mut document = String::from("{\"name\":");
        xray_phantom::json::write_text(&mut document, &name);
        document.push('}');
        let Ok(Body::Segment(received)) = receive(&frame(&document).unwrap()) else {
            return Err(TestCaseError::fail("refused"));
        };
        prop_assert_eq!(received.text(), document);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), framed in any::<bool>()) {
        let datagram = if framed { [HEADER_LINE.as_bytes(), &bytes].concat() } else { bytes };
        let _ = receive(&datagram);
    }
}
