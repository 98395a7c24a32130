//! Errors and panics as exceptions.

use std::any::Any;
use std::backtrace::Backtrace;
use std::borrow::Cow;
use std::error::Error;

use crate::json::ObjectWriter;
use crate::model::EntityId;
use crate::seam::Ids;

/// One error of a chain.
#[derive(Clone, Debug)]
pub(in crate::recorder) struct Exception {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) kind: String,
    pub(in crate::recorder) message: String,
    pub(in crate::recorder) remote: bool,
    /// Frames as JSON, innermost first.
    pub(in crate::recorder) stack: Vec<String>,
}

/// The chain of an error and its sources, outermost first.
pub(in crate::recorder) fn chain<E: Error + ?Sized>(error: &E, ids: &Ids) -> Vec<Exception> {
    let exception = |kind, message| Exception {
        id: ids.entity_id(),
        kind,
        message,
        remote: false,
        stack: Vec::new(),
    };
    let mut chain = vec![exception(
        kind_of(&format!("{error:?}"), type_name::<E>()),
        error.to_string(),
    )];
    let mut source = error.source();
    while let Some(inner) = source
        && chain.len() < LONGEST
    {
        chain.push(exception(
            kind_of(&format!("{inner:?}"), "Error"),
            inner.to_string(),
        ));
        source = inner.source();
    }
    chain
}

/// The stack of this place as JSON frames, innermost first.
///
/// Frames of this crate and of the standard library's unwinding are left out where they can be
/// told. Without debug information there are no lines.
pub(in crate::recorder) fn stack_here() -> Vec<String> {
    frames(&Backtrace::force_capture().to_string())
}

/// Reads the text of a backtrace: `4: name`, and `at path:line:column` where that is known.
fn frames(text: &str) -> Vec<String> {
    let mut found: Vec<(String, Option<(String, u32)>)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(at) = line.strip_prefix("at ") {
            let mut parts = at.rsplitn(3, ':');
            let (_column, number, path) = (parts.next(), parts.next(), parts.next());
            let number = number.and_then(|number| number.parse().ok());
            if let (Some(last), Some(path), Some(number)) = (found.last_mut(), path, number) {
                last.1 = Some((path.to_owned(), number));
            }
        } else if let Some((number, name)) = line.split_once(": ")
            && number.bytes().all(|digit| digit.is_ascii_digit())
        {
            found.push((name.to_owned(), None));
        }
    }
    let own = |name: &str| {
        [
            "std::backtrace",
            "xray_phantom::recorder",
            "<xray_phantom::recorder",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
    };
    let user = found.into_iter().skip_while(|(name, _)| own(name));
    user.take(MOST_FRAMES)
        .map(|(name, place)| {
            let mut json = String::new();
            let mut frame = ObjectWriter::begin(&mut json);
            if let Some((path, line)) = place {
                frame.text("path", &path);
                frame.raw("line", line);
            }
            frame.text("label", &name);
            frame.end();
            json
        })
        .collect()
}

/// The message of a panic.
pub(in crate::recorder) fn panic_message(panic: &(dyn Any + Send)) -> String {
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

/// The type of an error, as far as its `Debug` text tells: derived ones begin with the name.
fn kind_of(debug: &str, otherwise: &str) -> String {
    let name: String = debug
        .chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect();
    if name.starts_with(|first: char| first.is_ascii_uppercase()) {
        name
    } else {
        otherwise.to_owned()
    }
}

/// The name of a type without its path and parameters.
fn type_name<E: ?Sized>() -> &'static str {
    let full = std::any::type_name::<E>();
    if full.starts_with("dyn ") {
        return "Error";
    }
    let plain = full.split('<').next().unwrap_or(full);
    plain.rsplit("::").next().unwrap_or(plain)
}

/// How many frames are recorded: as many as the Java SDK does.
const MOST_FRAMES: usize = 50;
/// How many errors of a chain are recorded.
const LONGEST: usize = 16;
