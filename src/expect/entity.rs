//! What one entity should look like.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::expect::clue::{Clue, exception};
use crate::expect::fields::fields;
use crate::expect::json::differs;
use crate::expect::log::{Log, Said, compared, holds};
use crate::expect::matcher::{quoted, short};
use crate::expect::relation::path;
use crate::expect::{ExpectAws, ExpectException, ExpectHttp, ExpectSql, Matcher};
use crate::json::{Extent, Value};
use crate::model::Entity;
use crate::render::flags;
use crate::trace::Node;

/// The expectations of one segment or subsegment. Each step adds one.
///
/// All of them are looked at, and a failure shows each: what is as expected and what is not.
#[must_use = "expectations are checked when they are returned to the chain"]
pub struct ExpectEntity<'a> {
    pub(in crate::expect) node: Node<'a>,
    pub(in crate::expect) log: Log<'a>,
}

impl fmt::Debug for ExpectEntity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expectations of {}", path(self.node))
    }
}

/// Its own fields.
impl<'a> ExpectEntity<'a> {
    fields! {
        /// Its name, where it was found by a pattern.
        name: text(str) = "name", |this: &Self| this.node.name();
        r#"subsegment(|name: &str| name.len() == 4, |s| s.name("auth"))"#,
        r#"subsegment(|name: &str| name.len() == 4, |s| s.name("charge"))"#;

        /// Its namespace: `aws`, `remote`, or what the sender wrote.
        namespace: text(str) = "namespace", |this: &Self| this.entity().namespace();
        r#"subsegment("DynamoDB", |s| s.namespace("aws"))"#,
        r#"subsegment("DynamoDB", |s| s.namespace("remote"))"#;

        /// Who sent the request (segments).
        user: text(str) = "user", |this: &Self| this.entity().user();
        r#"segment("OrdersWorker", |s| s.user("u-1"))"#,
        r#"segment("OrdersWorker", |s| s.user("u-2"))"#;

        /// The kind of resource that ran the segment, such as `AWS::EC2::Instance`.
        origin: text(str) = "origin", |this: &Self| this.entity().origin();
        r#"segment("OrdersWorker", |s| s.origin("AWS::EC2::Instance"))"#,
        r#"segment("OrdersWorker", |s| s.origin("AWS::Lambda::Function"))"#;

        /// The status of the HTTP answer.
        status: number(i64) = "http.response.status",
            |this: &Self| this.entity().http().and_then(|http| http.response()?.status());
        r#"segment("OrdersWorker", |s| s.status(200).status(200..300))"#,
        r#"segment("OrdersWorker", |s| s.status(201))"#;

        /// The time from its start to its end.
        duration: time(Duration) = "duration", |this: &Self| this.node.duration();
        r#"segment("OrdersWorker", |s| s.duration(..std::time::Duration::from_millis(250)))"#,
        r#"segment("OrdersWorker", |s| s.duration(..std::time::Duration::from_millis(50)))"#;

        /// The part of its duration in which none of its children was open.
        self_time: time(Duration) = "self time", |this: &Self| this.node.self_time();
        r#"segment("OrdersWorker", |s| s.self_time(std::time::Duration::from_millis(15)))"#,
        r#"segment("OrdersWorker", |s| s.self_time(std::time::Duration::from_millis(100)))"#;

        /// How deep it lies: 1 for a segment, one more a level.
        depth: number(i64) = "depth",
            |this: &Self| i64::try_from(this.node.depth()).ok();
        r#"subsegment("DynamoDB", |s| s.depth(3))"#,
        r#"subsegment("DynamoDB", |s| s.depth(2))"#;
    }

