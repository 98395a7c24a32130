//! What a daemon saw up to a fence, and the texts of its shortfalls.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::capture::{Counts, Rejection};
use crate::error::{count, visible};
use crate::fake_daemon::causes::Cause;
use crate::fake_daemon::lines::harmless;
use crate::fake_daemon::report::{loss, unexplained};
use crate::fake_daemon::{Shortfall, ShortfallCode, tasks};
use crate::render::excerpt;
use crate::schema::{Masker, Violation};
use crate::trace::{Defect, DefectCode, PartialTrace};
use crate::wire::Note;

/// What a daemon saw up to a fence: all of it, or what concerns a capture.
pub(in crate::fake_daemon) struct Sight {
    pub(in crate::fake_daemon) place: String,
    pub(in crate::fake_daemon) receive_buffer: Option<usize>,
    pub(in crate::fake_daemon) counts: Counts,
    /// How many of those that were dropped on request came before what concerns a capture.
    pub(in crate::fake_daemon) dropped_before: u64,
    pub(in crate::fake_daemon) traces: Vec<PartialTrace>,
    /// Those that fail the test.
    pub(in crate::fake_daemon) violations: Vec<Violation>,
    /// What must not be shown whole.
    pub(in crate::fake_daemon) secrets: Masker,
    pub(in crate::fake_daemon) notes: Vec<Note>,
    /// What explains that something has not come.
    pub(in crate::fake_daemon) clues: Vec<Note>,
    pub(in crate::fake_daemon) rejections: Vec<Rejection>,
    /// Datagrams of OTLP.
    pub(in crate::fake_daemon) otlp: u64,
}

impl Sight {
    pub(in crate::fake_daemon) fn no_trace(&self) -> Shortfall {
        let mut causes = self.causes();
        if causes.is_empty() && self.counts.received == 0 {
            causes.push(Cause::new(NOWHERE).hint(NOWHERE_HINT));
        }
        let headline = "expected one trace, and none came";
        self.told(ShortfallCode::NoTrace, headline, &causes, "")
    }

    pub(in crate::fake_daemon) fn several_traces(&self) -> Shortfall {
        let headline = format!("expected one trace, and {} came:", self.traces.len());
        let cause = Cause::new(
            "a segment that continues no header begins a trace of its own, as each request does",
        );
        let cause = cause.hint(
            "daemon.trace(id) for one of them, daemon.traces() for all, daemon.capture(...) for that of \
             some code",
        );
        let causes = [cause];
        self.told(
            ShortfallCode::SeveralTraces,
            &headline,
            &causes,
            &self.list_traces(),
        )
    }

    pub(in crate::fake_daemon) fn incomplete(&self, trace: &PartialTrace) -> Shortfall {
        let headline = format!("the trace {} is not complete:", visible(trace.id()));
        let mut came = String::new();
        let missing = || trace.defects().filter(|defect| defect.code().is_missing());
        let defects = missing().count();
        for defect in missing().take(SHOWN) {
            let _ = writeln!(came, "- {}", parted(defect).1);
        }
        if defects > SHOWN {
            let _ = writeln!(came, "- and {} more", defects - SHOWN);
        }
        came.push_str(&excerpt(trace, SHOWN_LINES));
        let causes = self.missing(trace);
        self.told(ShortfallCode::Incomplete, &headline, &causes, &came)
    }

