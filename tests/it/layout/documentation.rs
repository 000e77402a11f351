//! Examples in the documentation: at least 15 for 100 public items of every room.

use std::collections::BTreeMap;

use super::source::{Source, libraries};

/// Examples for 100 public items that every room has at least.
const EXAMPLES: usize = 15;

/// Counts the public items of a file: types, functions, constants, and methods of public types.
fn public_items(source: &Source) -> usize {
    let kinds =
        ["struct ", "enum ", "trait ", "type ", "fn ", "const ", "static ", "async fn ", "macro "];
    let lines = source.without_tests().lines().map(str::trim_start);
    lines
        .filter_map(|line| line.strip_prefix("pub "))
        .filter(|item| kinds.iter().any(|kind| item.starts_with(kind)))
        .count()
}

/// Counts the examples of a file that are compiled.
fn examples(source: &Source) -> usize {
    let (mut count, mut inside) = (0, false);
    for (_, lines) in source.doc_comments() {
        for line in lines {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                let compiled = ["", "rust", "no_run", "should_panic", "compile_fail"];
                let is_rust = language.split(',').all(|word| compiled.contains(&word.trim()));
                count += usize::from(!inside && is_rust);
                inside = !inside;
            }
        }
        inside = false;
    }
    count
}

#[test]
fn rooms_have_enough_examples() {
    let mut rooms: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut items, mut all) = (0, 0);
    for source in libraries() {
        let package = source.room.split('/').next().unwrap();
        let room = if package.starts_with("anysms-") { package } else { &source.room };
        let counts = rooms.entry(room.to_owned()).or_default();
        let own = (public_items(&source), examples(&source));
        *counts = (counts.0 + own.0, counts.1 + own.1);
        (items, all) = (items + own.0, all + own.1);
    }
    println!("{all} examples of {items} public items; by room:");
    let mut short = Vec::new();
    for (room, (items, examples)) in rooms.iter().filter(|(_, (items, _))| *items > 0) {
        println!("{:>4} % {room}: {examples} of {items}", examples * 100 / items);
        if examples * 100 < EXAMPLES * items {
            short.push(format!("{room}: {examples} examples of {items} items"));
        }
    }
    assert!(short.is_empty(), "{short:#?}");
}

#[test]
fn examples_are_counted_if_they_are_compiled() {
    let text = "/// A.\n///\n/// ```\n/// use a::A;\n/// ```\n/// ```text\n/// a\n/// ```\npub struct A;\n\n\
                impl A {\n    /// B.\n    /// ```no_run\n    /// ```\n    pub fn b() {}\n}\n";
    let source = Source { path: "a.rs".into(), room: "a".into(), text: text.into() };
    assert_eq!((examples(&source), public_items(&source)), (2, 2));
}
