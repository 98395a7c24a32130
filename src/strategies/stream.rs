//! A trace as it is sent.

use std::fmt;

use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::Index;

use crate::model::EntityKind;
use crate::strategies::entity::{Entity, Setting};
use crate::strategies::json::Json;
use crate::strategies::shape::MAX_ENTITIES;
use crate::strategies::trace::{ValidTrace, trace};
use crate::wire::HEADER_LINE;

/// The documents of a trace in the order in which they arrive, and the trace.
///
/// [`Display`](fmt::Display) is the documents, one a line.
///
/// - A subsegment is embedded in what is around it, sent on its own, both, or embedded in an
///   earlier document of what is around it, as an SDK does that sends ended subsegments ahead.
/// - An entity that ends may have an earlier document, in which it is in progress. There it has
///   the annotation `announced`, which the last one has not.
/// - Some documents come twice.
/// - They come in any order.
#[derive(Clone, Debug)]
pub struct Stream {
    trace: ValidTrace,
    documents: Vec<String>,
}

impl Stream {
    /// What the documents must become.
    pub fn trace(&self) -> &ValidTrace {
        &self.trace
    }

    /// The documents in order of arrival.
    pub fn documents(&self) -> &[String] {
        &self.documents
    }

    /// The same with their header lines.
    pub fn datagrams(&self) -> impl Iterator<Item = Vec<u8>> {
        let documents = self.documents.iter();
        documents.map(|document| [HEADER_LINE, document].concat().into_bytes())
    }
}

/// The documents.
impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut documents = self.documents.iter();
        documents.try_for_each(|document| writeln!(f, "{document}"))
    }
}

/// A trace that is complete, as it is sent. Shrinking brings the documents into order.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::strategies::stream;
/// use xray_phantom::{FakeDaemon, block_on};
///
/// proptest!(ProptestConfig::with_cases(4), |(stream in stream())| {
///     let daemon = FakeDaemon::start();
///     let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
///     for datagram in stream.datagrams() {
///         socket.send_to(&datagram, daemon.address()).unwrap();
///     }
///     let trace = block_on(daemon.expect_one_trace());
///     prop_assert_eq!(trace.nodes().len(), stream.trace().entities());
/// });
/// ```
pub fn stream() -> impl Strategy<Value = Stream> {
    stream_of(trace())
}

/// A trace of yours, as it is sent.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use xray_phantom::strategies::{stream_of, unfinished_trace};
///
/// proptest!(ProptestConfig::with_cases(16), |(stream in stream_of(unfinished_trace()))| {
///     prop_assert!(stream.documents().len() >= stream.trace().documents().len());
/// });
/// ```
pub fn stream_of(traces: impl Strategy<Value = ValidTrace>) -> impl Strategy<Value = Stream> {
    let order = Just((0..MAX_DOCUMENTS).collect::<Vec<usize>>()).prop_shuffle();
    let twice = vec(any::<Index>(), 0..MAX_COPIES);
    (traces, vec(way(), MAX_ENTITIES), twice, order).prop_map(|(trace, ways, twice, order)| {
        let mut sender = Sender {
            setting: trace.setting,
            ways: &ways,
            documents: Vec::new(),
        };
        sender.send(&trace.first);
        let mut documents = sender.documents;
        let copies: Vec<String> = twice.iter().map(|at| at.get(&documents).clone()).collect();
        documents.extend(copies);
        let mut ranked: Vec<(&usize, String)> = order.iter().zip(documents).collect();
        ranked.sort_by_key(|(rank, _)| **rank);
        let documents = ranked.into_iter().map(|(_, document)| document).collect();
        Stream { trace, documents }
    })
}

/// How an entity is sent.
#[derive(Clone, Copy, Debug)]
struct Way {
    place: Place,
    /// Whether it is sent when it begins, too.
    announced: bool,
}

/// Where a subsegment is sent.
#[derive(Clone, Copy, Debug)]
enum Place {
    Ahead,
    Both,
    Embedded,
    OnItsOwn,
}

fn way() -> impl Strategy<Value = Way> {
    let place = prop_oneof![
        2 => Just(Place::Embedded),
        2 => Just(Place::OnItsOwn),
        1 => Just(Place::Both),
        1 => Just(Place::Ahead),
    ];
    (place, weighted(0.25)).prop_map(|(place, announced)| Way { place, announced })
}

struct Sender<'a> {
    setting: Setting,
    ways: &'a [Way],
    documents: Vec<String>,
}

impl Sender<'_> {
    /// Sends an entity with all that hangs below it; gives what its parent is to hold, and where.
    fn send(&mut self, entity: &Entity) -> Option<(Place, Json)> {
        let way = self.ways[entity.number];
        // What has not ended has one document: two would not tell which of them is the last.
        let announced = entity.end.is_some() && way.announced;
        if announced {
            let document = self.setting.announcement(entity, Vec::new());
            self.documents.push(document.to_string());
        }
        let (mut ahead, mut embedded) = (Vec::new(), Vec::new());
        for subsegment in &entity.subsegments {
            match self.send(subsegment) {
                Some((Place::Ahead, json)) if entity.end.is_some() => ahead.push(json),
                Some((_, json)) => embedded.push(json),
                None => {}
            }
        }
        if let Some(callee) = &entity.callee {
            self.send(callee);
        }
        if !ahead.is_empty() {
            let document = self.setting.announcement(entity, ahead);
            self.documents.push(document.to_string());
        }
        let document = self.setting.document(entity, embedded.clone());
        match way.place {
            _ if entity.kind == EntityKind::Segment => {}
            place @ (Place::Ahead | Place::Embedded) => {
                return Some((place, self.setting.embedded(entity, embedded)));
            }
            Place::Both => {
                self.documents.push(document.to_string());
                return Some((Place::Both, self.setting.embedded(entity, Vec::new())));
            }
            Place::OnItsOwn => {}
        }
        self.documents.push(document.to_string());
        None
    }
}

/// Each entity may have two earlier documents and one of its own, and some come twice.
const MAX_DOCUMENTS: usize = 3 * MAX_ENTITIES + MAX_COPIES;
const MAX_COPIES: usize = 6;
