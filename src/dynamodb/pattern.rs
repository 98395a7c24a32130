//! Which requests a rule is for.

use std::fmt;

use crate::dynamodb::Request;
use crate::dynamodb::conditions::items;
use crate::json::{Document, Extent, Value, difference};

/// What a request has to be. Each line that is said narrows it.
#[derive(Clone, Debug)]
pub(in crate::dynamodb) struct Pattern {
    pub(in crate::dynamodb) operation: String,
    pub(in crate::dynamodb) table: Option<String>,
    /// Attributes of one item that the request names, with their values.
    pub(in crate::dynamodb) key: Vec<(String, Document)>,
    /// What the body holds.
    pub(in crate::dynamodb) bodies: Vec<Document>,
}

impl Pattern {
    pub(in crate::dynamodb) fn new(operation: &str) -> Pattern {
        Pattern {
            operation: operation.to_owned(),
            table: None,
            key: Vec::new(),
            bodies: Vec::new(),
        }
    }

    pub(in crate::dynamodb) fn matches(&self, request: &Request) -> bool {
        self.operation == request.operation()
            && self.has_table(request)
            && (self.key.is_empty() && self.bodies.is_empty() || self.rest(request).is_empty())
    }

    /// Whether the request is for the table of the rule.
    pub(in crate::dynamodb) fn has_table(&self, request: &Request) -> bool {
        self.table
            .as_deref()
            .is_none_or(|table| request.names_table(table))
    }

    /// What of a request is not as it has to be: a line each.
    pub(in crate::dynamodb) fn differences(&self, request: &Request) -> Vec<String> {
        let mut differences = Vec::new();
        if self.operation != request.operation() {
            let found = request.operation();
            differences.push(format!(
                "operation: expected {}, got {found}",
                self.operation
            ));
        }
        if let Some(table) = self.table.as_deref().filter(|_| !self.has_table(request)) {
            let tables: Vec<&str> = request.tables().collect();
            let found = match &*tables {
                [] => "none".to_owned(),
                tables => tables.join(", "),
            };
            differences.push(format!("table: expected {table}, got {found}"));
        }
        differences.extend(self.rest(request));
        differences
    }

    /// The same without operation and table.
    fn rest(&self, request: &Request) -> Vec<String> {
        if self.key.is_empty() && self.bodies.is_empty() {
            return Vec::new();
        }
        let Some(document) = request.document() else {
            return vec!["body: expected JSON, got none".to_owned()];
        };
        let mut differences = self.key_differences(document);
        for body in &self.bodies {
            if let Some(differs) = difference(body.root(), Some(document.root()), Extent::Part) {
                let (expected, found) = (shown(differs.expected), shown(differs.found));
                let pointer = differs.pointer;
                differences.push(format!(
                    "body at {pointer}: expected {expected}, got {found}"
                ));
            }
        }
        differences
    }

    /// What of the key differs, of the item where the least does.
    fn key_differences(&self, document: &Document) -> Vec<String> {
        let judged = items(document).into_iter().map(|item| {
            let missing = self.key.iter().filter_map(|(name, expected)| {
                let found = item.iter().find(|(attribute, _)| attribute == name);
                let found = found.map(|(_, value)| *value);
                difference(expected.root(), found, Extent::Part)?;
                let found = found.map_or("nothing", |found| found.raw());
                Some(format!(
                    "key {name}: expected {expected}, got {found}",
                    expected = expected.text()
                ))
            });
            missing.collect::<Vec<String>>()
        });
        let nothing = || {
            let expected = |(name, expected): &(String, Document)| {
                format!("key {name}: expected {}, got nothing", expected.text())
            };
            self.key.iter().map(expected).collect()
        };
        judged.min_by_key(Vec::len).unwrap_or_else(nothing)
    }
}

/// `GetItem Orders order_id={"S":"o-1"} {"ConsistentRead":true}`
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation)?;
        if let Some(table) = &self.table {
            write!(f, " {table}")?;
        }
        for (name, value) in &self.key {
            write!(f, " {name}={}", value.text())?;
        }
        for body in &self.bodies {
            write!(f, " {}", body.text())?;
        }
        Ok(())
    }
}

/// A value as it was sent.
fn shown(value: Option<Value<'_>>) -> String {
    value.map_or("nothing".to_owned(), |value| value.raw().to_owned())
}
