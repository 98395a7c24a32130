//! How often each case allocates, once everything is warm.

use std::collections::BTreeMap;

use xray_phantom_peers::Outcome;
use xray_phantom_peers::allocations::{Allocations, count};
use xray_phantom_peers::receiver::Receiver;
use xray_phantom_peers::rounds::Case;

/// Allocations each time, by case: the most of all sittings.
#[derive(Debug, Default)]
pub(crate) struct Steady(BTreeMap<&'static str, [f64; 2]>);

impl Steady {
    /// Counts the allocations of cases that were run before.
    pub(crate) fn count(&mut self, cases: &mut [Case], receiver: &mut Receiver) -> Outcome {
        for case in cases {
            let all = count(|| case.run(TIMES));
            let all = all.map_err(|error| format!("{}: {error}", case.name()))?;
            receiver.drain(TIMES * case.datagrams())?;
            // To have other threads do their work costs something even if there is none.
            let empty = count(|| case.run(0))?;
            let each = |of: fn(&Allocations) -> u64| {
                f64::from(u32::try_from(of(&all).saturating_sub(of(&empty))).unwrap_or(u32::MAX))
                    / f64::from(u32::try_from(TIMES).unwrap_or(u32::MAX))
            };
            let new = [each(|all| all.here), each(|all| all.everywhere)];
            let most = self.0.entry(case.name()).or_default();
            for (most, new) in most.iter_mut().zip(new) {
                *most = most.max(new);
            }
        }
        Ok(())
    }

    /// The allocations of the thread that runs the case.
    pub(crate) fn here(&self, case: &str) -> Outcome<f64> {
        Ok(self.of(case)?[0])
    }

    /// Those of all threads.
    pub(crate) fn everywhere(&self, case: &str) -> Outcome<f64> {
        Ok(self.of(case)?[1])
    }

    fn of(&self, case: &str) -> Outcome<[f64; 2]> {
        let found = self.0.get(case).copied();
        found.ok_or_else(|| format!("the allocations of `{case}` were not counted").into())
    }
}

/// As many as fit into the receiver with two datagrams each.
const TIMES: u64 = 64;

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use xray_phantom_peers::Outcome;
    use xray_phantom_peers::receiver::Receiver;
    use xray_phantom_peers::rounds::Case;

    use crate::steady::Steady;

    #[test]
    fn what_a_case_allocates_each_time_is_counted_and_what_a_flush_costs_is_not() -> Outcome {
        let mut steady = Steady::default();
        let boxed = Case::new("boxed", 1, || drop(black_box(Box::new(1))));
        let flushed = Case::new("flushed", 1, || ()).flushed(|| {
            drop(black_box(Box::new(1)));
            Ok(())
        });
        steady.count(&mut [boxed, flushed], &mut Receiver::open()?)?;
        assert_eq!((steady.here("boxed")?, steady.here("flushed")?), (1.0, 0.0));
        assert!(steady.everywhere("boxed")? >= 1.0);
        assert!(steady.here("other").is_err());
        Ok(())
    }
}
