//! How the fields of a received document are read.

use std::borrow::Cow;

use crate::json::{Kind, Number, Value};

/// Something that a JSON value may be read as.
pub(in crate::model) trait Read<'a>: Sized {
    /// Reads the value; `None` where it is of another type.
    fn read(value: Value<'a>) -> Option<Self>;
}

impl<'a> Read<'a> for Cow<'a, str> {
    fn read(value: Value<'a>) -> Option<Self> {
        value.as_str()
    }
}

impl Read<'_> for bool {
    fn read(value: Value<'_>) -> Option<Self> {
        value.as_bool()
    }
}

impl Read<'_> for i64 {
    fn read(value: Value<'_>) -> Option<Self> {
        value.as_number()?.as_i64()
    }
}

impl<'a> Read<'a> for Number<'a> {
    fn read(value: Value<'a>) -> Option<Self> {
        value.as_number()
    }
}

/// The elements that can be read; the JSON has the others too.
impl<'a, T: Read<'a>> Read<'a> for Vec<T> {
    fn read(value: Value<'a>) -> Option<Self> {
        (value.kind() == Kind::Array).then(|| value.elements().filter_map(T::read).collect())
    }
}

/// Declares a view of a JSON object: one method a field, named as the field is.
macro_rules! view {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty = $key:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'a>(crate::json::Value<'a>);

        impl<'a> $name<'a> {
            $(
                $(#[$field_about])*
                pub fn $field(&self) -> Option<$type> {
                    self.0.get($key).and_then(<$type as crate::model::view::Read>::read)
                }
            )*

            /// The object as received, with what this view does not name.
            pub fn json(&self) -> crate::json::Value<'a> {
                self.0
            }
        }

        impl<'a> crate::model::view::Read<'a> for $name<'a> {
            fn read(value: crate::json::Value<'a>) -> Option<Self> {
                (value.kind() == crate::json::Kind::Object).then_some($name(value))
            }
        }
    };
}

pub(in crate::model) use view;
