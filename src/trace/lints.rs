//! What is wrong with a trace though nothing is missing of it.

use std::borrow::Cow;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::error::count;
use crate::json::{Document, Meaning, Meanings};
use crate::model::limits::{LARGE_TRACE, MAX_INDEXED_ANNOTATIONS, MAX_TRACE};
use crate::model::{Aws, EntityKind, Timestamp};
use crate::trace::DefectCode;
use crate::trace::assemble::{label, report};
use crate::trace::conflict::members;
use crate::trace::failures;
use crate::trace::identity::name;
use crate::trace::tree::{Branch, Tree};

/// Looks for it in a tree that is built and sorted.
pub(in crate::trace) fn find(tree: &mut Tree) {
    let mut found = Vec::new();
    whole(tree, &mut found);
    let callers = tree.callers();
    let order = tree.preorder();
    for &index in &order {
        let branch = &tree.branches[index];
        if let Some(parent) = branch.parent {
            times(branch, &tree.branches[parent], index, &mut found);
        }
        arrival(branch, index, &mut found);
        traced(branch, &callers, index, &mut found);
    }
    recorded_twice(tree, &order, &mut found);
    let unexplained = failures::unexplained(tree, &order, &callers);
    found.extend(unexplained.into_iter().map(|(index, message)| Found {
        index,
        code: DefectCode::FailureWithoutCause,
        message,
    }));
    for Found {
        index,
        code,
        message,
    } in found
    {
        report(tree, index, code, message);
    }
}

struct Found {
    index: usize,
    code: DefectCode,
    message: String,
}

/// Sizes, annotations, roots.
fn whole(tree: &Tree, found: &mut Vec<Found>) {
    let Some(&index) = tree.roots.first() else {
        return;
    };
    let mut say = |index, code, message| {
        found.push(Found {
            index,
            code,
            message,
        });
    };
    let bytes = tree.bytes;
    if bytes > MAX_TRACE {
        let message = format!(
            "too much was recorded for one trace: it has {bytes} bytes, each entity counted once, and X-Ray keeps at \
             most {MAX_TRACE} (InvalidSegment was seen beyond); record less, or begin a trace of its own"
        );
        say(index, DefectCode::TraceTooLarge, message);
    } else if bytes > LARGE_TRACE {
        let message = format!(
            "much was recorded for one trace: it has {bytes} bytes, each entity counted once, and X-Ray is sure to \
             keep {LARGE_TRACE} of a trace"
        );
        say(index, DefectCode::TraceLarge, message);
    }
    // Of keys that stand twice the last counts.
    let annotations = |branch: &Branch| {
        let annotations = branch.entity().json().get("annotations");
        annotations.map_or(0, |annotations| members(annotations).len())
    };
    let total: usize = tree.branches.iter().map(annotations).sum();
    // What one document has by itself is a violation of it.
    let in_several = || {
        let annotated = tree
            .branches
            .iter()
            .filter(|branch| annotations(branch) > 0);
        let documents: HashSet<*const Document> = annotated
            .map(|branch| Arc::as_ptr(&branch.document))
            .collect();
        documents.len() > 1
    };
    if total > MAX_INDEXED_ANNOTATIONS && in_several() {
        let message = format!(
            "annotations are set where metadata would do: the trace has {total}, and X-Ray indexes \
             {MAX_INDEXED_ANNOTATIONS}"
        );
        say(index, DefectCode::TraceAnnotations, message);
    }
    let is_first = |branch: &Branch| {
        let called = branch
            .entity()
            .parent_id()
            .is_some_and(|parent| !parent.is_empty());
        branch.kind == EntityKind::Segment && !called
    };
    let firsts: Vec<usize> = tree
        .roots
        .iter()
        .copied()
        .filter(|root| is_first(&tree.branches[*root]))
        .collect();
    if let [first, second, ..] = firsts[..] {
        let message = format!(
            "the trace header was passed on without its Parent, or an id was used for two requests: {} and {} both \
             have no caller",
            label(&tree.branches[first]),
            label(&tree.branches[second])
        );
        say(second, DefectCode::SeveralRoots, message);
    }
}

