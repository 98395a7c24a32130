//! Plants sources: `planted_paths` and `planted_code` hold those that break one rule each, and
//! those that come close and break none.

use crate::tidy::rules::violations;

#[track_caller]
pub(crate) fn check(planted: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(found(planted, &["libc", "serde", "tokio"]), expected);
}

pub(crate) fn found(planted: &[(&str, &str)], dependencies: &[&str]) -> Vec<String> {
    let owned = |(path, text): &(&str, &str)| (format!("src/{path}"), (*text).to_owned());
    let sources: Vec<_> = planted.iter().map(owned).collect();
    let dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
    violations(&sources, &dependencies)
}
