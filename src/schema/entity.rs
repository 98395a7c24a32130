//! What is judged of an entity when all of it has been seen.

use crate::error::count;
use crate::json::{Kind, Value};
use crate::model::{Timestamp, TraceId};
use crate::schema::Rule;
use crate::schema::fields::{FACTS, Fact};
use crate::schema::judge::Judge;
use crate::schema::words::{ID_LENGTH, has_length, holds_id, name_fault, quoted, shown};

/// Where an entity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema) enum Place {
    /// A subsegment inside another entity.
    Embedded,
    /// A subsegment at the top of its document.
    OnItsOwn,
    /// A segment, at the top of its document.
    Segment,
}

/// What was seen of an entity.
#[derive(Debug)]
pub(in crate::schema) struct Facts<'a> {
    pub(in crate::schema) place: Place,
    seen: [Option<Value<'a>>; FACTS],
}

impl<'a> Facts<'a> {
    pub(in crate::schema) fn new(place: Place) -> Facts<'a> {
        Facts {
            place,
            seen: [None; FACTS],
        }
    }

    pub(in crate::schema) fn set(&mut self, fact: Fact, value: Value<'a>) {
        self.seen[fact as usize] = Some(value);
    }

    /// Forgets what was seen inside an object.
    pub(in crate::schema) fn forget(&mut self, object: Value<'a>) {
        for fact in &mut self.seen {
            if fact.is_some_and(|value| object.holds(value)) {
                *fact = None;
            }
        }
    }

    pub(in crate::schema) fn get(&self, fact: Fact) -> Option<Value<'a>> {
        self.seen[fact as usize]
    }

    fn is_true(&self, fact: Fact) -> bool {
        self.get(fact).and_then(|value| value.as_bool()) == Some(true)
    }
}

/// Judges an entity by what was seen of it.
pub(in crate::schema) fn judge<'a>(judge: &mut Judge<'a>, entity: Value<'a>, facts: &Facts<'a>) {
    missing(judge, entity, facts);
    name(judge, facts);
    ids(judge, facts);
    times(judge, facts);
    outcome(judge, facts);
    if let Some(value) = facts.get(Fact::Type) {
        type_value(judge, value, facts.place);
    }
    if facts.place != Place::Segment {
        aws_call(judge, entity, facts);
    }
}

fn missing<'a>(judge: &mut Judge<'a>, entity: Value<'a>, facts: &Facts<'a>) {
    let top = facts.place != Place::Embedded;
    let alone = facts.place == Place::OnItsOwn;
    let needed = [
        (
            Fact::Id,
            true,
            Rule::MissingId,
            "`id`: give it 16 hex digits",
        ),
        (
            Fact::Name,
            true,
            Rule::MissingName,
            "`name`: a segment has that of its service, a subsegment that of its work",
        ),
        (
            Fact::Start,
            true,
            Rule::MissingStartTime,
            "`start_time`: write epoch seconds, such as 1721763840.25",
        ),
        (
            Fact::TraceId,
            top,
            Rule::MissingTraceId,
            "`trace_id`, so that it belongs to no trace: write 1-, 8 hex digits, -, 24 hex digits",
        ),
        (
            Fact::ParentId,
            alone,
            Rule::MissingParentId,
            "`parent_id`: name the entity that it is a part of",
        ),
    ];
    for (fact, needed, rule, lacks) in needed {
        if needed && facts.get(fact).is_none() {
            judge.report(rule, entity, || format!("{} has no {lacks}", what(facts)));
        }
    }
    if facts.get(Fact::End).is_none() && !facts.is_true(Fact::InProgress) {
        judge.report(Rule::MissingEndTime, entity, || {
            format!(
                "{} has neither an `end_time` nor `in_progress: true`, and X-Ray refuses \
                the whole document: end \
                 it before it is sent, or mark it",
                what(facts)
            )
        });
    }
}

fn name<'a>(judge: &mut Judge<'a>, facts: &Facts<'a>) {
    let Some(value) = facts.get(Fact::Name) else {
        return;
    };
    let Some(name) = value.as_str() else {
        return judge.report(Rule::NameFormat, value, || {
            format!(
                "the name is {} ({}), expected a string",
                shown(value),
                value.kind()
            )
        });
    };
    let kind = match facts.place {
        Place::Segment => "segment",
        Place::Embedded | Place::OnItsOwn => "subsegment",
    };
    match (name_fault(&name), kind) {
        (None, _) => {}
        (Some(fault), _) if name.is_empty() => {
            judge.report(Rule::NameFormat, value, || {
                format!("the name of a {kind} {fault}")
            });
        }
        (Some(fault), "subsegment") => judge.report(Rule::SubsegmentName, value, || {
            format!(
                "the name {} of a subsegment {fault}: X-Ray was seen to refuse such a document",
                quoted(&name)
            )
        }),
        (Some(fault), _) => judge.report(Rule::NameFormat, value, || {
            format!("the name {} of a {kind} {fault}", quoted(&name))
        }),
    }
    if holds_id(&name) {
        judge.report(Rule::IdInName, value, || {
            format!(
                "the name {} looks as if it held an id: name the kind of work, and put \
                the id into an annotation",
                quoted(&name)
            )
        });
    }
}

