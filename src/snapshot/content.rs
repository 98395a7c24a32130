//! What an entity says, with masks where runs differ.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::{Elements, Kind as JsonKind, Members, Value};
use crate::model::Timestamp;
use crate::snapshot::alias::{Atom, Atoms, Kind};
use crate::snapshot::compact::{push_inside, push_string};
use crate::snapshot::field::{Field, Part, pointer};
use crate::snapshot::identifiers::{Identifiers, is_none};
use crate::snapshot::masked::Masked;
use crate::snapshot::scan;
use crate::snapshot::step::{Edit, Own};
use crate::snapshot::telling::tell;
use crate::snapshot::{Step, Times};
use crate::trace::Node;

/// What is done, and what is left out.
#[derive(Clone, Debug, Default)]
pub(in crate::snapshot) struct Settings {
    pub(in crate::snapshot) own: Vec<Own>,
    pub(in crate::snapshot) without: Vec<Step>,
    pub(in crate::snapshot) times: Times,
}

impl Settings {
    /// Whether texts of a kind are told by references.
    pub(in crate::snapshot) fn takes(&self, kind: Kind) -> bool {
        !self.without.contains(&kind.step())
    }
}

/// A member of an entity.
#[derive(Clone, Debug)]
pub(in crate::snapshot) struct Member {
    /// The key as JSON.
    pub(in crate::snapshot) key: Masked,
    pub(in crate::snapshot) value: Masked,
}

/// What an entity says, without its subsegments.
#[derive(Debug)]
pub(in crate::snapshot) struct Content {
    /// Sorted by key.
    pub(in crate::snapshot) members: Vec<Member>,
    /// The atom of its id.
    pub(in crate::snapshot) id: Option<Atom>,
}

/// Reads what entities say.
#[derive(Debug)]
pub(in crate::snapshot) struct ContentReader<'a> {
    pub(in crate::snapshot) settings: &'a Settings,
    pub(in crate::snapshot) identifiers: &'a Identifiers<'a>,
    /// The start of the trace.
    pub(in crate::snapshot) start: Option<Timestamp>,
    pub(in crate::snapshot) trace_id: &'a str,
    pub(in crate::snapshot) atoms: Atoms,
}

impl ContentReader<'_> {
    pub(in crate::snapshot) fn content(&mut self, node: Node<'_>) -> Content {
        let entity = node.entity();
        let mut members = Vec::new();
        for (key, value) in entity.json().members() {
            let name = key.decode();
            // Whether an entity was embedded or sent on its own is not what it says.
            let is_told_by_place = match &*name {
                "subsegments" => value.kind() == JsonKind::Array,
                "trace_id" => value.as_identity().is_some_and(|id| id == self.trace_id),
                "type" => value.as_str().is_some_and(|kind| kind == "subsegment"),
                _ => false,
            };
            if is_told_by_place {
                continue;
            }
            members.extend(self.member(name, value));
        }
        match node.parent() {
            Some(parent) => {
                if entity.parent_id().is_none()
                    && let Some(id) = parent.entity().json().get("id")
                    && id.as_str().is_some()
                {
                    members.extend(self.member("parent_id".into(), id));
                }
            }
            None => {
                // As received where it says the same, so that steps of one's own see it.
                let received = |key: &str, said: &str| {
                    let value = entity.json().get(key);
                    value.filter(|value| value.as_identity().is_some_and(|text| text == said))
                };
                match received("trace_id", self.trace_id) {
                    Some(id) => members.extend(self.member("trace_id".into(), id)),
                    None => {
                        members.push(member("trace_id", self.text(self.trace_id, Field::TraceId)));
                    }
                }
                if node.is_subsegment() {
                    match received("type", "subsegment") {
                        Some(kind) => members.extend(self.member("type".into(), kind)),
                        None => members.push(member("type", Masked::of("\"subsegment\""))),
                    }
                }
            }
        }
        members.sort_by(|one, other| order(one).cmp(&order(other)));
        let id = entity.id();
        let id = id.filter(|id| self.settings.takes(Kind::Entity) && !is_none(id));
        Content {
            members,
            id: id.map(|id| self.reference(&id)),
        }
    }

    /// A member, or nothing if a step drops it.
    pub(in crate::snapshot) fn member<'v>(
        &mut self,
        key: Cow<'v, str>,
        value: Value<'v>,
    ) -> Option<Member> {
        let mut path = vec![Part::Key(key)];
        let value = self.value(value, &mut path)?;
        let key = self.key(&path);
        Some(Member { key, value })
    }

    /// A value, or nothing if a step drops it. Its nesting costs no stack.
    fn value<'v>(&mut self, value: Value<'v>, path: &mut Vec<Part<'v>>) -> Option<Masked> {
        let mut containers: Vec<Container<'v>> = Vec::new();
        let mut begun = self.begin(value, path);
        loop {
            match begun {
                Begun::Container(container) => containers.push(container),
                Begun::Done(value) => {
                    if containers.is_empty() {
                        return value;
                    }
                    let key = self.key(path);
                    path.pop();
                    if let (Some(container), Some(value)) = (containers.last_mut(), value) {
                        container.members.push(Member { key, value });
                    }
                }
            }
            begun = match containers.last_mut().and_then(Container::next) {
                Some((part, value)) => {
                    path.push(part);
                    self.begin(value, path)
                }
                None => Begun::Done(containers.pop().map(Container::closed)),
            };
        }
    }

    /// A scalar, or a container whose values are yet to come.
    fn begin<'v>(&mut self, value: Value<'v>, path: &[Part<'v>]) -> Begun<'v> {
        if !self.settings.own.is_empty() {
            let at = pointer(path);
            for own in &self.settings.own {
                match own.edit(&at, value) {
                    Edit::Drop => return Begun::Done(None),
                    Edit::Keep => {}
                    Edit::Text(text) => {
                        return Begun::Done(Some(self.text(&text, Field::at(path))));
                    }
                }
            }
        }
        let kind = value.kind();
        match kind {
            JsonKind::Array => {
                return Begun::Container(Container::of(Inside::Array(value.elements(), 0)));
            }
            JsonKind::Object => {
                return Begun::Container(Container::of(Inside::Object(value.members())));
            }
            _ => {}
        }
        let field = Field::at(path);
        if field == Field::Time && !self.settings.without.contains(&Step::Times) {
            match self.settings.times {
                Times::Drop => return Begun::Done(None),
                Times::Keep => {}
                Times::Relative => {
                    if let Some(time) = self.relative(value) {
                        return Begun::Done(Some(Masked::of(time)));
                    }
                }
            }
        }
        Begun::Done(Some(match value.as_text() {
            Some(text) if text.has_lone_surrogate() => {
                let mut json = String::new();
                push_string(&mut json, text);
                Masked::of(json)
            }
            Some(text) => self.text(&text.decode(), field),
            None if field == Field::Line
                && kind == JsonKind::Number
                && self.settings.takes(Kind::Line) =>
            {
                self.text(value.raw(), Field::Line)
            }
            None => Masked::of(value.raw()),
        }))
    }

    /// The seconds since the start of the trace.
    fn relative(&self, time: Value<'_>) -> Option<String> {
        let nanos = time.as_number()?.scaled(9)?;
        Some(seconds(nanos - self.start?.as_nanos()))
    }

    /// The key that a path ends with, as JSON.
    fn key(&mut self, path: &[Part<'_>]) -> Masked {
        match path.last() {
            Some(Part::Key(key)) => self.text(key, Field::Text),
            _ => Masked::default(),
        }
    }

    /// A text that stands in a field, as JSON.
    fn text(&mut self, text: &str, field: Field) -> Masked {
        let mut masked = Masked::of("\"");
        let (identifiers, settings) = (self.identifiers, self.settings);
        tell(
            text,
            field,
            identifiers,
            |kind| settings.takes(kind),
            |part| match part {
                scan::Part::Plain(text) => push_inside(&mut masked.text, text),
                scan::Part::Told(kind, text) => {
                    let atom = self.atoms.atom(kind, text);
                    masked.push_atom(kind, atom);
                }
            },
        );
        masked.text.push('"');
        masked
    }

    /// The atom of an id.
    fn reference(&mut self, id: &str) -> Atom {
        let identifiers = self.identifiers;
        let (kind, text) = identifiers.find(id).unwrap_or((Kind::External, id));
        self.atoms.atom(kind, text)
    }
}

enum Begun<'v> {
    Container(Container<'v>),
    /// A value, or nothing where a step drops it.
    Done(Option<Masked>),
}

/// An array or an object, and what it holds so far.
struct Container<'v> {
    inside: Inside<'v>,
    members: Vec<Member>,
}

