//! Numbers of +44, without a dependency: the shared plan of the United Kingdom, Guernsey, Jersey and the
//! Isle of Man.
//!
//! Belongs here: the ranges of the plan, the ways in which its numbers are written, and their spacing.

mod ranges;

use super::{
    Correction, NumberKind, ParsedNumber, PhoneNumber, PhoneNumberError, Region, reading::Reading,
};

/// Country code.
pub(super) const CODE: u16 = 44;
/// Number of digits after it, except in a few old exchanges and short freephone numbers.
const DIGITS: usize = 10;

/// Reads a number of the UK, Guernsey, Jersey or the Isle of Man as people write it.
///
/// Accepts `07700 900123`, `(0)7700 900123`, `+44 (0) 7700 900123`, `0044 7700 900123`, a number whose
/// leading 0 a spreadsheet dropped, full-width digits and extensions. [`ParsedNumber::corrections`] lists
/// the changes. The number is in a range in use, or one of Ofcom's numbers for drama
/// ([`PhoneNumber::is_fictional`]).
///
/// Clean a column of a customer list:
///
/// ```
/// use anysms::number::{Correction, uk};
///
/// let parsed = uk::parse("+44 (0)7700 900123 ext. 9")?;
/// assert_eq!(parsed.number().to_string(), "+447700900123");
/// assert!(parsed.corrections().iter().eq([Correction::Extension, Correction::NationalPrefix]));
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
///
/// Tell a customer what is wrong:
///
/// ```
/// let error = anysms::number::uk::parse("07700 90012").unwrap_err();
/// assert_eq!(error.to_string(), "phone number: needs 10 digits after +44, has 9");
/// ```
///
/// # Errors
/// [`PhoneNumberError::NotUk`] for a number of another country; any other [`PhoneNumberError`] names the
/// rule that was broken. The error does not contain the text.
pub fn parse(text: &str) -> Result<ParsedNumber, PhoneNumberError> {
    Reading::of(text)?.number(|reading| match read(reading, Region::GB)? {
        Read::Uk(parsed) => Ok(parsed),
        Read::Abroad(_) => Err(PhoneNumberError::NotUk),
    })
}

/// Reads a UK mobile number as people write it. Refuses numbers that cannot receive SMS: landlines, 070
/// numbers (which look like mobile phones), pagers, and numbers spelled in letters.
///
/// Validate the phone field of a sign-up form:
///
/// ```
/// use anysms::number::uk::format_uk_mobile;
///
/// assert_eq!(format_uk_mobile("07700 900123")?.to_string(), "+447700900123");
/// assert!(format_uk_mobile("020 7946 0000").is_err());
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
///
/// # Errors
/// [`PhoneNumberError::NotMobile`] for a number that cannot receive SMS; otherwise as [`parse`].
pub fn format_uk_mobile(text: &str) -> Result<PhoneNumber, PhoneNumberError> {
    let number = parse(text)?.number();
    match number.kind() {
        NumberKind::Mobile => Ok(number),
        kind => Err(PhoneNumberError::NotMobile { kind }),
    }
}

/// Result of reading a text that was written in the UK.
pub(super) enum Read {
    Uk(ParsedNumber),
    /// Number of another country: its digits from the country code on.
    Abroad(Reading),
}

/// Reads digits as written in one of the four regions.
pub(super) fn read(mut reading: Reading, region: Region) -> Result<Read, PhoneNumberError> {
    if reading.plus && reading.digits().starts_with('0') {
        // `+07700`, `+0044`: the `+` is superfluous.
        reading.plus = false;
        reading.corrections.add(Correction::MalformedPlus);
    }
    let digits = reading.digits();
    let exit_code = digits.strip_prefix("00").filter(|rest| !rest.starts_with('0'));
    let international = if reading.plus { Some(digits) } else { exit_code };
    if let Some(digits) = international {
        return match digits.strip_prefix("44") {
            Some(national) => after_country_code(&reading, national).map(Read::Uk),
            None => Ok(Read::Abroad(reading.international(digits))),
        };
    }
    if let Some(national) = digits.strip_prefix("44") {
        // No national number of +44 begins with 4, so this can only be the country code.
        let mut reading = reading.clone();
        reading.corrections.add(Correction::MissingPlus);
        return after_country_code(&reading, national).map(Read::Uk);
    }
    if let Some(area) = local_area(region).filter(|_| digits.len() == 6) {
        return finish(&reading, &format!("{area}{digits}"), None).map(Read::Uk);
    }
    let correction = if digits.starts_with('0') { None } else { Some(Correction::MissingZero) };
    finish(&reading, digits.strip_prefix('0').unwrap_or(digits), correction).map(Read::Uk)
}

/// Returns the area code that people on an island omit before the six digits of a landline.
fn local_area(region: Region) -> Option<&'static str> {
    match region {
        Region::GG => Some("1481"),
        Region::IM => Some("1624"),
        Region::JE => Some("1534"),
        _ => None,
    }
}

/// Reads the digits after +44, without a superfluous 0 before them.
pub(super) fn after_country_code(
    reading: &Reading,
    digits: &str,
) -> Result<ParsedNumber, PhoneNumberError> {
    match digits.strip_prefix('0') {
        Some(digits) => finish(reading, digits, Some(Correction::NationalPrefix)),
        None => finish(reading, digits, None),
    }
}

