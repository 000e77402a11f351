//! No public type name stands in two rooms.

use std::collections::BTreeMap;

use super::source::{Source, libraries, without_comments_and_texts, words};

/// Names that stand in two rooms for now, each until the rooms are done.
const NOT_YET: [&str; 0] = [];

/// The names of the public types of a file.
fn public_types(source: &str) -> Vec<String> {
    let code = without_comments_and_texts(source);
    let mut names = Vec::new();
    for line in code.lines() {
        let Some(item) = line.trim_start().strip_prefix("pub ") else { continue };
        let mut words = words(item).filter(|word| *word != "unsafe");
        if let (Some("struct" | "enum" | "trait" | "type" | "union"), Some(name)) =
            (words.next(), words.next())
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// The names that stand in more than one room, with the rooms.
fn shared(sources: &[Source]) -> Vec<String> {
    let mut rooms: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for source in sources {
        for name in public_types(source.without_tests()) {
            let rooms = rooms.entry(name).or_default();
            if !rooms.contains(&&*source.room) {
                rooms.push(&source.room);
            }
        }
    }
    let shared = rooms.into_iter().filter(|(_, rooms)| rooms.len() > 1);
    shared.map(|(name, rooms)| format!("{name}: {}", rooms.join(", "))).collect()
}

#[test]
fn no_public_type_name_stands_in_two_rooms() {
    let shared = shared(&libraries());
    let is_known =
        |line: &&String| NOT_YET.iter().any(|name| line.starts_with(&format!("{name}:")));
    let (known, unknown): (Vec<_>, Vec<_>) = shared.iter().partition(is_known);
    println!("not yet: {known:?}");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn a_name_in_two_rooms_is_found() {
    let source = |room: &str, text: &str| Source {
        path: format!("src/{room}.rs"),
        room: room.into(),
        text: text.into(),
    };
    let sources = [
        source("layers", "pub struct Attempt;\npub(crate) struct Lane;\n// pub struct Answer;\n"),
        source("error", "    pub enum Attempt {}\npub struct Lane;\npub struct Answer;\n"),
    ];
    assert_eq!(shared(&sources), ["Attempt: layers, error"]);
}
