//! What DynamoDB answers.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use crate::dynamodb::attribute::{Attribute, item_of};
use crate::dynamodb::operation::{error_type, is_retried};
use crate::dynamodb::{Cancellation, Request};
use crate::json::{Document, ObjectWriter};

/// An answer: a status and a JSON body, or none at all.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use xray_phantom::{DynamoRequest, MockDynamo, Reply};
///
/// let dynamo = MockDynamo::new();
/// dynamo
///     .on("GetItem")
///     .then(Reply::ok(r#"{"Item": {"order_id": {"S": "o-1"}}}"#).after(Duration::from_millis(80)))
///     .then(Reply::error(400, "AccessDeniedException", "no"))
///     .then(Reply::hang());
/// # let request = || DynamoRequest::new("GetItem", "{}");
/// # assert_eq!(dynamo.handle(request()).unwrap().status(), 200);
/// # assert_eq!(dynamo.handle(request()).unwrap().body(), r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}"#);
/// # dynamo.handle(request()).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    status: u16,
    body: Arc<str>,
    /// Sent as `x-amz-retry-after`, where the SDK would try again.
    retry_after: Option<Duration>,
    delay: Duration,
    wrong_crc: bool,
    lost: Option<Lost>,
}

/// How an answer does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dynamodb) enum Lost {
    Hang,
    Refused,
    Reset,
}

impl Reply {
    /// Status 200 with this JSON as its body: a text, or a value whose text is JSON, such as
    /// `serde_json::json!(...)`.
    pub fn ok(body: impl Display) -> Reply {
        Reply::new(200, body)
    }

    /// This status and body, whatever they are. A status that HTTP does not have becomes 500.
    pub fn new(status: u16, body: impl Display) -> Reply {
        let is_status = (100..1_000).contains(&status);
        Reply {
            status: if is_status { status } else { 500 },
            body: body.to_string().into(),
            retry_after: None,
            delay: Duration::ZERO,
            wrong_crc: false,
            lost: None,
        }
    }

