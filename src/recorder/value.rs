//! Values as JSON, and what is told where X-Ray would not take them.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use serde::Serialize;

use crate::error::on_one_line;
use crate::json::{not_finite, serialized, write_text};
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
        quoted(&self.limited(place, what, text.to_owned(), MAX_TEXT))
    }

    /// A text of at most so many characters.
    pub(in crate::recorder) fn limited(
        &self,
        place: &'static Location<'static>,
        what: &str,
        mut text: String,
        most: usize,
    ) -> String {
        let Some((end, _)) = text.char_indices().nth(most) else {
            return text;
        };
        if let Some(record) = self.record() {
            let message = format!("{what} of {} bytes is cut to {most} characters", text.len());
            record
                .shared
                .note_counted(|counters| &counters.cut, place, "cut", message);
        }
        text.truncate(end);
        text
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
                .shared
                .note_counted(|counters| &counters.left_out, place, code, message);
        }
    }
}

/// The JSON of a value, and how many of its numbers became `null`, as JSON does not have them.
///
/// `Serialize` is the user's code, whose panic is not to be the recorder's. The error is a text of
/// the user too.
pub(in crate::recorder) fn json_of(
    value: &(impl Serialize + ?Sized),
) -> Result<(String, usize), String> {
    let json = match catch_unwind(AssertUnwindSafe(|| serialized(value))) {
        Ok(Ok(json)) => json,
        Ok(Err(error)) => return Err(error.to_string()),
        Err(_) => return Err("it panicked when it was serialized".to_owned()),
    };
    // Without a `null` there was no such number, and nothing to look for. A value that cannot be
    // serialized twice tells nothing of its numbers.
    let lost = if json.contains("null") {
        catch_unwind(AssertUnwindSafe(|| not_finite(value))).unwrap_or_default()
    } else {
        0
    };
    Ok((json, lost))
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

/// How many characters of a text are shown.
const MOST_SHOWN: usize = 80;
