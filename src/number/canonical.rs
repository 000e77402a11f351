//! [`canonical`]: one form of a number that is written in several.
//!
//! | country | written | canonical | source |
//! |---|---|---|---|
//! | most | `+44 0 7700 900123`, a trunk zero after the country code | `+44 7700 900123` | libphonenumber's plans: no number of the country begins with 0 and another digit |
//! | +1, +7, +36, +241, +250, +370, +375, +692, +993 | `+7 8 912 345 67 89`, the trunk prefix likewise | `+7 912 345 67 89` | libphonenumber's national prefixes |
//! | Mexico | `+52 1 55 1234 5678`, also `01`, `044`, `045` | `+52 55 1234 5678` | IFT: these prefixes ended on 2019-08-03; WhatsApp still writes the 1 |
//! | Argentina | `+54 9 11 2345 6789`, also `+54 11 15 2345 6789` | `+54 11 2345 6789` | ENACOM's plan: 9 from abroad and 15 within the country mark a mobile phone, whose ten digits are its own |
//! | Brazil | `+55 11 8765 4321` | `+55 11 98765 4321` | Anatel, resolution 553/2010: mobile phones, which began with 6 to 9, got a 9 before that from 2012 to 2016 |
//! | Benin | `+229 97 12 34 56` | `+229 01 97 12 34 56` | ARCEP Benin: all numbers got 01 before them on 2024-11-30 |
//!
//! As of 2026-11.

use std::borrow::Cow;

use super::{PhoneNumber, calling_code};

/// Country codes of which some national numbers begin with 0 and another digit, so that a 0 may be part of
/// the number. Source: libphonenumber's plans, all numbers that begin with 0 tried (2026-11). Numbers of +62,
/// +66, +81, +82 and others that begin with 00 are no reason: only a 0 before another digit is a trunk zero.
const ZERO_IS_PART: [u16; 21] = [
    39, 47, 225, 226, 227, 229, 241, 242, 247, 250, 267, 268, 378, 501, 676, 679, 687, 853, 881,
    888, 992,
];

/// Returns the canonical form of a number.
pub(super) fn canonical(number: PhoneNumber) -> PhoneNumber {
    let code = number.country_code();
    let buffer = &mut [0; PhoneNumber::MAX_DIGITS + 1];
    let national = number.national_digits(buffer);
    let form = match code {
        52 => mexico(national).into(),
        54 => argentina(national),
        55 => brazil(national),
        229 if national.len() == 8 => format!("01{national}").into(),
        _ => Cow::Borrowed(trunk(code, national)),
    };
    // What is left may have a prefix of its own. A form that is no number any more leaves it as it is.
    match PhoneNumber::from_parts(code, &form) {
        Ok(form) if form != number => canonical(form),
        _ => number,
    }
}

/// Returns a national number without the trunk prefix before it.
fn trunk(code: u16, national: &str) -> &str {
    let before = |prefix, lengths: &[usize]| {
        let rest: Option<&str> = national.strip_prefix(prefix);
        rest.filter(|rest| lengths.contains(&rest.len()))
    };
    let belarus = |prefix| {
        let mobile = ["25", "29", "33", "44"];
        before(prefix, &[9]).filter(|rest| mobile.iter().any(|area| rest.starts_with(area)))
    };
    let own = match code {
        1 => before("1", &[10]),
        7 => before("8", &[10]),
        36 => before("06", &[8, 9]),
        241 => before("0", &[8]),
        250 => before("0", &[9]),
        370 | 993 => before("8", &[8]),
        375 => belarus("80").or_else(|| belarus("8")),
        692 => before("1", &[7]),
        _ => None,
    };
    let zero = || {
        let rest = national.strip_prefix('0').filter(|rest| !rest.starts_with('0'));
        rest.filter(|_| calling_code::exists(code) && !ZERO_IS_PART.contains(&code))
    };
    own.or_else(zero).unwrap_or(national)
}

fn mexico(national: &str) -> &str {
    let rest = |prefix| national.strip_prefix(prefix).filter(|rest: &&str| rest.len() == 10);
    ["1", "01", "044", "045"].into_iter().find_map(rest).unwrap_or_else(|| trunk(52, national))
}

/// Returns the number without its 9 and its 15.
fn argentina(national: &str) -> Cow<'_, str> {
    let rest = trunk(54, national);
    let rest = rest.strip_prefix('9').filter(|rest| rest.len() >= 10).unwrap_or(rest);
    // An area has 2 digits in Buenos Aires, and 3 or 4 elsewhere; of both only one can be before a 15.
    let areas: &[usize] = if rest.starts_with("11") { &[2] } else { &[3, 4] };
    match areas.iter().find(|area| rest.len() == 12 && rest[**area..].starts_with("15")) {
        Some(area) => format!("{}{}", &rest[..*area], &rest[area + 2..]).into(),
        None => rest.into(),
    }
}

