//! A capture, judged and assembled.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::capture::{Received, Rejection, Verdict};
use crate::fake_daemon::strictness::Strictness;
use crate::json::Document;
use crate::model::{Entity, EntityKind, Timestamp};
use crate::schema::{Masker, NO_NAME, Names, Secrets, Violation, judge, named};
use crate::trace::{Arrival, DefectCode, ExternalParents, Index, Node, PartialTrace};

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

/// Judges each datagram as it comes, and enters its document by its trace.
#[derive(Debug, Default)]
pub(crate) struct Inspector {
    lint: Option<Secrets>,
    index: Index,
    /// The documents that break a rule, with the numbers of their datagrams.
    faulty: Vec<(u64, Arc<Document>, Vec<Violation>)>,
    secrets: Vec<String>,
    /// The datagrams that were rejected.
    rejected: Vec<Received>,
    /// How many datagrams were entered.
    entered: usize,
}

impl Inspector {
    /// Looks for secrets too, if it is told how, and for what is judged only where it is denied.
    pub(crate) fn new(lint: Option<Secrets>, strictness: &Strictness) -> Inspector {
        let mut inspector = Inspector {
            lint,
            ..Inspector::default()
        };
        inspector.heed(strictness);
        inspector
    }

    /// Looks from now on for what is denied by now.
    pub(in crate::fake_daemon) fn heed(&mut self, strictness: &Strictness) {
        if strictness.denies(DefectCode::TraceIdAge) {
            self.index = std::mem::take(&mut self.index).judging_age();
        }
    }

    /// Judges a datagram. Its number is the one that violations and defects name.
    pub(crate) fn enter(&mut self, seq: u64, datagram: &Received) {
        self.entered += 1;
        let Some(document) = datagram.document() else {
            if matches!(datagram.verdict(), Verdict::Rejected(_)) {
                self.rejected.push(datagram.clone());
            }
            if let (Some(lint), Some(_)) = (&self.lint, datagram.rejection()) {
                let text = String::from_utf8_lossy(datagram.bytes());
                self.secrets.extend(lint.texts_of(&text));
            }
            return;
        };
        let mut found = judge(document);
        if let Some(lint) = &self.lint {
            found.extend(lint.judge(document));
            found.sort_by(|a, b| a.pointer().cmp(b.pointer()));
            self.secrets.extend(lint.texts(document));
        }
        if !found.is_empty() {
            self.faulty.push((seq, Arc::clone(document), found));
        }
        let since_epoch = datagram.arrived_from_outside();
        self.index.enter(Arrival {
            seq,
            arrived: since_epoch.map(|time| Timestamp::from_nanos(0) + time),
            document: Arc::clone(document),
        });
    }

    /// How many datagrams were entered.
    pub(crate) fn entered(&self) -> usize {
        self.entered
    }

    /// Why datagrams were rejected, in order of arrival.
    pub(in crate::fake_daemon) fn rejections(&self) -> impl Iterator<Item = Rejection> {
        self.rejected.iter().filter_map(Received::rejection)
    }

    /// What looked like a secret: no output may show it.
    pub(in crate::fake_daemon) fn masker(&self) -> Masker {
        Masker::new(self.secrets.clone())
    }

    /// The traces that came.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// All that came.
    pub(crate) fn inspection(&self, external: &ExternalParents) -> Inspection {
        let traces = self.index.traces(external);
        Inspection {
            violations: self.placed(&traces),
            traces,
            secrets: self.masker(),
        }
    }

    /// The rules that were broken, in order of the datagrams, then of the pointers.
    pub(crate) fn violations(&self, external: &ExternalParents) -> Vec<Violation> {
        let ids: BTreeSet<Cow<'_, str>> = self
            .faulty
            .iter()
            .filter_map(|(_, document, _)| Entity::of(document.root())?.trace_id())
            .collect();
        self.placed(&self.index.some(ids.iter(), external))
    }

    /// The first violation that is wanted, in the same order, among the documents that break a rule
    /// from this place on; and the place of its document among them.
    pub(crate) fn first_violation(
        &self,
        external: &ExternalParents,
        from: usize,
        wanted: impl Fn(&Violation) -> bool,
    ) -> Option<(usize, Violation)> {
        let mut faulty = self.faulty.iter().enumerate().skip(from);
        let (place, seq, document, violation) =
            faulty.find_map(|(place, (seq, document, found))| {
                let mut numbered = found.iter().map(|found| found.clone().with_seq(*seq));
                Some((place, *seq, document, numbered.find(&wanted)?))
            })?;
        let top = Entity::of(document.root());
        let id = top.and_then(|top| top.trace_id());
        let traces = self.index.some(id.iter(), external);
        let around = top.map_or_else(Vec::new, |top| Above::of(&traces).names(top));
        let placed = below(&around, vec![violation.with_seq(seq)]).pop()?;
        Some((place, placed))
    }

    /// The violations with the names that stand above them in their traces.
    fn placed(&self, traces: &[PartialTrace]) -> Vec<Violation> {
        if self.faulty.is_empty() {
            return Vec::new();
        }
        let above = Above::of(traces);
        let mut violations = Vec::new();
        for (seq, document, found) in &self.faulty {
            let around = Entity::of(document.root()).map_or_else(Vec::new, |top| above.names(top));
            let numbered = found.iter().cloned();
            let numbered = numbered.map(|violation| violation.with_seq(*seq));
            violations.extend(below(&around, numbered.collect()));
        }
        violations
    }
}

/// The violations of a document with the names of what is around it.
fn below(around: &[String], mut violations: Vec<Violation>) -> Vec<Violation> {
    if around.is_empty() {
        return violations;
    }
    // Violations of an entity share its names, and stand side by side.
    let mut last: Option<(Names, Names)> = None;
    for violation in &mut violations {
        let own = violation.shared_names();
        let names = match &last {
            Some((same, names)) if Arc::ptr_eq(same, own) => Arc::clone(names),
            _ => around.iter().chain(own.iter()).cloned().collect(),
        };
        last = Some((Arc::clone(own), Arc::clone(&names)));
        *violation = violation.clone().with_names(names);
    }
    violations
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
