//! The fields that X-Ray reads, and the shape of each.
//!
//! "Guide" is the AWS X-Ray developer guide, segment documents; "schema" AWS's published JSON
//! schema of segment documents; "SDKs" are the parameter lists of the official SDKs.

use crate::json::Kind;

/// An object whose fields are known.
#[derive(Debug)]
pub(in crate::schema) struct Block {
    pub(in crate::schema) fields: &'static [Field],
    /// Gives each key a place of its own in `places`.
    multiplier: u64,
    /// For each such place the field, or `NONE`.
    places: [u8; PLACES],
}

#[derive(Debug)]
pub(in crate::schema) struct Field {
    pub(in crate::schema) key: &'static str,
    /// The first and last bytes of the key: all of it, up to 16 bytes.
    ends: [u64; 2],
    pub(in crate::schema) shape: Shape,
    /// The kinds of value that are right whatever they hold, a bit each: see [`kind_bit`].
    pub(in crate::schema) kinds: u8,
    /// What the entity around remembers of it.
    pub(in crate::schema) fact: Option<Fact>,
}

/// What the value of a field should be.
#[derive(Clone, Copy, Debug)]
pub(in crate::schema) enum Shape {
    Annotations,
    /// Anything; or a fact, which is judged with the entity as a whole.
    Any,
    Block(&'static Block, Law),
    Bool(Law),
    Cause,
    ContentLength,
    Exception,
    ExceptionId,
    Integer(Law),
    Links,
    List(&'static Shape, Law),
    Metadata,
    /// Of subsegments, in a segment; or the other way round.
    Misplaced,
    Namespace,
    Number(Law),
    /// Another shape, or null, which some SDKs write: the text tells which.
    OrNull(&'static Shape, &'static str),
    /// A text of at most 250 characters.
    ShortText,
    Status,
    Subsegments,
    Text(Law),
    Time,
}

/// Who gives a field its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema) enum Law {
    /// The guide or an SDK alone: the service keeps whatever comes.
    Guide,
    /// The schema: the service drops what does not follow it.
    Schema,
}

/// Something that is judged when all of an entity has been seen.
#[derive(Clone, Copy, Debug)]
pub(in crate::schema) enum Fact {
    Cause,
    End,
    Error,
    Fault,
    Id,
    InProgress,
    Name,
    Namespace,
    Operation,
    ParentId,
    Region,
    Start,
    Status,
    Table,
    Throttle,
    TraceId,
    Type,
}

/// How many facts there are.
pub(in crate::schema) const FACTS: usize = Fact::Type as usize + 1;

impl Block {
    const fn new(fields: &'static [Field]) -> Block {
        // One bit each must tell which of them were seen.
        assert!(fields.len() < 64, "more fields than bits");
        let mut multiplier = 0x9e37_79b9_7f4a_7c15_u64;
        let mut tries = 0;
        loop {
            assert!(tries < 10_000, "a key stands twice, or there are too many");
            tries += 1;
            let mut places = [NONE; PLACES];
            let mut at = 0;
            while at < fields.len() {
                let place = place(fields[at].ends, multiplier);
                if places[place] != NONE {
                    break;
                }
                #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
                {
                    places[place] = at as u8;
                }
                at += 1;
            }
            if at == fields.len() {
                return Block {
                    fields,
                    multiplier,
                    places,
                };
            }
            multiplier = multiplier
                .wrapping_mul(0xd134_2543_de82_ef95)
                .wrapping_add(2);
        }
    }

    /// The place of a field in the list.
    #[inline]
    pub(in crate::schema) fn place(&self, key: &[u8]) -> Option<usize> {
        let ends = ends(key);
        let at = usize::from(self.places[place(ends, self.multiplier)]);
        let field = self.fields.get(at)?;
        // Up to 16 bytes the ends are all there is.
        let same = field.ends == ends
            && field.key.len() == key.len()
            && (key.len() <= 16 || field.key.as_bytes() == key);
        same.then_some(at)
    }
}

/// The first eight bytes of a key and the last eight, which overlap in a shorter one.
const fn ends(key: &[u8]) -> [u64; 2] {
    match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => match (key.first_chunk(), key.last_chunk()) {
            (Some(first), Some(last)) => [
                u32::from_le_bytes(*first) as u64,
                u32::from_le_bytes(*last) as u64,
            ],
            _ => {
                let (mut all, mut at) = (0, 0);
                while at < key.len() {
                    all = all << 8 | key[at] as u64;
                    at += 1;
                }
                [all, 0]
            }
        },
    }
}

