//! What nobody expected.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::capture::{Counts, Received, Rejection};
use crate::error::Error;
use crate::render::{count, on_one_line};
use crate::wire::Note;

/// The findings of a daemon, and the error of the test if there was one.
///
/// The text is for a person; [`Debug`] is the same text, so that a test may return a report.
#[derive(Clone)]
pub struct Report {
    place: String,
    counts: Option<Counts>,
    error: Option<String>,
    findings: Vec<Finding>,
}

/// Something that nobody expected.
#[derive(Clone, Debug)]
pub enum Finding {
    /// The kernel dropped datagrams.
    Loss {
        /// How many, those not reported before.
        dropped: u64,
        /// The size of the receive buffer, where the system tells.
        receive_buffer: Option<usize>,
    },
    /// What a recorder or a mock in this process found.
    Note(Note),
    /// A datagram that never becomes a document.
    Rejection(Rejection),
    /// The fence failed, so that nobody knows what came.
    Unfenced(String),
    /// A document without a trace id: the number of its datagram, and its name.
    Untraced(u64, String),
}

/// What was expected, and what has been reported before.
#[derive(Debug, Default)]
pub(in crate::fake_daemon) struct Judged {
    /// Numbers of the datagrams that a test expected to be rejected.
    pub(in crate::fake_daemon) expected: BTreeSet<u64>,
    reported: BTreeSet<u64>,
    reported_loss: u64,
}

impl Report {
    /// Judges what came, and notes what it reports.
    pub(in crate::fake_daemon) fn new(
        place: String,
        receive_buffer: Option<usize>,
        counts: Result<Counts, Error>,
        received: &[Arc<Received>],
        notes: Vec<Note>,
        judged: &mut Judged,
    ) -> Report {
        let mut findings = Vec::new();
        match &counts {
            Ok(counts) => {
                let loss = counts.dropped.unwrap_or(0);
                if loss > judged.reported_loss {
                    let dropped = loss - judged.reported_loss;
                    findings.push(Finding::Loss {
                        dropped,
                        receive_buffer,
                    });
                    judged.reported_loss = loss;
                }
            }
            Err(error) => findings.push(Finding::Unfenced(error.to_string())),
        }
        for datagram in received {
            let seq = datagram.seq();
            if judged.expected.contains(&seq) || judged.reported.contains(&seq) {
                continue;
            }
            let finding = datagram
                .rejection()
                .map(Finding::Rejection)
                .or_else(|| untraced(datagram));
            if let Some(finding) = finding {
                judged.reported.insert(seq);
                findings.push(finding);
            }
        }
        findings.extend(notes.into_iter().map(Finding::Note));
        Report {
            place,
            counts: counts.ok(),
            error: None,
            findings,
        }
    }

    /// Puts the error of the test in front.
    pub(in crate::fake_daemon) fn with_error(mut self, error: Option<String>) -> Report {
        self.error = error;
        self
    }

    /// The findings in order.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// A document that names no trace, which X-Ray would refuse.
fn untraced(datagram: &Received) -> Option<Finding> {
    let root = datagram.document()?.root();
    let text = |key| root.get(key).and_then(|value| value.as_str());
    match text("trace_id") {
        Some(_) => None,
        None => Some(Finding::Untraced(
            datagram.seq(),
            text("name").unwrap_or_default().into_owned(),
        )),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            writeln!(f, "the test failed: {error}")?;
            write!(f, "and ")?;
        }
        let findings = count(self.findings.len() as u64, "finding");
        writeln!(f, "{findings} that nobody expected ({})", self.place)?;
        for (finding, number) in self.findings.iter().zip(1..) {
            if number > SHOWN {
                writeln!(f, "- and {} more", self.findings.len() + 1 - number)?;
                break;
            }
            writeln!(f, "- {finding}")?;
        }
        match self.counts {
            Some(counts) => writeln!(f, "datagrams: {counts}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Report {}

/// The finding, what AWS would make of it, and what to do.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Loss {
                dropped,
                receive_buffer,
            } => f.write_str(&loss(*dropped, *receive_buffer)),
            Finding::Note(note) => write!(f, "{note}"),
            Finding::Rejection(rejection) => {
                writeln!(f, "{rejection}")?;
                match rejection.aws_code() {
                    Some(code) => write!(f, "  AWS's daemon forwards it, and X-Ray answers {code}"),
                    None => write!(
                        f,
                        "  AWS's daemon drops it, with a warning in its own log alone"
                    ),
                }
            }
            Finding::Unfenced(why) => f.write_str(why),
            Finding::Untraced(seq, name) => write!(
                f,
                "datagram {seq} holds `{}` without a trace_id: it belongs to no trace\n  \
                 AWS's daemon forwards it, and X-Ray answers MissingTraceId",
                on_one_line(name, SHOWN_NAME)
            ),
        }
    }
}

/// The text of a loss, with its remedy.
pub(in crate::fake_daemon) fn loss(lost: u64, receive_buffer: Option<usize>) -> String {
    let room = receive_buffer
        .map(|bytes| format!(" of {bytes} bytes"))
        .unwrap_or_default();
    let remedy = if cfg!(target_os = "linux") {
        "sudo sysctl -w net.core.rmem_max=67108864"
    } else {
        "raise the system's limit for socket buffers"
    };
    format!(
        "the kernel dropped {}: the receive buffer{room} was full\n  \
         remedy: {remedy}; or await daemon.fence() between bursts",
        count(lost, "datagram")
    )
}

/// How many findings are shown.
const SHOWN: usize = 20;
const SHOWN_NAME: usize = 60;
