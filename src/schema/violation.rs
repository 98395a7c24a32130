//! A rule that was broken, and where.

use std::fmt;
use std::sync::Arc;

use crate::error::on_one_line;
use crate::schema::{Consequence, Rule};

/// A rule that a document breaks: where, by what value, and what to do.
///
/// # Examples
///
/// ```
/// use xray_phantom::json::Document;
/// use xray_phantom::schema::{Consequence, judge};
///
/// let document = Document::parse(
///     r#"{"name": "OrdersWorker", "id": "53995c3f42cd8ad8", "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
///         "start_time": 1.25, "end_time": 1.5, "annotations": {"order id": "o-1"}}"#,
/// )
/// .unwrap();
/// let violations = judge(&document);
/// assert_eq!(violations[0].code(), "annotation-key");
/// assert_eq!(violations[0].rule().consequence(), Consequence::Pruned);
/// assert_eq!(violations[0].pointer(), "/annotations/order id");
/// assert_eq!(
///     violations[0].message(),
///     "a text, or a name from elsewhere, was used as a key: the annotation key `order id` has ` `; use \
///      letters, digits, `_` and `.`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub(in crate::schema) rule: Rule,
    pub(in crate::schema) seq: u64,
    // Shared by the violations of an entity, of which there may be thousands.
    pub(in crate::schema) trace_id: Option<Arc<str>>,
    pub(in crate::schema) id: Option<Arc<str>>,
    pub(in crate::schema) names: Names,
    pub(in crate::schema) pointer: String,
    pub(in crate::schema) message: String,
    pub(in crate::schema) dialect: Option<&'static str>,
}

/// Names from the outermost entity down, which violations of one entity share.
pub(crate) type Names = Arc<[String]>;

impl Violation {
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

    /// The number of the datagram in its capture; 0 for a document that came in none.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The trace of the document, as received.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// The id of the segment or subsegment in which it is, as received.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The names from the outermost entity down to the one in which it is: of the trace, where
    /// that is known, else of the document. A name that is missing is `<no name>`; of an entity
    /// that lies deeper than 128 others, one stands for those in the middle: `<20 more names>`.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The place as a JSON pointer (RFC 6901) into the document. Of something that is missing it
    /// is the object that lacks it.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What has likely caused it, the value, and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Which SDK is known to write so, where one is.
    pub fn dialect(&self) -> Option<&'static str> {
        self.dialect
    }

    /// What the service does, in a sentence, and how that is known.
    ///
    /// ```text
    /// X-Ray keeps the document and silently loses this (known by: seen)
    /// ```
    pub fn then(&self) -> String {
        let then = match (self.consequence(), self.rule.aws_code()) {
            _ if self.rule == Rule::SubsegmentName => {
                "the schema of X-Ray takes it, and X-Ray was seen to refuse a name with a `?`"
                    .to_owned()
            }
            (Consequence::Lint, _) => "X-Ray accepts it".to_owned(),
            (Consequence::Pruned, _) => {
                "X-Ray keeps the document and silently loses this".to_owned()
            }
            (Consequence::Rejected, None) => "X-Ray refuses the whole document".to_owned(),
            (Consequence::Rejected, Some(code)) => {
                format!("X-Ray refuses the whole document and answers {code}")
            }
        };
        format!("{then} (known by: {})", self.rule.evidence())
    }

    /// The same, as a part of a capture.
    pub(crate) fn with_seq(mut self, seq: u64) -> Violation {
        self.seq = seq;
        self
    }

    /// The same, as a part of a trace, with these names from the outermost entity down.
    pub(crate) fn with_names(mut self, names: Names) -> Violation {
        self.names = names;
        self
    }

    /// The names, shared with other violations of the entity.
    pub(crate) fn shared_names(&self) -> &Names {
        &self.names
    }

    /// `OrdersWorker > dynamo-put`.
    pub(crate) fn name_path(&self) -> String {
        let names: Vec<String> = self
            .names
            .iter()
            .map(|name| on_one_line(name, SHOWN_NAME))
            .collect();
        names.join(" > ")
    }
}

/// ```text
/// pruned (annotation-key): a text, or a name from elsewhere, was used as a key: the annotation key
/// `order id` has ` `; use letters, digits, `_` and `.`
///   at /annotations/order id of OrdersWorker > dynamo-put
/// ```
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} ({}): {}",
            self.consequence(),
            self.rule,
            self.message
        )?;
        match &*self.pointer {
            "" => write!(f, "  in {}", self.name_path()),
            pointer => write!(
                f,
                "  at {} of {}",
                on_one_line(pointer, SHOWN_POINTER),
                self.name_path()
            ),
        }
    }
}

/// The names on a path from the outermost entity down; of a long one, those at both ends.
pub(crate) fn named<T>(path: &[T], name: impl Fn(&T) -> String) -> Vec<String> {
    let left_out = path.len().saturating_sub(2 * SHOWN_NAMES);
    if left_out == 0 {
        return path.iter().map(name).collect();
    }
    let (outer, inner) = (&path[..SHOWN_NAMES], &path[path.len() - SHOWN_NAMES..]);
    let outer = outer.iter().map(&name);
    let gap = format!("<{left_out} more names>");
    outer.chain([gap]).chain(inner.iter().map(&name)).collect()
}

/// How many names are shown at either end of a long path.
const SHOWN_NAMES: usize = 64;
/// How many characters of a name are shown.
const SHOWN_NAME: usize = 60;
/// How many characters of a pointer are shown.
const SHOWN_POINTER: usize = 120;
