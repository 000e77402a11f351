//! [`Reading`]: extracts the digits from a text, before the country is known.
//!
//! Separators, extensions and letters are treated as in Google's libphonenumber, so that its engines and
//! the UK's rules see the same digits. Where libphonenumber would guess (letters in brackets, a name after
//! a number, a country code in letters), and for rare notations (`0~0`, `phone-context`), the text is
//! refused.

use super::{
    Correction, Corrections, NumberKind, ParsedNumber, PhoneNumber, PhoneNumberError as E,
};

/// Digits of a text.
#[derive(Clone)]
pub(super) struct Reading {
    /// `true` if a `+` precedes the digits.
    pub(super) plus: bool,
    pub(super) corrections: Corrections,
    /// Byte offset of the first letter that was converted to a digit.
    letters_at: usize,
    /// `true` if the text ends in `.0`, as a spreadsheet writes it.
    decimal: bool,
    digits: [u8; Self::MAX],
    len: usize,
}

impl Reading {
    /// Maximum number of digits: more than an exit code, a national prefix and a number.
    const MAX: usize = 24;

    /// Reads a text of up to [`PhoneNumber::MAX_TEXT`] characters.
    pub(super) fn of(text: &str) -> Result<Self, E> {
        if text.chars().nth(PhoneNumber::MAX_TEXT).is_some() {
            return Err(E::InputTooLong);
        }
        let mut reading = Self {
            plus: false,
            corrections: Corrections::default(),
            letters_at: 0,
            decimal: false,
            digits: [0; Self::MAX],
            len: 0,
        };
        let start = reading.skip_leading_text(text)?;
        let end = reading.skip_trailing_text(text, start);
        reading.read(text, start, end)?;
        if reading.len == 0 {
            return Err(E::NoDigits);
        }
        Ok(reading)
    }

    pub(super) fn digits(&self) -> &str {
        std::str::from_utf8(&self.digits[..self.len]).unwrap_or_default() // ASCII digits
    }

    /// Returns the same reading in international form, with only these digits.
    pub(super) fn international(&self, digits: &str) -> Self {
        let mut reading = self.clone();
        reading.len = digits.len().min(Self::MAX);
        reading.digits[..reading.len].copy_from_slice(&digits.as_bytes()[..reading.len]);
        reading.plus = true;
        reading
    }

    /// Reads the digits without a spreadsheet's `.0`; refused if they are a number with that 0 too.
    pub(super) fn number(
        self,
        read: impl Fn(Self) -> Result<ParsedNumber, E>,
    ) -> Result<ParsedNumber, E> {
        if !self.decimal {
            // Letters that do not spell a number are words.
            let words = self.corrections.contains(Correction::Letters).then_some(self.letters_at);
            return read(self)
                .map_err(|error| words.map_or(error, |at| E::InvalidCharacter { at }));
        }
        let mut without = self.clone();
        without.len -= 1;
        without.corrections.add(Correction::TrailingDecimal);
        match read(self) {
            Ok(with) => Err(E::Ambiguous { country_code: with.number().country_code() }),
            Err(_) => read(without),
        }
    }

    /// Refuses letters in numbers of kinds that are not advertised in letters.
    pub(super) fn check_letters(&self, kind: impl FnOnce() -> NumberKind) -> Result<(), E> {
        if self.corrections.contains(Correction::Letters) && !kind().may_be_spelled() {
            return Err(E::InvalidCharacter { at: self.letters_at });
        }
        Ok(())
    }

    /// Returns the byte offset at which the number begins: its first digit or `+`.
    fn skip_leading_text(&mut self, text: &str) -> Result<usize, E> {
        for (at, c) in text.char_indices() {
            let next = text[at + c.len_utf8()..].chars().next();
            match c {
                '+' | '＋' => return Ok(at),
                // A service code, not a number.
                '*' | '#' if next.and_then(digit).is_some() => {
                    return Err(E::InvalidCharacter { at });
                }
                c if digit(c).is_some() => return Ok(at),
                c if !is_separator(c) && !c.is_whitespace() => {
                    self.corrections.add(Correction::SurroundingText);
                }
                _ => {}
            }
        }
        Err(if text.is_empty() { E::Empty } else { E::NoDigits })
    }

