//! Documents that hold every field, and mistakes to make in them.

use std::fmt;

use proptest::prelude::*;
use xray_phantom::json::{Document, Kind, Value};

/// A JSON text that can be changed: keys and scalars are kept as they are written.
#[derive(Clone, Debug)]
pub(crate) enum Sample {
    Array(Vec<Sample>),
    /// Keys without their quotes.
    Object(Vec<(String, Sample)>),
    Scalar(String),
}

/// A mistake: the place counts all values of a document, over and over.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    place: usize,
    change: Change,
}

#[derive(Clone, Debug)]
enum Change {
    /// Adds to a string.
    Append(&'static str),
    /// Inserts a member or an element.
    Insert(String, String),
    /// Puts the innermost of so many subsegments around the value.
    Nest(usize),
    Remove,
    Rename(String),
    /// Another value.
    Replace(String),
    /// The same key once more, before or after, with another value.
    Twice(bool, String),
    /// Another `type` of the document.
    Type(String),
}

impl Sample {
    pub(crate) const COUNT: usize = SAMPLES.len();

    pub(crate) fn number(number: usize) -> Sample {
        Sample::read(SAMPLES[number])
    }

    fn read(text: &str) -> Sample {
        Sample::of(Document::parse(text).unwrap().root())
    }

    fn of(value: Value<'_>) -> Sample {
        match value.kind() {
            Kind::Array => Sample::Array(value.elements().map(Sample::of).collect()),
            Kind::Object => {
                let members = value.members();
                Sample::Object(
                    members
                        .map(|(key, value)| (key.raw().to_owned(), Sample::of(value)))
                        .collect(),
                )
            }
            _ => Sample::Scalar(value.raw().to_owned()),
        }
    }

    pub(crate) fn mutate(&mut self, mutation: &Mutation) {
        if let Change::Type(text) = &mutation.change {
            if let Sample::Object(members) = self {
                members.retain(|(key, _)| key != "type");
                members.push(("type".to_owned(), Sample::read(text)));
            }
            return;
        }
        let place = mutation.place % self.size();
        if place == 0 {
            if let Change::Replace(text) = &mutation.change {
                *self = Sample::read(text);
            }
            return;
        }
        self.change(place, &mutation.change);
    }

    /// The number of values in it, itself too.
    fn size(&self) -> usize {
        1 + match self {
            Sample::Array(elements) => elements.iter().map(Sample::size).sum(),
            Sample::Object(members) => members.iter().map(|(_, value)| value.size()).sum(),
            Sample::Scalar(_) => 0,
        }
    }

    /// Changes the value with this number, which is not the outermost.
    fn change(&mut self, place: usize, change: &Change) {
        let mut rest = place - 1;
        match self {
            Sample::Array(elements) => {
                for at in 0..elements.len() {
                    match (rest, elements[at].size()) {
                        (0, _) => return change_element(elements, at, change),
                        (_, size) if rest < size => return elements[at].change(rest, change),
                        (_, size) => rest -= size,
                    }
                }
            }
            Sample::Object(members) => {
                for at in 0..members.len() {
                    match (rest, members[at].1.size()) {
                        (0, _) => return change_member(members, at, change),
                        (_, size) if rest < size => return members[at].1.change(rest, change),
                        (_, size) => rest -= size,
                    }
                }
            }
            Sample::Scalar(_) => {}
        }
    }

    fn change_itself(&mut self, change: &Change) {
        match (change, self) {
            (Change::Append(text), Sample::Scalar(raw)) if raw.len() > 1 && raw.ends_with('"') => {
                raw.insert_str(raw.len() - 1, text);
            }
            (Change::Insert(_, text), Sample::Array(elements)) => elements.push(Sample::read(text)),
            (Change::Insert(key, text), Sample::Object(members)) => {
                members.insert(members.len() / 2, (key.clone(), Sample::read(text)));
            }
            (Change::Nest(levels), value) => {
                for _ in 0..*levels {
                    let Sample::Object(mut members) = Sample::read(SUBSEGMENT) else {
                        unreachable!("a subsegment is an object")
                    };
                    let inner = std::mem::replace(value, Sample::Array(Vec::new()));
                    members.push(("subsegments".to_owned(), Sample::Array(vec![inner])));
                    *value = Sample::Object(members);
                }
            }
            (Change::Replace(text), value) => *value = Sample::read(text),
            _ => {}
        }
    }
}

fn change_element(elements: &mut Vec<Sample>, at: usize, change: &Change) {
    match change {
        Change::Remove => drop(elements.remove(at)),
        Change::Twice(_, text) => elements.insert(at, Sample::read(text)),
        _ => elements[at].change_itself(change),
    }
}

fn change_member(members: &mut Vec<(String, Sample)>, at: usize, change: &Change) {
    match change {
        Change::Remove => drop(members.remove(at)),
        Change::Rename(key) => members[at].0.clone_from(key),
        Change::Twice(before, text) => {
            let key = members[at].0.clone();
            members.insert(at + usize::from(!before), (key, Sample::read(text)));
        }
        _ => members[at].1.change_itself(change),
    }
}

/// The text.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sample::Array(elements) => {
                f.write_str("[")?;
                for (at, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if at == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Sample::Object(members) => {
                f.write_str("{")?;
                for (at, (key, value)) in members.iter().enumerate() {
                    write!(f, "{}\"{key}\":{value}", if at == 0 { "" } else { "," })?;
                }
                f.write_str("}")
            }
            Sample::Scalar(raw) => f.write_str(raw),
        }
    }
}

