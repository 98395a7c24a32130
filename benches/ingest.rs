//! What a datagram costs the daemon, and whether that stays so, as ratios within one run.
//!
//! Cases take turns round by round, so that whatever else the machine does falls on all of them.
//! The unit is a bare receive: one `recv` of 637 bytes from a socket that holds them. `to the
//! index` is what the daemon does with a valid one, but for keeping its bytes and counting it: when
//! it arrives it is received, taken apart and read, and when somebody asks all that came are judged
//! and entered by their traces. `by hand` is the same with what a careful person takes from the
//! shelf: `serde_json::Value`, a JSON Schema, and a map of maps. Each datagram is of another trace,
//! so that all of them are kept until the clock has stopped, and each case has a thread of its own,
//! and with it memory that the others leave alone.
//!
//! The other figures compare the cost of a document among few open traces with that among many, and
//! of a document of a small trace with that of a large one, sent one by one in no order, until the
//! trace is handed over.
//!
//! ```sh
//! cargo bench --bench ingest
//! ```
//!
//! prints for each figure the median over all rounds, the quartiles, and the limit. With `--test`
//! it does one round.

mod common;

use std::collections::HashMap;
use std::hint::black_box;
use std::net::UdpSocket;
use std::sync::{Arc, mpsc};
use std::thread::{self, Scope};
use std::time::Instant;

use serde_json::Value;
use xray_phantom::json::Document;
use xray_phantom::schema::judge;
use xray_phantom::trace::{Arrival, ExternalParents, Index};
use xray_phantom::wire::{self, Body};
use xray_phantom::{FakeDaemon, block_on};

use crate::common::{SEGMENT, median, ratios, report, rounds, title};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = rounds();
    let [bare, ours, by_hand] = arrivals(rounds)?;

    // Many traces, few traces.
    let [mut few, mut many] = [const { Vec::new() }; 2];
    let crowd = if rounds == 1 { 1_000 } else { CROWD };
    let [among_few, among_many] = [100, crowd].map(Store::of);
    let (mut among_few, mut among_many) = (among_few?, among_many?);
    for _ in 0..rounds {
        few.push(among_few.more()?);
        many.push(among_many.more()?);
    }

    // Subsegments of one trace.
    let mut subsegments = [const { Vec::new() }; 4];
    for _ in 0..rounds.min(101) {
        for (times, count) in subsegments.iter_mut().zip(COUNTS) {
            times.push(streamed(count)?);
        }
    }

    title();
    println!("{:44} {:>7.2} µs", "bare receive", median(&bare) * 1e6);
    report("to the index", "R", &ratios(&ours, &bare), Some(7.0));
    report("by hand", "R", &ratios(&by_hand, &bare), None);
    let times = ratios(&by_hand, &ours);
    report("by hand, of ours (at least 3)", "x", &times, None);
    println!(
        "{:44} {:>7.2} µs",
        "one more among 100 open traces",
        median(&few) * 1e6
    );
    report(
        &format!("the same among {crowd}"),
        "x",
        &ratios(&many, &few),
        Some(2.0),
    );
    println!(
        "{:44} {:>7.2} µs",
        "a document, in a trace of 1 subsegment",
        median(&subsegments[0]) * 1e6
    );
    for (times, count) in subsegments.iter().zip(COUNTS).skip(1) {
        let ratio = ratios(times, &subsegments[0]);
        report(&format!("the same, of {count}"), "x", &ratio, Some(1.5));
    }
    Ok(())
}