/// Returns the number with its ninth digit, unless it has that or is a landline.
fn brazil(national: &str) -> Cow<'_, str> {
    let rest = trunk(55, national);
    match rest.split_at_checked(2) {
        Some((area, own)) if own.len() == 8 && own.starts_with(['6', '7', '8', '9']) => {
            format!("{area}9{own}").into()
        }
        _ => rest.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::seeded;

    fn one(text: &str) -> PhoneNumber {
        text.parse().unwrap()
    }

    /// All forms of a line are one number, and its last form is the canonical one.
    #[test]
    fn forms_of_one_number_have_one_canonical_form() {
        for forms in [
            &["+4407700900123", "+447700900123"][..],
            &["+440303123456", "+44303123456"],
            &["+490151 23456789", "+4915123456789"],
            &["+330612345678", "+33612345678"],
            &["+610412345678", "+61412345678"],
            &["+6208123456789", "+628123456789"],
            &["+8109012345678", "+819012345678"],
            &["+82010 12345678", "+821012345678"],
            &["+480512345678", "+48512345678"],
            &["+11 5555550100", "+15555550100"],
            &["+7 89123456789", "+79123456789"],
            &["+3606201234567", "+36201234567"],
            &["+36 0201234567", "+36201234567"],
            &["+370861234567", "+370061234567", "+37061234567"],
            &["+37580291234567", "+3758291234567", "+3750291234567", "+375291234567"],
            &["+993865123456", "+99365123456"],
            &["+6921 2351234", "+6922351234"],
            &[
                "+5215512345678",
                "+52 015512345678",
                "+520445512345678",
                "+520455512345678",
                "+525512345678",
            ],
            &["+5491123456789", "+54111523456789", "+549111523456789", "+541123456789"],
            &["+5401123456789", "+54901123456789", "+540111523456789", "+541123456789"],
            &["+5493516123456", "+54351156123456", "+543516123456"],
            &["+5493571412345", "+54357115412345", "+543571412345"],
            &["+551187654321", "+5501187654321", "+55011987654321", "+5511987654321"],
            &["+556199998888", "+5561999998888"],
            &["+22997123456", "+2290197123456"],
            &["+241077123456", "+24177123456"],
            &["+2500788123456", "+250788123456"],
        ] {
            let last = one(forms.last().unwrap());
            for form in forms {
                let form = form.replace(' ', "");
                assert_eq!(one(&form).canonical().to_string(), last.to_string(), "{form}");
            }
        }
    }

    /// Numbers of which one could think that they have a prefix, or a second form.
    #[test]
    fn digits_of_a_number_are_no_prefix() {
        for text in [
            "+390612345678",   // Rome: the 0 is part
            "+3780549123456",  // San Marino
            "+2250701234567",  // Ivory Coast
            "+24106031234",    // Gabon
            "+242061234567",   // Congo
            "+22601234567",    // Burkina Faso
            "+78001234567",    // 800 is a freephone prefix
            "+810012345678",   // 00 is dialled like that
            "+551130123456",   // a landline in São Paulo
            "+5511912345678",  // a mobile phone that never had eight digits
            "+541523456789",   // too short for a 15
            "+375800123456",   // freephone
            "+529123456789",   // Mexico without anything before it
            "+52155123456",    // too short for a 1
            "+4412345",        // too short to be anything
            "+99907700900123", // nobody's country code
            "+447700900123",
            "+15555550100",
        ] {
            assert_eq!(one(text).canonical().to_string(), text);
        }
    }

    #[test]
    fn a_canonical_form_is_its_own() {
        let mut random = seeded();
        for _ in 0..50_000 {
            let code =
                *random.choice(&[1, 7, 36, 39, 44, 49, 52, 54, 55, 81, 229, 370, 375]).unwrap();
            let start =
                *random.choice(&["", "0", "00", "1", "8", "9", "06", "80", "11", "01"]).unwrap();
            let rest = 10_u64.pow(random.u32(4..=11));
            let Ok(number) = format!("+{code}{start}{}", random.u64(..rest)).parse() else {
                continue;
            };
            let canonical = PhoneNumber::canonical(number);
            assert_eq!(canonical.canonical().to_string(), canonical.to_string(), "{}", number);
            assert_eq!(canonical.country_code(), number.country_code());
        }
    }

    /// No two numbers in use are taken for one, but for the countries that have two forms.
    #[cfg(feature = "rlibphonenumber")]
    #[test]
    fn numbers_in_use_are_left_as_they_are() {
        let (mut random, mut seen) = (seeded(), 0);
        for _ in 0..15_000 {
            let code = random.u32(1..1_000);
            let start = *random.choice(&["0", "00", "01", "06", "07", "8", "80", "1", ""]).unwrap();
            let rest = 10_u64.pow(random.u32(5..=10));
            let Ok(number) = format!("+{code}{start}{}", random.u64(rest / 10..rest)).parse()
            else {
                continue;
            };
            let number: PhoneNumber = number;
            if [52, 54, 55, 229].contains(&number.country_code()) || number.is_valid() != Some(true)
            {
                continue;
            }
            seen += 1;
            assert_eq!(number.canonical().to_string(), number.to_string());
        }
        assert!(seen > 300, "{seen}");
    }
}
