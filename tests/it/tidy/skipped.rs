//! Tests and examples that would not run.

use crate::tidy::tokens::Tokens;

/// The tests that carry `#[ignore]`.
pub(crate) fn skipped_tests(sources: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources {
        let Ok(tokens) = Tokens::read(text) else {
            found.push(format!("{path}: this is not Rust"));
            continue;
        };
        for (at, token) in tokens.iter() {
            // The attribute itself, or the one that a `cfg_attr` sets.
            let attribute = ["ignore", "cfg_attr"]
                .iter()
                .any(|name| tokens.reads(at, &["#", "[", name]));
            let ignores = |at: usize| {
                tokens.text(at) == "ignore" && ["[", ","].contains(&tokens.before(at, 1))
            };
            if attribute && (at..tokens.partner(at + 1)).any(ignores) {
                found.push(format!(
                    "{path}:{}: `#[ignore]`: a test that is not run",
                    token.line
                ));
            }
        }
    }
    found
}

/// The examples in documentation whose fence says `ignore`.
pub(crate) fn skipped_examples(sources: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources {
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim_start();
            let documentation = line
                .strip_prefix("///")
                .or_else(|| line.strip_prefix("//!"));
            let fence = documentation.map(str::trim_start).unwrap_or_default();
            let words = fence.trim_start_matches(['`', '~']);
            if fence.len() - words.len() < 3 {
                continue;
            }
            // `ignore-windows` too is an example that somebody does not run.
            let mut words = words.split([',', ' ']);
            if words.any(|word| word.starts_with("ignore")) {
                found.push(format!(
                    "{path}:{number}: `{fence}`: an example that is not run"
                ));
            }
        }
    }
    found
}

fn planted(text: &str) -> [(String, String); 1] {
    [("src/a.rs".to_owned(), text.to_owned())]
}

#[test]
fn an_ignored_test_is_caught() {
    for text in [
        "#[test]\n#[ignore]\nfn f() {}",
        "#[test]\n#[ignore = \"slow\"]\nfn f() {}",
        "#[test]\n#[cfg_attr(unix, ignore)]\nfn f() {}",
        "m! {\n#[ignore] fn f() {} }",
    ] {
        assert_eq!(
            skipped_tests(&planted(text)),
            ["src/a.rs:2: `#[ignore]`: a test that is not run"]
        );
    }
}

#[test]
fn an_ignore_in_a_string_a_comment_or_another_attribute_is_none() {
    for text in [
        "fn f() { g(\"#[ignore]\") } // #[ignore]",
        "/// Takes #[ignore] from a test.\nfn ignore() {}",
        "#[rule(case, ignore)]\nfn f() {}",
        "#[cfg_attr(ignore, test)]\nfn f() {}",
        "fn f() { g[ignore] }",
    ] {
        assert_eq!(skipped_tests(&planted(text)), [""; 0]);
    }
}

#[test]
fn an_ignored_example_is_caught() {
    for (text, fence) in [
        ("//! ```ignore\n//! a\n//! ```\n", "```ignore"),
        ("    /// ```rust,ignore", "```rust,ignore"),
        ("/// ````ignore-windows", "````ignore-windows"),
        ("/// ~~~ignore", "~~~ignore"),
    ] {
        assert_eq!(
            skipped_examples(&planted(text)),
            [format!("src/a.rs:1: `{fence}`: an example that is not run")]
        );
    }
}

#[test]
fn an_example_that_compiles_is_no_skipped_one() {
    for text in [
        "/// ```\n/// ignore();\n/// ```\n",
        "/// ```no_run",
        "/// ```should_panic",
        "/// Do not write `ignore`.",
        "// ```ignore",
        "const TEXT: &str = \"```ignore\";",
    ] {
        assert_eq!(skipped_examples(&planted(text)), [""; 0]);
    }
}
