//! What a report shows, and what it counts.

use xray_phantom::{FakeDaemon, Finding, block_on};

use crate::support::{Emitter, segment, trace_id};

#[test]
fn of_a_trace_that_is_not_complete_what_is_missing_stands_first_and_many_are_counted() {
    let subsegments: Vec<String> = (1..=7)
        .map(|number| format!(r#"{{"id":"b{number:0>15}","name":"open","start_time":1.1}}"#))
        .collect();
    // Their parent is before them in order, and began too early.
    let document = segment(1, "api").replace(
        r#""start_time":1.0,"end_time":1.5"#,
        &format!(
            r#""start_time":1.0,"end_time":1.5,"subsegments":[{{"id":"a000000000000000","name":"early",
               "start_time":0.5,"end_time":1.5,"subsegments":[{}]}}]"#,
            subsegments.join(",")
        ),
    );
    let daemon = FakeDaemon::builder().deny("before-parent").start();
    Emitter::to(&daemon).emit(&document);
    let report = block_on(daemon.verify()).unwrap_err();
    let [.., Finding::Incomplete(_), Finding::Defect { defect, .. }] = report.findings() else {
        panic!("{report}");
    };
    assert_eq!(defect.code().as_str(), "before-parent");
    let open = "  never-closed: the future was dropped, or the program ended, before it was closed: the document of \
                subsegment `open` has no end_time\n";
    let expected = format!(
        "- trace {} is not complete:\n{}  and 2 more\n  trace ",
        trace_id(1),
        open.repeat(5)
    );
    assert!(report.to_string().contains(&expected), "{report}");
}

#[test]
fn of_many_findings_the_first_are_shown_and_the_others_counted() {
    let daemon = FakeDaemon::start();
    let emitter = Emitter::to(&daemon);
    for _ in 0..23 {
        emitter.send("x");
    }
    let report = block_on(daemon.verify()).unwrap_err();
    assert_eq!(report.findings().len(), 23);
    let text = report.to_string();
    assert_eq!(text.matches("\n- datagram ").count(), 20, "{text}");
    assert!(
        text.contains("\n- and 3 more\ndatagrams: 23 received"),
        "{text}"
    );
}
