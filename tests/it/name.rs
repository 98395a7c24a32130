//! Names of segments: what is kept, what is dropped, and that the service takes the rest.

use proptest::prelude::*;
use xray_phantom::json::{Document, write_text};
use xray_phantom::recorder::Naming;
use xray_phantom::schema::{Rule, Violation, judge};

/// The rules that a segment of this name breaks.
fn judged(name: &str) -> Vec<Rule> {
    let mut json = r#"{"trace_id": "1-5759e988-bd862e3fe1be46a994272793",
        "id": "53995c3f42cd8ad8", "start_time": 1.0, "end_time": 1.5, "name": "#
        .to_owned();
    write_text(&mut json, name);
    json.push('}');
    let violations = judge(&Document::parse(&json).unwrap());
    violations.iter().map(Violation::rule).collect()
}

#[track_caller]
fn check(name: &str, expected: &str) {
    assert_eq!(Naming::fixed(name).name(None), expected);
    assert_eq!(judged(expected), []);
}

#[test]
fn a_legal_name_stays() {
    for name in [
        "OrdersWorker",
        " a_b.c:d/e%f&g#h=i+j-k@l ",
        "Bestellungen für Zoë",
        "注文サービス",
        "заказы",
        "הזמנות",
        "½ Ⅷ ٣",
        "a\u{a0}b\u{3000}c",
        "𠀀",
    ] {
        check(name, name);
    }
    check(&"é".repeat(200), &"é".repeat(200));
}

#[test]
fn what_names_may_not_have_is_dropped() {
    check("names ?*;()!$~^<>", "names ");
    check(r#"a\b"c'd,e|f[g]{h}`i"#, "abcdefghi");
    check("GET /orders?id=7", "GET /ordersid=7");
    check("a🦀b\u{200d}c\u{0}d\u{7f}", "abcd");
    // A mark on its own is no letter; the same letter in one piece is.
    check("cafe\u{301}", "cafe");
    check("caf\u{e9}", "café");
    // Alphabetic by the word of Unicode, and still no letters: a vowel sign, a letter in a circle.
    check("कि\u{24b6}b", "कb");
}

#[test]
fn ends_of_lines_and_tabs_become_spaces() {
    check("a\tb\r\nc\u{85}d", "a b  c d");
}

#[test]
fn a_long_name_is_cut_between_characters() {
    check(&"a".repeat(201), &"a".repeat(200));
    check(&"日".repeat(10_000), &"日".repeat(200));
    check(&format!("{}b", "🦀a".repeat(200)), &"a".repeat(200));
}

#[test]
fn a_name_of_which_nothing_is_left_is_unnamed() {
    for name in ["", " ", "\t\n", "\u{3000}", "?*", &"🦀".repeat(10_000)] {
        check(name, "unnamed");
    }
}

#[test]
fn each_character_that_is_kept_is_one_that_the_judge_takes() {
    let kept: Vec<char> = ('\u{0}'..=char::MAX)
        .filter(|character| {
            Naming::fixed(&character.to_string()).name(None) == *character.to_string()
        })
        .collect();
    assert!(kept.len() > 140_000, "{}", kept.len());
    for characters in kept.chunks(199) {
        let name: String = characters.iter().chain(['a'].iter()).collect();
        assert_eq!(Naming::fixed(&name).name(None), name);
        assert!(!judged(&name).contains(&Rule::NameFormat), "{name}");
    }
}

#[test]
fn a_host_that_is_like_the_pattern_names_its_segment() {
    let naming = Naming::by_host("*.example.com", "fall?back");
    let name = |host| naming.name(host);
    assert_eq!(name(Some("a.example.com")), "a.example.com");
    assert_eq!(name(Some("A.EXAMPLE.COM")), "A.EXAMPLE.COM");
    assert_eq!(name(Some("a.<b>.example.com")), "a.b.example.com");
    assert_eq!(name(Some("a.example.com:8080")), "fallback");
    assert_eq!(name(Some("")), "fallback");
    assert_eq!(name(None), "fallback");
    assert_eq!(Naming::by_host("*", "f").name(Some("")), "f");
    assert_eq!(Naming::by_host("*", "f").name(Some("<>🦀 ")), "f");
    assert_eq!(Naming::by_host("api?", "f").name(Some("API1")), "API1");
}

#[test]
fn another_name_replaces_the_fixed_one_or_the_fallback() {
    assert_eq!(Naming::fixed("a").with_name("b!").name(Some("h")), "b");
    let naming = Naming::by_host("h*", "a").with_name("b");
    assert_eq!(naming.name(Some("host")), "host");
    assert_eq!(naming.name(Some("x")), "b");
}

proptest! {
    #[test]
    fn the_judge_takes_each_name(
        name in prop_oneof!["\\PC{0,260}", ".{0,20}", "[ -~]{0,40}", "\\p{M}{0,10}a", "\\p{So}{0,3}"],
    ) {
        let cleaned = Naming::fixed(&name).name(None);
        let mut rules = judged(&cleaned);
        // A name with a number in it may be what its owner wants.
        rules.retain(|rule| *rule != Rule::IdInName);
        prop_assert_eq!(rules, []);
        prop_assert_eq!(&Naming::fixed(&cleaned).name(None), &cleaned);
        prop_assert_eq!(&Naming::by_host("*", "x").name(Some(&format!("a{name}"))),
            &Naming::fixed(&format!("a{name}")).name(None));
        let legal = !judged(&name).contains(&Rule::NameFormat);
        if legal && !name.trim().is_empty() && name.is_ascii() {
            prop_assert_eq!(cleaned, name);
        }
    }
}
