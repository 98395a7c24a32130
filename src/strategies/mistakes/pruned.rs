//! Mistakes for which the service keeps the document and loses a part of it.

use crate::model::limits::{MAX_ANNOTATION_KEY, MAX_ANNOTATION_VALUE, MAX_TEXT};
use crate::schema::Rule;
use crate::strategies::json::Json;
use crate::strategies::mistake::{Mistake, Need, Place};

pub(in crate::strategies) const MISTAKES: &[Mistake] = &[
    Mistake::set(
        Rule::AnnotationKey,
        Place::Any,
        &[
            ("annotations/order id", r#""o-1""#),
            ("annotations/order-id", "17"),
            ("annotations/größe", "1.5"),
            ("annotations/", "true"),
        ],
    ),
    Mistake::by(Rule::AnnotationKey, Place::Any, |entity, _, _| {
        let path = format!("annotations/{}", "k".repeat(MAX_ANNOTATION_KEY + 1));
        entity.set(&path, Json::raw(true));
        format!("/{path}")
    }),
    Mistake::repeat(
        Rule::AnnotationLength,
        Place::Any,
        "annotations/long_annotation",
        ("é", MAX_ANNOTATION_VALUE + 1),
    ),
    Mistake::set(
        Rule::AnnotationValue,
        Place::Any,
        &[
            ("annotations/not_a_scalar", "null"),
            ("annotations/not_a_scalar", "[]"),
            ("annotations/not_a_scalar", r#"["o-1"]"#),
            ("annotations/not_a_scalar", r#"{"id":"o-1"}"#),
        ],
    ),
    Mistake::set(
        Rule::CallerIdFormat,
        Place::Segment,
        &[
            ("parent_id", r#""""#),
            ("parent_id", r#""a1""#),
            ("parent_id", "7"),
            ("parent_id", "null"),
        ],
    ),
    Mistake::set(
        Rule::CauseFormat,
        Place::Any,
        &[
            ("cause", r#""no such table""#),
            ("cause", "7"),
            ("cause", "[]"),
            ("cause", "null"),
        ],
    )
    .needs(Need::Flag),
    Mistake::set(
        Rule::ExceptionIdFormat,
        Place::Any,
        &[
            ("cause/exceptions/0/id", r#""e1""#),
            ("cause/exceptions/0/id", "7"),
            ("cause/exceptions/0/id", "null"),
        ],
    )
    .needs(Need::Exception),
    Mistake::set(
        Rule::FieldType,
        Place::Any,
        &[
            ("annotations", r#""order""#),
            ("http", r#""GET""#),
            ("http/request/method", "7"),
            ("metadata", "[]"),
            ("subsegments", "{}"),
            ("subsegments", "null"),
        ],
    ),
    Mistake::set(
        Rule::FieldType,
        Place::Segment,
        &[
            ("aws", r#""ec2""#),
            ("origin", "7"),
            ("resource_arn", "{}"),
            ("service", "[]"),
            ("user", "17"),
        ],
    ),
    Mistake::set(
        Rule::FieldType,
        Place::Subsegment,
        &[
            ("namespace", "7"),
            ("precursor_ids", r#""53995c3f42cd8ad8""#),
            ("sql", "[]"),
            ("traced", r#""yes""#),
        ],
    ),
    Mistake::repeat(
        Rule::TextLength,
        Place::Any,
        "http/request/url",
        ("u", MAX_TEXT + 1),
    ),
    Mistake::repeat(
        Rule::TextLength,
        Place::Segment,
        "user",
        ("é", MAX_TEXT + 1),
    ),
    Mistake::repeat(
        Rule::TextLength,
        Place::Subsegment,
        "sql/user",
        ("u", MAX_TEXT + 1),
    ),
];
