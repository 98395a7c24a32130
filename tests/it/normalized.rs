//! Normalised traces: one alias for each id, and nothing that differs from run to run.
#![expect(
    clippy::similar_names,
    clippy::type_complexity,
    reason = "the names are those of the documents"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use xray_phantom::PartialTrace;
use xray_phantom::snapshot::{Edit, Step, Times};

use crate::support::partial;

const TRACE: &str = "1-66a00000-0123456789abcdef01234567";

/// The text of a segment with these members, on one line for each of them.
#[track_caller]
fn check(members: &str, expected: &[&str]) {
    let document = format!(r#"{{"trace_id":"{TRACE}","id":"00000000000000a1",{members}}}"#);
    let trace = partial(&[document]);
    let text = trace.normalized().to_string();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let lines = lines[2..lines.len() - 2].iter();
    let lines: Vec<&str> = lines
        .copied()
        .filter(|line| !["\"id\": \"<id 1>\",", "\"trace_id\": \"<trace 1>\""].contains(line))
        .collect();
    assert_eq!(lines, expected);
    let again = partial(&trace.normalized().documents());
    assert_eq!(again.normalized().to_string(), text);
}

#[test]
fn times_are_dropped_kept_or_told_from_the_start_of_the_trace() {
    let document = format!(
        r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api","start_time":1721763840.250,"end_time":1721763841,
            "subsegments":[{{"id":"00000000000000b1","name":"put","start_time":1721763840.25000100,"end_time":1721763840.75}}]}}"#
    );
    let trace = partial(&[document]);
    let times = |times: Times| {
        let text = trace.normalized().times(times).to_string();
        let lines = text.lines().map(str::trim);
        let told = lines.filter(|line| line.contains("_time"));
        told.map(|line| line.trim_end_matches(',').to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(times(Times::Drop), [] as [&str; 0]);
    assert_eq!(
        times(Times::Keep),
        [
            "\"end_time\": 1721763841",
            "\"start_time\": 1721763840.250",
            "\"end_time\": 1721763840.75",
            "\"start_time\": 1721763840.25000100",
        ]
    );
    assert_eq!(
        times(Times::Relative),
        [
            "\"end_time\": 0.75",
            "\"start_time\": 0.0",
            "\"end_time\": 0.5",
            "\"start_time\": 0.000001",
        ]
    );
    let kept = trace.normalized().without(Step::Times).to_string();
    assert_eq!(kept, trace.normalized().times(Times::Keep).to_string());
}

#[test]
fn an_id_has_one_alias_wherever_it_stands() {
    let caller = format!(
        r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api","start_time":1,"end_time":9,
            "metadata":{{"headers":{{"x-amzn-trace-id":"Root={TRACE};Parent=00000000000000b1;Sampled=1",
              "traceparent":"00-66a000000123456789abcdef01234567-00000000000000b1-01"}}}},
            "subsegments":[{{"id":"00000000000000b1","name":"pay","namespace":"remote",
              "precursor_ids":["00000000000000b2"],"cause":"00000000000000e1"}},
             {{"id":"00000000000000b2","name":"check","cause":{{"working_directory":"/srv/1","exceptions":[
               {{"id":"00000000000000e1","message":"span 00000000000000b2 of x00000000000000b2","cause":"00000000000000e9",
                 "stack":[{{"path":"/srv/app.py","line":7,"label":"f"}},{{"path":"/srv/app.py","line":9}}]}}]}}}}]}}"#
    );
    let callee = format!(
        r#"{{"trace_id":"{TRACE}","id":"00000000000000a2","name":"pay","parent_id":"00000000000000b1",
            "links":[{{"trace_id":"1-66a00000-ffffffffffffffffffffffff","id":"00000000000000f1"}}],
            "annotations":{{"id_00000000000000a2":"00000000000000a2"}}}}"#
    );
    let trace = partial(&[callee, caller]);
    let expected = r#"[
  {
    "id": "<id 1>",
    "metadata": {
      "headers": {
        "traceparent": "00-<trace 1>-<id 3>-01",
        "x-amzn-trace-id": "Root=<trace 1>;Parent=<id 3>;Sampled=1"
      }
    },
    "name": "api",
    "subsegments": [
      {
        "cause": {
          "exceptions": [
            {
              "cause": "<external 1>",
              "id": "<exception 1>",
              "message": "span <id 2> of x00000000000000b2",
              "stack": [
                {
                  "label": "f",
                  "line": "<line 1>",
                  "path": "<path 2>"
                },
                {
                  "line": "<line 2>",
                  "path": "<path 2>"
                }
              ]
            }
          ],
          "working_directory": "<path 1>"
        },
        "id": "<id 2>",
        "name": "check",
        "parent_id": "<id 1>"
      },
      {
        "cause": "<exception 1>",
        "id": "<id 3>",
        "name": "pay",
        "namespace": "remote",
        "parent_id": "<id 1>",
        "precursor_ids": [
          "<id 2>"
        ]
      }
    ],
    "trace_id": "<trace 1>"
  },
  {
    "annotations": {
      "id_<id 4>": "<id 4>"
    },
    "id": "<id 4>",
    "links": [
      {
        "id": "<external 2>",
        "trace_id": "<trace 2>"
      }
    ],
    "name": "pay",
    "parent_id": "<id 3>",
    "trace_id": "<trace 1>"
  }
]"#;
    // What stands first in the text: a path is numbered where it comes first.
    let expected = expected
        .replace("<path 2>", "<path 0>")
        .replace("<path 1>", "<path 2>")
        .replace("<path 0>", "<path 1>");
    assert_eq!(trace.normalized().to_string(), expected);
    assert_eq!(format!("{:?}", trace.normalized()), expected);
}

