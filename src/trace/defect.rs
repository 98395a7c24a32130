//! What is wrong with a trace as a whole.

use std::fmt;

/// Something that is wrong with a trace, and that no document shows by itself: a stable code, the
/// entity, and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    pub(in crate::trace) code: DefectCode,
    pub(in crate::trace) id: Option<String>,
    pub(in crate::trace) seq: u64,
    pub(in crate::trace) message: String,
}

/// How grave a [`Defect`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// `lint`: still worth knowing.
    Lint,
    /// `error`: something is missing, lost, or contradicts itself.
    Error,
}

impl Severity {
    /// The severity as it is printed.
    pub fn as_str(&self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Lint => "lint",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares the codes.
macro_rules! codes {
    ($($code:ident $text:literal $severity:ident: $about:literal;)*) => {
        /// The codes of [`Defect`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DefectCode {
            $(
                #[doc = concat!("`", $text, "`: ", $about, ".")]
                $code,
            )*
        }

        impl DefectCode {
            /// All codes.
            pub const ALL: &[DefectCode] = &[$(DefectCode::$code,)*];

            /// The code as it is printed.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $(DefectCode::$code => $text,)*
                }
            }

            /// How grave it is.
            pub fn severity(&self) -> Severity {
                match self {
                    $(DefectCode::$code => Severity::$severity,)*
                }
            }

            /// What it means, in a few words.
            pub fn about(&self) -> &'static str {
                match self {
                    $(DefectCode::$code => $about,)*
                }
            }
        }
    };
}

codes! {
    AfterArrival "after-arrival" Lint: "an entity began or ended later than its document arrived";
    BeforeParent "before-parent" Lint: "a subsegment began before its parent did, or after it had ended";
    BeyondParent "beyond-parent" Lint: "a subsegment ended after its parent had";
    ConflictingDocuments "conflicting-documents" Error: "two complete documents for one entity differ, or documents use one id for several";
    Cycle "cycle" Error: "subsegments name each other as parents, or segments as callers";
    FailureWithoutCause "failure-without-cause" Lint: "an entity failed, and no cause, no status and no part of it says why";
    NeverClosed "never-closed" Error: "no document says that the entity has ended";
    Orphan "orphan" Error: "the parent of a subsegment never arrived";
    RecordedTwice "recorded-twice" Lint: "two subsegments record the same call of AWS";
    SentAgain "sent-again" Lint: "an entity was sent again after it had been closed, for a subsegment that ended later";
    SeveralRoots "several-roots" Lint: "two segments have no caller";
    TraceAnnotations "trace-annotations" Lint: "the trace has more than 50 annotations, in several documents";
    TraceIdAge "trace-id-age" Lint: "the time in the trace id is more than 30 days before its first document arrived, or more than 5 minutes after (on request)";
    TraceLarge "trace-large" Lint: "the entities of the trace have more than 100 kB, each counted once";
    TraceTooLarge "trace-too-large" Error: "the entities of the trace have more than 500 kB, each counted once";
    TracedWithoutSegment "traced-without-segment" Lint: "the callee of a subsegment is said to be traced, and sent no segment";
}

impl DefectCode {
    /// Whether something of the trace is missing or in no place, so that it is not complete.
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            DefectCode::Cycle | DefectCode::NeverClosed | DefectCode::Orphan
        )
    }

    /// Whether it is looked for only on request: where it is denied, and by
    /// [`Index::judging_age`](crate::trace::Index::judging_age).
    pub fn is_opt_in(&self) -> bool {
        matches!(self, DefectCode::TraceIdAge)
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

impl Defect {
    /// The cause, a colon, and what it is about.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
