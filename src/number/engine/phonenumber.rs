//! The engine `phonenumber`.
//!
//! Its parser changes the digits of some numbers in international form (0.3.10, 2026-11), so validity and
//! kind are looked up in its metadata, digit for digit.

use phonenumber::{
    Metadata, Mode, PhoneNumber as Foreign,
    country::{self, Source},
    metadata::{DATABASE, Descriptor},
};

use super::{Answer, NumberKind, PhoneNumber, Region, Style};

pub(super) fn read(text: &str, region: Option<Region>) -> Option<Answer> {
    let country: Option<country::Id> = match region {
        Some(region) => Some(region.as_str().parse().ok()?),
        None => None,
    };
    let foreign = phonenumber::parse(country, text).ok()?;
    let source = foreign.code().source();
    let exit_code = || {
        let plan = DATABASE.by_id(region?.as_str())?;
        plan.international_prefix()?
            .find(text)
            .filter(|code| code.start() == 0)
            .map(|code| code.end())
    };
    Some(Answer {
        number: PhoneNumber::try_from(&foreign).ok()?,
        is_valid: false,
        exit_code: if source == Source::Idd { exit_code() } else { None },
        without_plus: source == Source::Number,
    })
}

pub(super) fn is_valid(number: PhoneNumber) -> bool {
    kind(number) != NumberKind::Unknown
}

#[cfg(feature = "layers")]
pub(super) fn is_possible(number: PhoneNumber) -> bool {
    let len = number.national_digits(&mut [0; PhoneNumber::MAX_DIGITS + 1]).len();
    let lengths = |plan: &Metadata| plan.descriptors().general().possible_length().to_vec();
    plan_of(number)
        .map(lengths)
        .is_some_and(|known| known.is_empty() || known.iter().any(|one| usize::from(*one) == len))
}

pub(super) fn kind(number: PhoneNumber) -> NumberKind {
    let buffer = &mut [0; PhoneNumber::MAX_DIGITS + 1];
    let national = number.national_digits(buffer);
    let Some(plan) = plan_of(number).map(Metadata::descriptors) else {
        return NumberKind::Unknown;
    };
    if !plan.general().is_match(national) {
        return NumberKind::Unknown;
    }
    let matches = |range: Option<&Descriptor>| range.is_some_and(|r| r.is_match(national));
    // Same order as in libphonenumber.
    let first = [
        (plan.premium_rate(), NumberKind::PremiumRate),
        (plan.toll_free(), NumberKind::TollFree),
        (plan.shared_cost(), NumberKind::SharedCost),
        (plan.voip(), NumberKind::Voip),
        (plan.personal_number(), NumberKind::PersonalNumber),
        (plan.pager(), NumberKind::Pager),
        (plan.uan(), NumberKind::Uan),
        (plan.voicemail(), NumberKind::Voicemail),
    ]
    .into_iter()
    .find_map(|(range, kind)| matches(range).then_some(kind));
    first.unwrap_or_else(|| match (matches(plan.fixed_line()), matches(plan.mobile())) {
        (true, true) => NumberKind::FixedLineOrMobile,
        (true, false) => NumberKind::FixedLine,
        (false, true) => NumberKind::Mobile,
        (false, false) => NumberKind::Unknown,
    })
}

pub(super) fn format(number: PhoneNumber, style: Style) -> Option<String> {
    let mode = match style {
        Style::National => Mode::National,
        Style::International => Mode::International,
        Style::Rfc3966 => Mode::Rfc3966,
    };
    Some(Foreign::try_from(number).ok()?.format().mode(mode).to_string())
}

fn plan_of(number: PhoneNumber) -> Option<&'static Metadata> {
    match number.region()? {
        Region::WORLD => DATABASE.by_code(&number.country_code())?.into_iter().next(),
        region => DATABASE.by_id(region.as_str()),
    }
}
