//! The chain, and what it says when it fails.

use std::sync::Arc;

use xray_phantom::expect::{ExpectEntity, ExpectedTree, any};
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, assemble};
use xray_phantom::{
    FakeDaemon, Mismatch, Recorder, Trace, block_on, in_subsegment_infallible, tree,
};

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
        "api > put (closest of 2) is not as expected\n\
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

/// A trace of so many levels, each with the one below it.
fn deep(levels: usize) -> Trace {
    let head = r#""trace_id": "1-66a00000-0123456789abcdef01234567", "start_time": 1721763840.0, "end_time": 1721763840.5"#;
    let documents = (1..=levels).map(|level| {
        let (kind, parent) = if level == 1 {
            (String::new(), String::new())
        } else {
            let parent = format!(r#", "parent_id": "{:016x}""#, level - 1);
            (r#", "type": "subsegment""#.to_owned(), parent)
        };
        format!(r#"{{{head}, "id": "{level:016x}", "name": "n{level}"{kind}{parent}}}"#)
    });
    assembled(documents)
}

/// A trace of one segment and so many children.
fn wide(children: usize) -> Trace {
    let head = r#""trace_id": "1-66a00000-0123456789abcdef01234567", "start_time": 1721763840.0, "end_time": 1721763840.5"#;
    let segment = format!(r#"{{{head}, "id": "00000000000000a1", "name": "api"}}"#);
    let child = |number| {
        format!(
            r#"{{{head}, "id": "{:016x}", "name": "c{number}", "type": "subsegment", "parent_id": "00000000000000a1"}}"#,
            number + 0x1000
        )
    };
    assembled(std::iter::once(segment).chain((0..children).map(child)))
}

fn assembled(documents: impl Iterator<Item = String>) -> Trace {
    let arrivals = documents.zip(0..).map(|(document, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(&document).unwrap()),
    });
    let mut assembly = assemble(arrivals, &ExternalParents::default());
    assembly.traces.remove(0).complete().unwrap()
}

/// A text that a person can read, however large the trace is.
#[track_caller]
fn is_bounded(checked: Result<(), Mismatch>) -> String {
    let text = checked.unwrap_err().to_string();
    assert!(text.lines().count() <= 70, "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    text
}

#[test]
fn a_trace_of_ten_thousand_levels_is_no_stack_overflow() {
    let trace = deep(10_000);
    let assert = trace.assert();
    trace
        .assert()
        .subsegment("n10000", |s| s.depth(10_000))
        .segment("n1", |s| {
            s.descendant("n9999", |s| s.child("n10000", |s| s))
        })
        .depth(10_000)
        .within_parent()
        .max_concurrency(any(), 10_000);
    assert_eq!(trace.critical_path().len(), 10_000);
    let mut names = (1..=10_000).rev().map(|level| format!("n{level}"));
    let mut expected = ExpectedTree::new().with(names.next().unwrap(), |below| below);
    for name in names {
        expected = ExpectedTree::new().with(name, |_| expected);
    }
    trace.assert().tree(&expected);

    is_bounded(assert.try_subsegment("n10000", ExpectEntity::faulted));
    is_bounded(assert.try_tree(tree! { "n1" }));
    is_bounded(assert.try_tree(expected.with("n1", |below| below)));
    is_bounded(assert.try_critical_path(["n1"]));
    is_bounded(assert.try_each_subsegment(any(), ExpectEntity::faulted));
    is_bounded(assert.try_depth(9_999));
    let text = is_bounded(assert.try_subsegment("n10000", |s| s.child("x", |s| s)));
    let settled: Vec<&str> = text.lines().take(3).collect();
    assert_eq!(
        settled,
        [
            "n1 > … > n9996 > n9997 > n9998 > n9999 > n10000 is not as expected",
            "likely: the code that records it did not run: nothing that came is called \"x\"",
            "  NO  child \"x\"  expected one, found none",
        ]
    );
}

#[test]
fn a_trace_of_a_hundred_thousand_subsegments_has_a_short_text() {
    let trace = wide(100_000);
    let assert = trace.assert();
    trace
        .assert()
        .subsegment("c99999", ExpectEntity::succeeded)
        .subsegment_count(any(), 100_000)
        .each_subsegment(any(), ExpectEntity::succeeded);
    is_bounded(assert.try_subsegment("x", |s| s));
    is_bounded(assert.try_each_subsegment(any(), ExpectEntity::faulted));
    is_bounded(assert.try_lacks_subsegment(any()));
    is_bounded(assert.try_before(any(), any()));
    is_bounded(assert.try_tree(tree! { "api" => { "c1" * 2, "c2" } }));
    let text = is_bounded(assert.try_subsegment_count("c1", 2));
    assert!(
        text.ends_with("... and 99961 more entities\n"),
        "c1 is among those shown: {text}"
    );
}

#[test]
fn all_that_does_not_hold_is_reported_at_once() {
    let trace = trace();
    let mismatches = trace
        .try_assert_all(|trace| {
            trace
                .segment("api", ExpectEntity::faulted)
                .subsegment_count("put", 2)
                .lacks_subsegment("put")
        })
        .unwrap_err();
    let first_lines: Vec<String> = mismatches
        .iter()
        .map(|mismatch| mismatch.to_string().lines().nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(
        first_lines,
        [
            "  NO  faulted  found no flag",
            "  NO  no subsegment \"put\"  expected none, found 2"
        ]
    );
    let text = panic_text(|| {
        trace.assert_all(|trace| trace.lacks_subsegment("put").lacks_segment("api"));
    });
    let lines: Vec<&str> = text.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            "2 assertions do not hold",
            "",
            "the trace is not as expected"
        ]
    );
    trace.assert_all(|trace| trace.subsegment_count("put", 2));
    // One that does not hold is told as it is.
    let text = panic_text(|| trace.assert_all(|trace| trace.lacks_segment("api")));
    assert_eq!(
        text,
        trace
            .assert()
            .try_lacks_segment("api")
            .unwrap_err()
            .to_string()
    );
}

#[test]
fn what_is_expected_can_be_printed() {
    let expected = tree! { "api" => { "put" => { "DynamoDB" }, "mail" } };
    let text = "api\n  put\n    DynamoDB\n  mail\n";
    assert_eq!(expected.to_string(), text);
    assert_eq!(format!("{expected:?}"), text);
    trace().assert().subsegment("put", |s| {
        assert_eq!(format!("{s:?}"), "expectations of api > put");
        s
    });
}

#[test]
fn what_takes_no_time_at_the_end_of_another_is_on_the_critical_path() {
    let head = r#""trace_id": "1-66a00000-0123456789abcdef01234567""#;
    let child = |id: &str, name: &str, start: &str| {
        format!(
            r#"{{{head}, "id": "{id}", "name": "{name}", "type": "subsegment", "parent_id": "00000000000000a1",
                "start_time": {start}, "end_time": 1721763840.5}}"#
        )
    };
    let segment = format!(
        r#"{{{head}, "id": "00000000000000a1", "name": "api", "start_time": 1721763840.0, "end_time": 1721763840.5}}"#
    );
    let documents = [
        segment,
        child("00000000000000b1", "long", "1721763840.1"),
        child("00000000000000b2", "short", "1721763840.2"),
        child("00000000000000b3", "mark", "1721763840.5"),
    ];
    let trace = assembled(documents.into_iter());
    trace.assert().critical_path(["api", "long", "mark"]);
}

/// The first line of what a mismatch says.
#[track_caller]
fn first_line(checked: Result<(), Mismatch>) -> String {
    let text = checked.unwrap_err().to_string();
    text.lines().next().unwrap().to_owned()
}

#[test]
fn a_path_of_seven_names_leaves_out_its_middle() {
    let (six, seven) = (deep(6), deep(7));
    assert_eq!(
        first_line(six.assert().try_subsegment("n6", ExpectEntity::faulted)),
        "n1 > n2 > n3 > n4 > n5 > n6 is not as expected"
    );
    assert_eq!(
        first_line(seven.assert().try_subsegment("n7", ExpectEntity::faulted)),
        "n1 > … > n3 > n4 > n5 > n6 > n7 is not as expected"
    );
}

#[test]
fn names_that_are_the_same_are_counted_and_none_is_told_too() {
    let trace = trace();
    let mismatch = trace
        .assert()
        .try_segment("api", |s| s.child("mail", |s| s));
    let text = mismatch.unwrap_err().to_string();
    assert!(
        text.contains("  NO  child \"mail\"  expected one, found \"put\" (2 times)\n"),
        "{text}"
    );
    let head = r#""trace_id": "1-66a00000-0123456789abcdef01234567", "start_time": 1721763840.0, "end_time": 1721763840.5, "fault": true"#;
    let empty = format!(r#"{{{head}, "id": "00000000000000a1", "name": ""}}"#);
    let nameless = format!(
        r#"{{{head}, "id": "00000000000000b1", "type": "subsegment", "parent_id": "00000000000000a1"}}"#
    );
    let trace = assembled([empty, nameless].into_iter());
    assert_eq!(
        first_line(trace.assert().try_segment("", ExpectEntity::succeeded)),
        "<empty name> is not as expected"
    );
    let text = trace.assert().try_depth(1).unwrap_err().to_string();
    assert!(text.contains("<no name>"), "{text}");
    let found = trace.assert().try_subsegment("x", |s| s).unwrap_err();
    let expected = "  NO  subsegment \"x\"  expected one, found one without name\n";
    assert!(found.to_string().contains(expected), "{found}");
}

/// The lines that say what is likely.
fn likely(mismatch: &Mismatch) -> Vec<String> {
    let text = mismatch.to_string();
    let lines = text.lines().filter(|line| line.starts_with("likely: "));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_name_that_is_a_word_of_another_finding_is_not_blamed_on_it() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    block_on(recorder.in_segment_infallible("api", async |_| ()));
    daemon.emitter().emit("not a segment named `put`");
    let trace = block_on(daemon.expect_one_trace());
    // Words of the rejection's text, and what is in every text.
    for name in ["JSON", "body"] {
        let mismatch = trace.assert().try_subsegment(name, |s| s).unwrap_err();
        let text = "the code that records it did not run: nothing that came is called";
        assert_eq!(likely(&mismatch), [format!("likely: {text} \"{name}\"")]);
    }
    let unkeyed = trace.assert().try_segment("api", |s| s.annotation("", "x"));
    let mismatch = unkeyed.unwrap_err();
    assert_eq!(likely(&mismatch), [] as [String; 0]);
    let mismatch = trace.assert().try_subsegment("put", |s| s).unwrap_err();
    assert_eq!(
        likely(&mismatch),
        ["likely: datagram 1 rejected (not-json): the body is not JSON: `not` is no JSON"]
    );
    block_on(daemon.expect_rejection("not-json"));
}

#[test]
fn what_other_tests_of_a_shared_daemon_record_is_not_blamed() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    block_on(async {
        let ((), first) = daemon
            .capture(async |_| {
                let put = async |_| in_subsegment_infallible("put", async |_| ()).await;
                recorder.in_segment_infallible("api", put).await;
            })
            .await;
        first.assert().subsegment("put", |s| s);
        let ((), second) = daemon
            .capture(async |_| recorder.in_segment_infallible("api", async |_| ()).await)
            .await;
        let mismatch = second.assert().try_subsegment("put", |s| s).unwrap_err();
        assert_eq!(
            likely(&mismatch),
            ["likely: the code that records it did not run: nothing that came is called \"put\""]
        );
    });
}

#[test]
fn a_closure_that_changes_its_mind_is_a_mismatch_and_no_panic() {
    let trace = trace();
    let asked = std::cell::Cell::new(0);
    let mismatch = trace
        .assert()
        .try_segment("api", |s| {
            asked.set(asked.get() + 1);
            if asked.get() == 1 { s.faulted() } else { s }
        })
        .unwrap_err();
    assert_eq!(
        mismatch.to_string(),
        "what did not hold held when it was looked at again: a closure of the assertion\n\
         gives another answer each time\n"
    );
}

#[test]
fn criteria_that_are_not_shown_are_counted() {
    let trace = trace();
    let mismatch = trace.assert().try_segment("api", |mut s| {
        for _ in 0..40 {
            s = s.succeeded();
        }
        s.faulted()
    });
    let text = mismatch.unwrap_err().to_string();
    assert!(
        text.contains("  NO  faulted    found no flag\n  ... and 40 more\n"),
        "{text}"
    );
}

#[test]
fn what_has_no_times_is_not_within_its_parent() {
    let head = r#""trace_id": "1-66a00000-0123456789abcdef01234567""#;
    let segment = format!(
        r#"{{{head}, "id": "00000000000000a1", "name": "api", "start_time": 1721763840.0, "end_time": 1721763840.5}}"#
    );
    let child = |id: &str, name: &str, times: &str| {
        format!(
            r#"{{{head}, "id": "{id}", "name": "{name}", "type": "subsegment", "parent_id": "00000000000000a1", {times}}}"#
        )
    };
    let inside = r#""start_time": 1721763840.1, "end_time": 1721763840.2"#;
    let reversed = r#""start_time": 1721763840.9, "end_time": 1721763840.2"#;
    let documents = [
        segment,
        child("00000000000000b1", "put", inside),
        child("00000000000000b2", "mail", reversed),
    ];
    let mismatch = assembled(documents.into_iter())
        .assert()
        .try_within_parent()
        .unwrap_err();
    let expected = "  NO  within parent  api > mail has times that are not known\n";
    assert!(mismatch.to_string().contains(expected), "{mismatch}");
}
