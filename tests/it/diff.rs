//! What differs between traces: as values and as text.
#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    clippy::needless_raw_string_hashes,
    reason = "a test is read more often than it is run"
)]

use std::sync::Arc;
use std::time::Duration;

use xray_phantom::json::Document;
use xray_phantom::snapshot::{Comparison, Difference, Traces, diff};
use xray_phantom::trace::{Arrival, ExternalParents, PartialTrace, assemble};

/// An entity of these members, with what is below it.
fn entity(members: &str, children: &[String]) -> String {
    format!("{{{members},\"subsegments\":[{}]}}", children.join(","))
}

fn named(name: &str, children: &[String]) -> String {
    entity(&format!(r#""name":"{name}""#), children)
}

/// The trace of a document; its ids begin at this number.
fn trace(document: &str, ids: u32) -> PartialTrace {
    let mut text = String::new();
    // Every entity gets an id and times, each trace an id.
    for (part, id) in document.split("{\"name\"").zip(ids..) {
        if id > ids {
            let trace = if id == ids + 1 {
                format!("\"trace_id\":\"1-66a00000-{ids:024x}\",")
            } else {
                String::new()
            };
            let start = if part.contains("start_time") {
                ""
            } else {
                "\"start_time\":1,\"end_time\":2,"
            };
            text.push_str(&format!("{{{trace}\"id\":\"{id:016x}\",{start}\"name\""));
        }
        text.push_str(part);
    }
    let arrival = Arrival {
        seq: 0,
        arrived: None,
        document: Arc::new(Document::parse(&text).unwrap()),
    };
    assemble([arrival], &ExternalParents::none())
        .traces
        .remove(0)
}

/// Compares two documents, and the other way round that nothing differs from itself.
#[track_caller]
fn check(before: &str, after: &str, expected: &str) {
    let (before, after) = (trace(before, 1), trace(after, 100));
    let found = diff(&before, &after);
    assert_eq!(found.to_string(), expected);
    assert_eq!(format!("{found:?}"), expected);
    assert!(
        found
            .to_string()
            .lines()
            .all(|line| line.chars().count() <= 80)
    );
    assert!(diff(&before, &before).is_empty());
    assert!(diff(&after, &after).is_empty());
}

#[test]
fn the_same_with_other_ids_does_not_differ() {
    let orders = named("api", &[named("a", &[named("b", &[])]), named("a", &[])]);
    let turned = named("api", &[named("a", &[]), named("a", &[named("b", &[])])]);
    check(&orders, &turned, "no difference\n");
}

#[test]
fn what_came_and_went_is_told_with_all_below_it() {
    let put = r#""name":"DynamoDB","aws":{"operation":"PutItem","table_name":"Audit"}"#;
    check(
        &named(
            "api",
            &[named("audit", &[entity(put, &[])]), named("kept", &[])],
        ),
        &named("api", &[named("kept", &[named("charge", &[])])]),
        "2 differences\n\
         removed api > audit\n          DynamoDB PutItem Audit\n\
         added   api > kept > charge\n",
    );
    check(
        &named("api", &[]),
        &named("web", &[]),
        "2 differences\nremoved api\nadded   web\n",
    );
}

#[test]
fn one_of_several_that_are_the_same_is_told_once() {
    let calls = |count| vec![named("call", &[]); count];
    check(
        &named("api", &calls(5)),
        &named("api", &calls(3)),
        "2 differences\nremoved api > call\nremoved api > call\n",
    );
}

#[test]
fn what_has_another_parent_has_moved() {
    let put = named("put", &[named("call", &[])]);
    check(
        &named(
            "api",
            &[named("old", std::slice::from_ref(&put)), named("new", &[])],
        ),
        &named("api", &[named("old", &[]), named("new", &[put])]),
        "1 difference\nmoved   api > new > put\n   from api > old > put\n",
    );
    // Moved, and changed on the way.
    let put = |table: &str| {
        entity(
            &format!(r#""name":"put","annotations":{{"table":"{table}"}}"#),
            &[named("call", &[])],
        )
    };
    check(
        &named("api", &[named("old", &[put("a")]), named("new", &[])]),
        &named("api", &[named("old", &[]), named("new", &[put("b")])]),
        "2 differences\n\
         moved   api > new > put\n   from api > old > put\n\
         changed api > new > put\n        /annotations/table\n          before \"a\"\n          after  \"b\"\n",
    );
}

#[test]
fn a_layer_that_came_between_is_an_addition_and_a_move() {
    check(
        &named("api", &[named("put", &[named("call", &[])])]),
        &named(
            "api",
            &[named("layer", &[named("put", &[named("call", &[])])])],
        ),
        "2 differences\n\
         added   api > layer\n\
         moved   api > layer > put\n   from api > put\n",
    );
}

#[test]
fn values_are_compared_field_by_field() {
    check(
        &entity(
            r#""name":"api","annotations":{"a":1,"b":"x","gone":true},"http":{"response":{"status":200}},
               "metadata":{"d":{"list":[1,2,3],"a/b~":{}}}"#,
            &[],
        ),
        &entity(
            r#""name":"api","annotations":{"a":1.0,"b":"x","new":null},"http":{"response":{"status":500}},
               "metadata":{"d":{"list":[1,3],"a/b~":[]}},"fault":true"#,
            &[],
        ),
        r#"8 differences
changed api
        /annotations/a
          before 1
          after  1.0
        /annotations/gone
          before true
          after  nothing
        /annotations/new
          before nothing
          after  null
        /fault
          before nothing
          after  true
        /http/response/status
          before 200
          after  500
        /metadata/d/a~1b~0
          before {}
          after  []
        /metadata/d/list/1
          before 2
          after  3
        /metadata/d/list/2
          before 3
          after  nothing
"#,
    );
}

#[test]
fn another_name_over_the_same_tree_is_a_change() {
    check(
        &named("api", &[named("put", &[named("call", &[])])]),
        &named("api", &[named("store", &[named("call", &[])])]),
        "1 difference\nchanged api > store\n        /name\n          before \"put\"\n          after  \"store\"\n",
    );
}

#[test]
fn what_differs_from_run_to_run_is_no_difference() {
    let call = |port: u16, request: &str| {
        entity(
            &format!(
                r#""name":"call","http":{{"request":{{"url":"http://127.0.0.1:{port}/x"}}}},"aws":{{"request_id":"{request}"}}"#
            ),
            &[],
        )
    };
    check(
        &call(4_000, "AAAAAAAAAA"),
        &call(5_000, "BBBBBBBBBB"),
        "no difference\n",
    );
}

#[test]
fn a_reference_to_another_entity_is_a_change() {
    // Ids are given in order: 3 and 102 are those of the first child.
    let orders = |precursor: u32| {
        let third = format!(r#""name":"c","precursor_ids":["{precursor:016x}"]"#);
        named(
            "api",
            &[named("a", &[]), named("b", &[]), entity(&third, &[])],
        )
    };
    check(&orders(3), &orders(102), "no difference\n");
    check(
        &orders(3),
        &orders(103),
        "1 difference\n\
         changed api > c\n        \
                   /precursor_ids/0\n          \
                     before <id> of api > a\n          \
                     after  <id> of api > b\n",
    );
}

#[test]
fn slower_is_what_takes_twice_as_long_and_50_ms_more_unless_another_measure_is_said() {
    let api = |end: &str| {
        entity(
            &format!(r#""name":"api","start_time":1,"end_time":{end}"#),
            &[],
        )
    };
    check(
        &api("1.05"),
        &api("1.1"),
        "1 difference\nslower  api\n        50.0 ms before, 100 ms after\n",
    );
    check(&api("1.05"), &api("1.099"), "no difference\n");
    check(&api("1.01"), &api("1.05"), "no difference\n");
    check(&api("2"), &api("1"), "no difference\n");
    let (before, after) = (trace(&api("2"), 1), trace(&api("2.000001"), 9));
    let exact = Comparison::new().slower_by(1.0, Duration::from_nanos(1));
    assert_eq!(
        exact.diff(&before, &after).differences(),
        [Difference::Slower {
            path: vec!["api".to_owned()],
            before: Duration::from_secs(1),
            after: Duration::from_micros(1_000_001),
        }]
    );
    assert!(exact.diff(&before, &before).is_empty());
    let never = Comparison::new().slower_by(f64::INFINITY, Duration::MAX);
    let (short, long) = (trace(&api("2"), 1), trace(&api("99"), 9));
    assert!(never.diff(&short, &long).is_empty());
}

#[test]
fn a_difference_is_a_value() {
    let (before, after) = (
        trace(&named("api", &[named("gone", &[named("below", &[])])]), 1),
        trace(&named("api", &[]), 9),
    );
    let found = diff(&before, &after);
    assert_eq!(
        found.differences(),
        [Difference::Removed {
            path: vec!["api".to_owned(), "gone".to_owned()],
            outline: "gone\n  below".to_owned(),
        }]
    );
    assert_eq!(found.differences()[0].as_str(), "removed");
    assert_eq!(found.differences()[0].path(), ["api", "gone"]);
    assert_eq!(diff(&after, &before).differences()[0].as_str(), "added");
}

#[test]
fn long_and_invisible_texts_stay_on_lines_of_80_columns() {
    let long = "x".repeat(200);
    let note = |end: &str| {
        entity(
            &format!(
                r#""name":"{long}","annotations":{{"note":"{long}{end}","sign":"\u001b[31m\u202e{end}"}}"#
            ),
            &[],
        )
    };
    let path = format!("…{}", "x".repeat(71));
    check(
        &note("a"),
        &note("b"),
        &format!(
            "2 differences\nchanged {path}\n        \
               /annotations/note\n          \
                 before …xxxxxxxxxxa\"\n          \
                 after  …xxxxxxxxxxb\"\n        \
               /annotations/sign\n          \
                 before \"\\u001b[31m\\u202ea\"\n          \
                 after  \"\\u001b[31m\\u202eb\"\n"
        ),
    );
    let lines: Vec<String> = (0..20)
        .map(|number| named(&format!("n{number}\\u0007"), &[]))
        .collect();
    check(
        &named("api", &[named("gone", &lines)]),
        &named("api", &[]),
        &format!(
            "1 difference\nremoved api > gone\n{}          ... and 10 more\n",
            (0..10)
                .map(|number| format!("          n{number}\\u{{7}}\n"))
                .collect::<String>()
        ),
    );
}

#[test]
fn captures_are_compared_trace_by_trace() {
    let order = |id: &str| {
        let put = format!(r#""name":"put","annotations":{{"order_id":"{id}"}}"#);
        named("orders", &[entity(&put, &[])])
    };
    let traces = |documents: &[String]| -> Vec<PartialTrace> {
        documents
            .iter()
            .zip((1..).step_by(10))
            .map(|(document, ids)| trace(document, ids))
            .collect()
    };
    let before = traces(&[
        order("o-1"),
        order("o-2"),
        named("health", &[]),
        order("o-3"),
    ]);
    let same = traces(&[
        order("o-3"),
        named("health", &[]),
        order("o-1"),
        order("o-2"),
    ]);
    assert!(diff(&before, &same).is_empty());
    let after = traces(&[
        order("o-9"),
        order("o-2"),
        named("ready", &[]),
        order("o-3"),
        order("o-3"),
    ]);
    assert_eq!(
        diff(&before, &after[..]).to_string(),
        "4 differences\n\
         removed health\n\
         added   orders\n          put\n\
         changed orders > put\n        /annotations/order_id\n          before \"o-1\"\n          after  \"o-9\"\n\
         added   ready\n"
    );
    assert!(diff(&[&before[0]], &before[0]).is_empty());
    let none: &[PartialTrace] = &[];
    assert_eq!(diff(none, &before).differences().len(), 4);
    assert!(diff(none, none).is_empty());
    let _: &dyn Traces = &before;
}

/// What two documents give: a caller with two calls that say the same, and who answered.
fn answered(answers: &[(&str, &str)]) -> PartialTrace {
    const TRACE: &str = "1-66a00000-000000000000000000000001";
    let call = |id: &str| {
        format!(r#"{{"id":"00000000000000{id}","name":"pay","start_time":1,"end_time":2}}"#)
    };
    let mut documents = vec![format!(
        r#"{{"trace_id":"{TRACE}","id":"00000000000000a1","name":"api","start_time":1,"end_time":3,"subsegments":[{},{}]}}"#,
        call("b1"),
        call("b2")
    )];
    for ((parent, order), number) in answers.iter().zip(1..) {
        documents.push(format!(
            r#"{{"trace_id":"{TRACE}","id":"00000000000000f{number}","parent_id":"00000000000000{parent}","name":"pay",
                "start_time":1,"end_time":2,"annotations":{{"order":"{order}"}}}}"#
        ));
    }
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(text).unwrap()),
    });
    assemble(arrivals, &ExternalParents::any()).traces.remove(0)
}

#[test]
fn which_of_two_equal_calls_was_answered_does_not_matter() {
    let one = answered(&[("b1", "o-1")]);
    let other = answered(&[("b2", "o-1")]);
    assert_eq!(one.normalized(), other.normalized());
    assert_eq!(diff(&one, &other).to_string(), "no difference\n");
    let one = answered(&[("b1", "o-1"), ("b2", "o-2")]);
    let crossed = answered(&[("b2", "o-1"), ("b1", "o-2")]);
    assert_eq!(one.normalized(), crossed.normalized());
    assert_eq!(diff(&one, &crossed).to_string(), "no difference\n");
    let equal = answered(&[("b1", "o-1"), ("b2", "o-1")]);
    let crossed = answered(&[("b2", "o-1"), ("b1", "o-1")]);
    assert_eq!(diff(&equal, &crossed).to_string(), "no difference\n");
    // That one call was answered twice does.
    let twice = answered(&[("b1", "o-1"), ("b1", "o-2")]);
    assert_eq!(
        diff(&one, &twice).to_string(),
        "1 difference\n\
         changed pay\n        /parent_id\n          before <id> of api > pay\n          after  <id> of api > pay, another one\n"
    );
}

#[test]
fn the_order_of_keys_is_no_other_reference() {
    let headers = |headers: &str| {
        format!(
            r#"{{"name":"api","subsegments":[{{"name":"a"}},{{"name":"b"}},{{"name":"c","metadata":{{"d":{{{headers}}}}}}}]}}"#
        )
    };
    let (a, b) = ("0000000000000003", "0000000000000004");
    let before = headers(&format!(r#""one":"{a}","two":"{b}""#));
    let trace = |document: &str| trace(document, 1);
    let turned = headers(&format!(r#""two":"{b}","one":"{a}""#));
    assert_eq!(
        diff(&trace(&before), &trace(&turned)).to_string(),
        "no difference\n"
    );
    let gone = headers(&format!(r#""two":"{b}""#));
    assert_eq!(
        diff(&trace(&before), &trace(&gone)).to_string(),
        "1 difference\n\
         changed api > c\n        /metadata/d/one\n          before \"<id>\"\n          after  nothing\n"
    );
    let crossed = headers(&format!(r#""one":"{b}","two":"{b}""#));
    assert_eq!(
        diff(&trace(&before), &trace(&crossed)).to_string(),
        "1 difference\n\
         changed api > c\n        /metadata/d/one\n          before <id> of api > a\n          after  <id> of api > b\n"
    );
}

#[test]
fn a_caller_elsewhere_and_another_kind_are_told() {
    let with = |members: &str| format!(r#"{{"name":"api"{members}}}"#);
    let caller = r#","parent_id":"00000000000000ff""#;
    check(
        &with(""),
        &with(caller),
        "1 difference\n\
         changed api\n        /parent_id\n          before nothing\n          after  \"<external>\"\n",
    );
    check(
        &with(caller),
        &with(&format!(r#"{caller},"type":"subsegment""#)),
        "1 difference\n\
         changed api\n        /type\n          before nothing\n          after  \"subsegment\"\n",
    );
    check(
        &with(caller),
        &with(r#","parent_id":"00000000000000ee""#),
        "no difference\n",
    );
}

#[test]
fn of_a_deep_path_the_last_names_are_told() {
    let chain = |end: &str, depth: usize| {
        (0..depth).rev().fold(named(end, &[]), |below, number| {
            named(&format!("n{number}"), &[below])
        })
    };
    let path = |end: &str, depth: usize| {
        let (before, after) = (
            trace(&chain("gone", depth), 1),
            trace(&chain(end, depth), 20_000),
        );
        let diff = diff(&before, &after);
        diff.differences()[0].path().to_vec()
    };
    let names = path("new", 31);
    assert_eq!((names.len(), &*names[0], &*names[31]), (32, "n0", "gone"));
    let names = path("new", 32);
    assert_eq!((names.len(), &*names[0], &*names[1]), (33, "...", "n1"));
    // A difference at each of many levels costs no more than its path.
    let deep = |note: u32| {
        let name = format!(r#""name":"n","annotations":{{"note":{note}}}"#);
        let chain = (0..2_000).fold(named("end", &[]), |below, _| entity(&name, &[below]));
        trace(&chain, 1 + 20_000 * note)
    };
    let diff = diff(&deep(0), &deep(1));
    assert_eq!(diff.differences().len(), 2_000);
    let names = diff.differences().iter().map(|one| one.path().len());
    assert_eq!(names.max(), Some(33));
}
