//! Views of received documents, ids and times.

use proptest::prelude::*;
use xray_phantom::json::Document;
use xray_phantom::model::{Cause, Entity, EntityId, EntityKind, Timestamp, TraceId};

/// Every documented field of a segment and of a subsegment, and what SDKs add.
const SEGMENT: &str = r#"{
    "name": "api", "id": "00000000000000a1", "trace_id": "1-66a00000-0123456789abcdef01234567",
    "parent_id": "00000000000000a0", "start_time": 1721763840.25, "end_time": 1.72176384075E9, "in_progress": false,
    "origin": "AWS::EC2::Instance", "user": "ada", "resource_arn": "arn:aws:x", "inferred": true,
    "error": true, "fault": false, "throttle": true,
    "service": {"version": "1.2", "name": "api", "runtime": "CPython", "runtime_version": "3.11.7"},
    "http": {
        "request": {"method": "GET", "url": "https://api.test/x", "user_agent": "curl", "client_ip": "10.0.0.1",
                    "x_forwarded_for": true, "traced": true},
        "response": {"status": 502, "content_length": -1}
    },
    "aws": {
        "account_id": "123456789012",
        "cloudwatch_logs": [{"log_group": "g", "arn": "a"}],
        "ec2": {"instance_id": "i-1", "instance_size": "s", "instance_type": "t", "ami_id": "ami", "availability_zone": "z"},
        "ecs": {"container": "c", "container_id": "ci", "container_arn": "ca"},
        "eks": {"pod": "p", "cluster_name": "cn", "container_id": "ci"},
        "elastic_beanstalk": {"environment_name": "e", "version_label": "v", "deployment_id": 7},
        "xray": {"sdk": "X-Ray for Python", "sdk_version": "2.15.0", "auto_instrumentation": true, "rule_name": "r",
                 "sampling_rule_name": "Default"}
    },
    "cause": {"working_directory": "/srv", "paths": ["p1"], "id": "00000000000000b1", "exceptions": [
        {"id": "00000000000000e1", "message": "no", "type": "Error", "remote": true, "truncated": 3, "skipped": 2,
         "cause": "00000000000000e2", "stack": [{"path": "a.py", "line": 7, "label": "f"}, {"line": null}]}]},
    "annotations": {"tenant": "t1", "items": 3, "vip": true},
    "metadata": {"default": {"cart": [1]}},
    "links": [{"trace_id": "1-2-3", "id": "00000000000000c1"}],
    "subsegments": [{
        "id": "00000000000000b1", "name": "DynamoDB", "namespace": "aws", "type": "subsegment", "start_time": 1, "traced": true,
        "precursor_ids": ["00000000000000b0"], "cause": "00000000000000e1",
        "aws": {"operation": "PutItem", "region": "eu-west-1", "request_id": "R", "id_2": "I", "retries": 2,
                "table_name": "Orders", "table_names": ["A", "B"], "queue_url": "q", "topic_arn": "t", "bucket_name": "b",
                "function_name": "f", "resource_names": ["r"]},
        "sql": {"connection_string": "c", "url": "u", "sanitized_query": "q", "database_type": "d", "database_version": "dv",
                "driver_version": "v", "user": "su", "preparation": "call"}
    }],
    "future_field": {"kept": 1}
}"#;

