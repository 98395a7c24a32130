//! Small pieces of text.

use std::time::Duration;

use crate::error::visible;

/// A text on one line and of at most `width` characters.
pub(crate) fn on_one_line(text: &str, width: usize) -> String {
    let cut: String = text.chars().take(width + 1).collect();
    let mut line = visible(&cut);
    if line.chars().count() > width {
        line = line.chars().take(width - 1).collect();
        line.push('…');
    }
    line
}

/// `1 datagram`, `2 datagrams`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// A duration with three digits and its unit.
pub(in crate::render) fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (value, unit) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => (duration.as_secs_f64() * 1e6, "µs"),
        1_000_000..1_000_000_000 => (duration.as_secs_f64() * 1e3, "ms"),
        _ => (duration.as_secs_f64(), "s"),
    };
    // Rounded first, so that 9.996 becomes 10.0 and not 10.00.
    let decimals = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}
