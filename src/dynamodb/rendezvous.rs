//! Calls that wait for each other.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::dynamodb::Request;

/// A place where calls wait until so many are in, and then go on together. The next ones make the
/// next round.
#[derive(Debug)]
pub(in crate::dynamodb) struct Rendezvous {
    calls: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    round: u64,
    waiting: Vec<Waiting>,
    /// The calls of the rounds before.
    met: HashSet<String>,
    arrived: u64,
    /// How many have waited at once in this round.
    most: usize,
}

/// Who is in.
#[derive(Debug)]
struct Waiting {
    /// The number of its arrival.
    number: u64,
    waker: Option<Waker>,
    call: Option<String>,
}

impl Rendezvous {
    pub(in crate::dynamodb) fn new(calls: usize) -> Rendezvous {
        Rendezvous {
            calls,
            state: Mutex::default(),
        }
    }

    /// For how many calls it is.
    pub(in crate::dynamodb) fn calls(&self) -> usize {
        self.calls
    }

    /// How many calls have been in at once, of this round.
    pub(in crate::dynamodb) fn most(&self) -> usize {
        self.state().most
    }

    /// Whether the call that this is an attempt of has met the others: it comes once, however often it
    /// is tried. One that has given up while it waited has not.
    pub(in crate::dynamodb) fn has_met(&self, request: &Request) -> bool {
        match request.invocation_id() {
            Some(id) => self.state().met.contains(id),
            None => request.attempt() > 1,
        }
    }

    /// Comes in. The future is ready when enough have.
    pub(in crate::dynamodb) fn arrive(self: &Arc<Self>, call: Option<&str>) -> Arrival {
        let mut state = self.state();
        state.arrived += 1;
        let arrival = Arrival {
            at: Arc::clone(self),
            round: state.round,
            number: state.arrived,
        };
        state.waiting.push(Waiting {
            number: arrival.number,
            waker: None,
            call: call.map(str::to_owned),
        });
        state.most = state.most.max(state.waiting.len());
        if state.waiting.len() >= self.calls {
            state.round += 1;
            state.most = 0;
            let mut wakers = Vec::new();
            for waiting in std::mem::take(&mut state.waiting) {
                wakers.extend(waiting.waker);
                state.met.extend(waiting.call);
            }
            drop(state);
            wakers.into_iter().for_each(Waker::wake);
        }
        arrival
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call that waits. Dropped, it is in no longer.
#[derive(Debug)]
pub(in crate::dynamodb) struct Arrival {
    at: Arc<Rendezvous>,
    round: u64,
    number: u64,
}

impl Future for Arrival {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.at.state();
        if state.round != self.round {
            return Poll::Ready(());
        }
        let mine = state
            .waiting
            .iter_mut()
            .find(|waiting| waiting.number == self.number);
        if let Some(waiting) = mine {
            waiting.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let mut state = self.at.state();
        if state.round == self.round {
            let others = |waiting: &Waiting| waiting.number != self.number;
            state.waiting.retain(others);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Waker};

    use crate::dynamodb::rendezvous::Rendezvous;

    #[test]
    fn calls_wait_until_enough_are_in() {
        let place = Arc::new(Rendezvous::new(2));
        let mut context = Context::from_waker(Waker::noop());
        let mut first = pin!(place.arrive(None));
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert_eq!(place.most(), 1);

        // One that gives up is in no longer.
        let place = Arc::new(Rendezvous::new(2));
        let given_up = place.arrive(None);
        drop(given_up);
        let mut first = pin!(place.arrive(None));
        assert!(first.as_mut().poll(&mut context).is_pending());
        let mut second = pin!(place.arrive(None));
        assert!(first.as_mut().poll(&mut context).is_ready());
        assert!(second.as_mut().poll(&mut context).is_ready());
        assert_eq!(place.most(), 0);

        // The next round.
        let mut third = pin!(place.arrive(None));
        assert!(third.as_mut().poll(&mut context).is_pending());
    }
}
