//! What it costs to record and to send, for criterion.
//!
//! `record` times a whole workload, from its first call to the document as text, which goes to a
//! sink that forgets it. Throughput is in documents and their bytes; `unsampled` and `nocontext`
//! have none, and show what code pays that is not recorded. `send` times the same with one `send` to
//! a UDP socket over loopback for each document; that socket is drained outside the timed part, and
//! nobody sleeps in it.
//!
//! Before it is timed each workload runs once, and its documents are read: what is measured is
//! emitted. Trends are read here; ratios to floors and peers are in `benches/peers`, where cases
//! take turns.

mod common;

use std::hint::black_box;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use xray_phantom::json::Document;
use xray_phantom::recorder::ContextMissing;
use xray_phantom::wire::{Emit, EmitCounts, HEADER_LINE, Note, TraceHeader};
use xray_phantom::{Recorder, RecorderBuilder, Sampling};

use crate::common::workloads::{self, HEADER, SERVICE};

/// What is recorded into a sink: from the first call to the text of the document.
fn record(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record");
    let header = TraceHeader::parse(HEADER);
    let text = "0123456789abcdef".repeat(256);
    recorded(&mut group, "seg0", 1, workloads::seg0);
    recorded(&mut group, "seg1aws", 1, workloads::seg1aws);
    recorded(&mut group, "seg1aws, closures", 1, workloads::closure);
    recorded(&mut group, "seg1aws, futures", 1, |recorder| {
        assert!(workloads::asynchronous(recorder));
    });
    recorded(&mut group, "seg10", 1, |recorder| {
        workloads::seg(recorder, 10);
    });
    recorded(&mut group, "seg100", 1, |recorder| {
        workloads::seg(recorder, 100);
    });
    recorded(&mut group, "deep10", 1, workloads::deep10);
    recorded(&mut group, "lambda_sub", 1, |recorder| {
        workloads::lambda_sub(recorder, &header, 1);
    });
    recorded(&mut group, "lambda_sub, in progress too", 2, |recorder| {
        workloads::lambda_sub_in_progress(recorder, &header, 1);
    });
    recorded(&mut group, "exc", 1, workloads::exc);
    recorded(&mut group, "escape", 1, workloads::escape);
    recorded(&mut group, "meta4k", 1, |recorder| {
        workloads::meta(recorder, &text);
    });
    // When one more than a hundred have ended these leave, a document each; the others stay.
    recorded(&mut group, "stream200", 102, |recorder| {
        workloads::seg(recorder, 200);
    });
    let sink = Sink::default();
    let recorder = into(&sink).backtraces(true).build();
    timed(
        &mut group,
        "exc, with its stack",
        1,
        &recorder,
        &sink,
        workloads::exc,
    );
    group.finish();
}

/// What is not recorded: a subsegment with two annotations of a parent that is not sampled, the
/// whole of such a segment, and a subsegment outside of every segment.
fn not_recorded(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("not recorded");
    let sink = Sink::default();
    let recorder = into(&sink)
        .sampling(Sampling::never())
        .context_missing(ContextMissing::Ignore)
        .build();
    let parent = recorder.begin_segment(SERVICE);
    sink.0.is_reading.store(true, Ordering::SeqCst);
    workloads::unsampled(&parent);
    workloads::unsampled_segment(&recorder);
    workloads::nocontext();
    sink.0.is_reading.store(false, Ordering::SeqCst);
    let stats = recorder.stats();
    assert_eq!((stats.unsampled, stats.missing, sink.taken()), (2, 1, 0));
    group.bench_function("unsampled", |bencher| {
        bencher.iter(|| workloads::unsampled(&parent));
    });
    group.bench_function("unsampled, the segment", |bencher| {
        bencher.iter(|| workloads::unsampled_segment(&recorder));
    });
    group.bench_function("nocontext", |bencher| bencher.iter(workloads::nocontext));
    group.finish();
}

/// The same from the first call until the datagram lies in the receiver's queue.
fn send(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("send");
    let header = TraceHeader::parse(HEADER);
    sent(&mut group, "seg1aws", 1, workloads::seg1aws);
    sent(&mut group, "seg10", 1, |recorder| {
        workloads::seg(recorder, 10);
    });
    sent(&mut group, "lambda_sub", 1, |recorder| {
        workloads::lambda_sub(recorder, &header, 1);
    });
    sent(&mut group, "lambda_sub, in progress too", 2, |recorder| {
        workloads::lambda_sub_in_progress(recorder, &header, 1);
    });
    group.finish();
}

