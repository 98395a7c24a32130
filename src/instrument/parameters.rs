//! Which parameters of a call are recorded: the lists that all official SDKs share.
//!
//! What is not listed is not recorded: no key, item, filter, message or receipt handle. Sources: the
//! parameter lists that the X-Ray SDKs for Go, Java, Node and Python carry, which are the same for
//! these services; names of tables of transactions and PartiQL statements are ours.

use crate::json::{Document, ObjectWriter, elements, is_plain, is_plain_byte, members, write_text};
use crate::recorder::{Key, Saying, key};
use crate::wire::{tables, unescaped};

/// A member of a body that is recorded.
#[derive(Clone, Copy, Debug)]
pub(in crate::instrument) struct Parameter {
    /// Its name in the body.
    body: &'static str,
    /// Its name in `aws`.
    aws: Key,
    take: Take,
}

#[derive(Clone, Copy, Debug)]
enum Take {
    /// How many elements an array has.
    Count,
    /// The keys of an object.
    Keys,
    /// How large item collections are, and not whose.
    Metrics,
    /// The same by table.
    MetricsByTable,
    /// The value.
    Value,
}

/// What is recorded of an operation whose bodies are JSON.
#[derive(Debug)]
pub(in crate::instrument) struct Bodies {
    /// Where the request names tables, beside its members.
    tables: Tables,
    request: &'static [Parameter],
    answer: &'static [Parameter],
}

/// Where a request of `DynamoDB` names tables in statements and actions, by the name of its operation.
#[derive(Clone, Copy, Debug)]
enum Tables {
    Nowhere,
    One(&'static str),
    Many(&'static str),
}

impl Bodies {
    const fn new(request: &'static [Parameter], answer: &'static [Parameter]) -> Bodies {
        Bodies {
            tables: Tables::Nowhere,
            request,
            answer,
        }
    }

    /// Tables in statements or actions, and one that the request may name by itself.
    const fn with(tables: Tables) -> Bodies {
        Bodies {
            tables,
            request: TABLE,
            answer: NOTHING,
        }
    }

    /// Records what the body of a request says.
    pub(in crate::instrument) fn record_request(&self, call: &mut Saying<'_>, body: &[u8]) {
        if !matches!(self.tables, Tables::Nowhere) {
            record_tables(call, self.tables, body);
        }
        record_members(call, self.request, body);
    }

    /// Records what the body of an answer says.
    pub(in crate::instrument) fn record_answer(&self, call: &mut Saying<'_>, body: &[u8]) {
        record_members(call, self.answer, body);
    }
}

/// Records the tables of a request of `DynamoDB` that names them in statements or actions.
#[cold]
fn record_tables(call: &mut Saying<'_>, named: Tables, body: &[u8]) {
    match named {
        Tables::Nowhere => {}
        Tables::One(operation) => {
            if let Some(table) = tables(operation, body).first() {
                call.aws_text(key!("table_name"), table);
            }
        }
        Tables::Many(operation) => {
            let tables = tables(operation, body);
            if !tables.is_empty() {
                call.aws_json(key!("table_names"), &list(tables));
            }
        }
    }
}

/// Records members of a body.
fn record_members(call: &mut Saying<'_>, parameters: &[Parameter], body: &[u8]) {
    if let [parameter] = parameters
        && let Take::Value = parameter.take
        && let Some(text) = first_text(body, parameter.body)
    {
        return call.aws_json(parameter.aws, text);
    }
    let mut left = parameters.len();
    // So the service answers mostly.
    if left == 0 || body == b"{}" {
        return;
    }
    for (key, value) in members(body) {
        let Some(parameter) = parameters
            .iter()
            .find(|parameter| parameter.body.as_bytes() == key)
        else {
            continue;
        };
        take(call, parameter, value);
        left -= 1;
        // What comes behind is often an item.
        if left == 0 {
            return;
        }
    }
}

/// The value of the member of this name, with its quotes, if it is the first one, and a text without
/// escapes: so the SDK writes the name of a table.
fn first_text<'a>(body: &'a [u8], name: &str) -> Option<&'a str> {
    let value = body.strip_prefix(b"{\"")?.strip_prefix(name.as_bytes())?;
    let value = value.strip_prefix(b"\":")?;
    let (quote, text) = value.split_first()?;
    let end = text.iter().position(|byte| !is_plain_byte(*byte))?;
    if *quote != b'"' || text[end] != b'"' {
        return None;
    }
    std::str::from_utf8(&value[..end + 2]).ok()
}

