//! Waiting on a thread without a runtime.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs a future on this thread, for tests and programs without an async runtime.
///
/// The daemon's futures need no runtime. Others may: await those in theirs.
///
/// # Examples
///
/// ```
/// use xray_phantom::{FakeDaemon, block_on};
///
/// let daemon = FakeDaemon::start();
/// let counts = block_on(daemon.fence()).unwrap();
/// assert_eq!(counts.received, 0);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
