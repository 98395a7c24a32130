//! What a document costs the daemon: allocations, and memory that stays.

use allocation_counter::measure;
use xray_phantom::wire::HEADER_LINE;
use xray_phantom::{FakeDaemon, block_on};

use crate::support::trace_id;

/// How many documents share what is allocated once.
const DOCUMENTS: u32 = 10_000;

/// A segment with one AWS call: 607 bytes, 637 with its header line. Each is a trace of its own.
fn document(number: u32) -> String {
    let trace = trace_id(number);
    let document = format!(
        concat!(
            r#"{{"name":"OrdersWorker","id":"53995c3f42cd8ad8","trace_id":"{}","#,
            r#""start_time":1721763840.250113,"end_time":1721763840.296425,"annotations":{{"order_id":"o-1","items":3}},"#,
            r#""aws":{{"xray":{{"sdk":"X-Ray Rust","sdk_version":"2.15.0"}}}},"http":{{"response":{{"status":201}}}},"#,
            r#""subsegments":[{{"name":"DynamoDB","id":"6a2f1b3c4d5e6f70","start_time":1721763840.251001,"#,
            r#""end_time":1721763840.295872,"namespace":"aws","aws":{{"operation":"PutItem","region":"us-east-1","#,
            r#""request_id":"4MMTVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF66Q9ASUAAJG","table_name":"Orders"}},"#,
            r#""http":{{"response":{{"status":200}}}}}}]}}"#
        ),
        trace
    );
    assert_eq!(HEADER_LINE.len() + document.len(), 637);
    document
}

#[test]
fn a_valid_document_costs_four_allocations_and_stays_in_three_kilobytes() {
    let documents: Vec<String> = (0..DOCUMENTS).map(document).collect();
    let daemon = FakeDaemon::start();
    let emitter = daemon.emitter();
    // What the daemon, its fence and its inspector need once.
    emitter.emit(&document(DOCUMENTS));
    block_on(daemon.traces()).unwrap();

    let stored = measure(|| {
        for document in &documents {
            emitter.emit(document);
        }
        block_on(daemon.trace(trace_id(0))).unwrap();
    });
    let each = |total: u64| total / u64::from(DOCUMENTS);
    assert!(
        stored.count_total <= 4 * u64::from(DOCUMENTS),
        "{} allocations each, {stored:?}",
        each(stored.count_total)
    );
    let bytes = u64::try_from(stored.bytes_current).unwrap();
    assert!(
        each(bytes) <= 3_000,
        "{} bytes each, {stored:?}",
        each(bytes)
    );
    println!(
        "{} allocations in all, {} bytes each",
        stored.count_total,
        each(bytes)
    );
}
