//! The rooms of the packages and which of them may use which: the import direction, held by a test.

use std::collections::BTreeSet;

use super::source::{libraries, vendors, without_comments_and_texts, words};

/// Most lines of a file, its unit tests aside.
const MAX_LINES: usize = 400;

/// Rooms that stand for every vendor in the rules below.
const VENDOR: &str = "vendor";

/// The rooms of the root package with those that each may use besides itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("arbitrary", &[]), // of unit tests alone
    ("number", &[]),
    ("provider_id", &[]),
    ("random", &[]),
    ("serde_text", &[]),
    ("text", &["number"]),
    ("account_id", &["provider_id"]),
    ("error", &["account_id", "provider_id"]),
    ("message", &["account_id", "error", "number", "provider_id", "random", "text"]),
    ("env", &["error", "message", "provider_id"]),
    ("provider", &["account_id", "error", "message", "number", "provider_id", "random", "text"]),
    ("transport", &["account_id", "error", "message", "provider_id"]),
    ("webhook", &["account_id", "error", "message", "number", "provider_id", "text"]),
    ("suppression", &["error", "message", "number", "text", "webhook"]),
    (
        "account",
        &[
            "account_id",
            "error",
            "lookup",
            "message",
            "numbers",
            "pricing",
            "provider",
            "provider_id",
            "registration",
            "usage",
            "webhook",
        ],
    ),
    (
        "accounts",
        &["account", "account_id", "error", "message", "provider", "provider_id", "webhook"],
    ),
    (
        "layers",
        &[
            "account_id",
            "error",
            "message",
            "number",
            "provider",
            "provider_id",
            "random",
            "suppression",
            "text",
            "webhook",
        ],
    ),
    ("intent", &["account_id", "error", "provider_id", "random"]),
    ("lookup", &["error", "message", "number", "provider_id"]),
    ("numbers", &["account_id", "error", "intent", "message", "number"]),
    (
        "registration",
        &["account_id", "error", "intent", "message", "number", "provider_id", "text"],
    ),
    ("pricing", &["error", "message", "number", "provider_id", "random", "text"]),
    (
        "sandbox",
        &["account_id", "error", "message", "number", "provider_id", "transport", "webhook"],
    ),
    ("usage", &["account_id", "error", "message", "provider", "provider_id", "serde_text"]),
    (
        "verification",
        &["error", "message", "number", "provider", "provider_id", "random", "serde_text", "text"],
    ),
    (
        "testing",
        &[
            "account_id",
            "error",
            "message",
            "number",
            "provider",
            "provider_id",
            "transport",
            "webhook",
        ],
    ),
    (
        VENDOR,
        &[
            "account",
            "account_id",
            "env",
            "error",
            "lookup",
            "message",
            "number",
            "numbers",
            "pricing",
            "provider",
            "provider_id",
            "random",
            "registration",
            "sandbox",
            "text",
            "transport",
            "usage",
            "verification",
            "webhook",
        ],
    ),
    ("registry", &["account", "account_id", "accounts", "env", "error", "sandbox", VENDOR]),
    ("guide", &[]),
    ("lib", &["*"]),
];

/// Rooms of the root package in which no vendor is so much as named.
const NEUTRAL: [&str; 2] = ["sandbox", "testing"];

/// The rooms of the store with those that each may use besides itself. Its public face, `store`, and what is
/// beside it may use all of them.
const STORE: &[(&str, &[&str])] = &[
    ("model", &["serde_text"]),
    ("protocol", &["model", "serde_text"]),
    ("backend", &["model", "protocol", "report", "serde_text"]),
];

/// Says what is wrong with a file of the root package, one line each.
fn violations(room: &str, top: bool, source: &str, vendors: &[String]) -> Vec<String> {
    let code = without_comments_and_texts(source);
    let is_vendor = |room: &str| vendors.iter().any(|vendor| vendor == room);
    let rule = |room: &str| {
        let name = if is_vendor(room) { VENDOR } else { room };
        ROOMS.iter().find(|(room, _)| *room == name && name != "lib").map(|(_, may_use)| *may_use)
    };
    let mut found = Vec::new();
    let may_use = if room == "lib" { Some(&["*"][..]) } else { rule(room) };
    if may_use.is_none() {
        found.push(format!("{room} has no rule here"));
    }
    for used in rooms_used(&code) {
        let name = if is_vendor(&used) { VENDOR } else { &used };
        if rule(&used).is_none() {
            found.push(format!("{room} uses crate::{used}, which is no room"));
        } else if used != room
            && may_use.is_some_and(|rooms| !rooms.contains(&name) && !rooms.contains(&"*"))
        {
            found.push(format!("{room} must not use {used}"));
        }
    }
    // A path may not climb to the root and down again.
    let climbs =
        |line: &str| line.starts_with("use super::") || line.starts_with("pub use super::");
    if code.contains("super::super") || top && room != "lib" && code.lines().any(climbs) {
        found.push(format!("{room} climbs with super"));
    }
    if words(&code).any(|word| word == "anysms_store") {
        found.push(format!("{room} names the store"));
    }
    if NEUTRAL.contains(&room) {
        let code = code.to_lowercase();
        let named = vendors.iter().filter(|vendor| code.contains(vendor.as_str()));
        found.extend(named.map(|vendor| format!("{room} names {vendor}")));
    }
    found.extend(too_long(source));
    if room == "lib" {
        let items = ["fn", "struct", "enum", "trait", "impl", "union", "type", "static", "const"];
        let here = words(&code).filter(|word| items.contains(word));
        found.extend(here.map(|word| format!("lib has a {word}")));
    }
    found
}

