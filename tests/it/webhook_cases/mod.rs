//! The cases that a verifier of webhooks must pass, each under its number: see `cases.md`.
//!
//! Of B08 and B09 here is what an event says, and of A43, E07 and E08 what the check does without a framework.

mod accounts;
mod address;
mod behaviour;
mod common;
mod json;
mod limits;
mod parameters;
mod plivo;
mod replay;
mod shared_key;
mod texts;

use std::{collections::BTreeSet, fs, path::Path};

/// Cases that have no test under their number, with a text that must be where their row says they are.
const ELSEWHERE: [(&str, &str, &str); 5] = [
    ("E01", "benches/timing.rs", "E01"),
    ("E02", "benches/timing.rs", "E02"),
    ("E03", "benches/timing.rs", "E03"),
    ("E05", "crates/anysms-store/tests/store/ingest.rs", "SERVICE_UNAVAILABLE"),
    ("E06", "tests/it/extractors.rs", "a_slow_body_is_given_up_after_five_seconds"),
];

/// Numbers of the cases in `cases.md`.
fn listed() -> BTreeSet<&'static str> {
    let rows = include_str!("cases.md").lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| Some(row.split_once(" |")?.0));
    let is_case = |cell: &&str| {
        cell.len() == 3
            && cell.starts_with(['A', 'B', 'C', 'D', 'E'])
            && cell[1..].bytes().all(|byte| byte.is_ascii_digit())
    };
    cells.filter(is_case).collect()
}

/// All Rust code of a file or a folder of the workspace.
fn code(path: &Path) -> String {
    if path.is_file() {
        return fs::read_to_string(path).unwrap();
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let rust = |path: &std::path::PathBuf| path.is_dir() || path.extension() == Some("rs".as_ref());
    entries.filter(rust).map(|path| code(&path)).collect()
}

#[test]
fn every_case_is_tested_under_its_number() {
    let here = code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("it/webhook_cases"));
    let (mut untested, listed) = (Vec::new(), listed());
    assert_eq!(listed.len(), 104);
    for case in &listed {
        let named = here.contains(&format!("fn {}_", case.to_lowercase()));
        let elsewhere = ELSEWHERE.iter().any(|(other, ..)| other == case);
        if named == elsewhere {
            untested.push(case);
        }
    }
    assert!(untested.is_empty(), "tested nowhere, or twice: {untested:?}");
    for line in here.lines().filter_map(|line| line.trim_start().strip_prefix("fn ")) {
        let (number, rest) = line.split_at(line.len().min(3));
        let looks = number.starts_with(['a', 'b', 'c', 'd', 'e']) && rest.starts_with('_');
        if looks && number[1..].bytes().all(|byte| byte.is_ascii_digit()) {
            assert!(listed.contains(number.to_uppercase().as_str()), "not in the list: {line}");
        }
    }
}

#[test]
fn what_is_tested_elsewhere_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (case, path, text) in ELSEWHERE {
        assert!(code(&root.join(path)).contains(text), "{case}: {path} has no {text}");
    }
}
