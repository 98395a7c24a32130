//! Clients of several services at once.

/// Clients of the AWS SDK whose calls are recorded, one for each service crate.
///
/// It takes the recorder, the `SdkConfig` that they share, and the service crates; it gives a tuple
/// of their clients, in that order. The nearest thing in Rust to the `patch_all()` of other
/// languages: clients of Rust share no place where an interceptor could be put once for all. It is
/// [permanent](crate::AwsInterceptor#installing).
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use xray_phantom::{FakeDaemon, MockDynamo, Recorder, traced_clients};
/// # mod aws_sdk_sqs { pub use aws_sdk_dynamodb::*; }
/// # let (daemon, dynamo) = (FakeDaemon::start(), MockDynamo::new());
/// # let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
/// # let sdk_config = dynamo.sdk_config(); // In production aws_config::load_defaults(...)
/// let (orders, queue) = traced_clients!(recorder, sdk_config, aws_sdk_dynamodb, aws_sdk_sqs);
/// # drop((orders, queue));
///
/// // Of one crate it is still a tuple.
/// let (orders,) = traced_clients!(recorder, sdk_config, aws_sdk_dynamodb);
/// # drop(orders);
/// # }
/// ```
#[macro_export]
macro_rules! traced_clients {
    ($recorder:expr, $sdk_config:expr, $($service:ident),+ $(,)?) => {{
        let interceptor = $crate::AwsInterceptor::new(&$recorder);
        let sdk_config = &$sdk_config;
        ($(
            {
                let interceptor = ::core::clone::Clone::clone(&interceptor);
                let mut config = $service::config::Builder::from(sdk_config);
                config.push_interceptor($service::config::SharedInterceptor::permanent(interceptor));
                $service::Client::from_conf(config.build())
            },
        )+)
    }};
}
