//! A capture, judged and assembled.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::capture::Received;
use crate::model::{Entity, EntityKind, Timestamp};
use crate::schema::{Masker, NO_NAME, Secrets, Violation, judge, named};
use crate::trace::{Arrival, ExternalParents, Node, PartialTrace, assemble};

/// What a set of datagrams holds.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// In order of start, then id.
    pub(crate) traces: Vec<PartialTrace>,
    /// In order of their datagrams, then of their pointers.
    pub(crate) violations: Vec<Violation>,
    /// What looked like a secret, whole, where that was asked for: no output may show it.
    pub(crate) secrets: Masker,
}

/// Judges each document, and makes traces of all. The numbers are those that violations and
/// defects name.
pub(crate) fn inspect<'a>(
    received: impl Iterator<Item = (u64, &'a Received)> + Clone,
    external: &ExternalParents,
    lint: Option<&Secrets>,
) -> Inspection {
    let arrivals = received.clone().filter_map(|(seq, datagram)| {
        let document = Arc::clone(datagram.document()?);
        let since_epoch = datagram.arrived();
        Some(Arrival {
            seq,
            arrived: since_epoch.map(|time| Timestamp::from_nanos(0) + time),
            document,
        })
    });
    let traces = assemble(arrivals, external).traces;
    let mut above = None;
    let mut violations = Vec::new();
    let mut secrets = Vec::new();
    for (seq, datagram) in received {
        let Some(document) = datagram.document() else {
            if let (Some(lint), Some(_)) = (lint, datagram.rejection()) {
                secrets.extend(lint.texts_of(&String::from_utf8_lossy(datagram.bytes())));
            }
            continue;
        };
        let mut found = judge(document);
        if let Some(lint) = lint {
            found.extend(lint.judge(document));
            found.sort_by(|a, b| a.pointer().cmp(b.pointer()));
            secrets.extend(lint.texts(document));
        }
        if found.is_empty() {
            continue;
        }
        let above = above.get_or_insert_with(|| Above::of(&traces));
        let around = Entity::of(document.root()).map_or_else(Vec::new, |top| above.names(top));
        // Violations of an entity share its names, and stand side by side.
        let mut last: Option<(Arc<[String]>, Arc<[String]>)> = None;
        for violation in found {
            let own = violation.shared_names();
            let names = match &last {
                _ if around.is_empty() => Arc::clone(own),
                Some((same, names)) if Arc::ptr_eq(same, own) => Arc::clone(names),
                _ => around.iter().chain(own.iter()).cloned().collect(),
            };
            last = Some((Arc::clone(own), Arc::clone(&names)));
            violations.push(violation.with_seq(seq).with_names(names));
        }
    }
    drop(above);
    Inspection {
        traces,
        violations,
        secrets: Masker::new(secrets),
    }
}

/// The subsegments of all traces, by which what is around a document can be found.
struct Above<'a> {
    subsegments: HashMap<(&'a str, Cow<'a, str>), Node<'a>>,
}

impl<'a> Above<'a> {
    fn of(traces: &'a [PartialTrace]) -> Above<'a> {
        let nodes = traces
            .iter()
            .flat_map(|trace| trace.nodes().map(|node| (trace.id(), node)));
        let subsegments = nodes.filter(|(_, node)| node.is_subsegment());
        Above {
            subsegments: subsegments
                .filter_map(|(trace, node)| Some(((trace, node.entity().id()?), node)))
                .collect(),
        }
    }

    /// The names of what is above the top of a document, outermost first.
    fn names(&self, top: Entity<'_>) -> Vec<String> {
        let (EntityKind::Subsegment, Some(trace), Some(id)) =
            (top.kind_at_top(), top.trace_id(), top.id())
        else {
            return Vec::new();
        };
        let node = self.subsegments.get(&(&*trace, Cow::Borrowed(&*id)));
        let parents = std::iter::successors(node.and_then(Node::parent), Node::parent);
        let mut path: Vec<Node<'_>> = parents.collect();
        path.reverse();
        named(&path, |node| {
            node.name().map_or_else(|| NO_NAME.to_owned(), Into::into)
        })
    }
}
