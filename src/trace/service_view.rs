//! A trace as X-Ray gives it back.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::time::Duration;

use crate::json::{Value, write_text};
use crate::model::limits::MAX_TRACE;
use crate::model::{Entity, EntityId, EntityKind};
use crate::trace::tree::{Branch, Tree};

/// A trace as the service's `BatchGetTraces` would return it: the segments that were sent, and
/// those that X-Ray infers.
///
/// A segment is inferred for each subsegment of namespace `aws` or `remote` that no segment names
/// as its parent: a DynamoDB table sends no segments, and still is a node of the service map.
///
/// This is a view of its own: what a test asserts on is what was sent.
///
/// ```json
/// {"id": "...", "name": "DynamoDB", "trace_id": "1-...", "parent_id": "the subsegment's id",
///  "start_time": 1.1, "end_time": 1.4, "inferred": true, "origin": "AWS::DynamoDB::Table",
///  "aws": {"operation": "PutItem", "table_name": "Orders"}, "http": {"response": {"status": 200}}}
/// ```
///
/// Sources: AWS X-Ray developer guide, segment documents ("inferred segments") and getting data;
/// answers of the service in public samples. Where the service's own is not known: the ids of
/// inferred segments are made of those of their subsegments, so that they are the same each time;
/// what X-Ray would prune stands in the documents still; a subsegment whose parent never arrived
/// comes as a document of its own.
///
/// # Examples
///
/// ```
/// use xray_phantom::{FakeDaemon, block_on};
///
/// let daemon = FakeDaemon::start();
/// daemon.emitter().emit(
///     r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "OrdersWorker",
///         "start_time": 1, "end_time": 2, "subsegments": [
///             {"id": "00000000000000b1", "name": "dynamodb", "namespace": "aws", "start_time": 1, "end_time": 2,
///              "aws": {"operation": "PutItem", "region": "us-east-1", "table_name": "Orders"}}]}"#,
/// );
/// let view = block_on(daemon.expect_one_trace()).service_view();
/// let [worker, table] = view.segments() else { panic!("{view:?}") };
/// assert_eq!((worker.name(), worker.is_inferred()), ("OrdersWorker", false));
/// assert_eq!((table.name(), table.is_inferred()), ("dynamodb", true));
/// assert!(table.document().contains(r#""origin":"AWS::DynamoDB::Table""#));
/// ```
#[derive(Clone, Debug)]
pub struct ServiceView {
    id: String,
    duration: Option<Duration>,
    limit_exceeded: bool,
    segments: Vec<ServiceSegment>,
}

/// A segment of a [`ServiceView`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSegment {
    id: String,
    name: String,
    document: String,
    inferred: bool,
}

impl ServiceView {
    pub(in crate::trace) fn of(tree: &Tree, duration: Option<Duration>) -> ServiceView {
        let callers = tree.callers();
        let sent = tree.roots.iter().map(|root| sent(tree, *root));
        let mut segments: Vec<ServiceSegment> = sent.collect();
        let ids = tree
            .branches
            .iter()
            .filter_map(|branch| branch.entity().id());
        let mut fresh = Fresh {
            taken: ids.map(Into::into).collect(),
            made: HashMap::new(),
        };
        for index in tree.preorder() {
            let branch = &tree.branches[index];
            if let Some(id) = branch.entity().id().filter(|id| !callers.contains(&**id))
                && calls_somebody(branch)
            {
                segments.push(inferred(tree, branch, &id, &mut fresh));
            }
        }
        ServiceView {
            id: tree.id.to_string(),
            duration,
            limit_exceeded: tree.bytes > MAX_TRACE,
            segments,
        }
    }

    /// The trace id, as received.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The time from the first start to the last end, as far as is known.
    pub fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// Whether the trace has more than [`MAX_TRACE`] bytes.
    pub fn limit_exceeded(&self) -> bool {
        self.limit_exceeded
    }

    /// The segments that were sent in order of start, then the inferred ones in order of their
    /// subsegments.
    pub fn segments(&self) -> &[ServiceSegment] {
        &self.segments
    }
}

impl ServiceSegment {
    /// Its id; empty where none was sent.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name; empty where none was sent.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its document, in JSON. Subsegments that were sent on their own are inside their parents.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// Whether X-Ray infers it.
    pub fn is_inferred(&self) -> bool {
        self.inferred
    }
}

/// Whether it is a call of another service, which X-Ray makes a node of the map.
fn calls_somebody(branch: &Branch) -> bool {
    let namespace = branch.entity().namespace();
    branch.kind == EntityKind::Subsegment && matches!(namespace.as_deref(), Some("aws" | "remote"))
}

