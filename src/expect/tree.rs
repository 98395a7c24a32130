//! Whole trees.

use std::collections::HashMap;
use std::fmt;

use crate::expect::assertion::assertions;
use crate::expect::log::{Log, Said};
use crate::expect::matcher::short;
use crate::expect::relation::path;
use crate::expect::{Assertion, Mismatch};
use crate::trace::Node;

/// A tree of names, as a trace should be: these entities, each under its parent, and no others.
/// The order of siblings does not matter.
///
/// [`tree!`](crate::tree) writes one; [`with`](ExpectedTree::with) makes one in a loop.
///
/// # Examples
///
/// ```
/// use xray_phantom::expect::ExpectedTree;
/// use xray_phantom::tree;
///
/// let written = tree! { "api" => { "fetch" * 3, "store" => { "S3" } } };
///
/// let mut made = ExpectedTree::new();
/// made = made.with("api", |mut api| {
///     for _ in 0..3 {
///         api = api.with("fetch", |fetch| fetch);
///     }
///     api.with("store", |store| store.with("S3", |s3| s3))
/// });
/// assert_eq!(written, made);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "a tree asserts nothing by itself"]
pub struct ExpectedTree {
    /// Each before those that lie below it, with how deep it lies.
    names: Vec<(usize, String)>,
}

impl ExpectedTree {
    /// A tree of nothing.
    pub fn new() -> ExpectedTree {
        ExpectedTree::default()
    }

    /// The same tree and one entity beside the others, with what lies below it.
    pub fn with(
        mut self,
        name: impl Into<String>,
        below: impl FnOnce(ExpectedTree) -> ExpectedTree,
    ) -> ExpectedTree {
        self.names.push((0, name.into()));
        let below = below(ExpectedTree::new());
        let deeper = below
            .names
            .into_iter()
            .map(|(depth, name)| (depth + 1, name));
        self.names.extend(deeper);
        self
    }

    /// The same tree and another one, so many times beside it.
    #[doc(hidden)]
    pub fn and(mut self, times: usize, tree: &ExpectedTree) -> ExpectedTree {
        for _ in 0..times {
            self.names.extend(tree.names.iter().cloned());
        }
        self
    }

    /// The children of each entity, and the roots.
    fn family(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut roots = Vec::new();
        let mut children = vec![Vec::new(); self.names.len()];
        let mut above: Vec<usize> = Vec::new();
        for (at, (depth, _)) in self.names.iter().enumerate() {
            above.truncate(*depth);
            match above.last() {
                Some(parent) => children[*parent].push(at),
                None => roots.push(at),
            }
            above.push(at);
        }
        (roots, children)
    }
}

/// One line an entity, indented by two spaces a level.
impl fmt::Display for ExpectedTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, name) in &self.names {
            writeln!(f, "{}{}", " ".repeat(2 * depth), short(name))?;
        }
        Ok(())
    }
}

impl fmt::Debug for ExpectedTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes an [`ExpectedTree`](crate::expect::ExpectedTree): names, what lies below them in braces,
/// and how often each is there.
///
/// ```text
/// tree! { "name", "name" * 3, "name" => { ... }, "name" * 2 => { ... } }
/// ```
///
/// A name that is no literal stands in parentheses. Of more than 40 names side by side, write one with
/// a number, or make the tree with [`ExpectedTree::with`](crate::expect::ExpectedTree::with): the
/// compiler expands a macro only so deep.
///
/// # Examples
///
/// ```
/// use xray_phantom::tree;
///
/// # let trace = xray_phantom::trace::sample();
/// let service = "OrdersWorker";
/// trace.assert().tree(tree! {
///     (service) => {
///         "auth" => { "users-db" },
///         "dynamo-put" => { "DynamoDB" },
///         "charge",
///         "SNS",
///         "receipt" => { "S3", "Lambda", "SQS" },
///     }
/// });
/// ```
#[macro_export]
macro_rules! tree {
    (@ $tree:expr;) => { $tree };
    (@ $tree:expr; $name:literal $($rest:tt)*) => { $crate::tree!(@times $tree; $name; $($rest)*) };
    (@ $tree:expr; ($name:expr) $($rest:tt)*) => { $crate::tree!(@times $tree; $name; $($rest)*) };
    (@times $tree:expr; $name:expr; * $times:literal $($rest:tt)*) => { $crate::tree!(@below $tree; $name; $times; $($rest)*) };
    (@times $tree:expr; $name:expr; * ($times:expr) $($rest:tt)*) => { $crate::tree!(@below $tree; $name; $times; $($rest)*) };
    (@times $tree:expr; $name:expr; $($rest:tt)*) => { $crate::tree!(@below $tree; $name; 1; $($rest)*) };
    (@below $tree:expr; $name:expr; $times:expr; => { $($below:tt)* } $(, $($rest:tt)*)?) => {
        $crate::tree!(@ $tree.and(
            $times,
            &$crate::expect::ExpectedTree::new().with($name, |_| $crate::tree! { $($below)* }),
        ); $($($rest)*)?)
    };
    (@below $tree:expr; $name:expr; $times:expr; $(, $($rest:tt)*)?) => {
        $crate::tree!(@ $tree.and(
            $times,
            &$crate::expect::ExpectedTree::new().with($name, |below| below),
        ); $($($rest)*)?)
    };
    ($($tree:tt)*) => { $crate::tree!(@ $crate::expect::ExpectedTree::new(); $($tree)*) };
}

