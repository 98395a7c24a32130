//! A trace that is whole, and one that may not be.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{EntityKind, Timestamp};
use crate::trace::around::CapturedBy;
use crate::trace::tree::{Branch, Tree};
use crate::trace::{Around, Defect, Nodes, ServiceView};

/// A complete trace: every entity has ended, and every parent is here or declared external.
///
/// It is a snapshot: what arrives later does not change it. [`Display`](fmt::Display) shows it
/// as a tree.
#[derive(Clone)]
pub struct Trace {
    tree: Tree,
    captured_by: CapturedBy,
}

impl Trace {
    /// The trace id, as received.
    pub fn id(&self) -> &str {
        &self.tree.id
    }

    /// When the first of its entities began.
    pub fn start_time(&self) -> Option<Timestamp> {
        start_time(&self.tree)
    }

    /// The time from the first start to the last end of its segments, or where it has none, of
    /// the subsegments whose parent is external.
    ///
    /// Source: the service model of X-Ray, `Trace.Duration`.
    pub fn duration(&self) -> Option<Duration> {
        duration(&self.tree)
    }

    /// Whether a subsegment of that name is anywhere in the trace.
    pub fn has_subsegment(&self, name: &str) -> bool {
        self.nodes()
            .any(|node| node.is_subsegment() && node.name().as_deref() == Some(name))
    }

    /// Whether a segment of that name is in the trace.
    pub fn has_segment(&self, name: &str) -> bool {
        self.nodes()
            .any(|node| !node.is_subsegment() && node.name().as_deref() == Some(name))
    }

    /// The segments, and the subsegments whose parent is external, in order of start.
    pub fn roots(&self) -> Nodes<'_> {
        Nodes::roots(&self.tree)
    }

    /// All segments and subsegments, each before its children.
    pub fn nodes(&self) -> Nodes<'_> {
        Nodes::all(&self.tree)
    }

    /// What is wrong with it though nothing is missing.
    pub fn defects(&self) -> impl Iterator<Item = &Defect> {
        self.tree.branches.iter().flat_map(|branch| &branch.defects)
    }

    /// The trace as X-Ray would give it back, with the segments that it infers.
    pub fn service_view(&self) -> ServiceView {
        ServiceView::of(&self.tree, self.duration())
    }

    /// The same trace, and who captured it.
    pub(crate) fn with_around(mut self, around: Arc<dyn Around>) -> Trace {
        self.captured_by = CapturedBy(Some(around));
        self
    }

    /// Who captured it, if anyone is known.
    pub(crate) fn around(&self) -> Option<&dyn Around> {
        self.captured_by.0.as_deref()
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What has arrived of a trace, whole or not.
///
/// It can be looked at, and it answers no question with yes or no: what is not here may still be
/// on its way. [`complete`](PartialTrace::complete) turns it into a [`Trace`] if nothing is missing.
#[derive(Clone)]
pub struct PartialTrace {
    tree: Tree,
}

impl PartialTrace {
    pub(in crate::trace) fn new(tree: Tree) -> PartialTrace {
        PartialTrace { tree }
    }

    /// The trace, if nothing is missing.
    ///
    /// # Errors
    ///
    /// What has arrived, whose [`defects`](PartialTrace::defects) say what is missing.
    pub fn complete(self) -> Result<Trace, PartialTrace> {
        if self.is_complete() {
            Ok(Trace {
                tree: self.tree,
                captured_by: CapturedBy::default(),
            })
        } else {
            Err(self)
        }
    }

    /// Whether nothing is missing.
    pub(crate) fn is_complete(&self) -> bool {
        !self.defects().any(|defect| defect.code().is_missing())
    }

    /// The trace id, as received.
    pub fn id(&self) -> &str {
        &self.tree.id
    }

    /// When the first of its entities began, as far as is known.
    pub fn start_time(&self) -> Option<Timestamp> {
        start_time(&self.tree)
    }

    /// The time from the first start to the last end of its roots, as far as is known.
    pub fn duration(&self) -> Option<Duration> {
        duration(&self.tree)
    }

    /// The segments, and the subsegments whose parent never arrived, in order of start.
    pub fn roots(&self) -> Nodes<'_> {
        Nodes::roots(&self.tree)
    }

    /// All segments and subsegments, each before its children.
    pub fn nodes(&self) -> Nodes<'_> {
        Nodes::all(&self.tree)
    }

    /// What is missing or wrong.
    pub fn defects(&self) -> impl Iterator<Item = &Defect> {
        self.tree.branches.iter().flat_map(|branch| &branch.defects)
    }

    /// The trace as X-Ray would give it back, with the segments that it infers.
    pub fn service_view(&self) -> ServiceView {
        ServiceView::of(&self.tree, self.duration())
    }
}

impl fmt::Debug for PartialTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn duration(tree: &Tree) -> Option<Duration> {
    let roots = || tree.roots.iter().map(|root| &tree.branches[*root]);
    let has_segments = roots().any(|root| root.kind == EntityKind::Segment);
    let counted = || {
        let counts = move |root: &&Branch| !has_segments || root.kind == EntityKind::Segment;
        roots().filter(counts).map(Branch::entity)
    };
    let start = counted().filter_map(|entity| entity.start_time()).min();
    let end = counted().filter_map(|entity| entity.end_time()).max();
    end?.since(start?)
}

fn start_time(tree: &Tree) -> Option<Timestamp> {
    tree.branches
        .iter()
        .filter_map(|branch| branch.entity().start_time())
        .min()
}
