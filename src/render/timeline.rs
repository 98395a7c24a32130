//! A trace as a timeline.

use std::fmt;

use anstyle::{AnsiColor, Style};

use crate::error::on_one_line;
use crate::model::{Entity, Timestamp};
use crate::render::text::duration;
use crate::render::tree::{flags, retries, status, what};
use crate::trace::{Node, Trace};

impl Trace {
    /// The trace as a timeline, one line an entity, as wide as a terminal of 80 columns:
    ///
    /// ```text
    /// OrdersWorker                    █████████████████  100 ms
    /// └─ dynamo-put                      █████████████  80.0 ms
    ///    └─ DynamoDB PutItem Orders      █████████████  80.0 ms 200 2 retries
    /// ```
    pub fn timeline(&self) -> Timeline<'_> {
        Timeline {
            trace: self,
            colored: false,
        }
    }
}

/// A trace as a timeline; [`Display`](fmt::Display) draws it.
#[derive(Clone, Debug)]
pub struct Timeline<'a> {
    trace: &'a Trace,
    colored: bool,
}

impl Timeline<'_> {
    /// Draws faults red, errors and throttles yellow, all else green.
    #[must_use = "the timeline with colours is what this returns"]
    pub fn colored(mut self, colored: bool) -> Self {
        self.colored = colored;
        self
    }

    fn draw(
        &self,
        f: &mut fmt::Formatter<'_>,
        node: Node<'_>,
        indent: &str,
        span: &Span,
    ) -> fmt::Result {
        let entity = node.entity();
        let mut label = vec![
            node.name()
                .map_or_else(|| "<no name>".to_owned(), Into::into),
        ];
        label.extend(what(entity));
        let label = on_one_line(
            &label.join(" "),
            LABEL
                .saturating_sub(indent.chars().count())
                .max(SHORTEST_LABEL),
        );
        let width = LABEL.saturating_sub(indent.chars().count());
        let bar = span.bar(entity);
        let time = node.duration().map(duration).unwrap_or_default();
        let mut tail: Vec<String> = status(entity)
            .map(|status| status.to_string())
            .into_iter()
            .collect();
        // The gravest one: a throttle is an error too.
        let gravest = ["FAULT", "THROTTLE", "ERROR"]
            .into_iter()
            .find(|flag| flags(entity).any(|set| set == *flag));
        tail.extend(gravest.map(str::to_owned));
        tail.extend(retries(entity).map(|retries| format!("{retries} retries")));
        let style = if self.colored {
            style(entity)
        } else {
            Style::new()
        };
        let line = format!(
            "{indent}{label:width$} {style}{bar}{style:#} {time:>7} {}",
            on_one_line(&tail.join(" "), TAIL)
        );
        writeln!(f, "{}", line.trim_end())
    }
}

impl fmt::Display for Timeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = Span::of(self.trace);
        let mut waiting: Vec<(Node<'_>, String, String)> = self
            .trace
            .roots()
            .map(|root| (root, String::new(), String::new()))
            .collect();
        waiting.reverse();
        while let Some((node, indent, below)) = waiting.pop() {
            self.draw(f, node, &indent, &span)?;
            let deeper = below.chars().count() < DEEPEST;
            for (from_last, child) in node.children().rev().enumerate() {
                let (branch, rest) = if from_last == 0 {
                    ("└─ ", "   ")
                } else {
                    ("├─ ", "│  ")
                };
                let rest = if deeper {
                    format!("{below}{rest}")
                } else {
                    below.clone()
                };
                waiting.push((child, format!("{below}{branch}"), rest));
            }
        }
        Ok(())
    }
}

/// The time from the first start to the last end.
struct Span {
    start: Timestamp,
    nanos: i128,
}

impl Span {
    fn of(trace: &Trace) -> Span {
        let start = trace.start_time().unwrap_or(Timestamp::from_nanos(0));
        let end = trace
            .nodes()
            .filter_map(|node| node.entity().end_time())
            .max()
            .unwrap_or(start);
        Span {
            start,
            nanos: (end.as_nanos().saturating_sub(start.as_nanos())).max(1),
        }
    }

    /// The bar of an entity: at least one mark wide.
    fn bar(&self, entity: Entity<'_>) -> String {
        let column = |time: Option<Timestamp>| {
            let nanos = time.map_or(0, |time| {
                time.as_nanos().saturating_sub(self.start.as_nanos())
            });
            usize::try_from(nanos.saturating_mul(BAR as i128) / self.nanos)
                .unwrap_or(0)
                .min(BAR)
        };
        let start = column(entity.start_time()).min(BAR - 1);
        let end = column(entity.end_time()).max(start + 1);
        format!(
            "{}{}{}",
            " ".repeat(start),
            "█".repeat(end - start),
            " ".repeat(BAR - end)
        )
    }
}

fn style(entity: Entity<'_>) -> Style {
    let color = match (entity.fault(), entity.error(), entity.throttle()) {
        (Some(true), ..) => AnsiColor::Red,
        (_, Some(true), _) | (.., Some(true)) => AnsiColor::Yellow,
        _ => AnsiColor::Green,
    };
    Style::new().fg_color(Some(color.into()))
}

/// Columns for the names.
const LABEL: usize = 31;
/// However deep an entity is, so much of its name is shown.
const SHORTEST_LABEL: usize = 8;
/// Columns for the bars.
const BAR: usize = 17;
/// Columns for what is said behind the time.
const TAIL: usize = 20;
/// Columns of indentation, beyond which it stops growing.
const DEEPEST: usize = 24;
