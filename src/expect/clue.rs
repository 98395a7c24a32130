//! Why something is not as expected: what is likely.

use crate::error::on_one_line;
use crate::expect::matcher::{quoted, short};
use crate::expect::near::near;
use crate::expect::relation::path;
use crate::json::Value;
use crate::model::Entity;
use crate::trace::{DefectCode, Node, Surroundings, Trace};

/// Where to look for the cause of something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::expect) enum Clue {
    /// There are too many, or too few.
    Count,
    /// Flags are set that should not be, or the other way round.
    Flags,
    /// A member of a block is not there, or another one.
    Member { member: String },
    /// Nothing has the name.
    Missing {
        /// The name, if it was asked for by one text.
        name: Option<String>,
        noun: &'static str,
    },
    /// The entity lacks an annotation.
    NoAnnotation { key: String },
    /// The entity lacks a block.
    NoBlock { block: &'static str },
    /// The value is written the same, and of another type.
    OtherType { key: String, is_text: bool },
    /// They began or ended at other times.
    Times,
}

/// Looks for the likely causes, the likeliest first.
pub(in crate::expect) struct Search<'a> {
    pub(in crate::expect) trace: &'a Trace,
    pub(in crate::expect) around: &'a Surroundings,
    /// The entity that is not as expected; none where it is the trace.
    pub(in crate::expect) node: Option<Node<'a>>,
    /// The entity that shows it.
    pub(in crate::expect) mark: Option<Node<'a>>,
}

