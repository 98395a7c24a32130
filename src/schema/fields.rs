//! The fields that X-Ray reads, and the shape of each.
//!
//! "Guide" is the AWS X-Ray developer guide, segment documents; "schema" AWS's published JSON
//! schema of segment documents; "SDKs" are the parameter lists of the official SDKs.

use crate::schema::block::{Block, fact, field};

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
    RequestId,
    Start,
    Status,
    Table,
    Throttle,
    TraceId,
    Type,
}

/// How many facts there are.
pub(in crate::schema) const FACTS: usize = Fact::Type as usize + 1;

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

pub(in crate::schema) const XRAY: &Block = &Block::new(&[
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
pub(in crate::schema) const AWS_CALL: &Block = &Block::new(&[
    field("id_2", G_TEXT),
    fact("region", TEXT, Fact::Region),
    field("retries", Shape::Integer(Law::Guide)),
    field("log_type", G_TEXT),
    fact("operation", TEXT, Fact::Operation),
    field("queue_url", TEXT),
    field("topic_arn", G_TEXT),
    field("account_id", TEXT),
    fact(
        "request_id",
        Shape::OrNull(&TEXT, "some SDKs write null where a reply has none"),
        Fact::RequestId,
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
