//! What recording adds to a call of the AWS SDK, in allocations: they are the same in every run.

use allocation_counter::measure;
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use tokio::runtime::Builder;
use xray_phantom::wire::{Emit, EmitCounts, Note};
use xray_phantom::{MockDynamo, Recorder, Sampling, traced_clients};

/// Answers every request at once.
#[derive(Debug)]
struct AtOnce;

impl HttpClient for AtOnce {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(AtOnce)
    }
}

impl HttpConnector for AtOnce {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let status = 200.try_into().unwrap();
        let mut response = HttpResponse::new(status, SdkBody::from("{}"));
        response.headers_mut().insert("x-amzn-requestid", "r-1");
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// Throws documents away.
#[derive(Debug)]
struct Nowhere;

impl Emit for Nowhere {
    fn emit(&self, _document: &str) {}

    fn counts(&self) -> EmitCounts {
        EmitCounts::default()
    }

    fn note(&self, note: Note) {
        panic!("{note}");
    }
}

const CALLS: u64 = 100;

/// Allocations of a hundred calls in segments of ten, once all that is kept is there.
fn allocations(recorder: &Recorder, client: &Client) -> u64 {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let segments = || {
        for _ in 0..CALLS / 10 {
            runtime.block_on(recorder.in_segment_infallible("orders", async |_| {
                for _ in 0..10 {
                    let call = client.put_item().table_name("Orders");
                    call.send().await.unwrap();
                }
            }));
        }
    };
    segments();
    measure(segments).count_total
}

#[track_caller]
fn check(sampling: Sampling, each: u64) {
    let sdk_config = MockDynamo::new().sdk_config();
    let sdk_config = sdk_config.into_builder().http_client(AtOnce).build();
    let recorder = Recorder::builder("orders")
        .emitter(Nowhere)
        .sampling(sampling)
        .build();
    let (client,) = traced_clients!(recorder, sdk_config, aws_sdk_dynamodb);
    let with = allocations(&recorder, &client);
    let without = allocations(&recorder, &Client::new(&sdk_config));
    assert_eq!(with - without, each * CALLS);
}

/// The header; what is known of the call; what the SDK needs to keep that.
#[test]
fn a_recorded_call_costs_three_allocations() {
    check(Sampling::always(), 3);
}

#[test]
fn a_call_that_is_not_recorded_costs_its_header() {
    check(Sampling::never(), 1);
}