#[test]
fn what_differs_from_machine_to_machine_is_a_numbered_reference() {
    check(
        r#""aws":{"account_id":"123456789012","request_id":"4MMTVGKBRQ","id_2":"a/b+c=","topic_arn":"arn:aws:sns:us-east-1:123456789012:t",
           "xray":{"sdk":"X-Ray for Python","sdk_version":"2.15.0"},"ec2":{"instance_id":"i-0b5a4678"}},
           "metadata":{"note":"request 4MMTVGKBRQ of 210987654321 and 123456789012"}"#,
        &[
            "\"aws\": {",
            "\"account_id\": \"<account 1>\",",
            "\"ec2\": {",
            "\"instance_id\": \"<host 1>\"",
            "},",
            "\"id_2\": \"<request 1>\",",
            "\"request_id\": \"<request 2>\",",
            "\"topic_arn\": \"arn:aws:sns:us-east-1:<account 1>:t\",",
            "\"xray\": {",
            "\"sdk\": \"X-Ray for Python\",",
            "\"sdk_version\": \"<version 1>\"",
            "}",
            "},",
            "\"metadata\": {",
            "\"note\": \"request <request 2> of 210987654321 and <account 1>\"",
            "},",
        ],
    );
    check(
        r#""http":{"request":{"url":"http://me:pw@api.example.com:8080/a?b=c","client_ip":"10.0.0.1",
             "user_agent":"Boto3/1.43.117 os/linux#5.10.1"}},
           "service":{"version":"7","runtime_version":"3.11.2"},"sql":{"url":"db1:5432/orders"},
           "name":"127.0.0.1:41234",
           "metadata":{"a":"to 10.0.0.1:99, localhost:4000 [::1]:80 and api.example.com:8080","b":"1.2.3 10:30 file.rs:12"}"#,
        &[
            "\"http\": {",
            "\"request\": {",
            "\"client_ip\": \"<host 1>\",",
            "\"url\": \"http://me:pw@<host 2>:<port 1>/a?b=c\",",
            "\"user_agent\": \"Boto3/<version 1> os/linux#<version 2>\"",
            "}",
            "},",
            "\"metadata\": {",
            "\"a\": \"to <host 1>:<port 2>, <host 3>:<port 3> <host 4>:<port 4> and <host 2>:<port 1>\",",
            "\"b\": \"1.2.3 10:30 file.rs:12\"",
            "},",
            "\"name\": \"<host 5>:<port 5>\",",
            "\"service\": {",
            "\"runtime_version\": \"<version 3>\",",
            "\"version\": \"7\"",
            "},",
            "\"sql\": {",
            "\"url\": \"<host 6>:<port 6>/orders\"",
            "},",
        ],
    );
    check(
        r#""name":"api.example.com","http":{"request":{"url":"https://api.example.com/"}},
           "aws":{"queue_url":"https://sqs.us-east-1.amazonaws.com/123456789012/orders"}"#,
        &[
            "\"aws\": {",
            "\"queue_url\": \"https://<host 1>/<account 1>/orders\"",
            "},",
            "\"http\": {",
            "\"request\": {",
            "\"url\": \"https://<host 2>/\"",
            "}",
            "},",
            "\"name\": \"api.example.com\",",
        ],
    );
}

