//! Measures what emission costs. What the figures are is told in the library, and how it is used by
//! `peers --help`.

mod cold;
mod figures;
mod measured;
mod parallel;
mod peers;
mod steady;

use std::process::ExitCode;

use xray_phantom_peers::allocations::Counting;
use xray_phantom_peers::arguments::{Command, Measure, USAGE};
use xray_phantom_peers::figure::Figure;
use xray_phantom_peers::machine::Run;
use xray_phantom_peers::{Outcome, cpu, readme, report};

use crate::measured::Measured;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let before = cpu::seconds();
    peers::xray_lite::set_header();
    let command = match Command::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(wrong) => {
            eprintln!("peers: {wrong}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::BeforeMain => before.map(|seconds| println!("{seconds}")).map(|()| true),
        Command::Help => {
            print!("{USAGE}");
            Ok(true)
        }
        Command::Measure(measure) => measured(&measure),
        Command::Table { figures, readme } => table(&figures, readme.as_deref()).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and reports; `false` where a limit is missed and that matters.
fn measured(measure: &Measure) -> Outcome<bool> {
    if cfg!(debug_assertions) && !measure.smoke {
        return Err(
            "figures of a debug build mean nothing: build with --release, or say --smoke".into(),
        );
    }
    let run = Run::now(measure.sittings, measure.rounds);
    let measured = Measured::take(measure)?;
    let figures = figures::of(&measured)?;
    if measure.json {
        print!("{}", report::json(&run, &figures)?);
    } else {
        print!("{}", report::table(&run, &figures));
    }
    let missed: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.ok == Some(false))
        .collect();
    if !measure.check {
        return Ok(true);
    }
    for figure in &missed {
        eprintln!("peers: {} is missed: {}", figure.id, figure.what);
    }
    Ok(missed.is_empty())
}

/// Shows the table of the README for the figures of a file, or puts it there.
fn table(figures: &str, readme: Option<&str>) -> Outcome {
    let text = read(figures)?;
    let (run, read_back) = report::read(&text).map_err(|error| format!("{figures}: {error}"))?;
    let markdown = readme::markdown(&run, &read_back);
    let Some(path) = readme else {
        print!("{markdown}");
        return Ok(());
    };
    let updated =
        readme::updated(&read(path)?, &markdown).map_err(|error| format!("{path}: {error}"))?;
    std::fs::write(path, updated).map_err(|error| format!("{path}: {error}").into())
}

fn read(path: &str) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}").into())
}
