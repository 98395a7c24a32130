//! Which requests a rule is for.

use std::fmt;
use std::fmt::Display;
use std::panic::Location;
use std::sync::Arc;

use crate::dynamodb::Attribute;
use crate::dynamodb::script::Script;
use crate::dynamodb::shared::Shared;
use crate::error::Error;
use crate::json::{Document, Kind};

/// The answers to the requests of one operation, in order.
///
/// First it is said which requests the rule is for: [`table`](Rule::table), [`key`](Rule::key),
/// [`matching`](Rule::matching). Rules for other requests do not matter to this one; of two rules for
/// the same request the one that was made first answers until it has nothing left.
///
/// Then what they are answered, first in, first out. Each answer is given once; the last one
/// that was said as often as [`times`](Rule::times) says, or for ever after
/// [`repeated`](Rule::repeated). An attempt is a request: of a call that is throttled twice and then
/// done, three answers are used.
///
/// # Examples
///
/// ```
/// use xray_phantom::{DynamoRequest, MockDynamo};
///
/// let dynamo = MockDynamo::new();
/// dynamo.on("PutItem").table("Orders").throttle(1).then_ok();
///
/// let put = || DynamoRequest::new("PutItem", r#"{"TableName": "Orders"}"#);
/// assert_eq!(dynamo.handle(put()).unwrap().status(), 400);
/// assert_eq!(dynamo.handle(put()).unwrap().status(), 200);
/// ```
///
/// A request that no rule answers, and an answer that nobody asked for, fail the test:
///
/// ```should_panic
/// use xray_phantom::MockDynamo;
///
/// let dynamo = MockDynamo::new();
/// dynamo.on("PutItem").table("Orders").then_ok();
/// // Nobody asks.
/// ```
pub struct Rule {
    pub(in crate::dynamodb) shared: Arc<Shared>,
    pub(in crate::dynamodb) index: usize,
}

/// Which requests it is for.
#[expect(
    clippy::return_self_not_must_use,
    reason = "the mock holds the rule; the handle is only for going on"
)]
impl Rule {
    pub(in crate::dynamodb) fn new(shared: Arc<Shared>, index: usize) -> Rule {
        Rule { shared, index }
    }

    /// Only requests for this table; of a batch or a transaction, where one part is.
    pub fn table(self, table: &str) -> Rule {
        self.change(|script| script.pattern.table = Some(table.to_owned()))
    }

    /// Only requests for an item with this attribute: in its key, or in the item that is put, of a
    /// batch or a transaction in one of its parts, of a query in an equality of its key condition.
    /// Said twice, both are of the same item.
    ///
    /// ```
    /// # use xray_phantom::{Attribute, DynamoRequest, MockDynamo};
    /// let dynamo = MockDynamo::new();
    /// dynamo.on("GetItem").key("order_id", "o-2").then_no_item();
    /// dynamo.on("GetItem").key("order_id", "o-1").then_item([("order_id", Attribute::from("o-1"))]);
    ///
    /// let get = |id| DynamoRequest::new("GetItem", format!(r#"{{"Key": {{"order_id": {{"S": "{id}"}}}}}}"#));
    /// assert_eq!(dynamo.handle(get("o-1")).unwrap().body(), r#"{"Item":{"order_id":{"S":"o-1"}}}"#);
    /// assert_eq!(dynamo.handle(get("o-2")).unwrap().body(), "{}");
    /// ```
    pub fn key(self, name: &str, value: impl Into<Attribute>) -> Rule {
        let mut json = String::new();
        value.into().write(&mut json);
        let Ok(value) = Document::parse(&json) else {
            unreachable!("an attribute is written as JSON")
        };
        self.change(|script| script.pattern.key.push((name.to_owned(), value)))
    }

