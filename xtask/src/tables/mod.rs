//! Generators of the dated tables: each reads a source under `xtask/data` (or a table that the tests use
//! too) and writes the part of a Rust file that holds the table.
//!
//! `cargo xtask sources` derives `xtask/data` from what others publish, so that both commands after each
//! other renew every table. Two sources have no upstream and are kept by hand: `alphanumeric-refusals.txt`,
//! which is its own source, and the vendor's error codes, whose classes are the project's own.
//!
//! Lists that nobody publishes and that are read nowhere but in their file (link shorteners, wordings of
//! opt-out notices, keywords) are their own source. So is the GSM-7 alphabet, which is not dated.

mod clusters;
mod countries;
mod errors;
mod refusals;
mod smart_encoding;
mod time_zones;
mod uk_ranges;

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::{Result, read, root};

/// Longest line of a Rust file.
const WIDTH: usize = 100;

/// The end of a table that is the last of its file.
const END: &str = "<end of file>";

/// A table in a Rust file: the text between `from`, included, and `to`, excluded.
struct Table {
    file: &'static str,
    source: &'static str,
    from: &'static str,
    to: &'static str,
    /// Renders the table, `from` included, out of the source.
    render: fn(&str) -> Result<String>,
}

const TABLES: &[Table] = &[
    clusters::RUNS,
    countries::WORLD,
    countries::ONE_REGION,
    countries::SHARED,
    countries::TWO_DIGITS,
    countries::NATIONAL_PREFIXES,
    errors::TWILIO,
    refusals::AS_OF,
    refusals::CONFIRMED,
    refusals::REPORTED,
    smart_encoding::SUBSTITUTES,
    time_zones::AREAS,
    time_zones::COUNTRIES,
    uk_ranges::TEN,
    uk_ranges::NINE,
    uk_ranges::SEVEN,
];

/// Writes every table into its file.
pub(crate) fn write() -> Result {
    for (file, _, generated) in generated()? {
        std::fs::write(root().join(file), generated).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}

/// Fails if a file differs from what its sources say.
pub(crate) fn check() -> Result {
    let files = generated()?;
    let differing: Vec<_> = files.iter().filter(|(_, now, then)| now != then).collect();
    match *differing {
        [] => {
            println!(
                "tables: {} in {} files are those of their sources",
                TABLES.len(),
                files.len()
            );
            Ok(())
        }
        _ => {
            let names: Vec<_> = differing.iter().map(|(file, ..)| *file).collect();
            Err(format!("not as generated: {}; run `cargo xtask tables`", names.join(", ")))
        }
    }
}

/// Returns every file that has tables, as it is and as it should be.
fn generated() -> Result<Vec<(&'static str, String, String)>> {
    let mut files: Vec<(&'static str, String, String)> = Vec::new();
    for table in TABLES {
        if files.iter().all(|(file, ..)| *file != table.file) {
            let now = read(table.file)?;
            files.push((table.file, now.clone(), now));
        }
        let source = read(table.source)?;
        let rendered = (table.render)(&source).map_err(|e| format!("{}: {e}", table.source))?;
        for (file, _, text) in &mut files {
            if *file == table.file {
                *text = splice(text, table, &rendered)?;
            }
        }
    }
    for (file, _, text) in &mut files {
        *text = formatted(text).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(files)
}

fn splice(text: &str, table: &Table, rendered: &str) -> Result<String> {
    let lost = |mark: &str| format!("{}: no line begins with {mark:?}", table.file);
    let start = text.find(table.from).ok_or_else(|| lost(table.from))?;
    let length = match table.to {
        END => text.len() - start,
        to => text[start..].find(to).ok_or_else(|| lost(to))?,
    };
    Ok(format!("{}{rendered}{}", &text[..start], &text[start + length..]))
}

/// Formats a Rust file as the project does.
fn formatted(text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--quiet", "--edition", "2024"])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("rustfmt: {error}"))?;
    let mut input = rustfmt.stdin.take().ok_or("rustfmt takes no input")?;
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output().map_err(|error| format!("rustfmt: {error}"))?;
    let wrote = writer.join().is_ok_and(|wrote| wrote.is_ok());
    if !output.status.success() || !wrote {
        return Err("rustfmt does not take the table".to_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// Returns the lines of a source that are neither empty nor comments, with their numbers.
fn lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = source.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Returns the lines of a source that follow a heading in brackets, up to the next.
fn part<'a>(source: &'a str, heading: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let is_heading = move |line: &str| {
        line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) == Some(heading)
    };
    let own = lines(source).skip_while(move |(_, line)| !is_heading(line)).skip(1);
    own.take_while(|(_, line)| !line.starts_with('['))
}

fn unreadable(at: usize) -> String {
    format!("line {at} is not readable")
}

/// Writes items one after the other, as many on a line as fit behind the indentation; every line ends
/// with what ends an item.
fn fill(items: &[String], indentation: usize, separator: &str) -> String {
    let (mut text, mut line) = (String::new(), String::new());
    let indent = " ".repeat(indentation);
    for item in items {
        let wide = |line: &str| indentation + line.chars().count() + item.chars().count();
        if !line.is_empty() && wide(&line) + separator.trim_end().len() > WIDTH {
            text += &format!("{indent}{}\n", line.trim_end());
            line.clear();
        }
        line += item;
        line += separator;
    }
    text + &format!("{indent}{}\n", line.trim_end())
}
