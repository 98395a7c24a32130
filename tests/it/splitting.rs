//! Whether a subsegment came with its segment or on its own cannot be seen, whatever its id.

use std::sync::Arc;

use proptest::prelude::*;
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, PartialTrace, assemble};

/// A subsegment: how it is sent, and what it holds.
#[derive(Clone, Debug)]
struct Shape {
    id: String,
    name: &'static str,
    is_alone: bool,
    is_announced: bool,
    is_twice: bool,
    inside: Vec<Shape>,
}

fn shapes(ids: &'static [&'static str], depth: u32) -> BoxedStrategy<Vec<Shape>> {
    let inside = if depth == 0 {
        Just(Vec::new()).boxed()
    } else {
        shapes(ids, depth - 1)
    };
    let shape = (
        prop::sample::select(ids),
        prop::sample::select(vec!["x", "y"]),
        any::<(bool, bool, bool)>(),
        inside,
    )
        .prop_map(
            |(id, name, (is_alone, is_announced, is_twice), inside)| Shape {
                id: id.to_owned(),
                name,
                is_alone,
                is_announced,
                is_twice,
                inside,
            },
        );
    prop::collection::vec(shape, 0..4).boxed()
}

/// The same shapes, each with an id of its own.
fn numbered(shapes: &[Shape], count: &mut u32) -> Vec<Shape> {
    let shape = |shape: &Shape| {
        *count += 1;
        Shape {
            id: format!("n{count}"),
            inside: numbered(&shape.inside, count),
            ..shape.clone()
        }
    };
    shapes.iter().map(shape).collect()
}

/// What a segment sends that holds these, and the same in one document.
fn sent(shapes: &[Shape]) -> (Vec<String>, String) {
    let mut documents = Vec::new();
    let segment = |inside: &str| {
        format!(
            r#"{{"trace_id":"t","id":"s","name":"api","start_time":0,"end_time":10000,"subsegments":[{inside}]}}"#
        )
    };
    let (some, all) = written(shapes, "s", (0, 10_000), &mut documents);
    documents.push(segment(&some.join(",")));
    (documents, segment(&all.join(",")))
}

