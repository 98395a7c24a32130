//! The typed judge: one pass over a document.
//!
//! What is as it should be costs a look-up and a comparison; places and messages are made for
//! what is not.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::json::{Document, Kind, Step, Text, Value, pointer};
use crate::schema::block::{Block, Field};
use crate::schema::entity::{self, Facts, Place};
use crate::schema::fields::{Fact, SEGMENT, SUBSEGMENT, Shape};
use crate::schema::violation::named;
use crate::schema::words::{misspelled, quoted, shown};
use crate::schema::{Names, Rule, Violation, plain, whole};

/// Judges a document as the service would, by what it shows by itself. In order of the pointers.
///
/// Nothing is judged that needs another document or the time of arrival: a parent that is
/// missing, an entity that is never closed.
///
/// # Examples
///
/// ```
/// use xray_phantom::json::Document;
/// use xray_phantom::schema::{Rule, judge};
///
/// let document = Document::parse(
///     r#"{"name": "api?", "id": "53995c3f42cd8ad8", "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
///         "start_time": 1.25}"#,
/// )
/// .unwrap();
/// let rules: Vec<Rule> = judge(&document).iter().map(|violation| violation.rule()).collect();
/// assert_eq!(rules, [Rule::MissingEndTime, Rule::NameFormat]);
/// ```
pub fn judge(document: &Document) -> Vec<Violation> {
    if plain::passes(document) {
        return Vec::new();
    }
    judge_carefully(document)
}

/// Judges without the quick look: for tests that hold the two equal.
#[doc(hidden)]
pub fn judge_carefully(document: &Document) -> Vec<Violation> {
    let mut judge = Judge::new(document);
    judge.document();
    if judge.found.is_empty() {
        return Vec::new();
    }
    judge.violations()
}

/// A pass over a document, and what it has found.
pub(in crate::schema) struct Judge<'a> {
    document: &'a Document,
    /// The entities that are known so far, outer ones first.
    pub(in crate::schema) entities: Vec<Known<'a>>,
    /// The entity that is being judged.
    entity: Value<'a>,
    pub(in crate::schema) annotations: Annotated<'a>,
    found: Vec<Found<'a>>,
}

/// An entity, and its id when it has been judged.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Known<'a> {
    pub(in crate::schema) entity: Value<'a>,
    pub(in crate::schema) place: Place,
    pub(in crate::schema) id: Option<Value<'a>>,
}

/// How many annotations were counted, and the block in which the limit was passed.
#[derive(Default)]
pub(in crate::schema) struct Annotated<'a> {
    pub(in crate::schema) count: usize,
    pub(in crate::schema) beyond: Option<Value<'a>>,
}

struct Found<'a> {
    rule: Rule,
    entity: Value<'a>,
    at: Value<'a>,
    message: String,
    dialect: Option<&'static str>,
}

/// How far a pass had come.
pub(in crate::schema) struct Mark {
    found: usize,
    entities: usize,
    annotations: usize,
}

