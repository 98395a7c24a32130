//! A trace as a list of entities that know their parents and children.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use crate::json::Document;
use crate::model::{Entity, EntityKind, Timestamp};
use crate::trace::Defect;
use crate::trace::conflict::own_fields;

/// The entities of one trace, roots and children in order of time, and what is wrong with them.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Tree {
    pub(in crate::trace) id: Arc<str>,
    /// The length of what counts of each entity: of its documents, if none says what another does.
    pub(in crate::trace) bytes: usize,
    pub(in crate::trace) branches: Vec<Branch>,
    pub(in crate::trace) roots: Vec<usize>,
}

/// One entity and its place.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Branch {
    pub(in crate::trace) kind: EntityKind,
    pub(in crate::trace) document: Arc<Document>,
    pub(in crate::trace) at: u32,
    pub(in crate::trace) seq: u64,
    /// When its document arrived.
    pub(in crate::trace) arrived: Option<Timestamp>,
    /// When the first of those that speak of it did.
    pub(in crate::trace) first_arrived: Option<Timestamp>,
    pub(in crate::trace) parent: Option<usize>,
    pub(in crate::trace) children: Vec<usize>,
    pub(in crate::trace) defects: Vec<Defect>,
}

impl Branch {
    pub(in crate::trace) fn entity(&self) -> Entity<'_> {
        match Entity::of(self.document.value(self.at)) {
            Some(entity) => entity,
            None => unreachable!("only objects become branches"),
        }
    }

    /// The length of what it says, without its subsegments.
    pub(in crate::trace) fn bytes(&self) -> usize {
        let entity = self.entity();
        let inside = entity.subsegments().unwrap_or_default();
        let inside: usize = inside.iter().map(|child| child.json().raw().len()).sum();
        entity.json().raw().len() - inside
    }
}

impl Tree {
    /// Puts roots and children in order: by start, then id, then what they say, then text. What has no
    /// start is last.
    pub(in crate::trace) fn sort(&mut self) {
        let starts: Vec<_> = self
            .branches
            .iter()
            .map(|branch| branch.entity().start_time())
            .collect();
        let compare = |branches: &[Branch], a: usize, b: usize| {
            let start = |index: usize| (starts[index].is_none(), starts[index]);
            start(a).cmp(&start(b)).then_with(|| {
                let (a, b) = (branches[a].entity(), branches[b].entity());
                a.id()
                    .cmp(&b.id())
                    .then_with(|| a.name().cmp(&b.name()))
                    .then_with(|| a.end_time().cmp(&b.end_time()))
                    .then_with(|| own_texts(a).cmp(&own_texts(b)))
                    .then_with(|| a.json().raw().cmp(b.json().raw()))
            })
        };
        for index in 0..self.branches.len() {
            let mut children = std::mem::take(&mut self.branches[index].children);
            children.sort_by(|a, b| compare(&self.branches, *a, *b));
            self.branches[index].children = children;
        }
        self.roots.sort_by(|a, b| compare(&self.branches, *a, *b));
    }

    /// The ids that segments name as those of their callers.
    pub(in crate::trace) fn callers(&self) -> HashSet<String> {
        let segments = self.branches.iter();
        let segments = segments.filter(|branch| branch.kind == EntityKind::Segment);
        segments
            .filter_map(|branch| branch.entity().parent_id().map(Into::into))
            .collect()
    }

    /// Indices from the roots down, each before its children.
    pub(in crate::trace) fn preorder(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.branches.len());
        let mut waiting: Vec<usize> = self.roots.iter().rev().copied().collect();
        while let Some(index) = waiting.pop() {
            order.push(index);
            waiting.extend(self.branches[index].children.iter().rev());
        }
        order
    }
}

/// What an entity says of itself, wherever it stands.
fn own_texts(entity: Entity<'_>) -> Vec<(Cow<'_, str>, &str)> {
    let fields = own_fields(entity.json()).into_iter();
    fields.map(|(key, value)| (key, value.raw())).collect()
}
