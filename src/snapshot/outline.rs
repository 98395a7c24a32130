//! The outline of a trace.

use std::cmp::Ordering;
use std::fmt;

use crate::model::Timestamp;
use crate::snapshot::line::{Extras, line};
use crate::trace::{Node, PartialTrace, Trace};

impl Trace {
    /// What happened, without ids and times: one line an entity, indented by two spaces a level.
    ///
    /// ```text
    /// OrdersWorker
    ///   dynamo-put {order_id: o-1}
    ///     DynamoDB PutItem Orders (retries 2)
    /// ```
    ///
    /// A line is the name; operation and resource; method and path; the retries, if there were
    /// any; the status, where it is not 2xx; the flags that are set; the type of the exception;
    /// the annotations. Siblings are sorted by what is written of them and of all below them, as
    /// their times cannot order them in the same way every time. [The grammar](crate::snapshot#outlines)
    /// says it exactly.
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
        self.outlined().to_string()
    }

    /// The outline, to which durations, order and metadata can be added.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use xray_phantom::json::Document;
    /// # use xray_phantom::trace::{Arrival, ExternalParents, assemble};
    /// # let text = r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "api",
    /// #     "start_time": 1, "end_time": 3.5, "metadata": {"default": {"cart": 2}}, "subsegments": [
    /// #     {"id": "00000000000000b1", "name": "pay", "start_time": 1, "end_time": 3},
    /// #     {"id": "00000000000000b2", "name": "mail", "start_time": 3, "end_time": 3.25}]}"#;
    /// # let arrival = Arrival { seq: 0, arrived: None, document: Arc::new(Document::parse(text).unwrap()) };
    /// # let trace = assemble([arrival], &ExternalParents::none()).traces.remove(0).complete().unwrap();
    /// assert_eq!(trace.outline(), "api\n  mail\n  pay");
    /// assert_eq!(
    ///     trace.outlined().durations().in_order().metadata().to_string(),
    ///     "api metadata={\"default\":{\"cart\":2}} [2.50 s]\n  pay [2.00 s]\n  mail [250 ms]"
    /// );
    /// ```
    pub fn outlined(&self) -> Outline<'_> {
        Outline::of(self.nodes().collect())
    }
}

impl PartialTrace {
    /// The outline of what has arrived, with what is missing behind the entity that lacks it:
    ///
    /// ```text
    /// OrdersWorker <- never-closed
    ///   dynamo-put
    /// ```
    ///
    /// As [`Trace::outline`] in all else.
    pub fn outline(&self) -> String {
        self.outlined().to_string()
    }

    /// The outline, to which durations, order and metadata can be added. As [`Trace::outlined`].
    pub fn outlined(&self) -> Outline<'_> {
        Outline::of(self.nodes().collect())
    }
}

/// An outline that may hold more than [`Trace::outline`]; [`Display`](fmt::Display) writes it.
#[derive(Clone)]
#[must_use = "an outline does nothing until it is written"]
pub struct Outline<'a> {
    /// Each before its children.
    nodes: Vec<Node<'a>>,
    extras: Extras,
    in_order: bool,
}

impl<'a> Outline<'a> {
    fn of(nodes: Vec<Node<'a>>) -> Outline<'a> {
        Outline {
            nodes,
            extras: Extras::default(),
            in_order: false,
        }
    }

    /// Adds how long each entity took, in three digits: `[2.00 s]`.
    ///
    /// For virtual time, which is the same in every run.
    pub fn durations(mut self) -> Self {
        self.extras.durations = true;
        self
    }

    /// Writes siblings in order of their start; those that began at the same time are sorted by
    /// what is written of them.
    ///
    /// For what happens one after the other, or in virtual time.
    pub fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// Adds the metadata, as JSON with sorted keys: `metadata={"default":{"cart":2}}`.
    pub fn metadata(mut self) -> Self {
        self.extras.metadata = true;
        self
    }

    /// The lines, the last one first.
    fn lines(&self) -> Vec<Line> {
        // Entities in reverse, so that each finds its children written, and these as the last ones.
        // Lines stand in reverse too, so that each entity adds its own at the end: a chain of
        // thousands costs no more than its text.
        let mut written: Vec<Block> = Vec::new();
        for (node, depth) in self.nodes.iter().zip(depths(&self.nodes)).rev() {
            let mut inside = written.split_off(written.len() - node.children().len());
            let mut lines = joined(&mut inside);
            let text = line(*node, self.extras);
            lines.push(Line { depth, text });
            let start = if self.in_order {
                node.entity().start_time()
            } else {
                None
            };
            let start = (self.in_order && start.is_none(), start);
            written.push(Block { start, lines });
        }
        joined(&mut written)
    }
}

impl fmt::Display for Outline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Line { depth, text }) in self.lines().iter().rev().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            // No width of the formatter, which ends at 65,535 columns.
            let mut indent = INDENT * depth;
            while indent > 0 {
                let part = indent.min(SPACES.len());
                f.write_str(&SPACES[..part])?;
                indent -= part;
            }
            f.write_str(text)?;
        }
        Ok(())
    }
}

/// The text of [`Display`](fmt::Display).
impl fmt::Debug for Outline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An entity and all below it.
struct Block {
    /// Whether it has no start, and the start; the same for all where order does not matter.
    start: (bool, Option<Timestamp>),
    /// The last one first.
    lines: Vec<Line>,
}

/// A line, which is not yet indented.
#[derive(PartialEq, Eq)]
struct Line {
    depth: usize,
    text: String,
}

/// By what is written. Indentation comes first: what is further in is less, as a space is less than
/// what a line may begin with.
impl Ord for Line {
    fn cmp(&self, other: &Line) -> Ordering {
        let depth = other.depth.cmp(&self.depth);
        depth.then_with(|| by_value(self.text.as_bytes(), other.text.as_bytes()))
    }
}

impl PartialOrd for Line {
    fn partial_cmp(&self, other: &Line) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares byte by byte, and numbers by their value: `step-2` before `step-10`.
fn by_value(one: &[u8], other: &[u8]) -> Ordering {
    let same = one
        .iter()
        .zip(other)
        .take_while(|(one, other)| one == other);
    let same = same.count();
    let (rest, others) = (&one[same..], &other[same..]);
    let digits = |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let in_number = same > 0 && one[same - 1].is_ascii_digit();
    let lengths = (digits(rest), digits(others));
    if in_number || (lengths.0 > 0 && lengths.1 > 0) {
        // Of two numbers the one with more digits is greater.
        return lengths.0.cmp(&lengths.1).then_with(|| rest.cmp(others));
    }
    rest.cmp(others)
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
fn joined(siblings: &mut Vec<Block>) -> Vec<Line> {
    siblings.sort_by(|one, other| {
        let text = || one.lines.iter().rev().cmp(other.lines.iter().rev());
        one.start.cmp(&other.start).then_with(text).reverse()
    });
    match siblings.len() {
        0 | 1 => siblings.pop().map(|block| block.lines).unwrap_or_default(),
        _ => siblings.drain(..).flat_map(|block| block.lines).collect(),
    }
}

/// Columns a level.
const INDENT: usize = 2;
const SPACES: &str = "                                                                ";
