//! What a process pays once.

use std::path::{Path, PathBuf};
use std::process::Command;

use xray_phantom_peers::statistics::Estimate;
use xray_phantom_peers::{Failure, Outcome};

/// What fresh processes measured of themselves: an entry for each process.
#[derive(Debug, Default)]
pub(crate) struct Cold {
    /// Microseconds to build a recorder.
    build: Vec<f64>,
    /// Microseconds of the first segment, less those of one later.
    first: Vec<f64>,
    /// Microseconds on the processor before `main`: of a program with the recorder, of one with
    /// nothing in it, and of this one, which has fastrace.
    before_main: [Vec<f64>; 3],
}

impl Cold {
    /// Runs so many processes of each kind.
    pub(crate) fn measure(processes: usize) -> Outcome<Cold> {
        let (alone, empty) = built()?;
        let this = std::env::current_exe()?;
        let mut cold = Cold::default();
        // The first ones read the programs from the disk.
        for process in 0..processes + 2 {
            let [before, build, first, steady] = numbers(&alone, &["first"])?;
            let [nothing] = numbers(&empty, &[])?;
            let [peers] = numbers(&this, &["--before-main"])?;
            if process < 2 {
                continue;
            }
            cold.build.push(build * 1e6);
            cold.first.push((first - steady) * 1e6);
            for (all, one) in cold.before_main.iter_mut().zip([before, nothing, peers]) {
                all.push(one * 1e6);
            }
        }
        Ok(cold)
    }

    /// Of building a recorder.
    pub(crate) fn build(&self) -> Outcome<Estimate> {
        estimated(&self.build)
    }

    /// Of the first segment, beyond what one costs later.
    pub(crate) fn first(&self) -> Outcome<Estimate> {
        estimated(&self.first)
    }

    /// Before `main`, beyond what a program pays that has nothing in it: with the recorder, and with
    /// fastrace.
    pub(crate) fn before_main(&self) -> Outcome<[Estimate; 2]> {
        let [ours, nothing, peers] = &self.before_main;
        let beyond = |all: &[f64]| {
            let beyond: Vec<f64> = all
                .iter()
                .zip(nothing)
                .map(|(all, nothing)| all - nothing)
                .collect();
            estimated(&beyond)
        };
        Ok([beyond(ours)?, beyond(peers)?])
    }
}

fn estimated(values: &[f64]) -> Outcome<Estimate> {
    Estimate::of(&[values.to_vec()]).ok_or_else(|| "there was no fresh process".into())
}

/// The programs `alone` and `empty`, of which `cargo run` builds none: they link no peer.
fn built() -> Outcome<(PathBuf, PathBuf)> {
    let this = std::env::current_exe()?;
    let directory = this.parent().ok_or("this program lies in no directory")?;
    let target = directory
        .parent()
        .ok_or("this program lies in no target directory")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "build", "--quiet", "--locked", "--bin", "alone", "--bin", "empty",
    ]);
    cargo.args([
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    cargo.arg("--target-dir").arg(target);
    // The directory is named for the profile, but for one.
    let profile = directory
        .file_name()
        .ok_or("this program lies in no profile's directory")?;
    cargo.arg("--profile").arg(if profile == "debug" {
        "dev".as_ref()
    } else {
        profile
    });
    let status = cargo
        .status()
        .map_err(|error| format!("cargo, which builds `alone`: {error}"))?;
    if !status.success() {
        return Err(format!("cargo could not build `alone`: {status}").into());
    }
    Ok((directory.join("alone"), directory.join("empty")))
}

/// The numbers that a program writes, in a line.
fn numbers<const N: usize>(program: &Path, arguments: &[&str]) -> Outcome<[f64; N]> {
    let of = |error: Failure| Failure::from(format!("{}: {error}", program.display()));
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| of(error.into()))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(of(format!("{}: {}", output.status, told.trim()).into()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    let numbers = numbers.map_err(|error| of(format!("`{}`: {error}", text.trim()).into()))?;
    let wrong = || of(format!("`{}`: expected {N} numbers", text.trim()).into());
    <[f64; N]>::try_from(numbers).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use xray_phantom_peers::Outcome;

    use crate::cold::numbers;

    #[test]
    fn a_program_that_fails_or_says_something_else_is_an_error() {
        let told = |arguments: &[&str]| {
            let numbers: Outcome<[f64; 2]> = numbers(Path::new("/bin/sh"), arguments);
            numbers.map_err(|error| error.to_string())
        };
        assert_eq!(told(&["-c", "echo 1 2.5"]), Ok([1.0, 2.5]));
        assert_eq!(
            told(&["-c", "echo no >&2; exit 3"]),
            Err("/bin/sh: exit status: 3: no".to_owned())
        );
        assert_eq!(
            told(&["-c", "echo 1"]),
            Err("/bin/sh: `1`: expected 2 numbers".to_owned())
        );
        assert_eq!(
            told(&["-c", "echo 1 x"]),
            Err("/bin/sh: `1 x`: invalid float literal".to_owned())
        );
    }
}