fn finish(
    reading: &Reading,
    national: &str,
    correction: Option<Correction>,
) -> Result<ParsedNumber, PhoneNumberError> {
    let kind = kind(national);
    if kind == NumberKind::Unknown {
        return Err(if national.len() == DIGITS {
            PhoneNumberError::NotInUse { country_code: CODE }
        } else {
            PhoneNumberError::WrongLength {
                country_code: CODE,
                expected: DIGITS,
                actual: national.len(),
            }
        });
    }
    reading.check_letters(|| kind)?;
    let mut corrections = reading.corrections;
    correction.into_iter().for_each(|correction| corrections.add(correction));
    let number = PhoneNumber::from_parts(CODE, national)?;
    Ok(ParsedNumber { number, corrections, zero_omitted: false })
}

/// Returns the kind of a national number (without its 0); [`NumberKind::Unknown`] if it is not in use.
pub(super) fn kind(national: &str) -> NumberKind {
    match in_use(national) {
        NumberKind::Unknown => fictional(national).unwrap_or(NumberKind::Unknown),
        kind => kind,
    }
}

/// Returns the kind of a national number by the ranges in use alone, without Ofcom's numbers for drama.
pub(super) fn in_use(national: &str) -> NumberKind {
    let (table, prefix): (&[ranges::Range], usize) = match national.len() {
        10 => (&ranges::TEN_DIGITS, 7),
        9 => (&ranges::NINE_DIGITS, 6),
        7 => (&ranges::SEVEN_DIGITS, 7),
        _ => return NumberKind::Unknown,
    };
    let Ok(prefix) = national[..prefix].parse() else { return NumberKind::Unknown };
    let at = table.partition_point(|(first, ..)| *first <= prefix);
    match table[..at].last() {
        Some((_, last, kind)) if prefix <= *last => *kind,
        _ => NumberKind::Unknown,
    }
}

/// Returns the kind of one of Ofcom's numbers for drama ("Telephone numbers for use in TV and radio drama
/// programmes", 2026-11). Three digits follow each prefix.
pub(super) fn fictional(national: &str) -> Option<NumberKind> {
    let prefix = national.get(..7).filter(|_| national.len() == DIGITS)?;
    Some(match prefix {
        "1134960" | "1144960" | "1154960" | "1164960" | "1174960" | "1184960" | "1214960"
        | "1314960" | "1414960" | "1514960" | "1614960" | "1632960" | "1914980" | "2079460"
        | "2896496" | "2920180" => NumberKind::FixedLine,
        "7700900" => NumberKind::Mobile,
        "8081570" => NumberKind::TollFree,
        "9098790" => NumberKind::PremiumRate,
        "3069990" => NumberKind::Uan,
        _ => return None,
    })
}

/// Returns the lengths of the groups in which a national number is written, except the last. Source:
/// libphonenumber 9.0.43, after Ofcom's area codes.
pub(super) fn groups(national: &str) -> &'static [usize] {
    const FIVE_DIGIT_AREAS: [&str; 12] = [
        "13873", "15242", "15394", "15395", "15396", "16973", "16974", "16977", "17683", "17684",
        "17687", "19467",
    ];
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| national.starts_with(prefix));
    let digit = |at: usize| national.as_bytes().get(at).copied().unwrap_or_default();
    match (digit(0), national.len()) {
        (b'8', 7) if begins(&["8454"]) => &[3, 2],
        (b'8', 7 | 9) => &[3],
        (b'1', 9 | 10) if begins(&FIVE_DIGIT_AREAS) => &[5],
        // 011x and 01x1 are areas of three digits.
        (b'1', 9 | 10)
            if digit(1) != b'1' && (digit(2) != b'1' || matches!(digit(1), b'7' | b'8')) =>
        {
            &[4]
        }
        (b'2' | b'5', 10) => &[2, 4],
        (b'7', 10) if begins(&["70"]) || begins(&["76"]) && !begins(&["7624"]) => &[2, 4],
        (b'7', 10) => &[4],
        (_, 10) => &[3, 3],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_sorted_and_part_from_each_other() {
        let tables: [(&[ranges::Range], u32); 3] = [
            (&ranges::TEN_DIGITS, 10_000_000),
            (&ranges::NINE_DIGITS, 1_000_000),
            (&ranges::SEVEN_DIGITS, 10_000_000),
        ];
        for (table, end) in tables {
            let mut next = end / 10;
            for (first, last, kind) in table {
                assert!(*first >= next && last >= first && *last < end, "{first} {last}");
                assert_ne!(*kind, NumberKind::Unknown);
                next = last + 1;
            }
        }
    }

    #[test]
    fn a_range_holds_its_first_and_its_last() {
        for (national, kind) in [
            ("7399999999", NumberKind::Mobile),
            ("7000000000", NumberKind::PersonalNumber),
            ("7099999999", NumberKind::PersonalNumber),
            ("7700899999", NumberKind::Mobile),
            ("7700900000", NumberKind::Unknown),
            ("8001111", NumberKind::TollFree),
            ("8001112", NumberKind::Unknown),
            ("8454640", NumberKind::PremiumRate),
            ("120461123", NumberKind::FixedLine),
            ("120465123", NumberKind::Unknown),
            ("800123456", NumberKind::TollFree),
            ("0", NumberKind::Unknown),
            ("", NumberKind::Unknown),
        ] {
            assert_eq!(in_use(national), kind, "{national}");
        }
        assert_eq!(kind("7700900000"), NumberKind::Mobile);
        assert_eq!(kind("7700900999"), NumberKind::Mobile);
    }
}
