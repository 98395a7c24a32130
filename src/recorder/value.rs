//! Values as JSON, and what is told where X-Ray would not take them.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use serde::Serialize;

use crate::error::on_one_line;
use crate::json::{Written, not_finite, serialize, write_text};
use crate::model::EntityKind;
use crate::model::limits::MAX_TEXT;
use crate::recorder::OpenEntity;

impl OpenEntity {
    /// A text as JSON, cut to the length that X-Ray takes.
    pub(in crate::recorder) fn text(
        &self,
        place: &'static Location<'static>,
        what: &str,
        text: &str,
    ) -> String {
        quoted(&self.limited(place, what, text.into(), MAX_TEXT))
    }

    /// A text of at most so many characters.
    pub(in crate::recorder) fn limited<'t>(
        &self,
        place: &'static Location<'static>,
        what: &str,
        text: Cow<'t, str>,
        most: usize,
    ) -> Cow<'t, str> {
        // No text has more characters than bytes.
        if text.len() <= most {
            return text;
        }
        let Some((end, _)) = text.char_indices().nth(most) else {
            return text;
        };
        if let Some(record) = self.record() {
            let message = format!("{what} of {} bytes is cut to {most} characters", text.len());
            record
                .shared()
                .note_counted(|counters| &counters.cut, place, "cut", message);
        }
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
            Cow::Owned(mut text) => {
                text.truncate(end);
                Cow::Owned(text)
            }
        }
    }

    /// Whether this kind of entity may have a field; where not, that is told.
    pub(in crate::recorder) fn may_have(
        &self,
        place: &'static Location<'static>,
        field: &str,
        of: EntityKind,
    ) -> bool {
        let Some(kind) = self.kind().filter(|kind| *kind != of) else {
            return true;
        };
        let message = format!("`{field}` of a {kind} is left out: X-Ray reads it of {of}s alone");
        self.left_out(place, "misplaced", message);
        false
    }

    /// Tells that something is not recorded, and counts it.
    pub(in crate::recorder) fn left_out(
        &self,
        place: &'static Location<'static>,
        code: &'static str,
        message: String,
    ) {
        if let Some(record) = self.record() {
            record
                .shared()
                .note_counted(|counters| &counters.left_out, place, code, message);
        }
    }
}

/// Hands the JSON of a value to `take`; gives what that says, and how many of the value's numbers
/// became `null`, as JSON does not have them. What was taken of a value that fails is taken back.
///
/// `Serialize` is the user's code, whose panic is not to be the recorder's. The error is a text of
/// the user too.
#[inline]
pub(in crate::recorder) fn json_of<R>(
    value: &(impl Serialize + ?Sized),
    memory: impl FnOnce() -> Vec<u8>,
    take: impl FnOnce(Written<'_>) -> R,
    take_back: impl FnOnce(),
) -> Result<(R, usize), String> {
    let (mut is_taken, mut has_null) = (false, false);
    let take = |written: Written<'_>| {
        is_taken = true;
        has_null = matches!(&written, Written::Json(json) if holds_null(json));
        take(written)
    };
    let taken = match catch_unwind(AssertUnwindSafe(|| serialize(value, memory, take))) {
        Ok(Ok(taken)) => Ok(taken),
        Ok(Err(error)) => Err(format!("the value is no JSON: {error}")),
        Err(_) => Err("it panicked when it was serialized".to_owned()),
    };
    // A text or a number is taken on the way, and its `Serialize` may fail after that.
    if is_taken && taken.is_err() {
        take_back();
    }
    let taken = taken?;
    // Without a `null` there was no such number, and nothing to look for. A value that cannot be
    // serialized twice tells nothing of its numbers.
    let lost = if has_null {
        catch_unwind(AssertUnwindSafe(|| not_finite(value))).unwrap_or_default()
    } else {
        0
    };
    Ok((taken, lost))
}

fn holds_null(json: &[u8]) -> bool {
    json.windows(NULL.len()).any(|part| part == NULL)
}

/// Says that numbers of a value are written as `null`.
pub(in crate::recorder) fn not_json(what: &str, lost: usize) -> String {
    let numbers = if lost == 1 { "number" } else { "numbers" };
    format!("{lost} {numbers} in {what} became null: JSON has no NaN and no infinity")
}

pub(in crate::recorder) fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    write_text(&mut json, text);
    json
}

/// A text of the user as messages show it.
pub(in crate::recorder) fn shown(text: &str) -> String {
    on_one_line(text, MOST_SHOWN)
}

const NULL: &[u8] = b"null";
/// How many characters of a text are shown.
const MOST_SHOWN: usize = 80;
