//! A place in a script: what stands there, or an error that names it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::dynamodb::attribute::is_attribute;
use crate::dynamodb::operation::nearest;
use crate::error::Error;
use crate::json::{Document, Kind, Text, Value};

/// A value of the script, and where it stands.
#[derive(Clone)]
pub(in crate::dynamodb) struct Place<'a> {
    pointer: String,
    pub(in crate::dynamodb) value: Value<'a>,
}

impl<'a> Place<'a> {
    pub(in crate::dynamodb) fn root(document: &'a Document) -> Place<'a> {
        Place {
            pointer: String::new(),
            value: document.root(),
        }
    }

    pub(in crate::dynamodb) fn below(&self, name: &str, value: Value<'a>) -> Place<'a> {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Place {
            pointer: format!("{}/{escaped}", self.pointer),
            value,
        }
    }

    /// An object, whatever its members.
    pub(in crate::dynamodb) fn any_object(self) -> Result<Place<'a>, Error> {
        match self.value.kind() {
            Kind::Object => Ok(self),
            _ => Err(self.wrong("an object")),
        }
    }

    /// An object with no other members than these, and each once.
    pub(in crate::dynamodb) fn object(&self, allowed: &[&str]) -> Result<Place<'a>, Error> {
        let object = self.clone().any_object()?;
        let mut said = BTreeSet::new();
        for (name, value) in self.value.members() {
            let name = name.decode();
            if !said.insert(name.clone()) {
                return Err(self.below(&name, value).error("it is said twice"));
            }
            if !allowed.contains(&&*name) {
                let nearest = nearest(&name, allowed.iter().copied()).unwrap_or("nothing");
                let why = format!("there is no such member; the nearest is `{nearest}`");
                return Err(self.below(&name, value).error(&why));
            }
        }
        Ok(object)
    }

    pub(in crate::dynamodb) fn member(&self, name: &str) -> Option<Place<'a>> {
        let value = self.value.get(name)?;
        Some(self.below(name, value))
    }

    pub(in crate::dynamodb) fn wanted(&self, name: &str) -> Result<Place<'a>, Error> {
        self.member(name)
            .ok_or_else(|| self.wrong(&format!("a member `{name}`")))
    }

    pub(in crate::dynamodb) fn members(&self) -> Result<Vec<(String, Place<'a>)>, Error> {
        self.clone().any_object()?;
        let below = |(name, value): (Text<'a>, Value<'a>)| {
            let name = name.decode().into_owned();
            let place = self.below(&name, value);
            (name, place)
        };
        Ok(self.value.members().map(below).collect())
    }

    pub(in crate::dynamodb) fn elements(&self) -> Result<Vec<Place<'a>>, Error> {
        if self.value.kind() != Kind::Array {
            return Err(self.wrong("an array"));
        }
        let elements = self.value.elements().enumerate();
        let below = |(index, value): (usize, _)| self.below(&index.to_string(), value);
        Ok(elements.map(below).collect())
    }

    pub(in crate::dynamodb) fn text(&self) -> Result<String, Error> {
        let text = self.value.as_str();
        let text = text.ok_or_else(|| self.wrong("a string"))?;
        Ok(text.into_owned())
    }

    /// A whole number from 0.
    pub(in crate::dynamodb) fn number(&self) -> Result<usize, Error> {
        let number = self.whole().and_then(|number| number.try_into().ok());
        number.ok_or_else(|| self.wrong("a whole number from 0"))
    }

    /// A whole number from 1.
    pub(in crate::dynamodb) fn count(&self) -> Result<usize, Error> {
        let number = self.whole().and_then(|number| number.try_into().ok());
        let count = number.filter(|count| *count > 0);
        count.ok_or_else(|| self.wrong("a whole number from 1"))
    }

    pub(in crate::dynamodb) fn status(&self) -> Result<u16, Error> {
        let number = self.whole().and_then(|number| number.try_into().ok());
        let status = number.filter(|status| (100..1_000).contains(status));
        status.ok_or_else(|| self.wrong("a status of HTTP, from 100 to 999"))
    }

    /// A whole number, also where it is written as `3.0`, as some programs do.
    pub(in crate::dynamodb) fn whole(&self) -> Option<u64> {
        let text = self.value.raw();
        let whole = match text.split_once('.') {
            Some((whole, part)) if part.bytes().all(|digit| digit == b'0') => whole,
            _ => text,
        };
        whole.parse().ok()
    }

    pub(in crate::dynamodb) fn millis(&self) -> Result<Duration, Error> {
        let millis = self.value.as_number().and(millis(self.value.raw()));
        millis.ok_or_else(|| self.wrong("a number of milliseconds"))
    }

    /// An object of attributes, each an object with one member, whose name is its type.
    pub(in crate::dynamodb) fn item(&self) -> Result<&'a str, Error> {
        for (_, attribute) in self.members()? {
            if !is_attribute(attribute.value) {
                return Err(attribute.wrong("an attribute, such as {\"S\": \"o-1\"}"));
            }
        }
        Ok(self.value.raw())
    }

    /// A copy of the value on its own.
    pub(in crate::dynamodb) fn document(&self) -> Document {
        let Ok(document) = Document::parse(self.value.raw()) else {
            unreachable!("a part of JSON is JSON")
        };
        document
    }

    pub(in crate::dynamodb) fn wrong(&self, expected: &str) -> Error {
        self.error(&format!("expected {expected}"))
    }

    pub(in crate::dynamodb) fn error(&self, why: &str) -> Error {
        let pointer = if self.pointer.is_empty() {
            "its top"
        } else {
            &self.pointer
        };
        Error::stopped(format!("the script at {pointer}: {why}"))
    }
}

/// A number of milliseconds, to the nanosecond where it is written without an exponent.
fn millis(text: &str) -> Option<Duration> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part:0<6}");
    if part.len() <= 6 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        let nanos: u128 = digits.parse().ok()?;
        let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
        let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
        return Some(Duration::new(seconds, rest));
    }
    let seconds = text.parse::<f64>().ok()? / 1_000.0;
    Duration::try_from_secs_f64(seconds).ok()
}