    /// Returns the byte offset at which the number ends: after its last digit, letter or `#`.
    fn skip_trailing_text(&mut self, text: &str, start: usize) -> usize {
        let kept = text.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '#');
        let end = kept.len().max(start);
        if text[end..].chars().any(|c| !is_separator(c) && !c.is_whitespace()) {
            self.corrections.add(Correction::SurroundingText);
        }
        end
    }

    fn read(&mut self, text: &str, start: usize, end: usize) -> Result<(), E> {
        let text = &text[..end];
        let (mut separators, mut bracket) = (0, false);
        for (at, c) in text[start..].char_indices().map(|(at, c)| (start + at, c)) {
            if let Some(digit) = digit(c) {
                if !c.is_ascii() {
                    self.corrections.add(Correction::NonAsciiDigits);
                }
                self.push(digit)?;
                bracket = false;
            } else if matches!(c, '+' | '＋') && self.digits().bytes().all(|d| d == b'0') {
                // The first, a repeated one, or one after zeros.
                if self.plus || self.len > 0 {
                    self.corrections.add(Correction::MalformedPlus);
                }
                (self.plus, self.len) = (true, 0);
            } else if is_separator(c) {
                separators += 1;
                bracket |= is_bracket(c);
            } else if is_extension(&text[at..]) {
                self.corrections.add(Correction::Extension);
                break;
            } else if is_exponent(&text[at..]) {
                return Err(E::ScientificNotation);
            } else if !bracket && c.is_ascii_alphabetic() {
                return self.read_letters(text, at);
            } else {
                return Err(E::InvalidCharacter { at });
            }
        }
        // A spreadsheet drops leading zeros, so such a number does not begin with 0.
        self.decimal = separators == 1 && text.ends_with(".0") && !self.digits().starts_with('0');
        Ok(())
    }

    /// Reads letters up to the end, as digits: at least three, with digits, spaces and dashes between them,
    /// after at least three digits (four with a country code).
    fn read_letters(&mut self, text: &str, start: usize) -> Result<(), E> {
        self.corrections.add(Correction::Letters);
        self.letters_at = start;
        let mut letters = 0;
        let prefix = if self.plus { 4 } else { 3 };
        if self.len < prefix {
            return Err(E::InvalidCharacter { at: start });
        }
        for (at, c) in text[start..].char_indices() {
            if is_extension(&text[start + at..]) {
                return Err(E::InvalidCharacter { at: start + at });
            } else if let Some(key) = key_of(c) {
                letters += 1;
                self.push(key).map_err(|_| E::InvalidCharacter { at: start })?;
            } else if let Some(digit) = digit(c) {
                self.push(digit).map_err(|_| E::InvalidCharacter { at: start })?;
            } else if !matches!(c, ' ' | '-') {
                return Err(E::InvalidCharacter { at: start + at });
            }
        }
        if letters < 3 { Err(E::InvalidCharacter { at: start }) } else { Ok(()) }
    }

    fn push(&mut self, digit: u8) -> Result<(), E> {
        let place = self.digits.get_mut(self.len).ok_or(E::TooLong)?;
        *place = b'0' + digit;
        self.len += 1;
        Ok(())
    }
}

/// Returns `true` for characters that may separate digits.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | '\u{a0}' | '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{3000}')
        || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー' | '－' | '／' | '．')
        || is_bracket(c)
}

fn is_bracket(c: char) -> bool {
    matches!(c, '(' | ')' | '[' | ']' | '（' | '）' | '［' | '］')
}

/// Markers of an extension, in lower case, each before its own prefixes; with the maximum number of digits
/// that may follow.
const EXTENSIONS: [(&str, usize); 19] = [
    (";ext=", 20),
    ("extension", 20),
    ("extensión", 20),
    ("extn", 20),
    ("ext", 20),
    ("xtn", 20),
    ("xt", 20),
    ("ｅｘｔｎ", 20),
    ("ｅｘｔ", 20),
    ("доб", 20),
    ("anexo", 20),
    ("int", 9),
    ("ｉｎｔ", 9),
    ("x", 9),
    ("ｘ", 9),
    ("#", 9),
    ("＃", 9),
    ("~", 9),
    ("～", 9),
];

/// Returns `true` if the text is an extension and nothing else: a marker and digits up to the end.
fn is_extension(text: &str) -> bool {
    let after_commas = text.trim_start_matches(',');
    let commas = after_commas.len() < text.len();
    let text = after_commas.trim_start_matches([' ', '\u{a0}', '\t']);
    let marker =
        EXTENSIONS.iter().find_map(|(marker, most)| Some((strip_marker(text, marker)?, *most)));
    let Some((digits, most)) = marker.or(commas.then_some((text, 9))) else { return false };
    let digits = digits.strip_prefix([':', '.', '．']).unwrap_or(digits);
    let digits = digits.trim_start_matches([' ', '\u{a0}', '\t', ',', '-']);
    let digits = digits.strip_suffix('#').unwrap_or(digits);
    (1..=most).contains(&digits.chars().count()) && digits.chars().all(|c| digit(c).is_some())
}

