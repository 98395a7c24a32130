//! The arguments, and the help that teaches them.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::schema::{Consequence, Rule};
use crate::trace::{DefectCode, Severity};
use crate::wire::RefusalCode;

/// AWS X-Ray without AWS.
#[derive(Debug, Parser)]
#[command(
    name = "xray-phantom",
    version,
    about = "AWS X-Ray without AWS.",
    bin_name = "xray-phantom"
)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    pub(in crate::cli) command: Command,
}

impl Arguments {
    /// Reads the arguments of the process.
    pub(in crate::cli) fn read() -> Result<Arguments, clap::Error> {
        let more = format!("{CHECK_MORE}\n{}", codes());
        let command =
            Arguments::command().mut_subcommand("check", |check| check.after_long_help(more));
        Arguments::from_arg_matches(&command.try_get_matches()?)
    }
}

/// The codes of findings, for the end of the help.
fn codes() -> String {
    let rules = |consequence: Consequence| {
        let rules = Rule::ALL
            .iter()
            .filter(move |rule| rule.consequence() == consequence);
        rules.map(Rule::code).collect::<Vec<_>>()
    };
    let defects = |severity: Severity| {
        let codes = DefectCode::ALL
            .iter()
            .filter(move |code| code.severity() == severity);
        codes.map(DefectCode::as_str).collect()
    };
    let kinds = [
        (
            "rejection",
            RefusalCode::ALL.iter().map(RefusalCode::as_str).collect(),
        ),
        ("rejected", rules(Consequence::Rejected)),
        ("pruned", rules(Consequence::Pruned)),
        ("lint", rules(Consequence::Lint)),
        ("defect", defects(Severity::Error)),
        ("of traces", defects(Severity::Lint)),
    ];
    let mut text = "Codes (the documentation of the crate says what each means):".to_owned();
    for (kind, codes) in kinds {
        let mut width = WIDTH;
        for (place, code) in codes.iter().enumerate() {
            if width + code.len() + 1 > WIDTH {
                let kind = if place == 0 { kind } else { "" };
                let _ = write!(text, "\n  {kind:10}");
                width = 12;
            }
            text.push(' ');
            text.push_str(code);
            width += code.len() + 1;
        }
    }
    text
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Judges captured X-Ray traffic as the service would, and shows its traces.
    #[command(long_about = CHECK)]
    Check(Check),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// Capture files, and files that hold one segment document each.
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,

    /// A parent that someone else sends, or `any` of them: no subsegment below it is an orphan.
    ///
    /// In Lambda the service sends the segments, so that what a function
    /// sends has parents that are never captured. May be given several times.
    #[arg(long, value_name = "ID|any", verbatim_doc_comment)]
    pub(in crate::cli) external_parent: Vec<String>,

    /// Findings with this code do not fail the check. May be given several times.
    ///
    /// `CODE at PATH` restricts it to the violations of some entities:
    ///     --allow 'annotation-key at OrdersWorker >> dynamo-put'
    /// `>` is a child, `>>` anything below, `*` any characters.
    /// What is said with a path wins over what is said of a code alone; where
    /// a code is both allowed and denied, it is denied.
    #[arg(long, value_name = "CODE", verbatim_doc_comment)]
    pub(in crate::cli) allow: Vec<String>,

    /// Findings with this code fail the check, lints too. May be given several times.
    ///
    /// Lints about secrets and `trace-id-age` are looked for on request alone:
    /// to deny one is to ask for it. The age takes a time of arrival (`t` in a
    /// capture); X-Ray no longer looks at it, and ids of W3C have none.
    #[arg(long, value_name = "CODE", verbatim_doc_comment)]
    pub(in crate::cli) deny: Vec<String>,

    /// Also looks for what seems to be a secret, and shows none whole.
    ///
    /// Credentials, tokens, e-mail addresses and numbers of payment cards
    /// are lints then: `--deny secret-token` makes one fail.
    #[arg(long, verbatim_doc_comment)]
    pub(in crate::cli) secrets: bool,

    /// A text that may look like a secret, `*` for any characters.
    ///
    /// May be given several times: --allow-secret '*@example.com'
    #[arg(long, value_name = "TEXT", requires = "secrets")]
    pub(in crate::cli) allow_secret: Vec<String>,

    /// `text` for people, `json` for programs: one object on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT", hide_possible_values = true)]
    pub(in crate::cli) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Json,
    Text,
}

const CHECK: &str = "\
Judges captured X-Ray traffic as the service would, and shows its traces.

X-Ray refuses some documents, drops parts of others without a word, and takes the rest. `check`
says which, where, and what to do; it puts the traces together, and says what is missing of them.
Nothing is sent anywhere.

Several files are one capture: a subsegment in one finds its segment in another.";

const CHECK_MORE: &str = "\
Files:
  A capture file is JSON lines, one datagram each:
    {\"seq\": 0, \"text\": \"{\\\"format\\\":\\\"json\\\",\\\"version\\\":1}\\n{...}\"}
    {\"seq\": 1, \"bytes_b64\": \"...\"}
  A document is one segment or subsegment as a JSON object, as PutTraceSegments takes it.

Findings:
  rejection   the datagram never becomes a document
  rejected    X-Ray refuses the document
  pruned      X-Ray keeps the document and silently loses this
  lint        X-Ray accepts it; still worth knowing
  defect      the trace is not whole (orphan, never-closed, cycle), contradicts
              itself, or is too large
  lint        of a trace: a child beyond its parent, a call recorded twice
All but lints fail the check.

Exit code:
  0  all is well
  1  a finding fails the check
  2  wrong use, or a file that cannot be read

Under GitHub Actions each finding that is shown is an annotation of its file too.

Examples:
  xray-phantom check capture.jsonl
  xray-phantom check lambda.jsonl --external-parent any
  xray-phantom check *.jsonl --allow annotation-key --deny id-in-name
  xray-phantom check segment.json --format json
";

/// Columns of the help.
const WIDTH: usize = 80;
