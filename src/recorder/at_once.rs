//! What an integration says of a call, many things at once.

use std::ops::Range;
use std::panic::Location;

use crate::json::{push_integer, push_text};
use crate::model::{EntityId, TraceId};
use crate::recorder::members::Block;
use crate::recorder::name::clean;
use crate::recorder::part::Fields;
use crate::recorder::{Key, Namespace, OpenEntity};

/// A part that is open, while its segment is locked for it: what is said goes straight from where
/// it stands to where it is kept.
pub(crate) struct Saying<'a> {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) fields: &'a mut Fields,
    /// Where its name stands among the names.
    pub(in crate::recorder) name: &'a mut Range<usize>,
    pub(in crate::recorder) names: &'a mut String,
}

impl Saying<'_> {
    /// The id of the part.
    pub(crate) fn id(&self) -> EntityId {
        self.id
    }

    /// Another name than it was opened with.
    pub(crate) fn rename(&mut self, name: &str) {
        let start = self.names.len();
        self.names.push_str(&clean(name));
        *self.name = start..self.names.len();
    }

    /// Whom a subsegment calls.
    #[inline]
    pub(crate) fn namespace(&mut self, namespace: Namespace) {
        self.fields.namespace = Some(namespace.as_str());
    }

    /// A member of the `aws` block that is a text.
    pub(crate) fn aws_text(&mut self, key: Key, text: &str) {
        self.aws(key, Member::Text(text));
    }

    /// One that is a number.
    pub(crate) fn aws_number(&mut self, key: Key, number: u64) {
        self.aws(key, Member::Number(number));
    }

    /// One whose value is JSON already.
    pub(crate) fn aws_json(&mut self, key: Key, value: &str) {
        self.aws(key, Member::Json(value));
    }

    // What is said of a call is said while the caches are full
    // of other things: one way through the code is then faster than one for each kind of value.
    #[inline(never)]
    fn aws(&mut self, key: Key, value: Member<'_>) {
        self.fields
            .members
            .set_known(Block::Aws, key, |json| match value {
                Member::Json(value) => json.extend_from_slice(value.as_bytes()),
                Member::Number(number) => push_integer(json, number),
                Member::Text(text) => push_text(json, text),
            });
    }

    /// The status of the answer. It means no flag: those are said.
    #[inline]
    pub(crate) fn status(&mut self, status: u16) {
        self.fields.response.status = Some(status.into());
    }

    /// How long the answer's body is.
    #[inline]
    pub(crate) fn content_length(&mut self, bytes: i64) {
        self.fields.response.content_length = Some(bytes.into());
    }
}

/// The value of a member.
#[derive(Clone, Copy)]
enum Member<'a> {
    Json(&'a str),
    Number(u64),
    Text(&'a str),
}

impl OpenEntity {
    /// Opens a subsegment for a call whose service is not known yet.
    pub(crate) fn open_call(self, place: &'static Location<'static>) -> OpenEntity {
        let Some(record) = self.record() else {
            return self;
        };
        let index = record.open_child(self.index(), UNKNOWN, place);
        self.with_index(index)
    }

    /// Says all of this at once. Of one that has ended nothing is said, and that is told.
    pub(crate) fn say_at_once(
        &self,
        place: &'static Location<'static>,
        say: impl FnOnce(&mut Saying<'_>),
    ) {
        if let Some(record) = self.record()
            && !record.say_at_once(self.index(), say)
        {
            self.say(place, |_| {});
        }
    }

    /// Says the last of it, and ends it; `false` where it had ended, and then nothing is said.
    pub(crate) fn close_with(&self, say: impl FnOnce(&mut Saying<'_>)) -> bool {
        self.record()
            .is_none_or(|record| record.close_with(self.index(), say))
    }

    /// The text of the trace header for a call downstream, by a subsegment of this id; `None` outside
    /// of every segment.
    pub(crate) fn header_text_of(&self, parent: EntityId) -> Option<String> {
        match self.record() {
            Some(record) if record.incoming.is_none() => header(record.trace_id, Some(parent)),
            _ => Some(self.trace_header()?.to_string()),
        }
    }

    /// The same of a segment that is not recorded, and so has no id.
    pub(crate) fn unsampled_header_text(&self) -> Option<String> {
        match self.first_of_its_trace() {
            Some(trace) => header(trace, None),
            None => Some(self.trace_header()?.to_string()),
        }
    }

    /// Takes a subsegment back that has no other below it: it was never opened.
    pub(crate) fn discard(&self) {
        if let Some(record) = self.record() {
            record.discard(self.index());
        }
    }
}

/// A header as nearly all are, without a formatter: of a segment that is recorded, or of one that is
/// not, and so has no id.
fn header(trace: TraceId, parent: Option<EntityId>) -> Option<String> {
    let mut text = *b"Root=...................................;Parent=................;Sampled=1";
    text[5..40].copy_from_slice(&trace.digits());
    let mut length = text.len();
    match parent {
        Some(parent) => text[48..64].copy_from_slice(&parent.digits()),
        None => {
            text[40..50].copy_from_slice(b";Sampled=0");
            length = 50;
        }
    }
    str::from_utf8(&text[..length]).ok().map(str::to_owned)
}

/// What a call is named until its service is known.
const UNKNOWN: &str = "AWS";
