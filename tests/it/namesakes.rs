//! Entities that share an id, in one document or in several.

use std::time::{Duration, Instant};

use xray_phantom::Node;
use xray_phantom::trace::PartialTrace;

use crate::support::partial;

/// A subsegment with this id, name, times and content: inside another, or on its own below `parent`.
struct Sub<'a>(&'a str, &'a str, &'a str, &'a [Sub<'a>]);

impl Sub<'_> {
    fn inside(&self) -> String {
        self.text("")
    }

    fn below(&self, parent: &str) -> String {
        self.text(&format!(
            r#","trace_id":"t","type":"subsegment","parent_id":"{parent}""#
        ))
    }

    fn text(&self, place: &str) -> String {
        let Sub(id, name, times, inside) = self;
        let (start, end) = times.split_once("..").unwrap();
        let end = match end {
            "" => r#""in_progress":true"#.to_owned(),
            end => format!(r#""end_time":{end}"#),
        };
        let inside: Vec<String> = inside.iter().map(Sub::inside).collect();
        let inside = inside.join(",");
        format!(
            r#"{{"id":"{id}","name":"{name}","start_time":{start},{end}{place},"subsegments":[{inside}]}}"#
        )
    }
}

fn segment(inside: &[Sub<'_>]) -> String {
    let inside: Vec<String> = inside.iter().map(Sub::inside).collect();
    let inside = inside.join(",");
    format!(
        r#"{{"trace_id":"t","id":"s","name":"api","start_time":0,"end_time":9,"subsegments":[{inside}]}}"#
    )
}

/// The way to each subsegment by names, and its duration.
fn ways(trace: &PartialTrace) -> Vec<String> {
    let mut ways: Vec<String> = trace
        .nodes()
        .filter(Node::is_subsegment)
        .map(|node| {
            let above = node.ancestors().filter_map(|above| above.name());
            let mut names: Vec<_> = node.name().into_iter().chain(above).collect();
            names.reverse();
            match node.duration() {
                Some(duration) => format!("{} {}", names.join("/"), duration.as_secs_f64()),
                None => names.join("/"),
            }
        })
        .collect();
    ways.sort();
    ways
}

/// The ways and the defects of these documents, in two orders.
#[track_caller]
fn check(documents: &[String], expected: &[&str], defects: &[&str]) {
    let mut documents = documents.to_vec();
    for _ in 0..2 {
        let trace = partial(&documents);
        let told = trace.defects().map(|defect| defect.code().as_str());
        let told: Vec<&str> = told.collect();
        assert_eq!(ways(&trace), expected, "{trace}");
        assert_eq!(told, defects, "{trace}");
        documents.reverse();
    }
}

#[test]
fn those_that_hold_the_same_are_still_two() {
    let held = [Sub("c", "x", "2..3", &[])];
    let (one, two) = (Sub("r", "y", "1..7", &held), Sub("r", "y", "1.5..7", &held));
    let ways = ["api/y 5.5", "api/y 6", "api/y/x 1", "api/y/x 1"];
    check(&[segment(&[one, two])], &ways, &[]);
    let (one, two) = (Sub("r", "y", "1..7", &held), Sub("r", "y", "1.5..7", &held));
    let both = ["conflicting-documents", "conflicting-documents"];
    check(&[segment(&[one]), two.below("s")], &ways, &both);
}

#[test]
fn those_that_begin_at_once_are_no_ring() {
    for id in ["r", "0000000000000000"] {
        let inner = [Sub(id, "a", "1..4", &[])];
        let middle = [Sub(id, "b", "1..7", &inner)];
        let whole = segment(&[Sub(id, "c", "1..8", &middle)]);
        let ways = ["api/c 7", "api/c/b 6", "api/c/b/a 3"];
        check(&[whole], &ways, &[]);
        let told: &[&str] = if id == "r" {
            &["conflicting-documents"]
        } else {
            &[]
        };
        let split = [
            segment(&[]),
            Sub(id, "c", "1..8", &[]).below("s"),
            Sub(id, "b", "1..7", &[]).below(id),
            Sub(id, "a", "1..4", &[]).below(id),
        ];
        check(&split, &ways, told);
        // With the same ends too the outer one is the one that names another id.
        let split = [
            segment(&[]),
            Sub(id, "c", "1..8", &[]).below("s"),
            Sub(id, "b", "1..8", &[]).below(id),
        ];
        check(&split, &["api/c 7", "api/c/b 7"], told);
    }
}

#[test]
fn one_that_names_itself_is_still_a_ring() {
    let split = [
        segment(&[]),
        Sub("r", "x", "1..5", &[]).below("r"),
        Sub("r", "y", "2..3", &[]).below("r"),
    ];
    check(
        &split,
        &["x 4", "x/y 1"],
        &["conflicting-documents", "cycle"],
    );
}

#[test]
fn a_child_belongs_to_one_that_was_open_as_long() {
    let split = [
        segment(&[Sub("r", "x", "1..8", &[]), Sub("r", "y", "1..2", &[])]),
        Sub("k", "k", "1..7", &[]).below("r"),
    ];
    check(&split, &["api/x 7", "api/x/k 6", "api/y 1"], &[]);
    // What it holds itself has its times, and is not what holds it.
    let held = [Sub("r", "inner", "1..7", &[])];
    let split = [
        segment(&[Sub("r", "outer", "1..7", &[])]),
        Sub("k", "k", "1..7", &held).below("r"),
    ];
    let ways = ["api/outer 6", "api/outer/k 6", "api/outer/k/inner 6"];
    check(&split, &ways, &["conflicting-documents"]);
}

#[test]
fn a_third_with_the_id_does_not_part_what_belongs_together() {
    let held = [Sub("c", "x", "2..3", &[])];
    let third = || Sub("c", "x", "5..6", &[]);
    let ways = ["api/b 8", "api/b/x 1", "api/x 1"];
    let conflict = ["conflicting-documents"];
    let holder = || Sub("b", "b", "1..9", &held);
    let again = Sub("c", "x", "2..3", &[]).below("b");
    check(
        &[segment(&[holder()]), again.clone(), third().below("s")],
        &ways,
        &conflict,
    );
    check(&[segment(&[holder(), third()]), again], &ways, &[]);

    // Nor from its announcement, by another name or from another place.
    let complete = Sub("c", "new", "2..3", &[]).below("s");
    let third = || Sub("c", "new", "5..6", &[]).below("s");
    let open = |name, parent| Sub("c", name, "2..", &[]).below(parent);
    let ways = ["api/new 1", "api/new 1"];
    check(
        &[segment(&[]), open("old", "s"), complete.clone()],
        &ways[..1],
        &[],
    );
    check(
        &[segment(&[]), open("old", "s"), complete.clone(), third()],
        &ways,
        &conflict,
    );
    check(
        &[segment(&[]), open("new", "b"), complete, third()],
        &ways,
        &conflict,
    );
}

#[test]
fn of_several_with_one_start_an_open_one_is_the_one_with_its_name_and_place() {
    let open = |name, parent| Sub("c", name, "2..", &[]).below(parent);
    let of = |name, parent| Sub("c", name, "2..3", &[]).below(parent);
    let b = || segment(&[Sub("b", "b", "1..9", &[])]);
    let conflict = ["conflicting-documents"];
    let ways = ["api/b 8", "api/b/x 1", "api/x 1"];
    check(
        &[b(), of("x", "s"), of("x", "b"), open("x", "b")],
        &ways,
        &conflict,
    );
    let ways = ["api/b 8", "api/b/x 1", "api/y 1"];
    check(
        &[b(), of("y", "s"), of("x", "b"), open("x", "s")],
        &ways,
        &conflict,
    );
    // By none of their names it is another.
    let ways = ["api/b 8", "api/b/x 1", "api/y 1", "api/z"];
    let told = ["conflicting-documents", "never-closed"];
    check(
        &[b(), of("y", "s"), of("x", "b"), open("z", "s")],
        &ways,
        &told,
    );
}

#[test]
fn an_id_that_says_nothing_leaves_the_end_and_the_order() {
    let (short, long) = (|| Sub("r", "x", "1..2", &[]), || Sub("r", "x", "1..3", &[]));
    let ways = ["api/x 1", "api/x 2"];
    check(
        &[segment(&[long()]), segment(&[short(), long()])],
        &ways,
        &[],
    );
    check(
        &[segment(&[short(), long()]), long().below("s")],
        &ways,
        &[],
    );
    check(
        &[segment(&[long(), long()]), long().below("s")],
        &["api/x 2", "api/x 2"],
        &[],
    );
    // Zeros say as little between documents.
    let zero = |times| Sub("0000000000000000", "x", times, &[]).below("s");
    check(&[segment(&[]), zero("1..2"), zero("1..3")], &ways, &[]);
    check(&[segment(&[]), zero("1.."), zero("1..3")], &ways[1..], &[]);
    // An open one in the same document is another.
    let open = || Sub("r", "x", "1..", &[]);
    check(
        &[segment(&[open(), long()])],
        &["api/x", "api/x 2"],
        &["never-closed"],
    );
    check(
        &[segment(&[open(), open()])],
        &["api/x", "api/x"],
        &["never-closed", "never-closed"],
    );
    check(
        &[segment(&[open(), Sub("r", "y", "1..", &[])])],
        &["api/x", "api/y"],
        &["never-closed", "never-closed"],
    );
}

#[test]
fn what_a_document_does_not_say_is_not_another() {
    let complete = || Sub("c", "x", "2..3", &[]).below("s");
    let without = |field: &str| complete().replace(field, "");
    let told = ["conflicting-documents"];
    check(
        &[segment(&[]), complete(), without(r#""name":"x","#)],
        &["api 1"],
        &told,
    );
    check(
        &[segment(&[]), complete(), without(r#","parent_id":"s""#)],
        &["api/x 1"],
        &[],
    );
    let trace = partial(&[segment(&[]), complete(), without(r#""name":"x","#)]);
    let texts: Vec<String> = trace.defects().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "it was closed twice, or changed after it was sent: a subsegment without name is complete in several documents, and \
          `name` differs; of those that ended at the same time the one with the greater bytes counts"
        ]
    );
}

#[test]
fn a_segment_is_sent_again_whatever_else_has_an_id_of_its_subsegments() {
    let late = || Sub("d", "late", "5..12", &[]);
    let c = || Sub("c", "x", "2..3", &[]);
    let again = [segment(&[c()]), segment(&[c(), late()])];
    let told = |documents: &[String]| {
        let trace = partial(documents);
        let mut told: Vec<&str> = trace
            .defects()
            .map(|defect| defect.code().as_str())
            .collect();
        told.sort_unstable();
        told.join(" ")
    };
    assert_eq!(told(&again), "beyond-parent sent-again");
    let third = Sub("c", "x", "7..8", &[]).below("s");
    let with_third = [again[0].clone(), again[1].clone(), third];
    assert_eq!(
        told(&with_third),
        "beyond-parent conflicting-documents sent-again"
    );
    // Documents that do not mean the same by it contradict each other.
    let changed = [
        segment(&[c()]),
        segment(&[Sub("c", "x", "7..8", &[]), late()]),
    ];
    assert_eq!(told(&changed), "beyond-parent conflicting-documents");
}

#[test]
fn an_id_that_repeats_in_one_document_may_be_split_off() {
    let (one, two) = (|| Sub("r", "x", "1..2", &[]), || Sub("r", "x", "2..4", &[]));
    let ways = ["api/x 1", "api/x 2"];
    let conflict = ["conflicting-documents"];
    check(&[segment(&[one(), two()])], &ways, &[]);
    check(&[segment(&[one()]), two().below("s")], &ways, &conflict);
    check(&[segment(&[two()]), one().below("s")], &ways, &conflict);
    check(
        &[segment(&[]), one().below("s"), two().below("s")],
        &ways,
        &conflict,
    );
    check(
        &[segment(&[one(), two()]), one().below("s"), two().below("s")],
        &ways,
        &[],
    );
}

#[test]
fn of_those_that_share_an_id_a_child_belongs_to_the_innermost_that_was_open() {
    let documents = [
        segment(&[]),
        Sub("r", "first", "1..5", &[]).below("s"),
        Sub("r", "inner", "2..3", &[]).below("r"),
        Sub("r", "second", "6..", &[]).below("s"),
        Sub("b", "of-inner", "3..3", &[]).below("r"),
        Sub("c", "of-first", "4..4.5", &[]).below("r"),
        Sub("d", "of-second", "8..9", &[]).below("r"),
        // It was open when this began, or not even then.
        Sub("e", "spawned", "2.5..9", &[]).below("r"),
        Sub("f", "between", "5.5..5.75", &[]).below("r"),
        Sub("g", "some-time", "1..", &[])
            .below("r")
            .replace(r#""start_time":1,"#, ""),
    ];
    let expected = [
        "api/first 4",
        "api/first/between 0.25",
        "api/first/inner 1",
        "api/first/inner/of-inner 0",
        "api/first/inner/spawned 6.5",
        "api/first/of-first 0.5",
        "api/first/some-time",
        "api/second",
        "api/second/of-second 1",
    ];
    assert_eq!(ways(&partial(&documents)), expected);
    let mut reversed = documents.to_vec();
    reversed.reverse();
    assert_eq!(ways(&partial(&reversed)), expected);
}

#[test]
fn thousands_with_one_id_are_told_apart_at_once() {
    let documents: Vec<String> = (0..4_000)
        .map(|number| {
            let times = format!("{}..{}", number, 20_000 - number % 2 * 10_000);
            Sub("0000000000000000", "x", &times, &[]).below("0000000000000000")
        })
        .collect();
    let begun = Instant::now();
    let trace = partial(&documents);
    assert_eq!(trace.nodes().len(), 4_000);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}
