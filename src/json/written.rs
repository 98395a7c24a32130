//! Values of any type as JSON, without a detour for those that most are: texts and numbers.

use std::fmt::Display;

use serde::ser::{Serialize, Serializer};
use serde_json::Error;

use crate::json::{push_integer, push_text};

/// A value that was serialized.
pub(crate) enum Written<'a> {
    Boolean(bool),
    Integer(u64),
    /// Anything else, as JSON.
    Json(Vec<u8>),
    Text(&'a str),
}

impl Written<'_> {
    /// Appends it as JSON.
    #[inline]
    pub(crate) fn push(&self, json: &mut Vec<u8>) {
        match self {
            Written::Boolean(true) => json.extend_from_slice(b"true"),
            Written::Boolean(false) => json.extend_from_slice(b"false"),
            Written::Integer(number) => push_integer(json, *number),
            Written::Json(value) => json.extend_from_slice(value),
            Written::Text(text) => push_text(json, text),
        }
    }
}

/// Serializes a value and hands it to `take`, a text as it is. What needs memory to be written into
/// asks for it.
///
/// # Errors
///
/// That of the value itself, and that it is no JSON: a map whose keys are no texts.
pub(crate) fn serialize<R>(
    value: &(impl Serialize + ?Sized),
    memory: impl FnOnce() -> Vec<u8>,
    take: impl FnOnce(Written<'_>) -> R,
) -> Result<R, Error> {
    let (mut take, mut taken, mut json) = (Some(take), None, None);
    let mut hand_over = |written: Written<'_>| taken = take.take().map(|take| take(written));
    value.serialize(Split {
        memory,
        hand_over: &mut hand_over,
        json: &mut json,
    })?;
    if let Some(json) = json {
        hand_over(Written::Json(json.into_inner()));
    }
    let Some(taken) = taken else {
        unreachable!("a serializer is used up by writing a value")
    };
    Ok(taken)
}

/// The serializer of serde_json.
type Json = serde_json::Serializer<Vec<u8>>;

/// Hands texts, whole numbers and booleans over, and leaves all else to serde_json.
struct Split<'a, M, H> {
    memory: M,
    hand_over: &'a mut H,
    json: &'a mut Option<Json>,
}

impl<'a, M: FnOnce() -> Vec<u8>, H> Split<'a, M, H> {
    fn json(self) -> &'a mut Json {
        self.json.insert(Json::new((self.memory)()))
    }
}

macro_rules! unsigned {
    ($($method:ident($number:ty);)*) => {
        $(#[inline]
        fn $method(self, number: $number) -> Result<(), Error> {
            (self.hand_over)(Written::Integer(number.into()));
            Ok(())
        })*
    };
}

macro_rules! left_to_json {
    ($($method:ident($($name:ident: $argument:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $($name: $argument),*) -> Result<$result, Error> {
            self.json().$method($($name),*)
        })*
    };
}

impl<'a, M: FnOnce() -> Vec<u8>, H: FnMut(Written<'_>)> Serializer for Split<'a, M, H> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = <&'a mut Json as Serializer>::SerializeSeq;
    type SerializeTuple = <&'a mut Json as Serializer>::SerializeTuple;
    type SerializeTupleStruct = <&'a mut Json as Serializer>::SerializeTupleStruct;
    type SerializeTupleVariant = <&'a mut Json as Serializer>::SerializeTupleVariant;
    type SerializeMap = <&'a mut Json as Serializer>::SerializeMap;
    type SerializeStruct = <&'a mut Json as Serializer>::SerializeStruct;
    type SerializeStructVariant = <&'a mut Json as Serializer>::SerializeStructVariant;

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        (self.hand_over)(Written::Text(text));
        Ok(())
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        (self.hand_over)(Written::Boolean(value));
        Ok(())
    }

    unsigned! {
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    #[inline]
    fn serialize_i32(self, number: i32) -> Result<(), Error> {
        self.serialize_i64(number.into())
    }

    #[inline]
    fn serialize_i64(self, number: i64) -> Result<(), Error> {
        match u64::try_from(number) {
            Ok(number) => self.serialize_u64(number),
            Err(_) => self.json().serialize_i64(number),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    left_to_json! {
        serialize_i8(number: i8) -> ();
        serialize_i16(number: i16) -> ();
        serialize_i128(number: i128) -> ();
        serialize_u128(number: u128) -> ();
        serialize_f32(number: f32) -> ();
        serialize_f64(number: f64) -> ();
        serialize_char(character: char) -> ();
        serialize_bytes(bytes: &[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(name: &'static str) -> ();
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str) -> ();
        serialize_seq(length: Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(length: usize) -> Self::SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> Self::SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> Self::SerializeMap;
        serialize_struct(name: &'static str, length: usize) -> Self::SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> Self::SerializeStructVariant;
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.json().serialize_newtype_struct(name, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.json()
            .serialize_newtype_variant(name, index, variant, value)
    }

    fn collect_str<T: Display + ?Sized>(self, text: &T) -> Result<(), Error> {
        self.json().collect_str(text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use crate::json::written::{Written, serialize};

    fn check(value: &(impl Serialize + ?Sized)) {
        let expected = serde_json::to_string(value).ok();
        let push = |written: Written<'_>| {
            let mut json = Vec::new();
            written.push(&mut json);
            String::from_utf8_lossy(&json).into_owned()
        };
        assert_eq!(serialize(value, Vec::new, push).ok(), expected);
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        New(u8),
        Tuple(i8, &'static str),
        Struct { a: Option<char> },
    }

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    struct New(f32);

    #[derive(Serialize)]
    struct Pair(i16, u128);

    #[test]
    fn values_of_every_type_are_written_as_serde_json_writes_them() {
        check("a \"b\"");
        check(&String::from("c"));
        check(&true);
        check(&false);
        check(&(i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN));
        check(&i8::MIN);
        check(&i16::MIN);
        check(&i32::MIN);
        check(&i64::MIN);
        check(&i128::MIN);
        check(&-1_i32);
        check(&7_i64);
        check(&u8::MAX);
        check(&u16::MAX);
        check(&u32::MAX);
        check(&u64::MAX);
        check(&u128::MAX);
        check(&1.5_f32);
        check(&f64::NAN);
        check(&'x');
        check(&());
        check(&Some("text"));
        check(&None::<u8>);
        check(&[1, 2]);
        check(&[0_u8; 0]);
        check(&BTreeMap::from([("k", vec![1.0])]));
        check(&BTreeMap::from([((1, 2), 3)])); // Such keys are no texts.
        check(&[
            Shape::Unit,
            Shape::New(1),
            Shape::Tuple(-1, "t"),
            Shape::Struct { a: Some('b') },
        ]);
        check(&Shape::Unit);
        check(&Shape::New(1));
        check(&Shape::Tuple(-1, "t"));
        check(&Shape::Struct { a: None });
        check(&Unit);
        check(&New(0.1));
        check(&Pair(1, 2));
        check(&format_args!("{}", 1));
        check(&std::net::Ipv4Addr::LOCALHOST);
    }
}
