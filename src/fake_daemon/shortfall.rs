//! Why a question could not be answered.

use std::fmt::{self, Write as _};

use crate::capture::{Counts, Rejection};
use crate::error::{Error, count, visible};
use crate::fake_daemon::report::{loss, unexplained};
use crate::fake_daemon::tasks;
use crate::render::excerpt;
use crate::schema::{Masker, Violation};
use crate::trace::{DefectCode, PartialTrace};
use crate::wire::Note;

/// Why a question to a daemon has no answer: a stable code, and a text that tells what came
/// instead.
#[derive(Clone)]
pub struct Shortfall {
    code: ShortfallCode,
    text: String,
}

/// The codes of [`Shortfall`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShortfallCode {
    /// `incomplete`: something of the trace is missing.
    Incomplete,
    /// `lost`: the kernel dropped datagrams, so that nobody knows.
    Lost,
    /// `no-rejection`: no rejection with that code is left.
    NoRejection,
    /// `no-violation`: no violation with that code is left.
    NoViolation,
    /// `no-trace`: no trace came.
    NoTrace,
    /// `several-traces`: more than one trace came.
    SeveralTraces,
    /// `unfenced`: the fence failed.
    Unfenced,
    /// `unknown-code`: there is no such code.
    UnknownCode,
    /// `unknown-trace`: no document names that trace.
    UnknownTrace,
}

impl ShortfallCode {
    /// The code as it is printed.
    pub fn as_str(&self) -> &'static str {
        match self {
            ShortfallCode::Incomplete => "incomplete",
            ShortfallCode::Lost => "lost",
            ShortfallCode::NoRejection => "no-rejection",
            ShortfallCode::NoTrace => "no-trace",
            ShortfallCode::NoViolation => "no-violation",
            ShortfallCode::SeveralTraces => "several-traces",
            ShortfallCode::Unfenced => "unfenced",
            ShortfallCode::UnknownCode => "unknown-code",
            ShortfallCode::UnknownTrace => "unknown-trace",
        }
    }
}

impl Shortfall {
    pub(in crate::fake_daemon) fn unfenced(error: &Error) -> Shortfall {
        Shortfall {
            code: ShortfallCode::Unfenced,
            text: format!("{error}\n"),
        }
    }

