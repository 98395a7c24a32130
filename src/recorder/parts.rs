//! The parts of one segment, and the memory that they share.

use std::panic::Location;

use crate::model::{EntityId, Timestamp};
#[cfg(feature = "aws")]
use crate::recorder::at_once::Saying;
use crate::recorder::outcome::Outcome;
use crate::recorder::part::{Fields, Part};
use crate::recorder::spare;

/// The segment and its subsegments by number, the segment first.
///
/// What they need is memory that is used again: for the next subsegment, and for the next segment
/// once nobody holds this one.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Parts {
    pub(in crate::recorder) list: Vec<Part>,
    /// Parts that have ended and were not sent, in order of their ends.
    pub(in crate::recorder) ready: Vec<usize>,
    /// The names of all parts.
    names: String,
    /// The bodies of parts that have ended and were not sent.
    pub(in crate::recorder) bodies: Vec<u8>,
    /// Fields that nobody says anything to. They go from part to part as they are.
    #[expect(clippy::vec_box, reason = "they are large, and move often")]
    unused: Vec<Box<Fields>>,
    /// What leaves, while the lock is held.
    pub(in crate::recorder) outcome: Option<Box<Outcome>>,
}

impl Parts {
    /// Opens a part and gives its number.
    #[inline]
    pub(in crate::recorder) fn open(
        &mut self,
        id: EntityId,
        name: &str,
        parent: Option<usize>,
        place: &'static Location<'static>,
        start: Timestamp,
    ) -> usize {
        let index = self.list.len();
        if let Some(parent) = parent {
            let children = &mut self.list[parent].children;
            let first = children.map_or(index, |(first, _)| first);
            if let Some((_, last)) = children.replace((first, index)) {
                self.list[last].next = Some(index);
            }
        }
        let start_of_name = self.names.len();
        self.names.push_str(name);
        let name = start_of_name..self.names.len();
        let fields = self.unused.pop().unwrap_or_default();
        self.list
            .push(Part::open(id, name, parent, place, start, fields));
        index
    }

    #[inline]
    pub(in crate::recorder) fn name(&self, index: usize) -> &str {
        &self.names[self.list[index].name.clone()]
    }

    /// What is said of a part; nothing where it has ended.
    #[cfg(feature = "aws")]
    #[inline]
    pub(in crate::recorder) fn saying(&mut self, index: usize) -> Option<Saying<'_>> {
        let part = &mut self.list[index];
        Some(Saying {
            id: part.id,
            fields: part.fields.as_deref_mut()?,
        })
    }

    /// A part, what is said of it in order, the names, and the bodies to write its own behind.
    pub(in crate::recorder) fn writing(&mut self, index: usize) -> (&Part, &str, &mut Vec<u8>) {
        if let Some(fields) = &mut self.list[index].fields {
            fields.members.sort();
        }
        (&self.list[index], &self.names, &mut self.bodies)
    }

    /// What leaves; it is taken where something does.
    pub(in crate::recorder) fn outcome(&mut self) -> &mut Outcome {
        self.outcome.get_or_insert_with(spare::outcome)
    }

    /// The body of a part, if it has ended and was not sent.
    #[inline]
    pub(in crate::recorder) fn body(&self, index: usize) -> Option<&[u8]> {
        let body = self.list[index].body;
        body.map(|(start, end)| &self.bodies[start..end])
    }

    /// Ends a part, if it is open: what was said of it is no more.
    pub(in crate::recorder) fn close(&mut self, index: usize) {
        if let Some(mut fields) = self.list[index].fields.take()
            && fields.clear()
            && self.unused.len() < MOST_UNUSED
        {
            self.unused.push(fields);
        }
    }

    /// All bodies were sent. The memory of many, or of a large one, is given back.
    pub(in crate::recorder) fn forget_bodies(&mut self) {
        self.bodies.clear();
        self.bodies.shrink_to(MOST_OF_BODIES);
    }

    /// The children of a part, in the order in which they were opened.
    pub(in crate::recorder) fn children(&self, index: usize) -> impl Iterator<Item = usize> {
        self.from(self.list[index].children.map(|(first, _)| first))
    }

    /// A part and the children of its parent behind it.
    pub(in crate::recorder) fn from(&self, first: Option<usize>) -> impl Iterator<Item = usize> {
        std::iter::successors(first, |child| self.list[*child].next)
    }

    /// Forgets all parts and keeps the memory; `false` where that is too much to be kept.
    pub(in crate::recorder) fn clear(&mut self) -> bool {
        for index in 0..self.list.len() {
            if self.list[index].is_open() {
                self.close(index);
            }
        }
        let kept = self.list.capacity() * size_of::<Part>()
            + self.names.capacity()
            + self.bodies.capacity()
            + self.ready.capacity() * size_of::<usize>();
        self.list.clear();
        self.ready.clear();
        self.names.clear();
        self.bodies.clear();
        kept <= MOST_KEPT
    }
}

/// How many fields are kept for parts to come.
const MOST_UNUSED: usize = 16;
/// So many bytes of memory are kept for the next bodies.
const MOST_OF_BODIES: usize = 131_072;
/// So many bytes of memory are kept for the next segment.
const MOST_KEPT: usize = 262_144;
