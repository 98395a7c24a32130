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
    let mut writer = Writer::new(trace_id, parts, service);
    writer.send(index);
    writer.documents
}

/// The documents of a segment that has ended: its own, and those of subsegments that have ended
/// below one that has not, as that one may never be sent.
pub(in crate::recorder) fn of_all(
    trace_id: TraceId,
    parts: &mut [Part],
    service: &str,
) -> Vec<String> {
    let mut writer = Writer::new(trace_id, parts, service);
    for index in 0..writer.parts.len() {
        if writer.is_ready(index) {
            writer.send(index);
        }
    }
    writer.documents
}

/// Writes the parts of one segment, each into one document.
struct Writer<'a> {
    trace_id: TraceId,
    parts: &'a mut [Part],
    /// For each part its children.
    children: Vec<Vec<usize>>,
    service: &'a str,
    documents: Vec<String>,
}

impl<'a> Writer<'a> {
    fn new(trace_id: TraceId, parts: &'a mut [Part], service: &'a str) -> Writer<'a> {
        let mut children = vec![Vec::new(); parts.len()];
        for (index, part) in parts.iter().enumerate() {
            if let Some(parent) = part.parent {
                children[parent].push(index);
            }
        }
        Writer {
            trace_id,
            parts,
            children,
            service,
            documents: Vec::new(),
        }
    }

    /// Whether a part has ended and was not sent.
    fn is_ready(&self, index: usize) -> bool {
        self.parts[index].end.is_some() && !self.parts[index].sent
    }

    fn send(&mut self, index: usize) {
        let Err(mut size) = self.send_whole(index) else {
            return;
        };
        // The largest first, and only so many of them that the rest fits.
        let ready = self.children[index]
            .iter()
            .copied()
            .filter(|child| self.is_ready(*child));
        let mut ready: Vec<(usize, usize)> = ready
            .map(|child| (self.write(child, Some(&mut Vec::new())).len(), child))
            .collect();
        ready.sort_unstable();
        while size > MAX_DATAGRAM
            && let Some((length, child)) = ready.pop()
        {
            self.send(child);
            size = size.saturating_sub(length);
        }
        if self.send_whole(index).is_ok() {
            return;
        }
        // Written on its own a child is longer than inside its parent, so that those that are
        // left may still be too many.
        for (_, child) in ready {
            self.send(child);
        }
        self.documents.push(self.write(index, None));
        self.parts[index].sent = true;
    }

    /// Sends a part with all below it in one document; if that is too large, gives the size of
    /// its datagram.
    fn send_whole(&mut self, index: usize) -> Result<(), usize> {
        let mut embedded = vec![index];
        let document = self.write(index, Some(&mut embedded));
        let size = HEADER_LINE.len() + document.len();
        if size > MAX_DATAGRAM {
            return Err(size);
        }
        self.documents.push(document);
        for part in embedded {
            self.parts[part].sent = true;
        }
        Ok(())
    }

    /// A document for one part; its ended children are embedded and listed if a list is given.
    fn write(&self, index: usize, embedded: Option<&mut Vec<usize>>) -> String {
        let mut json = String::with_capacity(512);
        let mut object = ObjectWriter::begin(&mut json);
        object.raw("trace_id", format_args!("\"{}\"", self.trace_id));
        if let Some(parent) = self.parts[index].parent {
            object.text("type", "subsegment");
            object.raw("parent_id", format_args!("\"{}\"", self.parts[parent].id));
        }
        self.members(&mut object, index, embedded);
        object.end();
        json
    }

    fn members(
        &self,
        object: &mut ObjectWriter<'_>,
        index: usize,
        embedded: Option<&mut Vec<usize>>,
    ) {
        let part = &self.parts[index];
        own(object, part, self.service);
        let Some(embedded) = embedded else { return };
        let inside = self.children[index].iter().copied();
        let mut inside = inside.filter(|child| self.is_ready(*child)).peekable();
        if inside.peek().is_none() {
            return;
        }
        object.array("subsegments", inside, |json, child| {
            embedded.push(child);
            let mut inner = ObjectWriter::begin(json);
            self.members(&mut inner, child, Some(embedded));
            inner.end();
        });
    }
}

/// What is said of a part itself.
fn own(object: &mut ObjectWriter<'_>, part: &Part, service: &str) {
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
