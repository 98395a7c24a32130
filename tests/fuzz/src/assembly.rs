//! What holds for the traces of any documents.

use xray_phantom::json::Document;
use xray_phantom::trace::{
    Arrival, Assembly, Defect, DefectCode, ExternalParents, Index, PartialTrace, assemble,
};

use crate::text::is_printable;

/// Assembles the documents, again in another order, and shows the traces in each form. `choice`
/// says which order: all of them would take more time than they find.
pub(crate) fn holds(arrivals: &[Arrival], choice: usize) {
    let assembly = assembled(arrivals.iter());
    let is_named = |arrival: &&Arrival| {
        let id = arrival.document.root().get("trace_id");
        id.is_some_and(|id| id.as_str().is_some())
    };
    let named = arrivals.iter().filter(is_named).count();
    assert_eq!(named + assembly.untraced.len(), arrivals.len());

    let half = arrivals.len() / 2;
    let other = match choice % 3 {
        0 => assembled(arrivals.iter().rev()),
        1 => assembled(arrivals[half..].iter().chain(&arrivals[..half])),
        // What comes twice changes nothing.
        _ => assembled(arrivals.iter().chain(arrivals)),
    };
    assert_eq!(told(&assembly.traces), told(&other.traces));

    let is_orphan = |defect: &Defect| defect.code() == DefectCode::Orphan;
    if assembly
        .traces
        .iter()
        .any(|trace| trace.defects().any(is_orphan))
    {
        for trace in assemble(arrivals.iter().cloned(), &ExternalParents::any()).traces {
            for orphan in trace.defects().filter(|defect| is_orphan(defect)) {
                assert!(orphan.to_string().contains("names no parent"), "{orphan}");
            }
            shown(trace);
        }
    }
    for trace in assembly.traces {
        is_whole(&trace);
        shown(trace);
    }
}

/// As `assemble` does it, with what is judged on request.
fn assembled<'a>(arrivals: impl Iterator<Item = &'a Arrival>) -> Assembly {
    let mut index = Index::new().judging_age();
    arrivals.cloned().for_each(|arrival| index.enter(arrival));
    Assembly {
        traces: index.traces(&ExternalParents::none()),
        untraced: index.untraced().to_vec(),
    }
}

/// The texts of traces and of what is wrong with them.
fn told(traces: &[PartialTrace]) -> Vec<(String, Vec<String>)> {
    let defects = |trace: &PartialTrace| {
        let told = trace
            .defects()
            .map(|defect| format!("{} {:?} {defect}", defect.seq(), defect.id()));
        told.collect()
    };
    traces
        .iter()
        .map(|trace| (trace.to_string(), defects(trace)))
        .collect()
}

/// Each entity stands in one place, and its parent knows it.
fn is_whole(trace: &PartialTrace) {
    let mut children = 0;
    for node in trace.nodes() {
        for child in node.children() {
            children += 1;
            let parent = child.parent().expect("a child has a parent");
            assert!(std::ptr::eq(
                parent.entity().json().raw(),
                node.entity().json().raw()
            ));
        }
    }
    assert_eq!(trace.nodes().len(), trace.roots().len() + children);
    for defect in trace.defects() {
        is_printable(&defect.to_string());
    }
}

/// One line an entity, in each form.
fn shown(trace: PartialTrace) {
    for segment in trace.service_view().segments() {
        let document = segment.document();
        assert!(Document::parse(document).is_ok(), "{document}");
    }
    let count = trace.nodes().len();
    let tree = trace.to_string();
    is_printable(&tree);
    assert_eq!(tree.lines().count(), count + 1, "{tree}");
    let Ok(trace) = trace.complete() else {
        return;
    };
    assert_eq!(trace.to_string(), tree);
    let (timeline, outline) = (trace.timeline().to_string(), trace.outline());
    is_printable(&timeline);
    is_printable(&outline);
    assert_eq!(timeline.lines().count(), count, "{timeline}");
    assert_eq!(outline.split('\n').count(), count, "{outline}");
    let all = trace.outlined().durations().in_order().metadata();
    let outline = all.to_string();
    is_printable(&outline);
    assert_eq!(outline.split('\n').count(), count, "{outline}");
}
