//! What a document costs the daemon: allocations, and memory that stays. What a question costs is
//! counted in allocations too: they are the same in every run.

use std::sync::Arc;

use allocation_counter::measure;
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, assemble};
use xray_phantom::wire::HEADER_LINE;
use xray_phantom::{FakeDaemon, block_on};

use crate::support::{segment, trace_id};

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

/// Holds the allocations for 4 n against those for n, in hundredths.
#[track_caller]
fn check_growth(of: impl Fn(u32) -> u64, most: u64) {
    let (few, many) = (of(100), of(400));
    let growth = 100 * many / few;
    assert!(growth <= most, "{few} allocations for 100, {many} for 400");
    println!("{few} allocations for 100, {many} for 400");
}

/// A daemon to which so many traces came that break a rule each and lack a parent.
fn faulty(traces: u32) -> FakeDaemon {
    let daemon = FakeDaemon::builder().allow("orphan").start();
    let emitter = daemon.emitter();
    for number in 1..=traces {
        let orphan = segment(number, "put?").replacen(
            '{',
            r#"{"type":"subsegment","parent_id":"ffffffffffffffff","#,
            1,
        );
        emitter.emit(&orphan);
    }
    // What it costs to look into them for the first time is not the question.
    assert_eq!(
        block_on(daemon.violations()).unwrap().len(),
        traces as usize
    );
    daemon
}

#[test]
fn the_violations_of_many_traces_cost_in_proportion_to_them() {
    let violations = |traces| {
        let daemon = faulty(traces);
        let cost = measure(|| drop(block_on(daemon.violations())));
        cost.count_total
    };
    check_growth(violations, 440);
}

#[test]
fn a_trace_that_lacks_a_parent_costs_no_look_at_all_the_others() {
    let partial = |traces| {
        let daemon = faulty(traces);
        let cost = measure(|| drop(block_on(daemon.partial(trace_id(7)))));
        cost.count_total
    };
    check_growth(partial, 110);
}

#[test]
fn to_expect_each_violation_costs_in_proportion_to_them() {
    let expected = |traces| {
        let daemon = faulty(traces);
        let cost = measure(|| {
            for _ in 0..traces {
                block_on(daemon.expect_violation("subsegment-name"));
            }
        });
        cost.count_total
    };
    check_growth(expected, 440);
}

#[test]
fn calls_that_share_an_id_cost_a_view_of_the_service_in_proportion_to_them() {
    let view = |calls: u32| {
        let call = r#"{"id":"0000000000000000","name":"back","namespace":"remote","start_time":1,"end_time":2}"#;
        let calls = vec![call; calls as usize].join(",");
        let text = format!(
            r#"{{"trace_id":"t","id":"a","name":"api","start_time":1,"end_time":3,"subsegments":[{calls}]}}"#
        );
        let arrival = Arrival {
            seq: 0,
            arrived: None,
            document: Arc::new(Document::parse(&text).unwrap()),
        };
        let traces = assemble([arrival], &ExternalParents::none()).traces;
        let cost = measure(|| drop(traces[0].service_view()));
        cost.count_total
    };
    check_growth(view, 440);
}
