//! What only an assertion can know: the program says one thing, and the test expects another.

use aws_sdk_dynamodb::types::AttributeValue::S;
use xray_phantom::{AwsInterceptor, MockDynamo};

use crate::diagnosis::{Bug, diagnose, recorder};

#[test]
fn a_call_that_carries_no_header() {
    diagnose(
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let dynamo = MockDynamo::new();
            dynamo.on("PutItem").table("Orders").then_ok();
            let config = aws_sdk_dynamodb::config::Builder::from(&dynamo.sdk_config());
            let traced = config.clone().interceptor(AwsInterceptor::new(&recorder));
            let config = if bug == Bug::Seeded { config } else { traced };
            let orders = aws_sdk_dynamodb::Client::from_conf(config.build());
            let put = async |_| {
                let put = orders.put_item().table_name("Orders");
                put.item("order_id", S("o-1".into())).send().await
            };
            recorder.in_segment("OrdersWorker", put).await?;
            let trace = daemon.try_expect_one_trace().await?;
            let last = trace.nodes().last().and_then(|node| node.entity().id());
            dynamo
                .one_call("PutItem")?
                .check_parent(&last.unwrap_or_default())?;
            Ok(())
        },
        "PutItem Orders, attempt 1: expected Parent=ID in the trace header, found none",
    );
}
