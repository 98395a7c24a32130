//! Mistakes that the service takes.

use proptest::sample::Index;

use crate::model::limits::{
    MAX_INDEXED_ANNOTATIONS, MAX_LINKED_TRACES, MAX_NAME, NEARLY_LARGE_DOCUMENT,
};
use crate::schema::Rule;
use crate::strategies::json::Json;
use crate::strategies::mistake::{Mistake, Need, Place, Scene};

pub(in crate::strategies) const MISTAKES: &[Mistake] = &[
    Mistake::by(Rule::AnnotationCount, Place::Any, many_annotations),
    Mistake::remove(
        Rule::AwsCall,
        Place::Subsegment,
        &["aws", "aws/operation", "aws/region"],
        "",
    )
    .needs(Need::Call),
    Mistake::by(Rule::AwsName, Place::Subsegment, |entity, _, _| {
        entity.set("name", Json::text("orders"));
        entity.set("aws/operation", Json::text("GetItem"));
        "/name".to_owned()
    })
    .needs(Need::Call),
    Mistake::remove(
        Rule::AwsRequestId,
        Place::Subsegment,
        &["aws/request_id"],
        "",
    )
    .needs(Need::AnsweredCall),
    Mistake::set(
        Rule::AwsValues,
        Place::Subsegment,
        &[
            ("aws/item", r#"{"id":{"S":"o-1"}}"#),
            ("aws/ExpressionAttributeValues", r#"{":id":7}"#),
            ("aws/keys", r#"["o-1"]"#),
            ("aws/message_body", r#""o-1""#),
            ("aws/condition", r#"{"NULL":true}"#),
        ],
    )
    .needs(Need::Call),
    Mistake::set(
        Rule::CauseWithoutFlag,
        Place::Any,
        &[
            ("cause", r#"{"exceptions":[]}"#),
            ("cause", r#""0123456789abcdef""#),
        ],
    )
    .needs(Need::NoFlag),
    Mistake::by(Rule::DocumentLarge, Place::Top, large),
    Mistake::by(Rule::DuplicateKey, Place::Any, duplicate_key),
    Mistake::set(
        Rule::EmbeddedTraceId,
        Place::Embedded,
        &[
            ("trace_id", r#""1-00000001-000000000000000000000001""#),
            ("trace_id", "7"),
        ],
    ),
    Mistake::remove(
        Rule::ExceptionWithoutId,
        Place::Any,
        &["cause/exceptions/0/id"],
        "/cause/exceptions/0",
    )
    .needs(Need::Exception),
    Mistake::by(Rule::FlagsAndStatus, Place::Any, |entity, _, _| {
        // No status means both, and each that means one of them has it.
        let flag = if entity.is("fault", "true") {
            "error"
        } else {
            "fault"
        };
        entity.set(flag, Json::raw(true));
        "/http/response/status".to_owned()
    })
    .needs(Need::Status),
    Mistake::set(
        Rule::IdHex,
        Place::Any,
        &[
            ("id", r#""0000000000000xyz""#),
            ("id", r#""not-hex-digits-0""#),
        ],
    ),
    Mistake::set(
        Rule::IdHex,
        Place::Top,
        &[("parent_id", r#""0000000000000xyz""#)],
    ),
    Mistake::set(
        Rule::IdInName,
        Place::Any,
        &[
            ("name", r#""order 8f14e45fceea167a""#),
            ("name", r#""GET /orders/17""#),
            ("name", r#""job 123456""#),
        ],
    )
    .needs(Need::NoCall),
    Mistake::set(
        Rule::IdInName,
        Place::Any,
        &[
            ("annotations/order_8f14e45fceea167a", "true"),
            ("annotations/order.20481234", "7"),
        ],
    ),
    Mistake::by(Rule::IdRepeated, Place::Embedded, |entity, scene, _| {
        entity.set("id", scene.id.clone());
        "/id".to_owned()
    }),
    Mistake::by(Rule::LinkCount, Place::Any, many_links),
    Mistake::set(
        Rule::LoneSurrogate,
        Place::Any,
        &[
            ("annotations/half_a_character", r#""\ud83d""#),
            ("metadata/half_a_character/text", r#""a\udc00b""#),
        ],
    ),
    Mistake::set(
        Rule::LooseType,
        Place::Any,
        &[
            ("annotations", "null"),
            ("annotations", "[]"),
            ("http/response/content_length", r#""12""#),
            ("links", "{}"),
        ],
    ),
    Mistake::set(
        Rule::LooseType,
        Place::Segment,
        &[("inferred", r#""yes""#), ("service/runtime", "7")],
    ),
    Mistake::set(
        Rule::LooseType,
        Place::Subsegment,
        &[("aws/request_id", "null"), ("aws/retries", r#""2""#)],
    ),
    Mistake::set(
        Rule::MetadataNamespace,
        Place::Any,
        &[
            ("metadata/without_namespace", "true"),
            ("metadata/without_namespace", "null"),
            ("metadata/without_namespace", r#"["a"]"#),
        ],
    ),
    Mistake::set(
        Rule::MetadataReserved,
        Place::Any,
        &[("metadata/AWS.own", "{}"), ("metadata/AWS.", r#"{"a":1}"#)],
    ),
    Mistake::set(
        Rule::MisplacedField,
        Place::Segment,
        &[
            ("namespace", r#""remote""#),
            ("precursor_ids", "[]"),
            ("sql", r#"{"user":"orders"}"#),
            ("traced", "true"),
        ],
    ),
    Mistake::set(
        Rule::MisplacedField,
        Place::Subsegment,
        &[
            ("origin", r#""AWS::EC2::Instance""#),
            ("resource_arn", r#""arn""#),
            ("service", r#"{"version":"1"}"#),
            ("user", r#""u-1""#),
        ],
    ),
    Mistake::set(
        Rule::MisspelledField,
        Place::Any,
        &[
            ("annotation", "{}"),
            ("errors", "true"),
            ("http/response/stauts", "200"),
            ("meta_data", "{}"),
            ("startTime", "1"),
            ("throttled", "true"),
        ],
    ),
    Mistake::set(
        Rule::NamespaceValue,
        Place::Subsegment,
        &[
            ("namespace", r#""AWS""#),
            ("namespace", r#""dummy""#),
            ("namespace", r#""""#),
        ],
    ),
    Mistake::set(Rule::OpenAndEnded, Place::Any, &[("in_progress", "true")]).needs(Need::Ended),
    Mistake::set(
        Rule::SubsegmentName,
        Place::Subsegment,
        &[
            ("name", r#""a*b""#),
            ("name", r#""orders?""#),
            ("name", r#""tab\there""#),
        ],
    )
    .needs(Need::NoCall),
    Mistake::repeat(
        Rule::SubsegmentName,
        Place::Subsegment,
        "name",
        ("n", MAX_NAME + 1),
    )
    .needs(Need::NoCall),
    Mistake::set(
        Rule::TimeOrder,
        Place::Any,
        &[
            ("end_time", "0"),
            ("end_time", "999999999.999999"),
            ("end_time", "1.4499E9"),
        ],
    )
    .needs(Need::Ended),
    Mistake::set(
        Rule::TimeRange,
        Place::Any,
        &[("start_time", "-1"), ("start_time", "-0.5")],
    ),
    Mistake::set(
        Rule::TimeRange,
        Place::Any,
        &[("end_time", "2000000000250"), ("end_time", "2.1E15")],
    )
    .needs(Need::Ended),
    Mistake::set(
        Rule::TypeValue,
        Place::Segment,
        &[("type", r#""segment""#), ("type", "7"), ("type", "null")],
    ),
    Mistake::set(
        Rule::TypeValue,
        Place::Embedded,
        &[("type", r#""segment""#)],
    ),
    Mistake::set(
        Rule::UnsampledId,
        Place::Any,
        &[("id", r#""0000000000000000""#)],
    ),
    Mistake::set(
        Rule::UnsampledId,
        Place::Top,
        &[
            ("trace_id", r#""1-00000000-000000000000000000000000""#),
            ("parent_id", r#""0000000000000000""#),
        ],
    ),
];

fn many_annotations(entity: &mut Json, _: &Scene, _: Index) -> String {
    for number in 0..=MAX_INDEXED_ANNOTATIONS {
        entity.set(
            &format!("annotations/one_of_many_{number}"),
            Json::raw(number),
        );
    }
    "/annotations".to_owned()
}

fn many_links(entity: &mut Json, _: &Scene, _: Index) -> String {
    let link = |number| {
        let trace_id = Json::text(format!("1-66a00000-{number:024x}"));
        Json::object([("trace_id", Some(trace_id))])
    };
    let links = (0..=MAX_LINKED_TRACES).map(link).collect();
    entity.set("links", Json::Array(links));
    "/links".to_owned()
}

/// Fills a document so that it has between 56,000 and 65,536 bytes.
fn large(entity: &mut Json, scene: &Scene, which: Index) -> String {
    let filling = (NEARLY_LARGE_DOCUMENT + which.index(9_400)).saturating_sub(scene.length);
    let filling = Json::text("x".repeat(filling));
    entity.set("metadata/of_many_bytes/filling", filling);
    String::new()
}

fn duplicate_key(entity: &mut Json, _: &Scene, which: Index) -> String {
    let Json::Object(members) = entity else {
        unreachable!("an entity is an object")
    };
    let (key, value) = which.get(members).clone();
    let pointer = format!("/{key}");
    members.push((key, value));
    pointer
}
