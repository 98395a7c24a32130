//! What all segments of a recorder share.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::on_one_line;
use crate::model::Timestamp;
use crate::model::limits::MAX_NAME;
use crate::recorder::blocks::WrittenBlocks;
use crate::recorder::clues::Clues;
use crate::recorder::decision::Decision;
use crate::recorder::name::{clean, is_plain};
use crate::recorder::open_segments::OpenSegments;
use crate::recorder::stats::{Counters, RecorderStats, count};
use crate::recorder::{ContextMissing, Naming, Sampling, SamplingRequest};
use crate::seam::{Clock, Ids};
use crate::wire::{Emit, Note};

/// The settings of a recorder, its way to the daemon, and its counters.
#[derive(Debug)]
pub(in crate::recorder) struct Shared {
    pub(in crate::recorder) clock: Clock,
    pub(in crate::recorder) ids: Ids,
    /// An `Outlet`, so that nothing the emitter does can harm the program, and of each kind of note
    /// one is told.
    pub(in crate::recorder) emitter: Arc<dyn Emit>,
    pub(in crate::recorder) sampling: Sampling,
    pub(in crate::recorder) context_missing: ContextMissing,
    pub(in crate::recorder) naming: Naming,
    pub(in crate::recorder) blocks: WrittenBlocks,
    /// So many subsegments that have ended are kept until their segment ends.
    pub(in crate::recorder) streaming: usize,
    /// Whether errors get the stack of the place where they were recorded.
    pub(in crate::recorder) backtraces: bool,
    pub(in crate::recorder) disabled: bool,
    pub(in crate::recorder) counters: Arc<Counters>,
    /// Where a test stands behind it, its segments.
    pub(in crate::recorder) open: Arc<OpenSegments>,
    /// Where a test stands behind it, what explains to that what has not come.
    pub(in crate::recorder) clues: Option<Arc<Clues>>,
}

/// The same, as the segments of one lane hold it.
#[derive(Debug)]
pub(in crate::recorder) struct OfLane(pub(in crate::recorder) Arc<Shared>);

impl Shared {
    /// Tells something that the program should know: a test of each, otherwise of each kind once.
    pub(in crate::recorder) fn note(&self, note: Note) {
        self.emitter.note(note);
    }

    /// Tells of something that was left out, cut or renamed, and counts it.
    pub(in crate::recorder) fn note_counted(
        &self,
        counter: impl FnOnce(&Counters) -> &AtomicU64,
        place: &'static Location<'static>,
        code: &'static str,
        message: String,
    ) {
        count(counter(&self.counters));
        self.note(Note::at(place, code, message));
    }

    /// A name that X-Ray takes; if it is another one, that is told.
    #[inline]
    pub(in crate::recorder) fn cleaned<'n>(
        &self,
        name: &'n str,
        place: &'static Location<'static>,
    ) -> Cow<'n, str> {
        if is_plain(name) {
            Cow::Borrowed(name)
        } else {
            self.cleaned_slowly(name, place)
        }
    }

    #[inline(never)]
    fn cleaned_slowly<'n>(&self, name: &'n str, place: &'static Location<'static>) -> Cow<'n, str> {
        let cleaned = clean(name);
        // One that stays is the very same.
        if !std::ptr::eq::<str>(&raw const *cleaned, name) {
            let shown = on_one_line(name, MOST_SHOWN);
            let message = format!(
                "the name `{shown}` is sent as `{cleaned}`: X-Ray takes letters, digits, spaces and _.:/%&#=+\\-@, \
                 at most {MAX_NAME} characters"
            );
            self.note_counted(|counters| &counters.renamed, place, "name", message);
        }
        cleaned
    }

    /// Whether a request that begins now is recorded.
    pub(in crate::recorder) fn decide(
        &self,
        request: &SamplingRequest<'_>,
        now: Timestamp,
    ) -> Decision {
        self.sampling.decide(request, now, || self.ids.chance())
    }

    pub(in crate::recorder) fn stats(&self) -> RecorderStats {
        let emitted = self.emitter.counts();
        let counters = &*self.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RecorderStats {
            segments: counters.sum(|often| &often.segments),
            unsampled: counters.sum(|often| &often.unsampled),
            subsegments: counters.sum(|often| &often.subsegments),
            sent: emitted.sent,
            failed: emitted.failed,
            left_out: read(&counters.left_out),
            cut: read(&counters.cut),
            renamed: read(&counters.renamed),
            misused: read(&counters.misused),
            missing: counters.missing(),
        }
    }
}

/// How many characters of a name are shown.
const MOST_SHOWN: usize = 80;
