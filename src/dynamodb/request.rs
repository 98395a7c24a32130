//! What the SDK sent.

use std::fmt;

use crate::json::Document;

/// One attempt of a call.
#[derive(Clone, Debug)]
pub struct Request {
    operation: String,
    table: Option<String>,
    body: String,
    attempt: u32,
    trace_header: Option<String>,
}

impl Request {
    /// The first attempt of an operation with this JSON as its body.
    pub fn new(operation: impl Into<String>, body: impl Into<String>) -> Request {
        let body = body.into();
        let document = Document::parse(&body).ok();
        let table = document
            .as_ref()
            .and_then(|document| document.root().get("TableName")?.as_str());
        let table = table.map(Into::into);
        Request {
            operation: operation.into(),
            table,
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

    /// The table, where the request names one.
    pub fn table(&self) -> Option<&str> {
        self.table.as_deref()
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
        self.table
            .iter()
            .try_for_each(|table| write!(f, " {table}"))
    }
}
