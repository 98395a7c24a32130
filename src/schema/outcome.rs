//! How an entity ended.

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
        let is_call = facts
            .get(Fact::Namespace)
            .and_then(|value| value.as_text())
            .is_some_and(|text| text == *"aws");
        flags_and_status(judge, value, status, set, is_call);
    }
    if let Some(cause) = facts.get(Fact::Cause)
        && set == [false; 3]
        && !(cause.kind() == Kind::Object && cause.members().next().is_none())
    {
        judge.report(Rule::CauseWithoutFlag, cause, || {
            format!(
                "an error was recorded without its flag: {} has a `cause` and is neither `error` \
                nor `fault` nor `throttle`; set the flag, or X-Ray shows it as successful",
                what(facts)
            )
        });
    }
}

fn flags_and_status<'a>(
    judge: &mut Judge<'a>,
    value: Value<'a>,
    status: i64,
    set: [bool; 3],
    is_call: bool,
) {
    // Services of AWS throttle with other statuses too: DynamoDB with 400, S3 with 503.
    let is_throttled = is_call && set[2] && ((400..500).contains(&status) || status == 503);
    let meant = [
        (400..500).contains(&status),
        (500..600).contains(&status),
        status == 429 || is_throttled,
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
    let why = match (meant, set) {
        (_, [false, false, false]) => "the status was recorded without its flags",
        ([false, false, false], _) => "it failed after the reply had come",
        (meant, set) if set.iter().zip(meant).all(|(set, meant)| meant || !set) => {
            "a flag was forgotten"
        }
        _ => "the flags were set by an exception, and not by the reply",
    };
    judge.report_of(Rule::FlagsAndStatus, value, dialect, || {
        format!(
            "{why}: the status {status} means {}, and {} {} set; set the flags by the status",
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
