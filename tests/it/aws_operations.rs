//! What is recorded of each operation of the DynamoDB client, and what never is.

use std::pin::Pin;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::DateTime;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, AttributeValueUpdate, BatchStatementRequest,
    ComparisonOperator, Condition, ConditionCheck, Delete, DeleteRequest, ExpectedAttributeValue,
    Get, KeySchemaElement, KeyType, KeysAndAttributes, ParameterizedStatement,
    ProvisionedThroughput, Put, PutRequest, Replica, ReplicaUpdate, ReturnConsumedCapacity,
    ReturnItemCollectionMetrics, ReturnValue, ReturnValuesOnConditionCheckFailure, S3BucketSource,
    ScalarAttributeType, Select, TableCreationParameters, Tag, TimeToLiveSpecification,
    TransactGetItem, TransactWriteItem, Update, WriteRequest,
};
use serde_json::{Value, json};
use xray_phantom::{FakeDaemon, MockDynamo, Recorder, Reply, mock_dynamo_client};

type Called = Pin<Box<dyn Future<Output = Result<(), String>>>>;

/// An operation: how it is called with secrets wherever there is room for one, what the service
/// answers, and what `aws` holds beside operation, region, request id and retries.
struct Operation {
    name: &'static str,
    call: fn(Client) -> Called,
    answer: Value,
    aws: Value,
}

/// `operation!("GetItem", |client| client.get_item()..., {...answer...} => {...aws...})`
macro_rules! operation {
    ($name:literal, |$client:ident| $call:expr, $answer:tt => $aws:tt) => {
        Operation {
            name: $name,
            call: |$client| {
                Box::pin(async move {
                    let result = $call.send().await;
                    result.map(drop).map_err(|error| format!("{error:?}"))
                })
            },
            answer: json!($answer),
            aws: json!($aws),
        }
    };
}

/// A value that nobody may see in a trace.
fn secret() -> AttributeValue {
    AttributeValue::S("SECRET".to_owned())
}

fn number(number: &str) -> AttributeValue {
    AttributeValue::N(number.to_owned())
}

fn expected() -> ExpectedAttributeValue {
    ExpectedAttributeValue::builder().value(secret()).build()
}

fn condition() -> Condition {
    Condition::builder()
        .comparison_operator(ComparisonOperator::Eq)
        .attribute_value_list(secret())
        .build()
        .unwrap()
}

fn keys() -> KeysAndAttributes {
    KeysAndAttributes::builder()
        .keys([("SECRET_key".to_owned(), secret())].into())
        .projection_expression("SECRET")
        .build()
        .unwrap()
}

fn throughput() -> ProvisionedThroughput {
    ProvisionedThroughput::builder()
        .read_capacity_units(5)
        .write_capacity_units(6)
        .build()
        .unwrap()
}

fn definition() -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name("order_id")
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap()
}

