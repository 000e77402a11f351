//! Time zones of area codes and country codes.

use super::{Table, WIDTH, fill, part, unreadable};
use crate::Result;

const fn rows(from: &'static str, render: fn(&str) -> Result<String>) -> Table {
    let (file, source) = ("src/number/time_zones.rs", "xtask/data/time-zones.txt");
    Table { file, source, from, to: "];\n", render }
}

pub(super) const AREAS: Table = rows("const AREAS:", |source| render(source, "AREAS"));
pub(super) const COUNTRIES: Table = rows("const COUNTRIES:", |source| render(source, "COUNTRIES"));

fn render(source: &str, name: &str) -> Result<String> {
    let rows = part(source, name).map(|(at, line)| row(line).ok_or_else(|| unreadable(at)));
    let rows: String = rows.collect::<Result<_>>()?;
    Ok(format!("const {name}: &[Row] = &[\n{rows}"))
}

fn row(line: &str) -> Option<String> {
    let (codes, zones) = line.split_once(" = ")?;
    let codes: Vec<_> = codes.split(' ').map(str::to_owned).collect();
    let zones: Vec<_> = zones.split(' ').map(|zone| format!("{zone:?}")).collect();
    let short = format!("    (&[{}], &[{}]),\n", codes.join(", "), zones.join(", "));
    if short.len() <= WIDTH + 1 {
        return Some(short);
    }
    let inside = |items: &[String]| {
        let filled = fill(items, 8, ", ");
        filled.trim_end().trim_end_matches(',').to_owned()
    };
    Some(format!("    (&[\n{}\n    ], &[\n{}\n    ]),\n", inside(&codes), inside(&zones)))
}
