//! Reading and writing phone numbers: against rows that Google's libphonenumber answered, and what
//! holds whoever knows the plans.

use std::fs;

use anysms::{
    PhoneNumber, PhoneNumberError,
    number::{self, Correction, NumberKind, ParsedNumber, Region, uk},
};
use proptest::prelude::*;
use serde_json::Value;

const ENGINE: bool = cfg!(any(feature = "phonenumber", feature = "rlibphonenumber"));
const EXACT: bool = cfg!(feature = "rlibphonenumber");

fn rows(name: &str) -> Vec<Value> {
    let path = format!("{}/../data/numbers/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn parse(row: &Value) -> Result<ParsedNumber, PhoneNumberError> {
    let region = row["region"].as_str().filter(|region| *region != "ZZ");
    number::parse(row["input"].as_str().unwrap(), region.map(|region| region.parse().unwrap()))
}

/// What differs from libphonenumber's answer.
fn difference(row: &Value) -> Option<String> {
    let answer = match parse(row) {
        Ok(parsed) => {
            let number = parsed.number();
            if number.is_valid() != Some(true) {
                "invalid".to_owned()
            } else {
                let region = number.region().unwrap();
                let kind = number.kind().as_str().to_uppercase();
                let (national, international) = (number.national(), number.international());
                format!("{number} {kind} {region} | {national} | {international}")
            }
        }
        Err(_) => "invalid".to_owned(),
    };
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    let expected = if row["valid"] == true {
        format!(
            "{} {} {} | {} | {}",
            text("e164"),
            text("type"),
            text("number_region"),
            text("national"),
            text("international")
        )
    } else {
        "invalid".to_owned()
    };
    (answer != expected).then(|| format!("{row}\n  {answer}\n  {expected}"))
}

#[test]
fn the_uk_is_read_as_libphonenumber_reads_it() {
    let rows = rows("uk");
    assert!(rows.len() >= 250, "{}", rows.len());
    // The few numbers of no country take an engine.
    let uk = |row: &&Value| EXACT || !(row["valid"] == true && row["number_region"] == "001");
    let wrong: Vec<_> = rows.iter().filter(uk).filter_map(difference).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[cfg(feature = "rlibphonenumber")]
#[test]
fn every_region_is_read_as_libphonenumber_reads_it() {
    let rows = rows("world");
    assert!(rows.len() >= 300, "{}", rows.len());
    let wrong: Vec<_> = rows.iter().filter_map(difference).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[cfg(feature = "rlibphonenumber")]
#[test]
fn the_exact_engine_answers_where_both_are_on() {
    // `phonenumber` 0.3.10 reads +55 4004 1256.
    let parsed = number::parse("5540041256", "BR".parse::<Region>().ok()).unwrap();
    assert_eq!(parsed.number().to_string(), "+555540041256");
}

#[test]
fn what_people_write_in_the_uk() {
    use Correction::*;
    let cases: [(&str, &[Correction]); 24] = [
        ("+447700900123", &[]),
        ("07700 900123", &[]),
        ("(07700) 900-123", &[]),
        ("077.009.00123", &[]),
        ("07700/900123", &[]),
        ("(0)7700 900123", &[]),
        ("0044 7700 900123", &[]),
        ("+44 (0) 7700 900123", &[NationalPrefix]),
        ("+44(0)7700900123", &[NationalPrefix]),
        ("+44 [0] 7700 900123", &[NationalPrefix]),
        ("004407700900123", &[NationalPrefix]),
        ("+07700 900123", &[MalformedPlus]),
        ("0+44 7700 900123", &[MalformedPlus]),
        ("++44 7700 900123", &[MalformedPlus]),
        ("+0044 7700 900123", &[MalformedPlus]),
        ("44 7700 900123", &[MissingPlus]),
        ("44 (0) 7700 900123", &[MissingPlus]),
        ("7700 900123", &[MissingZero]),
        ("447700900123.0", &[TrailingDecimal, MissingPlus]),
        ("０７７００ ９００１２３", &[NonAsciiDigits]),
        ("＋４４ ７７００ ９００１２３", &[NonAsciiDigits]),
        ("07700 900123 ext. 45", &[Extension]),
        ("\"07700 900123\"", &[SurroundingText]),
        ("tel:+44-7700-900123", &[SurroundingText]),
    ];
    for (text, mended) in cases {
        let parsed = uk::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(parsed.number().to_string(), "+447700900123", "{text}");
        let got: Vec<Correction> = parsed.corrections().iter().collect();
        let more = [NationalPrefix];
        let expected: Vec<Correction> = mended
            .iter()
            .copied()
            .chain(more.into_iter().filter(|_| text == "44 (0) 7700 900123"))
            .collect();
        assert_eq!(got, expected, "{text}");
        assert_eq!(parsed.corrections().is_empty(), got.is_empty());
    }
    let parsed = uk::parse("0800 FLOWERS").unwrap();
    assert_eq!(parsed.number().to_string(), "+448003569377");
    assert_eq!(format!("{:?}", parsed.corrections()), "{Letters}");
}

#[test]
fn what_is_no_number_of_the_uk_and_why() {
    use PhoneNumberError::*;
    let length = |actual| WrongLength { country_code: 44, expected: 10, actual };
    for (text, error) in [
        ("07700 90012", length(9)),
        ("07700 9001234", length(11)),
        ("07700 900123 / 07700 900124", length(21)),
        ("60777", length(5)),
        ("+44", length(0)),
        ("06530 122166", NotInUse { country_code: 44 }),
        ("0141 0000 000 0", length(11)),
        ("+44 00 7700 900123", length(11)),
        ("+33 6 12 34 56 78", NotUk),
        ("0033 6 12 34 56 78", NotUk),
        ("+999 123 456 789", NotUk),
        ("07700 DAVINA", InvalidCharacter { at: 6 }),
        ("07700 900123 mobile", InvalidCharacter { at: 13 }),
        ("call me on 07700900123 after 5", InvalidCharacter { at: 23 }),
        ("020 7946 Mary", InvalidCharacter { at: 9 }),
        ("4.47701E+11", ScientificNotation),
        ("44120461123.0", Ambiguous { country_code: 44 }),
        ("770090012.0", Ambiguous { country_code: 44 }),
        ("7700900.0", length(7)),
        ("withheld", NoDigits),
        ("07700_900123", InvalidCharacter { at: 5 }),
    ] {
        assert_eq!(uk::parse(text), Err(error), "{text}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("900123") && !shown.contains("07700"), "{shown}");
    }
    assert_eq!(length(9).to_string(), "phone number: needs 10 digits after +44, has 9");
}

#[test]
fn only_what_receives_sms_is_a_uk_mobile() {
    for text in ["07700 900123", "07781 123456", "07797 123456", "07624 123456", "07911 260126"] {
        assert!(uk::format_uk_mobile(text).is_ok(), "{text}");
    }
    for (text, kind) in [
        ("020 7946 0123", NumberKind::FixedLine),
        ("070 1234 5678", NumberKind::PersonalNumber),
        ("076 4012 3456", NumberKind::Pager),
        ("0800 123 4567", NumberKind::TollFree),
        ("0306 999 0123", NumberKind::Uan),
        ("0844 123 4567", NumberKind::PremiumRate),
        ("0909 879 0123", NumberKind::PremiumRate),
        ("055 1234 5678", NumberKind::Uan),
        ("056 1234 5678", NumberKind::Voip),
    ] {
        assert_eq!(uk::format_uk_mobile(text), Err(PhoneNumberError::NotMobile { kind }), "{text}");
    }
}

#[test]
fn ofcoms_numbers_for_drama_are_fictional_and_can_be_sent_to() {
    for text in [
        "01134960123",
        "01144960123",
        "01154960123",
        "01164960123",
        "01174960123",
        "01184960123",
        "01214960123",
        "01314960123",
        "01414960123",
        "01514960123",
        "01614960123",
        "01914980123",
        "02079460123",
        "02896496123",
        "02920180123",
        "01632960123",
        "07700900123",
        "08081570123",
        "09098790123",
        "03069990123",
    ] {
        let number = uk::parse(text).unwrap().number();
        assert!(number.is_fictional(), "{text}");
        assert_ne!(number.kind(), NumberKind::Unknown, "{text}");
    }
    let number = |text: &str| text.parse::<PhoneNumber>().unwrap();
    assert_eq!(number("+447700900123").is_valid(), Some(false), "no operator has it");
    assert_eq!(number("+447700900123").kind(), NumberKind::Mobile);
    assert!(!number("+447700901123").is_fictional());
    for text in ["+15555550100", "+12025550199"] {
        assert!(number(text).is_fictional(), "{text}");
        assert_eq!(number::parse(text, None).map(|p| p.number()), Ok(number(text)));
    }
    assert!(!number("+12025550200").is_fictional());
}

#[test]
fn numbers_are_spaced_as_their_country_does() {
    for (number, national, international) in [
        ("+447700900123", "07700 900123", "+44 7700 900123"),
        ("+442079460123", "020 7946 0123", "+44 20 7946 0123"),
        ("+441134960123", "0113 496 0123", "+44 113 496 0123"),
        ("+441632960123", "01632 960123", "+44 1632 960123"),
        ("+441697712345", "016977 12345", "+44 16977 12345"),
        ("+443069990123", "0306 999 0123", "+44 306 999 0123"),
        ("+448001111", "0800 1111", "+44 800 1111"),
        ("+448454647", "0845 46 47", "+44 845 46 47"),
        ("+447624123456", "07624 123456", "+44 7624 123456"),
    ] {
        let number: PhoneNumber = number.parse().unwrap();
        assert_eq!(number.national().to_string(), national);
        assert_eq!(number.international().to_string(), international);
        assert_eq!(
            number.rfc3966().to_string(),
            format!("tel:{}", international.replace(' ', "-"))
        );
    }
    let french: PhoneNumber = "+33612345678".parse().unwrap();
    let expected = if ENGINE { "+33 6 12 34 56 78" } else { "+33 612345678" };
    assert_eq!(french.international().to_string(), expected);
    let expected = if ENGINE { "06 12 34 56 78" } else { "+33 612345678" };
    assert_eq!(french.national().to_string(), expected);
    let nobodys: PhoneNumber = "+2840127890".parse().unwrap();
    assert_eq!(nobodys.international().to_string(), "+284 0127890");
    assert_eq!(format!("{:?}", french.national()), "FormattedNumber(+33•••5678, National)");
}

#[test]
fn international_form_keeps_its_digits() {
    // Numbers whose digits `phonenumber` 0.3.10 changes.
    for text in ["+78001234067", "+37080012345", "+590590171234"] {
        let number: PhoneNumber = text.parse().unwrap();
        assert_eq!(number::parse(text, None).map(|p| p.number()), Ok(number), "{text}");
    }
    let dropped = number::parse("+33 (0)6 12 34 56 78", None);
    if ENGINE {
        let dropped = dropped.unwrap();
        assert_eq!(dropped.number().to_string(), "+33612345678");
        assert!(dropped.corrections().contains(Correction::NationalPrefix));
    } else {
        let region = "FR".parse().unwrap();
        assert_eq!(dropped, Err(PhoneNumberError::UnsupportedRegion { region }));
    }
    // More zeros than an engine keeps.
    let zeros: PhoneNumber = "+888000000000008".parse().unwrap();
    assert_ne!(zeros.is_valid(), Some(true));
    let digits = zeros.international().to_string().replace(' ', "");
    assert_eq!(digits, zeros.to_string());
    // Italy has no national prefix: the 0 is the number's own.
    let rome = number::parse("+39 06 1234 5678", None).unwrap();
    assert_eq!(rome.number().to_string(), "+390612345678");
}

#[test]
fn an_engine_makes_no_other_digits_of_a_number_in_international_form() {
    for (text, digits) in [
        ("+1 202 555 0143", "+12025550143"),
        ("+1 1 202 555 0143", "+12025550143"),
        ("+7 800 123-40-67", "+78001234067"),
        ("+7 8 912 345 67 89", "+79123456789"),
        ("+375 8 29 491 19 11", "+375294911911"),
        ("+33 0 6 12 34 56 78", "+33612345678"),
        ("+36 06 20 123 4567", "+36201234567"),
        ("+39 06 1234 5678", "+390612345678"),
        ("+225 01 21 23 45 67", "+2250121234567"),
        ("+49 30 123456", "+4930123456"),
        ("+45 32 12 34 56", "+4532123456"),
        ("00 1 202 555 0143", "+12025550143"),
        ("007700 900123", "+447700900123"),
        ("+36 0 20 123 4567", "+36201234567"),
    ] {
        // Whatever the build, it is this number or refused.
        if let Ok(parsed) = number::parse(text, Region::GB) {
            assert_eq!(parsed.number().to_string(), digits, "{text}");
        }
    }
    let length =
        |country_code, actual| PhoneNumberError::WrongLength { country_code, expected: 10, actual };
    assert_eq!(number::parse("+1 202 555 014", None), Err(length(1, 9)));
    assert_eq!(number::parse("007700 900123", Region::GB), Err(length(7, 9)));
    assert_eq!(number::parse("0007700 900123", Region::GB), Err(length(44, 12)));
    let canada: PhoneNumber = "+13101234".parse().unwrap();
    assert_eq!(canada.region(), Some(Region::CA));
}

#[test]
fn an_island_leaves_out_its_area() {
    for (region, text, number) in [
        (Region::GG, "256789", "+441481256789"),
        (Region::JE, "456 789", "+441534456789"),
        (Region::IM, "756789", "+441624756789"),
    ] {
        assert_eq!(number::parse(text, region).unwrap().number().to_string(), number);
        assert!(number::parse(text, Region::GB).is_err());
    }
    let unknown = number::parse("156789", Region::GG);
    assert_eq!(unknown, Err(PhoneNumberError::NotInUse { country_code: 44 }));
}

#[cfg(any(feature = "phonenumber", feature = "rlibphonenumber"))]
#[test]
fn an_engines_number_says_what_was_mended() {
    use Correction::*;
    let cases: [(&str, &str, &[Correction]); 8] = [
        ("FR", "06 12 34 56 78", &[]),
        ("FR", "6 12 34 56 78", &[MissingZero]),
        ("FR", "33 6 12 34 56 78", &[MissingPlus]),
        ("FR", "+33 (0)6 12 34 56 78 x9", &[Extension, NationalPrefix]),
        ("US", "202 555 0143", &[]),
        ("US", "1 202 555 0143", &[]),
        ("AU", "1300 123 456", &[]),
        ("US", "1-800-FLOWERS", &[Letters]),
    ];
    for (region, text, mended) in cases {
        let parsed = number::parse(text, region.parse::<Region>().ok()).unwrap();
        let got: Vec<Correction> = parsed.corrections().iter().collect();
        assert_eq!(got, mended, "{text}");
    }
    for (region, text) in
        [("DE", "030 123456 Home"), ("US", "202 555 DAVE"), ("FR", "06 12 34 Anne")]
    {
        let read = number::parse(text, region.parse::<Region>().ok());
        assert!(matches!(read, Err(PhoneNumberError::InvalidCharacter { .. })), "{text}: {read:?}");
    }
    let short = number::parse("555-0143", Region::US);
    assert_eq!(
        short,
        Err(PhoneNumberError::WrongLength { country_code: 1, expected: 10, actual: 7 })
    );
}

#[test]
fn a_national_number_needs_a_region_and_its_plan() {
    let france = "FR".parse::<Region>().unwrap();
    assert_eq!(number::parse("06 12 34 56 78", None), Err(PhoneNumberError::MissingRegion));
    assert_eq!(number::parse("0612345678", Region::WORLD), Err(PhoneNumberError::MissingRegion));
    let parsed = number::parse("06 12 34 56 78", france);
    if ENGINE {
        assert_eq!(parsed.unwrap().number().to_string(), "+33612345678");
        let dialled = number::parse("00 44 (0)7700 900123", france).unwrap();
        assert_eq!(dialled.number().to_string(), "+447700900123");
        let dialled = number::parse("011 55 11 2345-6799", Region::US).unwrap();
        assert_eq!(dialled.number().to_string(), "+551123456799");
        let refused = number::parse("0011 212 528 814 683", france);
        assert!(refused.is_err(), "no digit behind the exit code may go");
        let error = number::parse("06 12 34 56", france).unwrap_err();
        assert_eq!(error, PhoneNumberError::NotInUse { country_code: 33 });
    } else {
        assert_eq!(parsed, Err(PhoneNumberError::UnsupportedRegion { region: france }));
        let french: PhoneNumber = "+33612345678".parse().unwrap();
        assert_eq!((french.is_valid(), french.kind()), (None, NumberKind::Unknown));
    }
}

#[test]
fn inputs_of_advisories_are_refused() {
    // RUSTSEC-2023-0082 and RUSTSEC-2024-0369, with what they grow from.
    for text in [
        ".;phone-context=",
        "+dwPAA;phone-context=AA",
        ";phone-context=",
        "+;phone-context=+",
        "tel:;phone-context=+44",
        "1;phone-context=+",
        "+44;phone-context=44",
    ] {
        for region in [None, Some(Region::GB), Some(Region::US), "FR".parse().ok()] {
            assert!(number::parse(text, region).is_err(), "{text}");
        }
    }
    let long = "1".repeat(100_000);
    assert_eq!(number::parse(&long, Region::US), Err(PhoneNumberError::InputTooLong));
}

#[cfg(feature = "phonenumber")]
#[test]
fn converts_to_and_from_the_type_of_phonenumber() {
    let ours: PhoneNumber = "+447700900123".parse().unwrap();
    let theirs = phonenumber::PhoneNumber::try_from(ours).unwrap();
    assert_eq!(theirs.format().mode(phonenumber::Mode::E164).to_string(), "+447700900123");
    assert_eq!(PhoneNumber::try_from(&theirs), Ok(ours));
    let rome: PhoneNumber = "+390612345678".parse().unwrap();
    assert_eq!(PhoneNumber::try_from(&phonenumber::PhoneNumber::try_from(rome).unwrap()), Ok(rome));
    // It would lose digits.
    let changed: PhoneNumber = "+78001234067".parse().unwrap();
    let refused = phonenumber::PhoneNumber::try_from(changed).unwrap_err();
    assert_eq!(refused, PhoneNumberError::Ambiguous { country_code: 7 });
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,70}",
        "[+＋0-9٠-٩ ()./x#,;~a-z-]{0,30}",
        "(\\+|00|011)?(44|1|33|39|7|54|55|590)[ (]?0?[)]?[0-9 -]{5,14}",
        "(tel:)?\\+?[0-9]{5,15}(;ext=|;phone-context=)[+0-9a-z]{0,8}",
    ]
}

fn regions() -> impl Strategy<Value = Option<Region>> {
    const CODES: &[&str] =
        &["GB", "US", "FR", "IT", "AR", "BR", "RU", "JE", "AU", "JP", "HU", "MX"];
    prop_oneof![Just(None), proptest::sample::select(CODES).prop_map(|c| c.parse().ok())]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_makes_it_panic(text in texts(), region in regions()) {
        let _ = uk::parse(&text);
        if let Ok(parsed) = number::parse(&text, region) {
            let number = parsed.number();
            prop_assert!(number.is_valid() != Some(false) || number.is_fictional());
            prop_assert!(number.region().is_some());
            let _ = (number.national().to_string(), number.rfc3966().to_string());
        }
    }

    #[test]
    fn what_is_read_is_read_again_from_how_it_is_written(text in texts(), region in regions()) {
        if let Ok(parsed) = number::parse(&text, region) {
            let number = parsed.number();
            for written in [number.to_string(), number.international().to_string()] {
                let again = number::parse(&written, None);
                prop_assert_eq!(again.map(|p| p.number()), Ok(number), "{}", written);
            }
        }
    }

    #[test]
    fn digits_behind_a_plus_stay_but_for_a_national_prefix(digits in "[1-9][0-9]{6,14}") {
        if let Ok(parsed) = number::parse(&format!("+{digits}"), None) {
            let read = parsed.number().digits().to_string();
            if parsed.corrections().contains(Correction::NationalPrefix) {
                let code = parsed.number().country_code().to_string();
                let prefix_len = digits.len() - read.len();
                prop_assert!((1..=2).contains(&prefix_len));
                prop_assert_eq!(&read[..code.len()], &digits[..code.len()]);
                prop_assert_eq!(&read[code.len()..], &digits[code.len() + prefix_len..]);
                let as_written: PhoneNumber = format!("+{digits}").parse().unwrap();
                prop_assert_eq!(as_written.is_valid(), Some(false));
            } else {
                prop_assert_eq!(read, digits);
            }
        }
    }

    #[test]
    fn a_number_of_the_uk_is_read_from_its_national_form(national in "0[12378][0-9]{9}") {
        if let Ok(parsed) = uk::parse(&national) {
            let number = parsed.number();
            prop_assert_eq!(number.to_string(), format!("+44{}", &national[1..]));
            let again = uk::parse(&number.national().to_string()).unwrap();
            prop_assert_eq!(again.number(), number);
            prop_assert!(again.corrections().is_empty());
        }
    }
}
