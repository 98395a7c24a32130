//! What a scripted reply of MockDynamo costs, beside the same one, with all its headers, of the SDK's
//! own `StaticReplayClient`.
//!
//! A round is a mock with 50 replies, a client, and 50 calls of `PutItem`: what a test does. The
//! time of the calls alone, in which the SDK writes, signs and reads, is taken too: there the other
//! one hands over responses that were made before, and this one reads each request to find the rule
//! for it. The two take turns round by round.
//!
//! ```sh
//! cargo run --release --manifest-path benches/replies/Cargo.toml
//! ```

use std::hint::black_box;
use std::time::Instant;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region, SharedHttpClient};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use xray_phantom::MockDynamo;

/// The times of a round in microseconds: of all of it, and of the calls, for each reply.
type Times = (f64, f64);

async fn calls(http_client: SharedHttpClient) -> f64 {
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "bench"))
        .http_client(http_client)
        .build();
    let client = Client::from_conf(config);
    let begun = Instant::now();
    for _ in 0..REPLIES {
        let call = client
            .put_item()
            .table_name("Orders")
            .item("order_id", AttributeValue::S("o-1".to_owned()))
            .item("customer", AttributeValue::S("c-1".to_owned()));
        drop(black_box(call.send().await));
    }
    micros(begun)
}

fn micros(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(REPLIES)
}

async fn replayed() -> Times {
    let begun = Instant::now();
    let event = |_| {
        let request = http::Request::builder()
            .uri("https://dynamodb.us-east-1.amazonaws.com/")
            .body(SdkBody::from(r#"{"TableName":"Orders"}"#));
        let response = http::Response::builder()
            .status(200)
            .header("content-type", "application/x-amz-json-1.0")
            .header("content-length", "2")
            .header(
                "x-amzn-requestid",
                "4MMTVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF66Q9ASUAAJG",
            )
            .header("x-amz-crc32", "2745614147")
            .body(SdkBody::from("{}"));
        let (Ok(request), Ok(response)) = (request, response) else {
            unreachable!("both are complete")
        };
        ReplayEvent::new(request, response)
    };
    let client = StaticReplayClient::new((0..REPLIES).map(event).collect());
    let calls = calls(SharedHttpClient::new(client)).await;
    (micros(begun), calls)
}

async fn scripted() -> Times {
    let begun = Instant::now();
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").table("Orders").then_ok().times(50);
    let calls = calls(dynamo.http_client()).await;
    drop(dynamo);
    (micros(begun), calls)
}

fn quantile(values: &[f64], quarters: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * quarters / 4]
}

fn report(figure: &str, values: &[f64]) {
    let (median, low, high) = (
        quantile(values, 2),
        quantile(values, 1),
        quantile(values, 3),
    );
    println!("{figure:52} {median:>7.2} us   {low:.2} to {high:.2}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--test") {
        11
    } else {
        1_001
    };
    let (mut replay, mut script) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        for turn in 0..2 {
            if (round + turn) % 2 == 0 {
                replay.push(replayed().await);
            } else {
                script.push(scripted().await);
            }
        }
    }
    let of = |times: &[Times], which: fn(&Times) -> f64| -> Vec<f64> {
        times.iter().map(which).collect()
    };
    let difference = |which: fn(&Times) -> f64| -> Vec<f64> {
        let pairs = script.iter().zip(&replay);
        pairs
            .map(|(script, replay)| which(script) - which(replay))
            .collect()
    };
    println!("{:52} {:>7}      quartiles", "for each reply", "median");
    report(
        "StaticReplayClient: set-up, client and call",
        &of(&replay, |times| times.0),
    );
    report("MockDynamo: the same", &of(&script, |times| times.0));
    report("difference", &difference(|times| times.0));
    report(
        "StaticReplayClient: call alone",
        &of(&replay, |times| times.1),
    );
    report("MockDynamo: call alone", &of(&script, |times| times.1));
    report("difference", &difference(|times| times.1));
}

const REPLIES: u32 = 50;
