//! A DynamoDB that answers as it is told: which request gets which answer, and what is found.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use xray_phantom::{Attribute, Cancellation, DynamoRequest, MockDynamo, Reply};

use crate::support::panic_text;

#[expect(clippy::needless_pass_by_value, reason = "as json!() gives it")]
fn request(operation: &str, body: Value) -> DynamoRequest {
    DynamoRequest::new(operation, body.to_string())
}

fn get(id: &str) -> DynamoRequest {
    request(
        "GetItem",
        json!({"TableName": "Orders", "Key": {"order_id": {"S": id}}}),
    )
}

/// What answers a request, as text: `200 {...}`, or the error.
fn answer(dynamo: &MockDynamo, request: DynamoRequest) -> String {
    match dynamo.handle(request) {
        Ok(reply) => format!("{} {}", reply.status(), reply.body()),
        Err(error) => error.to_string(),
    }
}

/// What is found, without places.
fn findings(dynamo: &MockDynamo) -> Vec<String> {
    let Err(report) = dynamo.verify() else {
        return vec![];
    };
    let told = report.notes().iter();
    told.map(|note| format!("{}: {}", note.code(), note.message()))
        .collect()
}

/// A text with its places in the source cut out.
fn without_places(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        if word.starts_with("tests/it/") {
            let comma = word.trim_start_matches(|sign: char| sign != ':');
            let sign = comma.chars().last().filter(|sign| !sign.is_ascii_digit());
            *word = format!(
                "HERE{}",
                sign.map_or(String::new(), |sign| sign.to_string())
            );
        }
    }
    words.join(" ")
}

