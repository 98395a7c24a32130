//! What a check prints, without printing it.

use std::path::Path;

use crate::capture::{Counts, Received};
use crate::cli::explained::explained;
use crate::cli::github::annotations;
use crate::cli::input::Capture;
use crate::cli::json::json;
use crate::cli::report::Report;
use crate::cli::text::text;
use crate::error::Error;
use crate::fake_daemon::Strictness;
use crate::schema::Secrets;
use crate::trace::ExternalParents;

/// All that `check` says of the bytes of one file: for fuzzing.
#[derive(Debug)]
pub struct Checked {
    /// The datagrams of the file.
    pub datagrams: Vec<Received>,
    /// How many there are.
    pub counts: Counts,
    /// Whether no finding fails the check.
    pub is_well: bool,
    /// The report as JSON.
    pub json: String,
    /// The report as text, with colours.
    pub text: String,
    /// The annotations for GitHub Actions.
    pub annotations: String,
    /// What was wrong with the file.
    pub warnings: Vec<String>,
    /// What no output may show whole.
    pub secrets: Vec<String>,
}

impl Checked {
    /// Checks the bytes of a file, which reports call by this path.
    ///
    /// # Errors
    ///
    /// Bytes that are neither a capture nor a document.
    pub fn of(
        path: &Path,
        bytes: &[u8],
        external: &ExternalParents,
        secrets: Option<&Secrets>,
    ) -> Result<Checked, Error> {
        let capture = Capture::of_bytes(path, bytes)?;
        let strictness = Strictness::default();
        let report = Report::of(&capture, external, &strictness, secrets);
        let Texts { text, annotations } = Texts::of(&report);
        let datagrams: Vec<Received> = capture
            .datagrams()
            .map(|datagram| datagram.received.clone())
            .collect();
        let documents = datagrams.iter().filter_map(Received::document);
        let found = secrets.map(|lint| documents.flat_map(|document| lint.texts(document)));
        Ok(Checked {
            counts: capture.counts(),
            is_well: report.tally().failing == 0,
            json: json(&report),
            text,
            annotations,
            warnings: capture.warnings(),
            secrets: found.into_iter().flatten().collect(),
            datagrams,
        })
    }
}

/// A report for people, secrets masked.
pub(in crate::cli) struct Texts {
    pub(in crate::cli) text: String,
    pub(in crate::cli) annotations: String,
}

impl Texts {
    pub(in crate::cli) fn of(report: &Report<'_>) -> Texts {
        let (findings, counts) = explained(report);
        let text = text(report, &findings, &counts);
        Texts {
            text: report.secrets.mask(&text).into_owned(),
            annotations: annotations(&findings, &report.secrets),
        }
    }
}