fn times(branch: &Branch, parent: &Branch, index: usize, found: &mut Vec<Found>) {
    let (entity, around) = (branch.entity(), parent.entity());
    let start = entity.start_time();
    let before = match (start, around.start_time(), around.end_time()) {
        (Some(start), Some(begun), _) if start < begun => Some((
            "it was recorded in an entity that it is no part of, or a clock was set",
            format!("began {} before", by(begun, start)),
        )),
        (Some(start), _, Some(ended)) if start > ended => Some((
            "it was spawned and not awaited, or recorded in an entity that it is no part of",
            format!("began {} after the end of", by(start, ended)),
        )),
        _ => None,
    };
    if let Some((why, before)) = before {
        let message = format!(
            "{why}: {} {before} its parent, {}",
            label(branch),
            label(parent)
        );
        found.push(Found {
            index,
            code: DefectCode::BeforeParent,
            message,
        });
    } else if let (Some(end), Some(ended)) = (entity.end_time(), around.end_time())
        && end > ended
    {
        let message = format!(
            "it was spawned and not awaited: {} ended {} after its parent, {}",
            label(branch),
            by(end, ended),
            label(parent)
        );
        found.push(Found {
            index,
            code: DefectCode::BeyondParent,
            message,
        });
    }
}

fn arrival(branch: &Branch, index: usize, found: &mut Vec<Found>) {
    let entity = branch.entity();
    // What was announced had begun by then.
    let times = [
        ("began", entity.start_time(), branch.first_arrived),
        ("ended", entity.end_time(), branch.arrived),
    ];
    let late = times.into_iter().find_map(|(what, time, arrived)| {
        let arrived = arrived?;
        Some((what, time.filter(|time| *time > arrived)?, arrived))
    });
    if let Some((what, time, arrived)) = late {
        let message = format!(
            "the clock of the sender is wrong, or the unit: {} {what} {} after its document arrived",
            label(branch),
            by(time, arrived)
        );
        found.push(Found {
            index,
            code: DefectCode::AfterArrival,
            message,
        });
    }
}

/// Calls of AWS that were recorded twice: one inside the other, or two with one request id. What a
/// mock answers may have one id for all: calls that say other things of themselves are two.
fn recorded_twice(tree: &Tree, order: &[usize], found: &mut Vec<Found>) {
    // Of each entity the nearest call that it is, or is a part of.
    let mut nearest: Vec<Option<usize>> = vec![None; tree.branches.len()];
    // The first call with an id and an operation.
    let mut requests: HashMap<(String, Option<String>), usize> = HashMap::new();
    let mut meanings = Meanings::default();
    let mut calls: HashMap<usize, Call<'_>> = HashMap::new();
    for &index in order {
        let branch = &tree.branches[index];
        let around = branch.parent.and_then(|parent| nearest[parent]);
        let Some(aws) = call(branch) else {
            nearest[index] = around;
            continue;
        };
        nearest[index] = Some(index);
        let first = text(aws, "request_id").and_then(|id| {
            match requests.entry((id.into_owned(), operation(aws))) {
                Slot::Occupied(first) => Some(*first.get()),
                Slot::Vacant(vacant) => {
                    vacant.insert(index);
                    None
                }
            }
        });
        let around = around
            .filter(|around| operation(aws).is_some() && !follows(branch, &tree.branches[*around]));
        let same = [(first, true), (around, false)]
            .into_iter()
            .find(|(other, has_id)| {
                let Some(other) = *other else {
                    return false;
                };
                for call in [other, index] {
                    let branch = &tree.branches[call];
                    let call = calls.entry(call);
                    call.or_insert_with(|| Call::of(branch, &mut meanings));
                }
                let (call, theirs) = (&calls[&index], &calls[&other]);
                call.agrees(theirs) && (*has_id || call.is_of_service(theirs))
            });
        if let Some((Some(other), has_id)) = same {
            let why = if has_id {
                "they have the same request id"
            } else {
                "one lies inside the other"
            };
            twice(branch, &tree.branches[other], index, why, found);
        }
    }
}

/// Whether a call began when the one around it had ended, as one made by what is told of its end.
fn follows(branch: &Branch, around: &Branch) -> bool {
    let (entity, ended) = (branch.entity(), around.entity().end_time());
    ended.is_some() && entity.start_time() >= ended && entity.end_time() > ended
}

/// The block of a subsegment that records a call of AWS.
fn call(branch: &Branch) -> Option<Aws<'_>> {
    let is_call = branch.kind == EntityKind::Subsegment
        && branch.entity().namespace().as_deref() == Some("aws");
    is_call.then(|| branch.entity().aws()).flatten()
}

/// A text of a call that says something.
fn text<'a>(aws: Aws<'a>, key: &str) -> Option<Cow<'a, str>> {
    let text = aws.json().get(key)?.as_identity()?;
    (!text.is_empty()).then_some(text)
}

