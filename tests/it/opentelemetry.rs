//! Spans of OpenTelemetry, sent by another emitter than ours: opentelemetry-aws.

use std::borrow::Cow;

use opentelemetry::trace::{
    SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{KeyValue, SpanId, TraceId};
use opentelemetry_aws::trace::XrayIdGenerator;
use opentelemetry_aws::xray_exporter::daemon_client::XrayDaemonClient;
use opentelemetry_aws::xray_exporter::{SegmentTranslator, XrayExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{IdGenerator, Sampler, SdkTracerProvider, TracerProviderBuilder};
use xray_phantom::expect::ExpectEntity;
use xray_phantom::{FakeDaemon, Finding, Report, block_on};

/// A provider whose spans go to the daemon in batches, and whose variables are not read.
fn provider(daemon: &FakeDaemon, translator: SegmentTranslator) -> TracerProviderBuilder {
    let client = XrayDaemonClient::new(daemon.address()).unwrap();
    let service = Resource::builder_empty().with_service_name("OrdersWorker");
    SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOn)
        .with_id_generator(XrayIdGenerator::default())
        .with_resource(service.build())
        .with_batch_exporter(XrayExporter::new(client).with_translator(translator))
}

/// The same, flushed before each fence.
fn flushed(daemon: &FakeDaemon, translator: SegmentTranslator) -> SdkTracerProvider {
    let provider = provider(daemon, translator).build();
    let batch = provider.clone();
    daemon.before_fence(move || batch.force_flush());
    provider
}

/// A root of this kind and name with one child.
fn work(provider: &SdkTracerProvider, kind: SpanKind, root: impl Into<Cow<'static, str>>) {
    let tracer = provider.tracer("orders");
    let root = tracer.span_builder(root).with_kind(kind);
    tracer.in_span_with_builder(root, |_| {
        tracer.in_span("dynamo-put", |context| {
            let order_id = KeyValue::new("annotation.order_id", "o-1");
            context.span().set_attribute(order_id);
        });
    });
}

/// Trace ids that do not begin with the time, which X-Ray's do.
#[derive(Debug)]
struct TimelessIds(XrayIdGenerator);

impl IdGenerator for TimelessIds {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from(1)
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

/// What nobody expected of a test that leaves these spans behind.
fn report(work: impl Fn(&FakeDaemon)) -> Report {
    block_on(FakeDaemon::try_scope(async |daemon| work(daemon))).unwrap_err()
}

#[tokio::test]
async fn its_spans_are_a_document_each_and_make_one_trace() {
    let daemon = FakeDaemon::start();
    let provider = flushed(&daemon, SegmentTranslator::new());
    work(&provider, SpanKind::Server, "handle order");
    let trace = daemon.expect_one_trace().await;
    assert_eq!(
        trace.outline(),
        "OrdersWorker\n  dynamo-put {order_id: o-1}"
    );
    assert_eq!(daemon.fence().await.unwrap().accepted, 2);
    assert_eq!(daemon.violations().await.unwrap(), []);
}

#[test]
fn its_batch_is_missing_until_it_is_flushed() {
    let daemon = FakeDaemon::start();
    let provider = provider(&daemon, SegmentTranslator::new()).build();
    work(&provider, SpanKind::Server, "handle order");
    let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
    assert_eq!(shortfall.code().as_str(), "no-trace");

    daemon.before_fence(move || provider.force_flush());
    assert!(block_on(daemon.expect_one_trace()).has_subsegment("dynamo-put"));
}

#[test]
fn its_errors_are_taken_as_they_are() {
    let daemon = FakeDaemon::start();
    let provider = flushed(&daemon, SegmentTranslator::new());
    let tracer = provider.tracer("orders");
    let root = tracer
        .span_builder("handle order")
        .with_kind(SpanKind::Server);
    tracer.in_span_with_builder(root, |context| {
        let span = context.span();
        span.set_status(Status::error("no such table"));
        span.record_error(&std::io::Error::other("no such table"));
    });
    let trace = block_on(daemon.expect_one_trace());
    trace
        .assert()
        .segment("OrdersWorker", ExpectEntity::faulted);
    assert_eq!(block_on(daemon.violations()).unwrap(), []);
}

#[test]
fn its_metadata_has_no_namespaces_which_is_a_lint() {
    let daemon = FakeDaemon::start();
    let provider = flushed(&daemon, SegmentTranslator::new().metadata_all_attrs());
    work(&provider, SpanKind::Server, "handle order");
    let violation = block_on(daemon.expect_violation("metadata-namespace"));
    assert_eq!(violation.pointer(), "/metadata/service.name");
}

#[test]
fn a_root_of_another_kind_than_server_is_dropped_and_its_children_are_orphans() {
    let report = report(|daemon| {
        let provider = flushed(daemon, SegmentTranslator::new());
        work(&provider, SpanKind::Consumer, "handle order");
    });
    let [Finding::Incomplete(trace)] = report.findings() else {
        panic!("{report}");
    };
    let defects: Vec<&str> = trace
        .defects()
        .map(|defect| defect.code().as_str())
        .collect();
    assert_eq!(defects, ["orphan"]);
}

#[test]
fn a_name_that_x_ray_would_not_take_is_dropped_too() {
    let report = report(|daemon| {
        let provider = flushed(daemon, SegmentTranslator::new());
        let tracer = provider.tracer("orders");
        let root = tracer.span_builder("root").with_kind(SpanKind::Server);
        tracer.in_span_with_builder(root, |_| {
            tracer.in_span("orders?", |_| tracer.in_span("dynamo-put", |_| ()));
        });
    });
    let [Finding::Incomplete(trace)] = report.findings() else {
        panic!("{report}");
    };
    assert_eq!(trace.nodes().len(), 2);
}

#[test]
fn a_batch_that_is_dropped_as_a_whole_fails_the_hook() {
    let report = report(|daemon| {
        let provider = provider(daemon, SegmentTranslator::new())
            .with_id_generator(TimelessIds(XrayIdGenerator::default()))
            .build();
        let batch = provider.clone();
        daemon.before_fence(move || batch.force_flush());
        work(&provider, SpanKind::Server, "handle order");
    });
    assert!(
        report.to_string().contains(
            "- hook-failed: the hook before the fence returned \
             `InternalFailure("
        ) && report
            .to_string()
            .contains("All spans in batch failed translation"),
        "{report}"
    );
}

#[test]
fn a_document_that_no_datagram_can_hold_ends_its_batch_and_fails_the_hook() {
    let report = report(|daemon| {
        let provider = flushed(daemon, SegmentTranslator::new());
        let tracer = provider.tracer("orders");
        let root = tracer.span_builder("root").with_kind(SpanKind::Server);
        tracer.in_span_with_builder(root, |_| {
            tracer.in_span("report", |context| {
                let rows = KeyValue::new("metadata.rows", "x".repeat(70_000));
                context.span().set_attribute(rows);
            });
            tracer.in_span("dynamo-put", |_| ());
        });
    });
    let [Finding::Note(note)] = report.findings() else {
        panic!("{report}");
    };
    assert_eq!(note.code(), "hook-failed");
}