/// Returns the rest after a marker, ignoring the case of the text.
fn strip_marker<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for expected in marker.chars() {
        let c = rest.next()?;
        if c != expected && !c.to_lowercase().eq([expected]) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Returns `true` for an exponent (`E+11`), as a spreadsheet writes long numbers.
fn is_exponent(text: &str) -> bool {
    let digits = text.strip_prefix(['E', 'e']).map(|rest| rest.strip_prefix('+').unwrap_or(rest));
    digits.is_some_and(|d| matches!(d.len(), 1..=3) && d.bytes().all(|b| b.is_ascii_digit()))
}

/// Returns the digit on the key of a letter.
fn key_of(c: char) -> Option<u8> {
    Some(match c.to_ascii_lowercase() {
        'a'..='c' => 2,
        'd'..='f' => 3,
        'g'..='i' => 4,
        'j'..='l' => 5,
        'm'..='o' => 6,
        'p'..='s' => 7,
        't'..='v' => 8,
        'w'..='z' => 9,
        _ => return None,
    })
}

/// Returns the value of a decimal digit of any script.
fn digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.to_digit(10).map(|digit| digit as u8);
    }
    let c = u32::from(c);
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= c)].last()?;
    u8::try_from(c - zero).ok().filter(|digit| *digit < 10)
}

/// Code point of the digit zero of every script with decimal digits (Unicode 14, general category Nd);
/// the other nine digits follow it.
#[rustfmt::skip]
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
    0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0,
    0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30,
    0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0,
    0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, E> {
        Reading::of(text).map(|r| format!("{}{}", if r.plus { "+" } else { "" }, r.digits()))
    }

    #[test]
    fn keeps_the_digits_and_the_plus() {
        for (text, digits) in [
            ("07700 900123", "07700900123"),
            ("(07700) 900-123", "07700900123"),
            ("+44 (0) 7700.900/123", "+4407700900123"),
            ("(+44) 7700 900123", "+447700900123"),
            ("+ (44) 7700 900123", "+447700900123"),
            ("＋４４ ７７００ ９００１２３", "+447700900123"),
            ("٠٧٧٠٠٩٠٠١٢٣", "07700900123"),
            ("07700\u{a0}900\u{2011}123", "07700900123"),
            ("tel:+44-7700-900123", "+447700900123"),
            ("\u{202a}+447700900123\u{202c}", "+447700900123"),
            ("0+44 7700 900123", "+447700900123"),
            ("++44 7700 900123", "+447700900123"),
            ("07700 900123.", "07700900123"),
            ("447700900123.0", "4477009001230"),
            ("0800 FLOWERS", "08003569377"),
            ("2024-01-02", "20240102"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(digits), "{text}");
        }
    }

    #[test]
    fn leaves_out_extensions() {
        for tail in [
            " x1",
            "x 12",
            " ext. 12",
            " EXT:12",
            " extension 12",
            " extn12",
            "#12",
            " #12#",
            ",12",
            ",,12",
            " int 12",
            ";ext=12",
            "~12",
            " Ext ١٢",
            " ext 12.",
        ] {
            let reading = Reading::of(&format!("07700 900123{tail}")).unwrap();
            assert_eq!(reading.digits(), "07700900123", "{tail}");
            assert!(reading.corrections.contains(Correction::Extension), "{tail}");
        }
    }

    #[test]
    fn says_what_no_number_has_and_where() {
        use E::*;
        for (text, error) in [
            ("", Empty),
            (" ", NoDigits),
            ("+", NoDigits),
            ("withheld", NoDigits),
            ("①②", NoDigits),
            ("07700_900123", InvalidCharacter { at: 5 }),
            ("07700\u{202f}900123", InvalidCharacter { at: 5 }),
            ("07911\u{0}123456", InvalidCharacter { at: 5 }),
            ("*31#07700900123", InvalidCharacter { at: 0 }),
            ("07700900123 (Dave)", InvalidCharacter { at: 13 }),
            ("07700 900123 DJ", InvalidCharacter { at: 13 }),
            ("07700+900123", InvalidCharacter { at: 5 }),
            ("0800 1111 10:30", InvalidCharacter { at: 12 }),
            ("030 1234:5678", InvalidCharacter { at: 8 }),
            ("030 1234\t5678", InvalidCharacter { at: 8 }),
            ("07700900123~1234567890", InvalidCharacter { at: 11 }),
            ("2abc 123 4567", InvalidCharacter { at: 1 }),
            ("+62abc 123 4567", InvalidCharacter { at: 3 }),
            ("0800 abc56x7", InvalidCharacter { at: 10 }),
            ("#31# 07700900123", InvalidCharacter { at: 0 }),
            ("4.47701E+11", ScientificNotation),
            ("1234567890123456789012345", TooLong),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
        assert_eq!(read(&"1".repeat(65)), Err(InputTooLong));
        assert_eq!(read(&"é".repeat(64)), Err(NoDigits));
    }

    #[test]
    fn knows_the_digits_of_every_script() {
        assert!(ZEROS.is_sorted());
        for (c, value) in [('0', 0), ('٣', 3), ('९', 9), ('９', 9), ('𝟗', 9), ('𝟘', 0)] {
            assert_eq!(digit(c), Some(value), "{c}");
        }
        for c in ['a', '²', '①', '½', 'Ⅷ', '\u{10ffff}'] {
            assert_eq!(digit(c), None, "{c}");
        }
    }
}