/// Where a key with these ends stands, one of [`PLACES`].
const fn place(ends: [u64; 2], multiplier: u64) -> usize {
    ((ends[0] ^ ends[1].rotate_left(23)).wrapping_mul(multiplier) >> 57) as usize
}

const fn field(key: &'static str, shape: Shape) -> Field {
    Field {
        key,
        ends: ends(key.as_bytes()),
        shape,
        kinds: kinds(shape),
        fact: None,
    }
}

const fn fact(key: &'static str, shape: Shape, fact: Fact) -> Field {
    Field {
        key,
        ends: ends(key.as_bytes()),
        shape,
        kinds: match fact {
            Fact::Operation | Fact::Region | Fact::Table => kinds(shape),
            _ => 0,
        },
        fact: Some(fact),
    }
}

const fn kinds(shape: Shape) -> u8 {
    match shape {
        Shape::Bool(_) => kind_bit(Kind::Bool),
        Shape::Number(_) => kind_bit(Kind::Number),
        Shape::Text(_) | Shape::OrNull(Shape::Text(_), _) => kind_bit(Kind::String),
        _ => 0,
    }
}

/// The bit of a kind of value.
pub(in crate::schema) const fn kind_bit(kind: Kind) -> u8 {
    1 << kind as u8
}

const TEXT: Shape = Shape::Text(Law::Schema);
const BOOL: Shape = Shape::Bool(Law::Schema);
const NUMBER: Shape = Shape::Number(Law::Schema);
const INTEGER: Shape = Shape::Integer(Law::Schema);
/// Of the guide or the SDKs alone.
const G_TEXT: Shape = Shape::Text(Law::Guide);
const G_TEXTS: Shape = Shape::List(&G_TEXT, Law::Guide);

const fn block(block: &'static Block) -> Shape {
    Shape::Block(block, Law::Schema)
}

const fn g_block(block: &'static Block) -> Shape {
    Shape::Block(block, Law::Guide)
}

/// A segment (guide, "Segment fields"; schema, root).
pub(in crate::schema) const SEGMENT: &Block = &Block::new(&[
    fact("id", Shape::Any, Fact::Id),
    field("aws", block(AWS)),
    field("sql", Shape::Misplaced),
    fact("name", Shape::Any, Fact::Name),
    field("http", block(HTTP)),
    fact("type", Shape::Any, Fact::Type),
    field("user", Shape::ShortText),
    fact("cause", Shape::Cause, Fact::Cause),
    fact("error", BOOL, Fact::Error),
    fact("fault", BOOL, Fact::Fault),
    field("links", Shape::Links),
    field("origin", TEXT),
    field("traced", Shape::Misplaced),
    field("service", block(SERVICE)),
    fact("trace_id", Shape::Any, Fact::TraceId),
    fact("end_time", Shape::Time, Fact::End),
    field("inferred", Shape::Bool(Law::Guide)),
    field("metadata", Shape::Metadata),
    fact("throttle", BOOL, Fact::Throttle),
    fact("parent_id", Shape::Any, Fact::ParentId),
    field("namespace", Shape::Misplaced),
    fact("start_time", Shape::Time, Fact::Start),
    fact("in_progress", BOOL, Fact::InProgress),
    field("annotations", Shape::Annotations),
    field("subsegments", Shape::Subsegments),
    field("resource_arn", TEXT),
    field("precursor_ids", Shape::Misplaced),
]);