    /// An annotation has this value.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.annotation("order_id", "o-1").annotation("items", 1..=5));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.annotation("order_id", "o-2"));
    /// ```
    pub fn annotation(mut self, key: &str, expected: impl Matcher<Value<'a>>) -> Self {
        let found = self.entity().annotation(key);
        self.log
            .note(Some(self.node), holds(found.as_ref(), &expected), || {
                let what = format!("annotation {}", short(key));
                let said = compared(what, found.as_ref(), &expected, json);
                let Some(found) = found else {
                    return said.because(Clue::NoAnnotation {
                        key: key.to_owned(),
                    });
                };
                let is_text = match (found.as_str(), expected.literal()) {
                    (Some(text), None) if text == expected.expected() => true,
                    (None, Some(text)) if text == found.raw() => false,
                    _ => return said,
                };
                said.because(Clue::OtherType {
                    key: key.to_owned(),
                    is_text,
                })
            });
        self
    }

    /// There is no annotation with this key.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.lacks_annotation("card_number"));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.lacks_annotation("order_id"));
    /// ```
    pub fn lacks_annotation(mut self, key: &str) -> Self {
        let found = self.entity().annotation(key);
        self.log.note(Some(self.node), found.is_none(), || {
            let what = format!("no annotation {}", short(key));
            match &found {
                None => Said::right(what, ""),
                Some(found) => Said::wrong(what, format!("expected none, found {}", json(found))),
            }
        });
        self
    }

    /// The metadata of a namespace hold this: of objects each of these members, and perhaps
    /// others; all else the same. The SDKs' own namespace is `default`.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.metadata("default", &json!({"cart": {"n": 2}})));
    /// ```
    ///
    /// ```should_panic
    /// use serde_json::json;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.metadata("default", &json!({"cart": {"n": 3}})));
    /// ```
    pub fn metadata(self, namespace: &str, expected: &(impl Serialize + ?Sized)) -> Self {
        self.metadata_like(namespace, expected, Extent::Part)
    }

    /// The metadata of a namespace are this, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s
    ///     .metadata_exactly("default", &json!({"cart": {"n": 2, "lines": ["pen", "ink"]}})));
    /// ```
    ///
    /// ```should_panic
    /// use serde_json::json;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.metadata_exactly("default", &json!({"cart": {"n": 2}})));
    /// ```
    pub fn metadata_exactly(self, namespace: &str, expected: &(impl Serialize + ?Sized)) -> Self {
        self.metadata_like(namespace, expected, Extent::Whole)
    }

    fn metadata_like(
        mut self,
        namespace: &str,
        expected: &(impl Serialize + ?Sized),
        extent: Extent,
    ) -> Self {
        let found = self.entity().metadata(namespace);
        let differs = differs(expected, found, extent);
        self.log.note(Some(self.node), differs.is_none(), || {
            let what = format!("metadata {}", short(namespace));
            match differs {
                None => Said::right(what, found.map(|found| json(&found)).unwrap_or_default()),
                Some(why) => Said::wrong(what, why),
            }
        });
        self
    }

