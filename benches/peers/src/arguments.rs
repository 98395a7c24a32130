//! What the command line asks for.

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Says how much of the processor was used before `main`, and nothing else.
    BeforeMain,
    /// Says how it is used.
    Help,
    /// Measures.
    Measure(Measure),
    /// Shows the table of the README for figures in a file.
    Table {
        /// The file, as `--json` wrote it.
        figures: String,
        /// The README to write it into.
        readme: Option<String>,
    },
}

/// How it is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Whether lines of JSON are wanted, and no table.
    pub json: bool,
    /// Whether a limit that is missed makes the program fail.
    pub check: bool,
    /// Whether one short round is enough.
    pub smoke: bool,
    /// How many rounds there are in each sitting.
    pub rounds: usize,
    /// How many sittings there are, each with fresh sockets.
    pub sittings: usize,
}

impl Command {
    /// Reads the arguments, without the name of the program.
    ///
    /// # Errors
    ///
    /// What cannot be understood, with what could be.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
        let mut arguments = arguments.into_iter();
        let mut measure = Measure {
            json: false,
            check: false,
            smoke: false,
            rounds: 50,
            sittings: 8,
        };
        let (mut table, mut readme, mut rounds) = (None, None, None);
        let mut measures = Vec::new();
        while let Some(argument) = arguments.next() {
            let mut value = |what: &str| {
                let value = arguments.next().filter(|value| !value.starts_with("--"));
                value.ok_or_else(|| format!("`{argument}` wants {what}"))
            };
            match &*argument {
                "--before-main" => return Ok(Command::BeforeMain),
                "--help" | "-h" => return Ok(Command::Help),
                "--table" => table = Some(value("a file that `--json` wrote")?),
                "--update-readme" => readme = Some(value("the path of the README")?),
                "--json" => measure.json = true,
                "--check" => measure.check = true,
                "--smoke" => measure.smoke = true,
                "--rounds" => {
                    let text = value("a number of rounds")?;
                    let number = text
                        .parse()
                        .ok()
                        .filter(|number| (1..=100_000).contains(number));
                    let wrong =
                        || format!("`--rounds` wants a number from 1 to 100000, got `{text}`");
                    rounds = Some(number.ok_or_else(wrong)?);
                }
                _ => return Err(format!("unknown argument `{argument}`")),
            }
            if matches!(&*argument, "--json" | "--check" | "--smoke" | "--rounds") {
                measures.push(argument);
            }
        }
        if let Some(figures) = table {
            return match measures.first() {
                None => Ok(Command::Table { figures, readme }),
                Some(measure) => Err(format!("`--table` measures nothing: leave out `{measure}`")),
            };
        }
        if readme.is_some() {
            return Err("`--update-readme` wants `--table` with the figures".to_owned());
        }
        if measure.smoke {
            if rounds.is_some() {
                return Err("`--smoke` is one round: leave out `--rounds`".to_owned());
            }
            (measure.sittings, measure.rounds) = (1, 1);
        }
        measure.rounds = rounds.unwrap_or(measure.rounds);
        Ok(Command::Measure(measure))
    }
}

/// How the program is used.
pub const USAGE: &str = "\
Measures what emission costs, beside peers and floors, in one process.

    peers [--rounds N] [--json] [--check]    measure: 8 sittings of N rounds (50)
    peers --smoke [--json] [--check]         one short round: does it work?
    peers --table FILE                       the README's table of a file that --json wrote
    peers --table FILE --update-readme PATH  put it between the markers in that README

Exit code: 0; 1 if something fails, or with --check if a limit is missed; 2 for wrong use.
";

#[cfg(test)]
mod tests {
    use crate::arguments::{Command, Measure};

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(str::to_owned))
    }

    #[track_caller]
    fn refused(line: &str, expected: &str) {
        assert_eq!(parse(line), Err(expected.to_owned()));
    }

    #[test]
    fn what_is_said_is_done() {
        let measure = Measure {
            json: false,
            check: false,
            smoke: false,
            rounds: 50,
            sittings: 8,
        };
        assert_eq!(parse(""), Ok(Command::Measure(measure.clone())));
        let many = Measure {
            json: true,
            check: true,
            rounds: 7,
            ..measure.clone()
        };
        assert_eq!(
            parse("--json --rounds 7 --check"),
            Ok(Command::Measure(many))
        );
        let smoke = Measure {
            smoke: true,
            rounds: 1,
            sittings: 1,
            ..measure
        };
        assert_eq!(parse("--smoke"), Ok(Command::Measure(smoke)));
        assert_eq!(parse("--smoke --help"), Ok(Command::Help));
        let table = |readme: Option<&str>| Command::Table {
            figures: "run.jsonl".to_owned(),
            readme: readme.map(str::to_owned),
        };
        assert_eq!(parse("--table run.jsonl"), Ok(table(None)));
        assert_eq!(
            parse("--update-readme README.md --table run.jsonl"),
            Ok(table(Some("README.md")))
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_reason() {
        refused("--jsn", "unknown argument `--jsn`");
        refused("run.jsonl", "unknown argument `run.jsonl`");
        refused("--table", "`--table` wants a file that `--json` wrote");
        refused(
            "--table --json",
            "`--table` wants a file that `--json` wrote",
        );
        refused(
            "--update-readme",
            "`--update-readme` wants the path of the README",
        );
        refused("--rounds", "`--rounds` wants a number of rounds");
        refused(
            "--rounds 0",
            "`--rounds` wants a number from 1 to 100000, got `0`",
        );
        refused(
            "--rounds many",
            "`--rounds` wants a number from 1 to 100000, got `many`",
        );
        refused(
            "--smoke --rounds 3",
            "`--smoke` is one round: leave out `--rounds`",
        );
        refused(
            "--table f --json",
            "`--table` measures nothing: leave out `--json`",
        );
        refused(
            "--update-readme f",
            "`--update-readme` wants `--table` with the figures",
        );
    }
}
