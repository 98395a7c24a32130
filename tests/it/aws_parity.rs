//! The same calls as official X-Ray SDKs have recorded them: what they record, this crate records.
//!
//! Their captures are in `fixtures/corpora`. Each call is made again with the SDK for Rust against a
//! mock that answers as their DynamoDB did, and the two documents are held against each other. What
//! differs is listed here with the reason, and nothing else may.

use std::collections::BTreeSet;
use std::pin::Pin;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, Put, PutRequest, ReturnConsumedCapacity, Select,
    TransactWriteItem, WriteRequest,
};
use serde_json::{Value, json};
use xray_phantom::{CaptureFile, FakeDaemon, MockDynamo, Recorder, Reply, mock_dynamo_client};

use crate::support::fixture;

type Called = Pin<Box<dyn Future<Output = ()>>>;

/// A call as one of their programs makes it.
type Make = fn(Client) -> Called;

macro_rules! call {
    (|$client:ident| $call:expr) => {
        |$client| Box::pin(async move { drop($call.send().await) })
    };
}

fn id(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn keys() -> KeysAndAttributes {
    let keys = KeysAndAttributes::builder().keys([("order_id".to_owned(), id("b0"))].into());
    keys.build().unwrap()
}

fn write() -> WriteRequest {
    let put = PutRequest::builder()
        .item("order_id", id("b"))
        .build()
        .unwrap();
    WriteRequest::builder().put_request(put).build()
}

fn transaction() -> TransactWriteItem {
    let put = Put::builder()
        .table_name("Orders")
        .item("order_id", id("t"))
        .build()
        .unwrap();
    TransactWriteItem::builder().put(put).build()
}

/// `programs/python/scenarios/04_dynamodb_ops.py`
const PYTHON: [Make; 11] = [
    call!(|client| client
        .put_item()
        .table_name("Orders")
        .item("order_id", id("a"))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)),
    call!(|client| client
        .get_item()
        .table_name("Orders")
        .key("order_id", id("a"))
        .consistent_read(true)
        .projection_expression("order_id")
        .return_consumed_capacity(ReturnConsumedCapacity::Total)),
    call!(|client| client
        .query()
        .table_name("Orders")
        .key_condition_expression("order_id = :a")
        .expression_attribute_values(":a", id("a"))
        .limit(5)
        .scan_index_forward(false)
        .select(Select::AllAttributes)),
    call!(|client| client.scan().table_name("Orders").limit(3)),
    call!(|client| client
        .update_item()
        .table_name("Orders")
        .key("order_id", id("a"))
        .update_expression("SET n = :n")
        .expression_attribute_values(":n", AttributeValue::N("1".to_owned()))),
    call!(|client| client
        .delete_item()
        .table_name("Orders")
        .key("order_id", id("a"))),
    call!(|client| client
        .batch_write_item()
        .request_items("Orders", vec![write()])),
    call!(|client| client.batch_get_item().request_items("Orders", keys())),
    call!(|client| client.describe_table().table_name("Orders")),
    call!(|client| client.list_tables().limit(10)),
    call!(|client| client.transact_write_items().transact_items(transaction())),
];

/// `programs/node/scenarios/03_v3_dynamodb_ops_errors.js`
const NODE: [Make; 13] = [
    call!(|client| client
        .put_item()
        .table_name("Orders")
        .item("order_id", id("a"))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)),
    call!(|client| client
        .query()
        .table_name("Orders")
        .key_condition_expression("order_id = :o")
        .expression_attribute_values(":o", id("a"))
        .limit(5)),
    call!(|client| client.scan().table_name("Orders")),
    call!(|client| client
        .batch_write_item()
        .request_items("Orders", vec![write()])),
    call!(|client| client.batch_get_item().request_items("Orders", keys())),
    call!(|client| client.list_tables()),
    call!(|client| client
        .put_item()
        .table_name("Orders")
        .item("order_id", id("a"))
        .condition_expression("attribute_not_exists(order_id)")),
    call!(|client| client
        .get_item()
        .table_name("Nope")
        .key("order_id", id("a"))),
    call!(|client| client
        .put_item()
        .table_name("Throttled")
        .item("order_id", id("a"))),
    call!(|client| client
        .put_item()
        .table_name("Limit429")
        .item("order_id", id("a"))),
    call!(|client| client
        .put_item()
        .table_name("Boom")
        .item("order_id", id("a"))),
    call!(|client| client
        .put_item()
        .table_name("Flaky")
        .item("order_id", id("a"))),
    call!(|client| client
        .put_item()
        .table_name("Orders")
        .item("order_id", id("a"))),
];

