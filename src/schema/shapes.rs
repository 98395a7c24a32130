//! What the value of a field should be, and what is said where it is not.

use std::collections::BTreeSet;

use crate::json::{Kind, Text, Value};
use crate::model::limits::{MAX_LINKED_TRACES, MAX_TEXT};
use crate::schema::entity::{Facts, Place};
use crate::schema::fields::{CAUSE, EXCEPTION, LINK, Law, Shape};
use crate::schema::judge::Judge;
use crate::schema::words::{ID_LENGTH, has_length, shown, shown_kind, why_not};
use crate::schema::{Rule, annotations};

impl<'a> Judge<'a> {
    /// Judges a value by its shape.
    pub(in crate::schema) fn shape(
        &mut self,
        value: Value<'a>,
        key: &'static str,
        shape: &'static Shape,
        facts: &mut Facts<'a>,
    ) {
        let kind = value.kind();
        match shape {
            Shape::Annotations => annotations::judge(self, value),
            Shape::Any => self.free(value),
            Shape::Block(block, _) if kind == Kind::Object => self.block(value, block, facts),
            Shape::Block(_, law) => self.wrong_type_of(value, key, "an object", *law),
            Shape::Bool(_) if kind == Kind::Bool => {}
            Shape::Bool(law) => self.wrong_type_of(value, key, "a boolean", *law),
            Shape::Cause => self.cause(value, facts),
            Shape::ContentLength => self.content_length(value),
            Shape::Exception if kind == Kind::Object => {
                self.block(value, EXCEPTION, facts);
                self.exception_id(value);
            }
            Shape::Exception => self.wrong_type(value, key, Kind::Object),
            Shape::ExceptionId if has_length(value, ID_LENGTH) => {}
            Shape::ExceptionId => self.report(Rule::ExceptionIdFormat, value, || {
                format!(
                    "an id of another kind was used: the exception id {} is no string of 16 \
                    characters; X-Ray drops it, and the causes that name it lead nowhere",
                    shown(value)
                )
            }),
            Shape::Integer(_) if is_integer(value) => {}
            Shape::Integer(law) => self.wrong_type_of(value, key, "an integer", *law),
            Shape::Links => self.links(value, facts),
            Shape::List(of, _) if kind == Kind::Array => {
                for element in value.elements() {
                    self.shape(element, key, of, facts);
                }
            }
            Shape::List(_, law) => self.wrong_type_of(value, key, "an array", *law),
            Shape::Metadata => annotations::judge_metadata(self, value),
            Shape::Misplaced => self.misplaced(value, key, facts.place),
            Shape::Namespace => self.namespace(value),
            Shape::Number(_) | Shape::Time if kind == Kind::Number => {}
            Shape::Number(law) => self.wrong_type_of(value, key, "a number", *law),
            Shape::OrNull(_, dialect) if kind == Kind::Null => {
                self.report_of(Rule::LooseType, value, Some(dialect), || {
                    format!("{}: `{key}` is null; leave it out", why_not(value))
                });
            }
            Shape::OrNull(other, _) => self.shape(value, key, other, facts),
            Shape::ShortText => self.short_text(value, key),
            Shape::Status => self.status(value),
            Shape::Subsegments => self.subsegments(value),
            Shape::Text(_) if kind == Kind::String => {}
            Shape::Text(law) => self.wrong_type_of(value, key, "a string", *law),
            Shape::Time => self.report(Rule::TimeType, value, || {
                let why = match kind {
                    Kind::String => "a time was sent as text",
                    _ => why_not(value),
                };
                format!(
                    "{why}: `{key}` is {}; write epoch seconds as a number, such as \
                    1721763840.25",
                    shown_kind(value)
                )
            }),
        }
    }

    /// A value of a type that the schema does not take.
    pub(in crate::schema) fn wrong_type(&mut self, value: Value<'a>, key: &str, expected: Kind) {
        self.wrong_type_of(value, key, &expected.to_string(), Law::Schema);
    }

    /// A value of another type than `law` gives it.
    pub(in crate::schema) fn wrong_type_of(
        &mut self,
        value: Value<'a>,
        key: &str,
        expected: &str,
        law: Law,
    ) {
        let (why, found) = (why_not(value), shown_kind(value));
        match law {
            Law::Guide => self.report_of(Rule::LooseType, value, dialect(key, value), || {
                format!(
                    "{why}: `{key}` is {found}, and X-Ray's guide and SDKs write {expected} there"
                )
            }),
            Law::Schema => self.report(Rule::FieldType, value, || {
                format!("{why}: `{key}` is {found}, expected {expected}; X-Ray drops the field")
            }),
        }
    }

    fn cause(&mut self, value: Value<'a>, facts: &mut Facts<'a>) {
        match value.kind() {
            Kind::Object => self.block(value, CAUSE, facts),
            Kind::String if has_length(value, ID_LENGTH) => {}
            _ => self.report(Rule::CauseFormat, value, || {
                let why = match value.kind() {
                    Kind::String if is_hex(value) => "an id of another kind was used",
                    Kind::String => "an error was written as text",
                    _ => why_not(value),
                };
                format!(
                    "{why}: `cause` is {}, expected an object with exceptions, or the id of an \
                    exception (16 hex digits)",
                    shown(value)
                )
            }),
        }
    }