#[test]
fn what_was_received_stays() {
    check(
        r#""name":"n","zeros":"0000000000000000","parent_id":"","number":1.50,"twice":1,"twice":0,"odd":"\ud800 \u202e",
           "type":"custom","annotations":{"b":[],"a":{}},"in_progress":false"#,
        &[
            "\"annotations\": {",
            "\"a\": {},",
            "\"b\": []",
            "},",
            "\"in_progress\": false,",
            "\"name\": \"n\",",
            "\"number\": 1.50,",
            "\"odd\": \"\\ud800 \\u202e\",",
            "\"parent_id\": \"\",",
            "\"trace_id\": \"<trace 1>\",",
            "\"twice\": 1,",
            "\"twice\": 0,",
            "\"type\": \"custom\",",
            "\"zeros\": \"0000000000000000\"",
        ],
    );
}

/// A text that every step would change.
const ALL: &str = r#""start_time":1,"end_time":2,"name":"n","service":{"runtime_version":"3.11"},
    "aws":{"account_id":"123456789012","request_id":"4MMTVGKBRQ"},"http":{"request":{"url":"http://h.example:81/"}},
    "cause":{"exceptions":[{"stack":[{"path":"/srv","line":3}]}]}"#;

#[test]
fn each_step_can_be_left_out() {
    let document = format!(r#"{{"trace_id":"{TRACE}","id":"00000000000000a1",{ALL}}}"#);
    let trace = partial(&[document]);
    let kept = [
        (Step::Times, "\"start_time\": 1,"),
        (Step::Ids, "\"id\": \"00000000000000a1\""),
        (Step::RequestIds, "\"4MMTVGKBRQ\""),
        (Step::AccountIds, "\"123456789012\""),
        (Step::SdkVersions, "\"3.11\""),
        (Step::StackPaths, "\"/srv\""),
        (Step::StackLines, "\"line\": 3"),
        (Step::Hosts, "http://h.example:<port 1>/"),
        (Step::Ports, "http://<host 1>:81/"),
    ];
    assert_eq!(kept.map(|(step, _)| step), *Step::ALL);
    let normal = trace.normalized().to_string();
    let mut bare = trace.normalized();
    for (step, text) in kept {
        assert!(!normal.contains(text), "{step}: {normal}");
        let without = trace.normalized().without(step).to_string();
        assert!(without.contains(text), "{step}: {without}");
        assert_ne!(step.about(), "");
        bare = bare.without(step);
    }
    assert_eq!(bare.steps(), [] as [&str; 0]);
    assert!(!bare.to_string().contains('<'), "{bare}");
}

#[test]
fn steps_of_ones_own_come_first_and_in_order() {
    let document = format!(
        r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"n","metadata":{{"d":{{"build":7,"kept":[1,"x",{{"a~/b":1}}]}}}}}}"#
    );
    let trace = partial(&[document]);
    let normalized = trace
        .normalized()
        .drop_key("/metadata/*/build")
        .step("x", |pointer, value| {
            match (pointer, value.as_str().as_deref()) {
                ("/metadata/d/kept/1", Some("x")) => Edit::Text("at 10.0.0.1".to_owned()),
                ("/metadata/d/kept/2/a~0~1b", _) => Edit::Drop,
                _ => Edit::Keep,
            }
        })
        .step("late", |pointer, _| match pointer {
            "/metadata/d/kept/1" => Edit::Drop,
            _ => Edit::Keep,
        });
    assert_eq!(
        normalized.steps()[..4],
        ["drop /metadata/*/build", "x", "late", "times"]
    );
    assert_eq!(
        normalized.documents(),
        [concat!(
            r#"{"id":"<id 1>","metadata":{"d":{"kept":[1,"at <host 1>",{}]}},"name":"n","#,
            r#""trace_id":"<trace 1>"}"#
        )]
    );
}

