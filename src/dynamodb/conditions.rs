//! The items that a request names by their keys.

use crate::json::{Document, Value};

/// The attributes of an item: those of its key, or all where it is written.
pub(in crate::dynamodb) type Item<'a> = Vec<(String, Value<'a>)>;

/// The items that a request names: by `Key` or `Item` at its top, in the parts of a batch or a
/// transaction, and by the equalities of a query's key condition.
pub(in crate::dynamodb) fn items(document: &Document) -> Vec<Item<'_>> {
    let root = document.root();
    let mut objects: Vec<Value<'_>> = keyed(root).collect();
    for (_, requests) in root.get("RequestItems").iter().flat_map(Value::members) {
        let keys = requests.get("Keys");
        objects.extend(keys.iter().flat_map(Value::elements));
        let writes = requests.elements().flat_map(|write| write.members());
        objects.extend(writes.flat_map(|(_, write)| keyed(write)));
    }
    for part in root.get("TransactItems").iter().flat_map(Value::elements) {
        objects.extend(part.members().flat_map(|(_, action)| keyed(action)));
    }
    let mut items: Vec<Item<'_>> = objects
        .into_iter()
        .map(|object| {
            object
                .members()
                .map(|(name, value)| (name.decode().into_owned(), value))
                .collect()
        })
        .collect();
    items.extend(Some(equalities(root)).filter(|item| !item.is_empty()));
    items
}

fn keyed(value: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    ["Key", "Item"]
        .into_iter()
        .filter_map(move |name| value.get(name))
}

/// What the condition of a query says is equal: `order_id = :id AND #day BETWEEN :a AND :b`.
fn equalities(root: Value<'_>) -> Item<'_> {
    let legacy = root.get("KeyConditions");
    let mut item: Item<'_> = legacy
        .iter()
        .flat_map(Value::members)
        .filter_map(|(name, condition)| {
            let operator = condition.get("ComparisonOperator")?;
            let value = condition.get("AttributeValueList")?.elements().next()?;
            (operator.as_str()? == "EQ").then(|| (name.decode().into_owned(), value))
        })
        .collect();
    let expression = root.get("KeyConditionExpression");
    let expression = expression.and_then(|expression| expression.as_str());
    let expression = expression.unwrap_or_default();
    let words = words(&expression);
    for three in words.windows(3) {
        let (name, value) = match *three {
            [name, "=", value] if value.starts_with(':') => (name, value),
            [value, "=", name] if value.starts_with(':') => (name, value),
            _ => continue,
        };
        let name = match root.get("ExpressionAttributeNames") {
            Some(names) if name.starts_with('#') => names
                .get(name)
                .and_then(|name| name.as_str())
                .unwrap_or_default()
                .into_owned(),
            _ => name.to_owned(),
        };
        let values = root.get("ExpressionAttributeValues");
        if let Some(value) = values.and_then(|values| values.get(value)) {
            item.push((name, value));
        }
    }
    item
}

/// Names and operators of an expression.
fn words(expression: &str) -> Vec<&str> {
    let kind = |sign: char| match sign {
        '<' | '=' | '>' => 1,
        sign if sign.is_alphanumeric() || matches!(sign, '_' | '#' | ':' | '.' | '-') => 2,
        _ => 0,
    };
    let mut words = Vec::new();
    let mut begun = 0;
    let mut before = 0;
    for (at, sign) in expression.char_indices() {
        if kind(sign) != before {
            if before > 0 {
                words.push(&expression[begun..at]);
            }
            begun = at;
            before = kind(sign);
        }
    }
    if before > 0 {
        words.push(&expression[begun..]);
    }
    words
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::dynamodb::conditions::items;
    use crate::json::Document;

    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        let document = Document::parse(body).unwrap();
        let found: Vec<String> = items(&document)
            .into_iter()
            .map(|item| {
                let told: Vec<String> = item
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                told.join(" ")
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn items_are_found_wherever_a_request_names_them() {
        check(
            r#"{"Key": {"id": {"S": "a"}, "day": {"N": "1"}}}"#,
            &[r#"id={"S": "a"} day={"N": "1"}"#],
        );
        check(r#"{"Item": {"id": {"S": "a"}}}"#, &[r#"id={"S": "a"}"#]);
        check(
            r#"{"RequestItems": {"A": {"Keys": [{"id": 1}, {"id": 2}]}, "B": [{"PutRequest": {"Item": {"id": 3}}}, {"DeleteRequest": {"Key": {"id": 4}}}]}}"#,
            &["id=1", "id=2", "id=3", "id=4"],
        );
        check(
            r#"{"TransactItems": [{"Put": {"Item": {"id": 1}}}, {"Get": {"Key": {"id": 2}}}]}"#,
            &["id=1", "id=2"],
        );
        check(
            r##"{"KeyConditionExpression": "(id = :i) AND #d=:d AND :e = e AND x >= :d", "ExpressionAttributeNames": {"#d": "day"},
                "ExpressionAttributeValues": {":i": 1, ":d": 2, ":e": 3}}"##,
            &["id=1 day=2 e=3"],
        );
        check(
            r#"{"KeyConditions": {"id": {"ComparisonOperator": "EQ", "AttributeValueList": [1]}, "x": {"ComparisonOperator": "GT", "AttributeValueList": [1]}}}"#,
            &["id=1"],
        );
        check(r#"{"TableName": "A"}"#, &[]);
    }
}
