//! From a shape to an entity with ids and times.

use crate::model::{EntityId, EntityKind};
use crate::strategies::entity::{Entity, Setting};
use crate::strategies::json::Json;
use crate::strategies::shape::Shape;
use crate::strategies::texts::object;
use crate::strategies::work::Work;

impl Setting {
    /// Gives ids and times to a shape. A subsegment gets a parent that is not there.
    pub(in crate::strategies) fn settle(&self, shape: &Shape) -> Entity {
        let mut settler = Settler {
            setting: self,
            ids: 0,
            entities: 0,
            annotations: MAX_ANNOTATIONS,
        };
        let parent = match shape.work {
            Work::Segment(_) => None,
            _ => Some(settler.id()),
        };
        settler.entity(shape, self.start, parent).entity
    }
}

/// Counts what was given out.
struct Settler<'a> {
    setting: &'a Setting,
    ids: u64,
    entities: usize,
    annotations: usize,
}

struct Settled {
    entity: Entity,
    /// When it ends, or would.
    end: u64,
    exception: Option<EntityId>,
}

impl Settler<'_> {
    fn id(&mut self) -> EntityId {
        self.ids += 1;
        self.setting.id(self.ids)
    }

    fn entity(&mut self, shape: &Shape, around: u64, parent: Option<EntityId>) -> Settled {
        let (id, number) = (self.id(), self.entities);
        self.entities += 1;
        let start = around + u64::from(shape.span.delay);
        let mut end = start + u64::from(shape.span.least);
        let mut exception = None;
        let mut subsegments: Vec<Entity> = Vec::new();
        for inside in &shape.subsegments {
            let mut settled = self.entity(inside, start, Some(id));
            if let Some(before) = subsegments.last().filter(|_| inside.notes.follows) {
                let precursor = Json::Array(vec![Json::text(before.id.to_string())]);
                settled.entity.fields.push(("precursor_ids", precursor));
            }
            end = end.max(settled.end);
            exception = exception.or(settled.exception);
            subsegments.push(settled.entity);
        }
        let callee = shape.callee.as_deref().map(|callee| {
            let settled = self.entity(callee, start, Some(id));
            end = end.max(settled.end);
            Box::new(settled.entity)
        });
        let unknown_caller = match &shape.work {
            Work::Segment(service) if parent.is_none() && service.called => Some(self.id()),
            _ => None,
        };
        let kind = match shape.work {
            Work::Segment(_) => EntityKind::Segment,
            _ => EntityKind::Subsegment,
        };
        let (fields, exception) = self.fields(shape, id, callee.is_some(), exception);
        let entity = Entity {
            number,
            kind,
            id,
            parent_id: parent.or(unknown_caller),
            name: shape.name.clone(),
            start,
            end: shape.span.ends.then_some(end),
            fields,
            subsegments,
            callee,
        };
        Settled {
            entity,
            end,
            exception,
        }
    }

    fn fields(
        &mut self,
        shape: &Shape,
        id: EntityId,
        traced: bool,
        exception: Option<EntityId>,
    ) -> (Vec<(&'static str, Json)>, Option<EntityId>) {
        let wordy = self.setting.wordy;
        let answered = shape.work.is_answered();
        let status = shape.outcome.status().filter(|_| answered);
        let (cause, exception) = shape.outcome.cause(|| self.id(), exception, status);
        let flags = shape.outcome.flags().into_iter();
        let mut fields: Vec<(&str, Json)> = flags
            .filter(|(_, set)| *set || wordy)
            .map(|(flag, set)| (flag, Json::raw(set)))
            .collect();
        fields.extend(cause.map(|cause| ("cause", cause)));
        fields.extend(shape.work.fields(id, status, traced, wordy));
        let mut annotations = shape.notes.annotations.clone();
        while annotations.len() > self.annotations {
            annotations.pop_last();
        }
        self.annotations -= annotations.len();
        for (key, members) in [
            ("annotations", annotations),
            ("metadata", shape.notes.metadata.clone()),
        ] {
            if !members.is_empty() || wordy {
                fields.push((key, object(members)));
            }
        }
        if shape.notes.links > 0 {
            let links = (0..shape.notes.links).map(|_| self.link()).collect();
            fields.push(("links", Json::Array(links)));
        }
        (fields, exception)
    }

    fn link(&mut self) -> Json {
        let id = self.id();
        let trace = self
            .setting
            .trace(self.setting.chance ^ u128::from(self.ids) << 32);
        Json::object([
            ("trace_id", Some(Json::text(trace.to_string()))),
            ("id", Some(Json::text(id.to_string()))),
        ])
    }
}

/// The most annotations of one trace; 50 are indexed.
const MAX_ANNOTATIONS: usize = 40;
