//! Two documents for one entity that contradict each other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::visible;
use crate::json::{Meaning, Meanings, Value};
use crate::model::{Entity, EntityKind};
use crate::trace::assemble::named;
use crate::trace::identity::{Mention, name};
use crate::trace::{Defect, DefectCode};

/// Whether two documents for one entity are complete and say different things.
///
/// `said` are the datagrams, what they say of it, and its parents, in order of precedence.
pub(in crate::trace) fn conflict<'m, 'a: 'm>(
    said: impl Iterator<Item = (u64, &'m Mention<'a>, Option<Cow<'a, str>>)>,
) -> Option<Defect> {
    let mut complete = said.filter(|(_, mention, _)| mention.entity.is_closed());
    let (seq, best, parent) = complete.next()?;
    let mut meanings = Meanings::default();
    let mut own = None;
    let (why, field, counts) = complete.find_map(|(_, other, their_parent)| {
        let (entity, other) = (best.entity, other.entity);
        let has_other_caller = best.kind == EntityKind::Segment && parent != their_parent;
        let field = if entity.json().raw() == other.json().raw() {
            None
        } else {
            let own = own.get_or_insert_with(|| Own::of(entity, &mut meanings));
            own.difference(&Own::of(other, &mut meanings))
        };
        let field = field.or_else(|| has_other_caller.then(|| "parent_id".to_owned()))?;
        let is_other = match &*field {
            "name" => entity.name().is_some() && other.name().is_some(),
            "start_time" => entity.start_time().is_some() && other.start_time().is_some(),
            _ => false,
        };
        let why = if is_other {
            "an id was used for two entities"
        } else {
            "it was closed twice, or changed after it was sent"
        };
        let counts = if entity.end_time() == other.end_time() {
            "of those that ended at the same time the one with the greater bytes counts"
        } else {
            "the one that ended later counts"
        };
        Some((why, field, counts))
    })?;
    Some(Defect {
        code: DefectCode::ConflictingDocuments,
        id: best.id.as_deref().map(Into::into),
        seq,
        message: format!(
            "{why}: {} is complete in several documents, and `{}` differs; {counts}",
            named(best.entity, best.kind),
            visible(&field),
        ),
    })
}

/// That an id is of so many subsegments, two of which are these.
pub(in crate::trace) fn used_twice(
    count: usize,
    seq: u64,
    one: &Mention<'_>,
    other: &Mention<'_>,
) -> Defect {
    let count = match count {
        2 => "two entities".to_owned(),
        count => format!("{count} entities"),
    };
    let (entity, theirs) = (one.entity, other.entity);
    let differs = if name(entity) != name(theirs) {
        "`name`"
    } else if entity.start_time() != theirs.start_time() {
        "`start_time`"
    } else if entity.end_time() != theirs.end_time() {
        "`end_time`"
    } else {
        "the parent"
    };
    Defect {
        code: DefectCode::ConflictingDocuments,
        id: one.id.as_deref().map(Into::into),
        seq,
        message: format!(
            "an id was used for {count}: {} has the same one as {} of another document, and {differs} differs; each is \
             kept",
            named(entity, one.kind),
            named(theirs, other.kind),
        ),
    }
}

/// What a document says of an entity itself, so that it can be held against others.
struct Own<'a> {
    entity: Entity<'a>,
    fields: BTreeMap<Cow<'a, str>, Meaning>,
}

impl<'a> Own<'a> {
    fn of(entity: Entity<'a>, meanings: &mut Meanings<'a>) -> Own<'a> {
        let fields = own_fields(entity.json()).into_iter();
        Own {
            entity,
            fields: fields
                .map(|(key, value)| (key, meanings.of(value)))
                .collect(),
        }
    }

    /// The first field that another has otherwise: the name and the start before all others. Where
    /// it stands, and which subsegments came with it, may differ; a flag that is not set may be
    /// missing. Times are compared as they are read, to the nanosecond.
    fn difference(&self, other: &Own<'_>) -> Option<String> {
        let times = |key: &str| match key {
            "start_time" => self.entity.start_time().zip(other.entity.start_time()),
            "end_time" => self.entity.end_time().zip(other.entity.end_time()),
            _ => None,
        };
        let differs = |key: &&Cow<'_, str>| match times(key) {
            Some((one, other)) => one != other,
            None => self.fields.get(*key) != other.fields.get(*key),
        };
        let keys = || self.fields.keys().chain(other.fields.keys());
        let is_first = |key: &&Cow<'_, str>| ["name", "start_time"].contains(&&***key);
        keys()
            .filter(is_first)
            .chain(keys())
            .find(differs)
            .map(ToString::to_string)
    }
}

/// The fields of an entity, without those that say where it stands, what came with it, and flags that
/// are not set.
pub(in crate::trace) fn own_fields(entity: Value<'_>) -> BTreeMap<Cow<'_, str>, Value<'_>> {
    let mut own = members(entity);
    own.retain(|key, value| {
        let is_unset = FLAGS.contains(&&**key) && value.as_bool() == Some(false);
        !is_unset && !PLACES.contains(&&**key)
    });
    own
}

/// The text of an entity without those that say where it stands and what came with it.
pub(in crate::trace) fn own_text(entity: Value<'_>) -> String {
    let (raw, first) = (entity.raw(), entity.offset());
    let mut own = String::new();
    let mut end = 0;
    for (key, value) in entity.members() {
        // With what stands before it.
        let start = std::mem::replace(&mut end, value.offset() - first + value.raw().len());
        if PLACES.contains(&&*key.identity()) {
            continue;
        }
        own.push(if own.is_empty() { '{' } else { ',' });
        own.push_str(raw[start..end].trim_start_matches(|before| before != '"'));
    }
    own.push('}');
    own
}

/// The members of an object, of duplicates the last.
pub(in crate::trace) fn members(object: Value<'_>) -> BTreeMap<Cow<'_, str>, Value<'_>> {
    let members = object.members();
    members
        .map(|(key, value)| (key.identity(), value))
        .collect()
}

/// Fields that say where an entity stands.
const PLACES: [&str; 4] = ["parent_id", "subsegments", "trace_id", "type"];
/// Fields that mean nothing where they are `false`.
const FLAGS: [&str; 4] = ["error", "fault", "in_progress", "throttle"];
