//! The lossless reader, held against itself and against serde_json.

use proptest::prelude::*;
use serde::de::IgnoredAny;
use xray_phantom::json::{Document, Kind, MAX_DEPTH, Value, write_text};

#[track_caller]
fn check_error(text: &str, expected: &str) {
    assert_eq!(Document::parse(text).unwrap_err().to_string(), expected);
}

#[test]
fn every_mistake_is_named_with_its_spot() {
    check_error(
        "",
        "the text ends where a value should stand at its first byte",
    );
    check_error("x", "`x` is no JSON value at its first byte");
    check_error(
        "{\"a\":1",
        "the text ends where `,` or `}` should stand at /a, byte 6",
    );
    check_error(
        "{\"a\":[1,2",
        "the text ends where `,` or `]` should stand at /a/1, byte 9",
    );
    check_error("[1,]", "`]` stands where a value should at /1, byte 3");
    check_error("[,1]", "`,` stands where a value should at /0, byte 1");
    check_error(
        "{\"a\" 1}",
        "expected `:` after the key, found `1` at /a, byte 5",
    );
    check_error(
        "{a:1}",
        "expected a key in quotes or `}`, found `a` at byte 1",
    );
    check_error(
        "{\"a\":1,}",
        "expected a key in quotes, found `}` at /a, byte 7",
    );
    check_error(
        "{\"a\":1 \"b\":2}",
        "expected `,` or `}`, found `\"` at /a, byte 7",
    );
    check_error(
        "{} x",
        "there is more behind the end of the JSON text at byte 3",
    );
    check_error("[01]", "`01` is no JSON value at /0, byte 1");
    check_error("[1.]", "`1.` is no JSON value at /0, byte 1");
    check_error("[+1]", "`+1` is no JSON value at /0, byte 1");
    check_error("[-]", "`-` is no JSON value at /0, byte 1");
    check_error(
        "[\"a\nb\"]",
        "a string holds the raw control character \\u000a at /0, byte 3",
    );
    check_error("[\"\\x\"]", "`\\x` is no JSON escape at /0, byte 2");
    check_error(
        "[\"\\u12g4\"]",
        "`\\u` is not followed by four hex digits at /0, byte 2",
    );
    check_error(
        "[\"abc",
        "the text ends where the closing quote of a string should stand at /0, byte 5",
    );
    check_error(
        "\u{feff}{}",
        "`\\u{feff}` is no JSON value at its first byte",
    );
    check_error(
        "{'a':1}",
        "expected a key in quotes or `}`, found `'` at byte 1",
    );
}