#[test]
fn rules_for_other_keys_do_not_matter_and_within_one_the_first_is_first() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("GetItem")
        .key("order_id", "a")
        .then_body(json!({"n": 1}))
        .then_body(json!({"n": 2}));
    dynamo
        .on("GetItem")
        .key("order_id", "b")
        .then_body(json!({"n": 3}));
    let got = ["b", "a", "a"].map(|id| answer(&dynamo, get(id)));
    assert_eq!(got, [r#"200 {"n":3}"#, r#"200 {"n":1}"#, r#"200 {"n":2}"#]);
    assert_eq!(findings(&dynamo), [""; 0]);
}

#[test]
fn of_two_rules_for_a_request_the_first_answers_until_it_has_nothing_left() {
    let dynamo = MockDynamo::new();
    dynamo.on("GetItem").then_body("1");
    dynamo.on("GetItem").key("order_id", "a").then_body("2");
    dynamo.on("GetItem").then_body("3").repeated();
    let got = ["a", "a", "a", "b"].map(|id| answer(&dynamo, get(id)));
    assert_eq!(got, ["200 1", "200 2", "200 3", "200 3"]);
}

#[test]
fn a_key_is_found_in_every_kind_of_request() {
    for body in [
        json!({"Key": {"id": {"S": "x"}, "day": {"N": "1"}}}),
        json!({"Item": {"id": {"S": "x"}, "day": {"N": "1"}, "total": {"N": "9"}}}),
        json!({"RequestItems": {"Orders": {"Keys": [{"id": {"S": "y"}}, {"id": {"S": "x"}, "day": {"N": "1"}}]}}}),
        json!({"RequestItems": {"Orders": [{"DeleteRequest": {"Key": {"id": {"S": "x"}, "day": {"N": "1"}}}}]}}),
        json!({"TransactItems": [{"Update": {"TableName": "Orders", "Key": {"id": {"S": "x"}, "day": {"N": "1"}}}}]}),
        json!({"KeyConditionExpression": "id = :i AND #d = :d", "ExpressionAttributeNames": {"#d": "day"},
               "ExpressionAttributeValues": {":i": {"S": "x"}, ":d": {"N": "1"}}}),
    ] {
        let dynamo = MockDynamo::new();
        dynamo.on("Query").key("id", "x").key("day", 1).then_ok();
        dynamo.handle(request("Query", body)).unwrap();
    }
    // Both are of one item.
    let dynamo = MockDynamo::new();
    dynamo.on("Query").key("id", "x").key("day", 1).then_ok();
    let apart = json!({"RequestItems": {"Orders": {"Keys": [{"id": {"S": "x"}, "day": {"N": "2"}}, {"id": {"S": "y"}, "day": {"N": "1"}}]}}});
    let text = answer(&dynamo, request("Query", apart));
    assert!(
        text.ends_with(r#": key day: expected {"N":"1"}, got {"N":"2"}"#),
        "{text}"
    );
    drop(dynamo.verify());
}

#[test]
fn a_body_is_matched_by_what_it_holds() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("Query")
        .matching(json!({"Limit": 5, "ExpressionAttributeValues": {":d": {"N": "1"}}}))
        .then_body("1");
    dynamo
        .on("Query")
        .matching(r#"{"Select": "COUNT"}"#)
        .matching(r#"{"Limit": 6}"#)
        .then_body("2");
    let six = json!({"TableName": "Orders", "Limit": 6, "Select": "COUNT"});
    let five = json!({"TableName": "Orders", "Limit": 5, "ExpressionAttributeValues": {":d": {"N": "1"}, ":x": {"S": "y"}}});
    assert_eq!(answer(&dynamo, request("Query", six)), "200 2");
    assert_eq!(answer(&dynamo, request("Query", five)), "200 1");
    let error = dynamo.on("Query").try_matching("{").unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid body `{`: the text ends where a key in quotes or `}` should stand at byte 1"
    );
    drop(dynamo.verify());
    let text = panic_text(|| MockDynamo::new().on("Query").matching("no"));
    assert_eq!(
        text,
        "invalid body `no`: `no` is no JSON value at its first byte"
    );
}

#[test]
fn a_miss_names_the_nearest_rule_and_its_difference() {
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").table("Customers").then_ok();
    dynamo
        .on("GetItem")
        .table("Orders")
        .key("order_id", "a")
        .matching(r#"{"ConsistentRead": true}"#)
        .then_ok();
    dynamo
        .on("GetItem")
        .table("Customers")
        .key("order_id", "b")
        .then_ok();

    let near = answer(&dynamo, get("b"));
    assert_eq!(
        without_places(&near),
        "mock DynamoDB: no rule answers GetItem Orders; the nearest is for GetItem Customers order_id={\"S\":\"b\"}, made at HERE: \
         table: expected Customers, got Orders"
    );
    let body =
        json!({"TableName": "Orders", "Key": {"order_id": {"S": "a"}}, "ConsistentRead": false});
    assert_eq!(
        without_places(&answer(&dynamo, request("GetItem", body))),
        "mock DynamoDB: no rule answers GetItem Orders; the nearest is for GetItem Orders order_id={\"S\":\"a\"} {\"ConsistentRead\": true}, \
         made at HERE: body at /ConsistentRead: expected true, got false"
    );
    assert_eq!(
        without_places(&answer(
            &dynamo,
            request("DeleteItem", json!({"TableName": "Orders"}))
        )),
        "mock DynamoDB: no rule answers DeleteItem Orders; the nearest is for GetItem Orders order_id={\"S\":\"a\"} {\"ConsistentRead\": true}, \
         made at HERE: operation: expected GetItem, got DeleteItem; key order_id: expected {\"S\":\"a\"}, got nothing; \
         body at /ConsistentRead: expected true, got nothing"
    );
    assert_eq!(
        answer(&dynamo, request("ListTables", json!({}))),
        "mock DynamoDB: no rule answers ListTables: add one, dynamo.on(\"ListTables\")"
    );
    assert_eq!(
        answer(&dynamo, request("GetRecords", json!({}))),
        "mock DynamoDB: no rule can answer GetRecords: DynamoDB has no such operation; the nearest is `GetItem`. \
         A client of another service needs a mock of its own"
    );
    assert_eq!(
        answer(&dynamo, DynamoRequest::new("GetItem", "no JSON"))
            .lines()
            .next()
            .map(|line| line.ends_with("body: expected JSON, got none")),
        Some(true)
    );
    let codes: Vec<String> = findings(&dynamo)
        .iter()
        .map(|text| text[..7].to_owned())
        .collect();
    assert_eq!(
        codes,
        [
            "no-rule", "no-rule", "no-rule", "no-rule", "no-rule", "no-rule", "unused-", "unused-",
            "unused-"
        ]
    );
}

#[test]
fn answers_are_counted_down_and_what_is_left_is_found() {
    let dynamo = MockDynamo::new();
    dynamo.on("GetItem").table("Orders").then_no_item().times(3);
    for _ in 0..3 {
        assert_eq!(answer(&dynamo, get("a")), "200 {}");
    }
    assert_eq!(
        without_places(&answer(&dynamo, get("a"))),
        "mock DynamoDB: no answer is left for GetItem Orders: the rule for GetItem Orders made at HERE has given 3; \
         add another, or let the last be repeated"
    );
    dynamo.on("Query").throttle(2).then_ok().repeated();
    // As if it had not been said.
    dynamo
        .on("Scan")
        .throttle(0)
        .then_ok()
        .times(0)
        .then_body("{}");
    assert_eq!(answer(&dynamo, request("Scan", json!({}))), "200 {}");
    dynamo.on("UpdateItem").then_ok().times(0);
    dynamo.on("PutItem").repeated();
    dynamo.on("DeleteItem").times(3).then_ok();
    let found = findings(&dynamo);
    assert_eq!(
        found[1..],
        [
            "misplaced: `repeated` is said of the answer before it, and the rule for PutItem has none yet",
            "misplaced: `times` is said of the answer before it, and the rule for DeleteItem has none yet",
            "unused-rule: the rule for Query has 3 answers that nobody asked for (0 used)",
            "unused-rule: the rule for UpdateItem has no answer: add one, such as .then_ok()",
            "unused-rule: the rule for PutItem has no answer: add one, such as .then_ok()",
            "unused-rule: the rule for DeleteItem has 1 answer that nobody asked for (0 used)",
        ]
    );
}

#[test]
fn each_error_is_what_dynamodb_writes() {
    let conditional = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}"#;
    let old = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","Item":{"order_id":{"S":"o-1"}},"message":"The conditional request failed"}"#;
    let cancelled = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Item":{"order_id":{"S":"o-1"}},"Message":"The conditional request failed"},{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item."}],"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, TransactionConflict]"}"#;
    let item = || [("order_id", Attribute::from("o-1"))];
    for (reply, status, body) in [
        (Reply::conditional_check_failed(), 400, conditional),
        (Reply::conditional_check_failed_with(item()), 400, old),
        (
            Reply::transaction_cancelled([
                Cancellation::none(),
                Cancellation::conditional_check_failed().with_item(item()),
                Cancellation::transaction_conflict(),
            ]),
            400,
            cancelled,
        ),
        (
            Reply::validation_error("no"),
            400,
            r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}"#,
        ),
        (
            Reply::not_found(),
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#,
        ),
        (
            Reply::internal_error(),
            500,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Internal server error"}"#,
        ),
        (
            Reply::error(400, "SerializationException", "\"x\""),
            400,
            r#"{"__type":"com.amazon.coral.service#SerializationException","message":"\"x\""}"#,
        ),
    ] {
        assert_eq!((reply.status(), reply.body()), (status, body));
    }
    assert_eq!(
        Reply::throttled_on_demand().body(),
        r#"{"__type":"com.amazon.coral.availability#ThrottlingException","message":"Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"}"#
    );
    assert_eq!(
        Reply::throttled().to_string(),
        "400 ProvisionedThroughputExceededException"
    );
    assert_eq!(
        Reply::request_limit_exceeded().to_string(),
        "400 RequestLimitExceeded"
    );
    assert_eq!(Reply::new(99, "").status(), 500);
}

