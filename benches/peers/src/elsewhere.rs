//! Threads that a case needs beside its own.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::receiver::sender;

/// A thread that does one thing, so many times as it is told, and says how long that took.
pub struct Elsewhere {
    orders: Option<Sender<u64>>,
    done: Receiver<Outcome<Duration>>,
    thread: Option<JoinHandle<()>>,
}

impl Elsewhere {
    /// Starts the thread; there `make` makes what is timed, and what is done afterwards.
    pub fn start<R, S>(make: impl FnOnce() -> (R, S) + Send + 'static) -> Outcome<Elsewhere>
    where
        R: Fn(u64),
        S: Fn(u64) -> Outcome,
    {
        let (orders, told) = channel();
        let (tell, done) = channel();
        let thread = thread::Builder::new()
            .name("elsewhere".to_owned())
            .spawn(move || {
                let (run, settle) = make();
                for times in told {
                    let start = Instant::now();
                    run(times);
                    let took = start.elapsed();
                    if tell.send(settle(times).map(|()| took)).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Elsewhere {
            orders: Some(orders),
            done,
            thread: Some(thread),
        })
    }

    /// How long it takes there so many times.
    pub fn run(&self, times: u64) -> Outcome<Duration> {
        let orders = self.orders.as_ref().ok_or("the thread has ended")?;
        orders.send(times)?;
        self.done.recv()?
    }
}

impl std::fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a thread")
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // Without orders the thread ends.
        self.orders = None;
        join(&mut self.thread);
    }
}

/// A receiver that sleeps in `recv`, as most do: who sends to it must wake it.
#[derive(Debug)]
pub struct Asleep {
    socket: UdpSocket,
    datagram: Vec<u8>,
    taken: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Asleep {
    /// Starts it; this datagram is what it gets.
    pub fn start(datagram: Vec<u8>) -> Outcome<Asleep> {
        let listening = UdpSocket::bind("127.0.0.1:0")?;
        let socket = sender(listening.local_addr()?)?;
        let taken = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&taken);
        let thread = thread::Builder::new()
            .name("asleep".to_owned())
            .spawn(move || {
                let mut buffer = [0; 2_048];
                loop {
                    match listening.recv(&mut buffer) {
                        // What its owner sends at the end.
                        Ok(0) => return,
                        Ok(_) => _ = counter.fetch_add(1, Ordering::SeqCst),
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        Err(error) => return eprintln!("peers: the receiver that sleeps: {error}"),
                    }
                }
            })?;
        Ok(Asleep {
            socket,
            datagram,
            taken,
            thread: Some(thread),
        })
    }

    /// How long so many sends take, with enough time between them for the receiver to fall asleep.
    pub fn send(&self, times: u64) -> Outcome<Duration> {
        let mut total = Duration::ZERO;
        for _ in 0..times {
            let before = self.taken.load(Ordering::SeqCst);
            compute(FALLING_ASLEEP);
            let start = Instant::now();
            self.socket.send(&self.datagram)?;
            total += start.elapsed();
            let sent = Instant::now();
            while self.taken.load(Ordering::SeqCst) == before {
                if sent.elapsed() > DEADLINE {
                    return Err("the receiver that sleeps took nothing in ten seconds".into());
                }
            }
        }
        Ok(total)
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        match self.socket.send(&[]) {
            Ok(_) => join(&mut self.thread),
            Err(error) => eprintln!("peers: the receiver that sleeps is left alone: {error}"),
        }
    }
}

fn join(thread: &mut Option<JoinHandle<()>>) {
    if let Some(thread) = thread.take()
        && thread.join().is_err()
    {
        eprintln!("peers: a thread has panicked");
    }
}

fn compute(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

const FALLING_ASLEEP: Duration = Duration::from_micros(200);
const DEADLINE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::Outcome;
    use crate::cases::datagram;
    use crate::elsewhere::{Asleep, Elsewhere};

    #[test]
    fn it_is_done_on_another_thread_as_often_as_told() -> Outcome {
        let here = std::thread::current().id();
        let elsewhere = Elsewhere::start(move || {
            let run = move |_| assert_ne!(std::thread::current().id(), here);
            let settle = |times| match times {
                3 => Ok(()),
                _ => Err(format!("{times} times").into()),
            };
            (run, settle)
        })?;
        elsewhere.run(3)?;
        let error = elsewhere.run(4).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("4 times"));
        Ok(())
    }

    #[test]
    fn a_receiver_that_sleeps_gets_what_is_sent() -> Outcome {
        let asleep = Asleep::start(datagram())?;
        assert!(asleep.send(2)? > Duration::ZERO);
        Ok(())
    }
}
