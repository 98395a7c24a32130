//! What an integration says of a call, many things at once.

use std::ops::Range;
use std::panic::Location;

use crate::json::{push_integer, push_text};
use crate::recorder::members::Block;
use crate::recorder::name::clean;
use crate::recorder::part::Fields;
use crate::recorder::{Namespace, OpenEntity};

/// A part that is open, while its segment is locked for it: what is said goes straight from where
/// it stands to where it is kept.
pub(crate) struct Saying<'a> {
    pub(in crate::recorder) fields: &'a mut Fields,
    /// Where its name stands among the names.
    pub(in crate::recorder) name: &'a mut Range<usize>,
    pub(in crate::recorder) names: &'a mut String,
}

impl Saying<'_> {
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
    pub(crate) fn aws_text(&mut self, key: &'static str, text: &str) {
        self.aws(key, Member::Text(text));
    }

    /// One that is a number.
    pub(crate) fn aws_number(&mut self, key: &'static str, number: u64) {
        self.aws(key, Member::Number(number));
    }

    /// One whose value is JSON already.
    pub(crate) fn aws_json(&mut self, key: &'static str, value: &str) {
        self.aws(key, Member::Json(value));
    }

    // The key is ours, and needs no escape. What is said of a call is said while the caches are full
    // of other things: one way through the code is then faster than one for each kind of value.
    #[inline(never)]
    fn aws(&mut self, key: &'static str, value: Member<'_>) {
        self.fields
            .members
            .set(Block::Aws, key, |json| match value {
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

    /// The text of the trace header for a call downstream; `None` outside of every segment.
    pub(crate) fn header_text(&self) -> Option<String> {
        let decided = match self.record() {
            Some(record) if record.incoming.is_none() => Some(";Sampled=1"),
            Some(_) => None,
            None => self.first_of_its_trace().then_some(";Sampled=0"),
        };
        // As nearly every header is: no formatter is needed for it.
        let Some(decided) = decided else {
            return Some(self.trace_header()?.to_string());
        };
        let mut text = Vec::with_capacity(LONGEST_HEADER);
        text.extend_from_slice(b"Root=");
        self.trace_id()?.push(&mut text);
        if let Some(record) = self.record() {
            text.extend_from_slice(b";Parent=");
            record.id(self.index()).push(&mut text);
        }
        text.extend_from_slice(decided.as_bytes());
        String::from_utf8(text).ok()
    }

    /// Takes a subsegment back that has no other below it: it was never opened.
    pub(crate) fn discard(&self) {
        if let Some(record) = self.record() {
            record.discard(self.index());
        }
    }
}

/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`
const LONGEST_HEADER: usize = 74;
