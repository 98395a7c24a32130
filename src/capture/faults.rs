//! What happens to datagrams on the way, on request.

use std::collections::VecDeque;

use crate::error::Error;

/// What a daemon does to the datagrams that come to it: for people who test their own emitters,
/// or what their code makes of gaps in a trace.
///
/// Nothing is left to chance. Datagrams are counted as they arrive, from 1, and every nth of them
/// suffers the fault. A datagram that is dropped suffers nothing else; one that is delayed is not
/// doubled as well. The count begins anew when faults are [set](crate::FakeDaemon::set_faults).
///
/// The [`Counts`](crate::capture::Counts) tell what was dropped or doubled on request, and what is
/// still held. Traces that are not whole for it are findings as ever: allow
/// their codes, or look at them with `partial`.
///
/// # Examples
///
/// ```
/// use xray_phantom::{FakeDaemon, Faults, Recorder, block_on};
///
/// let daemon = FakeDaemon::builder().faults(Faults::none().drop_every(2)).start();
/// let recorder = Recorder::builder("api").daemon(&daemon).build();
/// block_on(async {
///     for name in ["first", "second", "third"] {
///         recorder.in_segment_infallible(name, async |_| ()).await;
///     }
///     let counts = daemon.fence().await.unwrap();
///     assert_eq!((counts.accepted, counts.dropped_on_request), (2, 1));
/// });
/// ```
///
/// ```
/// use xray_phantom::{FakeDaemon, Faults};
///
/// let error = FakeDaemon::builder().faults(Faults::none().drop_every(0)).try_start().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid fault `drop_every(0)`: datagrams are counted from 1: 1 is every one, 2 every other"
/// );
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "faults do nothing until a daemon has them"]
pub struct Faults {
    refuse: bool,
    drop: Option<u64>,
    double: Option<u64>,
    delay: Option<Delay>,
    reorder: Option<usize>,
    /// The first one that cannot be.
    mistake: Option<Mistake>,
}

#[derive(Clone, Copy, Debug)]
struct Delay {
    every: u64,
    by: u64,
}

#[derive(Clone, Debug)]
struct Mistake {
    fault: String,
    why: &'static str,
}

impl Faults {
    /// No faults.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// Nobody listens: on Linux a send to the port fails with `ConnectionRefused` from the second
    /// one on, as the answer to the first must come back before. What is sent is not captured, and
    /// not counted: once a daemon has refused, no [audit](crate::FakeDaemon::audit) finds
    /// anything unexplained.
    ///
    /// The port stays taken, so that no other test gets what is sent to it.
    pub fn refuse(mut self) -> Self {
        self.refuse = true;
        self
    }

    /// Every nth datagram never arrives.
    pub fn drop_every(mut self, nth: u64) -> Self {
        self.check("drop_every", nth);
        self.drop = Some(nth);
        self
    }

    /// Every nth datagram arrives twice, one right behind the other.
    pub fn duplicate_every(mut self, nth: u64) -> Self {
        self.check("duplicate_every", nth);
        self.double = Some(nth);
        self
    }

    /// Every nth datagram is held until `by` others have arrived after it, or until it is
    /// [released](crate::FakeDaemon::release). A fence does not wait for it; the last judgement of
    /// the daemon releases it.
    pub fn delay_every(mut self, nth: u64, by: u64) -> Self {
        self.check("delay_every", nth);
        if by == 0 {
            self.mistaken(
                format!("delay_every({nth}, 0)"),
                "behind none is no delay: 1 changes places with the next",
            );
        }
        self.delay = Some(Delay { every: nth, by });
        self
    }

    /// Of each `group` datagrams the last arrives first. A fence ends a group early.
    pub fn reorder(mut self, group: usize) -> Self {
        if group < 2 {
            self.mistaken(
                format!("reorder({group})"),
                "it takes 2 datagrams to change places",
            );
        }
        self.reorder = Some(group);
        self
    }

    /// Whether nobody listens.
    pub(in crate::capture) fn refuses(&self) -> bool {
        self.refuse
    }

    /// Whether they can be.
    pub(crate) fn checked(self) -> Result<Faults, Error> {
        match &self.mistake {
            Some(Mistake { fault, why }) => Err(Error::invalid("fault", fault, *why)),
            None => Ok(self),
        }
    }

    fn check(&mut self, fault: &str, nth: u64) {
        if nth == 0 {
            self.mistaken(
                format!("{fault}(0)"),
                "datagrams are counted from 1: 1 is every one, 2 every other",
            );
        }
    }

    fn mistaken(&mut self, fault: String, why: &'static str) {
        self.mistake.get_or_insert(Mistake { fault, why });
    }
}

/// Faults at work: what came, and what is held back.
#[derive(Debug)]
pub(in crate::capture) struct Suffering<T> {
    faults: Faults,
    arrived: u64,
    /// Datagrams that are delayed, and the count of arrivals that each waits for.
    delayed: VecDeque<(u64, T)>,
    /// The group that waits to be turned round.
    group: Vec<T>,
    tally: Tally,
}

