//! The segment or a subsegment while it is recorded.

use std::collections::BTreeMap;
use std::panic::Location;

use crate::model::{EntityId, EntityKind, Timestamp};
use crate::recorder::cause::{Exception, Failure};

/// The segment (the first part of a record) or one subsegment.
#[derive(Debug)]
pub(in crate::recorder) struct Part {
    pub(in crate::recorder) id: EntityId,
    pub(in crate::recorder) name: String,
    pub(in crate::recorder) parent: Option<usize>,
    /// Those that were not sent, in the order in which they were opened.
    pub(in crate::recorder) children: Vec<usize>,
    pub(in crate::recorder) place: &'static Location<'static>,
    pub(in crate::recorder) start: Timestamp,
    pub(in crate::recorder) state: State,
    /// The exception that it failed with, whether it is its own or one of a child.
    pub(in crate::recorder) failure: Option<Failure>,
    /// The child that failed last.
    pub(in crate::recorder) last_failed: Option<usize>,
    /// Whether something below it has ended: a document that names it, or one between.
    pub(in crate::recorder) is_parent: bool,
    /// Whether it was sent as in progress because something below it was sent.
    pub(in crate::recorder) is_announced: bool,
    /// How many of the children were sent.
    pub(in crate::recorder) gone: usize,
}

/// How far a part has come.
#[derive(Debug)]
pub(in crate::recorder) enum State {
    Open(Box<Fields>),
    /// Its members as JSON, without the braces.
    Ended(String),
    Sent,
}

/// What is said of a part that is open; values are JSON.
#[derive(Clone, Debug, Default)]
pub(in crate::recorder) struct Fields {
    pub(in crate::recorder) namespace: Option<&'static str>,
    /// The flags that the program said.
    pub(in crate::recorder) said: Flags,
    /// Whether its code returned an error.
    pub(in crate::recorder) failed: bool,
    /// The status of the answer.
    pub(in crate::recorder) status: Option<u16>,
    pub(in crate::recorder) user: Option<String>,
    pub(in crate::recorder) request: BTreeMap<&'static str, String>,
    pub(in crate::recorder) response: BTreeMap<&'static str, String>,
    pub(in crate::recorder) sql: BTreeMap<&'static str, String>,
    pub(in crate::recorder) aws: BTreeMap<String, String>,
    pub(in crate::recorder) precursors: Vec<EntityId>,
    pub(in crate::recorder) links: Vec<String>,
    pub(in crate::recorder) cause: Option<Cause>,
    pub(in crate::recorder) annotations: BTreeMap<String, String>,
    pub(in crate::recorder) metadata: BTreeMap<String, BTreeMap<String, String>>,
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
        let failed = self.failed || self.cause.is_some() && self.response.is_empty();
        Flags {
            error,
            throttle,
            fault: fault || failed && !error && !throttle,
        }
    }
}

/// Why a part failed.
#[derive(Clone, Debug)]
pub(in crate::recorder) enum Cause {
    Exceptions(Vec<Exception>),
    /// The exception that a child has already: the error passed through.
    Reference(EntityId),
}

impl Part {
    /// One that is open.
    pub(in crate::recorder) fn open(
        id: EntityId,
        name: String,
        parent: Option<usize>,
        place: &'static Location<'static>,
        start: Timestamp,
    ) -> Part {
        Part {
            id,
            name,
            parent,
            children: Vec::new(),
            place,
            start,
            state: State::Open(Box::default()),
            failure: None,
            last_failed: None,
            is_parent: false,
            is_announced: false,
            gone: 0,
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
        matches!(self.state, State::Open(_))
    }

    /// Its members, if it has ended and was not sent.
    pub(in crate::recorder) fn body(&self) -> Option<&str> {
        match &self.state {
            State::Ended(body) => Some(body),
            State::Open(_) | State::Sent => None,
        }
    }
}
