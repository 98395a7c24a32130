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
    /// Of this round: who gave up last of whom nothing was told.
    gave_up: Option<GaveUp>,
}

/// A call that waited and gave up.
#[derive(Debug)]
struct GaveUp {
    /// Its rule.
    rule: Option<usize>,
    /// How many had been in at once.
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

    /// How many calls have been in at once, of this round. Whoever gave up is told with it.
    pub(in crate::dynamodb) fn alone(&self) -> usize {
        let mut state = self.state();
        state.gave_up = None;
        state.most
    }

    /// The same where a call of this rule was the last that gave up, nobody has met since, and nothing
    /// was told.
    pub(in crate::dynamodb) fn unmet(&self, rule: usize) -> Option<usize> {
        let mut state = self.state();
        let gave_up = state
            .gave_up
            .take_if(|gave_up| gave_up.rule == Some(rule))?;
        Some(gave_up.most)
    }

    /// Whether the call that this is an attempt of has met the others: it comes once, however often it
    /// is tried. One that has given up while it waited has not.
    pub(in crate::dynamodb) fn has_met(&self, request: &Request) -> bool {
        match request.invocation_id() {
            Some(id) => self.state().met.contains(id),
            None => request.attempt() > 1,
        }
    }

    /// Comes in, by a rule. The future is ready when enough have.
    pub(in crate::dynamodb) fn arrive(
        self: &Arc<Self>,
        call: Option<&str>,
        rule: Option<usize>,
    ) -> Arrival {
        let mut state = self.state();
        state.arrived += 1;
        let arrival = Arrival {
            at: Arc::clone(self),
            round: state.round,
            number: state.arrived,
            rule,
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
            state.gave_up = None;
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
    rule: Option<usize>,
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
            state.gave_up = Some(GaveUp {
                rule: self.rule,
                most: state.most,
            });
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
        // One that gives up is in no longer, and is told once.
        let given_up = place.arrive(None, Some(3));
        assert_eq!(place.unmet(3), None);
        drop(given_up);
        assert_eq!(place.unmet(2), None);
        assert_eq!((place.unmet(3), place.unmet(3)), (Some(1), None));
        drop(place.arrive(None, Some(3)));

        let mut first = pin!(place.arrive(None, Some(3)));
        assert!(first.as_mut().poll(&mut context).is_pending());
        let mut second = pin!(place.arrive(None, Some(4)));
        assert!(first.as_mut().poll(&mut context).is_ready());
        assert!(second.as_mut().poll(&mut context).is_ready());
        // Two have met since.
        assert_eq!((place.unmet(3), place.unmet(4)), (None, None));

        // The next round.
        let third = place.arrive(None, Some(3));
        assert!(pin!(third).poll(&mut context).is_pending());
        assert_eq!((place.alone(), place.unmet(3)), (1, None));
    }
}
