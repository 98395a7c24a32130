//! The types of the members of `aws` that X-Ray knows.

use std::fmt;

use crate::json::{Document, Kind};

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

impl Wanted {
    /// What this member has to be; `None` where X-Ray does not know it.
    ///
    /// Source: AWS X-Ray developer guide, segment documents ("AWS resource data"), and the parameter
    /// lists of the official SDKs.
    pub(in crate::recorder) fn of(key: &str) -> Option<Wanted> {
        match key {
            "consistent_read" => Some(Wanted::Boolean),
            "retries" => Some(Wanted::Integer),
            "ec2" | "ecs" | "eks" | "elastic_beanstalk" | "tracing" => Some(Wanted::Object),
            "cloudwatch_logs" => Some(Wanted::Objects),
            "account_id" | "bucket_name" | "function_name" | "id_2" | "invocation_type"
            | "log_type" | "operation" | "queue_name" | "queue_url" | "region" | "request_id"
            | "table_name" | "topic_arn" => Some(Wanted::Text),
            "resource_names" | "table_names" => Some(Wanted::Texts),
            _ => None,
        }
    }

    /// Whether a value is that.
    pub(in crate::recorder) fn is(self, json: &str) -> bool {
        match self {
            Wanted::Boolean => matches!(json, "false" | "true"),
            Wanted::Integer => json.parse::<i64>().is_ok(),
            Wanted::Object => json.starts_with('{'),
            Wanted::Objects => is_list_of(json, Kind::Object),
            Wanted::Text => json.starts_with('"'),
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

fn is_list_of(json: &str, kind: Kind) -> bool {
    Document::parse(json).is_ok_and(|document| {
        let root = document.root();
        root.kind() == Kind::Array && root.elements().all(|element| element.kind() == kind)
    })
}
