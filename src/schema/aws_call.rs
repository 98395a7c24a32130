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
    if let Some(block) = entity.get("aws") {
        values(judge, block);
    }
    let is_aws = facts
        .get(Fact::Namespace)
        .and_then(|value| value.as_text())
        .is_some_and(|text| text == *"aws");
    if is_aws {
        name(judge, facts);
        if !facts.is_true(Fact::InProgress) {
            parameters(judge, entity, facts);
            request_id(judge, entity, facts);
        }
    }
}

/// What the console needs to know.
fn parameters<'a>(judge: &mut Judge<'a>, entity: Value<'a>, facts: &Facts<'a>) {
    let text = |fact| facts.get(fact).and_then(|value: Value<'_>| value.as_str());
    let names_table = match (text(Fact::Name), text(Fact::Operation)) {
        (Some(name), Some(operation)) => names_table(name.as_bytes(), operation.as_bytes()),
        _ => false,
    };
    let needed = [
        (Fact::Operation, true, "aws.operation"),
        (Fact::Region, true, "aws.region"),
        (Fact::Table, names_table, "aws.table_name"),
    ];
    let lacking: Vec<&str> = needed
        .into_iter()
        .filter(|(fact, needed, _)| *needed && !is_said(facts, *fact))
        .map(|(_, _, key)| key)
        .collect();
    if !lacking.is_empty() {
        judge.report(Rule::AwsCall, entity, || {
            let why = match lacking[..] {
                ["aws.region"] => "no region was configured, or it was recorded by hand",
                _ => "it was recorded by hand, or by a library that leaves this out",
            };
            format!(
                "{why}: the AWS call has no {}; without it the console cannot show what was called",
                lacking.join(", no ")
            )
        });
    }
}

/// By what AWS finds a request. Where no reply came there is none, and a reply of 5xx may be that
/// of somebody between. A call that does not say what it is lacks more than this.
fn request_id<'a>(judge: &mut Judge<'a>, entity: Value<'a>, facts: &Facts<'a>) {
    let status = facts
        .get(Fact::Status)
        .and_then(|status| status.as_number());
    if let Some(status) = status.map(|status| status.as_f64())
        && status < 500.0
        && is_said(facts, Fact::Operation)
        && !is_said(facts, Fact::RequestId)
    {
        judge.report(Rule::AwsRequestId, entity, || {
            format!(
                "the reply was mocked without one, or the call was recorded by hand: the AWS call was answered with \
                {status}, and has no aws.request_id; without it nobody can ask AWS about the request"
            )
        });
    }
}

/// Whether an entity has it, and it is not empty.
fn is_said(facts: &Facts<'_>, fact: Fact) -> bool {
    facts.get(fact).is_some_and(|value| match value.kind() {
        Kind::String => value.as_text().is_some_and(|text| !text.raw().is_empty()),
        Kind::Array => value.elements().next().is_some(),
        _ => true,
    })
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
pub(in crate::schema) fn other_service(name: &[u8], operation: &[u8]) -> Option<&'static str> {
    let (service, words, _) = OF_ONE_SERVICE
        .iter()
        .find(|(_, _, operations)| is_one_of(operation, operations))?;
    (!words.iter().any(|word| has(name, word))).then_some(service)
}

/// Whether a call is one of an operation of DynamoDB that names a table.
pub(in crate::schema) fn names_table(name: &[u8], operation: &[u8]) -> bool {
    is_one_of(operation, WITH_TABLE) && has(name, "dynamo")
}

fn is_one_of(operation: &[u8], known: &[&str]) -> bool {
    known.iter().any(|known| known.as_bytes() == operation)
}

/// Whether a name has a word in it, in whatever case.
fn has(name: &[u8], word: &str) -> bool {
    let mut parts = name.windows(word.len());
    parts.any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Looks for what a request or a reply carries: only names and counts are recorded.
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
    let bare = || key.replace('_', "").to_ascii_lowercase();
    match value.kind() {
        Kind::String => {
            value.as_text().is_some_and(|text| !text.raw().is_empty()) && TEXTS.contains(&&*bare())
        }
        Kind::Array | Kind::Object => {
            let has_parts = value.members().next().is_some() || value.elements().next().is_some();
            has_parts && {
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

/// Services, the words by which SDKs name them (`DynamoDB`, `dynamodb`, `AmazonDynamoDBv2`), and
/// operations that no other service has. DAX takes those of DynamoDB.
const OF_ONE_SERVICE: &[(&str, &[&str], &[&str])] = &[
    (
        "DynamoDB",
        &["dynamo", "dax"],
        &[
            "BatchGetItem",
            "BatchWriteItem",
            "DeleteItem",
            "GetItem",
            "PutItem",
            "TransactGetItems",
            "TransactWriteItems",
            "UpdateItem",
        ],
    ),
    (
        "S3",
        &["s3"],
        &["HeadObject", "ListObjectsV2", "UploadPart"],
    ),
    (
        "SQS",
        &["sqs"],
        &[
            "ChangeMessageVisibility",
            "DeleteMessageBatch",
            "ReceiveMessage",
            "SendMessageBatch",
        ],
    ),
    (
        "Secrets Manager",
        &["secret"],
        &["GetSecretValue", "PutSecretValue"],
    ),
];
/// The operations of DynamoDB that name a table.
const WITH_TABLE: &[&str] = &[
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
const TEXTS: [&str; 12] = [
    "body",
    "data",
    "item",
    "message",
    "messagebody",
    "payload",
    "phonenumber",
    "receipthandle",
    "secretbinary",
    "secretstring",
    "statement",
    "subject",
];
/// The same, of which a text would be something else: `key` is the name of an object in S3.
const PARTS: [&str; 14] = [
    "attributeupdates",
    "exclusivestartkey",
    "expected",
    "expressionattributevalues",
    "items",
    "key",
    "keyconditions",
    "keys",
    "lastevaluatedkey",
    "messageattributes",
    "parameters",
    "records",
    "requestitems",
    "transactitems",
];
const METRICS: &str = "the official SDKs record the keys in these metrics";
