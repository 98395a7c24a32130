//! What the places of an entity hold that differs from run to run.

use std::borrow::Cow;

/// A step down from an entity.
#[derive(Clone, Debug)]
pub(in crate::snapshot) enum Part<'a> {
    Index(usize),
    Key(Cow<'a, str>),
}

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::snapshot) enum Field {
    Account,
    /// A host, or several in a text.
    Host,
    /// The id of the entity itself.
    Id,
    /// The line of a stack frame.
    Line,
    /// A name, whose hosts stay unless they are addresses.
    Name,
    Path,
    /// The id of an entity or exception.
    Reference,
    Request,
    /// The URL of a database, which may begin with a host.
    SqlUrl,
    Text,
    Time,
    TraceId,
    UserAgent,
    Version,
}

impl Field {
    pub(in crate::snapshot) fn at(path: &[Part<'_>]) -> Field {
        let [Part::Key(first), rest @ ..] = path else {
            return Field::Text;
        };
        match (&**first, rest) {
            ("end_time" | "start_time", []) => Field::Time,
            ("id", []) => Field::Id,
            ("name", []) => Field::Name,
            ("cause" | "parent_id", []) | ("precursor_ids", [Part::Index(_)]) => Field::Reference,
            ("trace_id", []) => Field::TraceId,
            ("aws", [Part::Key(key)]) => match &**key {
                "account_id" => Field::Account,
                "extended_request_id" | "id_2" | "request_id" => Field::Request,
                _ => Field::Text,
            },
            ("aws", [Part::Key(block), Part::Key(key)]) => match (&**block, &**key) {
                ("ec2", "instance_id") | ("ecs", "container" | "container_id") => Field::Host,
                ("xray", "sdk_version") => Field::Version,
                _ => Field::Text,
            },
            ("cause", rest) => cause(rest),
            ("http", [Part::Key(request), Part::Key(key)]) if request == "request" => {
                match &**key {
                    "client_ip" => Field::Host,
                    "user_agent" => Field::UserAgent,
                    _ => Field::Text,
                }
            }
            ("links", [Part::Index(_), Part::Key(key)]) => match &**key {
                "id" => Field::Reference,
                "trace_id" => Field::TraceId,
                _ => Field::Text,
            },
            ("service", [Part::Key(key)]) if key == "runtime_version" => Field::Version,
            ("sql", [Part::Key(key)]) if key == "url" => Field::SqlUrl,
            _ => Field::Text,
        }
    }
}

/// What a place below `cause` holds.
fn cause(path: &[Part<'_>]) -> Field {
    match path {
        [Part::Key(key)] => match &**key {
            "id" => Field::Reference,
            "working_directory" => Field::Path,
            _ => Field::Text,
        },
        [Part::Key(paths), Part::Index(_)] if paths == "paths" => Field::Path,
        [Part::Key(exceptions), Part::Index(_), rest @ ..] if exceptions == "exceptions" => {
            match rest {
                [Part::Key(key)] if key == "id" || key == "cause" => Field::Reference,
                [Part::Key(stack), Part::Index(_), Part::Key(key)] if stack == "stack" => {
                    match &**key {
                        "line" => Field::Line,
                        "path" => Field::Path,
                        _ => Field::Text,
                    }
                }
                _ => Field::Text,
            }
        }
        _ => Field::Text,
    }
}

/// The pointer of a place below an entity.
pub(in crate::snapshot) fn pointer(path: &[Part<'_>]) -> String {
    let mut pointer = String::new();
    for part in path {
        pointer.push('/');
        match part {
            Part::Index(index) => pointer.push_str(&index.to_string()),
            Part::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
        }
    }
    pointer
}
