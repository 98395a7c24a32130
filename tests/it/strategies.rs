//! What the strategies give is what they say, also while it shrinks.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseResult, TestRunner};
use xray_phantom::json::{Document, Kind, Value};
use xray_phantom::model::EntityKind;
use xray_phantom::model::limits::NEARLY_LARGE_DOCUMENT;
use xray_phantom::schema::{Rule, judge, judge_carefully};
use xray_phantom::strategies::{
    ExpectedNode, HeaderText, InvalidDocument, Stream, ValidTrace, document, document_that_breaks,
    invalid_document, segment, stream, stream_of, subsegment, trace, trace_header,
    unfinished_trace,
};
use xray_phantom::trace::{Arrival, ExternalParents, PartialTrace, assemble};
use xray_phantom::wire::{Body, TraceHeader, receive};
use xray_phantom::{Defect, DefectCode};

fn parse(text: &str) -> Document {
    Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The trace that documents become, in this order.
fn assembled(documents: &[String]) -> PartialTrace {
    let arrivals = documents.iter().zip(0..).map(|(text, seq)| Arrival {
        seq,
        arrived: None,
        document: Arc::new(parse(text)),
    });
    let mut assembly = assemble(arrivals, &ExternalParents::none());
    assert_eq!((assembly.traces.len(), assembly.untraced.len()), (1, 0));
    assembly.traces.remove(0)
}

/// A document breaks no rule, and the second witness agrees.
fn breaks_nothing(text: &str) -> TestCaseResult {
    let document = parse(text);
    prop_assert_eq!(judge(&document), [], "{}", text);
    prop_assert_eq!(judge_carefully(&document), [], "{}", text);
    #[cfg(feature = "schema")]
    prop_assert!(
        xray_phantom::schema::witness(&document).is_empty(),
        "{}",
        text
    );
    prop_assert!(text.len() < NEARLY_LARGE_DOCUMENT, "{} bytes", text.len());
    Ok(())
}

/// A document breaks its rule at its place, nothing else, and nothing without the mistake.
fn breaks_one_rule(invalid: &InvalidDocument) -> TestCaseResult {
    breaks_nothing(invalid.valid())?;
    let document = parse(invalid.text());
    let violations = judge(&document);
    let found = violations
        .iter()
        .map(|violation| (violation.rule(), violation.pointer()));
    let found: Vec<(Rule, &str)> = found.collect();
    prop_assert_eq!(found, [(invalid.rule(), invalid.pointer())], "{}", invalid);
    #[cfg(feature = "schema")]
    {
        use xray_phantom::schema::{Consequence, witness};
        let said: BTreeSet<(String, &str)> = witness(&document)
            .iter()
            .map(|testimony| (testimony.pointer().to_owned(), testimony.code()))
            .collect();
        let is_said = invalid.rule().consequence() != Consequence::Lint
            && invalid.rule() != Rule::DocumentTooLarge;
        let expected = (invalid.pointer().to_owned(), invalid.rule().code());
        prop_assert_eq!(said, is_said.then_some(expected).into_iter().collect());
    }
    Ok(())
}

/// The documents become the trace, and have no other defect than entities that never ended.
fn becomes(documents: &[String], expected: &ValidTrace) -> TestCaseResult {
    let trace = assembled(documents);
    prop_assert_eq!(trace.id(), expected.id().to_string());
    let nodes: Vec<ExpectedNode> = trace.roots().map(ExpectedNode::of).collect();
    prop_assert_eq!(nodes, expected.roots());
    prop_assert_eq!(trace.nodes().len(), expected.entities());
    let open = trace
        .nodes()
        .filter(|node| node.entity().end_time().is_none());
    let mut open: Vec<String> = open
        .filter_map(|node| Some(node.entity().id()?.into()))
        .collect();
    let mut said: Vec<String> = Vec::new();
    for defect in trace.defects() {
        prop_assert_eq!(defect.code(), DefectCode::NeverClosed, "{}", defect);
        said.extend(defect.id().map(str::to_owned));
    }
    open.sort();
    said.sort();
    prop_assert_eq!(said, open);
    Ok(())
}

/// Whatever its order and its pieces, a stream becomes what the whole documents become.
fn becomes_its_trace(stream: &Stream) -> TestCaseResult {
    for text in stream.documents() {
        breaks_nothing(text)?;
    }
    becomes(stream.documents(), stream.trace())?;
    let (whole, pieces) = (
        assembled(stream.trace().documents()),
        assembled(stream.documents()),
    );
    prop_assert_eq!(pieces.to_string(), whole.to_string());
    Ok(())
}

fn means_what_it_says(header: &HeaderText) -> TestCaseResult {
    let read = TraceHeader::parse(header.text());
    prop_assert_eq!(read.root(), Some(header.root()));
    prop_assert_eq!(read.parent(), header.parent());
    prop_assert_eq!(read.sampled(), header.sampled());
    let others: Vec<(&str, &str)> = read.others().collect();
    prop_assert_eq!(others, header.others().collect::<Vec<_>>());
    prop_assert_eq!(read.oddities(), []);
    Ok(())
}

/// Checks each value on the way to the smallest one, which is returned.
fn shrunk<T: Debug>(
    strategy: &impl Strategy<Value = T>,
    runner: &mut TestRunner,
    check: impl Fn(&T) -> TestCaseResult,
) -> T {
    let mut tree = strategy.new_tree(runner).unwrap();
    let mut checked = || {
        let value = tree.current();
        check(&value).unwrap_or_else(|error| panic!("{error}\n{value:?}"));
        (tree.simplify(), value)
    };
    loop {
        if let (false, smallest) = checked() {
            return smallest;
        }
    }
}

/// The smallest value, whatever lies on the way to it.
fn smallest<T: Debug>(strategy: &impl Strategy<Value = T>, runner: &mut TestRunner) -> T {
    let mut tree = strategy.new_tree(runner).unwrap();
    while tree.simplify() {}
    tree.current()
}

/// Checks each value on a way on which every third step is taken back, as it is where a smaller
/// value passes a test.
fn wander<T: Debug>(
    strategy: &impl Strategy<Value = T>,
    runner: &mut TestRunner,
    check: impl Fn(&T) -> TestCaseResult,
) {
    let mut tree = strategy.new_tree(runner).unwrap();
    for step in 0..200 {
        let value = tree.current();
        check(&value).unwrap_or_else(|error| panic!("{error}\n{value:?}"));
        let is_back = step % 3 == 2 && tree.complicate();
        if !is_back && !tree.simplify() {
            return;
        }
    }
}

/// Values that are the same on each run.
fn drawn<T: Debug>(strategy: &impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    let trees = (0..count).map(|_| strategy.new_tree(&mut runner).unwrap());
    trees.map(|tree| tree.current()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn documents_break_no_rule(document in document()) {
        breaks_nothing(document.text())?;
    }

    #[test]
    fn segments_become_their_node(segment in segment()) {
        breaks_nothing(segment.text())?;
        let trace = assembled(&[segment.to_string()]).complete().unwrap();
        prop_assert_eq!(trace.defects().count(), 0);
        let nodes: Vec<ExpectedNode> = trace.roots().map(ExpectedNode::of).collect();
        prop_assert_eq!(nodes, std::slice::from_ref(segment.node()));
        prop_assert_eq!(segment.node().kind, EntityKind::Segment);
    }

    #[test]
    fn subsegments_lack_nothing_but_their_parent(subsegment in subsegment()) {
        breaks_nothing(subsegment.text())?;
        let trace = assembled(&[subsegment.to_string()]);
        let defects: Vec<DefectCode> = trace.defects().map(Defect::code).collect();
        prop_assert_eq!(defects, [DefectCode::Orphan]);
        let nodes: Vec<ExpectedNode> = trace.roots().map(ExpectedNode::of).collect();
        prop_assert_eq!(nodes, std::slice::from_ref(subsegment.node()));
        prop_assert_eq!(subsegment.node().kind, EntityKind::Subsegment);
    }

    #[test]
    fn traces_become_their_nodes(trace in trace(), unfinished in unfinished_trace()) {
        for trace in [&trace, &unfinished] {
            for text in trace.documents() {
                breaks_nothing(text)?;
            }
            becomes(trace.documents(), trace)?;
        }
        prop_assert_eq!(assembled(trace.documents()).defects().count(), 0);
    }

    #[test]
    fn streams_become_their_trace(stream in stream(), unfinished in stream_of(unfinished_trace())) {
        becomes_its_trace(&stream)?;
        becomes_its_trace(&unfinished)?;
        prop_assert_eq!(assembled(stream.documents()).defects().count(), 0);
    }

    #[test]
    fn datagrams_are_received_as_their_documents(stream in stream()) {
        for (datagram, text) in stream.datagrams().zip(stream.documents()) {
            let Ok(Body::Segment(document)) = receive(&datagram) else {
                panic!("no document: {text}")
            };
            prop_assert_eq!(document.text(), text);
        }
    }

    #[test]
    fn headers_mean_what_they_say(header in trace_header()) {
        means_what_it_says(&header)?;
    }

    #[test]
    fn invalid_documents_break_their_rule_and_no_other(invalid in invalid_document()) {
        breaks_one_rule(&invalid)?;
    }
}

#[test]
fn each_rule_can_be_broken_by_one_mistake_unless_it_is_judged_on_request() {
    for rule in Rule::ALL {
        let Some(strategy) = document_that_breaks(*rule) else {
            assert!(rule.is_opt_in(), "{rule}");
            continue;
        };
        for invalid in drawn(&strategy, 8) {
            assert_eq!(invalid.rule(), *rule);
            breaks_one_rule(&invalid).unwrap();
        }
    }
}

#[test]
fn whatever_shrinks_stays_valid() {
    let mut runner = TestRunner::default();
    let is_valid = |trace: &ValidTrace| {
        trace
            .documents()
            .iter()
            .try_for_each(|text| breaks_nothing(text))?;
        becomes(trace.documents(), trace)
    };
    for _ in 0..2 {
        wander(&document(), &mut runner, |document| {
            breaks_nothing(document.text())
        });
        wander(&unfinished_trace(), &mut runner, is_valid);
        wander(&stream(), &mut runner, becomes_its_trace);
        wander(&trace_header(), &mut runner, means_what_it_says);
        wander(&invalid_document(), &mut runner, breaks_one_rule);
        let trace = shrunk(&unfinished_trace(), &mut runner, is_valid);
        assert_eq!(trace.entities(), 1);
    }
}

#[test]
fn a_stream_shrinks_to_a_document_for_each_segment() {
    let mut runner = TestRunner::default();
    for trace in drawn(&trace(), 4) {
        let stream = shrunk(&stream_of(Just(trace)), &mut runner, becomes_its_trace);
        let documents: BTreeSet<&String> = stream.documents().iter().collect();
        assert_eq!(documents.len(), stream.documents().len());
        assert_eq!(documents, stream.trace().documents().iter().collect());
    }
}

#[test]
fn an_invalid_document_keeps_its_rule_while_it_shrinks() {
    let mut runner = TestRunner::default();
    for rule in Rule::ALL {
        let Some(strategy) = document_that_breaks(*rule) else {
            continue;
        };
        let invalid = smallest(&strategy, &mut runner);
        assert_eq!(invalid.rule(), *rule);
        breaks_one_rule(&invalid).unwrap();
    }
}

#[test]
fn the_smallest_values_are_good_to_read() {
    let mut runner = TestRunner::deterministic();
    let least = r#"{"trace_id":"1-566d3e80-000000000000000000000000","id":"0000000000000001","name":"api","start_time":1450000000,"end_time":1450000000}"#;
    assert_eq!(smallest(&segment(), &mut runner).text(), least);
    assert_eq!(smallest(&document(), &mut runner).text(), least);
    assert_eq!(
        smallest(&subsegment(), &mut runner).text(),
        r#"{"trace_id":"1-566d3e80-000000000000000000000000","type":"subsegment","parent_id":"0000000000000001","id":"0000000000000002","name":"api","start_time":1450000000,"end_time":1450000000}"#
    );
    assert_eq!(smallest(&stream(), &mut runner).documents(), [least]);
    assert_eq!(
        smallest(&trace_header(), &mut runner).text(),
        "Root=1-566d3e80-000000000000000000000000"
    );
    let strategy = document_that_breaks(Rule::AnnotationKey).unwrap();
    let invalid = smallest(&strategy, &mut runner);
    assert_eq!(invalid.valid(), least);
    assert_eq!(
        invalid.text(),
        least.replace('}', r#","annotations":{"order id":"o-1"}}"#)
    );
}

/// The keys of a value, with the keys around them: `http/request/url`.
fn paths(value: Value<'_>, around: &str, found: &mut BTreeSet<String>) {
    for element in value.elements().filter(|_| value.kind() == Kind::Array) {
        paths(element, around, found);
    }
    for (key, value) in value.members().filter(|_| value.kind() == Kind::Object) {
        let key = key.decode();
        let path = match around {
            "" | "subsegments" => key.into_owned(),
            "annotations" | "metadata" => continue,
            _ => format!("{around}/{key}"),
        };
        paths(value, &path, found);
        found.insert(path);
    }
}

#[test]
fn documents_hold_the_fields_that_the_guide_names() {
    let mut found = BTreeSet::new();
    for document in drawn(&document(), 400) {
        paths(parse(document.text()).root(), "", &mut found);
    }
    for trace in drawn(&trace(), 100) {
        for text in trace.documents() {
            paths(parse(text).root(), "", &mut found);
        }
    }
    let found: Vec<String> = found.into_iter().collect();
    assert_eq!(found.join(" "), FIELDS);
}

#[test]
fn streams_are_split_announced_doubled_and_out_of_order() {
    let (mut split, mut announced, mut doubled, mut disordered, mut services) = (0, 0, 0, 0, 0);
    for stream in drawn(&stream(), 100) {
        let documents = stream.documents();
        let has = |part: &str| documents.iter().any(|text| text.contains(part));
        let distinct: BTreeSet<&String> = documents.iter().collect();
        let roots = stream.trace().roots();
        let place = |root: usize| {
            let id = format!("\"id\":\"{}\"", roots[root].id);
            documents.iter().position(|text| text.contains(&id))
        };
        split += usize::from(has("\"type\":\"subsegment\""));
        announced += usize::from(has("\"announced\":true"));
        doubled += usize::from(distinct.len() < documents.len());
        disordered += usize::from(roots.len() > 1 && place(0) < place(1));
        services += usize::from(roots.len() > 1);
    }
    let counts = [split, announced, doubled, disordered, services];
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
}

const FIELDS: &str = "\
    annotations aws aws/account_id aws/bucket_name aws/cloudwatch_logs \
    aws/cloudwatch_logs/log_group aws/ec2 aws/ec2/availability_zone aws/ec2/instance_id \
    aws/ecs aws/ecs/container aws/eks aws/eks/cluster_name aws/eks/pod aws/elastic_beanstalk \
    aws/elastic_beanstalk/deployment_id aws/elastic_beanstalk/environment_name \
    aws/elastic_beanstalk/version_label aws/function_name aws/operation aws/queue_url \
    aws/region aws/request_id aws/retries aws/table_name aws/table_names aws/xray \
    aws/xray/auto_instrumentation aws/xray/sdk cause cause/exceptions cause/exceptions/cause \
    cause/exceptions/id cause/exceptions/message cause/exceptions/remote \
    cause/exceptions/stack cause/exceptions/stack/label cause/exceptions/stack/line \
    cause/exceptions/stack/path cause/exceptions/truncated cause/exceptions/type cause/paths \
    cause/working_directory end_time error fault http http/request http/request/client_ip \
    http/request/method http/request/traced http/request/url http/request/user_agent \
    http/request/x_forwarded_for http/response http/response/content_length \
    http/response/status id in_progress links links/id links/trace_id metadata name \
    namespace origin parent_id precursor_ids resource_arn service service/version sql \
    sql/connection_string sql/database_type sql/database_version sql/driver_version \
    sql/preparation sql/sanitized_query sql/url sql/user start_time subsegments throttle \
    trace_id type user";
