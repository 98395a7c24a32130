//! In which order documents come, and how often, cannot be seen.

use std::sync::Arc;

use proptest::prelude::*;
use xray_phantom::json::Document;
use xray_phantom::trace::{Arrival, ExternalParents, assemble};

/// A document of few ids, so that whatever can happen between documents does.
fn crowded() -> impl Strategy<Value = String> {
    let id = || prop::sample::select(vec!["a", "b", "c", "d", "0000000000000000", ""]);
    let time = || 0..4_u32;
    let embedded = (
        id(),
        time(),
        prop::option::of(time()),
        prop::sample::select(vec!["x", "y"]),
    );
    (
        prop::sample::select(vec!["t", "u"]),
        prop::option::of(id()),
        id(),
        any::<bool>(),
        (time(), prop::option::of(time()), any::<bool>()),
        prop::collection::vec(embedded, 0..3),
    )
        .prop_map(|(trace, parent, id, is_segment, (start, ended, fault), embedded)| {
            let end = |end: Option<u32>| {
                end.map_or(r#","in_progress":true"#.to_owned(), |end| format!(r#","end_time":{end}"#))
            };
            let inside: Vec<String> = embedded
                .iter()
                .map(|(id, start, ended, name)| {
                    let ended = end(*ended);
                    format!(r#"{{"id":"{id}","name":"{name}","start_time":{start}{ended},"namespace":"remote"}}"#)
                })
                .collect();
            let kind = if is_segment { "" } else { r#","type":"subsegment""# };
            let parent = parent.map_or(String::new(), |parent| format!(r#","parent_id":"{parent}""#));
            let (ended, inside) = (end(ended), inside.join(","));
            format!(
                r#"{{"trace_id":"{trace}","id":"{id}","name":"n","start_time":{start}{ended},"fault":{fault}{kind}{parent},"subsegments":[{inside}]}}"#
            )
        })
}

/// All that can be seen of documents in this order.
fn seen(documents: &[String]) -> String {
    let arrivals = documents.iter().map(|text| Arrival {
        seq: 0,
        arrived: None,
        document: Arc::new(Document::parse(text).unwrap()),
    });
    let traces = assemble(arrivals, &ExternalParents::none()).traces;
    let seen = traces.iter().map(|trace| {
        let defects: Vec<String> = trace
            .defects()
            .map(|defect| format!("{}: {defect}", defect.code()))
            .collect();
        let view = trace.service_view();
        format!("{trace}{defects:#?}{:#?}", view.segments())
    });
    seen.collect()
}

proptest! {
    #[test]
    fn no_order_and_no_repetition_of_documents_can_be_seen(
        documents in prop::collection::vec(crowded(), 0..10),
        shuffled in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let mut other = documents.clone();
        if !documents.is_empty() {
            other.push(documents[shuffled.index(documents.len())].clone());
        }
        // Fisher and Yates, by a hash of the seed and the place.
        for place in (1..other.len()).rev() {
            let hash = seed.rotate_left(u32::try_from(place).unwrap() * 7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let with = usize::try_from(hash >> 33).unwrap() % (place + 1);
            other.swap(place, with);
        }
        prop_assert_eq!(seen(&documents), seen(&other));
    }
}