impl<'a> Judge<'a> {
    fn new(document: &'a Document) -> Judge<'a> {
        Judge {
            document,
            entities: Vec::new(),
            entity: document.root(),
            annotations: Annotated::default(),
            found: Vec::new(),
        }
    }

    fn document(&mut self) {
        let root = self.document.root();
        let place = match root.get("type").and_then(|value| value.as_text()) {
            Some(text) if text == *"subsegment" => Place::OnItsOwn,
            _ => Place::Segment,
        };
        self.know(root, place);
        let mut next = 0;
        while let Some(known) = self.entities.get(next).copied() {
            self.entity = known.entity;
            self.entities[next].id = self.entity_at(known.entity, known.place);
            next += 1;
        }
        whole::judge(self, self.document);
    }

    /// Notes an entity, to be judged.
    pub(in crate::schema) fn know(&mut self, entity: Value<'a>, place: Place) {
        self.entities.push(Known {
            entity,
            place,
            id: None,
        });
    }

    fn entity_at(&mut self, entity: Value<'a>, place: Place) -> Option<Value<'a>> {
        let mut facts = Facts::new(place);
        let block = match place {
            Place::Segment => SEGMENT,
            Place::Embedded | Place::OnItsOwn => SUBSEGMENT,
        };
        self.block(entity, block, &mut facts);
        entity::judge(self, entity, &facts);
        facts.get(Fact::Id)
    }

    /// Judges the members of an object whose fields are known.
    pub(in crate::schema) fn block(
        &mut self,
        object: Value<'a>,
        block: &'static Block,
        facts: &mut Facts<'a>,
    ) {
        let mark = self.mark();
        let (mut seen, mut unknown, mut twice) = (0_u64, 0, false);
        for (key, value) in object.members() {
            match block.place(key.decode().as_bytes()) {
                Some(place) => {
                    twice |= seen >> place & 1 == 1;
                    seen |= 1 << place;
                    self.field(value, &block.fields[place], facts);
                }
                None => {
                    unknown += 1;
                    self.unknown(&key, value, block);
                }
            }
        }
        if twice || unknown > 1 && has_duplicates(object) {
            // Only the last of each counts, so that what was found of the others does not.
            self.back_to(&mark);
            facts.forget(object);
            for (key, value) in self.last_of_each(object) {
                match block.place(key.decode().as_bytes()) {
                    Some(place) => self.field(value, &block.fields[place], facts),
                    None => self.unknown(&key, value, block),
                }
            }
        }
    }

    fn field(&mut self, value: Value<'a>, field: &'static Field, facts: &mut Facts<'a>) {
        if let Some(fact) = field.fact {
            facts.set(fact, value);
            if matches!(field.shape, Shape::Any) {
                return;
            }
        }
        self.shape(value, field.key, &field.shape, facts);
    }

    /// A member that X-Ray does not read.
    fn unknown(&mut self, key: &Text<'_>, value: Value<'a>, block: &'static Block) {
        let key = key.decode();
        let known = block.fields.iter().map(|field| field.key);
        if let Some(known) = misspelled(&key, known) {
            self.report_of(Rule::MisspelledField, value, dialect(&key), || {
                format!(
                    "a name was misspelled, or is another tracer's: X-Ray does not read {}; is \
                    `{known}` meant?",
                    quoted(&key)
                )
            });
        }
        self.free(value);
    }

    /// Looks for duplicate keys in what is not judged otherwise.
    pub(in crate::schema) fn free(&mut self, value: Value<'a>) {
        let mut waiting = vec![value];
        while let Some(value) = waiting.pop() {
            match value.kind() {
                Kind::Object => {
                    waiting.extend(value.members().map(|(_, value)| value));
                    if has_duplicates(value) {
                        self.last_of_each(value);
                    }
                }
                Kind::Array => waiting.extend(value.elements()),
                _ => {}
            }
        }
    }

    /// The members of an object that count, where some of them have the same key; each of the
    /// others is reported.
    pub(in crate::schema) fn last_of_each(
        &mut self,
        object: Value<'a>,
    ) -> Vec<(Text<'a>, Value<'a>)> {
        let mut last = BTreeMap::new();
        for (place, (key, _)) in object.members().enumerate() {
            last.insert(key.identity(), place);
        }
        let mut kept = Vec::new();
        for (place, (key, value)) in object.members().enumerate() {
            if last.get(&key.identity()) == Some(&place) {
                kept.push((key, value));
            } else {
                self.report(Rule::DuplicateKey, value, || {
                    format!(
                        "it was set twice, or two keys have the same text: {} stands twice in its \
                        object, here with {}; most readers take the last",
                        quoted(&key.identity()),
                        shown(value)
                    )
                });
            }
        }
        kept
    }

    /// Notes that a rule is broken at `value`.
    pub(in crate::schema) fn report(
        &mut self,
        rule: Rule,
        value: Value<'a>,
        message: impl FnOnce() -> String,
    ) {
        self.report_of(rule, value, None, message);
    }

    /// The same, of something that an SDK is known to write.
    #[cold]
    pub(in crate::schema) fn report_of(
        &mut self,
        rule: Rule,
        value: Value<'a>,
        dialect: Option<&'static str>,
        message: impl FnOnce() -> String,
    ) {
        self.found.push(Found {
            rule,
            entity: self.entity,
            at: value,
            message: message(),
            dialect,
        });
    }

    /// What is reported next is of this entity.
    pub(in crate::schema) fn turn_to(&mut self, entity: Value<'a>) {
        self.entity = entity;
    }

    pub(in crate::schema) fn mark(&self) -> Mark {
        Mark {
            found: self.found.len(),
            entities: self.entities.len(),
            annotations: self.annotations.count,
        }
    }

    /// Forgets what was found since then.
    pub(in crate::schema) fn back_to(&mut self, mark: &Mark) {
        self.found.truncate(mark.found);
        self.entities.truncate(mark.entities);
        self.annotations.count = mark.annotations;
    }

    fn violations(mut self) -> Vec<Violation> {
        let text = |value: Value<'_>, key| Some(Arc::from(value.get(key)?.as_identity()?));
        let trace_id = text(self.document.root(), "trace_id");
        self.found.sort_by_key(|found| found.at.index());
        let places: Vec<Value<'a>> = self.found.iter().map(|found| found.at).collect();
        let mut found = self.found.into_iter();
        let mut violations = Vec::new();
        // Once for each entity: it may be wide, lie deep, and break a rule in each of its fields.
        let mut known: HashMap<u32, (Option<Arc<str>>, Names)> = HashMap::new();
        self.document.ways(&places, |way| {
            violations.extend(found.next().map(|found| {
                let (id, names) = known.entry(found.entity.index()).or_insert_with(|| {
                    let names = names(way, found.entity);
                    (text(found.entity, "id"), names.into())
                });
                Violation {
                    rule: found.rule,
                    seq: 0,
                    trace_id: trace_id.clone(),
                    id: id.clone(),
                    names: Arc::clone(names),
                    pointer: pointer(way),
                    message: found.message,
                    dialect: found.dialect,
                }
            }));
        });
        violations.sort_by(|a, b| a.pointer.cmp(&b.pointer).then(a.rule.cmp(&b.rule)));
        violations
    }
}

/// The names from the top of the document down to an entity, which is on this way or its end.
pub(in crate::schema) fn names(way: &[(Step<'_>, Value<'_>)], entity: Value<'_>) -> Vec<String> {
    let inside = way.iter().filter_map(|(step, value)| match step {
        Step::Element(_) if value.holds(entity) => Some(*value),
        _ => None,
    });
    let path: Vec<Value<'_>> = [entity.top()].into_iter().chain(inside).collect();
    named(&path, |value| {
        let name = value.get("name").and_then(|name| name.as_str());
        name.map_or_else(|| NO_NAME.to_owned(), Into::into)
    })
}

/// Whether an object has a key twice.
pub(in crate::schema) fn has_duplicates(object: Value<'_>) -> bool {
    let mut first = [const { None }; MANY];
    for (place, (key, _)) in object.members().enumerate() {
        let Some(slot) = first.get_mut(place) else {
            let mut seen = BTreeSet::new();
            return object
                .members()
                .any(|(key, _)| !seen.insert(key.identity()));
        };
        *slot = Some(key.identity());
        if first[..place].contains(&first[place]) {
            return true;
        }
    }
    false
}

/// Which SDK writes a name that X-Ray does not read.
fn dialect(key: &str) -> Option<&'static str> {
    ["messages", "throttled"]
        .contains(&key)
        .then_some("the crate xray-lite writes so")
}

/// Stands for a name that is missing.
pub(crate) const NO_NAME: &str = "<no name>";
/// Up to so many members are compared each with each.
const MANY: usize = 8;
