//! What snapshots cost: outlines, normalised documents, and the difference of two traces.
//!
//! A trace is one segment, one subsegment for each ten calls to DynamoDB, and the calls, with
//! annotations, a request id, a region and a status each. The documents are read and assembled
//! outside the loop; a figure is for one trace, or for one pair of traces, text included. The two
//! traces of `diff` have other ids; in `diff, all changed` each call has another annotation and
//! half of them another parent.
//!
//! ```sh
//! cargo bench --bench snapshots
//! ```

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use xray_phantom::Trace;
use xray_phantom::json::Document;
use xray_phantom::snapshot::diff;
use xray_phantom::trace::{Arrival, ExternalParents, assemble};

/// How a trace differs from the first.
#[derive(Clone, Copy, Default)]
struct Other {
    ids: u64,
    order: u64,
    /// By how many places calls have moved.
    moved: u64,
}

/// A trace of so many entities.
fn trace(entities: u64, other: Other) -> Trace {
    let id = |number: u64| {
        format!(
            "{:016x}",
            (other.ids + number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
    };
    let call = |number: u64| {
        format!(
            concat!(
                r#"{{"name":"DynamoDB","id":"{}","start_time":1721763840.251001,"end_time":1721763840.295872,"namespace":"aws","#,
                r#""annotations":{{"order_id":"o-{}","items":3}},"aws":{{"operation":"PutItem","region":"us-east-1","#,
                r#""request_id":"4MMTVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF{:08}","table_name":"Orders","retries":1}},"#,
                r#""http":{{"response":{{"status":200}}}}}}"#
            ),
            id(number),
            number + other.order,
            number + other.ids,
        )
    };
    let parts = (entities - 1).div_ceil(11);
    let mut left = entities - 1 - parts;
    let handlers = (0..parts).map(|part| {
        let count = left.min(10);
        left -= count;
        let calls: Vec<String> = (0..count)
            .map(|place| call(10 * part + place + other.moved))
            .collect();
        format!(
            r#"{{"name":"handler-{part}","id":"{}","start_time":1721763840.2505,"end_time":1721763840.296,"subsegments":[{}]}}"#,
            id(100_000 + part),
            calls.join(",")
        )
    });
    let handlers: Vec<String> = handlers.collect();
    let text = format!(
        concat!(
            r#"{{"name":"OrdersWorker","id":"{}","trace_id":"1-5759e988-{:024x}","start_time":1721763840.250113,"#,
            r#""end_time":1721763840.296425,"http":{{"request":{{"method":"POST","url":"http://127.0.0.1:{}/orders"}},"#,
            r#""response":{{"status":201}}}},"aws":{{"xray":{{"sdk":"X-Ray Rust","sdk_version":"2.15.0"}}}},"subsegments":[{}]}}"#
        ),
        id(200_000),
        other.ids,
        4_000 + other.ids,
        handlers.join(",")
    );
    let document = match Document::parse(&text) {
        Ok(document) => Arc::new(document),
        Err(error) => panic!("{error}"),
    };
    let arrival = Arrival {
        seq: 0,
        arrived: None,
        document,
    };
    let mut traces = assemble([arrival], &ExternalParents::none()).traces;
    match traces.remove(0).complete() {
        Ok(trace) => trace,
        Err(partial) => panic!("{partial}"),
    }
}

fn snapshots(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("snapshots");
    for entities in [10, 100, 1_000] {
        let one = trace(entities, Other::default());
        assert_eq!(one.nodes().len() as u64, entities);
        let same = trace(
            entities,
            Other {
                ids: 7,
                ..Other::default()
            },
        );
        let other = trace(
            entities,
            Other {
                ids: 7,
                order: 5_000,
                moved: 5,
            },
        );
        assert!(diff(&one, &same).is_empty());
        group.throughput(Throughput::Elements(entities));
        let id = |name| BenchmarkId::new(name, entities);
        group.bench_function(id("outline"), |bencher| {
            bencher.iter(|| black_box(&one).outline());
        });
        group.bench_function(id("normalized"), |bencher| {
            bencher.iter(|| black_box(&one).normalized().to_string());
        });
        group.bench_function(id("diff"), |bencher| {
            bencher.iter(|| diff(black_box(&one), black_box(&same)).to_string());
        });
        group.bench_function(id("diff, all changed"), |bencher| {
            bencher.iter(|| diff(black_box(&one), black_box(&other)).to_string());
        });
    }
    group.finish();
}

criterion_group!(benches, snapshots);
criterion_main!(benches);
