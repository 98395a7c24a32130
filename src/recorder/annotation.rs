//! Values of annotations.

use std::fmt::Display;
use std::io::Write as _;

use crate::json::push_integer;
use crate::recorder::annotation_text::AnnotationText;

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
    Text(AnnotationText),
}

impl AnnotationValue {
    /// Whether JSON has it: there is no NaN, and no infinity.
    pub(in crate::recorder) fn is_json(&self) -> bool {
        match self {
            AnnotationValue::Number(number) => number.is_finite(),
            _ => true,
        }
    }

    /// Appends it as JSON.
    #[inline]
    pub(in crate::recorder) fn push(&self, json: &mut Vec<u8>) {
        match self {
            AnnotationValue::Boolean(true) => json.extend_from_slice(b"true"),
            AnnotationValue::Boolean(false) => json.extend_from_slice(b"false"),
            AnnotationValue::Number(value) => display(json, value),
            AnnotationValue::Integer(value) => match u64::try_from(*value) {
                Ok(value) => push_integer(json, value),
                Err(_) => display(json, value),
            },
            AnnotationValue::Text(text) => text.push(json),
        }
    }
}

fn display(json: &mut Vec<u8>, value: impl Display) {
    let Ok(()) = write!(json, "{value}") else {
        unreachable!("memory takes every text")
    };
}

impl From<&str> for AnnotationValue {
    #[inline]
    fn from(text: &str) -> Self {
        AnnotationValue::Text(text.into())
    }
}

impl From<String> for AnnotationValue {
    fn from(text: String) -> Self {
        AnnotationValue::Text(text.into())
    }
}

impl From<&String> for AnnotationValue {
    fn from(text: &String) -> Self {
        AnnotationValue::Text(text.as_str().into())
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
