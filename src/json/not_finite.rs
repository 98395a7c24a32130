//! Counts the numbers of a value that JSON does not have.

use std::fmt::{Display, Error};

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// How many NaN and infinities a value holds: where it is written as JSON, each is a `null`.
pub(crate) fn not_finite(value: &(impl Serialize + ?Sized)) -> usize {
    let mut counter = Counter { found: 0 };
    // Where the value fails half way, what was found before counts.
    let _ = value.serialize(&mut counter);
    counter.found
}

/// Reads a value and writes nothing.
struct Counter {
    found: usize,
}

type Read = Result<(), Error>;

macro_rules! nothing {
    ($($method:ident($($value:ty),*);)*) => {
        $(fn $method(self, $(_: $value),*) -> Read {
            Ok(())
        })*
    };
}

macro_rules! open {
    ($($method:ident($($argument:ty),*) -> $open:ident;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<Self::$open, Error> {
            Ok(self)
        })*
    };
}

impl Serializer for &mut Counter {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn serialize_f32(self, value: f32) -> Read {
        self.found += usize::from(!value.is_finite());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Read {
        self.found += usize::from(!value.is_finite());
        Ok(())
    }

    nothing! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    open! {
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct(&'static str, usize) -> SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Read {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Read {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Read {
        value.serialize(self)
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Read {
        Ok(())
    }
}

macro_rules! elements {
    ($($open:ident::$method:ident;)*) => {
        $(impl $open for &mut Counter {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Read {
                value.serialize(&mut **self)
            }

            fn end(self) -> Read {
                Ok(())
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! fields {
    ($($open:ident;)*) => {
        $(impl $open for &mut Counter {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Read {
                value.serialize(&mut **self)
            }

            fn end(self) -> Read {
                Ok(())
            }
        })*
    };
}

fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl SerializeMap for &mut Counter {
    type Ok = ();
    type Error = Error;

    /// A key is written as a text, and one that is not finite is refused.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Read {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Read {
        value.serialize(&mut **self)
    }

    fn end(self) -> Read {
        Ok(())
    }
}
