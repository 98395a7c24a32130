//! What documents must become.

use std::fmt;

use crate::model::{EntityKind, Timestamp};
use crate::strategies::entity::{Entity, timestamp};
use crate::trace::Node;

/// A node of a trace: what documents must become, to be compared with what a program made of
/// them.
///
/// Subsegments are in order of start, then of id. [`Display`](fmt::Display) shows the names.
///
/// # Examples
///
/// ```
/// use xray_phantom::model::{EntityKind, Timestamp};
/// use xray_phantom::strategies::ExpectedNode;
///
/// let node = |kind, id: &str, parent: Option<&str>, name: &str, subsegments| ExpectedNode {
///     kind,
///     id: id.to_owned(),
///     parent_id: parent.map(str::to_owned),
///     name: name.to_owned(),
///     start_time: Timestamp::from_nanos(1_000_000_000),
///     end_time: Some(Timestamp::from_nanos(2_000_000_000)),
///     subsegments,
/// };
/// let put = node(EntityKind::Subsegment, "00000000000000b1", Some("00000000000000a1"), "dynamo-put", vec![]);
/// let segment = node(EntityKind::Segment, "00000000000000a1", None, "OrdersWorker", vec![put]);
/// assert_eq!(segment.to_string(), "OrdersWorker\n  dynamo-put\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedNode {
    /// Whether it is a segment or a subsegment.
    pub kind: EntityKind,
    /// Its id.
    pub id: String,
    /// The caller of a segment, or what a subsegment is a part of.
    pub parent_id: Option<String>,
    /// Its name.
    pub name: String,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended, unless it is in progress.
    pub end_time: Option<Timestamp>,
    /// What is inside.
    pub subsegments: Vec<ExpectedNode>,
}

impl ExpectedNode {
    /// The same of a node that was assembled; what is missing of it is empty, or 1970.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use xray_phantom::json::Document;
    /// use xray_phantom::strategies::ExpectedNode;
    /// use xray_phantom::trace::{Arrival, ExternalParents, assemble};
    ///
    /// let text = r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "OrdersWorker",
    ///     "start_time": 1, "in_progress": true}"#;
    /// let arrival = Arrival { seq: 0, arrived: None, document: Arc::new(Document::parse(text).unwrap()) };
    /// let assembly = assemble([arrival], &ExternalParents::none());
    /// let node = ExpectedNode::of(assembly.traces[0].roots().next().unwrap());
    /// assert_eq!(node.to_string(), "OrdersWorker (in progress)\n");
    /// ```
    pub fn of(node: Node<'_>) -> ExpectedNode {
        let entity = node.entity();
        let parent_id = match node.parent() {
            Some(parent) => parent.entity().id(),
            None => entity.parent_id(),
        };
        ExpectedNode {
            kind: node.kind(),
            id: entity.id().unwrap_or_default().into_owned(),
            parent_id: parent_id.map(Into::into),
            name: node.name().unwrap_or_default().into_owned(),
            start_time: entity.start_time().unwrap_or_else(|| timestamp(0)),
            end_time: entity.end_time(),
            subsegments: node.children().map(ExpectedNode::of).collect(),
        }
    }

    pub(in crate::strategies) fn from(entity: &Entity) -> ExpectedNode {
        let subsegments = entity.subsegments.iter().map(ExpectedNode::from);
        ExpectedNode {
            kind: entity.kind,
            id: entity.id.to_string(),
            parent_id: entity.parent_id.map(|id| id.to_string()),
            name: entity.name.clone(),
            start_time: timestamp(entity.start),
            end_time: entity.end.map(timestamp),
            subsegments: in_order(subsegments.collect()),
        }
    }

    fn write(&self, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = match self.end_time {
            Some(_) => "",
            None => " (in progress)",
        };
        writeln!(f, "{:depth$}{}{open}", "", self.name, depth = depth * 2)?;
        let mut inside = self.subsegments.iter();
        inside.try_for_each(|inside| inside.write(depth + 1, f))
    }
}

/// The names, one a line, each two spaces further in than what is around it.
impl fmt::Display for ExpectedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(0, f)
    }
}

/// By start, then by id.
pub(in crate::strategies) fn in_order(mut nodes: Vec<ExpectedNode>) -> Vec<ExpectedNode> {
    nodes.sort_by(|a, b| (a.start_time, &a.id).cmp(&(b.start_time, &b.id)));
    nodes
}