/// A segment with all that belongs to it.
fn sent(tree: &Tree, root: usize) -> ServiceSegment {
    let entity = tree.branches[root].entity();
    let mut document = String::new();
    let mut waiting = vec![Part::Entity(root)];
    while let Some(part) = waiting.pop() {
        let index = match part {
            Part::Entity(index) => index,
            Part::Text(text) => {
                document.push_str(text);
                continue;
            }
        };
        let branch = &tree.branches[index];
        let moved: &[&str] = if index == root {
            &["subsegments"]
        } else {
            &["subsegments", "trace_id", "parent_id", "type"]
        };
        document.push('{');
        let written = members(&mut document, branch.entity().json(), |key| {
            !moved.contains(&key)
        });
        let Some((last, others)) = branch.children.split_last() else {
            document.push('}');
            continue;
        };
        document.push_str(if written {
            ",\"subsegments\":["
        } else {
            "\"subsegments\":["
        });
        waiting.extend([Part::Text("]}"), Part::Entity(*last)]);
        for child in others.iter().rev() {
            waiting.extend([Part::Text(","), Part::Entity(*child)]);
        }
    }
    ServiceSegment {
        id: entity.id().map(Into::into).unwrap_or_default(),
        name: entity.name().map(Into::into).unwrap_or_default(),
        document,
        inferred: false,
    }
}

/// What is to be written.
enum Part {
    Entity(usize),
    Text(&'static str),
}

/// The segment that X-Ray makes of a call.
fn inferred(tree: &Tree, branch: &Branch, call_id: &str, fresh: &mut Fresh) -> ServiceSegment {
    let call = branch.entity();
    let id = fresh.id(&tree.id, call_id);
    let mut document = format!("{{\"id\":\"{id}\"");
    let ids = [
        ("trace_id", branch.document.root().get("trace_id")),
        ("parent_id", call.json().get("id")),
    ];
    for (key, id) in ids {
        // As received.
        if let Some(id) = id {
            let _ = write!(document, ",\"{key}\":{}", id.raw());
        }
    }
    document.push_str(",\"inferred\":true");
    if let Some(origin) = origin(call) {
        document.push_str(",\"origin\":");
        write_text(&mut document, &origin);
    }
    let mut copied = String::new();
    if members(&mut copied, call.json(), |key| COPIED.contains(&key)) {
        document.push(',');
        document.push_str(&copied);
    }
    document.push('}');
    ServiceSegment {
        id,
        name: call.name().map(Into::into).unwrap_or_default(),
        document,
        inferred: true,
    }
}

/// Ids that nobody has.
struct Fresh {
    taken: HashSet<String>,
    /// How many were made for a call, as ids of calls may repeat.
    made: HashMap<String, u64>,
}

impl Fresh {
    /// A hash of the trace and the call, the same each time.
    fn id(&mut self, trace: &str, call: &str) -> String {
        // FNV-1a, 64 bits.
        let hash = |bits: u64, byte: u8| (bits ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let bits = [trace, call]
            .iter()
            .flat_map(|text| text.bytes())
            .fold(0xcbf2_9ce4_8422_2325, hash);
        let made = self.made.entry(call.to_owned()).or_default();
        loop {
            let id = EntityId::from_bits(bits.wrapping_add(*made)).to_string();
            *made += 1;
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// The kind of resource that was called, where that is known.
fn origin(call: Entity<'_>) -> Option<Cow<'static, str>> {
    if call.sql().is_some() {
        return Some("Database::SQL".into());
    }
    if call.namespace().as_deref() != Some("aws") {
        return None;
    }
    let name = call.name()?;
    let aws = call.aws();
    let has = |names: &[&str]| {
        aws.is_some_and(|aws| names.iter().any(|name| aws.json().get(name).is_some()))
    };
    let known = SERVICES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&name));
    Some(match known {
        Some(&"DynamoDB") if has(&["table_name", "table_names"]) => "AWS::DynamoDB::Table".into(),
        Some(&"S3") if has(&["bucket_name", "resource_names"]) => "AWS::S3::Bucket".into(),
        Some(&"SQS") if has(&["queue_url"]) => "AWS::SQS::Queue".into(),
        Some(known) => format!("AWS::{known}").into(),
        None if name.contains(' ') => "AWS::Unknown".into(),
        None => format!("AWS::{name}").into(),
    })
}

/// Writes the members of an object that are wanted, as received; tells whether there were any.
fn members(json: &mut String, object: Value<'_>, wanted: impl Fn(&str) -> bool) -> bool {
    let mut written = false;
    for (key, value) in object.members().filter(|(key, _)| wanted(&key.decode())) {
        if written {
            json.push(',');
        }
        written = true;
        json.push('"');
        json.push_str(key.raw());
        json.push_str("\":");
        json.push_str(value.raw());
    }
    written
}

/// What an inferred segment has of its subsegment.
const COPIED: [&str; 11] = [
    "aws",
    "cause",
    "end_time",
    "error",
    "fault",
    "http",
    "in_progress",
    "name",
    "sql",
    "start_time",
    "throttle",
];

/// Services as X-Ray spells them. The Python SDK writes them in lower case.
const SERVICES: [&str; 8] = [
    "DynamoDB",
    "Lambda",
    "S3",
    "SNS",
    "SQS",
    "SSM",
    "STS",
    "SimpleSystemsManagement",
];
