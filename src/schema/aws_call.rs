//! What a subsegment says of a call of AWS, and what it should not.

use crate::json::{Kind, Value};
use crate::schema::Rule;
use crate::schema::entity::Facts;
use crate::schema::fields::Fact;
use crate::schema::judge::Judge;
use crate::schema::words::quoted;

/// Judges the call that a subsegment stands for.
pub(in crate::schema) fn judge_call<'a>(
    judge: &mut Judge<'a>,
    entity: Value<'a>,
    facts: &Facts<'a>,
) {
    let is_aws = facts
        .get(Fact::Namespace)
        .and_then(|value| value.as_text())
        .is_some_and(|text| text == *"aws");
    if !is_aws {
        return;
    }
    name(judge, facts);
    if let Some(block) = entity.get("aws") {
        values(judge, block);
    }
    if !facts.is_true(Fact::InProgress) {
        lacking(judge, entity, facts);
    }
}

/// What the console needs to know.
fn lacking<'a>(judge: &mut Judge<'a>, entity: Value<'a>, facts: &Facts<'a>) {
    let text = |fact| facts.get(fact).and_then(|value: Value<'_>| value.as_str());
    let needs_table = text(Fact::Name).is_some_and(|name| name.eq_ignore_ascii_case("dynamodb"))
        && text(Fact::Operation).is_some_and(|operation| WITH_TABLE.contains(&&*operation));
    let needed = [
        (Fact::Operation, true, "aws.operation"),
        (Fact::Region, true, "aws.region"),
        (Fact::Table, needs_table, "aws.table_name"),
    ];
    let lacking: Vec<&str> = needed
        .into_iter()
        .filter(|(fact, needed, _)| *needed && facts.get(*fact).is_none())
        .map(|(_, _, key)| key)
        .collect();
    if !lacking.is_empty() {
        judge.report(Rule::AwsCall, entity, || {
            format!(
                "it was recorded by hand, or by a library that leaves this out: the AWS call has \
                no {}; without it the console cannot show what was called",
                lacking.join(", no ")
            )
        });
    }
    // Where no reply came there is no id of it.
    if let Some(status) = facts.get(Fact::Status)
        && status.kind() == Kind::Number
        && facts.get(Fact::RequestId).is_none()
    {
        judge.report(Rule::AwsRequestId, entity, || {
            format!(
                "the reply was mocked without one, or the call was recorded by hand: the AWS call was answered with \
                {status}, and has no aws.request_id; without it nobody can ask AWS about the request"
            )
        });
    }
}

/// Whether it is named after the service that has this operation.
fn name<'a>(judge: &mut Judge<'a>, facts: &Facts<'a>) {
    let text = |fact| facts.get(fact).and_then(|value| value.as_str());
    let (Some(value), Some(name), Some(operation)) = (
        facts.get(Fact::Name),
        text(Fact::Name),
        text(Fact::Operation),
    ) else {
        return;
    };
    // A name that is empty is a fault by itself.
    let service = other_service(name.as_bytes(), operation.as_bytes());
    let Some(service) = service.filter(|_| !name.is_empty()) else {
        return;
    };
    judge.report(Rule::AwsName, value, || {
        format!(
            "the call was named by hand, or after another client: {} is an operation of {service}, and its \
            subsegment is named {}; name it `{service}`, or the service map shows another service",
            quoted(&operation),
            quoted(&name)
        )
    });
}

/// The service that an operation is of, where the name of the call is not one of its names.
///
/// SDKs call a service `DynamoDB`, `dynamodb`, `AmazonDynamoDBv2`: what they share is asked for.
/// Only operations that no other service of AWS has are known.
pub(in crate::schema) fn other_service(name: &[u8], operation: &[u8]) -> Option<&'static str> {
    let (service, word): (_, &[u8]) = match operation {
        b"BatchGetItem"
        | b"BatchWriteItem"
        | b"DeleteItem"
        | b"GetItem"
        | b"PutItem"
        | b"TransactGetItems"
        | b"TransactWriteItems"
        | b"UpdateItem" => ("DynamoDB", b"dynamo"),
        b"CreateBucket" | b"HeadObject" | b"ListObjectsV2" | b"UploadPart" => ("S3", b"s3"),
        b"ChangeMessageVisibility"
        | b"DeleteMessageBatch"
        | b"ReceiveMessage"
        | b"SendMessageBatch" => ("SQS", b"sqs"),
        b"GetSecretValue" | b"PutSecretValue" => ("Secrets Manager", b"secret"),
        _ => return None,
    };
    let mut parts = name.windows(word.len());
    let is_named = parts.any(|part| part.eq_ignore_ascii_case(word));
    (!is_named).then_some(service)
}

