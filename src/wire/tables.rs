//! The tables that a request of DynamoDB names.

use crate::json::{Document, elements, member, members};
use crate::wire::partiql;

/// The tables of a request in the order in which its body has them, as they are written there: a
/// name, or the ARN of a table. A table that is named twice comes twice.
///
/// ```text
/// BatchGetItem, BatchWriteItem               the keys of RequestItems
/// BatchExecuteStatement, ExecuteTransaction  those of their statements
/// ExecuteStatement                           that of its statement
/// TransactGetItems, TransactWriteItems       TableName of each action
/// ImportTable                                TableName of TableCreationParameters
/// RestoreTable...                            TargetTableName
/// ...GlobalTable, ...GlobalTableSettings     GlobalTableName
/// ExportTableToPointInTime                   TableArn
/// all others                                 TableName
/// ```
///
/// Source: Amazon DynamoDB API reference.
pub(crate) fn tables(operation: &str, body: &[u8]) -> Vec<String> {
    let one = |key: &str| member(body, key).and_then(text).into_iter().collect();
    let all = |key: &str| elements(member(body, key).unwrap_or_default());
    match operation {
        "BatchExecuteStatement" => all("Statements").flat_map(of_statement).collect(),
        "ExecuteTransaction" => all("TransactStatements").flat_map(of_statement).collect(),
        "ExecuteStatement" => of_statement(body),
        "BatchGetItem" | "BatchWriteItem" => {
            let items = members(member(body, "RequestItems").unwrap_or_default());
            items.filter_map(|(name, _)| unescaped(name)).collect()
        }
        "TransactGetItems" | "TransactWriteItems" => {
            let actions = all("TransactItems").flat_map(members);
            let named = actions.filter_map(|(_, action)| text(member(action, "TableName")?));
            named.collect()
        }
        "ImportTable" => {
            let table = member(body, "TableCreationParameters").unwrap_or_default();
            member(table, "TableName")
                .and_then(text)
                .into_iter()
                .collect()
        }
        "RestoreTableFromBackup" | "RestoreTableToPointInTime" => one("TargetTableName"),
        "CreateGlobalTable"
        | "DescribeGlobalTable"
        | "DescribeGlobalTableSettings"
        | "UpdateGlobalTable"
        | "UpdateGlobalTableSettings" => one("GlobalTableName"),
        "ExportTableToPointInTime" => one("TableArn"),
        _ => one("TableName"),
    }
}

/// The name of a table that is given by its ARN, or by its name.
///
/// `arn:aws:dynamodb:us-east-1:123456789012:table/Orders`, with or without an index behind it.
#[cfg(feature = "testing")]
pub(crate) fn table_name(table: &str) -> &str {
    let behind = table
        .strip_prefix("arn:")
        .and_then(|arn| arn.split_once(":table/"));
    match behind {
        Some((_, resource)) => resource.split('/').next().unwrap_or(resource),
        None => table,
    }
}

fn of_statement(body: &[u8]) -> Vec<String> {
    let statement = member(body, "Statement").and_then(text);
    statement.map_or_else(Vec::new, |statement| partiql::tables(&statement))
}

/// A string as the text that it stands for.
fn text(value: &[u8]) -> Option<String> {
    unescaped(value.strip_prefix(b"\"")?.strip_suffix(b"\"")?)
}

/// What stands between the quotes of a string, as the text that it stands for.
pub(crate) fn unescaped(raw: &[u8]) -> Option<String> {
    let raw = std::str::from_utf8(raw).ok()?;
    if !raw.contains('\\') {
        return Some(raw.to_owned());
    }
    let document = Document::parse(&format!("\"{raw}\"")).ok()?;
    Some(document.root().as_str()?.into_owned())
}

#[cfg(test)]
mod tests {
    use crate::wire::tables::tables;

    #[track_caller]
    fn check(operation: &str, body: &str, expected: &[&str]) {
        assert_eq!(tables(operation, body.as_bytes()), expected, "{operation}");
    }

    #[test]
    fn each_kind_of_request_names_its_tables() {
        check(
            "PutItem",
            r#"{"Item": {}, "TableName": "Orders"}"#,
            &["Orders"],
        );
        check("PutItem", r#"{"TableName": "a\u0062"}"#, &["ab"]);
        check(
            "BatchGetItem",
            r#"{"RequestItems": {"b": {}, "a": {}}}"#,
            &["b", "a"],
        );
        check(
            "TransactWriteItems",
            r#"{"TransactItems": [{"Put": {"TableName": "b"}}, {"Delete": {"TableName": "a"}}, {"Put": {"TableName": "b"}}]}"#,
            &["b", "a", "b"],
        );
        check(
            "ExecuteStatement",
            r#"{"Statement": "SELECT * FROM Orders"}"#,
            &["Orders"],
        );
        let statements =
            r#"[{"Statement": "SELECT * FROM a"}, {"Statement": "UPDATE \"b\" SET x = 1"}]"#;
        check(
            "BatchExecuteStatement",
            &format!("{{\"Statements\": {statements}}}"),
            &["a", "b"],
        );
        check(
            "ExecuteTransaction",
            &format!("{{\"TransactStatements\": {statements}}}"),
            &["a", "b"],
        );
        check(
            "ImportTable",
            r#"{"TableCreationParameters": {"TableName": "Orders"}}"#,
            &["Orders"],
        );
        check(
            "RestoreTableToPointInTime",
            r#"{"SourceTableName": "Old", "TargetTableName": "New"}"#,
            &["New"],
        );
        check(
            "CreateGlobalTable",
            r#"{"GlobalTableName": "Orders"}"#,
            &["Orders"],
        );
        let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Orders";
        check(
            "ExportTableToPointInTime",
            &format!("{{\"TableArn\": \"{arn}\"}}"),
            &[arn],
        );
    }

    #[test]
    fn what_names_no_table_is_not_taken_for_one() {
        check("ListTables", r#"{"Limit": 1}"#, &[]);
        check("PutItem", r#"{"TableName": 1}"#, &[]);
        check("PutItem", "no JSON", &[]);
        check("ExecuteStatement", r#"{"TableName": "Orders"}"#, &[]);
        check(
            "TransactGetItems",
            r#"{"TransactItems": {"Get": {"TableName": "a"}}}"#,
            &[],
        );
    }

    #[cfg(feature = "testing")]
    #[test]
    fn an_arn_tells_the_name_of_its_table() {
        let check = |table: &str, expected: &str| {
            assert_eq!(crate::wire::tables::table_name(table), expected);
        };
        check("Orders", "Orders");
        check(
            "arn:aws:dynamodb:us-east-1:123456789012:table/Orders",
            "Orders",
        );
        check(
            "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/Orders/index/by_day",
            "Orders",
        );
        check(
            "arn:aws:sqs:us-east-1:123456789012:Orders",
            "arn:aws:sqs:us-east-1:123456789012:Orders",
        );
        check("x:table/Orders", "x:table/Orders");
    }
}
