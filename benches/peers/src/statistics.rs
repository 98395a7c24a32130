//! Medians, and how sure they are.

/// A median, and the interval in which 95 of 100 medians of such runs would lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The median.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// The median of rounds that were run in sittings, each with fresh sockets: one list of rounds for
    /// each sitting. `None` where there are no rounds.
    ///
    /// The interval is a bootstrap's: sittings are drawn with replacement, then rounds of each. So it
    /// is wide where one socket is faster than another one. The draws are the same on every run.
    pub fn of(sittings: &[Vec<f64>]) -> Option<Estimate> {
        let mut all: Vec<f64> = sittings.iter().flatten().copied().collect();
        let value = median(&mut all)?;
        let kept: Vec<&Vec<f64>> = sittings
            .iter()
            .filter(|rounds| !rounds.is_empty())
            .collect();
        let mut chance = Draws(SEED);
        let mut resampled: Vec<f64> = (0..RESAMPLES)
            .filter_map(|_| {
                let mut drawn = Vec::with_capacity(all.len());
                for _ in 0..kept.len() {
                    let rounds = kept[chance.below(kept.len())];
                    drawn.extend((0..rounds.len()).map(|_| rounds[chance.below(rounds.len())]));
                }
                median(&mut drawn)
            })
            .collect();
        resampled.sort_by(f64::total_cmp);
        let last = resampled.len() - 1;
        Some(Estimate {
            value,
            low: resampled[last * 25 / 1_000].min(value),
            high: resampled[last - last * 25 / 1_000].max(value),
        })
    }

    /// Whether a run like this could not tell the two apart: their intervals overlap.
    pub fn overlaps(&self, other: &Estimate) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// Both ends, for a report.
    pub fn spread(&self) -> [f64; 2] {
        [self.low, self.high]
    }
}

/// The median; of an even number of values, the upper one of the two in the middle. `None` of none.
pub fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (_, median, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median)
}

/// Numbers that look random, the same on every run.
#[derive(Debug)]
struct Draws(u64);

impl Draws {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is below a usize is one"
    )]
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The remainder favours no number by more than end / 2^64.
        (self.0 % end as u64) as usize
    }
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const RESAMPLES: usize = 1_000;

#[cfg(test)]
mod tests {
    use crate::statistics::{Estimate, median};

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value, low, high }
    }

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(3.0));
        assert_eq!(median(&mut [7.0]), Some(7.0));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn rounds_that_agree_leave_no_doubt() {
        let agreed = Estimate::of(&[vec![2.0; 10], vec![2.0; 10]]);
        assert_eq!(agreed, Some(estimate(2.0, 2.0, 2.0)));
    }

    #[test]
    fn one_outlier_moves_neither_the_median_nor_its_interval() {
        let mut rounds = vec![1.0; 40];
        rounds[7] = 1_000.0;
        assert_eq!(Estimate::of(&[rounds]), Some(estimate(1.0, 1.0, 1.0)));
    }

    #[test]
    fn sittings_that_differ_make_the_interval_as_wide_as_they_differ() {
        let sittings: Vec<Vec<f64>> = (0..8)
            .map(|sitting| vec![f64::from(sitting % 2); 40])
            .collect();
        let found = Estimate::of(&sittings).map(|found| found.spread());
        assert_eq!(found, Some([0.0, 1.0]));
    }

    #[test]
    fn there_is_no_estimate_of_nothing() {
        assert_eq!(Estimate::of(&[]), None);
        assert_eq!(Estimate::of(&[vec![]]), None);
        assert_eq!(
            Estimate::of(&[vec![], vec![3.0]]),
            Some(estimate(3.0, 3.0, 3.0))
        );
    }

    #[test]
    fn intervals_that_touch_cannot_be_told_apart() {
        let one = estimate(1.0, 0.9, 1.1);
        assert!(one.overlaps(&estimate(1.2, 1.1, 1.3)));
        assert!(estimate(1.2, 1.1, 1.3).overlaps(&one));
        assert!(one.overlaps(&one));
        assert!(!one.overlaps(&estimate(1.2, 1.11, 1.3)));
        assert!(!one.overlaps(&estimate(0.8, 0.7, 0.89)));
    }
}
