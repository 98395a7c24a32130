//! The documents of a trace, without what differs from run to run.

use std::collections::BTreeMap;
use std::fmt;

use crate::json::Value;
use crate::snapshot::alias::{Atoms, Kind};
use crate::snapshot::content::{Content, ContentReader, Member, Settings};
use crate::snapshot::identifiers::Identifiers;
use crate::snapshot::order::Graph;
use crate::snapshot::pretty::write_pretty;
use crate::snapshot::step::{Edit, Own};
use crate::snapshot::{Step, Times};
use crate::trace::{Node, PartialTrace, Trace};

impl Trace {
    /// The documents of the trace as JSON that is the same on every run.
    ///
    /// See [`Normalized`] for what is done, and [the room](crate::snapshot#normalised-documents) for
    /// the shape.
    ///
    /// # Examples
    ///
    /// ```
    /// use xray_phantom::{FakeDaemon, Recorder, block_on, in_subsegment_infallible};
    ///
    /// let daemon = FakeDaemon::start();
    /// let recorder = Recorder::builder("OrdersWorker").daemon(&daemon).build();
    /// block_on(recorder.in_segment_infallible("OrdersWorker", async |_| {
    ///     in_subsegment_infallible("dynamo-put", async |put| {
    ///         put.annotate("order_id", "o-1");
    ///     })
    ///     .await;
    /// }));
    /// let trace = block_on(daemon.expect_one_trace());
    /// assert_eq!(
    ///     trace.normalized().drop_key("/aws").drop_key("/service").to_string(),
    ///     r#"[
    ///   {
    ///     "id": "<id 1>",
    ///     "name": "OrdersWorker",
    ///     "subsegments": [
    ///       {
    ///         "annotations": {
    ///           "order_id": "o-1"
    ///         },
    ///         "id": "<id 2>",
    ///         "name": "dynamo-put",
    ///         "parent_id": "<id 1>"
    ///       }
    ///     ],
    ///     "trace_id": "<trace 1>"
    ///   }
    /// ]"#
    /// );
    /// ```
    pub fn normalized(&self) -> Normalized<'_> {
        Normalized::of(self.id(), self.nodes().collect())
    }
}

impl PartialTrace {
    /// What has arrived of the trace as JSON that is the same on every run. As
    /// [`Trace::normalized`].
    pub fn normalized(&self) -> Normalized<'_> {
        Normalized::of(self.id(), self.nodes().collect())
    }
}

/// The documents of a trace, without what differs from run to run.
///
/// [`Display`](fmt::Display) and [`Debug`](fmt::Debug) write JSON over several lines,
/// [`Serialize`](serde::Serialize) gives the same to any other format, and two are equal where
/// their texts are.
///
/// What is done are [steps](Step::ALL), in this order: first [those of one's own](Normalized::step), on
/// the values as received, then those of the library. Each of these can be
/// [left out](Normalized::without). Normalising what is normal already changes nothing.
#[derive(Clone)]
#[must_use = "what is normal does nothing until it is written"]
pub struct Normalized<'a> {
    trace_id: &'a str,
    /// Each before its children.
    nodes: Vec<Node<'a>>,
    settings: Settings,
}

