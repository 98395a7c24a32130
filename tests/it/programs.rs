//! Whatever a program does with a recorder, its documents are ones that X-Ray takes.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use xray_phantom::model::Timestamp;
use xray_phantom::recorder::{MemoryEmitter, Namespace, Sql};
use xray_phantom::seam::{Ids, ManualClock};
use xray_phantom::wire::TraceHeader;
use xray_phantom::{
    EntityGuard, FakeDaemon, Finding, OpenEntity, Recorder, Sampling, block_on, in_subsegment_sync,
};

use crate::support::{leave_for_oracle, trace_id};

/// A thing that a program does with the entity that it is in.
#[derive(Clone, Debug)]
enum Step {
    Annotate(String, Annotation),
    Aws(String),
    AwsMember(String, Value),
    Cause(String, String),
    Client(String, bool),
    Fail(String),
    Flags(u8),
    Http(String, String, u16),
    Inside(String, Vec<Step>),
    Leave(String),
    Link(u32, u64),
    /// So many small annotations and values of metadata.
    Many(u32, u32),
    Metadata(String, String, usize),
    Numbers(Vec<f64>),
    Precursor(u64),
    Progress,
    Sql(String),
    User(String),
}

#[derive(Clone, Debug)]
enum Annotation {
    Boolean(bool),
    Number(f64),
    Text(String),
}

/// Texts of every kind, long ones too.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9_. -]{0,20}",
        3 => any::<String>(),
        1 => ("\\PC{1,3}", 1..400_usize).prop_map(|(text, times)| text.repeat(times)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let annotation = prop_oneof![
        any::<bool>().prop_map(Annotation::Boolean),
        any::<f64>().prop_map(Annotation::Number),
        text().prop_map(Annotation::Text),
    ];
    // Members that X-Ray knows, and others, with values of the right type and of others. One that is
    // named as a type of DynamoDB's values is told, rightly: `{"NS": ["a"]}`.
    let other = text().prop_filter("a type of DynamoDB's values", |key| {
        !DYNAMODB_TYPES.contains(&key.as_str())
    });
    let key = prop_oneof![
        3 => prop::sample::select(AWS_MEMBERS.as_slice()).prop_map(str::to_owned),
        1 => other,
    ];
    let value = prop::sample::select(vec![
        json!("text"),
        json!(3),
        json!(0.5),
        json!(true),
        json!(null),
        json!(["a", "b"]),
        json!(["a", 1]),
        json!([{}]),
        json!({}),
    ]);
    let leaf = prop_oneof![
        (text(), annotation).prop_map(|(key, value)| Step::Annotate(key, value)),
        text().prop_map(Step::Aws),
        (key, value).prop_map(|(key, value)| Step::AwsMember(key, value)),
        (text(), text()).prop_map(|(message, source)| Step::Cause(message, source)),
        (text(), any::<bool>()).prop_map(|(address, forwarded)| Step::Client(address, forwarded)),
        text().prop_map(Step::Fail),
        any::<u8>().prop_map(Step::Flags),
        (text(), text(), 100..600_u16)
            .prop_map(|(method, url, status)| Step::Http(method, url, status)),
        text().prop_map(Step::Leave),
        (1..30_u32, any::<u64>()).prop_map(|(trace, id)| Step::Link(trace, id)),
        (0..900_u32, 0..900_u32).prop_map(|(notes, values)| Step::Many(notes, values)),
        (
            text(),
            text(),
            prop_oneof![9 => 0..200_usize, 1 => 0..90_000_usize]
        )
            .prop_map(|(namespace, key, length)| Step::Metadata(namespace, key, length)),
        prop::collection::vec(any::<f64>(), 0..4).prop_map(Step::Numbers),
        any::<u64>().prop_map(Step::Precursor),
        Just(Step::Progress),
        text().prop_map(Step::Sql),
        text().prop_map(Step::User),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        (text(), prop::collection::vec(inner, 0..8))
            .prop_map(|(name, steps)| Step::Inside(name, steps))
    })
}

/// An error, and perhaps its source.
#[derive(Debug)]
struct Failure(String, Option<Box<Failure>>);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_ref().map(|source| &**source as _)
    }
}

fn run(entity: &OpenEntity, steps: &[Step], open: &mut Vec<EntityGuard>) -> Result<(), Failure> {
    for step in steps {
        match step {
            Step::Annotate(key, Annotation::Boolean(value)) => drop(entity.annotate(key, *value)),
            Step::Annotate(key, Annotation::Number(value)) => drop(entity.annotate(key, *value)),
            Step::Annotate(key, Annotation::Text(value)) => drop(entity.annotate(key, value)),
            Step::Aws(operation) => {
                entity
                    .namespace(Namespace::Aws)
                    .aws("operation", operation)
                    .aws("region", "us-east-1")
                    .aws("table_name", "Orders");
            }
            Step::AwsMember(key, value) => drop(entity.aws(key, value)),
            Step::Cause(message, source) => {
                let source = Failure(source.clone(), None);
                let failure = Failure(message.clone(), Some(Box::new(source)));
                entity.fault().cause(&failure);
            }
            Step::Client(address, forwarded) => drop(entity.http_client(address, *forwarded)),
            Step::Fail(message) => return Err(Failure(message.clone(), None)),
            Step::Flags(bits) => {
                if bits & 1 > 0 {
                    entity.error();
                }
                if bits & 2 > 0 {
                    entity.fault();
                }
            }
            Step::Http(method, url, status) => {
                entity.http_request(method, url).http_status(*status);
            }
            Step::Inside(name, steps) => {
                let result = in_subsegment_sync(name, |inner| run(&inner, steps, open));
                drop(result);
            }
            Step::Leave(name) => open.push(entity.begin_subsegment(name)),
            Step::Link(trace, id) => {
                let trace = trace_id(*trace).parse().unwrap();
                entity.link(trace, format!("{id:016x}").parse().unwrap());
            }
            Step::Many(notes, values) => {
                for number in 0..*notes {
                    entity.annotate(&format!("note_{number}"), number);
                }
                for number in 0..*values {
                    entity.metadata(&format!("value {number}"), &(number, "small"));
                }
            }
            Step::Metadata(namespace, key, length) => {
                let value = json!({"text": "m".repeat(*length), "list": [1, null, {"a": false}]});
                entity.metadata_in(namespace, key, &value);
            }
            Step::Numbers(numbers) => {
                entity.metadata("numbers", numbers).aws("numbers", numbers);
            }
            Step::Precursor(id) => {
                entity.precursor(format!("{id:016x}").parse().unwrap());
            }
            Step::Progress => drop(entity.send_in_progress()),
            Step::Sql(query) => {
                let sql = Sql::new().url(query).sanitized_query(query).user(query);
                entity.sql(&sql);
            }
            Step::User(user) => drop(entity.user(user)),
        }
    }
    Ok(())
}