#[test]
fn every_documented_block_of_a_segment_is_read() {
    let document = Document::parse(SEGMENT).unwrap();
    let segment = Entity::of(document.root()).unwrap();
    assert_eq!(segment.kind_at_top(), EntityKind::Segment);
    assert_eq!(segment.name().unwrap(), "api");
    assert_eq!(segment.id().unwrap(), "00000000000000a1");
    assert_eq!(
        segment.trace_id().unwrap(),
        "1-66a00000-0123456789abcdef01234567"
    );
    assert_eq!(segment.parent_id().unwrap(), "00000000000000a0");
    assert_eq!(
        segment.start_time().unwrap().as_nanos(),
        1_721_763_840_250_000_000
    );
    assert_eq!(
        segment.end_time().unwrap().as_nanos(),
        1_721_763_840_750_000_000
    );
    assert_eq!(segment.in_progress(), Some(false));
    assert!(segment.is_closed());
    assert_eq!(segment.origin().unwrap(), "AWS::EC2::Instance");
    assert_eq!(segment.user().unwrap(), "ada");
    assert_eq!(segment.resource_arn().unwrap(), "arn:aws:x");
    assert_eq!(segment.inferred(), Some(true));
    assert_eq!(
        (segment.error(), segment.fault(), segment.throttle()),
        (Some(true), Some(false), Some(true))
    );
    let service = segment.service().unwrap();
    let texts = [
        service.version(),
        service.name(),
        service.runtime(),
        service.runtime_version(),
    ];
    assert_eq!(
        texts.map(Option::unwrap),
        ["1.2", "api", "CPython", "3.11.7"]
    );
    let request = segment.http().unwrap().request().unwrap();
    let texts = [
        request.method(),
        request.url(),
        request.user_agent(),
        request.client_ip(),
    ];
    assert_eq!(
        texts.map(Option::unwrap),
        ["GET", "https://api.test/x", "curl", "10.0.0.1"]
    );
    assert_eq!(
        (request.x_forwarded_for(), request.traced()),
        (Some(true), Some(true))
    );
    let response = segment.http().unwrap().response().unwrap();
    assert_eq!(
        (response.status(), response.content_length()),
        (Some(502), Some(-1))
    );
    assert_eq!(
        segment
            .annotation("items")
            .unwrap()
            .as_number()
            .unwrap()
            .as_i64(),
        Some(3)
    );
    assert_eq!(segment.annotations().count(), 3);
    assert_eq!(
        segment.metadata("default").unwrap().raw(),
        r#"{"cart": [1]}"#
    );
    let links = segment.links().unwrap();
    assert_eq!(
        (links[0].trace_id().unwrap(), links[0].id().unwrap()),
        ("1-2-3".into(), "00000000000000c1".into())
    );
    assert_eq!(
        segment.json().get("future_field").unwrap().raw(),
        r#"{"kept": 1}"#
    );
}

#[test]
fn every_aws_resource_of_a_segment_is_read() {
    let document = Document::parse(SEGMENT).unwrap();
    let aws = Entity::of(document.root()).unwrap().aws().unwrap();
    assert_eq!(aws.account_id().unwrap(), "123456789012");
    let logs = aws.cloudwatch_logs().unwrap();
    assert_eq!(
        [logs[0].log_group(), logs[0].arn()].map(Option::unwrap),
        ["g", "a"]
    );
    let ec2 = aws.ec2().unwrap();
    let texts = [
        ec2.instance_id(),
        ec2.instance_size(),
        ec2.instance_type(),
        ec2.ami_id(),
        ec2.availability_zone(),
    ];
    assert_eq!(texts.map(Option::unwrap), ["i-1", "s", "t", "ami", "z"]);
    let ecs = aws.ecs().unwrap();
    assert_eq!(
        [ecs.container(), ecs.container_id(), ecs.container_arn()].map(Option::unwrap),
        ["c", "ci", "ca"]
    );
    let eks = aws.eks().unwrap();
    assert_eq!(
        [eks.pod(), eks.cluster_name(), eks.container_id()].map(Option::unwrap),
        ["p", "cn", "ci"]
    );
    let beanstalk = aws.elastic_beanstalk().unwrap();
    assert_eq!(
        [beanstalk.environment_name(), beanstalk.version_label()].map(Option::unwrap),
        ["e", "v"]
    );
    assert_eq!(beanstalk.deployment_id().unwrap().as_i64(), Some(7));
    let xray = aws.xray().unwrap();
    let texts = [
        xray.sdk(),
        xray.sdk_version(),
        xray.rule_name(),
        xray.sampling_rule_name(),
    ];
    assert_eq!(
        texts.map(Option::unwrap),
        ["X-Ray for Python", "2.15.0", "r", "Default"]
    );
    assert_eq!(xray.auto_instrumentation(), Some(true));
}

