//! The members of one part as JSON.

use std::collections::BTreeMap;

use crate::json::{ObjectWriter, write_text};
use crate::model::limits::LARGE_DOCUMENT;
use crate::model::{EntityId, EntityKind, Timestamp};
use crate::recorder::blocks::Blocks;
use crate::recorder::cut::{Cut, cut, cut_all};
use crate::recorder::part::{Cause, Fields};

/// What a body is written of.
pub(in crate::recorder) struct Said<'a> {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) name: &'a str,
    pub(in crate::recorder) kind: EntityKind,
    pub(in crate::recorder) start: Timestamp,
    /// `None` while it is in progress.
    pub(in crate::recorder) end: Option<Timestamp>,
    /// What every segment of the program says.
    pub(in crate::recorder) blocks: &'a Blocks,
}

/// Largest body: with what a document adds, it stays below the smaller reading of "64 kB".
pub(in crate::recorder) const MAX_BODY: usize = LARGE_DOCUMENT - 256;

/// Writes the members, without braces, in at most [`MAX_BODY`] bytes; gives what was cut for that.
pub(in crate::recorder) fn body(said: &Said<'_>, fields: &mut Fields) -> (String, Cut) {
    let mut json = written(said, fields);
    let mut lost = Cut::default();
    while json.len() > MAX_BODY && cut(fields, json.len() - MAX_BODY, &mut lost) {
        json = written(said, fields);
    }
    if json.len() > MAX_BODY {
        cut_all(fields, &mut lost);
        json = written(said, fields);
    }
    (json, lost)
}

fn written(said: &Said<'_>, fields: &Fields) -> String {
    let mut json = String::with_capacity(256);
    members(&mut ObjectWriter::inside(&mut json), said, fields);
    json
}

/// The members in order: who, when, what, and whatever else was said.
fn members(object: &mut ObjectWriter<'_>, said: &Said<'_>, fields: &Fields) {
    let is_segment = said.kind == EntityKind::Segment;
    object.raw("id", format_args!("\"{}\"", said.id));
    object.text("name", said.name);
    object.raw("start_time", said.start);
    match said.end {
        Some(end) => object.raw("end_time", end),
        None => object.raw("in_progress", true),
    }
    if let Some(origin) = said.blocks.origin().filter(|_| is_segment) {
        object.text("origin", origin);
    }
    if let Some(namespace) = fields.namespace {
        object.text("namespace", namespace);
    }
    let flags = fields.flags();
    object.flag("error", flags.error);
    object.flag("throttle", flags.throttle);
    object.flag("fault", flags.fault);
    if let Some(user) = &fields.user {
        object.raw("user", user);
    }
    if !fields.request.is_empty() || !fields.response.is_empty() {
        let mut http = object.object("http");
        block(&mut http, "request", &fields.request);
        block(&mut http, "response", &fields.response);
        http.end();
    }
    block(object, "sql", &fields.sql);
    if is_segment || !fields.aws.is_empty() {
        let mut aws = object.object("aws");
        for (key, json) in &fields.aws {
            aws.raw(key, json);
        }
        if is_segment {
            said.blocks.aws(&mut aws, &fields.aws);
        }
        aws.end();
    }
    if is_segment {
        said.blocks.service(object, said.name);
    }
    if !fields.precursors.is_empty() {
        object.array("precursor_ids", &fields.precursors, |json, id| {
            write_text(json, &id.to_string());
        });
    }
    if !fields.links.is_empty() {
        object.array("links", &fields.links, |json, link| json.push_str(link));
    }
    cause(object, fields.cause.as_ref());
    if !fields.annotations.is_empty() {
        let mut annotations = object.object("annotations");
        for (key, json) in &fields.annotations {
            annotations.raw(key, json);
        }
        annotations.end();
    }
    if !fields.metadata.is_empty() {
        let mut metadata = object.object("metadata");
        for (namespace, values) in &fields.metadata {
            let mut block = metadata.object(namespace);
            for (key, json) in values {
                block.raw(key, json);
            }
            block.end();
        }
        metadata.end();
    }
}

/// A block of named values, if there are any.
fn block(object: &mut ObjectWriter<'_>, key: &str, values: &BTreeMap<&'static str, String>) {
    if values.is_empty() {
        return;
    }
    let mut block = object.object(key);
    for (key, json) in values {
        block.raw(key, json);
    }
    block.end();
}

fn cause(object: &mut ObjectWriter<'_>, cause: Option<&Cause>) {
    let chain = match cause {
        None => return,
        Some(Cause::Reference(id)) => return object.raw("cause", format_args!("\"{id}\"")),
        Some(Cause::Exceptions(chain)) => chain,
    };
    let mut block = object.object("cause");
    block.array(
        "exceptions",
        chain.iter().enumerate(),
        |json, (index, exception)| {
            let mut inner = ObjectWriter::begin(json);
            inner.raw("id", format_args!("\"{}\"", exception.id));
            inner.text("type", &exception.kind);
            inner.text("message", &exception.message);
            inner.flag("remote", exception.remote);
            // What was cut is no more to be referred to.
            let next = chain.get(index + 1).map(|next| next.id);
            if let Some(source) = exception.source.filter(|source| next == Some(*source)) {
                inner.raw("cause", format_args!("\"{source}\""));
            }
            if exception.skipped > 0 {
                inner.raw("skipped", exception.skipped);
            }
            let truncated = exception.frames.saturating_sub(exception.stack.len());
            if truncated > 0 {
                inner.raw("truncated", truncated);
            }
            if !exception.stack.is_empty() {
                inner.array("stack", &exception.stack, |json, frame| {
                    json.push_str(frame);
                });
            }
            inner.end();
        },
    );
    block.end();
}
