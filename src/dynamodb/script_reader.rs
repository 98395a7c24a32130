//! Scripts as JSON, read.

use std::collections::VecDeque;
use std::panic::Location;
use std::time::Duration;

use crate::dynamodb::mock::known;
use crate::dynamodb::operation::nearest;
use crate::dynamodb::pages::{Pages, is_paged};
use crate::dynamodb::script::{Answer, Script, Step, Times};
use crate::dynamodb::script_place::Place;
use crate::dynamodb::shared::State;
use crate::dynamodb::unprocessed::is_batch;
use crate::dynamodb::{Cancellation, Reply};
use crate::error::Error;
use crate::json::{Document, Kind};

/// What a script says.
pub(in crate::dynamodb) struct Read {
    pub(in crate::dynamodb) back_off: Option<Duration>,
    pub(in crate::dynamodb) rules: Vec<ReadRule>,
}

/// A rule, and where its calls wait for each other.
pub(in crate::dynamodb) struct ReadRule {
    script: Script,
    rendezvous: Option<(usize, Option<String>)>,
}

impl ReadRule {
    /// Makes it a rule of the mock.
    pub(in crate::dynamodb) fn add_to(self, state: &mut State) {
        let mut script = self.script;
        script.rendezvous = self
            .rendezvous
            .map(|(calls, name)| state.meeting(name.as_deref(), calls, script.place));
        state.scripts.push(script);
    }
}

/// Reads a script.
pub(in crate::dynamodb) fn read(
    text: &str,
    place: &'static Location<'static>,
) -> Result<Read, Error> {
    let document = Document::parse(text)
        .map_err(|error| Error::stopped(format!("the script is no JSON: {error}")))?;
    let script =
        Place::root(&document).object(&["$schema", "back_off_millis", "rules", "version"])?;
    match script.member("version") {
        Some(version) if version.whole() == Some(1) => {}
        Some(version) => return Err(version.wrong("version 1")),
        None => return Err(script.wrong("a member `version`")),
    }
    if let Some(schema) = script.member("$schema") {
        schema.text()?;
    }
    let back_off = script.member("back_off_millis").map(|at| at.millis());
    let rules = match script.member("rules") {
        Some(rules) => rules.elements()?,
        None => return Err(script.wrong("a member `rules`")),
    };
    let rules = rules
        .iter()
        .enumerate()
        .map(|(index, at)| rule(at, index, place));
    Ok(Read {
        back_off: back_off.transpose()?,
        rules: rules.collect::<Result<_, Error>>()?,
    })
}

fn rule(
    at: &Place<'_>,
    index: usize,
    place: &'static Location<'static>,
) -> Result<ReadRule, Error> {
    let rule = at.object(&["key", "matching", "on", "rendezvous", "replies", "table"])?;
    let on = rule.wanted("on")?;
    let operation = on.text()?;
    known(&operation).map_err(|error| on.error(&error.to_string()))?;
    let mut script = Script::new(&operation, place);
    script.number = Some(index);
    if let Some(table) = rule.member("table") {
        script.pattern.table = Some(table.text()?);
    }
    if let Some(key) = rule.member("key") {
        key.item()?;
        for (name, value) in key.members()? {
            script.pattern.key.push((name, value.document()));
        }
    }
    if let Some(matching) = rule.member("matching") {
        let bodies = match matching.value.kind() {
            Kind::Array => matching.elements()?,
            _ => vec![matching],
        };
        for body in bodies {
            body.members()?;
            script.pattern.bodies.push(body.document());
        }
    }
    let rendezvous = match rule.member("rendezvous") {
        None => None,
        Some(at) => {
            let meeting = at.object(&["calls", "name"])?;
            let name = meeting.member("name").map(|name| name.text());
            Some((meeting.wanted("calls")?.count()?, name.transpose()?))
        }
    };
    let replies = rule.wanted("replies")?.elements()?;
    let steps = replies.iter().map(|at| step(at, &operation));
    script.steps = steps.collect::<Result<VecDeque<Step>, Error>>()?;
    Ok(ReadRule { script, rendezvous })
}

fn step(at: &Place<'_>, operation: &str) -> Result<Step, Error> {
    let kind = at.clone().any_object()?.wanted("reply")?;
    let name = kind.text()?;
    let Some((_, own)) = REPLIES.iter().find(|(known, _)| *known == name) else {
        let names = REPLIES.iter().map(|(known, _)| *known);
        let nearest = nearest(&name, names).unwrap_or("ok");
        let why = format!("there is no reply `{name}`; the nearest is `{nearest}`");
        return Err(kind.error(&why));
    };
    let allowed: Vec<&str> = OF_ALL.iter().chain(*own).copied().collect();
    let reply = at.object(&allowed)?;
    let mut answer = answer(&reply, &name, operation)?;
    if let Some(pause) = reply.member("retry_after_millis") {
        answer = match answer {
            Answer::Reply(given) if given.is_error() => {
                Answer::Reply(given.with_retry_after(pause.millis()?))
            }
            _ => return Err(pause.error("only an error asks to be tried again")),
        };
    }
    let mut step = Step::times(answer, 1);
    step.times = match reply.member("times") {
        None => Times::Exactly(1),
        Some(times) if times.value.raw() == "\"forever\"" => Times::Forever,
        Some(times) => Times::Exactly(times.count()?),
    };
    step.delay = reply
        .member("slow_millis")
        .map(|at| at.millis())
        .transpose()?;
    step.wrong_crc = match reply.member("wrong_crc") {
        None => false,
        Some(wrong) => wrong
            .value
            .as_bool()
            .ok_or_else(|| wrong.wrong("true or false"))?,
    };
    Ok(step)
}

