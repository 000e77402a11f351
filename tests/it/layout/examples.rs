//! Examples: one small program for each task.

use super::source::of_folder;

/// Most lines of an example.
const MAX_LINES: usize = 60;

#[test]
fn every_example_is_short() {
    let examples = of_folder("examples", "examples").into_iter();
    let examples: Vec<_> = examples.filter(|source| !source.path.contains("/tests/")).collect();
    assert!(examples.len() >= 8, "{}", examples.len());
    for source in &examples {
        let lines = source.text.lines().count();
        assert!(lines <= MAX_LINES, "{}: {lines} lines", source.path);
    }
}