impl Search<'_> {
    /// What is likely, in one sentence each.
    pub(in crate::expect) fn likely(&self, clue: &Clue) -> Vec<String> {
        let mut likely = Vec::new();
        match clue {
            Clue::Missing {
                name: Some(name),
                noun,
            } => {
                likely.extend(self.noted(name));
                likely.extend(self.elsewhere(name, noun));
                likely.extend(self.in_another_trace(name));
                likely.extend(self.refused(name));
                if likely.is_empty() {
                    likely.extend(not_a_name(name));
                    likely.extend(self.nearly(name));
                }
                likely.extend(self.lost_context());
                if likely.is_empty() {
                    likely.push(format!(
                        "the code that records it did not run: nothing that came is called {}",
                        quoted(name)
                    ));
                }
            }
            Clue::Missing { name: None, .. } => likely.extend(self.lost_context()),
            Clue::NoAnnotation { key } => {
                likely.extend(self.annotated_elsewhere(key));
                likely.extend(self.annotated_in_another_trace(key));
                likely.extend(self.metadata(key));
                likely.extend(self.noted(key));
                likely.extend(self.refused(key));
                if likely.is_empty() {
                    likely.extend(self.nearly_annotated(key));
                }
            }
            Clue::Count => likely.extend(self.twice()),
            Clue::Flags => likely.extend(self.status()),
            Clue::NoBlock { block } => likely.extend(self.not_the_call(block)),
            Clue::Member { member } => likely.extend(self.member(member)),
            Clue::Times => likely.extend(self.defects()),
            Clue::OtherType { key, is_text } => {
                let key = short(key);
                likely.push(if *is_text {
                    format!("annotation {key} was recorded as a text, and none is expected")
                } else {
                    format!("annotation {key} was not recorded as a text, and one is expected")
                });
            }
        }
        likely
    }

    /// Notes of recorders and mocks that speak of this name.
    fn noted(&self, name: &str) -> Option<String> {
        let quoted = format!("`{name}`");
        let mut notes = self.around.notes.iter();
        let note = notes.find(|note| note.contains(&quoted))?;
        Some(on_one_line(note, LONGEST))
    }

    /// The context was lost somewhere: what is missing may have been there.
    fn lost_context(&self) -> Option<String> {
        let mut notes = self.around.notes.iter();
        let lost = notes.find(|note| note.starts_with("no-segment"))?;
        Some(on_one_line(lost, LONGEST))
    }

    fn elsewhere(&self, name: &str, noun: &str) -> Option<String> {
        let here = |node: &Node<'_>| node.name().is_some_and(|found| found == name);
        let node = self.trace.nodes().find(here)?;
        let kind = node.kind();
        Some(match (noun, self.node) {
            ("segment" | "subsegment", _) if kind.to_string() != noun => {
                format!("{} is there as a {kind}: {}", quoted(name), path(node))
            }
            ("child", Some(parent)) if node.ancestors().any(|above| above.is(parent)) => {
                format!(
                    "{} lies deeper, at {}: ask for a descendant",
                    quoted(name),
                    path(node)
                )
            }
            _ => format!(
                "{} is there with another parent: {}; the context of another task was current",
                quoted(name),
                path(node)
            ),
        })
    }

    fn in_another_trace(&self, name: &str) -> Option<String> {
        self.others().find_map(|trace| {
            let here = |node: &Node<'_>| node.name().is_some_and(|found| found == name);
            let node = trace.nodes().find(here)?;
            Some(format!(
                "{} is in another trace, {}, at {}: the code began a trace of its own, or used \
                 the context of another request",
                quoted(name),
                short(trace.id()),
                path(node)
            ))
        })
    }

    fn others(&self) -> impl Iterator<Item = &crate::trace::PartialTrace> {
        let traces = self.around.traces.iter();
        traces.filter(|trace| trace.id() != self.trace.id())
    }

    /// A datagram or a document that AWS would refuse, or lose a part of, and of which the text
    /// quotes this name: alone, as any word could be a name.
    fn refused(&self, name: &str) -> Option<String> {
        if name.is_empty() {
            return None;
        }
        let quoted = [format!("`{name}`"), format!("\"{name}\"")];
        let rejections = self.around.rejections.iter();
        let mut told = rejections.chain(&self.around.violations);
        told.find(|text| quoted.iter().any(|name| text.contains(name)))
            .map(|text| on_one_line(text, LONGEST))
    }

    fn nearly(&self, wanted: &str) -> Option<String> {
        let names: Vec<String> = self
            .trace
            .nodes()
            .filter_map(|node| Some(node.name()?.into_owned()))
            .take(MOST_COMPARED)
            .collect();
        let nearest = near(wanted, names.iter().map(|name| &**name))?;
        Some(format!(
            "it is called {}, not {}",
            quoted(nearest),
            quoted(wanted)
        ))
    }

    fn annotated_elsewhere(&self, key: &str) -> Option<String> {
        let node = self
            .trace
            .nodes()
            .find(|node| node.entity().annotation(key).is_some())?;
        Some(format!(
            "annotation {} is on another entity of this trace: {}",
            short(key),
            path(node)
        ))
    }

    fn annotated_in_another_trace(&self, key: &str) -> Option<String> {
        self.others().find_map(|trace| {
            let has = |node: &Node<'_>| node.entity().annotation(key).is_some();
            let node = trace.nodes().find(has)?;
            Some(format!(
                "annotation {} is in another trace, {}, on {}: the context of another request was \
                 current",
                short(key),
                short(trace.id()),
                path(node)
            ))
        })
    }

    fn metadata(&self, key: &str) -> Option<String> {
        let metadata = self.node?.entity().json().get("metadata")?;
        let (namespace, _) = metadata
            .members()
            .find(|(_, values)| values.get(key).is_some())?;
        Some(format!(
            "{} is metadata (namespace {}), which X-Ray does not index: annotate it",
            quoted(key),
            quoted(&namespace.decode())
        ))
    }

    fn nearly_annotated(&self, wanted: &str) -> Option<String> {
        let keys: Vec<String> = self
            .node?
            .entity()
            .annotations()
            .map(|(key, _)| key.decode().into_owned())
            .collect();
        let nearest = near(wanted, keys.iter().map(|key| &**key))?;
        Some(format!(
            "its key is {}, not {}",
            quoted(nearest),
            quoted(wanted)
        ))
    }

    /// What the status of the answer says about the flags.
    fn status(&self) -> Option<String> {
        let (whose, node) = match (self.node, self.mark) {
            (Some(node), _) => ("its status".to_owned(), node),
            (None, mark) => (format!("the status of {}", path(mark?)), mark?),
        };
        let entity = node.entity();
        let status = entity.http()?.response()?.status()?;
        let flags = match status {
            429 => "ERROR and THROTTLE",
            400..=499 => "ERROR",
            500..=599 => "FAULT",
            _ => "no flag",
        };
        Some(format!(
            "{whose} is {status}, which stands for {flags} (4xx is ERROR, 429 THROTTLE too, \
             5xx FAULT){}",
            exception(entity)
                .map(|said| format!("; it says {said}"))
                .unwrap_or_default()
        ))
    }

    /// The same call was recorded by two.
    fn twice(&self) -> Option<String> {
        let has = |node: &Node<'_>| {
            let mut defects = node.defects().iter();
            defects.any(|defect| defect.code() == DefectCode::RecordedTwice)
        };
        let node = self.trace.nodes().find(has)?;
        Some(format!(
            "the call at {} was recorded twice: the client is instrumented twice",
            path(node)
        ))
    }

    /// The block may be on a child: a subsegment of one's own around a call.
    fn not_the_call(&self, block: &str) -> Option<String> {
        let below = self.node?;
        let node = below
            .descendants()
            .find(|node| node.entity().json().get(block).is_some())?;
        Some(format!("the {block} block is on {}", path(node)))
    }

    fn member(&self, member: &str) -> Option<String> {
        let entity = self.node?.entity();
        let aws = entity.aws()?;
        if let Some(other) = written_otherwise(aws.json(), member) {
            return Some(format!(
                "it is written as {}, and X-Ray reads {member}",
                short(&other)
            ));
        }
        match member {
            "table_name" => match (aws.json().get("table_names"), aws.table_name()) {
                (Some(tables), _) => Some(format!(
                    "the call names several tables: table_names {}",
                    short(tables.raw())
                )),
                (None, None) => Some(
                    "the operation names no table, or what recorded the call does not read it out \
                     of the request"
                        .to_owned(),
                ),
                (None, Some(_)) => None,
            },
            "retries" => {
                let retries = aws.retries();
                let throttled = entity.throttle() == Some(true);
                match retries {
                    None | Some(0) if throttled => Some(
                        "the call was throttled and not tried again: retries are off, or the \
                         error has no code that the SDK retries"
                            .to_owned(),
                    ),
                    Some(_) => Some(
                        "retries are the attempts less one; the Node SDK v3 counts attempts"
                            .to_owned(),
                    ),
                    None => None,
                }
            }
            _ => None,
        }
    }

    /// The defects of the entity that shows it.
    fn defects(&self) -> Option<String> {
        let defect = self.mark?.defects().first()?;
        Some(on_one_line(&defect.to_string(), LONGEST))
    }
}

