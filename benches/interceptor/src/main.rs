//! What the interceptor adds to a call of the AWS SDK.
//!
//! A call is a `PutItem` of `aws-sdk-dynamodb`, written, signed and read by the SDK, that a connector
//! in memory answers at once. Calls come in segments of ten, of which the time is taken whole, the
//! writing of the document included; the emitter throws it away. The cases take turns round by round,
//! and the figures are differences within one round, so that whatever else the machine does falls on
//! both. Each case has a client of its own: one that several share would be in the caches more often
//! than the others. And the cases come in another order each time, as a case that follows its like
//! finds more of what it needs.
//!
//! ```sh
//! cargo run --release --manifest-path benches/interceptor/Cargo.toml
//! ```
//!
//! prints for each figure the median over all rounds, the quartiles, and the limit. With `-- --test`
//! it does five rounds. It is built with link-time optimisation; what it is without, as `cargo build
//! --release` builds a program that asks for none:
//!
//! ```sh
//! export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_LTO=false
//! cargo run --release --manifest-path benches/interceptor/Cargo.toml
//! ```

#[path = "../../common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::Instant;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, Credentials, Intercept, Region, SharedInterceptor,
};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http::HeaderName;
use xray_phantom::recorder::Namespace;
use xray_phantom::wire::{Emit, EmitCounts, Note};
use xray_phantom::{AwsInterceptor, OpenEntity, Recorder, Sampling};

use crate::common::{report, rounds, title};

/// Answers every request at once.
#[derive(Clone, Debug)]
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
        let Ok(status) = StatusCode::try_from(200) else {
            unreachable!("200 is a status")
        };
        let mut response = HttpResponse::new(status, SdkBody::from("{}"));
        let headers = response.headers_mut();
        headers.insert("content-length", "2");
        headers.insert("x-amzn-requestid", REQUEST_ID);
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// Does nothing, in no hook.
#[derive(Debug)]
struct Idle;

#[dyn_dispatch_hint]
impl Intercept for Idle {
    fn name(&self) -> &'static str {
        "idle"
    }
}

/// Sets a header, and no more: what nobody can do without who tells the service that nothing is
/// recorded.
#[derive(Debug)]
struct HeaderAlone;

#[dyn_dispatch_hint]
impl Intercept for HeaderAlone {
    fn name(&self) -> &'static str {
        "header alone"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        let name = const { HeaderName::from_static("x-amzn-trace-id") };
        headers.insert(name, UNSAMPLED.to_owned());
        Ok(())
    }
}

/// Throws documents away.
#[derive(Debug)]
struct Nowhere;

impl Emit for Nowhere {
    fn emit(&self, document: &str) {
        black_box(document);
    }

    fn counts(&self) -> EmitCounts {
        EmitCounts::default()
    }

    fn note(&self, note: Note) {
        drop(note);
    }
}

fn builder() -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "bench"))
        .http_client(AtOnce)
}

/// A client with an interceptor that nobody can disable.
fn permanent(interceptor: impl Intercept + 'static) -> Client {
    let mut config = builder();
    config.push_interceptor(SharedInterceptor::permanent(interceptor));
    Client::from_conf(config.build())
}

fn recorder(sampling: Sampling) -> Recorder {
    Recorder::builder("bench")
        .emitter(Nowhere)
        .sampling(sampling)
        .build()
}

/// Says by hand what the interceptor says of a call.
fn by_hand(segment: &OpenEntity) {
    let call = segment.begin_subsegment("DynamoDB");
    call.namespace(Namespace::Aws)
        .aws("operation", "PutItem")
        .aws("region", "us-east-1")
        .aws("table_name", "Orders")
        .aws("retries", &0)
        .aws("request_id", REQUEST_ID)
        .http_status(200)
        .http_content_length(2);
    call.end();
}

/// Microseconds a call of a segment takes.
async fn micros(recorder: &Recorder, client: &Client, hand: bool) -> f64 {
    let begun = Instant::now();
    recorder
        .in_segment_infallible("bench", async |segment| {
            for _ in 0..CALLS {
                if hand {
                    by_hand(&segment);
                }
                let call = client
                    .put_item()
                    .table_name("Orders")
                    .item("order_id", AttributeValue::S("o-1".to_owned()))
                    .item("customer", AttributeValue::S("c-1".to_owned()))
                    .item("total", AttributeValue::N("42".to_owned()));
                drop(black_box(call.send().await));
            }
        })
        .await;
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let sampled = recorder(Sampling::always());
    let silent = recorder(Sampling::never());
    let plain = || Client::from_conf(builder().build());
    let with_it = |recorder: &Recorder| {
        let config = builder().interceptor(AwsInterceptor::new(recorder));
        Client::from_conf(config.build())
    };
    let permanently = |recorder: &Recorder| permanent(AwsInterceptor::new(recorder));
    let cases = [
        (&sampled, plain()),
        (&sampled, with_it(&sampled)),
        (&silent, plain()),
        (&silent, with_it(&silent)),
        // What of it is the SDK's, whatever an interceptor does.
        (&sampled, permanent(Idle)),
        // What of it is the recorder's: a subsegment that says the same, beside the call.
        (&sampled, plain()),
        // The same once more: what the difference of two equal things is on this machine.
        (&sampled, plain()),
        // Installed for good, as `traced_clients!` does it.
        (&sampled, permanently(&sampled)),
        (&silent, permanently(&silent)),
        (&silent, permanent(HeaderAlone)),
    ];
    let rounds = rounds() * 5;
    let mut taken: [Vec<f64>; 10] = Default::default();
    for round in 0..rounds {
        let stride = STRIDES[round % STRIDES.len()];
        for turn in 0..cases.len() {
            let case = (round + turn * stride) % cases.len();
            let (recorder, client) = &cases[case];
            taken[case].push(micros(recorder, client, case == 5).await);
        }
    }
    let difference = |of: usize, from: usize| -> Vec<f64> {
        let pairs = taken[of].iter().zip(&taken[from]);
        pairs.map(|(of, from)| of - from).collect()
    };
    title();
    report("a call without it", "us", &taken[0], None);
    report("added by it, sampled", "us", &difference(7, 0), Some(3.0));
    report(
        "the same, if it can be disabled",
        "us",
        &difference(1, 0),
        Some(3.0),
    );
    report("added by it, not sampled", "us", &difference(8, 2), None);
    report(
        "the same, if it can be disabled",
        "us",
        &difference(3, 2),
        None,
    );
    report(
        "beyond the header that it sets",
        "us",
        &difference(8, 9),
        None,
    );
    report("added by a header alone", "us", &difference(9, 2), None);
    report("added by an idle one", "us", &difference(4, 0), None);
    report(
        "added by a subsegment by hand",
        "us",
        &difference(5, 0),
        None,
    );
    report("added by nothing", "us", &difference(6, 0), None);
}

const REQUEST_ID: &str = "4MMTVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF66Q9ASUAAJG";

/// The header of a call in a segment that is not recorded.
const UNSAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";

/// So many cases further is the next one. By each of these steps all are reached.
const STRIDES: [usize; 4] = [1, 3, 7, 9];

/// Calls in a segment.
const CALLS: u32 = 10;
