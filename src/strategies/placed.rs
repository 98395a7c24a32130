//! From an entity to its documents.

use crate::model::EntityKind;
use crate::strategies::entity::{Entity, Setting, seconds};
use crate::strategies::json::Json;

impl Setting {
    /// The document of an entity with all of its subsegments embedded.
    pub(in crate::strategies) fn whole(&self, entity: &Entity) -> Json {
        self.document(entity, self.embedded_in(entity))
    }

    /// The document of an entity with these subsegments embedded.
    pub(in crate::strategies) fn document(&self, entity: &Entity, subsegments: Vec<Json>) -> Json {
        let mut fields = self.top(entity);
        fields.extend(Setting::own(entity));
        self.ending(entity, &mut fields);
        fields.extend(entity.fields.iter().cloned());
        with_subsegments(fields, subsegments)
    }

    /// An earlier document of the same entity, when it was in progress. It has an annotation
    /// `announced` and no other.
    pub(in crate::strategies) fn announcement(
        &self,
        entity: &Entity,
        subsegments: Vec<Json>,
    ) -> Json {
        let mut fields = self.top(entity);
        fields.extend(Setting::own(entity));
        fields.push(("in_progress", Json::raw(true)));
        let announced = Json::object([("announced", Some(Json::raw(true)))]);
        fields.push(("annotations", announced));
        with_subsegments(fields, subsegments)
    }

    /// A subsegment as its parent holds it.
    pub(in crate::strategies) fn embedded(&self, entity: &Entity, subsegments: Vec<Json>) -> Json {
        let mut fields = Vec::new();
        if self.wordy {
            fields.extend(self.top(entity));
        }
        fields.extend(Setting::own(entity));
        self.ending(entity, &mut fields);
        fields.extend(entity.fields.iter().cloned());
        with_subsegments(fields, subsegments)
    }

    fn embedded_in(&self, entity: &Entity) -> Vec<Json> {
        let subsegments = entity.subsegments.iter();
        subsegments
            .map(|subsegment| self.embedded(subsegment, self.embedded_in(subsegment)))
            .collect()
    }

    /// What an entity at the top of its document has.
    fn top(&self, entity: &Entity) -> Vec<(&'static str, Json)> {
        let mut fields = vec![("trace_id", Json::text(self.trace_id().to_string()))];
        if entity.kind == EntityKind::Subsegment {
            fields.push(("type", Json::text("subsegment")));
        }
        let parent = entity.parent_id.map(|id| Json::text(id.to_string()));
        fields.extend(parent.map(|parent| ("parent_id", parent)));
        fields
    }

    fn own(entity: &Entity) -> Vec<(&'static str, Json)> {
        vec![
            ("id", Json::text(entity.id.to_string())),
            ("name", Json::text(&entity.name)),
            ("start_time", seconds(entity.start)),
        ]
    }

    fn ending(&self, entity: &Entity, fields: &mut Vec<(&'static str, Json)>) {
        fields.extend(entity.end.map(|end| ("end_time", seconds(end))));
        if self.wordy || entity.end.is_none() {
            fields.push(("in_progress", Json::raw(entity.end.is_none())));
        }
    }
}

fn with_subsegments(mut fields: Vec<(&'static str, Json)>, subsegments: Vec<Json>) -> Json {
    if !subsegments.is_empty() {
        fields.push(("subsegments", Json::Array(subsegments)));
    }
    let members = fields.into_iter();
    Json::Object(
        members
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}
