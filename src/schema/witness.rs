//! The second witness: the JSON Schema of segment documents.

use std::fmt;
use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};

use crate::error::{Error, on_one_line};
use crate::json::{Document, Kind, Tree, Value, parse_tree};
use crate::schema::node::{Lossless, Node, PIECE, Reading};
use crate::schema::words::shown;
use crate::schema::{Consequence, Rule};

/// Judges a document by the JSON Schema in `schemas/segment-document.schema.json`. In order of the
/// pointers.
///
/// It finds what [`judge`](crate::schema::judge) finds of the consequences `rejected` and
/// `pruned`, at the same places and by other code: that the two agree is a test. The size of the
/// document is beyond a schema.
///
/// # Examples
///
/// ```
/// use xray_phantom::json::Document;
/// use xray_phantom::schema::{Rule, witness};
///
/// let document = Document::parse(
///     r#"{"name": "OrdersWorker", "id": "53995c3f42cd8ad8", "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
///         "start_time": 1.25, "annotations": {"order id": "o-1"}}"#,
/// )
/// .unwrap();
/// let testimonies = witness(&document);
/// assert_eq!(testimonies[0].rule(), Rule::MissingEndTime);
/// assert_eq!(testimonies[1].rule(), Rule::AnnotationKey);
/// assert_eq!(testimonies[1].pointer(), "/annotations/order id");
/// ```
pub fn witness(document: &Document) -> Vec<Testimony> {
    Witness::shared().judge(document)
}

/// A rule that a document breaks, by the JSON Schema.
///
/// ```text
/// pruned (annotation-key): `order id` breaks /$defs/annotations/allOf/1/propertyNames/pattern
///   at /annotations/order id
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testimony {
    rule: Rule,
    pointer: String,
    message: String,
}

impl Testimony {
    /// The rule that is broken.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The stable code of the rule.
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// What the service does with such a document.
    pub fn consequence(&self) -> Consequence {
        self.rule.consequence()
    }

    /// The place as a JSON pointer (RFC 6901) into the document. Of something that is missing it
    /// is the object that lacks it.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The value, and the place in the schema that it breaks.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Testimony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} ({}): {}",
            self.consequence(),
            self.rule,
            self.message
        )?;
        match &*self.pointer {
            "" => f.write_str("  in the document"),
            pointer => write!(f, "  at {}", on_one_line(pointer, SHOWN)),
        }
    }
}

/// The schema, read and built.
#[derive(Debug)]
pub(crate) struct Witness {
    schema: Tree,
    document: Validator<Lossless>,
    /// For the pieces of documents that are nested deeply.
    piece: OnceLock<Validator<Lossless>>,
}

impl Witness {
    /// The one of this process, built when it is first asked for.
    pub(crate) fn shared() -> &'static Witness {
        static SHARED: OnceLock<Witness> = OnceLock::new();
        SHARED.get_or_init(|| {
            let Ok(witness) = Witness::new() else {
                unreachable!("the schema is part of the crate, and tests build it")
            };
            witness
        })
    }

    fn new() -> Result<Witness, Error> {
        let schema = parse_tree(SCHEMA)?;
        Ok(Witness {
            document: build(&schema)?,
            piece: OnceLock::new(),
            schema,
        })
    }

    /// What the schema finds in a document, in order of the pointers.
    pub(crate) fn judge(&self, document: &Document) -> Vec<Testimony> {
        let mut found = Vec::new();
        let mut begun = vec![document.root()];
        let mut validator = &self.document;
        while let Some(piece) = begun.pop() {
            for error in validator.iter_errors(Node::new(piece, Reading::Piece)) {
                found.push(self.testimony(piece, &error));
            }
            beneath(piece, &mut begun);
            if !begun.is_empty() {
                validator = self.piece.get_or_init(|| self.piece());
            }
        }
        found.sort_by(|a, b| a.pointer.cmp(&b.pointer).then(a.rule.cmp(&b.rule)));
        found.dedup_by(|a, b| a.pointer == b.pointer && a.rule == b.rule);
        found
    }

    /// The validator for embedded subsegments.
    fn piece(&self) -> Validator<Lossless> {
        let mut schema = self.schema.clone();
        if let Some(root) = schema.as_object_mut() {
            for key in ["if", "then", "else"] {
                root.remove(key);
            }
            root.insert("$ref".to_owned(), Tree::from("#/$defs/embedded-subsegment"));
        }
        let Ok(validator) = build(&schema) else {
            unreachable!("the schema is part of the crate, and tests build it")
        };
        validator
    }

    fn testimony(&self, piece: Value<'_>, error: &ValidationError<'_>) -> Testimony {
        let broken = error.schema_path().as_str();
        let Some(rule) = self.rule(broken) else {
            unreachable!("each part of the schema that can fail stands below the code of its rule")
        };
        let Some(mut at) = piece.find(error.instance_path().as_str()) else {
            unreachable!("an error is about a value of the document")
        };
        let mut value = (at.kind() != Kind::Object).then(|| shown(at));
        if let ValidationErrorKind::PropertyNames { error } = error.kind()
            && let Some(name) = error.instance().as_str()
        {
            value = Some(format!("`{}`", on_one_line(name, SHOWN)));
            at = at.get(name).unwrap_or(at);
        }
        let message = match value {
            Some(value) => format!("{value} breaks {broken} of the schema: {}", rule.about()),
            None => format!("{broken} of the schema is broken: {}", rule.about()),
        };
        Testimony {
            rule,
            pointer: at.pointer(),
            message,
        }
    }

    /// The rule that is stated at a place of the schema: by the nearest `$comment` at it or around
    /// it.
    fn rule(&self, mut place: &str) -> Option<Rule> {
        loop {
            let comment = self
                .schema
                .pointer(place)
                .and_then(|schema| schema.get("$comment")?.as_str());
            if let Some((code, _)) = comment.and_then(|comment| comment.split_once(':')) {
                return Rule::of(code);
            }
            place = &place[..place.rfind('/')?];
        }
    }
}

/// Builds the schema as one of draft 7: it holds nothing that draft 7 reads otherwise than
/// 2020-12, and the schema of such schemas is built in half the time.
fn build(schema: &Tree) -> Result<Validator<Lossless>, Error> {
    jsonschema::options_for::<Lossless>()
        .offline()
        .with_draft(Draft::Draft7)
        .build(schema)
        .map_err(|error| Error::stopped(error.to_string()))
}

/// Collects the embedded subsegments at which the next pieces below a piece begin.
fn beneath<'a>(piece: Value<'a>, begun: &mut Vec<Value<'a>>) {
    let mut level = vec![piece];
    let mut depth = 0;
    while depth < PIECE && !level.is_empty() {
        level = level.into_iter().flat_map(subsegments).collect();
        depth += 2;
    }
    begun.extend(level.into_iter().flat_map(subsegments));
}

fn subsegments(entity: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    entity
        .get("subsegments")
        .into_iter()
        .flat_map(|value| value.elements())
}

const SCHEMA: &str = include_str!("../../schemas/segment-document.schema.json");
/// How many characters of a pointer or a key are shown.
const SHOWN: usize = 120;
