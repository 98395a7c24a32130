//! The table of the README.

use std::fmt::Write as _;

use crate::Outcome;
use crate::figure::Figure;
use crate::machine::Run;
use crate::report::{bound, number};

/// The line before the table.
pub const BEGIN: &str = "<!-- Written by benches/peers: begin. -->";
/// The line after the table.
pub const END: &str = "<!-- Written by benches/peers: end. -->";

/// The figures as Markdown: those with limits, then the peers.
pub fn markdown(run: &Run, figures: &[Figure]) -> String {
    let mut text = String::from(
        "| | | measured | 95 % | required | aim | floor | beside it |\n|---|---|---|---|---|---|---|---|\n",
    );
    for figure in figures.iter().filter(|figure| figure.required.is_some()) {
        let cells = [
            figure.id.clone(),
            figure.what.clone(),
            measured(figure.value, &figure.unit),
            figure.spread.map_or(String::new(), |[low, high]| {
                format!("{} to {}", number(low), number(high))
            }),
            format!("{}{}", bound(figure.limit, figure.required), missed(figure)),
            bound(figure.limit, figure.aim),
            figure.floor.map_or(String::new(), number),
            beside(figure),
        ];
        text += &row(&cells);
    }
    let peers: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.id.starts_with(PEER))
        .collect();
    if !peers.is_empty() {
        text += "\n| beside it | measured | 95 % |\n|---|---|---|\n";
    }
    for figure in peers {
        let spread = figure.spread.map_or(String::new(), |[low, high]| {
            format!("{} to {}", number(low), number(high))
        });
        text += &row(&[
            figure.what.clone(),
            measured(figure.value, &figure.unit),
            spread,
        ]);
    }
    let _ = writeln!(
        text,
        "\nMeasured on {} at commit {} with {} rounds in {} sittings, load average {}: {}, {} cores, Linux {}, clock {}, {}; {}.",
        run.date,
        run.commit,
        run.value,
        run.sittings,
        run.load,
        run.cpu,
        run.cores,
        run.kernel,
        run.clock,
        run.rustc,
        run.versions.join(", "),
    );
    text
}

/// The README with this text between its two markers.
///
/// # Errors
///
/// A README that has not each of the markers once, in their order.
pub fn updated(readme: &str, text: &str) -> Outcome<String> {
    let once = |marker: &str| match readme.matches(marker).count() {
        1 => Ok(()),
        found => Err(format!(
            "the README has the marker `{marker}` {found} times: expected once"
        )),
    };
    once(BEGIN)?;
    once(END)?;
    let wrong = || format!("in the README `{END}` stands before `{BEGIN}`");
    let (before, rest) = readme.split_once(BEGIN).ok_or_else(wrong)?;
    let (_, after) = rest.split_once(END).ok_or_else(wrong)?;
    Ok(format!("{before}{BEGIN}\n\n{text}\n{END}{after}"))
}

/// How the ids of figures begin that are no figures of the recorder.
pub const PEER: &str = "peer-";

fn measured(value: Option<f64>, unit: &str) -> String {
    match value {
        Some(value) => format!("{} {unit}", number(value)),
        None => "not measured".to_owned(),
    }
}

fn missed(figure: &Figure) -> &'static str {
    if figure.ok == Some(false) {
        ", **missed**"
    } else {
        ""
    }
}

fn beside(figure: &Figure) -> String {
    let mut text = match (&figure.peer, figure.peer_value) {
        (Some(peer), Some(value)) => format!("{peer} {}", number(value)),
        _ => String::new(),
    };
    for other in figure.indistinct() {
        let between = if text.is_empty() { "" } else { "; " };
        let _ = write!(text, "{between}not distinguishable from {other}");
    }
    text
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
        .replace("|  |", "| |")
        .replace("|  |", "| |")
}

#[cfg(test)]
mod tests {
    use crate::Outcome;
    use crate::figure::Figure;
    use crate::readme::{BEGIN, END, markdown, updated};
    use crate::report::tests::{figures, run};

    #[test]
    fn the_table_tells_what_is_missed_and_where_it_was_measured() {
        let mut figures = figures();
        figures.push(Figure::counted("peer-x", "a | b", "S", 7.0));
        figures.push(Figure::counted("seen", "only in the full report", "S", 7.0));
        let expected = "\
| | | measured | 95 % | required | aim | floor | beside it |
|---|---|---|---|---|---|---|---|
| E2 | seg1aws, 1 datagram (drained) | 1.520 S | 1.490 to 1.580 | <= 1.65 | <= 1.5 | 1.310 | opentelemetry-aws 7.100; not distinguishable from the floor |
| E8 | seg1aws | 3 allocations | | <= 0, **missed** | <= 0 | | |
| E9 | two threads | not measured | | >= 0.85 | >= 0.95 | | |

| beside it | measured | 95 % |
|---|---|---|
| a \\| b | 7 S | |

Measured on 2025-01-31 at commit 0123abc with 400 rounds in 8 sittings, load average 0.10: Some CPU, 2 cores, Linux 6.1, clock tsc, rustc 1.95.0; xray-phantom 0.1.0, fastrace 0.7.19.
";
        assert_eq!(markdown(&run(), &figures), expected);
    }

    #[test]
    fn what_stands_between_the_markers_is_replaced_and_nothing_else() -> Outcome {
        let readme = format!("# a\n\n{BEGIN}\nold\n{END}\n\n# b\n");
        let new = updated(&readme, "| new |\n")?;
        assert_eq!(new, format!("# a\n\n{BEGIN}\n\n| new |\n\n{END}\n\n# b\n"));
        assert_eq!(updated(&new, "| new |\n")?, new);
        Ok(())
    }

    #[test]
    fn a_readme_without_its_markers_is_refused() {
        let refused = |readme: &str| updated(readme, "x").err().map(|error| error.to_string());
        assert_eq!(
            refused(BEGIN),
            Some(format!(
                "the README has the marker `{END}` 0 times: expected once"
            ))
        );
        assert_eq!(
            refused(&format!("{BEGIN}{BEGIN}{END}")),
            Some(format!(
                "the README has the marker `{BEGIN}` 2 times: expected once"
            ))
        );
        assert_eq!(
            refused(&format!("{END}{BEGIN}")),
            Some(format!("in the README `{END}` stands before `{BEGIN}`"))
        );
    }
}
