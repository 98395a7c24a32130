//! What nobody expected.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::capture::{Counts, Received, Rejection};
use crate::error::{Error, count, visible};
use crate::fake_daemon::inspect::Inspection;
use crate::fake_daemon::lines::harmless;
#[cfg(feature = "schema")]
use crate::fake_daemon::second_witness::SecondWitness;
use crate::fake_daemon::strictness::Strictness;
#[cfg(feature = "schema")]
use crate::fake_daemon::{Disagreement, Unmet};
use crate::render::excerpt;
use crate::schema::{Masker, Rule, Violation};
use crate::trace::{Defect, DefectCode, PartialTrace};
use crate::wire::Note;

/// The findings of a daemon, and the error of the test if there was one.
///
/// The text is for a person; [`Debug`] is the same text, so that a test may return a report.
#[derive(Clone)]
pub struct Report {
    place: Box<str>,
    counts: Option<Box<Counts>>,
    error: Option<String>,
    findings: Box<[Finding]>,
    /// Where the capture is, if it was to be kept.
    capture: Option<String>,
    /// What must not be shown whole.
    secrets: Box<Masker>,
}

/// Something that nobody expected.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Finding {
    /// The JSON Schema says something that the judge does not.
    #[cfg(feature = "schema")]
    Disagreement(Disagreement),
    /// Something that is wrong with a trace though nothing is missing of it.
    Defect {
        /// The trace, as received.
        trace_id: String,
        /// What is wrong.
        defect: Defect,
    },
    /// A trace of which something is missing.
    Incomplete(PartialTrace),
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
    /// Datagrams that a sender has sent by its own count, and that are nowhere.
    Unexplained {
        /// How many since the last report.
        unexplained: u64,
    },
    /// The fence failed, so that nobody knows what came.
    Unfenced(String),
    /// A document does not follow a schema of the user's own.
    #[cfg(feature = "schema")]
    Unmet(Unmet),
    /// The daemon did not start.
    Unstarted(String),
    /// A document that breaks a rule of X-Ray.
    Violation(Violation),
}

/// What was expected, and what has been reported before.
#[derive(Debug)]
pub(in crate::fake_daemon) struct Judged {
    pub(in crate::fake_daemon) strictness: Strictness,
    #[cfg(feature = "schema")]
    second: SecondWitness,
    /// Numbers of the datagrams that a test expected to be rejected.
    pub(in crate::fake_daemon) expected: BTreeSet<u64>,
    /// Ids of the traces whose gaps were shown to the test.
    pub(in crate::fake_daemon) seen: BTreeSet<String>,
    /// The violations that a test expected, and those that were reported before.
    pub(in crate::fake_daemon) done: BTreeSet<Which>,
    /// For each rule that a test expected, how many of the documents that break one were passed:
    /// they hold no violation of it that is not done. Who expects many passes each document once.
    pub(in crate::fake_daemon) passed: BTreeMap<Rule, usize>,
    /// The defects that were reported before: of which trace, which, and of which entity.
    defects: BTreeSet<(String, DefectCode, Option<String>)>,
    reported: BTreeSet<u64>,
    reported_loss: u64,
    reported_unexplained: u64,
}

/// Which violation: the number of its datagram, its pointer, and its rule.
pub(in crate::fake_daemon) type Which = (u64, String, Rule);

/// Which violation this is.
pub(in crate::fake_daemon) fn which(violation: &Violation) -> Which {
    (
        violation.seq(),
        violation.pointer().to_owned(),
        violation.rule(),
    )
}

impl Judged {
    pub(in crate::fake_daemon) fn new(
        strictness: Strictness,
        #[cfg(feature = "schema")] second: SecondWitness,
    ) -> Judged {
        Judged {
            strictness,
            #[cfg(feature = "schema")]
            second,
            expected: BTreeSet::new(),
            seen: BTreeSet::new(),
            done: BTreeSet::new(),
            passed: BTreeMap::new(),
            defects: BTreeSet::new(),
            reported: BTreeSet::new(),
            reported_loss: 0,
            reported_unexplained: 0,
        }
    }