enum Inside<'v> {
    Array(Elements<'v>, usize),
    Object(Members<'v>),
}

impl<'v> Container<'v> {
    fn of(inside: Inside<'v>) -> Container<'v> {
        Container {
            inside,
            members: Vec::new(),
        }
    }

    fn next(&mut self) -> Option<(Part<'v>, Value<'v>)> {
        match &mut self.inside {
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

    fn closed(mut self) -> Masked {
        let (open, close) = match self.inside {
            Inside::Array(..) => ('[', ']'),
            Inside::Object(_) => {
                self.members
                    .sort_by(|one, other| order(one).cmp(&order(other)));
                ('{', '}')
            }
        };
        let mut whole = Masked::of(open);
        let is_masked = self.members.iter().any(|member| member.key.is_masked());
        let mut places = Vec::new();
        for (place, member) in self.members.iter().enumerate() {
            if place > 0 {
                whole.text.push(',');
            }
            let start = whole.text.len();
            if open == '{' {
                whole.push(&member.key);
                whole.text.push(':');
            }
            whole.push(&member.value);
            if is_masked {
                places.push(start..whole.text.len());
            }
        }
        if is_masked {
            whole.note_alike(alike(&self.members, places));
        }
        whole.text.push(close);
        whole
    }
}

fn member(key: &str, value: Masked) -> Member {
    let key = Masked::of(format!("\"{key}\""));
    Member { key, value }
}

/// The places of members that differ in what is masked alone.
fn alike(members: &[Member], places: Vec<Range<usize>>) -> Vec<Vec<Range<usize>>> {
    let is_alike = |one: &Member, other: &Member| one.key.is_masked() && order(one) == order(other);
    let mut places = places.into_iter();
    let alike = members.chunk_by(is_alike);
    let alike = alike.map(|alike| places.by_ref().take(alike.len()).collect::<Vec<_>>());
    alike.filter(|alike| alike.len() > 1).collect()
}

/// By key. Keys that differ in what is masked alone come in order of their values; those that are
/// the same keep their order, as the last one counts.
fn order(member: &Member) -> (&str, &str) {
    (
        &member.key.text,
        if member.key.is_masked() {
            &member.value.text
        } else {
            ""
        },
    )
}

/// Seconds as JSON writes them, with no more digits than needed.
pub(crate) fn seconds(nanos: i128) -> String {
    let (sign, nanos) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let fraction = format!("{:09}", nanos % 1_000_000_000);
    let fraction = match fraction.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    format!("{sign}{}.{fraction}", nanos / 1_000_000_000)
}