/// Up to three mistakes.
pub(crate) fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let change = prop_oneof![
        1 => prop::sample::select(PIECES).prop_map(Change::Append),
        2 => (key(), value()).prop_map(|(key, value)| Change::Insert(key, value)),
        1 => (1..40_usize).prop_map(Change::Nest),
        2 => Just(Change::Remove),
        2 => key().prop_map(Change::Rename),
        4 => value().prop_map(Change::Replace),
        2 => (any::<bool>(), value()).prop_map(|(before, value)| Change::Twice(before, value)),
        1 => value().prop_map(Change::Type),
    ];
    let mutation = (any::<usize>(), change).prop_map(|(place, change)| Mutation { place, change });
    prop::collection::vec(mutation, 0..=3)
}

fn value() -> impl Strategy<Value = String> {
    let long = (
        prop::sample::select(&["é", "k", "\\u00e9", "𝒜"][..]),
        prop::sample::select(&[200, 250, 500, 1_000][..]),
    );
    let long = (long, 0..2_usize)
        .prop_map(|((text, count), more)| format!("\"{}\"", text.repeat(count + more)));
    prop_oneof![
        8 => prop::sample::select(VALUES).prop_map(str::to_owned),
        1 => long,
        1 => (0..SAMPLES.len()).prop_map(|number| SAMPLES[number].to_owned()),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(KEYS).prop_map(str::to_owned),
        (499..=501_usize).prop_map(|count| "k".repeat(count)),
    ]
}

const PIECES: &[&str] = &[
    "?",
    "\\n",
    "\\ud800",
    "\\ud835\\udc9c",
    "é",
    "e\u{301}",
    "-",
    "0",
    " ",
    "\\u0000",
    "\u{2028}",
    "\u{1f600}",
    "\\\"",
    "½",
    "\\\\",
];

const KEYS: &[&str] = &[
    "",
    "order id",
    "a.b",
    "a/b",
    "~",
    "0",
    "\\u0061",
    "\\ud800",
    "é",
    "annotations",
    "aws",
    "cause",
    "end_time",
    "error",
    "exceptions",
    "http",
    "id",
    "in_progress",
    "line",
    "metadata",
    "name",
    "namespace",
    "n\\u0061me",
    "origin",
    "parent_id",
    "path",
    "precursor_ids",
    "request",
    "response",
    "resource_arn",
    "service",
    "skipped",
    "sql",
    "stack",
    "start_time",
    "status",
    "content_length",
    "subsegments",
    "throttle",
    "trace_id",
    "traced",
    "type",
    "url",
    "user",
    "version",
    "x_forwarded_for",
];

const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "200.0",
    "2e2",
    "200.5",
    "1e400",
    "-1e400",
    "1e-400",
    "1180591620717411303424",
    "9007199254740993.5",
    "\"\"",
    "\"x\"",
    "\"subsegment\"",
    "\"subsegmen\\u0074\"",
    "\"segment\"",
    "\"aws\"",
    "\"12\"",
    "\"\\u00312\"",
    "\"12\\n\"",
    "\"1２\"",
    "\"53995c3f42cd8ad8\"",
    "\"53995c3f42cd8adg\"",
    "\"53995c3f42cd8ad\"",
    "\"53995c3f42cd8ad89\"",
    "\"53995c3f42cd8ad\\u0038\"",
    "\"53995c3f42cd8ad\\ud800\"",
    "\"53995c3f42cd8ad\\ud835\\udc9c\"",
    "\"ééééééééééééééé\u{e9}\"",
    "\"1-5759e988-bd862e3fe1be46a994272793\"",
    "\"1-5759E988-BD862E3FE1BE46A994272793\"",
    "\"2-5759e988-bd862e3fe1be46a994272793\"",
    "\"1-5759e988-bd862e3fe1be46a99427279\"",
    "\"1-5759e988-bd862e3fe1be46a994272793\\n\"",
    "\"1-5759e988-bd862e3fe1be46a99427279é\"",
    "\"5759e988bd862e3fe1be46a994272793\"",
    "\"1-5759e98\\u0038-bd862e3fe1be46a994272793\"",
    "[]",
    "[1]",
    "[\"a\"]",
    "[null,\"a\",{}]",
    "[[]]",
    "[{}]",
    "{}",
    "{\"a\":1}",
    "{\"a\":null,\"b c\":\"d\"}",
    "{\"id\":1}",
    "{\"id\":1,\"id\":\"53995c3f42cd8ad8\"}",
    "{\"exceptions\":[{\"stack\":[{\"line\":1.5}]}]}",
    "{\"request\":{\"url\":1},\"response\":{\"status\":\"x\"}}",
    "[{\"name\":\"\",\"start_time\":1,\"in_progress\":true}]",
];

