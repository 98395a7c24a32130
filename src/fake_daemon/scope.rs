//! A test and its daemon, judged together.

use std::fmt::Debug;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::fake_daemon::{FakeDaemon, Report};

/// What a test or a hook may return: nothing, or a `Result`.
pub trait Outcome {
    /// The text of the error, if it is one.
    fn error(&self) -> Option<String>;
}

impl Outcome for () {
    fn error(&self) -> Option<String> {
        None
    }
}

impl<T, E: Debug> Outcome for Result<T, E> {
    fn error(&self) -> Option<String> {
        self.as_ref().err().map(|error| format!("{error:?}"))
    }
}

/// Runs a test, then judges what came.
pub(in crate::fake_daemon) async fn scope<R: Outcome>(
    daemon: FakeDaemon,
    test: impl AsyncFnOnce(&FakeDaemon) -> R,
) -> Result<R, Report> {
    let ended = {
        let mut test = pin!(test(&daemon));
        std::future::poll_fn(|context| {
            match catch_unwind(AssertUnwindSafe(|| test.as_mut().poll(context))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
                Err(panic) => Poll::Ready(Err(panic)),
            }
        })
        .await
    };
    let verdict = daemon.end(ended.is_err()).await;
    match (ended, verdict) {
        (Ok(outcome), Ok(())) => Ok(outcome),
        (Ok(outcome), Err(report)) => Err(report.with_error(outcome.error())),
        (Err(panic), verdict) => {
            if let Err(report) = verdict {
                // Behind the message of the panic, which was printed when it began.
                let _ = writeln!(std::io::stderr(), "{report}");
            }
            resume_unwind(panic)
        }
    }
}
