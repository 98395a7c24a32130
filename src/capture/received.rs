//! A datagram that arrived, and what became of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::json::{Document, Scratch};
use crate::wire::{Body, Refusal, RefusalCode, receive, receive_text};

/// A datagram that arrived, its bytes, and what became of it.
#[derive(Clone, Debug)]
pub struct Received {
    seq: u64,
    arrived: Option<Duration>,
    way: Way,
    bytes: Bytes,
    verdict: Verdict,
}

/// How a datagram came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capture) enum Way {
    File,
    Memory,
    Socket,
}

/// A datagram, stored once: its document is a part of the same text.
#[derive(Clone, Debug)]
pub(in crate::capture) enum Bytes {
    Raw(Arc<[u8]>),
    Text(Arc<str>),
}

impl Bytes {
    pub(in crate::capture) fn new(datagram: &[u8]) -> Bytes {
        match std::str::from_utf8(datagram) {
            Ok(text) => Bytes::Text(text.into()),
            Err(_) => Bytes::Raw(datagram.into()),
        }
    }

    pub(in crate::capture) fn as_bytes(&self) -> &[u8] {
        match self {
            Bytes::Raw(bytes) => bytes,
            Bytes::Text(text) => text.as_bytes(),
        }
    }
}

/// What became of a datagram.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// AWS's daemon forwards it, and its body is one that X-Ray takes.
    Accepted(Body),
    /// It is empty: AWS's daemon neither counts nor forwards it.
    Ignored,
    /// It never becomes a document.
    Rejected(Refusal),
}

impl Received {
    /// Looks into a datagram.
    pub(in crate::capture) fn new(
        seq: u64,
        arrived: Option<Duration>,
        way: Way,
        bytes: Bytes,
        scratch: &mut Scratch,
    ) -> Received {
        let outcome = match &bytes {
            Bytes::Raw(bytes) => receive(bytes),
            Bytes::Text(text) => receive_text(text, scratch),
        };
        let verdict = match outcome {
            _ if bytes.as_bytes().is_empty() => Verdict::Ignored,
            Ok(body) => Verdict::Accepted(body),
            Err(refusal) => Verdict::Rejected(refusal),
        };
        Received {
            seq,
            arrived,
            way,
            bytes,
            verdict,
        }
    }

    /// The number of the datagram in its capture, from 0.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When the datagram was read from its socket, as the time since the Unix epoch.
    ///
    /// It arrived before, by at most the pause of the drain: 20 ms.
    pub fn arrived(&self) -> Option<Duration> {
        self.arrived
    }

    /// When it arrived by a clock that its sender may be held against. A recorder in the same
    /// process has a time of its own, which a test may have paused.
    pub(crate) fn arrived_from_outside(&self) -> Option<Duration> {
        self.arrived.filter(|_| self.way != Way::Memory)
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_bytes()
    }

    /// What became of it.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The JSON document in it, if it was accepted and holds one.
    pub fn document(&self) -> Option<&Arc<Document>> {
        match &self.verdict {
            Verdict::Accepted(Body::Segment(document)) => Some(document),
            _ => None,
        }
    }

    /// Whether it was accepted and holds OTLP, which is not JSON and joins no trace.
    pub fn is_otlp(&self) -> bool {
        matches!(self.verdict, Verdict::Accepted(Body::Otlp(_)))
    }

    /// Why it was rejected, if it was.
    pub fn rejection(&self) -> Option<Rejection> {
        match &self.verdict {
            Verdict::Rejected(refusal) => Some(Rejection {
                seq: self.seq,
                refusal: refusal.clone(),
                bytes: Arc::from(self.bytes()),
            }),
            _ => None,
        }
    }
}

/// A datagram that never becomes a document: the reason, and the raw bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    seq: u64,
    refusal: Refusal,
    bytes: Arc<[u8]>,
}

impl Rejection {
    /// The number of the datagram in its capture, from 0.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The stable code.
    pub fn code(&self) -> RefusalCode {
        self.refusal.code()
    }

    /// What the service answers to such a body, where that is known.
    pub fn aws_code(&self) -> Option<&'static str> {
        self.code().aws_code()
    }

    /// The value that was refused, and what to do about it.
    pub fn message(&self) -> String {
        self.refusal.to_string()
    }

    /// What becomes of it, in a sentence.
    ///
    /// ```text
    /// AWS's daemon forwards it, and X-Ray answers ParseError
    /// ```
    pub fn then(&self) -> String {
        match self.aws_code() {
            Some(code) => format!("AWS's daemon forwards it, and X-Ray answers {code}"),
            None => "AWS's daemon drops it, with a warning in its own log alone".to_owned(),
        }
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// `datagram 3 rejected (not-json): the body is not JSON: ...`
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "datagram {} rejected ({}): {}",
            self.seq,
            self.code(),
            self.refusal
        )
    }
}

/// How many datagrams arrived, and what became of them.
///
/// `received` = `accepted` + `rejected` + `ignored`, and what was sent before a fence is
/// `received` + `dropped` + `unexplained`, and with [`Faults`](crate::Faults) also
/// + `dropped_on_request` + `held` - `duplicated`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Datagrams that were read from the socket.
    pub received: u64,
    /// Those with a body that X-Ray takes.
    pub accepted: u64,
    /// Those that never become a document.
    pub rejected: u64,
    /// Those that were empty.
    pub ignored: u64,
    /// Datagrams that the kernel dropped because the receive buffer was full. `None` where the
    /// system does not tell, which is not 0.
    pub dropped: Option<u64>,
    /// Datagrams that [`Faults`](crate::Faults) dropped.
    pub dropped_on_request: u64,
    /// Datagrams that were received twice because of [`Faults`](crate::Faults).
    pub duplicated: u64,
    /// Datagrams that [`Faults`](crate::Faults) hold back.
    pub held: u64,
    /// Whether [`Faults`](crate::Faults) ever refused datagrams, of which nobody knows the number.
    pub refused: bool,
    /// Datagrams that a sender has sent by its own [count](crate::FakeDaemon::audit), and that are
    /// in none of the other numbers.
    pub unexplained: u64,
}

impl Counts {
    /// Counts one more datagram.
    pub(in crate::capture) fn add(&mut self, received: &Received) {
        self.received += 1;
        match received.verdict {
            Verdict::Accepted(_) => self.accepted += 1,
            Verdict::Ignored => self.ignored += 1,
            Verdict::Rejected(_) => self.rejected += 1,
        }
    }
}

/// `4 received = 3 accepted + 1 rejected + 0 ignored; 0 dropped by the kernel`
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            received,
            accepted,
            rejected,
            ignored,
            dropped,
            dropped_on_request,
            duplicated,
            held,
            refused,
            unexplained,
        } = *self;
        write!(
            f,
            "{received} received = {accepted} accepted + {rejected} rejected + {ignored} ignored; "
        )?;
        match dropped {
            Some(dropped) => write!(f, "{dropped} dropped by the kernel")?,
            None => f.write_str("dropped by the kernel: unknown on this system")?,
        }
        let others = [
            (dropped_on_request, "dropped on request"),
            (duplicated, "doubled on request"),
            (held, "held on request"),
            (unexplained, "sent and never seen"),
        ];
        others
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .try_for_each(|(number, what)| write!(f, ", {number} {what}"))?;
        if refused {
            f.write_str("; what was refused on request is not counted")?;
        }
        Ok(())
    }
}
