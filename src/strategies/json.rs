//! JSON that can be put together and changed.

use std::fmt;

use crate::json::write_text;

/// A JSON value; a scalar is kept as it is written, so that it may be what no text can hold.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::strategies) enum Json {
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
    Raw(String),
}

impl Json {
    /// What is JSON already: a number, a boolean, null, or a whole value.
    pub(in crate::strategies) fn raw(value: impl fmt::Display) -> Json {
        Json::Raw(value.to_string())
    }

    /// A string.
    pub(in crate::strategies) fn text(text: impl AsRef<str>) -> Json {
        let mut raw = String::new();
        write_text(&mut raw, text.as_ref());
        Json::Raw(raw)
    }

    /// The members that are there.
    pub(in crate::strategies) fn object<const N: usize>(
        members: [(&str, Option<Json>); N],
    ) -> Json {
        let members = members.into_iter();
        let there = members.filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Json::Object(there.collect())
    }

    pub(in crate::strategies) fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Array(elements) => elements.get(key.parse::<usize>().ok()?),
            Json::Object(members) => {
                let found = members.iter().find(|(known, _)| known == key);
                found.map(|(_, value)| value)
            }
            Json::Raw(_) => None,
        }
    }

    /// The value at a path such as `cause/exceptions/0`.
    pub(in crate::strategies) fn at(&self, path: &str) -> Option<&Json> {
        path.split('/')
            .try_fold(self, |value, step| value.get(step))
    }

    /// Whether the value at a path is written so.
    pub(in crate::strategies) fn is(&self, path: &str, raw: &str) -> bool {
        matches!(self.at(path), Some(Json::Raw(written)) if written == raw)
    }

    /// Puts a value at a path, in the place of another or as the last member. Objects on the way
    /// are made.
    pub(in crate::strategies) fn set(&mut self, path: &str, value: Json) {
        *self.inside(path) = value;
    }

    /// The value at a path, made where there is none.
    pub(in crate::strategies) fn inside(&mut self, path: &str) -> &mut Json {
        path.split('/').fold(self, |value, step| value.member(step))
    }

    /// Takes the member at a path away.
    pub(in crate::strategies) fn remove(&mut self, path: &str) {
        let (target, key) = match path.rsplit_once('/') {
            Some((around, key)) => (self.inside(around), key),
            None => (self, path),
        };
        if let Json::Object(members) = target {
            members.retain(|(known, _)| known != key);
        }
    }

    /// The member of that name, made where there is none.
    fn member(&mut self, key: &str) -> &mut Json {
        if let Json::Array(elements) = self {
            let Some(element) = key.parse().ok().and_then(|at: usize| elements.get_mut(at)) else {
                unreachable!("paths name elements that were seen to be there")
            };
            return element;
        }
        if !matches!(self, Json::Object(_)) {
            *self = Json::Object(Vec::new());
        }
        let Json::Object(members) = self else {
            unreachable!("it was just made an object")
        };
        let at = members.iter().position(|(known, _)| known == key);
        let at = at.unwrap_or_else(|| {
            members.push((key.to_owned(), Json::raw("null")));
            members.len() - 1
        });
        &mut members[at].1
    }
}

/// The text.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = |at: usize| if at == 0 { "" } else { "," };
        match self {
            Json::Array(elements) => {
                f.write_str("[")?;
                for (at, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", separator(at))?;
                }
                f.write_str("]")
            }
            Json::Object(members) => {
                f.write_str("{")?;
                for (at, (key, value)) in members.iter().enumerate() {
                    write!(f, "{}{}:{value}", separator(at), Json::text(key))?;
                }
                f.write_str("}")
            }
            Json::Raw(raw) => f.write_str(raw),
        }
    }
}
