//! Scripts as JSON, written; and the way from one to the other.

use std::panic::Location;
use std::path::Path;
use std::time::Duration;

use crate::dynamodb::attribute::is_item;
use crate::dynamodb::script::{Answer, Script, Step, Times};
use crate::dynamodb::script_reader::{Read, read};
use crate::dynamodb::{Cancellation, MockDynamo, Reply};
use crate::error::Error;
use crate::json::{Document, Kind, ObjectWriter, Value, write_text};

/// # Scripts as JSON
///
/// The same rules as a text, for programs in other languages and for files beside a test. The JSON
/// Schema is `schemas/dynamodb-script.schema.json`.
///
/// ```json
/// {
///   "version": 1,
///   "back_off_millis": 1,
///   "rules": [
///     {"on": "PutItem", "table": "Orders", "key": {"order_id": {"S": "o-1"}}, "replies": [
///       {"reply": "throttle", "times": 2},
///       {"reply": "ok", "slow_millis": 80}
///     ]},
///     {"on": "GetItem", "table": "Customers", "matching": {"ConsistentRead": true},
///      "rendezvous": {"calls": 2, "name": "both"}, "replies": [
///       {"reply": "item", "item": {"customer_id": {"S": "c-1"}}, "times": "forever"}
///     ]}
///   ]
/// }
/// ```
///
/// | `reply` | with | as |
/// |---|---|---|
/// | `ok` | `body`, a JSON value | [`then_ok`](crate::Rule::then_ok), [`then_body`](crate::Rule::then_body) |
/// | `item`, `no_item`, `items` | `item`, `items` | [`then_item`](crate::Rule::then_item) and so on |
/// | `pages` | `items`, `key` (names), `size` | [`then_pages`](crate::Rule::then_pages) |
/// | `unprocessed` | `count` | [`unprocessed`](crate::Rule::unprocessed) |
/// | `throttle`, `throttle_on_demand`, `request_limit_exceeded`, `internal_error`, `not_found` | | [`throttle`](crate::Rule::throttle) and so on |
/// | `conditional_check_failed` | `item`, if it is to be told | [`conditional_check_failed`](crate::Rule::conditional_check_failed) |
/// | `validation_error` | `message` | [`validation_error`](crate::Rule::validation_error) |
/// | `transaction_cancelled` | `reasons`: codes, or objects with `code`, `message`, `item` | [`transaction_cancelled`](crate::Rule::transaction_cancelled) |
/// | `error` | `status`, `code`, `message` | [`Reply::error`](crate::Reply::error) |
/// | `raw` | `status`, `text` | [`Reply::new`](crate::Reply::new) |
/// | `garbage`, `hang`, `refuse`, `reset` | | [`garbage`](crate::Rule::garbage) and so on |
///
/// Each may have `times` (a number, or `"forever"`), `slow_millis`, `wrong_crc`, and errors
/// `retry_after_millis`. What a script has beyond this is an error, with its place. Whatever rules say
/// without the program's own code can be written, and is read back as the same.
impl MockDynamo {
    /// A DynamoDB with the rules of a script.
    ///
    /// ```
    /// use xray_phantom::{DynamoRequest, MockDynamo};
    ///
    /// let dynamo = MockDynamo::from_script(
    ///     r#"{"version": 1, "rules": [{"on": "PutItem", "table": "Orders", "replies": [{"reply": "throttle"}, {"reply": "ok"}]}]}"#,
    /// )?;
    /// let put = || DynamoRequest::new("PutItem", r#"{"TableName": "Orders"}"#);
    /// assert_eq!(dynamo.handle(put())?.status(), 400);
    /// assert_eq!(dynamo.handle(put())?.status(), 200);
    /// # Ok::<(), xray_phantom::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is no script; the text names the place.
    #[track_caller]
    pub fn from_script(json: &str) -> Result<MockDynamo, Error> {
        let read = read(json, Location::caller())?;
        let dynamo = MockDynamo::new();
        dynamo.add(read);
        Ok(dynamo)
    }

