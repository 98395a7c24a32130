//! A run as lines of JSON, and as a table to read.

use std::fmt::Write as _;

use crate::Outcome;
use crate::figure::{Figure, Limit};
use crate::machine::{RUN, Run};

/// A run and its figures, a line of JSON each.
pub fn json(run: &Run, figures: &[Figure]) -> Outcome<String> {
    let mut lines = serde_json::to_string(run)? + "\n";
    for figure in figures {
        lines += &serde_json::to_string(figure)?;
        lines.push('\n');
    }
    Ok(lines)
}

/// Reads what [`json`] has written.
///
/// # Errors
///
/// A line that is no figure, with its number; a file without the line of the run.
pub fn read(text: &str) -> Outcome<(Run, Vec<Figure>)> {
    let mut run = None;
    let mut figures = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let wrong = |error: serde_json::Error| format!("line {}: {error}", at + 1);
        let value: serde_json::Value = serde_json::from_str(line).map_err(wrong)?;
        if value["id"] == RUN {
            run = Some(serde_json::from_value(value).map_err(wrong)?);
        } else {
            figures.push(serde_json::from_value(value).map_err(wrong)?);
        }
    }
    let run =
        run.ok_or("there is no line with the id `run`: it says where the figures come from")?;
    Ok((run, figures))
}

/// A run as a table of at most 100 columns.
pub fn table(run: &Run, figures: &[Figure]) -> String {
    let mut table = heading(run);
    let _ = writeln!(
        table,
        "{:15} {:>8} {:12} {:>17} {:>8} {:>8}",
        "figure", "value", "unit", "95 %", "required", "aim"
    );
    for figure in figures {
        let verdict = match (figure.ok, figure.aim_met) {
            (Some(false), _) => "MISSED",
            (Some(true), Some(true)) => "ok, aim met",
            (Some(true), _) => "ok",
            (None, _) if figure.required.is_some() => "not measured",
            (None, _) => "",
        };
        let line = format!(
            "{:15} {:>8} {:12} {:>17} {:>8} {:>8}  {verdict}",
            figure.id,
            figure.value.map_or("-".to_owned(), number),
            figure.unit,
            figure.spread.map_or(String::new(), interval),
            bound(figure.limit, figure.required),
            bound(figure.limit, figure.aim),
        );
        table += line.trim_end();
        table.push('\n');
        for line in explained(figure) {
            let _ = writeln!(table, "    {line}");
        }
    }
    table
}

/// Where the figures come from.
fn heading(run: &Run) -> String {
    format!(
        "{}, commit {}: {} rounds in {} sittings with fresh sockets, load {}\n\
         {}, {} cores, Linux {}, clock {}\n{}\n{}\n\n",
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
        wrapped(&run.versions.join(", ")).join("\n"),
    )
}

/// What the figure is of, and who stands beside it.
fn explained(figure: &Figure) -> Vec<String> {
    let mut lines = wrapped(&figure.what);
    let mut beside = String::new();
    if let Some(floor) = figure.floor {
        let _ = write!(beside, "floor {}", number(floor));
    }
    if let (Some(peer), Some(value)) = (&figure.peer, figure.peer_value) {
        let between = if beside.is_empty() { "" } else { "; " };
        let _ = write!(beside, "{between}{peer} {}", number(value));
    }
    for other in figure.indistinct() {
        let _ = write!(beside, "; not distinguishable from {other}");
    }
    lines.extend(wrapped(&beside));
    lines.extend(wrapped(figure.note.as_deref().unwrap_or_default()));
    lines
}

/// Four digits that count; of a whole number, all.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        _ if size >= 1_000.0 => format!("{value:.0}"),
        _ if size >= 100.0 => format!("{value:.1}"),
        _ if size >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn interval([low, high]: [f64; 2]) -> String {
    format!("{} to {}", number(low), number(high))
}

pub(crate) fn bound(limit: Option<Limit>, value: Option<f64>) -> String {
    match (limit, value) {
        (Some(Limit::Least), Some(value)) => format!(">= {value}"),
        (Some(Limit::Most), Some(value)) => format!("<= {value}"),
        _ => String::new(),
    }
}

