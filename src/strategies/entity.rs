//! When and under which ids a trace is written, and its entities.

use proptest::prelude::{Strategy, any};

use crate::model::{EntityId, EntityKind, Timestamp, TraceId};
use crate::strategies::json::Json;

/// When and under which ids a trace is written, and in which dialect.
#[derive(Clone, Copy, Debug)]
pub(in crate::strategies) struct Setting {
    /// Microseconds since the epoch.
    pub(in crate::strategies) start: u64,
    pub(in crate::strategies) chance: u128,
    /// What lies between one id and the next: an odd number, so that no two are the same.
    step: u64,
    /// Whether what may be left out is written, as the Python SDK does.
    pub(in crate::strategies) wordy: bool,
}

/// An entity, and what hangs below it.
#[derive(Clone, Debug)]
pub(in crate::strategies) struct Entity {
    /// Its place among all entities of the trace, from 0.
    pub(in crate::strategies) number: usize,
    pub(in crate::strategies) kind: EntityKind,
    pub(in crate::strategies) id: EntityId,
    /// The caller of a segment, or what a subsegment is a part of.
    pub(in crate::strategies) parent_id: Option<EntityId>,
    pub(in crate::strategies) name: String,
    pub(in crate::strategies) start: u64,
    pub(in crate::strategies) end: Option<u64>,
    /// The members that are the same in all of its documents, without those of `Entity`.
    pub(in crate::strategies) fields: Vec<(&'static str, Json)>,
    pub(in crate::strategies) subsegments: Vec<Entity>,
    pub(in crate::strategies) callee: Option<Box<Entity>>,
}

impl Setting {
    pub(in crate::strategies) fn trace_id(&self) -> TraceId {
        self.trace(self.chance)
    }

    /// The same without what may be left out.
    pub(in crate::strategies) fn terse(mut self) -> Setting {
        self.wordy = false;
        self
    }

    pub(in crate::strategies) fn trace(&self, chance: u128) -> TraceId {
        TraceId::from_bits(u128::from(self.start / MICROS) << 96 | chance >> 32)
    }

    pub(in crate::strategies) fn id(&self, number: u64) -> EntityId {
        EntityId::from_bits(number.wrapping_mul(self.step))
    }

    /// An id that no entity of the trace has.
    pub(in crate::strategies) fn spare_id(&self) -> EntityId {
        self.id(u64::MAX)
    }
}

impl Entity {
    /// The entity and all that hangs below it, segments of callees too; outer ones first.
    pub(in crate::strategies) fn all(&self) -> Vec<&Entity> {
        let mut all = vec![self];
        let inside = self.subsegments.iter().chain(self.callee.as_deref());
        all.extend(inside.flat_map(Entity::all));
        all
    }

    /// The segments among them.
    pub(in crate::strategies) fn segments(&self) -> Vec<&Entity> {
        let mut segments = self.all();
        segments.retain(|entity| entity.kind == EntityKind::Segment);
        segments
    }
}

/// Seconds since the epoch, as documents carry them: as many decimals as it takes.
pub(in crate::strategies) fn seconds(micros: u64) -> Json {
    let (whole, rest) = (micros / MICROS, micros % MICROS);
    let decimals = format!("{whole}.{rest:06}");
    Json::raw(decimals.trim_end_matches('0').trim_end_matches('.'))
}

pub(in crate::strategies) fn timestamp(micros: u64) -> Timestamp {
    Timestamp::from_nanos(i128::from(micros) * 1_000)
}

pub(in crate::strategies) fn setting() -> impl Strategy<Value = Setting> {
    let parts = (FIRST..LAST, any::<u128>(), any::<u64>(), any::<bool>());
    parts.prop_map(|(start, chance, step, wordy)| Setting {
        start,
        chance,
        step: step | 1,
        wordy,
    })
}

const MICROS: u64 = 1_000_000;
/// From 2015 to 2033.
const FIRST: u64 = 1_450_000_000 * MICROS;
const LAST: u64 = 2_000_000_000 * MICROS;
