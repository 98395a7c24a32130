//! Traces and normalised traces for other formats.

use std::borrow::Cow;
use std::time::Duration;

use serde::ser::Error;
use serde::{Serialize, Serializer};

use crate::json::{Document, ObjectWriter};
use crate::model::Timestamp;
use crate::snapshot::Normalized;
use crate::snapshot::content::seconds;
use crate::snapshot::roots::{Spelling, push_roots};
use crate::trace::{Defect, Nodes, PartialTrace, Trace};

/// The trace with ids and times, in the shape that `xray-phantom check --format json` has for it:
///
/// ```json
/// {"id": "1-...", "complete": true, "start_time": 1.0, "duration": 0.5, "defects": [],
///  "roots": [{"id": "16 hex", "kind": "segment", "name": "OrdersWorker", "namespace": null, "parent_id": null,
///             "start_time": 1.0, "end_time": 1.5, "error": false, "fault": false, "throttle": false,
///             "in_progress": false, "inferred": false, "annotations": {}, "metadata": {},
///             "http": null, "aws": null, "sql": null, "children": []}]}
/// ```
///
/// A defect is `{"code": "orphan", "severity": "error", "file": null, "seq": 3, "id": "16 hex",
/// "message": "..."}`. For a text that is the same on every run, serialise
/// [`normalized`](Trace::normalized).
///
/// # Errors
///
/// What the format refuses, and nesting deeper than 512 levels: formats need stack for each.
impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = Told {
            id: self.id(),
            is_complete: true,
            start: self.start_time(),
            duration: self.duration(),
            defects: self.defects().collect(),
            roots: self.roots(),
        };
        parsed(&told.json(), serializer)
    }
}

/// As a [`Trace`], with `"complete": false` where something is missing.
impl Serialize for PartialTrace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = Told {
            id: self.id(),
            is_complete: self.is_complete(),
            start: self.start_time(),
            duration: self.duration(),
            defects: self.defects().collect(),
            roots: self.roots(),
        };
        parsed(&told.json(), serializer)
    }
}

/// The documents, as [`Display`](std::fmt::Display) writes them.
///
/// # Errors
///
/// What the format refuses, and nesting deeper than 512 levels.
impl Serialize for Normalized<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        parsed(&self.json(), serializer)
    }
}

fn parsed<S: Serializer>(json: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let document = Document::parse(json).map_err(S::Error::custom)?;
    document.root().serialize(serializer)
}

/// What is told of a trace.
struct Told<'a> {
    id: &'a str,
    is_complete: bool,
    start: Option<Timestamp>,
    duration: Option<Duration>,
    defects: Vec<&'a Defect>,
    roots: Nodes<'a>,
}

impl Told<'_> {
    fn json(self) -> String {
        let mut json = String::new();
        let mut object = ObjectWriter::begin(&mut json);
        object.text("id", self.id);
        object.raw("complete", self.is_complete);
        match self.start {
            Some(start) => object.raw("start_time", seconds(start.as_nanos())),
            None => object.raw("start_time", "null"),
        }
        match self.duration {
            Some(duration) => object.raw("duration", duration.as_secs_f64()),
            None => object.raw("duration", "null"),
        }
        object.array("defects", self.defects, |json, defect| {
            let mut object = ObjectWriter::begin(json);
            object.text("code", defect.code().as_str());
            object.text("severity", defect.code().severity().as_str());
            object.raw("file", "null");
            object.raw("seq", defect.seq());
            match defect.id() {
                Some(id) => object.text("id", id),
                None => object.raw("id", "null"),
            }
            object.text("message", &defect.to_string());
            object.end();
        });
        let mut roots = Some(self.roots);
        object.array("roots", [()], |json, ()| {
            if let Some(roots) = roots.take() {
                push_roots(
                    json,
                    roots,
                    &Spelling {
                        text: &|text| Cow::Borrowed(text),
                        json: &|json| Cow::Borrowed(json),
                    },
                );
            }
        });
        object.end();
        json
    }
}
