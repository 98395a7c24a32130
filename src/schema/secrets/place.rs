//! The places of a document where secrets are looked for.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::{Kind, Text, Value};

/// A text of a document, or a number, and where it stands.
#[derive(Clone, Copy)]
pub(in crate::schema::secrets) struct Place<'a> {
    /// The entity around it.
    pub(in crate::schema::secrets) entity: Value<'a>,
    /// The value; of a key, the one that it names.
    pub(in crate::schema::secrets) value: Value<'a>,
    /// The name of the value: its key, or that of the list around it.
    pub(in crate::schema::secrets) name: Option<Text<'a>>,
    pub(in crate::schema::secrets) part: Part<'a>,
}

/// What of a member is looked at.
#[derive(Clone, Copy)]
pub(in crate::schema::secrets) enum Part<'a> {
    /// Its key.
    Key(Text<'a>),
    /// Its value, a number as received.
    Number(&'a str),
    /// Its value.
    Text(Text<'a>),
}

impl<'a> Place<'a> {
    pub(in crate::schema::secrets) fn text(&self) -> Cow<'a, str> {
        match self.part {
            Part::Key(text) | Part::Text(text) => text.decode(),
            Part::Number(raw) => Cow::Borrowed(raw),
        }
    }

    /// What was received for parts of [`text`](Place::text), which are in order.
    pub(in crate::schema::secrets) fn raw(&self, parts: &[Range<usize>]) -> Vec<&'a str> {
        match self.part {
            Part::Key(text) | Part::Text(text) => text.raw_of(parts),
            Part::Number(raw) => {
                let parts = parts.iter();
                parts.filter_map(|part| raw.get(part.clone())).collect()
            }
        }
    }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    /// It is a segment or subsegment.
    Entity,
    /// In annotations or metadata, whose keys are the program's own too.
    Free,
    /// In a field of X-Ray.
    Known,
    /// It is a list of subsegments.
    Subsegments,
}

/// All places below `root`, to any depth.
pub(in crate::schema::secrets) fn places(root: Value<'_>) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    let mut waiting = vec![(root, root, None, Room::Entity)];
    while let Some((value, around, name, room)) = waiting.pop() {
        let entity = if room == Room::Entity { value } else { around };
        let mut add = |value, name, part| {
            places.push(Place {
                entity,
                value,
                name,
                part,
            });
        };
        if let Some(text) = value.as_text() {
            add(value, name, Part::Text(text));
        }
        if value.kind() == Kind::Number && room == Room::Free {
            add(value, name, Part::Number(value.raw()));
        }
        // SDKs name a query `database@host`.
        let is_query = room == Room::Entity && value.get("sql").is_some();
        for (key, inside) in value.members() {
            if is_query && key == *"name" {
                continue;
            }
            if let Some(next) = room_of(room, &key) {
                if room == Room::Free {
                    add(inside, None, Part::Key(key));
                }
                // `{"password": {"S": "…"}}`: a text as DynamoDB writes it.
                let name = if key == *"S" { name } else { Some(key) };
                waiting.push((inside, entity, name, next));
            }
        }
        let next = if room == Room::Entity {
            Room::Known
        } else {
            room
        };
        for inside in value.elements() {
            let next = if room == Room::Subsegments {
                Room::Entity
            } else {
                next
            };
            waiting.push((inside, entity, name, next));
        }
    }
    places
}

/// Where the value of a key stands; `None` where no secret is looked for.
fn room_of(around: Room, key: &Text<'_>) -> Option<Room> {
    let key = &*key.decode();
    match around {
        Room::Free => Some(Room::Free),
        Room::Entity if key == "subsegments" => Some(Room::Subsegments),
        Room::Entity if key == "annotations" || key == "metadata" => Some(Room::Free),
        Room::Entity | Room::Known | Room::Subsegments if NO_SECRETS.contains(&key) => None,
        Room::Entity | Room::Known | Room::Subsegments => Some(Room::Known),
    }
}

/// Fields of ids, of addresses, of code: what looks like a secret there is none.
const NO_SECRETS: &[&str] = &[
    "client_ip",
    "id",
    "id_2",
    "links",
    "namespace",
    "origin",
    "parent_id",
    "paths",
    "precursor_ids",
    "request_id",
    "resource_arn",
    "stack",
    "trace_id",
    "type",
    "user_agent",
    "working_directory",
];
