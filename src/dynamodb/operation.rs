//! The operations of DynamoDB.

use crate::error::edits;
use crate::wire::is_throttling;

/// Whether DynamoDB has an operation of that name; if not, the nearest that it has.
pub(in crate::dynamodb) fn check(name: &str) -> Result<(), &'static str> {
    if OPERATIONS.contains(&name) {
        return Ok(());
    }
    Err(nearest(name, OPERATIONS).unwrap_or("PutItem"))
}

/// The nearest of these names.
pub(in crate::dynamodb) fn nearest<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let letters = |name: &str| name.to_lowercase().chars().collect::<Vec<char>>();
    let name = letters(name);
    known
        .into_iter()
        .min_by_key(|known| edits(&name, &letters(known)))
}

/// What an operation answers when all is well and nothing is said of items.
pub(in crate::dynamodb) fn empty_answer(operation: &str) -> &'static str {
    match operation {
        "BatchGetItem" => r#"{"Responses":{},"UnprocessedKeys":{}}"#,
        "BatchWriteItem" => r#"{"UnprocessedItems":{}}"#,
        "ListTables" => r#"{"TableNames":[]}"#,
        "Query" | "Scan" => r#"{"Count":0,"Items":[],"ScannedCount":0}"#,
        _ => "{}",
    }
}

/// The type of an error on the wire: its code behind the name of whoever found it. What DynamoDB
/// itself finds is in its own namespace; its front door has others.
///
/// Source: answers of the service that are quoted in issues of its SDKs.
pub(in crate::dynamodb) fn error_type(code: &str) -> String {
    let namespace = match code {
        "ThrottlingException" => "com.amazon.coral.availability",
        "ValidationException" => "com.amazon.coral.validate",
        "AccessDeniedException"
        | "ExpiredTokenException"
        | "IncompleteSignatureException"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "SerializationException"
        | "UnknownOperationException"
        | "UnrecognizedClientException" => "com.amazon.coral.service",
        _ => "com.amazonaws.dynamodb.v20120810",
    };
    format!("{namespace}#{code}")
}

/// Whether the SDKs try again after an error of this code and status.
///
/// Source: `aws-runtime`, retry classifiers; `aws-smithy-runtime`, the statuses that are transient;
/// `aws-sdk-dynamodb`, the errors that its model says are retried.
pub(in crate::dynamodb) fn is_retried(code: &str, status: u16) -> bool {
    matches!(status, 500 | 502..=504)
        || is_throttling(code)
        || matches!(
            code,
            "ReplicatedWriteConflictException" | "RequestTimeout" | "RequestTimeoutException"
        )
}

/// As `aws-sdk-dynamodb` 1.136 lists them.
const OPERATIONS: [&str; 58] = [
    "BatchExecuteStatement",
    "BatchGetItem",
    "BatchWriteItem",
    "CreateBackup",
    "CreateGlobalTable",
    "CreateTable",
    "DeleteBackup",
    "DeleteItem",
    "DeleteResourcePolicy",
    "DeleteTable",
    "DescribeBackup",
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeEndpoints",
    "DescribeExport",
    "DescribeGlobalTable",
    "DescribeGlobalTableSettings",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "DescribeLimits",
    "DescribeTable",
    "DescribeTableReplicaAutoScaling",
    "DescribeTimeToLive",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExecuteStatement",
    "ExecuteTransaction",
    "ExportTableToPointInTime",
    "GetItem",
    "GetResourcePolicy",
    "ImportTable",
    "ListBackups",
    "ListContributorInsights",
    "ListExports",
    "ListGlobalTables",
    "ListImports",
    "ListTables",
    "ListTagsOfResource",
    "PutItem",
    "PutResourcePolicy",
    "Query",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "Scan",
    "SearchVectors",
    "TagResource",
    "TransactGetItems",
    "TransactWriteItems",
    "UntagResource",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateItem",
    "UpdateKinesisStreamingDestination",
    "UpdateTable",
    "UpdateTableReplicaAutoScaling",
    "UpdateTimeToLive",
];
