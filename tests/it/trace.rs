//! Documents in any order become the same trees.

use std::sync::Arc;

use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, Index, PartialTrace, assemble};

use crate::support::codes;

/// Assembles documents, given without the trace id, in this order.
fn partial(documents: &[&str]) -> PartialTrace {
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| {
        let text = text.replacen('{', "{\"trace_id\":\"t\",", 1);
        Arrival {
            seq,
            arrived: None,
            document: Arc::new(Document::parse(&text).unwrap()),
        }
    });
    let mut assembly = assemble(arrivals, &ExternalParents::none());
    assert_eq!((assembly.traces.len(), assembly.untraced.len()), (1, 0));
    assembly.traces.remove(0)
}

/// The tree without its first line, and the defects.
#[track_caller]
fn check(documents: &[&str], tree: &[&str], defects: &[&str]) {
    let mut order: Vec<&str> = documents.to_vec();
    for _ in 0..2 {
        let trace = partial(&order);
        let drawn = trace.to_string();
        let drawn: Vec<&str> = drawn.lines().skip(1).collect();
        let mut found: Vec<String> = trace
            .defects()
            .filter(|defect| defect.code().is_missing())
            .map(|defect| format!("{}: {defect}", defect.code()))
            .collect();
        found.sort();
        assert_eq!(drawn, tree);
        assert_eq!(found, defects);
        order.reverse();
    }
}

#[test]
fn a_segment_with_embedded_subsegments_is_a_tree() {
    check(
        &[
            r#"{"id":"a","name":"api","start_time":1,"end_time":2,"subsegments":[
            {"id":"c","name":"second","start_time":1.5,"end_time":1.75,"error":true,"throttle":true,"http":{"response":{"status":429}}},
            {"id":"b","name":"first","start_time":1.25,"end_time":1.5,"annotations":{"order":"o-1","n":3},"subsegments":[
                {"id":"d","name":"DynamoDB","namespace":"aws","start_time":1.26,"end_time":1.2605,
                 "aws":{"operation":"PutItem","table_name":"Orders","retries":2},"http":{"response":{"status":200}}}]}]}"#,
        ],
        &[
            "api  1.00 s",
            "├─ first  250 ms  {order: o-1, n: 3}",
            "│  └─ DynamoDB PutItem Orders (retries 2) 200  500 µs",
            "└─ second 429 ERROR THROTTLE  250 ms",
        ],
        &[],
    );
}

#[test]
fn a_subsegment_on_its_own_joins_its_parent_whatever_comes_first() {
    check(
        &[
            r#"{"type":"subsegment","id":"c","parent_id":"b","name":"inner","start_time":1,"end_time":2}"#,
            r#"{"type":"subsegment","id":"b","parent_id":"a","name":"outer","start_time":1,"end_time":2}"#,
            r#"{"id":"a","name":"api","start_time":1,"end_time":3}"#,
        ],
        &["api  2.00 s", "└─ outer  1.00 s", "   └─ inner  1.00 s"],
        &[],
    );
}

#[test]
fn the_complete_document_wins_and_children_of_both_are_kept() {
    check(
        &[
            r#"{"id":"a","name":"api","start_time":1,"in_progress":true,"user":"old","subsegments":[
                {"id":"b","name":"early","start_time":1,"end_time":2},{"id":"c","name":"both","start_time":2,"in_progress":true}]}"#,
            r#"{"id":"a","name":"api","start_time":1,"end_time":4,"subsegments":[
                {"id":"c","name":"both","start_time":2,"end_time":3},{"id":"d","name":"late","start_time":3,"end_time":4}]}"#,
        ],
        &[
            "api  3.00 s",
            "├─ early  1.00 s",
            "├─ both  1.00 s",
            "└─ late  1.00 s",
        ],
        &[],
    );
}

#[test]
fn of_two_complete_documents_the_later_end_wins() {
    check(
        &[
            r#"{"id":"a","name":"z","start_time":1,"end_time":2}"#,
            r#"{"id":"a","name":"b","start_time":1,"end_time":3}"#,
            r#"{"id":"a","name":"c","start_time":1,"end_time":3}"#,
        ],
        &["c  2.00 s  <- conflicting-documents"],
        &[],
    );
}

