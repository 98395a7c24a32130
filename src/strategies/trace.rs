//! Traces through several services.

use std::fmt;

use proptest::prelude::Strategy;

use crate::model::TraceId;
use crate::strategies::entity::{Entity, Setting, setting};
use crate::strategies::expected::{ExpectedNode, in_order};
use crate::strategies::shape::{Shape, segment_shape};

/// A trace: the segments of one request, and what they must become.
///
/// A segment of a service that was called has the id of a subsegment as its `parent_id`, lies
/// within its time, and that subsegment says `traced`. [`Display`](fmt::Display) shows the names.
#[derive(Clone, Debug)]
pub struct ValidTrace {
    pub(in crate::strategies) setting: Setting,
    /// The segment of the first service; the others hang below it.
    pub(in crate::strategies) first: Entity,
    documents: Vec<String>,
    roots: Vec<ExpectedNode>,
}

impl ValidTrace {
    fn new(setting: Setting, shape: &Shape) -> ValidTrace {
        let first = setting.settle(shape);
        let segments = first.segments();
        let roots = segments.iter().map(|segment| ExpectedNode::from(segment));
        let documents = segments.iter().map(|segment| setting.whole(segment));
        ValidTrace {
            documents: documents.map(|document| document.to_string()).collect(),
            roots: in_order(roots.collect()),
            setting,
            first,
        }
    }

    /// The trace id.
    pub fn id(&self) -> TraceId {
        self.setting.trace_id()
    }

    /// A document for each segment, with all of its subsegments embedded; callers first.
    pub fn documents(&self) -> &[String] {
        &self.documents
    }

    /// The segments with their subsegments, in order of start, then of id.
    pub fn roots(&self) -> &[ExpectedNode] {
        &self.roots
    }

    /// How many segments and subsegments there are.
    pub fn entities(&self) -> usize {
        self.first.all().len()
    }
}

/// The names, one a line, each two spaces further in than what is around it.
impl fmt::Display for ValidTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.roots
            .iter()
            .try_for_each(|root| fmt::Display::fmt(root, f))
    }
}

/// A trace that is complete, and has no defect.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::model::EntityKind;
/// use xray_phantom::strategies::trace;
///
/// proptest!(ProptestConfig::with_cases(16), |(trace in trace())| {
///     prop_assert_eq!(trace.documents().len(), trace.roots().len());
///     for root in trace.roots() {
///         prop_assert_eq!(root.kind, EntityKind::Segment);
///         prop_assert!(root.subsegments.iter().all(|subsegment| subsegment.end_time <= root.end_time));
///     }
/// });
/// ```
pub fn trace() -> impl Strategy<Value = ValidTrace> {
    (setting(), segment_shape().prop_map(Shape::ended))
        .prop_map(|(setting, shape)| ValidTrace::new(setting, &shape))
}

/// A trace of which some entities may never end. It has no other defect.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use proptest::prelude::*;
/// use xray_phantom::DefectCode;
/// use xray_phantom::json::Document;
/// use xray_phantom::strategies::unfinished_trace;
/// use xray_phantom::trace::{Arrival, ExternalParents, assemble};
///
/// proptest!(ProptestConfig::with_cases(16), |(trace in unfinished_trace())| {
///     let arrivals = trace.documents().iter().zip(0..).map(|(text, seq)| Arrival {
///         seq,
///         arrived: None,
///         document: Arc::new(Document::parse(text).unwrap()),
///     });
///     let assembly = assemble(arrivals, &ExternalParents::none());
///     prop_assert!(assembly.traces[0].defects().all(|defect| defect.code() == DefectCode::NeverClosed));
/// });
/// ```
pub fn unfinished_trace() -> impl Strategy<Value = ValidTrace> {
    (setting(), segment_shape()).prop_map(|(setting, shape)| ValidTrace::new(setting, &shape))
}