#[test]
fn only_what_the_sdk_tries_again_asks_for_a_pause() {
    let dynamo = MockDynamo::new();
    dynamo
        .on("GetItem")
        .throttle(1)
        .throttle_on_demand(1)
        .internal_error()
        .then(Reply::error(503, "Unavailable", ""))
        .conditional_check_failed()
        .validation_error("")
        .not_found()
        .then_ok();
    let pauses: Vec<Option<u128>> = (0..8)
        .map(|_| dynamo.handle(get("a")).unwrap().retry_after())
        .map(|pause| pause.map(|pause| pause.as_millis()))
        .collect();
    assert_eq!(
        pauses,
        [Some(1), Some(1), Some(1), Some(1), None, None, None, None]
    );
}

#[test]
fn every_type_of_attribute_is_written() {
    let item = [
        ("b", Attribute::from(vec![1_u8, 2, 255])),
        ("bs", Attribute::BytesSet(vec![vec![0], vec![1, 2]])),
        ("l", Attribute::List(vec![true.into(), Attribute::Null])),
        ("m", Attribute::Map(vec![("x".to_owned(), 1.5.into())])),
        ("n", Attribute::from(42)),
        (
            "ns",
            Attribute::NumberSet(vec!["1".to_owned(), "2".to_owned()]),
        ),
        ("s", Attribute::from("\"")),
        ("ss", Attribute::TextSet(vec!["a".to_owned()])),
    ];
    assert_eq!(
        Reply::item(item).body(),
        r#"{"Item":{"b":{"B":"AQL/"},"bs":{"BS":["AA==","AQI="]},"l":{"L":[{"BOOL":true},{"NULL":true}]},"m":{"M":{"x":{"N":"1.5"}}},"n":{"N":"42"},"ns":{"NS":["1","2"]},"s":{"S":"\""},"ss":{"SS":["a"]}}}"#
    );
}