#[test]
fn nesting_wins_over_the_parent_id_that_was_written() {
    check(
        &[
            r#"{"id":"a","name":"api","start_time":1,"end_time":2,"subsegments":[
            {"id":"b","parent_id":"a","name":"outer","start_time":1,"end_time":2,"subsegments":[
                {"id":"c","parent_id":"a","name":"inner","start_time":1,"end_time":2}]}]}"#,
        ],
        &["api  1.00 s", "└─ outer  1.00 s", "   └─ inner  1.00 s"],
        &[],
    );
}

#[test]
fn a_segment_under_another_one_stays_a_root_and_may_miss_its_caller() {
    check(
        &[
            r#"{"id":"a","name":"front","start_time":1,"end_time":4,"subsegments":[{"id":"b","name":"call","start_time":1,"end_time":3}]}"#,
            r#"{"id":"c","parent_id":"b","name":"back","start_time":2,"end_time":3}"#,
            r#"{"id":"d","parent_id":"unknown","name":"far","start_time":2.5,"end_time":3}"#,
        ],
        &[
            "front  3.00 s",
            "└─ call  2.00 s",
            "back  1.00 s",
            "far  500 ms",
        ],
        &[],
    );
}

#[test]
fn what_is_missing_is_said_and_marked() {
    check(
        &[
            r#"{"id":"a","name":"api","start_time":1,"in_progress":true}"#,
            r#"{"type":"subsegment","id":"b","parent_id":"a","name":"open","start_time":2}"#,
            r#"{"type":"subsegment","id":"c","parent_id":"x","name":"lost","start_time":3,"end_time":4}"#,
            r#"{"type":"subsegment","id":"d","name":"stray","start_time":5,"end_time":6,"in_progress":true}"#,
        ],
        &[
            "api  <- never-closed",
            "└─ open  <- never-closed",
            "lost  1.00 s  <- orphan",
            "stray  1.00 s  <- orphan, never-closed",
        ],
        &[
            "never-closed: it was sent as still running when it had ended: subsegment `stray` has an end_time and in_progress: true",
            "never-closed: the future was dropped, or the program ended, before it was closed: all that arrived of segment `api` is in progress",
            "never-closed: the future was dropped, or the program ended, before it was closed: the document of subsegment `open` has no end_time",
            "orphan: it was spawned without its context: subsegment `stray` came on its own and names no parent",
            "orphan: the parent is still open, or was lost: subsegment `lost` names x as its parent, which never arrived",
        ],
    );
}

#[test]
fn a_declared_parent_may_be_elsewhere() {
    let document = r#"{"trace_id":"t","type":"subsegment","id":"b","parent_id":"a","name":"b","start_time":1,"end_time":2}"#;
    let arrival = Arrival {
        seq: 0,
        arrived: None,
        document: Arc::new(Document::parse(document).unwrap()),
    };
    let complete = |external: &ExternalParents| {
        assemble([arrival.clone()], external)
            .traces
            .remove(0)
            .complete()
            .is_ok()
    };
    assert!(!complete(&ExternalParents::none()));
    assert!(!complete(&ExternalParents::none().with("c")));
    assert!(complete(&ExternalParents::none().with("a")));
    assert!(complete(&ExternalParents::any()));

    // No id names nobody, wherever they are.
    let nobody = document.replace(r#""parent_id":"a""#, r#""parent_id":"""#);
    let arrival = Arrival {
        document: Arc::new(Document::parse(&nobody).unwrap()),
        ..arrival
    };
    let any = ExternalParents::any().with("");
    let trace = assemble([arrival], &any).traces.remove(0);
    assert_eq!(codes(&trace), ["orphan"]);
}

#[test]
fn a_ring_of_parents_is_cut_at_its_smallest_id() {
    check(
        &[
            r#"{"type":"subsegment","id":"b","parent_id":"c","name":"B","start_time":1,"end_time":2}"#,
            r#"{"type":"subsegment","id":"c","parent_id":"a","name":"C","start_time":1,"end_time":2}"#,
            r#"{"type":"subsegment","id":"a","parent_id":"b","name":"A","start_time":1,"end_time":2}"#,
            r#"{"type":"subsegment","id":"d","parent_id":"d","name":"D","start_time":3,"end_time":4}"#,
            r#"{"type":"subsegment","id":"e","parent_id":"c","name":"E","start_time":3,"end_time":4}"#,
        ],
        &[
            "A  1.00 s  <- cycle",
            "└─ C  1.00 s",
            "   ├─ B  1.00 s",
            "   └─ E  1.00 s",
            "D  1.00 s  <- cycle",
        ],
        &[
            "cycle: an id was copied, or ids are not random: subsegment `A` and subsegment `B` and subsegment `C` name each other as parents",
            "cycle: an id was copied, or ids are not random: subsegment `D` names itself as its parent",
        ],
    );
}

#[test]
fn of_a_long_ring_the_first_few_are_named() {
    let ring = |length: usize| {
        let documents: Vec<String> = (1..=length)
            .map(|id| {
                let parent = id % length + 1;
                format!(
                    r#"{{"type":"subsegment","id":"{id}","parent_id":"{parent}","name":"{id}","start_time":1,"end_time":2}}"#
                )
            })
            .collect();
        let texts: Vec<&str> = documents.iter().map(String::as_str).collect();
        let trace = partial(&texts);
        let defect = trace.defects().next().unwrap().to_string();
        defect
            .split_once(": ")
            .unwrap()
            .1
            .replace("subsegment ", "")
    };
    assert_eq!(
        ring(5),
        "`1` and `2` and `3` and `4` and `5` name each other as parents"
    );
    assert_eq!(
        ring(7),
        "`1` and `2` and `3` and `4` and `5` and 2 others name each other as parents"
    );
}

#[test]
fn ids_that_repeat_inside_one_document_stay_apart() {
    // The Python SDK gives all unsampled subsegments this id.
    check(
        &[
            r#"{"id":"a","name":"api","start_time":1,"end_time":2,"subsegments":[
            {"id":"0000000000000000","name":"one","start_time":1,"end_time":2,"subsegments":[
                {"id":"0000000000000000","name":"two","start_time":1,"end_time":2}]},
            {"id":"0000000000000000","name":"three","start_time":1.5,"end_time":2}]}"#,
        ],
        &[
            "api  1.00 s",
            "├─ one  1.00 s",
            "│  └─ two  1.00 s",
            "└─ three  500 ms",
        ],
        &[],
    );
}

