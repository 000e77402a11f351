//! Ranges of the UK's numbering plan.

use super::{END, Table, fill, lines, unreadable};
use crate::Result;

pub(super) const RANGES: Table = Table {
    file: "src/number/uk/ranges.rs",
    source: "xtask/data/uk-ranges.txt",
    from: "/// Numbers of ten digits, by their first seven.",
    to: END,
    render,
};

/// Tables of the file: name, documentation, and whether rustfmt leaves it as it is.
const PARTS: [(&str, &str, bool); 3] = [
    ("TEN_DIGITS", "Numbers of ten digits, by their first seven.", true),
    (
        "NINE_DIGITS",
        "Numbers of nine digits, by their first six: parts of a few old exchanges, and old 0800 numbers.",
        true,
    ),
    ("SEVEN_DIGITS", "Numbers of seven digits, whole: Childline, and what was NHS Direct.", false),
];

fn render(source: &str) -> Result<String> {
    let mut parts = Vec::new();
    for (name, doc, skipped) in PARTS {
        let heading = format!("[{name}]");
        let own = lines(source).skip_while(|(_, line)| *line != heading).skip(1);
        let own = own.take_while(|(_, line)| !line.starts_with('['));
        let items: Result<Vec<_>> =
            own.map(|(at, line)| range(line).ok_or_else(|| unreadable(at))).collect();
        let items = items?;
        let skip = if skipped { "#[rustfmt::skip]\n" } else { "" };
        let count = items.len();
        parts.push(format!(
            "/// {doc}\n{skip}pub(super) const {name}: [Range; {count}] = [\n{}];\n",
            fill(&items, 4, ", "),
        ));
    }
    Ok(parts.join("\n"))
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
