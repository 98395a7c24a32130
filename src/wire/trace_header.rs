//! The trace header, `X-Amzn-Trace-Id`.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::error::visible;
use crate::model::{EntityId, TraceId};

/// The trace header: which trace a request belongs to, who called, and whether it is recorded.
///
/// ```text
/// Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
/// ```
///
/// Reading is lenient, as no two SDKs agree: keys in any case, white space around parts, keys
/// and values, empty parts (the Go SDK ends with a `;`), parts without `=`, ids in capitals, an
/// epoch of less than 8 digits (padded, as Node does), parts in any order, of duplicates the
/// last that can be used. Unknown keys (`Lineage` and others) are carried on in order; `Self`, which belongs to
/// the load balancer, is not. What could not be used is listed in [`oddities`](TraceHeader::oddities).
///
/// Writing is strict, so that all of them can read it: `Root`, `Parent`, `Sampled`, then the
/// rest, no empty part, no space, ids in lower case, no key twice, nothing but visible ASCII. (A
/// header without `Root` is written too, and means nothing to .NET; the Python SDK cuts an
/// unknown value at its `=`.)
///
/// # Examples
///
/// ```
/// use xray_phantom::wire::{Sampled, TraceHeader};
///
/// let header = TraceHeader::parse(
///     "root=1-5759e988-bd862e3fe1be46a994272793; Sampled=?;Self=1-5759e988-000000000000000000000001;Lineage=a87bd80c:1|68fd508a:5;",
/// );
/// assert_eq!(header.root().unwrap().to_string(), "1-5759e988-bd862e3fe1be46a994272793");
/// assert_eq!(header.parent(), None);
/// assert_eq!(header.sampled(), Some(Sampled::Ask));
/// assert_eq!(
///     header.to_string(),
///     "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?;Lineage=a87bd80c:1|68fd508a:5"
/// );
///
/// let header = TraceHeader::parse("Root=1-5759e988;Sampled=yes");
/// assert_eq!(header.root(), None); // begin a new trace
/// assert_eq!(
///     header.oddities()[0].to_string(),
///     "invalid Root `1-5759e988`: expected `1-`, up to 8 hex digits, `-`, 24 hex digits"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceHeader {
    root: Option<TraceId>,
    parent: Option<EntityId>,
    sampled: Option<Sampled>,
    others: Vec<(String, String)>,
    oddities: Vec<Oddity>,
}

/// The sampling decision of a trace header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampled {
    /// `?`: the callee decides, and says so in its answer.
    Ask,
    /// `0`: the trace is not recorded.
    Drop,
    /// `1`: the trace is recorded.
    Keep,
}

/// Something in a trace header that could not be used as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// A key came twice; the last value that can be used counts. The .NET SDK throws an
    /// exception at it.
    DuplicateKey(String),
    /// `Parent` is no entity id.
    InvalidParent(String),
    /// `Root` is no trace id.
    InvalidRoot(String),
    /// `Sampled` is none of `0`, `1` and `?`.
    InvalidSampled(String),
    /// A part has no `=`, or nothing before it. The Python SDK discards the whole header for it.
    MalformedPart(String),
    /// An unknown part holds what a header cannot carry on: other signs than visible ASCII.
    Unprintable(String),
}

impl TraceHeader {
    /// The header of a new trace.
    pub fn new(root: TraceId) -> TraceHeader {
        TraceHeader {
            root: Some(root),
            ..TraceHeader::default()
        }
    }

    /// Reads a header. Nothing is an error: what cannot be used is listed.
    pub fn parse(text: &str) -> TraceHeader {
        let mut header = TraceHeader::default();
        let mut seen = HashSet::new();
        // Where the unknown keys stand among the others.
        let mut places = HashMap::new();
        for part in text
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let Some((key, value)) = part.split_once('=') else {
                header.oddities.push(Oddity::MalformedPart(part.to_owned()));
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            if key.is_empty() {
                header.oddities.push(Oddity::MalformedPart(part.to_owned()));
                continue;
            }
            let folded = key.to_ascii_lowercase();
            if seen.contains(&folded) {
                header.oddities.push(Oddity::DuplicateKey(key.to_owned()));
            } else {
                seen.insert(folded.clone());
            }
            header.take(folded, (key, value), &mut places);
        }
        header
    }

