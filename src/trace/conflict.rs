//! Two documents for one entity that contradict each other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::error::visible;
use crate::json::Value;
use crate::model::{Entity, EntityKind};
use crate::trace::assemble::named;
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
        complete.find_map(|(other, value)| Some((other, difference(best, value)?)))?;
    let entity = Entity::of(best)?;
    let (first, second) = (seq.min(other), seq.max(other));
    Some(Defect {
        code: DefectCode::ConflictingDocuments,
        id: entity.id().map(Into::into),
        seq,
        message: format!(
            "it was closed twice, or changed after it was sent: {} is complete in datagram {first} and in datagram \
             {second}, and `{}` differs; the one that ended later counts",
            named(entity, kind),
            visible(&key),
        ),
    })
}

/// The first field that two documents for one entity have otherwise. Where it stands, and which
/// subsegments came with it, may differ.
fn difference<'a>(one: Value<'a>, other: Value<'a>) -> Option<String> {
    let fields = |value: Value<'a>| {
        let members = value
            .members()
            .map(|(key, value)| (key.decode(), value.raw()));
        let own = members
            .filter(|(key, _)| !["parent_id", "subsegments", "trace_id", "type"].contains(&&**key));
        own.collect::<BTreeMap<_, _>>()
    };
    let (one, other) = (fields(one), fields(other));
    let differs = |key: &&Cow<'_, str>| one.get(*key) != other.get(*key);
    one.keys()
        .chain(other.keys())
        .find(differs)
        .map(ToString::to_string)
}
