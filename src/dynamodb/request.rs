//! What the SDK sent.

use std::collections::BTreeSet;
use std::fmt;

use crate::json::{Document, Value};

/// One attempt of a call.
#[derive(Clone, Debug)]
pub struct Request {
    operation: String,
    tables: Vec<String>,
    body: String,
    attempt: u32,
    trace_header: Option<String>,
}

impl Request {
    /// The first attempt of an operation with this JSON as its body.
    pub fn new(operation: impl Into<String>, body: impl Into<String>) -> Request {
        let body = body.into();
        let document = Document::parse(&body).ok();
        let tables = document.as_ref().map(tables).unwrap_or_default();
        Request {
            operation: operation.into(),
            tables,
            body,
            attempt: 1,
            trace_header: None,
        }
    }

    /// Adds what the headers of the request say.
    pub(in crate::dynamodb) fn with_headers(
        mut self,
        attempt: u32,
        trace_header: Option<String>,
    ) -> Request {
        self.attempt = attempt;
        self.trace_header = trace_header;
        self
    }

    /// The operation, such as `PutItem`.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The tables that the request names: one, or several of a batch or transaction.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(String::as_str)
    }

    /// The body, JSON.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Which attempt of its call it was, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The header `X-Amzn-Trace-Id`.
    pub fn trace_header(&self) -> Option<&str> {
        self.trace_header.as_deref()
    }
}

/// `PutItem Orders`
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation)?;
        self.tables
            .iter()
            .try_for_each(|table| write!(f, " {table}"))
    }
}

/// The tables of a request, in order and each once: `TableName`, the keys of `RequestItems`, and
/// those of the parts of `TransactItems`.
fn tables(document: &Document) -> Vec<String> {
    let root = document.root();
    let mut tables: Vec<String> = root.get("TableName").iter().filter_map(name).collect();
    let items = root.get("RequestItems");
    tables.extend(
        items
            .iter()
            .flat_map(Value::members)
            .map(|(name, _)| name.decode().into_owned()),
    );
    let parts = root.get("TransactItems");
    let actions = parts
        .iter()
        .flat_map(Value::elements)
        .flat_map(|part| part.members());
    tables.extend(actions.filter_map(|(_, action)| name(&action.get("TableName")?)));
    let mut seen = BTreeSet::new();
    tables.retain(|table| seen.insert(table.clone()));
    tables
}

fn name(value: &Value<'_>) -> Option<String> {
    Some(value.as_str()?.into_owned())
}
