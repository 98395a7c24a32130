//! The one error of the crate: what stopped a call, with the value and what to do.
//!
//! What does not stop a call is no error but a finding (a rejection, a defect), and is
//! returned beside whatever did work.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

/// What stopped a call.
///
/// The message carries the value that was refused and what to do about it.
/// The kinds are private, so that new ones are no breaking change.
pub struct Error {
    kind: Box<Kind>,
}

enum Kind {
    Invalid {
        what: &'static str,
        value: String,
        why: String,
    },
    Io {
        action: String,
        source: std::io::Error,
    },
    Stopped {
        why: String,
    },
}

impl Error {
    /// A text that is not the thing it should be.
    pub(crate) fn invalid(what: &'static str, value: &str, why: impl Into<String>) -> Error {
        Error::new(Kind::Invalid {
            what,
            value: value.to_owned(),
            why: why.into(),
        })
    }

    /// An operation of the system that failed.
    pub(crate) fn io(action: impl Into<String>, source: std::io::Error) -> Error {
        Error::new(Kind::Io {
            action: action.into(),
            source,
        })
    }

    /// A call that could not be finished.
    pub(crate) fn stopped(why: impl Into<String>) -> Error {
        Error::new(Kind::Stopped { why: why.into() })
    }

    fn new(kind: Kind) -> Error {
        Error {
            kind: Box::new(kind),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            Kind::Invalid { what, value, why } => {
                write!(f, "invalid {what} `{}`: {why}", visible(value))
            }
            Kind::Io { action, source } => write!(f, "cannot {action}: {source}"),
            Kind::Stopped { why } => f.write_str(why),
        }
    }
}

/// The text of [`Display`](fmt::Display): a test that ends with an `Err` prints this one.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.kind {
            Kind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A text as messages quote it: on one line, with what cannot be seen written as escapes.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

/// A text on one line and of at most `width` characters.
pub(crate) fn on_one_line(text: &str, width: usize) -> String {
    let cut: String = text.chars().take(width + 1).collect();
    let mut line = visible(&cut);
    if line.chars().count() > width {
        line = line.chars().take(width - 1).collect();
        line.push('…');
    }
    line
}

/// `1 datagram`, `2 datagrams`.
#[cfg(feature = "testing")]
pub(crate) fn count(number: u64, noun: &str) -> String {
    // One day, two days.
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with('a'));
    match (number, stem) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// The message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text: Option<&str> = if let Some(text) = panic.downcast_ref::<&str>() {
        Some(text)
    } else if let Some(text) = panic.downcast_ref::<String>() {
        Some(text)
    } else if let Some(text) = panic.downcast_ref::<Box<str>>() {
        Some(text)
    } else {
        panic
            .downcast_ref::<Cow<'static, str>>()
            .map(|text| &**text)
    };
    text.unwrap_or("a panic without a message").to_owned()
}

/// How many characters must be put in, left out or replaced to make one text of the other
/// (Levenshtein).
#[cfg(feature = "testing")]
pub(crate) fn edits(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

const _: fn() = || {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Error>();
};