    /// Its `http` block looks like this.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().segment("OrdersWorker", |s| s.http(|h| h.method("POST").status(200)));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.http(|h| h)); // there is no such block
    /// ```
    pub fn http(mut self, expect: impl Fn(ExpectHttp<'a>) -> ExpectHttp<'a>) -> Self {
        match self.entity().http() {
            Some(http) => {
                let begun = ExpectHttp::new(http, self.node, self.log.begin());
                self.log.add(expect(begun).into_log());
            }
            None => self.no_block("http"),
        }
        self
    }

    /// Its `aws` block looks like this.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.operation("PutItem").table("Orders").retries(2)));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("DynamoDB", |s| s.aws(|a| a.operation("GetItem")));
    /// ```
    pub fn aws(mut self, expect: impl Fn(ExpectAws<'a>) -> ExpectAws<'a>) -> Self {
        match self.entity().aws() {
            Some(aws) => {
                let begun = ExpectAws::new(aws, self.node, self.log.begin());
                self.log.add(expect(begun).into_log());
            }
            None => self.no_block("aws"),
        }
        self
    }

    /// Its `sql` block looks like this.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::expect::starts_with;
    ///
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("users-db", |s| s.sql(|q| q.query(starts_with("SELECT")).user("worker")));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("users-db", |s| s.sql(|q| q.user("root")));
    /// ```
    pub fn sql(mut self, expect: impl Fn(ExpectSql<'a>) -> ExpectSql<'a>) -> Self {
        match self.entity().sql() {
            Some(sql) => {
                let begun = ExpectSql::new(sql, self.node, self.log.begin());
                self.log.add(expect(begun).into_log());
            }
            None => self.no_block("sql"),
        }
        self
    }

    /// The first exception of its cause looks like this. A cause that refers to an exception of
    /// another entity of the trace is followed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e
    ///     .type_name("PaymentError")
    ///     .caused_by(|e| e.type_name("BadGateway").remote(true))));
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.cause(|e| e.type_name("TimeoutError")));
    /// ```
    pub fn cause(mut self, expect: impl Fn(ExpectException<'a>) -> ExpectException<'a>) -> Self {
        match ExpectException::first(self.node, self.log.begin()) {
            Ok(begun) => self.log.add(expect(begun).into_log()),
            Err(why) => self
                .log
                .note(Some(self.node), false, || Said::wrong("cause", why)),
        }
        self
    }

    /// It has no cause.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("DynamoDB", |s| s.lacks_cause());
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.lacks_cause());
    /// ```
    pub fn lacks_cause(mut self) -> Self {
        let found = self.entity().json().get("cause");
        self.log
            .note(Some(self.node), found.is_none(), || match found {
                None => Said::right("no cause", ""),
                Some(cause) => {
                    let found = exception(self.node.entity()).unwrap_or_else(|| json(&cause));
                    Said::wrong("no cause", format!("expected none, found {found}"))
                }
            });
        self
    }

    /// None of error, fault and throttle is set.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("dynamo-put", |s| s.succeeded());
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.succeeded());
    /// ```
    pub fn succeeded(mut self) -> Self {
        let set: Vec<&str> = flags(self.entity()).collect();
        self.log.note(Some(self.node), set.is_empty(), || {
            if set.is_empty() {
                Said::right("succeeded", "")
            } else {
                Said::wrong("succeeded", format!("found {}", set.join(" "))).because(Clue::Flags)
            }
        });
        self
    }

    /// It is an error: the caller was at fault.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("SNS", |s| s.errored());
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.errored()); // that is a fault
    /// ```
    pub fn errored(self) -> Self {
        self.flag("errored", "ERROR")
    }

    /// It is a fault: the service was.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.faulted());
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("SNS", |s| s.faulted()); // that is an error
    /// ```
    pub fn faulted(self) -> Self {
        self.flag("faulted", "FAULT")
    }

    /// It was throttled.
    ///
    /// # Examples
    ///
    /// ```
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("SNS", |s| s.throttled());
    /// ```
    ///
    /// ```should_panic
    /// # let trace = xray_phantom::trace::sample();
    /// trace.assert().subsegment("charge", |s| s.throttled());
    /// ```
    pub fn throttled(self) -> Self {
        self.flag("throttled", "THROTTLE")
    }

    fn flag(mut self, what: &'static str, flag: &'static str) -> Self {
        let set: Vec<&str> = flags(self.entity()).collect();
        let is_set = set.contains(&flag);
        self.log.note(Some(self.node), is_set, || {
            if is_set {
                return Said::right(what, "");
            }
            let found = match set.as_slice() {
                [] => "found no flag".to_owned(),
                others => format!("found {} alone", others.join(" ")),
            };
            Said::wrong(what, found).because(Clue::Flags)
        });
        self
    }

    fn entity(&self) -> Entity<'a> {
        self.node.entity()
    }

    fn no_block(&mut self, block: &'static str) {
        self.log.note(Some(self.node), false, || {
            Said::wrong(block, "expected a block, found none").because(Clue::NoBlock { block })
        });
    }
}

/// A value as it was sent, on one line and not too long.
pub(in crate::expect) fn json(value: &Value<'_>) -> String {
    match value.as_str() {
        Some(text) => quoted(&text),
        // White space between lines says nothing.
        None if value.raw().contains('\n') => {
            short(&value.raw().split_whitespace().collect::<Vec<_>>().join(" "))
        }
        None => short(value.raw()),
    }
}
