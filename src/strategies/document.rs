//! Documents that break no rule.

use std::fmt;

use proptest::prelude::{Strategy, prop_oneof};

use crate::strategies::entity::{Entity, setting};
use crate::strategies::expected::ExpectedNode;
use crate::strategies::shape::{Shape, segment_shape, subsegment_shape};

/// A document that breaks no rule, and the node that it becomes by itself.
///
/// [`Display`](fmt::Display) is its text.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidDocument {
    text: String,
    node: ExpectedNode,
}

impl ValidDocument {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its entity, and the subsegments embedded in it.
    pub fn node(&self) -> &ExpectedNode {
        &self.node
    }
}

/// The text.
impl fmt::Display for ValidDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A segment that has ended, with all of its subsegments embedded.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::json::Document;
/// use xray_phantom::schema::judge;
/// use xray_phantom::strategies::segment;
///
/// proptest!(ProptestConfig::with_cases(16), |(segment in segment())| {
///     let document = Document::parse(segment.text()).unwrap();
///     prop_assert_eq!(judge(&document), []);
///     prop_assert_eq!(document.root().get("name").unwrap().as_str().unwrap(), segment.node().name.as_str());
/// });
/// ```
pub fn segment() -> impl Strategy<Value = ValidDocument> {
    valid(segment_shape().prop_map(Shape::ended))
}

/// A subsegment that has ended and is sent on its own, with what is inside embedded.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::json::Document;
/// use xray_phantom::strategies::subsegment;
///
/// proptest!(ProptestConfig::with_cases(16), |(subsegment in subsegment())| {
///     let document = Document::parse(subsegment.text()).unwrap();
///     prop_assert_eq!(document.root().get("type").unwrap().as_str().unwrap(), "subsegment");
///     prop_assert!(document.root().get("parent_id").is_some());
/// });
/// ```
pub fn subsegment() -> impl Strategy<Value = ValidDocument> {
    valid(subsegment_shape().prop_map(Shape::ended))
}

/// Any document: a segment, or a subsegment on its own; each entity has ended or is in progress.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::strategies::document;
/// use xray_phantom::wire::{Body, frame, receive};
///
/// proptest!(ProptestConfig::with_cases(16), |(document in document())| {
///     let datagram = frame(document.text()).unwrap();
///     prop_assert!(matches!(receive(&datagram), Ok(Body::Segment(_))));
/// });
/// ```
pub fn document() -> impl Strategy<Value = ValidDocument> {
    valid(prop_oneof![segment_shape(), subsegment_shape()])
}

fn valid(shape: impl Strategy<Value = Shape>) -> impl Strategy<Value = ValidDocument> {
    (setting(), shape.prop_map(Shape::alone)).prop_map(|(setting, shape)| {
        let entity: Entity = setting.settle(&shape);
        ValidDocument {
            text: setting.whole(&entity).to_string(),
            node: ExpectedNode::from(&entity),
        }
    })
}
