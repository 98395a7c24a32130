//! What a trace tells of itself and of its entities.

use std::sync::Arc;
use std::time::Duration;

use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, DefectCode, ExternalParents, PartialTrace, Severity, assemble};

/// A trace of documents, given without the trace id, with these numbers.
fn trace(documents: &[(u64, &str)]) -> PartialTrace {
    let arrivals = documents.iter().map(|(seq, text)| Arrival {
        seq: *seq,
        arrived: None,
        document: Arc::new(
            Document::parse(&text.replacen('{', "{\"trace_id\":\"t\",", 1)).unwrap(),
        ),
    });
    assemble(arrivals, &ExternalParents::none())
        .traces
        .remove(0)
}

const API: &str = r#"{"id":"a","name":"api","start_time":1.5,"end_time":4,"subsegments":[
    {"id":"b","name":"work","start_time":2,"end_time":3}]}"#;
const LATE: &str =
    r#"{"type":"subsegment","id":"c","parent_id":"b","name":"late","start_time":2.5,"end_time":9}"#;

#[test]
fn a_trace_knows_its_id_its_times_and_what_is_in_it() {
    let trace = trace(&[(7, API), (9, LATE)]).complete().unwrap();
    assert_eq!(trace.id(), "t");
    assert_eq!(trace.start_time().unwrap().to_string(), "1.500000");
    // That of the segments, though a subsegment ends later.
    assert_eq!(trace.duration(), Some(Duration::from_millis(2_500)));
    assert!(trace.has_segment("api") && !trace.has_segment("work") && !trace.has_segment("x"));
    assert!(trace.has_subsegment("work") && trace.has_subsegment("late"));
    assert!(!trace.has_subsegment("api") && !trace.has_subsegment("x"));
    assert_eq!(
        format!("{trace:?}"),
        trace.to_string(),
        "it is shown as it is drawn"
    );
}

#[test]
fn a_trace_of_subsegments_alone_has_their_times() {
    let trace = trace(&[
        (
            0,
            r#"{"type":"subsegment","id":"b","parent_id":"x","name":"one","start_time":2,"end_time":3}"#,
        ),
        (
            1,
            r#"{"type":"subsegment","id":"c","parent_id":"x","name":"two","start_time":1,"end_time":2}"#,
        ),
    ]);
    assert_eq!(trace.duration(), Some(Duration::from_secs(2)));
    assert!(format!("{trace:?}").contains("one"));
}

#[test]
fn a_node_knows_its_place() {
    let trace = trace(&[(7, API), (9, LATE)]).complete().unwrap();
    let nodes: Vec<_> = trace.nodes().collect();
    let places: Vec<_> = nodes
        .iter()
        .map(|node| {
            let name = |node: &xray_phantom::Node<'_>| node.name().unwrap().into_owned();
            let parent = node.parent().as_ref().map(name);
            let children: Vec<String> = node.children().map(|child| name(&child)).collect();
            (name(node), parent, children.join(" "), node.seq())
        })
        .collect();
    let place = |name: &str, parent: Option<&str>, children: &str, seq| {
        (
            name.to_owned(),
            parent.map(str::to_owned),
            children.to_owned(),
            seq,
        )
    };
    assert_eq!(
        places,
        [
            place("api", None, "work", 7),
            place("work", Some("api"), "late", 7),
            place("late", Some("work"), "", 9),
        ]
    );
    let shown = format!("{:?}", nodes[2]);
    assert!(
        shown.starts_with("subsegment {") && shown.contains("\"late\""),
        "{shown}"
    );
}

#[test]
fn a_defect_names_its_entity_and_the_datagram_of_it() {
    let trace = trace(&[
        (3, r#"{"id":"a","name":"api","start_time":1,"end_time":4}"#),
        (
            5,
            r#"{"type":"subsegment","id":"c","parent_id":"x","name":"lost","start_time":2,"end_time":3}"#,
        ),
    ]);
    let defects: Vec<_> = trace.defects().collect();
    assert_eq!(defects.len(), 1);
    let orphan = defects[0];
    assert_eq!(
        (orphan.code(), orphan.id(), orphan.seq()),
        (DefectCode::Orphan, Some("c"), 5)
    );
}

#[test]
fn severities_have_names() {
    let names = [Severity::Error, Severity::Lint].map(|severity| severity.to_string());
    assert_eq!(names, ["error", "lint"]);
    assert_eq!(Severity::Lint.as_str(), "lint");
}
