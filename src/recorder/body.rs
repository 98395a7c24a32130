//! The members of one part as JSON.

use crate::json::{push_integer, push_text};
use crate::model::limits::LARGE_DOCUMENT;
use crate::model::{EntityId, EntityKind, Timestamp};
use crate::recorder::blocks::WrittenBlocks;
use crate::recorder::cause::Cause;
use crate::recorder::cut::{Cut, cut, cut_all};
use crate::recorder::members::{Block, Chosen};
use crate::recorder::part::{Fields, Flags, Response};

/// What a body is written of.
pub(in crate::recorder) struct Said<'a> {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) name: &'a str,
    pub(in crate::recorder) kind: EntityKind,
    pub(in crate::recorder) start: Timestamp,
    /// `None` while it is in progress.
    pub(in crate::recorder) end: Option<Timestamp>,
    /// What every segment of the program says.
    pub(in crate::recorder) blocks: &'a WrittenBlocks,
}

/// Largest body: with what a document adds, it stays below the smaller reading of "64 kB".
pub(in crate::recorder) const MAX_BODY: usize = LARGE_DOCUMENT - 256;

/// Appends the members, which are in order, without braces, in at most [`MAX_BODY`] bytes; `lost`
/// gets what was cut for that.
#[inline]
pub(in crate::recorder) fn body(
    json: &mut Vec<u8>,
    said: &Said<'_>,
    fields: &Fields,
    lost: &mut Cut,
) {
    let start = json.len();
    members(json, said, fields);
    if json.len() - start > MAX_BODY {
        shortened(json, start, said, fields.clone(), lost);
    }
}

/// Writes them again, with less and less of them.
#[cold]
fn shortened(
    json: &mut Vec<u8>,
    start: usize,
    said: &Said<'_>,
    mut fields: Fields,
    lost: &mut Cut,
) {
    while json.len() - start > MAX_BODY && cut(&mut fields, json.len() - start - MAX_BODY, lost) {
        fields.members.sort();
        json.truncate(start);
        members(json, said, &fields);
    }
    if json.len() - start > MAX_BODY {
        cut_all(&mut fields, lost);
        fields.members.sort();
        json.truncate(start);
        members(json, said, &fields);
    }
}

/// The members in order: who, when, what, and whatever else was said.
fn members(json: &mut Vec<u8>, said: &Said<'_>, fields: &Fields) {
    let is_segment = said.kind == EntityKind::Segment;
    let mut who = *b"\"id\":\"................\",\"name\":\"";
    who[6..22].copy_from_slice(&said.id.digits());
    json.extend_from_slice(&who);
    // A name holds no character that JSON escapes.
    json.extend_from_slice(said.name.as_bytes());
    times(json, said.start, said.end);
    if is_segment {
        push_some(json, said.blocks.origin());
    }
    if let Some(namespace) = fields.namespace {
        json.extend_from_slice(b",\"namespace\":\"");
        // Ours, and without an escape.
        json.extend_from_slice(namespace.as_bytes());
        json.push(b'"');
    }
    let of = |block| fields.members.of(block);
    flags(json, fields.flags());
    if !fields.user.is_empty() {
        json.extend_from_slice(b",\"user\":");
        json.extend_from_slice(fields.user.as_bytes());
    }
    http(json, of(Block::Request), fields.response);
    block(json, b",\"sql\":{", of(Block::Sql));
    let aws = of(Block::Aws);
    if is_segment {
        json.extend_from_slice(b",\"aws\":{");
        said.blocks.aws(json, aws);
        json.push(b'}');
        push_some(json, said.blocks.service(said.name));
    } else {
        block(json, b",\"aws\":{", aws);
    }
    if !fields.precursors.is_empty() || !fields.links.is_empty() {
        relations(json, fields);
    }
    if !fields.cause.is_empty() {
        cause(json, &fields.cause);
    }
    let annotations = of(Block::Annotations);
    block(json, b",\"annotations\":{", annotations);
    let metadata = of(Block::Metadata);
    if !metadata.is_empty() {
        json.extend_from_slice(b",\"metadata\":");
        let mut before = b'{';
        for (namespace, values) in metadata.namespaces() {
            json.push(before);
            before = b',';
            push_text(json, namespace);
            block(json, b":{", values);
        }
        json.push(b'}');
    }
}

/// When it began and ended, behind its name.
fn times(json: &mut Vec<u8>, start: Timestamp, end: Option<Timestamp>) {
    if let Some(end) = end
        && let Some((start, end)) = start.digits_with(end)
    {
        let mut both = *b"\",\"start_time\":.................,\"end_time\":.................";
        both[15..32].copy_from_slice(&start);
        both[44..].copy_from_slice(&end);
        return json.extend_from_slice(&both);
    }
    json.extend_from_slice(b"\",\"start_time\":");
    time(json, start);
    match end {
        Some(end) => {
            json.extend_from_slice(b",\"end_time\":");
            time(json, end);
        }
        None => json.extend_from_slice(b",\"in_progress\":true"),
    }
}

