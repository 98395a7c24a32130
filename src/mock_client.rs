//! The macro that joins a mock of DynamoDB, a client of the SDK, and a recorder.

/// A client of the AWS SDK that talks to a [`MockDynamo`](crate::MockDynamo) and is recorded.
///
/// It takes the service crate, the mock and the recorder. The client has a bucket of retries of
/// its own that never runs dry, and the mock hands its findings to the recorder's daemon.
///
/// It is short for what an application writes itself:
///
/// ```
/// # use xray_phantom::{AwsInterceptor, FakeDaemon, MockDynamo, Recorder};
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// let config = aws_sdk_dynamodb::config::Builder::from(&dynamo.sdk_config())
///     .interceptor(AwsInterceptor::new(&recorder))
///     .build();
/// let orders = aws_sdk_dynamodb::Client::from_conf(config);
/// # drop(orders);
/// ```
///
/// # Examples
///
/// ```
/// use xray_phantom::{FakeDaemon, MockDynamo, Recorder, mock_dynamo_client};
///
/// let daemon = FakeDaemon::start();
/// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// let dynamo = MockDynamo::new();
/// let orders = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
/// # drop(orders);
/// ```
#[macro_export]
macro_rules! mock_dynamo_client {
    ($service:ident, $dynamo:expr, $recorder:expr $(,)?) => {{
        let (dynamo, recorder): (&$crate::MockDynamo, &$crate::Recorder) = (&$dynamo, &$recorder);
        $crate::mock_client::join(dynamo, recorder);
        let config = $service::config::Builder::from(&dynamo.sdk_config())
            .interceptor($crate::AwsInterceptor::new(recorder))
            .retry_partition(
                $service::config::retry::RetryPartition::custom("xray-phantom")
                    .token_bucket($service::config::retry::TokenBucket::unlimited())
                    .build(),
            )
            .build();
        $service::Client::from_conf(config)
    }};
}

use crate::dynamodb::MockDynamo;
use crate::recorder::Recorder;

/// Hands the findings of the mock to the recorder's daemon.
#[doc(hidden)]
pub fn join(dynamo: &MockDynamo, recorder: &Recorder) {
    dynamo.join(recorder.emitter());
}
