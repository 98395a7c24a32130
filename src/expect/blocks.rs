//! What the blocks of an entity should look like.

use std::fmt;

use crate::expect::Matcher;
use crate::expect::clue::Clue;
use crate::expect::entity::json;
use crate::expect::fields::fields;
use crate::expect::log::{Log, compared, holds};
use crate::expect::matcher::short;
use crate::json::Value;
use crate::model::{Aws, Http, Sql};
use crate::trace::Node;

/// Declares the expectations of one block.
macro_rules! blocks {
    ($($(#[$about:meta])* $name:ident($block:ident) = $field:literal;)*) => {
        $(
            $(#[$about])*
            #[must_use = "expectations are checked when they are returned to the chain"]
            pub struct $name<'a> {
                block: $block<'a>,
                node: Node<'a>,
                log: Log<'a>,
            }

            impl fmt::Debug for $name<'_> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "expectations of {} {}", $field, self.block.json())
                }
            }

            impl<'a> $name<'a> {
                pub(in crate::expect) fn new(
                    block: $block<'a>,
                    node: Node<'a>,
                    log: Log<'a>,
                ) -> $name<'a> {
                    $name { block, node, log }
                }

                pub(in crate::expect) fn into_log(self) -> Log<'a> {
                    self.log
                }

                /// A member of the block by its name in the document, of any type.
                fn member(mut self, name: &str, expected: &impl Matcher<Value<'a>>) -> Self {
                    let found = self.block.json().get(name);
                    self.log.note(Some(self.node), holds(found.as_ref(), expected), || {
                        let what = format!(concat!($field, ".{}"), short(name));
                        let clue = Clue::Member { member: name.to_owned() };
                        compared(what, found.as_ref(), expected, json).because(clue)
                    });
                    self
                }
            }
        )*
    };
}

blocks! {
    /// The expectations of an `aws` block. Each step adds one.
    ExpectAws(Aws) = "aws";
    /// The expectations of an `http` block. Each step adds one.
    ExpectHttp(Http) = "http";
    /// The expectations of an `sql` block. Each step adds one.
    ExpectSql(Sql) = "sql";
}

impl<'a> ExpectAws<'a> {
    fields! {
        /// The operation.
        operation: text(str) = "aws.operation", |this: &Self| this.block.operation();
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.operation("PutItem")))"#,
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.operation("GetItem")))"#;

        /// The DynamoDB table.
        table: text(str) = "aws.table_name", |this: &Self| this.block.table_name();
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.table("Orders")))"#,
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.table("Users")))"#;

        /// The region.
        region: text(str) = "aws.region", |this: &Self| this.block.region();
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.region("eu-west-1")))"#,
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.region("us-east-1")))"#;

        /// How often the SDK tried again.
        retries: number(i64) = "aws.retries", |this: &Self| this.block.retries();
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.retries(2).retries(..=3)))"#,
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.retries(0)))"#;

        /// The request id that the service answered.
        request_id: text(str) = "aws.request_id", |this: &Self| this.block.request_id();
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.request_id(|id: &str| id.len() == 52)))"#,
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.request_id("1")))"#;

        /// The account that owns the resource.
        account_id: text(str) = "aws.account_id", |this: &Self| this.block.account_id();
        r#"subsegment("SNS", |s| s.aws(|a| a.account_id("123456789012")))"#,
        r#"subsegment("DynamoDB", |s| s.aws(|a| a.account_id("123456789012")))"#;

        /// The SQS queue.
        queue_url: text(str) = "aws.queue_url", |this: &Self| this.block.queue_url();
        r#"subsegment("SQS", |s| s.aws(|a| a.queue_url(|url: &str| url.ends_with("/mails"))))"#,
        r#"subsegment("SQS", |s| s.aws(|a| a.queue_url("mails")))"#;

        /// The SNS topic.
        topic_arn: text(str) = "aws.topic_arn", |this: &Self| this.block.topic_arn();
        r#"subsegment("SNS", |s| s.aws(|a| a.topic_arn(|arn: &str| arn.ends_with(":orders"))))"#,
        r#"subsegment("SNS", |s| s.aws(|a| a.topic_arn("orders")))"#;

        /// The S3 bucket.
        bucket: text(str) = "aws.bucket_name", |this: &Self| this.block.bucket_name();
        r#"subsegment("S3", |s| s.aws(|a| a.bucket("receipts")))"#,
        r#"subsegment("S3", |s| s.aws(|a| a.bucket("invoices")))"#;

        /// The Lambda function.
        function: text(str) = "aws.function_name", |this: &Self| this.block.function_name();
        r#"subsegment("Lambda", |s| s.aws(|a| a.function("bill")))"#,
        r#"subsegment("Lambda", |s| s.aws(|a| a.function("mail")))"#;
    }

    /// Any member of the block by its name, such as `count` or `consistent_read`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.field("table_name", "Orders").field("retries", 2)));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.field("consistent_read", true)));
    /// ```
    pub fn field(self, name: &str, expected: impl Matcher<Value<'a>>) -> Self {
        self.member(name, &expected)
    }
}

