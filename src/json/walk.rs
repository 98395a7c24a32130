//! Ways through a document: over members and elements, and down to a place.

use std::iter;

use crate::json::document::Tag;
use crate::json::{Document, Kind, Text, Value};

/// Iterator over the members of an object.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    document: &'a Document,
    at: u32,
    end: u32,
}

impl<'a> Members<'a> {
    /// Those of a value, which has none unless it is an object.
    pub(in crate::json) fn of(value: Value<'a>) -> Members<'a> {
        let (at, end) = inside(value, Tag::Object);
        Members {
            document: value.document,
            at,
            end,
        }
    }
}

impl<'a> Members<'a> {
    /// The values of the members with this name.
    pub(in crate::json) fn named(mut self, name: &str) -> impl Iterator<Item = Value<'a>> {
        let document = self.document;
        let text = &document.source.as_bytes()[document.start..];
        iter::from_fn(move || {
            while self.at < self.end {
                let (key, at) = (document.slot(self.at), self.at + 1);
                self.at = document.slot(at).next;
                // Most keys are told apart by their length.
                let (start, end) = (key.start as usize + 1, key.end as usize - 1);
                let is_named = match key.tag {
                    Tag::Escaped => {
                        let raw = &document.source[document.start + start..document.start + end];
                        Text::new(raw, true) == *name
                    }
                    _ => end - start == name.len() && text[start..end] == *name.as_bytes(),
                };
                if is_named {
                    return Some(Value { document, at });
                }
            }
            None
        })
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (Text<'a>, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let (key, at) = (self.document.slot(self.at), self.at + 1);
        self.at = self.document.slot(at).next;
        let start = self.document.start;
        let raw =
            &self.document.source[start + key.start as usize + 1..start + key.end as usize - 1];
        let value = Value {
            document: self.document,
            at,
        };
        Some((Text::new(raw, key.tag == Tag::Escaped), value))
    }
}

/// Iterator over the elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    document: &'a Document,
    at: u32,
    end: u32,
}

impl<'a> Elements<'a> {
    /// Those of a value, which has none unless it is an array.
    pub(in crate::json) fn of(value: Value<'a>) -> Elements<'a> {
        let (at, end) = inside(value, Tag::Array);
        Elements {
            document: value.document,
            at,
            end,
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.at >= self.end {
            return None;
        }
        let value = Value {
            document: self.document,
            at: self.at,
        };
        self.at = value.slot().next;
        Some(value)
    }
}

impl Document {
    /// Visits the [way](Value::way) to each of `targets`, which are in order of the text. All of
    /// them cost one walk through the document.
    pub(crate) fn ways<'a>(
        &'a self,
        targets: &[Value<'a>],
        mut visit: impl FnMut(&[(Step<'a>, Value<'a>)]),
    ) {
        let mut way: Vec<(Step<'a>, Value<'a>)> = Vec::new();
        // For the outermost container and each on the way: the slot to go on at, and its index.
        let mut cursors = vec![(1, 0)];
        for target in targets {
            while way
                .last()
                .is_some_and(|(_, value)| target.at >= value.slot().next)
            {
                way.pop();
                cursors.pop();
            }
            loop {
                let around = way.last().map_or(self.root(), |(_, value)| *value);
                let Some(cursor) = cursors.last_mut().filter(|_| around.at < target.at) else {
                    break;
                };
                let (step, value) = loop {
                    let (at, index) = *cursor;
                    let (step, value) = match around.kind() {
                        Kind::Object => match self.value(at).as_text() {
                            Some(key) => (Step::Member(key), self.value(at + 1)),
                            None => unreachable!("the slots of an object begin with a key"),
                        },
                        _ => (Step::Element(index), self.value(at)),
                    };
                    if target.at < value.slot().next {
                        break (step, value);
                    }
                    *cursor = (value.slot().next, index + 1);
                };
                way.push((step, value));
                cursors.push((value.at + 1, 0));
            }
            visit(&way);
        }
    }
}

impl<'a> Value<'a> {
    /// The members of an object by the bytes of their keys, escapes unresolved. As
    /// [`members`](Value::members), and quicker.
    #[cfg(feature = "testing")]
    #[inline]
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'a [u8], Kind, Value<'a>)> + use<'a> {
        let document = self.document;
        let (mut at, end) = inside(*self, Tag::Object);
        let slots = &document.slots[..end as usize];
        let text = &document.source.as_bytes()[document.start..];
        std::iter::from_fn(move || {
            let key = slots.get(at as usize)?;
            let value = Value {
                document,
                at: at + 1,
            };
            let slot = slots.get(value.at as usize)?;
            at = slot.next;
            let key = text.get(key.start as usize + 1..key.end as usize - 1)?;
            Some((key, slot.tag.kind(), value))
        })
    }

    /// The JSON pointer (RFC 6901) of the value in its document; of a key, that of its value.
    ///
    /// ```
    /// # use xray_phantom::json::Document;
    /// let document = Document::parse(r#"{"links": [{"a/b": 1}]}"#).unwrap();
    /// let link = document.root().get("links").unwrap().elements().next().unwrap();
    /// assert_eq!(link.get("a/b").unwrap().pointer(), "/links/0/a~1b");
    /// assert_eq!(document.root().pointer(), "");
    /// ```
    pub fn pointer(&self) -> String {
        pointer(&self.way())
    }

    /// The value to which a JSON pointer (RFC 6901) leads from this one.
    #[cfg(any(feature = "cli", feature = "schema"))]
    pub(crate) fn find(&self, pointer: &str) -> Option<Value<'a>> {
        let mut steps = pointer.split('/').skip(1);
        steps.try_fold(*self, |value, step| match value.kind() {
            Kind::Array => value.elements().nth(step.parse().ok()?),
            _ => value.get(&step.replace("~1", "/").replace("~0", "~")),
        })
    }

    /// The values from the outermost down to this one, each with the step that leads to it; the
    /// outermost itself is left out.
    pub(crate) fn way(&self) -> Vec<(Step<'a>, Value<'a>)> {
        let mut found = Vec::new();
        self.document.ways(&[*self], |way| found = way.to_vec());
        found
    }
}

/// The first slot inside a container, and the one behind its last; of another value, none.
fn inside(value: Value<'_>, tag: Tag) -> (u32, u32) {
    let slot = value.slot();
    let end = if slot.tag == tag {
        slot.next
    } else {
        value.at + 1
    };
    (value.at + 1, end)
}

/// The JSON pointer (RFC 6901) of a way.
pub(crate) fn pointer(way: &[(Step<'_>, Value<'_>)]) -> String {
    let mut pointer = String::new();
    for (step, _) in way {
        pointer.push('/');
        match step {
            Step::Element(index) => pointer.push_str(&index.to_string()),
            Step::Member(key) => {
                let key = key.decode();
                // A way may be thousands of steps long, and few of them hold such a sign.
                if key.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                } else {
                    pointer.push_str(&key);
                }
            }
        }
    }
    pointer
}

/// One step of a JSON pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// To the element with this index.
    Element(usize),
    /// To the member with this key.
    Member(Text<'a>),
}