    /// A DynamoDB with the rules of the script in a file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is no script.
    #[track_caller]
    pub fn from_script_file(path: impl AsRef<Path>) -> Result<MockDynamo, Error> {
        let path = path.as_ref();
        let place = Location::caller();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::io(format!("read {}", path.display()), error))?;
        let read = read(&text, place)
            .map_err(|error| Error::stopped(format!("{}: {error}", path.display())))?;
        let dynamo = MockDynamo::new();
        dynamo.add(read);
        Ok(dynamo)
    }

    /// Adds the rules of a script behind those that are there.
    ///
    /// # Errors
    ///
    /// What is no script; then nothing of it is added.
    #[track_caller]
    pub fn add_script(&self, json: &str) -> Result<(), Error> {
        let read = read(json, Location::caller())?;
        self.add(read);
        Ok(())
    }

    fn add(&self, read: Read) {
        let mut state = self.shared().state();
        state.back_off = read.back_off.unwrap_or(state.back_off);
        for rule in read.rules {
            rule.add_to(&mut state);
        }
    }

    /// The rules as a script: what is left of them.
    ///
    /// ```
    /// use xray_phantom::MockDynamo;
    ///
    /// let dynamo = MockDynamo::new();
    /// dynamo.on("PutItem").table("Orders").throttle(2).then_ok();
    /// let script = dynamo.script().unwrap();
    /// assert!(script.contains(r#"{"reply":"throttle","times":2}"#));
    /// let again = MockDynamo::from_script(&script).unwrap();
    /// assert_eq!(again.script().unwrap(), script);
    /// # dynamo.verify().unwrap_err();
    /// # again.verify().unwrap_err();
    /// ```
    ///
    /// # Errors
    ///
    /// A rule that answers with the program's own code.
    pub fn script(&self) -> Result<String, Error> {
        let state = self.shared().state();
        let mut json = String::from("{\n  \"version\": 1,\n  \"back_off_millis\": ");
        json.push_str(&millis(state.back_off));
        json.push_str(",\n  \"rules\": [");
        if state.otherwise.is_some() {
            let why = "what no rule answers goes to the program's own code, which is no JSON";
            return Err(Error::stopped(why));
        }
        for (index, script) in state.scripts.iter().enumerate() {
            json.push_str(if index > 0 { ",\n    " } else { "\n    " });
            rule(&mut json, script)?;
        }
        json.push_str("\n  ]\n}\n");
        Ok(json)
    }
}

fn rule(json: &mut String, script: &Script) -> Result<(), Error> {
    let pattern = &script.pattern;
    let mut object = ObjectWriter::begin(json);
    object.text("on", &pattern.operation);
    if let Some(table) = &pattern.table {
        object.text("table", table);
    }
    if !pattern.key.is_empty() {
        let mut key = object.object("key");
        for (name, value) in &pattern.key {
            key.raw(name, value.text());
        }
        key.end();
    }
    if !pattern.bodies.is_empty() {
        object.array("matching", &pattern.bodies, |json, body| {
            json.push_str(body.text());
        });
    }
    if let Some(meeting) = &script.rendezvous {
        let mut rendezvous = object.object("rendezvous");
        rendezvous.raw("calls", meeting.at.calls());
        if let Some(name) = &meeting.name {
            rendezvous.text("name", name);
        }
        rendezvous.end();
    }
    let mut computed = false;
    object.array("replies", &script.steps, |json, step| {
        json.push_str("\n      ");
        computed |= matches!(step.answer, Answer::Compute(_));
        write_step(json, step);
    });
    object.end();
    if computed {
        let (place, script) = (script.place, script);
        return Err(Error::stopped(format!(
            "the rule for {script} made at {place} answers with the program's own code, which is no JSON"
        )));
    }
    Ok(())
}

fn write_step(json: &mut String, step: &Step) {
    let mut object = ObjectWriter::begin(json);
    let mut delay = step.delay;
    let mut wrong_crc = step.wrong_crc;
    match &step.answer {
        Answer::Compute(_) => object.text("reply", "with"),
        Answer::Empty => object.text("reply", "ok"),
        Answer::Pages(pages) => {
            object.text("reply", "pages");
            object.array("key", &pages.key, |json, name| write_text(json, name));
            object.raw("size", pages.size);
            object.array("items", &pages.items, |json, item| {
                json.push_str(item.text());
            });
        }
        Answer::Reply(reply) => {
            write_reply(&mut object, &reply.plain());
            if let Some(pause) = reply.retry_after() {
                object.raw("retry_after_millis", millis(pause));
            }
            delay = delay.or(Some(reply.delay()).filter(|delay| !delay.is_zero()));
            wrong_crc |= reply.has_wrong_crc();
        }
        Answer::Unprocessed(count) => {
            object.text("reply", "unprocessed");
            object.raw("count", count);
        }
    }
    match step.times {
        Times::Exactly(1) => {}
        Times::Exactly(times) => object.raw("times", times),
        Times::Forever => object.text("times", "forever"),
    }
    if let Some(delay) = delay {
        object.raw("slow_millis", millis(delay));
    }
    if wrong_crc {
        object.raw("wrong_crc", true);
    }
    object.end();
}

