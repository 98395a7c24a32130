//! The line of an entity in an outline.

use std::fmt::Write as _;

use crate::json::{Kind, Text, Value};
use crate::render::duration;
use crate::snapshot::compact::push_compact;
use crate::snapshot::word::{
    CAUSE, NONE, push_json, push_key, push_name, push_path, push_text, push_word,
};
use crate::trace::Node;

/// What a line holds beside that which every line does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::snapshot) struct Extras {
    pub(in crate::snapshot) durations: bool,
    pub(in crate::snapshot) metadata: bool,
}

/// The members of an entity that a line tells of; of duplicates the last one.
#[derive(Default)]
struct Told<'a> {
    annotations: Option<Value<'a>>,
    aws: Option<Value<'a>>,
    cause: Option<Value<'a>>,
    error: bool,
    fault: bool,
    http: Option<Value<'a>>,
    metadata: Option<Value<'a>>,
    name: Option<Text<'a>>,
    throttle: bool,
}

impl<'a> Told<'a> {
    fn of(entity: Value<'a>) -> Told<'a> {
        let mut told = Told::default();
        for (key, value) in entity.members() {
            match &*key.decode() {
                "annotations" => told.annotations = Some(value),
                "aws" => told.aws = Some(value),
                "cause" => told.cause = Some(value),
                "error" => told.error = value.as_bool() == Some(true),
                "fault" => told.fault = value.as_bool() == Some(true),
                "http" => told.http = Some(value),
                "metadata" => told.metadata = Some(value),
                "name" => told.name = value.as_text(),
                "throttle" => told.throttle = value.as_bool() == Some(true),
                _ => {}
            }
        }
        told
    }
}

/// Writes the line of an entity, without its indentation.
pub(in crate::snapshot) fn line(node: Node<'_>, extras: Extras) -> String {
    let told = Told::of(node.entity().json());
    let mut line = String::with_capacity(64);
    let (retries, status) = begin(&mut line, &told);
    let before = line.len();
    if let Some(retries) = retries.filter(|retries| *retries > 0) {
        let _ = write!(line, " (retries {retries})");
    }
    if let Some(status) = status.filter(|status| !(200..300).contains(status)) {
        let _ = write!(line, " {status}");
    }
    let flags = [
        (told.error, " ERROR"),
        (told.fault, " FAULT"),
        (told.throttle, " THROTTLE"),
    ];
    let set = flags.iter().filter(|(set, _)| *set);
    set.for_each(|(_, flag)| line.push_str(flag));
    if let Some(exception) = told.cause.and_then(exception) {
        if line.len() == before {
            // It would be read as an operation.
            line.extend([" ", CAUSE]);
        }
        line.push(' ');
        push_word(&mut line, exception);
    }
    if let Some(annotations) = told.annotations {
        push_annotations(&mut line, annotations);
    }
    if let Some(metadata) = told.metadata.filter(|_| extras.metadata)
        && metadata.members().next().is_some()
    {
        line.push_str(" metadata=");
        push_compact(&mut line, metadata);
    }
    if extras.durations
        && let Some(time) = node.duration()
    {
        let _ = write!(line, " [{}]", duration(time));
    }
    let missing = node.defects().iter();
    let missing = missing.filter(|defect| defect.code().is_missing());
    for (defect, before) in missing.zip(std::iter::once(" <- ").chain(std::iter::repeat(", "))) {
        line.extend([before, defect.code().as_str()]);
    }
    line
}

/// What a line begins with: the name, and what is called or asked.
pub(in crate::snapshot) fn label(node: Node<'_>) -> String {
    let told = Told::of(node.entity().json());
    let mut label = String::with_capacity(32);
    begin(&mut label, &told);
    label
}

/// Writes the name, and what is called or asked; gives retries and status.
fn begin(line: &mut String, told: &Told<'_>) -> (Option<i64>, Option<i64>) {
    match told.name {
        Some(name) => push_name(line, name),
        None => line.push_str("<no name>"),
    }
    let retries = told.aws.and_then(|aws| call(line, aws));
    let status = told.http.and_then(|http| request(line, http));
    (retries, status)
}

/// Operation and resources of a call to AWS; gives how often it was tried again.
fn call(line: &mut String, aws: Value<'_>) -> Option<i64> {
    let mut operation = None;
    let mut retries = None;
    let mut resources = [None; RESOURCES.len()];
    for (key, value) in aws.members() {
        match &*key.decode() {
            "operation" => operation = value.as_text(),
            "retries" => retries = value.as_number().and_then(|number| number.as_i64()),
            key => {
                if let Some(place) = RESOURCES.iter().position(|resource| *resource == key) {
                    resources[place] = Some(value);
                }
            }
        }
    }
    let mut words = String::new();
    for (key, resource) in RESOURCES.iter().zip(resources) {
        let Some(resource) = resource else {
            continue;
        };
        let texts = resource.elements().filter_map(|element| element.as_text());
        for text in resource.as_text().into_iter().chain(texts) {
            words.push(' ');
            match *key {
                "queue_url" => push_word(&mut words, behind(text, '/')),
                "table_names" => push_tables(&mut words, text),
                "topic_arn" => push_word(&mut words, behind(text, ':')),
                _ => push_word(&mut words, text),
            }
        }
    }
    match operation {
        Some(operation) => {
            line.push(' ');
            push_word(line, operation);
        }
        None if !words.is_empty() => line.extend([" ", NONE]),
        None => {}
    }
    line.push_str(&words);
    retries
}

/// A table, or several as the Python SDK writes them: `dict_keys(['Orders', 'Users'])`.
fn push_tables(line: &mut String, text: Text<'_>) {
    let list = text.plain().and_then(|text| {
        let names = text.strip_prefix("dict_keys(['")?;
        names.strip_suffix("'])")
    });
    let Some(list) = list else {
        return push_word(line, text);
    };
    for (place, name) in list.split("', '").enumerate() {
        if place > 0 {
            line.push(' ');
        }
        push_word(line, Text::new(name, false));
    }
}

/// The last part of the address of a resource: what is before it names account, region and host.
fn behind(address: Text<'_>, sign: char) -> Text<'_> {
    match address.plain().and_then(|text| text.rsplit_once(sign)) {
        Some((_, name)) if !name.is_empty() => Text::new(name, false),
        _ => address,
    }
}

/// Method and path of a request; gives the status of the answer.
fn request(line: &mut String, http: Value<'_>) -> Option<i64> {
    if let Some(request) = http.get("request") {
        let method = request.get("method").and_then(|method| method.as_text());
        let url = request.get("url").and_then(|url| url.as_text());
        if method.is_some() || url.is_some() {
            line.push(' ');
            match method {
                Some(method) => push_word(line, method),
                None => line.push_str(NONE),
            }
            line.push(' ');
            match url {
                Some(url) => push_path(line, &url.decode()),
                None => line.push_str(NONE),
            }
        }
    }
    http.get("response")?.get("status")?.as_number()?.as_i64()
}

/// The type of the first exception. Where the cause is a reference, the entity that threw it has
/// it.
fn exception(cause: Value<'_>) -> Option<Text<'_>> {
    let mut exceptions = cause.get("exceptions")?.elements();
    let first = exceptions.find(|exception| exception.kind() == Kind::Object)?;
    first.get("type")?.as_text()
}

/// ` {items: 3, order_id: o-1}`, sorted by key, if there are any.
fn push_annotations(line: &mut String, annotations: Value<'_>) {
    let mut members: Vec<(Text<'_>, Value<'_>)> = annotations.members().collect();
    if members.is_empty() {
        return;
    }
    if members.len() > 1 {
        members.sort_by_cached_key(|(key, _)| key.decode());
    }
    line.push_str(" {");
    for (place, (key, value)) in members.into_iter().enumerate() {
        if place > 0 {
            line.push_str(", ");
        }
        push_key(line, key);
        line.push_str(": ");
        match value.as_text() {
            Some(text) => push_text(line, text),
            None => push_json(line, value.raw()),
        }
    }
    line.push('}');
}

/// Where the name of what was called stands, in the order in which they are written.
const RESOURCES: [&str; 6] = [
    "table_name",
    "table_names",
    "queue_url",
    "topic_arn",
    "bucket_name",
    "function_name",
];
