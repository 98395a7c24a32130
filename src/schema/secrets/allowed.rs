//! Texts that may stand in a document, though they look like secrets.

use std::fmt;

/// A list of texts, each exact or with `*` for any characters.
#[derive(Clone, Default)]
pub(in crate::schema::secrets) struct Allowed(Vec<String>);

impl Allowed {
    pub(in crate::schema::secrets) fn add(&mut self, text: String) {
        self.0.push(text);
    }

    pub(in crate::schema::secrets) fn holds(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| matches(pattern, text))
    }
}

/// How many there are: what is allowed may be a secret.
impl fmt::Debug for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.len())
    }
}

/// Whether `text` is `pattern`, where each `*` stands for any characters, or none.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The first place of each part leaves the most for those behind it.
    for part in middle.split('*') {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}
