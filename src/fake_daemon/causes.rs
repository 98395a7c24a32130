//! Why something has most likely not come.

use std::fmt::Write as _;
use std::panic::Location;

use crate::capture::Counts;
use crate::error::{count, on_one_line};
use crate::fake_daemon::sight::Sight;
use crate::fake_daemon::tasks;
use crate::render::folded;
use crate::schema::Rule;
use crate::wire::Note;

/// A likely cause: what is known of it, where in the source, and what to do.
pub(in crate::fake_daemon) struct Cause {
    what: String,
    place: Option<&'static Location<'static>>,
    hint: Option<&'static str>,
}

impl Cause {
    pub(in crate::fake_daemon) fn new(what: impl Into<String>) -> Cause {
        Cause {
            what: what.into(),
            place: None,
            hint: None,
        }
    }

    pub(in crate::fake_daemon) fn hint(mut self, hint: &'static str) -> Cause {
        self.hint = Some(hint);
        self
    }

    /// Says what to do, unless it says so itself.
    pub(in crate::fake_daemon) fn or_hint(mut self, hint: &'static str) -> Cause {
        self.hint = self.hint.or(Some(hint));
        self
    }

    fn of(note: &Note, what: impl FnOnce(&str) -> String) -> Cause {
        Cause {
            what: what(&on_one_line(note.message(), SHOWN)),
            place: note.place(),
            hint: None,
        }
    }

    /// Adds it to a text.
    pub(in crate::fake_daemon) fn tell(&self, text: &mut String) {
        text.push_str(&folded("likely: ", &self.what, 2));
        if let Some(place) = self.place {
            let _ = writeln!(text, "  at {place}");
        }
    }

    /// Adds what to do.
    pub(in crate::fake_daemon) fn tell_hint(&self, text: &mut String) {
        if let Some(hint) = self.hint {
            text.push_str(&folded("hint: ", hint, 2));
        }
    }

    /// Whether it is what this note says.
    pub(in crate::fake_daemon) fn is(&self, note: &Note) -> bool {
        note.place() == self.place && self.what.ends_with(&on_one_line(note.message(), SHOWN))
    }
}

/// What is known, each only where it is.
impl Sight {
    /// The causes that are known of something that is missing, the likeliest first.
    pub(in crate::fake_daemon) fn causes(&self) -> Vec<Cause> {
        let known = [
            self.never_closed(),
            self.sampled_out(),
            self.kept_back(),
            self.unsent(),
            self.untraced(),
            self.rejected(),
            self.outside(),
            self.otlp(),
            Sight::alive(),
        ];
        known.into_iter().flatten().take(MOST).collect()
    }

    /// What is known of some trace, though others came: by the recorders of this process, and of
    /// the faults that the test asked for.
    pub(in crate::fake_daemon) fn of_one(&self) -> Vec<Cause> {
        let known = [self.never_closed(), self.sampled_out(), self.kept_back()];
        known.into_iter().flatten().collect()
    }

    /// A segment is still open.
    pub(in crate::fake_daemon) fn never_closed(&self) -> Option<Cause> {
        let mut open = self
            .clues
            .iter()
            .filter(|clue| clue.code() == "never-closed");
        let (first, others) = (open.next()?, open.count() as u64);
        let cause = Cause::of(first, |message| match others {
            0 => format!("never closed: {message}"),
            _ => format!(
                "never closed: {} besides, and {message}",
                count(others, "other")
            ),
        });
        Some(cause.hint("end its guard, or await the task that it is open in, before you ask"))
    }

    /// A recorder of this process says so.
    pub(in crate::fake_daemon) fn sampled_out(&self) -> Option<Cause> {
        let clue = self
            .clues
            .iter()
            .find(|clue| clue.code() == "sampled-out")?;
        let cause = Cause::of(clue, |message| format!("sampled out: {message}"));
        Some(cause.hint(
            "beside a FakeDaemon a recorder records all, unless .sampling(...) or a header says \
             otherwise",
        ))
    }

    /// A document did not arrive, or not as one.
    pub(in crate::fake_daemon) fn not_accepted(&self) -> Option<Cause> {
        self.kept_back()
            .or_else(|| self.unsent())
            .or_else(|| self.rejected())
    }

    /// The test asked for it.
    pub(in crate::fake_daemon) fn kept_back(&self) -> Option<Cause> {
        let Counts {
            dropped_on_request,
            held,
            refused,
            ..
        } = self.counts;
        let dropped = dropped_on_request.saturating_sub(self.dropped_before);
        let counted = [(dropped, "dropped"), (held, "held")];
        let counted = counted.into_iter().filter(|(number, _)| *number > 0);
        let mut done: Vec<String> = counted
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
        if refused {
            done.push("what came while it refused".to_owned());
        }
        (!done.is_empty()).then(|| {
            let cause = Cause::new(format!(
                "kept back by the faults that this test asked for: {}",
                done.join(", ")
            ));
            if held > 0 {
                cause.hint("daemon.release() lets in what is held")
            } else {
                cause
            }
        })
    }

    /// A document or a hook has failed on the way.
    fn unsent(&self) -> Option<Cause> {
        let note = self
            .notes
            .iter()
            .find(|note| UNSENT.contains(&note.code()))?;
        Some(Cause::of(note, |message| format!("not sent: {message}")))
    }

    /// Code ran where no segment was.
    pub(in crate::fake_daemon) fn outside(&self) -> Option<Cause> {
        let note = self.notes.iter().find(|note| note.code() == "no-segment")?;
        let cause = Cause::of(note, ToOwned::to_owned);
        Some(cause.hint(
            "spawn carry(task), hand threads carry_fn(work), or open a segment with \
             recorder.in_segment(...)",
        ))
    }

    /// A document names no trace.
    fn untraced(&self) -> Option<Cause> {
        let mut violations = self.violations.iter();
        let violation = violations.find(|found| found.rule() == Rule::MissingTraceId)?;
        let (rule, seq) = (violation.rule(), violation.seq());
        let what = format!("datagram {seq} was rejected ({rule}): {}", rule.about());
        Some(Cause::new(what))
    }

    /// A datagram never became a document.
    pub(in crate::fake_daemon) fn rejected(&self) -> Option<Cause> {
        let rejection = self.rejections.first()?;
        let (code, seq) = (rejection.code(), rejection.seq());
        let what = format!("datagram {seq} was rejected ({code}): {}", code.about());
        Some(Cause::new(what))
    }

    fn otlp(&self) -> Option<Cause> {
        (self.otlp > 0).then(|| {
            let datagrams = count(self.otlp, "datagram");
            Cause::new(format!(
                "{datagrams} of OTLP came, which is no segment of X-Ray"
            ))
        })
    }

    fn alive() -> Option<Cause> {
        let alive = tasks::alive()?;
        Some(Cause::new(format!("{alive}, which may yet send")).hint("join what was spawned"))
    }
}

/// Codes of notes that say why a document did not come.
const UNSENT: [&str; 4] = ["emitter-panicked", "hook-failed", "no-socket", "too-large"];
/// How many causes are named.
const MOST: usize = 2;
/// How many characters of a message are shown.
const SHOWN: usize = 200;