fn take(call: &mut Saying<'_>, parameter: &Parameter, value: &[u8]) {
    let made = match parameter.take {
        Take::Count => return call.aws_number(parameter.aws, elements(value).count() as u64),
        Take::Keys => list(
            members(value)
                .filter_map(|(key, _)| unescaped(key))
                .collect(),
        ),
        Take::Metrics => metrics(value),
        Take::MetricsByTable => metrics_by_table(value),
        Take::Value => {
            if let Some(json) = json(value) {
                call.aws_json(parameter.aws, json);
            }
            return;
        }
    };
    call.aws_json(parameter.aws, &made);
}

/// A value as it was written, where it is JSON and not null.
fn json(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let is_string = matches!(value, [b'"', inner @ .., b'"'] if is_plain(inner));
    let is_json = is_string || Document::parse(text).is_ok();
    (is_json && text != "null").then_some(text)
}

/// Names in their order, each once. The SDK writes maps in an order of chance.
fn list(mut names: Vec<String>) -> String {
    names.sort();
    names.dedup();
    let mut json = String::from("[");
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write_text(&mut json, name);
    }
    json.push(']');
    json
}

/// The metrics of one item collection. Its key is the key of items, and so is masked.
fn metrics(value: &[u8]) -> String {
    let mut json = String::new();
    let mut object = ObjectWriter::begin(&mut json);
    for (key, value) in members(value) {
        match key {
            b"ItemCollectionKey" => object.text("ItemCollectionKey", "***"),
            b"SizeEstimateRangeGB" => {
                if let Some(range) = self::json(value) {
                    object.raw("SizeEstimateRangeGB", range);
                }
            }
            _ => {}
        }
    }
    object.end();
    json
}

fn metrics_by_table(value: &[u8]) -> String {
    let mut json = String::new();
    let mut object = ObjectWriter::begin(&mut json);
    for (table, collections) in members(value) {
        if let Some(table) = unescaped(table) {
            let all: Vec<String> = elements(collections).map(metrics).collect();
            object.raw(&table, format_args!("[{}]", all.join(",")));
        }
    }
    object.end();
    json
}

const fn parameter(body: &'static str, aws: Key, take: Take) -> Parameter {
    Parameter { body, aws, take }
}

/// Declares lists of parameters.
macro_rules! parameters {
    ($($list:ident: [$($body:literal => $aws:literal $take:ident),* $(,)?];)*) => {
        $(const $list: &[Parameter] = &[$(parameter($body, key!($aws), Take::$take)),*];)*
    };
}

/// What is recorded of an operation of `DynamoDB`: of those that are not listed, the table.
pub(in crate::instrument) fn dynamodb(operation: &str) -> &'static Bodies {
    use Tables::{Many, One};
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => const { &Bodies::new(TABLE, WRITTEN) },
        "GetItem" => const { &Bodies::new(GET_ITEM, CAPACITY) },
        "Query" => const { &Bodies::new(QUERY, CAPACITY) },
        "Scan" => const { &Bodies::new(SCAN, SCANNED) },
        "BatchGetItem" => const { &Bodies::new(BATCH, CAPACITY) },
        "BatchWriteItem" => const { &Bodies::new(BATCH, WRITTEN_BATCH) },
        "CreateTable" => const { &Bodies::new(CREATE_TABLE, NOTHING) },
        "ListTables" => const { &Bodies::new(LIST_TABLES, LISTED_TABLES) },
        "UpdateTable" => const { &Bodies::new(UPDATE_TABLE, NOTHING) },
        "RestoreTableFromBackup" | "RestoreTableToPointInTime" => {
            const { &Bodies::new(RESTORE, NOTHING) }
        }
        "CreateGlobalTable"
        | "DescribeGlobalTable"
        | "DescribeGlobalTableSettings"
        | "UpdateGlobalTable"
        | "UpdateGlobalTableSettings" => const { &Bodies::new(GLOBAL_TABLE, NOTHING) },
        "ExecuteStatement" => const { &Bodies::with(One("ExecuteStatement")) },
        "ImportTable" => const { &Bodies::with(One("ImportTable")) },
        "BatchExecuteStatement" => const { &Bodies::with(Many("BatchExecuteStatement")) },
        "ExecuteTransaction" => const { &Bodies::with(Many("ExecuteTransaction")) },
        "TransactGetItems" => const { &Bodies::with(Many("TransactGetItems")) },
        "TransactWriteItems" => const { &Bodies::with(Many("TransactWriteItems")) },
        _ => const { &Bodies::new(TABLE, NOTHING) },
    }
}