/// The key under which a member stands that is not there, if only case and `_` tell them apart.
fn written_otherwise(block: Value<'_>, member: &str) -> Option<String> {
    let folded = |key: &str| key.replace('_', "").to_lowercase();
    if block.get(member).is_some() {
        return None;
    }
    let mut keys = block.members().map(|(key, _)| key.decode().into_owned());
    keys.find(|key| folded(key) == folded(member))
}

/// The first exception of its own in a few words.
pub(in crate::expect) fn exception(entity: Entity<'_>) -> Option<String> {
    let crate::model::Cause::Exceptions(cause) = entity.cause()? else {
        return None;
    };
    let first = cause.exceptions()?.into_iter().next()?;
    let parts = [first.type_name(), first.message()];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| short(&part))
        .collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

/// Why no entity can have this name, if that is so.
fn not_a_name(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("no entity has an empty name".to_owned());
    }
    let most = crate::model::limits::MAX_NAME;
    let length = name.chars().count();
    if length > most {
        return Some(format!(
            "a name has at most {most} characters, and this one has {length}"
        ));
    }
    let is_allowed =
        |c: &char| c.is_alphanumeric() || c.is_whitespace() || "_.:/%&#=+\\-@".contains(*c);
    let refused = name.chars().find(|c| !is_allowed(c))?;
    Some(format!(
        "X-Ray takes no `{}` in a name, and a recorder leaves it out",
        short(&refused.to_string())
    ))
}

/// How long a text of somebody else may be.
const LONGEST: usize = 300;
/// With how many names a wanted one is compared.
const MOST_COMPARED: usize = 10_000;
