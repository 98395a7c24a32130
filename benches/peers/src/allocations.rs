//! Counts allocations, where it is asked to.

#![expect(
    unsafe_code,
    reason = "an allocator is unsafe; this one hands all on to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The system's allocator, which counts while [`count`] runs and costs a load otherwise.
///
/// A buffer that grows counts as one more allocation.
#[derive(Debug)]
pub struct Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static BY_ALL: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static BY_THREAD: Cell<u64> = const { Cell::new(0) };
}

/// Allocations while something ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocations {
    /// Those of the thread that ran it.
    pub here: u64,
    /// Those of all threads.
    pub everywhere: u64,
}

/// Counts the allocations of this. It counts nothing where [`Counting`] is not the allocator of the
/// program.
///
/// # Errors
///
/// That of the code itself.
pub fn count<E>(run: impl FnOnce() -> Result<(), E>) -> Result<Allocations, E> {
    let before = now();
    IS_COUNTING.store(true, Ordering::SeqCst);
    let outcome = run();
    IS_COUNTING.store(false, Ordering::SeqCst);
    let after = now();
    outcome.map(|()| Allocations {
        here: after.here - before.here,
        everywhere: after.everywhere - before.everywhere,
    })
}

fn now() -> Allocations {
    Allocations {
        here: BY_THREAD.get(),
        everywhere: BY_ALL.load(Ordering::SeqCst),
    }
}

fn note() {
    if IS_COUNTING.load(Ordering::Relaxed) {
        // At the very end of a thread there is nothing to count in.
        let _ = BY_THREAD.try_with(|count| count.set(count.get() + 1));
        BY_ALL.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: each call goes to the system's allocator as it came, and its answer goes back as it is.
// `note` allocates nothing: the thread-local is constant and needs no drop.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller keeps to the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller keeps to the contract of `alloc_zeroed`, which is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the memory came from the system's allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the memory came from the system's allocator, with this layout.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::hint::black_box;

    use crate::allocations::{Allocations, Counting, count};

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    #[test]
    fn allocations_of_this_thread_are_counted_while_it_is_asked_for() {
        drop(black_box(Box::new(1)));
        let counted = count(|| {
            drop(black_box(Box::new(2)));
            let mut grown = Vec::with_capacity(1);
            grown.extend(black_box([1, 2, 3]));
            drop(black_box(grown));
            Ok::<(), Infallible>(())
        });
        let Ok(Allocations { here, everywhere }) = counted;
        assert_eq!(here, 3);
        assert!(everywhere >= here);
        // In the same test, as there is one count at a time.
        assert_eq!(count(|| Err("no")), Err("no"));
    }
}
