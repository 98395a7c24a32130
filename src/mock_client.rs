//! The macro that joins a mock of DynamoDB, a client of the SDK, and a recorder.

/// A client of the AWS SDK that talks to a [`MockDynamo`](crate::MockDynamo) and is recorded.
///
/// It takes the service crate, the mock and the recorder. The client may retry without limit, whatever
/// others of the process have used up, pauses as the mock says, and the mock hands its findings to the
/// recorder's daemon.
///
/// The service crate has to be one whose `config::retry` has `RetryPartition::custom` and
/// `TokenBucket::unlimited`, which the SDK has since smithy-rs 4263 (August 2025).
///
/// It is short for what an application writes itself:
///
/// ```
/// # use xray_phantom::{AwsInterceptor, FakeDaemon, MockDynamo, Recorder};
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
///
/// let partition = RetryPartition::custom("orders").token_bucket(TokenBucket::unlimited()).build();
/// let config = aws_sdk_dynamodb::config::Builder::from(&dynamo.sdk_config())
///     .interceptor(AwsInterceptor::new(&recorder))
///     .retry_classifier(dynamo.retry_classifier())
///     .retry_partition(partition)
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
///
/// A fourth argument says more of the configuration, such as time-outs:
///
/// ```
/// # use xray_phantom::{FakeDaemon, MockDynamo, Recorder, mock_dynamo_client};
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// use std::time::Duration;
/// use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
///
/// let attempt = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(200)).build();
/// let orders = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder, |config| config.timeout_config(attempt));
/// # drop(orders);
/// ```
///
/// Without a recorder the client is not recorded, and the mock fails the test when it is dropped:
///
/// ```
/// # use xray_phantom::{MockDynamo, mock_dynamo_client};
/// # let dynamo = MockDynamo::new();
/// let orders = mock_dynamo_client!(aws_sdk_dynamodb, dynamo);
/// # drop(orders);
/// ```
#[macro_export]
macro_rules! mock_dynamo_client {
    ($service:ident, $dynamo:expr $(,)?) => {{
        let dynamo: &$crate::MockDynamo = &$dynamo;
        $service::Client::from_conf($crate::mock_dynamo_client!(@config $service, dynamo).build())
    }};
    ($service:ident, $dynamo:expr, $recorder:expr $(,)?) => {
        $crate::mock_dynamo_client!($service, $dynamo, $recorder, |config| config)
    };
    ($service:ident, $dynamo:expr, $recorder:expr, $configure:expr $(,)?) => {{
        fn configured(
            config: $service::config::Builder,
            configure: impl ::core::ops::FnOnce($service::config::Builder) -> $service::config::Builder,
        ) -> $service::config::Builder {
            configure(config)
        }
        let (dynamo, recorder): (&$crate::MockDynamo, &$crate::Recorder) = (&$dynamo, &$recorder);
        $crate::mock_client::join(dynamo, recorder);
        let interceptor = $crate::AwsInterceptor::new(recorder);
        let mut config = $crate::mock_dynamo_client!(@config $service, dynamo);
        config.push_interceptor($service::config::SharedInterceptor::permanent(interceptor));
        $service::Client::from_conf(configured(config, $configure).build())
    }};
    (@config $service:ident, $dynamo:ident) => {
        $service::config::Builder::from(&$dynamo.sdk_config())
            .retry_classifier($dynamo.retry_classifier())
            .retry_partition(
                $service::config::retry::RetryPartition::custom("xray-phantom")
                    .token_bucket($service::config::retry::TokenBucket::unlimited())
                    .build(),
            )
    };
}

use crate::dynamodb::MockDynamo;
use crate::recorder::Recorder;

/// Hands the findings of the mock to the recorder's daemon.
#[doc(hidden)]
pub fn join(dynamo: &MockDynamo, recorder: &Recorder) {
    dynamo.join(recorder.emitter());
}