#[test]
fn an_id_that_repeats_in_one_document_is_that_of_several_in_all() {
    check(
        &[
            r#"{"id":"a","name":"api","start_time":1,"end_time":2,"subsegments":[
            {"id":"r","name":"one","start_time":1,"end_time":2},
            {"id":"r","name":"two","start_time":1.5,"end_time":2}]}"#,
            r#"{"type":"subsegment","id":"r","parent_id":"a","name":"three","start_time":1.75,"end_time":2}"#,
        ],
        &[
            "api  1.00 s",
            "├─ one  1.00 s  <- conflicting-documents",
            "├─ two  500 ms",
            "└─ three  250 ms",
        ],
        &[],
    );
}

#[test]
fn entities_that_share_an_id_are_paired_across_documents_by_name_and_start() {
    check(
        &[
            r#"{"id":"a","name":"api","start_time":1,"in_progress":true,"subsegments":[
                {"id":"0","name":"x","start_time":1,"end_time":2},{"id":"0","name":"y","start_time":2,"in_progress":true}]}"#,
            r#"{"id":"a","name":"api","start_time":1,"end_time":4,"subsegments":[{"id":"0","name":"y","start_time":2,"end_time":4}]}"#,
        ],
        &["api  3.00 s", "├─ x  1.00 s", "└─ y  2.00 s"],
        &[],
    );
}

#[test]
fn entities_without_id_or_name_are_shown_and_kept_apart() {
    check(
        &[
            r#"{"start_time":1,"end_time":2,"subsegments":[{"name":"","start_time":1,"end_time":2},{"name":"x","start_time":1,"end_time":2}, 7]}"#,
            r#"{"id":"\u0000a","name":"tab\there","end_time":2}"#,
        ],
        &[
            "<no name>  1.00 s",
            "├─ <empty name>  1.00 s",
            "└─ x  1.00 s",
            "tab\\there",
        ],
        &[],
    );
}

