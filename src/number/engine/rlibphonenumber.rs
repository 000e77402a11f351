//! The engine `rlibphonenumber`, a port of Google's libphonenumber to Rust.

use rlibphonenumber::{
    CountryCodeSource, PHONE_NUMBER_UTIL as UTIL, PhoneNumber as Foreign, PhoneNumberFormat,
    PhoneNumberType,
};

use super::{Answer, NumberKind, PhoneNumber, Region, Style, uk};

pub(super) fn read(text: &str, region: Option<Region>) -> Option<Answer> {
    let region = match region {
        Some(region) => Some(foreign_region(region)?),
        None => None,
    };
    let foreign = UTIL.parse_and_keep_raw_input(text, region).ok()?;
    let number = from_foreign(&foreign)?;
    let source = foreign.country_code_source();
    let exit_code = match source {
        CountryCodeSource::FromNumberWithIdd => exit_code(text, number),
        _ => None,
    };
    // A number behind an exit code is read again. Those of +44 have a plan of their own.
    let here = exit_code.is_none() && number.country_code() != uk::CODE;
    Some(Answer {
        number,
        is_valid: here && UTIL.is_valid_number(&foreign),
        exit_code,
        without_plus: source == CountryCodeSource::FromNumberWithoutPlusSign,
    })
}

/// Returns the length of the exit code, which the crate does not report: it ends where the rest, after a `+`,
/// reads as the same number. That is its own digits, or at least begins with its country code.
fn exit_code(text: &str, number: PhoneNumber) -> Option<usize> {
    let (whole, code) = (number.digits().to_string(), number.country_code().to_string());
    let reads_the_same = |rest: &str| {
        let parsed = || UTIL.parse(format!("+{rest}"), None).ok();
        rest == whole || parsed().as_ref().and_then(from_foreign) == Some(number)
    };
    (1..text.len()).find(|at| {
        text.get(*at..).is_some_and(|rest| rest.starts_with(&code) && reads_the_same(rest))
    })
}

pub(super) fn is_valid(number: PhoneNumber) -> bool {
    to_foreign(number).is_some_and(|foreign| UTIL.is_valid_number(&foreign))
}

#[cfg(feature = "layers")]
pub(super) fn is_possible(number: PhoneNumber) -> bool {
    to_foreign(number).is_some_and(|foreign| UTIL.is_possible_number(&foreign))
}

pub(super) fn kind(number: PhoneNumber) -> NumberKind {
    let Some(foreign) = to_foreign(number) else { return NumberKind::Unknown };
    match UTIL.get_number_type(&foreign) {
        PhoneNumberType::Mobile => NumberKind::Mobile,
        PhoneNumberType::FixedLine => NumberKind::FixedLine,
        PhoneNumberType::FixedLineOrMobile => NumberKind::FixedLineOrMobile,
        PhoneNumberType::TollFree => NumberKind::TollFree,
        PhoneNumberType::PremiumRate => NumberKind::PremiumRate,
        PhoneNumberType::SharedCost => NumberKind::SharedCost,
        PhoneNumberType::VoIP => NumberKind::Voip,
        PhoneNumberType::PersonalNumber => NumberKind::PersonalNumber,
        PhoneNumberType::Pager => NumberKind::Pager,
        PhoneNumberType::UAN => NumberKind::Uan,
        PhoneNumberType::VoiceMail => NumberKind::Voicemail,
        PhoneNumberType::Unknown => NumberKind::Unknown,
    }
}

pub(super) fn format(number: PhoneNumber, style: Style) -> Option<String> {
    let style = match style {
        Style::National => PhoneNumberFormat::National,
        Style::International => PhoneNumberFormat::International,
        Style::Rfc3966 => PhoneNumberFormat::RFC3966,
    };
    Some(UTIL.format(&to_foreign(number)?, style).into_owned())
}

fn foreign_region(region: Region) -> Option<rlibphonenumber::Region> {
    region.as_str().parse().ok()
}

fn to_foreign(number: PhoneNumber) -> Option<Foreign> {
    Foreign::try_from(number).ok()
}

fn from_foreign(foreign: &Foreign) -> Option<PhoneNumber> {
    PhoneNumber::try_from(foreign).ok()
}
