//! Time zones of area codes and country codes.

use super::{END, Table, WIDTH, fill, lines, unreadable};
use crate::Result;

pub(super) const ROWS: Table = Table {
    file: "src/number/time_zones.rs",
    source: "xtask/data/time-zones.txt",
    from: "/// The area codes of +1.",
    to: END,
    render,
};

fn render(source: &str) -> Result<String> {
    let mut text = String::new();
    for (at, line) in lines(source) {
        match line {
            "[AREAS]" => text += &head("The area codes of +1.", "AREAS"),
            "[COUNTRIES]" => {
                text += "];\n\n";
                text += &head("All other country codes.", "COUNTRIES");
            }
            _ => text += &row(line).ok_or_else(|| unreadable(at))?,
        }
    }
    Ok(text + "];\n")
}

fn head(doc: &str, name: &str) -> String {
    format!("/// {doc}\n#[rustfmt::skip]\npub(crate) const {name}: &[Row] = &[\n")
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
