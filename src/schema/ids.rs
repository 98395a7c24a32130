//! Ids: of entities, parents, traces.

use crate::error::count;
use crate::json::{Kind, Value};
use crate::model::TraceId;
use crate::schema::Rule;
use crate::schema::entity::{Facts, Place};
use crate::schema::fields::Fact;
use crate::schema::judge::Judge;
use crate::schema::words::{ID_LENGTH, has_length, quoted, shown, shown_kind, why_not};

/// Judges the ids of an entity.
pub(in crate::schema) fn judge_ids<'a>(judge: &mut Judge<'a>, facts: &Facts<'a>) {
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
                ", and X-Ray drops it; leave it out where nobody called",
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
            let why = match value.as_str() {
                Some(text) if text.is_empty() => "it was never set",
                Some(_) => "an id of another kind was used",
                None => why_not(value),
            };
            format!(
                "{why}: `{key}` is {}, expected a string of 16 hex digits, {length}{then}",
                shown(value)
            )
        });
    }
    let digits = value.as_str().unwrap_or_default();
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        judge.report(Rule::IdHex, value, || {
            format!(
                "the id was made by hand, or of a text: `{key}` is {}; X-Ray's guide asks for 16 \
                hex digits, 64 random bits",
                shown(value)
            )
        });
    } else if digits == "0000000000000000" {
        judge.report(Rule::UnsampledId, value, || unsampled(key));
    }
}

fn unsampled(key: &str) -> String {
    format!(
        "a request that is not sampled was sent: `{key}` is all zeros, as SDKs make it for \
        such a request; do not send it"
    )
}

fn trace_id<'a>(judge: &mut Judge<'a>, value: Value<'a>) {
    let text = value.as_identity();
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
            "{}: `trace_id` is {}, expected a string",
            why_not(value),
            shown_kind(value)
        ),
        Some("") => {
            "the trace was never begun: `trace_id` is an empty text; write 1-, 8 hex digits, -, \
             24 hex digits"
                .to_owned()
        }
        Some(text) => match text.parse::<TraceId>() {
            Ok(id) => format!(
                "a W3C id was sent as it is: `trace_id` is {}; write it as {id}",
                quoted(text)
            ),
            Err(error) if text.contains("Root=") => {
                format!("the whole trace header was used: {error}")
            }
            Err(error) => format!("an id of another kind was used, or cut: {error}"),
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
    if value.as_str().is_none() || document.is_none_or(|id| id.as_identity() != value.as_identity())
    {
        judge.report(Rule::EmbeddedTraceId, value, || {
            let document = document.map_or_else(|| "none".to_owned(), shown);
            format!(
                "it was recorded in another request's segment, or its trace was copied wrongly: \
                an embedded subsegment names the trace {}, and its document {document}",
                shown(value)
            )
        });
    }
}