fn operation(aws: Aws<'_>) -> Option<String> {
    text(aws, "operation").map(|operation| letters(&operation))
}

/// What a call says of itself.
struct Call<'a> {
    service: String,
    operation: Option<String>,
    /// All else that says something, but for what SDKs count in more than one way.
    said: BTreeMap<Cow<'a, str>, Meaning>,
}

impl<'a> Call<'a> {
    fn of(branch: &'a Branch, meanings: &mut Meanings<'a>) -> Call<'a> {
        let aws = call(branch);
        let mut said = aws.map_or_else(BTreeMap::new, |aws| members(aws.json()));
        said.retain(|key, value| match &**key {
            // Attempts, or those after the first; the operation is compared by its letters.
            "operation" | "retries" => false,
            // That of PynamoDB is a part of the URL, whatever stands there.
            "region" => value.as_str().is_some_and(|region| is_region(&region)),
            _ => !matches!(value.raw(), "\"\"" | "null"),
        });
        let said = said.into_iter();
        Call {
            service: letters(&name(branch.entity()).unwrap_or_default()),
            operation: aws.and_then(operation),
            said: said.map(|(key, value)| (key, meanings.of(value))).collect(),
        }
    }

    /// Whether another may be the same call: both have one operation, and nothing else that both say
    /// differs. Two requests have two ids.
    fn agrees(&self, other: &Call<'_>) -> bool {
        let agrees = |(key, meaning): (&Cow<'_, str>, &Meaning)| {
            let theirs = other.said.get(key);
            theirs.is_none_or(|theirs| theirs == meaning)
        };
        self.operation == other.operation && self.said.iter().all(agrees)
    }

    /// Whether both are of one service; `AmazonDynamoDBv2` and `DynamoDB` are one.
    fn is_of_service(&self, other: &Call<'_>) -> bool {
        let (one, two) = (&self.service, &other.service);
        one == two || !one.is_empty() && !two.is_empty() && (one.contains(two) || two.contains(one))
    }
}

/// Whether a text is of the form of `eu-west-1` and `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(is_number) && parts.count() >= 2
}

/// The letters and digits of a name, whatever their case, or all of one that has none:
/// `Secrets Manager` and `secretsmanager` are one.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(|character| character.is_alphanumeric());
    let letters: String = letters.flat_map(char::to_lowercase).collect();
    if letters.is_empty() {
        name.to_owned()
    } else {
        letters
    }
}

fn twice(branch: &Branch, other: &Branch, index: usize, why: &str, found: &mut Vec<Found>) {
    let message = format!(
        "the client is instrumented twice: {} records the same call as {} ({why})",
        label(branch),
        label(other)
    );
    found.push(Found {
        index,
        code: DefectCode::RecordedTwice,
        message,
    });
}

/// A callee that was said to send a segment.
fn traced(branch: &Branch, callers: &HashSet<String>, index: usize, found: &mut Vec<Found>) {
    if lacks_segment(branch, callers) {
        let message = format!(
            "the callee did not get the trace header, or its segment was not captured: {} is said to be traced, and \
             no segment names it as its parent",
            label(branch)
        );
        found.push(Found {
            index,
            code: DefectCode::TracedWithoutSegment,
            message,
        });
    }
}

/// Whether a callee that was said to send a segment has sent none.
pub(in crate::trace) fn lacks_segment(branch: &Branch, callers: &HashSet<String>) -> bool {
    let entity = branch.entity();
    let in_http = entity
        .http()
        .and_then(|http| http.request())
        .and_then(|request| request.traced());
    let is_traced = branch.kind == EntityKind::Subsegment
        && (entity.traced() == Some(true) || in_http == Some(true));
    is_traced && !entity.id().is_some_and(|id| callers.contains(&*id))
}

/// The time between two points, as a person reads it.
pub(in crate::trace) fn by(later: Timestamp, earlier: Timestamp) -> String {
    let millis = later.since(earlier).map_or(0, |time| time.as_millis());
    match millis {
        0 => "less than a millisecond".to_owned(),
        1..10_000 => format!("{millis} ms"),
        _ => {
            let seconds = u64::try_from(millis / 1_000).unwrap_or(u64::MAX);
            // At least two of a unit, so that little is cut away.
            match seconds / HOUR {
                0..2 => count(seconds, "second"),
                hours @ 2..48 => count(hours, "hour"),
                hours => count(hours / 24, "day"),
            }
        }
    }
}

/// Seconds in an hour.
const HOUR: u64 = 3_600;
