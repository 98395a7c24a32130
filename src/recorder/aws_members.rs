//! The types of the members of `aws` that X-Ray knows.

use std::fmt;

use crate::json::{Document, Kind, Written};
use crate::recorder::key::{Key, key};

/// What a member of `aws` has to be.
#[derive(Clone, Copy, Debug)]
pub(in crate::recorder) enum Wanted {
    Boolean,
    Integer,
    Object,
    Objects,
    Text,
    Texts,
}

/// A member of `aws` that X-Ray knows.
#[derive(Clone, Copy, Debug)]
pub(in crate::recorder) struct Known {
    pub(in crate::recorder) key: Key,
    pub(in crate::recorder) wanted: Wanted,
}

impl Known {
    /// The member of this key; `None` where X-Ray does not know it.
    ///
    /// Source: AWS X-Ray developer guide, segment documents ("AWS resource data"), and the parameter
    /// lists of the official SDKs.
    pub(in crate::recorder) fn of(key: &str) -> Option<&'static Known> {
        known!(key of {
            Boolean: "consistent_read";
            Integer: "retries";
            Object: "ec2", "ecs", "eks", "elastic_beanstalk", "tracing";
            Objects: "cloudwatch_logs";
            Text: "account_id", "bucket_name", "function_name", "id_2", "invocation_type", "log_type",
                "operation", "queue_name", "queue_url", "region", "request_id", "table_name",
                "topic_arn";
            Texts: "resource_names", "table_names";
        })
    }
}

/// The one of these members that has a key.
macro_rules! known {
    ($key:ident of { $($wanted:ident: $($name:literal),+;)* }) => {
        match $key {
            $($($name => Some(&const { Known {
                key: key!($name),
                wanted: Wanted::$wanted,
            } }),)+)*
            _ => None,
        }
    };
}

use known;

impl Wanted {
    /// Whether a value is that.
    pub(in crate::recorder) fn is(self, value: &Written<'_>) -> bool {
        match (self, value) {
            (Wanted::Boolean, Written::Boolean(_)) | (Wanted::Text, Written::Text(_)) => true,
            (Wanted::Integer, Written::Integer(number)) => i64::try_from(*number).is_ok(),
            (wanted, Written::Json(json)) => wanted.is_json(json),
            _ => false,
        }
    }

    fn is_json(self, json: &[u8]) -> bool {
        match self {
            Wanted::Boolean => matches!(json, b"false" | b"true"),
            Wanted::Integer => is_integer(json),
            Wanted::Object => json.starts_with(b"{"),
            Wanted::Objects => is_list_of(json, Kind::Object),
            Wanted::Text => json.starts_with(b"\""),
            Wanted::Texts => is_list_of(json, Kind::String),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wanted::Boolean => "true or false",
            Wanted::Integer => "a whole number",
            Wanted::Object => "an object",
            Wanted::Objects => "a list of objects",
            Wanted::Text => "a text",
            Wanted::Texts => "a list of texts",
        })
    }
}

fn is_integer(json: &[u8]) -> bool {
    std::str::from_utf8(json).is_ok_and(|number| number.parse::<i64>().is_ok())
}

fn is_list_of(json: &[u8], kind: Kind) -> bool {
    let Ok(json) = std::str::from_utf8(json) else {
        return false;
    };
    Document::parse(json).is_ok_and(|document| {
        let root = document.root();
        root.kind() == Kind::Array && root.elements().all(|element| element.kind() == kind)
    })
}
