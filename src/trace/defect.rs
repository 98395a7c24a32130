//! What is wrong with a trace as a whole.

use std::fmt;

/// Why a trace is not complete: a stable code, the entity, and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    pub(in crate::trace) code: DefectCode,
    pub(in crate::trace) id: Option<String>,
    pub(in crate::trace) seq: u64,
    pub(in crate::trace) message: String,
}

/// The codes of [`Defect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefectCode {
    /// `cycle`: subsegments name each other as parents.
    Cycle,
    /// `never-closed`: no document says that the entity has ended.
    NeverClosed,
    /// `orphan`: the parent of a subsegment never arrived.
    Orphan,
}

impl DefectCode {
    /// All codes.
    pub const ALL: [DefectCode; 3] = [
        DefectCode::Cycle,
        DefectCode::NeverClosed,
        DefectCode::Orphan,
    ];

    /// What it means, in a few words.
    pub fn about(&self) -> &'static str {
        match self {
            DefectCode::Cycle => "subsegments name each other as parents",
            DefectCode::NeverClosed => "no document says that the entity has ended",
            DefectCode::Orphan => "the parent of a subsegment never arrived",
        }
    }

    /// The code as it is printed.
    pub fn as_str(&self) -> &'static str {
        match self {
            DefectCode::Cycle => "cycle",
            DefectCode::NeverClosed => "never-closed",
            DefectCode::Orphan => "orphan",
        }
    }
}

impl fmt::Display for DefectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Defect {
    /// The stable code.
    pub fn code(&self) -> DefectCode {
        self.code
    }

    /// The id of the entity, as received.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The number of the datagram that the entity came in.
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
