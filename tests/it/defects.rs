//! What is wrong with a trace, each provoked alone, and what just is not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use xray_phantom::json::Document;
use xray_phantom::model::Timestamp;
use xray_phantom::seam::{Clock, ManualClock};
use xray_phantom::trace::{Arrival, ExternalParents, Index, PartialTrace, assemble};
use xray_phantom::{Defect, DefectCode, FakeDaemon, Finding, Severity, block_on};

use crate::support::{Emitter, codes, trace_id};

/// The one trace that these documents make; each arrives ten seconds after the epoch.
fn trace(documents: &[String]) -> PartialTrace {
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: Some(Timestamp::from_nanos(0) + Duration::from_secs(10)),
        document: Arc::new(Document::parse(text).unwrap()),
    });
    let mut traces = assemble(arrivals, &ExternalParents::none()).traces;
    assert_eq!(traces.len(), 1);
    traces.remove(0)
}

/// The codes of what is wrong, in any order of arrival.
#[track_caller]
fn check(documents: &[String], expected: &[&str]) {
    assert_eq!(codes(&trace(documents)), expected);
    let reversed: Vec<String> = documents.iter().rev().cloned().collect();
    assert_eq!(codes(&trace(&reversed)), expected);
}

/// The message of the one thing that is wrong.
#[track_caller]
fn told(documents: &[String], expected: &str) {
    let trace = trace(documents);
    assert_eq!(told_by(&trace), [expected]);
}

/// The codes and messages of all that is wrong with the traces that these documents make.
fn told_of_all(documents: &[String]) -> Vec<String> {
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(Document::parse(text).unwrap()),
    });
    let traces = assemble(arrivals, &ExternalParents::none()).traces;
    let defects = traces.iter().flat_map(PartialTrace::defects);
    defects
        .map(|defect| format!("{}: {defect}", defect.code()))
        .collect()
}

/// A segment with these fields too; `b` has the time from 1 to 3.
fn segment(id: &str, fields: &str) -> String {
    format!(
        r#"{{"trace_id":"{}","id":"{id:0>16}","name":"api","start_time":1,"end_time":3{fields}}}"#,
        trace_id(1)
    )
}

