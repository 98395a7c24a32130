//! A finding in words: what, where, why, and what to do.

use std::collections::BTreeMap;

use crate::capture::Rejection;
use crate::cli::report::{Found, Report};
use crate::error::{on_one_line, visible};
use crate::schema::{Consequence, Violation};
use crate::trace::{Defect, DefectCode, PartialTrace, Severity};

/// A finding as a person reads it.
#[derive(Debug)]
pub(in crate::cli) struct Explained {
    /// What it is: `rejection`, `pruned`, `defect`.
    pub(in crate::cli) label: &'static str,
    pub(in crate::cli) code: &'static str,
    pub(in crate::cli) message: String,
    pub(in crate::cli) path: String,
    pub(in crate::cli) line: usize,
    /// Where in the file: the datagram, and the place in its document.
    pub(in crate::cli) place: String,
    pub(in crate::cli) notes: Vec<String>,
    pub(in crate::cli) weight: Weight,
}

/// What a finding does to the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Weight {
    /// It would fail the check, and was allowed.
    Allowed,
    /// It fails the check, which only what was denied does besides the usual ones.
    Denied,
    Fails,
    Lint,
}

/// The findings in words, in order: rejections, violations, defects. Of many with the same code
/// the first, with the number of all.
pub(in crate::cli) fn explained(
    report: &Report<'_>,
) -> (Vec<Explained>, BTreeMap<&'static str, usize>) {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut is_shown = |code: &'static str| {
        let count = counts.entry(code).or_default();
        *count += 1;
        *count <= SHOWN_OF_A_CODE
    };
    let mut explained = Vec::new();
    for found in &report.rejections {
        if is_shown(found.what.code().as_str()) {
            explained.push(rejection(found));
        }
    }
    for found in &report.violations {
        if is_shown(found.what.code()) {
            explained.push(violation(found));
        }
    }
    for (trace, found) in report.defects() {
        if is_shown(found.what.code().as_str()) {
            explained.push(defect(trace, &found));
        }
    }
    counts.retain(|_, count| *count > SHOWN_OF_A_CODE);
    (explained, counts)
}

fn rejection(found: &Found<'_, Rejection>) -> Explained {
    explain(
        found,
        "rejection",
        found.what.code().as_str(),
        found.what.message(),
        "",
        vec![found.what.then()],
    )
}

fn violation(found: &Found<'_, Violation>) -> Explained {
    let violation = &found.what;
    let mut whose = vec![format!("of {}", violation.name_path())];
    whose.extend(
        violation
            .id()
            .map(|id| format!("id {}", on_one_line(id, SHOWN))),
    );
    whose.extend(
        violation
            .trace_id()
            .map(|id| format!("trace {}", on_one_line(id, SHOWN))),
    );
    let mut notes = vec![whose.join(", "), violation.then()];
    notes.extend(
        violation
            .dialect()
            .map(|dialect| format!("note: {dialect}")),
    );
    let mut explained = explain(
        found,
        violation.consequence().as_str(),
        violation.code(),
        violation.message().to_owned(),
        violation.pointer(),
        notes,
    );
    if violation.consequence() == Consequence::Lint {
        explained.weight = lint(found.fails);
    }
    explained
}

fn defect(trace: &PartialTrace, found: &Found<'_, &Defect>) -> Explained {
    let mut whose = vec![format!("of trace {}", on_one_line(trace.id(), SHOWN))];
    whose.extend(
        found
            .what
            .id()
            .map(|id| format!("id {}", on_one_line(id, SHOWN))),
    );
    let mut notes = vec![whose.join(", ")];
    if found.what.code() == DefectCode::Orphan {
        notes.push(
            "if someone else sends the parent (in Lambda the service does), say so: \
             --external-parent ID, or any"
                .to_owned(),
        );
    }
    let mut explained = explain(
        found,
        "defect",
        found.what.code().as_str(),
        found.what.to_string(),
        "",
        notes,
    );
    if found.what.code().severity() == Severity::Lint {
        explained.label = "lint";
        explained.weight = lint(found.fails);
    }
    explained
}

fn lint(fails: bool) -> Weight {
    if fails { Weight::Denied } else { Weight::Lint }
}

fn explain<T>(
    found: &Found<'_, T>,
    label: &'static str,
    code: &'static str,
    message: String,
    pointer: &str,
    notes: Vec<String>,
) -> Explained {
    let datagram = &found.datagram;
    let mut place = Vec::new();
    if !datagram.is_document {
        place.push(format!("datagram {}", datagram.received.seq()));
    }
    if !pointer.is_empty() {
        place.push(format!("at {}", on_one_line(pointer, SHOWN)));
    }
    Explained {
        label,
        code,
        message,
        path: visible(&datagram.path.to_string_lossy()),
        line: datagram.line_of(pointer),
        place: place.join(", "),
        notes,
        weight: if found.fails {
            Weight::Fails
        } else {
            Weight::Allowed
        },
    }
}

/// How many characters of an id or a pointer are shown.
const SHOWN: usize = 120;
/// How many findings with the same code are shown.
pub(in crate::cli) const SHOWN_OF_A_CODE: usize = 10;