/// A subsegment (guide, "Subsegment fields"; schema, `subsegment`).
pub(in crate::schema) const SUBSEGMENT: &Block = &Block::new(&[
    fact("id", Shape::Any, Fact::Id),
    field("aws", block(AWS_CALL)),
    field("sql", block(SQL)),
    fact("name", Shape::Any, Fact::Name),
    field("http", block(HTTP_CALL)),
    fact("type", Shape::Any, Fact::Type),
    field("user", Shape::Misplaced),
    fact("cause", Shape::Cause, Fact::Cause),
    fact("error", BOOL, Fact::Error),
    fact("fault", BOOL, Fact::Fault),
    field("links", Shape::Links),
    field("origin", Shape::Misplaced),
    field("traced", BOOL),
    field("service", Shape::Misplaced),
    fact("trace_id", Shape::Any, Fact::TraceId),
    fact("end_time", Shape::Time, Fact::End),
    field("metadata", Shape::Metadata),
    fact("throttle", BOOL, Fact::Throttle),
    fact("parent_id", Shape::Any, Fact::ParentId),
    fact("namespace", Shape::Namespace, Fact::Namespace),
    fact("start_time", Shape::Time, Fact::Start),
    fact("in_progress", BOOL, Fact::InProgress),
    field("annotations", Shape::Annotations),
    field("subsegments", Shape::Subsegments),
    field("resource_arn", Shape::Misplaced),
    field("precursor_ids", Shape::List(&TEXT, Law::Schema)),
]);

/// Guide, "HTTP request data".
const HTTP: &Block = &Block::new(&[
    field("request", block(REQUEST)),
    field("response", block(RESPONSE)),
]);

/// The same in a subsegment.
const HTTP_CALL: &Block = &Block::new(&[
    field("request", block(REQUEST_MADE)),
    field("response", block(RESPONSE)),
]);

const REQUEST: &Block = &Block::new(&[
    field("url", Shape::ShortText),
    field("method", Shape::ShortText),
    field("client_ip", Shape::ShortText),
    field("user_agent", Shape::ShortText),
    field("x_forwarded_for", BOOL),
]);

const REQUEST_MADE: &Block = &Block::new(&[
    field("url", Shape::ShortText),
    field("method", Shape::ShortText),
    field("traced", Shape::Bool(Law::Guide)),
    field("client_ip", Shape::ShortText),
    field("user_agent", Shape::ShortText),
    field("x_forwarded_for", Shape::Bool(Law::Guide)),
]);

const RESPONSE: &Block = &Block::new(&[
    fact("status", Shape::Status, Fact::Status),
    field("content_length", Shape::ContentLength),
]);

/// Guide, "AWS resource data" of segments.
const AWS: &Block = &Block::new(&[
    field("ec2", block(EC2)),
    field("ecs", block(ECS)),
    field("eks", g_block(EKS)),
    field("xray", g_block(XRAY)),
    field("tracing", block(TRACING)),
    field("account_id", TEXT),
    field(
        "cloudwatch_logs",
        Shape::List(&g_block(LOG_GROUP), Law::Guide),
    ),
    field("elastic_beanstalk", block(BEANSTALK)),
]);

const EC2: &Block = &Block::new(&[
    field("ami_id", G_TEXT),
    field("instance_id", TEXT),
    field("instance_size", G_TEXT),
    field("instance_type", G_TEXT),
    field("availability_zone", TEXT),
]);

const ECS: &Block = &Block::new(&[
    field("container", TEXT),
    field("container_id", G_TEXT),
    field("container_arn", G_TEXT),
]);

const EKS: &Block = &Block::new(&[
    field("pod", G_TEXT),
    field("container_id", G_TEXT),
    field("cluster_name", G_TEXT),
]);

const XRAY: &Block = &Block::new(&[
    field("sdk", G_TEXT),
    field("rule_name", G_TEXT),
    field("sdk_version", G_TEXT),
    field("sampling_rule_name", G_TEXT),
    field("auto_instrumentation", Shape::Bool(Law::Guide)),
]);

/// The name of `xray` in the schema.
const TRACING: &Block = &Block::new(&[field("sdk", TEXT)]);

const LOG_GROUP: &Block = &Block::new(&[field("arn", G_TEXT), field("log_group", G_TEXT)]);

const BEANSTALK: &Block = &Block::new(&[
    field("deployment_id", NUMBER),
    field("version_label", TEXT),
    field("environment_name", TEXT),
]);

/// Guide, "AWS resource data" of subsegments, and the parameter lists of the SDKs.
const AWS_CALL: &Block = &Block::new(&[
    field("id_2", G_TEXT),
    fact("region", TEXT, Fact::Region),
    field("retries", Shape::Integer(Law::Guide)),
    field("log_type", G_TEXT),
    fact("operation", TEXT, Fact::Operation),
    field("queue_url", TEXT),
    field("topic_arn", G_TEXT),
    field("account_id", TEXT),
    field(
        "request_id",
        Shape::OrNull(&TEXT, "some SDKs write null where a reply has none"),
    ),
    fact("table_name", TEXT, Fact::Table),
    field("queue_name", G_TEXT),
    fact("table_names", G_TEXTS, Fact::Table),
    field("bucket_name", G_TEXT),
    field("function_name", G_TEXT),
    fact("resource_names", G_TEXTS, Fact::Table),
    field("consistent_read", Shape::Bool(Law::Guide)),
    field("invocation_type", G_TEXT),
]);

