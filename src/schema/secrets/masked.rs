//! How a secret is shown: its first characters at most.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use crate::schema::Rule;
use crate::schema::secrets::scan::{before, behind};

/// Secrets that no output may show whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masker {
    /// By the first two bytes of the part by which a secret is known.
    by_start: HashMap<[u8; 2], Vec<Secret>>,
}

#[derive(Clone, Debug)]
struct Secret {
    text: String,
    /// How many bytes of it tell it from other texts: the first 8 characters.
    known: usize,
    is_short: bool,
}

impl Masker {
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Masker {
        let distinct: BTreeSet<String> = secrets.into_iter().collect();
        let mut by_start: HashMap<[u8; 2], Vec<Secret>> = HashMap::new();
        for text in distinct.into_iter().filter(|text| !text.is_empty()) {
            let known = text
                .char_indices()
                .nth(SHORT)
                .map_or(text.len(), |(end, _)| end);
            let is_short = text.chars().count() < SHORT;
            by_start.entry(start(&text)).or_default().push(Secret {
                text,
                known,
                is_short,
            });
        }
        Masker { by_start }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// Replaces each secret in `text` by its masked form, also where `text` shows its beginning
    /// only, and `…`. The cost does not grow with the number of secrets.
    ///
    /// A secret of fewer than 8 characters is replaced where it stands as a word: others hold it
    /// by chance.
    pub(crate) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::new();
        let mut at = 0;
        let mut hidden: Option<(usize, usize, &Secret)> = None;
        let mut write = |(start, end, secret): (usize, usize, &Secret)| {
            masked.push_str(&text[at..start]);
            masked.push_str(&self::masked(&secret.text));
            at = end;
        };
        for (place, _) in text.char_indices() {
            let Some((end, secret)) = self.longest_at(text, place) else {
                continue;
            };
            hidden = match hidden {
                // One that begins inside another is hidden with it.
                Some((first, last, other)) if place < last => Some((first, last.max(end), other)),
                Some(other) => {
                    write(other);
                    Some((place, end, secret))
                }
                None => Some((place, end, secret)),
            };
        }
        match hidden {
            Some(last) => write(last),
            None => return Cow::Borrowed(text),
        }
        masked.push_str(&text[at..]);
        Cow::Owned(masked)
    }

    /// The secret that begins here, and where it ends; of several the longest.
    fn longest_at(&self, text: &str, place: usize) -> Option<(usize, &Secret)> {
        let here = &text[place..];
        let candidates = self.by_start.get(&start(here)).into_iter().flatten();
        let found = candidates.filter_map(|secret| {
            let begins = here
                .as_bytes()
                .starts_with(&secret.text.as_bytes()[..secret.known]);
            if !begins {
                return None;
            }
            let end = place + common(here, &secret.text);
            let whole = end - place == secret.text.len();
            let cut = text[end..].is_empty() || text[end..].starts_with('…');
            let shown = if secret.is_short {
                is_word(text, place, end)
            } else {
                whole || cut
            };
            shown.then_some((end, secret))
        });
        found.max_by_key(|(end, _)| *end)
    }
}

/// The first two bytes of a text, of which there may be one.
fn start(text: &str) -> [u8; 2] {
    let bytes = text.as_bytes();
    [0, 1].map(|place| bytes.get(place).copied().unwrap_or_default())
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
    use crate::schema::Masker;

    #[track_caller]
    fn check(secrets: &[&str], text: &str, expected: &str) {
        let masker = Masker::new(secrets.iter().map(|secret| (*secret).to_owned()));
        assert_eq!(masker.mask(text), expected);
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
