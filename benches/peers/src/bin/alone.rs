//! The recorder by itself, in a process in which no peer is linked.
//!
//! ```text
//! alone first                  seconds: on the processor before main, to build a recorder, of the first
//!                              segment, of one later
//! alone repeat WORKLOAD TIMES  records that so many times, into a sink: for valgrind
//! alone workloads              their names
//! ```

use std::process::ExitCode;
use std::time::Instant;

use xray_phantom::recorder::ContextMissing;
use xray_phantom::wire::TraceHeader;
use xray_phantom::{Recorder, Sampling};
use xray_phantom_peers::cases::{in_invocations, recorder, sending};
use xray_phantom_peers::receiver::Receiver;
use xray_phantom_peers::sink::Sink;
use xray_phantom_peers::statistics::median;
use xray_phantom_peers::workloads::{
    HEADER, SERVICE, asynchronous, closure, exc, lambda_sub, lambda_sub_in_progress, nocontext,
    seg, seg0, seg1aws, unsampled, unsampled_segment,
};
use xray_phantom_peers::{Outcome, cpu};

fn main() -> ExitCode {
    let before = cpu::seconds();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["first"] => before.and_then(first),
        ["repeat", workload, times] => match (WORKLOADS.contains(&workload), times.parse()) {
            (true, Ok(times)) => repeat(workload, times),
            (false, _) => return wrong(&format!("unknown workload `{workload}`")),
            (_, Err(_)) => return wrong(&format!("`{times}` is no number of times")),
        },
        ["workloads"] => {
            println!("{}", WORKLOADS.join("\n"));
            Ok(())
        }
        _ => return wrong("expected `first`, `repeat WORKLOAD TIMES` or `workloads`"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("alone: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wrong(use_of_it: &str) -> ExitCode {
    eprintln!("alone: {use_of_it}");
    ExitCode::from(2)
}

fn first(before_main: f64) -> Outcome {
    let mut receiver = Receiver::open()?;
    let address = receiver.address()?;
    let start = Instant::now();
    let recorder = sending(address)?;
    let build = start.elapsed().as_secs_f64();
    let timed = || {
        let start = Instant::now();
        seg1aws(&recorder);
        start.elapsed().as_secs_f64()
    };
    let first = timed();
    receiver.drain(1)?;
    let mut later = Vec::new();
    for _ in 0..20 {
        later.extend((0..50).map(|_| timed()));
        receiver.drain(50)?;
    }
    let steady = median(&mut later).ok_or("there was no segment")?;
    println!("{before_main} {build} {first} {steady}");
    Ok(())
}

fn repeat(workload: &str, times: u64) -> Outcome {
    let (recorder, _) = recorder();
    let header = TraceHeader::parse(HEADER);
    let never = Recorder::builder(SERVICE)
        .emitter(Sink::default())
        .sampling(Sampling::never());
    let never = never.context_missing(ContextMissing::Ignore).build();
    let all = |run: &dyn Fn()| {
        (0..times).for_each(|_| run());
        Ok(())
    };
    match workload {
        "exc" => all(&|| exc(&recorder)),
        "lambda_sub" => in_invocations(times, |calls| {
            lambda_sub(&recorder, &header, calls);
            Ok(())
        }),
        "lambda_sub_in_progress" => in_invocations(times, |calls| {
            lambda_sub_in_progress(&recorder, &header, calls);
            Ok(())
        }),
        "nocontext" => {
            drop(recorder);
            all(&nocontext)
        }
        "seg0" => all(&|| seg0(&recorder)),
        "seg1aws" => all(&|| seg1aws(&recorder)),
        "seg1aws_async" => all(&|| assert!(asynchronous(&recorder), "a future was not ready")),
        "seg1aws_closure" => all(&|| closure(&recorder)),
        "seg10" => all(&|| seg(&recorder, 10)),
        "seg100" => all(&|| seg(&recorder, 100)),
        "unsampled" => {
            let parent = never.begin_segment(SERVICE);
            all(&|| unsampled(&parent))
        }
        "unsampled_segment" => all(&|| unsampled_segment(&never)),
        _ => Err(format!("unknown workload `{workload}`").into()),
    }
}

const WORKLOADS: [&str; 12] = [
    "exc",
    "lambda_sub",
    "lambda_sub_in_progress",
    "nocontext",
    "seg0",
    "seg1aws",
    "seg1aws_async",
    "seg1aws_closure",
    "seg10",
    "seg100",
    "unsampled",
    "unsampled_segment",
];

#[cfg(test)]
mod tests {
    use xray_phantom_peers::Outcome;

    use crate::{WORKLOADS, repeat};

    #[test]
    fn each_workload_that_is_listed_is_there() -> Outcome {
        WORKLOADS
            .iter()
            .try_for_each(|workload| repeat(workload, 2))?;
        assert!(repeat("seg2", 1).is_err());
        Ok(())
    }
}
