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
fn the_readme_shows_lines_of_the_examples_that_run() {
    let trimmed = |text: &str| -> String {
        text.lines()
            .map(|line| line.trim().to_owned() + "\n")
            .collect()
    };
    for (name, example, part) in [
        (
            "opentelemetry",
            include_str!("../../examples/opentelemetry.rs"),
            "before_fence",
        ),
        (
            "../tests/it/dynamodb",
            include_str!("dynamodb.rs"),
            "rendezvous(3)",
        ),
        (
            "../tests/it/trace_snapshot",
            include_str!("trace_snapshot.rs"),
            "assert_trace_snapshot!(trace, @r",
        ),
        (
            "../tests/it/golden",
            include_str!("golden.rs"),
            "daemon.save(&golden)",
        ),
        (
            "service",
            include_str!("../../examples/service.rs"),
            "recorder.serving(",
        ),
    ] {
        let shown = blocks().into_iter().find(|block| block.contains(part));
        assert!(
            trimmed(example).contains(&trimmed(shown.unwrap())),
            "the README does not show lines of examples/{name}.rs"
        );
    }
}

/// The blocks of Rust in the README.
fn blocks() -> Vec<&'static str> {
    include_str!("../../README.md")
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}
