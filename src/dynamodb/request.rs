//! What the SDK sent.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

use crate::json::{Document, member};
use crate::wire::{table_name, tables};

/// One attempt of a call.
#[derive(Clone, Debug)]
pub struct Request {
    operation: String,
    body: String,
    attempt: u32,
    trace_header: Option<String>,
    /// What the attempts of one call share.
    invocation: Option<String>,
    tables: OnceLock<Vec<String>>,
    document: OnceLock<Option<Document>>,
}

impl Request {
    /// The first attempt of an operation with this JSON as its body.
    pub fn new(operation: impl Into<String>, body: impl Into<String>) -> Request {
        Request {
            operation: operation.into(),
            body: body.into(),
            attempt: 1,
            trace_header: None,
            invocation: None,
            tables: OnceLock::new(),
            document: OnceLock::new(),
        }
    }

    /// Adds what the headers of the request say.
    pub(in crate::dynamodb) fn with_headers(
        mut self,
        attempt: u32,
        trace_header: Option<String>,
        invocation: Option<String>,
    ) -> Request {
        self.attempt = attempt;
        self.trace_header = trace_header;
        self.invocation = invocation;
        self
    }

    /// The operation, such as `PutItem`.
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The tables that the request names, in order and each once: one, or several of a batch, a
    /// transaction or statements of PartiQL. Where it gives an ARN, that is what stands here.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let read = || {
            let mut tables = tables(&self.operation, self.body.as_bytes());
            let mut seen = BTreeSet::new();
            tables.retain(|table| seen.insert(table.clone()));
            tables
        };
        let tables = self.tables.get_or_init(read);
        tables.iter().map(String::as_str)
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

    /// The header `amz-sdk-invocation-id`, which the attempts of one call share.
    pub fn invocation_id(&self) -> Option<&str> {
        self.invocation.as_deref()
    }

    /// Whether it is for this table, or one of its parts is; by its name or its ARN.
    pub(in crate::dynamodb) fn names_table(&self, table: &str) -> bool {
        match member(self.body.as_bytes(), "TableName") {
            // As nearly every table is named.
            Some([b'"', name @ .., b'"']) if name == table.as_bytes() => true,
            _ => self
                .tables()
                .any(|named| named == table || table_name(named) == table),
        }
    }

    /// The body, read; `None` where it is no JSON.
    pub(in crate::dynamodb) fn document(&self) -> Option<&Document> {
        let read = || Document::parse(&self.body).ok();
        self.document.get_or_init(read).as_ref()
    }
}

/// `PutItem Orders`
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation)?;
        self.tables().try_for_each(|table| write!(f, " {table}"))
    }
}