impl<'a> Normalized<'a> {
    fn of(trace_id: &'a str, nodes: Vec<Node<'a>>) -> Normalized<'a> {
        Normalized {
            trace_id,
            nodes,
            settings: Settings::default(),
        }
    }

    /// Leaves out a step.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use xray_phantom::json::Document;
    /// # use xray_phantom::trace::{Arrival, ExternalParents, assemble};
    /// use xray_phantom::snapshot::Step;
    ///
    /// # let text = r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "api",
    /// #     "start_time": 1, "end_time": 3, "http": {"request": {"url": "http://127.0.0.1:4566/orders"}}}"#;
    /// # let arrival = Arrival { seq: 0, arrived: None, document: Arc::new(Document::parse(text).unwrap()) };
    /// # let trace = assemble([arrival], &ExternalParents::none()).traces.remove(0).complete().unwrap();
    /// let text = trace.normalized().to_string();
    /// assert!(text.contains("http://<host 1>:<port 1>/orders"));
    /// let text = trace.normalized().without(Step::Hosts).to_string();
    /// assert!(text.contains("http://127.0.0.1:<port 1>/orders"));
    /// ```
    pub fn without(mut self, step: Step) -> Self {
        self.settings.without.push(step);
        self
    }

    /// Says what becomes of times; without it they are dropped.
    pub fn times(mut self, times: Times) -> Self {
        self.settings.times = times;
        self
    }

    /// Drops what stands at a JSON pointer below an entity. `*` is any one part of it.
    ///
    /// ```text
    /// /metadata/default/build
    /// /metadata/*/build
    /// ```
    pub fn drop_key(mut self, pointer: &str) -> Self {
        self.settings.own.push(Own::drop_key(pointer));
        self
    }

    /// Adds a step of one's own. It gets each value that an entity holds, its pointer below the
    /// entity first, and a container before what is in it. Steps come in the order in which they
    /// are added; the first that does not keep a value decides.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use xray_phantom::json::Document;
    /// # use xray_phantom::trace::{Arrival, ExternalParents, assemble};
    /// use xray_phantom::snapshot::Edit;
    ///
    /// # let text = r#"{"trace_id": "1-66a00000-0123456789abcdef01234567", "id": "00000000000000a1", "name": "api",
    /// #     "start_time": 1, "end_time": 3, "annotations": {"order_id": "o-7"}}"#;
    /// # let arrival = Arrival { seq: 0, arrived: None, document: Arc::new(Document::parse(text).unwrap()) };
    /// # let trace = assemble([arrival], &ExternalParents::none()).traces.remove(0).complete().unwrap();
    /// let normalized = trace.normalized().step("order", |pointer, value| {
    ///     match value.as_str() {
    ///         Some(text) if pointer == "/annotations/order_id" && text.starts_with("o-") => {
    ///             Edit::Text("<order>".to_owned())
    ///         }
    ///         _ => Edit::Keep,
    ///     }
    /// });
    /// assert!(normalized.to_string().contains(r#""order_id": "<order>""#));
    /// assert_eq!(normalized.steps()[..2], ["order", "times"]);
    /// ```
    pub fn step(
        mut self,
        name: &str,
        edit: impl Fn(&str, Value<'_>) -> Edit + Send + Sync + 'static,
    ) -> Self {
        self.settings.own.push(Own::new(name.to_owned(), edit));
        self
    }

    /// The names of the steps that are taken, in order.
    pub fn steps(&self) -> Vec<String> {
        let own = self.settings.own.iter().map(|own| own.name.clone());
        let keeps_times = self.settings.times == Times::Keep;
        let is_taken = |step: &&Step| {
            !(self.settings.without.contains(step) || **step == Step::Times && keeps_times)
        };
        let steps = Step::ALL.iter().filter(is_taken);
        own.chain(steps.map(ToString::to_string)).collect()
    }

    /// The documents on one line each: those of segments, and of subsegments whose parent is
    /// elsewhere. To [assemble](crate::trace::assemble) them gives the trace again, as normal as it is.
    pub fn documents(&self) -> Vec<String> {
        let sorted = Sorted::of(self);
        let roots = sorted.graph.roots.iter();
        roots.map(|root| sorted.document(*root)).collect()
    }

    /// All documents as one array, on one line.
    pub(in crate::snapshot) fn json(&self) -> String {
        format!("[{}]", self.documents().join(","))
    }
}

impl fmt::Display for Normalized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_pretty(f, &self.json())
    }
}

/// The text of [`Display`](fmt::Display).
impl fmt::Debug for Normalized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Normalized<'_> {
    fn eq(&self, other: &Normalized<'_>) -> bool {
        self.json() == other.json()
    }
}

impl Eq for Normalized<'_> {}

/// Entities in order, and their references.
struct Sorted {
    contents: Vec<Content>,
    graph: Graph,
    /// For each atom.
    references: Vec<(Kind, String)>,
}

impl Sorted {
    fn of(normalized: &Normalized<'_>) -> Sorted {
        let (nodes, settings) = (&normalized.nodes, &normalized.settings);
        let (contents, atoms) = contents(normalized.trace_id, nodes, settings);
        let mut graph = graph(nodes, &contents);
        graph.sort(&atoms);
        let references = references(&graph, &contents, &atoms);
        Sorted {
            contents,
            graph,
            references,
        }
    }

    /// The document of an entity and all below it. Its nesting costs no stack.
    fn document(&self, root: usize) -> String {
        let mut json = String::new();
        let mut waiting = vec![Part::Entity(root)];
        while let Some(part) = waiting.pop() {
            match part {
                Part::Text(text) => json.push_str(text),
                Part::Tail(index) => {
                    let (_, tail) = self.members(index);
                    self.write(&mut json, tail);
                    json.push('}');
                }
                Part::Entity(index) => {
                    json.push('{');
                    let (head, _) = self.members(index);
                    self.write(&mut json, head);
                    waiting.push(Part::Tail(index));
                    let children = &self.graph.children[index];
                    if children.is_empty() {
                        continue;
                    }
                    if !head.is_empty() {
                        json.push(',');
                    }
                    json.push_str(SUBSEGMENTS);
                    json.push_str(":[");
                    waiting.push(Part::Text("]"));
                    for (place, child) in children.iter().enumerate().rev() {
                        waiting.push(Part::Entity(*child));
                        if place > 0 {
                            waiting.push(Part::Text(","));
                        }
                    }
                }
            }
        }
        json
    }

