//! The requests of a second that are recorded for certain.

use std::cmp::Ordering;
use std::sync::{Mutex, PoisonError};

use crate::model::Timestamp;

/// Gives out a fixed number of permits in each second of the clock.
///
/// A second is a whole one of the clock, as in the SDKs for Go (`strategy/sampling/reservoir.go`,
/// `Take`), Python (`core/sampling/local/reservoir.py:21`) and Node (`local_reservoir.js`, whose
/// seconds begin at the half). All of a second's permits may go in one moment. (The SDK for Java
/// spreads ten and more over the second.)
///
/// Those SDKs begin anew whenever the second is another one, an earlier one too. Here it must be
/// a later one: of two threads that look at the clock around the turn of a second, the slower one
/// must not reopen the second that has gone.
#[derive(Debug)]
pub(in crate::recorder) struct Reservoir {
    size: u32,
    second: Mutex<Second>,
}

#[derive(Debug)]
struct Second {
    /// Seconds since the epoch.
    number: i128,
    taken: u32,
    /// The earliest second that the clock has shown since it fell behind `number`.
    behind: Option<i128>,
}

impl Reservoir {
    /// A full one with this many permits a second.
    pub(in crate::recorder) fn of(size: u32) -> Reservoir {
        Reservoir {
            size,
            second: Mutex::new(Second::begin(i128::MIN)),
        }
    }

    /// How many permits it gives out in a second.
    pub(in crate::recorder) fn size(&self) -> u32 {
        self.size
    }

    /// Takes a permit, if the second has one left.
    pub(in crate::recorder) fn take(&self, now: Timestamp) -> bool {
        if self.size == 0 {
            return false;
        }
        // Nothing inside panics, and a second is right after each statement.
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        second.follow(now.as_nanos().div_euclid(NANOS));
        let has_one = second.taken < self.size;
        second.taken += u32::from(has_one);
        has_one
    }
}

impl Second {
    fn begin(number: i128) -> Second {
        Second {
            number,
            taken: 0,
            behind: None,
        }
    }

    /// Follows the clock to a later second; to an earlier one only if the clock was set back.
    fn follow(&mut self, shown: i128) {
        match shown.cmp(&self.number) {
            Ordering::Greater => *self = Second::begin(shown),
            Ordering::Equal => self.behind = None,
            Ordering::Less => {
                let earliest = self.behind.map_or(shown, |earliest| earliest.min(shown));
                if shown - earliest >= PATIENCE {
                    *self = Second::begin(shown);
                } else {
                    self.behind = Some(earliest);
                }
            }
        }
    }
}

const NANOS: i128 = 1_000_000_000;

