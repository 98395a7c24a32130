use std::collections::BTreeMap;

use crate::json::write_text;
use crate::recorder::members::{Block, Members, text};

const SOME: [Block; 3] = [Block::Aws, Block::Annotations, Block::Metadata];
/// Some begin as others do, for up to eight bytes and beyond.
const NAMES: [&str; 12] = [
    "",
    "a",
    "b",
    "b\"",
    "é",
    "b!",
    "b\0",
    "order",
    "orders",
    "order_i",
    "order_id",
    "order_id_2",
];

type Map = BTreeMap<(Block, &'static str, &'static str), String>;

/// What a step is made of: numbers that follow no rule, the same in each run.
fn next(state: &mut u64, below: usize) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    (*state >> 33) as usize % below
}

fn check(members: &mut Members, map: &Map) {
    members.sort();
    for block in SOME {
        let mut found = Map::new();
        for (namespace, values) in members.of(block).namespaces() {
            let mut json = Vec::new();
            values.write(&mut json);
            let expected = values.iter().map(|(key, value)| {
                let mut json = String::new();
                write_text(&mut json, key);
                format!("{json}:{value}")
            });
            assert_eq!(text(&json), expected.collect::<Vec<_>>().join(","));
            let name = |said: &str| *NAMES.iter().find(|name| **name == said).unwrap_or(&"?");
            for (key, value) in values.iter() {
                found.insert((block, name(namespace), name(key)), value.to_owned());
            }
            assert!(values.iter().is_sorted_by_key(|(key, _)| key));
        }
        let of_block = map.iter().filter(|((of, ..), _)| *of == block);
        let expected: Map = of_block
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        assert_eq!(members.of(block).len(), expected.len());
        assert_eq!(found, expected);
    }
}

#[test]
fn members_stand_as_in_a_map_whatever_is_said_replaced_and_removed() {
    for seed in 0..200 {
        let (mut state, mut members, mut map) = (seed, Members::default(), Map::new());
        for _ in 0..60 {
            let block = SOME[next(&mut state, 3)];
            // No other block has namespaces.
            let namespaces = if block == Block::Metadata { 3 } else { 1 };
            let namespace = NAMES[next(&mut state, namespaces)];
            let key = NAMES[next(&mut state, NAMES.len())];
            let length = next(&mut state, 400);
            if length < 80 {
                let removed = members.remove(block, namespace, key);
                let expected = map.remove(&(block, namespace, key));
                assert_eq!(removed, expected.map(|value| value.len()));
            } else {
                let value = "7".repeat(length);
                members.set_any(block, namespace, key, |json| {
                    json.extend_from_slice(value.as_bytes());
                });
                map.insert((block, namespace, key), value);
            }
            if length.is_multiple_of(3) {
                check(&mut members, &map);
            }
        }
    }
}

#[test]
fn a_value_that_is_replaced_again_and_again_needs_no_more_room() {
    let mut members = Members::default();
    for _ in 0..10_000 {
        members.set(Block::Aws, "k", |json| json.extend_from_slice(&[b'1'; 100]));
    }
    assert!(members.capacity() < 50_000, "{}", members.capacity());
}

/// So that many of them cost in proportion.
#[test]
fn to_replace_and_to_remove_members_moves_no_others() {
    let mut members = Members::default();
    for key in ["b", "a", "c"] {
        members.set(Block::Aws, key, |json| json.extend_from_slice(b"1"));
    }
    members.sort();
    let replaced = members.replace(Block::Aws, "", "b", |json, was| {
        json.extend_from_slice(format!("{was}0").as_bytes());
    });
    assert_eq!(
        (replaced, members.remove(Block::Aws, "", "a")),
        (Some(1), Some(1))
    );
    assert_eq!(members.remove(Block::Aws, "", "a"), None);
    assert!(members.is_sorted);
    assert_eq!(members.lists[Block::Aws as usize].len(), 3);
    members.sort();
    let mut json = Vec::new();
    members.of(Block::Aws).write(&mut json);
    assert_eq!(text(&json), r#""b":10,"c":1"#);
}
