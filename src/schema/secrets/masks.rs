//! Names and keys around secrets.

use std::collections::BTreeMap;

use crate::schema::mask;

/// The texts around secrets, each masked once: they stand in many places.
pub(in crate::schema::secrets) struct Masks {
    secrets: Vec<String>,
    known: BTreeMap<String, String>,
}

impl Masks {
    pub(in crate::schema::secrets) fn new(secrets: Vec<String>) -> Masks {
        Masks {
            secrets,
            known: BTreeMap::new(),
        }
    }

    /// The text as [`mask`] gives it.
    pub(in crate::schema::secrets) fn show(&mut self, text: &str) -> String {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let masked = mask(text, &self.secrets);
        self.known.insert(text.to_owned(), masked.clone());
        masked
    }
}