    /// Judges what came, and notes what it reports.
    pub(in crate::fake_daemon) fn report(
        &mut self,
        place: String,
        receive_buffer: Option<usize>,
        counts: Result<Counts, Error>,
        received: &[Received],
        inspection: Inspection,
        notes: Vec<Note>,
    ) -> Report {
        // First what may be the cause of all the others.
        let mut findings = Vec::new();
        match &counts {
            Ok(counts) => {
                let loss = counts.dropped.unwrap_or(0);
                if loss > self.reported_loss {
                    let dropped = loss - self.reported_loss;
                    findings.push(Finding::Loss {
                        dropped,
                        receive_buffer,
                    });
                    self.reported_loss = loss;
                }
                if counts.unexplained > self.reported_unexplained {
                    let unexplained = counts.unexplained - self.reported_unexplained;
                    findings.push(Finding::Unexplained { unexplained });
                    self.reported_unexplained = counts.unexplained;
                }
            }
            Err(error) => findings.push(Finding::Unfenced(error.to_string())),
        }
        findings.extend(notes.into_iter().map(Finding::Note));
        for datagram in received {
            let seq = datagram.seq();
            if self.expected.contains(&seq) || self.reported.contains(&seq) {
                continue;
            }
            let rejection = datagram.rejection();
            let fails = |rejection: &Rejection| self.strictness.fails_rejection(rejection.code());
            if let Some(rejection) = rejection.filter(fails) {
                self.reported.insert(seq);
                findings.push(Finding::Rejection(rejection));
            }
        }
        #[cfg(feature = "schema")]
        {
            let datagrams = received.iter();
            let heard = self
                .second
                .hear(datagrams, &inspection.violations, &self.strictness);
            findings.extend(heard);
        }
        for violation in inspection.violations {
            if self.strictness.fails_violation(&violation) && self.done.insert(which(&violation)) {
                findings.push(Finding::Violation(violation));
            }
        }
        for trace in inspection.traces {
            let fails = |defect: &&Defect| self.strictness.fails_defect(defect);
            let failing: Vec<Defect> = trace.defects().filter(fails).cloned().collect();
            let id = trace.id().to_owned();
            let is_missing = |defect: &Defect| defect.code().is_missing();
            if failing.iter().any(is_missing) && self.seen.insert(id.clone()) {
                findings.push(Finding::Incomplete(trace));
            }
            for defect in failing.into_iter().filter(|defect| !is_missing(defect)) {
                let entity = defect.id().map(str::to_owned);
                if self.defects.insert((id.clone(), defect.code(), entity)) {
                    let trace_id = id.clone();
                    findings.push(Finding::Defect { trace_id, defect });
                }
            }
        }
        Report {
            place: place.into(),
            counts: counts.ok().map(Box::new),
            error: None,
            findings: findings.into(),
            capture: None,
            secrets: Box::new(inspection.secrets),
        }
    }
}

impl Report {
    /// The report of a daemon that did not start.
    pub(in crate::fake_daemon) fn unstarted(error: &Error) -> Report {
        let findings = Box::new([Finding::Unstarted(error.to_string())]);
        Report {
            place: "FakeDaemon".into(),
            counts: None,
            error: None,
            findings,
            capture: None,
            secrets: Box::default(),
        }
    }

    /// Puts the error of the test in front.
    pub(in crate::fake_daemon) fn with_error(mut self, error: Option<String>) -> Report {
        self.error = error;
        self
    }

    /// Says where the capture is.
    pub(in crate::fake_daemon) fn with_capture(mut self, said: Option<String>) -> Report {
        self.capture = said;
        self
    }

    /// The findings in order.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text)?;
        f.write_str(&harmless(&self.secrets.mask(&text)))
    }
}

impl Report {
    fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
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
        if let Some(counts) = &self.counts {
            writeln!(f, "datagrams: {counts}")?;
        }
        match &self.capture {
            Some(said) => writeln!(f, "{said}"),
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
            #[cfg(feature = "schema")]
            Finding::Disagreement(disagreement) => write!(f, "{disagreement}"),
            Finding::Loss {
                dropped,
                receive_buffer,
            } => f.write_str(&loss(*dropped, *receive_buffer)),
            Finding::Unexplained {
                unexplained: number,
            } => f.write_str(&unexplained(*number)),
            Finding::Note(note) => write!(f, "{note}"),
            Finding::Rejection(rejection) => write!(f, "{rejection}\n  {}", rejection.then()),
            Finding::Defect { trace_id, defect } => write!(
                f,
                "{} in trace {}: {defect}",
                defect.code(),
                visible(trace_id)
            ),
            Finding::Incomplete(trace) => {
                writeln!(f, "trace {} is not complete:", visible(trace.id()))?;
                let missing = || trace.defects().filter(|defect| defect.code().is_missing());
                for defect in missing().take(SHOWN_DEFECTS) {
                    writeln!(f, "  {}: {defect}", defect.code())?;
                }
                let others = missing().count().saturating_sub(SHOWN_DEFECTS);
                if others > 0 {
                    writeln!(f, "  and {others} more")?;
                }
                let tree = excerpt(trace, SHOWN_LINES);
                let tree: Vec<String> = tree.lines().map(|line| format!("  {line}")).collect();
                f.write_str(&tree.join("\n"))
            }
            Finding::Unfenced(why) => f.write_str(why),
            #[cfg(feature = "schema")]
            Finding::Unmet(unmet) => write!(f, "{unmet}"),
            Finding::Unstarted(why) => write!(f, "it did not start: {why}"),
            Finding::Violation(violation) => {
                let seq = violation.seq();
                let text = violation.to_string().replace('\n', "\n  ");
                write!(f, "datagram {seq} {text}\n  {}", violation.then())?;
                match violation.dialect() {
                    Some(dialect) => write!(f, "\n  note: {dialect}"),
                    None => Ok(()),
                }
            }
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

/// The text of datagrams that are nowhere, with what to look at.
pub(in crate::fake_daemon) fn unexplained(number: u64) -> String {
    let was = if number == 1 { "was" } else { "were" };
    let queue = if cfg!(target_os = "linux") {
        "the queue of a CPU was full (second column of /proc/net/softnet_stat): \
         sudo sysctl -w net.core.netdev_max_backlog=10000; or "
    } else {
        ""
    };
    format!(
        "{} {was} sent and never seen, by the count of a sender\n  \
         likely: {queue}the sender counts what it did not send, or sent it to another address",
        count(number, "datagram")
    )
}

/// How many findings are shown.
const SHOWN: usize = 20;
/// How many defects of a trace are shown.
const SHOWN_DEFECTS: usize = 5;
/// How many lines of a trace are shown.
const SHOWN_LINES: usize = 20;
