//! What becomes of values that are said: kept, cut or left out, and then told.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Serialize;
use serde::ser::{SerializeSeq, SerializeStruct, SerializeStructVariant, Serializer};
use serde_json::{Value, json};
use xray_phantom::model::{EntityId, TraceId};
use xray_phantom::recorder::{AnnotationValue, Namespace, RecorderStats, Sql};
use xray_phantom::wire::TraceHeader;
use xray_phantom::{FakeDaemon, Finding, OpenEntity, Recorder, Sampling, block_on};

/// What a recorder did.
pub(crate) struct Sent {
    /// The segment `api`, with its subsegments.
    pub(crate) document: Value,
    /// `code: message` of each.
    pub(crate) notes: Vec<String>,
    pub(crate) stats: RecorderStats,
}

/// Says something of a segment; X-Ray takes the document whatever it was.
#[track_caller]
pub(crate) fn sent(say: impl FnOnce(&OpenEntity)) -> Sent {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    recorder.in_segment_infallible_sync("api", |segment| say(&segment));
    all_sent(&daemon, &recorder)
}

/// What was sent to this daemon: one document.
#[track_caller]
pub(crate) fn all_sent(daemon: &FakeDaemon, recorder: &Recorder) -> Sent {
    let note = |finding: &Finding| match finding {
        Finding::Note(note) => format!("{}: {}", note.code(), note.message()),
        other => panic!("{other}"),
    };
    let notes = match block_on(daemon.verify()) {
        Ok(()) => Vec::new(),
        Err(report) => report.findings().iter().map(note).collect(),
    };
    assert_eq!(block_on(daemon.violations()).unwrap(), []);
    let datagrams = block_on(daemon.datagrams()).unwrap();
    assert_eq!(datagrams.len(), 1);
    Sent {
        document: serde_json::from_str(datagrams[0].document().unwrap().text()).unwrap(),
        notes,
        stats: recorder.stats(),
    }
}

#[test]
fn an_annotation_is_the_number_that_was_written() {
    #[track_caller]
    fn check(value: impl Into<AnnotationValue> + Debug, expected: &str) {
        let shown = format!("{value:?}");
        let sent = sent(|segment| {
            segment.annotate("n", value);
        });
        let json = sent.document["annotations"]["n"].to_string();
        assert_eq!(json, expected, "{shown}");
    }
    check(0.1_f32, "0.1");
    check(-2.5_f32, "-2.5");
    check(16_777_216_f32, "16777216");
    check(0.1_f64, "0.1");
    check(f64::from(0.1_f32), "0.10000000149011612");
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let sent = sent(|segment| {
            segment.annotate("n", value);
        });
        assert_eq!(sent.document.get("annotations"), None);
        assert_eq!(sent.notes.len(), 1);
    }
}
