//! The wait for something new, with a deadline.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::capture::inbox::Inbox;
use crate::capture::listener::lock;

/// Those who wait for something to arrive.
#[derive(Debug, Default)]
pub(in crate::capture) struct Waiting {
    list: Vec<Waiter>,
    /// How many there ever were: their names.
    named: u64,
}

#[derive(Debug)]
struct Waiter {
    name: u64,
    deadline: Instant,
    waker: Waker,
}

impl Waiting {
    /// Something has arrived.
    #[inline]
    pub(in crate::capture) fn wake(&mut self) {
        if !self.list.is_empty() {
            self.list.drain(..).for_each(|waiter| waiter.waker.wake());
        }
    }

    /// Wakes those whose deadline has come, and tells how long it is until the next one's.
    pub(in crate::capture) fn wake_overdue(&mut self) -> Option<Duration> {
        if self.list.is_empty() {
            return None;
        }
        let now = Instant::now();
        let is_overdue = |waiter: &mut Waiter| waiter.deadline <= now;
        let overdue = self.list.extract_if(.., is_overdue);
        overdue.for_each(|waiter| waiter.waker.wake());
        let next = self.list.iter().map(|waiter| waiter.deadline).min();
        next.map(|deadline| deadline.saturating_duration_since(now))
    }

    /// Waits under this name, or a new one.
    fn add(&mut self, name: Option<u64>, deadline: Instant, waker: &Waker) -> u64 {
        let name = name.unwrap_or_else(|| {
            self.named += 1;
            self.named
        });
        self.remove(name);
        let waker = waker.clone();
        self.list.push(Waiter {
            name,
            deadline,
            waker,
        });
        name
    }

    fn remove(&mut self, name: u64) {
        self.list.retain(|waiter| waiter.name != name);
    }
}

/// Waits until more has arrived than was seen, or the deadline has come. The drain wakes it, so that
/// it needs neither a clock nor a runtime.
#[must_use = "nobody waits until it is awaited"]
pub(crate) struct NextArrival {
    pub(in crate::capture) inbox: Arc<Mutex<Option<Inbox>>>,
    pub(in crate::capture) drain: Thread,
    /// How many datagrams were seen.
    pub(in crate::capture) seen: u64,
    pub(in crate::capture) deadline: Instant,
    pub(in crate::capture) name: Option<u64>,
}

impl Future for NextArrival {
    /// Whether something has arrived; `false` at the deadline.
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        let this = &mut *self;
        let mut inbox = lock(&this.inbox);
        let Some(inbox) = inbox.as_mut() else {
            return Poll::Ready(false);
        };
        if inbox.read() > this.seen {
            return Poll::Ready(true);
        }
        if Instant::now() >= this.deadline {
            return Poll::Ready(false);
        }
        let waker = context.waker();
        this.name = Some(inbox.waiting().add(this.name, this.deadline, waker));
        // The drain may sleep for longer than this may wait.
        this.drain.unpark();
        inbox.wake();
        Poll::Pending
    }
}

/// Who has gone is not woken.
impl Drop for NextArrival {
    fn drop(&mut self) {
        if let (Some(name), Some(inbox)) = (self.name, lock(&self.inbox).as_mut()) {
            inbox.waiting().remove(name);
        }
    }
}
