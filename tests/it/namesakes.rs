//! Entities that share an id, in one document or in several.

use std::time::{Duration, Instant};

use xray_phantom::Node;
use xray_phantom::trace::PartialTrace;

use crate::support::{codes, partial};

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
    for (field, name, key) in [
        (r#""name":"x","#, "a subsegment without name", "name"),
        (r#""start_time":2,"#, "subsegment `x`", "start_time"),
    ] {
        let trace = partial(&[segment(&[]), complete(), without(field)]);
        let texts: Vec<String> = trace.defects().map(ToString::to_string).collect();
        let expected = format!(
            "it was closed twice, or changed after it was sent: {name} is complete in several documents, and `{key}` \
             differs; of those that ended at the same time the one with the greater bytes counts"
        );
        assert_eq!(texts, [expected]);
    }
}

#[test]
fn a_segment_is_sent_again_whatever_else_has_an_id_of_its_subsegments() {
    let late = || Sub("d", "late", "5..12", &[]);
    let c = || Sub("c", "x", "2..3", &[]);
    let again = [segment(&[c()]), segment(&[c(), late()])];
    let told = |documents: &[String]| codes(&partial(documents)).join(" ");
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
        "api/first/inner 1",
        "api/first/inner/between 0.25",
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
fn what_is_held_by_several_is_several_whatever_is_open_beside() {
    let c = [Sub("c", "c", "3..4", &[])];
    let r = || Sub("r", "x", "3..4", &c);
    for open in [false, true] {
        let mut held = vec![r()];
        held.extend(open.then_some(Sub("r", "x", "3..", &[])));
        let (one, two) = ([Sub("p", "p", "1..9", &held)], [r()]);
        let documents = [segment(&one), Sub("p", "p", "2..9", &two).below("s")];
        let ways = ways(&partial(&documents));
        let open: &[&str] = if open { &["api/p/x"] } else { &[] };
        let mut expected = [
            "api/p 7",
            "api/p 8",
            "api/p/x 1",
            "api/p/x 1",
            "api/p/x/c 1",
            "api/p/x/c 1",
        ]
        .to_vec();
        expected.extend(open);
        expected.sort_unstable();
        assert_eq!(ways, expected);
    }
}

#[test]
fn those_of_which_the_id_says_nothing_are_known_by_all_that_they_say() {
    let with = |number: u32, place: &str| {
        Sub("r", "x", "1..2", &[]).text(&format!(r#"{place},"annotations":{{"n":{number}}}"#))
    };
    let both = format!(
        r#"{{"trace_id":"t","id":"s","name":"api","start_time":0,"end_time":9,"subsegments":[{},{}]}}"#,
        with(1, ""),
        with(2, "")
    );
    let again = with(2, r#","trace_id":"t","type":"subsegment","parent_id":"s""#);
    for documents in [
        vec![both.clone()],
        vec![both.clone(), again.clone()],
        vec![again, both],
    ] {
        let trace = partial(&documents);
        assert_eq!(trace.defects().count(), 0, "{trace}");
        let nodes = trace.nodes().filter(Node::is_subsegment);
        let annotations = nodes.map(|node| node.entity().annotation("n").unwrap().raw());
        assert_eq!(annotations.collect::<Vec<_>>(), ["1", "2"]);
    }
}

#[test]
fn one_on_its_own_is_what_the_segment_holds_only_where_the_id_says_so() {
    let conflict = ["conflicting-documents"];
    let one = ["api/k 6", "api/x 1"];
    let two = ["api/k 6", "api/k/x 1", "api/x 1"];
    for (id, named, ways, told) in [
        ("r", "s", &one[..], &[][..]),
        ("r", "", &one, &[]),
        ("r", "k", &two, &conflict),
        ("0000000000000000", "s", &one, &[]),
        ("0000000000000000", "k", &two, &[]),
    ] {
        let held = [Sub(id, "x", "1..2", &[]), Sub("k", "k", "1..7", &[])];
        let alone = Sub(id, "x", "1..2", &[]).below(named);
        check(&[segment(&held), alone], ways, told);
    }
}

#[test]
fn an_id_of_several_is_told_where_no_document_holds_them_all() {
    let r = |times| Sub("r", "x", times, &[]);
    let conflict = ["conflicting-documents"];
    let ways = ["api/x 1", "api/x 1", "api/x 1"];
    check(
        &[
            segment(&[r("1..2"), r("3..4"), r("5..6")]),
            r("5..6").below("s"),
        ],
        &ways,
        &[],
    );
    check(
        &[segment(&[r("1..2"), r("3..4")]), r("5..6").below("s")],
        &ways,
        &conflict,
    );
    // Of these two one is of another document.
    let named = Sub("r", "y", "1..2", &[]);
    let beside = Sub("r", "z", "3..4", &[]);
    let trace = partial(&[segment(&[named, beside]), r("5..6").below("s")]);
    assert_eq!(
        trace.defects().next().unwrap().to_string(),
        "an id was used for 3 entities: subsegment `y` has the same one as subsegment `x` of another document, and \
         `name` differs; each is kept"
    );
    let trace = partial(&[
        segment(&[r("1..2"), r("1..3")]),
        r("1..4").below("s"),
        r("1..3").below("s"),
    ]);
    assert_eq!(
        trace.defects().next().unwrap().to_string(),
        "an id was used for 3 entities: subsegment `x` has the same one as subsegment `x` of another document, and \
         `end_time` differs; each is kept"
    );
}

#[test]
fn a_caller_whose_id_several_have_is_no_ring() {
    let called = |id: &str, caller: &str, held: Sub<'_>| {
        let document = segment(&[held]);
        document.replace(
            r#""id":"s","#,
            &format!(r#""id":"{id}","parent_id":"{caller}","#),
        )
    };
    let documents = [
        called("s", "r", Sub("r", "a", "5..6", &[])),
        called("u", "f", Sub("r", "b", "5..8", &[])),
    ];
    check(
        &documents,
        &["api/a 1", "api/b 3"],
        &["conflicting-documents"],
    );
    check(&documents[..1], &["api/a 1"], &["cycle"]);
}

#[test]
fn segments_that_call_each_other_are_a_ring_whatever_has_their_ids() {
    let called = |id: &str, caller: &str, held: &[Sub<'_>]| {
        let document = segment(held);
        document.replace(
            r#""id":"s","#,
            &format!(r#""id":"{id}","parent_id":"{caller}","#),
        )
    };
    let documents = [
        called("a", "b", &[]),
        called("b", "a", &[]),
        called("c", "f", &[Sub("a", "x", "1..2", &[])]),
    ];
    check(&documents, &["api/x 1"], &["cycle"]);
}

#[test]
fn one_that_was_announced_in_its_segment_may_come_on_its_own() {
    let open = |inside: &[Sub<'_>]| {
        segment(inside).replacen(r#""end_time":9"#, r#""in_progress":true"#, 1)
    };
    for id in ["c", "0000000000000000"] {
        let announced = open(&[Sub(id, "x", "1..", &[])]);
        check(
            &[
                announced,
                segment(&[]),
                Sub(id, "x", "1..3", &[]).below("s"),
            ],
            &["api/x 2"],
            &[],
        );
    }
    // Of two with the same start it is the one of the same place.
    let documents = [
        open(&[Sub("c", "x", "2..", &[])]),
        segment(&[Sub("b", "b", "1..9", &[])]),
        Sub("c", "x", "2..3", &[]).below("s"),
        Sub("c", "x", "2..3", &[]).below("b"),
    ];
    check(
        &documents,
        &["api/b 8", "api/b/x 1", "api/x 1"],
        &["conflicting-documents"],
    );
}

#[test]
fn two_that_one_document_announces_do_not_become_one() {
    let open = |inside: &[Sub<'_>]| {
        segment(inside).replacen(r#""end_time":9"#, r#""in_progress":true"#, 1)
    };
    let two = || open(&[Sub("r", "x", "1..", &[]), Sub("r", "x", "1..", &[])]);
    let one = Sub("r", "x", "1..3", &[]).below("s");
    check(
        &[two(), segment(&[]), one],
        &["api/x", "api/x 2"],
        &["never-closed"],
    );
    let both = segment(&[Sub("r", "x", "1..2", &[]), Sub("r", "x", "1..3", &[])]);
    check(&[two(), both], &["api/x 1", "api/x 2"], &[]);
}

#[test]
fn nothing_hangs_below_what_it_holds() {
    let conflict = ["conflicting-documents"];
    let inner = [Sub("r", "inner", "1..3", &[])];
    let documents = [
        segment(&[Sub("r", "outer", "1..5", &[])]),
        Sub("k", "k", "1..7", &inner).below("r"),
    ];
    let trace = partial(&documents);
    assert_eq!(
        ways(&trace),
        ["api/outer 4", "api/outer/k 6", "api/outer/k/inner 2"]
    );
    let inner = [Sub("g", "g", "1..7", &[Sub("r", "z", "1..7", &[])])];
    let documents = [
        segment(&[Sub("r", "a", "1..7", &[])]),
        Sub("k", "k", "1..7", &inner).below("r"),
    ];
    check(
        &documents,
        &["api/a 6", "api/a/k 6", "api/a/k/g 6", "api/a/k/g/z 6"],
        &conflict,
    );
    let inner = [Sub("k", "k", "1..7", &[Sub("r", "z", "1..7", &[])])];
    let documents = [
        segment(&[Sub("r", "outer", "1..7", &[])]),
        Sub("r", "m", "1..7", &inner).below("r"),
    ];
    check(
        &documents,
        &[
            "api/outer 6",
            "api/outer/m 6",
            "api/outer/m/k 6",
            "api/outer/m/k/z 6",
        ],
        &conflict,
    );
}

#[test]
fn nothing_hangs_below_what_names_it() {
    let conflict = ["conflicting-documents"];
    for (outer, inner) in [("a", "z"), ("z", "a")] {
        check(
            &[
                segment(&[]),
                Sub("r", outer, "1..7", &[]).below("s"),
                Sub("k", "k", "1..7", &[]).below("r"),
                Sub("r", inner, "1..7", &[]).below("k"),
            ],
            &[
                &format!("api/{outer} 6"),
                &format!("api/{outer}/k 6"),
                &format!("api/{outer}/k/{inner} 6"),
            ],
            &conflict,
        );
    }
    // Which of two is meant by either no document says. It is no ring.
    let trace = partial(&[
        segment(&[]),
        Sub("r", "a", "1..7", &[]).below("s"),
        Sub("q", "b", "1..7", &[]).below("r"),
        Sub("r", "c", "1..7", &[]).below("q"),
        Sub("q", "d", "1..7", &[]).below("r"),
    ]);
    assert_eq!(codes(&trace), [conflict[0]; 2]);
    assert_eq!(trace.roots().len(), 1, "{trace}");
    // A ring is one where none can be another.
    let trace = partial(&[
        segment(&[]),
        Sub("r", "a", "1..7", &[]).below("k"),
        Sub("k", "k", "1..7", &[]).below("r"),
        Sub("r", "z", "1..7", &[]).below("k"),
    ]);
    assert_eq!(codes(&trace), ["conflicting-documents", "cycle"]);
}

#[test]
fn one_that_is_held_by_what_hangs_below_another_is_not_that() {
    let inner = [Sub("r", "x", "1..3", &[])];
    let whole = segment(&[Sub("r", "x", "1..8", &[Sub("q", "q", "1..7", &inner)])]);
    let ways = ["api/x 7", "api/x/q 6", "api/x/q/x 2"];
    check(&[whole], &ways, &[]);
    for split in [
        Sub("q", "q", "1..7", &inner).below("r"),
        Sub("q", "q", "1..7", &[]).below("r"),
    ] {
        let alone = Sub("r", "x", "1..3", &[]).below("q");
        let outer = Sub("r", "x", "1..8", &[]).below("s");
        check(
            &[segment(&[]), outer, split, alone],
            &ways,
            &["conflicting-documents"],
        );
    }
}

#[test]
fn a_copy_on_its_own_is_of_the_holder_in_which_it_is_the_same() {
    for (id, told) in [
        ("", &["conflicting-documents"; 2][..]),
        ("0000000000000000", &[]),
    ] {
        let (b, c) = match id {
            "" => ("b", "c"),
            id => (id, id),
        };
        let [short, long] = ["3..4", "3..5"].map(|times| [Sub(c, "x", times, &[])]);
        let documents = [
            segment(&[]),
            Sub(b, "b", "1..9", &short).below("s"),
            Sub(b, "b", "2..9", &long).below("s"),
            long[0].below(b),
        ];
        let ways = ["api/b 7", "api/b 8", "api/b/x 1", "api/b/x 2"];
        check(&documents, &ways, told);
    }
}

#[test]
fn what_is_open_is_not_what_ended_inside_it() {
    for name in ["inner", "outer"] {
        let inner = Sub("r", name, "1..2", &[]).below("r");
        let held = Sub("q", "q", "1..2", &[Sub("r", name, "1..2", &[])]).below("r");
        for (inner, way) in [(inner, "api/outer"), (held, "api/outer/q")] {
            let outer = Sub("r", "outer", "1..", &[]).below("s");
            let trace = partial(&[segment(&[]), outer, inner]);
            let told = ["conflicting-documents", "never-closed"];
            assert_eq!(codes(&trace), told, "{trace}");
            let mut expected = vec!["api/outer".to_owned(), format!("{way}/{name} 1")];
            if way.ends_with('q') {
                expected.push(format!("{way} 1"));
            }
            expected.sort();
            assert_eq!(ways(&trace), expected);
        }
    }
    // Neither the name nor the parent is the same.
    let trace = partial(&[
        segment(&[Sub("k", "k", "1..7", &[])]),
        Sub("r", "x", "1..", &[]).below("s"),
        Sub("r", "y", "1..2", &[]).below("k"),
    ]);
    assert_eq!(ways(&trace), ["api/k 6", "api/k/y 1", "api/x"]);
    assert_eq!(codes(&trace), ["conflicting-documents", "never-closed"]);
    // It may be the same where a name is not said.
    let unnamed = |text: String| text.replace(r#""name":"x","#, "");
    let astray = Sub("r", "y", "1..", &[]).below("");
    let astray = astray.replace(r#","parent_id":"""#, "");
    let holder = || segment(&[Sub("k", "k", "1..7", &[])]);
    let (open, ended) = (Sub("r", "x", "1..", &[]), Sub("r", "x", "1..2", &[]));
    for (open, ended) in [
        (unnamed(open.below("s")), ended.below("k")),
        (open.below("s"), unnamed(ended.below("k"))),
        (astray.clone(), ended.below("k")),
        (
            open.below("s"),
            astray.replace(r#""in_progress":true"#, r#""end_time":2"#),
        ),
    ] {
        assert_eq!(partial(&[holder(), open, ended]).nodes().len(), 3);
    }
    // Two that never end.
    let two = ["x", "y"].map(|name| Sub("r", name, "1..", &[]).below("s"));
    let trace = partial(&[segment(&[]), two[0].clone(), two[1].clone()]);
    assert_eq!(ways(&trace), ["api/x", "api/y"]);
    let told = ["conflicting-documents", "never-closed", "never-closed"];
    assert_eq!(codes(&trace), told);
}

#[test]
fn where_it_is_says_what_is_complete() {
    let announced = r#"{"trace_id":"t","id":"s","name":"api","start_time":0,"in_progress":true,"subsegments":[{"id":"c","name":"x","start_time":2,"in_progress":true}]}"#;
    let held = [Sub("c", "x", "2..3", &[])];
    let whole = segment(&[Sub("b", "b", "1..8", &held)]);
    let ways = ["api/b 7", "api/b/x 1"];
    check(&[announced.to_owned(), whole], &ways, &[]);
    let split = segment(&[Sub("b", "b", "1..8", &[])]);
    let alone = Sub("c", "x", "2..3", &[]).below("b");
    check(&[announced.to_owned(), split.clone(), alone], &ways, &[]);
    // One that names no parent that is known is where it was announced.
    let alone = Sub("c", "x", "2..3", &[]).below("f");
    check(
        &[announced.to_owned(), split, alone],
        &["api/b 7", "api/x 1"],
        &[],
    );
}

#[test]
fn the_order_of_those_that_begin_at_once_is_the_same_however_they_were_sent() {
    let drawn = |documents: &[String]| {
        let trace = partial(documents).to_string();
        let lines = trace.lines().skip(1);
        let entities = lines.filter_map(|line| line.split("  <-").next());
        entities.collect::<Vec<_>>().join("\n")
    };
    let two = || [Sub("r", "x", "1..2", &[]), Sub("r", "y", "1..3", &[])];
    let [x, y] = two();
    let alone = r#"{"trace_id":"t","type":"subsegment","parent_id":"s","id":"r","name":"x","start_time":1,"end_time":2}"#;
    let whole = drawn(&[segment(&two())]);
    assert_eq!(drawn(&[segment(&[y]), alone.to_owned()]), whole);
    let with_copy = segment(&[x, Sub("r", "y", "1..3", &[])]);
    assert_eq!(drawn(&[with_copy, alone.to_owned()]), whole);
    // They differ in nothing but an annotation.
    let noted = |number: u32, place: &str| {
        format!(
            r#"{{{place}"id":"0000000000000000","name":"x","start_time":1,"end_time":2,"annotations":{{"n":{number}}}}}"#
        )
    };
    let held = |inside: &str| {
        let around = segment(&[Sub("h", "h", "8..9", &[])]);
        let (before, after) = around.split_once(r#""subsegments":["#).unwrap();
        format!(r#"{before}"subsegments":[{inside},{after}"#)
    };
    let alone = noted(1, r#""trace_id":"t","type":"subsegment","parent_id":"s","#);
    for documents in [
        vec![held(&format!("{},{}", noted(1, ""), noted(2, "")))],
        vec![held(&noted(2, "")), alone],
    ] {
        let trace = partial(&documents);
        let noted = trace
            .nodes()
            .filter_map(|node| Some(node.entity().annotation("n")?.raw()));
        assert_eq!(noted.collect::<Vec<_>>(), ["1", "2"]);
    }
}

#[test]
fn one_that_began_before_its_namesake_is_no_ring() {
    for (id, told) in [
        ("r", &["before-parent", "conflicting-documents"][..]),
        ("0000000000000000", &["before-parent"]),
    ] {
        let split = [
            segment(&[]),
            Sub(id, "outer", "2..8", &[]).below("s"),
            Sub(id, "inner", "1.5..3", &[]).below(id),
        ];
        let trace = partial(&split);
        assert_eq!(codes(&trace), told, "{trace}");
        assert_eq!(ways(&trace), ["api/outer 6", "api/outer/inner 1.5"]);
    }
}

#[test]
fn one_that_began_before_all_of_that_id_is_below_one_that_names_another() {
    let late = Sub("r", "late", "3..4", &[]).below("s");
    let itself = Sub("r", "itself", "1..2", &[]).below("r");
    let early = Sub("k", "k", "0.25..0.5", &[]).below("r");
    let trace = partial(&[segment(&[]), late, itself, early]);
    assert_eq!(
        ways(&trace),
        ["api/late 1", "api/late/itself 1", "api/late/k 0.25"]
    );
    // Or else it holds all of them.
    let held = [Sub("r", "x", "1..2", &[]), Sub("r", "y", "2..3", &[])];
    let holder = Sub("k", "k", "0.5..3", &held);
    let outer = || Sub("r", "outer", "2..8", &[]).below("s");
    let trace = partial(&[segment(&[]), outer(), holder.below("r")]);
    assert_eq!(
        ways(&trace),
        [
            "api/outer 6",
            "api/outer/k 2.5",
            "api/outer/k/x 1",
            "api/outer/k/y 1"
        ]
    );
    let trace = partial(&[segment(&[]), holder.below("r")]);
    let texts: Vec<String> = trace.defects().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "an id was copied, or ids are not random: subsegment `k` and subsegment `x` name each other as parents"
        ]
    );
}

#[test]
fn each_of_those_that_share_an_id_may_have_been_sent_again() {
    let late = [Sub("d", "late", "5..7", &[])];
    let first = |held: &[Sub<'_>]| {
        let held: Vec<Sub<'_>> = held
            .iter()
            .map(|sub| Sub(sub.0, sub.1, sub.2, &[]))
            .collect();
        Sub("r", "x", "1..5", &held).below("s")
    };
    let other = |times| Sub("r", "x", times, &[]).below("s");
    for times in ["0.5..0.75", "6..7"] {
        let trace = partial(&[segment(&[]), first(&[]), first(&late), other(times)]);
        assert_eq!(
            codes(&trace),
            ["beyond-parent", "conflicting-documents", "sent-again"],
            "{trace}"
        );
    }
}

/// These documents become so many entities within a time in which each can be looked at a few times.
#[track_caller]
fn at_once(documents: &[String], entities: usize) {
    let begun = Instant::now();
    let trace = partial(documents);
    assert_eq!(trace.nodes().len(), entities);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn thousands_with_one_id_are_told_apart_at_once() {
    let zeros = "0000000000000000";
    let of_one_id: Vec<String> = (0..4_000)
        .map(|number| {
            let times = format!("{}..{}", number, 20_000 - number % 2 * 10_000);
            Sub(zeros, "x", &times, &[]).below(zeros)
        })
        .collect();
    at_once(&of_one_id, 4_000);
    // All at once, and half of them open.
    let of_one_time: Vec<String> = (0..4_000)
        .map(|number| {
            let name = format!("x{}", number / 2);
            let times = if number % 2 == 0 { "1.." } else { "1..2" };
            Sub(zeros, &name, times, &[]).below("s")
        })
        .collect();
    at_once(&of_one_time, 2_000);
    let of_many_parents: Vec<String> = (0..4_000)
        .map(|number| Sub(zeros, "x", "1..2", &[]).below(&format!("p{number}")))
        .collect();
    at_once(&of_many_parents, 4_000);
}

#[test]
fn thousands_that_hold_each_other_are_told_apart_at_once() {
    // Two chains, which differ at the top alone, of many ids and of one: each document holds the next link.
    for is_one in [false, true] {
        let link = |number: usize| {
            if is_one {
                "r".to_owned()
            } else {
                format!("b{number:04}")
            }
        };
        let mut documents = Vec::new();
        for number in 0..1_000 {
            let (id, next) = (link(number), link(number + 1));
            let (times, next_times) = (format!("{number}..2000"), format!("{}..2000", number + 1));
            let held = [Sub(&next, "x", &next_times, &[])];
            documents.push(Sub(&id, "x", &times, &held).below(&format!("p{number}")));
            documents.push(Sub(&id, "x", &times, &held).below(&format!("q{number}")));
        }
        // Each link but the first is embedded in two and on its own below two more.
        at_once(&documents, 4_000);
    }
    // A ring in which each may mean any that began before it, and all of these are in the ring.
    let ring: Vec<String> = (0..2_000)
        .flat_map(|number| {
            let (id, next) = (format!("c{number}"), format!("c{}", (number + 1) % 2_000));
            let times = format!("{number}..9000");
            [
                Sub(&id, "c", &times, &[]).below("r"),
                Sub("r", "x", &times, &[]).below(&next),
            ]
        })
        .collect();
    at_once(&ring, 4_000);
    // What many hold that have each an id of two.
    let documents: Vec<String> = (0..1_000)
        .flat_map(|number| {
            let (id, zero) = (
                format!("h{number}"),
                [Sub("0000000000000000", "z", "5..6", &[])],
            );
            ["1..7", "2..7"].map(|times| Sub(&id, "h", times, &zero).below("s"))
        })
        .collect();
    at_once(&documents, 4_000);
    let nest = |top| nest(top, 900, |level| format!("n{level}"));
    at_once(&["a", "b", "c", "d"].map(nest), 4 * 901);
}

#[test]
fn what_has_one_id_and_one_start_is_told_apart_as_deep_as_is_looked() {
    let entities = |levels| {
        let mut documents = ["a", "b"].map(|top| nest(top, levels, |_| "r".to_owned()));
        let trace = partial(&documents);
        assert_eq!(codes(&trace), ["conflicting-documents", "several-roots"]);
        documents.reverse();
        assert_eq!(partial(&documents).to_string(), trace.to_string());
        trace.nodes().len()
    };
    assert_eq!(entities(90), 2 * 91);
    // The segments and 101 levels, and of the deeper ones two count as one.
    assert_eq!(entities(150), 2 * 102 + 49);
}

/// A segment with subsegments inside each other, all at once, that have these ids.
fn nest(top: &str, levels: usize, id: impl Fn(usize) -> String) -> String {
    let mut inside = String::new();
    for level in (0..levels).rev() {
        let id = id(level);
        inside = format!(
            r#"{{"id":"{id}","name":"x","start_time":1,"end_time":2,"subsegments":[{inside}]}}"#
        );
    }
    format!(
        r#"{{"trace_id":"t","id":"{top}","name":"api","start_time":0,"end_time":9,"subsegments":[{inside}]}}"#
    )
}