#[test]
fn a_cause_is_an_object_or_the_id_of_an_exception() {
    let document = Document::parse(SEGMENT).unwrap();
    let segment = Entity::of(document.root()).unwrap();
    let Some(Cause::Exceptions(cause)) = segment.cause() else {
        panic!("{:?}", segment.cause())
    };
    assert_eq!(
        [cause.working_directory(), cause.id()].map(Option::unwrap),
        ["/srv", "00000000000000b1"]
    );
    assert_eq!(cause.paths().unwrap(), ["p1"]);
    let exceptions = cause.exceptions().unwrap();
    let exception = exceptions[0];
    let texts = [
        exception.id(),
        exception.message(),
        exception.type_name(),
        exception.cause(),
    ];
    assert_eq!(
        texts.map(Option::unwrap),
        ["00000000000000e1", "no", "Error", "00000000000000e2"]
    );
    assert_eq!(
        (
            exception.remote(),
            exception.truncated(),
            exception.skipped()
        ),
        (Some(true), Some(3), Some(2))
    );
    let stack = exception.stack().unwrap();
    assert_eq!(
        (
            stack[0].path().unwrap(),
            stack[0].line(),
            stack[0].label().unwrap()
        ),
        ("a.py".into(), Some(7), "f".into())
    );
    assert_eq!(stack[1].line(), None); // Node writes null

    let subsegment = segment.subsegments().unwrap()[0];
    assert!(matches!(subsegment.cause(), Some(Cause::Reference(id)) if id == "00000000000000e1"));
}

#[test]
fn every_documented_block_of_a_subsegment_is_read() {
    let document = Document::parse(SEGMENT).unwrap();
    let subsegment = Entity::of(document.root()).unwrap().subsegments().unwrap()[0];
    assert_eq!(subsegment.type_name().unwrap(), "subsegment");
    assert_eq!(subsegment.namespace().unwrap(), "aws");
    assert_eq!(subsegment.traced(), Some(true));
    assert_eq!(subsegment.precursor_ids().unwrap(), ["00000000000000b0"]);
    assert!(!subsegment.is_closed());
    let aws = subsegment.aws().unwrap();
    let texts = [
        aws.operation(),
        aws.region(),
        aws.request_id(),
        aws.id_2(),
        aws.table_name(),
        aws.queue_url(),
        aws.topic_arn(),
        aws.bucket_name(),
        aws.function_name(),
    ];
    assert_eq!(
        texts.map(Option::unwrap),
        [
            "PutItem",
            "eu-west-1",
            "R",
            "I",
            "Orders",
            "q",
            "t",
            "b",
            "f"
        ]
    );
    assert_eq!(aws.retries(), Some(2));
    assert_eq!(aws.table_names().unwrap(), ["A", "B"]);
    assert_eq!(aws.resource_names().unwrap(), ["r"]);
    let sql = subsegment.sql().unwrap();
    let texts = [
        sql.connection_string(),
        sql.url(),
        sql.sanitized_query(),
        sql.database_type(),
        sql.database_version(),
        sql.driver_version(),
        sql.user(),
        sql.preparation(),
    ];
    assert_eq!(
        texts.map(Option::unwrap),
        ["c", "u", "q", "d", "dv", "v", "su", "call"]
    );
}

#[test]
fn a_field_of_another_type_is_none_in_the_view_and_still_in_the_json() {
    let document = Document::parse(
        r#"{"name": 7, "http": [], "error": "yes", "start_time": "1", "annotations": null}"#,
    )
    .unwrap();
    let entity = Entity::of(document.root()).unwrap();
    assert!(entity.name().is_none() && entity.http().is_none() && entity.error().is_none());
    assert!(entity.start_time().is_none());
    assert_eq!(entity.annotations().count(), 0);
    assert_eq!(entity.json().get("name").unwrap().raw(), "7");
    assert!(Entity::of(Document::parse("[]").unwrap().root()).is_none());
}

