//! Documents of parts that have ended.

use crate::json::ObjectWriter;
use crate::model::TraceId;
use crate::model::limits::MAX_DATAGRAM;
use crate::recorder::record::{Cause, Part};
use crate::wire::HEADER_LINE;

/// The documents of a part and all below it that has ended and was not sent.
///
/// One document, if it fits into a datagram. Otherwise the largest children go on their own,
/// before their parent.
pub(in crate::recorder) fn of_tree(
    trace_id: TraceId,
    parts: &mut [Part],
    index: usize,
    service: &str,
) -> Vec<String> {
    let children = children(parts);
    let mut documents = Vec::new();
    send(trace_id, parts, &children, index, service, &mut documents);
    documents
}

/// The documents of a segment that has ended: its own, and those of subsegments that have ended
/// below one that has not, as that one may never be sent.
pub(in crate::recorder) fn of_all(
    trace_id: TraceId,
    parts: &mut [Part],
    service: &str,
) -> Vec<String> {
    let children = children(parts);
    let mut documents = Vec::new();
    for index in 0..parts.len() {
        if parts[index].end.is_some() && !parts[index].sent {
            send(trace_id, parts, &children, index, service, &mut documents);
        }
    }
    documents
}

fn send(
    trace_id: TraceId,
    parts: &mut [Part],
    children: &[Vec<usize>],
    index: usize,
    service: &str,
    documents: &mut Vec<String>,
) {
    let mut embedded = Vec::new();
    let whole = write(
        trace_id,
        parts,
        children,
        index,
        service,
        Some(&mut embedded),
    );
    if HEADER_LINE.len() + whole.len() <= MAX_DATAGRAM {
        documents.push(whole);
        for part in embedded {
            parts[part].sent = true;
        }
        parts[index].sent = true;
        return;
    }
    // The largest first, and only so many of them that the rest fits.
    let mut ready: Vec<(usize, usize)> = children[index]
        .iter()
        .filter(|child| parts[**child].end.is_some() && !parts[**child].sent)
        .map(|child| {
            (
                write(
                    trace_id,
                    parts,
                    children,
                    *child,
                    service,
                    Some(&mut Vec::new()),
                )
                .len(),
                *child,
            )
        })
        .collect();
    ready.sort_unstable();
    let mut size = HEADER_LINE.len() + whole.len();
    while size > MAX_DATAGRAM
        && let Some((length, child)) = ready.pop()
    {
        send(trace_id, parts, children, child, service, documents);
        size -= length.min(size);
    }
    let mut embedded = Vec::new();
    let rest = write(
        trace_id,
        parts,
        children,
        index,
        service,
        Some(&mut embedded),
    );
    if HEADER_LINE.len() + rest.len() <= MAX_DATAGRAM {
        documents.push(rest);
        for part in embedded {
            parts[part].sent = true;
        }
        parts[index].sent = true;
        return;
    }
    // Written on its own, a child is longer than inside its parent, so that a few may still be
    // one too many.
    for (_, child) in ready {
        send(trace_id, parts, children, child, service, documents);
    }
    documents.push(write(trace_id, parts, children, index, service, None));
    parts[index].sent = true;
}

/// For each part its children.
fn children(parts: &[Part]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); parts.len()];
    for (index, part) in parts.iter().enumerate() {
        if let Some(parent) = part.parent {
            children[parent].push(index);
        }
    }
    children
}

/// A document for one part; its ended children are embedded and listed if a list is given.
fn write(
    trace_id: TraceId,
    parts: &[Part],
    children: &[Vec<usize>],
    index: usize,
    service: &str,
    embedded: Option<&mut Vec<usize>>,
) -> String {
    let mut json = String::with_capacity(512);
    let mut object = ObjectWriter::begin(&mut json);
    object.raw("trace_id", format_args!("\"{trace_id}\""));
    if let Some(parent) = parts[index].parent {
        object.text("type", "subsegment");
        object.raw("parent_id", format_args!("\"{}\"", parts[parent].id));
    }
    members(&mut object, parts, children, index, service, embedded);
    object.end();
    json
}

fn members(
    object: &mut ObjectWriter<'_>,
    parts: &[Part],
    children: &[Vec<usize>],
    index: usize,
    service: &str,
    embedded: Option<&mut Vec<usize>>,
) {
    let part = &parts[index];
    let fields = &part.fields;
    object.raw("id", format_args!("\"{}\"", part.id));
    object.text("name", &part.name);
    object.raw("start_time", part.start);
    match part.end {
        Some(end) => object.raw("end_time", end),
        None => object.raw("in_progress", true),
    }
    if let Some(namespace) = fields.namespace {
        object.text("namespace", namespace);
    }
    object.flag("error", fields.error);
    object.flag("throttle", fields.throttle);
    object.flag("fault", fields.fault);
    if !fields.response.is_empty() {
        let mut http = object.object("http");
        let mut response = http.object("response");
        fields
            .response
            .iter()
            .for_each(|(key, value)| response.raw(key, value));
        response.end();
        http.end();
    }
    let is_segment = part.parent.is_none();
    if is_segment || !fields.aws.is_empty() {
        let mut aws = object.object("aws");
        fields
            .aws
            .iter()
            .for_each(|(key, value)| aws.raw(key, value));
        if is_segment {
            let mut xray = aws.object("xray");
            xray.text("sdk", "xray-phantom");
            xray.text("sdk_version", env!("CARGO_PKG_VERSION"));
            xray.end();
        }
        aws.end();
    }
    if is_segment && !service.is_empty() && service != part.name {
        let mut block = object.object("service");
        block.text("name", service);
        block.end();
    }
    cause(object, fields.cause.as_ref());
    if !fields.annotations.is_empty() {
        let mut annotations = object.object("annotations");
        fields
            .annotations
            .iter()
            .for_each(|(key, value)| annotations.raw(key, value));
        annotations.end();
    }
    if !fields.metadata.is_empty() {
        let mut metadata = object.object("metadata");
        for (namespace, values) in &fields.metadata {
            let mut block = metadata.object(namespace);
            for (key, value) in values {
                block.raw(key, value);
            }
            block.end();
        }
        metadata.end();
    }
    let Some(embedded) = embedded else { return };
    let ready: Vec<usize> = children[index]
        .iter()
        .copied()
        .filter(|child| parts[*child].end.is_some() && !parts[*child].sent)
        .collect();
    if ready.is_empty() {
        return;
    }
    object.array("subsegments", ready, |json, child| {
        embedded.push(child);
        let mut inner = ObjectWriter::begin(json);
        members(&mut inner, parts, children, child, service, Some(embedded));
        inner.end();
    });
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
            inner.end();
        },
    );
    block.end();
}
