//! The other tasks of the runtime, which may yet have something to send.

use std::future::poll_fn;
use std::task::Poll;

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::error::count;

/// Lets the tasks run that are ready.
///
/// On a runtime of one thread all of them are polled a few dozen times. On one of several threads
/// they are polled at least once, as far as that can be arranged from outside: what still runs on
/// another thread when this is over has not sent yet.
pub(in crate::fake_daemon) async fn let_run() {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() != RuntimeFlavor::CurrentThread => {
            for _ in 0..ERRANDS {
                // Queued behind those that are ready. On a runtime that shuts down it is
                // cancelled, and there is nothing to wait for.
                let _ = handle.spawn(async {}).await;
            }
        }
        _ => {
            for _ in 0..YIELDS {
                let mut yielded = false;
                poll_fn(|context| {
                    if yielded {
                        return Poll::Ready(());
                    }
                    yielded = true;
                    context.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
            }
        }
    }
}

/// ` (2 tasks of this runtime still alive)`, or nothing.
pub(in crate::fake_daemon) fn alive() -> Option<String> {
    let handle = Handle::try_current().ok()?;
    match handle.metrics().num_alive_tasks() {
        0 => None,
        tasks => Some(format!(
            "{} of this runtime still alive",
            count(tasks as u64, "task")
        )),
    }
}

/// How often each ready task is polled on a runtime of one thread.
const YIELDS: u32 = 32;
/// How many empty tasks are sent through a runtime of several threads.
const ERRANDS: u32 = 16;
