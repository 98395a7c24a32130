//! Lines of a text that people read in a terminal.

use crate::error::visible;

/// A text in lines of at most 80 columns, those behind the first a little further in. A word that is
/// longer stays whole.
pub(in crate::fake_daemon) fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > COLUMNS {
            lines.push_str("\n ");
            width = 1;
        }
        if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines.push('\n');
    lines
}

/// A text that does nothing to a terminal, whatever names it quotes: other control characters than
/// line feeds as escapes, and each line cut where it is longer than anybody reads.
pub(in crate::fake_daemon) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let cut = line.char_indices().nth(LONGEST).map(|(at, _)| &line[..at]);
        let kept = cut.unwrap_or(line);
        if kept.chars().any(char::is_control) {
            shown.push_str(&visible(kept));
        } else {
            shown.push_str(kept);
        }
        if cut.is_some() {
            shown.push('…');
        }
        shown.push_str(end);
    }
    shown
}

const COLUMNS: usize = 80;
/// How many characters of a line are shown.
const LONGEST: usize = 2_000;

#[cfg(test)]
mod tests {
    use crate::fake_daemon::lines::{LONGEST, harmless, wrapped};

    #[test]
    fn a_line_is_broken_before_the_word_that_would_pass_the_80th_column() {
        let (eighty, more) = ("a".repeat(78), "a".repeat(79));
        assert_eq!(
            wrapped(&format!("{eighty} b c")),
            format!("{eighty} b\n  c\n")
        );
        assert_eq!(wrapped(&format!("{more} b c")), format!("{more}\n  b c\n"));
        let long = "a".repeat(100);
        assert_eq!(
            wrapped(&format!("x {long} y")),
            format!("x\n  {long}\n  y\n")
        );
        assert_eq!(wrapped("short"), "short\n");
    }

    #[test]
    fn nothing_but_line_feeds_controls_a_terminal() {
        assert_eq!(
            harmless("a\u{1b}[31mb\nc\td\r\n"),
            "a\\u{1b}[31mb\nc\\td\\r\n"
        );
        assert_eq!(harmless("é ┐ \"q\"\n\n"), "é ┐ \"q\"\n\n");
    }

    #[test]
    fn a_line_has_an_end() {
        let long = "é".repeat(LONGEST);
        assert_eq!(harmless(&format!("{long}\nx")), format!("{long}\nx"));
        assert_eq!(harmless(&format!("{long}x\ny")), format!("{long}…\ny"));
    }
}
