//! How a secret is shown: its first characters at most.

use crate::schema::Rule;
use crate::schema::secrets::scan::{before, behind};

/// Replaces each of `secrets` in `text` by its masked form, also where `text` shows its
/// beginning only, and `…`.
///
/// A secret of fewer than 8 characters is replaced where it stands as a word: others hold it by
/// chance.
pub(crate) fn mask(text: &str, secrets: &[String]) -> String {
    let mut longest_first: Vec<&String> = secrets.iter().collect();
    longest_first.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = text.to_owned();
    for secret in longest_first {
        text = without(text, secret);
    }
    text
}

/// The masked form of a secret that was found by `rule`; of an e-mail address its domain is shown.
pub(in crate::schema::secrets) fn masked_by(rule: Rule, secret: &str) -> String {
    let masked = masked(secret);
    let sign = secret.rfind('@').or_else(|| secret.rfind("%40"));
    match sign {
        Some(sign) if rule == Rule::SecretEmail => masked + &secret[sign..],
        _ => masked,
    }
}

/// At most a quarter of a secret, and at most 4 characters; of what stands before an `@` at most
/// a half.
fn masked(secret: &str) -> String {
    let local = secret.split_once('@').or_else(|| secret.split_once("%40"));
    let half = local.map_or(usize::MAX, |(local, _)| length(local) / 2);
    let shown = MOST_SHOWN.min(length(secret) / 4).min(half);
    // Nothing that a quotation or an escape could end or begin with.
    let is_plain = |character: &char| character.is_ascii_alphanumeric() || *character == '_';
    let mut masked: String = secret.chars().take(shown).take_while(is_plain).collect();
    masked.push('…');
    masked
}

/// How many characters a text has; an escape (`\/`, `\u00e9`) is one.
fn length(text: &str) -> usize {
    let escapes = text.matches('\\').count() + 4 * text.matches("\\u").count();
    text.chars().count().saturating_sub(escapes)
}

fn without(text: String, secret: &str) -> String {
    let is_short = secret.chars().count() < SHORT;
    let start = secret
        .char_indices()
        .nth(SHORT)
        .map_or(secret, |(end, _)| &secret[..end]);
    if start.is_empty() || !text.contains(start) {
        return text;
    }
    let mut masked_text = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find(start) {
        let place = at + found;
        let end = place + common(&text[place..], secret);
        let whole = end - place == secret.len();
        let cut = text[end..].is_empty() || text[end..].starts_with('…');
        if if is_short {
            is_word(&text, place, end)
        } else {
            whole || cut
        } {
            masked_text.push_str(&text[at..place]);
            masked_text.push_str(&masked(secret));
            at = end;
        } else {
            let next = place + text[place..].chars().next().map_or(1, char::len_utf8);
            masked_text.push_str(&text[at..next]);
            at = next;
        }
    }
    masked_text.push_str(&text[at..]);
    masked_text
}

/// How many bytes two texts have in common at their beginnings.
fn common(one: &str, other: &str) -> usize {
    let same = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other);
    same.map(|(character, _)| character.len_utf8()).sum()
}

/// Whether nothing from `start` to `end` is a part of a longer word.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let first = before(text, start);
    // The letter of an escape, such as `\n`, is no part of a word.
    let escape = first.is_some_and(|letter| "bfnrt".contains(letter))
        && before(text, start.saturating_sub(1)) == Some('\\');
    (escape || !first.is_some_and(char::is_alphanumeric))
        && !behind(text, end).is_some_and(char::is_alphanumeric)
}

const MOST_SHOWN: usize = 4;
/// Below so many characters a secret may be a part of other words by chance.
const SHORT: usize = 8;

#[cfg(test)]
mod tests {
    use crate::schema::mask;

    #[track_caller]
    fn check(secrets: &[&str], text: &str, expected: &str) {
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        assert_eq!(mask(text, &secrets), expected);
    }

    #[test]
    fn secrets_are_replaced_by_their_first_characters() {
        check(
            &["abcdefgh12345678"],
            "x abcdefgh12345678, yabcdefgh12345678",
            "x abcd…, yabcd…",
        );
        check(&["jordan@example.com"], "to jordan@example.com", "to jor…");
        check(&["jo@example.com"], "to jo@example.com", "to j…");
        check(&["\"quote123"], "a\"quote123", "a…");
        check(&[], "abcdefgh", "abcdefgh");
        check(&[""], "abcdefgh", "abcdefgh");
    }

    #[test]
    fn longer_secrets_go_first() {
        check(
            &["abcdefgh", "abcdefgh12345678"],
            "abcdefgh12345678 abcdefgh.",
            "abcd… ab….",
        );
    }

    #[test]
    fn the_beginning_of_a_secret_is_replaced_where_a_text_is_cut() {
        check(&["abcdefgh12345678"], "x abcdefgh123… y", "x abcd…… y");
        check(&["abcdefgh12345678"], "x abcdefgh12", "x abcd…");
        check(&["abcdefgh12345678"], "abcdefgh123 4", "abcdefgh123 4");
        check(&["password123"], "password: password123", "password: pa…");
    }

    #[test]
    fn short_secrets_are_replaced_as_words() {
        check(
            &["test"],
            "test latest tests (test) test",
            "t… latest tests (t…) t…",
        );
        check(&["test"], "a\\ntest b", "a\\nt… b");
    }
}