fn too_long(source: &str) -> Option<String> {
    let lines = source.lines().take_while(|line| *line != "#[cfg(test)]").count();
    (lines >= MAX_LINES).then(|| format!("has {lines} lines"))
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

#[test]
fn every_file_keeps_to_its_rooms_rules() {
    let (vendors, mut found) = (vendors(), Vec::new());
    for source in libraries() {
        let wrong = if let Some(inside) = source.path.strip_prefix("src/") {
            let parts: Vec<_> = inside.split('/').collect();
            let top = parts.len() == 1 || parts.len() == 2 && parts[1] == "mod.rs";
            violations(&source.room, top, source.without_tests(), &vendors)
        } else {
            let mut wrong: Vec<_> = too_long(&source.text).into_iter().collect();
            wrong.extend(store_violations(&source.room, &source.text));
            wrong
        };
        found.extend(wrong.into_iter().map(|what| format!("{}: {what}", source.path)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Says which rooms a room of the store uses though it must not.
fn store_violations(room: &str, source: &str) -> Vec<String> {
    let Some(room) = room.strip_prefix("anysms-store/") else { return Vec::new() };
    let Some((_, may_use)) = STORE.iter().find(|(name, _)| *name == room) else {
        return Vec::new();
    };
    let tests = source.find("\n#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    let used = rooms_used(&without_comments_and_texts(&source[..tests]));
    let wrong = used.into_iter().filter(|used| {
        let used = used.as_str();
        // What stands at the root is in no room.
        let is_room = ["model", "protocol", "backend", "run", "report", "store"].contains(&used);
        is_room && used != room && !may_use.contains(&used)
    });
    wrong.map(|used| format!("{room} must not use {used}")).collect()
}

fn of(room: &str, source: &str) -> Vec<String> {
    violations(room, true, source, &["twilio".to_owned(), "plivo".to_owned()])
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
        ("error", &"\n".repeat(400), "has 400 lines"),
        ("message", "use anysms_store::Entry;", "message names the store"),
        // After what only looks like the start of a comment or of a text.
        ("error", "let url = \"https://x\"; use crate::env;", "error must not use env"),
        ("error", "let q = '\"'; use crate::env; let r = '\"';", "error must not use env"),
        ("error", "fn f<'a>(x: &'a str) -> crate::env::Vars<'a> {}", "error must not use env"),
        ("error", "let t = r#\"a\"b\"#; use crate::env;", "error must not use env"),
        ("error", "let t = \"\\\"\"; use crate::env;", "error must not use env"),
    ] {
        assert_eq!(of(room, source), [wrong], "{source}");
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
        ("twilio", "use crate::{env::{self, Vars}, transport::{Api}, twilio::TWILIO};"),
        ("registry", "use crate::{plivo::Plivo, twilio::Twilio};"),
        ("testing", "//! Not Twilio, not Plivo.\nuse crate::{provider, webhook};"),
        ("message", "pub(crate) use options::OptionSet;\nmod tests {\n    use super::*;\n}"),
        ("webhook", "use other_crate::twilio;"),
        ("lib", "//! fn\npub mod error;\npub use error::Error;"),
        ("error", &("\n".repeat(399) + "#[cfg(test)]\n" + &"\n".repeat(100))),
    ] {
        assert_eq!(of(room, source), [""; 0], "{source}");
    }
    // Where the vendor's name is one word too many, its path is so too.
    let twice = ["sandbox must not use twilio", "sandbox names twilio"];
    assert_eq!(of("sandbox", "use crate::twilio;"), twice);
    assert!(violations("message", false, "use super::Text;", &[]).is_empty());
}