    /// Takes one part.
    fn take(
        &mut self,
        folded: String,
        (key, value): (&str, &str),
        places: &mut HashMap<String, usize>,
    ) {
        match folded.as_str() {
            "root" => match root(value) {
                Some(root) => self.root = Some(root),
                None => self.oddities.push(Oddity::InvalidRoot(value.to_owned())),
            },
            "parent" => match value.parse() {
                Ok(parent) => self.parent = Some(parent),
                Err(_) => self.oddities.push(Oddity::InvalidParent(value.to_owned())),
            },
            "sampled" => match value {
                "?" => self.sampled = Some(Sampled::Ask),
                "0" => self.sampled = Some(Sampled::Drop),
                "1" => self.sampled = Some(Sampled::Keep),
                _ => self.oddities.push(Oddity::InvalidSampled(value.to_owned())),
            },
            "self" => {}
            _ if !printable(key) || !printable(value) => {
                self.oddities
                    .push(Oddity::Unprintable(format!("{key}={value}")));
            }
            _ => match places.get(&folded) {
                Some(place) => value.clone_into(&mut self.others[*place].1),
                None => {
                    places.insert(folded, self.others.len());
                    self.others.push((key.to_owned(), value.to_owned()));
                }
            },
        }
    }

    /// The same with this trace.
    #[must_use = "the header with the trace is what this returns"]
    pub fn with_root(mut self, root: TraceId) -> TraceHeader {
        self.root = Some(root);
        self
    }

    /// Names the caller's segment or subsegment.
    #[must_use = "the header with the parent is what this returns"]
    pub fn with_parent(mut self, parent: EntityId) -> TraceHeader {
        self.parent = Some(parent);
        self
    }

    /// The header without the caller's segment or subsegment.
    pub(crate) fn without_parent(mut self) -> TraceHeader {
        self.parent = None;
        self
    }

    /// Sets the sampling decision.
    #[must_use = "the header with the decision is what this returns"]
    pub fn with_sampled(mut self, sampled: Sampled) -> TraceHeader {
        self.sampled = Some(sampled);
        self
    }

    /// The trace, if the header names one that can be used.
    pub fn root(&self) -> Option<TraceId> {
        self.root
    }

    /// The caller's segment or subsegment.
    pub fn parent(&self) -> Option<EntityId> {
        self.parent
    }

    /// The sampling decision; `None` asks the callee to decide, without an answer.
    pub fn sampled(&self) -> Option<Sampled> {
        self.sampled
    }

    /// The unknown keys with their values, in order.
    pub fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        self.others
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// What was in the header and could not be used as it stands.
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }
}

/// The header as it is sent.
impl fmt::Display for TraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut part = |key: &str, value: &dyn fmt::Display| {
            write!(f, "{separator}{key}={value}")?;
            separator = ";";
            Ok(())
        };
        if let Some(root) = &self.root {
            part("Root", root)?;
        }
        if let Some(parent) = &self.parent {
            part("Parent", parent)?;
        }
        if let Some(sampled) = &self.sampled {
            part("Sampled", sampled)?;
        }
        self.others
            .iter()
            .try_for_each(|(key, value)| part(key, value))
    }
}

impl fmt::Display for Sampled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sampled::Ask => "?",
            Sampled::Drop => "0",
            Sampled::Keep => "1",
        })
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Oddity::DuplicateKey(key) => {
                write!(
                    f,
                    "`{}` stands twice; the last value that can be used counts",
                    visible(key)
                )
            }
            Oddity::InvalidParent(value) => {
                write!(
                    f,
                    "invalid Parent `{}`: expected 16 hex digits",
                    visible(value)
                )
            }
            Oddity::InvalidRoot(value) => write!(
                f,
                "invalid Root `{}`: expected `1-`, up to 8 hex digits, `-`, 24 hex digits",
                visible(value)
            ),
            Oddity::InvalidSampled(value) => {
                write!(
                    f,
                    "invalid Sampled `{}`: expected 0, 1 or ?",
                    visible(value)
                )
            }
            Oddity::MalformedPart(part) => {
                write!(f, "`{}` is not of the form key=value", visible(part))
            }
            Oddity::Unprintable(part) => {
                write!(
                    f,
                    "`{}` is not carried on: it holds more than visible ASCII",
                    visible(part)
                )
            }
        }
    }
}

/// Reads a `Root`, its epoch padded to 8 digits.
fn root(value: &str) -> Option<TraceId> {
    let (epoch, random) = value.strip_prefix("1-")?.split_once('-')?;
    if !(1..=8).contains(&epoch.len()) {
        return None;
    }
    format!("1-{epoch:0>8}-{random}").parse().ok()
}

/// Whether a text is visible ASCII alone.
fn printable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}