fn key_schema() -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name("order_id")
        .key_type(KeyType::Hash)
        .build()
        .unwrap()
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn items() -> Vec<Operation> {
    vec![
        operation!("BatchExecuteStatement", |client| client
            .batch_execute_statement()
            .statements(BatchStatementRequest::builder()
                .statement("SELECT * FROM \"Orders\" WHERE id = 'SECRET'").parameters(secret()).build().unwrap())
            .statements(BatchStatementRequest::builder()
                .statement("UPDATE Customers SET a = 'from SECRET' WHERE id = ?").parameters(number("1")).build().unwrap()),
            {"Responses": [{"TableName": "Orders", "Item": {"a": {"S": "SECRET"}}}]}
                => {"table_names": ["Customers", "Orders"]}),
        operation!("BatchGetItem", |client| client
            .batch_get_item()
            .request_items("Orders", keys())
            .request_items("Customers", keys())
            .return_consumed_capacity(ReturnConsumedCapacity::Total),
            {"Responses": {"Orders": [{"a": {"S": "SECRET"}}]}, "UnprocessedKeys": {"Orders": {"Keys": [{"a": {"S": "SECRET"}}]}},
             "ConsumedCapacity": [{"TableName": "Orders", "CapacityUnits": 0.5}]}
                => {"table_names": ["Customers", "Orders"], "consumed_capacity": [{"TableName": "Orders", "CapacityUnits": 0.5}]}),
        operation!("BatchWriteItem", |client| client
            .batch_write_item()
            .request_items("Orders", vec![
                WriteRequest::builder().put_request(PutRequest::builder().item("a", secret()).build().unwrap()).build(),
                WriteRequest::builder().delete_request(DeleteRequest::builder().key("a", secret()).build().unwrap()).build(),
            ]),
            {"UnprocessedItems": {"Orders": [{"DeleteRequest": {"Key": {"a": {"S": "SECRET"}}}}]},
             "ItemCollectionMetrics": {"Orders": [{"ItemCollectionKey": {"a": {"S": "SECRET"}}, "SizeEstimateRangeGB": [0.0, 1.0]}]}}
                => {"table_names": ["Orders"],
                    "item_collection_metrics": {"Orders": [{"ItemCollectionKey": "***", "SizeEstimateRangeGB": [0.0, 1.0]}]}}),
        operation!("DeleteItem", |client| client
            .delete_item()
            .table_name("Orders")
            .key("SECRET_key", secret())
            .expected("a", expected())
            .condition_expression("a = :SECRET")
            .expression_attribute_names("#a", "SECRET")
            .expression_attribute_values(":SECRET", secret())
            .return_item_collection_metrics(ReturnItemCollectionMetrics::Size)
            .return_values(ReturnValue::AllOld),
            {"Attributes": {"a": {"S": "SECRET"}}, "ConsumedCapacity": {"TableName": "Orders", "CapacityUnits": 1.0},
             "ItemCollectionMetrics": {"ItemCollectionKey": {"a": {"S": "SECRET"}}, "SizeEstimateRangeGB": [0.0, 1.0]}}
                => {"table_name": "Orders", "consumed_capacity": {"TableName": "Orders", "CapacityUnits": 1.0},
                    "item_collection_metrics": {"ItemCollectionKey": "***", "SizeEstimateRangeGB": [0.0, 1.0]}}),
        operation!("ExecuteStatement", |client| client
            .execute_statement()
            .statement("INSERT INTO \"Orders\" VALUE {'order_id': 'SECRET', 'from': ?}")
            .parameters(secret())
            .next_token("SECRET"),
            {"Items": [{"a": {"S": "SECRET"}}], "NextToken": "SECRET", "LastEvaluatedKey": {"a": {"S": "SECRET"}}}
                => {"table_name": "Orders"}),
        operation!("ExecuteTransaction", |client| client
            .execute_transaction()
            .transact_statements(ParameterizedStatement::builder()
                .statement("EXISTS(SELECT * FROM \"Orders\".\"by_day\" WHERE id = 'SECRET')").build().unwrap())
            .transact_statements(ParameterizedStatement::builder()
                .statement("DELETE FROM Orders WHERE id = ?").parameters(secret()).build().unwrap())
            .client_request_token("SECRET"),
            {"Responses": [{"Item": {"a": {"S": "SECRET"}}}]} => {"table_names": ["Orders"]}),
        operation!("GetItem", |client| client
            .get_item()
            .table_name("Orders")
            .key("SECRET_key", secret())
            .consistent_read(true)
            .projection_expression("order_id, #t")
            .expression_attribute_names("#t", "SECRET")
            .return_consumed_capacity(ReturnConsumedCapacity::Total),
            {"Item": {"ConsumedCapacity": {"S": "SECRET"}, "a\"": {"M": {"b": {"S": "}SECRET\\"}}}},
             "ConsumedCapacity": {"CapacityUnits": 0.5, "TableName": "Orders"}}
                => {"table_name": "Orders", "consistent_read": true, "projection_expression": "order_id, #t",
                    "consumed_capacity": {"CapacityUnits": 0.5, "TableName": "Orders"}}),
        operation!("PutItem", |client| client
            .put_item()
            .table_name("Orders")
            .item("TableName", secret())
            .expected("a", expected())
            .condition_expression("attribute_not_exists(SECRET)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld),
            {"Attributes": {"a": {"S": "SECRET"}}} => {"table_name": "Orders"}),
        operation!("Query", |client| client
            .query()
            .table_name("Orders")
            .index_name("by_day")
            .select(Select::SpecificAttributes)
            .attributes_to_get("order_id")
            .limit(5)
            .consistent_read(false)
            .key_conditions("SECRET_key", condition())
            .query_filter("SECRET_key", condition())
            .scan_index_forward(false)
            .exclusive_start_key("a", secret())
            .projection_expression("order_id")
            .filter_expression("a = :SECRET")
            .key_condition_expression("order_id = :SECRET")
            .expression_attribute_values(":SECRET", secret()),
            {"Items": [{"a": {"S": "SECRET"}}], "Count": 1, "ScannedCount": 2, "LastEvaluatedKey": {"a": {"S": "SECRET"}},
             "ConsumedCapacity": {"TableName": "Orders", "CapacityUnits": 0.5}}
                => {"table_name": "Orders", "index_name": "by_day", "select": "SPECIFIC_ATTRIBUTES", "attributes_to_get": ["order_id"],
                    "limit": 5, "consistent_read": false, "scan_index_forward": false, "projection_expression": "order_id",
                    "consumed_capacity": {"TableName": "Orders", "CapacityUnits": 0.5}}),
        operation!("Scan", |client| client
            .scan()
            .table_name("Orders")
            .index_name("by_day")
            .attributes_to_get("order_id")
            .limit(3)
            .select(Select::Count)
            .scan_filter("SECRET_key", condition())
            .exclusive_start_key("a", secret())
            .segment(1)
            .total_segments(4)
            .projection_expression("order_id")
            .filter_expression("a = :SECRET")
            .expression_attribute_values(":SECRET", secret())
            .consistent_read(true),
            {"Items": [{"Count": {"S": "SECRET"}}], "Count": 1, "ScannedCount": 2, "LastEvaluatedKey": {"a": {"S": "SECRET"}}}
                => {"table_name": "Orders", "index_name": "by_day", "select": "COUNT", "attributes_to_get": ["order_id"], "limit": 3,
                    "consistent_read": true, "segment": 1, "total_segments": 4, "projection_expression": "order_id", "count": 1, "scanned_count": 2}),
        operation!("SearchVectors", |client| client
            .search_vectors()
            .table_name("Orders")
            .index_name("by_day")
            .search_vector(AttributeValue::L(vec![number("1")]))
            .search_condition_expression("a = :SECRET")
            .expression_attribute_values(":SECRET", secret()),
            {"Items": [{"a": {"S": "SECRET"}}]} => {"table_name": "Orders"}),
        operation!("TransactGetItems", |client| client
            .transact_get_items()
            .transact_items(TransactGetItem::builder()
                .get(Get::builder().table_name("Orders").key("a", secret()).projection_expression("SECRET").build().unwrap()).build())
            .transact_items(TransactGetItem::builder()
                .get(Get::builder().table_name("Customers").key("TableName", secret()).build().unwrap()).build()),
            {"Responses": [{"Item": {"a": {"S": "SECRET"}}}]} => {"table_names": ["Customers", "Orders"]}),
        operation!("TransactWriteItems", |client| client
            .transact_write_items()
            .client_request_token("SECRET")
            .transact_items(TransactWriteItem::builder()
                .put(Put::builder().table_name("Orders").item("a", secret()).condition_expression("SECRET").build().unwrap()).build())
            .transact_items(TransactWriteItem::builder()
                .update(Update::builder().table_name("Orders").key("a", secret()).update_expression("SET a = :SECRET").build().unwrap()).build())
            .transact_items(TransactWriteItem::builder()
                .delete(Delete::builder().table_name("Carts").key("a", secret()).build().unwrap()).build())
            .transact_items(TransactWriteItem::builder()
                .condition_check(ConditionCheck::builder().table_name("Customers").key("a", secret()).condition_expression("SECRET").build().unwrap()).build()),
            {"ItemCollectionMetrics": {"Orders": [{"ItemCollectionKey": {"a": {"S": "SECRET"}}}]}}
                => {"table_names": ["Carts", "Customers", "Orders"]}),
        operation!("UpdateItem", |client| client
            .update_item()
            .table_name("Orders")
            .key("SECRET_key", secret())
            .attribute_updates("a", AttributeValueUpdate::builder().value(secret()).build())
            .update_expression("SET SECRET = :SECRET")
            .expression_attribute_values(":SECRET", secret()),
            {"Attributes": {"a": {"S": "SECRET"}}, "ConsumedCapacity": {"TableName": "Orders"},
             "ItemCollectionMetrics": {"ItemCollectionKey": {"a": {"S": "SECRET"}}}}
                => {"table_name": "Orders", "consumed_capacity": {"TableName": "Orders"}, "item_collection_metrics": {"ItemCollectionKey": "***"}}),
    ]
}

fn tables() -> Vec<Operation> {
    vec![
        operation!("CreateTable", |client| client
            .create_table()
            .table_name("Orders")
            .attribute_definitions(definition())
            .key_schema(key_schema())
            .provisioned_throughput(throughput())
            .resource_policy("SECRET")
            .tags(Tag::builder().key("SECRET").value("SECRET").build().unwrap()),
            {} => {"table_name": "Orders", "provisioned_throughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}),
        operation!("DeleteTable", |client| client.delete_table().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("DescribeTable", |client| client.describe_table().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("ListTables", |client| client.list_tables().exclusive_start_table_name("Carts").limit(10),
            {"TableNames": ["Customers", "Orders"]}
                => {"exclusive_start_table_name": "Carts", "limit": 10, "table_count": 2}),
        operation!("UpdateTable", |client| client
            .update_table()
            .table_name("Orders")
            .attribute_definitions(definition())
            .provisioned_throughput(throughput()),
            {} => {"table_name": "Orders", "attribute_definitions": [{"AttributeName": "order_id", "AttributeType": "S"}],
                   "provisioned_throughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}),
        operation!("UpdateTimeToLive", |client| client
            .update_time_to_live()
            .table_name("Orders")
            .time_to_live_specification(TimeToLiveSpecification::builder().enabled(true).attribute_name("SECRET").build().unwrap()),
            {} => {"table_name": "Orders"}),
        operation!("DescribeTimeToLive", |client| client.describe_time_to_live().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("CreateBackup", |client| client.create_backup().table_name("Orders").backup_name("SECRET"), {} => {"table_name": "Orders"}),
        operation!("DescribeContinuousBackups", |client| client.describe_continuous_backups().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("UpdateContinuousBackups", |client| client.update_continuous_backups().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("DescribeContributorInsights", |client| client.describe_contributor_insights().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("UpdateContributorInsights", |client| client.update_contributor_insights().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("ListContributorInsights", |client| client.list_contributor_insights().table_name("Orders").next_token("SECRET"), {} => {"table_name": "Orders"}),
        operation!("DescribeKinesisStreamingDestination", |client| client.describe_kinesis_streaming_destination().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("DisableKinesisStreamingDestination", |client| client.disable_kinesis_streaming_destination().table_name("Orders").stream_arn("SECRET"), {} => {"table_name": "Orders"}),
        operation!("EnableKinesisStreamingDestination", |client| client.enable_kinesis_streaming_destination().table_name("Orders").stream_arn("SECRET"), {} => {"table_name": "Orders"}),
        operation!("UpdateKinesisStreamingDestination", |client| client.update_kinesis_streaming_destination().table_name("Orders").stream_arn("SECRET"), {} => {"table_name": "Orders"}),
        operation!("DescribeTableReplicaAutoScaling", |client| client.describe_table_replica_auto_scaling().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("UpdateTableReplicaAutoScaling", |client| client.update_table_replica_auto_scaling().table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("ListBackups", |client| client.list_backups().table_name("Orders").exclusive_start_backup_arn("SECRET"), {} => {"table_name": "Orders"}),
        operation!("CreateGlobalTable", |client| client.create_global_table().global_table_name("Orders")
            .replication_group(Replica::builder().region_name("SECRET").build()), {} => {"table_name": "Orders"}),
        operation!("DescribeGlobalTable", |client| client.describe_global_table().global_table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("DescribeGlobalTableSettings", |client| client.describe_global_table_settings().global_table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("UpdateGlobalTable", |client| client.update_global_table().global_table_name("Orders")
            .replica_updates(ReplicaUpdate::builder().build()), {} => {"table_name": "Orders"}),
        operation!("UpdateGlobalTableSettings", |client| client.update_global_table_settings().global_table_name("Orders"), {} => {"table_name": "Orders"}),
        operation!("RestoreTableFromBackup", |client| client.restore_table_from_backup().target_table_name("Orders").backup_arn("SECRET"), {} => {"table_name": "Orders"}),
        operation!("RestoreTableToPointInTime", |client| client.restore_table_to_point_in_time().source_table_name("SECRET").target_table_name("Orders")
            .restore_date_time(DateTime::from_secs(1)), {} => {"table_name": "Orders"}),
        operation!("ImportTable", |client| client.import_table().client_token("SECRET")
            .s3_bucket_source(S3BucketSource::builder().s3_bucket("SECRET").build().unwrap())
            .table_creation_parameters(TableCreationParameters::builder().table_name("Orders")
                .attribute_definitions(definition()).key_schema(key_schema()).build().unwrap()),
            {} => {"table_name": "Orders"}),
    ]
}

/// Operations that name no table, but for its ARN.
fn others() -> Vec<Operation> {
    vec![
        operation!("DeleteBackup", |client| client.delete_backup().backup_arn("SECRET"), {} => {}),
        operation!("DeleteResourcePolicy", |client| client.delete_resource_policy().resource_arn("SECRET"), {} => {}),
        operation!("DescribeBackup", |client| client.describe_backup().backup_arn("SECRET"), {} => {}),
        operation!("DescribeEndpoints", |client| client.describe_endpoints(), {"Endpoints": []} => {}),
        operation!("DescribeExport", |client| client.describe_export().export_arn("SECRET"), {} => {}),
        operation!("DescribeImport", |client| client.describe_import().import_arn("SECRET"), {} => {}),
        operation!("DescribeLimits", |client| client.describe_limits(), {} => {}),
        operation!("ExportTableToPointInTime", |client| client.export_table_to_point_in_time().table_arn("SECRET").s3_bucket("SECRET")
            .s3_prefix("SECRET"), {} => {}),
        operation!("GetResourcePolicy", |client| client.get_resource_policy().resource_arn("SECRET"), {"Policy": "SECRET"} => {}),
        operation!("ListExports", |client| client.list_exports().table_arn("SECRET"), {} => {}),
        operation!("ListGlobalTables", |client| client.list_global_tables().region_name("SECRET"), {} => {}),
        operation!("ListImports", |client| client.list_imports().table_arn("SECRET"), {} => {}),
        operation!("ListTagsOfResource", |client| client.list_tags_of_resource().resource_arn("SECRET"),
            {"Tags": [{"Key": "SECRET", "Value": "SECRET"}]} => {}),
        operation!("PutResourcePolicy", |client| client.put_resource_policy().resource_arn("SECRET").policy("SECRET"), {} => {}),
        operation!("TagResource", |client| client.tag_resource().resource_arn("SECRET")
            .tags(Tag::builder().key("SECRET").value("SECRET").build().unwrap()), {} => {}),
        operation!("UntagResource", |client| client.untag_resource().resource_arn("SECRET").tag_keys("SECRET"), {} => {}),
    ]
}

fn all() -> Vec<Operation> {
    let mut all = items();
    all.extend(tables());
    all.extend(others());
    all
}

/// The subsegment of a call, and the text of all that was sent.
async fn recorded(
    dynamo: &MockDynamo,
    operation: &Operation,
) -> (Result<(), String>, Value, String) {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let client = mock_dynamo_client!(aws_sdk_dynamodb, dynamo, recorder);
    let result = recorder
        .in_segment_infallible("api", async |_| (operation.call)(client).await)
        .await;
    let trace = daemon.expect_one_trace().await;
    let subsegment = trace.nodes().nth(1).unwrap().entity().json().raw();
    let subsegment = serde_json::from_str(subsegment).unwrap();
    let datagrams = daemon.datagrams().await.unwrap();
    let text = datagrams
        .iter()
        .map(|datagram| String::from_utf8_lossy(datagram.bytes()).into_owned())
        .collect();
    (result, subsegment, text)
}

#[tokio::test]
async fn each_operation_is_recorded_with_its_parameters_and_no_secret() {
    for operation in all() {
        let name = operation.name;
        let dynamo = MockDynamo::new();
        dynamo
            .on(name)
            .then(Reply::ok(operation.answer.to_string()));
        let (result, mut subsegment, text) = recorded(&dynamo, &operation).await;
        assert_eq!(result, Ok(()), "{name}");
        assert!(!text.contains("SECRET"), "{name}: {text}");
        assert_eq!(dynamo.requests()[0].operation(), name);

        let mut expected = operation.aws;
        let aws = subsegment["aws"].take();
        expected["operation"] = json!(name);
        expected["region"] = json!("us-east-1");
        expected["request_id"] = aws["request_id"].clone();
        expected["retries"] = json!(0);
        assert_eq!(aws, expected, "{name}");
        assert_eq!(aws["request_id"].as_str().map(str::len), Some(52), "{name}");
        let object = subsegment.as_object_mut().unwrap();
        for key in ["id", "start_time", "end_time", "aws"] {
            assert!(object.remove(key).is_some(), "{name}: {key}");
        }
        let length = operation.answer.to_string().len();
        let rest = json!({"name": "DynamoDB", "namespace": "aws", "http": {"response": {"status": 200, "content_length": length}}});
        assert_eq!(subsegment, rest, "{name}");
    }
}

#[tokio::test]
async fn nothing_of_an_item_is_recorded_where_an_operation_fails() {
    for operation in all() {
        let name = operation.name;
        let dynamo = MockDynamo::new();
        let mut answer = operation.answer.clone();
        answer["__type"] =
            json!("com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
        answer["message"] = json!("The conditional request failed");
        answer["Item"] = json!({"a": {"S": "SECRET"}});
        answer["CancellationReasons"] =
            json!([{"Code": "ConditionalCheckFailed", "Item": {"a": {"S": "SECRET"}}}]);
        dynamo.on(name).then(Reply::new(400, answer.to_string()));
        let (result, subsegment, text) = recorded(&dynamo, &operation).await;
        assert!(result.is_err(), "{name}");
        assert!(!text.contains("SECRET"), "{name}: {text}");
        assert_eq!(subsegment["error"], json!(true), "{name}");
        let exception = &subsegment["cause"]["exceptions"][0];
        assert_eq!(
            exception["type"],
            json!("ConditionalCheckFailedException"),
            "{name}"
        );
        // What the answer to a success says is not looked for in one to a failure.
        assert_eq!(subsegment["aws"].get("consumed_capacity"), None, "{name}");
    }
}

#[test]
fn the_table_holds_every_operation_that_the_mock_knows() {
    let mut names: Vec<&str> = all().iter().map(|operation| operation.name).collect();
    names.sort_unstable();
    let dynamo = MockDynamo::new();
    for name in &names {
        dynamo.try_on(name).unwrap().then_ok();
        dynamo
            .handle(xray_phantom::DynamoRequest::new(*name, "{}"))
            .unwrap();
    }
    names.dedup();
    assert_eq!(names.len(), 58, "{names:?}");
}