    /// Only requests whose body holds this JSON: each member of an object, arrays element by element.
    /// It is a text, or a value whose text is JSON, such as `serde_json::json!(...)`.
    ///
    /// ```
    /// # use xray_phantom::{DynamoRequest, MockDynamo};
    /// let dynamo = MockDynamo::new();
    /// dynamo.on("Scan").matching(r#"{"Segment": 1, "TotalSegments": 2}"#).then_ok();
    /// let scan = r#"{"TableName": "Orders", "Segment": 1, "TotalSegments": 2}"#;
    /// assert!(dynamo.handle(DynamoRequest::new("Scan", scan)).is_ok());
    /// ```
    ///
    /// # Panics
    ///
    /// Where it is no JSON object.
    #[track_caller]
    pub fn matching(self, json: impl Display) -> Rule {
        match self.try_matching(json) {
            Ok(rule) => rule,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`matching`](Rule::matching).
    ///
    /// # Errors
    ///
    /// It is no JSON object.
    pub fn try_matching(self, json: impl Display) -> Result<Rule, Error> {
        let json = json.to_string();
        let body = document("body", &json)?;
        if body.root().kind() != Kind::Object {
            return Err(Error::invalid(
                "body",
                &json,
                "expected an object, as every body is",
            ));
        }
        Ok(self.change(|script| script.pattern.bodies.push(body)))
    }

    /// Holds the answers until so many calls are in, so that a test proves that they are made at the
    /// same time: made one after the other, none would ever be answered. One call waits for nobody.
    ///
    /// A call comes once, however often it is tried again; one that a time-out ends while it waits comes
    /// again with its next attempt. The next calls make the next round. Where too few come within five
    /// seconds, on the clock of the client, those that wait fail with an error that the SDK does not
    /// retry, and the test fails. It does so too where they give up before that, as after the read
    /// time-out of their client, and nobody meets after them.
    ///
    /// Where tokio's clock is paused, the five seconds pass as soon as the runtime has nothing else to
    /// do: calls of several threads, each with a runtime of its own, meet under a clock that runs.
    /// [`MockDynamo::handle`](crate::MockDynamo::handle) does not wait.
    ///
    /// ```
    /// # use xray_phantom::MockDynamo;
    /// let dynamo = MockDynamo::new();
    /// dynamo.on("GetItem").rendezvous(3).then_no_item().times(3);
    /// # for _ in 0..3 { dynamo.handle(xray_phantom::DynamoRequest::new("GetItem", "{}")).unwrap(); }
    /// ```
    #[track_caller]
    pub fn rendezvous(self, calls: usize) -> Rule {
        self.meet(None, calls)
    }

    /// The same for calls of several rules, which say the same name. They say the same number too:
    /// another one is not heard, and fails the test.
    ///
    /// ```
    /// # use xray_phantom::MockDynamo;
    /// let dynamo = MockDynamo::new();
    /// dynamo.on("GetItem").table("Customers").rendezvous_at("both", 2).then_no_item();
    /// dynamo.on("Query").table("Orders").rendezvous_at("both", 2).then_ok();
    /// # dynamo.handle(xray_phantom::DynamoRequest::new("GetItem", r#"{"TableName": "Customers"}"#)).unwrap();
    /// # dynamo.handle(xray_phantom::DynamoRequest::new("Query", r#"{"TableName": "Orders"}"#)).unwrap();
    /// ```
    #[track_caller]
    pub fn rendezvous_at(self, name: &str, calls: usize) -> Rule {
        self.meet(Some(name), calls)
    }

    #[track_caller]
    fn meet(self, name: Option<&str>, calls: usize) -> Rule {
        let place = Location::caller();
        let meeting = self.shared.state().meeting(name, calls, place);
        self.change(|script| script.rendezvous = Some(meeting))
    }

    pub(in crate::dynamodb) fn change(self, change: impl FnOnce(&mut Script)) -> Rule {
        change(&mut self.shared.state().scripts[self.index]);
        self
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shared.state().scripts[self.index])
    }
}

pub(in crate::dynamodb) fn document(what: &'static str, json: &str) -> Result<Document, Error> {
    Document::parse(json).map_err(|error| Error::invalid(what, json, error.to_string()))
}
