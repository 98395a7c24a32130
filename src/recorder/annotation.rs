//! Values of annotations.

use crate::json::write_text;

/// The value of an annotation: a string, a number or a boolean, as X-Ray indexes them.
#[derive(Clone, Debug, PartialEq)]
pub enum AnnotationValue {
    /// `true` or `false`
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A whole number, exact.
    Integer(i128),
    /// A text.
    Text(String),
}

impl AnnotationValue {
    /// The value as JSON; `None` for a number that JSON does not have.
    pub(in crate::recorder) fn to_json(&self) -> Option<String> {
        match self {
            AnnotationValue::Boolean(value) => Some(value.to_string()),
            AnnotationValue::Number(value) => value.is_finite().then(|| value.to_string()),
            AnnotationValue::Integer(value) => Some(value.to_string()),
            AnnotationValue::Text(text) => {
                let mut json = String::new();
                write_text(&mut json, text);
                Some(json)
            }
        }
    }
}

impl From<&str> for AnnotationValue {
    fn from(text: &str) -> Self {
        AnnotationValue::Text(text.to_owned())
    }
}

impl From<String> for AnnotationValue {
    fn from(text: String) -> Self {
        AnnotationValue::Text(text)
    }
}

impl From<&String> for AnnotationValue {
    fn from(text: &String) -> Self {
        AnnotationValue::Text(text.clone())
    }
}

impl From<bool> for AnnotationValue {
    fn from(value: bool) -> Self {
        AnnotationValue::Boolean(value)
    }
}

impl From<f64> for AnnotationValue {
    fn from(value: f64) -> Self {
        AnnotationValue::Number(value)
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {
        $(impl From<$integer> for AnnotationValue {
            fn from(value: $integer) -> Self {
                AnnotationValue::Integer(value.into())
            }
        })*
    };
}

from_integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl From<usize> for AnnotationValue {
    fn from(value: usize) -> Self {
        AnnotationValue::from(value as u64)
    }
}

/// The number that is shown: 0.1 stays 0.1, and does not become 0.10000000149011612.
impl From<f32> for AnnotationValue {
    fn from(value: f32) -> Self {
        let shown = value.to_string().parse();
        AnnotationValue::Number(shown.unwrap_or_else(|_| value.into()))
    }
}
