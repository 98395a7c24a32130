//! Two documents for one entity that contradict each other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::visible;
use crate::json::{Kind, Value};
use crate::model::{Entity, EntityKind};
use crate::trace::assemble::named;
use crate::trace::identity::Identity;
use crate::trace::{Defect, DefectCode};

/// Whether two documents for one entity are complete and say different things.
///
/// `said` are the datagrams and what they say of it, in order of precedence.
pub(in crate::trace) fn conflict<'a>(
    kind: EntityKind,
    said: impl Iterator<Item = (u64, Value<'a>)>,
) -> Option<Defect> {
    let mut complete =
        said.filter(|(_, value)| Entity::of(*value).is_some_and(|entity| entity.is_closed()));
    let (seq, best) = complete.next()?;
    let (other, key) =
        complete.find_map(|(_, value)| Some((value, difference(kind, best, value)?)))?;
    let (entity, other) = (Entity::of(best)?, Entity::of(other)?);
    let is_other = entity.name() != other.name() || entity.start_time() != other.start_time();
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
    Some(Defect {
        code: DefectCode::ConflictingDocuments,
        id: entity.id().map(Into::into),
        seq,
        message: format!(
            "{why}: {} is complete in several documents, and `{}` differs; {counts}",
            named(entity, kind),
            visible(&key),
        ),
    })
}

/// That several documents use an id each for a subsegment of its own.
///
/// `namesakes` are these subsegments, and what is said of them in the datagrams.
pub(in crate::trace) fn used_twice<'a>(
    mut namesakes: impl Iterator<Item = (&'a Identity, u64, Value<'a>)>,
) -> Option<Defect> {
    let (identity, seq, value) = namesakes.next()?;
    let (other, _, their_value) = namesakes.next()?;
    let count = namesakes.count() + 2;
    let count = if count == 2 {
        "two entities".to_owned()
    } else {
        format!("{count} entities")
    };
    let (entity, theirs) = (Entity::of(value)?, Entity::of(their_value)?);
    Some(Defect {
        code: DefectCode::ConflictingDocuments,
        id: entity.id().map(Into::into),
        seq,
        message: format!(
            "an id was used for {count}: {} has the same one as {} of another document, and `{}` differs; each is kept",
            named(entity, EntityKind::Subsegment),
            named(theirs, EntityKind::Subsegment),
            identity.difference(other)?,
        ),
    })
}

/// The first field that two documents for one entity have otherwise: its name and its start before
/// all others. Where a subsegment stands, and what came with an entity, may differ; a flag that is
/// not set may be missing.
fn difference<'a>(kind: EntityKind, one: Value<'a>, other: Value<'a>) -> Option<String> {
    let fields = |value: Value<'a>| {
        let members = value.members().map(|(key, value)| (key.decode(), value));
        let own = members.filter(|(key, value)| {
            let is_unset = FLAGS.contains(&&**key) && value.as_bool() == Some(false);
            let is_caller = kind == EntityKind::Segment && **key == *"parent_id";
            !is_unset && (is_caller || !PLACES.contains(&&**key))
        });
        own.collect::<BTreeMap<_, _>>()
    };
    let (one, other) = (fields(one), fields(other));
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
