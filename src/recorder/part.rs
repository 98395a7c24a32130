//! The segment or a subsegment while it is recorded.

use std::ops::Range;
use std::panic::Location;

use crate::json::Written;
use crate::model::{EntityId, EntityKind, Timestamp};
use crate::recorder::aws_members::Known;
use crate::recorder::cause::{Cause, Failure};
use crate::recorder::members::{Block, Members};

/// The segment (the first part of a record) or one subsegment.
#[derive(Debug)]
pub(in crate::recorder) struct Part {
    pub(in crate::recorder) id: EntityId,
    /// Where its name stands among the names.
    pub(in crate::recorder) name: Range<usize>,
    pub(in crate::recorder) parent: Option<usize>,
    /// The first and the last of its children, in the order in which they were opened.
    pub(in crate::recorder) children: Option<(usize, usize)>,
    /// The next child of its parent.
    pub(in crate::recorder) next: Option<usize>,
    pub(in crate::recorder) place: &'static Location<'static>,
    pub(in crate::recorder) start: Timestamp,
    /// What is said of it, while it is open.
    pub(in crate::recorder) fields: Option<Box<Fields>>,
    /// Where its members stand among the bodies, without braces, when it has ended; nowhere once
    /// they were sent.
    pub(in crate::recorder) body: Option<(usize, usize)>,
    /// The exception that it failed with, whether it is its own or one of a child.
    pub(in crate::recorder) failure: Option<Failure>,
    /// The child that failed last.
    pub(in crate::recorder) last_failed: Option<usize>,
    /// Whether something below it has ended: a document that names it, or one between.
    pub(in crate::recorder) is_parent: bool,
    /// Whether it was sent as in progress because something below it was sent.
    pub(in crate::recorder) is_announced: bool,
}

/// What is said of a part that is open; values are JSON.
#[derive(Clone, Debug, Default)]
pub(in crate::recorder) struct Fields {
    pub(in crate::recorder) namespace: Option<&'static str>,
    /// The flags that the program said.
    pub(in crate::recorder) said: Flags,
    /// Whether its code returned an error.
    pub(in crate::recorder) failed: bool,
    /// The status of the answer, where the program wants its flags to go by it.
    pub(in crate::recorder) status: Option<u16>,
    pub(in crate::recorder) response: Response,
    /// Empty where nothing was said.
    pub(in crate::recorder) user: String,
    pub(in crate::recorder) members: Members,
    pub(in crate::recorder) precursors: Vec<EntityId>,
    pub(in crate::recorder) links: Vec<String>,
    pub(in crate::recorder) cause: Cause,
    /// Memory for values that are written before they are said.
    pub(in crate::recorder) scratch: Vec<u8>,
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::recorder) struct Response {
    pub(in crate::recorder) content_length: Option<i128>,
    pub(in crate::recorder) status: Option<i64>,
}

impl Response {
    #[inline]
    pub(in crate::recorder) fn is_empty(&self) -> bool {
        self.content_length.is_none() && self.status.is_none()
    }
}

/// What X-Ray counts.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::recorder) struct Flags {
    pub(in crate::recorder) error: bool,
    pub(in crate::recorder) throttle: bool,
    pub(in crate::recorder) fault: bool,
}

impl Fields {
    /// The flags that were said, and those that the status means. What failed and says no more is
    /// a fault.
    pub(in crate::recorder) fn flags(&self) -> Flags {
        let status = self.status.unwrap_or_default();
        let error = self.said.error || (400..500).contains(&status);
        let throttle = self.said.throttle || status == 429;
        let fault = self.said.fault || (500..600).contains(&status);
        // Of an answer such as 304 there may be a cause, and it is nobody's fault.
        let failed = self.failed || !self.cause.is_empty() && self.response.is_empty();
        Flags {
            error,
            throttle,
            fault: fault || failed && !error && !throttle,
        }
    }

    /// Says a member whose key needs no escape, and whose value is JSON.
    pub(in crate::recorder) fn set(&mut self, block: Block, key: &str, value: &str) {
        let write = |json: &mut Vec<u8>| json.extend_from_slice(value.as_bytes());
        self.members.set(block, key, write);
    }

    /// Says a member, under a namespace if that is not empty, and keeps the memory of its value.
    #[inline]
    pub(in crate::recorder) fn set_written(
        &mut self,
        block: Block,
        (namespace, key): (&str, &str),
        value: Written<'_>,
    ) {
        let write = |json: &mut Vec<u8>| value.push(json);
        self.members.set_any(block, namespace, key, write);
        self.take_back(value);
    }

    /// Says a member of `aws`, which X-Ray knows or not.
    #[inline]
    pub(in crate::recorder) fn set_aws(
        &mut self,
        key: &str,
        known: Option<&Known>,
        value: Written<'_>,
    ) {
        let Some(known) = known else {
            return self.set_written(Block::Aws, ("", key), value);
        };
        let write = |json: &mut Vec<u8>| value.push(json);
        self.members.set_known(Block::Aws, known.key, write);
        self.take_back(value);
    }

    /// Keeps the memory of a value.
    #[inline]
    fn take_back(&mut self, value: Written<'_>) {
        if let Written::Json(mut memory) = value {
            memory.clear();
            self.scratch = memory;
        }
    }

    /// Forgets what was said, and keeps the memory; `false` where that is too much to be kept.
    pub(in crate::recorder) fn clear(&mut self) -> bool {
        self.namespace = None;
        self.said = Flags::default();
        self.failed = false;
        self.status = None;
        self.response = Response::default();
        self.user.clear();
        self.members.clear();
        self.precursors.clear();
        self.links.clear();
        self.cause.clear();
        self.scratch.clear();
        let kept = self.members.capacity()
            + self.user.capacity()
            + self.scratch.capacity()
            + self.precursors.capacity() * size_of::<EntityId>()
            + self.links.capacity() * size_of::<String>()
            + self.cause.capacity();
        kept <= MOST_KEPT
    }
}

impl Part {
    /// One that is open.
    pub(in crate::recorder) fn open(
        id: EntityId,
        name: Range<usize>,
        parent: Option<usize>,
        place: &'static Location<'static>,
        start: Timestamp,
        fields: Box<Fields>,
    ) -> Part {
        Part {
            id,
            name,
            parent,
            children: None,
            next: None,
            place,
            start,
            fields: Some(fields),
            body: None,
            failure: None,
            last_failed: None,
            is_parent: false,
            is_announced: false,
        }
    }

    pub(in crate::recorder) fn kind(&self) -> EntityKind {
        if self.parent.is_none() {
            EntityKind::Segment
        } else {
            EntityKind::Subsegment
        }
    }

    pub(in crate::recorder) fn is_open(&self) -> bool {
        self.fields.is_some()
    }

    /// How long its body is, if it has ended and was not sent.
    pub(in crate::recorder) fn body_len(&self) -> Option<usize> {
        self.body.map(|(start, end)| end - start)
    }
}

/// So many bytes of memory are kept for what is said next.
const MOST_KEPT: usize = 16_384;
