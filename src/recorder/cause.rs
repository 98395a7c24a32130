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

/// How many errors of a chain are recorded.
const LONGEST: usize = 16;
