//! The rooms of the crate and which of them may use which: the import direction, held by a test.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Most lines of a file, its unit tests aside.
const MAX_LINES: usize = 450;

/// What a room may use besides itself; none if it may use everything.
fn allowed(room: &str) -> Option<&'static [&'static str]> {
    Some(match room {
        "serde_text" | "provider_id" | "number" | "random" => &[],
        "text" => &["number"],
        "error" => &["provider_id"],
        "message" => &["error", "number", "provider_id", "random", "text"],
        "env" => &["error", "message", "provider_id"],
        "provider" => &["error", "message", "number", "provider_id", "text"],
        "transport" => &["error", "message", "provider_id"],
        "webhook" => &["error", "message", "number", "provider_id"],
        "opt_out" => &["error", "message", "number", "webhook"],
        "log" => {
            &["error", "message", "number", "opt_out", "provider", "provider_id", "text", "webhook"]
        }
        "layers" => &[
            "error",
            "log",
            "message",
            "number",
            "opt_out",
            "provider",
            "provider_id",
            "random",
            "text",
            "webhook",
        ],
        _ => return None,
    })
}

/// What a room may never use, whatever else it may.
fn forbidden(room: &str) -> &'static [&'static str] {
    match room {
        "registry" | "lib" => &[],
        "twilio" => &["plivo", "registry"],
        "plivo" => &["twilio", "registry"],
        _ => &["twilio", "plivo", "registry"],
    }
}

const ROOMS: [&str; 20] = [
    "env",
    "error",
    "layers",
    "lib",
    "log",
    "message",
    "number",
    "opt_out",
    "plivo",
    "provider",
    "provider_id",
    "random",
    "registry",
    "sandbox",
    "serde_text",
    "testing",
    "text",
    "transport",
    "twilio",
    "webhook",
];

/// Rooms in which no vendor is so much as named.
const NEUTRAL: [&str; 2] = ["sandbox", "testing"];

/// What is wrong with a file of a room, one line each.
fn violations(room: &str, top: bool, source: &str) -> Vec<String> {
    let code = without_comments_and_texts(source);
    let mut found = Vec::new();
    if !ROOMS.contains(&room) {
        found.push(format!("{room} has no rule here"));
    }
    for used in rooms_used(&code) {
        let fits = allowed(room).is_none_or(|rooms| rooms.contains(&used.as_str()));
        if !ROOMS.contains(&used.as_str()) {
            found.push(format!("{room} uses crate::{used}, which is no room"));
        } else if used != room && (!fits || forbidden(room).contains(&used.as_str())) {
            found.push(format!("{room} must not use {used}"));
        }
    }
    // A path may not climb to the root and down again.
    let climbs =
        |line: &str| line.starts_with("use super::") || line.starts_with("pub use super::");
    if code.contains("super::super") || top && room != "lib" && code.lines().any(climbs) {
        found.push(format!("{room} climbs with super"));
    }
    if NEUTRAL.contains(&room) {
        let code = code.to_lowercase();
        let named = ["twilio", "plivo"].into_iter().filter(|vendor| code.contains(vendor));
        found.extend(named.map(|vendor| format!("{room} names {vendor}")));
    }
    let lines = source.lines().take_while(|line| *line != "#[cfg(test)]").count();
    if lines > MAX_LINES {
        found.push(format!("has {lines} lines"));
    }
    if room == "lib" {
        let items = ["fn", "struct", "enum", "trait", "impl", "union", "type", "static", "const"];
        let here = words(&code).filter(|word| items.contains(word));
        found.extend(here.map(|word| format!("lib has a {word}")));
    }
    found
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The first part of every path from `crate::`, of every branch where it opens a brace.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let path = code[at + "crate::".len()..].trim_start();
        match path.strip_prefix('{') {
            Some(branches) => rooms.extend(branches_of(branches)),
            None => rooms.extend([first_part(path)]),
        }
    }
    rooms
}

/// The first parts of the branches up to the closing brace.
fn branches_of(text: &str) -> Vec<String> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let part = text[start..at].trim();
                parts.extend((!part.is_empty()).then(|| first_part(part)));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    parts
}

fn first_part(path: &str) -> String {
    if path.starts_with('*') { "*".into() } else { words(path).next().unwrap_or_default().into() }
}

