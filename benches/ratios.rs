//! What a running daemon costs the program under test, and what judging costs the daemon, as
//! ratios within one run.
//!
//! Cases take turns round by round, so that whatever else the machine does falls on all of them.
//! The unit is a bare send: one `send` of 637 bytes on a connected UDP socket over loopback, to a
//! socket whose owner is awake and which is emptied outside the timed part. Sends come in bursts
//! of 64, and alone with 300 µs of computing between them, as a program sends them.
//!
//! The unit of judging is a bare receive: one `recv` of 637 bytes from a socket that holds them.
//! The document is a segment with one AWS call. `judge` is what the rules add to reading its text;
//! `report` makes the violations of one that breaks two rules, their texts included, from the
//! document that was read.
//!
//! ```sh
//! cargo bench --bench ratios
//! ```
//!
//! prints for each figure the median over all rounds, the quartiles, and the limit. With `--test`
//! it does one round.

mod common;

use std::hint::black_box;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use xray_phantom::json::Document;
use xray_phantom::schema::judge;
use xray_phantom::{FakeDaemon, block_on, wire};

use crate::common::SEGMENT;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = if std::env::args().any(|argument| argument == "--test") {
        1
    } else {
        401
    };
    let document = |padding: &str| {
        format!(
            r#"{{"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"53995c3f42cd8ad8","user":"{padding}","name":"a","start_time":1,"end_time":2}}"#
        )
    };
    let padding = "x".repeat(DATAGRAM - wire::HEADER_LINE.len() - document("").len());
    let datagram = wire::frame(&document(&padding))?;

    let segment = wire::frame(SEGMENT)?;
    let broken = SEGMENT
        .replace("order_id", "order id")
        .replace("\"PutItem\"", "7");
    let (valid, broken) = (Document::parse(SEGMENT)?, Document::parse(&broken)?);
    assert_eq!(segment.len(), DATAGRAM);
    assert_eq!([judge(&valid).len(), judge(&broken).len()], [0, 2]);
    let [mut receive, mut read, mut judged, mut reported] = [const { Vec::new() }; 4];

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
        for _ in 0..BATCH {
            to_sink.send(&segment)?;
        }
        let mut buffer = [0; 2_048];
        receive.push(
            seconds(|| (0..BATCH).try_for_each(|_| sink.recv(&mut buffer).map(drop)))?
                / f64::from(BATCH),
        );
        read.push(each(|| {
            drop(black_box(Document::parse(black_box(SEGMENT))))
        }));
        judged.push(each(|| drop(black_box(judge(black_box(&valid))))));
        reported.push(each(|| drop(black_box(judge(black_box(&broken))))));
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

    println!(
        "{:44} {:>10} {:>21} {:>8}",
        "figure", "median", "quartiles", "limit"
    );
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
    println!("{:44} {:>7.2} µs", "bare receive", median(&receive) * 1e6);
    report(
        "read the text of a segment",
        "R",
        &ratios(&read, &receive),
        None,
    );
    report(
        "judge it, on top",
        "R",
        &ratios(&judged, &receive),
        Some(0.6),
    );
    report(
        "report of two violations",
        "R",
        &ratios(&reported, &receive),
        Some(30.0),
    );
    Ok(())
}

/// The size of a segment with one AWS call, in bytes, its header line included.
const DATAGRAM: usize = 637;
/// How many datagrams are received together: as many as any buffer holds.
const BATCH: u32 = 64;
/// How many documents are read, judged and reported together.
const RUNS: u32 = 512;

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

/// The time of one run.
fn each(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..RUNS {
        run();
    }
    start.elapsed().as_secs_f64() / f64::from(RUNS)
}

fn ratios(case: &[f64], unit: &[f64]) -> Vec<f64> {
    case.iter()
        .zip(unit)
        .map(|(case, unit)| case / unit)
        .collect()
}

fn scaled(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|value| value * factor).collect()
}

fn median(values: &[f64]) -> f64 {
    quantile(values, 2)
}

/// The value below which `quarters` quarters of the values lie.
fn quantile(values: &[f64], quarters: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * quarters / 4]
}

fn report(figure: &str, unit: &str, values: &[f64], limit: Option<f64>) {
    let quartiles = format!("{:.2} to {:.2}", quantile(values, 1), quantile(values, 3));
    let limit = limit.map_or(String::new(), |limit| format!("<= {limit}"));
    println!(
        "{figure:44} {:>7.2} {unit:2} {quartiles:>21} {limit:>8}",
        median(values)
    );
}
