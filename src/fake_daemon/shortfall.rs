//! Why a question could not be answered.

use std::fmt;

use crate::error::Error;
use crate::render::folded;

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
    /// `no-trace`: no trace came.
    NoTrace,
    /// `no-violation`: no violation with that code is left.
    NoViolation,
    /// `not-captured`: nothing came under the header of a capture.
    NotCaptured,
    /// `not-silent`: something came where nothing was to.
    NotSilent,
    /// `overdue`: what was expected was not so at the deadline.
    Overdue,
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
            ShortfallCode::NotCaptured => "not-captured",
            ShortfallCode::NotSilent => "not-silent",
            ShortfallCode::Overdue => "overdue",
            ShortfallCode::SeveralTraces => "several-traces",
            ShortfallCode::Unfenced => "unfenced",
            ShortfallCode::UnknownCode => "unknown-code",
            ShortfallCode::UnknownTrace => "unknown-trace",
        }
    }
}

impl Shortfall {
    pub(in crate::fake_daemon) fn new(code: ShortfallCode, text: String) -> Shortfall {
        Shortfall { code, text }
    }

    /// The fence of a daemon failed, which stands at `place`.
    pub(in crate::fake_daemon) fn unfenced(error: &Error, place: &str) -> Shortfall {
        let why = folded("likely: ", &error.to_string(), 2);
        Shortfall {
            code: ShortfallCode::Unfenced,
            text: format!("nobody knows what came: the fence failed\n{why}{place}\n"),
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::fake_daemon::{FakeDaemon, ShortfallCode, block_on};

    #[test]
    fn a_fence_that_fails_is_told_with_what_stopped_it() {
        let daemon = FakeDaemon::start();
        daemon.break_socket("I/O error");
        let shortfall = block_on(daemon.try_expect_one_trace()).unwrap_err();
        assert_eq!(shortfall.code(), ShortfallCode::Unfenced);
        let place = daemon.place();
        let address = daemon.address();
        assert_eq!(
            shortfall.to_string(),
            format!(
                "nobody knows what came: the fence failed\n\
                 likely: cannot read from the socket of {address}: I/O error\n\
                 {place}\n"
            )
        );
        // The last judgement says so too.
        let report = block_on(daemon.end(false)).unwrap_err().to_string();
        let finding = format!("\n- cannot read from the socket of {address}: I/O error\n");
        assert!(report.contains(&finding), "{report}");
    }
}
