//! Two threads at once, against one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Outcome;

/// What one thread does, so many times.
pub type Work = Box<dyn FnMut(u64) -> Outcome + Send>;

/// Something that two threads can do at once, each its own work.
pub struct Pair {
    here: Work,
    there: There,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a pair of threads")
    }
}

/// The second thread, which sleeps while it is not needed.
struct There {
    jobs: Option<Sender<u64>>,
    done: Receiver<Outcome<Duration>>,
    gate: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

impl Pair {
    /// Makes the work of each thread with this.
    pub fn new(make: impl Fn() -> Outcome<Work>) -> Outcome<Pair> {
        let (here, mut work) = (make()?, make()?);
        let (jobs, orders) = channel();
        let (tell, done) = channel();
        let gate = Arc::new(AtomicU32::new(CLOSED));
        let watched = Arc::clone(&gate);
        let thread = thread::Builder::new()
            .name("second".to_owned())
            .spawn(move || {
                for times in orders {
                    watched.store(READY, Ordering::SeqCst);
                    while watched.load(Ordering::SeqCst) != OPEN {
                        std::hint::spin_loop();
                    }
                    let start = Instant::now();
                    let outcome = work(times).map(|()| start.elapsed());
                    if tell.send(outcome).is_err() {
                        break;
                    }
                }
            })?;
        let there = There {
            jobs: Some(jobs),
            done,
            gate,
            thread: Some(thread),
        };
        Ok(Pair { here, there })
    }

    /// How long one thread needs by itself.
    pub fn alone(&mut self, times: u64) -> Outcome<f64> {
        let start = Instant::now();
        (self.here)(times)?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// How long each thread needs while the other one works too: the mean of both.
    pub fn together(&mut self, times: u64) -> Outcome<f64> {
        let There {
            jobs, done, gate, ..
        } = &self.there;
        let jobs = jobs.as_ref().ok_or("the second thread has ended")?;
        gate.store(CLOSED, Ordering::SeqCst);
        jobs.send(times)?;
        while gate.load(Ordering::SeqCst) != READY {
            std::hint::spin_loop();
        }
        gate.store(OPEN, Ordering::SeqCst);
        let start = Instant::now();
        let outcome = (self.here)(times);
        let here = start.elapsed();
        let there = done.recv()??;
        outcome?;
        Ok(f64::midpoint(here.as_secs_f64(), there.as_secs_f64()))
    }
}

impl Drop for There {
    fn drop(&mut self) {
        // Without orders the thread ends.
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("peers: the second thread has panicked");
        }
    }
}

const CLOSED: u32 = 0;
const READY: u32 = 1;
const OPEN: u32 = 2;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::Outcome;
    use crate::threads::{Pair, Work};

    #[test]
    fn both_threads_do_their_work_and_then_sleep() -> Outcome {
        let done = Arc::new(AtomicU64::new(0));
        let mut pair = Pair::new(|| {
            let done = Arc::clone(&done);
            Ok(Box::new(move |times| {
                done.fetch_add(times, Ordering::SeqCst);
                Ok(())
            }))
        })?;
        pair.alone(1)?;
        assert_eq!(done.load(Ordering::SeqCst), 1);
        pair.together(10)?;
        assert_eq!(done.load(Ordering::SeqCst), 21);
        pair.together(100)?;
        pair.alone(1_000)?;
        assert_eq!(done.load(Ordering::SeqCst), 1_221);
        Ok(())
    }

    #[test]
    fn what_fails_on_the_other_thread_is_told() -> Outcome {
        let turn = AtomicU64::new(0);
        let mut pair = Pair::new(|| {
            let is_second = turn.fetch_add(1, Ordering::SeqCst) == 1;
            let work: Work = Box::new(move |_| {
                if is_second {
                    return Err("no socket".into());
                }
                Ok(())
            });
            Ok(work)
        })?;
        pair.alone(1)?;
        let told = pair.together(1).err().map(|error| error.to_string());
        assert_eq!(told.as_deref(), Some("no socket"));
        Ok(())
    }
}