#[test]
fn an_entity_is_closed_if_it_has_an_end_and_is_not_in_progress() {
    let closed = |text: &str| {
        Entity::of(Document::parse(text).unwrap().root())
            .unwrap()
            .is_closed()
    };
    assert!(closed(r#"{"end_time": 1}"#));
    assert!(closed(r#"{"end_time": 1, "in_progress": false}"#));
    assert!(!closed(r#"{"end_time": 1, "in_progress": true}"#));
    assert!(!closed(r#"{"in_progress": true}"#));
    assert!(!closed("{}"));
    assert!(!closed(r#"{"end_time": null}"#));
}

#[track_caller]
fn check_time(text: &str, nanos: Option<i128>) {
    let document = Document::parse(&format!("{{\"start_time\": {text}}}")).unwrap();
    let time = Entity::of(document.root()).unwrap().start_time();
    assert_eq!(time.map(|time| time.as_nanos()), nanos, "{text}");
}

#[test]
fn times_are_read_digit_by_digit() {
    check_time("1795338258.6384983", Some(1_795_338_258_638_498_300));
    check_time("1.478293361271E9", Some(1_478_293_361_271_000_000));
    check_time("0", Some(0));
    check_time("-1.5", Some(-1_500_000_000));
    check_time("1e-9", Some(1));
    check_time("0.0000000019", Some(1)); // cut, not rounded
    check_time("1e18", Some(10_i128.pow(27)));
    check_time("1e19", None);
    check_time("1e99999999999", None);
    check_time("0e99", Some(0));
    check_time("1e-99", Some(0));
    check_time(&format!("1{}e-60", "0".repeat(60)), Some(1_000_000_000));
}

#[test]
fn ids_refuse_what_is_not_theirs() {
    let trace = |text: &str| text.parse::<TraceId>().unwrap_err().to_string();
    assert_eq!(
        trace("x"),
        "invalid trace id `x`: expected `1-`, 8 hex digits, `-`, 24 hex digits"
    );
    assert_eq!(
        trace("1-5759e988-bd862e3fe1be46a99427279"),
        "invalid trace id `1-5759e988-bd862e3fe1be46a99427279`: expected 24 hex digits in the last part, got 23"
    );
    assert_eq!(
        trace("1-+759e988-bd862e3fe1be46a994272793"),
        "invalid trace id `1-+759e988-bd862e3fe1be46a994272793`: expected hex digits after `1-`, got `+759e988`"
    );
    // Found by fuzzing.
    assert_eq!(
        trace("1-5759e988-\u{202e}\u{9b}31m"),
        "invalid trace id `1-5759e988-\\u{202e}\\u{9b}31m`: expected hex digits in the last part, \
         got `\\u{202e}\\u{9b}31m`"
    );
    assert_eq!(
        trace("1-a-b-c"),
        "invalid trace id `1-a-b-c`: expected two parts after `1-`, got 3"
    );
    assert_eq!(
        "+000000000000001"
            .parse::<EntityId>()
            .unwrap_err()
            .to_string(),
        "invalid entity id `+000000000000001`: expected 16 hex digits"
    );
}

proptest! {
    #[test]
    fn ids_read_what_they_write(trace in any::<u128>(), entity in any::<u64>()) {
        let trace = TraceId::from_bits(trace);
        prop_assert_eq!(trace.to_string().parse::<TraceId>().unwrap(), trace);
        let entity = EntityId::from_bits(entity);
        prop_assert_eq!(entity.to_string().parse::<EntityId>().unwrap(), entity);
    }

    #[test]
    fn a_time_with_six_decimals_is_read_as_written(micros in 0..10_i128.pow(17)) {
        let time = Timestamp::from_nanos(micros * 1_000);
        let document = Document::parse(&format!("{{\"start_time\": {time}}}")).unwrap();
        prop_assert_eq!(Entity::of(document.root()).unwrap().start_time(), Some(time));
    }
}
