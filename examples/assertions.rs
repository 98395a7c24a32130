//! Tests of an application's traces, from the first assertion to the last. Copy what you need.
//!
//! ```sh
//! cargo test --example assertions
//! cargo run --example assertions
//! ```

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue::S;
use xray_phantom::{
    FakeDaemon, MockDynamo, Recorder, in_subsegment, in_subsegment_infallible, mock_dynamo_client,
};

/// The code under test: prices an order while it looks for stock, then writes the order.
async fn place_order(orders: &Client, id: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let price = in_subsegment_infallible("price", async |_| {
        tokio::time::sleep(Duration::from_millis(20)).await;
    });
    let stock = in_subsegment_infallible("stock", async |_| {
        tokio::time::sleep(Duration::from_millis(30)).await;
    });
    tokio::join!(price, stock);
    in_subsegment("dynamo-put", async |put| {
        put.annotate("order_id", id).annotate("items", 3);
        put.metadata(
            "cart",
            &serde_json::json!({"lines": ["pen", "ink", "paper"], "gift": true}),
        );
        let item = orders.put_item().table_name("Orders");
        item.item("order_id", S(id.to_owned())).send().await?;
        Ok(())
    })
    .await
}

/// Serves a request: what a handler of your web framework would do.
async fn serve(recorder: &Recorder, orders: &Client, id: &str) {
    let placed = recorder
        .in_segment("OrdersWorker", async |segment| {
            segment.annotate("tenant", "t1");
            place_order(orders, id).await
        })
        .await;
    if let Err(error) = placed {
        eprintln!("order {id}: {error}");
    }
}

/// Shows a trace, and what an assertion that does not hold says of it.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
        let dynamo = MockDynamo::new();
        dynamo.on("PutItem").table("Orders").then_ok();
        let orders = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
        serve(&recorder, &orders, "o-1").await;
        let trace = daemon.expect_one_trace().await;
        println!("{trace}");
        if let Err(mismatch) = trace
            .assert()
            .try_segment("OrdersWorker", |s| s.annotation("order_id", "o-1"))
        {
            println!("{mismatch}");
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use xray_phantom::expect::{ExpectEntity, any, contains, glob, not, one_of};
    use xray_phantom::{
        FakeDaemon, Mismatch, MockDynamo, Recorder, Trace, mock_dynamo_client, tree,
    };

    use crate::serve;

    /// The trace of one order, for which DynamoDB answers as it is told.
    async fn order(script: impl FnOnce(&MockDynamo)) -> Trace {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
        let dynamo = MockDynamo::new();
        script(&dynamo);
        let orders = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
        serve(&recorder, &orders, "o-1").await;
        daemon.expect_one_trace().await
    }

    async fn placed() -> Trace {
        order(|dynamo| {
            dynamo.on("PutItem").table("Orders").then_ok();
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn first_is_it_there() {
        let trace = placed().await;
        assert!(trace.has_subsegment("dynamo-put")); // a plain bool ...
        trace.assert().subsegment("dynamo-put", |s| s); // ... or an explained failure
    }

    #[tokio::test(start_paused = true)]
    async fn what_it_says() {
        placed().await.assert().segment("OrdersWorker", |s| {
            s.annotation("tenant", "t1")
                .child("dynamo-put", |s| {
                    s.annotation("order_id", glob("o-*"))
                        .annotation("items", 1..=5)
                        .metadata("default", &serde_json::json!({"cart": {"gift": true}}))
                        .lacks_annotation("card_number")
                        .succeeded()
                })
                .child("stock", |s| s.duration(..Duration::from_millis(50)))
        });
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_of_aws() {
        let trace = order(|dynamo| {
            dynamo.on("PutItem").table("Orders").throttle(2).then_ok();
        })
        .await;
        trace.assert().subsegment("DynamoDB", |s| {
            s.namespace("aws")
                .status(200)
                .aws(|a| {
                    a.operation("PutItem")
                        .table("Orders")
                        .retries(2)
                        .request_id(any())
                        .region(not("us-gov-west-1"))
                })
                .succeeded()
        });
    }

    #[tokio::test(start_paused = true)]
    async fn how_it_fails() {
        let trace = order(|dynamo| {
            dynamo
                .on("PutItem")
                .table("Orders")
                .conditional_check_failed();
        })
        .await;
        trace.assert().segment("OrdersWorker", |s| {
            s.faulted().child("dynamo-put", |s| {
                s.child("DynamoDB", |s| {
                    s.errored()
                        .status(400)
                        .cause(|e| e.type_name(contains("ConditionalCheckFailed")).remote(true))
                })
            })
        });
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_there_and_how_often() {
        placed()
            .await
            .assert()
            .lacks_subsegment("S3")
            .subsegment_count("DynamoDB", 1)
            .each_subsegment(any(), |s| s.duration(..Duration::from_secs(1)))
            .no_faults()
            .depth(..=3);
    }

    #[tokio::test(start_paused = true)]
    async fn in_which_order() {
        placed()
            .await
            .assert()
            .overlapping("price", "stock")
            .before(one_of(["price", "stock"]), "dynamo-put")
            .max_concurrency(one_of(["price", "stock"]), 2)
            .within_parent()
            .critical_path(["OrdersWorker", "stock", "dynamo-put", "DynamoDB"]);
    }

    #[tokio::test(start_paused = true)]
    async fn all_of_it() {
        placed().await.assert().tree(tree! {
            "OrdersWorker" => {
                "price",
                "stock",
                "dynamo-put" => { "DynamoDB" },
            }
        });
    }

    #[tokio::test(start_paused = true)]
    async fn several_at_once() {
        placed().await.assert_all(|trace| {
            trace
                .segment("OrdersWorker", ExpectEntity::succeeded)
                .subsegment_count(any(), 4)
                .lacks_segment("Billing")
        });
    }

    #[tokio::test(start_paused = true)]
    async fn last_a_failure_as_a_value() {
        let trace = placed().await;
        let wrong: Result<(), Mismatch> = trace
            .assert()
            .try_subsegment("dynamo-putt", ExpectEntity::succeeded);
        let text = wrong.map_or_else(|mismatch| mismatch.to_string(), |()| String::new());
        assert!(
            text.contains("likely: it is called \"dynamo-put\", not \"dynamo-putt\""),
            "{text}"
        );
    }
}
