//! opentelemetry_sdk with the X-Ray exporter of opentelemetry-aws: a datagram for each span.

use std::net::SocketAddr;

use opentelemetry::KeyValue;
use opentelemetry::trace::{
    Span as _, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry_aws::trace::XrayIdGenerator;
use opentelemetry_aws::xray_exporter::daemon_client::XrayDaemonClient;
use opentelemetry_aws::xray_exporter::{SegmentTranslator, XrayExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider,
    TracerProviderBuilder,
};
use xray_phantom_peers::cases::BURST;
use xray_phantom_peers::rounds::Case;
use xray_phantom_peers::workloads::{CALL, REQUEST_ID, SERVICE};
use xray_phantom_peers::{Outcome, check};

/// Exporting on the thread that ends a span, and in batches on another one; and spans that are not
/// sampled.
pub(crate) fn cases(receiver: SocketAddr) -> Outcome<Vec<Case>> {
    let simple = provider().with_simple_exporter(exporter(receiver)?).build();
    let tracer = simple.tracer(SERVICE);
    let simple = Case::new("otel simple seg1aws, sent", BURST, move || {
        // The exporter ends with its provider.
        let _ = &simple;
        order(&tracer);
    });
    let batch = provider().with_span_processor(batch(receiver)?).build();
    let (tracer, flushed) = (batch.tracer(SERVICE), batch.clone());
    let batch = Case::new("otel batch seg1aws, sent", BURST, move || {
        let _ = &batch;
        order(&tracer);
    });
    let batch = batch.flushed(move || Ok(flushed.force_flush()?));

    let off = provider().with_sampler(Sampler::AlwaysOff).build();
    let tracer = off.tracer(SERVICE);
    let parent = opentelemetry::Context::new().with_span(start(&tracer));
    let unsampled = Case::new("otel unsampled", 512, move || {
        let mut call = tracer.build_with_context(tracer.span_builder(CALL), &parent);
        call.set_attribute(KeyValue::new("order_id", "o-1"));
        call.set_attribute(KeyValue::new("items", 3));
        call.end();
    });
    let tracer = off.tracer(SERVICE);
    let unsampled_segment = Case::new("otel unsampled segment", 512, move || {
        let _ = &off;
        let mut segment = start(&tracer);
        segment.set_attribute(KeyValue::new("order_id", "o-1"));
        segment.set_attribute(KeyValue::new("items", 3));
        segment.end();
    });
    Ok(vec![
        simple.sends(2).checked(check::order),
        batch.sends(2).checked(check::order),
        unsampled,
        unsampled_segment,
    ])
}

fn provider() -> TracerProviderBuilder {
    let service = Resource::builder_empty().with_service_name(SERVICE);
    SdkTracerProvider::builder()
        .with_id_generator(XrayIdGenerator::default())
        .with_resource(service.build())
}

fn exporter(receiver: SocketAddr) -> Outcome<XrayExporter<XrayDaemonClient>> {
    let annotations = ["items", "order_id"].map(str::to_owned);
    let translator = SegmentTranslator::new().with_indexed_attrs(annotations);
    Ok(XrayExporter::new(XrayDaemonClient::new(receiver)?).with_translator(translator))
}

/// Exports when it is flushed: the queue takes a whole round, and no time comes in between.
fn batch(receiver: SocketAddr) -> Outcome<BatchSpanProcessor> {
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(4_096)
        .with_max_export_batch_size(4_096)
        .with_scheduled_delay(std::time::Duration::from_hours(1))
        .build();
    let processor = BatchSpanProcessor::builder(exporter(receiver)?);
    Ok(processor.with_batch_config(config).build())
}

fn start(tracer: &SdkTracer) -> opentelemetry_sdk::trace::Span {
    let builder = tracer.span_builder(SERVICE).with_kind(SpanKind::Server);
    tracer.build_with_context(builder, &opentelemetry::Context::new())
}

/// The segment and its call: the attributes that the exporter makes the same members of.
fn order(tracer: &SdkTracer) {
    let mut segment = start(tracer);
    segment.set_attribute(KeyValue::new("order_id", "o-1"));
    segment.set_attribute(KeyValue::new("items", 3));
    segment.set_attribute(KeyValue::new("http.response.status_code", 201));
    let context = opentelemetry::Context::new().with_span(segment);
    let builder = tracer.span_builder(CALL).with_kind(SpanKind::Client);
    let mut call = tracer.build_with_context(builder, &context);
    call.set_attribute(KeyValue::new("aws.service", CALL));
    call.set_attribute(KeyValue::new("aws.operation", "PutItem"));
    call.set_attribute(KeyValue::new("aws.region", "us-east-1"));
    call.set_attribute(KeyValue::new("aws.table.name", "Orders"));
    call.set_attribute(KeyValue::new("aws.request_id", REQUEST_ID));
    call.set_attribute(KeyValue::new("http.response.status_code", 200));
    call.end();
    context.span().end();
}