#[test]
fn two_are_equal_where_their_texts_are() {
    let trace = |id: &str, name: &str| {
        partial(&[format!(r#"{{"trace_id":"t","id":"{id}","name":"{name}"}}"#)])
    };
    let (one, same, other) = (trace("a", "n"), trace("b", "n"), trace("a", "m"));
    assert_eq!(one.normalized(), same.normalized());
    assert_ne!(one.normalized(), other.normalized());
}

#[test]
fn a_short_id_is_no_word_of_other_texts() {
    let document = r#"{"trace_id":"t","id":"a","name":"a","metadata":{"d":"a b t"},"precursor_ids":["a","b"]}"#;
    assert_eq!(
        partial(&[document]).normalized().documents(),
        [concat!(
            r#"{"id":"<id 1>","metadata":{"d":"a b t"},"name":"a","precursor_ids":["<id 1>","<external 1>"],"#,
            r#""trace_id":"<trace 1>"}"#
        )]
    );
}

#[test]
fn embedded_and_on_its_own_is_the_same() {
    let segment = |inside: &str| {
        format!(r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api"{inside}}}"#)
    };
    let embedded = segment(r#","subsegments":[{"id":"00000000000000b1","name":"put"}]"#);
    let own = format!(
        r#"{{"id":"00000000000000b1","name":"put","type":"subsegment","trace_id":"{TRACE}","parent_id":"00000000000000a1"}}"#
    );
    let (one, other) = (partial(&[embedded]), partial(&[own, segment("")]));
    assert_eq!(one.normalized().to_string(), other.normalized().to_string());
}

#[test]
fn members_that_differ_in_their_keys_alone_are_sorted_by_reference() {
    let text = |ids: [&str; 2], hosts: [&str; 2]| {
        let [mut keys, mut addresses] = [ids, hosts];
        keys.sort_unstable();
        addresses.sort_unstable();
        let ([id, other], [one, two]) = (keys, addresses);
        let document = format!(
            r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api","metadata":{{"d":{{
                 "parts":{{"{id}":{{"{one}":[1],"{two}":[1]}},"{other}":{{"{one}":[1],"{two}":[1]}}}},"more":{{"{one}:80":1,"{two}:81":1}}}}}},
               "subsegments":[
                 {{"id":"{}","name":"first","http":{{"request":{{"url":"http://{}/"}}}}}},
                 {{"id":"{}","name":"second","http":{{"request":{{"url":"http://{}/"}}}}}}]}}"#,
            ids[0], hosts[0], ids[1], hosts[1]
        );
        let trace = partial(&[document]);
        let documents = trace.normalized().documents();
        let again = partial(&documents);
        assert_eq!(again.normalized().documents(), documents);
        documents.concat()
    };
    let (one, other) = ("00000000000000b1", "00000000000000b2");
    let expected = text([one, other], ["10.0.0.1", "10.0.0.2"]);
    let parts = r#""more":{"<host 1>:<port 1>":1,"<host 2>:<port 2>":1},"parts":{"<id 2>":{"<host 1>":[1],"<host 2>":[1]},"<id 3>":{"<host 1>":[1],"<host 2>":[1]}}"#;
    assert!(expected.contains(parts), "{expected}");
    assert_eq!(text([other, one], ["10.0.0.1", "10.0.0.2"]), expected);
    assert_eq!(text([other, one], ["10.0.0.2", "10.0.0.1"]), expected);
}

