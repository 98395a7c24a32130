//! JSON that can be changed: duplicate keys, and the texts of keys, strings and numbers, stay as
//! they are.

use std::fmt;

use xray_phantom::json::{Document, Kind, Value};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::mutator) enum Tree {
    Array(Vec<Tree>),
    /// Members: a key as it is written, without its quotes, and a value.
    Object(Vec<(String, Tree)>),
    /// Anything else, as it is written.
    Token(String),
}

impl Tree {
    pub(in crate::mutator) fn read(text: &str) -> Option<Tree> {
        Some(Tree::of(Document::parse(text).ok()?.root()))
    }

    fn of(value: Value<'_>) -> Tree {
        match value.kind() {
            Kind::Array => Tree::Array(value.elements().map(Tree::of).collect()),
            Kind::Object => {
                let members = value.members();
                Tree::Object(
                    members
                        .map(|(key, value)| (key.raw().to_owned(), Tree::of(value)))
                        .collect(),
                )
            }
            _ => Tree::token(value.raw()),
        }
    }

    pub(in crate::mutator) fn token(text: &str) -> Tree {
        Tree::Token(text.to_owned())
    }

    /// A value as it is written, JSON or not.
    pub(in crate::mutator) fn written(json: &str) -> Tree {
        Tree::read(json).unwrap_or_else(|| Tree::token(json))
    }

    /// A string.
    pub(in crate::mutator) fn text(text: &str) -> Tree {
        Tree::Token(serde_json::Value::from(text).to_string())
    }

    fn write(&self, json: &mut String) {
        match self {
            Tree::Array(elements) => {
                json.push('[');
                for (place, element) in elements.iter().enumerate() {
                    if place > 0 {
                        json.push(',');
                    }
                    element.write(json);
                }
                json.push(']');
            }
            Tree::Object(members) => {
                json.push('{');
                for (place, (key, value)) in members.iter().enumerate() {
                    let comma = if place > 0 { "," } else { "" };
                    json.push_str(comma);
                    json.push('"');
                    json.push_str(key);
                    json.push_str("\":");
                    value.write(json);
                }
                json.push('}');
            }
            Tree::Token(text) => json.push_str(text),
        }
    }

    /// The last member with this key.
    pub(in crate::mutator) fn get(&self, key: &str) -> Option<&Tree> {
        let mut members = self.members().iter().rev();
        members
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub(in crate::mutator) fn members(&self) -> &[(String, Tree)] {
        match self {
            Tree::Object(members) => members,
            _ => &[],
        }
    }

    /// Sets a member, a new one at this place among the others.
    pub(in crate::mutator) fn set(&mut self, key: &str, value: Tree, place: usize) {
        let Tree::Object(members) = self else {
            return;
        };
        match members.iter_mut().rev().find(|(name, _)| name == key) {
            Some(member) => member.1 = value,
            None => members.insert(place.min(members.len()), (key.to_owned(), value)),
        }
    }

    pub(in crate::mutator) fn remove(&mut self, key: &str) {
        if let Tree::Object(members) = self {
            members.retain(|(name, _)| name != key);
        }
    }

    /// All values, each before those inside of it, with the key that leads there: of an element
    /// that of its array.
    pub(in crate::mutator) fn places(&self) -> Vec<(&str, &Tree)> {
        let mut places = Vec::new();
        let mut waiting = vec![("", self)];
        while let Some((key, value)) = waiting.pop() {
            places.push((key, value));
            match value {
                Tree::Array(elements) => {
                    waiting.extend(elements.iter().rev().map(|element| (key, element)));
                }
                Tree::Object(members) => {
                    waiting.extend(members.iter().rev().map(|(key, value)| (&**key, value)));
                }
                Tree::Token(_) => {}
            }
        }
        places
    }

    /// The value at one of the [`places`](Tree::places).
    pub(in crate::mutator) fn at(&mut self, place: usize) -> Option<&mut Tree> {
        let Some(mut left) = place.checked_sub(1) else {
            return Some(self);
        };
        let mut inside = |value: &Tree| {
            let size = value.size();
            let is_here = left < size;
            left -= if is_here { 0 } else { size };
            is_here.then_some(left)
        };
        match self {
            Tree::Array(elements) => elements
                .iter_mut()
                .find_map(|element| inside(element).and_then(|left| element.at(left))),
            Tree::Object(members) => members
                .iter_mut()
                .find_map(|(_, value)| inside(value).and_then(|left| value.at(left))),
            Tree::Token(_) => None,
        }
    }

    /// How many values it is.
    fn size(&self) -> usize {
        match self {
            Tree::Array(elements) => 1 + elements.iter().map(Tree::size).sum::<usize>(),
            Tree::Object(members) => {
                1 + members.iter().map(|(_, value)| value.size()).sum::<usize>()
            }
            Tree::Token(_) => 1,
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut json = String::new();
        self.write(&mut json);
        f.write_str(&json)
    }
}