    /// An item, as `GetItem` answers it.
    pub fn item<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Attribute)>) -> Reply {
        Reply::ok(format_args!("{{\"Item\":{}}}", item_of(attributes)))
    }

    /// Items, as `Query` and `Scan` answer them.
    pub fn items<K: Into<String>, I: IntoIterator<Item = (K, Attribute)>>(
        items: impl IntoIterator<Item = I>,
    ) -> Reply {
        let items: Vec<String> = items.into_iter().map(item_of).collect();
        Reply::items_json(&items)
    }

    pub(in crate::dynamodb) fn items_json(items: &[impl AsRef<str>]) -> Reply {
        let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
        let (count, items) = (items.len(), items.join(","));
        Reply::ok(format_args!(
            "{{\"Count\":{count},\"Items\":[{items}],\"ScannedCount\":{count}}}"
        ))
    }

    /// An error of DynamoDB, as its code and message. A status that HTTP does not have becomes 500.
    pub fn error(status: u16, code: &str, message: &str) -> Reply {
        Reply::new(status, error_body(code, "message", message, |_| {}))
    }

    /// Status 400, `ProvisionedThroughputExceededException`: more was asked than a table with
    /// provisioned capacity has.
    pub fn throttled() -> Reply {
        Reply::error(
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing \
             your provisioning level with the UpdateTable API.",
        )
    }

    /// Status 400, `ThrottlingException`: more was asked than a table on demand has by now.
    pub fn throttled_on_demand() -> Reply {
        Reply::error(
            400,
            "ThrottlingException",
            "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling \
             your table or index so please try again shortly. If exceptions persist, check if you have a hot key: \
             https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
        )
    }

    /// Status 400, `RequestLimitExceeded`: more was asked than the account may.
    pub fn request_limit_exceeded() -> Reply {
        Reply::error(
            400,
            "RequestLimitExceeded",
            "Throughput exceeds the current throughput limit for your account. Please contact AWS Support at \
             https://aws.amazon.com/support request a limit increase",
        )
    }

    /// Status 400, `ConditionalCheckFailedException`.
    pub fn conditional_check_failed() -> Reply {
        Reply::error(
            400,
            "ConditionalCheckFailedException",
            "The conditional request failed",
        )
    }

    /// The same with the item that was there, as `ReturnValuesOnConditionCheckFailure` asks for.
    pub fn conditional_check_failed_with<K: Into<String>>(
        old: impl IntoIterator<Item = (K, Attribute)>,
    ) -> Reply {
        Reply::conditional_check_failed_json(&item_of(old))
    }

    pub(in crate::dynamodb) fn conditional_check_failed_json(old: &str) -> Reply {
        let code = "ConditionalCheckFailedException";
        let message = "The conditional request failed";
        Reply::new(
            400,
            error_body(code, "message", message, |object| object.raw("Item", old)),
        )
    }

    /// Status 400, `ResourceNotFoundException`: there is no such table or index.
    pub fn not_found() -> Reply {
        let message = "Requested resource not found";
        Reply::error(400, "ResourceNotFoundException", message)
    }

    /// Status 500, `InternalServerError`.
    pub fn internal_error() -> Reply {
        Reply::error(500, "InternalServerError", "Internal server error")
    }

    /// Status 400, `ValidationException` with this message.
    pub fn validation_error(message: &str) -> Reply {
        Reply::error(400, "ValidationException", message)
    }

    /// Status 400, `TransactionCanceledException` with a reason for each action of the transaction.
    pub fn transaction_cancelled<R: Into<Cancellation>>(
        reasons: impl IntoIterator<Item = R>,
    ) -> Reply {
        let reasons: Vec<Cancellation> = reasons.into_iter().map(Into::into).collect();
        let codes: Vec<&str> = reasons.iter().map(|reason| &*reason.code).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let body = error_body(
            "TransactionCanceledException",
            "Message",
            &message,
            |object| {
                object.array("CancellationReasons", &reasons, |json, reason| {
                    reason.write(json);
                });
            },
        );
        Reply::new(400, body)
    }

    /// Status 200 with a body that is no JSON.
    pub fn garbage() -> Reply {
        Reply::ok("<html><body>not DynamoDB</body></html>")
    }

    /// No answer, ever: what ends the wait is a time-out of the client, as
    /// [`hang`](crate::Rule::hang) tells.
    pub fn hang() -> Reply {
        Reply::lost(Lost::Hang)
    }

    /// No answer: nobody listens.
    pub fn refused() -> Reply {
        Reply::lost(Lost::Refused)
    }

    /// No answer: the connection is reset.
    pub fn reset() -> Reply {
        Reply::lost(Lost::Reset)
    }

    fn lost(lost: Lost) -> Reply {
        Reply {
            lost: Some(lost),
            ..Reply::ok("")
        }
    }

    /// The same after this long, on the clock of the client: where tokio's is paused, in no time.
    #[must_use = "the later reply is what this returns"]
    pub fn after(mut self, delay: Duration) -> Reply {
        self.delay = delay;
        self
    }

    /// The same with the pause that the SDK is asked to make before it tries again. Only an error asks
    /// for one: what is none stays as it is.
    #[must_use = "the reply with the pause is what this returns"]
    pub fn with_retry_after(mut self, pause: Duration) -> Reply {
        self.retry_after = Some(pause).filter(|_| self.is_error());
        self
    }

    /// The same with a checksum that is not that of the body. The SDK for Rust does not look; those
    /// for Python and Java try again.
    #[must_use = "the reply with the wrong checksum is what this returns"]
    pub fn with_wrong_crc(mut self) -> Reply {
        self.wrong_crc = true;
        self
    }

    /// An error after which the SDK tries again gets this pause, unless it has one of its own.
    pub(in crate::dynamodb) fn or_retry_after(mut self, pause: Duration) -> Reply {
        if self.is_error()
            && self.retry_after.is_none()
            && is_retried(&self.code().unwrap_or_default(), self.status)
        {
            self.retry_after = Some(pause);
        }
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, JSON.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The pause that the SDK is asked to make before it tries again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// How long it takes.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// The code of an error, without its namespace.
    pub fn code(&self) -> Option<String> {
        if self.status < 400 {
            return None;
        }
        let document = Document::parse(&self.body).ok()?;
        let full = document.root().get("__type")?.as_str()?;
        Some(full.rsplit('#').next().unwrap_or(&full).to_owned())
    }

    /// Whether it is an error that arrives.
    pub(in crate::dynamodb) fn is_error(&self) -> bool {
        self.status >= 400
    }

    /// The same without what is said of when and how it comes.
    pub(in crate::dynamodb) fn plain(&self) -> Reply {
        Reply {
            retry_after: None,
            delay: Duration::ZERO,
            wrong_crc: false,
            ..self.clone()
        }
    }

    pub(in crate::dynamodb) fn has_wrong_crc(&self) -> bool {
        self.wrong_crc
    }

    pub(in crate::dynamodb) fn fate(&self) -> Option<Lost> {
        self.lost
    }
}

/// `400 ConditionalCheckFailedException`, `200`, `reset`
impl Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.lost {
            Some(Lost::Hang) => f.write_str("hang"),
            Some(Lost::Refused) => f.write_str("refused"),
            Some(Lost::Reset) => f.write_str("reset"),
            None => match self.code() {
                Some(code) => write!(f, "{} {code}", self.status),
                None => write!(f, "{}", self.status),
            },
        }
    }
}

/// A reply that is made up when it is asked for.
pub(in crate::dynamodb) type Compute = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

/// The body of an error.
fn error_body(
    code: &str,
    key: &str,
    message: &str,
    more: impl FnOnce(&mut ObjectWriter<'_>),
) -> String {
    let mut body = String::new();
    let mut object = ObjectWriter::begin(&mut body);
    object.text("__type", &error_type(code));
    more(&mut object);
    object.text(key, message);
    object.end();
    body
}
