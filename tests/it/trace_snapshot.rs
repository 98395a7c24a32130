//! The assertion of a snapshot: in the source, in a file, by name, in modules.

use xray_phantom::snapshot::diff;
use xray_phantom::{
    FakeDaemon, Recorder, Trace, assert_trace_snapshot, block_on, in_subsegment_infallible,
};

use crate::support::panic_text;

fn trace() -> Trace {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    block_on(recorder.in_segment_infallible("OrdersWorker", async |_| {
        in_subsegment_infallible("dynamo-put", async |put| {
            put.annotate("order_id", "o-1");
        })
        .await;
    }));
    block_on(daemon.expect_one_trace())
}

#[test]
fn a_snapshot_may_stand_in_the_source() {
    let trace = trace();
    assert_trace_snapshot!(trace, @r"
    OrdersWorker
      dynamo-put {order_id: o-1}
    ");
    assert_trace_snapshot!(&trace, @"OrdersWorker\n  dynamo-put {order_id: o-1}",);
}

#[test]
fn a_snapshot_may_be_a_file() {
    assert_trace_snapshot!(trace());
}

#[test]
fn a_snapshot_may_have_a_name() {
    assert_trace_snapshot!("an_order_that_was_placed", trace());
}

mod nested {
    mod deeper {
        use xray_phantom::assert_trace_snapshot;

        #[test]
        fn a_file_is_named_after_the_modules() {
            let trace = crate::trace_snapshot::trace();
            let normalized = trace.normalized().drop_key("/aws").drop_key("/service");
            assert_trace_snapshot!(normalized);
        }
    }
}

#[test]
fn all_that_is_written_can_be_a_snapshot() {
    let trace = trace();
    assert_trace_snapshot!(trace.outlined().metadata(), @r"
    OrdersWorker
      dynamo-put {order_id: o-1}
    ");
    assert_trace_snapshot!(diff(&trace, &trace), @"no difference");
}

#[test]
fn another_trace_than_the_snapshot_fails() {
    // Nothing is to be left behind for a review.
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(env!("CARGO_TARGET_TMPDIR"));
    let text = settings.bind(|| panic_text(|| assert_trace_snapshot!("no_such_snapshot", trace())));
    assert!(text.contains("no_such_snapshot"), "{text}");
    let _ = std::fs::remove_file(
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("it__trace_snapshot__no_such_snapshot.snap.new"),
    );
}

/// The dev-dependency of these tests on insta would hide it if the macro needed one.
#[test]
fn the_macro_names_insta_through_the_crate_alone() {
    let source = include_str!("../../src/snapshot/assert.rs");
    let (_, macros) = source
        .split_once("macro_rules! assert_trace_snapshot")
        .unwrap();
    let (macros, _) = macros.split_once("What the macro names").unwrap();
    let named = macros.matches("insta::").count();
    assert_eq!(named, 3);
    assert_eq!(
        macros
            .matches("$crate::snapshot::__private::insta::")
            .count(),
        named
    );
}
