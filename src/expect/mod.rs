//! What a trace should look like, and why it does not.
//!
//! [`Trace::assert`](crate::Trace::assert) begins a chain that panics with an explanation; each
//! step has a `try_` twin that returns it as a [`Mismatch`].
//! [`Trace::assert_all`](crate::Trace::assert_all) reports all that does not hold at once.
//!
//! | | of the trace | of an entity |
//! |---|---|---|
//! | one fits | [`segment`], [`subsegment`] | [`child`], [`descendant`] |
//! | the one with a number | [`nth_segment`], [`nth_subsegment`] | [`nth_child`], [`nth_descendant`] |
//! | each | [`each_segment`], [`each_subsegment`] | [`each_child`], [`each_descendant`] |
//! | how many | [`segment_count`], [`subsegment_count`] | [`child_count`], [`descendant_count`] |
//! | none | [`lacks_segment`], [`lacks_subsegment`] | [`lacks_child`], [`lacks_descendant`] |
//!
//! No check passes over nothing: `each_...` of a name that nothing has fails (`each_..._if_any`
//! does not), and so does a [`Matcher`] that no value can match.
//!
//! A failure says first what is not so, then what is likely to be the cause, then each criterion
//! of the closest entity, then the trace with the place:
//!
//! ```text
//! OrdersWorker > dynamo-put is not as expected
//! likely: annotation order_id is on another entity of this trace: OrdersWorker
//!   ok  annotation items     3
//!   NO  annotation order_id  expected "o-1", found none
//! trace 1-66a00000-0123456789abcdef01234567 (complete, 2 entities)
//! OrdersWorker  100 ms  {order_id: o-1}
//! └─ dynamo-put  80.0 ms  {items: 3}  <- here
//! ```
//!
//! With feature `googletest` matchers of googletest serve here (`google`), and chains of assertions
//! serve there (`holds`).
//!
//! [`segment`]: Assertion::segment
//! [`subsegment`]: Assertion::subsegment
//! [`nth_segment`]: Assertion::nth_segment
//! [`nth_subsegment`]: Assertion::nth_subsegment
//! [`each_segment`]: Assertion::each_segment
//! [`each_subsegment`]: Assertion::each_subsegment
//! [`segment_count`]: Assertion::segment_count
//! [`subsegment_count`]: Assertion::subsegment_count
//! [`lacks_segment`]: Assertion::lacks_segment
//! [`lacks_subsegment`]: Assertion::lacks_subsegment
//! [`child`]: ExpectEntity::child
//! [`descendant`]: ExpectEntity::descendant
//! [`nth_child`]: ExpectEntity::nth_child
//! [`nth_descendant`]: ExpectEntity::nth_descendant
//! [`each_child`]: ExpectEntity::each_child
//! [`each_descendant`]: ExpectEntity::each_descendant
//! [`child_count`]: ExpectEntity::child_count
//! [`descendant_count`]: ExpectEntity::descendant_count
//! [`lacks_child`]: ExpectEntity::lacks_child
//! [`lacks_descendant`]: ExpectEntity::lacks_descendant
#![expect(
    clippy::needless_pass_by_value,
    reason = "a matcher is a literal or a closure, written where it is used"
)]

mod assertion;
mod blocks;
mod clue;
mod entity;
mod exception;
mod explain;
mod fields;
#[cfg(feature = "googletest")]
mod googletest;
mod json;
mod log;
mod matcher;
mod matchers;
mod mismatch;
mod near;
mod order;
mod relation;
mod relatives;
mod tree;
mod whole;

pub use assertion::Assertion;
pub use blocks::{ExpectAws, ExpectHttp, ExpectSql};
pub use entity::ExpectEntity;
pub use exception::ExpectException;
#[cfg(feature = "googletest")]
pub use googletest::{Google, Holds, google, holds};
pub use matcher::Matcher;
pub use matchers::{
    Any, Described, Like, Not, OneOf, any, contains, described, ends_with, glob, not, one_of,
    regex, starts_with,
};
pub use mismatch::Mismatch;
pub use tree::ExpectedTree;
