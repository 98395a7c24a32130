//! Calls the targets with what is known, on stable Rust.

use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use xray_phantom_fuzz::growth::slow;
use xray_phantom_fuzz::mutator::unknown_fields;
use xray_phantom_fuzz::seeds::{Target, dictionary, targets};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match targets() {
        Ok(targets) => match words[..] {
            [] => replay(&targets),
            ["call", target, ref files @ ..] => call(&targets, target, files),
            ["grow", target, length] => grow(&targets, target, length),
            ["write", folder] => write(&targets, Path::new(folder)),
            _ => Err(USAGE.to_owned()),
        },
        Err(error) => Err(format!("cannot read the fixtures: {error}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("seeds: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Calls each target with each of its seeds, and with some mutations of each.
fn replay(targets: &[Target]) -> Result<(), String> {
    let schema = include_str!("../../../../schemas/segment-document.schema.json");
    let unknown = unknown_fields(schema);
    if !unknown.is_empty() {
        return Err(format!("the mutations do not know {}", unknown.join(", ")));
    }
    for target in targets {
        let begun = Instant::now();
        for seed in &target.seeds {
            (target.holds)(&seed.bytes);
        }
        let mut mutations = 0_usize;
        for input in target.mutations(MUTATIONS, LONGEST) {
            (target.holds)(&input);
            mutations += 1;
        }
        println!(
            "{}: {} seeds and {mutations} mutations, {:.1?}",
            target.name,
            target.seeds.len(),
            begun.elapsed()
        );
        if mutations < target.seeds.len() {
            return Err(format!(
                "{} has too few seeds or mutations, which proves nothing",
                target.name
            ));
        }
    }
    Ok(())
}

/// Calls one target with the contents of files.
fn call(targets: &[Target], target: &str, files: &[&str]) -> Result<(), String> {
    let target = named(targets, target)?;
    for file in files {
        let bytes = fs::read(file).map_err(|error| format!("cannot read {file}: {error}"))?;
        let begun = Instant::now();
        (target.holds)(&bytes);
        println!("{file}: {} bytes, {:.1?}", bytes.len(), begun.elapsed());
    }
    Ok(())
}

/// Calls one target with seeds in which a part is repeated, until they have this length.
fn grow(targets: &[Target], target: &str, length: &str) -> Result<(), String> {
    let target = named(targets, target)?;
    let length: usize = length
        .parse()
        .map_err(|error| format!("`{length}` is no length: {error}"))?;
    let most = Duration::from_micros(length as u64 * MOST_MICROS_A_BYTE);
    let mut count = 0;
    for seed in &target.seeds {
        for slow in slow(seed, target.holds, length, most) {
            count += 1;
            println!("{:.2?}: {}", slow.took, slow.what);
        }
    }
    match count {
        0 => Ok(()),
        _ => Err(format!("{count} inputs took more than {most:?}")),
    }
}

fn named<'a>(targets: &'a [Target], name: &str) -> Result<&'a Target, String> {
    let found = targets.iter().find(|target| target.name == name);
    found.ok_or_else(|| format!("there is no target `{name}`"))
}

/// Writes the seeds, a folder for each target, and the dictionary.
fn write(targets: &[Target], folder: &Path) -> Result<(), String> {
    let failed = |error| format!("cannot write to {}: {error}", folder.display());
    for target in targets {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder).map_err(failed)?;
        for (number, seed) in target.seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), &seed.bytes).map_err(failed)?;
        }
    }
    fs::write(folder.join("dictionary"), dictionary().map_err(failed)?).map_err(failed)
}

const USAGE: &str = "without arguments each target is called with each of its seeds; else \
`call TARGET FILE...`, `grow TARGET BYTES` or `write FOLDER`";
/// How many mutations of a seed are tried, and how long they may be: the guided targets try more.
const MUTATIONS: u32 = 3;
const LONGEST: usize = 1_024;
/// What a byte may cost, with a machine that is busy.
const MOST_MICROS_A_BYTE: u64 = 10;