    /// The members of an entity before its subsegments, and those behind.
    fn members(&self, index: usize) -> (&[Member], &[Member]) {
        let members = &self.contents[index].members;
        let head = members.partition_point(|member| *member.key.text < *SUBSEGMENTS);
        members.split_at(head)
    }

    /// Writes members, with a comma before each that has another before it.
    fn write(&self, json: &mut String, members: &[Member]) {
        for member in members {
            if !json.ends_with('{') {
                json.push(',');
            }
            member.key.write(json, &self.references);
            json.push(':');
            member.value.write(json, &self.references);
        }
    }
}

enum Part {
    Entity(usize),
    /// What stands behind the subsegments of an entity.
    Tail(usize),
    Text(&'static str),
}

/// What entities say, and the atoms in it.
pub(in crate::snapshot) fn contents(
    trace_id: &str,
    nodes: &[Node<'_>],
    settings: &Settings,
) -> (Vec<Content>, Atoms) {
    let identifiers = Identifiers::of(nodes, |kind| settings.takes(kind));
    let starts = nodes.iter().filter_map(|node| node.entity().start_time());
    let mut reader = ContentReader {
        settings,
        identifiers: &identifiers,
        start: starts.min(),
        trace_id,
        atoms: Atoms::default(),
    };
    let contents = nodes.iter().map(|node| reader.content(*node)).collect();
    (contents, reader.atoms)
}

/// Entities as their order is found by.
fn graph(nodes: &[Node<'_>], contents: &[Content]) -> Graph {
    let mut graph = Graph {
        says: Vec::with_capacity(nodes.len()),
        atoms: Vec::with_capacity(nodes.len()),
        ids: contents.iter().map(|content| content.id).collect(),
        parents: Vec::with_capacity(nodes.len()),
        children: vec![Vec::new(); nodes.len()],
        roots: Vec::new(),
    };
    // The entities whose children are yet to come, and how many.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (index, (node, content)) in nodes.iter().zip(contents).enumerate() {
        while let Some((_, 0)) = open.last() {
            open.pop();
        }
        let parent = open.last_mut().map(|(parent, left)| {
            *left -= 1;
            *parent
        });
        match parent {
            Some(parent) => graph.children[parent].push(index),
            None => graph.roots.push(index),
        }
        graph.parents.push(parent);
        open.push((index, node.children().len()));
        let mut names = content.members.iter().rev();
        let name = names.find(|member| member.key.text == NAME);
        let mut says = name.map_or_else(String::new, |name| name.value.text.clone());
        let mut atoms = Vec::new();
        for Member { key, value } in &content.members {
            for masked in [key, value] {
                says.push('\0');
                says.push_str(&masked.text);
                masked.place(&mut atoms);
            }
        }
        graph.says.push(says);
        graph.atoms.push(atoms);
    }
    graph
}

/// Numbers the atoms of each kind: the ids of entities from the roots down, all others where they
/// come first.
fn references(graph: &Graph, contents: &[Content], atoms: &Atoms) -> Vec<(Kind, String)> {
    let mut order = Vec::with_capacity(contents.len());
    let mut waiting: Vec<usize> = graph.roots.iter().rev().copied().collect();
    while let Some(index) = waiting.pop() {
        order.push(index);
        waiting.extend(graph.children[index].iter().rev());
    }
    let own = order.iter().filter_map(|index| contents[*index].id);
    let held = order
        .iter()
        .flat_map(|index| graph.atoms[*index].iter().map(|place| place.atom));
    let mut numbers: BTreeMap<Kind, usize> = BTreeMap::new();
    let kinds = (0..atoms.len()).map(|atom| (atoms.kind(atom), String::new()));
    let mut references: Vec<(Kind, String)> = kinds.collect();
    for atom in own.chain(held) {
        let (kind, reference) = &mut references[atom];
        if reference.is_empty() {
            let number = numbers.entry(*kind).or_default();
            *number += 1;
            *reference = kind.numbered(*number);
        }
    }
    references
}

/// The key of what entities are sorted by first, as JSON.
const NAME: &str = "\"name\"";
/// The key of what is nested, as JSON.
const SUBSEGMENTS: &str = "\"subsegments\"";