/// A reply by its name, if it has one; else as an error, JSON, or text.
fn write_reply(object: &mut ObjectWriter<'_>, reply: &Reply) {
    let known = named();
    if let Some((name, _)) = known.iter().find(|(_, known)| known == reply) {
        return object.text("reply", name);
    }
    let document = Document::parse(reply.body()).ok();
    let root = document.as_ref().map(Document::root);
    let root = root.filter(|root| root.kind() == Kind::Object);
    match root {
        // With spaces around it the body would not be the same.
        Some(body) if reply.status() == 200 && body.raw() == reply.body() => {
            object.text("reply", "ok");
            object.raw("body", body.raw());
        }
        Some(body) if write_error(object, reply, body) => {}
        _ => {
            object.text("reply", "raw");
            object.raw("status", reply.status());
            object.text("text", reply.body());
        }
    }
}

/// Writes an error that says nothing but what its name, or its code and message, say.
fn write_error(object: &mut ObjectWriter<'_>, reply: &Reply, body: Value<'_>) -> bool {
    let text = |name: &str| body.get(name).and_then(|text| text.as_str());
    let code = reply.code().unwrap_or_default();
    let item = body.get("Item").filter(|item| is_item(*item));
    let item = item.map(|item| item.raw());
    if let Some(item) = item.filter(|item| Reply::conditional_check_failed_json(item) == *reply) {
        object.text("reply", "conditional_check_failed");
        object.raw("item", item);
        return true;
    }
    let reasons = body.get("CancellationReasons").and_then(reasons);
    if let Some(reasons) = reasons.filter(|all| Reply::transaction_cancelled(all.clone()) == *reply)
    {
        object.text("reply", "transaction_cancelled");
        object.array("reasons", &reasons, |json, reason| {
            let mut object = ObjectWriter::begin(json);
            object.text("code", &reason.code);
            if let Some(message) = &reason.message {
                object.text("message", message);
            }
            if let Some(item) = &reason.item {
                object.raw("item", item);
            }
            object.end();
        });
        return true;
    }
    let message = text("message").unwrap_or_default();
    if Reply::error(reply.status(), &code, &message) != *reply {
        return false;
    }
    object.text("reply", "error");
    object.raw("status", reply.status());
    object.text("code", &code);
    object.text("message", &message);
    true
}

/// The replies that have a name and say nothing else.
fn named() -> [(&'static str, Reply); 11] {
    [
        (
            "conditional_check_failed",
            Reply::conditional_check_failed(),
        ),
        ("garbage", Reply::garbage()),
        ("hang", Reply::hang()),
        ("internal_error", Reply::internal_error()),
        ("no_item", Reply::ok("{}")),
        ("not_found", Reply::not_found()),
        ("refuse", Reply::refused()),
        ("request_limit_exceeded", Reply::request_limit_exceeded()),
        ("reset", Reply::reset()),
        ("throttle", Reply::throttled()),
        ("throttle_on_demand", Reply::throttled_on_demand()),
    ]
}

/// The reasons of a cancelled transaction; `None` where one is of an item that is none.
fn reasons(reasons: Value<'_>) -> Option<Vec<Cancellation>> {
    let text = |reason: &Value<'_>, name: &str| Some(reason.get(name)?.as_str()?.into_owned());
    let reason = |reason: Value<'_>| {
        let item = reason.get("Item");
        if item.is_some_and(|item| !is_item(item)) {
            return None;
        }
        Some(Cancellation {
            code: text(&reason, "Code").unwrap_or_default(),
            message: text(&reason, "Message"),
            item: item.map(|item| item.raw().to_owned()),
        })
    };
    reasons.elements().map(reason).collect()
}

/// A number of milliseconds, as short as it can be.
fn millis(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (whole, part) = (nanos / 1_000_000, nanos % 1_000_000);
    if part == 0 {
        return whole.to_string();
    }
    let text = format!("{whole}.{part:06}");
    text.trim_end_matches('0').to_owned()
}
