//! The chain, and what it says when it fails.

use xray_phantom::expect::ExpectEntity;
use xray_phantom::{FakeDaemon, Recorder, Trace, block_on, in_subsegment_infallible};

use crate::support::panic_text;

fn trace() -> Trace {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    block_on(recorder.in_segment_infallible("api", async |_| {
        in_subsegment_infallible("put", async |put| {
            put.annotate("order_id", "o-1")
                .annotate("items", 3)
                .annotate("vip", true);
            put.error();
        })
        .await;
        in_subsegment_infallible("put", async |put| {
            put.annotate("order_id", "o-2");
        })
        .await;
    }));
    block_on(daemon.expect_one_trace())
}

/// A text without the id of the trace and without times.
fn settled(text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_prefix("trace ") {
        Some(rest) => format!("trace ID {}", rest.split_once(' ').unwrap().1),
        None => line
            .split("  ")
            .filter(|word| {
                !word.ends_with(" µs") && !word.ends_with(" ns") && !word.ends_with(" ms")
            })
            .collect::<Vec<_>>()
            .join("  "),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_holds_passes() {
    let trace = trace();
    trace
        .assert()
        .segment("api", |s| {
            s.succeeded().child("put", |s| {
                s.annotation("order_id", "o-1")
                    .annotation("items", 3)
                    .annotation("vip", true)
                    .errored()
            })
        })
        .segment("api", |s| {
            s.child("put", |s| s.annotation("order_id", "o-2").succeeded())
        });
}

#[test]
fn the_closest_entity_is_explained_criterion_by_criterion_with_its_place() {
    let trace = trace();
    let text = panic_text(|| {
        trace.assert().segment("api", |s| {
            s.succeeded().child("put", |s| {
                s.annotation("order_id", "o-1")
                    .annotation("items", 4)
                    .errored()
                    .throttled()
            })
        })
    });
    assert_eq!(
        settled(&text),
        "api > put is not as expected:\n\
         \x20 ok  annotation order_id  \"o-1\"\n\
         \x20 NO  annotation items     expected 4, found 3\n\
         \x20 ok  errored\n\
         \x20 NO  throttled            found ERROR alone\n\
         trace ID (complete, 3 entities)\n\
         api\n\
         ├─ put ERROR  {items: 3, order_id: o-1, vip: true}  <- here\n\
         └─ put  {order_id: o-2}"
    );
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let trace = trace();
    let text = panic_text(|| trace.assert().segment("api", |s| s.child("get", |s| s)));
    assert!(text.starts_with("api is not as expected:\n  NO  child \"get\"  expected one, found \"put\" and \"put\"\n"), "{text}");
    let text = panic_text(|| {
        trace
            .assert()
            .segment("api", |s| s.child("put", |s| s.child("x", |s| s)))
    });
    assert!(
        text.starts_with(
            "api > put is not as expected:\n  NO  child \"x\"  expected one, found none\n"
        ),
        "{text}"
    );
    let text = panic_text(|| trace.assert().segment("apis", |s| s));
    assert!(
        text.starts_with("expected segment \"apis\", found \"api\"\ntrace "),
        "{text}"
    );
    let text = panic_text(|| trace.assert().segment("put", |s| s));
    assert!(
        text.starts_with("expected segment \"put\", found \"api\"\n"),
        "{text}"
    );
}

#[test]
fn each_criterion_says_what_was_found() {
    let trace = trace();
    let mismatch = trace
        .assert()
        .try_segment("api", |s| {
            s.namespace("aws")
                .status(200)
                .aws(|a| a.operation("PutItem").table("T").region("r").retries(1))
                .faulted()
                .annotation("a", 1)
        })
        .unwrap_err();
    let text = mismatch.to_string();
    let lines: Vec<&str> = text.lines().skip(1).take(8).collect();
    assert_eq!(
        lines,
        [
            "  NO  namespace             expected \"aws\", found none",
            "  NO  http.response.status  expected 200, found none",
            "  NO  aws.operation         expected \"PutItem\", found none",
            "  NO  aws.table_name        expected \"T\", found none",
            "  NO  aws.region            expected \"r\", found none",
            "  NO  aws.retries           expected 1, found none",
            "  NO  faulted               found no flag",
            "  NO  annotation a          expected 1, found no such annotation",
        ]
    );
}

#[test]
fn the_place_is_marked_however_long_the_trace_is() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    block_on(recorder.in_segment_infallible("api", async |_| {
        for number in 0..50 {
            in_subsegment_infallible(&format!("c{number}"), async |_| ()).await;
        }
    }));
    let trace = block_on(daemon.expect_one_trace());
    let text = panic_text(|| {
        trace
            .assert()
            .segment("api", |s| s.child("c49", ExpectEntity::faulted))
    });
    let text = settled(&text);
    assert!(
        text.ends_with("... and 11 more entities\n... api\n... c49  <- here"),
        "{text}"
    );
}

#[test]
fn the_closest_is_the_one_with_the_most_that_is_right() {
    let trace = trace();
    let mismatch = trace
        .assert()
        .try_segment("api", |s| {
            s.child("put", |s| {
                s.annotation("order_id", "o-1")
                    .annotation("items", 3)
                    .annotation("vip", false)
                    .faulted()
            })
        })
        .unwrap_err();
    assert!(
        mismatch
            .to_string()
            .contains("  NO  annotation vip       expected false, found true\n"),
        "{mismatch}"
    );
}

#[test]
fn whole_numbers_are_equal_to_themselves_alone() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    block_on(recorder.in_segment_infallible("api", async |segment| {
        segment
            .annotate("large", u64::MAX)
            .annotate("size", vec![1, 2].len())
            .annotate("half", 2.5);
    }));
    let trace = block_on(daemon.expect_one_trace());
    trace.assert().segment("api", |s| {
        s.annotation("large", u64::MAX)
            .annotation("size", 2)
            .annotation("size", 2.0)
            .annotation("half", 2.5)
    });
    for wrong in [u64::MAX - 1, 2] {
        assert!(
            trace
                .assert()
                .try_segment("api", |s| s.annotation("large", wrong))
                .is_err()
        );
    }
    assert!(
        trace
            .assert()
            .try_segment("api", |s| s.annotation("half", 2))
            .is_err()
    );
}
