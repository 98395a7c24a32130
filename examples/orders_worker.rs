//! A worker writes orders to DynamoDB, and its traces are shown, without AWS.
//!
//! ```sh
//! cargo run --example orders_worker
//! ```
//!
//! With `--save FILE` it also writes what it captured to a capture file.

use std::error::Error;
use std::io::IsTerminal as _;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::time::sleep;
use xray_phantom::{FakeDaemon, MockDynamo, Recorder, Trace, in_subsegment, mock_dynamo_client};

/// What an application does: validate an order, write it, acknowledge it.
async fn handle(orders: &Client, id: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    sleep(Duration::from_millis(15)).await; // validating it
    in_subsegment("dynamo-put", async |subsegment| {
        subsegment.annotate("order_id", id);
        let order = AttributeValue::S(id.to_owned());
        orders
            .put_item()
            .table_name("Orders")
            .item("order_id", order)
            .send()
            .await?;
        Ok::<_, aws_sdk_dynamodb::Error>(())
    })
    .await?;
    sleep(Duration::from_millis(8)).await; // acknowledging it
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // Tokio's paused clock: the pauses between attempts show in the traces and take no time.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    let dynamo = MockDynamo::new().back_off(Duration::from_millis(40));
    let orders = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);

    // The first order: DynamoDB throttles twice, then answers.
    dynamo.on("PutItem").table("Orders").throttle(2).then_ok();
    recorder
        .in_segment("OrdersWorker", async |_| handle(&orders, "o-1").await)
        .await?;

    // The second one: the write fails for good.
    dynamo
        .on("PutItem")
        .table("Orders")
        .internal_error()
        .internal_error()
        .internal_error();
    let failed = recorder
        .in_segment("OrdersWorker", async |_| handle(&orders, "o-2").await)
        .await;

    let traces = daemon.traces().await?;
    println!("OrdersWorker handled two orders, all in this process. X-Ray would have shown:\n");
    for (trace, number) in traces.iter().zip(1..) {
        println!("{number}. {}", in_words(trace));
        println!("   trace {}\n", trace.id());
        println!(
            "{}",
            trace.timeline().colored(std::io::stdout().is_terminal())
        );
    }
    if let Err(error) = failed {
        println!("The second order ended for the code with: {error}.\n");
    }
    println!("DynamoDB was asked {} times.", dynamo.requests().len());
    println!("Datagrams: {}.", daemon.fence().await?);
    if let Some(file) = std::env::args()
        .skip_while(|argument| argument != "--save")
        .nth(1)
    {
        daemon.save(&file).await?;
        println!("Saved to {file}.");
    }
    Ok(())
}

/// What the console's trace list would say.
fn in_words(trace: &Trace) -> String {
    let put = trace
        .nodes()
        .find(|node| node.name().as_deref() == Some("dynamo-put"));
    let order = put
        .and_then(|put| put.entity().annotation("order_id")?.as_str())
        .unwrap_or_default();
    let call = trace
        .nodes()
        .find(|node| node.entity().namespace().as_deref() == Some("aws"));
    let retries = call
        .and_then(|call| call.entity().aws()?.retries())
        .unwrap_or_default();
    let fault = trace
        .roots()
        .any(|root| root.entity().fault() == Some(true));
    let end = if fault {
        "failure, a fault (red)"
    } else {
        "success, all OK (green)"
    };
    format!("order {order}: {retries} retries of the DynamoDB call, then {end}.")
}
