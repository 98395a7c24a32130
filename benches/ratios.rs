//! What a running daemon costs the program under test, as ratios within one run.
//!
//! Cases take turns round by round, so that whatever else the machine does falls on all of them.
//! The unit is a bare send: one `send` of 637 bytes on a connected UDP socket over loopback, to a
//! socket whose owner is awake and which is emptied outside the timed part. Sends come in bursts
//! of 64, and alone with 300 µs of computing between them, as a program sends them.
//!
//! ```sh
//! cargo bench --bench ratios
//! ```
//!
//! prints for each figure the median over all rounds, the quartiles, and the limit. With `--test`
//! it does one round.

mod common;

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use xray_phantom::{FakeDaemon, block_on, wire};

use crate::common::{SEGMENT, median, ratios, report, rounds, scaled, title};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = rounds();
    let datagram = wire::frame(SEGMENT)?;

    let sink = UdpSocket::bind("127.0.0.1:0")?;
    sink.set_nonblocking(true)?;
    let daemon = FakeDaemon::start();
    let sleeper = Sleeper::start()?;
    let to_sink = connected(sink.local_addr()?)?;
    let to_daemon = connected(daemon.address())?;
    let to_sleeper = connected(sleeper.address)?;

    let mut burst = [const { Vec::new() }; 3];
    let mut alone = [const { Vec::new() }; 3];
    let (mut start, mut end, mut fence) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        for turn in 0..3 {
            let case = (round + turn) % 3;
            let socket = [&to_sink, &to_daemon, &to_sleeper][case];
            burst[case].push(
                seconds(|| (0..64).try_for_each(|_| socket.send(&datagram).map(drop)))? / 64.0,
            );
            settle(&sink, &daemon)?;
            let mut total = 0.0;
            for _ in 0..16 {
                compute(Duration::from_micros(300));
                total += seconds(|| socket.send(&datagram).map(drop))?;
            }
            alone[case].push(total / 16.0);
            settle(&sink, &daemon)?;
        }
        fence.push(seconds(|| block_on(daemon.fence()).map(drop))?);
        let mut other = None;
        start.push(seconds(|| -> Result<(), xray_phantom::Error> {
            other = Some(FakeDaemon::try_start()?);
            Ok(())
        })?);
        end.push(seconds(|| -> Result<(), std::io::Error> {
            drop(other.take());
            Ok(())
        })?);
    }

    title();
    let bare = median(&burst[0]);
    println!("{:44} {:>7.2} µs", "bare send in a burst", bare * 1e6);
    println!(
        "{:44} {:>7.2} µs",
        "bare send alone",
        median(&alone[0]) * 1e6
    );
    report(
        "send in a burst, daemon running",
        "x",
        &ratios(&burst[1], &burst[0]),
        Some(1.25),
    );
    report(
        "send alone, daemon running",
        "x",
        &ratios(&alone[1], &alone[0]),
        Some(1.25),
    );
    report(
        "send alone, receiver asleep in recv",
        "x",
        &ratios(&alone[2], &alone[0]),
        None,
    );
    report("start to ready", "ms", &scaled(&start, 1e3), Some(1.0));
    report("drop", "ms", &scaled(&end, 1e3), Some(5.0));
    report("fence, idle", "µs", &scaled(&fence, 1e6), Some(100.0));
    Ok(())
}

/// A thread that sleeps in `recv`, as a receiver usually does.
struct Sleeper {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Sleeper {
    fn start() -> std::io::Result<Sleeper> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        thread::spawn(move || {
            let mut buffer = [0; 2_048];
            while !end.load(Ordering::Relaxed) && socket.recv(&mut buffer).is_ok() {}
        });
        Ok(Sleeper { address, ended })
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Ok(socket) = connected(self.address) {
            // Wakes it once more; if that fails the process ends anyway.
            let _ = socket.send(&[]);
        }
    }
}

fn connected(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(address)?;
    Ok(socket)
}

/// Empties the sink and the daemon's socket, outside of what is timed.
fn settle(sink: &UdpSocket, daemon: &FakeDaemon) -> Result<(), Box<dyn std::error::Error>> {
    let mut buffer = [0; 2_048];
    loop {
        match sink.recv(&mut buffer) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error.into()),
        }
    }
    block_on(daemon.fence())?;
    Ok(())
}

fn compute(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn seconds<E>(run: impl FnOnce() -> Result<(), E>) -> Result<f64, E> {
    let start = Instant::now();
    run()?;
    Ok(start.elapsed().as_secs_f64())
}
