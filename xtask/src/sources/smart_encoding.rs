//! Substitutes of Smart Encoding: `smart-encoding.txt`.

use super::packages::{SEGMENTS, node, unpacked};
use crate::Result;

/// Derives the file.
pub(super) fn derive() -> Result<String> {
    let package = unpacked(&SEGMENTS)?;
    let entries: Vec<(String, String)> = node(include_str!("scripts/substitutes.mjs"), &package)?;
    let count = entries.len();
    let mut rows: Vec<(String, Vec<u32>)> = Vec::new();
    for (replaced, substitute) in entries {
        let mut chars = replaced.chars();
        let (Some(c), None) = (chars.next(), chars.next()) else {
            return Err(format!("{replaced:?}: is not one character"));
        };
        match rows.iter_mut().find(|(known, _)| *known == substitute) {
            Some((_, codes)) => codes.push(u32::from(c)),
            None => rows.push((substitute, vec![u32::from(c)])),
        }
    }
    let mut text = format!(
        "# Smart Encoding: the {count} entries of {} {} on npm. Written by `cargo xtask sources`.\n\
         # A substitute in quotes, and the characters that it takes the place of.\n",
        SEGMENTS.name, SEGMENTS.version
    );
    for (substitute, mut codes) in rows {
        codes.sort_unstable();
        let codes: Vec<_> = codes.iter().map(|code| format!("{code:04X}")).collect();
        text += &format!("{substitute:?} {}\n", codes.join(" "));
    }
    Ok(text)
}
