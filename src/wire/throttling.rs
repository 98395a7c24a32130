//! The errors that mean throttling.

/// Whether a code means throttling, whatever the status.
///
/// Source: `aws-runtime`, retry classifiers.
pub(crate) fn is_throttling(code: &str) -> bool {
    THROTTLING.contains(&code)
}

const THROTTLING: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];
