//! [`parse`]: reading what people write, for every region.

use super::{
    Mend, Mended, PhoneNumber, PhoneNumberError, Region, calling_code, engine, reading::Reading, uk,
};

/// A number, and what was put right to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parsed {
    pub(super) number: PhoneNumber,
    pub(super) mended: Mended,
}

impl Parsed {
    /// The number.
    #[must_use]
    pub const fn number(&self) -> PhoneNumber {
        self.number
    }

    /// What was put right.
    #[must_use]
    pub const fn mended(&self) -> Mended {
        self.mended
    }
}

/// Reads a number as people write it: in international form, with `+` or the exit code of the
/// region, or in the national form of the region.
///
/// The UK, Guernsey, Jersey and the Isle of Man are always read by [`uk`]. The national form of every
/// other region takes one of the features `rlibphonenumber` (Google's libphonenumber, exactly) and
/// `phonenumber` (nearly); where both are on, the exact one answers. With either, a number that is
/// read is in a range in use, or fictional. Without, a number of another country in international
/// form is taken as it stands, and [`PhoneNumber::is_valid`] is `None`; an engine never makes other
/// digits of it, but may refuse it.
///
/// Whoever answers, an input in international form keeps its digits. The one change is a national
/// prefix of the country right behind the country code (`+44 (0)7700 900123`), left out where the
/// number is in use without it and not with it; anything else is refused as ambiguous.
///
/// ```
/// use anysms::number::{self, Region};
///
/// let parsed = number::parse("07700 900123", Region::GB)?;
/// assert_eq!(parsed.number().to_string(), "+447700900123");
/// assert!(number::parse("07700 900123", None).is_err(), "of which country?");
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
///
/// # Errors
/// [`PhoneNumberError`] says what is wrong and where, without quoting the text.
pub fn parse(text: &str, region: impl Into<Option<Region>>) -> Result<Parsed, PhoneNumberError> {
    let region = region.into().filter(|region| *region != Region::WORLD);
    Reading::of(text)?.number(|reading| read(reading, region))
}

fn read(mut reading: Reading, region: Option<Region>) -> Result<Parsed, PhoneNumberError> {
    if reading.plus && !reading.digits().starts_with('0') {
        return international(&reading);
    }
    let region = region.ok_or(PhoneNumberError::NoRegion)?;
    if region.is_uk() {
        return match uk::read(reading, region)? {
            uk::Read::Uk(parsed) => Ok(parsed),
            uk::Read::Abroad(reading) => international(&reading),
        };
    }
    if reading.plus {
        reading.plus = false;
        reading.mended.add(Mend::Plus);
    }
    national(&reading, region)
}

/// Digits that begin with a country code.
fn international(reading: &Reading) -> Result<Parsed, PhoneNumberError> {
    let (code, national) =
        calling_code::split(reading.digits()).ok_or(PhoneNumberError::CountryCode)?;
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
        return finish(reading, number, Some(Mend::NationalPrefix));
    }
    let otherwise = engine::read(&format!("+{}", reading.digits()), None);
    if otherwise.is_some_and(|answer| in_use(answer.number)) {
        return Err(PhoneNumberError::Ambiguous { country_code: code });
    }
    as_written?;
    Err(not_in_use(code, national))
}

/// A number of a country whose plan this build does not know: taken as it stands, unless it may begin
/// with a national prefix, which nobody can tell from the number's own digits.
fn unchecked(reading: &Reading, code: u16, national: &str) -> Result<Parsed, PhoneNumberError> {
    let begins = |prefix: &str| national.starts_with(prefix) || national.starts_with('0');
    let prefixed = calling_code::national_prefix(code).is_some_and(begins);
    match (calling_code::fixed_length(code), Region::main(code)) {
        (Some(length), _) if length == national.len() => {}
        (_, Some(region)) if prefixed => return Err(PhoneNumberError::NoEngine { region }),
        (Some(_), _) => return Err(not_in_use(code, national)),
        (None, _) => {}
    }
    finish(reading, PhoneNumber::from_parts(code, national)?, None)
}

/// Digits as someone in the region dials them.
fn national(reading: &Reading, region: Region) -> Result<Parsed, PhoneNumberError> {
    if !engine::IS_ON {
        return Err(PhoneNumberError::NoEngine { region });
    }
    let code = region.country_code();
    let digits = reading.digits();
    let prefix = calling_code::national_prefix(code).unwrap_or_default();
    let refusal = not_in_use(code, digits.strip_prefix(prefix).unwrap_or(digits));
    let answer = engine::read(digits, Some(region)).ok_or(refusal)?;
    if let Some(rest) = answer.exit_code.and_then(|len| digits.get(len..)) {
        return international(&reading.international(rest));
    }
    if !in_use(answer.number) {
        return Err(refusal);
    }
    if !answer.without_plus {
        // Many a plan has numbers that are never dialled with a 0.
        let no_zero = prefix == "0"
            && !digits.starts_with('0')
            && answer.number.national().to_string().starts_with('0');
        return finish(reading, answer.number, no_zero.then_some(Mend::LostZero));
    }
    // The country code is the first digits, unless they are the number's own.
    let whole = PhoneNumber::from_parts(code, digits);
    if whole.is_ok_and(|whole| whole != answer.number && in_use(whole)) {
        return Err(PhoneNumberError::Ambiguous { country_code: code });
    }
    let dialled = prefix == code.to_string(); // North America's 1 is both
    finish(reading, answer.number, (!dialled).then_some(Mend::NoPlus))
}

fn in_use(number: PhoneNumber) -> bool {
    number.is_valid() == Some(true) || number.is_fictional()
}

/// Why digits behind a country code, with no national prefix before them, are no number.
fn not_in_use(country_code: u16, national: &str) -> PhoneNumberError {
    match calling_code::fixed_length(country_code) {
        Some(needs) if needs != national.len() => {
            PhoneNumberError::Length { country_code, needs, has: national.len() }
        }
        _ => PhoneNumberError::NotInUse { country_code },
    }
}

fn finish(
    reading: &Reading,
    number: PhoneNumber,
    mend: Option<Mend>,
) -> Result<Parsed, PhoneNumberError> {
    reading.check_letters(number.kind())?;
    let mut mended = reading.mended;
    mend.into_iter().for_each(|mend| mended.add(mend));
    Ok(Parsed { number, mended })
}
