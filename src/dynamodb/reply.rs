//! What DynamoDB answers.

use std::time::Duration;

use crate::json::ObjectWriter;

/// An answer: status and JSON body.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    status: u16,
    body: String,
    /// Sent as `x-amz-retry-after`, where the SDK would try again.
    retry_after: Option<Duration>,
}

impl Reply {
    /// Status 200 with this JSON as its body.
    pub fn ok(body: impl Into<String>) -> Reply {
        Reply {
            status: 200,
            body: body.into(),
            retry_after: None,
        }
    }

    /// An error of DynamoDB, as its code and message. A status that HTTP does not have becomes 500.
    pub fn error(status: u16, code: &str, message: &str) -> Reply {
        let mut body = String::new();
        let mut object = ObjectWriter::begin(&mut body);
        // InternalServerError and the like come from the framework, all others from the service.
        object.text(
            "__type",
            &format!("com.amazonaws.dynamodb.v20120810#{code}"),
        );
        object.text("message", message);
        object.end();
        let status = if (100..1_000).contains(&status) {
            status
        } else {
            500
        };
        Reply {
            status,
            body,
            retry_after: None,
        }
    }

    pub(in crate::dynamodb) fn throttled() -> Reply {
        Reply::error(
            400,
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing \
             your provisioning level with the UpdateTable API.",
        )
    }

    pub(in crate::dynamodb) fn conditional_check_failed() -> Reply {
        Reply::error(
            400,
            "ConditionalCheckFailedException",
            "The conditional request failed",
        )
    }

    pub(in crate::dynamodb) fn internal_error() -> Reply {
        Reply::error(500, "InternalServerError", "Internal server error")
    }

    /// An error without a pause of its own gets this one.
    pub(in crate::dynamodb) fn or_retry_after(mut self, pause: Duration) -> Reply {
        if self.status >= 400 {
            self.retry_after.get_or_insert(pause);
        }
        self
    }

    /// The same with the pause that the SDK is asked to make.
    pub(in crate::dynamodb) fn with_retry_after(mut self, pause: Duration) -> Reply {
        self.retry_after = Some(pause);
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
}
