//! A report as text, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::cli::explained::{Explained, SHOWN_OF_A_CODE, Weight};
use crate::cli::report::{Report, Tally};
use crate::error::count;
use crate::render::excerpt;

/// The report: findings, with the number of those that are not shown by their codes; traces; and a
/// summary.
///
/// ```text
/// pruned[annotation-key]: a text, or a name from elsewhere, was used as a key: the annotation key `order id` has ` `; use letters, digits, `_` and `.`
///   --> capture.jsonl:3, datagram 2, at /annotations/order id
///    |  of OrdersWorker > dynamo-put, id 53995c3f42cd8ad8, trace 1-5759e988-bd862e3fe1be46a994272793
///    |  X-Ray keeps the document and silently loses this (known by: seen)
/// ```
pub(in crate::cli) fn text(
    report: &Report<'_>,
    findings: &[Explained],
    counts: &BTreeMap<&'static str, usize>,
) -> String {
    let mut text = String::new();
    for finding in findings {
        draw(&mut text, finding);
    }
    for (code, count) in counts {
        let more = count - SHOWN_OF_A_CODE;
        let _ = writeln!(
            text,
            "{code}: and {more} more; --format json lists them all\n"
        );
    }
    for trace in report.traces.iter().take(SHOWN_TRACES) {
        text.push_str(&excerpt(trace, SHOWN_LINES));
        text.push('\n');
    }
    if report.traces.len() > SHOWN_TRACES {
        let more = (report.traces.len() - SHOWN_TRACES) as u64;
        let _ = writeln!(text, "... and {}\n", count(more, "more trace"));
    }
    summary(&mut text, report);
    text
}

fn draw(text: &mut String, finding: &Explained) {
    let style = match finding.weight {
        Weight::Allowed => Style::new().dimmed(),
        Weight::Denied | Weight::Fails => color(AnsiColor::Red),
        Weight::Lint => color(AnsiColor::Yellow),
    };
    let said = match finding.weight {
        Weight::Allowed => "allowed: ",
        Weight::Denied => "denied: ",
        Weight::Fails | Weight::Lint => "",
    };
    let bold = Style::new().bold();
    let faint = color(AnsiColor::Blue);
    let Explained {
        label,
        code,
        message,
        path,
        line,
        place,
        ..
    } = finding;
    let place = if place.is_empty() {
        String::new()
    } else {
        format!(", {place}")
    };
    let _ = writeln!(
        text,
        "{style}{said}{label}[{code}]{style:#}{bold}: {message}{bold:#}\n  {faint}-->{faint:#} {path}:{line}{place}"
    );
    for note in &finding.notes {
        let _ = writeln!(text, "   {faint}|{faint:#}  {note}");
    }
    text.push('\n');
}

fn summary(text: &mut String, report: &Report<'_>) {
    let counts = report.capture.counts();
    let files = count(report.capture.files() as u64, "file");
    let datagrams = count(counts.received, "datagram");
    let _ = writeln!(
        text,
        "{files}, {datagrams}: {} accepted, {} rejected, {} ignored",
        counts.accepted, counts.rejected, counts.ignored
    );
    let complete = report
        .traces
        .iter()
        .filter(|trace| trace.is_complete())
        .count();
    let _ = writeln!(
        text,
        "{}: {complete} complete, {} not",
        count(report.traces.len() as u64, "trace"),
        report.traces.len() - complete
    );
    let Tally {
        rejections,
        rejected,
        pruned,
        lints,
        defects,
        failing,
    } = report.tally();
    let found = [
        (rejections, count(rejections, "rejection")),
        (rejected, format!("{rejected} rejected")),
        (pruned, format!("{pruned} pruned")),
        (lints, count(lints, "lint")),
        (defects, count(defects, "defect")),
    ];
    let found: Vec<String> = found
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(_, found)| found)
        .collect();
    let found = if found.is_empty() {
        "nothing found".to_owned()
    } else {
        found.join(", ")
    };
    let (style, verdict) = if counts.received == 0 {
        (
            color(AnsiColor::Yellow),
            "there was nothing to judge".to_owned(),
        )
    } else if failing == 0 {
        (color(AnsiColor::Green), "all is well".to_owned())
    } else {
        let fail = if failing == 1 { "fails" } else { "fail" };
        (
            color(AnsiColor::Red),
            format!("{} {fail}", count(failing, "finding")),
        )
    };
    let _ = writeln!(text, "{found}: {style}{verdict}{style:#}");
}

fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(color.into()))
}

/// How many traces are shown.
const SHOWN_TRACES: usize = 20;
/// How many lines of a trace are shown.
const SHOWN_LINES: usize = 40;
