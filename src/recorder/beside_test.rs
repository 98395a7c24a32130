//! What a recorder does for the test that stands behind it, and nowhere else.

use std::net::SocketAddr;
use std::panic::Location;

use crate::recorder::clues::Clues;
use crate::recorder::stats::count;
use crate::recorder::{Recorder, SamplingRequest, captured};
use crate::wire::TraceHeader;

impl Recorder {
    /// This recorder, for a segment that is made here and may begin elsewhere.
    pub(in crate::recorder) fn made_here(&self) -> Recorder {
        self.captured().unwrap_or_else(|| self.clone())
    }

    /// This recorder under the header of the capture that this code runs in, if it is in one and
    /// serves no request.
    #[inline]
    pub(in crate::recorder) fn captured(&self) -> Option<Recorder> {
        match (&self.serving, &self.shared.clues) {
            (None, Some(clues)) => self.captured_by(clues.daemon()?),
            _ => None,
        }
    }

    #[cold]
    fn captured_by(&self, daemon: SocketAddr) -> Option<Recorder> {
        captured::header(daemon).map(|header| self.continuing(&header))
    }

    /// Counts a segment that is not recorded, and tells a test why.
    #[inline]
    pub(in crate::recorder) fn sampled_out(&self, name: &str, place: &'static Location<'static>) {
        count(&self.shared.counters.often.unsampled);
        if let Some(clues) = &self.shared.clues {
            self.tell_why(clues, name, place);
        }
    }

    #[cold]
    fn tell_why(&self, clues: &Clues, name: &str, place: &'static Location<'static>) {
        let why = match &self.serving {
            _ if self.shared.disabled => DISABLED.to_owned(),
            Some(serving) => serving.why.as_deref().unwrap_or_default().to_owned(),
            None => self.shared.sampling.told(&SamplingRequest::new()),
        };
        let captured = clues.daemon().and_then(captured::header);
        let trace = captured.and_then(|header| header.root());
        let own = self
            .serving
            .as_ref()
            .and_then(|serving| serving.header.root());
        clues.sampled_out(trace.or(own), &why, name, place);
    }

    /// The same for an invocation of Lambda.
    pub(in crate::recorder) fn tell_why_no_invocation(
        &self,
        header: &TraceHeader,
        place: &'static Location<'static>,
    ) {
        if let Some(clues) = &self.shared.clues {
            let why = if self.shared.disabled {
                DISABLED
            } else {
                NO_INVOCATION
            };
            clues.sampled_out(header.root(), why, "invocation", place);
        }
    }
}

const DISABLED: &str = "the recorder is disabled";
const NO_INVOCATION: &str = "its header does not say Sampled=1 with a Root and a Parent";