#[test]
fn ids_are_compared_as_text() {
    // The second is a W3C id, whose first digits are no time; the others differ in case alone.
    let ids = [
        "1-66a00000-0123456789abcdef01234567",
        "1-4efaaf4d-1e8720b39541901950019ee5",
        "1-66A00000-0123456789ABCDEF01234567",
        "1-66a00000-0123456789abcdef0123456",
        "66a000000123456789abcdef01234567",
    ];
    let documents: Vec<String> = ids
        .iter()
        .flat_map(|id| {
            [
                format!(r#"{{"trace_id":"{id}","id":"000000000000000a","name":"{id}","start_time":1,"end_time":2}}"#),
                format!(
                    r#"{{"trace_id":"{id}","type":"subsegment","id":"000000000000000B","parent_id":"000000000000000A","name":"x","start_time":1,"end_time":2}}"#
                ),
            ]
        })
        .collect();
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(text).unwrap()),
    });
    let mut index = Index::new();
    arrivals.for_each(|arrival| index.enter(arrival));
    assert_eq!(index.len(), ids.len());
    for id in ids {
        let trace = index.trace(id, &ExternalParents::none()).unwrap();
        assert_eq!(trace.id(), id);
        // `A` is not `a`: the subsegment has no parent here.
        assert_eq!(trace.roots().len(), 2);
    }
    assert!(
        index
            .trace("1-66a00000", &ExternalParents::none())
            .is_none()
    );
}

#[test]
fn ids_that_hold_other_halves_of_characters_differ() {
    // Traces: each is found by the id that it has.
    let text = |id: &str| {
        format!(r#"{{"trace_id":"{id}","id":"a","name":"api","start_time":1,"end_time":2}}"#)
    };
    let mut index = Index::new();
    for (seq, id) in (0..).zip([r"t\ud800", r"t\udfff", r"t\uD800", r"t\ufffd"]) {
        let document = Arc::new(Document::parse(&text(id)).unwrap());
        index.enter(Arrival {
            seq,
            arrived: None,
            document,
        });
    }
    let traces = index.traces(&ExternalParents::none());
    let ids: Vec<&str> = traces.iter().map(PartialTrace::id).collect();
    assert_eq!(ids, [r"t\ud800", r"t\udfff", "t\u{fffd}"]);
    for id in ids {
        let trace = index.trace(id, &ExternalParents::none()).unwrap();
        assert_eq!((trace.id(), trace.nodes().len()), (id, 1));
        assert_eq!(trace.defects().count(), 0, "{trace}");
    }
    // Entities, and the parents that others name.
    let child = |id: &str, parent: &str, name: &str| {
        format!(
            r#"{{"type":"subsegment","id":"{id}","parent_id":"{parent}","name":"{name}","start_time":1.25,"end_time":1.5}}"#
        )
    };
    let segment = |id: &str, name: &str, start: &str| {
        format!(
            r#"{{"id":"{id}","parent_id":"x","name":"{name}","start_time":{start},"end_time":2}}"#
        )
    };
    check(
        &[
            &segment(r"\ud800", "one", "1"),
            &segment(r"\ud801", "two", "1.125"),
            &child("b", r"\ud801", "of two"),
            &child(r"\udc00", r"\uD800", "of one"),
            &child(r"\udc01", r"\udc00", "deeper"),
            &child("c", r"\ud802", "of none"),
        ],
        &[
            "one  1.00 s",
            "└─ of one  250 ms",
            "   └─ deeper  250 ms",
            "two  875 ms",
            "└─ of two  250 ms",
            "of none  250 ms  <- orphan",
        ],
        &[
            r"orphan: the parent is still open, or was lost: subsegment `of none` names \ud802 as its parent, which never arrived",
        ],
    );
    // Subsegments that share id and start are told apart by their names.
    let embedded = segment("a", "api", "1").replace(
        "\"end_time\":2",
        r#""end_time":2,"subsegments":[{"id":"b","name":"\ud800","start_time":1.25,"end_time":1.5}]"#,
    );
    let trace = partial(&[&embedded, &child("b", "a", r"\ud801")]);
    assert_eq!(trace.nodes().len(), 3, "{trace}");
    let trace = partial(&[&embedded, &child("b", "a", r"\uD800")]);
    assert_eq!(trace.nodes().len(), 2, "{trace}");
}

#[test]
fn annotations_stay_on_the_line_of_their_entity() {
    let id = "1-66a00000-0123456789abcdef01234567";
    let document = format!(
        "{{\"trace_id\": \"{id}\", \"id\": \"00000000000000a1\", \"name\": \"a\", \"start_time\": 1, \"end_time\": 2, \
         \"annotations\": {{\"k\\ney\": [\n\"\u{202e}\"], \"\u{9b}31m\": true}}}}"
    );
    let trace = partial(&[&document]).complete().unwrap();
    assert_eq!(
        trace.outline(),
        "a {k\\ney: [\\n\"\\u{202e}\"], \\u{9b}31m: true}"
    );
}

#[test]
fn an_index_gives_what_assembling_all_at_once_gives() {
    let documents = [
        r#"{"trace_id":"t","id":"a","name":"api","start_time":1,"in_progress":true}"#,
        r#"{"trace_id":"u","id":"a","name":"other","start_time":0,"end_time":1}"#,
        r#"{"id":"a","name":"nobody's","start_time":0,"end_time":1}"#,
        r#"{"trace_id":"t","id":"a","name":"api","start_time":1,"end_time":2}"#,
    ];
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(text).unwrap()),
    });
    let assembly = assemble(arrivals.clone(), &ExternalParents::none());
    let mut index = Index::new();
    assert!(index.is_empty());
    arrivals.for_each(|arrival| index.enter(arrival));
    let shown =
        |traces: &[PartialTrace]| traces.iter().map(ToString::to_string).collect::<String>();
    let traces = index.traces(&ExternalParents::none());
    assert_eq!(shown(&traces), shown(&assembly.traces));
    assert!(traces[0].id() == "u" && traces[1].clone().complete().is_ok());
    assert_eq!(index.untraced().len(), 1);
    assert!(!index.is_empty());
}