    /// Why a trace is not complete.
    fn missing(&self, trace: &PartialTrace) -> Vec<Cause> {
        let mut causes = Vec::new();
        let mut told = BTreeSet::new();
        for defect in trace.defects().filter(|defect| defect.code().is_missing()) {
            let why = parted(defect).0;
            if causes.len() == MOST_CAUSES || !told.insert((defect.code(), why)) {
                continue;
            }
            // What is known goes before what is likely, and explains one kind.
            let known = match defect.code() {
                _ if !causes.is_empty() => None,
                DefectCode::NeverClosed => self.never_closed().or_else(|| self.kept_back()),
                DefectCode::Orphan if why == NO_PARENT => {
                    self.never_closed().or_else(|| self.not_accepted())
                }
                _ => None,
            };
            let cause = known.unwrap_or_else(|| Cause::new(why));
            // Where the test itself kept something back, nobody else need send it.
            let may_be_external = defect.code() == DefectCode::Orphan
                && why == NO_PARENT
                && self.kept_back().is_none();
            causes.push(if may_be_external {
                cause.or_hint(EXTERNAL)
            } else {
                cause
            });
        }
        causes
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
        let headline = format!("no answer can be relied on: {}", losses.join("\n"));
        self.told(ShortfallCode::Lost, &headline, &[], "")
    }

    pub(in crate::fake_daemon) fn no_rejection(&self, code: &str) -> Shortfall {
        let headline = format!("expected a rejection `{code}`, and no other with that code came");
        let (same, others): (Vec<_>, Vec<_>) = self
            .rejections
            .iter()
            .partition(|rejection| rejection.code().as_str() == code);
        let cause = absent(same.len(), others.len(), self.counts.received, "datagram");
        self.told(ShortfallCode::NoRejection, &headline, &[cause], "")
    }

    pub(in crate::fake_daemon) fn no_violation(&self, code: &str) -> Shortfall {
        let headline = format!("expected a violation `{code}`, and no other with that code came");
        let (same, others): (Vec<_>, Vec<_>) = self
            .violations
            .iter()
            .partition(|violation| violation.code() == code);
        let cause = absent(same.len(), others.len(), self.counts.received, "document");
        self.told(ShortfallCode::NoViolation, &headline, &[cause], "")
    }

    /// There is no `what` with this code; these are.
    pub(in crate::fake_daemon) fn unknown_code(
        &self,
        what: &str,
        code: &str,
        known: &[&str],
    ) -> Shortfall {
        let headline = format!(
            "expected a {what} `{}`, which is no code; the codes are {}",
            visible(code),
            known.join(", ")
        );
        self.told(ShortfallCode::UnknownCode, &headline, &[], "")
    }

    pub(in crate::fake_daemon) fn unknown_trace(&self, id: &str) -> Shortfall {
        let headline = format!("no document names the trace `{}`", visible(id));
        let mut causes = self.of_one();
        if self.traces.is_empty() {
            if causes.is_empty() {
                causes = self.causes();
            }
            return self.told(ShortfallCode::UnknownTrace, &headline, &causes, "");
        }
        if causes.is_empty() {
            causes.push(Cause::new(ANOTHER).hint(IGNORED_HINT));
        }
        let others = count(self.traces.len() as u64, "other trace");
        let came = format!("{others} came:\n{}", self.list_traces());
        self.told(ShortfallCode::UnknownTrace, &headline, &causes, &came)
    }

    /// Nothing came under the header of a capture; the traces are those that began meanwhile.
    pub(in crate::fake_daemon) fn not_captured(&self, id: &str) -> Shortfall {
        let headline = format!("captured no trace: nothing came of {id}");
        let mut causes = self.of_one();
        if self.traces.is_empty() {
            if causes.is_empty() {
                causes = self.causes();
            }
            if causes.is_empty() {
                causes.push(Cause::new(NOTHING).hint(IGNORED_HINT));
            }
            return self.told(ShortfallCode::NotCaptured, &headline, &causes, "");
        }
        if causes.is_empty() {
            causes.push(Cause::new(IGNORED).hint(IGNORED_HINT));
        }
        let others = count(self.traces.len() as u64, "other trace");
        let came = format!("{others} began meanwhile:\n{}", self.list_traces());
        self.told(ShortfallCode::NotCaptured, &headline, &causes, &came)
    }

    /// So many datagrams came where none was to.
    pub(in crate::fake_daemon) fn not_silent(&self, datagrams: u64, cause: Cause) -> Shortfall {
        let headline = format!(
            "expected silence, and {} came",
            count(datagrams, "datagram")
        );
        self.told(
            ShortfallCode::NotSilent,
            &headline,
            &[cause],
            &self.list_traces(),
        )
    }

