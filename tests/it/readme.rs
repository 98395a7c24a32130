//! The README shows the test in `readme_test.rs`, to the letter.

#[test]
fn the_readme_shows_the_test_that_runs_here() {
    let shown = include_str!("readme_test.rs");
    let readme = include_str!("../../README.md");
    let blocks: Vec<&str> = readme
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(
        blocks.contains(&shown),
        "the README does not show tests/it/readme_test.rs"
    );
}