/// What is recorded of an operation of SQS: of those that are not listed, the queue.
pub(in crate::instrument) fn sqs(operation: &str) -> &'static Bodies {
    match operation {
        "AddPermission" | "RemovePermission" => const { &Bodies::new(PERMISSION, NOTHING) },
        "ChangeMessageVisibility" => const { &Bodies::new(CHANGE_VISIBILITY, NOTHING) },
        "ChangeMessageVisibilityBatch" | "DeleteMessageBatch" => {
            const { &Bodies::new(QUEUE, FAILED) }
        }
        "CreateQueue" => const { &Bodies::new(CREATE_QUEUE, NOTHING) },
        "GetQueueAttributes" => const { &Bodies::new(QUEUE, ATTRIBUTES) },
        "GetQueueUrl" => const { &Bodies::new(GET_QUEUE_URL, QUEUE) },
        "ListDeadLetterSourceQueues" => const { &Bodies::new(QUEUE, SOURCE_QUEUES) },
        "ListQueues" => const { &Bodies::new(LIST_QUEUES, LISTED_QUEUES) },
        "ReceiveMessage" => const { &Bodies::new(RECEIVE, RECEIVED) },
        "SendMessage" => const { &Bodies::new(SEND, SENT) },
        "SendMessageBatch" => const { &Bodies::new(SEND_BATCH, SENT_BATCH) },
        "SetQueueAttributes" => const { &Bodies::new(SET_ATTRIBUTES, NOTHING) },
        _ => const { &Bodies::new(QUEUE, NOTHING) },
    }
}