    /// The stable code.
    pub fn code(&self) -> ShortfallCode {
        self.code
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Shortfall {}

/// What a daemon saw up to a fence.
pub(in crate::fake_daemon) struct Sight {
    pub(in crate::fake_daemon) place: String,
    pub(in crate::fake_daemon) receive_buffer: Option<usize>,
    pub(in crate::fake_daemon) counts: Counts,
    pub(in crate::fake_daemon) traces: Vec<PartialTrace>,
    /// Those that fail the test.
    pub(in crate::fake_daemon) violations: Vec<Violation>,
    /// What must not be shown whole.
    pub(in crate::fake_daemon) secrets: Masker,
    pub(in crate::fake_daemon) notes: Vec<Note>,
    pub(in crate::fake_daemon) rejections: Vec<Rejection>,
    /// Datagrams of OTLP.
    pub(in crate::fake_daemon) otlp: u64,
}

impl Sight {
    pub(in crate::fake_daemon) fn no_trace(&self) -> Shortfall {
        let mut text = "expected one trace, and none came\n".to_owned();
        if self.counts.received == 0 {
            text.push_str(
                "likely: the code under test sends to another address (it must be told of \
                 daemon.address()), the request was sampled out, or its segment is still open\n",
            );
        }
        self.close(ShortfallCode::NoTrace, text)
    }

    pub(in crate::fake_daemon) fn several_traces(&self) -> Shortfall {
        let mut text = format!("expected one trace, and {} came:\n", self.traces.len());
        self.list_traces(&mut text);
        text.push_str("likely: daemon.trace(id) for one of them, daemon.traces() for all\n");
        self.close(ShortfallCode::SeveralTraces, text)
    }

    pub(in crate::fake_daemon) fn incomplete(&self, trace: &PartialTrace) -> Shortfall {
        let mut text = format!("the trace {} is not complete:\n", visible(trace.id()));
        let missing = || trace.defects().filter(|defect| defect.code().is_missing());
        let defects = missing().count();
        for defect in missing().take(SHOWN) {
            let _ = writeln!(text, "- {defect}");
        }
        if defects > SHOWN {
            let _ = writeln!(text, "- and {} more", defects - SHOWN);
        }
        text.push_str(&excerpt(trace, SHOWN_LINES));
        let has = |code| trace.defects().any(|defect| defect.code() == code);
        if has(DefectCode::NeverClosed) {
            text.push_str("likely: its future was dropped, or it is still running\n");
        }
        if has(DefectCode::Orphan) {
            text.push_str(
                "likely: the parent is still open or was never sent; if someone else sends it (in \
                 Lambda the service does), declare it: FakeDaemon::builder().external_parent(id)\n",
            );
        }
        self.close(ShortfallCode::Incomplete, text)
    }

    pub(in crate::fake_daemon) fn lost(&self) -> Shortfall {
        let dropped = self.counts.dropped.unwrap_or(0);
        let mut losses = Vec::new();
        if dropped > 0 {
            losses.push(loss(dropped, self.receive_buffer));
        }
        if self.counts.unexplained > 0 {
            losses.push(unexplained(self.counts.unexplained));
        }
        let text = format!("no answer can be relied on: {}\n", losses.join("\n"));
        self.close(ShortfallCode::Lost, text)
    }

    pub(in crate::fake_daemon) fn no_rejection(&self, code: &str) -> Shortfall {
        let text = format!("expected a rejection `{code}`, and no other with that code came\n");
        self.close(ShortfallCode::NoRejection, text)
    }

    pub(in crate::fake_daemon) fn no_violation(&self, code: &str) -> Shortfall {
        let text = format!("expected a violation `{code}`, and no other with that code came\n");
        self.close(ShortfallCode::NoViolation, text)
    }

    /// There is no `what` with this code; these are.
    pub(in crate::fake_daemon) fn unknown_code(
        &self,
        what: &str,
        code: &str,
        known: &[&str],
    ) -> Shortfall {
        let text = format!(
            "expected a {what} `{}`, which is no code; the codes are {}\n",
            visible(code),
            known.join(", ")
        );
        self.close(ShortfallCode::UnknownCode, text)
    }

    pub(in crate::fake_daemon) fn unknown_trace(&self, id: &str) -> Shortfall {
        let mut text = format!("no document names the trace `{}`\n", visible(id));
        if !self.traces.is_empty() {
            let _ = writeln!(
                text,
                "{} came:",
                count(self.traces.len() as u64, "other trace")
            );
            self.list_traces(&mut text);
        }
        self.close(ShortfallCode::UnknownTrace, text)
    }

    fn list_traces(&self, text: &mut String) {
        for trace in self.traces.iter().take(SHOWN) {
            text.push_str(&excerpt(trace, SHOWN_LINES));
        }
        if self.traces.len() > SHOWN {
            let _ = writeln!(
                text,
                "and {} more",
                count((self.traces.len() - SHOWN) as u64, "trace")
            );
        }
    }

    /// Adds what else came, and where.
    fn close(&self, code: ShortfallCode, mut text: String) -> Shortfall {
        for note in self.notes.iter().take(SHOWN) {
            let _ = writeln!(text, "also: {note}");
        }
        for rejection in self.rejections.iter().take(SHOWN) {
            let _ = writeln!(text, "also: {rejection}");
        }
        for violation in self.violations.iter().take(SHOWN) {
            let _ = writeln!(text, "also: datagram {} {violation}", violation.seq());
        }
        if self.otlp > 0 {
            let otlp = count(self.otlp, "datagram");
            let _ = writeln!(text, "also: {otlp} of OTLP, which joins no trace");
        }
        if let Some(alive) = tasks::alive() {
            let _ = writeln!(
                text,
                "also: {alive}, which may yet send: join what was spawned"
            );
        }
        let _ = writeln!(text, "datagrams: {}", self.counts);
        let _ = writeln!(text, "{}", self.place);
        Shortfall {
            code,
            text: self.secrets.mask(&text).into_owned(),
        }
    }
}

/// How many findings of a kind are shown.
const SHOWN: usize = 5;
/// How many lines of a trace are shown.
const SHOWN_LINES: usize = 30;