/// Looks for what a request or a reply carries: no SDK records that.
///
/// Values are not shown: they are what should not be seen.
fn values<'a>(judge: &mut Judge<'a>, block: Value<'a>) {
    let mut waiting = vec![(block, None)];
    while let Some((value, dialect)) = waiting.pop() {
        match value.kind() {
            Kind::Array => waiting.extend(value.elements().map(|element| (element, dialect))),
            Kind::Object if is_attribute(value) => carried(judge, value, dialect),
            Kind::Object => {
                for (key, value) in value.members() {
                    let key = key.decode();
                    if is_carrier(&key, value) {
                        carried(judge, value, dialect);
                    } else {
                        let is_metrics = key == "item_collection_metrics";
                        let dialect = is_metrics.then_some(METRICS).or(dialect);
                        waiting.push((value, dialect));
                    }
                }
            }
            _ => {}
        }
    }
}

fn carried<'a>(judge: &mut Judge<'a>, value: Value<'a>, dialect: Option<&'static str>) {
    judge.report_of(Rule::AwsValues, value, dialect, || {
        "the whole request or reply was recorded: this is a value of it, and whoever may read \
         traces can read it; record names and counts alone"
            .to_owned()
    });
}

/// Whether a member is one that carries data of the user, and has any.
fn is_carrier(key: &str, value: Value<'_>) -> bool {
    let has_parts = || value.members().next().is_some() || value.elements().next().is_some();
    let bare = || key.replace('_', "").to_ascii_lowercase();
    match value.kind() {
        Kind::String => {
            value.as_str().is_some_and(|text| !text.is_empty()) && TEXTS.contains(&&*bare())
        }
        Kind::Array | Kind::Object => {
            has_parts() && {
                let bare = bare();
                TEXTS.contains(&&*bare) || PARTS.contains(&&*bare)
            }
        }
        _ => false,
    }
}

/// Whether it is a value of DynamoDB, such as `{"S": "o-1"}`.
fn is_attribute(object: Value<'_>) -> bool {
    let mut members = object.members();
    let (Some((key, value)), None) = (members.next(), members.next()) else {
        return false;
    };
    let kind = match &*key.decode() {
        "S" | "N" | "B" => Kind::String,
        "SS" | "NS" | "BS" | "L" => Kind::Array,
        "BOOL" | "NULL" => Kind::Bool,
        "M" => Kind::Object,
        _ => return false,
    };
    value.kind() == kind
}

/// The operations of DynamoDB that name a table.
const WITH_TABLE: [&str; 12] = [
    "BatchGetItem",
    "BatchWriteItem",
    "CreateTable",
    "DeleteItem",
    "DeleteTable",
    "DescribeTable",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "UpdateItem",
    "UpdateTable",
];
/// Members of requests and replies that carry data, without case and underscores, whatever their
/// type.
const TEXTS: [&str; 9] = [
    "body",
    "item",
    "messagebody",
    "payload",
    "phonenumber",
    "receipthandle",
    "secretbinary",
    "secretstring",
    "statement",
];
/// The same, of which a text would be something else: `key` is the name of an object in S3.
const PARTS: [&str; 12] = [
    "attributeupdates",
    "exclusivestartkey",
    "expected",
    "expressionattributevalues",
    "items",
    "key",
    "keyconditions",
    "keys",
    "lastevaluatedkey",
    "parameters",
    "requestitems",
    "transactitems",
];
const METRICS: &str = "the official SDKs record the keys in these metrics";