#[test]
fn pages_follow_the_key_that_was_seen_last() {
    let orders = |count: usize| {
        (1..=count).map(|number| {
            [
                ("id", Attribute::from(format!("o-{number}"))),
                ("n", number_of(number)),
            ]
        })
    };
    let dynamo = MockDynamo::new();
    dynamo
        .on("Scan")
        .table("Orders")
        .then_pages(["id"], 2, orders(5));
    let scan = |more: Value| {
        let mut body = json!({"TableName": "Orders"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let reply = dynamo.handle(request("Scan", body)).unwrap();
        let body: Value = serde_json::from_str(reply.body()).unwrap();
        let ids: Vec<String> = body["Items"].as_array().map_or(vec![], |items| {
            items
                .iter()
                .map(|item| item["id"]["S"].as_str().unwrap().to_owned())
                .collect()
        });
        (ids, body["Count"].clone(), body["LastEvaluatedKey"].clone())
    };
    let key = |id: &str| json!({"id": {"S": id}});
    assert_eq!(
        scan(json!({})),
        (
            vec!["o-1".to_owned(), "o-2".to_owned()],
            json!(2),
            key("o-2")
        )
    );
    assert_eq!(
        scan(json!({"ExclusiveStartKey": key("o-2"), "Limit": 1})),
        (vec!["o-3".to_owned()], json!(1), key("o-3"))
    );
    // Another reader is not disturbed, and what it reads counts for nothing.
    assert_eq!(scan(json!({"Limit": 100})).2, key("o-2"));
    assert_eq!(
        scan(json!({"ExclusiveStartKey": key("o-2"), "Select": "COUNT"})),
        (vec![], json!(2), key("o-4"))
    );
    // Not read to the end.
    assert_eq!(
        findings(&dynamo),
        ["unused-rule: the rule for Scan Orders has 1 answer that nobody asked for (4 used)"]
    );
    assert_eq!(
        scan(json!({"ExclusiveStartKey": key("o-4")})),
        (vec!["o-5".to_owned()], json!(1), Value::Null)
    );

    let dynamo = MockDynamo::new();
    dynamo.on("Query").then_pages(["id"], 10, orders(2));
    dynamo.on("Query").then_pages(["id"], 10, orders(0));
    let lost = answer(
        &dynamo,
        request("Query", json!({"ExclusiveStartKey": key("o-9")})),
    );
    assert_eq!(
        lost,
        r#"400 {"__type":"com.amazon.coral.validate#ValidationException","message":"The provided starting key is invalid"}"#
    );
    dynamo.handle(request("Query", json!({}))).unwrap();
    assert_eq!(
        answer(&dynamo, request("Query", json!({}))),
        r#"200 {"Count":0,"Items":[],"ScannedCount":0}"#
    );
    assert_eq!(findings(&dynamo), [""; 0]);

    let error = dynamo
        .on("Query")
        .try_then_pages(["day"], 1, orders(1))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "item 0 has no attribute `day`, which the key is made of"
    );
    // A reader that comes behind the first of two would come there again and again.
    let twice = ["a", "b", "a"].map(|id| [("id", Attribute::from(id))]);
    let error = dynamo.on("Query").try_then_pages(["id"], 1, twice);
    assert_eq!(
        error.unwrap_err().to_string(),
        "items 0 and 2 have the same key, so that nobody can read on behind them: name all attributes of the \
         table's key, also where an index is read"
    );
    let error = dynamo
        .on("Query")
        .try_then_pages([""; 0], 1, orders(2))
        .unwrap_err();
    assert_eq!(error.to_string(), "the key has no attribute");
    let error = dynamo
        .on("ListTables")
        .try_then_pages(["id"], 1, orders(2))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid operation `ListTables`: only Query and Scan are read in pages"
    );
    drop(dynamo.verify());
}

