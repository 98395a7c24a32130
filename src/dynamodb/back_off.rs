//! The pause between two attempts.

use std::time::Duration;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::ErrorKind;

/// Makes the pause after a failure without an answer as long as that after one with an answer.
///
/// An answer asks for the pause of the mock. After a time-out or a broken connection there is none to
/// ask, and the SDK's own pause is one of chance. This is a classifier of retries that decides as the
/// SDK does and adds the pause; [`mock_dynamo_client!`](crate::mock_dynamo_client) installs it.
///
/// ```
/// # use xray_phantom::MockDynamo;
/// # let dynamo = MockDynamo::new();
/// let config = aws_sdk_dynamodb::config::Builder::from(&dynamo.sdk_config())
///     .retry_classifier(dynamo.retry_classifier())
///     .build();
/// # drop(config);
/// ```
#[derive(Clone, Debug)]
pub struct BackOff(pub(in crate::dynamodb) Duration);

impl ClassifyRetry for BackOff {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let connection = error.as_connector_error();
        let is_lost = connection.is_some_and(|error| error.is_io() || error.is_timeout());
        if !is_lost && !error.is_timeout_error() {
            return RetryAction::NoActionIndicated;
        }
        RetryAction::RetryIndicated(RetryReason::RetryableError {
            kind: ErrorKind::TransientError,
            retry_after: Some(self.0),
        })
    }

    fn name(&self) -> &'static str {
        "xray-phantom"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}
