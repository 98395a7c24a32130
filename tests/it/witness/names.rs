//! The characters that names of segments may have, for both.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;
use xray_phantom::json::{Document, write_text};
use xray_phantom::schema::{Rule, judge};

use crate::witness::{SCHEMA, check, with};

/// Those of some characters that the typed judge takes in names.
///
/// It says of subsegments, as a lint, what it says of segments; and a document holds many.
fn judged_names(characters: &[char]) -> BTreeSet<char> {
    let mut text = String::from("{\"subsegments\":[");
    for (id, character) in characters.iter().enumerate() {
        let comma = if id == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"id":"{id:016x}","start_time":1,"end_time":2,"name":"#
        )
        .unwrap();
        write_text(&mut text, character.encode_utf8(&mut [0; 4]));
        text.push('}');
    }
    text.push_str("]}");
    let mut taken: BTreeSet<char> = characters.iter().copied().collect();
    for violation in judge(&Document::parse(&text).unwrap()) {
        if violation.rule() == Rule::SubsegmentName {
            let index = violation.pointer().split('/').nth(2).unwrap();
            taken.remove(&characters[index.parse::<usize>().unwrap()]);
        }
    }
    taken
}

#[test]
fn names_of_segments_have_the_same_characters_for_both() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let name = jsonschema::validator_for(&schema["$defs"]["segment-name"]).unwrap();
    // No letter is beyond U+3FFFF: of those planes each 251st character stands for all.
    let characters = (char::MIN..='\u{3ffff}').chain(('\u{40000}'..=char::MAX).step_by(251));
    let characters: Vec<char> = characters.collect();
    let mut differing: Vec<(u32, u32)> = Vec::new();
    let mut taken = Vec::new();
    for some in characters.chunks(16) {
        let judged = judged_names(some);
        for character in some {
            match (
                judged.contains(character),
                name.is_valid(&Value::from(character.to_string())),
            ) {
                (true, true) => taken.push(*character),
                (false, false) => {}
                (true, false) => {
                    let code = u32::from(*character);
                    match differing.last_mut() {
                        Some((_, last)) if *last + 1 == code => *last = code,
                        _ => differing.push((code, code)),
                    }
                }
                (false, true) => panic!("the schema alone takes {character:?}"),
            }
        }
    }
    assert_eq!(differing, NEWER);
    // The others through both doors, 200 a document.
    assert!(taken.len() > 130_000, "{}", taken.len());
    for some in taken.chunks(200) {
        let mut member = "\"name\":".to_owned();
        write_text(&mut member, &some.iter().collect::<String>());
        check(&with(&member), &[]);
    }
}

/// Letters and numbers of Unicode 17 and 18, first and last of each run: the typed judge takes
/// them, and the regular expressions of the schema, which are of Unicode 16, do not know them yet.
#[rustfmt::skip]
const NEWER: &[(u32, u32)] = &[
    (0x558, 0x558), (0x58b, 0x58c), (0x88f, 0x88f), (0xc5c, 0xc5c), (0xcdc, 0xcdc),
    (0x208f, 0x208f), (0x209d, 0x209f), (0xa7ce, 0xa7cf), (0xa7d2, 0xa7d2), (0xa7d4, 0xa7d4),
    (0xa7dd, 0xa7dd), (0xa7e2, 0xa7e2), (0xa7f1, 0xa7f1), (0xab6c, 0xab6d), (0x1_07bb, 0x1_07bf),
    (0x1_0940, 0x1_0959), (0x1_0ec5, 0x1_0ec7), (0x1_0ed9, 0x1_0eee), (0x1_1b0a, 0x1_1b0a),
    (0x1_1db0, 0x1_1ddb), (0x1_1de0, 0x1_1de9), (0x1_1df1, 0x1_1df1), (0x1_246f, 0x1_246f),
    (0x1_2475, 0x1_247f), (0x1_2550, 0x1_2686), (0x1_6ea0, 0x1_6eb8), (0x1_6ebb, 0x1_6ed3),
    (0x1_6ff2, 0x1_6ff6), (0x1_87f8, 0x1_87ff), (0x1_8cd6, 0x1_8cda), (0x1_8d09, 0x1_8d20),
    (0x1_8d80, 0x1_8df2), (0x1_8e00, 0x1_9191), (0x1_91a0, 0x1_91d2), (0x1_b123, 0x1_b128),
    (0x1_b168, 0x1_b168), (0x1_d6a6, 0x1_d6a6), (0x1_df1f, 0x1_df24), (0x1_df2b, 0x1_df81),
    (0x1_df90, 0x1_df96), (0x1_dfcd, 0x1_dfff), (0x1_e6c0, 0x1_e6de), (0x1_e6e0, 0x1_e6e2),
    (0x1_e6e4, 0x1_e6e5), (0x1_e6e7, 0x1_e6ed), (0x1_e6f0, 0x1_e6f4), (0x1_e6fe, 0x1_e6ff),
    (0x2_b73a, 0x2_b73f), (0x2_b81e, 0x2_b81e), (0x2_cea2, 0x2_cead), (0x3_23b0, 0x3_3479),
    (0x3_d000, 0x3_fc3f),
];