#[test]
fn a_key_is_the_same_however_it_is_written() {
    let dynamo = MockDynamo::new();
    let orders = (0..3).map(|day| {
        [
            ("id", Attribute::from("ä")),
            ("day", Attribute::Number(day.to_string())),
        ]
    });
    dynamo.on("Query").then_pages(["id", "day"], 2, orders);
    let behind = r#"{"ExclusiveStartKey": { "more": {"S": "x"}, "day": { "N" : "1" }, "id": {"S": "\u00e4"} }}"#;
    dynamo.handle(request("Query", json!({}))).unwrap();
    assert_eq!(
        answer(&dynamo, DynamoRequest::new("Query", behind)),
        r#"200 {"Count":1,"Items":[{"id":{"S":"ä"},"day":{"N":"2"}}],"ScannedCount":1}"#
    );
    assert_eq!(findings(&dynamo), [""; 0]);
}

#[test]
fn a_long_list_is_read_page_by_page_without_being_searched() {
    let dynamo = MockDynamo::new();
    let orders = (0..5_000).map(|number| [("id", number_of(number))]);
    dynamo.on("Scan").then_pages(["id"], 1, orders);
    dynamo.handle(request("Scan", json!({}))).unwrap();
    for number in 0..4_999 {
        let behind = format!(r#"{{"ExclusiveStartKey":{{"id":{{"N":"{number}"}}}}}}"#);
        dynamo.handle(DynamoRequest::new("Scan", behind)).unwrap();
    }
    assert_eq!(findings(&dynamo), [""; 0]);
}

fn number_of(number: usize) -> Attribute {
    Attribute::Number(number.to_string())
}

#[test]
fn a_batch_leaves_its_last_parts_undone() {
    let dynamo = MockDynamo::new();
    dynamo.on("BatchWriteItem").unprocessed(2).then_ok();
    let put = |id: &str| json!({"PutRequest": {"Item": {"id": {"S": id}}}});
    let body = json!({"RequestItems": {"A": [put("1"), put("2")], "B": [put("3")]}});
    assert_eq!(
        answer(&dynamo, request("BatchWriteItem", body)),
        r#"200 {"UnprocessedItems":{"A":[{"PutRequest":{"Item":{"id":{"S":"2"}}}}],"B":[{"PutRequest":{"Item":{"id":{"S":"3"}}}}]}}"#
    );
    assert_eq!(
        answer(&dynamo, request("BatchWriteItem", json!({}))),
        r#"200 {"UnprocessedItems":{}}"#
    );
    // The last table is the one with the last name, wherever it is written.
    for body in [
        r#"{"RequestItems": {"A": [1], "B": [2]}}"#,
        r#"{"RequestItems": {"B": [2], "A": [1]}}"#,
    ] {
        dynamo.on("BatchWriteItem").unprocessed(1);
        assert_eq!(
            answer(&dynamo, DynamoRequest::new("BatchWriteItem", body)),
            r#"200 {"UnprocessedItems":{"B":[2]}}"#
        );
    }

    dynamo.on("BatchGetItem").unprocessed(1).then_ok();
    let body = json!({"RequestItems": {"A": {"ConsistentRead": true, "Keys": [{"id": {"S": "1"}}, {"id": {"S": "2"}}]}}});
    assert_eq!(
        answer(&dynamo, request("BatchGetItem", body)),
        r#"200 {"Responses":{"A":[]},"UnprocessedKeys":{"A":{"ConsistentRead":true,"Keys":[{"id":{"S":"2"}}]}}}"#
    );
    let text = panic_text(|| MockDynamo::new().on("PutItem").unprocessed(1));
    assert_eq!(
        text,
        "invalid operation `PutItem`: only BatchGetItem and BatchWriteItem leave something unprocessed"
    );
    drop(dynamo.verify());
}

#[test]
fn a_reply_may_be_computed_and_an_engine_answers_what_no_rule_does() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let engine = Arc::clone(&seen);
    let dynamo = MockDynamo::new().otherwise(move |request| {
        engine.lock().unwrap().push(request.to_string());
        Reply::error(500, "InternalServerError", request.body())
    });
    dynamo
        .on("GetItem")
        .then_with(|request| Reply::ok(format!("{{\"was\":{}}}", request.body().len())));
    let body = get("a").body().len();
    assert_eq!(answer(&dynamo, get("a")), format!("200 {{\"was\":{body}}}"));
    let reply = dynamo.handle(get("a")).unwrap();
    assert_eq!((reply.status(), reply.retry_after().is_some()), (500, true));
    assert_eq!(*seen.lock().unwrap(), ["GetItem Orders"]);
    assert_eq!(findings(&dynamo), [""; 0]);
}

