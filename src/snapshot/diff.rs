//! What differs between two traces, or two captures.

use std::fmt;
use std::time::Duration;

use crate::render::difference;
use crate::snapshot::compared::Compared;
use crate::snapshot::found::differences;
use crate::snapshot::pairs::pair_traces;
use crate::trace::{Assembly, Node, PartialTrace, Trace};

/// What differs between `before` and `after`: two traces, or two captures.
///
/// Ids, times and all else that [`normalized`](Trace::normalized) tells by references do not differ;
/// who is whose parent does. Nodes are paired by what they say and where they are, the traces of
/// captures by how much they have in common.
///
/// # Examples
///
/// Did this refactoring change our tracing? Two captures tell:
///
/// ```no_run
/// use xray_phantom::CaptureFile;
/// use xray_phantom::snapshot::diff;
///
/// let before = CaptureFile::read("tests/golden/orders.jsonl")?.traces();
/// let after = CaptureFile::read("target/orders.jsonl")?.traces();
/// let diff = diff(&before, &after);
/// assert!(diff.is_empty(), "{diff}");
/// # Ok::<(), xray_phantom::Error>(())
/// ```
///
/// ```
/// # use std::sync::Arc;
/// # use xray_phantom::json::Document;
/// # use xray_phantom::trace::{Arrival, ExternalParents, assemble};
/// # let trace = |name: &str, order: &str| {
/// #     let text = format!(r#"{{"trace_id": "t-{name}", "id": "{name}", "name": "OrdersWorker", "start_time": 1, "end_time": 3,
/// #         "subsegments": [{{"id": "{name}1", "name": "{name}", "start_time": 1, "end_time": 2}}, {{"id": "{name}2", "name": "dynamo-put",
/// #         "start_time": 2, "end_time": 3, "annotations": {{"order_id": "{order}"}}}}]}}"#);
/// #     let arrival = Arrival { seq: 0, arrived: None, document: Arc::new(Document::parse(&text).unwrap()) };
/// #     assemble([arrival], &ExternalParents::none()).traces.remove(0).complete().unwrap()
/// # };
/// # let (before, after) = (trace("audit", "o-1"), trace("charge", "o-2"));
/// use xray_phantom::snapshot::diff;
///
/// assert_eq!(
///     diff(&before, &after).to_string(),
///     "3 differences
/// removed OrdersWorker > audit
/// added   OrdersWorker > charge
/// changed OrdersWorker > dynamo-put
///         /annotations/order_id
///           before \"o-1\"
///           after  \"o-2\"
/// "
/// );
/// assert!(diff(&before, &before).is_empty());
/// ```
pub fn diff(before: &(impl Traces + ?Sized), after: &(impl Traces + ?Sized)) -> Diff {
    Comparison::new().diff(before, after)
}

/// How traces are compared: what counts as slower.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "it compares nothing by itself"]
pub struct Comparison {
    pub(in crate::snapshot) factor: f64,
    pub(in crate::snapshot) at_least: Duration,
}

impl Default for Comparison {
    fn default() -> Comparison {
        Comparison::new()
    }
}

impl Comparison {
    /// Slower is what takes at least twice as long, and 50 ms more.
    pub fn new() -> Comparison {
        Comparison {
            factor: 2.0,
            at_least: Duration::from_millis(50),
        }
    }

    /// Slower is what takes at least `factor` times as long, and `at_least` more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use xray_phantom::snapshot::Comparison;
    ///
    /// // For virtual time, which is the same in every run.
    /// let exact = Comparison::new().slower_by(1.0, Duration::from_nanos(1));
    /// // Times do not matter.
    /// let timeless = Comparison::new().slower_by(f64::INFINITY, Duration::MAX);
    /// ```
    pub fn slower_by(mut self, factor: f64, at_least: Duration) -> Comparison {
        self.factor = factor;
        self.at_least = at_least;
        self
    }

    /// What differs between `before` and `after`. As [`diff`].
    pub fn diff(&self, before: &(impl Traces + ?Sized), after: &(impl Traces + ?Sized)) -> Diff {
        let (before, after) = (compared(before.all()), compared(after.all()));
        let mut found = Vec::new();
        for (before, after) in pair_traces(&before, &after) {
            found.extend(differences(before, after, self));
        }
        found.sort();
        Diff { differences: found }
    }

    /// Whether it counts as slower.
    pub(in crate::snapshot) fn is_slower(&self, before: Duration, after: Duration) -> bool {
        after.checked_sub(before).is_some_and(|more| {
            more >= self.at_least && after.as_secs_f64() >= before.as_secs_f64() * self.factor
        })
    }
}

fn compared(of: Vec<OneTrace<'_>>) -> Vec<Compared<'_>> {
    of.into_iter()
        .map(|OneTrace { id, nodes }| Compared::of(id, nodes))
        .collect()
}

/// What can be compared: a trace, complete or not, or several.
pub trait Traces {
    /// All traces.
    #[doc(hidden)]
    fn all(&self) -> Vec<OneTrace<'_>>;
}

/// A trace that is compared.
#[doc(hidden)]
#[derive(Debug)]
pub struct OneTrace<'a> {
    id: &'a str,
    nodes: Vec<Node<'a>>,
}

impl Traces for Assembly {
    fn all(&self) -> Vec<OneTrace<'_>> {
        self.traces.all()
    }
}

impl Traces for PartialTrace {
    fn all(&self) -> Vec<OneTrace<'_>> {
        vec![OneTrace {
            id: self.id(),
            nodes: self.nodes().collect(),
        }]
    }
}

