//! The handle of an open segment or subsegment.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::model::{EntityId, EntityKind, TraceId};
use crate::recorder::members::Block;
use crate::recorder::part::Fields;
use crate::recorder::record::Held;
use crate::wire::{Sampled, TraceHeader};

/// A segment or subsegment that is open. Clones are the same one.
///
/// What is said of it goes into its document when it ends. Outside of every segment, and in a
/// segment that is not sampled, this is a handle that takes everything and records nothing.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// block_on(recorder.in_segment_infallible("OrdersWorker", async |segment| {
///     segment.annotate("tenant", "t1").metadata("cart", &["apple", "pear"]);
///     in_subsegment_infallible("price", async |price| {
///         price.annotate("items", 2);
///     })
///     .await;
/// }));
/// let trace = block_on(daemon.expect_one_trace());
/// let price = trace.nodes().find(|node| node.name().as_deref() == Some("price")).unwrap();
/// assert_eq!(price.entity().annotation("items").unwrap().raw(), "2");
/// # }
/// ```
#[derive(Clone)]
pub struct OpenEntity(Inner);

#[derive(Clone)]
enum Inner {
    /// Outside of every segment.
    Nowhere,
    Recorded(Held, usize),
    /// In a segment that is not recorded. Its header says so downstream.
    Unsampled(Unsampled),
}

/// A segment that is not recorded. It needs no memory of its own.
#[derive(Clone)]
pub(in crate::recorder) enum Unsampled {
    /// One that begins this trace.
    First(TraceId),
    /// One of a request that came with a header.
    Further(Arc<Further>),
    /// One of which nothing is known: the recorder is disabled and was told nothing.
    Unknown,
}

/// What the segments of a request that is not recorded share.
#[derive(Debug)]
pub(in crate::recorder) struct Further {
    /// What a call downstream is told.
    pub(in crate::recorder) header: TraceHeader,
    /// Whether the caller asked for the decision.
    pub(in crate::recorder) asked: bool,
}

impl OpenEntity {
    #[inline]
    pub(in crate::recorder) fn new(record: Held, index: usize) -> OpenEntity {
        OpenEntity(Inner::Recorded(record, index))
    }

    /// One that is not recorded.
    pub(in crate::recorder) fn unsampled(segment: Unsampled) -> OpenEntity {
        OpenEntity(Inner::Unsampled(segment))
    }

    /// The handle that records nothing.
    #[inline]
    pub(in crate::recorder) fn nowhere() -> OpenEntity {
        OpenEntity(Inner::Nowhere)
    }

