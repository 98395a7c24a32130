//! Documents by the trace that they name.

use std::collections::HashMap;

use crate::model::Entity;
use crate::trace::age::judge_age;
use crate::trace::assemble::build;
use crate::trace::tree::Tree;
use crate::trace::whereabouts::Whereabouts;
use crate::trace::{Arrival, ExternalParents, PartialTrace, missing};

/// The documents of many traces, in any order of arrival.
///
/// To enter a document costs a look-up, however many traces there are; trees are built when they
/// are asked for. What lacks a parent is looked for in all that came, by its id.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use xray_phantom::json::Document;
/// use xray_phantom::trace::{Arrival, ExternalParents, Index};
///
/// let id = "1-66a00000-0123456789abcdef01234567";
/// let text = format!(r#"{{"trace_id": "{id}", "id": "00000000000000a1", "name": "api", "start_time": 1, "end_time": 2}}"#);
/// let mut index = Index::new();
/// index.enter(Arrival { seq: 0, arrived: None, document: Arc::new(Document::parse(&text).unwrap()) });
///
/// assert_eq!(index.len(), 1);
/// let trace = index.trace(id, &ExternalParents::none()).unwrap();
/// assert_eq!(trace.complete().unwrap().roots().len(), 1);
/// assert!(index.trace("1-66a00000-ffffffffffffffffffffffff", &ExternalParents::none()).is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
    /// The place of the last entry of each trace.
    last: HashMap<Key, u32>,
    untraced: Vec<Arrival>,
    whereabouts: Whereabouts,
    judges_age: bool,
}

#[derive(Clone, Debug)]
pub(in crate::trace) struct Entry {
    pub(in crate::trace) arrival: Arrival,
    /// The place of the entry before it in its trace.
    before: Option<u32>,
}

/// A trace id, as text. One of the usual length costs no allocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Usual([u8; USUAL]),
    Other(Box<str>),
}

impl Key {
    fn of(id: &str) -> Key {
        match id.as_bytes().try_into() {
            Ok(bytes) => Key::Usual(bytes),
            Err(_) => Key::Other(id.into()),
        }
    }
}

impl Index {
    /// One without documents.
    pub fn new() -> Index {
        Index::default()
    }

    /// Looks at the time in trace ids too: a trace has the defect `trace-id-age` where it is more than
    /// 30 days before the first of its documents arrived, or more than 5 minutes after. Documents
    /// whose time of arrival is not known tell nothing.
    ///
    /// X-Ray no longer looks at that time. By AWS's documentation it takes ids of W3C in its own form,
    /// which have none, and an id that came with a request may be old.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use xray_phantom::DefectCode;
    /// use xray_phantom::json::Document;
    /// use xray_phantom::model::Timestamp;
    /// use xray_phantom::trace::{Arrival, ExternalParents, Index};
    ///
    /// let id = "1-00000000-0123456789abcdef01234567"; // 1 January 1970
    /// let text = format!(r#"{{"trace_id": "{id}", "id": "00000000000000a1", "name": "api", "start_time": 1, "end_time": 2}}"#);
    /// let days = |days: u64| Timestamp::from_nanos(0) + Duration::from_secs(days * 24 * 60 * 60);
    /// let codes = |arrived: Timestamp| {
    ///     let mut index = Index::new().judging_age();
    ///     let document = Arc::new(Document::parse(&text).unwrap());
    ///     index.enter(Arrival { seq: 0, arrived: Some(arrived), document });
    ///     let trace = index.trace(id, &ExternalParents::none()).unwrap();
    ///     trace.defects().map(|defect| defect.code()).collect::<Vec<_>>()
    /// };
    /// assert_eq!(codes(days(30)), []);
    /// assert_eq!(codes(days(31)), [DefectCode::TraceIdAge]);
    /// ```
    #[must_use = "the index that was given is moved"]
    pub fn judging_age(mut self) -> Index {
        self.judges_age = true;
        self
    }

    /// Enters a document.
    pub fn enter(&mut self, arrival: Arrival) {
        let Ok(place) = u32::try_from(self.entries.len()) else {
            unreachable!("four thousand million documents do not fit into any memory")
        };
        let trace_id = Entity::of(arrival.document.root()).and_then(|entity| entity.trace_id());
        let Some(key) = trace_id.as_deref().map(Key::of) else {
            self.untraced.push(arrival);
            return;
        };
        let before = self.last.insert(key, place);
        self.entries.push(Entry { arrival, before });
    }

    /// How many traces there are.
    pub fn len(&self) -> usize {
        self.last.len()
    }

    /// Whether there is no trace.
    pub fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// What has arrived of the trace with this id, compared as text.
    pub fn trace(&self, id: &str, external: &ExternalParents) -> Option<PartialTrace> {
        let last = *self.last.get(&Key::of(id))?;
        self.looked_elsewhere(vec![self.tree(last, external)]).pop()
    }

    /// What has arrived of the traces with these ids, in their order; what is not here is left out.
    pub(crate) fn some(
        &self,
        ids: impl Iterator<Item: AsRef<str>>,
        external: &ExternalParents,
    ) -> Vec<PartialTrace> {
        let last = ids.filter_map(|id| self.last.get(&Key::of(id.as_ref())).copied());
        let trees = last.map(|last| self.tree(last, external));
        self.looked_elsewhere(trees.collect())
    }

    /// All traces in order of start, then id.
    pub fn traces(&self, external: &ExternalParents) -> Vec<PartialTrace> {
        let trees = self.last.values().map(|last| self.tree(*last, external));
        let mut traces = self.looked_elsewhere(trees.collect());
        traces.sort_by_cached_key(|trace| {
            let start = trace.start_time();
            (start.is_none(), start, trace.id().to_owned())
        });
        traces
    }

    /// The documents that name no trace. The service answers `MissingTraceId` to them.
    pub fn untraced(&self) -> &[Arrival] {
        &self.untraced
    }

    /// The tree of the trace whose last entry this is.
    fn tree(&self, last: u32, external: &ExternalParents) -> Tree {
        let mut tree = build(self.of_trace(last), external);
        if self.judges_age {
            judge_age(&mut tree);
        }
        tree
    }

    /// The documents of a trace, the last one first.
    fn of_trace(&self, last: u32) -> Vec<Arrival> {
        let entry = |place: u32| &self.entries[place as usize];
        std::iter::successors(Some(entry(last)), |at| at.before.map(entry))
            .map(|entry| entry.arrival.clone())
            .collect()
    }

    fn looked_elsewhere(&self, mut trees: Vec<Tree>) -> Vec<PartialTrace> {
        missing::look_elsewhere(&mut trees, |wanted| {
            self.whereabouts.find(wanted, &self.entries)
        });
        trees.into_iter().map(PartialTrace::new).collect()
    }
}

/// The length of `1-`, 8 digits, `-` and 24 digits.
const USUAL: usize = 35;