/// Those that X-Ray knows, of segments and of subsegments, and the recorder's own.
const AWS_MEMBERS: [&str; 24] = [
    "account_id",
    "bucket_name",
    "cloudwatch_logs",
    "consistent_read",
    "ec2",
    "ecs",
    "eks",
    "elastic_beanstalk",
    "function_name",
    "id_2",
    "invocation_type",
    "log_type",
    "operation",
    "queue_name",
    "queue_url",
    "region",
    "request_id",
    "resource_names",
    "retries",
    "table_name",
    "table_names",
    "topic_arn",
    "tracing",
    "xray",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_document_of_a_program_passes_the_judge_and_the_schemas(
        name in text(),
        steps in prop::collection::vec(step(), 0..12),
        threshold in 0..20_usize,
    ) {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("OrdersWorker")
            .daemon(&daemon)
            .streaming_threshold(threshold)
            .build();
        let mut open = Vec::new();
        let result = recorder.in_segment_sync(&name, |segment| run(&segment, &steps, &mut open));
        drop(result);
        drop(open);
        // What the program did wrong is told by the recorder; its documents are right.
        if let Err(report) = block_on(daemon.verify()) {
            for finding in report.findings() {
                prop_assert!(matches!(finding, Finding::Note(_)), "{report}");
            }
        }
        let violations: Vec<String> = block_on(daemon.violations())
            .unwrap()
            .iter()
            .filter(|violation| !TOLD.contains(&violation.rule().code()))
            .map(ToString::to_string)
            .collect();
        prop_assert_eq!(violations, Vec::<String>::new());
        let stats = recorder.stats();
        prop_assert_eq!(stats.failed, 0);
        let trace = block_on(daemon.expect_one_trace());
        prop_assert_eq!(trace.nodes().len() as u64, stats.segments + stats.subsegments);
        for datagram in block_on(daemon.datagrams()).unwrap() {
            prop_assert!(datagram.document().unwrap().text().len() <= 64_000);
        }
        block_on(leave_for_oracle(&daemon, &format!("program-{}", trace.id())));
    }

    #[test]
    fn with_given_time_ids_and_chance_the_bytes_of_a_program_are_the_same_on_every_run(
        name in text(),
        steps in prop::collection::vec(step(), 0..12),
        threshold in 0..20_usize,
    ) {
        let emitted = || {
            let kept = MemoryEmitter::new();
            let clock = ManualClock::at(Timestamp::from_nanos(1_700_000_000_000_000_000));
            let recorder = Recorder::builder("OrdersWorker")
                .emitter(kept.clone())
                .clock(&clock)
                .ids(Ids::sequential())
                .sampling(Sampling::default_rule())
                .streaming_threshold(threshold)
                .build();
            let header = TraceHeader::parse("Parent=53995c3f42cd8ad8;Sampled=?;Lineage=a:1");
            // Of these the first is recorded for certain, and others by chance.
            for _ in 0..5 {
                let mut open = Vec::new();
                let served = recorder.continuing(&header);
                let result = served.in_segment_sync(&name, |segment| {
                    clock.advance(Duration::from_millis(7));
                    run(&segment, &steps, &mut open)
                });
                drop(result);
                clock.advance(Duration::from_millis(1));
                drop(open);
            }
            let notes: Vec<String> = kept.notes().iter().map(ToString::to_string).collect();
            (kept.documents(), notes, recorder.stats())
        };
        let first = emitted();
        prop_assert!(!first.0.is_empty());
        prop_assert_eq!(first, emitted());
    }
}

const DYNAMODB_TYPES: [&str; 10] = ["B", "BOOL", "BS", "L", "M", "N", "NS", "NULL", "S", "SS"];

/// What is the program's own affair: ids in names, flags beside a status, more than 50 annotations.
const TOLD: [&str; 7] = [
    "annotation-count",
    // An operation that is an empty text says nothing.
    "aws-call",
    // A status that the program says is that of a reply, whose id it does not say.
    "aws-request-id",
    // One entity may have as much as X-Ray takes, and is not cut before.
    "document-large",
    "flags-and-status",
    "id-in-name",
    // A member of `aws` by chance one sign away from one that X-Ray knows.
    "misspelled-field",
];
