//! What can be said of the call that a subsegment makes, and of other entities.

use std::panic::Location;

use serde::Serialize;

use crate::json::{ObjectWriter, Written};
use crate::model::limits::MAX_LINKED_TRACES;
use crate::model::{EntityId, EntityKind, TraceId};
use crate::recorder::aws_members::Known;
use crate::recorder::members::Block;
use crate::recorder::origin::OWN_BLOCK;
use crate::recorder::value::{json_of, not_json, quoted, shown};
use crate::recorder::{Namespace, OpenEntity, Sql};

impl OpenEntity {
    /// Whom a subsegment calls: a service of AWS, or another one.
    #[track_caller]
    pub fn namespace(&self, namespace: Namespace) -> &OpenEntity {
        let place = Location::caller();
        if self.may_have(place, "namespace", EntityKind::Subsegment) {
            self.say(place, |fields| fields.namespace = Some(namespace.as_str()));
        }
        self
    }

    /// The query of a database that a subsegment makes.
    #[track_caller]
    pub fn sql(&self, sql: &Sql) -> &OpenEntity {
        let place = Location::caller();
        if !self.may_have(place, "sql", EntityKind::Subsegment) {
            return self;
        }
        for (key, text) in sql.members() {
            let json = if key == "sanitized_query" {
                quoted(text)
            } else {
                self.text(place, "a text of `sql`", text)
            };
            self.say(place, |fields| fields.set(Block::Sql, key, &json));
        }
        self
    }

    /// A member of the block `aws`: `operation`, `region`, `request_id`, `table_name` and others.
    ///
    /// Those that X-Ray knows have a type; with a value of another one they are left out. `xray` is
    /// the recorder's own.
    #[track_caller]
    pub fn aws(&self, key: &str, value: &(impl Serialize + ?Sized)) -> &OpenEntity {
        let place = Location::caller();
        if !self.is_recorded() {
            return self;
        }
        if key == OWN_BLOCK {
            let message =
                format!("`{key}` of `aws` is left out: there the recorder says what it is");
            self.left_out(place, "aws-reserved", message);
            return self;
        }
        let known = Known::of(key);
        let say = |value: Written<'_>| match known.filter(|known| !known.wanted.is(&value)) {
            None => Ok(self.say(place, |fields| fields.set_aws(key, known, value))),
            Some(Known { wanted, .. }) => {
                let mut json = Vec::new();
                value.push(&mut json);
                Err(format!(
                    "it is {}, and X-Ray wants {wanted}",
                    shown(&String::from_utf8_lossy(&json))
                ))
            }
        };
        let take_back = || self.take_back(Block::Aws, "", key);
        let (taken, lost) = match json_of(value, || self.scratch(), say, take_back) {
            Ok((Ok(taken), lost)) => (taken, lost),
            Ok((Err(why), _)) => return self.aws_left_out(place, key, &why),
            Err(error) => return self.aws_left_out(place, key, &shown(&error)),
        };
        if taken && lost > 0 {
            let message = not_json(&format!("`{}` of `aws`", shown(key)), lost);
            self.left_out(place, "aws-value", message);
        }
        self
    }

    #[cold]
    fn aws_left_out(&self, place: &'static Location<'static>, key: &str, why: &str) -> &OpenEntity {
        let message = format!("`{}` of `aws` is left out: {why}", shown(key));
        self.left_out(place, "aws-value", message);
        self
    }

    /// Says that this subsegment waited for another one of the same parent, which had ended before
    /// this one began.
    #[track_caller]
    pub fn precursor(&self, id: EntityId) -> &OpenEntity {
        let place = Location::caller();
        if self.may_have(place, "precursor_ids", EntityKind::Subsegment) {
            self.say(place, |fields| fields.precursors.push(id));
        }
        self
    }

    /// Links a segment to one of another trace, such as that which put a message into a queue. At
    /// most 20 are kept.
    #[track_caller]
    pub fn link(&self, trace: TraceId, entity: EntityId) -> &OpenEntity {
        let place = Location::caller();
        let mut json = String::new();
        let mut link = ObjectWriter::begin(&mut json);
        link.text("trace_id", &trace.to_string());
        link.text("id", &entity.to_string());
        link.end();
        let mut taken = true;
        self.say(place, |fields| {
            taken = fields.links.len() < MAX_LINKED_TRACES;
            if taken {
                fields.links.push(json);
            }
        });
        if !taken {
            let message = format!(
                "a link to trace {trace} is left out: X-Ray takes {MAX_LINKED_TRACES} links"
            );
            self.left_out(place, "link-count", message);
        }
        self
    }
}
