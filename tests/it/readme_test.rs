use aws_sdk_dynamodb::types::AttributeValue::S;
use xray_phantom::{FakeDaemon, MockDynamo, Recorder, in_subsegment, mock_dynamo_client};

async fn place_order(orders: &aws_sdk_dynamodb::Client, id: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    in_subsegment("dynamo-put", async |subsegment| {          // a free function: it finds the current segment by itself
        subsegment.annotate("order_id", id);
        orders.put_item().table_name("Orders").item("order_id", S(id.into())).send().await?;
        Ok(())                                                 // an Err would be recorded as cause and fault
    })
    .await
}

#[tokio::test]
async fn placing_an_order_writes_it_once() {
    let daemon = FakeDaemon::start();                          // 127.0.0.1, a port of its own, UDP and TCP
    let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    let dynamo = MockDynamo::new();
    dynamo.on("PutItem").table("Orders").throttle(2).then_ok();
    let orders = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);

    recorder.in_segment("OrdersWorker", async |_| place_order(&orders, "o-1").await).await.unwrap();

    let trace = daemon.expect_one_trace().await;               // flushes and fences: no sleep, no time-out to tune
    assert!(trace.has_subsegment("dynamo-put"));               // a plain bool ...
    trace.assert()                                             // ... or an explained failure
        .segment("OrdersWorker", |s| s
            .child("dynamo-put", |s| s
                .annotation("order_id", "o-1")
                .child("DynamoDB", |s| s.aws(|a| a.operation("PutItem").table("Orders").retries(2)).succeeded())));
    insta::assert_snapshot!(trace.outline(), @r"
    OrdersWorker
      dynamo-put {order_id: o-1}
        DynamoDB PutItem Orders (retries 2)
    ");
}                                                              // backstop on drop: findings nobody expected fail the test