#[test]
fn deep_nesting_costs_no_stack() {
    let depth = 1_500;
    let open = r#"{"name":"s","subsegments":["#;
    let document = format!(
        r#"{{"trace_id":"t","name":"r","subsegments":[{}{}]}}"#,
        open.repeat(depth),
        "]}".repeat(depth)
    );
    assert_eq!(
        partial(&[document]).normalized().documents()[0]
            .matches("\"s\"")
            .count(),
        depth
    );
    let document = format!(
        r#"{{"trace_id":"t","metadata":{}{}}}"#,
        "[".repeat(4_000),
        "]".repeat(4_000)
    );
    assert_eq!(
        partial(&[document]).normalized().documents()[0]
            .matches('[')
            .count(),
        4_000
    );
}

#[test]
fn names_with_ports_and_ids_are_sorted_by_what_is_the_same_on_every_run() {
    let sent = |names: [&str; 2]| {
        let [one, other] = names;
        partial(&[format!(
            r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api","subsegments":[
                {{"id":"00000000000000b1","name":"{one}","annotations":{{"k":"x"}}}},
                {{"id":"00000000000000b2","name":"{other}","annotations":{{"k":"y"}}}}]}}"#
        )])
    };
    let ports = sent(["127.0.0.1:4001", "127.0.0.1:4002"]);
    let others = sent(["127.0.0.1:4002", "127.0.0.1:4001"]);
    assert_eq!(
        ports.normalized().to_string(),
        others.normalized().to_string()
    );
    // Where names are dropped, nothing is sorted by them.
    let (ports, others) = (sent(["p", "q"]), sent(["q", "p"]));
    assert_ne!(ports.normalized(), others.normalized());
    let nameless = |trace: &PartialTrace| trace.normalized().drop_key("/name").to_string();
    assert_eq!(nameless(&ports), nameless(&others));
}