#[test]
fn calls_are_told_as_text() {
    let dynamo = MockDynamo::new();
    dynamo.on("GetItem").throttle(1).then_no_item();
    dynamo.handle(get("a")).unwrap();
    dynamo.handle(get("a")).unwrap();
    dynamo.handle(request("ListTables", json!({}))).unwrap_err();
    assert_eq!(
        dynamo.transcript(),
        "GetItem Orders: 400 ProvisionedThroughputExceededException\nGetItem Orders: 200\nListTables: no rule\n"
    );
    let error = dynamo.one_call("GetItem").unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "expected one call of GetItem, found 2; the calls were:\n{}",
            dynamo.transcript()
        )
    );
    let text = panic_text(|| dynamo.expect_one_call("Getitem"));
    assert_eq!(
        text,
        "invalid operation `Getitem`: DynamoDB has no such operation; the nearest is `GetItem`"
    );
    let call = dynamo.expect_one_call("ListTables");
    let error = call.check_attempts(["200"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "ListTables: expected the attempts 200, found no rule"
    );
    let error = call
        .check_parent("53995c3f42cd8ad8")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "ListTables, attempt 1: expected Parent=53995c3f42cd8ad8 in the trace header, found none"
    );
    drop(dynamo.verify());
    let error = MockDynamo::new()
        .one_call("PutItem")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "expected one call of PutItem, found 0; nothing was called"
    );
}

