//! `xray-phantom check`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::cli::arguments::{Arguments, Check, Command, Format};
use crate::cli::checked::Texts;
use crate::cli::input::Capture;
use crate::cli::json::json;
use crate::cli::report::Report;
use crate::error::Error;
use crate::fake_daemon::Strictness;
use crate::schema::{Rule, Secrets};
use crate::seam::Environment;
use crate::trace::ExternalParents;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let command = match Arguments::read() {
        Ok(arguments) => arguments.command,
        Err(error) => return wrong_use(&error),
    };
    let Command::Check(check) = command;
    match run(&check) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(errors) => {
            for error in errors {
                say(&error.to_string());
            }
            ExitCode::from(WRONG)
        }
    }
}

/// Checks, prints, and tells whether all is well.
fn run(check: &Check) -> Result<bool, Vec<Error>> {
    let strictness = strictness(check).map_err(|error| vec![error])?;
    let external = external(check).map_err(|error| vec![error])?;
    let capture = Capture::read(&check.files)?;
    for warning in capture.warnings() {
        say(&warning);
    }
    let report = Report::of(&capture, &external, &strictness, secrets(check).as_ref());
    let printed = match check.format {
        Format::Json => io::stdout().write_all(json(&report).as_bytes()),
        Format::Text => print(&report),
    };
    match printed {
        // Whoever read us has seen enough: the verdict stands.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => return Err(vec![Error::io("write to standard output", error)]),
        Ok(()) => {}
    }
    Ok(report.tally().failing == 0)
}

fn print(report: &Report<'_>) -> io::Result<()> {
    let Texts { text, annotations } = Texts::of(report);
    let mut out = anstream::stdout();
    out.write_all(text.as_bytes())?;
    // What is not Unicode is not `true`.
    if let Ok(Some(value)) = Environment::process().variable("GITHUB_ACTIONS")
        && value == "true"
    {
        out.write_all(annotations.as_bytes())?;
    }
    out.flush()
}

fn strictness(check: &Check) -> Result<Strictness, Error> {
    let mut strictness = Strictness::default();
    for code in &check.allow {
        strictness.allow(code)?;
    }
    for code in &check.deny {
        strictness.deny(code)?;
    }
    Ok(strictness)
}

fn secrets(check: &Check) -> Option<Secrets> {
    let allowed = check.allow_secret.iter();
    // To deny one is to look for it.
    let denied = check
        .deny
        .iter()
        .filter_map(|saying| Rule::of(saying.split(" at ").next()?));
    let asked = check.secrets || denied.into_iter().any(|rule| rule.is_opt_in());
    asked.then(|| allowed.fold(Secrets::new(), Secrets::allow))
}

fn external(check: &Check) -> Result<ExternalParents, Error> {
    for parent in &check.external_parent {
        let why = match parent.trim() {
            "" => "it is empty: give the id of a parent, or `any`",
            any if any != "any" && any.eq_ignore_ascii_case("any") => "is `any` meant?",
            _ => continue,
        };
        return Err(Error::invalid("external parent", parent, why));
    }
    if check.external_parent.iter().any(|parent| parent == "any") {
        return Ok(ExternalParents::any());
    }
    let ids = check.external_parent.iter();
    Ok(ids.fold(ExternalParents::none(), ExternalParents::with))
}

/// Help and version are no mistakes.
fn wrong_use(error: &clap::Error) -> ExitCode {
    let is_asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let text = error.render();
    // A closed stream has nobody to tell.
    if is_asked {
        let _ = write!(anstream::stdout(), "{}", text.ansi());
        return ExitCode::SUCCESS;
    }
    let text = text.to_string();
    say(text.strip_prefix("error: ").unwrap_or(&text).trim_end());
    ExitCode::from(WRONG)
}

/// Says something of our own on standard error.
fn say(what: &str) {
    // A closed stream has nobody to tell.
    let _ = writeln!(io::stderr(), "xray-phantom: {what}");
}

/// A finding failed the check.
const FAILED: u8 = 1;
/// Wrong use, or input that cannot be read.
const WRONG: u8 = 2;