#[test]
fn steps_of_ones_own_see_parents_that_nesting_tells() {
    let segment = |inside: &str| {
        format!(r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api"{inside}}}"#)
    };
    let embedded = segment(r#","subsegments":[{"id":"00000000000000b1","name":"put"}]"#);
    let own = format!(
        r#"{{"id":"00000000000000b1","name":"put","type":"subsegment","trace_id":"{TRACE}","parent_id":"00000000000000a1"}}"#
    );
    for trace in [partial(&[embedded]), partial(&[own.clone(), segment("")])] {
        assert_eq!(
            trace.normalized().drop_key("/parent_id").documents(),
            [concat!(
                r#"{"id":"<id 1>","name":"api","subsegments":[{"id":"<id 2>","name":"put"}],"#,
                r#""trace_id":"<trace 1>"}"#
            )]
        );
    }
    let alone = partial(&[own]);
    let alone = alone.normalized().drop_key("/trace_id").drop_key("/type");
    assert_eq!(
        alone.documents(),
        [r#"{"id":"<id 1>","name":"put","parent_id":"<external 1>"}"#]
    );
}

#[test]
fn rings_of_references_are_in_the_same_order_with_all_ids() {
    let rings = |rings: &[&[&str]]| {
        let inside: Vec<String> = rings
            .iter()
            .flat_map(|ring| {
                let next = ring.iter().cycle().skip(1);
                ring.iter().zip(next).map(|(id, next)| {
                    format!(
                        r#"{{"id":"00000000000000{id}","name":"x","precursor_ids":["00000000000000{next}"]}}"#
                    )
                })
            })
            .collect();
        let inside = inside.join(",");
        partial(&[format!(
            r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api","subsegments":[{inside}]}}"#
        )])
        .normalized()
        .to_string()
    };
    assert_eq!(
        rings(&[&["b1"], &["b2", "b3"]]),
        rings(&[&["b4"], &["b2", "b3"]])
    );
    assert_eq!(
        rings(&[&["b1", "b2", "b3"], &["c1", "c2", "c3", "c4"]]),
        rings(&[&["d1", "d2", "d3"], &["c1", "c2", "c3", "c4"]])
    );
    assert_ne!(
        rings(&[&["b1", "b2", "b3"], &["b4"]]),
        rings(&[&["b1", "b2"], &["b3", "b4"]])
    );
}

/// An entity of a trace that is made up, which knows others by their places.
#[derive(Clone, Debug)]
struct Made {
    name: String,
    parent: Option<usize>,
    /// Whether it is a subsegment in its parent, and not a segment that the parent called.
    is_inside: bool,
    precursors: Vec<usize>,
    /// The entity whose exception it refers to.
    cause: Option<usize>,
    mentions: Option<usize>,
    throws: bool,
}

/// How a trace is sent: what differs from run to run.
#[derive(Clone, Debug)]
struct Sent {
    ids: Vec<u64>,
    trace: u128,
    on_its_own: Vec<bool>,
    turn: usize,
    port: u16,
    start: u32,
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    let entity = (
        "[ab]",
        any::<Index>(),
        prop::bool::weighted(0.8),
        vec(any::<Index>(), 0..2),
        prop::option::weighted(0.2, any::<Index>()),
        prop::option::weighted(0.2, any::<Index>()),
        any::<bool>(),
    );
    vec(entity, 1..9).prop_map(|drawn| {
        let count = drawn.len();
        let of = |(place, (name, parent, is_inside, precursors, cause, mentions, throws)): (
            usize,
            (
                String,
                Index,
                bool,
                Vec<Index>,
                Option<Index>,
                Option<Index>,
                bool,
            ),
        )| Made {
            name,
            parent: (place > 0).then(|| parent.index(place.max(1))),
            is_inside: is_inside && place > 0,
            precursors: precursors.iter().map(|index| index.index(count)).collect(),
            cause: cause.map(|index| index.index(count)),
            mentions: mentions.map(|index| index.index(count)),
            throws,
        };
        drawn.into_iter().enumerate().map(of).collect()
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    let ids = proptest::collection::hash_set(1_u64.., 20).prop_map(|ids| ids.into_iter().collect());
    let sent = (
        ids,
        1_u128..,
        vec(any::<bool>(), 9),
        0..9_usize,
        1_024_u16..,
        any::<u32>(),
    );
    sent.prop_map(|(ids, trace, on_its_own, turn, port, start)| Sent {
        ids,
        trace,
        on_its_own,
        turn,
        port,
        start,
    })
}

impl Sent {
    fn id(&self, place: usize) -> String {
        format!("{:016x}", self.ids[place])
    }

    fn exception(&self, place: usize) -> String {
        format!("{:016x}", self.ids[10 + place])
    }

    fn documents(&self, made: &[Made]) -> Vec<String> {
        let mut documents: Vec<String> = (0..made.len())
            .filter(|place| !made[*place].is_inside || self.on_its_own[*place])
            .map(|place| self.document(made, place))
            .collect();
        let turn = self.turn % documents.len();
        documents.rotate_left(turn);
        if self.turn > 4 {
            documents.reverse();
        }
        documents
    }

    fn document(&self, made: &[Made], place: usize) -> String {
        let entity = &made[place];
        let trace = format!("{:032x}", self.trace);
        let trace = format!("1-{}-{}", &trace[..8], &trace[8..]);
        let start = u64::from(self.start) + place as u64 * u64::from(self.start % 7);
        let mut members = vec![
            format!(
                r#""id":"{}","start_time":{start},"end_time":{start}.5"#,
                self.id(place)
            ),
            format!(r#""name":"{}""#, entity.name),
            format!(
                r#""http":{{"request":{{"url":"http://127.0.0.1:{}/"}}}}"#,
                self.port
            ),
        ];
        let is_own = !entity.is_inside || self.on_its_own[place];
        if is_own {
            members.push(format!(r#""trace_id":"{trace}""#));
            if entity.is_inside {
                members.push(r#""type":"subsegment""#.to_owned());
            }
            let parent = entity.parent.map(|parent| self.id(parent));
            members.extend(parent.map(|parent| format!(r#""parent_id":"{parent}""#)));
        }
        if !entity.precursors.is_empty() {
            let ids = entity
                .precursors
                .iter()
                .map(|place| format!("\"{}\"", self.id(*place)));
            members.push(format!(
                r#""precursor_ids":[{}]"#,
                ids.collect::<Vec<_>>().join(",")
            ));
        }
        match entity.cause {
            Some(of) => members.push(format!(r#""cause":"{}""#, self.exception(of))),
            None if entity.throws => {
                members.push(format!(
                    r#""cause":{{"exceptions":[{{"id":"{}"}}]}}"#,
                    self.exception(place)
                ));
            }
            None => {}
        }
        if let Some(mentioned) = entity.mentions {
            members.push(format!(
                r#""metadata":{{"d":{{"header":"Root={trace};Parent={};Sampled=1"}}}}"#,
                self.id(mentioned)
            ));
        }
        let inside = (0..made.len()).filter(|child| {
            made[*child].parent == Some(place) && made[*child].is_inside && !self.on_its_own[*child]
        });
        let inside: Vec<String> = inside.map(|child| self.document(made, child)).collect();
        if !inside.is_empty() {
            members.push(format!(r#""subsegments":[{}]"#, inside.join(",")));
        }
        if self.turn % 2 == 1 {
            members.reverse();
        }
        format!("{{{}}}", members.join(","))
    }

    fn text(&self, made: &[Made]) -> String {
        partial(&self.documents(made)).normalized().to_string()
    }
}

/// The places in other order: a parent may come after its children.
fn moved(made: &[Made], by: usize) -> Vec<Made> {
    let count = made.len();
    let to = |place: usize| (place + by) % count;
    let mut moved = made.to_vec();
    for (place, entity) in made.iter().enumerate() {
        moved[to(place)] = Made {
            parent: entity.parent.map(to),
            precursors: entity.precursors.iter().map(|place| to(*place)).collect(),
            cause: entity.cause.map(to),
            mentions: entity.mentions.map(to),
            ..entity.clone()
        };
    }
    moved
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn other_ids_times_ports_and_orders_give_the_same_text(made in made(), one in sent(), other in sent(), by in 0..9_usize) {
        prop_assert_eq!(one.text(&made), other.text(&moved(&made, by)));
    }

    #[test]
    fn normalising_twice_changes_nothing(made in made(), sent in sent(), relative in any::<bool>()) {
        let trace = partial(&sent.documents(&made));
        let times = if relative { Times::Relative } else { Times::Drop };
        let normalized = trace.normalized().times(times);
        let again = partial(&normalized.documents());
        let again = again.normalized().times(times);
        prop_assert_eq!(again.to_string(), normalized.to_string());
    }

    #[test]
    fn another_parent_changes_the_text(made in made(), sent in sent(), which in any::<Index>(), to in any::<Index>()) {
        let mut made = made;
        // Twins would be the same whichever of them is the parent.
        for (place, entity) in made.iter_mut().enumerate() {
            entity.name = format!("n{place}");
        }
        let which = which.index(made.len());
        let below = |mut place: usize| loop {
            match made[place].parent {
                _ if place == which => return true,
                Some(parent) => place = parent,
                None => return false,
            }
        };
        let others = (0..made.len()).filter(|place| !below(*place) && made[which].parent != Some(*place));
        let others: Vec<usize> = others.collect();
        if made[which].parent.is_none() || others.is_empty() {
            return Ok(());
        }
        let to = others[to.index(others.len())];
        let before = sent.text(&made);
        made[which].parent = Some(to);
        prop_assert_ne!(sent.text(&made), before);
    }

    #[test]
    fn another_caller_or_precursor_or_cause_changes_the_text(made in made(), sent in sent(), which in any::<Index>(), to in any::<Index>()) {
        let mut made = made;
        for (place, entity) in made.iter_mut().enumerate() {
            entity.name = format!("n{place}");
        }
        let (which, to) = (which.index(made.len()), to.index(made.len()));
        let before = sent.text(&made);
        let precursors = vec![to];
        if made[which].precursors == precursors {
            return Ok(());
        }
        made[which].precursors = precursors;
        prop_assert_ne!(sent.text(&made), before);
    }
}
