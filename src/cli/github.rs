//! Findings as annotations of GitHub Actions.
//!
//! Source of the format: GitHub's documentation of workflow commands, `::error`, `::warning`,
//! `::notice`.

use std::fmt::Write as _;

use crate::cli::explained::{Explained, Weight};
use crate::schema::Masker;

/// One line for each finding, without secrets: they are looked for before anything is escaped.
///
/// ```text
/// ::error file=capture.jsonl,line=3,title=annotation-key (pruned)::the annotation key ...
/// ```
pub(in crate::cli) fn annotations(findings: &[Explained], secrets: &Masker) -> String {
    let mut lines = String::new();
    for finding in findings {
        let level = match finding.weight {
            Weight::Denied | Weight::Fails => "error",
            Weight::Lint => "warning",
            Weight::Allowed => "notice",
        };
        let title = format!("{} ({})", finding.code, finding.label);
        let body = [&finding.message, &finding.place]
            .into_iter()
            .chain(&finding.notes)
            .filter(|part| !part.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join("\n");
        let _ = writeln!(
            lines,
            "::{level} file={},line={},title={}::{}",
            property(&secrets.mask(&finding.path)),
            finding.line,
            property(&title),
            data(&secrets.mask(&body))
        );
    }
    lines
}

/// What stands behind the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property, which ends at a comma or colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
