//! What is judged of an entity when all of it has been seen.

use crate::json::{Kind, Value};
use crate::schema::Rule;
use crate::schema::aws_call::judge_call;
use crate::schema::fields::{FACTS, Fact};
use crate::schema::ids::judge_ids;
use crate::schema::judge::Judge;
use crate::schema::outcome::judge_outcome;
use crate::schema::times::judge_times;
use crate::schema::words::{holds_id, name_fault, quoted, shown, shown_kind, why_not};

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

    pub(in crate::schema) fn is_true(&self, fact: Fact) -> bool {
        self.get(fact).and_then(|value| value.as_bool()) == Some(true)
    }
}

/// Judges an entity by what was seen of it.
pub(in crate::schema) fn judge<'a>(judge: &mut Judge<'a>, entity: Value<'a>, facts: &Facts<'a>) {
    missing(judge, entity, facts);
    name(judge, facts);
    judge_ids(judge, facts);
    judge_times(judge, facts);
    judge_outcome(judge, facts);
    if let Some(value) = facts.get(Fact::Type) {
        type_value(judge, value, facts.place);
    }
    if facts.place != Place::Segment {
        judge_call(judge, entity, facts);
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
            "the emitter left it out",
            "`id`; give it 16 hex digits",
        ),
        (
            Fact::Name,
            true,
            Rule::MissingName,
            "the emitter left it out",
            "`name`; a segment has that of its service, a subsegment that of its work",
        ),
        (
            Fact::Start,
            true,
            Rule::MissingStartTime,
            "the emitter left it out",
            "`start_time`; write epoch seconds, such as 1721763840.25",
        ),
        (
            Fact::TraceId,
            top,
            Rule::MissingTraceId,
            "it was made outside of a trace",
            "`trace_id`, so that it belongs to none; write 1-, 8 hex digits, -, 24 hex digits",
        ),
        (
            Fact::ParentId,
            alone,
            Rule::MissingParentId,
            "it was sent without its context",
            "`parent_id`; name the entity that it is a part of",
        ),
    ];
    for (fact, needed, rule, why, lacks) in needed {
        if needed && facts.get(fact).is_none() {
            judge.report(rule, entity, || {
                format!("{why}: {} has no {lacks}", what(facts))
            });
        }
    }
    if facts.get(Fact::End).is_none() && !facts.is_true(Fact::InProgress) {
        judge.report(Rule::MissingEndTime, entity, || {
            format!(
                "it was sent before it was closed: {} has neither an `end_time` nor \
                `in_progress: true`, and X-Ray refuses the whole document; close it before it \
                is sent, or mark it",
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
                "{}: the name is {}, expected a string",
                why_not(value),
                shown_kind(value)
            )
        });
    };
    let kind = match facts.place {
        Place::Segment => "segment",
        Place::Embedded | Place::OnItsOwn => "subsegment",
    };
    match (name_fault(&name), kind) {
        (None, _) => {}
        (Some((why, fault)), _) if name.is_empty() => {
            judge.report(Rule::NameFormat, value, || {
                format!("{why}: the name of a {kind} {fault}")
            });
        }
        (Some((why, fault)), "subsegment") => judge.report(Rule::SubsegmentName, value, || {
            format!("{why}: the name {} of a subsegment {fault}", quoted(&name))
        }),
        (Some((why, fault)), _) => judge.report(Rule::NameFormat, value, || {
            format!("{why}: the name {} of a {kind} {fault}", quoted(&name))
        }),
    }
    if holds_id(&name) {
        judge.report(Rule::IdInName, value, || {
            format!(
                "an id was put into a name: {} looks as if it held one; name the kind of work, \
                and put the id into an annotation",
                quoted(&name)
            )
        });
    }
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
                "another word than X-Ray's was used: `type` is {}, and X-Ray takes this for \
                {taken}; write `subsegment` where it is one sent on its own, or leave it out",
                shown(value)
            )
        }),
    }
}

/// `segment `OrdersWorker``.
pub(in crate::schema) fn what(facts: &Facts<'_>) -> String {
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
