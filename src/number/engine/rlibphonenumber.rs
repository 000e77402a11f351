//! The engine `rlibphonenumber`: Google's libphonenumber, line by line, in Rust.

use rlibphonenumber::{
    CountryCodeSource, PHONE_NUMBER_UTIL as UTIL, PhoneNumber as Theirs, PhoneNumberFormat,
    PhoneNumberType,
};

use super::{Answer, NumberKind, PhoneNumber, Region, Style};

pub(super) fn read(text: &str, region: Option<Region>) -> Option<Answer> {
    let region = match region {
        Some(region) => Some(theirs_region(region)?),
        None => None,
    };
    let theirs = UTIL.parse_and_keep_raw_input(text, region).ok()?;
    let number = ours(&theirs)?;
    let source = theirs.country_code_source();
    // It does not say how long the exit code is: as long as the rest reads the same behind a `+`.
    let reads_the_same = |at: &usize| {
        let rest = text.get(*at..).map(|rest| UTIL.parse(format!("+{rest}"), None));
        rest.is_some_and(|rest| rest.ok().as_ref().and_then(ours) == Some(number))
    };
    Some(Answer {
        number,
        exit_code: (1..text.len())
            .find(reads_the_same)
            .filter(|_| source == CountryCodeSource::FromNumberWithIdd),
        without_plus: source == CountryCodeSource::FromNumberWithoutPlusSign,
    })
}

pub(super) fn is_valid(number: PhoneNumber) -> bool {
    theirs(number).is_some_and(|theirs| UTIL.is_valid_number(&theirs))
}

pub(super) fn kind(number: PhoneNumber) -> NumberKind {
    let Some(theirs) = theirs(number) else { return NumberKind::Unknown };
    match UTIL.get_number_type(&theirs) {
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
    Some(UTIL.format(&theirs(number)?, style).into_owned())
}

fn theirs_region(region: Region) -> Option<rlibphonenumber::Region> {
    region.as_str().parse().ok()
}

/// The number, digit for digit; `None` for one that begins with more zeros than it keeps.
fn theirs(number: PhoneNumber) -> Option<Theirs> {
    let buffer = &mut [0; PhoneNumber::MAX_DIGITS + 1];
    let national = number.national_digits(buffer);
    // All but the last digit, as libphonenumber counts them.
    let zeros = national.bytes().take_while(|digit| *digit == b'0').count();
    let zeros = zeros.min(national.len().saturating_sub(1)) as i32;
    let theirs = Theirs {
        country_code: number.country_code().into(),
        national_number: national.parse().ok()?,
        italian_leading_zero: (zeros > 0).then_some(true),
        number_of_leading_zeros: (zeros > 1).then_some(zeros),
        ..Theirs::default()
    };
    (ours(&theirs) == Some(number)).then_some(theirs)
}

fn ours(theirs: &Theirs) -> Option<PhoneNumber> {
    let national = rlibphonenumber::get_national_significant_number_owned(theirs);
    PhoneNumber::from_parts(u16::try_from(theirs.country_code).ok()?, &national).ok()
}
