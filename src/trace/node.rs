//! A place in a trace.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::model::{Entity, EntityKind};
use crate::trace::Defect;
use crate::trace::tree::{Branch, Tree};

/// A segment or subsegment in its trace.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree,
    index: usize,
}

impl<'a> Node<'a> {
    /// Whether it is a segment or a subsegment.
    pub fn kind(&self) -> EntityKind {
        self.branch().kind
    }

    /// Whether it is a subsegment.
    pub fn is_subsegment(&self) -> bool {
        self.kind() == EntityKind::Subsegment
    }

    /// Its fields, as received.
    pub fn entity(&self) -> Entity<'a> {
        self.branch().entity()
    }

    /// Its name.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        self.entity().name()
    }

    /// The time from its start to its end; `None` where one is missing or they are reversed.
    pub fn duration(&self) -> Option<Duration> {
        self.entity().end_time()?.since(self.entity().start_time()?)
    }

    /// The entity that it is a part of. A segment has none: its caller is in another segment.
    pub fn parent(&self) -> Option<Node<'a>> {
        self.branch().parent.map(|index| Node {
            tree: self.tree,
            index,
        })
    }

    /// Its subsegments in order of start.
    pub fn children(
        &self,
    ) -> impl DoubleEndedIterator<Item = Node<'a>> + ExactSizeIterator + use<'a> {
        let tree = self.tree;
        self.branch()
            .children
            .iter()
            .map(move |&index| Node { tree, index })
    }

    /// All entities of its trace, each before its children.
    pub(crate) fn trace_nodes(&self) -> Nodes<'a> {
        Nodes::all(self.tree)
    }

    /// The number of the datagram that it came in.
    pub fn seq(&self) -> u64 {
        self.branch().seq
    }

    /// Whether it is the same place in the same trace.
    pub(crate) fn is(&self, other: Node<'_>) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.index == other.index
    }

    /// What is missing or wrong with it.
    pub fn defects(&self) -> &'a [Defect] {
        &self.branch().defects
    }

    fn branch(&self) -> &'a Branch {
        &self.tree.branches[self.index]
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.entity().json())
    }
}

/// Iterator over entities of a trace.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    tree: &'a Tree,
    indices: std::vec::IntoIter<usize>,
}

impl<'a> Nodes<'a> {
    pub(in crate::trace) fn roots(tree: &'a Tree) -> Nodes<'a> {
        Nodes {
            tree,
            indices: tree.roots.clone().into_iter(),
        }
    }

    pub(in crate::trace) fn all(tree: &'a Tree) -> Nodes<'a> {
        Nodes {
            tree,
            indices: tree.preorder().into_iter(),
        }
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        Some(Node {
            tree: self.tree,
            index: self.indices.next()?,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indices.size_hint()
    }
}

impl ExactSizeIterator for Nodes<'_> {}
