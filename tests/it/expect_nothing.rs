//! No assertion passes because there is nothing that it could look at.

use std::sync::Arc;

use proptest::prelude::*;
use xray_phantom::expect::{ExpectEntity, any, glob, not, one_of, regex};
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, assemble};
use xray_phantom::{Mismatch, Trace, tree};

/// A segment and subsegments below it, each of which lies below one that stands before it.
fn trace(below: &[(usize, &str)]) -> Trace {
    let head = r#""trace_id": "1-66a00000-0123456789abcdef01234567", "start_time": 1721763840.0, "end_time": 1721763840.5"#;
    let segment = format!(r#"{{{head}, "id": "{:016x}", "name": "api"}}"#, 1);
    let subsegments = below.iter().enumerate().map(|(number, (above, name))| {
        let (id, parent) = (number + 2, above % (number + 1) + 1);
        format!(
            r#"{{{head}, "id": "{id:016x}", "parent_id": "{parent:016x}", "type": "subsegment", "name": "{name}"}}"#
        )
    });
    let documents = std::iter::once(segment).chain(subsegments);
    let arrivals = documents.zip(0..).map(|(document, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(&document).unwrap()),
    });
    let mut assembly = assemble(arrivals, &ExternalParents::default());
    assembly.traces.remove(0).complete().unwrap()
}

/// Every assertion that looks at entities of a name, asked for the one that nothing has.
macro_rules! asked_for {
    ($trace:expr, $name:expr) => {{
        let assert = $trace.assert();
        let of_api = |step: &dyn Fn(ExpectEntity<'_>) -> ExpectEntity<'_>| {
            assert.try_segment("api", |s| step(s))
        };
        [
            ("segment", assert.try_segment($name, |s| s)),
            ("nth_segment", assert.try_nth_segment($name, 0, |s| s)),
            ("each_segment", assert.try_each_segment($name, |s| s)),
            ("segment_count", assert.try_segment_count($name, 1..)),
            ("subsegment", assert.try_subsegment($name, |s| s)),
            ("nth_subsegment", assert.try_nth_subsegment($name, 0, |s| s)),
            ("each_subsegment", assert.try_each_subsegment($name, |s| s)),
            ("subsegment_count", assert.try_subsegment_count($name, 1..)),
            ("before", assert.try_before($name, "api")),
            ("before, the second", assert.try_before("api", $name)),
            ("after", assert.try_after($name, "api")),
            ("after, the second", assert.try_after("api", $name)),
            ("overlapping", assert.try_overlapping($name, any())),
            (
                "overlapping, the second",
                assert.try_overlapping(any(), $name),
            ),
            ("max_concurrency", assert.try_max_concurrency($name, 0..)),
            ("child", of_api(&|s| s.child($name, |s| s))),
            ("nth_child", of_api(&|s| s.nth_child($name, 0, |s| s))),
            ("each_child", of_api(&|s| s.each_child($name, |s| s))),
            ("child_count", of_api(&|s| s.child_count($name, 1..))),
            ("descendant", of_api(&|s| s.descendant($name, |s| s))),
            (
                "nth_descendant",
                of_api(&|s| s.nth_descendant($name, 0, |s| s)),
            ),
            (
                "each_descendant",
                of_api(&|s| s.each_descendant($name, |s| s)),
            ),
            (
                "descendant_count",
                of_api(&|s| s.descendant_count($name, 1..)),
            ),
        ]
    }};
}

fn all_fail(checked: impl IntoIterator<Item = (&'static str, Result<(), Mismatch>)>) {
    for (assertion, checked) in checked {
        assert!(checked.is_err(), "{assertion} passes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_assertion_about_a_name_passes_where_nothing_has_it(
        below in prop::collection::vec((0..8_usize, prop::sample::select(vec!["a", "b"])), 0..8),
    ) {
        let trace = trace(&below);
        all_fail(asked_for!(trace, "absent"));
        all_fail(asked_for!(trace, glob("abs*")));
        all_fail(asked_for!(trace, regex("^abs")));
        all_fail(asked_for!(trace, one_of(["absent", "gone"])));
        all_fail(asked_for!(trace, |name: &str| name.len() == 6));
        // What can never be matches nothing, and its opposite is a mistake too.
        all_fail(asked_for!(trace, glob("")));
        all_fail(asked_for!(trace, not(glob(""))));
    }
}

#[test]
fn no_assertion_about_subsegments_passes_on_a_segment_alone() {
    let trace = trace(&[]);
    let assert = trace.assert();
    let of_api =
        |step: &dyn Fn(ExpectEntity<'_>) -> ExpectEntity<'_>| assert.try_segment("api", step);
    all_fail([
        ("within_parent", assert.try_within_parent()),
        ("overlapping", assert.try_overlapping(any(), any())),
        ("before", assert.try_before("api", "api")),
        ("each_subsegment", assert.try_each_subsegment(any(), |s| s)),
        ("each_child", of_api(&|s| s.each_child(any(), |s| s))),
        (
            "each_descendant",
            of_api(&|s| s.each_descendant(any(), |s| s)),
        ),
        ("nth_subsegment", assert.try_nth_subsegment(any(), 0, |s| s)),
        ("critical_path", assert.try_critical_path([])),
        ("tree", assert.try_tree(tree! {})),
        // A block, a cause and an exception are not there either.
        ("http", of_api(&|s| s.http(|h| h))),
        ("aws", of_api(&|s| s.aws(|a| a))),
        ("sql", of_api(&|s| s.sql(|q| q))),
        ("cause", of_api(&|s| s.cause(|e| e))),
        ("annotation", of_api(&|s| s.annotation("order_id", any()))),
        (
            "annotation",
            of_api(&|s| s.annotation("order_id", not("x"))),
        ),
        ("user", of_api(&|s| s.user(any()))),
    ]);
    // Where it is said that there may be none, or that there is none, there may.
    trace
        .assert()
        .each_segment_if_any("x", ExpectEntity::faulted)
        .each_subsegment_if_any(any(), ExpectEntity::faulted)
        .subsegment_count(any(), 0)
        .lacks_subsegment(any())
        .segment("api", |s| {
            s.each_child_if_any(any(), ExpectEntity::faulted)
                .each_descendant_if_any(any(), ExpectEntity::faulted)
                .child_count(any(), 0)
                .lacks_descendant(any())
        });
    // But not by a pattern that nothing can match.
    all_fail([
        (
            "each_segment_if_any",
            assert.try_each_segment_if_any(glob(""), |s| s),
        ),
        ("segment_count", assert.try_segment_count(glob(""), 0)),
        ("lacks_segment", assert.try_lacks_segment(glob(""))),
        ("lacks_segment", assert.try_lacks_segment("")),
        ("segment_count", assert.try_segment_count("", 0)),
        (
            "each_segment_if_any",
            assert.try_each_segment_if_any("", |s| s),
        ),
        (
            "lacks_segment",
            assert.try_lacks_segment(one_of([regex("("), regex("^abs")])),
        ),
        (
            "each_child_if_any",
            of_api(&|s| s.each_child_if_any(glob(""), |s| s)),
        ),
        ("lacks_child", of_api(&|s| s.lacks_child(glob("")))),
    ]);
}
