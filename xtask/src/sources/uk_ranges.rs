//! Ranges of the UK's numbering plan that are in use: `uk-ranges.txt`.

use super::{
    pattern::Pattern,
    plans::{Plan, release},
};
use crate::Result;

const UK: u16 = 44;

/// Kinds of libphonenumber and their letters.
const KINDS: [(&str, char); 8] = [
    ("fixed_line", 'L'),
    ("mobile", 'M'),
    ("toll_free", 'F'),
    ("premium_rate", 'R'),
    ("personal_number", 'P'),
    ("voip", 'V'),
    ("pager", 'G'),
    ("uan", 'U'),
];

/// Parts of the file: heading, length of the numbers, and length of the prefixes.
const PARTS: [(&str, usize, usize); 3] =
    [("TEN_DIGITS", 10, 7), ("NINE_DIGITS", 9, 6), ("SEVEN_DIGITS", 7, 7)];

/// Derives the file: for every kind, the numbers that are valid in one of the regions of +44.
pub(super) fn derive(plans: &[Plan]) -> Result<String> {
    let plan = plans.iter().find(|plan| plan.code == UK).ok_or("+44: has no plan")?;
    for region in &plan.regions {
        let unknown = region.kinds().find(|kind| KINDS.iter().all(|(known, _)| known != kind));
        if let Some(kind) = unknown {
            return Err(format!(
                "{}: has numbers of the kind {kind}; give it a letter",
                region.name
            ));
        }
        let length =
            region.lengths.iter().find(|length| PARTS.iter().all(|(_, l, _)| l != *length));
        if let Some(length) = length {
            return Err(format!("{}: has numbers of {length} digits; add a part", region.name));
        }
    }
    let mut text = format!(
        "# Ranges of the UK's numbering plan that are in use, and for what: {}, which has\n\
         # them from Ofcom's National Telephone Numbering Plan, for +44 as a whole. Written by `cargo xtask sources`.\n\
         # A first and a last prefix, and L: fixed line, M: mobile, F: toll free, R: premium rate, P: personal number,\n\
         # V: VoIP, G: pager, U: UAN.\n",
        release()
    );
    for (heading, length, digits) in PARTS {
        text += &format!("[{heading}]\n");
        for (first, last, letter) in ranges(plan, length, digits)? {
            text += &format!("{first} {last} {letter}\n");
        }
    }
    Ok(text)
}

fn ranges(plan: &Plan, length: usize, digits: usize) -> Result<Vec<(u32, u32, char)>> {
    let mut ranges = Vec::new();
    for (kind, letter) in KINDS {
        let pattern = Pattern::any(plan.regions.iter().filter_map(|region| region.kind(kind)))?;
        let own =
            pattern.ranges(digits, length).map_err(|error| format!("+44, {kind}: {error}"))?;
        ranges.extend(own.into_iter().map(|(first, last)| (first, last, letter)));
    }
    ranges.sort_unstable();
    if let Some(two) = ranges.windows(2).find(|two| two[0].1 >= two[1].0) {
        let ((first, last, a), (.., b)) = (two[0], two[1]);
        return Err(format!("+44: {first} to {last} is both {a} and {b}"));
    }
    Ok(ranges)
}