fn answer(reply: &Place<'_>, name: &str, operation: &str) -> Result<Answer, Error> {
    let made = match name {
        "conditional_check_failed" => match reply.member("item") {
            Some(item) => Reply::conditional_check_failed_json(item.item()?),
            None => Reply::conditional_check_failed(),
        },
        "error" => {
            let status = reply.wanted("status")?.status()?;
            let message = reply.member("message").map(|message| message.text());
            let code = reply.wanted("code")?.text()?;
            Reply::error(status, &code, &message.transpose()?.unwrap_or_default())
        }
        "garbage" => Reply::garbage(),
        "hang" => Reply::hang(),
        "internal_error" => Reply::internal_error(),
        "item" => {
            let item = reply.wanted("item")?;
            Reply::ok(format_args!("{{\"Item\":{}}}", item.item()?))
        }
        "items" => {
            let items = reply.wanted("items")?.elements()?;
            let items = items.iter().map(Place::item);
            Reply::items_json(&items.collect::<Result<Vec<_>, Error>>()?)
        }
        "no_item" => Reply::ok("{}"),
        "not_found" => Reply::not_found(),
        "ok" => match reply.member("body") {
            Some(body) => Reply::ok(body.value.raw()),
            None => return Ok(Answer::Empty),
        },
        "pages" if !is_paged(operation) => {
            return Err(reply.error("only Query and Scan are read in pages"));
        }
        "pages" => return pages(reply),
        "raw" => {
            let text = reply.wanted("text")?.text()?;
            Reply::new(reply.wanted("status")?.status()?, text)
        }
        "refuse" => Reply::refused(),
        "request_limit_exceeded" => Reply::request_limit_exceeded(),
        "reset" => Reply::reset(),
        "throttle" => Reply::throttled(),
        "throttle_on_demand" => Reply::throttled_on_demand(),
        "transaction_cancelled" => {
            let reasons = reply.wanted("reasons")?.elements()?;
            let reasons = reasons.iter().map(cancellation);
            Reply::transaction_cancelled(reasons.collect::<Result<Vec<_>, Error>>()?)
        }
        "unprocessed" if !is_batch(operation) => {
            let why = "only BatchGetItem and BatchWriteItem leave something unprocessed";
            return Err(reply.error(why));
        }
        "unprocessed" => return Ok(Answer::Unprocessed(reply.wanted("count")?.number()?)),
        "validation_error" => Reply::validation_error(&reply.wanted("message")?.text()?),
        _ => unreachable!("the names are those of the table"),
    };
    Ok(Answer::Reply(made))
}

fn pages(reply: &Place<'_>) -> Result<Answer, Error> {
    let at = reply.wanted("key")?;
    let key = at.elements()?;
    if key.is_empty() {
        return Err(at.wrong("the name of an attribute in it"));
    }
    let items = reply.wanted("items")?;
    let documents = items.elements()?.into_iter().map(|item| {
        item.item()?;
        Ok(item.document())
    });
    let pages = Pages::new(
        key.iter().map(Place::text).collect::<Result<_, Error>>()?,
        reply.wanted("size")?.count()?,
        documents.collect::<Result<_, Error>>()?,
    );
    match pages {
        Ok(pages) => Ok(Answer::Pages(pages)),
        Err(why) => Err(items.error(&why)),
    }
}

fn cancellation(at: &Place<'_>) -> Result<Cancellation, Error> {
    if at.value.kind() == Kind::String {
        return Ok(Cancellation::new(at.text()?));
    }
    let reason = at.object(&["code", "item", "message"])?;
    let mut made = Cancellation::new(reason.wanted("code")?.text()?);
    if let Some(message) = reason.member("message") {
        made = made.with_message(message.text()?);
    }
    if let Some(item) = reason.member("item") {
        made.item = Some(item.item()?.to_owned());
    }
    Ok(made)
}

/// What may stand in every reply.
const OF_ALL: [&str; 5] = [
    "reply",
    "retry_after_millis",
    "slow_millis",
    "times",
    "wrong_crc",
];

/// The replies with their own members.
const REPLIES: &[(&str, &[&str])] = &[
    ("conditional_check_failed", &["item"]),
    ("error", &["code", "message", "status"]),
    ("garbage", &[]),
    ("hang", &[]),
    ("internal_error", &[]),
    ("item", &["item"]),
    ("items", &["items"]),
    ("no_item", &[]),
    ("not_found", &[]),
    ("ok", &["body"]),
    ("pages", &["items", "key", "size"]),
    ("raw", &["status", "text"]),
    ("refuse", &[]),
    ("request_limit_exceeded", &[]),
    ("reset", &[]),
    ("throttle", &[]),
    ("throttle_on_demand", &[]),
    ("transaction_cancelled", &["reasons"]),
    ("unprocessed", &["count"]),
    ("validation_error", &["message"]),
];
