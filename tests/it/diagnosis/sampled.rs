//! Sampling: what is recorded though it should not be, and what is not though it should.

use xray_phantom::wire::TraceHeader;
use xray_phantom::{FakeDaemon, Recorder, Sampling};

use crate::diagnosis::{Bug, diagnose, diagnose_with, recorder};
use crate::support::{Emitter, segment, trace_id};

#[test]
fn a_trace_that_was_sampled_out_and_is_recorded_all_the_same() {
    diagnose(
        async |daemon, bug| {
            let ((), silence) = daemon
                .try_expect_silence_during(async |context| {
                    if bug == Bug::Seeded {
                        let id = context.trace_id().to_string();
                        Emitter::to(daemon).emit(&segment(1, "api").replace(&trace_id(1), &id));
                    }
                })
                .await;
            silence?;
            Ok(())
        },
        "expected silence, and 1 datagram came\n\
         likely: the trace says Sampled=0, and was recorded all the same\n\
         trace TRACE (complete, 1 entity)\n\
         api\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_service_that_ignores_the_header_and_begins_a_trace_of_its_own() {
    diagnose(
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let ((), trace) = daemon
                .try_capture(async |context| {
                    let text = match bug {
                        Bug::Seeded => String::new(), // read from another header
                        Bug::Absent => context.header_text(),
                    };
                    let serving = recorder.continuing(&TraceHeader::parse(&text));
                    serving
                        .in_segment_infallible("OrdersWorker", async |_| ())
                        .await;
                })
                .await;
            trace?;
            Ok(())
        },
        "captured no trace: nothing came of TRACE\n\
         likely: the code began a trace of its own: it ignored the header\n\
         1 other trace began meanwhile:\n\
         trace TRACE (complete, 1 entity)\n\
         OrdersWorker",
    );
}

/// A recorder with a rule that records nothing, or all.
fn with_rate(daemon: &FakeDaemon, rate: u8) -> Recorder {
    let rules = format!(
        r#"{{"version": 2, "default": {{"fixed_target": 0, "rate": 1}}, "rules": [{{"description": "health checks",
            "host": "*", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": {rate}}}]}}"#
    );
    let builder = Recorder::builder("OrdersWorker").daemon(daemon);
    builder.sampling(Sampling::rules(&rules).unwrap()).build()
}

#[test]
fn a_rule_that_samples_out_what_it_should_not() {
    diagnose(
        async |daemon, bug| {
            let recorder = with_rate(daemon, u8::from(bug == Bug::Absent));
            for _ in 0..3 {
                recorder
                    .in_segment_infallible("OrdersWorker", async |_| ())
                    .await;
            }
            if bug == Bug::Absent {
                assert_eq!(daemon.traces().await?.len(), 3);
                return Ok(());
            }
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "expected one trace, and none came\n\
         likely: sampled out: 3 segments were opened and are not recorded, `OrdersWorker`\n\
         \x20 first: rule `health checks`, 0 a second, then a rate of 0\n\
         \x20 at PLACE\n\
         hint: beside a FakeDaemon a recorder records all, unless .sampling(...) or a",
    );
}

#[test]
fn a_caller_that_passes_on_sampled_0() {
    diagnose(
        async |daemon, bug| {
            let flag = u8::from(bug == Bug::Absent);
            let header = format!("Root={};Sampled={flag}", trace_id(1));
            let serving = recorder(daemon).continuing(&TraceHeader::parse(&header));
            serving
                .in_segment_infallible("OrdersWorker", async |_| ())
                .await;
            daemon.trace(trace_id(1)).await?;
            Ok(())
        },
        "no document names the trace `TRACE`\n\
         likely: sampled out: `OrdersWorker` was opened and is not recorded: the header\n\
         \x20 that came with it says Sampled=0\n\
         \x20 at PLACE\n\
         hint: beside a FakeDaemon a recorder records all, unless .sampling(...) or a",
    );
}

#[test]
fn a_lambda_function_that_reads_the_header_too_early() {
    diagnose_with(
        |builder| builder.external_parent("53995c3f42cd8ad8"),
        async |daemon, bug| {
            let root = trace_id(1);
            let text = match bug {
                Bug::Seeded => String::new(), // when the process began there was none
                Bug::Absent => format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1"),
            };
            let invocation = recorder(daemon).lambda_invocation(&TraceHeader::parse(&text));
            invocation.begin_subsegment("work").end();
            invocation.end();
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "expected one trace, and none came\n\
         likely: sampled out: `invocation` was opened and is not recorded: its header\n\
         \x20 does not say Sampled=1 with a Root and a Parent\n\
         \x20 at PLACE\n\
         hint: beside a FakeDaemon a recorder records all, unless .sampling(...) or a",
    );
}
