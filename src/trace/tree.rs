//! A trace as a list of entities that know their parents and children.

use std::sync::Arc;

use crate::json::Document;
use crate::model::{Entity, EntityKind, Timestamp};
use crate::trace::Defect;

/// The entities of one trace, roots and children in order of time, and what is wrong with them.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Tree {
    pub(in crate::trace) id: Arc<str>,
    pub(in crate::trace) branches: Vec<Branch>,
    pub(in crate::trace) roots: Vec<usize>,
    pub(in crate::trace) defects: Vec<(usize, Defect)>,
}

/// One entity and its place.
#[derive(Clone, Debug)]
pub(in crate::trace) struct Branch {
    pub(in crate::trace) kind: EntityKind,
    pub(in crate::trace) document: Arc<Document>,
    pub(in crate::trace) at: u32,
    pub(in crate::trace) seq: u64,
    pub(in crate::trace) parent: Option<usize>,
    pub(in crate::trace) children: Vec<usize>,
}

impl Branch {
    pub(in crate::trace) fn entity(&self) -> Entity<'_> {
        match Entity::of(self.document.value(self.at)) {
            Some(entity) => entity,
            None => unreachable!("only objects become branches"),
        }
    }
}

impl Tree {
    /// Puts roots and children in order: by start, then id, then text. What has no start is last.
    pub(in crate::trace) fn sort(&mut self) {
        type Rank = (bool, Option<Timestamp>, String, String);
        let ranks: Vec<Rank> = self
            .branches
            .iter()
            .map(|branch| {
                let entity = branch.entity();
                let start = entity.start_time();
                let id = entity.id().unwrap_or_default().into_owned();
                (start.is_none(), start, id, entity.json().raw().to_owned())
            })
            .collect();
        for branch in &mut self.branches {
            branch.children.sort_by(|a, b| ranks[*a].cmp(&ranks[*b]));
        }
        self.roots.sort_by(|a, b| ranks[*a].cmp(&ranks[*b]));
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
