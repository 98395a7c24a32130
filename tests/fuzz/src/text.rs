//! What holds for every text that a person reads.

/// The text without the codes of colours.
pub(crate) fn without_colors(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_once('m').expect("a code of a colour ends");
        plain.push_str(rest);
    }
    plain
}

/// Nothing in it moves the cursor, colours what is not ours, or reverses the line.
#[track_caller]
pub(crate) fn is_printable(text: &str) {
    let strange = |character: char| {
        character != '\n'
            && (character.is_control()
                || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    let found = text.find(strange);
    assert_eq!(found, None, "a control character in {text:?}");
}
