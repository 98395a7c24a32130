//! Two documents for one entity that contradict each other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::visible;
use crate::json::{Kind, Value};
use crate::model::EntityKind;
use crate::trace::assemble::named;
use crate::trace::identity::Mention;
use crate::trace::{Defect, DefectCode};

/// Whether two documents for one entity are complete and say different things.
///
/// `said` are the datagrams, what they say of it, and its parents, in order of precedence.
pub(in crate::trace) fn conflict<'m, 'a: 'm>(
    said: impl Iterator<Item = (u64, &'m Mention<'a>, Option<Cow<'a, str>>)>,
) -> Option<Defect> {
    let mut complete = said.filter(|(_, mention, _)| mention.entity.is_closed());
    let (seq, best, parent) = complete.next()?;
    let (why, what, counts) = complete.find_map(|(_, other, their_parent)| {
        let (entity, other) = (best.entity, other.entity);
        let is_segment = best.kind == EntityKind::Segment;
        let is_moved =
            parent != their_parent && (is_segment || parent.is_some() && their_parent.is_some());
        let field = difference(entity.json(), other.json())
            .or_else(|| (is_moved && is_segment).then(|| "parent_id".to_owned()));
        let Some(field) = field else {
            return is_moved.then(|| {
                (
                    "the wrong parent was written, or an id was copied",
                    "`parent_id` is not the one that holds it".to_owned(),
                    "the one that holds it counts",
                )
            });
        };
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
        Some((why, format!("`{}` differs", visible(&field)), counts))
    })?;
    Some(Defect {
        code: DefectCode::ConflictingDocuments,
        id: best.id.as_deref().map(Into::into),
        seq,
        message: format!(
            "{why}: {} is complete in several documents, and {what}; {counts}",
            named(best.entity, best.kind),
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
    let differs = if entity.name() != theirs.name() {
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

/// The first field that two documents for one entity have otherwise: its name and its start before
/// all others. Where it stands, and which subsegments came with it, may differ; a flag that is not
/// set may be missing.
fn difference<'a>(one: Value<'a>, other: Value<'a>) -> Option<String> {
    let (one, other) = (own_fields(one), own_fields(other));
    let differs = |key: &&Cow<'_, str>| match (one.get(*key), other.get(*key)) {
        (Some(one), Some(other)) => !is_same(*one, *other),
        _ => true,
    };
    let keys = || one.keys().chain(other.keys());
    let is_first = |key: &&Cow<'_, str>| ["name", "start_time"].contains(&&***key);
    keys()
        .filter(is_first)
        .chain(keys())
        .find(differs)
        .map(ToString::to_string)
}

/// The fields of an entity, without those that say where it stands, what came with it, and flags that
/// are not set.
pub(in crate::trace) fn own_fields(entity: Value<'_>) -> BTreeMap<Cow<'_, str>, Value<'_>> {
    let members = entity.members().map(|(key, value)| (key.decode(), value));
    let own = members.filter(|(key, value)| {
        let is_unset = FLAGS.contains(&&**key) && value.as_bool() == Some(false);
        !is_unset && !PLACES.contains(&&**key)
    });
    own.collect()
}

/// Whether two values are the same, however they are written.
fn is_same<'a>(one: Value<'a>, other: Value<'a>) -> bool {
    let mut waiting = vec![(one, other)];
    while let Some((one, other)) = waiting.pop() {
        if one.raw() == other.raw() {
            continue;
        }
        let is_same = match (one.kind(), other.kind()) {
            (Kind::Number, Kind::Number) => {
                let exact = |value: Value<'_>| value.as_number()?.scaled(DECIMALS);
                exact(one).is_some() && exact(one) == exact(other)
            }
            (Kind::String, Kind::String) => one.as_str() == other.as_str(),
            (Kind::Array, Kind::Array) => {
                waiting.extend(one.elements().zip(other.elements()));
                one.elements().count() == other.elements().count()
            }
            (Kind::Object, Kind::Object) => {
                let (ours, theirs) = (members(one), members(other));
                waiting.extend(
                    ours.iter()
                        .filter_map(|(key, value)| Some((*value, *theirs.get(key)?))),
                );
                ours.keys().eq(theirs.keys())
            }
            _ => false,
        };
        if !is_same {
            return false;
        }
    }
    true
}

/// The members of an object, of duplicates the last.
fn members(object: Value<'_>) -> BTreeMap<Cow<'_, str>, Value<'_>> {
    let members = object.members();
    members.map(|(key, value)| (key.decode(), value)).collect()
}

/// Fields that say where an entity stands.
const PLACES: [&str; 4] = ["parent_id", "subsegments", "trace_id", "type"];
/// Fields that mean nothing where they are `false`.
const FLAGS: [&str; 4] = ["error", "fault", "in_progress", "throttle"];
/// So many decimals of a number are compared: more than times have.
const DECIMALS: i32 = 12;
