//! The `cause` block.

use std::borrow::Cow;

use crate::json::Value;
use crate::model::view::{Read, view};

/// Why an entity failed.
#[derive(Clone, Debug)]
pub enum Cause<'a> {
    /// The exceptions, innermost last.
    Exceptions(Exceptions<'a>),
    /// The id of an exception that another entity of the trace holds.
    Reference(Cow<'a, str>),
}

impl<'a> Read<'a> for Cause<'a> {
    fn read(value: Value<'a>) -> Option<Self> {
        match value.as_str() {
            Some(id) => Some(Cause::Reference(id)),
            None => Exceptions::read(value).map(Cause::Exceptions),
        }
    }
}

view! {
    /// `cause` as an object
    Exceptions {
        /// The directory in which the program ran.
        working_directory: Cow<'a, str> = "working_directory",
        /// Paths of the libraries that were loaded.
        paths: Vec<Cow<'a, str>> = "paths",
        /// The exceptions.
        exceptions: Vec<Exception<'a>> = "exceptions",
        /// The subsegment whose exception this is (Node's form of a reference).
        id: Cow<'a, str> = "id",
    }
}

view! {
    /// An element of `cause.exceptions`
    Exception {
        /// The id that others refer to. The Ruby SDK writes none.
        id: Cow<'a, str> = "id",
        /// The message.
        message: Cow<'a, str> = "message",
        /// The type, such as `ConditionalCheckFailedException`.
        type_name: Cow<'a, str> = "type",
        /// Whether a downstream service reported it.
        remote: bool = "remote",
        /// How many stack frames were left out.
        truncated: i64 = "truncated",
        /// How many exceptions were left out between this one and its cause.
        skipped: i64 = "skipped",
        /// The id of the exception that caused this one.
        cause: Cow<'a, str> = "cause",
        /// The stack, innermost frame first.
        stack: Vec<StackFrame<'a>> = "stack",
    }
}

view! {
    /// An element of `exception.stack`
    StackFrame {
        /// The source file.
        path: Cow<'a, str> = "path",
        /// The line in it.
        line: i64 = "line",
        /// The function or method.
        label: Cow<'a, str> = "label",
    }
}
