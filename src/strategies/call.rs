//! Calls of an AWS SDK.

use proptest::option;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;

use crate::model::EntityId;
use crate::strategies::json::Json;

/// A call of an AWS SDK.
#[derive(Clone, Debug)]
pub(in crate::strategies) struct Call {
    called: &'static Operation,
    region: &'static str,
    retries: Option<u8>,
}

#[derive(Debug)]
struct Operation {
    service: &'static str,
    name: &'static str,
    /// A field of `aws`, and its value as JSON.
    resource: Option<(&'static str, &'static str)>,
}

impl Call {
    /// The name of the service, which is that of the subsegment.
    pub(in crate::strategies) fn service(&self) -> &'static str {
        self.called.service
    }

    /// The block `aws` of the subsegment with this id.
    pub(in crate::strategies) fn json(&self, id: EntityId) -> Json {
        let mut aws = Json::object([
            ("operation", Some(Json::text(self.called.name))),
            ("region", Some(Json::text(self.region))),
            ("request_id", Some(Json::text(format!("request-{id}")))),
            ("retries", self.retries.map(Json::raw)),
        ]);
        if let Some((key, value)) = self.called.resource {
            aws.set(key, Json::raw(value));
        }
        aws
    }
}

pub(in crate::strategies) fn call() -> impl Strategy<Value = Call> {
    let parts = (
        select(OPERATIONS),
        select(&["us-east-1", "eu-west-1"][..]),
        option::of(any::<u8>()),
    );
    parts.prop_map(|(called, region, retries)| Call {
        called,
        region,
        retries,
    })
}

const fn operation(
    service: &'static str,
    name: &'static str,
    resource: Option<(&'static str, &'static str)>,
) -> Operation {
    Operation {
        service,
        name,
        resource,
    }
}

const OPERATIONS: &[&Operation] = &[
    &operation("DynamoDB", "PutItem", Some(("table_name", r#""Orders""#))),
    &operation(
        "DynamoDB",
        "BatchGetItem",
        Some(("table_names", r#"["Orders","Stock"]"#)),
    ),
    &operation("DynamoDB", "ListTables", None),
    &operation("S3", "PutObject", Some(("bucket_name", r#""invoices""#))),
    &operation(
        "SQS",
        "SendMessage",
        Some((
            "queue_url",
            r#""https://sqs.us-east-1.amazonaws.com/123456789012/orders""#,
        )),
    ),
    &operation("Lambda", "Invoke", Some(("function_name", r#""invoice""#))),
];