#[test]
#[rustfmt::skip] // As the README shows it.
fn the_rules_of_the_readme_are_rules() {
    let orders = ["o-1", "o-2", "o-3"].map(|id| [("order_id", Attribute::from(id))]);

    let dynamo = MockDynamo::new().back_off(Duration::from_secs(1));
    dynamo.on("PutItem").table("Orders").key("order_id", "o-1").throttle(2).then_ok();
    dynamo.on("PutItem").key("order_id", "o-2").conditional_check_failed_with([("order_id", "o-2".into())]);
    dynamo.on("Query").table("Orders").then_pages(["order_id"], 2, orders);
    dynamo.on("GetItem").rendezvous(3).then_no_item().times(3); // Held until three calls are in.
    dynamo.on("DeleteItem").reset().hang().then_ok().slow(Duration::from_millis(80));

    assert_eq!(findings(&dynamo).len(), 5);
}

#[test]
fn readers_of_one_list_do_not_disturb_each_other() {
    let dynamo = MockDynamo::new();
    let items = || ["a", "b", "c"].map(|id| [("id", Attribute::from(id))]);
    dynamo
        .on("Scan")
        .then_pages(["id"], 1, items())
        .then(Reply::not_found());
    let first = || request("Scan", json!({}));
    let behind = |id: &str| request("Scan", json!({"ExclusiveStartKey": {"id": {"S": id}}}));
    let page = |id: &str, more: bool| {
        let key = if more {
            format!(r#""LastEvaluatedKey":{{"id":{{"S":"{id}"}}}},"#)
        } else {
            String::new()
        };
        format!(r#"200 {{"Count":1,"Items":[{{"id":{{"S":"{id}"}}}}],{key}"ScannedCount":1}}"#)
    };
    // Both begin; one is at the end before the other.
    assert_eq!(answer(&dynamo, first()), page("a", true));
    assert_eq!(answer(&dynamo, first()), page("a", true));
    assert_eq!(answer(&dynamo, behind("a")), page("b", true));
    assert_eq!(answer(&dynamo, behind("b")), page("c", false));
    assert_eq!(answer(&dynamo, behind("a")), page("b", true));
    assert_eq!(answer(&dynamo, behind("b")), page("c", false));
    // Who begins now is answered what comes next, and nobody reads on.
    let not_found = r#"400 {"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#;
    assert_eq!(answer(&dynamo, first()), not_found);
    assert_eq!(
        without_places(&answer(&dynamo, behind("a"))),
        "mock DynamoDB: no answer is left for Scan: the rule for Scan made at HERE has given 7; add another, or let the last be repeated"
    );
    assert_eq!(findings(&dynamo).len(), 1);
}

#[test]
fn another_number_at_one_rendezvous_is_a_finding() {
    let dynamo = MockDynamo::new();
    dynamo.on("Query").rendezvous_at("both", 2).then_ok();
    dynamo.on("Scan").rendezvous_at("both", 3).then_ok();
    dynamo.on("GetItem").rendezvous_at("both", 2).then_ok();
    for operation in ["Query", "Scan", "GetItem"] {
        dynamo.handle(request(operation, json!({}))).unwrap();
    }
    assert_eq!(
        findings(&dynamo),
        [
            "rendezvous: the rendezvous `both` is for 2 calls, as was said first: that it is for 3 is not heard"
        ]
    );
}

#[test]
fn the_attempts_of_calls_that_run_side_by_side_are_told_apart() {
    let dynamo = MockDynamo::new();
    dynamo.on("GetItem").then_ok().repeated();
    for _ in 0..2 {
        dynamo.handle(get("a")).unwrap();
    }
    // Without an invocation each is a call of its own.
    let calls: Vec<String> = dynamo.calls().iter().map(ToString::to_string).collect();
    assert_eq!(calls, ["GetItem Orders: 200", "GetItem Orders: 200"]);
}
