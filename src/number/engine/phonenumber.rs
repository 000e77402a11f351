//! The engine `phonenumber`, and conversions to and from its type.
//!
//! Its parser changes the digits of some numbers in international form (0.3.10, 2026-11), so it reads
//! national numbers only; whether a number is in use is looked up in its data, digit for digit.

use phonenumber::PhoneNumber as Theirs;

use crate::number::{PhoneNumber, PhoneNumberError, calling_code};

impl TryFrom<PhoneNumber> for Theirs {
    type Error = PhoneNumberError;

    /// [`PhoneNumberError::Ambiguous`] for a number whose digits `phonenumber` would change.
    fn try_from(number: PhoneNumber) -> Result<Self, Self::Error> {
        let country_code = number.country_code();
        let ambiguous = PhoneNumberError::Ambiguous { country_code };
        let theirs = phonenumber::parse(None, number.to_string()).map_err(|_| ambiguous)?;
        if PhoneNumber::try_from(&theirs) == Ok(number) { Ok(theirs) } else { Err(ambiguous) }
    }
}

impl TryFrom<&Theirs> for PhoneNumber {
    type Error = PhoneNumberError;

    /// Leaves out an extension. An error for a number that E.164 does not allow.
    fn try_from(theirs: &Theirs) -> Result<Self, Self::Error> {
        let code = theirs.code().value();
        if !calling_code::exists(code) {
            return Err(PhoneNumberError::CountryCode);
        }
        Self::from_parts(code, &theirs.national().to_string())
    }
}

#[cfg(not(feature = "rlibphonenumber"))]
pub(super) use engine::*;

#[cfg(not(feature = "rlibphonenumber"))]
mod engine {
    use phonenumber::{
        Metadata, Mode,
        country::{self, Source},
        metadata::{DATABASE, Descriptor},
    };

    use super::{PhoneNumber, Theirs};
    use crate::number::{
        NumberKind, Region,
        engine::{Answer, Style},
    };

    pub(in super::super) fn read(text: &str, region: Option<Region>) -> Option<Answer> {
        let country: Option<country::Id> = match region {
            Some(region) => Some(region.as_str().parse().ok()?),
            None => None,
        };
        let theirs = phonenumber::parse(country, text).ok()?;
        let source = theirs.code().source();
        Some(Answer {
            number: PhoneNumber::try_from(&theirs).ok()?,
            international: source == Source::Idd,
            without_plus: source == Source::Number,
        })
    }

    pub(in super::super) fn is_valid(number: PhoneNumber) -> bool {
        kind(number) != NumberKind::Unknown
    }

    pub(in super::super) fn kind(number: PhoneNumber) -> NumberKind {
        let buffer = &mut [0; PhoneNumber::MAX_DIGITS + 1];
        let national = number.national_digits(buffer);
        let Some(plan) = plan_of(number).map(Metadata::descriptors) else {
            return NumberKind::Unknown;
        };
        if !plan.general().is_match(national) {
            return NumberKind::Unknown;
        }
        let matches = |range: Option<&Descriptor>| range.is_some_and(|r| r.is_match(national));
        // The order is libphonenumber's.
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

    pub(in super::super) fn format(number: PhoneNumber, style: Style) -> Option<String> {
        let mode = match style {
            Style::National => Mode::National,
            Style::International => Mode::International,
            Style::Rfc3966 => Mode::Rfc3966,
        };
        Some(Theirs::try_from(number).ok()?.format().mode(mode).to_string())
    }

    fn plan_of(number: PhoneNumber) -> Option<&'static Metadata> {
        match number.region()? {
            Region::WORLD => DATABASE.by_code(&number.country_code())?.into_iter().next(),
            region => DATABASE.by_id(region.as_str()),
        }
    }
}
