//! Examples: one small program for each task.

use super::source::of_folder;

/// Most lines of an example.
const MAX_LINES: usize = 60;

/// Examples that are longer for now.
const NOT_YET: &[&str] = &["examples/web/src/main.rs"];

#[test]
fn every_example_is_short() {
    let examples = of_folder("examples", "examples").into_iter();
    let examples: Vec<_> = examples.filter(|source| !source.path.contains("/tests/")).collect();
    assert!(examples.len() >= 8, "{}", examples.len());
    let long = |source: &super::source::Source| source.text.lines().count() > MAX_LINES;
    let is_known = |path: &str| NOT_YET.contains(&path);
    for source in &examples {
        let lines = source.text.lines().count();
        assert!(!long(source) || is_known(&source.path), "{}: {lines} lines", source.path);
    }
}