    /// Opens a subsegment of this entity, without making it the current one.
    #[expect(
        clippy::inline_always,
        reason = "what is not recorded costs a few loads then"
    )]
    #[inline(always)]
    pub(crate) fn open_child_at(
        &self,
        name: &str,
        place: &'static Location<'static>,
    ) -> OpenEntity {
        match &self.0 {
            Inner::Recorded(record, index) => {
                let (record, index) = OpenEntity::child(record, *index, name, place);
                OpenEntity::new(record, index)
            }
            Inner::Nowhere | Inner::Unsampled(_) => self.clone(),
        }
    }

    /// Apart, so that what is not recorded does not pay for it.
    #[inline(never)]
    fn child(
        record: &Held,
        index: usize,
        name: &str,
        place: &'static Location<'static>,
    ) -> (Held, usize) {
        let name = record.shared().cleaned(name, place);
        let child = record.open_child(index, &name, place);
        (record.clone(), child)
    }

    /// Ends the entity; `false` where it had ended.
    #[inline]
    pub(crate) fn close(&self) -> bool {
        match &self.0 {
            Inner::Recorded(record, index) => record.close(*index),
            Inner::Nowhere | Inner::Unsampled(_) => true,
        }
    }

    /// Whether it is recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{Recorder, Sampling};
    ///
    /// let recorder = Recorder::builder("api").sampling(Sampling::never()).build();
    /// recorder.in_segment_infallible_sync("api", |segment| {
    ///     assert!(!segment.is_recorded());
    ///     assert!(segment.trace_header().unwrap().to_string().ends_with(";Sampled=0"));
    /// });
    /// ```
    #[inline]
    pub fn is_recorded(&self) -> bool {
        matches!(self.0, Inner::Recorded(..))
    }

    /// Whether it is recorded and has not ended.
    pub fn is_open(&self) -> bool {
        match &self.0 {
            Inner::Recorded(record, index) => record.is_open(*index),
            Inner::Nowhere | Inner::Unsampled(_) => false,
        }
    }

    /// The id of the trace; `None` outside of every segment.
    pub fn trace_id(&self) -> Option<TraceId> {
        match &self.0 {
            Inner::Recorded(record, _) => Some(record.trace_id),
            Inner::Unsampled(Unsampled::First(trace)) => Some(*trace),
            Inner::Unsampled(Unsampled::Further(further)) => further.header.root(),
            Inner::Nowhere | Inner::Unsampled(Unsampled::Unknown) => None,
        }
    }

    /// The id of the entity; `None` outside of every segment. In a segment that is not sampled it
    /// is the caller's, as nothing of this one can be a parent.
    pub fn id(&self) -> Option<EntityId> {
        match &self.0 {
            Inner::Recorded(record, index) => Some(record.id(*index)),
            Inner::Unsampled(Unsampled::Further(further)) => further.header.parent(),
            Inner::Nowhere | Inner::Unsampled(_) => None,
        }
    }

    /// The trace header for a call downstream; `None` outside of every segment.
    ///
    /// Unknown keys of the header that came in are carried on.
    pub fn trace_header(&self) -> Option<TraceHeader> {
        match &self.0 {
            Inner::Recorded(record, index) => {
                let header = match &record.incoming {
                    Some(incoming) => incoming.clone().with_root(record.trace_id),
                    None => TraceHeader::new(record.trace_id),
                };
                let header = header.with_parent(record.id(*index));
                Some(header.with_sampled(Sampled::Keep))
            }
            Inner::Unsampled(Unsampled::First(trace)) => {
                Some(TraceHeader::new(*trace).with_sampled(Sampled::Drop))
            }
            Inner::Unsampled(Unsampled::Further(further)) => Some(further.header.clone()),
            Inner::Nowhere | Inner::Unsampled(Unsampled::Unknown) => None,
        }
    }

    /// The trace header for the answer to the request that this segment serves: the trace, and the
    /// decision if the caller asked for it (`Sampled=?`).
    pub fn answer_header(&self) -> Option<TraceHeader> {
        let header = TraceHeader::new(self.trace_id()?);
        let (asked, decision) = match &self.0 {
            Inner::Nowhere => return None,
            Inner::Recorded(record, _) => {
                let asked = record.incoming.as_ref().and_then(TraceHeader::sampled);
                (asked == Some(Sampled::Ask), Sampled::Keep)
            }
            Inner::Unsampled(Unsampled::Further(further)) => (further.asked, Sampled::Drop),
            Inner::Unsampled(_) => (false, Sampled::Drop),
        };
        Some(if asked {
            header.with_sampled(decision)
        } else {
            header
        })
    }

    /// Sends what is known of it so far, as in progress. The complete document follows when it
    /// ends; of one that has ended nothing is sent, and that is reported.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use xray_phantom::{FakeDaemon, Recorder, block_on};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("nightly").daemon(&daemon).build();
    /// block_on(recorder.in_segment_infallible("nightly", async |segment| {
    ///     segment.send_in_progress();
    ///     assert_eq!(daemon.fence().await.unwrap().accepted, 1);
    /// }));
    /// block_on(daemon.expect_one_trace());
    /// # }
    /// ```
    #[track_caller]
    pub fn send_in_progress(&self) -> &OpenEntity {
        if let Inner::Recorded(record, index) = &self.0
            && !record.send_in_progress(*index)
        {
            let message = format!("{} had ended; nothing is sent", record.named(*index));
            record.misused(Location::caller(), "used-after-end", message);
        }
        self
    }

    /// Says something of the fields; `false` where it had ended.
    #[inline]
    pub(in crate::recorder) fn say(
        &self,
        place: &'static Location<'static>,
        say: impl FnOnce(&mut Fields),
    ) -> bool {
        match &self.0 {
            Inner::Recorded(record, index) => record.say(*index, place, say),
            Inner::Nowhere | Inner::Unsampled(_) => true,
        }
    }

    /// Memory to write a value into before it is said.
    pub(in crate::recorder) fn scratch(&self) -> Vec<u8> {
        match &self.0 {
            Inner::Recorded(record, index) => record.scratch(*index),
            Inner::Nowhere | Inner::Unsampled(_) => Vec::new(),
        }
    }

    /// Takes back what was said last under a name.
    #[cold]
    pub(in crate::recorder) fn take_back(&self, block: Block, namespace: &str, key: &str) {
        if let Inner::Recorded(record, index) = &self.0 {
            record.take_back(*index, block, namespace, key);
        }
    }

    /// Whether both are in the same segment.
    pub(in crate::recorder) fn is_in_segment_of(&self, other: &OpenEntity) -> bool {
        match (&self.0, &other.0) {
            (Inner::Recorded(one, _), Inner::Recorded(other, _)) => one.is(other),
            (Inner::Unsampled(one), Inner::Unsampled(other)) => one.is(other),
            _ => false,
        }
    }

    /// Whether someone else sends it.
    pub(in crate::recorder) fn is_foreign(&self) -> bool {
        matches!(&self.0, Inner::Recorded(record, index) if record.is_foreign(*index))
    }

    /// The number of its part.
    #[inline]
    pub(in crate::recorder) fn index(&self) -> usize {
        match self.0 {
            Inner::Recorded(_, index) => index,
            Inner::Nowhere | Inner::Unsampled(_) => 0,
        }
    }

    /// The trace of a segment that is not recorded and that begins it.
    #[cfg(feature = "aws")]
    pub(in crate::recorder) fn first_of_its_trace(&self) -> Option<TraceId> {
        match &self.0 {
            Inner::Unsampled(Unsampled::First(trace)) => Some(*trace),
            _ => None,
        }
    }

    /// The record, and which part of it this is, if it is recorded.
    #[cfg(feature = "aws")]
    pub(in crate::recorder) fn part(&mut self) -> Option<(&Held, &mut usize)> {
        match &mut self.0 {
            Inner::Recorded(record, index) => Some((record, index)),
            Inner::Nowhere | Inner::Unsampled(_) => None,
        }
    }

    /// The record, if there is one.
    #[inline]
    pub(in crate::recorder) fn record(&self) -> Option<&Held> {
        match &self.0 {
            Inner::Recorded(record, _) => Some(record),
            Inner::Nowhere | Inner::Unsampled(_) => None,
        }
    }

    /// Whether it is a segment or a subsegment; `None` where it is not recorded.
    pub(in crate::recorder) fn kind(&self) -> Option<EntityKind> {
        match &self.0 {
            Inner::Recorded(_, 0) => Some(EntityKind::Segment),
            Inner::Recorded(..) => Some(EntityKind::Subsegment),
            Inner::Nowhere | Inner::Unsampled(_) => None,
        }
    }
}

impl Unsampled {
    /// Whether both are the same segment, or nobody could tell.
    fn is(&self, other: &Unsampled) -> bool {
        match (self, other) {
            (Unsampled::First(one), Unsampled::First(other)) => one == other,
            (Unsampled::Further(one), Unsampled::Further(other)) => Arc::ptr_eq(one, other),
            (Unsampled::Unknown, Unsampled::Unknown) => true,
            _ => false,
        }
    }
}

/// The name and id; not what was said of it, which may be a secret.
impl fmt::Debug for OpenEntity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Nowhere => f.write_str("no entity"),
            Inner::Recorded(record, index) => {
                write!(f, "{} {}", record.named(*index), record.id(*index))
            }
            Inner::Unsampled(_) => f.write_str("an entity that is not sampled"),
        }
    }
}
