//! Each rule, by a fixture that breaks it and one next to it that just does not.

use std::fmt::Write as _;
use std::fs;

use xray_phantom::DefectCode;
use xray_phantom::json::Document;
use xray_phantom::schema::{Rule, Violation, judge, judge_carefully};
use xray_phantom::wire::RefusalCode;

use crate::support::fixture;

/// The rules that are judged without being asked for.
fn rules() -> impl Iterator<Item = Rule> {
    Rule::ALL.iter().copied().filter(|rule| !rule.is_opt_in())
}

fn judged(rule: Rule, end: &str) -> Vec<Violation> {
    let path = fixture(&format!("rules/{rule}.{end}.json"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    judge(&Document::parse(&text).unwrap())
}

fn codes(violations: &[Violation]) -> Vec<&str> {
    violations.iter().map(Violation::code).collect()
}

#[test]
fn every_rule_has_a_document_that_breaks_it_and_nothing_else() {
    for rule in rules() {
        assert_eq!(codes(&judged(rule, "breaks")), [rule.code()]);
    }
}

#[test]
fn every_rule_has_a_document_that_just_keeps_it() {
    for rule in rules() {
        let expected: &[&str] = match rule {
            Rule::DocumentTooLarge => &["document-large"],
            _ => &[],
        };
        assert_eq!(codes(&judged(rule, "keeps")), expected, "{rule}");
    }
}

#[test]
fn there_is_no_fixture_without_a_rule() {
    for entry in fs::read_dir(fixture("rules")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let code = name.split('.').next().unwrap();
        assert!(rules().any(|rule| rule.code() == code), "{name}");
    }
}

#[test]
fn the_text_of_every_violation_is_good_to_read() {
    let mut texts = String::new();
    for rule in rules() {
        for violation in judged(rule, "breaks") {
            writeln!(texts, "{violation}").unwrap();
        }
    }
    insta::assert_snapshot!(texts);
}

#[test]
fn codes_are_stable_unique_and_in_kebab_case() {
    let mut codes: Vec<&str> = Rule::ALL.iter().map(Rule::code).collect();
    codes.extend(RefusalCode::ALL.iter().map(RefusalCode::as_str));
    codes.extend(DefectCode::ALL.iter().map(DefectCode::as_str));
    for code in &codes {
        let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(code.bytes().all(kebab) && !code.starts_with('-') && !code.ends_with('-'));
    }
    for rule in Rule::ALL {
        assert_eq!(Rule::of(rule.code()), Some(*rule));
    }
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert_eq!(Rule::of("no-such-code"), None);
}

/// The table of all codes, as the documentation shows it.
fn table() -> String {
    let mut table = "\
| code | what it is | X-Ray's code | known by | when |
|---|---|---|---|---|
"
    .to_owned();
    let mut row = |code: &str, what: &str, aws_code: Option<&str>, evidence: &str, when: &str| {
        let aws_code = aws_code.map_or(String::new(), |code| format!("`{code}`"));
        writeln!(
            table,
            "| `{code}` | {what} | {aws_code} | {evidence} | {when} |"
        )
        .unwrap();
    };
    for code in RefusalCode::ALL {
        row(
            code.as_str(),
            "rejection",
            code.aws_code(),
            "",
            code.about(),
        );
    }
    for rule in Rule::ALL {
        let when = format!("{} ({})", rule.about(), rule.source());
        let what = format!("violation: {}", rule.consequence());
        row(
            rule.code(),
            &what,
            rule.aws_code(),
            rule.evidence().as_str(),
            &when,
        );
    }
    for code in DefectCode::ALL {
        row(code.as_str(), "defect: error", None, "", code.about());
    }
    table
}

#[test]
fn the_documentation_lists_all_codes() {
    let path = "src/schema/codes.md";
    let written = fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let fresh = format!("{}/codes.md", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&fresh, table()).unwrap();
    assert!(
        written == table(),
        "{path} is not what the code says: copy {fresh} over it, and read the change"
    );
}

/// Judges a segment or subsegment with these fields besides those that every one needs.
#[track_caller]
fn check(document: &str, expected: &[(&str, &str)]) {
    let document = Document::parse(document).unwrap();
    let violations = judge(&document);
    let found: Vec<(&str, &str)> = violations
        .iter()
        .map(|violation| (violation.pointer(), violation.code()))
        .collect();
    assert_eq!(found, expected, "{}", document.text());
    assert_eq!(violations, judge_carefully(&document));
}

/// A segment with these fields too.
fn segment(fields: &str) -> String {
    format!(
        r#"{{"name":"api","id":"00000000000000a1","trace_id":"1-66a00000-0123456789abcdef01234567","start_time":1721763840.25,"end_time":1721763840.75{fields}}}"#
    )
}

/// The same with an embedded subsegment that has these.
fn embedded(fields: &str) -> String {
    segment(&format!(
        r#","subsegments":[{{"name":"put","id":"00000000000000b1","start_time":1721763840.25,"end_time":1721763840.75{fields}}}]"#
    ))
}

/// A subsegment on its own with these fields too.
fn alone(fields: &str) -> String {
    format!(
        r#"{{"type":"subsegment","name":"put","id":"00000000000000b1","parent_id":"00000000000000a1","trace_id":"1-66a00000-0123456789abcdef01234567","start_time":1721763840.25,"end_time":1721763840.75{fields}}}"#
    )
}
