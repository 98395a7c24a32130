//! What judging costs the daemon, as ratios within one run.
//!
//! Cases take turns round by round, so that whatever else the machine does falls on all of them.
//! The unit is a bare receive: one `recv` of 637 bytes from a socket that holds them. The document
//! is a segment with one AWS call. `read` reads its text; `judge` is what the rules add to that;
//! `report` makes the violations of one that breaks two rules, their texts included, of the
//! document that was read. `full report` adds the second witness, the JSON Schema; `schema built`
//! is the first use of it in the process, which is when it is built.
//!
//! ```sh
//! cargo bench --bench judging
//! ```
//!
//! prints for each figure the median over all rounds, the quartiles, and the limit. With `--test`
//! it does one round.

mod common;

use std::hint::black_box;
use std::net::UdpSocket;
use std::time::Instant;

use xray_phantom::json::Document;
use xray_phantom::schema::{judge, witness};
use xray_phantom::wire;

use crate::common::{SEGMENT, median, ratios, report, rounds, title};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let datagram = wire::frame(SEGMENT)?;
    let broken = SEGMENT
        .replace("order_id", "order id")
        .replace("\"PutItem\"", "7");
    let (valid, broken) = (Document::parse(SEGMENT)?, Document::parse(&broken)?);
    assert_eq!(datagram.len(), 637);
    assert_eq!([judge(&valid).len(), judge(&broken).len()], [0, 2]);

    let receiver = UdpSocket::bind("127.0.0.1:0")?;
    let sender = UdpSocket::bind("127.0.0.1:0")?;
    sender.connect(receiver.local_addr()?)?;
    let start = Instant::now();
    drop(witness(&valid));
    let built = start.elapsed().as_secs_f64();
    let [mut receive, mut read, mut judged, mut reported, mut full] = [const { Vec::new() }; 5];
    let mut buffer = [0; 2_048];
    for _ in 0..rounds() {
        for _ in 0..RECEIVED {
            sender.send(&datagram)?;
        }
        let start = Instant::now();
        for _ in 0..RECEIVED {
            receiver.recv(&mut buffer)?;
        }
        receive.push(start.elapsed().as_secs_f64() / f64::from(RECEIVED));
        read.push(each(|| Document::parse(black_box(SEGMENT))));
        judged.push(each(|| judge(black_box(&valid))));
        reported.push(each(|| judge(black_box(&broken))));
        full.push(each(|| {
            (judge(black_box(&broken)), witness(black_box(&broken)))
        }));
    }

    title();
    println!("{:44} {:>7.2} µs", "bare receive", median(&receive) * 1e6);
    let figure = |name, case: &[f64], limit| report(name, "R", &ratios(case, &receive), limit);
    figure("read the text of a segment", &read, None);
    figure("judge it, on top", &judged, Some(0.6));
    figure("report of two violations", &reported, None);
    figure("full report of two violations", &full, Some(30.0));
    report("schema built", "ms", &[built * 1e3], Some(2.0));
    Ok(())
}

/// The time of one run, of many.
fn each<T>(mut run: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..RUNS {
        drop(black_box(run()));
    }
    start.elapsed().as_secs_f64() / f64::from(RUNS)
}

/// How many datagrams are received together: as many as any buffer holds.
const RECEIVED: u32 = 64;
/// How many documents are read, judged and reported together.
const RUNS: u32 = 512;