#[test]
fn bare_nan_and_infinity_are_refused_with_the_spot() {
    for word in ["NaN", "Infinity", "-Infinity"] {
        let text = format!(r#"{{"metadata":{{"default":{{"ratios":[1.5,{word}]}}}}}}"#);
        check_error(
            &text,
            &format!(
                "`{word}` is no JSON value (JSON has no NaN or Infinity) at /metadata/default/ratios/1, byte 38"
            ),
        );
    }
}

#[test]
fn a_pointer_escapes_what_rfc_6901_asks_for_and_stays_on_its_line() {
    check_error(
        "{\"a/b~c\\nd\":NaN}",
        "`NaN` is no JSON value (JSON has no NaN or Infinity) at /a~1b~0c\\nd, byte 12",
    );
    // Found by fuzzing: what steers a terminal is no control character of JSON.
    check_error(
        "{\"\u{7f}\u{9b}31m\u{202e}\\u001b\\\"\": NaN}",
        "`NaN` is no JSON value (JSON has no NaN or Infinity) at \
         /\\u{7f}\\u{9b}31m\\u{202e}\\u{1b}\", byte 22",
    );
}

#[test]
fn numbers_keep_their_text() {
    let document = Document::parse("[1180591620717411303424, 1.50, -0, 1e400, 1E-3]").unwrap();
    let texts: Vec<&str> = document
        .root()
        .elements()
        .map(|value| value.as_number().unwrap().text())
        .collect();
    assert_eq!(
        texts,
        ["1180591620717411303424", "1.50", "-0", "1e400", "1E-3"]
    );
}

#[test]
fn duplicate_keys_are_all_there_and_the_last_one_counts() {
    let document = Document::parse(r#"{"a": 1, "\u0061": 2, "b": 3}"#).unwrap();
    let members: Vec<String> = document
        .root()
        .members()
        .map(|(key, value)| format!("{} {value}", key.raw()))
        .collect();
    assert_eq!(members, ["a 1", "\\u0061 2", "b 3"]);
    assert_eq!(document.root().get("a").unwrap().raw(), "2");
}

#[test]
fn a_lone_surrogate_is_kept_and_a_pair_is_one_character() {
    let document = Document::parse(r#"["\ud83d\ude00", "a\ud800b", "\ude00\ud83d"]"#).unwrap();
    let texts: Vec<_> = document
        .root()
        .elements()
        .map(|value| value.as_text().unwrap())
        .collect();
    assert_eq!(texts[0].decode(), "😀");
    assert!(!texts[0].has_lone_surrogate());
    assert_eq!(texts[1].raw(), r"a\ud800b");
    assert_eq!(texts[1].decode(), "a\u{fffd}b");
    assert!(texts[1].has_lone_surrogate());
    assert_eq!(texts[2].decode(), "\u{fffd}\u{fffd}");
}

#[test]
fn depth_is_read_up_to_its_limit_and_costs_no_stack() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let document = Document::parse(&nested(MAX_DEPTH)).unwrap();
    let mut value = document.root();
    let mut depth = 1;
    while let Some(inner) = value.elements().next() {
        value = inner;
        depth += 1;
    }
    assert_eq!(depth, MAX_DEPTH);
    check_error(
        &nested(MAX_DEPTH + 1),
        "the text is nested deeper than 4096 levels at byte 4096",
    );
    check_error(
        &"[".repeat(100_000),
        "the text is nested deeper than 4096 levels at byte 4096",
    );
    check_error(
        &"{\"a\":".repeat(100_000),
        "the text is nested deeper than 4096 levels at byte 20480",
    );
}

#[test]
fn a_long_pointer_is_cut_in_its_middle() {
    let text = format!("{}NaN{}", "[".repeat(40), "]".repeat(40));
    check_error(
        &text,
        "`NaN` is no JSON value (JSON has no NaN or Infinity) at \
         /0/0/0/0/0/0/0/0/.../0/0/0/0/0/0/0/0, byte 40",
    );
}

#[test]
fn a_text_may_begin_inside_a_larger_one() {
    let document = Document::parse_tail("header\n{\"a\": [true]}".into(), 7).unwrap();
    assert_eq!(document.text(), "{\"a\": [true]}");
    assert_eq!(document.root().get("a").unwrap().raw(), "[true]");
    assert_eq!(document.root().get("a").unwrap().offset(), 6);
    assert!(Document::parse_tail("é{}".into(), 1).is_err());
}

/// JSON texts with white space, escapes, nesting and every kind of number.
fn json_text() -> impl Strategy<Value = String> {
    let space = "[ \t\r\n]{0,2}";
    let string = prop_oneof![
        4 => "[a-zA-Z0-9 _.:/é😀-]{0,12}".prop_map(|text| format!("\"{text}\"")),
        1 => any::<String>().prop_map(|text| {
            let mut json = String::new();
            write_text(&mut json, &text);
            json
        }),
        1 => r#""(\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|[a-z]){0,6}""#,
    ];
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("null".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?",
        string.clone(),
    ];
    let spaced =
        (space, leaf, space).prop_map(|(before, leaf, after)| format!("{before}{leaf}{after}"));
    spaced.prop_recursive(6, 48, 6, move |inner| {
        let member = (space, string.clone(), space, inner.clone())
            .prop_map(|(before, key, after, value)| format!("{before}{key}{after}:{value}"));
        prop_oneof![
            (space, prop::collection::vec(inner, 0..5)).prop_map(|(space, values)| {
                match values.len() {
                    0 => format!("[{space}]"),
                    _ => format!("[{}]", values.join(",")),
                }
            }),
            (space, prop::collection::vec(member, 0..5)).prop_map(|(space, members)| match members
                .len()
            {
                0 => format!("{{{space}}}"),
                _ => format!("{{{}}}", members.join(",")),
            }),
        ]
    })
}

/// A text with one character removed, doubled or replaced.
fn broken_json_text() -> impl Strategy<Value = String> {
    let replacement = prop::sample::select(vec![
        '"', '\\', '{', '}', '[', ']', ',', ':', '0', '.', 'e', 'N', ' ', '\u{1}', 'é',
    ]);
    (
        json_text(),
        any::<prop::sample::Index>(),
        replacement,
        0..3_u8,
    )
        .prop_map(|(text, index, character, way)| {
            let mut characters: Vec<char> = text.chars().collect();
            let at = index.index(characters.len());
            match way {
                0 => drop(characters.remove(at)),
                1 => characters.insert(at, characters[at]),
                _ => characters[at] = character,
            }
            characters.into_iter().collect()
        })
}

/// What serde_json makes of a value, where both can hold it.
fn as_serde(value: Value<'_>) -> serde_json::Value {
    match value.kind() {
        Kind::Array => value.elements().map(as_serde).collect(),
        Kind::Bool => value.as_bool().unwrap().into(),
        Kind::Null => serde_json::Value::Null,
        Kind::Number => serde_json::from_str(value.raw()).unwrap(),
        Kind::Object => value
            .members()
            .map(|(key, value)| (key.decode().into_owned(), as_serde(value)))
            .collect(),
        Kind::String => value.as_str().unwrap().into(),
    }
}

fn has_lone_surrogate(value: Value<'_>) -> bool {
    value
        .as_text()
        .is_some_and(|text| text.has_lone_surrogate())
        || value.elements().any(has_lone_surrogate)
        || value
            .members()
            .any(|(key, value)| key.has_lone_surrogate() || has_lone_surrogate(value))
}

proptest! {
    #[test]
    fn both_readers_give_the_same_document(text in json_text()) {
        let careful = Document::parse_carefully(&text).unwrap();
        let plain = Document::parse_plainly(&text);
        // The plain reader may give up; what it reads must be the same.
        prop_assert!(plain.is_none_or(|plain| plain == careful));
        prop_assert_eq!(Document::parse(&text).unwrap(), careful);
    }

    #[test]
    fn the_plain_reader_takes_all_that_is_plain(text in json_text()) {
        prop_assume!(!text.contains('\\'));
        prop_assert!(Document::parse_plainly(&text).is_some(), "{}", text);
    }

    #[test]
    fn the_plain_reader_takes_nothing_that_the_careful_one_refuses(text in broken_json_text()) {
        let careful = Document::parse_carefully(&text).ok();
        match Document::parse_plainly(&text) {
            Some(plain) => prop_assert_eq!(Some(plain), careful),
            None => prop_assert!(careful.is_none() || text.contains('\\')),
        }
    }

    #[test]
    fn what_is_json_is_what_serde_json_takes_for_json(text in broken_json_text()) {
        // IgnoredAny reads lone surrogates too; numbers beyond f64 it refuses only when they are read.
        let witness = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(Document::parse(&text).is_ok(), witness, "{}", text);
    }

    #[test]
    fn values_are_those_that_serde_json_reads(text in json_text()) {
        let document = Document::parse(&text).unwrap();
        prop_assume!(!has_lone_surrogate(document.root()));
        let witness: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(as_serde(document.root()), witness);
    }

    #[test]
    fn a_value_is_its_own_text(text in json_text()) {
        let document = Document::parse(&text).unwrap();
        let again = Document::parse(document.root().raw()).unwrap();
        prop_assert_eq!(again.root().raw(), text.trim_matches([' ', '\t', '\r', '\n']));
    }

    #[test]
    fn a_written_text_reads_as_itself(text in any::<String>()) {
        let mut json = String::new();
        write_text(&mut json, &text);
        let document = Document::parse(&json).unwrap();
        prop_assert_eq!(document.root().as_str().unwrap(), text.as_str());
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
