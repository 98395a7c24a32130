//! Two documents for one entity that contradict each other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::visible;
use crate::json::{Kind, Value, is_same_scalar};
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
    let (why, what, counts) = complete.find_map(|(_, other, their_parent)| {
        let (entity, other) = (best.entity, other.entity);
        let is_segment = best.kind == EntityKind::Segment;
        let is_moved =
            parent != their_parent && (is_segment || parent.is_some() && their_parent.is_some());
        let field = difference(entity, other)
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

/// The first field that two documents for one entity have otherwise: its name and its start before
/// all others. Where it stands, and which subsegments came with it, may differ; a flag that is not
/// set may be missing. Times are compared as they are read, to the nanosecond.
fn difference<'a>(entity: Entity<'a>, other: Entity<'a>) -> Option<String> {
    let times = |key: &str| match key {
        "start_time" => entity.start_time().zip(other.start_time()),
        "end_time" => entity.end_time().zip(other.end_time()),
        _ => None,
    };
    let (one, other) = (own_fields(entity.json()), own_fields(other.json()));
    let differs = |key: &&Cow<'_, str>| match (one.get(*key), other.get(*key)) {
        (Some(one), Some(other)) => match times(key) {
            Some((one, other)) => one != other,
            None => !is_same(*one, *other),
        },
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
    let mut own = members(entity);
    own.retain(|key, value| {
        let is_unset = FLAGS.contains(&&**key) && value.as_bool() == Some(false);
        !is_unset && !PLACES.contains(&&**key)
    });
    own
}

/// Whether two values are the same, however they are written.
pub(in crate::trace) fn is_same<'a>(one: Value<'a>, other: Value<'a>) -> bool {
    let mut waiting = vec![(one, other)];
    while let Some((one, other)) = waiting.pop() {
        if one.raw() == other.raw() {
            continue;
        }
        let is_same = match (one.kind(), other.kind()) {
            (Kind::Array, Kind::Array) => {
                let (mut ours, mut theirs) = (one.elements(), other.elements());
                loop {
                    match (ours.next(), theirs.next()) {
                        (Some(one), Some(other)) => waiting.push((one, other)),
                        (one, other) => break one.is_none() && other.is_none(),
                    }
                }
            }
            (Kind::Object, Kind::Object) => match paired(one, other) {
                Some(pairs) => {
                    waiting.extend(pairs);
                    true
                }
                None => false,
            },
            (one_kind, other_kind) => one_kind == other_kind && is_same_scalar(one, other),
        };
        if !is_same {
            return false;
        }
    }
    true
}

/// The values of two objects by their keys, where both have the same. Of a large one no more is read
/// than it takes to find a key that a small one has not.
fn paired<'a>(one: Value<'a>, other: Value<'a>) -> Option<Vec<(Value<'a>, Value<'a>)>> {
    let (small, large) = if one.raw().len() <= other.raw().len() {
        (one, other)
    } else {
        (other, one)
    };
    let few = members(small);
    let mut keys = large.members().map(|(key, _)| key.identity());
    if !keys.all(|key| few.contains_key(&key)) {
        return None;
    }
    let many = members(large);
    few.iter()
        .map(|(key, value)| Some((*value, *many.get(key)?)))
        .collect()
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
