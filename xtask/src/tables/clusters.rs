//! Grapheme clusters of Unicode 10, which the calculator of a vendor counts by.

use super::{END, Table, fill, lines, unreadable};
use crate::Result;

pub(super) const RUNS: Table = Table {
    file: "src/text/cluster_table.rs",
    source: "xtask/data/grapheme-cluster-break.txt",
    from: "const RUNS: [u32;",
    to: END,
    render,
};

/// Returns the last digit of a run of this property value.
fn class(value: &str) -> Option<u32> {
    Some(match value {
        "Control" => 1,
        "Extend" => 2,
        "SpacingMark" => 3,
        "Prepend" => 4,
        "Regional_Indicator" => 5,
        "ZWJ" => 6,
        "L" => 7,
        "V" => 8,
        "T" => 9,
        "E_Base" => 10,
        "E_Base_GAZ" => 11,
        "E_Modifier" => 12,
        "Glue_After_Zwj" => 13,
        _ => return None,
    })
}

fn render(source: &str) -> Result<String> {
    let (mut runs, mut next) = (Vec::new(), 0);
    for (at, line) in lines(source) {
        let (first, last, class) = range(line).ok_or_else(|| unreadable(at))?;
        if first > next {
            runs.push((next, 0));
        }
        runs.push((first, class));
        next = last + 1;
    }
    runs.push((next, 0));
    let items: Vec<_> =
        runs.iter().map(|(first, class)| format!("0x{first:x}_{class:x}")).collect();
    let count = items.len();
    Ok(format!("const RUNS: [u32; {count}] = [\n{}];\n", fill(&items, 4, ", ")))
}

fn range(line: &str) -> Option<(u32, u32, u32)> {
    let (range, value) = line.split_once(" ; ")?;
    let (first, last) = range.split_once("..").unwrap_or((range, range));
    let number = |text| u32::from_str_radix(text, 16).ok();
    Some((number(first)?, number(last)?, class(value)?))
}