impl<'a> Assertion<'a> {
    assertions! {
        /// The trace is this tree, and nothing else: write it with [`tree!`](crate::tree).
        ///
        /// # Examples
        ///
        /// ```
        /// use xray_phantom::tree;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().tree(tree! {
        ///     "OrdersWorker" => {
        ///         "auth" => { "users-db" },
        ///         "dynamo-put" => { "DynamoDB" },
        ///         "charge", "SNS",
        ///         "receipt" => { "S3", "Lambda", "SQS" },
        ///     }
        /// });
        /// ```
        ///
        /// ```should_panic
        /// use xray_phantom::tree;
        ///
        /// # let trace = xray_phantom::trace::sample();
        /// trace.assert().tree(tree! { "OrdersWorker" => { "auth", "dynamo-put" } }); // there is more
        /// ```
        tree, try_tree(expected: impl std::borrow::Borrow<ExpectedTree>)
        |this, log| this.whole(log, expected.borrow());
    }

    fn whole(&self, log: &mut Log<'a>, expected: &ExpectedTree) {
        if expected.names.is_empty() {
            return log.note(None, false, || {
                Said::wrong("tree", "cannot be: no entity was asked for")
            });
        }
        let mut kinds = Kinds::default();
        let (roots, children) = expected.family();
        let wanted: Vec<Part> = parts(&mut kinds, &children, |at| expected.names[at].1.clone());
        let nodes: Vec<Node<'a>> = self.trace.nodes().collect();
        let (found_roots, found_children) = family(&nodes);
        let found: Vec<Part> = parts(&mut kinds, &found_children, |at| {
            nodes[at].name().map_or_else(String::new, Into::into)
        });
        let mut difference = Difference::default();
        let mut waiting = vec![(None, roots, found_roots)];
        while let Some((parent, wanted_here, found_here)) = waiting.pop() {
            let pairs = pair(&wanted, wanted_here, &found, found_here);
            difference
                .missing
                .extend(pairs.missing.into_iter().map(|at| (parent, at)));
            difference.unexpected.extend(pairs.unexpected);
            for (one, other) in pairs.alike {
                let below = (
                    Some(other),
                    children[one].clone(),
                    found_children[other].clone(),
                );
                waiting.push(below);
            }
        }
        let Difference {
            missing,
            unexpected,
        } = difference;
        log.note(None, missing.is_empty() && unexpected.is_empty(), || {
            if missing.is_empty() && unexpected.is_empty() {
                return Said::right("tree", crate::error::count(nodes.len() as u64, "entity"));
            }
            let mut lines = vec![format!(
                "expected {}, found {}: {} missing, {} unexpected",
                crate::error::count(expected.names.len() as u64, "entity"),
                nodes.len(),
                size(&children, missing.iter().map(|(_, at)| *at)),
                size(&found_children, unexpected.iter().copied()),
            )];
            let first = |many: usize| match many.saturating_sub(SHOWN) {
                0 => None,
                more => Some(format!("... and {more} more")),
            };
            for (parent, at) in missing.iter().take(SHOWN) {
                let below = match parent {
                    Some(parent) => format!("{} > ", path(nodes[*parent])),
                    None => String::new(),
                };
                let with = inside(&children, *at);
                lines.push(format!(
                    "missing: {below}{}{with}",
                    short(&expected.names[*at].1)
                ));
            }
            lines.extend(first(missing.len()));
            for at in unexpected.iter().take(SHOWN) {
                let with = inside(&found_children, *at);
                lines.push(format!("unexpected: {}{with}", path(nodes[*at])));
            }
            lines.extend(first(unexpected.len()));
            let mark = unexpected
                .first()
                .or(missing.first().and_then(|(parent, _)| parent.as_ref()));
            Said::wrong("tree", lines.join("\n")).shown_by(mark.map(|at| nodes[*at]))
        });
    }
}