fn time(json: &mut Vec<u8>, time: Timestamp) {
    match time.digits() {
        Some(digits) => json.extend_from_slice(&digits),
        None => json.extend_from_slice(time.to_string().as_bytes()),
    }
}

/// Appends what is often empty.
#[inline]
fn push_some(json: &mut Vec<u8>, text: &str) {
    if !text.is_empty() {
        json.extend_from_slice(text.as_bytes());
    }
}

#[inline]
fn flags(json: &mut Vec<u8>, flags: Flags) {
    if flags.error {
        json.extend_from_slice(b",\"error\":true");
    }
    if flags.throttle {
        json.extend_from_slice(b",\"throttle\":true");
    }
    if flags.fault {
        json.extend_from_slice(b",\"fault\":true");
    }
}

fn http(json: &mut Vec<u8>, request: Chosen<'_>, response: Response) {
    if request.is_empty() && response.is_empty() {
        return;
    }
    json.extend_from_slice(b",\"http\":{");
    block(json, b"\"request\":{", request);
    if !response.is_empty() {
        if !request.is_empty() {
            json.push(b',');
        }
        json.extend_from_slice(b"\"response\":{");
        if let Some(length) = response.content_length {
            json.extend_from_slice(b"\"content_length\":");
            push_whole(json, length);
        }
        if let Some(status) = response.status {
            if response.content_length.is_some() {
                json.push(b',');
            }
            json.extend_from_slice(b"\"status\":");
            push_whole(json, status.into());
        }
        json.push(b'}');
    }
    json.push(b'}');
}

#[inline(never)]
pub(in crate::recorder) fn push_whole(json: &mut Vec<u8>, number: i128) {
    match u64::try_from(number) {
        Ok(number) => push_integer(json, number),
        Err(_) => push_unusual(json, number),
    }
}

#[cold]
fn push_unusual(json: &mut Vec<u8>, number: i128) {
    json.extend_from_slice(number.to_string().as_bytes());
}

/// A block of values, if there are any.
fn block<const N: usize>(json: &mut Vec<u8>, opening: &[u8; N], values: Chosen<'_>) {
    if !values.is_empty() {
        json.extend_from_slice(opening);
        values.write(json);
        json.push(b'}');
    }
}

/// The others that an entity names.
fn relations(json: &mut Vec<u8>, fields: &Fields) {
    array(
        json,
        b",\"precursor_ids\":",
        &fields.precursors,
        |json, id| {
            quoted(json, *id);
        },
    );
    array(json, b",\"links\":", &fields.links, |json, link| {
        json.extend_from_slice(link.as_bytes());
    });
}

fn cause(json: &mut Vec<u8>, cause: &Cause) {
    if let Some(id) = cause.reference() {
        json.extend_from_slice(b",\"cause\":");
        return quoted(json, id);
    }
    let chain = cause.exceptions();
    json.extend_from_slice(b",\"cause\":{");
    let mut next = chain.iter().skip(1).map(|next| next.id);
    array(json, b"\"exceptions\":", chain, |json, exception| {
        json.extend_from_slice(b"{\"id\":");
        quoted(json, exception.id);
        json.extend_from_slice(b",\"type\":");
        push_text(json, &exception.kind);
        json.extend_from_slice(b",\"message\":");
        push_text(json, &exception.message);
        if exception.remote {
            json.extend_from_slice(b",\"remote\":true");
        }
        // What was cut is no more to be referred to.
        let next = next.next();
        if let Some(source) = exception.source.filter(|source| next == Some(*source)) {
            json.extend_from_slice(b",\"cause\":");
            quoted(json, source);
        }
        if exception.skipped > 0 {
            json.extend_from_slice(b",\"skipped\":");
            push_integer(json, exception.skipped as u64);
        }
        let truncated = exception.frames.saturating_sub(exception.stack.len());
        if truncated > 0 {
            json.extend_from_slice(b",\"truncated\":");
            push_integer(json, truncated as u64);
        }
        array(json, b",\"stack\":", &exception.stack, |json, frame| {
            json.extend_from_slice(frame.as_bytes());
        });
        json.push(b'}');
    });
    json.push(b'}');
}

/// An array, unless it is empty.
fn array<const N: usize, T>(
    json: &mut Vec<u8>,
    opening: &[u8; N],
    elements: &[T],
    mut write: impl FnMut(&mut Vec<u8>, &T),
) {
    if elements.is_empty() {
        return;
    }
    json.extend_from_slice(opening);
    let mut before = b'[';
    for element in elements {
        json.push(before);
        before = b',';
        write(json, element);
    }
    json.push(b']');
}

fn quoted(json: &mut Vec<u8>, id: EntityId) {
    json.push(b'"');
    json.extend_from_slice(&id.digits());
    json.push(b'"');
}