/// The code with its comments and what its literals hold left out.
fn without_comments_and_texts(source: &str) -> String {
    let (mut code, mut rest) = (String::with_capacity(source.len()), source);
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(raw) = raw_start(rest, &code) {
            let close = format!("\"{}", "#".repeat(raw - 2));
            rest[raw..].find(&close).map_or(rest.len(), |end| raw + end + close.len())
        } else if c == '"' {
            literal(rest, '"')
        } else if c == '\'' && is_char(rest) {
            literal(rest, '\'')
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

/// The length of `r##"`, if a raw text starts here.
fn raw_start(rest: &str, before: &str) -> Option<usize> {
    let in_word =
        before.ends_with(|c: char| c.is_alphanumeric() || c == '_') && !before.ends_with('b');
    let hashes = rest.strip_prefix('r').filter(|_| !in_word)?;
    let text = hashes.trim_start_matches('#');
    text.starts_with('"').then_some(2 + hashes.len() - text.len())
}

/// Whether this is a character, not a lifetime.
fn is_char(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// The length of a literal, its quotes included.
fn literal(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_keeps_to_its_rooms_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut paths, mut found) = (Vec::new(), Vec::new());
    files(&root, &mut paths);
    assert!(paths.len() >= 60, "{}", paths.len());
    for path in paths {
        let inside = path.strip_prefix(&root).unwrap();
        let parts: Vec<_> = inside.iter().map(|part| part.to_str().unwrap()).collect();
        let room = parts[0].trim_end_matches(".rs");
        let top = parts.len() == 1 || parts.len() == 2 && parts[1] == "mod.rs";
        let wrong = violations(room, top, &fs::read_to_string(&path).unwrap());
        found.extend(wrong.iter().map(|what| format!("{}: {what}", inside.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_planted_violation_is_found() {
    for (room, source, wrong) in [
        ("error", "use crate::message::Message;", "error must not use message"),
        ("number", "use crate::error::Error;", "number must not use error"),
        (
            "message",
            "use crate::{\n    error::{Error, Result},\n    provider::SmsProvider,\n};",
            "message must not use provider",
        ),
        ("message", "fn f() -> crate::transport::Answer {}", "message must not use transport"),
        (
            "webhook",
            "use crate::{message::{self, Text}, transport};",
            "webhook must not use transport",
        ),
        (
            "transport",
            "use crate::{error::{Error, ErrorKind::{self, *}}, number};",
            "transport must not use number",
        ),
        ("provider", "use crate::env;", "provider must not use env"),
        ("twilio", "use crate::{error::Error, plivo::PLIVO};", "twilio must not use plivo"),
        ("plivo", "pub use crate::twilio::{self};", "plivo must not use twilio"),
        ("twilio", "let x = crate::registry::from_env();", "twilio must not use registry"),
        ("testing", "struct PlivoTest;", "testing names plivo"),
        ("layers", "use crate::registry;", "layers must not use registry"),
        ("message", "use crate::PhoneNumber;", "message uses crate::PhoneNumber, which is no room"),
        ("twilio", "use crate::*;", "twilio uses crate::*, which is no room"),
        ("message", "use super::super::twilio;", "message climbs with super"),
        ("message", "use super::twilio;", "message climbs with super"),
        ("attic", "", "attic has no rule here"),
        ("lib", "pub fn new() {}", "lib has a fn"),
        ("lib", "/* fn */ pub struct A;", "lib has a struct"),
        ("error", &"\n".repeat(451), "has 451 lines"),
        // After what only looks like the start of a comment or of a text.
        ("error", "let url = \"https://x\"; use crate::env;", "error must not use env"),
        ("error", "let q = '\"'; use crate::env; let r = '\"';", "error must not use env"),
        ("error", "fn f<'a>(x: &'a str) -> crate::env::Vars<'a> {}", "error must not use env"),
        ("error", "let t = r#\"a\"b\"#; use crate::env;", "error must not use env"),
        ("error", "let t = \"\\\"\"; use crate::env;", "error must not use env"),
    ] {
        assert_eq!(violations(room, true, source), [wrong], "{source}");
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    for (room, source) in [
        ("error", "// use crate::message;\nuse crate::provider_id::ProviderId;"),
        ("error", "/// See [`crate::message::Message`].\n/* use crate::env; */"),
        (
            "error",
            "const TEXT: &str = \"crate::twilio\"; const RAW: &str = r##\"crate::env \"# \"##;",
        ),
        ("message", "use crate::{error::Error, message::{Text, Extra}, number::PhoneNumber,};"),
        ("twilio", "use crate::{env::{self, Vars}, transport::{rest::Rest}, twilio::TWILIO};"),
        ("registry", "use crate::{plivo::Plivo, twilio::Twilio};"),
        ("testing", "//! Not Twilio, not Plivo.\nuse crate::{provider, webhook};"),
        ("message", "pub(crate) use options::OptionSet;\nmod tests {\n    use super::*;\n}"),
        ("webhook", "use other_crate::twilio;"),
        ("lib", "//! fn\npub mod error;\npub use error::Error;"),
        ("error", &("\n".repeat(450) + "#[cfg(test)]\n" + &"\n".repeat(100))),
    ] {
        assert_eq!(violations(room, true, source), [""; 0], "{source}");
    }
    // Where the vendor's name is one word too many, its path is so too.
    let twice = ["sandbox must not use twilio", "sandbox names twilio"];
    assert_eq!(violations("sandbox", true, "use crate::twilio;"), twice);
    assert!(violations("message", false, "use super::Text;").is_empty());
}