/// Numbers for trees that are the same, order of siblings aside.
#[derive(Default)]
struct Kinds {
    known: HashMap<(String, Vec<u32>), u32>,
}

/// An entity: its name, and the number of the tree that it is the root of.
struct Part {
    name: String,
    kind: u32,
}

fn parts(kinds: &mut Kinds, children: &[Vec<usize>], name: impl Fn(usize) -> String) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::with_capacity(children.len());
    // Those below first: they stand behind.
    for at in (0..children.len()).rev() {
        let part = |child: &usize| parts[children.len() - 1 - child].kind;
        let mut below: Vec<u32> = children[at].iter().map(part).collect();
        below.sort_unstable();
        let name = name(at);
        let next = u32::try_from(kinds.known.len()).unwrap_or(u32::MAX);
        let kind = *kinds.known.entry((name.clone(), below)).or_insert(next);
        parts.push(Part { name, kind });
    }
    parts.reverse();
    parts
}

/// The roots, and the children of each, by their places in the list.
fn family(nodes: &[Node<'_>]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut roots = Vec::new();
    let mut children = vec![Vec::new(); nodes.len()];
    // How many children are yet to come, and of whom.
    let mut above: Vec<(usize, usize)> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        while let Some((_, 0)) = above.last() {
            above.pop();
        }
        match above.last_mut() {
            Some((parent, left)) => {
                *left -= 1;
                children[*parent].push(at);
            }
            None => roots.push(at),
        }
        above.push((at, node.children().len()));
    }
    (roots, children)
}

/// Siblings, and those that they are.
#[derive(Default)]
struct Pairs {
    /// With one name, and something below them that differs.
    alike: Vec<(usize, usize)>,
    missing: Vec<usize>,
    unexpected: Vec<usize>,
}

/// Pairs siblings: those that are the same, then those of one name.
fn pair(wanted: &[Part], wanted_here: Vec<usize>, found: &[Part], found_here: Vec<usize>) -> Pairs {
    let mut by_kind: HashMap<u32, Vec<usize>> = HashMap::new();
    for at in found_here.iter().rev() {
        by_kind.entry(found[*at].kind).or_default().push(*at);
    }
    let mut open = Vec::new();
    for at in wanted_here {
        match by_kind.get_mut(&wanted[at].kind).and_then(Vec::pop) {
            Some(_) => {}
            None => open.push(at),
        }
    }
    let mut left: Vec<usize> = by_kind.into_values().flatten().collect();
    left.sort_unstable();
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for at in left.iter().rev() {
        by_name.entry(&found[*at].name).or_default().push(*at);
    }
    let mut pairs = Pairs::default();
    for at in open {
        match by_name.get_mut(&*wanted[at].name).and_then(Vec::pop) {
            Some(same) => pairs.alike.push((at, same)),
            None => pairs.missing.push(at),
        }
    }
    pairs.unexpected = by_name.into_values().flatten().collect();
    pairs.unexpected.sort_unstable();
    pairs
}

#[derive(Default)]
struct Difference {
    /// Below what, and what.
    missing: Vec<(Option<usize>, usize)>,
    unexpected: Vec<usize>,
}

/// How many entities these trees have.
fn size(children: &[Vec<usize>], roots: impl Iterator<Item = usize>) -> usize {
    let mut waiting: Vec<usize> = roots.collect();
    let mut size = 0;
    while let Some(at) = waiting.pop() {
        size += 1;
        waiting.extend(&children[at]);
    }
    size
}

/// ` with 3 entities below it`, or nothing.
fn inside(children: &[Vec<usize>], at: usize) -> String {
    match size(children, children[at].iter().copied()) {
        0 => String::new(),
        below => format!(
            " with {} below it",
            crate::error::count(below as u64, "entity")
        ),
    }
}

/// How many places are listed.
const SHOWN: usize = 5;
