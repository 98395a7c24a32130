//! How an entity ended, and what it called.

use crate::json::{Kind, Value};
use crate::schema::Rule;
use crate::schema::entity::{Facts, what};
use crate::schema::fields::Fact;
use crate::schema::judge::Judge;

/// Judges flags, status and cause of an entity.
pub(in crate::schema) fn judge_outcome<'a>(judge: &mut Judge<'a>, facts: &Facts<'a>) {
    let set = [Fact::Error, Fact::Fault, Fact::Throttle].map(|flag| facts.is_true(flag));
    if let Some(value) = facts.get(Fact::Status)
        && let Some(status) = value.as_number().and_then(|number| number.as_i64())
    {
        flags_and_status(judge, value, status, set);
    }
    if let Some(cause) = facts.get(Fact::Cause)
        && set == [false; 3]
        && !(cause.kind() == Kind::Object && cause.members().next().is_none())
    {
        judge.report(Rule::CauseWithoutFlag, cause, || {
            format!(
                "{} has a `cause` and is neither `error` nor `fault` nor `throttle`: set \
                the flag, or X-Ray shows it as successful",
                what(facts)
            )
        });
    }
}

fn flags_and_status<'a>(judge: &mut Judge<'a>, value: Value<'a>, status: i64, set: [bool; 3]) {
    let meant = [
        (400..500).contains(&status),
        (500..600).contains(&status),
        status == 429,
    ];
    if set == meant {
        return;
    }
    let names = ["error", "fault", "throttle"];
    let list = |chosen: [bool; 3]| {
        let chosen: Vec<String> = names
            .iter()
            .zip(chosen)
            .filter(|(_, chosen)| *chosen)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        match chosen.len() {
            0 => "no flag".to_owned(),
            _ => chosen.join(" and "),
        }
    };
    let dialect = match (status, set) {
        (400..500, [true, true, _]) => {
            Some("the Python and Node SDKs set `fault` too for errors of a client")
        }
        _ => None,
    };
    judge.report_of(Rule::FlagsAndStatus, value, dialect, || {
        format!(
            "the status {status} means {}, and {} {} set: set the flags by the status",
            list(meant),
            list(set),
            if set.iter().filter(|flag| **flag).count() > 1 {
                "are"
            } else {
                "is"
            }
        )
    });
}

/// Judges what the console needs to know of a call.
pub(in crate::schema) fn judge_call<'a>(
    judge: &mut Judge<'a>,
    entity: Value<'a>,
    facts: &Facts<'a>,
) {
    let is_aws = facts
        .get(Fact::Namespace)
        .and_then(|value| value.as_text())
        .is_some_and(|text| text == *"aws");
    if !is_aws || facts.is_true(Fact::InProgress) {
        return;
    }
    let mut lacking = Vec::new();
    for (fact, key) in [
        (Fact::Operation, "aws.operation"),
        (Fact::Region, "aws.region"),
    ] {
        if facts.get(fact).is_none() {
            lacking.push(key);
        }
    }
    let text = |fact| facts.get(fact).and_then(|value: Value<'_>| value.as_str());
    if facts.get(Fact::Table).is_none()
        && text(Fact::Name).is_some_and(|name| name.eq_ignore_ascii_case("dynamodb"))
        && text(Fact::Operation).is_some_and(|operation| WITH_TABLE.contains(&&*operation))
    {
        lacking.push("aws.table_name");
    }
    if !lacking.is_empty() {
        judge.report(Rule::AwsCall, entity, || {
            format!(
                "the AWS call has no {}: the console cannot show what was called",
                lacking.join(", no ")
            )
        });
    }
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