/// A difference that is argued: whose, of which of their calls, at which place, and why.
struct Argued {
    sdk: &'static str,
    calls: &'static [usize],
    place: &'static str,
    #[expect(dead_code, reason = "it is for readers")]
    why: &'static str,
}

const ALL_OF_PYTHON: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/// What a document of theirs has and ours has not, or otherwise, with the reason.
const ARGUED: &[Argued] = &[
    Argued {
        sdk: "python",
        calls: ALL_OF_PYTHON,
        place: "/name",
        why: "AWS's own examples write DynamoDB; only boto's SDK writes the name of its module",
    },
    Argued {
        sdk: "python",
        calls: ALL_OF_PYTHON,
        place: "/in_progress",
        why: "a complete document says so by its end_time; X-Ray knows `true` alone",
    },
    Argued {
        sdk: "python",
        calls: ALL_OF_PYTHON,
        place: "/type",
        why: "only a subsegment on its own has a type; this one is embedded",
    },
    Argued {
        sdk: "python",
        calls: &[6, 7],
        place: "/aws/table_names",
        why: "the text `dict_keys(['Orders'])` is a bug; ours is the list that all others write",
    },
    Argued {
        sdk: "node",
        calls: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        place: "/aws/retries",
        why: "ours counts how often it was tried again, as the guide says; theirs counts attempts",
    },
    Argued {
        sdk: "node",
        calls: &[6, 7, 8, 9],
        place: "/fault",
        why: "a 4xx is the caller's error; the guide has fault for 5xx alone",
    },
    Argued {
        sdk: "node",
        calls: &[6, 7, 8, 9, 10, 12],
        place: "/cause/working_directory",
        why: "it says nothing of a failure of a service, and much of the machine",
    },
    Argued {
        sdk: "node",
        calls: &[6, 7, 8, 9, 10, 12],
        place: "/cause/exceptions/0/stack",
        why: "the exception is one of the service, which sends no stack; theirs shows the SDK's own code",
    },
    Argued {
        sdk: "node",
        calls: &[12],
        place: "/http",
        why: "an empty object where there was no answer; ours is left out",
    },
    Argued {
        sdk: "node",
        calls: &[12],
        place: "/cause/exceptions/0/type",
        why: "of a refused connection: `Error` in JavaScript, in Rust the variant of SdkError",
    },
    Argued {
        sdk: "node",
        calls: &[12],
        place: "/cause/exceptions/0/message",
        why: "of a refused connection: the text of another HTTP client",
    },
];

/// The subsegments of AWS calls in a capture, in order.
fn recorded(path: &str) -> Vec<Value> {
    fn collect(entity: &Value, found: &mut Vec<Value>) {
        if entity["namespace"] == "aws" {
            found.push(entity.clone());
        }
        for child in entity["subsegments"].as_array().into_iter().flatten() {
            collect(child, found);
        }
    }
    let mut found = Vec::new();
    for datagram in CaptureFile::read(fixture(path)).unwrap().datagrams() {
        let bytes = datagram.bytes().to_vec();
        let text = String::from_utf8(bytes).unwrap();
        let (_, body) = text.split_once('\n').unwrap();
        collect(&serde_json::from_str(body).unwrap(), &mut found);
    }
    found
}

/// An answer from which their document could have been made.
fn answers(theirs: &Value) -> Vec<Reply> {
    let response = &theirs["http"]["response"];
    let exception = &theirs["cause"]["exceptions"][0];
    let aws = &theirs["aws"];
    match response["status"].as_u64() {
        None => vec![Reply::refused()],
        Some(200) => {
            let mut body = json!({});
            for (name, member) in [
                ("consumed_capacity", "ConsumedCapacity"),
                ("count", "Count"),
                ("item_collection_metrics", "ItemCollectionMetrics"),
                ("scanned_count", "ScannedCount"),
            ] {
                if let Some(value) = aws.get(name) {
                    body[member] = value.clone();
                }
            }
            if let Some(count) = aws["table_count"].as_u64() {
                body["TableNames"] = (0..count)
                    .map(|number| json!(format!("T{number}")))
                    .collect();
            }
            let length = response["content_length"].as_u64().unwrap_or_default();
            let body = body.to_string();
            // Their other members, which are not recorded, were as long as these spaces.
            let space = " ".repeat(usize::try_from(length).unwrap().saturating_sub(body.len()));
            let failed = aws["retries"].as_u64().unwrap_or(1).saturating_sub(1);
            let mut all: Vec<Reply> = (0..failed).map(|_| Reply::internal_error()).collect();
            all.push(Reply::ok(format!("{body}{space}")));
            all
        }
        Some(status) => {
            let (code, message) = (
                exception["type"].as_str().unwrap(),
                exception["message"].as_str().unwrap(),
            );
            let reply = Reply::error(u16::try_from(status).unwrap(), code, message);
            vec![reply; usize::try_from(aws["retries"].as_u64().unwrap()).unwrap()]
        }
    }
}