fn ids<'a>(judge: &mut Judge<'a>, facts: &Facts<'a>) {
    if let Some(value) = facts.get(Fact::Id) {
        id(judge, value, "id", Rule::IdFormat, "");
    }
    if let Some(value) = facts.get(Fact::ParentId) {
        match facts.place {
            Place::Segment => id(
                judge,
                value,
                "parent_id",
                Rule::CallerIdFormat,
                ", and X-Ray drops it: leave it out where nobody called",
            ),
            Place::OnItsOwn => id(judge, value, "parent_id", Rule::ParentIdFormat, ""),
            // Nesting decides, and the schema asks for any string.
            Place::Embedded if value.kind() == Kind::String => {}
            Place::Embedded => judge.wrong_type(value, "parent_id", Kind::String),
        }
    }
    match (facts.get(Fact::TraceId), facts.place) {
        (None, _) => {}
        (Some(value), Place::Embedded) => embedded_trace_id(judge, value),
        (Some(value), _) => trace_id(judge, value),
    }
}

fn id<'a>(judge: &mut Judge<'a>, value: Value<'a>, key: &str, rule: Rule, then: &str) {
    if !has_length(value, ID_LENGTH) {
        return judge.report(rule, value, || {
            let length = match value.as_str() {
                Some(text) => format!("got {}", count(text.chars().count() as u64, "character")),
                None => format!("got {}", value.kind()),
            };
            format!(
                "`{key}` is {}: expected a string of 16 hex digits, {length}{then}",
                shown(value)
            )
        });
    }
    let digits = value.as_str().unwrap_or_default();
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        judge.report(Rule::IdHex, value, || {
            format!(
                "`{key}` is {}: X-Ray's guide asks for 16 hex digits",
                shown(value)
            )
        });
    } else if digits == "0000000000000000" {
        judge.report(Rule::UnsampledId, value, || unsampled(key));
    }
}

fn unsampled(key: &str) -> String {
    format!(
        "`{key}` is all zeros, as SDKs make it for a request that is not sampled: such \
        entities should not be sent"
    )
}

fn trace_id<'a>(judge: &mut Judge<'a>, value: Value<'a>) {
    let text = value.as_str();
    if let Some(text) = &text
        && is_trace_id(text.as_bytes())
    {
        if text
            .bytes()
            .skip(1)
            .all(|byte| byte == b'0' || byte == b'-')
        {
            judge.report(Rule::UnsampledId, value, || unsampled("trace_id"));
        }
        return;
    }
    judge.report(Rule::TraceIdFormat, value, || match text.as_deref() {
        None => format!(
            "`trace_id` is {} ({}), expected a string",
            shown(value),
            value.kind()
        ),
        Some(text) => match text.parse::<TraceId>() {
            Ok(id) => format!("`trace_id` is {}, a W3C id: write it as {id}", quoted(text)),
            Err(error) => error.to_string(),
        },
    });
}

/// `1-`, 8 hex digits, `-`, 24 hex digits; the first eight need be no time.
pub(in crate::schema) fn is_trace_id(id: &[u8]) -> bool {
    let hex = |digits: &[u8]| {
        digits
            .iter()
            .fold(true, |all, digit| all & digit.is_ascii_hexdigit())
    };
    id.len() == 35 && id.starts_with(b"1-") && id[10] == b'-' && hex(&id[2..10]) && hex(&id[11..])
}

fn embedded_trace_id<'a>(judge: &mut Judge<'a>, value: Value<'a>) {
    let document = value.top().get("trace_id");
    if value.as_str().is_none() || document.is_none_or(|id| id.as_str() != value.as_str()) {
        judge.report(Rule::EmbeddedTraceId, value, || {
            let document = document.map_or_else(|| "none".to_owned(), shown);
            format!(
                "an embedded subsegment names the trace {}, and its document {document}: \
                it was recorded in another \
                 request's segment, or its trace was copied wrongly",
                shown(value)
            )
        });
    }
}