/// The texts of those that stay where they are, and of all with all that they hold. Others are put
/// among the documents. Each has a time for itself.
fn written(
    shapes: &[Shape],
    parent: &str,
    (start, length): (usize, usize),
    documents: &mut Vec<String>,
) -> (Vec<String>, Vec<String>) {
    let each = length / 4;
    let (mut some, mut all) = (Vec::new(), Vec::new());
    for (place, shape) in shapes.iter().enumerate() {
        let times = (start + 1 + place * each, each - 2);
        let (inner, whole) = written(&shape.inside, &shape.id, times, documents);
        let (id, name, start, end) = (&shape.id, shape.name, times.0, times.0 + times.1);
        let text = |place: &str, end: &str, inside: &[String]| {
            let inside = inside.join(",");
            format!(
                r#"{{"id":"{id}","name":"{name}","start_time":{start},{end}{place},"subsegments":[{inside}]}}"#
            )
        };
        let own = format!(r#","trace_id":"t","type":"subsegment","parent_id":"{parent}""#);
        let ended = format!(r#""end_time":{end}"#);
        if shape.is_announced {
            documents.push(text(&own, r#""in_progress":true"#, &[]));
        }
        if shape.is_alone || shape.is_twice {
            documents.push(text(&own, &ended, &inner));
        }
        if !shape.is_alone {
            some.push(text("", &ended, &inner));
        }
        all.push(text("", &ended, &whole));
    }
    (some, all)
}

fn traced(documents: &[String]) -> PartialTrace {
    let arrivals = documents.iter().map(|text| Arrival {
        seq: 0,
        arrived: None,
        document: Arc::new(Document::parse(text).unwrap()),
    });
    let mut traces = assemble(arrivals, &ExternalParents::none()).traces;
    assert_eq!(traces.len(), 1);
    traces.remove(0)
}

/// The entities in order, each with its depth, id, name and times.
fn entities(trace: &PartialTrace) -> Vec<String> {
    let nodes = trace.nodes();
    let line = nodes.into_iter().map(|node| {
        let entity = node.entity();
        format!(
            "{} {:?} {:?} {:?} {:?}",
            node.depth(),
            entity.id(),
            entity.name(),
            entity.start_time(),
            entity.end_time()
        )
    });
    line.collect()
}

/// What is wrong with it beside what is only so because an id was used twice.
fn defects(trace: &PartialTrace) -> Vec<String> {
    let defects = trace
        .defects()
        .map(|defect| format!("{}: {defect}", defect.code()));
    let defects = defects.filter(|text| !text.ends_with("; each is kept"));
    defects.collect()
}

/// A subsegment that holds nothing: id, name, start and length, its holder, and how it is sent.
type Leaf = (
    &'static str,
    &'static str,
    (usize, usize),
    usize,
    (bool, bool, bool),
);

fn leaves() -> impl Strategy<Value = Vec<Leaf>> {
    let leaf = (
        prop::sample::select(vec!["a", "b", "0000000000000000"]),
        prop::sample::select(vec!["x", "y"]),
        (1..4_usize, 0..3_usize),
        0..3_usize,
        any::<(bool, bool, bool)>(),
    );
    prop::collection::vec(leaf, 0..9).prop_map(|mut leaves| {
        // What agrees in all these is one where it is sent apart.
        leaves.sort_by_key(|(id, name, (start, _), ..)| (*id, *name, *start));
        leaves.dedup_by_key(|(id, name, (start, _), ..)| (*id, *name, *start));
        leaves
    })
}

/// What is sent of these, held by a segment, a subsegment in it, and one in that; and the same in one
/// document.
fn sent_of(leaves: &[Leaf]) -> (Vec<String>, String) {
    let holders = ["s", "h1", "h2"];
    let mut documents = Vec::new();
    let mut held = [(); 3].map(|()| (Vec::new(), Vec::new()));
    for (id, name, (start, length), holder, (is_alone, is_announced, is_twice)) in leaves {
        let parent = holders[*holder];
        let text = |place: &str, end: &str| {
            format!(r#"{{"id":"{id}","name":"{name}","start_time":{start},{end}{place}}}"#)
        };
        let own = format!(r#","trace_id":"t","type":"subsegment","parent_id":"{parent}""#);
        let ended = format!(r#""end_time":{}"#, start + length);
        if *is_announced && *is_alone {
            documents.push(text(&own, r#""in_progress":true"#));
        }
        if *is_alone || *is_twice {
            documents.push(text(&own, &ended));
        }
        if !is_alone {
            held[*holder].0.push(text("", &ended));
        }
        held[*holder].1.push(text("", &ended));
    }
    let document = |held: [String; 3]| {
        let [s, h1, h2] = held;
        let h2 = format!(
            r#"{{"id":"h2","name":"h2","start_time":0,"end_time":9,"subsegments":[{h2}]}}"#
        );
        let h1: Vec<String> = [h1, h2]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        let h1 = format!(
            r#"{{"id":"h1","name":"h1","start_time":0,"end_time":9,"subsegments":[{}]}}"#,
            h1.join(",")
        );
        let s: Vec<String> = [s, h1]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        format!(
            r#"{{"trace_id":"t","id":"s","name":"api","start_time":0,"end_time":9,"subsegments":[{}]}}"#,
            s.join(",")
        )
    };
    documents.push(document(held.each_ref().map(|(some, _)| some.join(","))));
    (documents, document(held.map(|(_, all)| all.join(","))))
}

/// Nothing that can be seen is another in any of these orders.
fn is_the_same(mut documents: Vec<String>, whole: String, seed: u64) -> Result<(), TestCaseError> {
    let whole = traced(&[whole]);
    for turn in 0..3 {
        let len = documents.len();
        documents.rotate_left(usize::try_from(seed % 1009).unwrap() % len);
        if turn == 1 {
            documents.reverse();
        }
        let split = traced(&documents);
        prop_assert_eq!(entities(&split), entities(&whole), "{:#?}", documents);
        prop_assert_eq!(defects(&split), defects(&whole), "{:#?}", documents);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_splitting_can_be_seen(
        shapes in shapes(&["a", "b", "c", "d", "0000000000000000"], 2),
        seed in any::<u64>(),
    ) {
        let (documents, whole) = sent(&shapes);
        is_the_same(documents, whole, seed)?;
    }

    #[test]
    fn no_splitting_of_unique_ids_is_a_defect(
        shapes in shapes(&["a"], 2),
        turn in any::<prop::sample::Index>(),
    ) {
        let (mut documents, _) = sent(&numbered(&shapes, &mut 0));
        let len = documents.len();
        documents.rotate_left(turn.index(len));
        let trace = traced(&documents);
        prop_assert_eq!(trace.defects().count(), 0, "{}", trace);
    }

    #[test]
    fn no_splitting_of_what_happened_at_once_can_be_seen(leaves in leaves(), seed in any::<u64>()) {
        let (documents, whole) = sent_of(&leaves);
        is_the_same(documents, whole, seed)?;
    }
}
