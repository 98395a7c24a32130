//! The outline of a trace.

use std::cmp::Ordering;
use std::fmt;
use std::iter;

use crate::error::visible;
use crate::model::{Cause, Entity};
use crate::render::{annotations, flags, retries, status, what};
use crate::trace::{Node, Trace};

impl Trace {
    /// What happened, without ids and times: one line an entity, indented by two spaces a level.
    ///
    /// ```text
    /// OrdersWorker
    ///   dynamo-put {order_id: o-1}
    ///     DynamoDB PutItem Orders (retries 2)
    /// ```
    ///
    /// A line is the name; operation and resource, or method and URL; the retries, if there were
    /// any; the status, where it is not 2xx; the flags that are set; the type of the exception;
    /// the annotations. Siblings are sorted by what is written of them and of all below them, as
    /// their times cannot order them in the same way every time.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    /// let number: Result<u16, _> = block_on(recorder.in_segment("OrdersWorker", async |segment| {
    ///     segment.annotate("tenant", "t1");
    ///     in_subsegment("parse", async |_| "4x2".parse::<u16>()).await
    /// }));
    /// let trace = block_on(daemon.expect_one_trace());
    /// assert_eq!(
    ///     trace.outline(),
    ///     "OrdersWorker FAULT {tenant: t1}\n  parse FAULT ParseIntError"
    /// );
    /// ```
    pub fn outline(&self) -> String {
        // Entities in reverse, so that each finds its children written, and these as the last ones.
        // Lines stand in reverse too, so that each entity adds its own at the end: a chain of
        // thousands costs no more than its text.
        let nodes: Vec<Node<'_>> = self.nodes().collect();
        let mut written: Vec<Vec<Line>> = Vec::new();
        for (node, depth) in nodes.iter().zip(depths(&nodes)).rev() {
            let mut inside = written.split_off(written.len() - node.children().len());
            let mut lines = joined(&mut inside);
            let text = line(node.entity());
            lines.push(Line { depth, text });
            written.push(lines);
        }
        let lines = joined(&mut written);
        let lines = lines.iter().rev().map(ToString::to_string);
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A line, which is not yet indented.
#[derive(PartialEq, Eq)]
struct Line {
    depth: usize,
    text: String,
}

impl Line {
    fn bytes(&self) -> impl Iterator<Item = u8> {
        let indent = iter::repeat_n(b' ', INDENT * self.depth);
        indent.chain(self.text.bytes())
    }
}

/// By what is written, indentation included.
impl Ord for Line {
    fn cmp(&self, other: &Line) -> Ordering {
        if self.depth == other.depth {
            return self.text.cmp(&other.text);
        }
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for Line {
    fn partial_cmp(&self, other: &Line) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No width of the formatter, which ends at 65,535 columns.
        write!(f, "{}{}", " ".repeat(INDENT * self.depth), self.text)
    }
}

/// How deep each of the entities lies, which stand before their children.
fn depths(nodes: &[Node<'_>]) -> Vec<usize> {
    let mut depths = Vec::with_capacity(nodes.len());
    // How many children are yet to come, at each level.
    let mut waiting: Vec<usize> = Vec::new();
    for node in nodes {
        while let Some(0) = waiting.last() {
            waiting.pop();
        }
        depths.push(waiting.len());
        if let Some(count) = waiting.last_mut() {
            *count -= 1;
        }
        waiting.push(node.children().len());
    }
    depths
}

/// The lines of siblings, the last line of the last one first.
fn joined(siblings: &mut Vec<Vec<Line>>) -> Vec<Line> {
    siblings.sort_by(|one, other| other.iter().rev().cmp(one.iter().rev()));
    match siblings.len() {
        0 | 1 => siblings.pop().unwrap_or_default(),
        _ => siblings.drain(..).flatten().collect(),
    }
}

fn line(entity: Entity<'_>) -> String {
    let mut words = vec![
        entity
            .name()
            .map_or_else(|| "<no name>".to_owned(), |name| visible(&name)),
    ];
    words.extend(what(entity).iter().map(|word| visible(word)));
    words.extend(retries(entity).map(|retries| format!("(retries {retries})")));
    words.extend(
        status(entity)
            .filter(|status| !(200..300).contains(status))
            .map(|status| status.to_string()),
    );
    words.extend(flags(entity).map(str::to_owned));
    words.extend(exception(entity));
    let annotations = annotations(entity);
    if !annotations.is_empty() {
        words.push(format!("{{{}}}", annotations.join(", ")));
    }
    words.join(" ")
}

/// The type of the first exception.
fn exception(entity: Entity<'_>) -> Option<String> {
    match entity.cause()? {
        Cause::Exceptions(cause) => {
            let exceptions = cause.exceptions()?;
            Some(visible(&exceptions.first()?.type_name()?))
        }
        // The entity that threw it has it.
        Cause::Reference(_) => None,
    }
}

/// Columns a level.
const INDENT: usize = 2;
