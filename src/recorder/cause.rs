//! Errors and panics as exceptions.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;

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
        named(std::any::type_name::<E>()).map_or_else(
            || guessed(&format!("{error:?}")).to_owned(),
            Cow::into_owned,
        ),
        error.to_string(),
    )];
    let mut source = error.source();
    while let Some(inner) = source
        && chain.len() < LONGEST
    {
        let kind = if inner.is::<std::io::Error>() {
            "io::Error".to_owned()
        } else {
            guessed(&format!("{inner:?}")).to_owned()
        };
        chain.push(exception(kind, inner.to_string()));
        source = inner.source();
    }
    chain
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

/// The type of an error that is behind a `dyn`, as far as its `Debug` text tells: derived ones
/// begin with the name of the type, or of the variant.
fn guessed(debug: &str) -> &str {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let end = debug.find(|character| !is_part(character));
    let (name, rest) = debug.split_at(end.unwrap_or(debug.len()));
    let is_name = name.starts_with(|first: char| first.is_ascii_uppercase());
    let is_derived = rest.is_empty() || rest.starts_with(" {") || rest.starts_with('(');
    if is_name && is_derived { name } else { "Error" }
}

/// The name of a type without its path and parameters; `None` for a `dyn`.
///
/// Of a type `Error` the module is told too: `io::Error`.
fn named(mut full: &str) -> Option<Cow<'_, str>> {
    // References and boxes are no errors of their own.
    while let Some(inner) = POINTERS
        .iter()
        .find_map(|pointer| full.strip_prefix(pointer))
    {
        full = inner;
    }
    if full.starts_with("dyn ") {
        return None;
    }
    let plain = full.split(['<', '>']).next().unwrap_or(full);
    let mut parts = plain.rsplit("::");
    let name = parts.next().unwrap_or(plain);
    if name != "Error" {
        return Some(Cow::Borrowed(name));
    }
    let module = parts.find(|part| *part != "error" && !part.starts_with('{'));
    Some(module.map_or(Cow::Borrowed(name), |module| {
        Cow::Owned(format!("{module}::{name}"))
    }))
}

/// How `type_name` writes what points to another type.
const POINTERS: [&str; 6] = [
    "&mut ",
    "&",
    "(",
    "alloc::boxed::Box<",
    "alloc::rc::Rc<",
    "alloc::sync::Arc<",
];
/// How many errors of a chain are recorded.
const LONGEST: usize = 16;
