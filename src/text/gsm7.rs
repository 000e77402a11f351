//! The GSM-7 alphabet: the number of septets of each character.
//!
//! Source: 3GPP TS 23.038, 6.2.1, the default alphabet and its extension table. ESC switches to the
//! extension table and is not a character itself. The national language tables are not included, as
//! neither vendor uses them (2026-11).

/// Returns the septets of a character: 1, 2 from the extension table, or 0 if it is not in GSM-7.
pub(super) const fn septets(c: char) -> u8 {
    match c {
        '\n' | '\r' | ' '..='Z' | '_' | 'a'..='z' => 1,
        '¡' | '£' | '¤' | '¥' | '§' | '¿' | 'Ä' | 'Å' | 'Æ' | 'Ç' | 'É' | 'Ñ' | 'Ö' | 'Ø' | 'Ü' => {
            1
        }
        'ß' | 'à' | 'ä' | 'å' | 'æ' | 'è' | 'é' | 'ì' | 'ñ' | 'ò' | 'ö' | 'ø' | 'ù' | 'ü' => {
            1
        }
        'Γ' | 'Δ' | 'Θ' | 'Λ' | 'Ξ' | 'Π' | 'Σ' | 'Φ' | 'Ψ' | 'Ω' => 1,
        '\u{c}' | '[' | '\\' | ']' | '^' | '{' | '|' | '}' | '~' | '€' => 2,
        _ => 0,
    }
}

/// Returns the septets of the first character and its length in bytes.
pub(super) const fn first_septets(text: &[u8]) -> (u8, usize) {
    match *text {
        [byte @ ..0x80, ..] => (LATIN_1[byte as usize], 1),
        // All other GSM-7 characters have two bytes in UTF-8, except the euro.
        [byte @ 0xc2..0xc4, next, ..] => {
            (LATIN_1[(byte as usize & 3) << 6 | next as usize & 0x3f], 2)
        }
        [byte @ 0xc4..0xe0, next, ..] => {
            match char::from_u32((byte as u32 & 0x1f) << 6 | next as u32 & 0x3f) {
                Some(c) => (septets(c), 2),
                None => (0, 2),
            }
        }
        [0xe2, 0x82, 0xac, ..] => (septets('€'), 3),
        _ => (0, 1),
    }
}

/// Returns the septets of four bytes; `None` if one is not ASCII or not in GSM-7.
pub(super) const fn septets_of_ascii(text: &[u8; 4]) -> Option<usize> {
    let (mut sum, mut at) = (0, 0);
    while at < text.len() {
        sum += SUMMANDS[text[at] as usize] as usize;
        at += 1;
    }
    if sum < OUTSIDE as usize { Some(sum) } else { None }
}

/// Septets of the first 256 characters.
const LATIN_1: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < table.len() {
        table[code] = septets(code as u8 as char);
        code += 1;
    }
    table
};

/// Septets of each ASCII byte in GSM-7; for all other bytes a value greater than any sum of four
/// characters.
const SUMMANDS: [u8; 256] = {
    let mut table = [OUTSIDE; 256];
    let mut byte = 0;
    while byte < 128 {
        if LATIN_1[byte] > 0 {
            table[byte] = LATIN_1[byte];
        }
        byte += 1;
    }
    table
};

const OUTSIDE: u8 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_all_of_the_alphabet_and_nothing_else() {
        let count = |wanted| ('\0'..=char::MAX).filter(|c| septets(*c) == wanted).count();
        assert_eq!((count(1), count(2)), (127, 10));
        for c in ['\u{1b}', '`', '\t', 'ç', 'á', '\u{2126}', 'µ'] {
            assert_eq!(septets(c), 0, "{c:?}");
        }
    }

    #[test]
    fn reads_characters_from_bytes() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            let (found, bytes) = first_septets(text.as_bytes());
            assert_eq!(found, septets(c), "{c:?}");
            assert!(found == 0 || bytes == text.len(), "{c:?}");
        }
    }
}
