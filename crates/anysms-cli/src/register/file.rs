//! Forms in files, and what is found in them.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    process::ExitCode,
};

use anysms::registration::{FindingSeverity, FormFinding, RegistrationForm};
use serde_json::json;

use crate::{failure::Failure, output};

/// Most bytes of a form.
const MOST: u64 = 1 << 20;

/// Reads a form of JSON.
pub(super) fn read(path: &Path) -> Result<RegistrationForm, Failure> {
    let subject = path.display().to_string();
    let mut text = String::new();
    let read = match subject.as_str() {
        "-" => io::stdin().lock().take(MOST).read_to_string(&mut text),
        _ => fs::File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text)),
    };
    read.map_err(|error| Failure::usage(&subject, error))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(&subject, format!("{error}; --example prints a form to begin with"))
    })
}

/// Prints what is found in a form. Exit code 1 if anything is.
pub(super) fn check(form: &RegistrationForm, json: bool) -> Result<ExitCode, Failure> {
    let findings = form.check();
    if findings.is_empty() {
        match json {
            true => {}
            false => output::line(&format!("{} {}: nothing is found", form.kind(), form.name())),
        }
        return Ok(ExitCode::SUCCESS);
    }
    print(&findings, json);
    Ok(ExitCode::FAILURE)
}

/// Prints findings, errors first: as a table, or as lines of JSON.
fn print(findings: &[FormFinding], json: bool) {
    let errors = findings.iter().filter(|one| one.severity == FindingSeverity::Error);
    let others = findings.iter().filter(|one| one.severity != FindingSeverity::Error);
    let all: Vec<&FormFinding> = errors.chain(others).collect();
    if json {
        for one in all {
            output::json(&json!({
                "severity": one.severity, "field": one.place(), "rule": one.rule,
                "way_out": one.way_out,
            }));
        }
        return;
    }
    let width = |cell: fn(&FormFinding) -> String| {
        all.iter().map(|one| cell(one).chars().count()).max().unwrap_or_default()
    };
    let (place, rule) = (width(FormFinding::place), width(|one| one.rule.clone()));
    for one in &all {
        let FormFinding { severity, way_out, .. } = one;
        let line =
            format!("{severity:<7}  {:<place$}  {:<rule$}  {way_out}", one.place(), one.rule);
        output::line(&line);
    }
}

/// Prints the findings of a form that is about to be submitted. `Err` is the exit code if there is an error.
pub(super) fn before(form: &RegistrationForm, json: bool) -> Result<(), ExitCode> {
    let findings = form.check();
    if findings.iter().any(|one| one.severity == FindingSeverity::Error) {
        print(&findings, json);
        return Err(ExitCode::FAILURE);
    }
    findings.iter().for_each(|one| eprintln!("warning: {one}"));
    Ok(())
}
