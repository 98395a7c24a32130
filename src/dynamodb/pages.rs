//! A list of items, given page by page.

use std::collections::HashMap;

use crate::dynamodb::{Reply, Request};
use crate::json::{Document, ObjectWriter, Value, write_text};

/// Items that `Query` and `Scan` answer with in pages.
#[derive(Clone, Debug)]
pub(in crate::dynamodb) struct Pages {
    /// The attributes of the table's key, which tell an item from the others.
    pub(in crate::dynamodb) key: Vec<String>,
    pub(in crate::dynamodb) size: usize,
    pub(in crate::dynamodb) items: Vec<Document>,
    /// Where the item of a key stands.
    places: HashMap<String, usize>,
}

impl Pages {
    /// Pages of at least one item each.
    ///
    /// # Errors
    ///
    /// No reader could read on behind an item: it lacks an attribute of the key, another has the same
    /// one, or there is no key.
    pub(in crate::dynamodb) fn new(
        key: Vec<String>,
        size: usize,
        items: Vec<Document>,
    ) -> Result<Pages, String> {
        if key.is_empty() {
            return Err("the key has no attribute".to_owned());
        }
        let mut places = HashMap::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let place = match place_of(&key, item.root()) {
                Ok(place) => place,
                Err(name) => {
                    return Err(format!(
                        "item {index} has no attribute `{name}`, which the key is made of"
                    ));
                }
            };
            if let Some(before) = places.insert(place, index) {
                return Err(format!(
                    "items {before} and {index} have the same key, so that nobody can read on behind them: name \
                     all attributes of the table's key, also where an index is read"
                ));
            }
        }
        Ok(Pages {
            key,
            size: size.max(1),
            items,
            places,
        })
    }

    /// The page that a request asks for, and whether it is the last one.
    pub(in crate::dynamodb) fn page(&self, request: &Request) -> (Reply, bool) {
        let asked = |name: &str| request.document()?.root().get(name);
        let begin = match start_key(request) {
            None => 0,
            Some(key) => match self.place(key) {
                Some(at) => at + 1,
                None => {
                    let error = Reply::validation_error("The provided starting key is invalid");
                    return (error, false);
                }
            },
        };
        let limit = asked("Limit").and_then(|limit| limit.raw().parse().ok());
        let size = limit.unwrap_or(self.size).min(self.size).max(1);
        let page = &self.items[begin..self.items.len().min(begin.saturating_add(size))];
        let is_last = begin + page.len() >= self.items.len();
        let counts_only = asked("Select")
            .and_then(|select| select.as_str())
            .is_some_and(|select| select == "COUNT");
        let mut body = String::new();
        let mut object = ObjectWriter::begin(&mut body);
        object.raw("Count", page.len());
        if !counts_only {
            object.array("Items", page, |json, item| json.push_str(item.text()));
        }
        if let Some(last) = page.last().filter(|_| !is_last) {
            let mut key = object.object("LastEvaluatedKey");
            for name in &self.key {
                if let Some(value) = last.root().get(name) {
                    key.raw(name, value);
                }
            }
            key.end();
        }
        object.raw("ScannedCount", page.len());
        object.end();
        (Reply::ok(body), is_last)
    }

    /// Whether a request asks for more than the first page.
    pub(in crate::dynamodb) fn is_continued(request: &Request) -> bool {
        start_key(request).is_some()
    }

    /// Whether a request asks for the page behind one of these items.
    pub(in crate::dynamodb) fn reads_on(&self, request: &Request) -> bool {
        start_key(request).is_some_and(|key| self.place(key).is_some())
    }

    /// Where the item with this key stands.
    fn place(&self, key: Value<'_>) -> Option<usize> {
        let place = place_of(&self.key, key).ok()?;
        self.places.get(&place).copied()
    }
}

/// Whether an operation reads in pages that begin behind a key.
pub(in crate::dynamodb) fn is_paged(operation: &str) -> bool {
    matches!(operation, "Query" | "Scan")
}

/// The key of an item as a text that is the same however its JSON is written; or the attribute that
/// the item lacks.
fn place_of<'a>(key: &'a [String], item: Value<'_>) -> Result<String, &'a str> {
    let mut place = String::new();
    for name in key {
        let Some(attribute) = item.get(name) else {
            return Err(name);
        };
        let mut members = attribute.members();
        match (members.next(), members.next()) {
            // `{"S": "o-1"}`, as all attributes of keys are.
            (Some((kind, value)), None) => {
                write_text(&mut place, &kind.decode());
                match value.as_str() {
                    Some(text) => write_text(&mut place, &text),
                    None => place.push_str(value.raw()),
                }
            }
            _ => place.push_str(attribute.raw()),
        }
    }
    Ok(place)
}

/// Where a request wants to read on.
fn start_key(request: &Request) -> Option<Value<'_>> {
    let key = request.document()?.root().get("ExclusiveStartKey")?;
    key.members().next().is_some().then_some(key)
}
