//! What is judged of a document as a whole.

use std::collections::BTreeSet;

use crate::json::{Document, Value};
use crate::model::limits::{
    LARGE_DOCUMENT, MAX_DOCUMENT, MAX_INDEXED_ANNOTATIONS, NEARLY_LARGE_DOCUMENT,
};
use crate::schema::Rule;
use crate::schema::judge::Judge;
use crate::schema::words::{quoted, shown};

/// Judges a document when all of its entities have been.
pub(in crate::schema) fn judge<'a>(judge: &mut Judge<'a>, document: &'a Document) {
    judge.turn_to(document.root());
    size(judge, document);
    annotations(judge, document);
    repeated_ids(judge);
    judge.turn_to(document.root());
    for text in document.escaped() {
        if text.as_text().is_some_and(|text| text.has_lone_surrogate()) {
            let dialect = Some("the Python and Node SDKs write so where they are given so");
            judge.report_of(Rule::LoneSurrogate, text, dialect, || {
                format!(
                    "a text was cut within a character: {} holds half of one, which is no text; \
                    send whole characters",
                    quoted(text.raw().trim_matches('"'))
                )
            });
        }
    }
}

fn size<'a>(judge: &mut Judge<'a>, document: &'a Document) {
    let size = document.text().len();
    if size > MAX_DOCUMENT {
        judge.report(Rule::DocumentTooLarge, document.root(), || {
            format!(
                "too much was recorded in one document: it has {size} bytes, and X-Ray takes \
                64 kB ({MAX_DOCUMENT} at most); {REMEDY}"
            )
        });
    } else if size > NEARLY_LARGE_DOCUMENT {
        judge.report(Rule::DocumentLarge, document.root(), || {
            let limit = if size > LARGE_DOCUMENT {
                format!("and X-Ray takes 64 kB, which may mean {LARGE_DOCUMENT}")
            } else {
                "near the 64 kB that X-Ray takes".to_owned()
            };
            format!("much was recorded in one document: it has {size} bytes, {limit}; {REMEDY}")
        });
    }
}

fn annotations<'a>(judge: &mut Judge<'a>, document: &'a Document) {
    let count = judge.annotations.count;
    if count > MAX_INDEXED_ANNOTATIONS {
        let place = judge.annotations.beyond.unwrap_or(document.root());
        judge.report(Rule::AnnotationCount, place, || {
            format!(
                "annotations are set where metadata would do: the document has {count}, and \
                X-Ray indexes {MAX_INDEXED_ANNOTATIONS} of a trace; move what is not searched \
                for to metadata"
            )
        });
    }
}

fn repeated_ids(judge: &mut Judge<'_>) {
    let mut seen = BTreeSet::new();
    let mut repeated = Vec::new();
    match &judge.entities[..] {
        // Nearly all documents.
        [_] => {}
        [one, other] if !is_same(one.id, other.id) => {}
        entities => {
            for known in entities {
                if let Some(value) = known.id
                    && let Some(id) = value.as_identity()
                    && !seen.insert(id)
                {
                    repeated.push((known.entity, value));
                }
            }
        }
    }
    for (entity, value) in repeated {
        judge.turn_to(entity);
        judge.report(Rule::IdRepeated, value, || {
            format!(
                "an entity was copied, or ids are not random: the id {} stands at another entity \
                of the document too, so that children of the two cannot be told apart",
                shown(value)
            )
        });
    }
}

fn is_same(one: Option<Value<'_>>, other: Option<Value<'_>>) -> bool {
    one.is_some_and(|one| other.is_some_and(|other| one.as_identity() == other.as_identity()))
}

const REMEDY: &str = "send its subsegments on their own, or record less metadata";
