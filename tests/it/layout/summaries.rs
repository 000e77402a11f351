//! Sentences of the documentation: the first line of every comment says what the item is or does.

use std::collections::BTreeMap;

use super::source::{Source, libraries, of_folder};

/// Words that no summary begins with.
const OPENINGS: [&str; 15] = [
    "What",
    "Whether",
    "Who",
    "Whose",
    "Whoever",
    "Whatever",
    "Which",
    "Of",
    "That",
    "Those",
    "How many",
    "How long",
    "How often",
    "How",
    "So many",
];

/// Phrases that no comment and no message has.
const PHRASES: [&str; 14] = [
    "of which it is known",
    "of which nobody kn",
    "what somebody found out",
    "the outbox, to some",
    "That stand here",
    "none if none did",
    "whoever takes",
    "whoever does",
    "nobody knows",
    "There is no other way to one",
    "are all weights equal",
    "the caller's limit is over",
    "there is none\"",
    "stands for another content",
];

/// The faults of a file, one line each.
fn faults(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (at, lines) in source.doc_comments() {
        let summary = lines[0].trim_start_matches("- ");
        if let Some(opening) = OPENINGS.iter().find(|opening| opens(summary, opening)) {
            found.push(format!("{}:{at}: begins with {opening}: {summary}", source.path));
        }
    }
    for (at, line) in source.without_tests().lines().enumerate() {
        if let Some(phrase) = PHRASES.iter().find(|phrase| line.contains(**phrase)) {
            found.push(format!("{}:{}: says {phrase:?}", source.path, at + 1));
        }
    }
    found
}

fn opens(summary: &str, opening: &str) -> bool {
    let rest = summary.strip_prefix(opening);
    rest.is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric()) || rest.is_empty())
}

#[test]
fn summaries_say_what_an_item_is_or_does() {
    let mut sources = libraries();
    sources.extend(of_folder("xtask/src", "xtask"));
    sources.extend(of_folder("examples", "examples"));
    let mut rooms: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut summaries = 0;
    for source in &sources {
        summaries += source.doc_comments().len();
        rooms.entry(&source.room).or_default().extend(faults(source));
    }
    assert!(summaries > 2_000, "{summaries}");
    let wrong: Vec<_> = rooms.values().flatten().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_bad_sentence_is_found() {
    let source = |text: &str| Source { path: "a.rs".into(), room: "a".into(), text: text.into() };
    for bad in [
        "/// What it is.\n",
        "/// Whether it is sent.\n",
        "//! How many there are.\n",
        "/// Segments.\npub fn a() {}\n\n/// Of all.\n",
        "/// That stand here.\n",
        "/// Returns the outbox, to some.\n",
    ] {
        assert_ne!(faults(&source(bad)), [""; 0], "{bad}");
    }
    for good in [
        "/// Number of segments.\n/// What it costs is in `price`.\n",
        "/// Whatsoever.\n",
        "/// Offer.\n",
        "// What a private comment says.\n",
        "/// Segments.\n#[cfg(test)]\nmod tests {\n    /// What it is.\n}\n",
    ] {
        assert_eq!(faults(&source(good)), [""; 0], "{good}");
    }
}
