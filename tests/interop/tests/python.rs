//! Programs of the real X-Ray SDK for Python, unchanged, against the fake daemon.
//!
//! `tests/interop/run` makes the environment that they need and starts these tests. At run time
//! all traffic is on loopback: the daemon, and moto, which answers as `DynamoDB` does.

mod program;

use std::collections::BTreeSet;

use xray_phantom::{FakeDaemon, Node, Trace, block_on};

use crate::program::Program;

#[test]
fn the_orders_worker_arrives_as_one_trace() {
    let daemon = FakeDaemon::start();
    let moto = Moto::start();

    Program::start("orders_worker.py", &moto.environment(&daemon)).finish();

    let trace = block_on(daemon.expect_one_trace());
    assert_eq!(notation(&trace), "OrdersWorker[dynamo-put[dynamodb@aws]]");
    assert!(trace.has_subsegment("dynamo-put"));

    let put = subsegment(&trace, "dynamo-put").entity();
    let order = put.annotation("order_id").map(|value| value.raw());
    assert_eq!(order, Some("\"o-1\""), "{trace}");

    let aws = subsegment(&trace, "dynamodb").entity().aws().unwrap();
    assert_eq!(aws.operation().as_deref(), Some("PutItem"));
    assert_eq!(aws.table_name().as_deref(), Some("Orders"));

    block_on(daemon.verify()).unwrap();
}

#[test]
fn every_trace_begun_after_the_first_sampling_answer_arrives() {
    let daemon = FakeDaemon::start();
    let moto = Moto::start();

    let printed = Program::start("many_orders.py", &moto.environment(&daemon)).finish();
    let begun = |when: &str| -> Vec<&str> {
        let lines = printed.iter().filter_map(|line| line.split_once(' '));
        lines
            .filter(|(at, _)| *at == when)
            .map(|(_, id)| id)
            .collect()
    };
    let (before, after) = (begun("before"), begun("after"));
    assert_eq!((before.len(), after.len()), (1, 20), "{printed:#?}");

    let traces = block_on(daemon.traces()).unwrap();
    // The SDK gives one id to all that it does not sample, so that a set would show them once.
    // Its own rules, which hold before the answer, let the first trace of a second through.
    let arrived: BTreeSet<&str> = traces.iter().map(Trace::id).collect();
    assert_eq!(arrived, before.iter().chain(&after).copied().collect());
    assert_eq!(arrived.len(), 21);

    for trace in traces.iter().filter(|trace| after.contains(&trace.id())) {
        assert_eq!(notation(trace), "OrdersWorker[dynamo-put[dynamodb@aws]]");
        assert_eq!(sampling_rule(trace).as_deref(), Some("Default"), "{trace}");
    }

    block_on(daemon.verify()).unwrap();
}

/// A stand-in for AWS of its own for one test, until it is dropped.
#[must_use = "dropped, it answers no more"]
struct Moto {
    _program: Program,
    address: String,
}

impl Moto {
    #[track_caller]
    fn start() -> Moto {
        let mut program = Program::start("moto_server.py", &[]);
        let address = program.line();
        Moto {
            _program: program,
            address,
        }
    }

    /// What leads a program to this stand-in and to a daemon.
    fn environment(&self, daemon: &FakeDaemon) -> Vec<(&'static str, String)> {
        let moto = ("AWS_ENDPOINT_URL", self.address.clone());
        daemon.env().into_iter().chain([moto]).collect()
    }
}

#[track_caller]
fn subsegment<'a>(trace: &'a Trace, name: &str) -> Node<'a> {
    let named = |node: &Node<'_>| node.is_subsegment() && node.name().as_deref() == Some(name);
    match trace.nodes().find(named) {
        Some(node) => node,
        None => panic!("no subsegment `{name}` in\n{trace}"),
    }
}

/// The sampling rule that chose a trace; `None` where the SDK used its own.
fn sampling_rule(trace: &Trace) -> Option<String> {
    let segment = trace.roots().next()?.entity();
    let rule = segment.aws()?.xray()?.sampling_rule_name()?;
    Some(rule.into_owned())
}

/// A trace as `name@namespace!flags[child; child]`.
///
/// The namespace `local` is not shown. The flags are `e` error, `f` fault, `t` throttle and `p`
/// for what has no end time.
fn notation(trace: &Trace) -> String {
    let roots: Vec<String> = trace.roots().map(branch).collect();
    roots.join("; ")
}

fn branch(node: Node<'_>) -> String {
    let entity = node.entity();
    let mut text = entity.name().unwrap_or_default().into_owned();
    if let Some(namespace) = entity.namespace().filter(|name| name != "local") {
        text.push('@');
        text.push_str(&namespace);
    }
    let flags = [
        (entity.error() == Some(true), 'e'),
        (entity.fault() == Some(true), 'f'),
        (entity.throttle() == Some(true), 't'),
        (entity.end_time().is_none(), 'p'),
    ];
    if flags.iter().any(|(set, _)| *set) {
        text.push('!');
        text.extend(flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag));
    }
    let children: Vec<String> = node.children().map(branch).collect();
    if !children.is_empty() {
        text = format!("{text}[{}]", children.join("; "));
    }
    text
}
