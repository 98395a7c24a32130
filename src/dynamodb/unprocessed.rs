//! What a batch leaves undone.

use crate::dynamodb::{Reply, Request};
use crate::json::{ObjectWriter, Value};

/// The answer to a batch of which the last parts are not processed.
pub(in crate::dynamodb) fn unprocessed(request: &Request, count: usize) -> Reply {
    let is_read = request.operation() == "BatchGetItem";
    let items = request
        .document()
        .and_then(|body| body.root().get("RequestItems"));
    let mut tables: Vec<(String, Value<'_>)> = items
        .iter()
        .flat_map(Value::members)
        .map(|(name, requests)| (name.decode().into_owned(), requests))
        .collect();
    // The SDK writes them in an order of chance.
    tables.sort_by(|(one, _), (other, _)| one.cmp(other));
    let total: usize = tables
        .iter()
        .map(|(_, requests)| parts(*requests, is_read).len())
        .sum();
    let mut done = total.saturating_sub(count);
    let mut left = String::new();
    let mut object = ObjectWriter::begin(&mut left);
    for (table, requests) in &tables {
        let parts = parts(*requests, is_read);
        let (_, undone) = parts.split_at(done.min(parts.len()));
        done -= parts.len() - undone.len();
        if undone.is_empty() {
            continue;
        }
        if is_read {
            let mut keys = object.object(table);
            for (name, value) in requests
                .members()
                .filter(|(name, _)| name.decode() != "Keys")
            {
                keys.raw(&name.decode(), value);
            }
            keys.array("Keys", undone, |json, key| json.push_str(key.raw()));
            keys.end();
        } else {
            object.array(table, undone, |json, write| json.push_str(write.raw()));
        }
    }
    object.end();
    let mut body = String::new();
    let mut object = ObjectWriter::begin(&mut body);
    if is_read {
        let mut responses = object.object("Responses");
        for (table, _) in &tables {
            responses.array(table, None::<()>, |_, ()| {});
        }
        responses.end();
        object.raw("UnprocessedKeys", left);
    } else {
        object.raw("UnprocessedItems", left);
    }
    object.end();
    Reply::ok(body)
}

/// The keys or writes for one table.
fn parts(requests: Value<'_>, is_read: bool) -> Vec<Value<'_>> {
    if is_read {
        let keys = requests.get("Keys");
        return keys.iter().flat_map(Value::elements).collect();
    }
    requests.elements().collect()
}

/// Whether an operation can leave something undone.
pub(in crate::dynamodb) fn is_batch(operation: &str) -> bool {
    matches!(operation, "BatchGetItem" | "BatchWriteItem")
}
