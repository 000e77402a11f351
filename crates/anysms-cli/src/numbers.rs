//! Cleans a contact list: reads `REGION<TAB>input` lines from standard input and prints one JSON
//! object a line.
//!
//! ```text
//! printf 'GB\t(0)7700 900123\nFR\t+33 6 12 34 56 78\n' \
//!     | cargo run --example clean_numbers --features rlibphonenumber
//! ```
//!
//! `valid` is false for a number that could not be read or is in no range in use, and null where this
//! build does not know the country's plan; `type` and `number_region` are libphonenumber's words;
//! `mended` says what was put right, `error` what is wrong. The region `ZZ` stands for none.

use std::{
    io::{self, BufRead, BufWriter, Write},
    process::ExitCode,
};

use anysms::{
    PhoneNumber, PhoneNumberError,
    number::{self, ParsedNumber, Region},
};
use serde_json::{Value, json};

fn main() -> ExitCode {
    match clean(io::stdin().lock(), BufWriter::new(io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("clean_numbers: {error}");
            ExitCode::from(2)
        }
    }
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
    match read(line) {
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
        Err(Refused { valid, error }) => json!({
            "valid": valid,
            "e164": null,
            "type": null,
            "number_region": null,
            "mended": [],
            "error": error,
        }),
    }
}

/// Why there is no number; `valid` is unknown where only an engine could tell.
struct Refused {
    valid: Option<bool>,
    error: String,
}

fn refused(error: &impl ToString) -> Refused {
    Refused { valid: Some(false), error: error.to_string() }
}

fn read(line: &str) -> Result<ParsedNumber, Refused> {
    let (region, text) = line
        .split_once('\t')
        .ok_or_else(|| refused(&"line: needs REGION, a tab, and the number"))?;
    let region = match region {
        "ZZ" => None,
        code => Some(code.parse::<Region>().map_err(|error| refused(&error))?),
    };
    number::parse(text, region).map_err(|error| match error {
        PhoneNumberError::UnsupportedRegion { .. } => Refused { valid: None, ..refused(&error) },
        error => refused(&error),
    })
}

fn kind(number: PhoneNumber) -> String {
    match number.is_valid() {
        Some(true) => number.kind().as_str().to_uppercase(),
        _ => "UNKNOWN".to_owned(),
    }
}
