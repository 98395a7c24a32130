//! Schemas of the user's own.

use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ReferencingError, ValidationError, Validator};

use crate::error::{Error, on_one_line};
use crate::json::{Document, Kind, Value, parse_tree};
use crate::schema::node::{DEEPEST, Lossless, Node, Reading};

/// A JSON Schema that documents must follow beside the rules of X-Ray: that every segment carries
/// the annotation `tenant`, say.
///
/// Drafts 4 to 2020-12 are understood; without `$schema` it is 2020-12. A `$ref` leads to a place
/// in the same schema: nothing is fetched, neither from the network nor from a disk.
///
/// # Examples
///
/// ```
/// use xray_phantom::json::Document;
/// use xray_phantom::schema::RequiredSchema;
///
/// let tenant = RequiredSchema::new(
///     r#"{"properties": {"annotations": {"required": ["tenant"]}}, "required": ["annotations"]}"#,
/// )
/// .unwrap();
/// let document = Document::parse(r#"{"name": "OrdersWorker", "annotations": {"order_id": "o-1"}}"#).unwrap();
/// assert_eq!(
///     tenant.check(document.root()),
///     [("/annotations".to_owned(), r#""tenant" is a required property"#.to_owned())]
/// );
/// ```
pub struct RequiredSchema {
    text: String,
    validator: Validator<Lossless>,
}

impl RequiredSchema {
    /// Reads and builds a schema.
    ///
    /// # Errors
    ///
    /// A text that is no JSON, JSON that is no schema, or a `$ref` that leads out of it.
    pub fn new(json_text: &str) -> Result<RequiredSchema, Error> {
        let refused =
            |why: String| Error::invalid("schema", &on_one_line(json_text, SHOWN_SCHEMA), why);
        Document::parse(json_text).map_err(|error| refused(error.to_string()))?;
        let schema = parse_tree(json_text).map_err(|error| refused(error.to_string()))?;
        let validator = jsonschema::options_for::<Lossless>()
            .offline()
            .build(&schema)
            .map_err(|error| refused(no_schema(&error)))?;
        Ok(RequiredSchema {
            text: json_text.to_owned(),
            validator,
        })
    }

    /// What in a value does not follow the schema: pointers into the document, and messages, in order.
    ///
    /// Of duplicate keys the last counts. The schema looks into 64 levels of arrays and objects,
    /// where those of a segment and 31 levels of subsegments lie; what lies deeper looks empty,
    /// and nothing is said about it.
    pub fn check(&self, value: Value<'_>) -> Vec<(String, String)> {
        let around = value.pointer();
        let errors = self.validator.iter_errors(Node::new(value, Reading::Whole));
        let mut found: Vec<(String, String)> = errors
            .filter_map(|error| {
                let place = error.instance_path().as_str();
                let at = value.find(place)?;
                let hidden = matches!(at.kind(), Kind::Array | Kind::Object)
                    && place.matches('/').count() >= DEEPEST;
                (!hidden).then(|| (format!("{around}{place}"), message(at, &error)))
            })
            .collect();
        found.sort();
        found
    }
}

/// The text of the schema.
impl fmt::Debug for RequiredSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequiredSchema").field(&self.text).finish()
    }
}

/// What an error says, on one line, with the value cut where it is long.
fn message(at: Value<'_>, error: &ValidationError<'_>) -> String {
    let value = on_one_line(at.raw(), SHOWN_VALUE);
    on_one_line(&error.masked_with(value).to_string(), SHOWN_MESSAGE)
}

/// Why a text is no schema.
fn no_schema(error: &ValidationError<'_>) -> String {
    let cut = |text: &str| on_one_line(text, SHOWN_MESSAGE);
    match (error.kind(), error.instance_path().as_str()) {
        (ValidationErrorKind::Referencing(ReferencingError::Unretrievable { uri, .. }), _) => {
            format!(
                "the `$ref` `{}` leads out of the schema, and nothing is fetched: copy what it names into `$defs`",
                cut(uri)
            )
        }
        (
            ValidationErrorKind::Referencing(ReferencingError::UnknownSpecification {
                specification,
            }),
            _,
        ) => {
            format!(
                "`{}` is no `$schema` that is known: use a draft from 4 to 2020-12",
                cut(specification)
            )
        }
        (_, "") => cut(&error.to_string()),
        (_, place) => format!("{} at {}", cut(&error.to_string()), cut(place)),
    }
}

/// How many characters of a schema that is refused are shown.
const SHOWN_SCHEMA: usize = 60;
/// How many characters of a message are shown.
const SHOWN_MESSAGE: usize = 120;
/// How many characters of a value are shown in a message.
const SHOWN_VALUE: usize = 60;
