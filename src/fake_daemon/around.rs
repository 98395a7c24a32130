//! What a trace knows of its capture.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fake_daemon::Finding;
use crate::fake_daemon::captures::Captures;
use crate::fake_daemon::in_memory::Notebook;
use crate::fake_daemon::inspect::Inspector;
use crate::fake_daemon::report::Judged;
use crate::trace::{Around, ExternalParents, Surroundings};
use crate::wire::Note;

/// What a daemon knows up to its last question, for the traces that it has handed out: they may live
/// longer than the daemon does. Nothing is done until somebody asks.
pub(in crate::fake_daemon) struct CapturedHere {
    pub(in crate::fake_daemon) inspector: Arc<Mutex<Inspector>>,
    pub(in crate::fake_daemon) notebook: Arc<Notebook>,
    pub(in crate::fake_daemon) judged: Arc<Mutex<Judged>>,
    pub(in crate::fake_daemon) captures: Arc<Captures>,
    pub(in crate::fake_daemon) external: ExternalParents,
}

impl Around for CapturedHere {
    fn surroundings(&self, trace: &str) -> Surroundings {
        let mut notes = self.notebook.notes();
        notes.extend(self.notebook.clues(None));
        let (inspection, rejections) = {
            let inspector = lock(&self.inspector);
            let inspection = inspector.inspection(&self.external);
            let rejections = inspector.rejections().map(Finding::Rejection);
            (inspection, texts(rejections))
        };
        let judged = lock(&self.judged);
        let violations = inspection.violations.into_iter();
        let violations = violations.filter(|found| judged.strictness.fails_violation(found));
        // On a daemon that tests share, what another capture has begun says nothing of this trace.
        let is_of_others = |id: &str| id != trace && self.captures.has_begun(id);
        let violations = violations.filter(|found| !found.trace_id().is_some_and(is_of_others));
        let traces = inspection.traces.into_iter();
        Surroundings {
            notes: notes.iter().map(Note::to_string).collect(),
            rejections,
            violations: texts(violations.map(Finding::Violation)),
            traces: traces.filter(|trace| !is_of_others(trace.id())).collect(),
        }
    }

    fn mask(&self, text: String) -> String {
        let secrets = lock(&self.inspector).masker();
        if secrets.is_empty() {
            return text;
        }
        secrets.mask(&text).into_owned()
    }
}

fn texts(findings: impl Iterator<Item = Finding>) -> Vec<String> {
    findings.map(|finding| finding.to_string()).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