impl Traces for Trace {
    fn all(&self) -> Vec<OneTrace<'_>> {
        vec![OneTrace {
            id: self.id(),
            nodes: self.nodes().collect(),
        }]
    }
}

impl<T: Traces> Traces for [T] {
    fn all(&self) -> Vec<OneTrace<'_>> {
        self.iter().flat_map(Traces::all).collect()
    }
}

impl<T: Traces, const N: usize> Traces for [T; N] {
    fn all(&self) -> Vec<OneTrace<'_>> {
        self.iter().flat_map(Traces::all).collect()
    }
}

impl<T: Traces> Traces for Vec<T> {
    fn all(&self) -> Vec<OneTrace<'_>> {
        self.iter().flat_map(Traces::all).collect()
    }
}

impl<T: Traces + ?Sized> Traces for &T {
    fn all(&self) -> Vec<OneTrace<'_>> {
        (**self).all()
    }
}

/// What differs. [`Display`](fmt::Display) tells it, on lines of at most 80 columns.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "whether anything differs is in here"]
pub struct Diff {
    differences: Vec<Difference>,
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// What differs, in order of the path, then of the kind.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }
}

/// One thing that differs.
///
/// A path leads from the root of the trace to the entity: of each what an [outline](Trace::outline)
/// tells first, the name and what is called. Of one that is deeper than 32 entities the last 32
/// stand behind `...`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// An entity that was not there before.
    Added {
        /// Where it is.
        path: Vec<String>,
        /// The outline of it and of all that came with it.
        outline: String,
    },
    /// A value that is another one.
    Changed {
        /// The entity, as it is now.
        path: Vec<String>,
        /// The place below the entity, as a JSON pointer.
        pointer: String,
        /// The JSON that was there; `None` where there was nothing.
        before: Option<String>,
        /// The JSON that is there; `None` where there is nothing.
        after: Option<String>,
    },
    /// An entity that has another parent. What is below it has come along.
    Moved {
        /// Where it was.
        from: Vec<String>,
        /// Where it is.
        path: Vec<String>,
    },
    /// An entity that is there no more.
    Removed {
        /// Where it was.
        path: Vec<String>,
        /// The outline of it and of all that went with it.
        outline: String,
    },
    /// An entity that takes longer.
    Slower {
        /// The entity.
        path: Vec<String>,
        /// How long it took.
        before: Duration,
        /// How long it takes.
        after: Duration,
    },
}

impl Difference {
    /// Which entity: where it is, or was.
    pub fn path(&self) -> &[String] {
        match self {
            Difference::Added { path, .. }
            | Difference::Changed { path, .. }
            | Difference::Moved { path, .. }
            | Difference::Removed { path, .. }
            | Difference::Slower { path, .. } => path,
        }
    }

    /// The kind of difference, as it is printed: `removed`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Difference::Added { .. } => "added",
            Difference::Changed { .. } => "changed",
            Difference::Moved { .. } => "moved",
            Difference::Removed { .. } => "removed",
            Difference::Slower { .. } => "slower",
        }
    }

    /// What it is sorted by.
    fn order(&self) -> Order<'_> {
        let order = Order {
            path: self.path(),
            ..Order::default()
        };
        match self {
            Difference::Removed { outline, .. } => Order { outline, ..order },
            Difference::Added { outline, .. } => Order {
                kind: 1,
                outline,
                ..order
            },
            Difference::Moved { from, .. } => Order {
                kind: 2,
                from,
                ..order
            },
            Difference::Changed {
                pointer,
                before,
                after,
                ..
            } => Order {
                kind: 3,
                pointer,
                values: [before.as_deref(), after.as_deref()],
                ..order
            },
            Difference::Slower { before, after, .. } => Order {
                kind: 4,
                durations: [*before, *after],
                ..order
            },
        }
    }
}

/// All of a difference, in the order in which it is compared.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Order<'a> {
    path: &'a [String],
    kind: u8,
    outline: &'a str,
    from: &'a [String],
    pointer: &'a str,
    values: [Option<&'a str>; 2],
    durations: [Duration; 2],
}

impl PartialOrd for Difference {
    fn partial_cmp(&self, other: &Difference) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By path, then by kind.
impl Ord for Difference {
    fn cmp(&self, other: &Difference) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = difference::title(self.differences.len());
        let mut last: Option<&Difference> = None;
        for difference in &self.differences {
            // The fields of one entity stand below one another.
            let goes_on = last.is_some_and(|last| {
                last.as_str() == "changed"
                    && difference.as_str() == "changed"
                    && last.path() == difference.path()
            });
            if !goes_on {
                difference::push_path(&mut text, difference.as_str(), difference.path());
            }
            last = Some(difference);
            match difference {
                Difference::Added { outline, .. } | Difference::Removed { outline, .. } => {
                    difference::push_below(&mut text, outline);
                }
                Difference::Changed {
                    pointer,
                    before,
                    after,
                    ..
                } => {
                    difference::push_change(
                        &mut text,
                        pointer,
                        before.as_deref(),
                        after.as_deref(),
                    );
                }
                Difference::Moved { from, .. } => difference::push_path(&mut text, "from", from),
                Difference::Slower { before, after, .. } => {
                    difference::push_durations(&mut text, *before, *after);
                }
            }
        }
        f.write_str(&text)
    }
}

/// The text of [`Display`](fmt::Display).
impl fmt::Debug for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
