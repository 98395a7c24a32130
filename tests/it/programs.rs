//! Whatever a program does with a recorder, its documents are ones that X-Ray takes.

use proptest::prelude::*;
use serde_json::json;
use xray_phantom::recorder::{Namespace, Sql};
use xray_phantom::{
    EntityGuard, FakeDaemon, Finding, OpenEntity, Recorder, block_on, in_subsegment_sync,
};

use crate::support::leave_for_oracle;

/// A thing that a program does with the entity that it is in.
#[derive(Clone, Debug)]
enum Step {
    Annotate(String, Annotation),
    Aws(String),
    Fail(String),
    Flags(u8),
    Http(String, String, u16),
    Inside(String, Vec<Step>),
    Leave(String),
    Metadata(String, String, usize),
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
    let leaf = prop_oneof![
        (text(), annotation).prop_map(|(key, value)| Step::Annotate(key, value)),
        text().prop_map(Step::Aws),
        text().prop_map(Step::Fail),
        any::<u8>().prop_map(Step::Flags),
        (text(), text(), 100..600_u16)
            .prop_map(|(method, url, status)| Step::Http(method, url, status)),
        text().prop_map(Step::Leave),
        (
            text(),
            text(),
            prop_oneof![9 => 0..200_usize, 1 => 0..90_000_usize]
        )
            .prop_map(|(namespace, key, length)| Step::Metadata(namespace, key, length)),
        Just(Step::Progress),
        text().prop_map(Step::Sql),
        text().prop_map(Step::User),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        (text(), prop::collection::vec(inner, 0..8))
            .prop_map(|(name, steps)| Step::Inside(name, steps))
    })
}

#[derive(Debug)]
struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

fn run(
    entity: &OpenEntity,
    is_segment: bool,
    steps: &[Step],
    open: &mut Vec<EntityGuard>,
) -> Result<(), Failure> {
    for step in steps {
        match step {
            Step::Annotate(key, Annotation::Boolean(value)) => drop(entity.annotate(key, *value)),
            Step::Annotate(key, Annotation::Number(value)) => drop(entity.annotate(key, *value)),
            Step::Annotate(key, Annotation::Text(value)) => drop(entity.annotate(key, value)),
            Step::Aws(operation) => {
                if !is_segment {
                    entity
                        .namespace(Namespace::Aws)
                        .aws("operation", operation)
                        .aws("region", "us-east-1")
                        .aws("table_name", "Orders");
                }
            }
            Step::Fail(message) => return Err(Failure(message.clone())),
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
                let result = in_subsegment_sync(name, |inner| run(&inner, false, steps, open));
                drop(result);
            }
            Step::Leave(name) => open.push(entity.begin_subsegment(name)),
            Step::Metadata(namespace, key, length) => {
                let value = json!({"text": "m".repeat(*length), "list": [1, null, {"a": false}]});
                entity.metadata_in(namespace, key, &value);
            }
            Step::Progress => drop(entity.send_in_progress()),
            Step::Sql(query) => {
                if !is_segment {
                    entity.sql(&Sql::new().sanitized_query(query).user(query));
                }
            }
            Step::User(user) => {
                if is_segment {
                    entity.user(user);
                }
            }
        }
    }
    Ok(())
}

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
        let result = recorder.in_segment_sync(&name, |segment| run(&segment, true, &steps, &mut open));
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
}

/// What is the program's own affair: ids in names, flags beside a status, more than 50 annotations,
/// and fields of X-Ray that it gives to the wrong kind of entity.
const TOLD: [&str; 3] = ["annotation-count", "flags-and-status", "id-in-name"];