    /// What was expected was not so at the deadline.
    pub(in crate::fake_daemon) fn overdue(&self, headline: &str, failure: &str) -> Shortfall {
        let mut causes = Vec::new();
        if let Some(trace) = self.traces.iter().find(|trace| !trace.is_complete()) {
            causes = self.missing(trace);
        } else if self.traces.is_empty() {
            causes = self.causes();
            if causes.is_empty() && self.counts.received == 0 {
                causes.push(Cause::new(NOWHERE).hint(NOWHERE_HINT));
            }
        }
        let mut came = String::new();
        let lines = failure.lines().count();
        for line in failure.lines().take(SHOWN_FAILURE) {
            let _ = writeln!(came, "  {line}");
        }
        if lines > SHOWN_FAILURE {
            let _ = writeln!(came, "  ... and {} more lines", lines - SHOWN_FAILURE);
        }
        if self.traces.is_empty() {
            came.push_str("no trace came\n");
        } else {
            let traces = count(self.traces.len() as u64, "trace");
            let _ = writeln!(came, "{traces} came:");
            came.push_str(&self.list_traces());
        }
        self.told(ShortfallCode::Overdue, headline, &causes, &came)
    }

    fn list_traces(&self) -> String {
        let mut text = String::new();
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
        text
    }

    /// The text: what it is about, why, what came, what to do; then what else came, and where.
    fn told(&self, code: ShortfallCode, headline: &str, causes: &[Cause], came: &str) -> Shortfall {
        let mut text = format!("{headline}\n");
        for cause in causes {
            cause.tell(&mut text);
        }
        text.push_str(came);
        for cause in causes {
            cause.tell_hint(&mut text);
        }
        let others = self
            .notes
            .iter()
            .filter(|note| !causes.iter().any(|cause| cause.is(note)));
        for note in others.take(SHOWN) {
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
        Shortfall::new(code, harmless(&self.secrets.mask(&text)))
    }
}

/// Why there is no finding with a code, where so many have it that were expected before, and so many
/// have another one.
fn absent(same: usize, others: usize, received: u64, what: &str) -> Cause {
    Cause::new(match (same, others, received) {
        (1.., _, _) => format!("all with that code, {same}, were expected before"),
        (_, _, 0) => "nothing came at all".to_owned(),
        (_, 0, _) => format!("no {what} was refused or lost anything"),
        _ => "there is one with another code".to_owned(),
    })
}

/// The cause that a defect names, and what of.
fn parted(defect: &Defect) -> (&str, &str) {
    let message = defect.message();
    message.split_once(": ").unwrap_or((message, message))
}

/// What is said of an orphan where nothing more is known.
const NO_PARENT: &str = "the parent is still open, or was lost";
const EXTERNAL: &str = "if someone else sends the parent (in Lambda the service does), declare it: \
                        FakeDaemon::builder().external_parent(id)";
const ANOTHER: &str = "the id is another one, or the code began a trace of its own";
const IGNORED: &str = "the code began a trace of its own: it ignored the header";
const IGNORED_HINT: &str = "hand the header on: recorder.continuing(&header); a spawned task must be \
                            told, with carry(task)";
const NOTHING: &str = "the code recorded nothing, or sent it to another address";
const NOWHERE: &str = "the code under test sends to another address, or recorded nothing; in another \
                       process, it was sampled out or is still open";
const NOWHERE_HINT: &str = "Recorder::builder(...).daemon(&daemon), or tell it of daemon.address()";
/// How many causes of a trace that is not complete are named.
const MOST_CAUSES: usize = 2;
/// How many findings of a kind are shown.
const SHOWN: usize = 5;
/// How many lines of a trace are shown.
const SHOWN_LINES: usize = 30;
/// How many lines of a failed assertion are shown.
const SHOWN_FAILURE: usize = 60;
