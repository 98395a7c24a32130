//! Documents in any order become traces.
//!
//! [`assemble`] takes the documents of a capture and gives a [`PartialTrace`] for each trace id.
//! One that lacks nothing becomes a [`Trace`], which answers every question; one that lacks
//! something says what, as [`Defect`]s.
//!
//! The result depends on what the documents say alone: their order, a document that comes twice, and
//! whether a subsegment was embedded or sent on its own change nothing, but where ids are not unique
//! and nothing else tells entities apart (below).
//!
//! # Rules
//!
//! - An entity is known by its kind and its id within the trace (developer guide: ids are unique
//!   among the segments of one trace; where they are not, see below). Ids are compared as text,
//!   however they are escaped; half a character counts as the escape that it is.
//! - Of several documents for one entity the complete one wins, then the later `end_time`, then
//!   the greater bytes, those of what it says of itself first. Children of all of them are kept.
//! - A subsegment hangs where it is embedded; one that was sent on its own, under the entity
//!   whose id is its `parent_id`. Nesting wins, because the Go SDK writes the id of the segment
//!   as the parent of every embedded subsegment. Where its complete documents name nothing that
//!   is known, it hangs where it was announced.
//! - A segment is always a root. Its `parent_id` is a link to the caller, and need not be here.
//!
//! # Ids that are not unique
//!
//! - Subsegments with the same id are several where they differ in start, name or place: as one
//!   document can hold them, so can several. Each is kept, and it is told as a defect where no
//!   document holds them all.
//! - Complete ones that agree in all these are one, as each document replaces the one before it. So
//!   are one that is embedded and one that was sent on its own and names the same parent, or none. But
//!   one that is embedded below its own id is not what holds it.
//! - Where a document holds two with one id and one start, and where the id is all zeros, which the
//!   Python SDK gives to unsampled subsegments (of segments, too), the id says nothing: of complete
//!   ones what differs in anything is several, in whichever documents, and what one document holds is
//!   several whatever it says. That zeros are shared is not told.
//! - An open one is the announcement of the complete one with its start, though it had another name
//!   or another place then, but not both; if there are several, of the one with its name and place, or
//!   with its name. Where the id says nothing it must have both.
//! - What names such an id as its parent hangs below the innermost that was open for as long, or when
//!   it began, or else below the last that began before it, or any; below none that hangs below
//!   itself, if there is another. A segment goes before a subsegment that has its id.
//! - So that no input takes for ever, those that have one id and one start too are told apart down to
//!   a hundred levels inside each other or a little more; deeper ones of several documents may count
//!   as one. Of thousands that hang below each other not all are asked whether they may mean another
//!   parent.
//!
//! # Defects
//!
//! What several documents show together, or a document and its time of arrival, is a [`Defect`].
//! Three of them say that something is missing, so that the trace is not complete; the other
//! errors say that it contradicts itself or is too large; the lints are worth knowing. One of these
//! is looked for on request alone: see [`Index::judging_age`]. The size of a trace is that of what
//! counts of each entity, so that no announcement and no copy makes it larger. The table of all codes
//! is in the documentation of `schema`.
//!
//! # What X-Ray infers
//!
//! Trees hold what was sent and nothing else. A [`ServiceView`] is the same trace as X-Ray gives
//! it back, with the segments that it infers.

mod again;
mod age;
mod around;
mod assemble;
mod between;
mod conflict;
mod defect;
mod external;
mod failures;
mod identity;
mod index;
mod intervals;
mod lints;
mod missing;
mod namesakes;
mod node;
mod parents;
mod rings;
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
