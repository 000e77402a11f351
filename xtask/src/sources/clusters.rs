//! Grapheme cluster breaks of Unicode 10.0.0: `grapheme-cluster-break.txt`.

use std::ops::RangeInclusive;

use super::packages::{UNICODE, node, unpacked};
use crate::Result;

/// Code points that are no characters.
const SURROGATES: RangeInclusive<u32> = 0xd800..=0xdfff;

/// Values that are not in the file: the first two are computed.
const LEFT_OUT: [&str; 3] = ["LV", "LVT", "Other"];

/// Derives the file.
pub(super) fn derive() -> Result<String> {
    let package = unpacked(&UNICODE)?;
    let mut ranges: Vec<(u32, u32, String)> = node(include_str!("scripts/clusters.mjs"), &package)?;
    ranges.retain(|(first, _, value)| {
        !LEFT_OUT.contains(&value.as_str()) && !SURROGATES.contains(first)
    });
    for (.., value) in &mut ranges {
        if ["CR", "LF"].contains(&value.as_str()) {
            "Control".clone_into(value);
        }
    }
    ranges.sort_unstable();
    let mut text = format!(
        "# Grapheme_Cluster_Break of Unicode 10.0.0: GraphemeBreakProperty-10.0.0.txt of the Unicode Character Database, as\n\
         # {} {} on npm has it, with neighbouring ranges of one value joined. Written by `cargo xtask\n\
         # sources`. Without LV and LVT, which are computed, and without surrogates; CR and LF are in Control. A code\n\
         # point that is not here is Other.\n",
        UNICODE.name, UNICODE.version
    );
    for (first, last, value) in joined(ranges) {
        text += &match first == last {
            true => format!("{first:04X} ; {value}\n"),
            false => format!("{first:04X}..{last:04X} ; {value}\n"),
        };
    }
    Ok(text)
}

/// Joins ranges that follow each other and have the same value.
fn joined(ranges: Vec<(u32, u32, String)>) -> Vec<(u32, u32, String)> {
    let mut joined: Vec<(u32, u32, String)> = Vec::new();
    for (first, last, value) in ranges {
        match joined.last_mut() {
            Some((_, end, known)) if *end + 1 == first && *known == value => *end = last,
            _ => joined.push((first, last, value)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_neighbours_of_one_value() {
        let range = |first, last, value: &str| (first, last, value.to_owned());
        let ranges =
            vec![range(0, 9, "a"), range(10, 10, "a"), range(11, 12, "b"), range(14, 15, "b")];
        let expected = [range(0, 10, "a"), range(11, 12, "b"), range(14, 15, "b")];
        assert_eq!(joined(ranges), expected);
    }
}
