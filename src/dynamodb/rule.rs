//! What is answered to which requests.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::dynamodb::attribute::{Attribute, item};
use crate::dynamodb::mock::Shared;
use crate::dynamodb::operation::empty_answer;
use crate::dynamodb::{Reply, Request};

/// The answers to the requests of one operation, in order.
///
/// Each answer is given once, the last one as often as it is asked for after
/// [`repeated`](Rule::repeated). Rules for other requests do not matter to this one; of two rules
/// for the same request the one that was made first answers until it has nothing left.
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
pub struct Rule {
    shared: Arc<Shared>,
    index: usize,
}

/// A rule as the mock holds it.
#[derive(Debug)]
pub(in crate::dynamodb) struct Script {
    pub(in crate::dynamodb) operation: String,
    pub(in crate::dynamodb) table: Option<String>,
    pub(in crate::dynamodb) replies: VecDeque<Reply>,
    pub(in crate::dynamodb) repeated: bool,
    pub(in crate::dynamodb) used: usize,
    /// Whether the last answer, which may be repeated, was given.
    pub(in crate::dynamodb) last_given: bool,
    /// Whether what is wrong with the rule was told.
    pub(in crate::dynamodb) reported: bool,
    pub(in crate::dynamodb) place: &'static Location<'static>,
}

impl Script {
    /// Whether the rule is for such a request.
    pub(in crate::dynamodb) fn matches(&self, request: &Request) -> bool {
        self.operation == request.operation()
            && self
                .table
                .as_deref()
                .is_none_or(|table| request.tables().any(|named| named == table))
    }

    /// The next answer.
    pub(in crate::dynamodb) fn next(&mut self) -> Option<Reply> {
        let repeating = self.repeated && self.replies.len() == 1;
        self.last_given |= repeating;
        let reply = if repeating {
            self.replies.front().cloned()
        } else {
            self.replies.pop_front()
        };
        self.used += usize::from(reply.is_some());
        reply
    }

    /// Answers that nobody asked for.
    pub(in crate::dynamodb) fn left(&self) -> usize {
        self.replies.len() - usize::from(self.last_given)
    }
}

/// `PutItem Orders`
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation)?;
        self.table
            .iter()
            .try_for_each(|table| write!(f, " {table}"))
    }
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "the mock holds the rule; the handle is only for going on"
)]
impl Rule {
    pub(in crate::dynamodb) fn new(shared: Arc<Shared>, index: usize) -> Rule {
        Rule { shared, index }
    }

    /// Only requests for this table.
    pub fn table(self, table: &str) -> Rule {
        self.change(|script, _| script.table = Some(table.to_owned()))
    }

    /// Throttles so many attempts: status 400, `ProvisionedThroughputExceededException`.
    pub fn throttle(self, times: usize) -> Rule {
        self.change(|script, back_off| {
            script
                .replies
                .extend((0..times).map(|_| Reply::throttled().with_retry_after(back_off)));
        })
    }

    /// Then answers that all went well: an empty result.
    pub fn then_ok(self) -> Rule {
        self.change(|script, _| {
            let answer = empty_answer(&script.operation);
            script.replies.push_back(Reply::ok(answer));
        })
    }

    /// Then answers with an item (`GetItem`, and others that return one).
    pub fn then_item<K: Into<String>>(
        self,
        attributes: impl IntoIterator<Item = (K, Attribute)>,
    ) -> Rule {
        let members = named(attributes);
        self.then(Reply::ok(format!("{{\"Item\":{}}}", item(&members))))
    }

    /// Then answers with items (`Query`, `Scan`).
    pub fn then_items<K: Into<String>, I: IntoIterator<Item = (K, Attribute)>>(
        self,
        items: impl IntoIterator<Item = I>,
    ) -> Rule {
        let items: Vec<String> = items
            .into_iter()
            .map(|attributes| item(&named(attributes)))
            .collect();
        let (count, items) = (items.len(), items.join(","));
        self.then(Reply::ok(format!(
            "{{\"Count\":{count},\"Items\":[{items}],\"ScannedCount\":{count}}}"
        )))
    }

    /// Then refuses: status 400, `ConditionalCheckFailedException`. The SDK does not try again.
    pub fn conditional_check_failed(self) -> Rule {
        self.then(Reply::conditional_check_failed())
    }

    /// Then fails: status 500, `InternalServerError`. The SDK tries again.
    pub fn internal_error(self) -> Rule {
        self.change(|script, back_off| {
            script
                .replies
                .push_back(Reply::internal_error().with_retry_after(back_off));
        })
    }

    /// Then answers with this.
    pub fn then(self, reply: Reply) -> Rule {
        self.change(|script, _| script.replies.push_back(reply))
    }

    /// Gives the last answer as often as it is asked for.
    pub fn repeated(self) -> Rule {
        self.change(|script, _| script.repeated = true)
    }

    fn change(self, change: impl FnOnce(&mut Script, Duration)) -> Rule {
        {
            let mut state = self
                .shared
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let back_off = state.back_off;
            change(&mut state.scripts[self.index], back_off);
        }
        self
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        write!(f, "{:?}", state.scripts[self.index])
    }
}

fn named<K: Into<String>>(
    attributes: impl IntoIterator<Item = (K, Attribute)>,
) -> Vec<(String, Attribute)> {
    attributes
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect()
}
