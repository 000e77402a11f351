//! Country codes: their lengths, and the national prefixes dialled within each country.

use super::region;

/// The two-digit country codes assigned under ITU-T E.164 (2026-11). +1 and +7 have one digit, all others
/// three.
const TWO_DIGITS: [u8; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// The same, one bit each.
const TWO_DIGIT_BITS: u128 = {
    let (mut bits, mut at) = (0, 0);
    while at < TWO_DIGITS.len() {
        bits |= 1 << TWO_DIGITS[at];
        at += 1;
    }
    bits
};

/// Returns the length of the country code of a number of `len` digits (at least 7).
pub(super) const fn len(digits: u64, len: usize) -> usize {
    length_after((digits / 10_u64.pow(len as u32 - 2)) as u8)
}

/// Returns the length of a country code by the first two digits of a number.
const fn length_after(first_two: u8) -> usize {
    match first_two {
        10..=19 | 70..=79 => 1,
        0..=99 if TWO_DIGIT_BITS >> first_two & 1 == 1 => 2,
        _ => 3,
    }
}

/// Splits digits in international form into an assigned country code and the rest; `None` if the code is
/// not assigned.
pub(super) fn split(digits: &str) -> Option<(u16, &str)> {
    let first_two = digits.get(..2).filter(|two| !two.starts_with('0'))?.parse().ok()?;
    let (code, national) = digits.split_at_checked(length_after(first_two))?;
    let code = code.parse().ok().filter(|code| exists(*code))?;
    Some((code, national))
}

/// Returns `true` if the country code is assigned to a country or an international service.
pub(super) fn exists(code: u16) -> bool {
    region::has_country_code(code)
}

/// Returns the number of digits after a country code whose numbers all have the same length.
pub(super) const fn fixed_length(code: u16) -> Option<usize> {
    match code {
        1 | 7 => Some(10),
        _ => None,
    }
}

/// Returns the prefix that is dialled before a national number within the country, and by mistake written
/// after its country code; `None` if there is none. Source: libphonenumber 9.0.43.
#[rustfmt::skip]
pub(super) const fn national_prefix(code: u16) -> Option<&'static str> {
    match code {
        1 | 692 => Some("1"),
        7 | 375 | 993 => Some("8"),
        20 | 27 | 31..=33 | 40 | 41 | 43 | 44 | 46 | 49 | 51 | 53..=55 | 57 | 58 | 60..=64 | 66 | 81
        | 82 | 84 | 86 | 90..=95 | 98 | 211..=213 | 218 | 231..=234 | 243 | 249..=252 | 254..=256
        | 260..=265 | 291 | 353 | 355 | 358 | 359 | 370 | 373 | 374 | 377 | 380..=383 | 385..=387
        | 389 | 421 | 423 | 508 | 590 | 591 | 593..=596 | 598 | 686 | 850 | 855 | 856 | 880 | 886
        | 961..=964 | 966 | 967 | 970..=972 | 976 | 977 | 994..=996 => Some("0"),
        36 => Some("06"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_codes_of_every_length() {
        assert_eq!(len(15_555_550_100, 11), 1);
        assert_eq!(len(75_555_550_100, 11), 1);
        assert_eq!(len(447_700_900_123, 12), 2);
        assert_eq!(len(99_915_550_100, 11), 3);
    }

    #[test]
    fn parts_codes_that_exist() {
        assert_eq!(split("447700900123"), Some((44, "7700900123")));
        assert_eq!(split("15555550100"), Some((1, "5555550100")));
        assert_eq!(split("35312345"), Some((353, "12345")));
        for digits in ["", "4", "0447700900123", "99912345678", "35"] {
            assert_eq!(split(digits), None, "{digits}");
        }
    }
}
