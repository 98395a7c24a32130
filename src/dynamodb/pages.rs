//! A list of items, given page by page.

use crate::dynamodb::{Reply, Request};
use crate::json::{Document, Extent, ObjectWriter, Value, difference};

/// Items that `Query` and `Scan` answer with in pages.
#[derive(Clone, Debug)]
pub(in crate::dynamodb) struct Pages {
    /// The attributes of the table's key, which tell an item from the others.
    pub(in crate::dynamodb) key: Vec<String>,
    pub(in crate::dynamodb) size: usize,
    pub(in crate::dynamodb) items: Vec<Document>,
}

impl Pages {
    /// The page that a request asks for, and whether it is the last one.
    pub(in crate::dynamodb) fn page(&self, request: &Request) -> (Reply, bool) {
        let asked = |name: &str| request.document()?.root().get(name);
        let begin = match start_key(request) {
            None => 0,
            Some(key) => match self.items.iter().position(|item| self.is_at(item, key)) {
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
        start_key(request).is_some_and(|key| self.items.iter().any(|item| self.is_at(item, key)))
    }

    /// Whether an item has this key.
    fn is_at(&self, item: &Document, key: Value<'_>) -> bool {
        self.key.iter().all(|name| {
            key.get(name).is_some_and(|wanted| {
                difference(wanted, item.root().get(name), Extent::Part).is_none()
            })
        })
    }

    /// The attribute of the key that an item does not have.
    pub(in crate::dynamodb) fn missing(&self) -> Option<String> {
        let mut items = self.items.iter().enumerate();
        items.find_map(|(index, item)| {
            let lacks = |name: &&String| item.root().get(name).is_none();
            let name = self.key.iter().find(lacks)?;
            Some(format!(
                "item {index} has no attribute `{name}`, which the key is made of"
            ))
        })
    }
}

/// Where a request wants to read on.
fn start_key(request: &Request) -> Option<Value<'_>> {
    let key = request.document()?.root().get("ExclusiveStartKey")?;
    key.members().next().is_some().then_some(key)
}
