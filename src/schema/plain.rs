//! The quick judge, which knows what is surely right.
//!
//! Most documents are: it passes those in one look, without places, messages or memory. At the
//! first thing that is not plain (an escape, metadata, a field that is not known, anything that
//! might break a rule) it gives up, and the judge begins anew. A test holds that whatever it
//! passes breaks no rule.

use crate::json::{Document, Kind, Value};
use crate::model::limits::{
    MAX_ANNOTATION_VALUE, MAX_INDEXED_ANNOTATIONS, MAX_TEXT, NEARLY_LARGE_DOCUMENT,
};
use crate::schema::aws_call::{names_table, other_service};
use crate::schema::block::{Block, kind_bit};
use crate::schema::entity::Place;
use crate::schema::fields::{Fact, SEGMENT, SUBSEGMENT, Shape};
use crate::schema::ids::is_trace_id;
use crate::schema::words::{holds_id, is_plain_key, is_plain_name, name_fault};

/// Whether a document surely breaks no rule.
pub(in crate::schema) fn passes(document: &Document) -> bool {
    if document.has_escapes() || document.text().len() > NEARLY_LARGE_DOCUMENT {
        return false;
    }
    let root = document.root();
    let mut look = Look::new(document);
    // A subsegment says so in a field of its own, often the last.
    match look.entity(root, Place::Segment) {
        Some(()) => true,
        None if look.is_subsegment => Look::new(document).entity(root, Place::OnItsOwn).is_some(),
        None => false,
    }
}

struct Look<'a> {
    root: Value<'a>,
    is_subsegment: bool,
    ids: [&'a [u8]; ENTITIES],
    entities: usize,
    annotated: usize,
}

/// What was seen of an entity.
#[derive(Default)]
struct Sight<'a> {
    /// A bit for each fact.
    seen: u64,
    start: &'a [u8],
    end: &'a [u8],
    in_progress: bool,
    /// `error`, `fault`, `throttle`.
    flags: [bool; 3],
    status: Option<&'a [u8]>,
    is_aws: bool,
    name: &'a [u8],
    operation: &'a [u8],
}

