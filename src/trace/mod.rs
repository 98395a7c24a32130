//! Documents in any order become traces.
//!
//! [`assemble`] takes the documents of a capture and gives a [`PartialTrace`] for each trace id.
//! One that lacks nothing becomes a [`Trace`], which answers every question; one that lacks
//! something says what, as [`Defect`]s.
//!
//! The result depends on what the documents say alone: neither their order, nor a document that
//! comes twice, nor whether a subsegment was embedded or sent on its own changes it.
//!
//! # Rules
//!
//! - An entity is known by its kind and its id within the trace (developer guide: ids are unique
//!   among the segments of one trace). Ids are compared as text.
//! - Of several documents for one entity the complete one wins, then the later `end_time`, then
//!   the greater bytes. Children of all of them are kept.
//! - A subsegment hangs where it is embedded; one that was sent on its own, under the entity
//!   whose id is its `parent_id`. Nesting wins, because the Go SDK writes the id of the segment
//!   as the parent of every embedded subsegment.
//! - An id that several subsegments of one document have tells nothing: these are known by their
//!   parent, name and start, and by their order where these are the same. So are those that were
//!   sent apart, where starts differ, or of complete ones the names or the places, though then that
//!   is a defect. What names such an id as its parent belongs to the innermost that was open when
//!   it began.
//! - A segment is always a root. Its `parent_id` is a link to the caller, and need not be here.
//!
//! # Defects
//!
//! What several documents show together, or a document and its time of arrival, is a [`Defect`].
//! Three of them say that something is missing, so that the trace is not complete; the other
//! errors say that it contradicts itself or is too large; the lints are worth knowing. One of these
//! is looked for on request alone: see [`Index::judging_age`]. The table of all codes is in the
//! documentation of `schema`.
//!
//! # What X-Ray infers
//!
//! Trees hold what was sent and nothing else. A [`ServiceView`] is the same trace as X-Ray gives
//! it back, with the segments that it infers.

mod again;
mod age;
mod around;
mod assemble;
mod conflict;
mod defect;
mod external;
mod failures;
mod identity;
mod index;
mod intervals;
mod lints;
mod missing;
mod node;
mod sample;
mod service_view;
mod tree;
mod whereabouts;
mod whole;

pub(crate) use around::{Around, Surroundings};
pub use assemble::{Arrival, Assembly, assemble};
pub use defect::{Defect, DefectCode, Severity};
pub use external::ExternalParents;
pub use index::Index;
pub use node::{Node, Nodes};
#[doc(hidden)]
pub use sample::sample;
pub use service_view::{ServiceSegment, ServiceView};
pub use whole::{PartialTrace, Trace};
