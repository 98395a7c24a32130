//! A report as JSON: the contract with programs.

use crate::cli::input::Datagram;
use crate::cli::printable::printable;
use crate::cli::report::Report;
use crate::json::ObjectWriter;
use crate::schema::Masker;
use crate::snapshot::{Spelling, push_roots, seconds};
use crate::trace::{Defect, PartialTrace};

/// The report as one object on one line.
pub(in crate::cli) fn json(report: &Report<'_>) -> String {
    let mut json = String::new();
    let mut object = ObjectWriter::begin(&mut json);
    object.raw("version", 1);
    let counts = report.capture.counts();
    let mut datagrams = object.object("datagrams");
    datagrams.raw("received", counts.received);
    datagrams.raw("accepted", counts.accepted);
    datagrams.raw("rejected", counts.rejected);
    datagrams.raw("ignored", counts.ignored);
    datagrams.raw("dropped", counts.dropped.unwrap_or(0));
    datagrams.end();
    object.array("rejections", &report.rejections, |json, found| {
        let mut object = ObjectWriter::begin(json);
        place(&mut object, report, &found.datagram);
        object.text("code", found.what.code().as_str());
        text_or_null(&mut object, "aws_code", found.what.aws_code());
        received(
            &mut object,
            "message",
            Some(&found.what.message()),
            &report.secrets,
        );
        object.end();
    });
    object.array("violations", &report.violations, |json, found| {
        let violation = &found.what;
        let mut object = ObjectWriter::begin(json);
        object.text("code", violation.code());
        text_or_null(&mut object, "aws_code", violation.rule().aws_code());
        object.text("consequence", violation.consequence().as_str());
        place(&mut object, report, &found.datagram);
        let mut say = |key, text| received(&mut object, key, text, &report.secrets);
        say("trace_id", violation.trace_id());
        say("id", violation.id());
        say("pointer", Some(violation.pointer()));
        say("message", Some(violation.message()));
        object.end();
    });
    object.array("traces", &report.traces, |json, of| trace(json, report, of));
    object.array("expectations", [(); 0], |_, ()| {});
    object.end();
    json.push('\n');
    json
}

/// Which file, where there are several, and which datagram in it.
fn place(object: &mut ObjectWriter<'_>, report: &Report<'_>, datagram: &Datagram<'_>) {
    let path = (report.capture.files() > 1).then(|| datagram.path.to_string_lossy());
    received(object, "file", path.as_deref(), &report.secrets);
    object.raw("seq", datagram.received.seq());
}

fn trace(json: &mut String, report: &Report<'_>, trace: &PartialTrace) {
    let mut object = ObjectWriter::begin(json);
    received(&mut object, "id", Some(trace.id()), &report.secrets);
    object.raw("complete", trace.is_complete());
    let start = trace.start_time();
    raw_or_null(
        &mut object,
        "start_time",
        start.map(|start| seconds(start.as_nanos())),
    );
    let duration = trace.duration().map(|duration| duration.as_secs_f64());
    raw_or_null(&mut object, "duration", duration);
    object.array("defects", trace.defects(), |json, of| {
        defect(json, report, of);
    });
    object.array("roots", [()], |json, ()| {
        let spelling = Spelling {
            text: &|text| report.secrets.mask(text),
            json: &|json| printable(json, &report.secrets),
        };
        push_roots(json, trace.roots(), &spelling);
    });
    object.end();
}

fn defect(json: &mut String, report: &Report<'_>, defect: &Defect) {
    let mut object = ObjectWriter::begin(json);
    object.text("code", defect.code().as_str());
    object.text("severity", defect.code().severity().as_str());
    if let Some(datagram) = report.capture.datagram(defect.seq()) {
        place(&mut object, report, &datagram);
    }
    received(&mut object, "id", defect.id(), &report.secrets);
    received(
        &mut object,
        "message",
        Some(&defect.to_string()),
        &report.secrets,
    );
    object.end();
}

/// Writes a text that was received, or that tells of one, without secrets.
fn received(object: &mut ObjectWriter<'_>, key: &str, text: Option<&str>, secrets: &Masker) {
    text_or_null(object, key, text.map(|text| secrets.mask(text)).as_deref());
}

fn text_or_null(object: &mut ObjectWriter<'_>, key: &str, text: Option<&str>) {
    match text {
        Some(text) => object.text(key, text),
        None => object.raw(key, "null"),
    }
}

fn raw_or_null(object: &mut ObjectWriter<'_>, key: &str, value: Option<impl std::fmt::Display>) {
    match value {
        Some(value) => object.raw(key, value),
        None => object.raw(key, "null"),
    }
}
