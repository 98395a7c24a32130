//! Scripts as JSON: read, written, and held against their schema.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use xray_phantom::{Attribute, Cancellation, DynamoRequest, MockDynamo, Reply};

use crate::support::Folder;

/// A script with one rule for this operation and these replies.
fn script(on: &str, replies: &Value) -> Value {
    json!({"version": 1, "rules": [{"on": on, "replies": replies}]})
}

/// What a script says of a rule, as code says it.
type Say = fn(xray_phantom::Rule) -> xray_phantom::Rule;

/// Every reply, as a script has it, and as code has it.
#[expect(clippy::too_many_lines, reason = "a table")]
fn replies() -> Vec<(&'static str, Value, Say)> {
    vec![
        ("PutItem", json!({"reply": "ok"}), |rule| rule.then_ok()),
        (
            "PutItem",
            json!({"reply": "ok", "body": {"a": [1, 2.50]}}),
            |rule| rule.then_body(r#"{"a":[1,2.5]}"#),
        ),
        (
            "GetItem",
            json!({"reply": "item", "item": {"id": {"S": "a"}}}),
            |rule| rule.then_item([("id", Attribute::from("a"))]),
        ),
        ("GetItem", json!({"reply": "no_item"}), |rule| {
            rule.then_no_item()
        }),
        (
            "Query",
            json!({"reply": "items", "items": [{"id": {"S": "a"}}]}),
            |rule| rule.then_items([[("id", Attribute::from("a"))]]),
        ),
        (
            "Scan",
            json!({"reply": "pages", "key": ["id"], "size": 1, "items": [{"id": {"S": "a"}}, {"id": {"S": "b"}}]}),
            |rule| {
                rule.then_pages(
                    ["id"],
                    1,
                    ["a", "b"].map(|id| [("id", Attribute::from(id))]),
                )
            },
        ),
        (
            "BatchWriteItem",
            json!({"reply": "unprocessed", "count": 2}),
            |rule| rule.unprocessed(2),
        ),
        (
            "BatchWriteItem",
            json!({"reply": "unprocessed", "count": 0}),
            |rule| rule.unprocessed(0),
        ),
        (
            "PutItem",
            json!({"reply": "raw", "status": 200, "text": " {} "}),
            |rule| rule.then(Reply::ok(" {} ")),
        ),
        (
            "PutItem",
            json!({"reply": "error", "status": 400, "code": "X", "message": "y", "slow_millis": 0.000_001}),
            |rule| {
                let nanosecond = std::time::Duration::from_nanos(1);
                rule.then(Reply::error(400, "X", "y").after(nanosecond))
            },
        ),
        (
            "PutItem",
            json!({"reply": "throttle", "times": 2}),
            |rule| rule.throttle(2),
        ),
        (
            "PutItem",
            json!({"reply": "throttle_on_demand", "times": "forever"}),
            |rule| rule.throttle_on_demand(1).repeated(),
        ),
        (
            "PutItem",
            json!({"reply": "request_limit_exceeded"}),
            |rule| rule.then(Reply::request_limit_exceeded()),
        ),
        (
            "PutItem",
            json!({"reply": "internal_error", "retry_after_millis": 7}),
            |rule| {
                rule.then(
                    Reply::internal_error().with_retry_after(std::time::Duration::from_millis(7)),
                )
            },
        ),
        ("PutItem", json!({"reply": "not_found"}), |rule| {
            rule.not_found()
        }),
        (
            "PutItem",
            json!({"reply": "conditional_check_failed"}),
            |rule| rule.conditional_check_failed(),
        ),
        (
            "PutItem",
            json!({"reply": "conditional_check_failed", "item": {"id": {"S": "a"}}}),
            |rule| rule.conditional_check_failed_with([("id", Attribute::from("a"))]),
        ),
        (
            "PutItem",
            json!({"reply": "validation_error", "message": "no"}),
            |rule| rule.validation_error("no"),
        ),
        (
            "TransactWriteItems",
            json!({"reply": "transaction_cancelled", "reasons": ["None", {"code": "X", "message": "y", "item": {"id": {"S": "a"}}}]}),
            |rule| {
                let x = Cancellation::new("X")
                    .with_message("y")
                    .with_item([("id", Attribute::from("a"))]);
                rule.transaction_cancelled([Cancellation::none(), x])
            },
        ),
        (
            "PutItem",
            json!({"reply": "error", "status": 403, "code": "AccessDeniedException", "message": "no"}),
            |rule| rule.then(Reply::error(403, "AccessDeniedException", "no")),
        ),
        (
            "PutItem",
            json!({"reply": "raw", "status": 502, "text": "<html>"}),
            |rule| rule.then(Reply::new(502, "<html>")),
        ),
        ("PutItem", json!({"reply": "garbage"}), |rule| {
            rule.garbage()
        }),
        ("PutItem", json!({"reply": "hang"}), |rule| rule.hang()),
        ("PutItem", json!({"reply": "refuse"}), |rule| rule.refuse()),
        ("PutItem", json!({"reply": "reset"}), |rule| rule.reset()),
        (
            "PutItem",
            json!({"reply": "ok", "slow_millis": 1.5, "wrong_crc": true}),
            |rule| {
                rule.then_ok()
                    .slow(std::time::Duration::from_micros(1_500))
                    .wrong_crc()
            },
        ),
    ]
}

/// The answers to three requests, with how they come.
fn answers(dynamo: &MockDynamo, on: &str) -> Vec<String> {
    let body =
        r#"{"TableName": "Orders", "RequestItems": {"Orders": [{"a": 1}, {"a": 2}, {"a": 3}]}}"#;
    let answers = (0..3).map(|_| match dynamo.handle(DynamoRequest::new(on, body)) {
        Ok(reply) => format!("{reply:?}"),
        Err(_) => "no more".to_owned(),
    });
    let answers = answers.collect();
    drop(dynamo.verify());
    answers
}

#[test]
fn each_reply_of_a_script_is_that_of_the_code_and_is_written_as_it_was_read() {
    for (on, reply, code) in replies() {
        let text = script(on, &json!([reply])).to_string();
        let by_code = MockDynamo::new();
        code(by_code.on(on));
        let by_script = MockDynamo::from_script(&text).unwrap();
        let written = by_script.script().unwrap();
        let again = MockDynamo::from_script(&written).unwrap();
        let from_code = MockDynamo::from_script(&by_code.script().unwrap()).unwrap();
        assert_eq!(again.script().unwrap(), written);
        let expected = answers(&by_code, on);
        for other in [by_script, again, from_code] {
            assert_eq!(answers(&other, on), expected, "{text}");
        }
    }
}

#[test]
fn a_whole_script_is_written_for_readers() {
    let dynamo = MockDynamo::new().back_off(std::time::Duration::from_micros(2_500));
    dynamo
        .on("PutItem")
        .table("Orders")
        .key("id", "a")
        .matching(r#"{"ReturnValues": "ALL_OLD"}"#)
        .rendezvous_at("both", 2)
        .throttle(2)
        .then_ok();
    dynamo
        .on("ListTables")
        .rendezvous(3)
        .then_body(r#"{"TableNames":[]}"#)
        .repeated();
    let expected = r#"{
  "version": 1,
  "back_off_millis": 2.5,
  "rules": [
    {"on":"PutItem","table":"Orders","key":{"id":{"S":"a"}},"matching":[{"ReturnValues": "ALL_OLD"}],"rendezvous":{"calls":2,"name":"both"},"replies":[
      {"reply":"throttle","times":2},
      {"reply":"ok"}]},
    {"on":"ListTables","rendezvous":{"calls":3},"replies":[
      {"reply":"ok","body":{"TableNames":[]},"times":"forever"}]}
  ]
}
"#;
    assert_eq!(dynamo.script().unwrap(), expected);
    let again = MockDynamo::from_script(expected).unwrap();
    assert_eq!(again.script().unwrap(), expected);
    drop((dynamo.verify(), again.verify()));
}

/// Any duration, most of them short.
fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0_u64..3_000_000_000).prop_map(Duration::from_nanos),
        (any::<u64>(), 0_u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos)),
    ]
}