/// Guide, "SQL queries".
const SQL: &Block = &Block::new(&[
    field("url", TEXT),
    field("user", Shape::ShortText),
    field("preparation", TEXT),
    field("database_type", TEXT),
    field("driver_version", TEXT),
    field("sanitized_query", TEXT),
    field("database_version", TEXT),
    field("connection_string", TEXT),
]);

/// Guide, "service"; the SDKs.
const SERVICE: &Block = &Block::new(&[
    field("name", G_TEXT),
    field("version", TEXT),
    field("runtime", G_TEXT),
    field("runtime_version", G_TEXT),
]);

/// Guide, "Errors and exceptions".
pub(in crate::schema) const CAUSE: &Block = &Block::new(&[
    // Node's reference to the subsegment whose exception this is.
    field("id", G_TEXT),
    field("paths", Shape::List(&TEXT, Law::Schema)),
    field("exceptions", Shape::List(&Shape::Exception, Law::Schema)),
    field("working_directory", TEXT),
]);

pub(in crate::schema) const EXCEPTION: &Block = &Block::new(&[
    field("id", Shape::ExceptionId),
    field("type", TEXT),
    field("cause", TEXT),
    field("stack", Shape::List(&block(STACK_FRAME), Law::Schema)),
    field("remote", BOOL),
    field("message", TEXT),
    field("skipped", INTEGER),
    field("truncated", INTEGER),
]);

const STACK_FRAME: &Block = &Block::new(&[
    field(
        "path",
        Shape::OrNull(
            &TEXT,
            "the Java and .NET SDKs write null where they do not know it",
        ),
    ),
    field(
        "line",
        Shape::OrNull(
            &INTEGER,
            "the Node SDK writes null where it does not know it",
        ),
    ),
    field("label", TEXT),
]);

/// An element of `links` (the exporter of the OpenTelemetry collector).
pub(in crate::schema) const LINK: &Block = &Block::new(&[
    field("id", G_TEXT),
    field("trace_id", G_TEXT),
    field("attributes", Shape::Any),
]);

/// How many places there are for keys: 2^7.
const PLACES: usize = 128;
/// No field.
const NONE: u8 = u8::MAX;

#[cfg(test)]
mod tests {
    use crate::schema::fields::{
        AWS_CALL, Block, CAUSE, EXCEPTION, LINK, SEGMENT, SUBSEGMENT, XRAY,
    };

    /// All blocks differ in nothing but their fields.
    const BLOCKS: [&Block; 7] = [AWS_CALL, CAUSE, EXCEPTION, LINK, SEGMENT, SUBSEGMENT, XRAY];

    #[test]
    fn every_field_is_found_and_nothing_else() {
        for block in BLOCKS {
            for (place, field) in block.fields.iter().enumerate() {
                assert_eq!(
                    block.place(field.key.as_bytes()),
                    Some(place),
                    "{}",
                    field.key
                );
            }
            let known = |key: &[u8]| block.fields.iter().any(|field| field.key.as_bytes() == key);
            // Each key with one byte changed, left out or put in, and all short keys.
            let mut others: Vec<Vec<u8>> = Vec::new();
            for field in block.fields {
                let key = field.key.as_bytes();
                for at in 0..key.len() {
                    let (before, behind) = key.split_at(at);
                    for byte in (b'_'..=b'z').chain([b'2']) {
                        others.push([before, &[byte], &behind[1..]].concat());
                        others.push([before, &[byte], behind].concat());
                    }
                    others.push([before, &behind[1..]].concat());
                }
            }
            for first in b'a'..=b'z' {
                for second in b'a'..=b'z' {
                    others.push(vec![first, second]);
                    others.extend((b'a'..=b'z').map(|third| vec![first, second, third]));
                }
            }
            for key in others {
                assert_eq!(block.place(&key).is_some(), known(&key), "{key:?}");
            }
        }
    }
}
