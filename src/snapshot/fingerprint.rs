//! What an entity says as a number: the same where nothing differs but what does in every run.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::json::{Elements, Kind as JsonKind, Members, Value};
use crate::snapshot::alias::Kind;
use crate::snapshot::field::{Field, Part, pointer};
use crate::snapshot::identifiers::{Identifiers, is_none};
use crate::snapshot::scan;
use crate::snapshot::telling::tell;
use crate::trace::Node;

/// An entity without its subsegments, its id, its parent and its times.
#[derive(Debug, Default)]
pub(in crate::snapshot) struct Fingerprint {
    /// Of all that it says.
    pub(in crate::snapshot) own: u64,
    /// Of all but its name.
    pub(in crate::snapshot) nameless: u64,
    /// Of each member, in the order of the document.
    pub(in crate::snapshot) members: Vec<u64>,
    /// The places where it refers to entities, as JSON pointers, and their ids.
    pub(in crate::snapshot) references: Vec<(String, String)>,
}

impl Fingerprint {
    pub(in crate::snapshot) fn of(node: Node<'_>, identifiers: &Identifiers<'_>) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        let mut path = Vec::new();
        for (key, value) in node.entity().json().members() {
            let key = key.decode();
            if !is_said(&key, value) {
                if key == "parent_id" && node.parent().is_none() {
                    fingerprint.refer(&key, value, identifiers);
                }
                continue;
            }
            let is_name = key == "name";
            let said = fingerprint.whole(key, value, &mut path, identifiers);
            fingerprint.members.push(said);
            // A sum, so that the order of members does not matter.
            fingerprint.own = fingerprint.own.wrapping_add(said);
            if !is_name {
                fingerprint.nameless = fingerprint.nameless.wrapping_add(said);
            }
        }
        fingerprint
    }

    /// The number of a member, whose path is given back as it was.
    fn whole<'v>(
        &mut self,
        key: Cow<'v, str>,
        value: Value<'v>,
        path: &mut Vec<Part<'v>>,
        identifiers: &Identifiers<'_>,
    ) -> u64 {
        path.push(Part::Key(key));
        let said = self.value(value, path, identifiers);
        let said = self.member(path, said, identifiers);
        path.pop();
        said
    }

    /// Notes the caller of a segment.
    fn refer(&mut self, key: &str, value: Value<'_>, identifiers: &Identifiers<'_>) {
        if let Some(id) = value.as_str().filter(|id| !is_none(id)) {
            let id = match identifiers.find(&id) {
                Some((Kind::Entity, id)) => id.to_owned(),
                _ => id.into_owned(),
            };
            self.references.push((format!("/{key}"), id));
        }
    }

    /// The number of a member: its key, which the path ends with, and its value.
    fn member(&mut self, path: &[Part<'_>], value: u64, identifiers: &Identifiers<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        if let Some(Part::Key(key)) = path.last() {
            self.text(&mut hasher, key, Field::Text, path, identifiers);
        }
        hasher.write_u64(value);
        hasher.finish()
    }

    /// The number of a value. Its nesting costs no stack.
    fn value<'v>(
        &mut self,
        value: Value<'v>,
        path: &mut Vec<Part<'v>>,
        identifiers: &Identifiers<'_>,
    ) -> u64 {
        let mut open: Vec<(Inside<'v>, u64)> = Vec::new();
        let mut next = Some(value);
        loop {
            let said = match next.take() {
                Some(value) => match value.kind() {
                    JsonKind::Array => {
                        open.push((Inside::Array(value.elements(), 0), ARRAY));
                        None
                    }
                    JsonKind::Object => {
                        open.push((Inside::Object(value.members()), OBJECT));
                        None
                    }
                    _ => Some(self.scalar(value, path, identifiers)),
                },
                None => open.pop().map(|(_, said)| said),
            };
            if let Some(said) = said {
                if open.is_empty() {
                    return said;
                }
                let said = self.member(path, said, identifiers);
                if let Some((inside, sum)) = open.last_mut() {
                    *sum = match inside {
                        Inside::Array(..) => sum.rotate_left(5) ^ said.wrapping_mul(ODD),
                        Inside::Object(_) => sum.wrapping_add(said),
                    };
                }
                path.pop();
            }
            next = open.last_mut().and_then(|(inside, _)| {
                let (part, value) = inside.next()?;
                path.push(part);
                Some(value)
            });
        }
    }

    fn scalar(
        &mut self,
        value: Value<'_>,
        path: &[Part<'_>],
        identifiers: &Identifiers<'_>,
    ) -> u64 {
        let mut hasher = DefaultHasher::new();
        match value.as_text() {
            Some(text) if text.has_lone_surrogate() => text.raw().hash(&mut hasher),
            Some(text) => {
                hasher.write_u8(b'"');
                self.text(
                    &mut hasher,
                    &text.decode(),
                    Field::at(path),
                    path,
                    identifiers,
                );
            }
            None if value.kind() == JsonKind::Number && Field::at(path) == Field::Line => {}
            None => hasher.write(value.raw().as_bytes()),
        }
        hasher.finish()
    }

    fn text(
        &mut self,
        hasher: &mut DefaultHasher,
        text: &str,
        field: Field,
        path: &[Part<'_>],
        identifiers: &Identifiers<'_>,
    ) {
        tell(
            text,
            field,
            identifiers,
            |_| true,
            |part| match part {
                scan::Part::Plain(text) => hasher.write(text.as_bytes()),
                scan::Part::Told(kind, id) => {
                    // No byte of a text.
                    hasher.write_u8(0xff);
                    hasher.write(kind.mask().as_bytes());
                    if kind == Kind::Entity {
                        let place = place(path, identifiers);
                        self.references.push((place, id.to_owned()));
                    }
                }
            },
        );
    }
}

/// The pointer of a place, whose keys are without what differs from run to run.
fn place(path: &[Part<'_>], identifiers: &Identifiers<'_>) -> String {
    let same = path.iter().map(|part| match part {
        Part::Index(index) => Part::Index(*index),
        Part::Key(key) => {
            let mut same = String::new();
            tell(
                key,
                Field::Text,
                identifiers,
                |_| true,
                |part| match part {
                    scan::Part::Plain(text) => same.push_str(text),
                    scan::Part::Told(kind, _) => same.push_str(kind.mask()),
                },
            );
            Part::Key(Cow::Owned(same))
        }
    });
    pointer(&same.collect::<Vec<_>>())
}

/// Whether a member is a part of what an entity says. Its id, its parent and its place are compared
/// as such, and times as durations.
pub(in crate::snapshot) fn is_said(key: &str, value: Value<'_>) -> bool {
    match key {
        "end_time" | "id" | "parent_id" | "start_time" | "trace_id" | "type" => false,
        "subsegments" => value.kind() != JsonKind::Array,
        _ => true,
    }
}

enum Inside<'v> {
    Array(Elements<'v>, usize),
    Object(Members<'v>),
}

impl<'v> Inside<'v> {
    fn next(&mut self) -> Option<(Part<'v>, Value<'v>)> {
        match self {
            Inside::Array(elements, index) => {
                *index += 1;
                Some((Part::Index(*index - 1), elements.next()?))
            }
            Inside::Object(members) => {
                let (key, value) = members.next()?;
                Some((Part::Key(key.decode()), value))
            }
        }
    }
}

/// What containers begin with, so that an empty one is told from an other.
const ARRAY: u64 = 0x5b5b;
const OBJECT: u64 = 0x7b7b;
/// Spreads the bits of an element.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
