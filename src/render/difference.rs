//! What differs between traces, as text of 80 columns.

use std::fmt::Write as _;
use std::time::Duration;

use crate::error::{count, on_one_line, visible};
use crate::render::text::duration;

/// `no difference`, `1 difference`, `2 differences`.
pub(crate) fn title(differences: usize) -> String {
    match differences {
        0 => "no difference\n".to_owned(),
        some => format!("{}\n", count(some as u64, "difference")),
    }
}

/// `removed OrdersWorker > audit`; of a path that is too long the end.
pub(crate) fn push_path(text: &mut String, what: &str, path: &[String]) {
    let path: Vec<String> = path.iter().map(|name| visible(name)).collect();
    let mut path = path.join(" > ");
    let length = path.chars().count();
    if length > WIDTH {
        let end: String = path.chars().skip(length - WIDTH + 1).collect();
        path = format!("…{end}");
    }
    // A line that begins with `from` goes on with the one before.
    let indent = if what == "from" { "   " } else { "" };
    let column = INDENT.len() - indent.len();
    let _ = writeln!(text, "{indent}{what:column$}{path}");
}

/// The lines of an outline after the first, which the path tells.
pub(crate) fn push_below(text: &mut String, outline: &str) {
    let below = outline.lines().skip(1);
    for line in below.clone().take(SHOWN) {
        push_line(text, "", line);
    }
    let others = below.count().saturating_sub(SHOWN);
    if others > 0 {
        push_line(text, "  ", &format!("... and {others} more"));
    }
}

/// A place and what stood and stands there.
pub(crate) fn push_change(
    text: &mut String,
    pointer: &str,
    before: Option<&str>,
    after: Option<&str>,
) {
    push_line(text, "", pointer);
    let (one, other) = (before.unwrap_or("nothing"), after.unwrap_or("nothing"));
    let same = one.chars().zip(other.chars());
    let same = same.take_while(|(one, other)| one == other).count();
    let longest = one.chars().count().max(other.chars().count());
    // Where both would be cut before they differ, they begin a little before that.
    let skipped = if longest > WIDTH - BEFORE.len() && same > SHOWN_SAME {
        same - SHOWN_SAME
    } else {
        0
    };
    for (what, value) in [(BEFORE, one), (AFTER, other)] {
        let rest: String = value.chars().skip(skipped).collect();
        let rest = if skipped > 0 {
            format!("…{rest}")
        } else {
            rest
        };
        push_line(text, what, &rest);
    }
}

/// How long it took and takes.
pub(crate) fn push_durations(text: &mut String, before: Duration, after: Duration) {
    push_line(
        text,
        "",
        &format!("{} before, {} after", duration(before), duration(after)),
    );
}

fn push_line(text: &mut String, what: &str, line: &str) {
    let line = on_one_line(line, WIDTH - what.len());
    let _ = writeln!(text, "{INDENT}{what}{line}");
}

const INDENT: &str = "        ";
const BEFORE: &str = "  before ";
const AFTER: &str = "  after  ";
/// Columns behind the indentation.
const WIDTH: usize = 80 - INDENT.len();
/// How many lines are shown of what came or went.
const SHOWN: usize = 10;
/// How much is shown of two values before they differ.
const SHOWN_SAME: usize = 10;
