//! Substitutes of a vendor's Smart Encoding.

use super::{Table, lines, unreadable};
use crate::Result;

pub(super) const SUBSTITUTES: Table = Table {
    file: "src/text/smart_encoding.rs",
    source: "xtask/data/smart-encoding.txt",
    from: "        '«' | '»'",
    to: "        _ => return None,",
    render,
};

fn render(source: &str) -> Result<String> {
    let mut text = String::new();
    for (at, line) in lines(source) {
        let (substitute, codes) = line.rsplit_once("\" ").ok_or_else(|| unreadable(at))?;
        let codes: Option<Vec<_>> = codes.split(' ').map(pattern).collect();
        let patterns = codes.ok_or_else(|| unreadable(at))?.join(" | ");
        text += &format!("        {patterns} => {substitute}\",\n");
    }
    Ok(text)
}

/// Writes a code point as a literal: as itself where it can be seen.
fn pattern(code: &str) -> Option<String> {
    let code = u32::from_str_radix(code, 16).ok()?;
    let seen = match code {
        0x09 => return Some(r"'\t'".to_owned()),
        0..0x20 | 0x7f..=0xa0 => false,
        // Combining marks, spaces and what has no width.
        0x300..=0x36f | 0x1dc0..=0x1dff | 0x20d0..=0x20ff => false,
        0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000 | 0xfeff => false,
        _ => true,
    };
    let c = char::from_u32(code)?;
    Some(if seen { format!("'{c}'") } else { format!("'\\u{{{code:x}}}'") })
}