    fn exception_id(&mut self, exception: Value<'a>) {
        if exception.get("id").is_none() {
            let dialect = Some("the Ruby SDK writes so");
            self.report_of(Rule::ExceptionWithoutId, exception, dialect, || {
                "the library writes no ids: the exception has none; give it an `id` of 16 hex \
                digits, so that others can name it as their cause"
                    .to_owned()
            });
        }
    }

    fn content_length(&mut self, value: Value<'a>) {
        let digits = |text: Text<'_>| {
            let text = text.decode();
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        match value.kind() {
            Kind::Number => self.integer_by_the_guide(value, "content_length"),
            Kind::String if value.as_text().is_some_and(digits) => {
                let dialect = Some("the Node SDK writes so for the AWS SDK v2");
                self.report_of(Rule::LooseType, value, dialect, || {
                    format!(
                        "the length was taken as it stands in a header: `content_length` is the \
                        text {}; write a number",
                        shown(value)
                    )
                });
            }
            _ => self.wrong_type(value, "content_length", Kind::Number),
        }
    }

    fn status(&mut self, value: Value<'a>) {
        match value.kind() {
            Kind::Number => self.integer_by_the_guide(value, "status"),
            Kind::String if value.as_text().is_some_and(|text| text.raw().is_empty()) => {
                let dialect = Some("the SDKs write so where no reply came");
                self.report_of(Rule::LooseType, value, dialect, || {
                    "no reply came: `status` is an empty text; leave it out".to_owned()
                });
            }
            _ => self.wrong_type(value, "status", Kind::Number),
        }
    }

    fn integer_by_the_guide(&mut self, value: Value<'a>, key: &str) {
        if !is_integer(value) {
            self.wrong_type_of(value, key, "an integer", Law::Guide);
        }
    }

    fn short_text(&mut self, value: Value<'a>, key: &str) {
        let Some(text) = value.as_text() else {
            return self.wrong_type(value, key, Kind::String);
        };
        if text.raw().len() <= MAX_TEXT {
            return;
        }
        let length = text.decode().chars().count();
        if length > MAX_TEXT {
            self.report(Rule::TextLength, value, || {
                format!(
                    "it was recorded uncut: `{key}` has {length} characters ({}), and X-Ray \
                    takes {MAX_TEXT}; cut it",
                    shown(value)
                )
            });
        }
    }

    fn namespace(&mut self, value: Value<'a>) {
        match value.as_text() {
            Some(text)
                if ["aws", "remote", "local"]
                    .iter()
                    .any(|known| text == **known) => {}
            Some(text) => {
                let dialect = (text == *"dummy")
                    .then_some("the Python SDK writes so below a segment that is not sampled");
                self.report_of(Rule::NamespaceValue, value, dialect, || {
                    format!(
                        "another word than X-Ray's was used: the namespace is {}; `aws` marks a \
                        call of an AWS SDK, `remote` any other call, and local work has none",
                        shown(value)
                    )
                });
            }
            None => self.wrong_type(value, "namespace", Kind::String),
        }
    }

    fn misplaced(&mut self, value: Value<'a>, key: &str, place: Place) {
        let (here, there) = match place {
            Place::Segment => ("a segment", "subsegments"),
            Place::Embedded | Place::OnItsOwn => ("a subsegment", "segments"),
        };
        self.report(Rule::MisplacedField, value, || {
            format!(
                "it was set on the wrong entity: `{key}` is a field of {there}, and X-Ray does \
                not read it in {here}; move it"
            )
        });
        self.free(value);
    }

    fn links(&mut self, value: Value<'a>, facts: &mut Facts<'a>) {
        if value.kind() != Kind::Array {
            return self.wrong_type_of(value, "links", "an array", Law::Guide);
        }
        let mut traces = BTreeSet::new();
        for link in value.elements() {
            if link.kind() == Kind::Object {
                self.block(link, LINK, facts);
                traces.extend(link.get("trace_id").and_then(|id| id.as_identity()));
            } else {
                self.wrong_type_of(link, "links", "an object", Law::Guide);
            }
        }
        if traces.len() > MAX_LINKED_TRACES {
            self.report(Rule::LinkCount, value, || {
                format!(
                    "all messages of a batch were linked: there are links to {} traces, and X-Ray \
                    keeps {MAX_LINKED_TRACES}; link to the nearest",
                    traces.len()
                )
            });
        }
    }

    fn subsegments(&mut self, value: Value<'a>) {
        if value.kind() != Kind::Array {
            return self.wrong_type(value, "subsegments", Kind::Array);
        }
        for element in value.elements() {
            if element.kind() == Kind::Object {
                self.know(element, Place::Embedded);
            } else {
                self.wrong_type(element, "subsegments", Kind::Object);
            }
        }
    }
}

/// Whether a text could be an id, but for its length.
fn is_hex(value: Value<'_>) -> bool {
    let is_id = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    value.as_str().is_some_and(|text| is_id(&text))
}

/// Whether a number has no fraction, however it is written: 200.0 is an integer.
fn is_integer(value: Value<'_>) -> bool {
    value.as_number().is_some_and(|number| number.is_integer())
}

/// Which SDK is known to write a value that the guide does not name.
fn dialect(key: &str, value: Value<'_>) -> Option<&'static str> {
    (key == "table_names" && value.kind() == Kind::String)
        .then_some("the Python SDK writes the text of a dict there")
}
