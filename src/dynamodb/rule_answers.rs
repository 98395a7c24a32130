//! What a rule answers, in order.

use std::fmt::Display;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::dynamodb::attribute::{Attribute, item_of};
use crate::dynamodb::pages::{Pages, is_paged};
use crate::dynamodb::rule::document;
use crate::dynamodb::script::{Answer, Step, Times};
use crate::dynamodb::unprocessed::is_batch;
use crate::dynamodb::{Cancellation, Reply, Request, Rule};
use crate::error::Error;

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
    /// read, but for those who are in the middle of it: code that forgets the rest fails the test.
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
    /// Where an item lacks an attribute of the key, two have the same one, or there is no key; where
    /// the rule is for another operation.
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
    /// An item lacks an attribute of the key, two have the same one, or there is no key; the rule is
    /// for another operation.
    pub fn try_then_pages<K: Into<String>, I: IntoIterator<Item = (K, Attribute)>>(
        self,
        key: impl IntoIterator<Item = impl Into<String>>,
        size: usize,
        items: impl IntoIterator<Item = I>,
    ) -> Result<Rule, Error> {
        let items = items
            .into_iter()
            .map(|item| document("item", &item_of(item)));
        let operation = self.operation();
        if !is_paged(&operation) {
            let why = "only Query and Scan are read in pages";
            return Err(Error::invalid("operation", &operation, why));
        }
        let key = key.into_iter().map(Into::into).collect();
        let pages = Pages::new(key, size, items.collect::<Result<_, Error>>()?);
        Ok(self.step(Answer::Pages(pages.map_err(Error::stopped)?)))
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
    /// `UnprocessedKeys`. Its tables are taken by their names: the SDK writes them in an order of chance.
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
        let operation = self.operation();
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

    /// Then never answers: what ends the wait is a time-out of the client. One without any fails after
    /// a minute, with an error that says so, and so does the test; where tokio's clock is paused, at
    /// once, when a day has passed on it.
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

    /// Gives the last answer so many times in all; never at 0, as if it had not been said.
    #[track_caller]
    pub fn times(self, times: usize) -> Rule {
        let rule = self.last("times", |step| step.times = Times::Exactly(times));
        rule.change(|script| script.steps.retain(|step| step.times != Times::Exactly(0)))
    }

    /// Gives the last answer as often as it is asked for.
    #[track_caller]
    pub fn repeated(self) -> Rule {
        self.last("repeated", |step| step.times = Times::Forever)
    }

    fn operation(&self) -> String {
        let state = self.shared.state();
        state.scripts[self.index].pattern.operation.clone()
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
}
