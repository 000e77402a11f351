//! [`parse`]: reads numbers of any region as people write them.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use super::{
    Correction, Corrections, PhoneNumber, PhoneNumberError, Region, calling_code, engine,
    reading::Reading, uk,
};

/// A number that was read from a text, with the corrections that this took.
#[derive(Clone, Copy)]
pub struct ParsedNumber {
    pub(super) number: PhoneNumber,
    /// All but a missing 0.
    pub(super) corrections: Corrections,
    /// `true` if the text does not begin with 0, the national prefix. Many plans have numbers that are
    /// never dialled with it: only the format tells, which takes longer than the reading.
    pub(super) zero_omitted: bool,
}

impl ParsedNumber {
    /// Returns the number.
    #[must_use]
    pub const fn number(&self) -> PhoneNumber {
        self.number
    }

    /// Returns the corrections that were made; empty if the text was read as it stands.
    #[must_use]
    pub fn corrections(&self) -> Corrections {
        let mut corrections = self.corrections;
        if self.zero_omitted && self.number.national().to_string().starts_with('0') {
            corrections.add(Correction::MissingZero);
        }
        corrections
    }
}

impl PartialEq for ParsedNumber {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && self.corrections() == other.corrections()
    }
}

impl Eq for ParsedNumber {}

impl Hash for ParsedNumber {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.number, self.corrections()).hash(state);
    }
}

impl fmt::Debug for ParsedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedNumber")
            .field("number", &self.number)
            .field("corrections", &self.corrections())
            .finish()
    }
}

/// Reads a number as people write it: in international form, with `+` or the region's exit code, or in
/// the region's national form. `None` as region accepts international form with `+` only.
///
/// Numbers of the UK, Guernsey, Jersey and the Isle of Man are always read by [`uk`]. The national form
/// of any other region needs one of the features `rlibphonenumber` (exactly as Google's libphonenumber)
/// and `phonenumber` (nearly so); with both, `rlibphonenumber` is used. With either, only numbers in a
/// range in use and fictional numbers are accepted. With neither, an international number of another
/// country is accepted as it stands, and its [`PhoneNumber::is_valid`] is `None`.
///
/// A number in international form keeps its digits under every feature, with one exception: a national
/// prefix right after the country code (`+44 (0)7700 900123`) is removed if the number is in use without
/// it and not with it. Any other change is refused as ambiguous.
///
/// Read the phone field of a form:
///
/// ```
/// use anysms::number::{self, Region};
///
/// let parsed = number::parse("07700 900123", Region::GB)?;
/// assert_eq!(parsed.number().to_string(), "+447700900123");
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
///
/// Ask for the country if it is missing:
///
/// ```
/// use anysms::{PhoneNumberError, number};
///
/// let error = number::parse("07700 900123", None).unwrap_err();
/// assert_eq!(error, PhoneNumberError::MissingRegion);
/// ```
///
/// # Errors
/// [`PhoneNumberError`] with the rule that was broken; it does not contain the text. Without one of the
/// two features, [`PhoneNumberError::UnsupportedRegion`] for the national form of other regions.
pub fn parse(
    text: &str,
    region: impl Into<Option<Region>>,
) -> Result<ParsedNumber, PhoneNumberError> {
    let region = region.into().filter(|region| *region != Region::WORLD);
    Reading::of(text)?.number(|reading| read(reading, region))
}

fn read(mut reading: Reading, region: Option<Region>) -> Result<ParsedNumber, PhoneNumberError> {
    if reading.plus && !reading.digits().starts_with('0') {
        return international(&reading);
    }
    let region = region.ok_or(PhoneNumberError::MissingRegion)?;
    if region.is_uk() {
        return match uk::read(reading, region)? {
            uk::Read::Uk(parsed) => Ok(parsed),
            uk::Read::Abroad(reading) => international(&reading),
        };
    }
    if reading.plus {
        reading.plus = false;
        reading.corrections.add(Correction::MalformedPlus);
    }
    national(&reading, region)
}