fn times<'a>(judge: &mut Judge<'a>, facts: &Facts<'a>) {
    let [start, end] = [(Fact::Start, "start_time"), (Fact::End, "end_time")].map(|(fact, key)| {
        let value = facts
            .get(fact)
            .filter(|value| value.kind() == Kind::Number)?;
        time_range(judge, value, key);
        Some(value)
    });
    if let (Some(start), Some(end)) = (start, end)
        && is_before(end, start)
    {
        judge.report(Rule::TimeOrder, end, || {
            format!(
                "`end_time` {end} is before `start_time` {start}: measure durations with \
                a monotonic clock"
            )
        });
    }
    if let (Some(_), true) = (facts.get(Fact::End), facts.is_true(Fact::InProgress)) {
        let Some(value) = facts.get(Fact::InProgress) else {
            unreachable!("it was just seen to be true")
        };
        judge.report(Rule::OpenAndEnded, value, || {
            format!(
                "{} has an `end_time` and `in_progress: true`: write one of them",
                what(facts)
            )
        });
    }
}

fn time_range<'a>(judge: &mut Judge<'a>, value: Value<'a>, key: &str) {
    let Some(number) = value.as_number() else {
        return;
    };
    if plain_digits(value.raw()).is_some_and(|whole| whole <= SECONDS_DIGITS) {
        return;
    }
    let seconds = number.as_f64();
    if seconds < 0.0 {
        judge.report(Rule::TimeRange, value, || {
            format!("`{key}` is {value}, before 1970: write epoch seconds")
        });
    } else if seconds >= LATEST {
        let unit = match seconds {
            ..1e14 => "milliseconds",
            ..1e17 => "microseconds",
            _ => "nanoseconds",
        };
        judge.report(Rule::TimeRange, value, || {
            format!(
                "`{key}` is {value}, which looks like {unit}: write epoch seconds, \
                such as 1721763840.25"
            )
        });
    }
}

/// Whether one time is before another; `false` where one is beyond reckoning.
fn is_before(earlier: Value<'_>, later: Value<'_>) -> bool {
    let (raw, other) = (earlier.raw(), later.raw());
    // With as many digits before the point, the texts are in the order of the numbers.
    if let (Some(one), Some(two)) = (plain_digits(raw), plain_digits(other))
        && one == two
        && raw >= other
    {
        return false;
    }
    let time = |value: Value<'_>| value.as_number().and_then(Timestamp::from_seconds);
    matches!((time(earlier), time(later)), (Some(earlier), Some(later)) if earlier < later)
}

/// How many digits stand before the point of a number that has no sign and no exponent.
fn plain_digits(number: &str) -> Option<usize> {
    let mut whole = number.len();
    for (at, byte) in number.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {}
            b'.' => whole = at,
            _ => return None,
        }
    }
    Some(whole)
}

/// Flags, status and cause.
fn outcome<'a>(judge: &mut Judge<'a>, facts: &Facts<'a>) {
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
            "the status {status} means {}, and {} is set",
            list(meant),
            list(set)
        )
    });
}

fn type_value<'a>(judge: &mut Judge<'a>, value: Value<'a>, place: Place) {
    match (value.as_text(), place) {
        (Some(text), _) if text == *"subsegment" => {}
        (None, Place::Embedded) => judge.wrong_type(value, "type", Kind::String),
        (_, place) => judge.report(Rule::TypeValue, value, || {
            let taken = match place {
                Place::Segment => "a segment",
                Place::Embedded | Place::OnItsOwn => "a subsegment",
            };
            format!(
                "`type` is {}, and X-Ray takes this for {taken}: write `subsegment` \
                where it is one sent on its own, or leave it out",
                shown(value)
            )
        }),
    }
}

/// What the console needs to know of a call.
fn aws_call<'a>(judge: &mut Judge<'a>, entity: Value<'a>, facts: &Facts<'a>) {
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

/// `segment `OrdersWorker``.
fn what(facts: &Facts<'_>) -> String {
    let kind = match facts.place {
        Place::Segment => "segment",
        Place::Embedded => "embedded subsegment",
        Place::OnItsOwn => "subsegment",
    };
    match facts.get(Fact::Name).and_then(|value| value.as_str()) {
        Some(name) => format!("the {kind} {}", quoted(&name)),
        None => format!("the {kind}"),
    }
}

/// Digits of epoch seconds up to the year 5138.
const SECONDS_DIGITS: usize = 11;
/// The year 5138 in seconds, 1973 in milliseconds.
const LATEST: f64 = 1e11;
/// The operations of DynamoDB that name a table.
const WITH_TABLE: [&str; 10] = [
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
];
