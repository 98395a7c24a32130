//! What the benches share.
#![allow(dead_code, reason = "no bench uses all of it")]

#[allow(
    unreachable_pub,
    reason = "what measures beside the peers is a library"
)]
pub mod workloads;

/// A segment with one AWS call: 607 bytes, 637 with the header line.
pub(crate) const SEGMENT: &str = concat!(
    r#"{"name":"OrdersWorker","id":"53995c3f42cd8ad8","trace_id":"1-5759e988-bd862e3fe1be46a994272793","#,
    r#""start_time":1721763840.250113,"end_time":1721763840.296425,"annotations":{"order_id":"o-1","items":3},"#,
    r#""aws":{"xray":{"sdk":"X-Ray Rust","sdk_version":"2.15.0"}},"http":{"response":{"status":201}},"#,
    r#""subsegments":[{"name":"DynamoDB","id":"6a2f1b3c4d5e6f70","start_time":1721763840.251001,"#,
    r#""end_time":1721763840.295872,"namespace":"aws","aws":{"operation":"PutItem","region":"us-east-1","#,
    r#""request_id":"4MMTVGKBRQOVUJNRBPVLQ3HVUJVV4KQNSO5AEMVJF66Q9ASUAAJG","table_name":"Orders"},"#,
    r#""http":{"response":{"status":200}}}]}"#
);

/// How many rounds there are: one with `--test`.
pub(crate) fn rounds() -> usize {
    if std::env::args().any(|argument| argument == "--test") {
        1
    } else {
        401
    }
}

/// The heading of the table that `report` fills.
pub(crate) fn title() {
    println!(
        "{:44} {:>10} {:>21} {:>8}",
        "figure", "median", "quartiles", "limit"
    );
}

pub(crate) fn ratios(case: &[f64], unit: &[f64]) -> Vec<f64> {
    case.iter()
        .zip(unit)
        .map(|(case, unit)| case / unit)
        .collect()
}

pub(crate) fn scaled(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|value| value * factor).collect()
}

pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 2)
}

/// The value below which `quarters` quarters of the values lie.
pub(crate) fn quantile(values: &[f64], quarters: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) * quarters / 4]
}

pub(crate) fn report(figure: &str, unit: &str, values: &[f64], limit: Option<f64>) {
    let quartiles = format!("{:.2} to {:.2}", quantile(values, 1), quantile(values, 3));
    let limit = limit.map_or(String::new(), |limit| format!("<= {limit}"));
    println!(
        "{figure:44} {:>7.2} {unit:2} {quartiles:>21} {limit:>8}",
        median(values)
    );
}
