//! An assertion shows one example that passes and one that must panic.

/// The assertions and matchers in `sources`, pairs of a path and a text, whose documentation lacks
/// one of the two; an assertion of macros that write its examples is theirs to show.
pub(crate) fn unexemplified(sources: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources {
        let mut fences: Vec<&str> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(about) = line.strip_prefix("///") {
                fences.extend(about.trim().strip_prefix("```"));
                continue;
            }
            if let Some(name) = asserts(path, line) {
                // Each block has two fences, of which the first says what it is.
                let has = |sort| fences.iter().step_by(2).any(|fence| *fence == sort);
                for (sort, lacks) in [("", "that passes"), ("should_panic", "that must panic")] {
                    if !has(sort) {
                        let line = index + 1;
                        found.push(format!("{path}:{line}: `{name}` has no example {lacks}"));
                    }
                }
            }
            // What stands between documentation and what it is about.
            if !line.starts_with("#[") && !ATTRIBUTE.iter().any(|part| line.starts_with(part)) {
                fences.clear();
            }
        }
    }
    found
}

/// The name of the assertion or matcher that is declared in a line.
fn asserts<'s>(path: &str, line: &'s str) -> Option<&'s str> {
    let (is_public, name) = match line.strip_prefix("pub fn ") {
        Some(name) => (true, name),
        None => (false, line),
    };
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let (name, rest) = name.split_at(end);
    let is_step = path.starts_with("src/expect/")
        && !path.ends_with("/tree.rs")
        && (is_public && !name.starts_with("try_") || rest.starts_with(", try_"));
    let is_panic = is_public && (name.starts_with("assert_") || name.starts_with("expect_"));
    (!name.is_empty() && (is_step || is_panic)).then_some(name)
}

/// How lines of an attribute begin that has several.
const ATTRIBUTE: [&str; 3] = ["clippy::", "reason =", ")]"];

#[test]
fn an_assertion_without_one_of_its_examples_is_found() {
    let check = |path: &str, text: &str, expected: &[&str]| {
        let sources = [(path.to_owned(), text.to_owned())];
        assert_eq!(unexemplified(&sources), expected);
    };
    let both = "/// ```\n/// a\n/// ```\n///\n/// ```should_panic\n/// b\n/// ```\n#[must_use]\n";
    check(
        "src/expect/a.rs",
        &format!("{both}pub fn name(self) {{"),
        &[],
    );
    check(
        "src/expect/a.rs",
        &format!("{both}name, try_name(a: A)"),
        &[],
    );
    check(
        "src/expect/a.rs",
        &format!("{both}pub fn one(self) {{\n}}\nother, try_other()"),
        &[
            "src/expect/a.rs:11: `other` has no example that passes",
            "src/expect/a.rs:11: `other` has no example that must panic",
        ],
    );
    let passes = "/// ```\n/// a\n/// ```\n";
    check(
        "src/a.rs",
        &format!("{passes}pub fn assert_a(&self) {{"),
        &["src/a.rs:4: `assert_a` has no example that must panic"],
    );
    check(
        "src/a.rs",
        "pub fn a() {\nfn assert_a() {\npub fn try_a() {",
        &[],
    );
}
