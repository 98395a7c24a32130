//! What holds for every report.

use serde::de::IgnoredAny;
use serde_json::Value;
use xray_phantom::cli::Checked;

use crate::text::{is_printable, without_colors};

/// The JSON can be read, the texts can be shown, and neither holds a secret.
pub(crate) fn holds(checked: &Checked) {
    let counts = checked.counts;
    assert_eq!(counts.received, checked.datagrams.len() as u64);
    assert_eq!(
        counts.received,
        counts.accepted + counts.rejected + counts.ignored
    );
    let json = &checked.json;
    assert!(json.ends_with("}\n") && json.matches('\n').count() == 1);
    if let Err(error) = serde_json::from_str::<IgnoredAny>(json) {
        panic!("the report is not JSON: {error}\n{json}");
    }
    // Deeper than this serde_json reads nothing.
    if depth(json) < 128 {
        match serde_json::from_str::<Value>(json) {
            Ok(report) => {
                counts_agree(&report, checked);
                holds_no_secret(&report, checked);
            }
            Err(error) => panic!("the report cannot be read: {error}\n{json}"),
        }
    }
    let text = without_colors(&checked.text);
    is_printable(&text);
    is_printable(&checked.annotations);
    let annotations = as_github_shows(&checked.annotations);
    for secret in long(&checked.secrets) {
        assert!(!text.contains(secret), "{secret:?} in {text}");
        assert!(!annotations.contains(secret), "{secret:?} in {annotations}");
    }
}

/// The bodies of annotations, without the escapes of workflow commands. A title is words of ours.
fn as_github_shows(annotations: &str) -> String {
    let body = |line: &str| Some(line.split_once("title=")?.1.split_once("::")?.1.to_owned());
    let bodies: Vec<String> = annotations.lines().filter_map(body).collect();
    [("%0A", "\n"), ("%0D", "\r"), ("%25", "%")]
        .into_iter()
        .fold(bodies.join("\n"), |text, (from, to)| text.replace(from, to))
}

/// Secrets that no text may hold: of many the first. A shorter one is hidden where it stands as a
/// word.
fn long(secrets: &[String]) -> impl Iterator<Item = &str> {
    let is_long = |secret: &&str| secret.chars().count() >= 8;
    let long = secrets.iter().map(String::as_str).filter(is_long);
    long.take(MOST)
}

/// No text that was received, or that tells of one, holds a secret; our own words may be one.
fn holds_no_secret(report: &Value, checked: &Checked) {
    if checked.secrets.is_empty() {
        return;
    }
    let is_hidden = |text: &str| {
        for secret in long(&checked.secrets) {
            assert!(!text.contains(secret), "{secret:?} in {text:?}");
        }
    };
    // Whether a program has chosen the keys.
    let mut waiting = vec![(report, false)];
    while let Some((value, is_free)) = waiting.pop() {
        match value {
            Value::Array(values) => waiting.extend(values.iter().map(|value| (value, is_free))),
            Value::Object(members) => {
                for (key, value) in members {
                    if is_free {
                        is_hidden(key);
                    } else if OURS.contains(&&**key) {
                        continue;
                    }
                    waiting.push((value, is_free || FREE.contains(&&**key)));
                }
            }
            Value::String(text) => is_hidden(text),
            _ => {}
        }
    }
}

fn counts_agree(report: &Value, checked: &Checked) {
    let counts = checked.counts;
    let datagrams = &report["datagrams"];
    for (key, count) in [
        ("received", counts.received),
        ("accepted", counts.accepted),
        ("rejected", counts.rejected),
        ("ignored", counts.ignored),
    ] {
        assert_eq!(datagrams[key], count);
    }
    let length = |value: &Value| value.as_array().map_or(0, Vec::len) as u64;
    assert_eq!(length(&report["rejections"]), counts.rejected);
    let traces = report["traces"].as_array().expect("traces are an array");
    let lines = |complete| {
        traces
            .iter()
            .filter(|trace| trace["complete"] == complete)
            .count()
    };
    let summary = format!("{} complete, {} not", lines(true), lines(false));
    assert!(
        checked.text.contains(&summary),
        "{summary}: {}",
        checked.text
    );
    assert_eq!(
        checked.is_well && counts.received > 0,
        checked.text.contains("all is well")
    );
}

/// How deep the brackets of a JSON text are nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            b'"' if !escaped => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
        deepest = deepest.max(depth);
    }
    deepest
}

/// Keys of the report whose texts are words of ours.
const OURS: [&str; 5] = ["aws_code", "code", "consequence", "kind", "severity"];
/// Keys of the report that stand before objects with keys of the program's own.
const FREE: [&str; 2] = ["annotations", "metadata"];
/// How many secrets are looked for: more cost more than they find.
const MOST: usize = 20;
