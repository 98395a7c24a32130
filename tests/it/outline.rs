//! Outlines: their grammar, and that they can be read back.

use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use xray_phantom::json::{Document, write_text};
use xray_phantom::trace::{Arrival, ExternalParents, PartialTrace, assemble};

/// The one trace of these documents.
fn partial(documents: &[impl AsRef<str>]) -> PartialTrace {
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(text.as_ref()).unwrap()),
    });
    let mut traces = assemble(arrivals, &ExternalParents::none()).traces;
    assert_eq!(traces.len(), 1);
    traces.remove(0)
}

/// A segment with these members beside those that each has.
fn segment(members: &str) -> String {
    format!(r#"{{"trace_id":"t","id":"00000000000000a1","start_time":1,"end_time":3.5,{members}}}"#)
}

#[track_caller]
fn check(members: &str, expected: &str) {
    let trace = partial(&[segment(members)]).complete().unwrap();
    assert_eq!(trace.outline(), expected);
}

#[test]
fn a_line_tells_each_field() {
    check(
        r#""name":"DynamoDB","aws":{"operation":"PutItem","table_name":"Orders","retries":2,"request_id":"r"},
           "http":{"response":{"status":400}},"error":true,"throttle":true,
           "cause":{"exceptions":[{"type":"ThrottlingException"},{"type":"other"}]},
           "annotations":{"tenant":"t1","order_id":"o-1"}"#,
        "DynamoDB PutItem Orders (retries 2) 400 ERROR THROTTLE ThrottlingException {order_id: o-1, tenant: t1}",
    );
    check(
        r#""name":"api","http":{"request":{"method":"GET","url":"https://api.example.com:8443/orders/7?page=2#top"},
           "response":{"status":503}},"fault":true"#,
        "api GET /orders/7 503 FAULT",
    );
}

#[test]
fn a_status_of_success_and_no_retries_are_not_told() {
    check(
        r#""name":"api","http":{"response":{"status":204}},"aws":{"retries":0},"fault":false,"annotations":{}"#,
        "api",
    );
    check(
        r#""name":"api","http":{"response":{"status":302}}"#,
        "api 302",
    );
}

