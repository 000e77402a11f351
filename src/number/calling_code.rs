//! How long a country calling code is. One digit for +1 and +7, two for those listed, else three.
//!
//! Source: the list of country codes assigned under ITU-T E.164, as of November 2026.

/// The two-digit country codes.
const TWO_DIGITS: [u8; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// The length of the calling code of a number of `len` digits (at least 7).
pub(super) fn len(digits: u64, len: usize) -> usize {
    let first_two = (digits / 10_u64.pow(len as u32 - 2)) as u8;
    match first_two {
        10..=19 | 70..=79 => 1,
        code if TWO_DIGITS.binary_search(&code).is_ok() => 2,
        _ => 3,
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
        assert!(TWO_DIGITS.is_sorted());
    }
}