/// Reads digits that begin with a country code.
fn international(reading: &Reading) -> Result<ParsedNumber, PhoneNumberError> {
    let (code, national) =
        calling_code::split(reading.digits()).ok_or(PhoneNumberError::UnknownCountryCode)?;
    if code == uk::CODE {
        return uk::after_country_code(reading, national);
    }
    if !engine::IS_ON {
        return unchecked(reading, code, national);
    }
    let as_written = PhoneNumber::from_parts(code, national);
    if let Ok(number) = as_written
        && in_use(number)
    {
        return finish(reading, number, None);
    }
    let prefix = calling_code::national_prefix(code);
    if let Some(rest) = prefix.and_then(|prefix| national.strip_prefix(prefix))
        && let Ok(number) = PhoneNumber::from_parts(code, rest)
        && in_use(number)
    {
        return finish(reading, number, Some(Correction::NationalPrefix));
    }
    let otherwise = engine::read(&format!("+{}", reading.digits()), None);
    if otherwise.is_some_and(|answer| in_use(answer.number)) {
        return Err(PhoneNumberError::Ambiguous { country_code: code });
    }
    as_written?;
    Err(not_in_use(code, national))
}

/// Accepts a number of a country without a plan in this build, unless it may begin with a national prefix:
/// without the plan, a prefix cannot be told from digits of the number.
fn unchecked(
    reading: &Reading,
    code: u16,
    national: &str,
) -> Result<ParsedNumber, PhoneNumberError> {
    let begins = |prefix: &str| national.starts_with(prefix) || national.starts_with('0');
    let prefixed = calling_code::national_prefix(code).is_some_and(begins);
    match (calling_code::fixed_length(code), Region::main(code)) {
        (Some(length), _) if length == national.len() => {}
        (_, Some(region)) if prefixed => {
            return Err(PhoneNumberError::UnsupportedRegion { region });
        }
        (Some(_), _) => return Err(not_in_use(code, national)),
        (None, _) => {}
    }
    finish(reading, PhoneNumber::from_parts(code, national)?, None)
}

/// Reads digits as dialled within the region.
fn national(reading: &Reading, region: Region) -> Result<ParsedNumber, PhoneNumberError> {
    if !engine::IS_ON {
        return Err(PhoneNumberError::UnsupportedRegion { region });
    }
    let code = region.country_code();
    let digits = reading.digits();
    let prefix = calling_code::national_prefix(code).unwrap_or_default();
    let refusal = not_in_use(code, digits.strip_prefix(prefix).unwrap_or(digits));
    let answer = engine::read(digits, Some(region)).ok_or(refusal)?;
    if let Some(rest) = answer.exit_code.and_then(|len| digits.get(len..)) {
        return international(&reading.international(rest));
    }
    if !answer.is_valid && !in_use(answer.number) {
        return Err(refusal);
    }
    if !answer.without_plus {
        let parsed = finish(reading, answer.number, None)?;
        let zero_omitted = prefix == "0" && !digits.starts_with('0');
        return Ok(ParsedNumber { zero_omitted, ..parsed });
    }
    // In North America 1 is both the country code and the prefix.
    if code == 1 {
        return finish(reading, answer.number, None);
    }
    // The first digits were read as the country code; they may also be part of the number.
    let whole = PhoneNumber::from_parts(code, digits);
    if whole.is_ok_and(|whole| whole != answer.number && in_use(whole)) {
        return Err(PhoneNumberError::Ambiguous { country_code: code });
    }
    finish(reading, answer.number, Some(Correction::MissingPlus))
}

fn in_use(number: PhoneNumber) -> bool {
    number.is_valid() == Some(true) || number.is_fictional()
}

/// Returns the error for a national number, without its prefix, that is not in use.
fn not_in_use(country_code: u16, national: &str) -> PhoneNumberError {
    match calling_code::fixed_length(country_code) {
        Some(expected) if expected != national.len() => {
            PhoneNumberError::WrongLength { country_code, expected, actual: national.len() }
        }
        _ => PhoneNumberError::NotInUse { country_code },
    }
}

fn finish(
    reading: &Reading,
    number: PhoneNumber,
    correction: Option<Correction>,
) -> Result<ParsedNumber, PhoneNumberError> {
    reading.check_letters(|| number.kind())?;
    let mut corrections = reading.corrections;
    correction.into_iter().for_each(|correction| corrections.add(correction));
    Ok(ParsedNumber { number, corrections, zero_omitted: false })
}