#[test]
fn the_name_of_what_is_called_is_without_region_and_account() {
    let call = |resource: &str| format!(r#""name":"AWS","aws":{{"operation":"Send",{resource}}}"#);
    check(
        &call(r#""queue_url":"https://sqs.us-east-1.amazonaws.com/123456789012/orders""#),
        "AWS Send orders",
    );
    check(
        &call(r#""topic_arn":"arn:aws:sns:us-east-1:123456789012:placed""#),
        "AWS Send placed",
    );
    check(
        &call(r#""table_names":["Users","Orders"]"#),
        "AWS Send Users Orders",
    );
    check(
        &call(r#""table_names":"dict_keys(['Users', 'Orders'])""#),
        "AWS Send Users Orders",
    );
    check(&call(r#""queue_url":"odd/""#), "AWS Send odd/");
    check(r#""name":"AWS","aws":{"bucket_name":"b"}"#, "AWS ? b");
}

#[test]
fn numbers_are_sorted_by_their_value() {
    let names = [
        "s-10", "s-9", "s-1", "s-1x", "s-100", "s", "s-", "9", "10", "s-2b", "s-2a3", "s-2a12",
        "s-07",
    ];
    let children: Vec<String> = names
        .iter()
        .zip(1..)
        .map(|(name, id)| {
            format!(r#"{{"id":"b{id}","name":"{name}","start_time":1,"end_time":2}}"#)
        })
        .collect();
    check(
        &format!(r#""name":"api","subsegments":[{}]"#, children.join(",")),
        "api\n  9\n  10\n  s\n  s-\n  s-1\n  s-1x\n  s-2a3\n  s-2a12\n  s-2b\n  s-9\n  s-07\n  s-10\n  s-100",
    );
}

#[test]
fn a_path_is_told_from_any_url() {
    let url =
        |url: &str| format!(r#""name":"a","http":{{"request":{{"method":"GET","url":"{url}"}}}}"#);
    check(&url("http://127.0.0.1:4000"), "a GET /");
    check(&url("http://127.0.0.1:4000?a=/b"), "a GET /");
    check(&url("/a b"), "a GET /a\\u{20}b");
    check(&url("orders"), "a GET ./orders");
    check(
        &url("/fetch/https://example.com/x"),
        "a GET /fetch/https://example.com/x",
    );
    check(
        r#""name":"a","http":{"request":{"method":"GET"}}"#,
        "a GET ?",
    );
    check(r#""name":"a","http":{"request":{"url":"/x"}}"#, "a ? /x");
}

#[test]
fn an_exception_without_a_flag_is_told_from_an_operation() {
    let cause = r#""name":"parse","cause":{"exceptions":[{"type":"ParseIntError"}]}"#;
    check(cause, "parse CAUSE ParseIntError");
    check(
        &format!(r#"{cause},"fault":true"#),
        "parse FAULT ParseIntError",
    );
    check(
        r#""name":"parse","fault":true,"cause":"00000000000000b1""#,
        "parse FAULT",
    );
}

#[test]
fn no_name_and_an_empty_one_differ_from_all_others() {
    check(r#""user":"u""#, "<no name>");
    check(r#""name":"""#, "\"\"");
    check(r#""name":"<no name>""#, "\"<no name>\"");
    check(r#""name":"a\\u0041 \ud800""#, "\"a\\\\u0041 \\ud800\"");
    check(r#""name":"\ud800""#, "\"\\ud800\"");
    check(r#""name":"\ufffd""#, "\u{fffd}");
}

#[test]
fn what_is_missing_stands_behind_the_entity_that_lacks_it() {
    let open = segment(r#""name":"api","in_progress":true"#);
    let orphan = r#"{"trace_id":"t","type":"subsegment","id":"b1","parent_id":"zz","name":"put","start_time":1}"#;
    assert_eq!(
        partial(&[&open, orphan]).outline(),
        "api <- never-closed\nput <- orphan, never-closed"
    );
}

#[test]
fn durations_order_and_metadata_are_added_on_request() {
    let child = |id: u8, name: &str, start: f64, metadata: &str| {
        format!(
            r#"{{"id":"00000000000000b{id}","name":"{name}","start_time":{start},"end_time":3,"metadata":{metadata}}}"#
        )
    };
    let children = [
        child(1, "c", 2.0, "{}"),
        child(
            2,
            "b",
            1.5,
            r#"{"default":{"z":[1.50,null],"a":"x\n\u202e"}}"#,
        ),
        child(3, "a", 1.5, "7"),
    ];
    let document = segment(&format!(
        r#""name":"api","subsegments":[{}]"#,
        children.join(",")
    ));
    let trace = partial(&[document]).complete().unwrap();
    assert_eq!(trace.outline(), "api\n  a\n  b\n  c");
    assert_eq!(
        trace.outlined().in_order().to_string(),
        "api\n  a\n  b\n  c"
    );
    assert_eq!(
        trace.outlined().durations().to_string(),
        "api [2.50 s]\n  a [1.50 s]\n  b [1.50 s]\n  c [1.00 s]"
    );
    assert_eq!(
        format!("{:?}", trace.outlined().metadata()),
        "api\n  a\n  b metadata={\"default\":{\"a\":\"x\\n\\u202e\",\"z\":[1.50,null]}}\n  c"
    );
    let late = document_with_late_first();
    let trace = partial(&[late]).complete().unwrap();
    assert_eq!(trace.outline(), "api\n  a\n  z");
    assert_eq!(trace.outlined().in_order().to_string(), "api\n  z\n  a");
}

fn document_with_late_first() -> String {
    segment(
        r#""name":"api","subsegments":[{"id":"b1","name":"a","start_time":2,"end_time":3},
           {"id":"b2","name":"z","start_time":1,"end_time":2}]"#,
    )
}

/// What a line tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    name: Option<String>,
    operation: Option<String>,
    tables: Vec<String>,
    method: Option<String>,
    path: Option<String>,
    retries: Option<u32>,
    status: Option<i64>,
    error: bool,
    fault: bool,
    throttle: bool,
    exception: Option<String>,
    annotations: Vec<(String, Annotation)>,
    children: Vec<Told>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Annotation {
    /// A number, a boolean, null, an array or an object, as JSON.
    Json(String),
    Text(String),
}

/// Any text, often one that looks like a part of a line.
fn text() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "",
        " ",
        "a b",
        "FAULT",
        "CAUSE",
        "?",
        "404",
        "-1",
        "+7",
        "(retries 2)",
        "<no name>",
        "<- orphan",
        "/x",
        "./x",
        "{a: 1}",
        "a\n  b",
        "a\r\n",
        "\"q\"",
        "\"",
        "\\",
        "\\n",
        "\\u{20}",
        "metadata={}",
        "true",
        "null",
        "1e5",
        "1.50",
        "-",
        "[1 s]",
        "[1.00 s]",
        "a, b: c",
        "x}",
        "\u{202e}",
        "é",
        "e\u{301}",
        "\u{a0}",
        " lead",
        "trail ",
        "'",
        "http://x/y",
        "\u{85}\u{2028}",
        "\u{1f600}",
    ];
    prop_oneof![
        3 => "[a-zA-Z][a-zA-Z0-9_.:-]{0,8}",
        3 => select(ODD).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => "[ \"{}\\[\\]:,?/<>()\\\\\n\ta1-]{0,8}",
    ]
}

fn annotation() -> impl Strategy<Value = Annotation> {
    let json = select(
        &[
            "1",
            "1.50",
            "-2e7",
            "true",
            "null",
            "[1, \"}, x: \\\"\"]",
            "{\"a\": \"b\"}",
        ][..],
    );
    prop_oneof![
        text().prop_map(Annotation::Text),
        json.prop_map(|json| Annotation::Json(json.to_owned())),
    ]
}

/// An entity, and what is below it.
fn told() -> impl Strategy<Value = Told> {
    let path = text().prop_map(|text| {
        let text: String = text.chars().filter(|sign| !"?#".contains(*sign)).collect();
        text.replace("://", "")
    });
    let call = (option::of(text()), vec(text(), 0..3));
    let request = (option::of(text()), option::of(path));
    let status = select(&[100, 199, 300, 404, 503, -7][..]);
    let failure = (any::<[bool; 3]>(), option::of(text()));
    let counts = (option::of(1..9_u32), option::of(status));
    let line = (
        option::of(text()),
        call,
        request,
        counts,
        failure,
        btree_map(text(), annotation(), 0..3),
    );
    let line = line.prop_map(
        |(name, call, request, counts, (flags, exception), annotations)| Told {
            name,
            operation: call.0,
            tables: call.1,
            method: request.0,
            path: request.1,
            retries: counts.0,
            status: counts.1,
            error: flags[0],
            fault: flags[1],
            throttle: flags[2],
            exception,
            annotations: annotations.into_iter().collect(),
            children: Vec::new(),
        },
    );
    line.prop_recursive(3, 12, 4, |inner| {
        (inner.clone(), vec(inner, 0..4)).prop_map(|(mut told, children)| {
            told.children = children;
            told
        })
    })
}

impl Told {
    /// The document of it; `id` is that of the entity, and then the next that is free.
    fn json(&self, id: &mut u32, start: u32) -> String {
        let string = |text: &str| {
            let mut json = String::new();
            write_text(&mut json, text);
            json
        };
        let mut members = vec![format!(
            r#""trace_id":"t","id":"{id:016x}","start_time":{start},"end_time":9"#
        )];
        *id += 1;
        members.extend(
            self.name
                .iter()
                .map(|name| format!(r#""name":{}"#, string(name))),
        );
        let mut aws: Vec<String> = Vec::new();
        aws.extend(
            self.operation
                .iter()
                .map(|text| format!(r#""operation":{}"#, string(text))),
        );
        aws.extend(
            self.retries
                .map(|retries| format!(r#""retries":{retries}"#)),
        );
        let tables: Vec<String> = self.tables.iter().map(|text| string(text)).collect();
        aws.push(format!(r#""table_names":[{}]"#, tables.join(",")));
        members.push(format!(r#""aws":{{{}}}"#, aws.join(",")));
        let mut request: Vec<String> = Vec::new();
        request.extend(
            self.method
                .iter()
                .map(|text| format!(r#""method":{}"#, string(text))),
        );
        request.extend(self.path.iter().map(|path| {
            let host = if path.starts_with('/') {
                "http://h:80"
            } else {
                ""
            };
            format!(r#""url":{}"#, string(&format!("{host}{path}?q=/#f")))
        }));
        let status = self
            .status
            .map_or("200".to_owned(), |status| status.to_string());
        members.push(format!(
            r#""http":{{"request":{{{}}},"response":{{"status":{status}}}}}"#,
            request.join(",")
        ));
        members.push(format!(
            r#""error":{},"fault":{},"throttle":{}"#,
            self.error, self.fault, self.throttle
        ));
        members.extend(
            self.exception
                .iter()
                .map(|text| format!(r#""cause":{{"exceptions":[{{"type":{}}}]}}"#, string(text))),
        );
        let annotations = self.annotations.iter().map(|(key, value)| match value {
            Annotation::Json(json) => format!("{}:{json}", string(key)),
            Annotation::Text(text) => format!("{}:{}", string(key), string(text)),
        });
        members.push(format!(
            r#""annotations":{{{}}}"#,
            annotations.collect::<Vec<_>>().join(",")
        ));
        let children: Vec<String> = self
            .children
            .iter()
            .map(|child| child.json(id, start + 1))
            .collect();
        members.push(format!(r#""subsegments":[{}]"#, children.join(",")));
        format!("{{{}}}", members.join(","))
    }

    /// Siblings in order of what they tell.
    fn sorted(mut self) -> Told {
        self.children = self.children.into_iter().map(Told::sorted).collect();
        self.children.sort();
        self
    }
}

/// Reads an outline by its grammar.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A word between quotes, or up to one of these signs.
    fn word(&mut self, ends: impl Fn(&str) -> bool) -> String {
        let mut word = String::new();
        let quoted = self.eat("\"");
        loop {
            if quoted && self.eat("\"") {
                return word;
            }
            if self.rest.is_empty() || !quoted && ends(self.rest) {
                assert!(!quoted && !word.is_empty(), "an unquoted word is not empty");
                return word;
            }
            word.push(self.sign());
        }
    }

    fn sign(&mut self) -> char {
        let sign = self.rest.chars().next().unwrap();
        self.rest = &self.rest[sign.len_utf8()..];
        if sign != '\\' {
            assert!(!sign.is_control());
            return sign;
        }
        for (escape, sign) in [
            ("\\", '\\'),
            ("\"", '"'),
            ("n", '\n'),
            ("r", '\r'),
            ("t", '\t'),
            ("0", '\0'),
        ] {
            if self.eat(escape) {
                return sign;
            }
        }
        assert!(self.eat("u{"));
        let (digits, rest) = self.rest.split_once('}').unwrap();
        self.rest = rest;
        char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap()
    }

    fn plain(&mut self) -> String {
        self.word(|rest| rest.starts_with(' '))
    }

    fn line(mut self) -> Told {
        let mut told = Told::default();
        if !self.eat("<no name>") {
            told.name = Some(self.plain());
        }
        // Words up to the first thing that no word is; a path, or none, ends a request.
        let mut words: Vec<Option<String>> = Vec::new();
        while let Some(rest) = self.rest.strip_prefix(' ') {
            let token = rest.split(' ').next().unwrap();
            let stops = ["(retries", "ERROR", "FAULT", "THROTTLE", "CAUSE"].contains(&token)
                || token.parse::<i64>().is_ok()
                || rest.starts_with('{');
            if stops {
                break;
            }
            self.rest = rest;
            if token == "?" {
                self.eat("?");
                words.push(None);
            } else if rest.starts_with(['/', '.'])
                && !rest.starts_with(".\"")
                && (rest.starts_with('/') || rest.starts_with("./"))
            {
                let path = self.plain();
                told.path = Some(path.strip_prefix("./").map_or(path.clone(), str::to_owned));
                told.method = words.pop().unwrap();
                break;
            } else {
                words.push(Some(self.plain()));
            }
        }
        // `GET ?`: the last one stands for a URL that there is not.
        if told.path.is_none() && words.len() > 1 && words.last() == Some(&None) {
            words.pop();
            told.method = words.pop().unwrap();
        }
        let mut words = words.into_iter();
        told.operation = words.next().flatten();
        told.tables = words.map(Option::unwrap).collect();
        if self.eat(" (retries ") {
            let (retries, rest) = self.rest.split_once(')').unwrap();
            told.retries = Some(retries.parse().unwrap());
            self.rest = rest;
        }
        let status = self
            .rest
            .strip_prefix(' ')
            .and_then(|rest| rest.split(' ').next());
        if let Some(status) = status.and_then(|token| token.parse().ok()) {
            told.status = Some(status);
            self.rest = &self.rest[1 + status.to_string().len()..];
        }
        told.error = self.eat(" ERROR");
        told.fault = self.eat(" FAULT");
        told.throttle = self.eat(" THROTTLE");
        self.eat(" CAUSE");
        if !self.rest.is_empty() && !self.rest.starts_with(" {") {
            assert!(self.eat(" "));
            told.exception = Some(self.plain());
        }
        if self.eat(" {") {
            loop {
                let key = self.word(|rest| rest.starts_with(": "));
                assert!(self.eat(": "));
                told.annotations.push((key, self.annotation()));
                if self.eat("}") {
                    break;
                }
                assert!(self.eat(", "));
            }
        }
        assert_eq!(self.rest, "");
        told
    }

    fn annotation(&mut self) -> Annotation {
        let mut values =
            serde_json::Deserializer::from_str(self.rest).into_iter::<serde_json::Value>();
        if !self.rest.starts_with('"')
            && let Some(Ok(_)) = values.next()
        {
            let end = values.byte_offset();
            if [", ", "}"]
                .iter()
                .any(|sign| self.rest[end..].starts_with(sign))
            {
                let json = self.rest[..end].to_owned();
                self.rest = &self.rest[end..];
                return Annotation::Json(json);
            }
        }
        Annotation::Text(self.word(|rest| rest.starts_with([',', '}'])))
    }
}

/// Reads the lines that are so deep, and what is below them.
fn read(lines: &mut std::iter::Peekable<std::str::Lines<'_>>, depth: usize) -> Vec<Told> {
    let mut siblings = Vec::new();
    while let Some(line) =
        lines.next_if(|line| line.len() - line.trim_start_matches(' ').len() == 2 * depth)
    {
        let mut told = Reader {
            rest: &line[2 * depth..],
        }
        .line();
        told.children = read(lines, depth + 1);
        siblings.push(told);
    }
    siblings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_an_outline_shows_can_be_read_back(told in told()) {
        let document = told.json(&mut 1, 1);
        let trace = partial(&[&document]).complete().unwrap();
        let outline = trace.outline();
        let mut lines = outline.lines().peekable();
        let siblings: Vec<Told> = read(&mut lines, 0).into_iter().map(Told::sorted).collect();
        prop_assert_eq!(lines.next(), None);
        prop_assert_eq!(siblings, [told.sorted()], "{}", outline);
    }

    #[test]
    fn an_outline_does_not_depend_on_ids_and_order(told in told(), ids in any::<u16>()) {
        let straight = partial(&[told.json(&mut 1, 1)]).complete().unwrap();
        let mut turned = told;
        turn(&mut turned);
        let turned = partial(&[turned.json(&mut ids.into(), 2)]).complete().unwrap();
        prop_assert_eq!(straight.outline(), turned.outline());
    }
}

/// Puts all siblings the other way round.
fn turn(told: &mut Told) {
    told.children.reverse();
    told.annotations.reverse();
    told.children.iter_mut().for_each(turn);
}
