//! Texts that may stand in a document, though they look like secrets.

use std::fmt;

use crate::model::Glob;

/// A list of texts, each exact or with `*` for any characters.
#[derive(Clone, Default)]
pub(in crate::schema::secrets) struct Allowed(Vec<Glob>);

impl Allowed {
    pub(in crate::schema::secrets) fn add(&mut self, text: &str) {
        self.0.push(Glob::new(text));
    }

    pub(in crate::schema::secrets) fn holds(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(text))
    }
}

/// How many there are: what is allowed may be a secret.
impl fmt::Debug for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.len())
    }
}