const SUBSEGMENT: &str =
    r#"{"id":"6a2f1b3c4d5e6f70","name":"dynamo-put","start_time":1.25,"end_time":2}"#;

const SAMPLES: &[&str] = &[
    // A segment with every field.
    r#"{"name":"OrdersWorker","id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793",
    "parent_id":"6a2f1b3c4d5e6f70","start_time":1721763840.25,"end_time":1721763840.5,"in_progress":false,
    "error":false,"fault":true,"throttle":false,"origin":"AWS::ECS::Container","resource_arn":"arn","user":"u-1",
    "inferred":false,"service":{"version":"1.2","runtime":"rust"},
    "cause":{"working_directory":"/srv","id":"6a2f1b3c4d5e6f70","paths":["/lib"],"exceptions":[
      {"id":"0123456789abcdef","message":"broken","type":"Io","remote":true,"truncated":1,"skipped":2.0,
       "cause":"fedcba9876543210","stack":[{"path":"main.rs","line":3,"label":"main"},{"path":null,"line":null}]},
      {"message":"no id"}]},
    "http":{"request":{"method":"GET","url":"https://api/","user_agent":"curl","client_ip":"::1","x_forwarded_for":true},
      "response":{"status":500,"content_length":-1}},
    "aws":{"account_id":"123456789012","ec2":{"instance_id":"i-1","availability_zone":"a","instance_size":"m"},
      "ecs":{"container":"c","container_id":"d"},"eks":{"pod":"p"},
      "elastic_beanstalk":{"environment_name":"e","version_label":"v","deployment_id":7},
      "tracing":{"sdk":"s"},"xray":{"sdk":"s","auto_instrumentation":false},"cloudwatch_logs":[{"log_group":"g"}]},
    "annotations":{"order_id":"o-1","a.b":1.5,"flag":true},"metadata":{"default":{"a":[1,null]},"other":7},
    "links":[{"id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793","attributes":{}}],
    "subsegments":[{"id":"6a2f1b3c4d5e6f70","name":"dynamo-put","start_time":1.25,"end_time":2,"parent_id":"x",
      "trace_id":"1-5759e988-bd862e3fe1be46a994272793","type":"subsegment","namespace":"local"},
      {"id":"6a2f1b3c4d5e6f71","name":"a?b","start_time":1,"in_progress":true,"subsegments":[
        {"id":"6a2f1b3c4d5e6f72","name":"inner","start_time":1,"end_time":2,"cause":"0123456789abcdef","error":true}]}]}"#,
    // A subsegment on its own with every field.
    r#"{"name":"DynamoDB","id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793","type":"subsegment",
    "parent_id":"6a2f1b3c4d5e6f70","start_time":1721763840.25,"end_time":1721763840.5,"in_progress":false,"error":false,
    "fault":false,"throttle":false,"namespace":"aws","traced":false,"precursor_ids":["6a2f1b3c4d5e6f72"],
    "http":{"request":{"method":"GET","url":"https://api/","user_agent":"curl","client_ip":"::1","traced":true},
      "response":{"status":"","content_length":"12"}},
    "aws":{"operation":"PutItem","account_id":"123456789012","region":"us-east-1","request_id":null,"queue_url":"q",
      "table_name":"Orders","retries":2,"resource_names":["Orders"]},
    "sql":{"connection_string":"c","url":"u","sanitized_query":"q","database_type":"t","database_version":"v",
      "driver_version":"d","user":"u","preparation":"call"},
    "cause":{"exceptions":[]},"annotations":[],"metadata":{},"subsegments":[
      {"id":"6a2f1b3c4d5e6f71","name":"inner","start_time":1,"end_time":2,"annotations":null,
       "http":{"response":{"status":200.5}},"aws":{"request_id":"r"},"sql":{"user":"u"}}]}"#,
    // As small as can be.
    r#"{"name":"api","id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793","start_time":1,"in_progress":true}"#,
    r#"{"name":"é?","id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793","start_time":1,"end_time":0,
    "type":"subsegment","parent_id":"6a2f1b3c4d5e6f70"}"#,
];
