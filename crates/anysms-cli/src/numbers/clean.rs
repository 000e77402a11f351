//! `anysms numbers clean`: phone numbers as people write them, in E.164.

use std::{
    io::{self, BufRead, BufWriter, Write},
    process::ExitCode,
};

use anysms::{
    PhoneNumber, PhoneNumberError,
    number::{self, ParsedNumber, Region},
};
use serde_json::{Value, json};

use crate::failure::{self, Failure};

pub(super) fn run() -> Result<ExitCode, Failure> {
    let cleaned = clean(io::stdin().lock(), BufWriter::new(io::stdout().lock()));
    failure::unless_pipe_closed(cleaned.map(|()| ExitCode::SUCCESS))
}

fn clean(mut lines: impl BufRead, mut out: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let answer = answer(text.strip_suffix('\r').unwrap_or(text));
        writeln!(out, "{answer}")?;
        line.clear();
    }
    out.flush()
}

fn answer(line: &str) -> Value {
    match parse(line) {
        Ok(parsed) => {
            let number = parsed.number();
            let mended: Vec<String> = parsed.corrections().iter().map(|m| m.to_string()).collect();
            json!({
                "valid": number.is_valid(),
                "e164": number,
                "type": kind(number),
                "number_region": number.region(),
                "mended": mended,
                "error": null,
            })
        }
        Err(Unreadable { valid, error }) => json!({
            "valid": valid,
            "e164": null,
            "type": null,
            "number_region": null,
            "mended": [],
            "error": error,
        }),
    }
}

/// The reason there is no number.
struct Unreadable {
    /// `None` where only an engine with the country's plan could tell.
    valid: Option<bool>,
    error: String,
}

impl Unreadable {
    fn new(error: &impl ToString) -> Self {
        Self { valid: Some(false), error: error.to_string() }
    }
}

fn parse(line: &str) -> Result<ParsedNumber, Unreadable> {
    let (region, text) = line
        .split_once('\t')
        .ok_or_else(|| Unreadable::new(&"line: needs REGION, a tab, and the number"))?;
    let region = match region {
        "ZZ" => None,
        code => Some(code.parse::<Region>().map_err(|error| Unreadable::new(&error))?),
    };
    number::parse(text, region).map_err(|error| match error {
        PhoneNumberError::UnsupportedRegion { .. } => {
            Unreadable { valid: None, ..Unreadable::new(&error) }
        }
        error => Unreadable::new(&error),
    })
}

fn kind(number: PhoneNumber) -> String {
    match number.is_valid() {
        Some(true) => number.kind().as_str().to_uppercase(),
        _ => "UNKNOWN".to_owned(),
    }
}
