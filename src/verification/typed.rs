//! Codes as people type them.

use std::hint::black_box;

/// Returns a code as it was meant: without white space and dashes, its digits in any script as ASCII.
pub(crate) fn typed(code: &str) -> String {
    const ZEROS: [char; 6] = ['0', '٠', '۰', '०', '๐', '０'];
    let digit = |c: char| {
        let value = ZEROS.iter().find_map(|zero| {
            let value = u32::from(c).checked_sub(u32::from(*zero))?;
            char::from_digit(value, 10)
        });
        value.unwrap_or(c)
    };
    let gap = |c: &char| c.is_whitespace() || matches!(c, '-' | '–' | '\u{200e}' | '\u{200f}');
    code.chars().take(64).filter(|c| !gap(c)).map(digit).collect()
}

/// Compares in a time that does not depend on where they differ.
pub(super) fn same(a: &str, b: &str) -> bool {
    let differ = a.bytes().zip(b.bytes()).fold(0, |differ, (a, b)| black_box(differ | (a ^ b)));
    a.len() == b.len() && differ == 0
}
