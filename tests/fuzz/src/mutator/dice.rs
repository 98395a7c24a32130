//! Choices that follow from a seed.

/// What chooses: the same seed makes the same choices (`SplitMix64`).
#[derive(Debug)]
pub(in crate::mutator) struct Dice(u64);

impl Dice {
    pub(in crate::mutator) fn new(seed: u32) -> Dice {
        Dice(u64::from(seed))
    }

    /// A number below `count`; 0 where that is 0.
    pub(in crate::mutator) fn below(&mut self, count: usize) -> usize {
        let count = count.max(1) as u64;
        usize::try_from(self.bits() % count).unwrap_or_default()
    }

    pub(in crate::mutator) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(in crate::mutator) fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
