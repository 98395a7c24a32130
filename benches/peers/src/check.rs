//! Holds what arrives against what everybody is to say.

use serde_json::{Value, json};

use crate::Outcome;
use crate::workloads::{CALL, REQUEST_ID, SERVICE, Throttled};

/// The document of a datagram.
///
/// # Errors
///
/// Another header line than X-Ray's, and what is no JSON.
pub fn document(datagram: &[u8]) -> Outcome<Value> {
    let text = std::str::from_utf8(datagram)?;
    let (header, body) = text
        .split_once('\n')
        .ok_or("a datagram without a header line")?;
    let header: Value = serde_json::from_str(header)?;
    if header != json!({"format": "json", "version": 1}) {
        return Err(format!("the header line is `{header}`").into());
    }
    Ok(serde_json::from_str(body)?)
}

/// Whether these are a segment with one call, in one datagram or in two.
///
/// # Errors
///
/// What is missing or says something else.
pub fn order(datagrams: &[Vec<u8>]) -> Outcome {
    let documents: Vec<Value> = datagrams
        .iter()
        .map(|one| document(one))
        .collect::<Outcome<_>>()?;
    let segment = entity(&documents, SERVICE)?;
    says(segment, "/annotations/order_id", &json!("o-1"))?;
    says(segment, "/annotations/items", &json!(3))?;
    says(segment, "/http/response/status", &json!(201))?;
    has_ended(segment)?;
    let call = entity(&documents, CALL)?;
    is_asked(call)?;
    is_answered(call)?;
    let trace = trace(segment)?;
    let is_nested = segment["subsegments"][0]["id"] == call["id"];
    if !is_nested {
        says(call, "/trace_id", &json!(trace))?;
        says(call, "/parent_id", &segment["id"])?;
    }
    Ok(())
}

/// Whether this is a segment with so many calls, in one datagram.
///
/// # Errors
///
/// What is missing or says something else.
pub fn orders(datagrams: &[Vec<u8>], calls: usize) -> Outcome {
    order(datagrams)?;
    let found = match datagrams {
        [whole] => document(whole)?["subsegments"].as_array().map(Vec::len),
        _ => None,
    };
    if found == Some(calls) {
        return Ok(());
    }
    Err(format!(
        "{found:?} calls in {} datagrams: expected {calls} in one",
        datagrams.len()
    )
    .into())
}

/// Whether this is a segment whose call has ended with one exception.
///
/// # Errors
///
/// What is missing or says something else.
pub fn failed(datagrams: &[Vec<u8>]) -> Outcome {
    let documents: Vec<Value> = datagrams
        .iter()
        .map(|one| document(one))
        .collect::<Outcome<_>>()?;
    let call = entity(&documents, CALL)?;
    is_asked(call)?;
    has_ended(call)?;
    says(call, "/fault", &json!(true))?;
    has_id(call, "/cause/exceptions/0/id")?;
    says(
        call,
        "/cause/exceptions/0/message",
        &json!(Throttled.to_string()),
    )?;
    says(call, "/cause/exceptions/1", &Value::Null)
}

/// Whether nothing is sent.
///
/// # Errors
///
/// How much is.
pub fn nothing(datagrams: &[Vec<u8>]) -> Outcome {
    match datagrams.len() {
        0 => Ok(()),
        sent => Err(format!("{sent} datagrams of what is not recorded").into()),
    }
}

/// Whether these are a call, or that call in progress and then complete, in an invocation of a
/// Lambda function.
///
/// # Errors
///
/// What is missing or says something else.
pub fn call(datagrams: &[Vec<u8>]) -> Outcome {
    let documents: Vec<Value> = datagrams
        .iter()
        .map(|one| document(one))
        .collect::<Outcome<_>>()?;
    let (complete, in_progress) = match &documents[..] {
        [complete] => (complete, None),
        [in_progress, complete] => (complete, Some(in_progress)),
        _ => return Err(format!("{} documents of a call", documents.len()).into()),
    };
    for document in in_progress.into_iter().chain([complete]) {
        says(document, "/type", &json!("subsegment"))?;
        says(
            document,
            "/trace_id",
            &json!("1-5759e988-bd862e3fe1be46a994272793"),
        )?;
        says(document, "/parent_id", &json!("53995c3f42cd8ad8"))?;
        is_asked(document)?;
    }
    if let Some(document) = in_progress {
        says(document, "/in_progress", &json!(true))?;
        says(document, "/id", &complete["id"])?;
    }
    is_answered(complete)
}

/// Whether this is a call of a Lambda function that is in progress, and says all of it.
///
/// # Errors
///
/// What is missing or says something else.
pub fn in_progress(datagrams: &[Vec<u8>]) -> Outcome {
    let [datagram] = datagrams else {
        return Err(format!("{} documents of a call", datagrams.len()).into());
    };
    let document = document(datagram)?;
    is_asked(&document)?;
    says(&document, "/in_progress", &json!(true))?;
    says(&document, "/aws/request_id", &json!(REQUEST_ID))?;
    says(&document, "/http/response/status", &json!(200))
}

