//! How a text is told, by the field that it stands in.

use crate::snapshot::alias::Kind;
use crate::snapshot::field::Field;
use crate::snapshot::identifiers::{Identifiers, is_none};
use crate::snapshot::scan::{Part, database, parts, versions};

/// Visits the parts of a text that stands in a field, in order.
pub(in crate::snapshot) fn tell<'t>(
    text: &'t str,
    field: Field,
    identifiers: &'t Identifiers<'_>,
    takes: impl Fn(Kind) -> bool + Copy,
    mut visit: impl FnMut(Part<'t>),
) {
    if let Some(kind) = whole(text, field).filter(|kind| takes(*kind) && !is_none(text)) {
        let (kind, text) = match identifiers.find(text) {
            Some(known) => known,
            None => (kind, text),
        };
        return visit(Part::Told(kind, text));
    }
    let is_name = field == Field::Name;
    let outer = match field {
        Field::SqlUrl => database(text),
        Field::UserAgent => versions(text),
        _ => return parts(text, is_name, identifiers, takes, &mut visit),
    };
    for part in outer {
        match part {
            Part::Told(kind, _) if takes(kind) => visit(part),
            Part::Plain(text) | Part::Told(_, text) => {
                parts(text, is_name, identifiers, takes, &mut visit);
            }
        }
    }
}

/// What a text is as a whole in its field, if it is no text in which to look for anything.
fn whole(text: &str, field: Field) -> Option<Kind> {
    match field {
        Field::Id | Field::Reference | Field::TraceId => Some(Kind::External),
        Field::Account => Some(Kind::Account),
        Field::Host if !text.contains([',', ' ']) => Some(Kind::Host),
        Field::Line => Some(Kind::Line),
        Field::Path => Some(Kind::Path),
        Field::Request => Some(Kind::Request),
        Field::Version => Some(Kind::Version),
        _ => None,
    }
}
