//! What is answered to which requests.

use std::fmt;
use std::fmt::Display;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::dynamodb::attribute::{Attribute, item_of};
use crate::dynamodb::pages::Pages;
use crate::dynamodb::script::{Answer, Script, Step, Times};
use crate::dynamodb::shared::Shared;
use crate::dynamodb::unprocessed::is_batch;
use crate::dynamodb::{Cancellation, Reply, Request};
use crate::error::Error;
use crate::json::Document;

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
    shared: Arc<Shared>,
    index: usize,
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
    /// Where it is no JSON.
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
    /// It is no JSON.
    pub fn try_matching(self, json: impl Display) -> Result<Rule, Error> {
        let body = document("body", &json.to_string())?;
        Ok(self.change(|script| script.pattern.bodies.push(body)))
    }

    /// Holds the answers until so many calls are in, so that a test proves that they are made at the
    /// same time: made one after the other, none would ever be answered.
    ///
    /// The next calls make the next round. Where too few come within five seconds, on the clock of
    /// the client, those that wait fail with an error that the SDK does not retry, and the test fails.
    /// [`MockDynamo::handle`](crate::MockDynamo::handle) does not wait.
    ///
    /// ```
    /// # use xray_phantom::MockDynamo;
    /// let dynamo = MockDynamo::new();
    /// dynamo.on("GetItem").rendezvous(3).then_no_item().times(3);
    /// # for _ in 0..3 { dynamo.handle(xray_phantom::DynamoRequest::new("GetItem", "{}")).unwrap(); }
    /// ```
    pub fn rendezvous(self, calls: usize) -> Rule {
        self.meet(None, calls)
    }

    /// The same for calls of several rules, which say the same name.
    ///
    /// ```
    /// # use xray_phantom::MockDynamo;
    /// let dynamo = MockDynamo::new();
    /// dynamo.on("GetItem").table("Customers").rendezvous_at("both", 2).then_no_item();
    /// dynamo.on("Query").table("Orders").rendezvous_at("both", 2).then_ok();
    /// # dynamo.handle(xray_phantom::DynamoRequest::new("GetItem", r#"{"TableName": "Customers"}"#)).unwrap();
    /// # dynamo.handle(xray_phantom::DynamoRequest::new("Query", r#"{"TableName": "Orders"}"#)).unwrap();
    /// ```
    pub fn rendezvous_at(self, name: &str, calls: usize) -> Rule {
        self.meet(Some(name), calls)
    }

    fn meet(self, name: Option<&str>, calls: usize) -> Rule {
        let meeting = self.shared.state().meeting(name, calls);
        self.change(|script| script.rendezvous = Some(meeting))
    }
}

/// What they are answered.
#[expect(
    clippy::return_self_not_must_use,
    reason = "the mock holds the rule; the handle is only for going on"
)]
impl Rule {
    /// Then answers with this.
    pub fn then(self, reply: Reply) -> Rule {
        self.step(Answer::Reply(reply))
    }

    /// Then answers that all went well: an empty result.
    pub fn then_ok(self) -> Rule {
        self.step(Answer::Empty)
    }

    /// Then answers that all went well, with this JSON: a text, or a value whose text is JSON.
    pub fn then_body(self, body: impl Display) -> Rule {
        self.then(Reply::ok(body))
    }

    /// Then answers with an item (`GetItem`, and others that return one).
    pub fn then_item<K: Into<String>>(
        self,
        attributes: impl IntoIterator<Item = (K, Attribute)>,
    ) -> Rule {
        self.then(Reply::item(attributes))
    }

    /// Then answers that there is no such item (`GetItem`).
    pub fn then_no_item(self) -> Rule {
        self.then(Reply::ok("{}"))
    }

    /// Then answers with items (`Query`, `Scan`).
    pub fn then_items<K: Into<String>, I: IntoIterator<Item = (K, Attribute)>>(
        self,
        items: impl IntoIterator<Item = I>,
    ) -> Rule {
        self.then(Reply::items(items))
    }

