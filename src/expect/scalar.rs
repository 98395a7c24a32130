//! Values of annotations, as a test expects them.

use std::fmt;

use crate::error::visible;

/// A string, a number or a boolean.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `true` or `false`
    Boolean(bool),
    /// A whole number; the same one with a fraction of zero is equal.
    Integer(i128),
    /// A number; a whole number and the same one with a fraction of zero are equal.
    Number(f64),
    /// A text.
    Text(String),
}

impl Scalar {
    /// Whether a received value, read as each of the three, is this one.
    pub(in crate::expect) fn is(
        &self,
        boolean: Option<bool>,
        number: Option<(f64, Option<i128>)>,
        text: Option<&str>,
    ) -> bool {
        match self {
            Scalar::Boolean(expected) => boolean == Some(*expected),
            // Both were written down as decimals, so that equal ones are equal to the last bit.
            Scalar::Number(expected) => {
                number.is_some_and(|(number, _)| number.total_cmp(expected).is_eq())
            }
            Scalar::Integer(expected) => number
                .is_some_and(|(number, whole)| whole == Some(*expected) && number.fract() == 0.0),
            Scalar::Text(expected) => text == Some(expected),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Boolean(value) => write!(f, "{value}"),
            Scalar::Integer(value) => write!(f, "{value}"),
            Scalar::Number(value) => write!(f, "{value}"),
            Scalar::Text(text) => write!(f, "\"{}\"", visible(text)),
        }
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Scalar::Text(text.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Scalar::Text(text)
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Scalar::Boolean(value)
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {
        $(impl From<$number> for Scalar {
            fn from(value: $number) -> Self {
                Scalar::Number(value.into())
            }
        })*
    };
}

from_numbers!(f32, f64);

macro_rules! from_integers {
    ($($integer:ty),*) => {
        $(impl From<$integer> for Scalar {
            fn from(value: $integer) -> Self {
                Scalar::Integer(value.into())
            }
        })*
    };
}

from_integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl From<usize> for Scalar {
    fn from(value: usize) -> Self {
        Scalar::from(value as u64)
    }
}