#[test]
fn an_outline_sorts_siblings_by_all_that_is_below_them() {
    let entity = |id: u32, parent: u32, name: &str| {
        format!(
            "{{\"type\":\"subsegment\",\"id\":\"{id:016}\",\"parent_id\":\"{parent:016}\",\"name\":\"{name}\",\
             \"start_time\":1,\"end_time\":2,\"trace_id\":\"1-66a00000-0123456789abcdef01234567\"}}"
        )
    };
    // Three named `a`: one with more below, one with less, and one whose only line is shorter.
    let documents = [
        entity(1, 0, "api").replace("\"type\":\"subsegment\",\"id\"", "\"id\""),
        entity(2, 1, "a"),
        entity(3, 2, "y"),
        entity(4, 3, "z"),
        entity(5, 1, "a"),
        entity(6, 5, "y"),
        entity(7, 5, "b"),
        entity(8, 1, "a"),
        entity(9, 1, "!"),
    ];
    let texts: Vec<&str> = documents.iter().map(String::as_str).collect();
    let trace = partial(&texts).complete().unwrap();
    assert_eq!(
        trace.outline(),
        "api\n  !\n  a\n  a\n    b\n    y\n  a\n    y\n      z"
    );
}

#[test]
fn a_document_without_trace_id_is_handed_back() {
    let arrivals = [r#"{"id":"a","name":"x"}"#, r#"{"trace_id":7}"#]
        .iter()
        .zip(0..)
        .map(|(text, seq)| Arrival {
            seq,
            arrived: None,
            document: Arc::new(Document::parse(text).unwrap()),
        });
    let assembly = assemble(arrivals, &ExternalParents::none());
    assert_eq!(assembly.traces.len(), 0);
    assert_eq!(
        assembly
            .untraced
            .iter()
            .map(|arrival| arrival.seq)
            .collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn a_deep_chain_costs_no_stack_and_stays_readable() {
    let documents: Vec<String> = (1..5_000_u32)
        .map(|id| {
            let parent = id - 1;
            format!(r#"{{"type":"subsegment","id":"{id:05}","parent_id":"{parent:05}","name":"s","start_time":1,"end_time":2}}"#)
        })
        .chain([r#"{"id":"00000","name":"api","start_time":1,"end_time":2}"#.to_owned()])
        .collect();
    let texts: Vec<&str> = documents.iter().map(String::as_str).collect();
    let trace = partial(&texts);
    let drawn = trace.to_string();
    // Found by fuzzing: this took time by the cube of the depth.
    let outline = trace.complete().unwrap().outline();
    assert_eq!(outline.lines().count(), 5_000);
    let (indent, name) = outline.lines().last().unwrap().split_at(2 * 4_999);
    assert_eq!((indent.trim(), name), ("", "s"));
    assert_eq!(drawn.lines().count(), 5_001);
    assert!(
        drawn
            .lines()
            .last()
            .unwrap()
            .ends_with("└─ [4999] s  1.00 s"),
        "{:?}",
        drawn.lines().last()
    );
    assert!(drawn.lines().all(|line| line.chars().count() < 110));
}

#[test]
fn a_deeply_nested_document_is_a_deep_tree() {
    let depth = 1_500;
    let open = r#"{"name":"s","start_time":1,"end_time":2,"subsegments":["#;
    let document = format!("{}{}", open.repeat(depth), "]}".repeat(depth));
    assert_eq!(partial(&[&document]).nodes().len(), depth);
}