    /// Then answers with items in pages of this size (`Query`, `Scan`), each but the last one with
    /// `LastEvaluatedKey`. `key` names the attributes of the table's key.
    ///
    /// A page begins behind the `ExclusiveStartKey` of its request, so that two readers do not
    /// disturb each other; `Limit` makes pages smaller. The answer is used up when the last page was
    /// read: code that forgets the rest fails the test.
    ///
    /// ```
    /// # use xray_phantom::{Attribute, DynamoRequest, MockDynamo};
    /// let dynamo = MockDynamo::new();
    /// let orders = ["o-1", "o-2", "o-3"].map(|id| [("order_id", Attribute::from(id))]);
    /// dynamo.on("Scan").then_pages(["order_id"], 2, orders);
    ///
    /// let first = dynamo.handle(DynamoRequest::new("Scan", "{}")).unwrap();
    /// assert!(first.body().contains(r#""LastEvaluatedKey":{"order_id":{"S":"o-2"}}"#));
    /// let rest = r#"{"ExclusiveStartKey": {"order_id": {"S": "o-2"}}}"#;
    /// let second = dynamo.handle(DynamoRequest::new("Scan", rest)).unwrap();
    /// assert_eq!(second.body(), r#"{"Count":1,"Items":[{"order_id":{"S":"o-3"}}],"ScannedCount":1}"#);
    /// ```
    ///
    /// # Panics
    ///
    /// Where an item lacks an attribute of the key.
    #[track_caller]
    pub fn then_pages<K: Into<String>, I: IntoIterator<Item = (K, Attribute)>>(
        self,
        key: impl IntoIterator<Item = impl Into<String>>,
        size: usize,
        items: impl IntoIterator<Item = I>,
    ) -> Rule {
        match self.try_then_pages(key, size, items) {
            Ok(rule) => rule,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`then_pages`](Rule::then_pages).
    ///
    /// # Errors
    ///
    /// An item lacks an attribute of the key.
    pub fn try_then_pages<K: Into<String>, I: IntoIterator<Item = (K, Attribute)>>(
        self,
        key: impl IntoIterator<Item = impl Into<String>>,
        size: usize,
        items: impl IntoIterator<Item = I>,
    ) -> Result<Rule, Error> {
        let items = items
            .into_iter()
            .map(|item| document("item", &item_of(item)));
        let pages = Pages {
            key: key.into_iter().map(Into::into).collect(),
            size: size.max(1),
            items: items.collect::<Result<_, Error>>()?,
        };
        match pages.missing() {
            Some(missing) => Err(Error::stopped(missing)),
            None => Ok(self.step(Answer::Pages(pages))),
        }
    }

    /// Then answers with what this makes of the request. It may be the program's own engine.
    ///
    /// ```
    /// # use xray_phantom::{DynamoRequest, MockDynamo, Reply};
    /// let dynamo = MockDynamo::new();
    /// dynamo.on("PutItem").then_with(|request| match request.body().len() {
    ///     0..=400_000 => Reply::ok("{}"),
    ///     _ => Reply::validation_error("Item size has exceeded the maximum allowed size"),
    /// });
    /// # dynamo.handle(DynamoRequest::new("PutItem", "{}")).unwrap();
    /// ```
    pub fn then_with(self, make: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Rule {
        self.step(Answer::Compute(Arc::new(make)))
    }

    /// Then does a batch but for its last parts, which come back as `UnprocessedItems` or
    /// `UnprocessedKeys`.
    ///
    /// # Panics
    ///
    /// Where the rule is for no batch.
    #[track_caller]
    pub fn unprocessed(self, count: usize) -> Rule {
        match self.try_unprocessed(count) {
            Ok(rule) => rule,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same as [`unprocessed`](Rule::unprocessed).
    ///
    /// # Errors
    ///
    /// The rule is for no batch.
    pub fn try_unprocessed(self, count: usize) -> Result<Rule, Error> {
        let operation = self.shared.state().scripts[self.index]
            .pattern
            .operation
            .clone();
        if !is_batch(&operation) {
            let why = "only BatchGetItem and BatchWriteItem leave something unprocessed";
            return Err(Error::invalid("operation", &operation, why));
        }
        Ok(self.step(Answer::Unprocessed(count)))
    }

    /// Throttles so many attempts: status 400, `ProvisionedThroughputExceededException`.
    pub fn throttle(self, times: usize) -> Rule {
        self.steps(Answer::Reply(Reply::throttled()), times)
    }

    /// Throttles so many attempts as a table on demand does: status 400, `ThrottlingException`.
    pub fn throttle_on_demand(self, times: usize) -> Rule {
        self.steps(Answer::Reply(Reply::throttled_on_demand()), times)
    }

    /// Then refuses: status 400, `ConditionalCheckFailedException`. The SDK does not try again.
    pub fn conditional_check_failed(self) -> Rule {
        self.then(Reply::conditional_check_failed())
    }

    /// The same with the item that was there.
    pub fn conditional_check_failed_with<K: Into<String>>(
        self,
        old: impl IntoIterator<Item = (K, Attribute)>,
    ) -> Rule {
        self.then(Reply::conditional_check_failed_with(old))
    }

    /// Then refuses: status 400, `ResourceNotFoundException`: there is no such table or index.
    pub fn not_found(self) -> Rule {
        self.then(Reply::not_found())
    }

    /// Then refuses: status 400, `ValidationException`.
    pub fn validation_error(self, message: &str) -> Rule {
        self.then(Reply::validation_error(message))
    }

    /// Then cancels the transaction, with a reason for each of its actions: status 400,
    /// `TransactionCanceledException`.
    pub fn transaction_cancelled<R: Into<Cancellation>>(
        self,
        reasons: impl IntoIterator<Item = R>,
    ) -> Rule {
        self.then(Reply::transaction_cancelled(reasons))
    }

    /// Then fails: status 500, `InternalServerError`. The SDK tries again.
    pub fn internal_error(self) -> Rule {
        self.then(Reply::internal_error())
    }

    /// Then answers with status 200 and something that is no JSON.
    pub fn garbage(self) -> Rule {
        self.then(Reply::garbage())
    }

    /// Then never answers: what ends the wait is a time-out of the client.
    pub fn hang(self) -> Rule {
        self.then(Reply::hang())
    }

    /// Then refuses the connection. The SDK tries again.
    pub fn refuse(self) -> Rule {
        self.then(Reply::refused())
    }

    /// Then resets the connection. The SDK tries again.
    pub fn reset(self) -> Rule {
        self.then(Reply::reset())
    }

    /// Gives the last answer after this long, on the clock of the client.
    #[track_caller]
    pub fn slow(self, delay: Duration) -> Rule {
        self.last("slow", |step| step.delay = Some(delay))
    }

    /// Gives the last answer with a checksum that is not that of its body.
    #[track_caller]
    pub fn wrong_crc(self) -> Rule {
        self.last("wrong_crc", |step| step.wrong_crc = true)
    }

    /// Gives the last answer so many times in all.
    #[track_caller]
    pub fn times(self, times: usize) -> Rule {
        self.last("times", |step| step.times = Times::Exactly(times.max(1)))
    }

    /// Gives the last answer as often as it is asked for.
    #[track_caller]
    pub fn repeated(self) -> Rule {
        self.last("repeated", |step| step.times = Times::Forever)
    }

    fn step(self, answer: Answer) -> Rule {
        self.steps(answer, 1)
    }

    fn steps(self, answer: Answer, times: usize) -> Rule {
        if times == 0 {
            return self;
        }
        self.change(|script| script.steps.push_back(Step::times(answer, times)))
    }

    /// Changes the last answer. Where there is none, that is a finding.
    #[track_caller]
    fn last(self, what: &str, change: impl FnOnce(&mut Step)) -> Rule {
        let place = Location::caller();
        let mut state = self.shared.state();
        match state.scripts[self.index].steps.back_mut() {
            Some(step) => change(step),
            None => state.misplaced(self.index, what, place),
        }
        drop(state);
        self
    }

    fn change(self, change: impl FnOnce(&mut Script)) -> Rule {
        change(&mut self.shared.state().scripts[self.index]);
        self
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shared.state().scripts[self.index])
    }
}

fn document(what: &'static str, json: &str) -> Result<Document, Error> {
    Document::parse(json).map_err(|error| Error::invalid(what, json, error.to_string()))
}
