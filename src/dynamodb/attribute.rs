//! Values of items.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{Kind, ObjectWriter, Value, write_text};

/// The value of an attribute, as DynamoDB types it.
///
/// # Examples
///
/// ```
/// use xray_phantom::{Attribute, MockDynamo};
///
/// let dynamo = MockDynamo::new();
/// dynamo.on("GetItem").table("Orders").then_item([("order_id", Attribute::from("o-1")), ("total", 42.into())]);
/// # let request = xray_phantom::DynamoRequest::new("GetItem", r#"{"TableName": "Orders"}"#);
/// # let reply = dynamo.handle(request).unwrap();
/// # assert_eq!(reply.body(), r#"{"Item":{"order_id":{"S":"o-1"},"total":{"N":"42"}}}"#);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// `BOOL`
    Bool(bool),
    /// `B`
    Bytes(Vec<u8>),
    /// `BS`
    BytesSet(Vec<Vec<u8>>),
    /// `L`
    List(Vec<Attribute>),
    /// `M`
    Map(Vec<(String, Attribute)>),
    /// `NULL`
    Null,
    /// `N`: a number as text, of up to 38 digits.
    Number(String),
    /// `NS`
    NumberSet(Vec<String>),
    /// `S`
    Text(String),
    /// `SS`
    TextSet(Vec<String>),
}

impl Attribute {
    pub(in crate::dynamodb) fn write(&self, json: &mut String) {
        let mut object = ObjectWriter::begin(json);
        match self {
            Attribute::Bool(value) => object.raw("BOOL", value),
            Attribute::Bytes(bytes) => object.text("B", &STANDARD.encode(bytes)),
            Attribute::BytesSet(values) => object.array("BS", values, |json, bytes| {
                write_text(json, &STANDARD.encode(bytes));
            }),
            Attribute::List(values) => object.array("L", values, |json, value| value.write(json)),
            Attribute::Map(members) => object.raw("M", item(members)),
            Attribute::Null => object.raw("NULL", true),
            Attribute::Number(text) => object.text("N", text),
            Attribute::NumberSet(texts) => {
                object.array("NS", texts, |json, text| write_text(json, text));
            }
            Attribute::Text(text) => object.text("S", text),
            Attribute::TextSet(texts) => {
                object.array("SS", texts, |json, text| write_text(json, text));
            }
        }
        object.end();
    }
}

/// Whether this is an attribute, such as `{"S": "o-1"}`: an object with one member, whose name is its
/// type.
pub(in crate::dynamodb) fn is_attribute(value: Value<'_>) -> bool {
    let mut members = value.members();
    let first = members.next();
    first.is_some_and(|(kind, _)| TYPES.contains(&&*kind.decode())) && members.next().is_none()
}

/// Whether this is an object of attributes.
pub(in crate::dynamodb) fn is_item(value: Value<'_>) -> bool {
    value.kind() == Kind::Object && value.members().all(|(_, value)| is_attribute(value))
}

/// The types of attributes.
const TYPES: [&str; 10] = ["B", "BOOL", "BS", "L", "M", "N", "NS", "NULL", "S", "SS"];

/// The JSON of an item.
pub(in crate::dynamodb) fn item(members: &[(String, Attribute)]) -> String {
    let mut json = String::from("{");
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write_text(&mut json, name);
        json.push(':');
        value.write(&mut json);
    }
    json.push('}');
    json
}

/// The JSON of an item that is said attribute by attribute.
pub(in crate::dynamodb) fn item_of<K: Into<String>>(
    attributes: impl IntoIterator<Item = (K, Attribute)>,
) -> String {
    let members: Vec<(String, Attribute)> = attributes
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
    item(&members)
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Attribute::Text(text.to_owned())
    }
}

impl From<&String> for Attribute {
    fn from(text: &String) -> Self {
        Attribute::Text(text.clone())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Attribute::Text(text)
    }
}

impl From<bool> for Attribute {
    fn from(value: bool) -> Self {
        Attribute::Bool(value)
    }
}

impl From<Vec<u8>> for Attribute {
    fn from(bytes: Vec<u8>) -> Self {
        Attribute::Bytes(bytes)
    }
}

impl From<&[u8]> for Attribute {
    fn from(bytes: &[u8]) -> Self {
        Attribute::Bytes(bytes.to_vec())
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {
        $(impl From<$number> for Attribute {
            fn from(value: $number) -> Self {
                Attribute::Number(value.to_string())
            }
        })*
    };
}

from_numbers!(i32, i64, u32, u64, f64);
