//! What each thread has for itself, where all of them would otherwise write to one place.

use std::array;
use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::thread;

/// A value for each lane. A thread has one lane, which it shares with few others or none.
pub(in crate::recorder) struct Lanes<T>([Lane<T>; LANES]);

/// On cache lines of its own, so that threads do not wait for each other's.
#[repr(align(128))]
struct Lane<T>(T);

impl<T> Lanes<T> {
    /// A value of this kind for each lane.
    pub(in crate::recorder) fn of(make: impl Fn() -> T) -> Lanes<T> {
        Lanes(array::from_fn(|_| Lane(make())))
    }

    /// The values of all lanes.
    pub(in crate::recorder) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|lane| &lane.0)
    }
}

impl<T: Default> Default for Lanes<T> {
    fn default() -> Lanes<T> {
        Lanes::of(T::default)
    }
}

/// Nothing of them: they are many, and say the same.
impl<T> fmt::Debug for Lanes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lanes")
    }
}

/// The value of this thread's lane.
impl<T> Deref for Lanes<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        let mine = match MINE.get() {
            0 => chosen(),
            mine => mine,
        };
        &self.0[mine % LANES].0
    }
}

thread_local! {
    /// The number of this thread's lane, from 1 on; 0 until it was asked for.
    static MINE: Cell<usize> = const { Cell::new(0) };
}

/// Threads are numbered one after the other, and their ids tell the number to hashers alone.
#[cold]
fn chosen() -> usize {
    let mut number = Number(0);
    thread::current().id().hash(&mut number);
    let lane = 1 + usize::try_from(number.0 % LANES as u64).unwrap_or_default();
    MINE.set(lane);
    lane
}

struct Number(u64);

impl Hasher for Number {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.wrapping_mul(31).wrapping_add(number);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// So many threads go their own ways.
const LANES: usize = 16;