impl<'a> Look<'a> {
    fn new(document: &'a Document) -> Look<'a> {
        Look {
            root: document.root(),
            is_subsegment: false,
            ids: [&[]; ENTITIES],
            entities: 0,
            annotated: 0,
        }
    }

    fn entity(&mut self, entity: Value<'a>, place: Place) -> Option<()> {
        let mut sight = Sight::default();
        let (block, needed) = match place {
            Place::Segment => (SEGMENT, NEEDED | bit(Fact::TraceId)),
            Place::Embedded => (SUBSEGMENT, NEEDED),
            Place::OnItsOwn => (
                SUBSEGMENT,
                NEEDED | bit(Fact::TraceId) | bit(Fact::ParentId),
            ),
        };
        self.block(entity, block, place, &mut sight)?;
        let has = |facts: u64| sight.seen & facts == facts;
        has(needed).then_some(())?;
        let ended = has(bit(Fact::End));
        // One or the other; and texts of times with ten digits are in the order of time.
        (ended != sight.in_progress && (!ended || sight.start <= sight.end)).then_some(())?;
        let meant = match sight.status {
            None => sight.flags,
            Some(b"429") => [true, false, true],
            // Three characters are also `1.5`.
            Some([b'1'..=b'3', b'0'..=b'9', b'0'..=b'9']) => [false; 3],
            Some([b'4', b'0'..=b'9', b'0'..=b'9']) => [true, false, false],
            Some([b'5', b'0'..=b'9', b'0'..=b'9']) => [false, true, false],
            Some(_) => return None,
        };
        (sight.flags == meant).then_some(())?;
        if sight.is_aws {
            let mut needed = bit(Fact::Operation) | bit(Fact::Region);
            if sight.status.is_some() {
                needed |= bit(Fact::RequestId);
            }
            if names_table(sight.name, sight.operation) {
                needed |= bit(Fact::Table);
            }
            let is_right = has(needed) && other_service(sight.name, sight.operation).is_none();
            is_right.then_some(())?;
        }
        Some(())
    }

    fn block(
        &mut self,
        object: Value<'a>,
        block: &'static Block,
        place: Place,
        sight: &mut Sight<'a>,
    ) -> Option<()> {
        let mut seen = 0_u64;
        for (key, kind, value) in object.fields() {
            let at = block.place(key)?;
            (seen >> at & 1 == 0).then_some(())?;
            seen |= 1 << at;
            let field = &block.fields[at];
            match field.fact {
                Some(fact) => {
                    sight.seen |= bit(fact);
                    self.fact(fact, &field.shape, value, place, sight)?;
                }
                None if field.kinds & kind_bit(kind) == 0 => {
                    self.shape(&field.shape, value, place, sight)?;
                }
                None => {}
            }
        }
        Some(())
    }

    fn fact(
        &mut self,
        fact: Fact,
        shape: &'static Shape,
        value: Value<'a>,
        place: Place,
        sight: &mut Sight<'a>,
    ) -> Option<()> {
        match fact {
            // What failed is seldom plain.
            Fact::Cause => None,
            Fact::Operation => {
                sight.operation = text(value)?;
                (!sight.operation.is_empty()).then_some(())
            }
            Fact::Region | Fact::RequestId => (!text(value)?.is_empty()).then_some(()),
            Fact::Table => {
                let is_empty = match value.kind() {
                    Kind::Array => value.elements().next().is_none(),
                    _ => text(value)?.is_empty(),
                };
                (!is_empty).then_some(())?;
                self.shape(shape, value, place, sight)
            }
            Fact::End => time(value).map(|time| sight.end = time),
            Fact::Error => value.as_bool().map(|set| sight.flags[0] = set),
            Fact::Fault => value.as_bool().map(|set| sight.flags[1] = set),
            Fact::Throttle => value.as_bool().map(|set| sight.flags[2] = set),
            Fact::Id => self.id(text(value)?),
            Fact::InProgress => value.as_bool().map(|open| sight.in_progress = open),
            Fact::Name => {
                let name = text(value)?;
                sight.name = name;
                let plain = is_plain_name(name) || {
                    let name = value.as_text()?.raw();
                    name_fault(name).is_none() && !holds_id(name)
                };
                plain.then_some(())
            }
            Fact::Namespace => match text(value)? {
                b"aws" => {
                    sight.is_aws = true;
                    Some(())
                }
                b"local" | b"remote" => Some(()),
                _ => None,
            },
            Fact::ParentId => is_id(text(value)?),
            Fact::Start => time(value).map(|time| sight.start = time),
            Fact::Status => {
                sight.status = Some(value.bytes());
                (value.kind() == Kind::Number).then_some(())
            }
            Fact::TraceId => self.trace_id(text(value)?, place),
            Fact::Type => {
                let is_subsegment = text(value)? == b"subsegment";
                // One inside says nothing of the document around it.
                if place == Place::Segment {
                    self.is_subsegment = is_subsegment;
                }
                (is_subsegment && place != Place::Segment).then_some(())
            }
        }
    }

    fn shape(
        &mut self,
        shape: &'static Shape,
        value: Value<'a>,
        place: Place,
        sight: &mut Sight<'a>,
    ) -> Option<()> {
        let kind = value.kind();
        match shape {
            Shape::Annotations => self.annotations(value),
            Shape::Block(block, _) if kind == Kind::Object => {
                self.block(value, block, place, sight)
            }
            Shape::Bool(_) => (kind == Kind::Bool).then_some(()),
            Shape::Integer(_) | Shape::ContentLength => value.as_number()?.as_i64().map(|_| ()),
            Shape::Number(_) => (kind == Kind::Number).then_some(()),
            Shape::OrNull(other, _) => self.shape(other, value, place, sight),
            Shape::ShortText => (text(value)?.len() <= MAX_TEXT).then_some(()),
            Shape::Subsegments if kind == Kind::Array => {
                for element in value.elements() {
                    (element.kind() == Kind::Object).then_some(())?;
                    self.entity(element, Place::Embedded)?;
                }
                Some(())
            }
            Shape::Text(_) => (kind == Kind::String).then_some(()),
            _ => None,
        }
    }

    fn annotations(&mut self, block: Value<'a>) -> Option<()> {
        (block.kind() == Kind::Object).then_some(())?;
        let mut keys: [&[u8]; ANNOTATIONS] = [&[]; ANNOTATIONS];
        for (at, (key, kind, value)) in block.fields().enumerate() {
            (!keys.get(..at)?.contains(&key)).then_some(())?;
            *keys.get_mut(at)? = key;
            let fits = match kind {
                Kind::Bool | Kind::Number => true,
                Kind::String => text(value)?.len() <= MAX_ANNOTATION_VALUE,
                _ => false,
            };
            (fits && is_plain_key(key)).then_some(())?;
            self.annotated += 1;
        }
        (self.annotated <= MAX_INDEXED_ANNOTATIONS).then_some(())
    }

    fn id(&mut self, id: &'a [u8]) -> Option<()> {
        (!self.ids[..self.entities].contains(&id)).then_some(())?;
        *self.ids.get_mut(self.entities)? = id;
        self.entities += 1;
        is_id(id)
    }

    fn trace_id(&self, id: &[u8], place: Place) -> Option<()> {
        if place == Place::Embedded {
            // Nearly always the one of the document, to the letter.
            return (text(self.root.get("trace_id")?)? == id).then_some(());
        }
        (is_trace_id(id) && id[2..10] != *b"00000000").then_some(())
    }
}

const fn bit(fact: Fact) -> u64 {
    1 << fact as u32
}

/// The bytes of a text, which has no escapes: documents with any are not plain.
fn text(value: Value<'_>) -> Option<&[u8]> {
    let bytes = value.bytes();
    (value.kind() == Kind::String).then(|| &bytes[1..bytes.len() - 1])
}

/// Sixteen hex digits, not all of them zero.
fn is_id(id: &[u8]) -> Option<()> {
    let digits: &[u8; 16] = id.try_into().ok()?;
    let hex = digits
        .iter()
        .fold(true, |all, digit| all & digit.is_ascii_hexdigit());
    (hex && *digits != *b"0000000000000000").then_some(())
}

/// A time as emitters write it: ten digits, a point, and more digits.
fn time(value: Value<'_>) -> Option<&[u8]> {
    (value.kind() == Kind::Number).then_some(())?;
    let raw = value.bytes();
    // Of a JSON number: where the point stands there, what comes before it are digits.
    let plain = *raw.get(10)? == b'.' && raw[0] != b'-' && raw[11..].iter().all(u8::is_ascii_digit);
    plain.then_some(raw)
}

/// The facts that every entity has.
const NEEDED: u64 = bit(Fact::Id) | bit(Fact::Name) | bit(Fact::Start);
/// So many entities are compared each with each.
const ENTITIES: usize = 8;
/// So many annotations are compared each with each.
const ANNOTATIONS: usize = 8;
