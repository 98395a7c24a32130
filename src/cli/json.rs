//! A report as JSON: the contract with programs.

use std::borrow::Cow;

use crate::cli::input::Datagram;
use crate::cli::printable::{is_vast, printable};
use crate::cli::report::Report;
use crate::json::{Kind, ObjectWriter, Value};
use crate::model::{Entity, Timestamp};
use crate::schema::Masker;
use crate::trace::{Defect, Node, PartialTrace};

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
    raw_or_null(&mut object, "start_time", start.map(seconds));
    let duration = trace.duration().map(|duration| duration.as_secs_f64());
    raw_or_null(&mut object, "duration", duration);
    object.array("defects", trace.defects(), |json, of| {
        defect(json, report, of);
    });
    object.array("roots", [()], |json, ()| {
        roots(json, trace, &report.secrets);
    });
    object.end();
}

/// A time as a number, with no more digits than were sent.
fn seconds(time: Timestamp) -> String {
    let nanos = time.as_nanos();
    let (sign, nanos) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let fraction = format!("{:09}", nanos % 1_000_000_000);
    let fraction = match fraction.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    format!("{sign}{}.{fraction}", nanos / 1_000_000_000)
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

/// The roots with all that is below them, without brackets. Their nesting is the sender's, so that
/// it must cost no stack.
fn roots(json: &mut String, trace: &PartialTrace, secrets: &Masker) {
    let mut waiting: Vec<Step<'_>> = Vec::new();
    push(&mut waiting, trace.roots().collect());
    while let Some(step) = waiting.pop() {
        match step {
            Step::Text(text) => json.push_str(text),
            Step::Node(node) => {
                fields(json, node, secrets);
                waiting.push(Step::Text("]}"));
                push(&mut waiting, node.children().collect());
            }
        }
    }
}

enum Step<'a> {
    Node(Node<'a>),
    Text(&'static str),
}

/// Puts nodes on the stack, so that they come off it in order, with commas between.
fn push<'a>(waiting: &mut Vec<Step<'a>>, nodes: Vec<Node<'a>>) {
    for (place, node) in nodes.into_iter().enumerate().rev() {
        waiting.push(Step::Node(node));
        if place > 0 {
            waiting.push(Step::Text(","));
        }
    }
}

/// An entity up to the bracket that opens its children.
fn fields(json: &mut String, node: Node<'_>, secrets: &Masker) {
    let entity = node.entity();
    let mut object = ObjectWriter::begin(json);
    let mut say =
        |key, text: Option<Cow<'_, str>>| received(&mut object, key, text.as_deref(), secrets);
    say("id", entity.id());
    say("kind", Some(node.kind().to_string().into()));
    say("name", entity.name());
    say("namespace", entity.namespace());
    say("parent_id", parent_id(node));
    let number = |key| {
        entity
            .json()
            .get(key)
            .filter(|value| value.kind() == Kind::Number && !is_vast(value.raw()))
    };
    raw_or_null(&mut object, "start_time", number("start_time"));
    raw_or_null(&mut object, "end_time", number("end_time"));
    object.raw("error", entity.error() == Some(true));
    object.raw("fault", entity.fault() == Some(true));
    object.raw("throttle", entity.throttle() == Some(true));
    object.raw("in_progress", !entity.is_closed());
    object.raw("inferred", entity.inferred() == Some(true));
    for key in ["annotations", "metadata"] {
        match block(entity, key) {
            Some(block) => object.raw(key, printable(block.raw(), secrets)),
            None => object.object(key).end(),
        }
    }
    for key in ["http", "aws", "sql"] {
        raw_or_null(
            &mut object,
            key,
            block(entity, key).map(|block| printable(block.raw(), secrets)),
        );
    }
    object.open("children");
}

/// The parent, nesting before what was written. A segment's caller may be elsewhere.
fn parent_id(node: Node<'_>) -> Option<Cow<'_, str>> {
    match node.parent() {
        Some(parent) => parent.entity().id(),
        None => node.entity().parent_id(),
    }
}

fn block<'a>(entity: Entity<'a>, key: &str) -> Option<Value<'a>> {
    entity
        .json()
        .get(key)
        .filter(|value| value.kind() == Kind::Object)
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