/// A document without what is new each time, to be held against another one.
///
/// # Errors
///
/// As [`document`].
pub fn masked(datagram: &[u8]) -> Outcome<Value> {
    fn mask(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    match &**key {
                        "id" | "trace_id" | "parent_id" | "start_time" | "end_time"
                        | "sdk_version" => {
                            *value = Value::Null;
                        }
                        _ => mask(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(mask),
            _ => {}
        }
    }
    let mut document = document(datagram)?;
    mask(&mut document);
    Ok(document)
}

/// The entity of this name, in a document of its own or nested.
fn entity<'a>(documents: &'a [Value], name: &str) -> Outcome<&'a Value> {
    let nested = documents
        .iter()
        .flat_map(|document| document["subsegments"].as_array().into_iter().flatten());
    let mut all = documents.iter().chain(nested);
    let found = all.find(|entity| entity["name"] == name);
    found.ok_or_else(|| format!("there is no entity `{name}`").into())
}

fn is_asked(call: &Value) -> Outcome {
    has_id(call, "/id")?;
    says(call, "/namespace", &json!("aws"))?;
    says(call, "/aws/operation", &json!("PutItem"))?;
    says(call, "/aws/region", &json!("us-east-1"))?;
    says(call, "/aws/table_name", &json!("Orders"))
}

fn is_answered(call: &Value) -> Outcome {
    says(call, "/aws/request_id", &json!(REQUEST_ID))?;
    says(call, "/http/response/status", &json!(200))?;
    has_ended(call)
}

fn says(entity: &Value, pointer: &str, wanted: &Value) -> Outcome {
    let found = entity.pointer(pointer).unwrap_or(&Value::Null);
    let is_same = found == wanted || (found.is_number() && found.as_f64() == wanted.as_f64());
    if is_same {
        return Ok(());
    }
    Err(format!(
        "{} says {found} at {pointer}: expected {wanted}",
        entity["name"]
    )
    .into())
}

fn has_ended(entity: &Value) -> Outcome {
    let times = (entity["start_time"].as_f64(), entity["end_time"].as_f64());
    match times {
        (Some(start), Some(end)) if 1e9 < start && start <= end => Ok(()),
        _ => Err(format!("{} began and ended at {times:?}", entity["name"]).into()),
    }
}

fn has_id(entity: &Value, pointer: &str) -> Outcome {
    let id = entity
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default();
    if id.len() == 16 && is_hex(id) {
        return Ok(());
    }
    Err(format!(
        "{} says `{id}` at {pointer}: expected 16 hex digits",
        entity["name"]
    )
    .into())
}

fn trace(entity: &Value) -> Outcome<&str> {
    let id = entity["trace_id"].as_str().unwrap_or_default();
    match id.split('-').collect::<Vec<_>>()[..] {
        ["1", time, unique]
            if time.len() == 8 && unique.len() == 24 && is_hex(time) && is_hex(unique) =>
        {
            Ok(id)
        }
        _ => Err(format!("{} is of the trace `{id}`", entity["name"]).into()),
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use crate::hand::Hand;
    use crate::{Outcome, check};

    /// A segment and a call by hand, with something replaced.
    fn replaced(from: &str, to: &str) -> Outcome<Vec<u8>> {
        let text = String::from_utf8(Hand::default().segment().to_vec())?;
        assert!(text.contains(from), "{text}");
        Ok(text.replacen(from, to, 1).into_bytes())
    }

    #[track_caller]
    fn refused(from: &str, to: &str, expected: &str) -> Outcome {
        let error = check::order(&[replaced(from, to)?]).err();
        assert_eq!(
            error.map(|error| error.to_string()).as_deref(),
            Some(expected)
        );
        Ok(())
    }

    #[test]
    fn what_says_something_else_is_refused_with_the_place() -> Outcome {
        check::order(&[Hand::default().segment().to_vec()])?;
        refused(
            "\"us-east-1\"",
            "\"us-west-1\"",
            "\"DynamoDB\" says \"us-west-1\" at /aws/region: expected \"us-east-1\"",
        )?;
        refused(
            "\"items\":3",
            "\"items\":\"3\"",
            "\"OrdersWorker\" says \"3\" at /annotations/items: expected 3",
        )?;
        refused(
            "\"namespace\":\"aws\",",
            "",
            "\"DynamoDB\" says null at /namespace: expected \"aws\"",
        )?;
        refused("DynamoDB", "S3", "there is no entity `DynamoDB`")?;
        refused(
            "{\"format\":\"json\",",
            "{\"format\":\"text\",",
            "the header line is `{\"format\":\"text\",\"version\":1}`",
        )
    }

    #[test]
    fn what_is_no_json_is_refused() -> Outcome {
        assert!(check::order(&[replaced("]}", "]")?]).is_err());
        assert!(check::document(b"no header line").is_err());
        assert!(check::document(b"\xff\n{}").is_err());
        Ok(())
    }

    #[test]
    fn what_is_new_each_time_is_masked_and_nothing_else() -> Outcome {
        let mut hand = Hand::default();
        let (one, other) = (hand.segment().to_vec(), hand.segment().to_vec());
        assert_ne!(one, other);
        assert_eq!(check::masked(&one)?, check::masked(&other)?);
        let changed = replaced("o-1", "o-2")?;
        assert_ne!(check::masked(&one)?, check::masked(&changed)?);
        Ok(())
    }
}
