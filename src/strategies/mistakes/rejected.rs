//! Mistakes for which the service refuses the document.

use proptest::sample::Index;

use crate::model::limits::{MAX_DOCUMENT, MAX_NAME};
use crate::schema::Rule;
use crate::strategies::json::Json;
use crate::strategies::mistake::{Mistake, Need, Place, Scene};

pub(in crate::strategies) const MISTAKES: &[Mistake] = &[
    Mistake::by(Rule::DocumentTooLarge, Place::Top, too_large),
    Mistake::set(
        Rule::IdFormat,
        Place::Any,
        &[
            ("id", r#""53995c3f42cd8ad""#),
            ("id", r#""53995c3f42cd8ad89""#),
            ("id", r#""""#),
            ("id", "5399"),
            ("id", "null"),
        ],
    ),
    Mistake::remove(
        Rule::MissingEndTime,
        Place::Any,
        &["end_time", "in_progress"],
        "",
    ),
    Mistake::remove(Rule::MissingId, Place::Any, &["id"], ""),
    Mistake::remove(Rule::MissingName, Place::Any, &["name"], ""),
    Mistake::remove(Rule::MissingParentId, Place::OnItsOwn, &["parent_id"], ""),
    Mistake::remove(Rule::MissingStartTime, Place::Any, &["start_time"], ""),
    Mistake::remove(Rule::MissingTraceId, Place::Top, &["trace_id"], ""),
    Mistake::set(
        Rule::NameFormat,
        Place::Segment,
        &[
            ("name", r#""orders?""#),
            ("name", r#""orders\nworker""#),
            ("name", r#""(orders)""#),
            ("name", "\"cafe\u{301}\""),
        ],
    ),
    Mistake::set(
        Rule::NameFormat,
        Place::Any,
        &[("name", r#""""#), ("name", "7"), ("name", "null")],
    ),
    Mistake::repeat(
        Rule::NameFormat,
        Place::Segment,
        "name",
        ("é", MAX_NAME + 1),
    ),
    Mistake::set(
        Rule::ParentIdFormat,
        Place::OnItsOwn,
        &[
            ("parent_id", r#""a1""#),
            ("parent_id", r#""""#),
            ("parent_id", "7"),
            ("parent_id", "null"),
        ],
    ),
    Mistake::set(
        Rule::TimeType,
        Place::Any,
        &[
            ("start_time", r#""1721763840.25""#),
            ("start_time", r#""2024-07-23T19:44:00Z""#),
            ("start_time", "null"),
        ],
    ),
    Mistake::set(
        Rule::TimeType,
        Place::Any,
        &[("end_time", r#""1721763840.25""#), ("end_time", "true")],
    )
    .needs(Need::Ended),
    Mistake::set(
        Rule::TraceIdFormat,
        Place::Top,
        &[
            ("trace_id", r#""4efaaf4d1e8720b39541901950019ee5""#),
            ("trace_id", r#""1-66a00000-0123456789abcdef0123456""#),
            ("trace_id", r#""2-66a00000-0123456789abcdef01234567""#),
            ("trace_id", r#""1-66a00000-0123456789abcdefghijklmn""#),
            ("trace_id", r#""""#),
            ("trace_id", "1"),
            ("trace_id", "null"),
        ],
    ),
];

fn too_large(entity: &mut Json, _: &Scene, _: Index) -> String {
    entity.set(
        "metadata/of_many_bytes/filling",
        Json::text("x".repeat(MAX_DOCUMENT)),
    );
    String::new()
}
