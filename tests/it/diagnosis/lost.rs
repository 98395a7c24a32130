//! What never arrives.

use std::sync::Mutex;

use xray_phantom::wire::TraceHeader;
use xray_phantom::{FakeDaemon, carry_fn, in_subsegment_infallible, in_subsegment_infallible_sync};

use crate::diagnosis::{Bug, diagnose, diagnose_with, recorder, text_of};
use crate::support::{Emitter, five, segment, trace_id};

#[test]
fn a_segment_that_an_early_return_leaves_open() {
    diagnose(
        async |daemon, bug| {
            let open = recorder(daemon).begin_segment("OrdersWorker");
            match bug {
                Bug::Seeded => std::mem::forget(open),
                Bug::Absent => open.end(),
            }
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "the test failed: expected one trace, and none came\n\
         likely: never closed: segment `OrdersWorker` was opened and is still open\n\
         \x20 at PLACE\n\
         hint: end its guard, or await the task that it is open in, before you ask\n\
         datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_segment_of_a_task_that_is_not_awaited() {
    diagnose(
        async |daemon, bug| {
            let work = async move |_| match bug {
                Bug::Seeded => std::future::pending().await,
                Bug::Absent => tokio::task::yield_now().await,
            };
            tokio::spawn(recorder(daemon).in_segment_infallible("OrdersWorker", work));
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "expected one trace, and none came\n\
         likely: never closed: segment `OrdersWorker` was opened and is still open\n\
         \x20 at PLACE\n\
         likely: 1 task of this runtime still alive, which may yet send\n\
         hint: end its guard, or await the task that it is open in, before you ask",
    );
}

#[test]
fn a_subsegment_that_is_left_open() {
    diagnose(
        async |daemon, bug| {
            let segment = recorder(daemon).begin_segment("OrdersWorker");
            let put = segment.begin_subsegment("dynamo-put");
            match bug {
                Bug::Seeded => std::mem::forget(put),
                Bug::Absent => put.end(),
            }
            segment.end();
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - left-open: subsegment `dynamo-put` was still open when its segment `OrdersWorker` ended (PLACE)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn a_segment_of_another_sdk_that_is_never_closed() {
    diagnose(
        async |daemon, bug| {
            let emitter = Emitter::to(daemon);
            emitter.emit(&segment(1, "api").replace(r#""end_time":1.5"#, r#""in_progress":true"#));
            if bug == Bug::Absent {
                emitter.emit(&segment(1, "api"));
            }
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "the trace TRACE is not complete:\n\
         likely: the future was dropped, or the program ended, before it was closed\n\
         - all that arrived of segment `api` is in progress\n\
         trace TRACE (incomplete, 1 entity)\n\
         api  <- never-closed",
    );
}

#[test]
fn a_blocking_thread_that_gets_no_context() {
    diagnose(
        async |daemon, bug| {
            let serve = async |_| {
                let hash = || in_subsegment_infallible_sync("hash", |_| 7);
                let task = match bug {
                    Bug::Seeded => tokio::task::spawn_blocking(hash),
                    Bug::Absent => tokio::task::spawn_blocking(carry_fn(hash)),
                };
                task.await
            };
            recorder(daemon).in_segment("OrdersWorker", serve).await?;
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "1 finding that nobody expected (FakeDaemon on ADDRESS, started at PLACE\n\
         - no-segment: subsegment `hash` ran outside of every segment: it was spawned without its context, or nobody opened one (PLACE)\n\
         datagrams: 1 received = 1 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel",
    );
}

#[test]
fn code_for_which_nobody_opened_a_segment() {
    diagnose(
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let put = async || in_subsegment_infallible("dynamo-put", async |_| ()).await;
            let ((), trace) = daemon
                .try_capture(async |_| match bug {
                    Bug::Seeded => put().await,
                    Bug::Absent => {
                        let serve = async |_| put().await;
                        recorder.in_segment_infallible("OrdersWorker", serve).await;
                    }
                })
                .await;
            trace?;
            Ok(())
        },
        "the test failed: captured no trace: nothing came of TRACE\n\
         likely: subsegment `dynamo-put` ran outside of every segment: it was spawned\n\
         \x20 without its context, or nobody opened one\n\
         \x20 at PLACE\n\
         hint: spawn carry(task), hand threads carry_fn(work), or open a segment with",
    );
}

#[test]
fn a_datagram_that_is_too_large() {
    diagnose(
        async |daemon, bug| {
            let length = if bug == Bug::Seeded { 70_000 } else { 100 };
            let metadata = format!(
                r#","metadata":{{"default":{{"cart":"{}"}}}}}}"#,
                "a".repeat(length)
            );
            daemon
                .emitter()
                .emit(&segment(1, "api").replace('}', &metadata));
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
        "the test failed: expected one trace, and none came\n\
         likely: not sent: a document of 70154 bytes makes a datagram of 70184, and UDP\n\
         \x20 carries at most 65507: send its subsegments on their own\n\
         datagrams: 0 received = 0 accepted + 0 rejected + 0 ignored; 0 dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE",
    );
}

#[test]
#[cfg(target_os = "linux")]
fn datagrams_that_the_kernel_drops() {
    let text = text_of(
        |builder| builder.receive_buffer(4_096),
        &async |daemon: &FakeDaemon, bug| {
            // So many that the drain, which looks every few ms, cannot keep up.
            let datagrams = if bug == Bug::Seeded { 20_000 } else { 1 };
            let emitter = Emitter::to(daemon);
            let document = segment(1, "api");
            for _ in 0..datagrams {
                emitter.emit(&document);
            }
            daemon.try_expect_one_trace().await?;
            Ok(())
        },
    );
    // How many is the machine's affair.
    let numbers = five(&text).replace(|digit: char| digit.is_ascii_digit(), "9");
    let one = |text: &str| {
        text.split('9')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("N")
    };
    assert_eq!(
        one(&numbers),
        "the test failed: no answer can be relied on: the kernel dropped N datagrams: the receive buffer of N bytes \
         was full\n\
         \x20 remedy: sudo sysctl -w net.core.rmem_max=N; or await daemon.fence() between bursts\n\
         datagrams: N received = N accepted + N rejected + N ignored; N dropped by the kernel\n\
         FakeDaemon on ADDRESS, started at PLACE\n",
        "{text}"
    );
}

#[test]
fn an_invocation_of_lambda_that_is_held_until_the_next_one() {
    diagnose_with(
        |builder| builder.external_parent("53995c3f42cd8ad8"),
        async |daemon, bug| {
            let recorder = recorder(daemon);
            let held = Mutex::new(None);
            for number in 1..=2 {
                let root = trace_id(number);
                let header = format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1");
                let invocation = recorder.lambda_invocation(&TraceHeader::parse(&header));
                // The bug: a global that is set once, at the first invocation.
                let mut held = held.lock().unwrap();
                let current = match bug {
                    Bug::Seeded => held.get_or_insert(invocation),
                    Bug::Absent => held.insert(invocation),
                };
                current.begin_subsegment("work").end();
            }
            let second = daemon.trace(trace_id(2)).await;
            drop(held);
            second?;
            Ok(())
        },
        "no document names the trace `TRACE`\n\
         likely: never closed: an invocation was opened and is still open: each has its\n\
         \x20 own\n\
         \x20 at PLACE\n\
         1 other trace came:",
    );
}