/// Any reply that can be made.
fn reply() -> impl Strategy<Value = Reply> {
    let body = prop_oneof![
        Just("{}".to_owned()),
        Just(r#" {"__type": "a#B", "message": "c"}"#.to_owned()),
        Just(r#"{"__type":"com.amazonaws.dynamodb.v20120810#B","message":"c"}"#.to_owned()),
        Just(r#"{"a":1,"a":[1.50]}"#.to_owned()),
        Just(r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","Item":5,"message":"The conditional request failed"}"#.to_owned()),
        Just(r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"A","Item":{"a":{"X":1}}}],"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [A]"}"#.to_owned()),
        ".{0,12}",
    ];
    let made = prop_oneof![
        (prop_oneof![any::<u16>(), Just(400)], body)
            .prop_map(|(status, body)| Reply::new(status, body)),
        (any::<u16>(), ".{0,8}", ".{0,8}")
            .prop_map(|(status, code, message)| Reply::error(status, &code, &message)),
        (".{0,8}", ".{0,8}").prop_map(|(name, text)| Reply::item([(name, Attribute::from(text))])),
        (0_usize..3, ".{0,8}").prop_map(|(count, code)| {
            Reply::transaction_cancelled((0..count).map(|_| Cancellation::new(code.clone())))
        }),
        Just(Reply::hang()),
        Just(Reply::refused()),
        Just(Reply::reset()),
        Just(Reply::garbage()),
        Just(Reply::throttled()),
    ];
    let options = (
        proptest::option::of(duration()),
        proptest::option::of(duration()),
        any::<bool>(),
    );
    (made, options).prop_map(|(mut reply, (retry_after, delay, wrong_crc))| {
        if let Some(pause) = retry_after {
            reply = reply.with_retry_after(pause);
        }
        if let Some(delay) = delay {
            reply = reply.after(delay);
        }
        if wrong_crc {
            reply.with_wrong_crc()
        } else {
            reply
        }
    })
}

proptest! {
    #[test]
    fn whatever_is_built_is_written_and_read_back(
        replies in proptest::collection::vec((reply(), 0_usize..4), 1..4),
        undone in 0_usize..3,
        calls in 0_usize..4,
        name in proptest::option::of(".{0,4}"),
        slow in proptest::option::of(duration()),
        back_off in duration(),
    ) {
        let dynamo = MockDynamo::new().back_off(back_off);
        let mut rule = dynamo.on("BatchWriteItem").key("id", "a").unprocessed(undone);
        rule = match &name {
            Some(name) => rule.rendezvous_at(name, calls),
            None => rule.rendezvous(calls),
        };
        for (reply, times) in replies {
            rule = rule.then(reply).times(times);
        }
        if let Some(slow) = slow {
            rule.slow(slow);
        }
        let written = dynamo.script().unwrap();
        let again = MockDynamo::from_script(&written);
        drop(dynamo.verify());
        let again = again.unwrap();
        let twice = again.script().unwrap();
        drop(again.verify());
        prop_assert_eq!(&twice, &written);
        // And it answers the same.
        let body = r#"{"RequestItems": {"Orders": [{"PutRequest": {"Item": {"id": {"S": "a"}}}}]}}"#;
        loop {
            let request = || DynamoRequest::new("BatchWriteItem", body);
            let (one, other) = (dynamo.handle(request()), again.handle(request()));
            prop_assert_eq!(one.as_ref().ok(), other.as_ref().ok());
            if one.is_err() {
                break;
            }
        }
        drop((dynamo.verify(), again.verify()));
        #[cfg(feature = "schema")]
        {
            let schema = serde_json::from_str(include_str!("../../schemas/dynamodb-script.schema.json"));
            let validator = jsonschema::draft202012::new(&schema.unwrap()).unwrap();
            let written: Value = serde_json::from_str(&written).unwrap();
            prop_assert!(validator.is_valid(&written), "{}", written);
        }
    }
}

#[test]
fn a_body_that_is_no_object_is_no_pattern() {
    let dynamo = MockDynamo::new();
    let error = dynamo
        .on("Scan")
        .try_matching("[1]")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "invalid body `[1]`: expected an object, as every body is"
    );
    drop(dynamo.verify());
}

#[test]
fn what_is_the_programs_own_code_is_no_script() {
    let dynamo = MockDynamo::new();
    let line = line!() + 1;
    dynamo.on("PutItem").then_with(|_| Reply::ok("{}"));
    assert_eq!(
        dynamo.script().unwrap_err().to_string(),
        format!(
            "the rule for PutItem made at tests/it/dynamodb_script.rs:{line}:12 answers with the program's own code, \
             which is no JSON"
        )
    );
    drop(dynamo.verify());
    let engine = MockDynamo::new().otherwise(|_| Reply::ok("{}"));
    let error = engine.script().unwrap_err().to_string();
    assert_eq!(
        error,
        "what no rule answers goes to the program's own code, which is no JSON"
    );
}

#[test]
fn what_is_no_script_is_named_with_its_place() {
    let rule = |rule: Value| json!({"version": 1, "rules": [rule]});
    for (text, expected) in [
        (json!([]).to_string(), "the script at its top: expected an object"),
        (r#"{"version": 1, "rules": [], "rules": []}"#.to_owned(), "the script at /rules: it is said twice"),
        (r#"{"version": 1, "rules": [{"on": "PutItem", "on": "GetItem", "replies": []}]}"#.to_owned(), "the script at /rules/0/on: it is said twice"),
        (r#"{"version": 1, "rules": [{"on": "PutItem", "replies": [{"reply": "ok", "reply": "hang"}]}]}"#.to_owned(),
         "the script at /rules/0/replies/0/reply: it is said twice"),
        (json!({"$schema": 1, "version": 1, "rules": []}).to_string(), "the script at /$schema: expected a string"),
        (json!({"rules": []}).to_string(), "the script at its top: expected a member `version`"),
        (json!({"version": 2, "rules": []}).to_string(), "the script at /version: expected version 1"),
        (json!({"version": 1}).to_string(), "the script at its top: expected a member `rules`"),
        (json!({"version": 1, "rule": []}).to_string(), "the script at /rule: there is no such member; the nearest is `rules`"),
        (json!({"version": 1, "rules": {}}).to_string(), "the script at /rules: expected an array"),
        (json!({"version": 1, "back_off_millis": -1, "rules": []}).to_string(), "the script at /back_off_millis: expected a number of milliseconds"),
        (rule(json!({"replies": []})).to_string(), "the script at /rules/0: expected a member `on`"),
        (rule(json!({"on": "PutItems", "replies": []})).to_string(),
         "the script at /rules/0/on: invalid operation `PutItems`: DynamoDB has no such operation; the nearest is `PutItem`"),
        (rule(json!({"on": "PutItem", "tables": "x", "replies": []})).to_string(), "the script at /rules/0/tables: there is no such member; the nearest is `table`"),
        (rule(json!({"on": "PutItem"})).to_string(), "the script at /rules/0: expected a member `replies`"),
        (rule(json!({"on": "PutItem", "matching": 1, "replies": []})).to_string(), "the script at /rules/0/matching: expected an object"),
        (rule(json!({"on": "PutItem", "rendezvous": {"calls": 0}, "replies": []})).to_string(),
         "the script at /rules/0/rendezvous/calls: expected a whole number from 1"),
        (script("PutItem", &json!([{}])).to_string(), "the script at /rules/0/replies/0: expected a member `reply`"),
        (script("PutItem", &json!([{"reply": "throtle"}])).to_string(),
         "the script at /rules/0/replies/0/reply: there is no reply `throtle`; the nearest is `throttle`"),
        (script("PutItem", &json!([{"reply": "hang", "item": {}}])).to_string(),
         "the script at /rules/0/replies/0/item: there is no such member; the nearest is `times`"),
        (script("PutItem", &json!([{"reply": "ok", "times": "always"}])).to_string(),
         "the script at /rules/0/replies/0/times: expected a whole number from 1"),
        (script("PutItem", &json!([{"reply": "ok", "wrong_crc": 1}])).to_string(), "the script at /rules/0/replies/0/wrong_crc: expected true or false"),
        (script("PutItem", &json!([{"reply": "hang", "retry_after_millis": 1}])).to_string(),
         "the script at /rules/0/replies/0/retry_after_millis: only an error asks to be tried again"),
        (script("PutItem", &json!([{"reply": "raw", "status": 200, "text": "", "retry_after_millis": 1}])).to_string(),
         "the script at /rules/0/replies/0/retry_after_millis: only an error asks to be tried again"),
        (rule(json!({"on": "PutItem", "key": {"id": "a"}, "replies": []})).to_string(),
         "the script at /rules/0/key/id: expected an attribute, such as {\"S\": \"o-1\"}"),
        (script("PutItem", &json!([{"reply": "item", "item": {"a": {"X": "b"}}}])).to_string(),
         "the script at /rules/0/replies/0/item/a: expected an attribute, such as {\"S\": \"o-1\"}"),
        (script("PutItem", &json!([{"reply": "item", "item": {"a": "b"}}])).to_string(),
         "the script at /rules/0/replies/0/item/a: expected an attribute, such as {\"S\": \"o-1\"}"),
        (script("PutItem", &json!([{"reply": "unprocessed", "count": 1}])).to_string(),
         "the script at /rules/0/replies/0: only BatchGetItem and BatchWriteItem leave something unprocessed"),
        (script("PutItem", &json!([{"reply": "error", "status": 42, "code": "X"}])).to_string(),
         "the script at /rules/0/replies/0/status: expected a status of HTTP, from 100 to 999"),
        (script("Scan", &json!([{"reply": "pages", "key": ["id"], "size": 1, "items": [{"a": {"S": "b"}}]}])).to_string(),
         "the script at /rules/0/replies/0/items: item 0 has no attribute `id`, which the key is made of"),
        (script("Scan", &json!([{"reply": "pages", "key": ["id"], "size": 1, "items": [{"id": {"S": "b"}}, {"id": {"S": "b"}}]}])).to_string(),
         "the script at /rules/0/replies/0/items: items 0 and 1 have the same key, so that nobody can read on behind them: name all \
          attributes of the table's key, also where an index is read"),
        (script("Scan", &json!([{"reply": "pages", "key": [], "size": 1, "items": []}])).to_string(),
         "the script at /rules/0/replies/0/key: expected the name of an attribute in it"),
        (script("PutItem", &json!([{"reply": "pages", "key": ["id"], "size": 1, "items": []}])).to_string(),
         "the script at /rules/0/replies/0: only Query and Scan are read in pages"),
    ] {
        let error = MockDynamo::from_script(&text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
    let error = MockDynamo::from_script("{").unwrap_err().to_string();
    assert_eq!(
        error,
        "the script is no JSON: the text ends where a key in quotes or `}` should stand at byte 1"
    );
}

#[test]
fn a_script_lies_in_a_file_and_is_added_to_what_is_there() {
    let folder = Folder::new("dynamodb-script");
    let file = folder.0.join("orders.json");
    std::fs::write(
        &file,
        script("PutItem", &json!([{"reply": "no_item"}])).to_string(),
    )
    .unwrap();
    let dynamo = MockDynamo::from_script_file(&file).unwrap();
    dynamo
        .add_script(&script("PutItem", &json!([{"reply": "not_found"}])).to_string())
        .unwrap();
    let put = || DynamoRequest::new("PutItem", "{}");
    assert_eq!(dynamo.handle(put()).unwrap().status(), 200);
    let report = dynamo.verify().unwrap_err();
    assert_eq!(
        report.notes()[0].message(),
        "the rule for PutItem (/rules/0 of the script) has 1 answer that nobody asked for (0 used)"
    );
    std::fs::write(&file, "{}").unwrap();
    let error = MockDynamo::from_script_file(&file).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "{}: the script at its top: expected a member `version`",
            file.display()
        )
    );
    let missing = folder.0.join("none.json");
    let error = MockDynamo::from_script_file(&missing).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot read {}: {}",
            missing.display(),
            std::fs::read(&missing).unwrap_err()
        )
    );
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_takes_what_the_reader_takes() {
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/dynamodb-script.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for (on, reply, code) in replies() {
        let text = script(on, &json!([reply]));
        assert!(
            validator.is_valid(&text),
            "{text}: {:?}",
            validator.iter_errors(&text).next()
        );
        let dynamo = MockDynamo::new();
        code(
            dynamo
                .on(on)
                .table("Orders")
                .key("id", "a")
                .matching("{}")
                .rendezvous_at("both", 2),
        );
        let written: Value = serde_json::from_str(&dynamo.script().unwrap()).unwrap();
        assert!(validator.is_valid(&written), "{written}");
        drop(dynamo.verify());

        // A member that is not its own is refused by both.
        let mut more = reply.clone();
        more["surprise"] = json!(1);
        let text = script(on, &json!([more]));
        assert!(!validator.is_valid(&text), "{text}");
        MockDynamo::from_script(&text.to_string()).unwrap_err();
    }
    // As some programs write whole numbers.
    let floats = json!({"version": 1.0, "rules": [
        {"on": "PutItem", "rendezvous": {"calls": 2.0}, "replies": [{"reply": "error", "status": 400.0, "code": "X", "times": 3.0}]},
        {"on": "BatchWriteItem", "replies": [{"reply": "unprocessed", "count": 0.0}]}
    ]});
    assert!(validator.is_valid(&floats));
    let dynamo = MockDynamo::from_script(&floats.to_string()).unwrap();
    assert_eq!(
        dynamo.script().unwrap().lines().collect::<Vec<_>>()[4..],
        [
            r#"    {"on":"PutItem","rendezvous":{"calls":2},"replies":["#,
            r#"      {"reply":"error","status":400,"code":"X","message":"","times":3}]},"#,
            r#"    {"on":"BatchWriteItem","replies":["#,
            r#"      {"reply":"unprocessed","count":0}]}"#,
            "  ]",
            "}"
        ]
    );
    drop(dynamo.verify());
    for refused in [
        json!({"$schema": 1, "version": 1, "rules": []}),
        script(
            "Scan",
            &json!([{"reply": "pages", "key": [], "size": 1, "items": []}]),
        ),
        script(
            "PutItem",
            &json!([{"reply": "item", "item": {"a": {"X": "b"}}}]),
        ),
        script("PutItem", &json!([{"reply": "ok", "times": 1.5}])),
        json!({"version": 2, "rules": []}),
        json!({"version": 1}),
        json!({"version": 1, "rules": [{"on": "PutItem"}]}),
        script("PutItem", &json!([{"reply": "throtle"}])),
        script(
            "PutItem",
            &json!([{"reply": "error", "status": 42, "code": "X"}]),
        ),
        script("PutItem", &json!([{"reply": "item"}])),
        script("PutItem", &json!([{"reply": "hang", "item": {}}])),
        script(
            "PutItem",
            &json!([{"reply": "hang", "retry_after_millis": 1}]),
        ),
        script(
            "PutItem",
            &json!([{"reply": "raw", "status": 200, "text": "", "retry_after_millis": 1}]),
        ),
        script(
            "PutItem",
            &json!([{"reply": "error", "status": 399, "code": "X", "retry_after_millis": 1}]),
        ),
        json!({"version": 1, "rules": [{"on": "PutItem", "key": {"id": "a"}, "replies": []}]}),
        script("PutItem", &json!([{"reply": "ok", "times": 0}])),
        script("PutItem", &json!([{"reply": "ok", "times": "always"}])),
    ] {
        assert!(!validator.is_valid(&refused), "{refused}");
        MockDynamo::from_script(&refused.to_string()).unwrap_err();
    }
}
