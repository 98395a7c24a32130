//! The rules, held against this package.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tidy::exemplified::unexemplified;
use crate::tidy::manifest::{dependencies, outdated};
use crate::tidy::rules::violations;
use crate::tidy::skipped::{skipped_examples, skipped_tests};

#[test]
fn sources_keep_the_house_rules() {
    let found = violations(&sources("src"), &dependencies(&read("Cargo.toml")));
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_test_and_no_example_is_ignored() {
    let mut found = skipped_examples(&sources("src"));
    found.extend(skipped_tests(&sources("src")));
    found.extend(skipped_tests(&sources("tests")));
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_assertion_shows_what_passes_and_what_panics() {
    let found = unexemplified(&sources("src"));
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_change_log_begins_with_the_version_of_the_manifest() {
    assert_eq!(outdated(&read("CHANGELOG.md"), &read("Cargo.toml")), None);
}

#[test]
fn the_top_level_holds_what_it_is_meant_to() {
    let strangers: Vec<String> = entries(&package())
        .iter()
        .filter_map(|entry| entry.file_name()?.to_str().map(str::to_owned))
        .filter(|name| !TOP_LEVEL.contains(&&**name))
        .collect();
    assert_eq!(
        strangers,
        [""; 0],
        "only {} belong there",
        TOP_LEVEL.join(", ")
    );
}

/// The Rust files below `folder` with their paths, sorted.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![package().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder) {
            let name = entry.file_name().unwrap_or_default();
            if entry.is_dir() {
                // Packages of their own below `tests/` build and install there.
                if name != "target" && name != "environment" {
                    folders.push(entry);
                }
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let below = entry.strip_prefix(package()).unwrap_or(&entry);
                let path = below.to_string_lossy().replace('\\', "/");
                found.push((path.clone(), read(&path)));
            }
        }
    }
    assert!(!found.is_empty(), "a check of no sources proves nothing");
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match entries {
        Ok(entries) => entries.iter().map(fs::DirEntry::path).collect(),
        Err(error) => panic!("cannot list {}: {error}", folder.display()),
    }
}

/// The text of a file of the package.
fn read(path: &str) -> String {
    match fs::read_to_string(package().join(path)) {
        Ok(text) => text,
        Err(error) => panic!("cannot read {path}: {error}"),
    }
}

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What git ignores may lie there too.
const TOP_LEVEL: &[&str] = &[
    ".ci",
    ".git",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "examples",
    "fixtures",
    "schemas",
    "src",
    "target",
    "tests",
];
