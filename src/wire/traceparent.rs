//! The trace header of W3C, `traceparent`.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::model::{EntityId, TraceId};
use crate::wire::{Sampled, TraceHeader};

/// The trace header of W3C: which trace a request belongs to, who called, and whether the caller
/// records it.
///
/// ```text
/// 00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01
/// version, trace-id, parent-id, flags: all in lower-case hex digits
/// ```
///
/// A later version than 00 is read by what it has in common with it, as W3C asks, and version 00
/// is written. The flags are `sampled` (1) and `random` (2); others are not carried on.
///
/// Source: W3C Trace Context level 2, "Traceparent header". X-Ray takes such a trace id with a
/// dash after its first 8 digits (API reference, `PutTraceSegments`).
///
/// # Examples
///
/// ```
/// use xray_phantom::wire::{TraceHeader, Traceparent};
///
/// let text = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
/// let traceparent: Traceparent = text.parse().unwrap();
/// let header = TraceHeader::from(traceparent);
/// assert_eq!(
///     header.to_string(),
///     "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
/// );
/// assert_eq!(Traceparent::of(&header).unwrap().to_string(), text);
///
/// let error = "00-5759e988bd862e3fe1be46a994272793-0-01".parse::<Traceparent>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid traceparent `00-5759e988bd862e3fe1be46a994272793-0-01`: \
///      expected 16 lower-case hex digits for the parent-id, got `0`"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traceparent {
    trace_id: TraceId,
    parent_id: EntityId,
    flags: u8,
}

impl Traceparent {
    /// The header of a call by this segment or subsegment, which is not recorded unless
    /// [`with_sampled`](Traceparent::with_sampled) says so.
    ///
    /// # Errors
    ///
    /// An id that is all zeros.
    pub fn new(trace_id: TraceId, parent_id: EntityId) -> Result<Traceparent, Error> {
        let traceparent = Traceparent {
            trace_id,
            parent_id,
            flags: 0,
        };
        match traceparent.zeros() {
            None => Ok(traceparent),
            Some(why) => Err(Error::invalid(WHAT, &traceparent.to_string(), why)),
        }
    }

    /// The same as a trace header of X-Ray says it; `None` where that names no trace or no
    /// caller, or one that is all zeros.
    ///
    /// W3C has no word for a decision that is left to the callee: `Sampled=?` and none at all
    /// become "not sampled", and unknown keys are not carried on.
    pub fn of(header: &TraceHeader) -> Option<Traceparent> {
        let traceparent = Traceparent::new(header.root()?, header.parent()?).ok()?;
        Some(traceparent.with_sampled(header.sampled() == Some(Sampled::Keep)))
    }

    /// Says whether the caller records the trace.
    #[must_use = "the header with the flag is what this returns"]
    pub fn with_sampled(mut self, sampled: bool) -> Traceparent {
        self.flags = self.flags & !SAMPLED | u8::from(sampled);
        self
    }

    /// The trace.
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The segment or subsegment that called.
    pub fn parent_id(&self) -> EntityId {
        self.parent_id
    }

    /// Whether the caller may have recorded the trace.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// Whether the last 56 bits of the trace id are said to be chance (level 2).
    pub fn is_random(&self) -> bool {
        self.flags & RANDOM != 0
    }

    /// What is all zeros and must not be.
    fn zeros(&self) -> Option<&'static str> {
        if self.trace_id.as_bits() == 0 {
            return Some("the trace-id is all zeros");
        }
        (self.parent_id.as_bits() == 0).then_some("the parent-id is all zeros")
    }
}

impl FromStr for Traceparent {
    type Err = Error;

    /// Reads a header. White space around it, which HTTP allows, does not count.
    fn from_str(text: &str) -> Result<Traceparent, Error> {
        let invalid = |why: String| Error::invalid(WHAT, text, why);
        let mut parts = text.trim_matches([' ', '\t']).splitn(5, '-');
        let mut part = |what, length| {
            let part = parts.next().unwrap_or_default();
            let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            if part.len() == length && part.bytes().all(digits) {
                return Ok(part);
            }
            Err(invalid(format!(
                "expected {length} lower-case hex digits for {what}, got `{part}`"
            )))
        };
        let version = part("the version", 2)?;
        let (trace_id, parent_id) = (part("the trace-id", 32)?, part("the parent-id", 16)?);
        let flags = part("the flags", 2)?;
        match (version, parts.next()) {
            ("ff", _) => return Err(invalid("version ff is none".to_owned())),
            ("00", Some(_)) => {
                let why = "version 00 ends with its flags";
                return Err(invalid(why.to_owned()));
            }
            _ => {}
        }
        let Ok(flags) = u8::from_str_radix(flags, 16) else {
            unreachable!("2 hex digits are 8 bits")
        };
        let known = if version == "00" {
            SAMPLED | RANDOM
        } else {
            // W3C: of a later version only this flag is sure to mean the same.
            SAMPLED
        };
        let traceparent = Traceparent {
            trace_id: trace_id.parse()?,
            parent_id: parent_id.parse()?,
            flags: flags & known,
        };
        match traceparent.zeros() {
            None => Ok(traceparent),
            Some(why) => Err(invalid(why.to_owned())),
        }
    }
}

/// The header as it is sent.
impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace = self.trace_id.as_bits();
        write!(f, "00-{trace:032x}-{}-{:02x}", self.parent_id, self.flags)
    }
}

/// What X-Ray's header says of it: `Sampled` is 1 or 0, as the flag is.
impl From<Traceparent> for TraceHeader {
    fn from(traceparent: Traceparent) -> TraceHeader {
        TraceHeader::new(traceparent.trace_id)
            .with_parent(traceparent.parent_id)
            .with_sampled(if traceparent.is_sampled() {
                Sampled::Keep
            } else {
                Sampled::Drop
            })
    }
}

const WHAT: &str = "traceparent";
const SAMPLED: u8 = 0b01;
const RANDOM: u8 = 0b10;
