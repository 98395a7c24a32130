//! What assertions cost on a trace of 1,000 subsegments.
//!
//! `holds` are assertions that pass: one subsegment by its name, the last one; each of them; the
//! whole tree; order in time; the critical path. At most 1 ms each. `fails` are assertions that do
//! not hold, with the text that explains them: at most 5 ms each. The trace is there before the
//! clock starts, and no daemon is behind it.
//!
//! ```sh
//! cargo bench --bench assertions
//! ```

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use xray_phantom::Trace;
use xray_phantom::expect::{ExpectEntity, ExpectedTree, any, glob};
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, assemble};

/// A segment with 100 subsegments, each with nine AWS calls one after another.
fn trace() -> Trace {
    let head = r#""trace_id":"1-66a00000-0123456789abcdef01234567""#;
    let time = |milli: u32| format!("1721763840.{milli:06}");
    let mut documents = vec![format!(
        r#"{{{head},"id":"{:016x}","name":"api","start_time":1721763840.0,"end_time":1721763841.0}}"#,
        1
    )];
    for child in 0..100 {
        let start = child * 10;
        documents.push(format!(
            r#"{{{head},"id":"{:016x}","parent_id":"{:016x}","type":"subsegment","name":"put-{child}","start_time":{},"end_time":{},"annotations":{{"order_id":"o-{child}","items":{child}}}}}"#,
            0x1000 + child, 1, time(start), time(start + 10)
        ));
        for call in 0..9 {
            documents.push(format!(
                r#"{{{head},"id":"{:016x}","parent_id":"{:016x}","type":"subsegment","name":"DynamoDB","namespace":"aws","start_time":{},"end_time":{},"http":{{"response":{{"status":200}}}},"aws":{{"operation":"PutItem","table_name":"Orders","region":"eu-west-1","retries":0,"request_id":"{child}-{call}"}}}}"#,
                0x10_0000 + child * 10 + call, 0x1000 + child, time(start + call), time(start + call + 1)
            ));
        }
    }
    let arrivals = documents.iter().zip(0..).filter_map(|(document, seq)| {
        Some(Arrival {
            seq,
            arrived: None,
            document: Arc::new(Document::parse(document).ok()?),
        })
    });
    let traces = assemble(arrivals, &ExternalParents::default()).traces;
    let Some(Ok(trace)) = traces
        .into_iter()
        .next()
        .map(xray_phantom::PartialTrace::complete)
    else {
        panic!("the trace is complete");
    };
    assert_eq!(trace.nodes().len(), 1_001);
    trace
}

fn expected() -> ExpectedTree {
    ExpectedTree::new().with("api", |mut api| {
        for child in 0..100 {
            api = api.with(format!("put-{child}"), |mut put| {
                for _ in 0..9 {
                    put = put.with("DynamoDB", |call| call);
                }
                put
            });
        }
        api
    })
}

fn call(entity: ExpectEntity<'_>) -> ExpectEntity<'_> {
    entity
        .aws(|a| a.operation("PutItem").table("Orders").retries(0))
        .status(200)
        .succeeded()
}

fn holds(criterion: &mut Criterion) {
    let trace = trace();
    let mut group = criterion.benchmark_group("holds");
    group.bench_function("subsegment", |bencher| {
        bencher.iter(|| {
            black_box(&trace).assert().subsegment("put-99", |s| {
                s.annotation("order_id", "o-99").child("DynamoDB", call)
            });
        });
    });
    group.bench_function("each_subsegment", |bencher| {
        bencher.iter(|| {
            black_box(&trace)
                .assert()
                .each_subsegment(any(), ExpectEntity::succeeded);
        });
    });
    group.bench_function("each_subsegment, five fields", |bencher| {
        bencher.iter(|| {
            black_box(&trace).assert().each_subsegment("DynamoDB", call);
        });
    });
    let tree = expected();
    group.bench_function("tree", |bencher| {
        bencher.iter(|| {
            black_box(&trace).assert().tree(&tree);
        });
    });
    group.bench_function("max_concurrency", |bencher| {
        bencher.iter(|| {
            black_box(&trace).assert().max_concurrency(glob("put-*"), 1);
        });
    });
    group.bench_function("within_parent", |bencher| {
        bencher.iter(|| {
            black_box(&trace).assert().within_parent();
        });
    });
    group.bench_function("critical_path", |bencher| {
        bencher.iter(|| black_box(&trace).critical_path().len());
    });
}

fn fails(criterion: &mut Criterion) {
    let trace = trace();
    let mut group = criterion.benchmark_group("fails");
    let text = |checked: Result<(), xray_phantom::Mismatch>| match checked {
        Ok(()) => panic!("it does not hold"),
        Err(mismatch) => mismatch.to_string().len(),
    };
    group.bench_function("missing", |bencher| {
        bencher.iter(|| text(black_box(&trace).assert().try_subsegment("audit", |s| s)));
    });
    group.bench_function("closest of 900", |bencher| {
        bencher.iter(|| {
            text(black_box(&trace).assert().try_subsegment("DynamoDB", |s| {
                call(s).aws(|a| a.request_id("99-9")).throttled()
            }))
        });
    });
    group.bench_function("each", |bencher| {
        bencher.iter(|| {
            let assert = black_box(&trace).assert();
            text(assert.try_each_subsegment(any(), ExpectEntity::faulted))
        });
    });
    let tree = expected().with("audit", |audit| audit);
    group.bench_function("tree", |bencher| {
        bencher.iter(|| text(black_box(&trace).assert().try_tree(&tree)));
    });
}

criterion_group!(benches, holds, fails);
criterion_main!(benches);
