//! Steps through a text: what stands before a place, and behind it.
//!
//! Each detector looks at each byte a bounded number of times, so that a long text costs its
//! length.

/// Where the characters that `fits` takes end, from `start` on.
pub(in crate::schema::secrets) fn end_of(
    text: &str,
    start: usize,
    fits: impl Fn(char) -> bool,
) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    rest.find(|character| !fits(character))
        .map_or(text.len(), |length| start + length)
}

/// Where the characters that `fits` takes begin that end at `end`; at most `limit` are looked at.
pub(in crate::schema::secrets) fn start_of(
    text: &str,
    end: usize,
    limit: usize,
    fits: impl Fn(char) -> bool,
) -> usize {
    let before = text.get(..end).unwrap_or_default();
    let mut characters = before.char_indices().rev().take(limit);
    let mut start = end;
    while let Some((at, _)) = characters.next().filter(|(_, character)| fits(*character)) {
        start = at;
    }
    start
}

/// The character that ends at `at`.
pub(in crate::schema::secrets) fn before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// The character that begins at `at`.
pub(in crate::schema::secrets) fn behind(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// Whether `word` begins at `at`, in whatever case.
pub(in crate::schema::secrets) fn stands_at(text: &str, at: usize, word: &str) -> bool {
    let found = text.as_bytes().get(at..at + word.len());
    found.is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a character ends whatever is written without quotes.
pub(in crate::schema::secrets) fn is_gap(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '"' | '\'' | '`' | '<' | '>')
}
