//! The TCP side: sampling requests, byte for byte as the SDKs send them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use xray_phantom::FakeDaemon;

use crate::support::fixture;

/// Sends a request, and gives status line, content type and JSON of the answer.
fn ask(daemon: &FakeDaemon, head: &[u8], body: &[u8]) -> (String, String, Value) {
    let mut stream = TcpStream::connect(daemon.address()).unwrap();
    stream.write_all(head).unwrap();
    stream.write_all(body).unwrap();
    read_answer(&mut stream)
}

fn read_answer(stream: &mut TcpStream) -> (String, String, Value) {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap().to_lowercase();
    let field = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap()
            .trim()
            .to_owned()
    };
    let mut body = vec![0; field("content-length:").parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (
        head.lines().next().unwrap().to_owned(),
        field("content-type:"),
        serde_json::from_slice(&body).unwrap(),
    )
}

fn names(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn every_recorded_request_is_answered_with_the_fields_that_the_sdk_understood() {
    let daemon = FakeDaemon::start();
    let mut asked = 0;
    for file in [
        "python_valid",
        "python_rate_one",
        "node_valid",
        "node_odd_rules",
    ] {
        let text =
            fs::read_to_string(fixture(&format!("corpora/sampling/{file}.http.jsonl"))).unwrap();
        for line in text.lines() {
            let recorded: Value = serde_json::from_str(line).unwrap();
            let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
            let (status, kind, answer) = ask(
                &daemon,
                &bytes(&recorded["head_b64"]),
                &bytes(&recorded["body_b64"]),
            );
            assert_eq!(
                (status.as_str(), kind.as_str()),
                ("http/1.1 200 ok", "application/json"),
                "{answer}"
            );
            let taken: Value =
                serde_json::from_slice(&bytes(&recorded["answer"]["body_b64"])).unwrap();
            match recorded["path"].as_str().unwrap() {
                "/GetSamplingRules" => {
                    let (rule, understood) = (
                        &answer["SamplingRuleRecords"][0],
                        &taken["SamplingRuleRecords"][0],
                    );
                    assert_eq!(names(rule), names(understood));
                    assert_eq!(rule["SamplingRule"]["FixedRate"], 1.0);
                    if file == "python_rate_one" {
                        assert_eq!(rule, understood);
                    }
                }
                "/SamplingTargets" => {
                    let (target, understood) = (
                        &answer["SamplingTargetDocuments"][0],
                        &taken["SamplingTargetDocuments"][0],
                    );
                    assert_eq!(names(&answer), names(&taken));
                    assert_eq!(names(target), names(understood));
                    assert_eq!(target["RuleName"], understood["RuleName"]);
                    assert_eq!(target["FixedRate"], 1.0);
                    assert!(answer["LastRuleModification"].is_number());
                }
                path => panic!("{path}"),
            }
            asked += 1;
        }
    }
    assert!(asked >= 6, "{asked}");
}

#[test]
fn a_connection_takes_several_requests_and_a_body_may_be_missing() {
    let daemon = FakeDaemon::start();
    let mut stream = TcpStream::connect(daemon.address()).unwrap();
    for _ in 0..3 {
        stream
            .write_all(b"POST /GetSamplingRules HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        let (status, _, answer) = read_answer(&mut stream);
        assert_eq!(status, "http/1.1 200 ok");
        assert_eq!(
            answer["SamplingRuleRecords"][0]["SamplingRule"]["RuleName"],
            "Default"
        );
    }
}

#[test]
fn another_path_is_refused_with_what_there_is() {
    let daemon = FakeDaemon::start();
    let (status, _, answer) = ask(&daemon, b"GET /Traces HTTP/1.1\r\nHost: x\r\n\r\n", b"");
    assert_eq!(status, "http/1.1 404 not found");
    assert_eq!(
        answer["message"],
        "GET /Traces is not answered: this FakeDaemon has POST /GetSamplingRules and POST /SamplingTargets over \
         TCP, and takes segments over UDP"
    );
}

#[test]
fn the_port_is_free_again_once_the_daemon_has_ended() {
    let daemon = FakeDaemon::start();
    let address = daemon.address();
    let mut stream = TcpStream::connect(address).unwrap();
    drop(daemon);
    // An open connection is closed: reading ends.
    let mut rest = Vec::new();
    assert!(matches!(stream.read_to_end(&mut rest), Ok(0) | Err(_)));
}
