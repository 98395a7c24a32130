//! From raw datagrams to reports.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use xray_phantom::capture::{Received, Verdict};
use xray_phantom::cli::Checked;
use xray_phantom::model::Timestamp;
use xray_phantom::schema::Secrets;
use xray_phantom::trace::{Arrival, ExternalParents};
use xray_phantom::wire;

use crate::{assembly, document, report};

/// Parts the datagrams of an input: a byte that stands in no UTF-8 text.
pub const SEPARATOR: u8 = 0xff;

/// Receives, judges, assembles and reports these datagrams.
pub fn datagrams(input: &[u8]) {
    let sent: Vec<&[u8]> = input.split(|byte| *byte == SEPARATOR).collect();
    let checked = Checked::of(
        Path::new("fuzz.jsonl"),
        lines(&sent).as_bytes(),
        &ExternalParents::none(),
        Some(&Secrets::new()),
    );
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) => panic!("a capture of any datagrams can be read: {error}"),
    };
    assert_eq!(checked.warnings, [""; 0]);
    assert_eq!(checked.counts.received, sent.len() as u64);
    for (received, sent) in checked.datagrams.iter().zip(&sent) {
        is_what_was_sent(received, sent);
        if let Some(document) = received.document() {
            document::is_judged(document);
        }
    }
    let arrivals = checked.datagrams.iter().filter_map(|received| {
        Some(Arrival {
            seq: received.seq(),
            arrived: received
                .arrived()
                .map(|time| Timestamp::from_nanos(0) + time),
            document: Arc::clone(received.document()?),
        })
    });
    assembly::holds(&arrivals.collect::<Vec<_>>(), input.len());
    report::holds(&checked);
}

/// A capture file of datagrams. Of every other one the time of arrival is known.
pub fn lines(datagrams: &[&[u8]]) -> String {
    let line = |(seq, datagram): (usize, &&[u8])| {
        let encoded = BASE64.encode(datagram);
        match seq % 2 {
            0 => format!("{{\"seq\": {seq}, \"bytes_b64\": \"{encoded}\"}}\n"),
            _ => format!("{{\"seq\": {seq}, \"t\": {ARRIVED}.25, \"bytes_b64\": \"{encoded}\"}}\n"),
        }
    };
    datagrams.iter().enumerate().map(line).collect()
}

/// The bytes can be read back, and the verdict is the one of `wire`.
fn is_what_was_sent(received: &Received, sent: &[u8]) {
    assert_eq!(received.bytes(), sent);
    match (received.verdict(), wire::receive(sent)) {
        (Verdict::Ignored, _) => assert!(sent.is_empty()),
        (Verdict::Accepted(_), Ok(body)) => {
            let of = |body: &wire::Body| match body {
                wire::Body::Otlp(kind) => Err(*kind),
                wire::Body::Segment(document) => Ok(document.text().to_owned()),
            };
            let (Verdict::Accepted(accepted), body) = (received.verdict(), of(&body)) else {
                unreachable!("it was accepted");
            };
            assert_eq!(of(accepted), body);
            assert!(body.is_err() || sent.ends_with(body.unwrap_or_default().as_bytes()));
        }
        (Verdict::Rejected(refusal), Err(again)) => {
            assert_eq!(refusal, &again);
            crate::text::is_printable(&refusal.to_string());
            assert_eq!(
                received.rejection().map(|of| of.bytes().to_vec()),
                Some(sent.to_vec())
            );
        }
        (verdict, again) => panic!("received: {verdict:?}, by `wire`: {again:?}"),
    }
}

/// When they arrived, in seconds since the epoch: the time of the corpora.
const ARRIVED: u64 = 1_795_338_258;
