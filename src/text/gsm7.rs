//! The GSM-7 alphabet: what a character costs in it.
//!
//! Source: 3GPP TS 23.038, 6.2.1, the default alphabet and its extension table. ESC is the way into
//! the extension table and no character of its own; the national language tables are not used, as
//! neither vendor sends them (2026-11).

/// The septets of a character: 1, 2 from the extension table, or 0 if it is not in GSM-7.
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

/// The septets of the character that begins at this byte, and how many bytes it has.
pub(super) const fn septets_at(bytes: &[u8], at: usize) -> (u8, usize) {
    match bytes[at] {
        byte @ ..0x80 => (ASCII[byte as usize], 1),
        // All others in GSM-7 have two bytes in UTF-8, but for the euro.
        byte @ 0xc2..0xe0 => {
            let code = (byte as u32 & 0x1f) << 6 | bytes[at + 1] as u32 & 0x3f;
            match char::from_u32(code) {
                Some(c) => (septets(c), 2),
                None => (0, 2),
            }
        }
        0xe2 if bytes[at + 1] == 0x82 && bytes[at + 2] == 0xac => (septets('€'), 3),
        _ => (0, 1),
    }
}

const ASCII: [u8; 128] = {
    let mut table = [0; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = septets(byte as char);
        byte += 1;
    }
    table
};

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
            let (found, bytes) = septets_at(text.as_bytes(), 0);
            assert_eq!(found, septets(c), "{c:?}");
            assert!(found == 0 || bytes == text.len(), "{c:?}");
        }
    }
}