/// How many seconds a clock must have gone on behind the latest second, without showing that one
/// again, to count as set back. No thread is that slow, and a clock that was set back by an hour
/// does not stop the reservoir for an hour.
const PATIENCE: i128 = 10;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use crate::model::Timestamp;
    use crate::recorder::reservoir::{NANOS, Reservoir};

    fn at(second: i128) -> Timestamp {
        Timestamp::from_nanos(second * NANOS)
    }

    /// How many of 100 tries in this second get a permit.
    fn taken(reservoir: &Reservoir, second: i128) -> usize {
        (0..100).filter(|_| reservoir.take(at(second))).count()
    }

    #[test]
    fn each_second_has_its_permits_and_no_more() {
        let reservoir = Reservoir::of(3);
        assert_eq!(taken(&reservoir, 5), 3);
        assert_eq!(taken(&reservoir, 5), 0);
        assert_eq!(taken(&reservoir, 6), 3);
        // What a second leaves over is lost.
        assert!(reservoir.take(at(7)));
        assert_eq!(taken(&reservoir, 8), 3);
    }

    #[test]
    fn a_second_is_a_whole_one_of_the_clock_also_before_the_epoch() {
        let reservoir = Reservoir::of(1);
        for (nanos, permit) in [
            (-NANOS - 1, true),
            (-NANOS, true),
            (-1, false),
            (0, true),
            (NANOS - 1, false),
            (NANOS, true),
            (NANOS + 1, false),
        ] {
            assert_eq!(
                reservoir.take(Timestamp::from_nanos(nanos)),
                permit,
                "{nanos}"
            );
        }
    }

    #[test]
    fn one_of_size_zero_gives_nothing() {
        assert_eq!(taken(&Reservoir::of(0), 5), 0);
    }

    #[test]
    fn the_ends_of_time_are_seconds_too() {
        let reservoir = Reservoir::of(1);
        for nanos in [i128::MIN, i128::MAX] {
            assert!(reservoir.take(Timestamp::from_nanos(nanos)), "{nanos}");
            assert!(!reservoir.take(Timestamp::from_nanos(nanos)), "{nanos}");
        }
        assert!(!reservoir.take(Timestamp::from_nanos(i128::MIN)));
    }

    #[test]
    fn a_clock_that_goes_to_and_fro_gets_no_second_helping() {
        let reservoir = Reservoir::of(2);
        assert_eq!(taken(&reservoir, 1_000), 2);
        for _ in 0..50 {
            assert_eq!(taken(&reservoir, 999), 0);
            assert_eq!(taken(&reservoir, 0), 0);
            assert_eq!(taken(&reservoir, 1_000), 0);
        }
        assert_eq!(taken(&reservoir, 1_001), 2);
    }

    #[test]
    fn a_clock_that_was_set_back_is_believed_after_ten_seconds() {
        let reservoir = Reservoir::of(2);
        assert_eq!(taken(&reservoir, 5_000), 2);
        for second in 1_400..1_410 {
            assert_eq!(taken(&reservoir, second), 0, "{second}");
        }
        for second in 1_410..1_420 {
            assert_eq!(taken(&reservoir, second), 2, "{second}");
        }
    }

    #[test]
    fn a_slow_thread_before_it_was_set_back_does_not_matter() {
        let reservoir = Reservoir::of(2);
        assert_eq!(taken(&reservoir, 5_000), 2);
        assert_eq!(taken(&reservoir, 4_999), 0);
        assert_eq!(taken(&reservoir, 1_400), 0);
        assert_eq!(taken(&reservoir, 1_409), 0);
        assert_eq!(taken(&reservoir, 1_410), 2);
    }

    #[test]
    fn a_clock_that_was_set_back_by_less_catches_up() {
        let reservoir = Reservoir::of(2);
        assert_eq!(taken(&reservoir, 5_000), 2);
        for second in 4_995..=5_000 {
            assert_eq!(taken(&reservoir, second), 0, "{second}");
        }
        assert_eq!(taken(&reservoir, 5_001), 2);
    }

    /// Every order of looks at a clock whose times lie within ten seconds.
    #[test]
    fn no_order_of_times_gets_more_than_the_seconds_hold() {
        const LOOKS: u32 = 8;
        const SECONDS: u32 = 4;
        for order in 0..SECONDS.pow(LOOKS) {
            let looks: Vec<i128> = (0..LOOKS)
                .map(|look| i128::from(order / SECONDS.pow(look) % SECONDS))
                .collect();
            let reservoir = Reservoir::of(2);
            let mut latest = i128::MIN;
            let mut given = BTreeMap::<i128, u32>::new();
            for &second in &looks {
                latest = latest.max(second);
                // The permit belongs to the latest second that was shown.
                *given.entry(latest).or_default() += u32::from(reservoir.take(at(second)));
            }
            let asked = |second: i128| {
                let mut latest = i128::MIN;
                let mut asked = 0;
                for &look in &looks {
                    latest = latest.max(look);
                    asked += u32::from(latest == second);
                }
                asked
            };
            for (second, permits) in given {
                assert_eq!(
                    permits,
                    asked(second).min(2),
                    "second {second} of {looks:?}"
                );
            }
        }
    }

    #[test]
    fn many_threads_get_exactly_the_permits_of_each_second() {
        const THREADS: usize = 8;
        const SECONDS: usize = 50;
        let reservoir = Reservoir::of(7);
        let given: Vec<AtomicU32> = (0..SECONDS).map(|_| AtomicU32::new(0)).collect();
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for (second, given) in (0..).zip(&given) {
                        start.wait();
                        for _ in 0..20 {
                            given.fetch_add(
                                u32::from(reservoir.take(at(second))),
                                Ordering::Relaxed,
                            );
                        }
                    }
                });
            }
        });
        for given in given {
            assert_eq!(given.into_inner(), 7);
        }
    }
}
