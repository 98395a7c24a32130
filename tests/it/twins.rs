//! Traces of entities that say the same: normalised texts are the same, and nothing differs, exactly
//! where the traces are the same but for their ids.

use proptest::prelude::*;
use xray_phantom::snapshot::diff;
use xray_phantom::trace::PartialTrace;

use crate::support::partial;

const COUNT: usize = 4;
const TRACE: &str = "1-66a00000-0123456789abcdef01234567";

/// An entity below the segment, by the places of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: usize,
    /// One before it; `None` is the segment.
    parent: Option<usize>,
    precursor: Option<usize>,
    /// Whose id stands in a text.
    mentions: Option<usize>,
    /// Whose id is a key.
    key: Option<usize>,
}

type Parts = [Part; COUNT];

fn part(place: usize) -> impl Strategy<Value = Part> {
    let parent = proptest::option::of(0..place.max(1));
    let any = || proptest::option::weighted(0.4, 0..COUNT);
    (0..5_usize, parent, any(), any(), any()).prop_map(
        move |(name, parent, precursor, mentions, key)| Part {
            name: name / 4,
            parent: parent.filter(|_| place > 0),
            precursor,
            mentions,
            key,
        },
    )
}

fn parts() -> impl Strategy<Value = Parts> {
    (part(0), part(1), part(2), part(3)).prop_map(|(one, two, three, four)| [one, two, three, four])
}

/// All orders of the places.
fn orders() -> Vec<[usize; COUNT]> {
    let mut orders = Vec::new();
    for number in 0..COUNT.pow(4) {
        let order = [number % 4, number / 4 % 4, number / 16 % 4, number / 64];
        if (0..COUNT).all(|place| order.contains(&place)) {
            orders.push(order);
        }
    }
    orders
}

/// The least of all that are the same but for the places.
fn least(parts: &Parts) -> Parts {
    let placed = orders().into_iter().map(|to| {
        let mut placed = *parts;
        for (place, part) in parts.iter().enumerate() {
            let moved = |of: Option<usize>| of.map(|other| to[other]);
            placed[to[place]] = Part {
                name: part.name,
                parent: moved(part.parent),
                precursor: moved(part.precursor),
                mentions: moved(part.mentions),
                key: moved(part.key),
            };
        }
        placed
    });
    placed.min().unwrap()
}

/// The trace whose entities have these ids and starts; its documents come from the `first` on.
fn sent(parts: &Parts, ids: [usize; COUNT], starts: [u32; COUNT], first: usize) -> PartialTrace {
    let id = |place: usize| format!("{:016x}", 0xb1 + ids[place]);
    let mut documents = vec![format!(
        r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api","start_time":1,"end_time":9}}"#
    )];
    for (place, part) in parts.iter().enumerate() {
        let parent = part.parent.map_or("00000000000000a1".to_owned(), id);
        let precursors = part.precursor.map(|other| format!("\"{}\"", id(other)));
        let text = part.mentions.map_or(String::new(), id);
        // What differs in an id alone stands beside it, in the order of the ids.
        let mut keys: Vec<String> = part.key.into_iter().chain([place]).map(id).collect();
        keys.sort();
        let keys: Vec<String> = keys.iter().map(|key| format!(r#""{key}":"up""#)).collect();
        documents.push(format!(
            r#"{{"trace_id":"{TRACE}","type":"subsegment","parent_id":"{parent}","id":"{}","name":"{}","start_time":{},"end_time":9,"precursor_ids":[{}],"metadata":{{"d":{{"header":"Parent={text}","of":{{{}}}}}}}}}"#,
            id(place),
            ["call", "other"][part.name],
            starts[place],
            precursors.unwrap_or_default(),
            keys.join(","),
        ));
    }
    documents.rotate_left(first);
    partial(&documents)
}

fn order() -> impl Strategy<Value = [usize; COUNT]> {
    prop::sample::select(orders())
}

/// Two calls, and two others that name one of these each: whichever is paired first.
#[test]
fn what_names_another_is_paired_with_what_names_its_pair() {
    let part = |precursor| Part {
        name: 0,
        parent: None,
        precursor,
        mentions: None,
        key: None,
    };
    let parts = [part(None), part(None), part(Some(1)), part(Some(0))];
    let ids = [3, 2, 1, 0];
    let starts: Vec<[u32; COUNT]> = (0..81_u32)
        .map(|code| [code % 3, code / 3 % 3, code / 9 % 3, code / 27].map(|start| start + 1))
        .collect();
    let one = sent(&parts, ids, [2, 1, 2, 1], 0);
    for starts in starts {
        let diff = diff(&one, &sent(&parts, ids, starts, 0));
        assert!(diff.is_empty(), "{starts:?}: {diff}");
    }
}

/// Three that name each other in a ring, and are told apart only by whom they mention: itself, or
/// the next one. The first choice may leave nothing for the last.
#[test]
fn what_is_paired_first_leaves_its_pair_for_each_of_the_others() {
    let part = |precursor, mentions| Part {
        name: 1,
        parent: None,
        precursor: Some(precursor),
        mentions: Some(mentions),
        key: None,
    };
    let last = Part {
        name: 0,
        parent: None,
        precursor: None,
        mentions: None,
        key: None,
    };
    let parts = [part(2, 2), part(0, 1), part(1, 0), last];
    for ids in orders() {
        let one = sent(&parts, [3, 2, 1, 0], [1, 1, 1, 1], 0);
        let two = sent(&parts, ids, [1, 1, 2, 1], 0);
        let diff = diff(&one, &two);
        assert!(diff.is_empty(), "{ids:?}: {diff}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn texts_are_the_same_where_traces_are(
        parts in parts(),
        changed in 0..COUNT,
        to in part(COUNT - 1),
        what in 0..5_usize,
        ids in [order(), order()],
        starts in [prop::array::uniform4(1..4_u32), prop::array::uniform4(1..4_u32)],
        first in [0..=COUNT, 0..=COUNT],
    ) {
        let mut other = parts;
        match what {
            0 => other[changed].parent = to.parent.filter(|parent| *parent < changed),
            1 => other[changed].precursor = to.precursor,
            2 => other[changed].mentions = to.mentions,
            3 => other[changed].key = to.key,
            _ => {}
        }
        let one = sent(&parts, ids[0], starts[0], first[0]);
        let two = sent(&other, ids[1], starts[1], first[1]);
        let (text, again) = (one.normalized().to_string(), two.normalized().to_string());
        if least(&parts) == least(&other) {
            prop_assert_eq!(&text, &again);
            let diff = diff(&one, &two);
            prop_assert!(diff.is_empty(), "{}", diff);
        } else {
            prop_assert_ne!(&text, &again);
        }
    }
}
