//! What an integration says of a call, many things at once.

use std::panic::Location;

use crate::json::{hex, push_short_text};
use crate::model::{EntityId, Timestamp, TraceId};
use crate::recorder::body::push_whole;
use crate::recorder::members::Block;
use crate::recorder::name::clean;
use crate::recorder::part::Fields;
use crate::recorder::{Key, Namespace, OpenEntity};

/// A part that is open, while its segment is locked for it: what is said goes straight from where
/// it stands to where it is kept.
pub(crate) struct Saying<'a> {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) fields: &'a mut Fields,
}

impl Saying<'_> {
    /// The id of the part.
    pub(crate) fn id(&self) -> EntityId {
        self.id
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
                Member::Number(number) => push_whole(json, number.into()),
                Member::Text(text) => push_short_text(json, text),
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
    /// What time it is for its recorder; `None` where nothing is recorded.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.record().map(|record| record.shared().clock.now())
    }

    /// Opens a subsegment for a call that began then, goes on as this one, and says all of this of it.
    pub(crate) fn open_call(
        &mut self,
        name: &str,
        (place, begun): (&'static Location<'static>, Timestamp),
        say: impl FnOnce(&mut Saying<'_>),
    ) {
        let Some((record, index)) = self.part() else {
            return;
        };
        let since = (place, begun);
        *index = record.open_child_since(*index, &clean(name), since, |parts, index| {
            if let Some(mut saying) = parts.saying(index) {
                say(&mut saying);
            }
        });
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
    text[5..40].copy_from_slice(&trace.digits_by(digits));
    let mut length = text.len();
    match parent {
        Some(parent) => text[48..64].copy_from_slice(&digits(parent.as_bits())),
        None => {
            text[40..50].copy_from_slice(b";Sampled=0");
            length = 50;
        }
    }
    str::from_utf8(&text[..length]).ok().map(str::to_owned)
}

// Apart, as the code would come cold three times.
#[inline(never)]
fn digits(bits: u64) -> [u8; 16] {
    hex(bits)
}
