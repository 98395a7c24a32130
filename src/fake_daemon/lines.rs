//! Lines of a text that people read in a terminal.

use crate::error::visible;

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

/// How many characters of a line are shown.
const LONGEST: usize = 2_000;

#[cfg(test)]
mod tests {
    use crate::fake_daemon::lines::{LONGEST, harmless};

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
