//! Values for other formats.

use std::collections::HashMap;

use serde::ser::{Error, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::json::{Kind, Value};

/// Of keys that come twice the last one counts; half a character is U+FFFD; a number that fits into
/// 64 bits is an integer, any other the nearest float, and one beyond the range of floats its text.
///
/// # Errors
///
/// What the format refuses, and nesting deeper than 512 arrays and objects: formats need stack for
/// each.
impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nested = Nested {
            value: *self,
            left: DEEPEST,
        };
        nested.serialize(serializer)
    }
}

struct Nested<'a> {
    value: Value<'a>,
    /// How many levels may follow.
    left: usize,
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value;
        let left = || {
            let left = self.left.checked_sub(1);
            left.ok_or_else(|| {
                S::Error::custom(format_args!("nested deeper than {DEEPEST} levels"))
            })
        };
        match value.kind() {
            Kind::Array => {
                let left = left()?;
                let mut array = serializer.serialize_seq(Some(value.elements().count()))?;
                for value in value.elements() {
                    array.serialize_element(&Nested { value, left })?;
                }
                array.end()
            }
            Kind::Bool => serializer.serialize_bool(value.as_bool() == Some(true)),
            Kind::Null => serializer.serialize_unit(),
            Kind::Number => number(value, serializer),
            Kind::Object => {
                let left = left()?;
                let members: Vec<_> = value.members().collect();
                let keys = members.iter().enumerate();
                let last: HashMap<_, _> = keys.map(|(at, (key, _))| (key.decode(), at)).collect();
                let mut object = serializer.serialize_map(Some(last.len()))?;
                for (at, (key, value)) in members.iter().enumerate() {
                    let key = key.decode();
                    if last.get(&key) == Some(&at) {
                        object.serialize_entry(
                            &*key,
                            &Nested {
                                value: *value,
                                left,
                            },
                        )?;
                    }
                }
                object.end()
            }
            Kind::String => serializer.serialize_str(&value.as_str().unwrap_or_default()),
        }
    }
}

fn number<S: Serializer>(value: Value<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = value.raw();
    if let Ok(number) = text.parse::<i64>() {
        return serializer.serialize_i64(number);
    }
    if let Ok(number) = text.parse::<u64>() {
        return serializer.serialize_u64(number);
    }
    match value.as_number().map(|number| number.as_f64()) {
        Some(float) if float.is_finite() => serializer.serialize_f64(float),
        _ => serializer.serialize_str(text),
    }
}

const DEEPEST: usize = 512;
