//! Documents that break one rule.

use std::fmt;

use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{Index, select};

use crate::schema::Rule;
use crate::strategies::entity::{Setting, setting};
use crate::strategies::json::Json;
use crate::strategies::mistake::{Mistake, Need, Place, Scene};
use crate::strategies::mistakes::mistakes;
use crate::strategies::shape::{segment_shape, subsegment_shape};

/// A document with one mistake, the rule that it breaks, and where.
///
/// [`Display`](fmt::Display) is its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDocument {
    rule: Rule,
    pointer: String,
    text: String,
    valid: String,
}

impl InvalidDocument {
    /// The rule that is broken; no other one is.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The place as a JSON pointer (RFC 6901), as [`judge`](crate::schema::judge) tells it.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same document without the mistake.
    pub fn valid(&self) -> &str {
        &self.valid
    }
}

/// The text.
impl fmt::Display for InvalidDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A document with one mistake. Each rule is as likely as any other.
///
/// All rules are there but those that are judged on request only
/// ([`is_opt_in`](Rule::is_opt_in)): what looks like a secret is no mistake in a document.
/// Shrinking makes the document smaller and keeps the rule.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::json::Document;
/// use xray_phantom::schema::judge;
/// use xray_phantom::strategies::invalid_document;
///
/// proptest!(ProptestConfig::with_cases(16), |(invalid in invalid_document())| {
///     let violations = judge(&Document::parse(invalid.text()).unwrap());
///     prop_assert_eq!(violations.len(), 1);
///     prop_assert_eq!(violations[0].rule(), invalid.rule());
///     prop_assert_eq!(violations[0].pointer(), invalid.pointer());
/// });
/// ```
pub fn invalid_document() -> impl Strategy<Value = InvalidDocument> {
    let rules = Rule::ALL.iter().copied().filter(|rule| !rule.is_opt_in());
    let rules: Vec<Rule> = rules.collect();
    with_mistake(select(rules).no_shrink())
}

/// A document with a mistake that breaks this rule; `None` for rules that are judged on request
/// only.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::schema::Rule;
/// use xray_phantom::strategies::document_that_breaks;
///
/// let nameless = document_that_breaks(Rule::MissingName).unwrap();
/// proptest!(ProptestConfig::with_cases(16), |(invalid in nameless)| {
///     prop_assert!(invalid.text().len() < invalid.valid().len());
/// });
/// assert!(document_that_breaks(Rule::SecretEmail).is_none());
/// ```
pub fn document_that_breaks(rule: Rule) -> Option<impl Strategy<Value = InvalidDocument>> {
    (!rule.is_opt_in()).then(|| with_mistake(Just(rule)))
}

fn with_mistake(rule: impl Strategy<Value = Rule>) -> impl Strategy<Value = InvalidDocument> {
    let choices = any::<[Index; 3]>();
    let shapes = (segment_shape(), subsegment_shape(), any::<bool>());
    (rule, setting(), shapes, choices).prop_map(|(rule, setting, shapes, choices)| {
        let [mistake, entity, which] = choices;
        let (segment, subsegment, either) = shapes;
        // What may be left out is left out: ids that are written twice would be wrong twice.
        let setting = setting.terse();
        let mistakes = mistakes(rule);
        let mistake = mistake.get(&mistakes);
        let shape = match mistake.place {
            Place::OnItsOwn => subsegment,
            Place::Segment => segment,
            _ if either => subsegment,
            _ => segment,
        };
        let shape = shape.alone();
        let mut document = setting.whole(&setting.settle(&shape));
        let places = places(&mut document, mistake, setting);
        let place = entity.get(&places);
        let valid = document.to_string();
        let scene = Scene {
            id: document
                .get("id")
                .cloned()
                .unwrap_or_else(|| Json::raw("null")),
            length: valid.len(),
        };
        let inside = mistake.make(entity_at(&mut document, place), &scene, which);
        let around = place.iter().map(|at| format!("/subsegments/{at}"));
        InvalidDocument {
            rule,
            pointer: around.collect::<String>() + &inside,
            text: document.to_string(),
            valid,
        }
    })
}

/// Where the mistake can be made. Where there is no such place, one is made.
fn places(document: &mut Json, mistake: &Mistake, setting: Setting) -> Vec<Vec<usize>> {
    let mut places = Vec::new();
    let is_segment = document.get("type").is_none();
    if mistake.place.is_top(is_segment) && mistake.needs.is_met(document) {
        places.push(Vec::new());
    }
    if mistake.place.is_embedded() {
        embedded(document, mistake.needs, &mut Vec::new(), &mut places);
        if places.is_empty() {
            places.push(vec![add_subsegment(document, mistake.needs, setting)]);
        }
    }
    places
}

fn embedded(entity: &Json, needs: Need, way: &mut Vec<usize>, places: &mut Vec<Vec<usize>>) {
    let Some(Json::Array(subsegments)) = entity.get("subsegments") else {
        return;
    };
    for (at, subsegment) in subsegments.iter().enumerate() {
        way.push(at);
        if needs.is_met(subsegment) {
            places.push(way.clone());
        }
        embedded(subsegment, needs, way, places);
        way.pop();
    }
}

/// Adds a subsegment that has what is needed; gives its place.
fn add_subsegment(document: &mut Json, needs: Need, setting: Setting) -> usize {
    let start = document.get("start_time").cloned();
    let mut added = Json::object([
        ("id", Some(Json::text(setting.spare_id().to_string()))),
        ("name", Some(Json::text("added"))),
        ("start_time", start.clone()),
        ("end_time", start),
    ]);
    needs.give(&mut added);
    let mut subsegments = match document.get("subsegments") {
        Some(Json::Array(subsegments)) => subsegments.clone(),
        _ => Vec::new(),
    };
    subsegments.push(added);
    let at = subsegments.len() - 1;
    document.set("subsegments", Json::Array(subsegments));
    at
}

fn entity_at<'a>(document: &'a mut Json, way: &[usize]) -> &'a mut Json {
    way.iter().fold(document, |entity, at| {
        entity.inside(&format!("subsegments/{at}"))
    })
}
