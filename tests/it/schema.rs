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
fn the_likely_cause_comes_first() {
    for violation in rules().flat_map(|rule| judged(rule, "breaks")) {
        let message = violation.message();
        // What was received is shown in backquotes: what comes before is the cause.
        let (cause, rest) = message.split_once(": ").unwrap();
        assert!(!cause.contains('`'), "{message}");
        assert!(rest.contains(' '), "{message}");
    }
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

#[test]
fn an_integer_is_one_however_it_is_written() {
    let skipped = |number: &str| {
        segment(&format!(
            r#","error":true,"cause":{{"exceptions":[{{"id":"00000000000000e1","skipped":{number}}}]}}"#
        ))
    };
    for integer in ["2", "-0", "200.0", "2.5e1", "1e400", "9007199254740993.0"] {
        check(&skipped(integer), &[]);
    }
    for other in ["0.5", "1e-400", "9007199254740993.5"] {
        let place = "/cause/exceptions/0/skipped";
        check(&skipped(other), &[(place, "field-type")]);
    }
}

#[test]
fn the_digits_of_a_content_length_may_be_written_as_escapes() {
    let length = |text: &str| {
        segment(&format!(
            r#","http":{{"response":{{"content_length":{text}}}}}"#
        ))
    };
    let place = "/http/response/content_length";
    for text in [r#""12""#, r#""1\u0032""#] {
        check(&length(text), &[(place, "loose-type")]);
    }
    for text in [r#""""#, r#""1\n""#, r#""1\u00b2""#] {
        check(&length(text), &[(place, "field-type")]);
    }
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
        let what = format!("defect: {}", code.severity());
        row(code.as_str(), &what, None, "", code.about());
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

#[test]
fn an_entity_without_anything_lacks_each_needed_field() {
    check(
        "{}",
        &[
            ("", "missing-end-time"),
            ("", "missing-id"),
            ("", "missing-name"),
            ("", "missing-start-time"),
            ("", "missing-trace-id"),
        ],
    );
    check(
        r#"{"type":"subsegment"}"#,
        &[
            ("", "missing-end-time"),
            ("", "missing-id"),
            ("", "missing-name"),
            ("", "missing-parent-id"),
            ("", "missing-start-time"),
            ("", "missing-trace-id"),
        ],
    );
    check(
        &segment(r#","subsegments":[{"in_progress":true}]"#),
        &[
            ("/subsegments/0", "missing-id"),
            ("/subsegments/0", "missing-name"),
            ("/subsegments/0", "missing-start-time"),
        ],
    );
}

#[test]
fn what_each_kind_of_entity_may_say_is_right() {
    check(&segment(""), &[]);
    check(&embedded(""), &[]);
    check(&alone(""), &[]);
    check(
        &segment(
            r#","in_progress":false,"user":"u-1","origin":"AWS::Lambda::Function","resource_arn":"arn",
            "parent_id":"00000000000000b9","service":{"version":"1","runtime":"CPython"},"inferred":false,
            "http":{"request":{"method":"GET","url":"http://api/","client_ip":"::1","user_agent":"curl","x_forwarded_for":true},
                    "response":{"status":404,"content_length":-1}},"error":true,
            "aws":{"account_id":"123456789012","ec2":{"instance_id":"i","ami_id":"a"},"ecs":{"container":"c"},
                   "eks":{"pod":"p"},"elastic_beanstalk":{"deployment_id":7,"version_label":"v"},
                   "cloudwatch_logs":[{"log_group":"g","arn":"a"}],"xray":{"sdk":"s","auto_instrumentation":false}},
            "cause":{"working_directory":"/srv","paths":["a"],"exceptions":[{"id":"00000000000000e1","message":"m",
                     "type":"T","remote":false,"truncated":0,"skipped":0,"cause":"00000000000000e2",
                     "stack":[{"path":"a.py","line":1,"label":"f"}]}]},
            "annotations":{"a.b_C9":"x","n":-1e-3,"t":true},"metadata":{"default":{"any":[null,{"x":[]}]}},
            "links":[{"trace_id":"1-66a00000-0123456789abcdef01234567","id":"00000000000000b8","attributes":{"k":[1]}}]"#,
        ),
        &[],
    );
    check(
        &alone(
            r#","namespace":"remote","traced":true,"precursor_ids":["00000000000000b2"],
            "http":{"request":{"traced":true,"url":"u","method":"GET","user_agent":"a","client_ip":"c"},"response":{"status":500}},
            "fault":true,"cause":"00000000000000e1","sql":{"url":"u","user":"u","preparation":"call","connection_string":"c",
            "database_type":"t","database_version":"v","driver_version":"d","sanitized_query":"q"},
            "aws":{"operation":"o","account_id":"a","region":"r","request_id":"i","queue_url":"q","table_name":"t",
                   "retries":0,"id_2":"x","resource_names":["a"],"table_names":["b"],"consistent_read":true}"#,
        ),
        &[],
    );
    // In progress, with no end.
    let open = alone("").replace(r#","end_time":1721763840.75"#, r#","in_progress":true"#);
    check(&open, &[]);
}

#[test]
fn a_subsegment_inside_does_not_make_a_subsegment_of_its_document() {
    let around = r#","parent_id":"00000000000000a0","namespace":"remote""#;
    let typed = embedded(r#","type":"subsegment""#);
    let (before, behind) = typed.split_at(typed.len() - 1);
    check(
        &format!("{before}{around}{behind}"),
        &[("/namespace", "misplaced-field")],
    );
    check(&typed, &[]);
}

#[test]
fn a_field_of_another_type_than_the_schema_gives_it_is_dropped() {
    for (field, pointer) in [
        (r#""user":7"#, "/user"),
        (r#""origin":null"#, "/origin"),
        (r#""error":"true""#, "/error"),
        (r#""in_progress":0"#, "/in_progress"),
        (r#""metadata":[]"#, "/metadata"),
        (r#""annotations":"a""#, "/annotations"),
        (r#""annotations":[1]"#, "/annotations"),
        (r#""subsegments":{}"#, "/subsegments"),
        (r#""subsegments":[7]"#, "/subsegments/0"),
        (r#""http":[]"#, "/http"),
        (r#""http":{"request":null}"#, "/http/request"),
        (r#""http":{"request":{"url":1}}"#, "/http/request/url"),
        (
            r#""http":{"request":{"x_forwarded_for":"yes"}}"#,
            "/http/request/x_forwarded_for",
        ),
        (
            r#""http":{"response":{"status":"200"}}"#,
            "/http/response/status",
        ),
        (
            r#""http":{"response":{"content_length":"2 kB"}}"#,
            "/http/response/content_length",
        ),
        (
            r#""http":{"response":{"content_length":""}}"#,
            "/http/response/content_length",
        ),
        (r#""service":"1.0""#, "/service"),
        (r#""service":{"version":1}"#, "/service/version"),
        (r#""aws":{"account_id":123}"#, "/aws/account_id"),
        (
            r#""aws":{"elastic_beanstalk":{"deployment_id":"7"}}"#,
            "/aws/elastic_beanstalk/deployment_id",
        ),
        (r#""aws":{"tracing":{"sdk":null}}"#, "/aws/tracing/sdk"),
        (r#""fault":true,"cause":{"paths":"a"}"#, "/cause/paths"),
        (
            r#""fault":true,"cause":{"exceptions":[7]}"#,
            "/cause/exceptions/0",
        ),
        (
            r#""fault":true,"cause":{"exceptions":[{"id":"00000000000000e1","truncated":1.5}]}"#,
            "/cause/exceptions/0/truncated",
        ),
        (
            r#""fault":true,"cause":{"exceptions":[{"id":"00000000000000e1","stack":[{"line":"7"}]}]}"#,
            "/cause/exceptions/0/stack/0/line",
        ),
    ] {
        check(&segment(&format!(",{field}")), &[(pointer, "field-type")]);
    }
    for (field, pointer) in [
        (r#""namespace":7"#, "/namespace"),
        (r#""traced":"yes""#, "/traced"),
        (r#""precursor_ids":"00000000000000b2""#, "/precursor_ids"),
        (r#""precursor_ids":[7]"#, "/precursor_ids/0"),
        (r#""sql":{"url":7}"#, "/sql/url"),
        (r#""aws":{"request_id":7}"#, "/aws/request_id"),
    ] {
        check(&alone(&format!(",{field}")), &[(pointer, "field-type")]);
    }
    check(
        &embedded(r#","parent_id":7"#),
        &[("/subsegments/0/parent_id", "field-type")],
    );
    check(
        &embedded(r#","type":7"#),
        &[("/subsegments/0/type", "field-type")],
    );
}

#[test]
fn a_type_that_only_the_guide_names_and_what_sdks_write_every_day_are_lints() {
    for (field, pointer) in [
        (r#""annotations":null"#, "/annotations"),
        (r#""annotations":[]"#, "/annotations"),
        (
            r#""http":{"response":{"status":""}}"#,
            "/http/response/status",
        ),
        (
            r#""http":{"response":{"status":200.5}}"#,
            "/http/response/status",
        ),
        (
            r#""http":{"response":{"content_length":"2"}}"#,
            "/http/response/content_length",
        ),
        (
            r#""http":{"response":{"content_length":0.5}}"#,
            "/http/response/content_length",
        ),
        (r#""aws":{"eks":7}"#, "/aws/eks"),
        (r#""aws":{"cloudwatch_logs":{}}"#, "/aws/cloudwatch_logs"),
        (r#""aws":{"cloudwatch_logs":[7]}"#, "/aws/cloudwatch_logs/0"),
        (r#""inferred":1"#, "/inferred"),
        (r#""links":{}"#, "/links"),
        (r#""links":["x"]"#, "/links/0"),
        (r#""links":[{"trace_id":7}]"#, "/links/0/trace_id"),
        (
            r#""fault":true,"cause":{"exceptions":[{"id":"00000000000000e1","stack":[{"line":null}]}]}"#,
            "/cause/exceptions/0/stack/0/line",
        ),
        (
            r#""fault":true,"cause":{"exceptions":[{"id":"00000000000000e1","stack":[{"path":null}]}]}"#,
            "/cause/exceptions/0/stack/0/path",
        ),
    ] {
        check(&segment(&format!(",{field}")), &[(pointer, "loose-type")]);
    }
    for (field, pointer) in [
        (
            r#""http":{"request":{"traced":"yes"}}"#,
            "/http/request/traced",
        ),
        (r#""aws":{"request_id":null}"#, "/aws/request_id"),
        (
            r#""aws":{"table_names":"dict_keys(['Orders'])"}"#,
            "/aws/table_names",
        ),
        (r#""aws":{"table_names":[7]}"#, "/aws/table_names/0"),
        (r#""aws":{"retries":1.5}"#, "/aws/retries"),
    ] {
        check(&alone(&format!(",{field}")), &[(pointer, "loose-type")]);
    }
    // A number without a fraction is an integer, however it is written.
    check(
        &segment(r#","http":{"response":{"status":2e2,"content_length":2.0}}"#),
        &[],
    );
}

#[test]
fn names_are_judged_by_every_letter() {
    let named = |name: &str| segment("").replace(r#""api""#, &serde_json::to_string(name).unwrap());
    for name in [
        "a",
        "A-z_0.:/%&#=+@ ",
        "Zoë",
        "注文",
        "½Ⅷ",
        "\u{a0}\u{2028}\u{3000}",
        "𝒜",
        &"é".repeat(200),
    ] {
        check(&named(name), &[]);
    }
    for name in [
        "",
        "a,b",
        "a*",
        "a?",
        "a;",
        "a!",
        "a(",
        "a)",
        "a\"",
        "a'",
        "a[",
        "a]",
        "a{",
        "a}",
        "a|",
        "a<",
        "a>",
        "a^",
        "a$",
        "a~",
        "a`",
        "a\\",
        "a\tb",
        "a\n",
        "😀",
        "e\u{301}",
        "\u{202e}",
        &"é".repeat(201),
    ] {
        check(&named(name), &[("/name", "name-format")]);
    }
    check(
        &segment("").replace(r#""api""#, "7"),
        &[("/name", "name-format")],
    );
    let put = |name: &str| embedded("").replace(r#""put""#, &serde_json::to_string(name).unwrap());
    check(&put(""), &[("/subsegments/0/name", "name-format")]);
    check(&put("a?"), &[("/subsegments/0/name", "subsegment-name")]);
    check(
        &put(&"a".repeat(201)),
        &[("/subsegments/0/name", "subsegment-name")],
    );
    check(&put(&"a".repeat(200)), &[]);
}

#[test]
fn names_with_ids_in_them_are_told_from_names_with_numbers() {
    for name in [
        "GET /orders/42",
        "order 1234",
        "order-1234",
        "order#98765",
        "user_00012345",
        "7d9f2c1e-4b6a-4c8d-9e0f-1a2b3c4d5e6f",
        "job 8f14e45fceea",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ] {
        check(
            &segment("").replace("\"api\"", &format!("\"{name}\"")),
            &[("/name", "id-in-name")],
        );
    }
    for name in [
        "S3",
        "EC2 v2",
        "localhost:8080",
        "127.0.0.1:54321",
        "10.0.0.1234",
        "1.2.3",
        "d111111abcdef8.cloudfront.net",
        "logs-123456789012.s3.eu-west-1.amazonaws.com:443",
        "order 123",
        "feedfacedeadbeef",
        "GET /orders/v2",
        "a1b2c3",
    ] {
        check(&segment("").replace("\"api\"", &format!("\"{name}\"")), &[]);
    }
}

#[test]
fn ids_and_trace_ids_are_judged_by_their_form_and_not_their_time() {
    let with_id = |id: &str| segment("").replace("\"00000000000000a1\"", id);
    check(&with_id("\"000000000000a1\""), &[("/id", "id-format")]);
    check(&with_id("\"00000000000000000a1\""), &[("/id", "id-format")]);
    check(&with_id("7"), &[("/id", "id-format")]);
    check(&with_id("null"), &[("/id", "id-format")]);
    check(&with_id("\"0000000000000000\""), &[("/id", "unsampled-id")]);
    check(&with_id("\"00000000000000éé\""), &[("/id", "id-hex")]);
    let with_trace = |id: &str| segment("").replace("\"1-66a00000-0123456789abcdef01234567\"", id);
    for id in [
        "7",
        "\"\"",
        "\"2-66a00000-0123456789abcdef01234567\"",
        "\"1-66a00000-0123456789abcdef0123456\"",
        "\"1-66a0000-00123456789abcdef01234567\"",
        "\"1-66a00000-0123456789abcdef0123456g\"",
        "\"1-66a00000-0123456789abcdef012345gg\"",
        "\"1-66a000xx-0123456789abcdef01234567\"",
        "\"1-66a00000-0123456789abcdef01234567 \"",
        "\"66a000000123456789abcdef01234567\"",
    ] {
        check(&with_trace(id), &[("/trace_id", "trace-id-format")]);
    }
    check(&with_trace("\"1-ffffffff-0123456789ABCDEF01234567\""), &[]);
    check(&with_trace("\"1-00000000-0123456789abcdef01234567\""), &[]);
    check(
        &alone("").replace("00000000000000a1", "a1"),
        &[("/parent_id", "parent-id-format")],
    );
    check(
        &alone("").replace("00000000000000a1", "0000000000000000"),
        &[("/parent_id", "unsampled-id")],
    );
    check(
        &segment(r#","parent_id":null"#),
        &[("/parent_id", "caller-id-format")],
    );
    check(&embedded(r#","parent_id":"a1""#), &[]);
    check(
        &embedded(r#","trace_id":7"#),
        &[("/subsegments/0/trace_id", "embedded-trace-id")],
    );
}

#[test]
fn times_are_judged_as_numbers_however_they_are_written() {
    let times = |start: &str, end: &str| {
        segment("")
            .replace("1721763840.25", start)
            .replace("1721763840.75", end)
    };
    for (start, end) in [
        ("1", "1"),
        ("1.0", "1"),
        ("0", "9.5"),
        ("9", "10"),
        ("1.72176384E9", "1721763840"),
        ("1721763840.250", "1721763840.25"),
        ("-0", "0"),
        ("1721763840", "1.8e9"),
    ] {
        check(&times(start, end), &[]);
    }
    for (start, end) in [
        ("10", "9"),
        ("1.5", "1.4999999"),
        ("1.8e9", "1721763840"),
        ("1721763840.3", "1721763840.29"),
    ] {
        check(&times(start, end), &[("/end_time", "time-order")]);
    }
    for start in [
        "100000000000",
        "1e11",
        "1721763840250.5",
        "1e400",
        "-1",
        "-0.5",
        "-1e-3",
    ] {
        let late = !start.starts_with('-');
        let end = if late { "1e400" } else { "1" };
        let mut expected = vec![("/start_time", "time-range")];
        if late {
            expected.insert(0, ("/end_time", "time-range"));
        }
        check(&times(start, end), &expected);
    }
    check(
        &times("null", "\"1\""),
        &[("/end_time", "time-type"), ("/start_time", "time-type")],
    );
}

#[test]
fn flags_and_status_agree_or_the_status_is_reported() {
    let answered = |status: u16, flags: &str| {
        segment(&format!(
            r#","http":{{"response":{{"status":{status}}}}}{flags}"#
        ))
    };
    let report = &[("/http/response/status", "flags-and-status")];
    check(&answered(200, ""), &[]);
    check(&answered(399, r#","error":false"#), &[]);
    check(&answered(400, r#","error":true"#), &[]);
    check(&answered(499, r#","error":true,"fault":false"#), &[]);
    check(&answered(429, r#","error":true,"throttle":true"#), &[]);
    check(&answered(500, r#","fault":true"#), &[]);
    check(&answered(599, r#","fault":true"#), &[]);
    check(&answered(404, ""), report);
    check(&answered(404, r#","fault":true"#), report);
    check(&answered(404, r#","error":true,"fault":true"#), report);
    check(&answered(429, r#","error":true"#), report);
    check(&answered(429, r#","throttle":true"#), report);
    check(&answered(400, r#","error":true,"throttle":true"#), report);
    check(&answered(503, ""), report);
    check(&answered(503, r#","error":true"#), report);
    check(&answered(200, r#","fault":true"#), report);
    // A cause is no flag, and one that says nothing is no cause.
    // Services of AWS throttle with other statuses too.
    let called = |status: u16, flags: &str| {
        let call = r#","namespace":"aws","aws":{"operation":"Query","region":"r","table_name":"t","request_id":"r"}"#;
        alone(&format!(
            r#"{call},"http":{{"response":{{"status":{status}}}}}{flags}"#
        ))
    };
    let report = &[("/http/response/status", "flags-and-status")];
    check(&called(400, r#","error":true"#), &[]);
    check(&called(400, r#","error":true,"throttle":true"#), &[]);
    check(&called(400, r#","throttle":true"#), report);
    check(&called(429, r#","error":true"#), report);
    check(&called(503, r#","fault":true,"throttle":true"#), &[]);
    check(&called(500, r#","fault":true,"throttle":true"#), report);
    check(&called(200, r#","throttle":true"#), report);
    check(&segment(r#","cause":{}"#), &[]);
    check(
        &segment(r#","cause":{"id":"00000000000000b1"}"#),
        &[("/cause", "cause-without-flag")],
    );
    for flag in ["error", "fault", "throttle"] {
        check(
            &segment(&format!(r#","cause":{{"id":"x"}},"{flag}":true"#)),
            &[],
        );
        check(
            &segment(&format!(r#","cause":{{"id":"x"}},"{flag}":false"#)),
            &[("/cause", "cause-without-flag")],
        );
    }
}

#[test]
fn of_duplicate_keys_the_last_counts() {
    check(
        &segment("").replace(r#""name":"api""#, r#""name":7,"na\u006de":"api""#),
        &[("/name", "duplicate-key")],
    );
    check(
        &segment(r#","name":"a?""#),
        &[("/name", "name-format"), ("/name", "duplicate-key")],
    );
    check(
        &segment(r#","http":{"response":{"status":500}},"http":{}"#),
        &[("/http", "duplicate-key")],
    );
    check(
        &segment(r#","http":{"response":{"status":500},"response":{}}"#),
        &[("/http/response", "duplicate-key")],
    );
    check(
        &segment(r#","subsegments":[{}],"subsegments":[]"#),
        &[("/subsegments", "duplicate-key")],
    );
    check(
        &segment(r#","metadata":{"default":{"a":[{"x":1,"y":2,"x":3}]}}"#),
        &[("/metadata/default/a/0/x", "duplicate-key")],
    );
    check(
        &segment(r#","own":1,"other":{"x":1,"x":2},"own":2"#),
        &[("/other/x", "duplicate-key"), ("/own", "duplicate-key")],
    );
    let many: Vec<String> = (0..40)
        .map(|key| format!(r#""k{}":{key}"#, key % 30))
        .collect();
    check(
        &segment(&format!(r#","annotations":{{{}}}"#, many.join(","))),
        &(0..10)
            .map(|key| (format!("/annotations/k{key}"), "duplicate-key"))
            .collect::<Vec<_>>()
            .iter()
            .map(|(pointer, code)| (&**pointer, *code))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn misspelled_and_misplaced_fields_are_named() {
    let told = |field: &str| {
        let document = Document::parse(&segment(&format!(r#","{field}":1"#))).unwrap();
        let violations = judge(&document);
        violations
            .first()
            .map(|violation| violation.message().to_owned())
    };
    for (field, meant) in [
        ("throttled", "throttle"),
        ("startTime", "start_time"),
        ("trace-id", "trace_id"),
        ("anotations", "annotations"),
        ("subsegment", "subsegments"),
        ("falut", "fault"),
        ("usr", "user"),
        ("Name", "name"),
    ] {
        assert_eq!(
            told(field).as_deref(),
            Some(&*format!(
                "a name was misspelled, or is another tracer's: X-Ray does not read `{field}`; is `{meant}` meant?"
            ))
        );
    }
    for field in [
        "Dummy",
        "notTraced",
        "custom_attribute",
        "ids",
        "i",
        "tags",
        "awsx",
    ] {
        assert_eq!(told(field), None);
    }
    for field in ["namespace", "traced", "sql", "precursor_ids"] {
        check(
            &segment(&format!(r#","{field}":[{{"a":1,"a":2}}]"#)),
            &[
                (&format!("/{field}"), "misplaced-field"),
                (&format!("/{field}/0/a"), "duplicate-key"),
            ],
        );
    }
    for field in ["user", "origin", "service", "resource_arn"] {
        check(
            &alone(&format!(r#","{field}":null"#)),
            &[(&format!("/{field}"), "misplaced-field")],
        );
    }
}

#[test]
fn an_aws_call_says_what_was_called() {
    let call = |name: &str, fields: &str| {
        alone(&format!(r#","namespace":"aws"{fields}"#)).replace("\"put\"", &format!("\"{name}\""))
    };
    let report = &[("", "aws-call")];
    check(
        &call("S3", r#","aws":{"operation":"GetObject","region":"r"}"#),
        &[],
    );
    check(&call("S3", r#","aws":{"operation":"GetObject"}"#), report);
    check(&call("S3", r#","aws":{"region":"r"}"#), report);
    check(&call("S3", ""), report);
    for operation in [
        "BatchGetItem",
        "BatchWriteItem",
        "CreateTable",
        "DeleteItem",
        "DeleteTable",
        "DescribeTable",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "UpdateItem",
        "UpdateTable",
    ] {
        let aws = format!(r#","aws":{{"operation":"{operation}","region":"r"}}"#);
        check(&call("dynamodb", &aws), report);
        let aws = aws.replace("\"r\"", "\"r\",\"table_name\":\"a\"");
        check(&call("dynamodb", &aws), &[]);
    }
    check(
        &call(
            "DynamoDB",
            r#","aws":{"operation":"ListTables","region":"r"}"#,
        ),
        &[],
    );
    check(
        &call(
            "DynamoDB",
            r#","aws":{"operation":"Scan","region":"r","table_names":["a"]}"#,
        ),
        &[],
    );
    check(
        &call(
            "DynamoDB",
            r#","aws":{"operation":"Scan","region":"r","resource_names":["a"]}"#,
        ),
        &[],
    );
    // What is empty is not said.
    for aws in [
        r#""operation":"","region":"r""#,
        r#""operation":"GetObject","region":"""#,
    ] {
        check(&call("S3", &format!(r#","aws":{{{aws}}}"#)), report);
    }
    for table in [r#""table_name":"""#, r#""table_names":[]"#] {
        let aws = format!(r#","aws":{{"operation":"Query","region":"r",{table}}}"#);
        for name in ["DynamoDB", "AmazonDynamoDBv2"] {
            check(&call(name, &aws), report);
        }
        check(&call("Timestream", &aws), &[]);
    }
    let open = call("S3", "").replace(r#","end_time":1721763840.75"#, r#","in_progress":true"#);
    check(&open, &[]);
    check(&call("S3", "").replace("\"aws\"", "\"remote\""), &[]);
}

#[test]
fn a_call_that_was_answered_says_the_id_of_the_reply() {
    let call = |aws: &str, http: &str| {
        alone(&format!(
            r#","namespace":"aws","aws":{{"operation":"GetObject","region":"r"{aws}}},"http":{http}"#
        ))
        .replace("\"put\"", "\"S3\"")
    };
    let report = &[("", "aws-request-id")];
    let ok = r#"{"response":{"status":200}}"#;
    check(&call("", ok), report);
    check(&call(r#","request_id":"r-1""#, ok), &[]);
    check(&call(r#","request_id":"""#, ok), report);
    let refused = r#"{"response":{"status":499}},"error":true"#;
    check(&call("", refused), report);
    // A proxy may have answered, or something else between.
    let failed = r#"{"response":{"status":500}},"fault":true"#;
    check(&call("", failed), &[]);
    // That the reply had none is said by null.
    check(
        &call(r#","request_id":null"#, ok),
        &[("/aws/request_id", "loose-type")],
    );
    check(&call("", "{}"), &[]);
    check(&call("", r#"{"response":{"content_length":7}}"#), &[]);
    check(
        &call("", r#"{"response":{"status":""}}"#),
        &[("/http/response/status", "loose-type")],
    );
    check(&call("", ok).replace("\"aws\",", "\"remote\","), &[]);
    let open = call("", ok).replace(r#""end_time":1721763840.75"#, r#""in_progress":true"#);
    check(&open, &[]);
}

#[test]
fn a_call_is_named_after_the_service_that_has_its_operation() {
    let call = |name: &str, operation: &str| {
        alone(&format!(
            r#","namespace":"aws","aws":{{"operation":"{operation}","region":"r","table_name":"t"}}"#
        ))
        .replace("\"put\"", &format!("\"{name}\""))
    };
    for (name, operation) in [
        ("DynamoDB", "PutItem"),
        ("dynamodb", "UpdateItem"),
        ("AmazonDynamoDBv2", "TransactWriteItems"),
        ("DynamoDb", "BatchGetItem"),
        ("S3", "UploadPart"),
        ("Amazon S3", "HeadObject"),
        ("Sqs", "ReceiveMessage"),
        ("AmazonSQS", "SendMessageBatch"),
        ("Secrets Manager", "GetSecretValue"),
        ("secretsmanager", "GetSecretValue"),
        // Of which several services have one.
        ("Timestream Query", "Query"),
        ("IoT Data", "Publish"),
        ("own-service", "CreateTable"),
        ("Lightsail", "CreateBucket"),
        ("dax", "GetItem"),
        ("S3", "PutItems"),
        ("S3", "put_item"),
    ] {
        check(&call(name, operation), &[]);
    }
    for (name, operation) in [
        ("orders-table", "PutItem"),
        ("Dynamo", "ReceiveMessage"),
        ("S3", "GetItem"),
        ("s-3", "HeadObject"),
        ("SNS", "ChangeMessageVisibility"),
        ("KMS", "PutSecretValue"),
        ("dynam", "DeleteItem"),
    ] {
        check(&call(name, operation), &[("/name", "aws-name")]);
        check(
            &call(name, operation).replace("\"aws\",", "\"remote\","),
            &[],
        );
    }
    check(&call("", "PutItem"), &[("/name", "name-format")]);
    let told = call("orders", "PutItem");
    assert_eq!(
        judge(&Document::parse(&told).unwrap())[0].message(),
        "the call was named by hand, or after another client: `PutItem` is an operation of DynamoDB, and its \
         subsegment is named `orders`; name it `DynamoDB`, or the service map shows another service"
    );
}

#[test]
fn values_of_requests_and_replies_are_found_wherever_they_are_in_a_call() {
    let call = |aws: &str| {
        alone(&format!(
            r#","namespace":"aws","aws":{{"operation":"PutItem","region":"r","table_name":"t",{aws}}}"#
        ))
        .replace("\"put\"", "\"DynamoDB\"")
    };
    for (aws, pointer) in [
        (r#""item":{"id":{"S":"o-1"}}"#, "/aws/item"),
        (r#""Item":{"id":"o-1"}"#, "/aws/Item"),
        (r#""key":{"id":"o-1"}"#, "/aws/key"),
        (r#""Keys":[{"id":7}]"#, "/aws/Keys"),
        (
            r#""ExpressionAttributeValues":{":a":1}"#,
            "/aws/ExpressionAttributeValues",
        ),
        (
            r#""expression_attribute_values":[1]"#,
            "/aws/expression_attribute_values",
        ),
        (r#""message_body":"hello""#, "/aws/message_body"),
        (r#""payload":{"a":1}"#, "/aws/payload"),
        (r#""secret_string":"hunter2""#, "/aws/secret_string"),
        (r#""statement":"SELECT 1""#, "/aws/statement"),
        (r#""own":{"deep":[{"a":{"N":"7"}}]}"#, "/aws/own/deep/0/a"),
        (r#""own":{"BOOL":false}"#, "/aws/own"),
        (r#""own":[1,{"SS":[]}]"#, "/aws/own/1"),
        (r#""own":{"M":{"a":{"S":"x"}}}"#, "/aws/own"),
        (
            r#""item_collection_metrics":{"ItemCollectionKey":{"id":{"S":"o-1"}}}"#,
            "/aws/item_collection_metrics/ItemCollectionKey/id",
        ),
    ] {
        check(&call(aws), &[(pointer, "aws-values")]);
        let remote = call(aws).replace("\"aws\",", "\"remote\",");
        check(&remote, &[(pointer, "aws-values")]);
    }
    for aws in [
        r#""key":"2024/a.pdf""#,
        r#""item":{}"#,
        r#""items":[]"#,
        r#""items":12"#,
        r#""item":null"#,
        r#""payload":512"#,
        r#""message_body":"""#,
        r#""items_count":3"#,
        r#""attribute_definitions":[{"AttributeName":"id","AttributeType":"S"}]"#,
        r#""consumed_capacity":{"TableName":"t","CapacityUnits":1.0}"#,
        r#""own":{"S":7}"#,
        r#""own":{"S":"a","N":"1"}"#,
        r#""own":{"X":"a"}"#,
        r#""item_collection_metrics":{"SizeEstimateRangeGB":[0,1]}"#,
    ] {
        check(&call(aws), &[]);
    }
    let metrics = call(r#""item_collection_metrics":[{"a":{"S":"o-1"}}]"#);
    let violations = judge(&Document::parse(&metrics).unwrap());
    assert_eq!(
        violations[0].dialect(),
        Some("the official SDKs record the keys in these metrics")
    );
    assert!(!violations[0].to_string().contains("o-1"));
    let open = call(r#""item":{"id":{"S":"o-1"}}"#)
        .replace(r#""end_time":1721763840.75"#, r#""in_progress":true"#);
    check(&open, &[("/aws/item", "aws-values")]);
}

#[test]
fn keys_of_annotations_with_ids_in_them_are_told_from_keys_with_numbers() {
    let keyed = |key: &str| segment(&format!(r#","annotations":{{"{key}":true}}"#));
    for key in [
        "order_8f14e45fceea167a",
        "order.20481234",
        "12345678",
        "user_7f3c9a52e1d4b",
        "a1b2c3d4xyzxyzxyzxyz",
    ] {
        check(
            &keyed(key),
            &[(&format!("/annotations/{key}"), "id-in-name")],
        );
    }
    for key in [
        "http_5003",
        "limit_1000000",
        "sha256",
        "md5_of_body_2024",
        "region_us_east_1",
        "deadbeefcafe",
        "abcdefghijklmnopqrs123",
    ] {
        check(&keyed(key), &[]);
    }
    let told = judge(&Document::parse(&keyed("order_20481234")).unwrap());
    assert_eq!(
        told[0].message(),
        "an id or a date was put into a key: the annotation key `order_20481234` looks as if it held one; name \
         what it tells, and make that its value"
    );
}

#[test]
fn pointers_are_escaped_and_names_lead_to_the_place() {
    let document = segment(
        r#","subsegments":[{"name":"a","id":"00000000000000b1","start_time":1,"end_time":2,"subsegments":[
            {"id":"00000000000000c1","start_time":1,"end_time":2,"name":"b","annotations":{"x/y~z":1}}]}]"#,
    );
    let violations = judge(&Document::parse(&document).unwrap());
    let [violation] = &violations[..] else {
        panic!("{violations:?}")
    };
    assert_eq!(
        violation.pointer(),
        "/subsegments/0/subsegments/0/annotations/x~1y~0z"
    );
    assert_eq!(violation.names(), ["api", "a", "b"]);
    assert_eq!(violation.id(), Some("00000000000000c1"));
    assert_eq!(
        violation.trace_id(),
        Some("1-66a00000-0123456789abcdef01234567")
    );
    assert_eq!(
        violation.to_string(),
        "pruned (annotation-key): a text, or a name from elsewhere, was used as a key: the annotation key `x/y~z` has \
         `/`; use letters, digits, `_` and `.`\n  \
         at /subsegments/0/subsegments/0/annotations/x~1y~0z of api > a > b"
    );
}

#[test]
fn sdks_are_named_where_one_is_known_to_write_so() {
    let dialect = |document: &str| judge(&Document::parse(document).unwrap())[0].dialect();
    assert_eq!(
        dialect(&segment(r#","annotations":[]"#)),
        Some("the Node SDK writes so where it is given so")
    );
    assert_eq!(
        dialect(&segment(r#","throttled":true"#)),
        Some("the crate xray-lite writes so")
    );
    assert_eq!(
        dialect(&segment(r#","fault":true,"cause":{"exceptions":[{}]}"#)),
        Some("the Ruby SDK writes so")
    );
    assert_eq!(
        dialect(&segment(
            r#","http":{"response":{"status":404}},"error":true,"fault":true"#
        )),
        Some("the Python and Node SDKs set `fault` too for errors of a client")
    );
    assert_eq!(
        dialect(&segment(r#","http":{"response":{"status":404}}"#)),
        None
    );
    assert_eq!(
        dialect(&alone(r#","aws":{"table_names":"dict_keys(['Orders'])"}"#)),
        Some("the Python SDK writes the text of a dict there")
    );
    assert_eq!(dialect(&alone(r#","aws":{"table_names":7}"#)), None);
    assert_eq!(
        dialect(&alone(r#","namespace":"dummy""#)),
        Some("the Python SDK writes so below a segment that is not sampled")
    );
    assert_eq!(dialect(&alone(r#","namespace":"other""#)), None);
}

#[test]
fn thousands_of_levels_and_of_violations_are_no_trouble() {
    let mut nested = String::new();
    let mut ends = String::new();
    for level in 0..1_500 {
        write!(
            nested,
            r#"{{"name":"s","id":"{level:016x}","start_time":1,"end_time":2,"subsegments":["#
        )
        .unwrap();
        ends.push_str("]}");
    }
    let document = segment(&format!(r#","subsegments":[{nested}{{"name":"s"}}{ends}]"#));
    let violations = judge(&Document::parse(&document).unwrap());
    let deepest = violations
        .iter()
        .filter(|violation| {
            violation.names().get(64).map(String::as_str) == Some("<1374 more names>")
        })
        .count();
    assert_eq!(deepest, 3);
    assert!(
        violations
            .iter()
            .all(|violation| violation.names().len() <= 129)
    );
    // Two for each, and that there are so many, and that the document is large.
    let keys: Vec<String> = (0..20_000).map(|key| format!("\"k {key}\":null")).collect();
    let document = segment(&format!(r#","annotations":{{{}}}"#, keys.join(",")));
    assert_eq!(judge(&Document::parse(&document).unwrap()).len(), 40_002);
}

// Found by fuzzing: it took minutes, and what each level breaks took gigabytes.
#[test]
fn the_entity_of_many_violations_is_looked_at_once() {
    let fields: String = (0..40_000).map(|_| r#","Name":1"#).collect();
    let name = "n".repeat(60_000);
    let document = segment(&fields).replace("\"api\"", &format!("\"{name}\""));
    assert_eq!(judge(&Document::parse(&document).unwrap()).len(), 40_002);
    let levels = 2_000;
    let nested = r#"{"subsegments":["#.repeat(levels) + &"]}".repeat(levels);
    let document = segment(&format!(r#","subsegments":[{nested}]"#));
    let violations = judge(&Document::parse(&document).unwrap());
    assert_eq!(violations.len(), 4 * levels);
    let names: usize = violations
        .iter()
        .map(|violation| violation.names().len())
        .sum();
    assert!(names <= violations.len() * 129);
}

#[test]
fn a_segment_and_its_one_subsegment_may_not_have_the_same_id() {
    check(
        &embedded("").replace("00000000000000b1", "00000000000000a1"),
        &[("/subsegments/0/id", "id-repeated")],
    );
}

#[test]
fn texts_that_hold_other_halves_of_characters_differ() {
    let check = |document: &str, code: &str, expected: usize| {
        let violations = judge(&Document::parse(document).unwrap());
        let found = violations.iter().filter(|found| found.code() == code);
        assert_eq!(found.count(), expected, "{code} in {document}");
    };
    for (other, expected) in [(r"\ud801", 0), (r"\ufffd", 0), (r"\uD800", 1)] {
        let keys = format!(r#","metadata":{{"default":{{"\ud800":1,"{other}":2}}}}"#);
        check(&segment(&keys), "duplicate-key", expected);
        let ids = embedded("")
            .replace("00000000000000a1", r"\ud800")
            .replace("00000000000000b1", other);
        check(&ids, "id-repeated", expected);
        let traces = embedded(&format!(r#","trace_id":"{other}""#))
            .replace("1-66a00000-0123456789abcdef01234567", r"\ud800");
        check(&traces, "embedded-trace-id", 1 - expected);
    }
    let links = |first: u32| {
        let links = (first..=first + 20).map(|unit| format!(r#"{{"trace_id":"\u{unit:04x}"}}"#));
        segment(&format!(
            r#","links":[{}]"#,
            links.collect::<Vec<_>>().join(",")
        ))
    };
    check(&links(0xd800), "link-count", 1);
    check(
        &links(0xd800).replacen(r"\ud801", r"\uD800", 1),
        "link-count",
        0,
    );
}

#[test]
fn words_with_digits_are_ids_from_a_certain_length_on() {
    let named = |name: &str| segment("").replace("\"api\"", &format!("\"{name}\""));
    for name in [
        "a1b2c3d4e5f6",
        "abcdefghijklmnop1234",
        "a b.c 12345",
        "a.1 12345",
        "a..b-12345",
        "12345-a..com",
        "12345 b.com",
        "12345-x.a",
        "12345",
        "x/7",
    ] {
        check(&named(name), &[("/name", "id-in-name")]);
    }
    for name in [
        "a1b2c3d4e5f",
        "abcdefghijklmno1234",
        "abcdefghijklmnopq123",
        "GET /v2/",
        "a//b 1",
        "v 12345.6",
        "6.12345",
        "a_1234567.example-1234567.com",
        "bucket-2024",
        "orders@db-1.cluster-abc123def456.us-east-1.rds.amazonaws.com",
        "logs-1234567.com:8080",
        "logs-1234567-x.com",
        "logs_1234567_x.com",
    ] {
        check(&named(name), &[]);
    }
}

/// What a document is told that breaks one rule, or the first of several.
fn told(document: &str) -> String {
    judge(&Document::parse(document).unwrap())[0]
        .message()
        .to_owned()
}

#[track_caller]
fn contains(document: &str, part: &str) {
    let message = told(document);
    assert!(message.contains(part), "{message}");
}

#[test]
fn what_is_said_depends_on_what_is_wrong() {
    let answered = |status: u16, flag: &str| {
        segment(&format!(
            r#","http":{{"response":{{"status":{status}}}}},"{flag}":true"#
        ))
    };
    contains(
        &answered(200, "fault"),
        "it failed after the reply had come: the status 200 means no flag, and `fault` is set",
    );
    contains(
        &answered(500, "error"),
        "the flags were set by an exception, and not by the reply: the status 500 means `fault`, and `error` is set",
    );
    contains(
        &answered(429, "throttle"),
        "a flag was forgotten: the status 429 means `error` and `throttle`, and `throttle` is set",
    );
    contains(
        &answered(404, "other"),
        "the status was recorded without its flags: the status 404 means `error`, and no flag is set",
    );
    let started = |time: &str| {
        segment("")
            .replace("1721763840.25", time)
            .replace("1721763840.75", "1e99")
    };
    let unit = |time: &str| {
        let violations = judge(&Document::parse(&started(time)).unwrap());
        violations[1].message().to_owned()
    };
    assert!(unit("-1").starts_with("a time that was never set was sent: `start_time` is -1, "));
    assert!(
        unit("\"2024-07-23\"").starts_with("a time was sent as text: `start_time` is `2024-07-23`")
    );
    assert!(
        unit("null").starts_with("null was written for what is not set: `start_time` is null;")
    );
    assert!(unit("1721763840250").starts_with("a time in milliseconds was sent: "));
    assert!(unit("1721763840250000").starts_with("a time in microseconds was sent: "));
    assert!(unit("1721763840250000000").starts_with("a time in nanoseconds was sent: "));
    contains(
        &segment(r#","annotations":{"":1}"#),
        "the key was never set: an annotation key is empty; give it one",
    );
    contains(
        &segment(r#","annotations":{"":null}"#),
        "an annotation key is empty",
    );
    contains(
        &segment("").replace("\"api\"", "\"\""),
        "it was never set: the name of a segment is empty; give it one",
    );
    contains(
        &segment("").replace("\"api\"", "null"),
        "null was written for what is not set: the name is null, expected a string",
    );
}

#[test]
fn the_cause_that_is_likely_depends_on_the_value() {
    let with = |member: &str| segment(&format!(",{member}"));
    let traced = |id: &str| segment("").replace("\"1-66a00000-0123456789abcdef01234567\"", id);
    contains(
        &with(r#""annotations":{"a":null}"#),
        "a value that is not set was annotated: the annotation `a` is null",
    );
    contains(
        &with(&format!(r#""annotations":{{"{}":1}}"#, "k".repeat(501))),
        "kkk…` has 501 characters; cut it to 500",
    );
    contains(
        &with(r#""annotations":{"a":{}}"#),
        "a structure was annotated: the annotation `a` is {}",
    );
    contains(
        &with(r#""parent_id":"""#),
        "it was never set: `parent_id` is an empty text",
    );
    contains(
        &with(r#""parent_id":7"#),
        "a value of the wrong kind was given: `parent_id` is 7",
    );
    contains(
        &with(r#""cause":"timeout""#),
        "an error was written as text: `cause` is `timeout`",
    );
    contains(
        &with(r#""cause":7"#),
        "a value of the wrong kind was given: `cause` is 7",
    );
    contains(
        &with(r#""user":null"#),
        "null was written for what is not set: `user` is null, expected a string; X-Ray drops",
    );
    contains(
        &with(r#""user":7"#),
        "a value of the wrong kind was given: `user` is 7 (a number), expected a string; X-Ray drops",
    );
    contains(
        &with(r#""cause":"0123456789abcde""#),
        "an id of another kind was used: `cause` is `0123456789abcde`",
    );
    contains(
        &with(r#""http":{"response":{"status":"200"}}"#),
        "it was written as text: `status` is `200` (a string), expected a number",
    );
    contains(
        &traced("\"Root=1-66a00000-0123456789abcdef01234567\""),
        "the whole trace header was used: invalid trace id `Root=1-66a00000-0123456789abcdef01234567`",
    );
    contains(
        &segment("").replace("1721763840.75", "0"),
        "the end was never set: `end_time` 0 is before `start_time` ",
    );
    contains(
        &segment("").replace("1721763840.25", "1721763840250"),
        "the two are in different units: `end_time` 1721763840.75 is before `start_time` 1721763840250",
    );
    let named = |name: &str| segment("").replace("\"api\"", name);
    contains(
        &named(&format!("\"{}\"", "a".repeat(201))),
        "a whole text was used as a name: ",
    );
    contains(
        &named("\"cafe\u{301}\""),
        "the text comes from where letters and their accents are written apart: ",
    );
    contains(
        &traced("\"\""),
        "the trace was never begun: `trace_id` is an empty text",
    );
    contains(
        &traced("\"1-2-3\""),
        "an id of another kind was used, or cut: invalid trace id `1-2-3`",
    );
    contains(
        &traced("null"),
        "null was written for what is not set: `trace_id` is null",
    );
}

#[test]
fn a_slip_of_the_pen_is_one_letter_or_two_that_changed_places() {
    let meant = |field: &str| {
        let document = Document::parse(&segment(&format!(r#","{field}":1"#))).unwrap();
        judge(&document)
            .first()
            .map(|violation| violation.message().to_owned())
    };
    let long = |underscores: usize| format!("start{}time", "_".repeat(underscores));
    for field in [
        "xrigin",
        "roigin",
        "orign",
        "origina",
        "originx",
        "orixin",
        &long(23),
    ] {
        assert!(meant(field).is_some(), "{field}");
    }
    for field in [
        "xyigin",
        "xoigin",
        "gioirn",
        "orig",
        "originxy",
        "orixyn",
        &long(24),
    ] {
        assert_eq!(meant(field), None, "{field}");
    }
}

/// What is right but for one thing: the quick look must see it too.
#[test]
fn one_thing_wrong_in_a_plain_document_is_enough() {
    let needed = [
        ("id", "missing-id"),
        ("name", "missing-name"),
        ("start_time", "missing-start-time"),
        ("trace_id", "missing-trace-id"),
        ("parent_id", "missing-parent-id"),
        ("end_time", "missing-end-time"),
    ];
    for (key, code) in needed {
        let without = |document: String| document.replace(&format!("\"{key}\""), "\"other\"");
        check(&without(alone("")), &[("", code)]);
        if key != "parent_id" {
            check(&without(segment("")), &[("", code)]);
        }
        if !["parent_id", "trace_id"].contains(&key) {
            let inner = embedded("");
            let (outer, inner) = inner.split_at(inner.find("subsegments").unwrap());
            check(
                &format!("{outer}{}", without(inner.to_owned())),
                &[("/subsegments/0", code)],
            );
        }
    }
    let padding = " ".repeat(64_000);
    check(
        &format!("{}{padding}", segment("")),
        &[("", "document-large")],
    );
    check(
        &segment(r#","user":"\ud800""#),
        &[("/user", "lone-surrogate")],
    );
    check(
        &segment(r#","namespace":"remote","parent_id":"00000000000000b9""#),
        &[("/namespace", "misplaced-field")],
    );
    check(
        &segment(r#","user":"a","user":"b""#),
        &[("/user", "duplicate-key")],
    );
    check(
        &segment(r#","aws":{"account_id":"a","account_id":"b"}"#),
        &[("/aws/account_id", "duplicate-key")],
    );
    check(
        &segment("").replace("00000000000000a1", "000000000000a1zz"),
        &[("/id", "id-hex")],
    );
    let call = |aws: &str| {
        alone(&format!(
            r#","namespace":"aws","aws":{{"table_name":"t",{aws}}}"#
        ))
        .replace("\"put\"", "\"DynamoDB\"")
    };
    check(&call(r#""operation":"Query","region":"r""#), &[]);
    check(&call(r#""operation":"Query""#), &[("", "aws-call")]);
    check(&call(r#""region":"r""#), &[("", "aws-call")]);
    check(
        &segment(r#","cause":"00000000000000e1""#),
        &[("/cause", "cause-without-flag")],
    );
    let keys: Vec<String> = (0..7).map(|key| format!("\"k{key}\":1")).collect();
    let annotations = format!(r#","annotations":{{{}}}"#, keys.join(","));
    let children = |count: usize| {
        let child = |number: usize| {
            format!(
                r#"{{"name":"put","id":"00000000000000b{number}","start_time":1721763840.25,"end_time":1721763840.75{annotations}}}"#
            )
        };
        let children: Vec<String> = (0..count).map(child).collect();
        segment(&format!(
            r#"{annotations},"subsegments":[{}]"#,
            children.join(",")
        ))
    };
    check(&children(6), &[]);
    check(
        &children(7),
        &[("/subsegments/6/annotations", "annotation-count")],
    );
}
