//! `anysms numbers clean`: phone numbers as people write them, in E.164.

use std::{
    io::{self, BufRead, BufWriter, Write},
    process::ExitCode,
};

use anysms::{
    PhoneNumber, PhoneNumberError,
    number::{self, ParsedNumber, Region},
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::{self, Failure};

/// Reads phone numbers as people write them.
#[derive(Args)]
#[command(after_help = "\
Example:
  printf 'GB\\t(0)7700 900123\\nFR\\t06 12 34 56 78\\n' | anysms numbers clean

Environment: reads none.

Exit codes:
  0  every line was answered
  2  the command line is wrong, or standard input cannot be read")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reads `REGION<TAB>number` lines from standard input and prints one line of JSON for each.
    ///
    /// REGION is a country code such as GB, or ZZ for none. In the answer, `valid` is false for a number
    /// that could not be read or is in no range in use, and null where the country's plan is not known;
    /// `type` and `number_region` are libphonenumber's words; `mended` lists what was corrected, and
    /// `error` says what is wrong.
    #[command(after_help = "\
Example:
  printf 'GB\\t(0)7700 900123\\nFR\\t06 12 34 56 78\\n' | anysms numbers clean

Environment: reads none.

Exit codes:
  0  every line was answered
  2  the command line is wrong, or standard input cannot be read")]
    Clean,
}

pub(crate) fn run(Arguments { command: Command::Clean }: &Arguments) -> Result<ExitCode, Failure> {
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
