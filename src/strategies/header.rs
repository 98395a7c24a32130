//! Trace headers as they are sent.

use std::fmt;

use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::model::{EntityId, TraceId};
use crate::wire::Sampled;

/// A trace header as some SDK or load balancer writes it, and what it means.
///
/// ```text
/// Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
/// sampled = ?; SELF=1-67891234-000000000000000000000001 ;root=1-5759e988-bd862e3fe1be46a994272793;
/// ```
///
/// Keys come in any order and case, with white space around them and around their values; ids in
/// capitals or not; at the end there may be a semicolon. [`Display`](fmt::Display) is the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderText {
    text: String,
    root: TraceId,
    parent: Option<EntityId>,
    sampled: Option<Sampled>,
    others: Vec<(String, String)>,
}

impl HeaderText {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The trace.
    pub fn root(&self) -> TraceId {
        self.root
    }

    /// The caller's segment or subsegment.
    pub fn parent(&self) -> Option<EntityId> {
        self.parent
    }

    /// The sampling decision.
    pub fn sampled(&self) -> Option<Sampled> {
        self.sampled
    }

    /// What is to be carried on, in order. `Self`, which belongs to the load balancer, is not.
    pub fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        let others = self.others.iter();
        others.map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// The text.
impl fmt::Display for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A trace header with a `Root`, and perhaps more.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::strategies::trace_header;
/// use xray_phantom::wire::TraceHeader;
///
/// proptest!(|(header in trace_header())| {
///     let read = TraceHeader::parse(header.text());
///     prop_assert_eq!(read.root(), Some(header.root()));
///     prop_assert_eq!(read.parent(), header.parent());
///     prop_assert_eq!(read.sampled(), header.sampled());
///     prop_assert_eq!(read.others().collect::<Vec<_>>(), header.others().collect::<Vec<_>>());
///     prop_assert_eq!(read.oddities(), []);
/// });
/// ```
pub fn trace_header() -> impl Strategy<Value = HeaderText> {
    let sampled = prop_oneof![Just(Sampled::Keep), Just(Sampled::Drop), Just(Sampled::Ask)];
    let key = prop_oneof!["Lineage", "X[a-z]{0,6}"];
    let meaning = (
        (EPOCHS, any::<u128>()),
        option::of(any::<u64>()),
        option::of(sampled),
        btree_map(key, "[!-:<-~]{1,12}", 0..3),
        option::weighted(0.2, any::<u64>()),
    );
    (meaning, style(), Just([0, 1, 2, 3, 4, 5]).prop_shuffle()).prop_map(
        |((root, parent, sampled, others, load_balancer), style, order)| {
            let (epoch, chance) = root;
            let root = TraceId::from_bits(u128::from(epoch) << 96 | chance >> 32);
            let parent = parent.map(EntityId::from_bits);
            let own = |id: u64| format!("1-{epoch:08x}-{id:024x}");
            let mut parts = vec![("Root".to_owned(), style.id(root))];
            parts.extend(parent.map(|id| ("Parent".to_owned(), style.id(id))));
            parts.extend(sampled.map(|sampled| ("Sampled".to_owned(), sampled.to_string())));
            parts.extend(load_balancer.map(|id| ("Self".to_owned(), own(id))));
            parts.extend(others);
            let mut ranked: Vec<(usize, (String, String))> = order.into_iter().zip(parts).collect();
            ranked.sort_by_key(|(rank, _)| *rank);
            let parts: Vec<(String, String)> = ranked.into_iter().map(|(_, part)| part).collect();
            let known = ["Root", "Parent", "Sampled", "Self"];
            let others = parts.iter().filter(|(key, _)| !known.contains(&&**key));
            HeaderText {
                text: style.header(&parts, &known),
                root,
                parent,
                sampled,
                others: others.cloned().collect(),
            }
        },
    )
}

/// How a header is written.
#[derive(Clone, Copy, Debug)]
struct Style {
    case: Case,
    /// Around each part, key and value.
    space: &'static str,
    capital_ids: bool,
    ends_with_semicolon: bool,
}

/// The case of the keys that all know.
#[derive(Clone, Copy, Debug)]
enum Case {
    AsDocumented,
    Capitals,
    Small,
}

impl Style {
    fn id(self, id: impl fmt::Display) -> String {
        let id = id.to_string();
        if self.capital_ids {
            return id.to_ascii_uppercase();
        }
        id
    }

    fn header(self, parts: &[(String, String)], known: &[&str]) -> String {
        let space = self.space;
        let parts = parts.iter().map(|(key, value)| {
            let key = match self.case {
                Case::Capitals if known.contains(&&**key) => key.to_ascii_uppercase(),
                Case::Small if known.contains(&&**key) => key.to_ascii_lowercase(),
                _ => key.clone(),
            };
            format!("{key}{space}={space}{value}{space}")
        });
        let mut text = parts.collect::<Vec<_>>().join(&format!(";{space}"));
        if self.ends_with_semicolon {
            text.push(';');
        }
        text
    }
}

fn style() -> impl Strategy<Value = Style> {
    let case = select(&[Case::AsDocumented, Case::Small, Case::Capitals][..]);
    let parts = (
        case,
        select(&["", " ", "\t "][..]),
        any::<bool>(),
        any::<bool>(),
    );
    parts.prop_map(|(case, space, capital_ids, ends_with_semicolon)| Style {
        case,
        space,
        capital_ids,
        ends_with_semicolon,
    })
}

/// From 2015 to 2033.
const EPOCHS: std::ops::Range<u32> = 1_450_000_000..2_000_000_000;
