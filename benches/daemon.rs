//! Trends of the fake daemon, for criterion.
//!
//! `start`, `drop` and `fence` time one call each, on an idle daemon. `ingest` is from the bytes
//! of a datagram of 637 bytes in a fence to its document in the ledger: the send is outside, the
//! read, the header, the JSON and the entry are inside. `json` reads that document's text with
//! either reader; `judge` is by the rules, of the text that was read. `assemble` makes one trace of documents that came in reverse order.

mod common;

use std::hint::black_box;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use xray_phantom::json::Document;
use xray_phantom::schema::{judge, judge_carefully};
use xray_phantom::trace::{Arrival, ExternalParents, assemble};
use xray_phantom::{FakeDaemon, block_on, wire};

use crate::common::SEGMENT;

fn life(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("life");
    group.bench_function("start", |bencher| {
        bencher.iter_custom(|times| {
            let mut total = Duration::ZERO;
            for _ in 0..times {
                let start = Instant::now();
                let daemon = FakeDaemon::start();
                total += start.elapsed();
                drop(daemon);
            }
            total
        });
    });
    group.bench_function("drop", |bencher| {
        bencher.iter_batched_ref(
            || Some(FakeDaemon::start()),
            |daemon| drop(daemon.take()),
            criterion::BatchSize::PerIteration,
        );
    });
    let daemon = FakeDaemon::start();
    group.bench_function("fence", |bencher| bencher.iter(|| block_on(daemon.fence())));
    group.finish();
}

fn ingest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ingest");
    let datagram = wire::frame(SEGMENT).unwrap_or_default();
    let socket = UdpSocket::bind("127.0.0.1:0").ok();
    for count in [10_u64, 100] {
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter_custom(|times| {
                let mut total = Duration::ZERO;
                let mut daemon = FakeDaemon::start();
                for round in 0..times {
                    // The ledger grows: now and then a new daemon.
                    if round % 100 == 0 {
                        daemon = FakeDaemon::start();
                    }
                    for _ in 0..count {
                        let sent = socket
                            .as_ref()
                            .map(|socket| socket.send_to(&datagram, daemon.address()));
                        assert!(matches!(sent, Some(Ok(_))));
                    }
                    let start = Instant::now();
                    let counts = block_on(daemon.fence());
                    total += start.elapsed();
                    assert!(
                        matches!(counts, Ok(counts) if counts.accepted == (round % 100 + 1) * count)
                    );
                }
                total
            });
        });
    }
    group.finish();
}

fn json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("json");
    group.throughput(Throughput::Bytes(SEGMENT.len() as u64));
    group.bench_function("plain", |bencher| {
        bencher.iter(|| Document::parse_plainly(black_box(SEGMENT)));
    });
    group.bench_function("careful", |bencher| {
        bencher.iter(|| Document::parse_carefully(black_box(SEGMENT)));
    });
    group.bench_function("serde_json value", |bencher| {
        bencher.iter(|| serde_json::from_str::<serde_json::Value>(black_box(SEGMENT)));
    });
    group.finish();
}

fn judging(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("judge");
    group.throughput(Throughput::Elements(1));
    let broken = SEGMENT.replace("order_id", "order id");
    let read = |text: &str| Document::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let (valid, broken) = (read(SEGMENT), read(&broken));
    group.bench_function("valid", |bencher| bencher.iter(|| judge(black_box(&valid))));
    group.bench_function("valid, carefully", |bencher| {
        bencher.iter(|| judge_carefully(black_box(&valid)));
    });
    group.bench_function("one violation", |bencher| {
        bencher.iter(|| judge(black_box(&broken)));
    });
    group.finish();
}

fn assembly(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("assemble");
    for count in [10_u64, 100, 1_000] {
        let arrivals: Vec<Arrival> = (0..count)
            .rev()
            .filter_map(|seq| {
                let parent = seq / 4;
                let kind = if seq == 0 {
                    String::new()
                } else {
                    format!(r#""type":"subsegment","parent_id":"{parent:016x}","#)
                };
                let text = format!(
                    r#"{{{kind}"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"{seq:016x}","name":"part","start_time":1.5,"end_time":2.5}}"#
                );
                Some(Arrival { seq, arrived: None, document: Arc::new(Document::parse(&text).ok()?) })
            })
            .collect();
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| assemble(arrivals.iter().cloned(), &ExternalParents::none()));
        });
    }
    group.finish();
}

criterion_group!(benches, life, ingest, json, judging, assembly);
criterion_main!(benches);
