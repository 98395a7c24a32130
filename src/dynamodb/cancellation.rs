//! Why a transaction is cancelled.

use crate::dynamodb::Attribute;
use crate::dynamodb::attribute::item_of;
use crate::json::ObjectWriter;

/// What a cancelled transaction says of one of its actions.
///
/// # Examples
///
/// ```
/// use xray_phantom::{Attribute, Cancellation, DynamoRequest, MockDynamo};
///
/// let dynamo = MockDynamo::new();
/// let taken = Cancellation::conditional_check_failed().with_item([("order_id", Attribute::from("o-1"))]);
/// dynamo.on("TransactWriteItems").transaction_cancelled([Cancellation::none(), taken]);
///
/// let reply = dynamo.handle(DynamoRequest::new("TransactWriteItems", "{}")).unwrap();
/// assert!(reply.body().contains(r#""CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","#));
/// assert!(reply.body().contains("for specific reasons [None, ConditionalCheckFailed]"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cancellation {
    pub(in crate::dynamodb) code: String,
    pub(in crate::dynamodb) message: Option<String>,
    /// The JSON of the item that was there.
    pub(in crate::dynamodb) item: Option<String>,
}

impl Cancellation {
    /// A reason of this code, with the message that DynamoDB has for it.
    pub fn new(code: impl Into<String>) -> Cancellation {
        let code = code.into();
        Cancellation {
            message: message(&code).map(str::to_owned),
            code,
            item: None,
        }
    }

    /// An action that was not the reason.
    pub fn none() -> Cancellation {
        Cancellation::new("None")
    }

    /// An action whose condition did not hold.
    pub fn conditional_check_failed() -> Cancellation {
        Cancellation::new("ConditionalCheckFailed")
    }

    /// An action on an item that another transaction was writing.
    pub fn transaction_conflict() -> Cancellation {
        Cancellation::new("TransactionConflict")
    }

    /// The same with another message.
    #[must_use = "the reason with the message is what this returns"]
    pub fn with_message(mut self, message: impl Into<String>) -> Cancellation {
        self.message = Some(message.into());
        self
    }

    /// The same with the item that was there (`ReturnValuesOnConditionCheckFailure`).
    #[must_use = "the reason with the item is what this returns"]
    pub fn with_item<K: Into<String>>(
        mut self,
        attributes: impl IntoIterator<Item = (K, Attribute)>,
    ) -> Cancellation {
        self.item = Some(item_of(attributes));
        self
    }

    pub(in crate::dynamodb) fn write(&self, json: &mut String) {
        let mut object = ObjectWriter::begin(json);
        object.text("Code", &self.code);
        if let Some(item) = &self.item {
            object.raw("Item", item);
        }
        if let Some(message) = &self.message {
            object.text("Message", message);
        }
        object.end();
    }
}

/// A reason of this code.
impl From<&str> for Cancellation {
    fn from(code: &str) -> Cancellation {
        Cancellation::new(code)
    }
}

/// Source: Amazon DynamoDB API reference, `TransactWriteItems`, "Cancellation reasons".
fn message(code: &str) -> Option<&'static str> {
    Some(match code {
        "ConditionalCheckFailed" => "The conditional request failed",
        "ItemCollectionSizeLimitExceeded" => "Collection size exceeded.",
        "ProvisionedThroughputExceeded" => {
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
             provisioning level with the UpdateTable API."
        }
        "ThrottlingError" => {
            "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your \
             table or index so please try again shortly."
        }
        "TransactionConflict" => "Transaction is ongoing for the item.",
        _ => return None,
    })
}