/// The times of a datagram: only received, to the index, and by hand.
fn arrivals(rounds: usize) -> Result<[Vec<f64>; 3], Box<dyn std::error::Error>> {
    let datagrams = (0..u64::from(TOGETHER))
        .map(|number| wire::frame(&numbered(number)))
        .collect::<Result<Vec<_>, _>>()?;
    assert!(datagrams.iter().all(|datagram| datagram.len() == 637));
    let receiver = UdpSocket::bind("127.0.0.1:0")?;
    let sender = UdpSocket::bind("127.0.0.1:0")?;
    sender.connect(receiver.local_addr()?)?;
    let schema: Value =
        serde_json::from_str(include_str!("../schemas/segment-document.schema.json"))?;
    let validator = jsonschema::validator_for(&schema)?;

    let fill = || {
        let mut datagrams = datagrams.iter();
        datagrams.try_for_each(|datagram| sender.send(datagram).map(drop))
    };
    let receive = |buffer: &mut [u8]| receiver.recv(buffer);
    thread::scope(|scope| {
        let mut bare = apart(scope, || {
            let mut buffer = [0; 2_048];
            fill()?;
            each(TOGETHER, || {
                for _ in 0..TOGETHER {
                    black_box(receive(&mut buffer)?);
                }
                Ok(())
            })
        });
        let mut ours = apart(scope, || {
            let mut buffer = [0; 2_048];
            fill()?;
            let (mut index, mut documents) = (Index::new(), Vec::new());
            let time = each(TOGETHER, || {
                for _ in 0..TOGETHER {
                    let length = receive(&mut buffer)?;
                    if let Ok(Body::Segment(document)) = wire::receive(&buffer[..length]) {
                        documents.push(document);
                    }
                }
                for (seq, document) in (0..).zip(documents) {
                    assert!(judge(&document).is_empty());
                    index.enter(Arrival {
                        seq,
                        arrived: None,
                        document,
                    });
                }
                Ok(())
            });
            assert_eq!(index.len(), datagrams.len());
            time
        });
        let mut by_hand = apart(scope, || {
            let mut buffer = [0; 2_048];
            fill()?;
            let mut traces: HashMap<String, HashMap<String, Value>> = HashMap::new();
            let time = each(TOGETHER, || {
                for _ in 0..TOGETHER {
                    let length = receive(&mut buffer)?;
                    let body = buffer[..length].iter().position(|&byte| byte == b'\n');
                    let body = &buffer[body.map_or(0, |line| line + 1)..length];
                    let document: Value = serde_json::from_slice(body)?;
                    assert!(validator.is_valid(&document));
                    let text = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
                    let (trace, id) = (text("trace_id"), text("id"));
                    traces.entry(trace).or_default().insert(id, document);
                }
                Ok(())
            });
            assert_eq!(traces.len(), datagrams.len());
            time
        });
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..rounds {
            times[0].push(bare()?);
            times[1].push(ours()?);
            times[2].push(by_hand()?);
        }
        Ok(times)
    })
}

/// A daemon that holds so many traces, of which each waits for the end of its segment.
struct Store {
    daemon: FakeDaemon,
    traces: u64,
    documents: u64,
}

