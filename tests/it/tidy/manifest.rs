//! The few facts that the rules need from `Cargo.toml` and `CHANGELOG.md`.

use std::collections::BTreeSet;

/// The names by which the library calls its dependencies: of all platforms, optional ones too,
/// those of tests and build scripts not.
pub(crate) fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in lines(manifest) {
        let table = match &*line.table {
            [target, _, below @ ..] if target == "target" => below,
            table => table,
        };
        // `[dependencies.tokio]` says the same as a key `tokio` below `[dependencies]`.
        let name = match table {
            [first] if first == "dependencies" => line.key.first(),
            [first, name] if first == "dependencies" => Some(name),
            _ => None,
        };
        names.extend(name.map(|name| name.replace('-', "_")));
    }
    names
}

/// What is wrong with the newest version of a change log.
pub(crate) fn outdated(changelog: &str, manifest: &str) -> Option<String> {
    let heading = changelog.lines().find_map(|line| line.strip_prefix("## "));
    let newest = heading
        .and_then(|heading| heading.split_whitespace().next())
        .map_or("nothing", |version| {
            version.trim_matches(|sign| "[]".contains(sign))
        });
    let version = lines(manifest)
        .into_iter()
        .find(|line| line.table == ["package"] && line.key == ["version"])
        .map(|line| line.value.trim_matches('"').to_owned())
        .unwrap_or_default();
    let current = newest == "Unreleased" || newest == version;
    (!current).then(|| {
        format!(
            "CHANGELOG.md begins with {newest}: expected {version}, as in Cargo.toml, or Unreleased"
        )
    })
}

/// A line `key = value`, or the heading of a table, with an empty key.
struct Line {
    table: Vec<String>,
    key: Vec<String>,
    value: String,
}

/// The lines of a manifest, without those that continue a value.
fn lines(manifest: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut table = Vec::new();
    let mut depth = 0;
    for text in manifest.lines() {
        let (text, opened) = without_comment(text);
        if depth > 0 {
            depth += opened;
        } else if let Some(heading) = text.strip_prefix('[') {
            table = dotted(heading.trim_end_matches(']').trim_start_matches('['));
            lines.push(Line {
                table: table.clone(),
                key: Vec::new(),
                value: String::new(),
            });
        } else if let Some((key, value)) = text.split_once('=') {
            lines.push(Line {
                table: table.clone(),
                key: dotted(key),
                value: value.trim().to_owned(),
            });
            depth += opened;
        }
    }
    lines
}

/// A line up to its comment, and how many more brackets it opens than it closes.
fn without_comment(line: &str) -> (&str, i32) {
    let mut quote = None;
    let mut opened = 0;
    for (at, sign) in line.char_indices() {
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (None, '"' | '\'') => quote = Some(sign),
            (None, '[' | '{') => opened += 1,
            (None, ']' | '}') => opened -= 1,
            (None, '#') => return (line[..at].trim(), opened),
            _ => {}
        }
    }
    (line.trim(), opened)
}

/// The parts of `target.'cfg(target_os = "linux")'.dependencies`.
fn dotted(key: &str) -> Vec<String> {
    let mut quote = None;
    let mut parts = Vec::new();
    let mut part = String::new();
    for sign in key.trim().chars() {
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (None, '"' | '\'') => quote = Some(sign),
            (None, '.') => parts.push(std::mem::take(&mut part)),
            (None, ' ' | '\t') => {}
            (_, _) => part.push(sign),
        }
    }
    parts.push(part);
    parts
}

#[track_caller]
fn check_dependencies(manifest: &str, expected: &[&str]) {
    let found = dependencies(manifest);
    assert_eq!(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn dependencies_of_every_form_are_found() {
    check_dependencies(
        "[dependencies]\n\
         serde-json = \"1\" # = not tokio\n\
         base64.version = \"1\"\n\
         hyper = { version = \"1\", features = [\n  \"http1\",\n  # [\n  a = b,\n] }\n\
         [dependencies.tokio]\n\
         version = \"1\"\n\
         [target.'cfg(target_os = \"linux\")'.dependencies]\n\
         libc = \"0.2\"\n\
         [target.'cfg(unix)'.dependencies.nix]\n\
         version = \"1\"\n",
        &["base64", "hyper", "libc", "nix", "serde_json", "tokio"],
    );
}

#[test]
fn dependencies_of_tests_and_build_scripts_do_not_count() {
    check_dependencies(
        "[package]\nname = \"a\"\n[dev-dependencies]\nproptest = \"1\"\n\
         [build-dependencies]\ncc = \"1\"\n\
         [target.'cfg(unix)'.dev-dependencies]\nnix = \"1\"\n[features]\ntesting = []\n",
        &[],
    );
}

const MANIFEST: &str = "[package]\nversion = \"0.2.0\"\n[dependencies]\nversion = \"1\"\n";

#[test]
fn a_change_log_that_lags_behind_is_caught() {
    assert_eq!(
        outdated(
            "# Changes\n\n## [0.1.0] - 2025-01-01\n\n## 0.2.0\n",
            MANIFEST
        )
        .as_deref(),
        Some("CHANGELOG.md begins with 0.1.0: expected 0.2.0, as in Cargo.toml, or Unreleased")
    );
    assert_eq!(
        outdated("# Changes\n", MANIFEST).as_deref(),
        Some("CHANGELOG.md begins with nothing: expected 0.2.0, as in Cargo.toml, or Unreleased")
    );
}

#[test]
fn a_change_log_may_begin_with_the_version_or_unreleased() {
    for heading in [
        "## 0.2.0",
        "## [0.2.0] - 2025-01-01",
        "## Unreleased",
        "## [Unreleased]",
    ] {
        assert_eq!(
            outdated(&format!("# Changes\n\n{heading}\n\n## 0.1.0\n"), MANIFEST),
            None
        );
    }
}
