//! A worker that is instrumented with OpenTelemetry, and what X-Ray makes of its spans.
//!
//! ```sh
//! cargo run --example opentelemetry
//! ```

use std::error::Error;

use opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_aws::trace::XrayIdGenerator;
use opentelemetry_aws::xray_exporter::daemon_client::XrayDaemonClient;
use opentelemetry_aws::xray_exporter::{SegmentTranslator, XrayExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use xray_phantom::{FakeDaemon, block_on};

/// What the application sets up where it starts; a test gives it another address.
fn instrument(daemon: std::net::SocketAddr) -> std::io::Result<SdkTracerProvider> {
    // Only attributes that are asked for become annotations; others are not sent at all.
    let translator = SegmentTranslator::new().with_indexed_attr("order_id".to_owned());
    let exporter = XrayExporter::new(XrayDaemonClient::new(daemon)?).with_translator(translator);
    let service = Resource::builder_empty().with_service_name("OrdersWorker");
    Ok(SdkTracerProvider::builder()
        // X-Ray's trace ids begin with the time: the exporter drops spans with others.
        .with_id_generator(XrayIdGenerator::default())
        .with_resource(service.build())
        .with_batch_exporter(exporter)
        .build())
}

/// The code under test: a span for the order, one for a step of it, one for the call.
fn handle_order(tracer: &SdkTracer, kind: SpanKind, id: &str) {
    let order = tracer.span_builder("handle order").with_kind(kind);
    tracer.in_span_with_builder(order, |_| {
        tracer.in_span("dynamo-put", |context| {
            let order_id = KeyValue::new("order_id", id.to_owned());
            context.span().set_attribute(order_id);
            let orders = Value::Array(Array::String(vec![StringValue::from("Orders")]));
            let call = tracer
                .span_builder("DynamoDB.PutItem")
                .with_kind(SpanKind::Client)
                .with_attributes([
                    KeyValue::new("rpc.system", "aws-api"),
                    KeyValue::new("rpc.service", "DynamoDB"),
                    KeyValue::new("rpc.method", "PutItem"),
                    KeyValue::new("cloud.region", "eu-central-1"),
                    KeyValue::new("aws.dynamodb.table_names", orders),
                    KeyValue::new("http.response.status_code", 200),
                ]);
            tracer.in_span_with_builder(call, |_| { /* DynamoDB at work */ });
        });
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    let daemon = FakeDaemon::start();
    let provider = instrument(daemon.address())?;
    let batch = provider.clone();
    daemon.before_fence(move || batch.force_flush());

    handle_order(&provider.tracer("orders"), SpanKind::Server, "o-1");

    let trace = block_on(daemon.expect_one_trace());
    let documents = block_on(daemon.fence())?.accepted;
    println!("OrdersWorker handled an order. Its {documents} spans came as a document each:\n");
    println!("{trace}");
    assert_eq!(documents, 3);
    assert!(trace.has_subsegment("dynamo-put"));
    trace.assert().segment("OrdersWorker", |segment| {
        segment.succeeded().child("dynamo-put", |put| {
            put.annotation("order_id", "o-1").child("DynamoDB", |call| {
                call.aws(|aws| {
                    aws.operation("PutItem")
                        .table("Orders")
                        .region("eu-central-1")
                })
                .status(200)
                .succeeded()
            })
        })
    });

    // Only spans of kind `Server` become segments. The exporter makes a subsegment of any other,
    // has no parent for it at the root, and drops it: the rest of the trace hangs in the air.
    let daemon = FakeDaemon::start();
    let provider = instrument(daemon.address())?;
    let batch = provider.clone();
    daemon.before_fence(move || batch.force_flush());

    handle_order(&provider.tracer("orders"), SpanKind::Consumer, "o-2");

    println!("Then its root is of kind `Consumer`, and the exporter drops that span in silence:\n");
    let Err(shortfall) = block_on(daemon.try_expect_one_trace()) else {
        return Err("a root of kind `Consumer` makes a segment now".into());
    };
    println!("{shortfall}");
    assert_eq!(shortfall.code().as_str(), "incomplete");
    Ok(())
}