/// A text in lines of at most 92 characters.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= 92 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::Outcome;
    use crate::figure::Figure;
    use crate::machine::Run;
    use crate::report::{json, number, read, table};
    use crate::statistics::Estimate;

    pub(crate) fn run() -> Run {
        Run {
            id: "run".to_owned(),
            what: "rounds measured, and where".to_owned(),
            value: 400,
            unit: "rounds".to_owned(),
            sittings: 8,
            date: "2025-01-31".to_owned(),
            commit: "0123abc".to_owned(),
            cpu: "Some CPU".to_owned(),
            cores: 2,
            kernel: "6.1".to_owned(),
            clock: "tsc".to_owned(),
            load: "0.10".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            versions: vec![
                "xray-phantom 0.1.0".to_owned(),
                "fastrace 0.7.19".to_owned(),
            ],
        }
    }

    pub(crate) fn figures() -> Vec<Figure> {
        let estimate = |value, low, high| Estimate { value, low, high };
        vec![
            Figure::new(
                "E2",
                "seg1aws, 1 datagram (drained)",
                "S",
                estimate(1.52, 1.49, 1.58),
            )
            .floor(estimate(1.31, 1.30, 1.50))
            .peer("opentelemetry-aws", estimate(7.1, 7.0, 7.2))
            .most(1.65, 1.5),
            Figure::counted("E8", "seg1aws", "allocations", 3.0).most(0.0, 0.0),
            Figure::missing("E9", "two threads", "x")
                .least(0.85, 0.95)
                .note("one core"),
        ]
    }

    #[test]
    fn what_is_written_is_read_back() -> Outcome {
        let written = json(&run(), &figures())?;
        assert_eq!(read(&written)?, (run(), figures()));
        assert_eq!(
            written.lines().nth(1),
            Some(
                r#"{"id":"E2","what":"seg1aws, 1 datagram (drained)","value":1.52,"unit":"S","spread":[1.49,1.58],"floor":1.31,"floor_spread":[1.3,1.5],"peer":"opentelemetry-aws","peer_value":7.1,"peer_spread":[7.0,7.2],"limit":"most","required":1.65,"aim":1.5,"ok":true,"aim_met":false,"note":null}"#
            )
        );
        Ok(())
    }

    #[test]
    fn what_is_no_figure_is_refused_with_its_line() -> Outcome {
        let refused = |text: &str| {
            read(text)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        let run = json(&run(), &[])?;
        assert!(refused(&format!("{run}{{\"id\":\"E1\"}}\n")).starts_with("line 2: missing field"));
        assert!(refused(&format!("{run}E1\n")).starts_with("line 2: expected value"));
        assert_eq!(
            refused(""),
            "there is no line with the id `run`: it says where the figures come from"
        );
        Ok(())
    }

    #[test]
    fn the_table_tells_what_is_missed_and_what_cannot_be_told_apart() {
        let expected = "\
2025-01-31, commit 0123abc: 400 rounds in 8 sittings with fresh sockets, load 0.10
Some CPU, 2 cores, Linux 6.1, clock tsc
rustc 1.95.0
xray-phantom 0.1.0, fastrace 0.7.19

figure             value unit                      95 % required      aim
E2                 1.520 S               1.490 to 1.580  <= 1.65   <= 1.5  ok
    seg1aws, 1 datagram (drained)
    floor 1.310; opentelemetry-aws 7.100; not distinguishable from the floor
E8                     3 allocations                        <= 0     <= 0  MISSED
    seg1aws
E9                     - x                               >= 0.85  >= 0.95  not measured
    two threads
    one core
";
        assert_eq!(table(&run(), &figures()), expected);
        assert!(expected.lines().all(|line| line.len() <= 100));
    }

    #[test]
    fn numbers_show_the_digits_that_count() {
        let shown = [0.0, 0.123_456, 1.5, 12.345, 123.45, 1_234.5].map(number);
        assert_eq!(shown, ["0", "0.123", "1.500", "12.35", "123.5", "1234"]);
    }
}