/// What was done on request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::capture) struct Tally {
    pub(in crate::capture) dropped: u64,
    pub(in crate::capture) duplicated: u64,
    /// Whether datagrams were ever refused: nobody can tell how many.
    pub(in crate::capture) refused: bool,
}

impl<T: Clone> Suffering<T> {
    pub(in crate::capture) fn new(faults: Faults) -> Suffering<T> {
        Suffering {
            faults,
            arrived: 0,
            delayed: VecDeque::new(),
            group: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Takes other faults from now on. What is held stays held.
    pub(in crate::capture) fn set(&mut self, faults: Faults) {
        self.faults = faults;
        self.tally.refused |= self.faults.refuse;
        // What is delayed waits for as many others as before.
        for (due, _) in &mut self.delayed {
            *due -= self.arrived;
        }
        self.arrived = 0;
    }

    /// Whether nobody listens.
    pub(in crate::capture) fn refuses(&self) -> bool {
        self.faults.refuse
    }

    /// A datagram comes: hands over what arrives for it.
    pub(in crate::capture) fn pass(&mut self, datagram: T, mut arrive: impl FnMut(T)) {
        self.arrived += 1;
        let arrived = self.arrived;
        let is_nth = |nth: Option<u64>| nth.is_some_and(|nth| arrived.is_multiple_of(nth));
        if is_nth(self.faults.drop) {
            self.tally.dropped += 1;
        } else if let Some(delay) = self.faults.delay.filter(|delay| is_nth(Some(delay.every))) {
            let due = arrived.saturating_add(delay.by);
            let place = self.delayed.partition_point(|(other, _)| *other <= due);
            self.delayed.insert(place, (due, datagram));
        } else if is_nth(self.faults.double) {
            self.tally.duplicated += 1;
            self.order(datagram.clone(), &mut arrive);
            self.order(datagram, &mut arrive);
        } else {
            self.order(datagram, &mut arrive);
        }
        while let Some((due, datagram)) = self.delayed.pop_front() {
            if due > arrived {
                self.delayed.push_front((due, datagram));
                break;
            }
            self.order(datagram, &mut arrive);
        }
    }

    /// Ends a group early.
    pub(in crate::capture) fn end_group(&mut self, arrive: impl FnMut(T)) {
        self.group.drain(..).rev().for_each(arrive);
    }

    /// Hands over all that is held.
    pub(in crate::capture) fn release(&mut self, mut arrive: impl FnMut(T)) {
        self.end_group(&mut arrive);
        self.delayed
            .drain(..)
            .for_each(|(_, datagram)| arrive(datagram));
    }

    /// How many datagrams are held back.
    pub(in crate::capture) fn held(&self) -> u64 {
        (self.delayed.len() + self.group.len()) as u64
    }

    pub(in crate::capture) fn tally(&self) -> Tally {
        self.tally
    }

    fn order(&mut self, datagram: T, arrive: &mut impl FnMut(T)) {
        let Some(group) = self.faults.reorder else {
            self.end_group(&mut *arrive);
            return arrive(datagram);
        };
        self.group.push(datagram);
        if self.group.len() >= group {
            self.end_group(arrive);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::capture::faults::{Faults, Suffering};

    /// What arrives of 1 to 8, each after the number that it came with; `|` is a fence, after
    /// which all is released.
    #[track_caller]
    fn check(faults: Faults, expected: &str) {
        let mut suffering = Suffering::new(faults);
        let mut arrived = String::new();
        for number in 1..=8_u32 {
            suffering.pass(number, |datagram| arrived += &datagram.to_string());
            arrived.push(' ');
        }
        suffering.end_group(|datagram| arrived += &datagram.to_string());
        arrived.push('|');
        suffering.release(|datagram| arrived += &datagram.to_string());
        assert_eq!(arrived, expected);
        assert_eq!(suffering.held(), 0);
    }

    #[test]
    fn every_fault_is_the_same_each_time() {
        check(Faults::none(), "1 2 3 4 5 6 7 8 |");
        check(Faults::none().drop_every(3), "1 2  4 5  7 8 |");
        check(Faults::none().duplicate_every(4), "1 2 3 44 5 6 7 88 |");
        check(Faults::none().delay_every(3, 1), "1 2  43 5  76 8 |");
        check(Faults::none().delay_every(4, 2), "1 2 3  5 64 7  |8");
        check(Faults::none().delay_every(1, 100), "        |12345678");
        check(Faults::none().reorder(3), "  321   654   87|");
        check(
            Faults::none()
                .drop_every(2)
                .duplicate_every(2)
                .delay_every(3, 1),
            "1   3 5  7  |",
        );
    }

    #[test]
    fn what_is_held_stays_held_when_faults_change() {
        let mut suffering = Suffering::new(Faults::none().delay_every(2, 3));
        let mut arrived = Vec::new();
        for number in 1..=3 {
            suffering.pass(number, |datagram| arrived.push(datagram));
        }
        assert_eq!((&*arrived, suffering.held()), (&[1, 3][..], 1));
        suffering.set(Faults::none());
        for number in 4..=6 {
            suffering.pass(number, |datagram| arrived.push(datagram));
        }
        assert_eq!(arrived, [1, 3, 4, 5, 2, 6]);
    }
}
