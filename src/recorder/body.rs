//! The members of one part as JSON.

use std::collections::BTreeMap;

use crate::json::{ObjectWriter, write_text};
use crate::model::limits::LARGE_DOCUMENT;
use crate::model::{EntityId, EntityKind, Timestamp};
use crate::recorder::blocks::Blocks;
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

/// Writes the members, without braces, in at most [`MAX_BODY`] bytes. What is too large is cut, the
/// largest first; gives what was cut.
pub(in crate::recorder) fn body(said: &Said<'_>, fields: &mut Fields) -> (String, Vec<String>) {
    let mut json = written(said, fields);
    let mut cut = Vec::new();
    while json.len() > MAX_BODY {
        let Some(what) = cut_largest(fields) else {
            break;
        };
        cut.push(what);
        json = written(said, fields);
    }
    (json, cut)
}

fn written(said: &Said<'_>, fields: &Fields) -> String {
    let mut json = String::with_capacity(256);
    members(&mut ObjectWriter::inside(&mut json), said, fields);
    json
}

/// Cuts the largest thing that can be, and says what it was.
fn cut_largest(fields: &mut Fields) -> Option<String> {
    enum Largest {
        Annotation(String),
        Aws(String),
        Message(usize),
        Metadata(String, String),
        Stack(usize),
    }
    let mut candidates: Vec<(usize, Largest)> = Vec::new();
    for (namespace, values) in &fields.metadata {
        for (key, json) in values {
            let place = Largest::Metadata(namespace.clone(), key.clone());
            candidates.push((json.len() + key.len(), place));
        }
    }
    for (key, json) in &fields.annotations {
        candidates.push((json.len() + key.len(), Largest::Annotation(key.clone())));
    }
    for (key, json) in &fields.aws {
        candidates.push((json.len(), Largest::Aws(key.clone())));
    }
    if let Some(Cause::Exceptions(chain)) = &fields.cause {
        for (index, exception) in chain.iter().enumerate() {
            candidates.push((exception.message.len(), Largest::Message(index)));
            let stack: usize = exception.stack.iter().map(String::len).sum();
            candidates.push((stack, Largest::Stack(index)));
        }
    }
    let worth = candidates.into_iter().filter(|(size, _)| *size > SMALL);
    // Metadata goes first where it is as large.
    let (size, largest) =
        worth.max_by_key(|(size, what)| (*size, matches!(what, Largest::Metadata(..))))?;
    let what = match largest {
        Largest::Metadata(namespace, key) => {
            let mark = format!("\"cut by xray-phantom: {size} bytes\"");
            let what = format!("the metadata `{key}` of {size} bytes");
            fields
                .metadata
                .entry(namespace)
                .or_default()
                .insert(key, mark);
            what
        }
        Largest::Annotation(key) => {
            fields.annotations.remove(&key);
            format!("the annotation `{key}` of {size} bytes")
        }
        Largest::Aws(key) => {
            fields.aws.remove(&key);
            format!("`{key}` of `aws`, {size} bytes")
        }
        Largest::Message(index) | Largest::Stack(index) => {
            let Some(Cause::Exceptions(chain)) = &mut fields.cause else {
                unreachable!("the candidate came from there")
            };
            let exception = &mut chain[index];
            if matches!(largest, Largest::Stack(_)) {
                exception.stack.clear();
                format!("the stack of `{}`", exception.kind)
            } else {
                let end = exception.message.floor_char_boundary(SMALL / 2);
                exception.message.truncate(end);
                format!("the message of `{}`, {size} bytes", exception.kind)
            }
        }
    };
    Some(what)
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
    object.flag("error", fields.error);
    object.flag("throttle", fields.throttle);
    object.flag("fault", fields.fault);
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
            if let Some(source) = chain.get(index + 1) {
                inner.raw("cause", format_args!("\"{}\"", source.id));
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

/// What is smaller is not worth cutting.
const SMALL: usize = 512;