parameters! {
    NOTHING: [];
    TABLE: ["TableName" => "table_name" Value];
    GLOBAL_TABLE: ["GlobalTableName" => "table_name" Value];
    RESTORE: ["TargetTableName" => "table_name" Value];
    BATCH: ["RequestItems" => "table_names" Keys];
    CREATE_TABLE: [
        "GlobalSecondaryIndexes" => "global_secondary_indexes" Value,
        "LocalSecondaryIndexes" => "local_secondary_indexes" Value,
        "ProvisionedThroughput" => "provisioned_throughput" Value,
        "TableName" => "table_name" Value,
    ];
    GET_ITEM: [
        "ConsistentRead" => "consistent_read" Value,
        "ProjectionExpression" => "projection_expression" Value,
        "TableName" => "table_name" Value,
    ];
    LIST_TABLES: [
        "ExclusiveStartTableName" => "exclusive_start_table_name" Value,
        "Limit" => "limit" Value,
    ];
    QUERY: [
        "AttributesToGet" => "attributes_to_get" Value,
        "ConsistentRead" => "consistent_read" Value,
        "IndexName" => "index_name" Value,
        "Limit" => "limit" Value,
        "ProjectionExpression" => "projection_expression" Value,
        "ScanIndexForward" => "scan_index_forward" Value,
        "Select" => "select" Value,
        "TableName" => "table_name" Value,
    ];
    SCAN: [
        "AttributesToGet" => "attributes_to_get" Value,
        "ConsistentRead" => "consistent_read" Value,
        "IndexName" => "index_name" Value,
        "Limit" => "limit" Value,
        "ProjectionExpression" => "projection_expression" Value,
        "Segment" => "segment" Value,
        "Select" => "select" Value,
        "TableName" => "table_name" Value,
        "TotalSegments" => "total_segments" Value,
    ];
    UPDATE_TABLE: [
        "AttributeDefinitions" => "attribute_definitions" Value,
        "GlobalSecondaryIndexUpdates" => "global_secondary_index_updates" Value,
        "ProvisionedThroughput" => "provisioned_throughput" Value,
        "TableName" => "table_name" Value,
    ];
    CAPACITY: ["ConsumedCapacity" => "consumed_capacity" Value];
    WRITTEN: [
        "ConsumedCapacity" => "consumed_capacity" Value,
        "ItemCollectionMetrics" => "item_collection_metrics" Metrics,
    ];
    WRITTEN_BATCH: [
        "ConsumedCapacity" => "consumed_capacity" Value,
        "ItemCollectionMetrics" => "item_collection_metrics" MetricsByTable,
    ];
    LISTED_TABLES: ["TableNames" => "table_count" Count];
    SCANNED: [
        "ConsumedCapacity" => "consumed_capacity" Value,
        "Count" => "count" Value,
        "ScannedCount" => "scanned_count" Value,
    ];
    QUEUE: ["QueueUrl" => "queue_url" Value];
    PERMISSION: ["Label" => "label" Value, "QueueUrl" => "queue_url" Value];
    CHANGE_VISIBILITY: [
        "QueueUrl" => "queue_url" Value,
        "VisibilityTimeout" => "visibility_timeout" Value,
    ];
    CREATE_QUEUE: ["Attributes" => "attributes" Value, "QueueName" => "queue_name" Value];
    GET_QUEUE_URL: [
        "QueueName" => "queue_name" Value,
        "QueueOwnerAWSAccountId" => "queue_owner_aws_account_id" Value,
    ];
    LIST_QUEUES: ["QueueNamePrefix" => "queue_name_prefix" Value];
    RECEIVE: [
        "AttributeNames" => "attribute_names" Value,
        "MaxNumberOfMessages" => "max_number_of_messages" Value,
        "MessageAttributeNames" => "message_attribute_names" Value,
        "QueueUrl" => "queue_url" Value,
        "VisibilityTimeout" => "visibility_timeout" Value,
        "WaitTimeSeconds" => "wait_time_seconds" Value,
    ];
    SEND: [
        "DelaySeconds" => "delay_seconds" Value,
        "MessageAttributes" => "message_attribute_names" Keys,
        "QueueUrl" => "queue_url" Value,
    ];
    SEND_BATCH: ["Entries" => "message_count" Count, "QueueUrl" => "queue_url" Value];
    SET_ATTRIBUTES: ["Attributes" => "attribute_names" Keys, "QueueUrl" => "queue_url" Value];
    FAILED: ["Failed" => "failed" Value];
    ATTRIBUTES: ["Attributes" => "attributes" Value];
    // The service writes this one with a small letter.
    SOURCE_QUEUES: ["queueUrls" => "queue_urls" Value];
    LISTED_QUEUES: ["QueueUrls" => "queue_count" Count];
    RECEIVED: ["Messages" => "message_count" Count];
    SENT: ["MessageId" => "message_id" Value];
    SENT_BATCH: ["Failed" => "failed_count" Count, "Successful" => "successful_count" Count];
}

#[cfg(test)]
mod tests {
    use crate::instrument::parameters::first_text;

    #[test]
    fn the_first_member_is_read_at_once_only_if_it_is_a_plain_text_of_that_name() {
        let read = |body: &[u8]| first_text(body, "TableName").map(str::to_owned);
        for (body, expected) in [
            (r#"{"TableName":"Orders"}"#, Some(r#""Orders""#)),
            (
                r#"{"TableName":"Orders","Item":{"a":{"S":"\""}}}"#,
                Some(r#""Orders""#),
            ),
            (r#"{"TableName":"Bücher"}"#, Some(r#""Bücher""#)),
            (r#"{"TableName":""}"#, Some(r#""""#)),
            (r#"{"TableName":"a\"b"}"#, None),
            (r#"{"TableName":"a\\"}"#, None),
            (r#"{"TableName": "Orders"}"#, None),
            (r#"{ "TableName":"Orders"}"#, None),
            (r#"{"TableNames":"Orders"}"#, None),
            (r#"{"Table":"Orders"}"#, None),
            (r#"{"Item":{},"TableName":"Orders"}"#, None),
            (r#"{"TableName":1}"#, None),
            (r#"{"TableName":["Orders"]}"#, None),
            (r#"{"TableName":xOrders"}"#, None),
            (r#"{"TableName":"Orders"#, None),
            (r#"{"TableName":"#, None),
            ("", None),
        ] {
            assert_eq!(read(body.as_bytes()).as_deref(), expected, "{body}");
        }
        assert_eq!(read(b"{\"TableName\":\"a\nb\"}"), None);
        assert_eq!(read(b"{\"TableName\":\"\xff\"}"), None);
    }
}
