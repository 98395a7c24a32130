//! Where and with what a run was made.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The first line of a run: how and where it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Always `run`.
    pub id: String,
    /// What the value is.
    pub what: String,
    /// How many rounds were measured.
    pub value: usize,
    /// `rounds`
    pub unit: String,
    /// How many sittings these were, each with fresh sockets.
    pub sittings: usize,
    /// The day, as `2025-01-31`, in UTC.
    pub date: String,
    /// The commit; with `+` where files differ from it.
    pub commit: String,
    /// The model of the processor.
    pub cpu: String,
    /// How many processors there are.
    pub cores: usize,
    /// The release of the kernel.
    pub kernel: String,
    /// What the kernel takes the time from.
    pub clock: String,
    /// The load average of the last minute when the run began.
    pub load: String,
    /// The compiler.
    pub rustc: String,
    /// The recorder, and each peer: name and version.
    pub versions: Vec<String>,
}

/// The `id` of the line.
pub const RUN: &str = "run";

impl Run {
    /// A run that begins now, on this machine.
    pub fn now(sittings: usize, rounds: usize) -> Run {
        Run {
            id: RUN.to_owned(),
            what: "rounds measured, and where".to_owned(),
            value: sittings * rounds,
            unit: "rounds".to_owned(),
            sittings,
            date: date(SystemTime::now()),
            commit: commit(),
            cpu: line_of("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: first_word("/proc/sys/kernel/osrelease"),
            clock: first_word("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            load: first_word("/proc/loadavg"),
            rustc: env!("PEERS_RUSTC").to_owned(),
            versions: versions(include_str!("../Cargo.lock"), &COMPARED),
        }
    }
}

/// The crates whose versions matter.
const COMPARED: [&str; 7] = [
    "xray-phantom",
    "opentelemetry_sdk",
    "opentelemetry-aws",
    "xray-lite",
    "fastrace",
    "serde_json",
    "tokio",
];

/// The versions of these crates in a lock file.
fn versions(lock: &str, names: &[&str]) -> Vec<String> {
    let value = |line: &str, key: &str| {
        let text = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        Some(text.strip_suffix('"')?.to_owned())
    };
    let packages: Vec<(String, String)> = lock
        .split("[[package]]")
        .filter_map(|package| {
            let name = package.lines().find_map(|line| value(line, "name"))?;
            let version = package.lines().find_map(|line| value(line, "version"))?;
            Some((name, version))
        })
        .collect();
    let found = names.iter().flat_map(|name| {
        let same = packages.iter().filter(move |(found, _)| found == name);
        same.map(|(name, version)| format!("{name} {version}"))
    });
    found.collect()
}

/// The day of this time, in UTC.
fn date(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    // Years that begin in March end with the day that is not always there.
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        let git = git
            .arg("-C")
            .arg(env!("CARGO_MANIFEST_DIR"))
            .args(arguments);
        let output = git.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else {
        return UNKNOWN.to_owned();
    };
    // What the harness itself writes is no change of what it measures.
    let changed = git(&[
        "status",
        "--porcelain",
        "--",
        ":(top)src",
        ":(top)Cargo.*",
        "src",
        "Cargo.*",
    ]);
    match changed.as_deref() {
        Some("") => commit,
        _ => format!("{commit}+"),
    }
}

fn first_word(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let word = text.split_whitespace().next();
    word.unwrap_or(UNKNOWN).to_owned()
}

fn line_of(path: &str, key: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(found, _)| found.trim() == key);
    found.map_or(UNKNOWN, |(_, value)| value.trim()).to_owned()
}

const UNKNOWN: &str = "unknown";

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use crate::machine::{COMPARED, date, versions};

    #[test]
    fn a_day_is_that_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn versions_are_those_of_the_lock_file_in_the_order_asked_for() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n\n\
                    [[package]]\nname = \"b\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"ab\"\nversion = \"9.0.0\"\n";
        assert_eq!(versions(lock, &["b", "a", "c"]), ["b 0.1.0", "a 1.2.3"]);
    }

    #[test]
    fn each_crate_that_is_compared_has_one_version() {
        let found = versions(include_str!("../Cargo.lock"), &COMPARED);
        assert_eq!(found.len(), COMPARED.len(), "{found:?}");
    }
}
