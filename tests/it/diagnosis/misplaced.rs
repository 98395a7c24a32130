//! What arrives in the wrong place of a trace, or in another one.

use crate::diagnosis::{Bug, diagnose, diagnose_with, recorder};
use crate::support::{Emitter, segment, trace_id};

/// A subsegment of the first trace that is sent on its own.
fn subsegment(parent: &str, times: &str) -> String {
    format!(
        r#"{{"trace_id":"{}","type":"subsegment","parent_id":"{parent}","id":"00000000000000b1","name":"put",{times}}}"#,
        trace_id(1)
    )
}

const OWN: &str = "0000000000000001";
const INSIDE: &str = r#""start_time":1.1,"end_time":1.2"#;

#[test]
fn a_parent_of_another_request() {
    diagnose(
        async |daemon, bug| {
            let emitter = Emitter::to(daemon);
            emitter.emit(&segment(1, "api"));
            emitter.emit(&segment(2, "checkout"));
            let parent = if bug == Bug::Seeded {
                "0000000000000002"
            } else {
                OWN
            };
            emitter.emit(&subsegment(parent, INSIDE));
            daemon.traces().await?;
            Ok(())
        },
        "the trace TRACE is not complete:\n\
         likely: the context of another request was used\n\
         - subsegment `put` names 0000000000000002 as its parent, which is segment `checkout` of trace TRACE\n\
         trace TRACE (incomplete, 2 entities)\n\
         api",
    );
}

#[test]
fn a_child_that_outlives_its_parent() {
    diagnose_with(
        |builder| builder.deny("beyond-parent"),
        async |daemon, bug| {
            let emitter = Emitter::to(daemon);
            emitter.emit(&segment(1, "api"));
            let late = r#""start_time":1.1,"end_time":2.0"#;
            let times = if bug == Bug::Seeded { late } else { INSIDE };
            emitter.emit(&subsegment(OWN, times));
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - beyond-parent in trace TRACE: it was spawned and not awaited: subsegment `put` ended 500 ms after its parent, segment `api`\n\
         datagrams: 2 received = 2 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_child_that_begins_after_its_parent_has_ended() {
    diagnose_with(
        |builder| builder.deny("before-parent"),
        async |daemon, bug| {
            let emitter = Emitter::to(daemon);
            emitter.emit(&segment(1, "api"));
            let late = r#""start_time":1.6,"end_time":2.0"#;
            let times = if bug == Bug::Seeded { late } else { INSIDE };
            emitter.emit(&subsegment(OWN, times));
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - before-parent in trace TRACE: it was spawned and not awaited, or recorded in an entity that it is no part of: subsegment `put` began 100 ms after the end of its parent, segment `api`\n\
         datagrams: 2 received = 2 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_document_that_is_sent_twice() {
    diagnose(
        async |daemon, bug| {
            let emitter = Emitter::to(daemon);
            emitter.emit(&segment(1, "api"));
            if bug == Bug::Seeded {
                emitter.emit(&segment(1, "api").replace("1.5", "1.7"));
            }
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - conflicting-documents in trace TRACE: it was closed twice, or changed after it was sent: segment `api` is complete in several documents, and `end_time` differs; the one that ended later counts\n\
         datagrams: 2 received = 2 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_parent_that_never_arrives() {
    diagnose(
        async |daemon, bug| {
            let emitter = Emitter::to(daemon);
            if bug == Bug::Absent {
                emitter.emit(&segment(1, "api"));
            }
            emitter.emit(&subsegment(OWN, INSIDE));
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "the trace TRACE is not complete:\n\
         likely: the parent is still open, or was lost\n\
         - subsegment `put` names 0000000000000001 as its parent, which never arrived\n\
         trace TRACE (incomplete, 1 entity)\n\
         put  <- orphan",
    );
}

#[test]
fn a_service_that_loses_the_parent_of_the_header() {
    diagnose_with(
        |builder| builder.deny("several-roots"),
        async |daemon, bug| {
            let emitter = Emitter::to(daemon);
            emitter.emit(&segment(1, "api"));
            let parent = match bug {
                Bug::Seeded => "",
                Bug::Absent => r#""parent_id":"0000000000000001","#,
            };
            let callee = format!(
                r#"{{"trace_id":"{}",{parent}"id":"00000000000000c1","name":"stock",{INSIDE}}}"#,
                trace_id(1)
            );
            emitter.emit(&callee);
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - several-roots in trace TRACE: the trace header was passed on without its Parent, or an id was used for two requests: segment `api` and segment `stock` both have no caller\n\
         datagrams: 2 received = 2 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_request_that_begins_two_traces() {
    diagnose(
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let serve = async |segment: xray_phantom::OpenEntity| match bug {
                Bug::Seeded => recorder.begin_segment("stock").end(),
                Bug::Absent => segment.begin_subsegment("stock").end(),
            };
            recorder.in_segment_infallible("OrdersWorker", serve).await;
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "expected one trace, and 2 came:\n\
         likely: a segment that continues no header begins a trace of its own, as each\n\
         \x20 request does\n\
         trace TRACE (complete, 1 entity)\n\
         OrdersWorker",
    );
}

#[test]
fn a_document_with_ids_of_two_traces() {
    diagnose_with(
        |builder| builder.deny("embedded-trace-id"),
        async |daemon, bug| {
            let other = if bug == Bug::Seeded { 2 } else { 1 };
            let inner = format!(
                r#","subsegments":[{{"trace_id":"{}","id":"00000000000000b1","name":"put",{INSIDE}}}]}}"#,
                trace_id(other)
            );
            let document = segment(1, "api");
            Emitter::to(daemon).emit(&document.replace('}', &inner));
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - datagram 0 lint (embedded-trace-id): it was recorded in another request's segment, or its trace was copied wrongly: an embedded subsegment names the trace `TRACE`, and its document `TRACE`\n\
         \x20   at /subsegments/0/trace_id of api > put\n\
         \x20 X-Ray accepts it (known by: inferred)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}
