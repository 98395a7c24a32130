//! In which capture of a test code runs.
//!
//! It goes where the current segment goes: into whatever the task awaits, and with
//! [`carry`](crate::carry) further. A segment that begins there without a header of its own joins the
//! trace of the capture. Recorders that no test stands behind never look here.

use std::cell::RefCell;
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task;

use crate::wire::TraceHeader;

thread_local! {
    /// The capture that is being polled on this thread.
    static CAPTURED: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// A capture, and the task that its code is polled in: what else is polled meanwhile, by a runtime
/// that this code blocks on, say, is none of its work.
struct Scope {
    capture: Capture,
    polled_in: Option<task::Id>,
}

/// A capture that a daemon has begun.
#[derive(Clone)]
pub(crate) struct Capture(Arc<Inner>);

struct Inner {
    daemon: SocketAddr,
    header: TraceHeader,
    /// The one around it, which another daemon may have begun.
    outer: Option<Capture>,
}

impl Capture {
    /// One of this daemon, inside of what this task is in.
    #[cfg(feature = "testing")]
    pub(crate) fn of(daemon: SocketAddr, header: TraceHeader) -> Capture {
        Capture(Arc::new(Inner {
            daemon,
            header,
            outer: current(),
        }))
    }

    /// Runs a future inside.
    #[cfg(feature = "testing")]
    pub(crate) async fn run<F: Future>(self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| self.run_sync(|| future.as_mut().poll(context))).await
    }

    /// Runs a function inside.
    pub(in crate::recorder) fn run_sync<R>(&self, function: impl FnOnce() -> R) -> R {
        let scope = Scope {
            capture: self.clone(),
            polled_in: task::try_id(),
        };
        // Nothing where the thread ends, and with it what is known on it.
        let _before = Before(replace(Some(scope)));
        function()
    }

    /// The header of the innermost one that this daemon has begun.
    fn header(&self, daemon: SocketAddr) -> Option<&TraceHeader> {
        let mut at = Some(self);
        while let Some(Capture(inner)) = at {
            if inner.daemon == daemon {
                return Some(&inner.header);
            }
            at = inner.outer.as_ref();
        }
        None
    }
}

/// Dropped, it sets back what was before.
struct Before(Option<Scope>);

impl Drop for Before {
    fn drop(&mut self) {
        replace(self.0.take());
    }
}

fn replace(scope: Option<Scope>) -> Option<Scope> {
    let before = CAPTURED.try_with(|captured| mem::replace(&mut *captured.borrow_mut(), scope));
    before.ok().flatten()
}

/// The capture that this code runs in.
pub(in crate::recorder) fn current() -> Option<Capture> {
    let capture = CAPTURED.try_with(|captured| {
        let captured = captured.borrow();
        let scope = captured.as_ref()?;
        (scope.polled_in == task::try_id()).then(|| scope.capture.clone())
    });
    capture.ok().flatten()
}

/// The header of this daemon's capture that this code runs in.
pub(in crate::recorder) fn header(daemon: SocketAddr) -> Option<TraceHeader> {
    current()?.header(daemon).cloned()
}