impl Store {
    fn of(traces: u64) -> Result<Store, Box<dyn std::error::Error>> {
        let store = Store {
            daemon: FakeDaemon::builder()
                .allow("never-closed")
                .allow("trace-too-large")
                .start(),
            traces,
            documents: 0,
        };
        let emitter = store.daemon.emitter();
        for number in 0..traces {
            let open = numbered(number).replacen(END, r#""in_progress":true"#, 1);
            assert!(open.contains("in_progress"));
            emitter.emit(&open);
        }
        block_on(store.daemon.partial(trace_id(0)))?;
        Ok(store)
    }

    /// The time of one of many documents that go on with the traces, until they are entered.
    fn more(&mut self) -> Result<f64, Box<dyn std::error::Error>> {
        let emitter = self.daemon.emitter();
        let step = (self.traces / MORE).max(1);
        let documents: Vec<String> = (0..MORE)
            .map(|number| {
                let id = |kind: u64| format!("{:016x}", kind << 32 | (self.documents + number));
                numbered(number * step % self.traces)
                    .replace("53995c3f42cd8ad8", &id(1))
                    .replace("6a2f1b3c4d5e6f70", &id(2))
            })
            .collect();
        self.documents += MORE;
        each(u32::try_from(MORE)?, || {
            for document in &documents {
                emitter.emit(document);
            }
            // Fences, judges and enters.
            assert!(block_on(self.daemon.violations())?.is_empty());
            Ok(())
        })
    }
}

fn trace_id(number: u64) -> String {
    format!("1-66a00000-{number:024x}")
}

fn numbered(number: u64) -> String {
    SEGMENT.replace("1-5759e988-bd862e3fe1be46a994272793", &trace_id(number))
}

/// The time of one of the documents of a trace with so many subsegments, from its first document to
/// its tree.
fn streamed(count: u64) -> Result<f64, Box<dyn std::error::Error>> {
    let id = trace_id(1);
    // Each fourth is a parent of four; 7 is prime to all counts, so that the order is no order.
    let mut documents: Vec<String> = (0..count)
        .map(|place| place * 7 % count + 1)
        .map(|number| {
            let parent = number / 4;
            format!(
                r#"{{"type":"subsegment","parent_id":"{parent:016x}","trace_id":"{id}","id":"{number:016x}","name":"part","start_time":1.5,"end_time":2.5}}"#
            )
        })
        .collect();
    let segment = format!(
        r#"{{"trace_id":"{id}","id":"{:016x}","name":"api","start_time":1,"end_time":3}}"#,
        0
    );
    documents.insert(documents.len() / 2, segment);
    let documents = documents
        .iter()
        .map(|text| Document::parse(text).map(Arc::new))
        .collect::<Result<Vec<_>, _>>()?;
    // Small traces often, so that each measurement takes about as long. Their segments count too: of
    // a small trace they are half of what is done.
    let times = (COUNTS[3] / count).max(1);
    each(u32::try_from(times * (count + 1))?, || {
        for _ in 0..times {
            let mut index = Index::new();
            for (document, seq) in documents.iter().zip(0..) {
                let text = Arc::from(document.text());
                let document = Arc::new(Document::parse_tail(text, 0)?);
                index.enter(Arrival {
                    seq,
                    arrived: None,
                    document,
                });
            }
            let trace = index.trace(&id, &ExternalParents::none());
            let nodes = trace.map_or(0, |trace| trace.nodes().len() as u64);
            assert_eq!(nodes, count + 1);
        }
        Ok(())
    })
}

/// Runs a case in a thread of its own, whose memory no other case leaves in pieces; each call is a
/// round.
fn apart<'scope>(
    scope: &'scope Scope<'scope, '_>,
    mut round: impl FnMut() -> Result<f64, Box<dyn std::error::Error>> + Send + 'scope,
) -> impl FnMut() -> Result<f64, Box<dyn std::error::Error>> {
    let (go, asked) = mpsc::sync_channel(0);
    let (tell, told) = mpsc::sync_channel(0);
    scope.spawn(move || {
        while let Ok(()) = asked.recv() {
            let time = round().map_err(|error| error.to_string());
            if tell.send(time).is_err() {
                return;
            }
        }
    });
    move || {
        go.send(())?;
        Ok(told.recv()??)
    }
}

/// The time of one of so many that `run` does.
fn each(
    count: u32,
    run: impl FnOnce() -> Result<(), Box<dyn std::error::Error>>,
) -> Result<f64, Box<dyn std::error::Error>> {
    let start = Instant::now();
    run()?;
    Ok(start.elapsed().as_secs_f64() / f64::from(count))
}

/// How the segment ends.
const END: &str = r#""end_time":1721763840.296425"#;
/// How many datagrams are received together: as many as any buffer holds.
const TOGETHER: u32 = 64;
/// How many documents are entered together.
const MORE: u64 = 256;
/// Many traces.
const CROWD: u64 = 100_000;
/// How many subsegments a trace has.
const COUNTS: [u64; 4] = [1, 10, 100, 1_000];
