//! Country codes, their regions, and what is dialled before a national number.

use std::fmt::Write;

use super::{Table, WIDTH, fill, lines, unreadable};
use crate::Result;

const fn regions(from: &'static str, to: &'static str, render: Render) -> Table {
    Table { file: "src/number/region.rs", source: "xtask/data/regions.txt", from, to, render }
}

type Render = fn(&str) -> Result<String>;

pub(super) const WORLD: Table = regions("const WORLD_CODES", "\n\n/// ", world);
pub(super) const ONE_REGION: Table = regions("const ONE_REGION", "\n\n/// ", one_region);
pub(super) const SHARED: Table = regions("const SHARED", "\n\n/// ", shared);
pub(super) const TWO_DIGITS: Table = Table {
    file: "src/number/calling_code.rs",
    source: "xtask/data/regions.txt",
    from: "const TWO_DIGITS",
    to: "\n\n/// ",
    render: two_digits,
};
pub(super) const NATIONAL_PREFIXES: Table = Table {
    file: "src/number/calling_code.rs",
    source: "xtask/data/national-prefixes.txt",
    from: "        1 | 692 => Some(",
    to: "        _ => None,\n    }\n}\n\n#[cfg(test)]",
    render: national_prefixes,
};

/// A country code with its region and what tells the other regions, or a comment.
enum Row<'a> {
    Code { code: u16, main: &'a str, others: Vec<(&'a str, &'a str)>, note: Option<&'a str> },
    Comment(&'a str),
}

fn rows(source: &str) -> Result<Vec<Row<'_>>> {
    lines(source).map(|(at, line)| row(line).ok_or_else(|| unreadable(at))).collect()
}

fn row(line: &str) -> Option<Row<'_>> {
    if line.starts_with("//") {
        return Some(Row::Comment(line));
    }
    let (line, note) = match line.split_once(" // ") {
        Some((line, note)) => (line, Some(note)),
        None => (line, None),
    };
    let (code, regions) = line.split_once(' ')?;
    let mut regions = regions.split("; ");
    let main = regions.next()?;
    let others = regions.map(|other| other.split_once(' ').unwrap_or((other, ""))).collect();
    Some(Row::Code { code: code.parse().ok()?, main, others, note })
}

/// Returns the codes whose only region passes the test, with that region.
fn single(source: &str, world: bool) -> Result<Vec<(u16, &str)>> {
    let rows = rows(source)?.into_iter();
    let single = rows.filter_map(|row| match row {
        Row::Code { code, main, others, .. } if others.is_empty() => Some((code, main)),
        _ => None,
    });
    Ok(single.filter(|(_, region)| (*region == "001") == world).collect())
}

fn world(source: &str) -> Result<String> {
    let codes: Vec<_> = single(source, true)?.iter().map(|(code, _)| code.to_string()).collect();
    Ok(format!("const WORLD_CODES: [u16; {}] = [{}];", codes.len(), codes.join(", ")))
}

fn one_region(source: &str) -> Result<String> {
    let codes = single(source, false)?;
    let items: Vec<_> =
        codes.iter().map(|(code, region)| format!("({code}, {region:?})")).collect();
    let count = items.len();
    Ok(format!("const ONE_REGION: [(u16, &str); {count}] = [\n{}];", fill(&items, 4, ", ")))
}

fn shared(source: &str) -> Result<String> {
    let (mut text, mut count) = (String::new(), 0);
    for row in rows(source)? {
        match row {
            Row::Comment(comment) => text += &format!("    {comment}\n"),
            Row::Code { others, .. } if others.is_empty() => {}
            Row::Code { code, main, others, note } => {
                count += 1;
                let _ = write!(text, "    ({code}, {main:?}, &[");
                for (region, prefixes) in others {
                    let _ = write!(text, "({region:?}, \"{}\"), ", wrapped(prefixes));
                }
                let note = note.map(|note| format!(" // {note}")).unwrap_or_default();
                let _ = writeln!(text, "]),{note}");
            }
        }
    }
    Ok(format!("const SHARED: [(u16, &str, Others); {count}] = [\n{text}];"))
}

/// Breaks a list of prefixes into lines of a literal in the place that it has in the table.
fn wrapped(prefixes: &str) -> String {
    let items: Vec<_> = prefixes.split(' ').map(str::to_owned).collect();
    if prefixes.len() < WIDTH - 30 {
        return prefixes.to_owned();
    }
    let indentation = 17; // behind the quote
    let lines = fill(&items, indentation, " ");
    let lines: Vec<_> = lines.lines().map(str::trim).collect();
    lines.join(&format!(" \\\n{}", " ".repeat(indentation)))
}

fn two_digits(source: &str) -> Result<String> {
    let rows = rows(source)?.into_iter();
    let codes = rows.filter_map(|row| match row {
        Row::Code { code: code @ 10..100, .. } => Some(code.to_string()),
        _ => None,
    });
    let codes: Vec<_> = codes.collect();
    Ok(format!("const TWO_DIGITS: [u8; {}] = [\n{}];", codes.len(), fill(&codes, 4, ", ")))
}

fn national_prefixes(source: &str) -> Result<String> {
    let mut text = String::new();
    for (at, line) in lines(source) {
        let (prefix, codes) = line.split_once(": ").ok_or_else(|| unreadable(at))?;
        let codes: Option<Vec<u16>> = codes.split(' ').map(|code| code.parse().ok()).collect();
        let patterns = joined(&codes.ok_or_else(|| unreadable(at))?);
        text += &arm(&patterns, &format!("=> Some({prefix:?}),"));
    }
    Ok(text)
}

/// Joins three codes in a row, or more, into a range.
fn joined(codes: &[u16]) -> Vec<String> {
    let runs = codes.chunk_by(|a, b| a + 1 == *b);
    let patterns = runs.flat_map(|run| match *run {
        [first, .., last] if run.len() > 2 => vec![format!("{first}..={last}")],
        _ => run.iter().map(u16::to_string).collect(),
    });
    patterns.collect()
}

/// Writes an arm of a match, with as many patterns on a line as fit.
fn arm(patterns: &[String], end: &str) -> String {
    let (mut text, mut line) = (String::new(), format!("        {}", patterns[0]));
    for pattern in &patterns[1..] {
        if line.len() + pattern.len() + 3 > WIDTH {
            text += &format!("{line}\n");
            line = format!("        | {pattern}");
        } else {
            line += &format!(" | {pattern}");
        }
    }
    text + &format!("{line} {end}\n")
}
