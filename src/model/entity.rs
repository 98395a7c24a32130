//! Segments and subsegments.

use std::borrow::Cow;
use std::fmt;

use crate::json::{Kind, Text, Value};
use crate::model::view::view;
use crate::model::{Aws, Cause, Http, Timestamp};

/// Which of the two an entity is.
///
/// At the top of a document an entity is a subsegment if and only if its `type` says so; inside
/// the `subsegments` of another it always is one (developer guide, "Subsegments").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// What one service did for one request.
    Segment,
    /// A part of that work, or a call downstream.
    Subsegment,
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EntityKind::Segment => "segment",
            EntityKind::Subsegment => "subsegment",
        })
    }
}

view! {
    /// A segment or subsegment as received.
    ///
    /// Sources of the fields: AWS X-Ray developer guide, segment documents; AWS's published JSON
    /// schema (`traced`, `resource_arn`); documents of the official SDKs.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::json::Document;
    /// use xray_phantom::model::{Entity, EntityKind};
    ///
    /// let document = Document::parse(
    ///     r#"{"type": "subsegment", "id": "53995c3f42cd8ad8", "name": "dynamo-put", "start_time": 1.25,
    ///         "end_time": 1.5, "annotations": {"order_id": "o-1"}, "aws": {"table_name": 7}}"#,
    /// )
    /// .unwrap();
    /// let entity = Entity::of(document.root()).unwrap();
    /// assert_eq!(entity.kind_at_top(), EntityKind::Subsegment);
    /// assert_eq!(entity.name().unwrap(), "dynamo-put");
    /// assert!(entity.is_closed());
    /// assert_eq!(entity.annotation("order_id").unwrap().raw(), "\"o-1\"");
    /// let aws = entity.aws().unwrap();
    /// assert!(aws.table_name().is_none()); // no string ...
    /// assert_eq!(aws.json().get("table_name").unwrap().raw(), "7"); // ... but not lost
    /// ```
    Entity {
        /// The name.
        name: Cow<'a, str> = "name",
        /// `subsegment` in a subsegment that was sent on its own.
        type_name: Cow<'a, str> = "type",
        /// When it began.
        start_time: Timestamp = "start_time",
        /// When it ended.
        end_time: Timestamp = "end_time",
        /// Whether it is said to be still open.
        in_progress: bool = "in_progress",
        /// `aws`, `remote`, or (Python, Ruby) `local`.
        namespace: Cow<'a, str> = "namespace",
        /// The kind of resource that ran the segment, such as `AWS::EC2::Instance`.
        origin: Cow<'a, str> = "origin",
        /// Who sent the request.
        user: Cow<'a, str> = "user",
        /// The ARN of the resource (in the service's own segments).
        resource_arn: Cow<'a, str> = "resource_arn",
        /// Whether the caller was at fault: 4xx.
        error: bool = "error",
        /// Whether the service was at fault: 5xx.
        fault: bool = "fault",
        /// Whether the request was throttled: 429.
        throttle: bool = "throttle",
        /// Whether X-Ray inferred the segment (in the service's answers).
        inferred: bool = "inferred",
        /// Whether the callee is expected to send a segment of its own.
        traced: bool = "traced",
        /// The HTTP request that was served or made.
        http: Http<'a> = "http",
        /// The AWS resource or call.
        aws: Aws<'a> = "aws",
        /// The query of a database.
        sql: Sql<'a> = "sql",
        /// Why it failed.
        cause: Cause<'a> = "cause",
        /// The program.
        service: Service<'a> = "service",
        /// Links to other traces.
        links: Vec<Link<'a>> = "links",
        /// Ids of siblings that ended before this one began.
        precursor_ids: Vec<Cow<'a, str>> = "precursor_ids",
        /// The subsegments that are embedded in this one.
        subsegments: Vec<Entity<'a>> = "subsegments",
    }
}

impl<'a> Entity<'a> {
    /// Looks at a JSON object as an entity; `None` where the value is no object.
    pub fn of(value: Value<'a>) -> Option<Entity<'a>> {
        (value.kind() == Kind::Object).then_some(Entity(value))
    }

    /// The id, as received. Half a character stays the escape that it is, in this and the other two
    /// ids: of `"a\uD800"` the text is `a\ud800`.
    pub fn id(&self) -> Option<Cow<'a, str>> {
        self.0.get("id")?.as_identity()
    }

    /// The trace, as received. Embedded subsegments need none.
    pub fn trace_id(&self) -> Option<Cow<'a, str>> {
        self.0.get("trace_id")?.as_identity()
    }

    /// The parent, as received. Inside another entity, nesting wins over it: the Go SDK writes the
    /// id of the segment there.
    pub fn parent_id(&self) -> Option<Cow<'a, str>> {
        self.0.get("parent_id")?.as_identity()
    }

    /// What the entity is if it stands at the top of its document.
    pub fn kind_at_top(&self) -> EntityKind {
        match self.type_name().as_deref() {
            Some("subsegment") => EntityKind::Subsegment,
            _ => EntityKind::Segment,
        }
    }

    /// Whether the entity has ended: an `end_time`, and not said to be in progress.
    pub fn is_closed(&self) -> bool {
        self.end_time().is_some() && self.in_progress() != Some(true)
    }

    /// The annotations in order; none where `annotations` is absent or no object.
    pub fn annotations(&self) -> impl Iterator<Item = Annotation<'a>> + use<'a> {
        self.0
            .get("annotations")
            .into_iter()
            .flat_map(|block| block.members())
    }

    /// The value of one annotation.
    pub fn annotation(&self, key: &str) -> Option<Value<'a>> {
        self.0.get("annotations")?.get(key)
    }

    /// The metadata of one namespace; the SDKs' own is `default`.
    pub fn metadata(&self, namespace: &str) -> Option<Value<'a>> {
        self.0.get("metadata")?.get(namespace)
    }
}

/// Key and value of an annotation: a string, number or boolean where the sender kept the rules.
pub type Annotation<'a> = (Text<'a>, Value<'a>);

view! {
    /// The `sql` block of a subsegment
    Sql {
        /// The connection string, for databases without URL connections.
        connection_string: Cow<'a, str> = "connection_string",
        /// The URL of the database.
        url: Cow<'a, str> = "url",
        /// The query, its values replaced by placeholders.
        sanitized_query: Cow<'a, str> = "sanitized_query",
        /// The name of the database engine.
        database_type: Cow<'a, str> = "database_type",
        /// The version of the database engine.
        database_version: Cow<'a, str> = "database_version",
        /// The name and version of the driver.
        driver_version: Cow<'a, str> = "driver_version",
        /// The user of the database.
        user: Cow<'a, str> = "user",
        /// `call` or `statement`.
        preparation: Cow<'a, str> = "preparation",
    }
}

view! {
    /// The `service` block of a segment
    Service {
        /// The version of the program.
        version: Cow<'a, str> = "version",
        /// The name of the program (Node).
        name: Cow<'a, str> = "name",
        /// What runs it, such as `CPython`.
        runtime: Cow<'a, str> = "runtime",
        /// The version of that.
        runtime_version: Cow<'a, str> = "runtime_version",
    }
}

view! {
    /// An element of `links`
    ///
    /// Source: the X-Ray exporter of the OpenTelemetry Collector; the guide describes linked
    /// traces without this field.
    Link {
        /// The linked trace.
        trace_id: Cow<'a, str> = "trace_id",
        /// The linked entity.
        id: Cow<'a, str> = "id",
    }
}
