//! Small pieces of text.

use std::time::Duration;

/// A duration with three digits and its unit.
pub(crate) fn duration(duration: Duration) -> String {
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

/// A text behind a label, in lines of at most 80 columns: those after the first are indented as
/// far as the label is long. A longer word stays whole, on a line of its own.
pub(crate) fn wrapped(label: &str, text: &str) -> String {
    folded(label, text, label.chars().count().min(DEEPEST))
}

/// The same with lines after the first indented so far.
pub(crate) fn folded(label: &str, text: &str, indent: usize) -> String {
    let mut lines = String::with_capacity(label.len() + text.len() + 1);
    lines.push_str(label);
    let mut column = label.chars().count();
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            begin(&mut lines, indent);
            column = indent;
        }
        let mut is_first = true;
        for word in line.split(' ') {
            let width = word.chars().count();
            let room = COLUMNS.saturating_sub(width);
            let is_too_long = is_first && column > indent.max(room);
            if !is_first && column + 1 + width > COLUMNS || is_too_long {
                // What is long begins further to the left.
                column = indent.min(room);
                begin(&mut lines, column);
            } else if !is_first {
                lines.push(' ');
                column += 1;
            }
            lines.push_str(word);
            column += width;
            is_first = false;
        }
    }
    lines.truncate(lines.trim_end().len());
    lines.push('\n');
    lines
}

fn begin(lines: &mut String, indent: usize) {
    lines.truncate(lines.trim_end().len());
    lines.push('\n');
    lines.extend(std::iter::repeat_n(' ', indent));
}

/// Columns of a line.
pub(in crate::render) const COLUMNS: usize = 80;
/// How far lines after the first are indented at most.
const DEEPEST: usize = 40;

#[cfg(test)]
mod tests {
    use crate::render::{folded, wrapped};

    fn fold(text: &str) -> String {
        folded("", text, 2)
    }

    #[test]
    fn a_line_is_broken_before_the_word_that_would_pass_the_80th_column() {
        let (eighty, more) = ("a".repeat(78), "a".repeat(79));
        assert_eq!(fold(&format!("{eighty} b c")), format!("{eighty} b\n  c\n"));
        assert_eq!(fold(&format!("{more} b c")), format!("{more}\n  b c\n"));
        let long = "a".repeat(100);
        assert_eq!(fold(&format!("x {long} y")), format!("x\n{long}\n  y\n"));
        assert_eq!(fold("short"), "short\n");
    }

    #[test]
    fn lines_stand_below_the_text_behind_the_label() {
        let (half, more) = ("a".repeat(40), "b".repeat(35));
        assert_eq!(
            wrapped("likely: ", &format!("{half} {more}\nc")),
            format!("likely: {half}\n        {more}\n        c\n")
        );
    }
}
