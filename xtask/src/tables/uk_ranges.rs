//! Ranges of the UK's numbering plan.

use super::{Table, fill, part, unreadable};
use crate::Result;

const fn ranges(from: &'static str, render: fn(&str) -> Result<String>) -> Table {
    let (file, source) = ("src/number/uk/ranges.rs", "xtask/data/uk-ranges.txt");
    Table { file, source, from, to: "];\n", render }
}

pub(super) const TEN: Table = ranges("const TEN_DIGITS", |source| render(source, "TEN_DIGITS"));
pub(super) const NINE: Table = ranges("const NINE_DIGITS", |source| render(source, "NINE_DIGITS"));
pub(super) const SEVEN: Table =
    ranges("const SEVEN_DIGITS", |source| render(source, "SEVEN_DIGITS"));

fn render(source: &str, name: &str) -> Result<String> {
    let items = part(source, name).map(|(at, line)| range(line).ok_or_else(|| unreadable(at)));
    let items: Vec<_> = items.collect::<Result<_>>()?;
    Ok(format!("const {name}: [Range; {}] = [\n{}", items.len(), fill(&items, 4, ", ")))
}

fn range(line: &str) -> Option<String> {
    let mut parts = line.split(' ');
    let (first, last, kind) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("({}, {}, {kind})", grouped(first)?, grouped(last)?))
}

/// Writes a number with `_` between its groups of three digits.
fn grouped(digits: &str) -> Option<String> {
    let number: u32 = digits.parse().ok()?;
    let (millions, thousands, ones) = (number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
    Some(match millions {
        0 => format!("{thousands}_{ones:03}"),
        _ => format!("{millions}_{thousands:03}_{ones:03}"),
    })
}
