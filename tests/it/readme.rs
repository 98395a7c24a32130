//! The README shows the test in `readme_test.rs`, to the letter, and lines of an example.

#[test]
fn the_readme_shows_the_test_that_runs_here() {
    let shown = include_str!("readme_test.rs");
    assert!(
        blocks().contains(&shown),
        "the README does not show tests/it/readme_test.rs"
    );
}

#[test]
fn the_readme_shows_lines_of_the_example_that_runs() {
    let trimmed = |text: &str| -> String {
        text.lines()
            .map(|line| line.trim().to_owned() + "\n")
            .collect()
    };
    let example = trimmed(include_str!("../../examples/opentelemetry.rs"));
    let shown = blocks()
        .into_iter()
        .find(|block| block.contains("before_fence"));
    assert!(
        example.contains(&trimmed(shown.unwrap())),
        "the README does not show lines of examples/opentelemetry.rs"
    );
}

/// The blocks of Rust in the README.
fn blocks() -> Vec<&'static str> {
    include_str!("../../README.md")
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}