/// Our document of a call that is answered as theirs was.
async fn ours(make: Make, theirs: &Value) -> Value {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    let dynamo = MockDynamo::new();
    let rule = dynamo.on(theirs["aws"]["operation"].as_str().unwrap());
    let answers = answers(theirs);
    let attempts = u32::try_from(answers.len()).unwrap();
    answers.into_iter().fold(rule, xray_phantom::Rule::then);
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder, |config| {
        config.retry_config(RetryConfig::standard().with_max_attempts(attempts))
    });
    recorder
        .in_segment_infallible("OrdersWorker", async |_| make(client).await)
        .await;
    let trace = daemon.expect_one_trace().await;
    let call = trace.nodes().nth(1).unwrap();
    serde_json::from_str(call.entity().json().raw()).unwrap()
}

/// The places where theirs has something that ours has not, or otherwise.
fn differences(
    (sdk, call): (&str, usize),
    pointer: &str,
    theirs: &Value,
    ours: Option<&Value>,
    found: &mut BTreeSet<String>,
) {
    // What is made up anew for each document.
    if [
        "/id",
        "/start_time",
        "/end_time",
        "/trace_id",
        "/parent_id",
        "/aws/request_id",
        "/cause/exceptions/0/id",
    ]
    .contains(&pointer)
    {
        assert!(ours.is_some() || pointer.ends_with("_id"), "{pointer}");
        return;
    }
    let is_argued = ARGUED
        .iter()
        .any(|argued| argued.sdk == sdk && argued.calls.contains(&call) && argued.place == pointer);
    match (theirs, ours) {
        (Value::Object(theirs), Some(Value::Object(ours))) => {
            for (name, value) in theirs {
                differences(
                    (sdk, call),
                    &format!("{pointer}/{name}"),
                    value,
                    ours.get(name),
                    found,
                );
            }
        }
        (Value::Array(theirs), Some(Value::Array(ours)))
            if !is_argued && theirs.len() == ours.len() =>
        {
            for (index, value) in theirs.iter().enumerate() {
                differences(
                    (sdk, call),
                    &format!("{pointer}/{index}"),
                    value,
                    ours.get(index),
                    found,
                );
            }
        }
        (Value::Number(theirs), Some(Value::Number(ours))) if theirs.as_f64() == ours.as_f64() => {}
        (theirs, Some(ours)) if theirs == ours => {}
        _ => drop(found.insert(format!("{sdk} {call:02} {pointer}"))),
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_official_sdks_record_is_recorded() {
    let mut found = BTreeSet::new();
    for (sdk, path, calls) in [
        (
            "python",
            "corpora/python/04_dynamodb_ops.jsonl",
            &PYTHON[..],
        ),
        (
            "node",
            "corpora/node/03_v3_dynamodb_ops_errors.jsonl",
            &NODE[..],
        ),
    ] {
        let theirs = recorded(path);
        assert_eq!(theirs.len(), calls.len(), "{path}");
        for (call, (make, theirs)) in calls.iter().zip(&theirs).enumerate() {
            let ours = ours(*make, theirs).await;
            differences((sdk, call), "", theirs, Some(&ours), &mut found);
            // And more than that: each has how often it was tried again, and what Node lists.
            assert!(ours["aws"]["retries"].is_u64(), "{ours}");
            let answered = theirs["http"]["response"]["status"].is_u64();
            assert_eq!(
                ours["http"]["response"]["content_length"].is_u64(),
                answered,
                "{ours}"
            );
            if ours["aws"]["operation"] == "TransactWriteItems" {
                assert_eq!(ours["aws"]["table_names"], json!(["Orders"]));
            }
        }
    }
    let each = |argued: &Argued| {
        let (sdk, place) = (argued.sdk, argued.place);
        let text = |call: &usize| format!("{sdk} {call:02} {place}");
        argued.calls.iter().map(text).collect::<Vec<_>>()
    };
    let argued: BTreeSet<String> = ARGUED.iter().flat_map(each).collect();
    assert_eq!(found, argued);
}
