//! The outlines of the corpora: what the official SDKs sent, as a reader sees it.
#![expect(
    clippy::format_push_string,
    reason = "a test is read more often than it is run"
)]

use std::fs;
use std::path::PathBuf;

use xray_phantom::CaptureFile;
use xray_phantom::trace::ExternalParents;

use crate::support::fixture;

fn scenarios() -> Vec<(String, PathBuf)> {
    let mut scenarios = Vec::new();
    for sdk in ["node", "python"] {
        for entry in fs::read_dir(fixture(&format!("corpora/{sdk}"))).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "jsonl")
            {
                let name = path.file_stem().unwrap().to_str().unwrap();
                scenarios.push((format!("{sdk}/{name}"), path));
            }
        }
    }
    scenarios.sort();
    scenarios
}

/// The outlines of a capture. Lambda sends the segments of its functions itself.
fn outlines(name: &str, path: &PathBuf) -> String {
    let external = match name {
        "node/13_lambda" | "python/22_lambda" => ExternalParents::any(),
        _ => ExternalParents::none(),
    };
    let traces = CaptureFile::read(path).unwrap().traces_with(&external);
    let mut outlines: Vec<String> = traces
        .iter()
        .map(xray_phantom::PartialTrace::outline)
        .collect();
    outlines.sort();
    outlines.join("\n\n")
}

#[test]
fn the_outlines_of_all_scenarios_are_good_to_read() {
    let scenarios = scenarios();
    assert_eq!(scenarios.len(), 34);
    let mut text = String::new();
    let mut empty = 0;
    for (name, path) in &scenarios {
        let outlines = match outlines(name, path) {
            none if none.is_empty() => {
                empty += 1;
                "(no datagram)".to_owned()
            }
            some => some,
        };
        text.push_str(&format!("== {name}\n\n{outlines}\n\n"));
    }
    assert_eq!(empty, 4);
    insta::assert_snapshot!(text);
}