fn into(sink: &Sink) -> RecorderBuilder {
    let builder = Recorder::builder(SERVICE).emitter(sink.clone());
    builder.sampling(Sampling::always())
}

fn recorded(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    documents: u64,
    run: impl Fn(&Recorder),
) {
    let sink = Sink::default();
    let recorder = into(&sink).build();
    timed(group, name, documents, &recorder, &sink, run);
}

fn timed(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    documents: u64,
    recorder: &Recorder,
    sink: &Sink,
    run: impl Fn(&Recorder),
) {
    sink.0.is_reading.store(true, Ordering::SeqCst);
    run(recorder);
    sink.0.is_reading.store(false, Ordering::SeqCst);
    assert_eq!(sink.taken(), documents, "documents of {name}");
    group.throughput(Throughput::ElementsAndBytes {
        elements: documents,
        bytes: sink.0.bytes.load(Ordering::SeqCst),
    });
    group.bench_function(name, |bencher| bencher.iter(|| run(recorder)));
}

fn sent(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    documents: u64,
    run: impl Fn(&Recorder),
) {
    let Ok((receiver, address)) = UdpSocket::bind("127.0.0.1:0").and_then(|receiver| {
        receiver.set_nonblocking(true)?;
        let address = receiver.local_addr()?;
        Ok((receiver, address))
    }) else {
        panic!("there is no socket to receive with");
    };
    let builder = Recorder::builder(SERVICE).daemon_address(address);
    let recorder = builder.sampling(Sampling::always()).build();
    run(&recorder);
    let (arrived, bytes) = drain(&receiver);
    assert_eq!(arrived, documents, "documents of {name}");
    group.throughput(Throughput::ElementsAndBytes {
        elements: documents,
        bytes,
    });
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let mut total = Duration::ZERO;
            let mut left = times;
            while left > 0 {
                // No more than surely fit into the receiver, which takes none meanwhile.
                let burst = left.min(BURST);
                let start = Instant::now();
                for _ in 0..burst {
                    run(&recorder);
                }
                total += start.elapsed();
                assert_eq!(drain(&receiver).0, burst * documents);
                left -= burst;
            }
            total
        });
    });
}

/// Takes what has come: how many datagrams, and how many bytes. Each has to be a document.
fn drain(receiver: &UdpSocket) -> (u64, u64) {
    let mut buffer = [0; 16_384];
    let (mut datagrams, mut bytes) = (0, 0);
    loop {
        match receiver.recv(&mut buffer) {
            Ok(length) => {
                let text = std::str::from_utf8(&buffer[..length]).unwrap_or_default();
                let body = text.strip_prefix(HEADER_LINE);
                assert!(
                    body.is_some_and(|body| Document::parse(body).is_ok()),
                    "{text}"
                );
                datagrams += 1;
                bytes += length as u64;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return (datagrams, bytes),
            Err(error) => panic!("the receiver fails: {error}"),
        }
    }
}

/// Counts documents and reads them while it is told to; otherwise it forgets them.
#[derive(Clone, Debug, Default)]
struct Sink(Arc<Taken>);

#[derive(Debug, Default)]
struct Taken {
    is_reading: AtomicBool,
    documents: AtomicU64,
    bytes: AtomicU64,
}

impl Sink {
    fn taken(&self) -> u64 {
        self.0.documents.load(Ordering::SeqCst)
    }
}

impl Emit for Sink {
    fn emit(&self, document: &str) {
        if self.0.is_reading.load(Ordering::Relaxed) {
            // The recorder would take a panic for the emitter's own: what cannot be read is not counted.
            let is_document = Document::parse(document).is_ok();
            self.0
                .documents
                .fetch_add(is_document.into(), Ordering::SeqCst);
            self.0
                .bytes
                .fetch_add(document.len() as u64, Ordering::SeqCst);
        }
        black_box(document);
    }

    fn counts(&self) -> EmitCounts {
        EmitCounts::default()
    }

    fn note(&self, note: Note) {
        eprintln!("the recorder tells: {note}");
    }
}

/// How many datagrams of up to 4 kB fit into a receive buffer of the usual size.
const BURST: u64 = 20;

criterion_group!(benches, record, not_recorded, send);
criterion_main!(benches);