/// The same with one subsegment that has these fields, and from 1 to 3 unless they say otherwise.
fn with_child(fields: &str) -> String {
    let times = if fields.contains("_time") {
        ""
    } else {
        r#","start_time":1,"end_time":3"#
    };
    segment(
        "a1",
        &format!(r#","subsegments":[{{"id":"00000000000000b1","name":"put"{times}{fields}}}]"#),
    )
}

/// A subsegment on its own below `a1`, with these fields too.
fn alone(id: &str, fields: &str) -> String {
    format!(
        r#"{{"trace_id":"{}","type":"subsegment","id":"{id:0>16}","parent_id":"00000000000000a1","name":"put","start_time":1,"end_time":3{fields}}}"#,
        trace_id(1)
    )
}

#[test]
fn a_subsegment_begins_and_ends_within_its_parent() {
    check(&[with_child("")], &[]);
    check(
        &[with_child(r#","start_time":0.999,"end_time":2"#)],
        &["before-parent"],
    );
    check(&[with_child(r#","start_time":3,"end_time":3"#)], &[]);
    check(
        &[with_child(r#","start_time":3.001,"end_time":4"#)],
        &["before-parent"],
    );
    check(
        &[with_child(r#","start_time":2,"end_time":3.001"#)],
        &["beyond-parent"],
    );
    told(
        &[with_child(r#","start_time":2,"end_time":3.25"#)],
        "it was spawned and not awaited: subsegment `put` ended 250 ms after its parent, segment `api`",
    );
    told(
        &[with_child(r#","start_time":0.5,"end_time":2"#)],
        "it was recorded in an entity that it is no part of, or a clock was set: subsegment `put` began 500 ms before \
         its parent, segment `api`",
    );
    told(
        &[with_child(r#","start_time":5,"end_time":6"#)],
        "it was spawned and not awaited, or recorded in an entity that it is no part of: subsegment `put` began 2000 \
         ms after the end of its parent, segment `api`",
    );
}

#[test]
fn two_complete_documents_for_one_entity_say_the_same() {
    let open = segment("a1", "").replace("\"end_time\":3", "\"in_progress\":true");
    check(&[open, segment("a1", "")], &[]);
    check(&[segment("a1", ""), segment("a1", "")], &[]);
    check(
        &[segment("a1", ""), segment("a1", r#","throttle":true"#)],
        &["conflicting-documents"],
    );
    // The same subsegment embedded and on its own; where it stands is no contradiction.
    check(&[with_child(""), alone("b1", "")], &[]);
    check(
        &[with_child(""), alone("b1", r#","throttle":true"#)],
        &["conflicting-documents"],
    );
    told(
        &[
            segment("a1", r#","user":"x""#),
            segment("a1", "").replace("\"end_time\":3", "\"end_time\":2"),
        ],
        "it was closed twice, or changed after it was sent: segment `api` is complete in several documents, and \
         `end_time` differs; the one that ended later counts",
    );
    told(
        &[segment("a1", r#","user":"x""#), segment("a1", "")],
        "it was closed twice, or changed after it was sent: segment `api` is complete in several documents, and `user` \
         differs; of those that ended at the same time the one with the greater bytes counts",
    );
    // A name and a start do not change.
    let worker = segment("a1", r#","aws":{}"#).replace("\"api\"", "\"worker\"");
    told(
        &[segment("a1", ""), worker],
        "an id was used for two entities: segment `worker` is complete in several documents, and `name` differs; of \
         those that ended at the same time the one with the greater bytes counts",
    );
    let begun = segment("a1", r#","aws":{}"#).replace("\"start_time\":1", "\"start_time\":2");
    told(
        &[segment("a1", ""), begun],
        "an id was used for two entities: segment `api` is complete in several documents, and `start_time` differs; of \
         those that ended at the same time the one with the greater bytes counts",
    );
}

#[test]
fn which_of_two_documents_counts_is_no_matter_of_the_subsegments_that_came_with_it() {
    let named = |name: &str, held: &str| {
        let held = format!(r#""subsegments":[{held}],"name":"api""#);
        segment("a1", "")
            .replace(r#""name":"api""#, &held)
            .replace("\"api\"", &format!("\"{name}\""))
    };
    let child = r#"{"id":"00000000000000b1","name":"put","start_time":1,"end_time":3}"#;
    let apart = |name: &str| named(name, "").replace("\"subsegments\":[],", "");
    let trace_id = format!(r#""trace_id":"{}","#, trace_id(1));
    let ending_with_trace_id = |text: String| {
        let rest = text.replace(&trace_id, "");
        format!(
            "{},{}}}",
            rest.trim_end_matches('}'),
            trace_id.trim_end_matches(',')
        )
    };
    for (one, other) in [("first", "second"), ("second", "first")] {
        for documents in [
            vec![named(one, child), apart(other)],
            vec![named(one, child), named(other, "")],
            vec![named(one, child), named(other, child)],
            vec![ending_with_trace_id(named(one, child)), apart(other)],
            vec![named(one, child), ending_with_trace_id(apart(other))],
            vec![apart(one), apart(other), alone("b1", "")],
            vec![named(one, ""), apart(other), alone("b1", "")],
        ] {
            let trace = trace(&documents);
            let found: Vec<_> = trace.nodes().map(|node| node.name()).collect();
            assert_eq!(
                found,
                [Some("second".into()), Some("put".into())],
                "{documents:#?}"
            );
            check(&documents, &["conflicting-documents"]);
        }
    }
    // Nor is it of the caller.
    let called = |caller: &str, held: &str| {
        let caller = format!(r#""parent_id":"{caller}","name":"api""#);
        named("api", held).replace(r#""name":"api""#, &caller)
    };
    for (one, other) in [("c1", "c2"), ("c2", "c1")] {
        for documents in [
            vec![called(one, child), called(other, "")],
            vec![called(one, ""), called(other, ""), alone("b1", "")],
        ] {
            let trace = trace(&documents);
            let root = trace.roots().next().unwrap();
            let found = root.entity().parent_id();
            assert_eq!(found.as_deref(), Some("c2"), "{documents:#?}");
        }
    }
    // Wherever one stands, and however what says so is written.
    let embedded = |fields: &str| with_child(fields);
    let places = ["trace_id", "type", "parent_id"];
    for (one, other) in [
        (r#","user":"a""#, r#","user":"b""#),
        (r#","user":"b""#, r#","user":"a""#),
    ] {
        let respelled = places.iter().fold(alone("b1", other), |text, place| {
            let (first, rest) = place.split_at(1);
            let letter = u32::from(first.as_bytes()[0]);
            text.replace(
                &format!("\"{place}\":"),
                &format!("\"\\u{letter:04x}{rest}\" : "),
            )
        });
        for documents in [
            vec![embedded(one), alone("b1", other)],
            vec![segment("a1", ""), alone("b1", one), alone("b1", other)],
            vec![segment("a1", ""), alone("b1", one), respelled],
        ] {
            let trace = trace(&documents);
            let put = trace
                .nodes()
                .into_iter()
                .find(|node| node.name().as_deref() == Some("put"));
            let user = put.and_then(|put| put.entity().json().get("user")?.as_str());
            assert_eq!(user.as_deref(), Some("b"), "{documents:#?}");
            check(&documents, &["conflicting-documents"]);
        }
    }
}

#[test]
fn a_name_is_told_as_long_as_it_may_be() {
    let named = |name: &str| segment("a1", "").replace("\"api\"", &format!("\"{name}\""));
    let longest = "n".repeat(200);
    for (name, expected) in [
        (longest.clone(), longest.clone()),
        (format!("{longest}n"), format!("{}…", "n".repeat(199))),
    ] {
        let open = named(&name).replace(",\"end_time\":3", ",\"in_progress\":true");
        let told = told_of_all(&[open]);
        assert!(
            told[0].contains(&format!("segment `{expected}`")),
            "{told:?}"
        );
    }
}

#[test]
fn a_segment_that_names_two_callers_conflicts() {
    let called = |caller: &str| segment("a1", &format!(r#","parent_id":"{caller}""#));
    told(
        &[called("00000000000000c1"), called("00000000000000c2")],
        "it was closed twice, or changed after it was sent: segment `api` is complete in several documents, and \
         `parent_id` differs; of those that ended at the same time the one with the greater bytes counts",
    );
    check(
        &[called("00000000000000c1"), segment("a1", "")],
        &["conflicting-documents"],
    );
}

#[test]
fn documents_that_use_one_id_for_two_subsegments_conflict_and_each_is_kept() {
    let named =
        |name: &str, times: &str| alone("b1", times).replace("\"put\"", &format!("\"{name}\""));
    let (one, other) = (
        r#","start_time":1,"end_time":2"#,
        r#","start_time":2,"end_time":2.5"#,
    );
    let two = |documents: [String; 3], differs: &str| {
        told(
            &documents,
            &format!("an id was used for two entities: {differs}; each is kept"),
        );
        assert_eq!(trace(&documents).nodes().len(), 3);
    };
    let api = || segment("a1", "");
    two(
        [api(), named("put", one), named("get", one)],
        "subsegment `get` has the same one as subsegment `put` of another document, and `name` differs",
    );
    two(
        [api(), named("put", one), named("put", other)],
        "subsegment `put` has the same one as subsegment `put` of another document, and `start_time` differs",
    );
    // One came with its segment.
    two(
        [with_child(one), named("get", other), named("get", other)],
        "subsegment `put` has the same one as subsegment `get` of another document, and `name` differs",
    );
    // One is still open, and lacks its end though the other has one.
    let open = |name: &str, start: u32| {
        let open = format!(r#""start_time":{start},"in_progress":true"#);
        named(name, "").replace(r#""start_time":1,"end_time":3"#, &open)
    };
    let documents = [api(), named("put", one), open("put", 2)];
    check(&documents, &["conflicting-documents", "never-closed"]);
    // Several.
    let third = named("get", r#","start_time":2.5,"end_time":3"#);
    told(
        &[api(), named("put", one), named("get", other), third],
        "an id was used for 3 entities: subsegment `put` has the same one as subsegment `get` of another document, and \
         `name` differs; each is kept",
    );
    // An announced one may be renamed.
    check(&[api(), open("get", 1), named("put", one)], &[]);
    // What else differs is said of the same one.
    let longer = named("put", r#","start_time":1,"end_time":2.5"#);
    let documents = [api(), named("put", one), longer];
    check(&documents, &["conflicting-documents"]);
    assert_eq!(trace(&documents).nodes().len(), 2);
    // A number may be written in another way.
    let rewritten = named("put", one).replace(r#""start_time":1,"#, r#""start_time":1.0,"#);
    check(&[api(), named("put", one), rewritten], &[]);
}

#[test]
fn documents_that_hang_one_subsegment_below_two_conflict() {
    let c1 = alone("c1", r#","start_time":2,"end_time":2.5"#);
    let below = c1.replace("00000000000000a1", "00000000000000b1");
    assert_ne!(c1, below);
    told(
        &[with_child(""), c1.clone(), below.clone()],
        "an id was used for two entities: subsegment `put` has the same one as subsegment `put` of another document, \
         and the parent differs; each is kept",
    );
    // Embedded or not.
    let inside =
        r#","subsegments":[{"id":"00000000000000c1","name":"put","start_time":2,"end_time":2.5}]"#;
    let b1 = |inside: &str| with_child(&format!(r#","start_time":1,"end_time":3{inside}"#));
    check(&[b1(inside), below.clone()], &[]);
    let in_another = segment(
        "a1",
        &format!(
            r#","subsegments":[{{"id":"00000000000000b2","name":"put","start_time":1,"end_time":3{inside}}}]"#
        ),
    );
    let below_another = c1.replace("00000000000000a1", "00000000000000b2");
    for documents in [
        vec![b1(inside), in_another.clone()],
        vec![
            b1(inside),
            in_another.replace(inside, ""),
            below_another.clone(),
        ],
        vec![b1(""), below.clone(), in_another.clone()],
        vec![b1(""), below, in_another.replace(inside, ""), below_another],
    ] {
        told(
            &documents,
            "an id was used for two entities: subsegment `put` has the same one as subsegment `put` of another \
             document, and the parent differs; each is kept",
        );
        assert_eq!(trace(&documents).nodes().len(), 5);
    }
}

#[test]
fn segments_that_call_each_other_are_a_cycle() {
    let called = |id: &str, caller: &str, holds: &str| {
        segment(
            id,
            &format!(
                r#","parent_id":"{caller:0>16}","subsegments":[{{"id":"{holds:0>16}","name":"put","start_time":1,"end_time":3}}]"#
            ),
        )
    };
    check(&[called("a1", "b1", "b1")], &["cycle"]);
    told(
        &[called("a1", "b1", "b1")],
        "an id was copied, or ids are not random: segment `api` is called from within itself",
    );
    check(&[called("a1", "a1", "b1")], &["cycle"]);
    let ring = [called("a1", "b2", "b1"), called("a2", "b1", "b2")];
    check(&ring, &["cycle"]);
    told(
        &ring,
        "an id was copied, or ids are not random: segment `api` and segment `api` call each other",
    );
    // One that the ring calls is not in it.
    let outside = called("a3", "b1", "b3");
    check(&[ring[0].clone(), ring[1].clone(), outside], &["cycle"]);
    // A caller that is not here, or is called by somebody else.
    check(&[called("a1", "f1", "b1")], &[]);
    check(
        &[
            segment("a1", ""),
            called("a2", "a1", "b1"),
            called("a3", "b1", "b2"),
        ],
        &[],
    );
}

/// That two complete documents for a segment, which say this, are no contradiction.
#[track_caller]
fn same(one: &str, other: &str) {
    check(&[segment("a1", one), segment("a1", other)], &[]);
}

/// That they are.
#[track_caller]
fn differ(one: &str, other: &str) {
    let documents = [segment("a1", one), segment("a1", other)];
    check(&documents, &["conflicting-documents"]);
}

#[test]
fn documents_that_say_the_same_in_other_words_do_not_conflict() {
    same(r#","user":"caf\u00e9""#, r#","user":"café""#);
    same(r#","fault":false,"in_progress":false"#, "");
    same(
        r#","http":{"response":{"status":200,"content_length":7}}"#,
        r#","http": {"response": {"content_length": 7.0, "status": 2e2}}"#,
    );
    same(
        r#","precursor_ids":["a", "b"]"#,
        r#","precursor_ids":["a","b"]"#,
    );
    let ends = segment("a1", "").replace("\"end_time\":3", "\"end_time\":3.000");
    check(&[segment("a1", ""), ends], &[]);
    differ(r#","user":"a""#, r#","user":"b""#);
    differ(
        r#","precursor_ids":["a","b"]"#,
        r#","precursor_ids":["b","a"]"#,
    );
    differ(r#","precursor_ids":["a"]"#, r#","precursor_ids":["a","b"]"#);
    differ(
        r#","annotations":{"n":1}"#,
        r#","annotations":{"n":1.0000000001}"#,
    );
    differ(r#","annotations":{"n":1}"#, r#","annotations":{"n":"1"}"#);
    differ(r#","throttle":true"#, "");
}

#[test]
fn what_two_documents_say_is_compared_by_its_value() {
    // Whatever the number: beyond all that a float can hold, and nearer than it can tell.
    let number = |number: &str| format!(r#","annotations":{{"n":{number}}}"#);
    for (one, other) in [
        ("1e300", "1E+300"),
        ("1e300", "1000e297"),
        ("0.0", "-0e7"),
        ("1e-400", "0.1e-399"),
        ("0e99999999999999999999999999999999999999999", "0"),
        (
            "12345678901234567890123456789012345678901234567890",
            "1234567890123456789012345678901234567890123456789e1",
        ),
    ] {
        same(&number(one), &number(other));
    }
    for (one, other) in [
        ("1e-15", "2e-15"),
        ("1e300", "1e301"),
        ("1e300", "-1e300"),
        ("9007199254740992", "9007199254740993"),
        ("100", "1"),
        (
            "1e99999999999999999999999999999999999999998",
            "1e99999999999999999999999999999999999999999",
        ),
    ] {
        differ(&number(one), &number(other));
    }
    // Halves of characters, in values and in keys.
    same(r#","user":"\ud800 x""#, r#","user":"\uD800\u0020x""#);
    differ(r#","user":"\ud800""#, r#","user":"\ud801""#);
    differ(r#","user":"\ud800""#, r#","user":"\ufffd""#);
    differ(r#","metadata":{"\ud800":1}"#, r#","metadata":{"\ud801":1}"#);
    same(
        r#","metadata":{"\ud800":1,"\ud801":2}"#,
        r#","metadata":{"\uD801":2,"\uD800":1}"#,
    );
    differ(
        r#","metadata":{"\ud800":1,"\ud801":2}"#,
        r#","metadata":{"\ud800":3,"\ud801":2}"#,
    );
    differ(r#","annotations":{"n":1}"#, r#","annotations":{"m":1}"#);
    // Of keys that stand twice the last counts, of flags too.
    same(r#","throttle":true,"throttle":false"#, "");
    same(r#","user":"a","user":"b""#, r#","user":"b""#);
    differ(
        r#","throttle":true,"throttle":false"#,
        r#","throttle":true"#,
    );
    // No id is no caller.
    same(r#","parent_id":"""#, "");
    // Times are what they are read as, to the nanosecond.
    let ends =
        |end: &str| segment("a1", "").replace("\"end_time\":3", &format!("\"end_time\":{end}"));
    check(&[ends("3"), ends("3.0000000001")], &[]);
    let begins = |start: &str| {
        let start = format!("\"start_time\":{start}");
        segment("a1", "").replace("\"start_time\":1", &start)
    };
    check(&[begins("1"), begins("1.0000000001")], &[]);
    check(
        &[begins("1"), begins("1.000000001")],
        &["conflicting-documents"],
    );
    check(
        &[ends("3"), ends("3.000000001")],
        &["conflicting-documents"],
    );
    check(
        &[ends("3"), ends("3.000000001").replace("3.0", "2.0")],
        &["conflicting-documents"],
    );
    // Large ones are read as far as they may be the same.
    let keys: Vec<String> = (0..40).map(|key| format!("\"k{key}\":1")).collect();
    let wide = |last: &str| {
        format!(
            r#","metadata":{{"n":{{{},{last}}},"m":[{}1]}}"#,
            keys.join(","),
            "1,".repeat(40)
        )
    };
    same(&wide("\"k7\":2"), &wide("\"k7\":1,\"k7\":2"));
    differ(&wide("\"k7\":2"), &wide("\"k7\":1"));
    differ(&wide("\"k7\":2"), r#","metadata":{"n":{"k7":2}}"#);
    differ(&wide("\"k7\":2").replace("[1,", "["), &wide("\"k7\":2"));
    differ(&wide("\"k7\":2").replace("1]", "2]"), &wide("\"k7\":2"));
}

#[test]
fn an_entity_is_sent_again_where_a_subsegment_ended_after_it() {
    let again = |one: &str, other: &str, expected: &[&str]| {
        check(&[segment("a1", one), segment("a1", other)], expected);
        let mut alone_too = [expected, &["orphan"]].concat();
        alone_too.sort_unstable();
        check(&[alone("b1", one), alone("b1", other)], &alone_too);
    };
    let child = |id: &str, name: &str, end: &str, fields: &str| {
        format!(r#"{{"id":"{id:0>16}","name":"{name}","start_time":1,{end}{fields}}}"#)
    };
    let holding = |children: &[&String]| {
        let children: Vec<&str> = children.iter().map(|child| child.as_str()).collect();
        format!(r#","subsegments":[{}]"#, children.join(","))
    };
    let one = child("c1", "put", r#""end_time":3"#, "");
    let two = child("c2", "put", r#""end_time":3"#, "");
    let late = child("c3", "late", r#""end_time":3.5"#, "");
    let told_late: &[&str] = &["beyond-parent", "sent-again"];

    again(&holding(&[&one]), &holding(&[&one, &late]), told_late);
    again("", &holding(&[&late]), told_late);
    again(&holding(&[&one]), &holding(&[&late]), told_late);
    let deep = child("c1", "put", r#""end_time":3"#, &holding(&[&late]));
    again(&holding(&[&one]), &holding(&[&deep]), told_late);
    // One that was open is one that had not ended.
    let open = child("c1", "put", r#""in_progress":true"#, "");
    again(&holding(&[&open]), &holding(&[&one]), &["sent-again"]);
    again(
        &holding(&[&open, &two]),
        &holding(&[&two, &one]),
        &["sent-again"],
    );
    again(&holding(&[&open]), "", &["never-closed"]);

    // In all of them, or sent whole and in parts.
    let both = holding(&[&one, &late]);
    again(&both, &both.replace(",\"", " ,\n\""), &["beyond-parent"]);
    again(&both, &holding(&[&late, &one]), &["beyond-parent"]);
    again("", &holding(&[&one]), &[]);
    again(&holding(&[&one]), &holding(&[&two]), &[]);
    again(&holding(&[&one]), &holding(&[&one, &two]), &[]);
    check(&[segment("a1", ""), with_child(""), alone("b1", "")], &[]);

    told_again(
        &[segment("a1", ""), segment("a1", &holding(&[&late]))],
        "a subsegment ended after its segment had been sent, so that it was sent again: segment `api` is complete in 2 \
         documents, of which not all hold `late`; close what it holds before it",
    );
    // Once for an entity, however often it came.
    told_again(
        &[
            segment("a1", &holding(&[&late])),
            segment("a1", &holding(&[&one])),
            segment("a1", ""),
            segment("a1", ""),
        ],
        "a subsegment ended after its segment had been sent, so that it was sent again: segment `api` is complete in 3 \
         documents, of which not all hold `late`; close what it holds before it",
    );
    told_again(
        &[
            segment("a1", ""),
            alone("b1", &holding(&[&open])),
            alone("b1", &holding(&[&one])),
        ],
        "a subsegment ended after the one that holds it had been sent, so that it was sent again: subsegment `put` is \
         complete in 2 documents, of which not all hold `put`; close what it holds before it",
    );
    let nameless = late.replace(r#""name":"late","#, "");
    told_again(
        &[segment("a1", ""), segment("a1", &holding(&[&nameless]))],
        "a subsegment ended after its segment had been sent, so that it was sent again: segment `api` is complete in 2 \
         documents, of which not all hold one without name; close what it holds before it",
    );
}

/// Each against each they would take minutes.
#[test]
fn thousands_of_documents_for_one_segment_are_compared_at_once() {
    let holding = |number: u32| {
        let children = (0..10).map(|child| {
            let id = 10 * number + child;
            format!(r#"{{"id":"{id:016x}","name":"put","start_time":1,"end_time":2}}"#)
        });
        let children: Vec<String> = children.collect();
        segment("a1", &format!(r#","subsegments":[{}]"#, children.join(",")))
    };
    let mut documents: Vec<String> = (100..2_100).map(holding).collect();
    let again = |documents: &[String]| {
        let trace = trace(documents);
        let codes = trace.defects().map(Defect::code);
        codes.filter(|code| *code == DefectCode::SentAgain).count()
    };
    assert_eq!(again(&documents), 0);
    documents.push(holding(2_100).replace("\"end_time\":2", "\"end_time\":4"));
    assert_eq!(again(&documents), 1);
}

/// The message of the one that was sent again.
#[track_caller]
fn told_again(documents: &[String], expected: &str) {
    let trace = trace(documents);
    let again = trace
        .defects()
        .filter(|defect| defect.code() == DefectCode::SentAgain);
    let messages: Vec<String> = again.map(ToString::to_string).collect();
    assert_eq!(messages, [expected]);
}

#[test]
fn what_came_before_the_end_or_elsewhere_is_not_sent_again() {
    let open = segment("a1", "").replace("\"end_time\":3", "\"in_progress\":true");
    check(&[open, with_child("")], &[]);
    // Embedded once, on its own once.
    let inner =
        r#","subsegments":[{"id":"00000000000000c1","name":"get","start_time":1,"end_time":2}]"#;
    check(&[with_child(""), alone("b1", inner)], &[]);
    let holding = with_child(&format!(r#","start_time":1,"end_time":3{inner}"#));
    check(&[holding, alone("b1", "")], &[]);
    // A subsegment that was open when its segment was sent, and came again with it.
    let open = with_child(r#","in_progress":true,"start_time":1"#);
    check(&[open, with_child("")], &["sent-again"]);
    // A contradiction is told alone.
    check(
        &[with_child(""), segment("a1", r#","throttle":true"#)],
        &["conflicting-documents"],
    );
    check(
        &[
            with_child(""),
            with_child(r#","error":true,"throttle":true"#),
        ],
        &["conflicting-documents"],
    );
    // So is one between subsegments, though they look like two.
    let renamed = with_child("").replace("\"put\"", "\"get\"");
    check(&[with_child(""), renamed], &["conflicting-documents"]);
    // An entity without id is known by its document alone.
    let nameless = |text: String| text.replace(r#""id":"00000000000000a1","#, "");
    check(
        &[nameless(with_child("")), nameless(segment("a1", ""))],
        &["several-roots"],
    );
}

#[test]
fn a_tree_is_the_same_however_often_its_segment_was_sent() {
    let later = segment(
        "a1",
        r#","subsegments":[{"id":"00000000000000b1","name":"put","start_time":1,"end_time":3},
            {"id":"00000000000000b2","name":"late","start_time":2,"end_time":5}]"#,
    );
    let expected = trace(std::slice::from_ref(&later)).to_string();
    assert_eq!(
        trace(&[with_child(""), later.clone()]).to_string(),
        expected
    );
    assert_eq!(trace(&[later, with_child("")]).to_string(), expected);
}

#[test]
fn an_entity_that_failed_says_why() {
    let code = ["failure-without-cause"];
    let failed = |fields: &str, expected: &[&str]| {
        check(&[segment("a1", fields)], expected);
        check(&[with_child(fields)], expected);
    };
    for flags in [
        r#","error":true"#,
        r#","fault":true"#,
        r#","error":true,"fault":true"#,
    ] {
        let failed = |more: &str, expected: &[&str]| failed(&format!("{flags}{more}"), expected);
        failed("", &code);
        failed(r#","throttle":false,"in_progress":false"#, &code);
        failed(r#","throttle":true"#, &[]);
        for nothing in [
            "null",
            "{}",
            r#""""#,
            "{ }",
            r#"{"exceptions":[]}"#,
            r#"{"working_directory":"/srv"}"#,
        ] {
            failed(&format!(r#","cause":{nothing}"#), &code);
        }
        for cause in [
            r#""00000000000000e1""#,
            r#"{"exceptions":[{}]}"#,
            r#"{"id":"x"}"#,
            r#"{"id":"x","exceptions":[]}"#,
            "[]",
            "7",
        ] {
            failed(&format!(r#","cause":{cause}"#), &[]);
        }
        for (status, expected) in [
            ("400", &[][..]),
            ("503", &[]),
            ("5e2", &[]),
            ("399", &code),
            ("200", &code),
        ] {
            failed(
                &format!(r#","http":{{"response":{{"status":{status}}}}}"#),
                expected,
            );
        }
        failed(r#","http":{"response":{"status":"503"}}"#, &code);
        failed(r#","http":{"response":{}}"#, &code);
    }
    for flags in [
        "",
        r#","error":false,"fault":false"#,
        r#","error":"true","fault":1"#,
        r#","throttle":true"#,
    ] {
        failed(flags, &[]);
    }
    for (fields, flags) in [
        (r#","fault":true"#, "`fault`"),
        (r#","error":true"#, "`error`"),
        (r#","error":true,"fault":true"#, "`error` and `fault`"),
    ] {
        told(
            &[with_child(fields)],
            &format!(
                "the flag was set by hand, and the error was not recorded: subsegment `put` is marked {flags}, and \
                 has no cause, no status from 400 on, and no part that failed; record the error, so that the trace \
                 says why"
            ),
        );
    }
}

#[test]
fn what_was_announced_had_begun_when_its_first_document_arrived() {
    let seconds = |seconds| Some(Timestamp::from_nanos(0) + Duration::from_secs(seconds));
    let of = |documents: [(&str, Option<Timestamp>); 2]| {
        let arrivals = documents
            .iter()
            .zip(0..)
            .map(|((times, arrived), seq)| Arrival {
                seq,
                arrived: *arrived,
                document: Arc::new(
                    Document::parse(
                        &segment("a1", "").replace(r#""start_time":1,"end_time":3"#, times),
                    )
                    .unwrap(),
                ),
            });
        let traces = assemble(arrivals, &ExternalParents::none()).traces;
        told_by(&traces[0])
    };
    let (open, closed) = (
        r#""start_time":60,"in_progress":true"#,
        r#""start_time":60,"end_time":100"#,
    );
    let late = "the clock of the sender is wrong, or the unit: segment `api` began 50 seconds after its document arrived";
    assert_eq!(of([(open, seconds(10)), (closed, seconds(200))]), [late]);
    assert_eq!(of([(closed, seconds(200)), (open, seconds(10))]), [late]);
    assert_eq!(of([(open, seconds(60)), (closed, seconds(200))]), [""; 0]);
    assert_eq!(of([(open, None), (closed, seconds(200))]), [""; 0]);
    let ended = "the clock of the sender is wrong, or the unit: segment `api` ended 20 seconds after its document arrived";
    assert_eq!(of([(open, seconds(60)), (closed, seconds(80))]), [ended]);
}

/// The messages of what is wrong with a trace.
fn told_by(trace: &PartialTrace) -> Vec<String> {
    trace.defects().map(ToString::to_string).collect()
}

#[test]
fn a_part_that_failed_says_why_the_whole_did() {
    let code = ["failure-without-cause"];
    // The segment failed; what is below it has these fields.
    let around = |fields: &str| {
        with_child(fields).replacen("\"name\":\"api\"", "\"name\":\"api\",\"fault\":true", 1)
    };
    check(&[around("")], &code);
    let cause = r#","cause":{"exceptions":[{"id":"00000000000000e1","message":"m"}]}"#;
    for reason in [
        &format!(r#","fault":true{cause}"#),
        cause,
        r#","throttle":true"#,
        r#","error":true,"http":{"response":{"status":404}}"#,
        r#","http":{"response":{"status":404}}"#,
    ] {
        check(&[around(reason)], &[]);
    }
    // Where a part of it may still come, nobody knows; nor of what is open itself.
    check(
        &[around(r#","start_time":1,"in_progress":true"#)],
        &["never-closed"],
    );
    let open = segment("a1", r#","fault":true"#).replace("\"end_time\":3", "\"in_progress\":true");
    check(&[open], &["never-closed"]);
    // The innermost one is told of.
    check(&[around(r#","error":true"#)], &code);
    told(
        &[around(r#","error":true"#)],
        "the flag was set by hand, and the error was not recorded: subsegment `put` is marked `error`, and has no \
         cause, no status from 400 on, and no part that failed; record the error, so that the trace says why",
    );
    // At any depth, streamed or not.
    let deep = format!(
        r#","start_time":1,"end_time":3,"subsegments":[{{"id":"00000000000000c1","name":"get","start_time":1,"end_time":2,"error":true{cause}}}]"#
    );
    check(&[around(&deep)], &[]);
    check(
        &[segment("a1", r#","fault":true"#), alone("b1", cause)],
        &[],
    );
    // A sibling is no part.
    let sibling = alone("b2", &format!(r#","error":true{cause}"#));
    check(&[with_child(r#","error":true"#), sibling], &code);
    // The best of several documents counts: the one that is complete.
    let open = segment("a1", cause).replace("\"end_time\":3", "\"in_progress\":true");
    check(&[open, segment("a1", r#","fault":true"#)], &code);
}

#[test]
fn a_service_that_failed_says_why_its_caller_did() {
    let code = ["failure-without-cause"];
    let callee =
        |fields: &str| segment("a2", &format!(r#","parent_id":"00000000000000b1"{fields}"#));
    let call = |fields: &str| with_child(&format!(r#","namespace":"remote","error":true{fields}"#));
    check(&[call(""), callee("")], &code);
    let cause = r#","cause":{"exceptions":[{"id":"00000000000000e1","message":"m"}]}"#;
    let failed = format!(r#","fault":true{cause}"#);
    check(&[call(""), callee(&failed)], &[]);
    // What it called has failed in turn.
    let within = format!(
        r#","subsegments":[{{"id":"00000000000000c1","name":"get","start_time":1,"end_time":2{failed}}}]"#
    );
    check(&[call(""), callee(&within)], &[]);
    // Nobody says why: the callee is told of.
    check(&[call(""), callee(r#","fault":true"#)], &code);
    // One that runs still, or whose segment is elsewhere, may know.
    let open = callee("").replace("\"end_time\":3", "\"in_progress\":true");
    check(&[call(""), open], &["never-closed"]);
    check(&[call(r#","traced":true"#)], &["traced-without-segment"]);
    check(&[call(r#","traced":true"#), callee("")], &code);
    // A segment is called by a subsegment, and explains none that is not its caller.
    let other = callee(&failed).replace("00000000000000b1", "00000000000000b9");
    check(&[call(""), other], &code);
    let of_segment = callee(&failed).replace("00000000000000b1", "00000000000000a1");
    check(&[segment("a1", r#","fault":true"#), of_segment], &code);
    // Two segments that call each other.
    let ring = |id: &str, child: &str, caller: &str| {
        format!(
            r#"{{"trace_id":"{}","id":"{id:0>16}","parent_id":"{caller:0>16}","name":"api","start_time":1,"end_time":3,"fault":true,
                "subsegments":[{{"id":"{child:0>16}","name":"put","start_time":1,"end_time":3}}]}}"#,
            trace_id(1)
        )
    };
    check(
        &[ring("a1", "b1", "b2"), ring("a2", "b2", "b1")],
        &["cycle"],
    );
}

#[test]
fn entities_that_share_the_id_of_zeros_are_not_taken_for_one() {
    let of = |id: &str, name: &str| {
        segment(
            id,
            &format!(r#","subsegments":[{{"id":"0000000000000000","name":"{name}","start_time":1,"end_time":2}}]"#),
        )
        .replace(r#""name":"api""#, &format!(r#""name":"of-{id}""#))
        .replace("\"start_time\":1", "\"parent_id\":\"00000000000000ff\",\"start_time\":1")
    };
    for documents in [
        [of("a1", "x"), of("a2", "y")],
        [of("a1", "x"), of("a2", "x")],
    ] {
        let trace = trace(&documents);
        assert_eq!(trace.defects().count(), 0, "{trace}");
        assert_eq!(trace.nodes().len(), 4, "{trace}");
    }
    // The same one streamed and embedded is one.
    let streamed = alone("0000000000000000", r#","name":"x""#).replacen("\"name\":\"put\",", "", 1);
    let embedded = with_child(r#","id":"0000000000000000","name":"x""#).replacen(
        r#""id":"00000000000000b1","name":"put","#,
        "",
        1,
    );
    let trace = trace(&[streamed, embedded]);
    assert_eq!(trace.nodes().len(), 2, "{trace}");
}

#[test]
fn a_trace_has_a_size() {
    let large = |bytes: usize| {
        let without = segment("a1", r#","user":"""#).len();
        segment(
            "a1",
            &format!(r#","user":"{}""#, "u".repeat(bytes - without)),
        )
    };
    check(&[large(100_000)], &[]);
    check(&[large(100_001)], &["trace-large"]);
    check(&[large(500_000)], &["trace-large"]);
    check(&[large(500_001)], &["trace-too-large"]);
    // The same document twice is one, and one that another replaces takes no room.
    check(&[large(60_000), large(60_000)], &[]);
    // Of which that they differ is told as well.
    let sizes = |one: &str, other: &str| {
        let trace = trace(&[one.to_owned(), other.to_owned()]);
        let codes = codes(&trace).into_iter();
        let sizes = codes.filter(|code| code.starts_with("trace-"));
        sizes.collect::<Vec<_>>()
    };
    let replaced = |one: String, other: String| {
        assert_eq!(sizes(&one, &other), Vec::<&str>::new());
    };
    let open = |segment: String| segment.replace("\"end_time\":3", "\"in_progress\":true");
    replaced(open(large(60_000)), large(60_000));
    // Whatever else both hold, and in whichever order their texts stand.
    let with = |inside: &str| {
        let inside = format!("\"subsegments\":[{inside}],\"user\"");
        large(60_000).replace("\"user\"", &inside)
    };
    let sub = |id: &str| format!(r#"{{"id":"{id}","name":"b","start_time":1,"end_time":2}}"#);
    let (one, two) = (
        with(&sub("b1")),
        with(&format!("{},{}", sub("b1"), sub("b2"))),
    );
    replaced(open(one.clone()), one.clone());
    let earlier = open(one.clone()).replacen('{', "{ \"in_progress\":true,", 1);
    replaced(earlier, one.clone());
    replaced(
        one.replace("\"end_time\":3", "\"end_time\":2.5"),
        one.clone(),
    );
    replaced(one.clone(), two);
    // The same embedded and on its own, with more inside, and what is inside on its own too.
    let padded = |id: &str, inside: &str| {
        let user = format!(
            "\"user\":\"{}\",\"subsegments\":[{inside}],\"name\"",
            "u".repeat(30_000)
        );
        sub(id).replace("\"name\"", &user)
    };
    let below = |parent: &str, subsegment: &str| {
        let place = format!(
            r#"{{"trace_id":"{}","type":"subsegment","parent_id":"{parent}","#,
            trace_id(1)
        );
        subsegment.replacen('{', &place, 1)
    };
    let a1 = "00000000000000a1";
    let whole = padded("b1", &sub("b2"));
    let documents = [
        large(60_000),
        with(&padded("b1", "")),
        below(a1, &padded("b1", "")),
        below(a1, &whole),
        below("b1", &sub("b2")),
    ];
    check(&documents, &[]);
    // Another subsegment takes room, and another segment.
    check(
        &[with(&padded("b1", "")), below(a1, &padded("b2", ""))],
        &["trace-large"],
    );
    let other = large(60_000).replace("a1\"", "a2\",\"parent_id\":\"b\"");
    check(&[large(60_000), other], &["trace-large"]);
    // To the byte where no document says what another does.
    let (room, child) = (with("").len(), below(a1, &sub("b1")));
    let most =
        |bytes: usize| with("").replacen("uuu", &"u".repeat(bytes + 3 - room - child.len()), 1);
    check(&[most(100_000), child.clone()], &[]);
    check(&[most(100_001), child.clone()], &["trace-large"]);
    told(
        &[large(100_001)],
        "much was recorded for one trace: it has 100001 bytes, each entity counted once, and X-Ray is sure to keep \
         100000 of a trace",
    );
    told(
        &[large(500_001)],
        "too much was recorded for one trace: it has 500001 bytes, each entity counted once, and X-Ray keeps at most \
         500000 (InvalidSegment was seen beyond); record less, or begin a trace of its own",
    );
}

#[test]
fn annotations_are_counted_in_the_whole_trace() {
    let annotations = |count: usize| {
        let keys: Vec<String> = (0..count).map(|key| format!("\"k{key}\":1")).collect();
        format!(r#","annotations":{{{}}}"#, keys.join(","))
    };
    check(
        &[
            segment("a1", &annotations(30)),
            alone("b1", &annotations(20)),
        ],
        &[],
    );
    check(
        &[
            segment("a1", &annotations(30)),
            alone("b1", &annotations(21)),
        ],
        &["trace-annotations"],
    );
    told(
        &[
            segment("a1", &annotations(30)),
            alone("b1", &annotations(21)),
        ],
        "annotations are set where metadata would do: the trace has 51, and X-Ray indexes 50",
    );
    // What one document shows by itself is a violation of it, whatever else came.
    check(&[segment("a1", &annotations(51))], &[]);
    check(&[segment("a1", &annotations(51)), alone("b1", "")], &[]);
    check(
        &[
            segment("a1", &annotations(51)),
            alone("b1", &annotations(1)),
        ],
        &["trace-annotations"],
    );
    // Of keys that stand twice one is indexed.
    let again = annotations(30).replace('{', "{\"k0\":0,");
    check(&[segment("a1", &again), alone("b1", &annotations(20))], &[]);
    // Documents are counted, however their datagrams are.
    let documents = [
        segment("a1", &annotations(30)),
        alone("b1", &annotations(21)),
    ];
    let arrivals = documents.iter().map(|text| Arrival {
        seq: 0,
        arrived: None,
        document: Arc::new(Document::parse(text).unwrap()),
    });
    let assembly = assemble(arrivals, &ExternalParents::none());
    assert_eq!(codes(&assembly.traces[0]), ["trace-annotations"]);
}

#[test]
fn one_segment_of_a_trace_has_no_caller() {
    let called = segment("a2", r#","parent_id":"00000000000000b1""#);
    check(&[with_child(""), called], &[]);
    check(
        &[
            segment("a1", ""),
            segment("a2", r#","parent_id":"00000000000000ff""#),
        ],
        &[],
    );
    check(&[segment("a1", ""), segment("a2", "")], &["several-roots"]);
    told(
        &[segment("a1", ""), segment("a2", "")],
        "the trace header was passed on without its Parent, or an id was used for two requests: segment `api` and \
         segment `api` both have no caller",
    );
}

#[test]
fn nothing_begins_or_ends_after_its_document_arrived() {
    let ended =
        |end: &str| segment("a1", "").replace("\"end_time\":3", &format!("\"end_time\":{end}"));
    check(&[ended("10")], &[]);
    check(&[ended("10.001")], &["after-arrival"]);
    told(
        &[ended("10.0001")],
        "the clock of the sender is wrong, or the unit: segment `api` ended less than a millisecond after its document \
         arrived",
    );
    told(
        &[ended("70")],
        "the clock of the sender is wrong, or the unit: segment `api` ended 60 seconds after its document arrived",
    );
    told(
        &[ended("170").replace("\"start_time\":1", "\"start_time\":11")],
        "the clock of the sender is wrong, or the unit: segment `api` began 1000 ms after its document arrived",
    );
}

/// The second in the ids of `trace_id`.
const BEGUN: u64 = 0x66a0_0000;
const DAY: u64 = 24 * 60 * 60;

/// What is said of documents that arrive at these seconds, where the age of ids is judged.
fn aged(documents: &[(String, Option<Duration>)]) -> Vec<String> {
    let mut index = Index::new().judging_age();
    for ((text, arrived), seq) in documents.iter().zip(0..) {
        index.enter(Arrival {
            seq,
            arrived: arrived.map(|time| Timestamp::from_nanos(0) + time),
            document: Arc::new(Document::parse(text).unwrap()),
        });
    }
    let traces = index.traces(&ExternalParents::none());
    let defects = traces.iter().flat_map(PartialTrace::defects);
    let defects = defects.filter(|defect| defect.code() == DefectCode::TraceIdAge);
    defects
        .map(|defect| format!("{}: {defect}", defect.seq()))
        .collect()
}

#[test]
fn the_time_in_a_trace_id_is_near_its_arrival_where_that_is_asked() {
    let came = |seconds: u64| {
        let document = segment("a1", "");
        let arrived = Duration::from_secs(seconds);
        let told = aged(&[(document.clone(), Some(arrived))]);
        let past = aged(&[(document, Some(arrived + Duration::from_nanos(1)))]);
        (told.len(), past.len())
    };
    assert_eq!(came(BEGUN), (0, 0));
    // Thirty days after, and a nanosecond more.
    assert_eq!(came(BEGUN + 30 * DAY), (0, 1));
    assert_eq!(came(BEGUN + 45 * DAY), (1, 1));
    // Five minutes before, and more.
    assert_eq!(came(BEGUN - 300), (0, 0));
    assert_eq!(came(BEGUN - 301), (1, 1));
    let nearly = Duration::new(BEGUN - 301, 999_999_999);
    assert_eq!(aged(&[(segment("a1", ""), Some(nearly))]).len(), 1);
    // Nobody knows when it came.
    assert_eq!(aged(&[(segment("a1", ""), None)]), [] as [&str; 0]);
    // Nobody asked: `check` lets everything arrive in 1970.
    check(&[segment("a1", "")], &[]);
}

#[test]
fn ids_that_are_too_old_or_too_new_are_told_with_how_much() {
    let told = |seconds: u64, expected: &str| {
        let told = aged(&[(segment("a1", ""), Some(Duration::from_secs(seconds)))]);
        assert_eq!(told, [format!("0: {expected} its first document arrived")]);
    };
    let old = format!(
        "an id was kept from an earlier request, or the clock of its maker is wrong (a W3C id has no time in it): \
         trace `{}` says that it began",
        trace_id(1)
    );
    told(BEGUN + 45 * DAY, &format!("{old} 45 days before"));
    told(BEGUN + 30 * DAY + 1, &format!("{old} 30 days before"));
    let new = format!(
        "the clock of its maker is wrong (a W3C id has no time in it): trace `{}` says that it began",
        trace_id(1)
    );
    told(BEGUN - 301, &format!("{new} 301 seconds after"));
    told(BEGUN - 2 * 3_600 + 1, &format!("{new} 7199 seconds after"));
    told(BEGUN - 2 * 3_600, &format!("{new} 2 hours after"));
    told(BEGUN - 2 * DAY + 1, &format!("{new} 47 hours after"));
    told(BEGUN - 2 * DAY, &format!("{new} 2 days after"));
}

#[test]
fn an_age_is_told_once_of_a_trace_and_of_ids_in_the_form_of_x_ray_alone() {
    let late = Some(Duration::from_secs(BEGUN + 45 * DAY));
    let of = |id: &str| {
        let document = segment("a1", "").replace(&trace_id(1), id);
        aged(&[(document, late)]).len()
    };
    assert_eq!(of("1-00000001-000000000000000000000000"), 1);
    assert_eq!(of("1-66A00000-ABCDEFABCDEFABCDEFABCDEF"), 1);
    for other in [
        "1-00000000-000000000000000000000000",
        "66a00000000000000000000000000001",
        "1-66a00000000000000000000000000001",
        "2-66a00000-000000000000000000000001",
        "1-66a00000-00000000000000000000000g",
        "1-66a00000-0000000000000000000000011",
        "",
    ] {
        assert_eq!(of(other), 0, "{other}");
    }
    // By the first that came, whatever it is; told of the first root in the tree.
    let first = segment("a1", "").replace("\"start_time\":1", "\"start_time\":0.5");
    let (second, third) = (segment("a2", ""), segment("a3", ""));
    let in_time = Some(Duration::from_secs(BEGUN));
    for turn in 0..3 {
        let mut documents = [
            (first.clone(), late),
            (second.clone(), late),
            (third.clone(), None),
        ];
        documents.rotate_left(turn);
        let seq = documents
            .iter()
            .position(|(text, _)| *text == first)
            .unwrap();
        let told = aged(&documents);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with(&format!("{seq}: ")), "{told:?}");
        let other = documents
            .iter()
            .position(|(text, _)| *text == second)
            .unwrap();
        documents[other].1 = in_time;
        assert_eq!(aged(&documents).len(), 0);
    }
    assert_eq!(
        aged(&[(segment("a1", ""), late), (alone("b1", ""), in_time)]).len(),
        0
    );
    assert_eq!(aged(&[(alone("b1", ""), late)]).len(), 1);
}

#[test]
fn the_age_of_an_id_fails_a_test_that_denies_it_and_is_not_looked_at_otherwise() {
    let clock = ManualClock::at(Timestamp::from_nanos(0) + Duration::from_secs(BEGUN + 45 * DAY));
    let builder = || FakeDaemon::builder().clock(Clock::from(&clock));
    let defects = |daemon: &FakeDaemon| {
        let trace = block_on(daemon.expect_one_trace());
        let codes = trace.defects().map(Defect::code);
        codes.collect::<Vec<_>>()
    };
    let daemon = builder().start();
    Emitter::to(&daemon).emit(&segment("a1", ""));
    assert_eq!(defects(&daemon), []);
    block_on(daemon.verify()).unwrap();
    // Asked afterwards.
    daemon.deny("trace-id-age").unwrap();
    assert_eq!(defects(&daemon), [DefectCode::TraceIdAge]);
    assert_eq!(block_on(daemon.verify()).unwrap_err().findings().len(), 1);

    let daemon = builder().deny("trace-id-age").start();
    Emitter::to(&daemon).emit(&segment("a1", ""));
    assert_eq!(defects(&daemon), [DefectCode::TraceIdAge]);
    let report = block_on(daemon.verify()).unwrap_err();
    assert!(
        report.to_string().contains(&format!(
            "\n- trace-id-age in trace {}: an id was kept from an earlier request, or the clock of its maker is wrong \
             (a W3C id has no time in it): trace `{}` says that it began 45 days before its first document arrived\n",
            trace_id(1),
            trace_id(1)
        )),
        "{report}"
    );

    // To deny another code asks for nothing.
    let daemon = builder()
        .deny("after-arrival")
        .allow("trace-id-age")
        .start();
    Emitter::to(&daemon).emit(&segment("a1", ""));
    assert_eq!(defects(&daemon), []);

    let young = builder().deny("trace-id-age").start();
    Emitter::to(&young).emit(&segment("a1", "").replace("1-66a00000", "1-66db3d80"));
    assert_eq!(defects(&young), []);
}

#[test]
fn what_is_judged_on_request_alone_is_a_lint() {
    let asked = DefectCode::ALL.iter().filter(|code| code.is_opt_in());
    let asked: Vec<&str> = asked.map(DefectCode::as_str).collect();
    assert_eq!(asked, ["trace-id-age"]);
    for code in DefectCode::ALL.iter().filter(|code| code.is_opt_in()) {
        assert_eq!(code.severity(), Severity::Lint);
        assert!(code.about().ends_with("(on request)"));
    }
}

/// A segment with a call of AWS that these fields say more of, and inside it another, whose fields
/// are those but for what is replaced.
fn call_in_call(fields: &str, replaced: &[(&str, &str)]) -> String {
    let call = |id: &str, fields: &str, inside: &str| {
        format!(
            r#"{{"id":"{id:0>16}","name":"dynamodb","namespace":"aws","start_time":1,"end_time":3,
                "aws":{{"operation":"PutItem"{fields}}},"subsegments":[{inside}]}}"#
        )
    };
    let inner = call("c1", fields, "");
    let inner = replaced.iter().fold(inner, |inner, (from, to)| {
        assert!(inner.contains(from), "{from}");
        inner.replace(from, to)
    });
    segment(
        "a1",
        &format!(r#","subsegments":[{}]"#, call("b1", fields, &inner)),
    )
}

#[test]
fn two_calls_with_one_request_id_are_one_recorded_twice() {
    let calls = |one: &str, other: &str, name: &str| {
        let call = |id: &str, name: &str, request: &str| {
            format!(
                r#"{{"id":"{id:0>16}","name":"{name}","namespace":"aws","start_time":1,"end_time":3,
                    "aws":{{"operation":"PutItem","request_id":"{request}"}}}}"#
            )
        };
        let calls = [call("b1", "dynamodb", one), call("b2", name, other)];
        segment("a1", &format!(r#","subsegments":[{}]"#, calls.join(",")))
    };
    check(&[calls("r1", "r2", "dynamodb")], &[]);
    check(&[calls("", "", "dynamodb")], &[]);
    check(&[calls("r1", "r1", "dynamodb")], &["recorded-twice"]);
    check(&[calls("r1", "r1", "orders")], &["recorded-twice"]);
    check(&[calls(r"\ud800", r"\ud801", "dynamodb")], &[]);
    check(
        &[calls(r"\ud800", r"\uD800", "dynamodb")],
        &["recorded-twice"],
    );
    // A mock may give all that it answers one id.
    let others = calls("r1", "r1", "dynamodb").replacen("PutItem", "GetItem", 1);
    check(&[others], &[]);
    let tables =
        calls("r1", "r1", "dynamodb").replace("\"PutItem\"", "\"PutItem\",\"table_name\":\"t\"");
    check(std::slice::from_ref(&tables), &["recorded-twice"]);
    check(&[tables.replacen(":\"t\"", ":\"Audit\"", 1)], &[]);
    let counted = calls("r1", "r1", "dynamodb").replace("\"PutItem\"", "\"PutItem\",\"retries\":0");
    check(&[counted.replacen(":0", ":1", 1)], &["recorded-twice"]);
    let again = calls("r1", "r1", "dynamodb").replacen("PutItem", "putItem", 1);
    check(&[again], &["recorded-twice"]);
    // The first with the id is not all that it is held against.
    let mocked = call_in_call(r#","request_id":"r1","table_name":"Orders""#, &[]);
    let first = r#"{"id":"00000000000000b0","name":"dynamodb","namespace":"aws","start_time":1,"end_time":1,"aws":{"operation":"PutItem","request_id":"r1","table_name":"Audit"}}"#;
    let held = format!("\"subsegments\":[{first},");
    check(
        &[mocked.replacen("\"subsegments\":[", &held, 1)],
        &["recorded-twice"],
    );
    let remote = calls("r1", "r1", "dynamodb").replace("\"aws\",", "\"remote\",");
    check(&[remote], &[]);
    told(
        &[calls("r1", "r1", "dynamodb")],
        "the client is instrumented twice: subsegment `dynamodb` records the same call as subsegment `dynamodb` (they \
         have the same request id)",
    );
}

#[test]
fn a_call_inside_the_same_call_is_one_recorded_twice() {
    let twice = |fields: &str, replaced: &[(&str, &str)]| {
        check(&[call_in_call(fields, replaced)], &["recorded-twice"]);
    };
    let two = |fields: &str, replaced: &[(&str, &str)]| {
        check(&[call_in_call(fields, replaced)], &[]);
    };
    told(
        &[call_in_call("", &[])],
        "the client is instrumented twice: subsegment `dynamodb` records the same call as subsegment `dynamodb` (one \
         lies inside the other)",
    );
    let facts = r#","region":"eu-west-1","table_name":"Orders","retries":0,"request_id":"r1""#;
    twice(facts, &[]);
    // As another SDK writes it, which knows less and counts from 1.
    twice(
        facts,
        &[
            ("\"dynamodb\"", "\"DynamoDB\""),
            ("\"retries\":0", "\"retries\":1"),
            (",\"request_id\":\"r1\"", ""),
        ],
    );
    for name in ["Dynamo DB", "DYNAMODB", "AmazonDynamoDBv2"] {
        twice("", &[("\"dynamodb\"", &format!("\"{name}\""))]);
    }
    let named = |outer: &str, inner: &str| {
        let whole = call_in_call("", &[("\"dynamodb\"", &format!("\"{inner}\""))]);
        whole.replace("\"dynamodb\"", &format!("\"{outer}\""))
    };
    check(
        &[named("SecretsManager", "Secrets Manager")],
        &["recorded-twice"],
    );
    check(&[named("注文", "注文")], &["recorded-twice"]);
    check(&[named("--", "--")], &["recorded-twice"]);
    check(&[named("注文", "支払い")], &[]);
    check(&[named("--", "__")], &[]);
    check(&[named("--", "S3")], &[]);
    for (outer, inner) in [("?", "!"), ("\\ud800", "\\ud801"), ("Get", "Get\\ud800")] {
        let operations = named("S3", "S3").replace("PutItem", outer);
        let at = operations.rfind(outer).unwrap();
        let operations = format!(
            "{}{inner}{}",
            &operations[..at],
            &operations[at + outer.len()..]
        );
        check(&[operations], &[]);
    }
    // Two requests have two ids, whatever they ask for; an empty one is none.
    twice(facts, &[("\"r1\"", "\"\"")]);
    let late = call_in_call(facts, &[]).replacen("\"r1\"", "\"\"", 1);
    check(&[late], &["recorded-twice"]);
    two(facts, &[("\"r1\"", "\"r2\"")]);
    two(
        facts,
        &[("\"Orders\"", "\"Audit\""), (",\"request_id\":\"r1\"", "")],
    );
    two("", &[("PutItem", "GetItem")]);
    two("", &[("\"dynamodb\"", "\"dax\"")]);
    two("", &[("\"namespace\":\"aws\"", "\"namespace\":\"remote\"")]);
    two("", &[("\"operation\":\"PutItem\"", "")]);
    for nothing in [
        "",
        "\"operation\":\"\"",
        "\"operation\":null",
        "\"operation\":7",
    ] {
        two("", &[("\"operation\":\"PutItem\"", nothing)]);
        let nothing = call_in_call("", &[]).replace("\"operation\":\"PutItem\"", nothing);
        check(&[nothing], &[]);
    }
    // Of keys that stand twice the last counts, on both sides; null says nothing.
    let bucket = r#","bucket_name":"r""#;
    twice(bucket, &[(":\"r\"", ":\"s\",\"bucket_name\":\"r\"")]);
    two(bucket, &[(":\"r\"", ":\"r\",\"bucket_name\":\"s\"")]);
    twice(bucket, &[(":\"r\"", ":null")]);
    // PynamoDB has no region, but what stands second in the URL.
    let region = r#","region":"us-gov-east-1""#;
    for other in ["us-gov-west-1", "eu-west-1", "ap-southeast-22"] {
        two(region, &[("us-gov-east-1", other)]);
    }
    for no_region in ["0", "local:8000", "eu-west", "1-1", "east-", "us-east-x"] {
        twice(region, &[("us-gov-east-1", no_region)]);
    }
    twice(r#","\ud800":1"#, &[(r"\ud800", r"\ud801"), (":1}", ":2}")]);
    two(r#","\ud800":1"#, &[(r"\ud800", r"\uD800"), (":1}", ":2}")]);

    // The nearest call around it counts, whatever lies between that is no call.
    let between = |between: &str| {
        let whole = call_in_call("", &[]);
        let (before, inner) = whole.split_at(whole.rfind("{\"id\"").unwrap());
        let (inner, after) = inner.split_at(inner.rfind("}]}]}").unwrap() + 1);
        format!(
            r#"{before}{{"id":"d","name":"attempt","start_time":1,"end_time":3{between},"subsegments":[{inner}]}}{after}"#
        )
    };
    check(&[between("")], &["recorded-twice"]);
    let other = r#","namespace":"aws","aws":{"operation":"GetItem"}"#;
    check(&[between(other)], &[]);
}

#[test]
fn a_call_that_is_made_when_the_one_around_it_has_ended_is_another() {
    // A callback runs in the call of whose end it is told.
    let then = |start: &str, end: &str| {
        let whole = call_in_call("", &[]);
        let at = whole.rfind("\"start_time\":1,\"end_time\":3").unwrap();
        let (before, inner) = whole.split_at(at);
        let times = format!("\"start_time\":{start},\"end_time\":{end}");
        before.to_owned() + &inner.replacen("\"start_time\":1,\"end_time\":3", &times, 1)
    };
    check(&[then("3", "3")], &["recorded-twice"]);
    check(&[then("2", "3.5")], &["beyond-parent", "recorded-twice"]);
    check(&[then("3", "3.5")], &["beyond-parent"]);
    check(&[then("3.25", "3.5")], &["before-parent"]);
}

#[test]
fn thousands_of_parts_of_calls_are_compared_at_once() {
    let keys: Vec<String> = (0..30_000).map(|key| format!(r#","k{key}":1"#)).collect();
    let again: Vec<&str> = std::iter::repeat_n(r#""k":1"#, 30_000).collect();
    for (of_outer, of_inner, is_twice) in [
        (keys.concat(), r#","k7":1"#, true),
        (
            format!(r#","k":{{{}}}"#, again.join(",")),
            r#","k":{"k":1}"#,
            true,
        ),
        (
            format!(r#","k":"\n{}""#, "x".repeat(300_000)),
            r#","k":"\n""#,
            false,
        ),
        (
            format!(r#","k":1{}"#, "0".repeat(300_000)),
            r#","k":10"#,
            false,
        ),
    ] {
        let call = |id: usize, place: &str, said: &str| {
            format!(
                r#"{{"trace_id":"{}","id":"{id:016}","name":"S3","start_time":1,"end_time":3,{place}
                    "type":"subsegment","namespace":"aws","aws":{{"operation":"PutObject"{said}}}}}"#,
                trace_id(1)
            )
        };
        let above = segment("a1", "");
        let outer = call(1, r#""parent_id":"00000000000000a1","#, &of_outer);
        let below = r#""parent_id":"0000000000000001","#;
        let large = (2..6).map(|id| call(id, below, &of_outer));
        let small = (6..2_006).map(|id| call(id, below, of_inner));
        let documents: Vec<String> = [above, outer]
            .into_iter()
            .chain(large)
            .chain(small)
            .collect();
        let codes = in_no_time(&documents).into_iter();
        let twice = codes.filter(|code| *code == "recorded-twice");
        assert_eq!(twice.count(), if is_twice { 2_004 } else { 4 });
    }
}

#[test]
fn thousands_of_documents_for_one_entity_are_compared_at_once() {
    let users: Vec<&str> = std::iter::repeat_n(r#","user":"u""#, 20_000).collect();
    let blank = |number: usize, bit: usize| if number >> bit & 1 == 1 { " " } else { "\t" };
    let copies = (0..4_000).map(|number| {
        let blanks: String = (0..12).map(|bit| blank(number, bit)).collect();
        segment("a1", &format!(r#",{blanks}"user":"u""#))
    });
    let documents: Vec<String> = copies.chain([segment("a1", &users.concat())]).collect();
    assert_eq!(in_no_time(&documents), [""; 0]);
    let other = segment("a1", &users.concat().replace("\"u\"", "\"v\""));
    let documents: Vec<String> = documents.into_iter().chain([other]).collect();
    assert_eq!(
        in_no_time(&documents),
        ["conflicting-documents", "trace-large"]
    );
}

/// The codes of what is wrong, for which much is not read again and again.
#[track_caller]
fn in_no_time(documents: &[String]) -> Vec<&'static str> {
    let begun = Instant::now();
    let codes = codes(&trace(documents));
    // Many times as long as it takes.
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
    codes
}

#[test]
fn what_is_said_to_be_traced_has_a_segment() {
    let callee = segment("a2", r#","parent_id":"00000000000000b1""#);
    for traced in [
        r#","traced":true"#,
        r#","http":{"request":{"traced":true}}"#,
    ] {
        check(&[with_child(traced), callee.clone()], &[]);
        check(&[with_child(traced)], &["traced-without-segment"]);
        check(&[with_child(&traced.replace("true", "false"))], &[]);
    }
    told(
        &[with_child(r#","traced":true"#)],
        "the callee did not get the trace header, or its segment was not captured: subsegment `put` is said to be \
         traced, and no segment names it as its parent",
    );
}

#[test]
fn an_orphan_whose_parent_is_in_another_trace_used_the_context_of_another_request() {
    let other = segment("a1", "").replace(&trace_id(1), &trace_id(2));
    let documents = [alone("b1", ""), other];
    for documents in [
        documents.clone(),
        [documents[1].clone(), documents[0].clone()],
    ] {
        let told = told_of_all(&documents);
        let expected = format!(
            "orphan: the context of another request was used: subsegment `put` names 00000000000000a1 as its parent, \
             which is segment `api` of trace {}",
            trace_id(2)
        );
        assert_eq!(told, [expected]);
    }
}

#[test]
fn an_empty_parent_id_names_nobody_not_even_in_another_trace() {
    let other = segment("a1", "")
        .replace(&trace_id(1), &trace_id(2))
        .replace("00000000000000a1", "");
    let orphan = alone("b1", "").replace("00000000000000a1", "");
    let told = told_of_all(&[orphan, other]);
    assert_eq!(
        told,
        [
            "orphan: it was spawned without its context: subsegment `put` came on its own and names no parent"
        ]
    );
}

#[test]
fn of_several_traces_with_the_parent_the_least_is_named() {
    let other = |number: u32, name: &str| {
        let other = segment("a1", "").replace(&trace_id(1), &trace_id(number));
        other.replace("\"api\"", &format!("\"{name}\""))
    };
    let documents = [alone("b1", ""), other(3, "x"), other(2, "z"), other(4, "y")];
    for turn in 0..4 {
        let mut documents = documents.to_vec();
        documents.rotate_left(turn);
        let told = told_of_all(&documents);
        assert!(
            told[0].ends_with(&format!("which is segment `z` of trace {}", trace_id(2))),
            "{told:?}"
        );
    }
}

#[test]
fn a_parent_that_comes_after_the_question_is_found_by_the_next() {
    let daemon = FakeDaemon::builder().allow("orphan").start();
    let emitter = Emitter::to(&daemon);
    let told = |expected: &str| {
        let trace = block_on(daemon.partial(trace_id(1))).unwrap();
        let messages: Vec<String> = trace.defects().map(ToString::to_string).collect();
        assert_eq!(messages.len(), 1);
        assert!(messages[0].ends_with(expected), "{messages:?}");
    };
    emitter.emit(&alone("b1", ""));
    told("which never arrived");
    for (number, name) in [(3, "x"), (2, "y"), (4, "z")] {
        let other = segment("a1", "").replace(&trace_id(1), &trace_id(number));
        emitter.emit(&other.replace("\"api\"", &format!("\"{name}\"")));
        told(&match number {
            3 => format!("which is segment `x` of trace {}", trace_id(3)),
            _ => format!("which is segment `y` of trace {}", trace_id(2)),
        });
    }
}

#[test]
fn what_is_missing_makes_a_trace_incomplete_and_nothing_else_does() {
    for code in DefectCode::ALL {
        if code.is_missing() {
            assert_eq!(code.severity(), Severity::Error);
        }
    }
    assert!(
        trace(&[with_child(r#","start_time":2,"end_time":5"#)])
            .complete()
            .is_ok()
    );
    let conflicting = [segment("a1", ""), segment("a1", r#","throttle":true"#)];
    let complete = trace(&conflicting).complete().unwrap();
    assert_eq!(complete.defects().count(), 1);
    assert!(trace(&[alone("b1", "")]).complete().is_err());
}

#[test]
fn errors_fail_a_test_and_lints_do_not_unless_they_are_denied() {
    let send = |daemon: &FakeDaemon, documents: &[String]| {
        let emitter = Emitter::to(daemon);
        for document in documents {
            emitter.emit(document);
        }
    };
    let late = [with_child(r#","start_time":2,"end_time":5"#)];
    let daemon = FakeDaemon::start();
    send(&daemon, &late);
    assert!(block_on(daemon.verify()).is_ok());
    let daemon = FakeDaemon::builder().deny("beyond-parent").start();
    send(&daemon, &late);
    let report = block_on(daemon.verify()).unwrap_err();
    assert!(
        matches!(report.findings(), [Finding::Defect { .. }]),
        "{report}"
    );
    assert!(
        report.to_string().contains(&format!(
            "\n- beyond-parent in trace {}: it was spawned and not awaited: subsegment `put` ended 2000 ms after its \
             parent, segment `api`\n",
            trace_id(1)
        )),
        "{report}"
    );
    let conflicting = [segment("a1", ""), segment("a1", r#","throttle":true"#)];
    let daemon = FakeDaemon::start();
    send(&daemon, &conflicting);
    assert!(block_on(daemon.try_expect_one_trace()).is_ok());
    assert_eq!(block_on(daemon.verify()).unwrap_err().findings().len(), 1);
    // Once.
    assert!(block_on(daemon.verify()).is_ok());
    let daemon = FakeDaemon::builder().allow("conflicting-documents").start();
    send(&daemon, &conflicting);
    assert!(block_on(daemon.verify()).is_ok());
}