impl ExpectHttp<'_> {
    fields! {
        /// The method of the request.
        method: text(str) = "http.request.method", |this: &Self| this.block.request().and_then(|request| request.method());
        r#"segment("OrdersWorker", |s| s.http(|h| h.method("POST")))"#,
        r#"segment("OrdersWorker", |s| s.http(|h| h.method("GET")))"#;

        /// The URL of the request.
        url: text(str) = "http.request.url", |this: &Self| this.block.request().and_then(|request| request.url());
        r#"segment("OrdersWorker", |s| s.http(|h| h.url("https://orders.test/orders")))"#,
        r#"segment("OrdersWorker", |s| s.http(|h| h.url("/orders")))"#;

        /// The user agent of the caller.
        user_agent: text(str) = "http.request.user_agent", |this: &Self| this.block.request().and_then(|request| request.user_agent());
        r#"segment("OrdersWorker", |s| s.http(|h| h.user_agent("curl/8")))"#,
        r#"segment("OrdersWorker", |s| s.http(|h| h.user_agent("curl")))"#;

        /// The address of the caller.
        client_ip: text(str) = "http.request.client_ip", |this: &Self| this.block.request().and_then(|request| request.client_ip());
        r#"segment("OrdersWorker", |s| s.http(|h| h.client_ip("192.0.2.7")))"#,
        r#"segment("OrdersWorker", |s| s.http(|h| h.client_ip("192.0.2.8")))"#;

        /// The status of the answer.
        status: number(i64) = "http.response.status", |this: &Self| this.block.response().and_then(|response| response.status());
        r#"segment("OrdersWorker", |s| s.http(|h| h.status(200)))"#,
        r#"segment("OrdersWorker", |s| s.http(|h| h.status(400..)))"#;

        /// The length of the answer's body in bytes.
        content_length: number(i64) = "http.response.content_length", |this: &Self| this.block.response().and_then(|response| response.content_length());
        r#"segment("OrdersWorker", |s| s.http(|h| h.content_length(1..)))"#,
        r#"segment("OrdersWorker", |s| s.http(|h| h.content_length(0)))"#;
    }
}

impl<'a> ExpectSql<'a> {
    fields! {
        /// The query, its values replaced by placeholders.
        query: text(str) = "sql.sanitized_query", |this: &Self| this.block.sanitized_query();
        r#"subsegment("users-db", |s| s.sql(|q| q.query("SELECT name FROM users WHERE id = ?")))"#,
        r#"subsegment("users-db", |s| s.sql(|q| q.query("SELECT 1")))"#;

        /// The URL of the database.
        url: text(str) = "sql.url", |this: &Self| this.block.url();
        r#"subsegment("users-db", |s| s.sql(|q| q.url("postgresql://db.test:5432/users")))"#,
        r#"subsegment("users-db", |s| s.sql(|q| q.url("postgresql://root:secret@db.test/users")))"#;

        /// The name of the database engine.
        database_type: text(str) = "sql.database_type", |this: &Self| this.block.database_type();
        r#"subsegment("users-db", |s| s.sql(|q| q.database_type("PostgreSQL")))"#,
        r#"subsegment("users-db", |s| s.sql(|q| q.database_type("MySQL")))"#;

        /// The version of the database engine.
        database_version: text(str) = "sql.database_version", |this: &Self| this.block.database_version();
        r#"subsegment("users-db", |s| s.sql(|q| q.database_version("16.1")))"#,
        r#"subsegment("users-db", |s| s.sql(|q| q.database_version("15.0")))"#;

        /// The name and version of the driver.
        driver_version: text(str) = "sql.driver_version", |this: &Self| this.block.driver_version();
        r#"subsegment("users-db", |s| s.sql(|q| q.driver_version("0.8")))"#,
        r#"subsegment("users-db", |s| s.sql(|q| q.driver_version("0.7")))"#;

        /// The user of the database.
        user: text(str) = "sql.user", |this: &Self| this.block.user();
        r#"subsegment("users-db", |s| s.sql(|q| q.user("worker")))"#,
        r#"subsegment("users-db", |s| s.sql(|q| q.user("root")))"#;

        /// `call` or `statement`.
        preparation: text(str) = "sql.preparation", |this: &Self| this.block.preparation();
        r#"subsegment("users-db", |s| s.sql(|q| q.preparation("statement")))"#,
        r#"subsegment("users-db", |s| s.sql(|q| q.preparation("call")))"#;
    }

    /// Any member of the block by its name.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("users-db", |s| s.sql(|q| q.field("user", "worker")));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("users-db", |s| s.sql(|q| q.field("connection_string", "db")));
    /// ```
    pub fn field(self, name: &str, expected: impl Matcher<Value<'a>>) -> Self {
        self.member(name, &expected)
    }
}

impl<'a> ExpectHttp<'a> {
    /// Any member of the block by its name: `request`, `response`.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::json::Value;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s
    ///     .http(|h| h.field("request", |request: &Value<'_>| request.get("traced").is_none())));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.http(|h| h.field("trailer", xray_phantom::expect::any())));
    /// ```
    pub fn field(self, name: &str, expected: impl Matcher<Value<'a>>) -> Self {
        self.member(name, &expected)
    }
}
