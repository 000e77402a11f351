//! Reading what people write, in the UK and elsewhere: no panic, and no digits out of nowhere.
//!
//! ```text
//! cargo fuzz run -s none number
//! ```

#![no_main]

use anysms::number::{self, Correction, Region, uk};
use libfuzzer_sys::fuzz_target;

const REGIONS: [&str; 16] = [
    "ZZ", "GB", "JE", "US", "FR", "IT", "AR", "BR", "RU", "AU", "JP", "HU", "MX", "FI", "SG", "IR",
];

/// What texts are made of: all that means something between digits.
const PARTS: [&str; 48] = [
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "00",
    "011",
    "44",
    "+44",
    "+",
    "(0)",
    "(",
    ")",
    "[",
    "]",
    " ",
    "-",
    ".",
    "/",
    ",",
    ";",
    "#",
    "~",
    "*",
    "x",
    "ext",
    "ext. ",
    ";ext=",
    "tel:",
    ";phone-context=",
    "E+",
    ".0",
    "A",
    "FLOWERS",
    "\u{a0}",
    "\u{202a}",
    "\u{2011}",
    "٣",
    "７",
    "＋",
    "_",
    "7700900123",
    "+4407700900123",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let region: Option<Region> = REGIONS[usize::from(*first) % REGIONS.len()].parse().ok();
    let built: String = rest.iter().map(|byte| PARTS[usize::from(*byte) % PARTS.len()]).collect();
    hold(&built, region);
    hold(&String::from_utf8_lossy(rest), region);
});

fn hold(text: &str, region: Option<Region>) {
    if let Ok(parsed) = uk::parse(text) {
        assert_eq!(parsed.number().country_code(), 44);
        assert_eq!(number::parse(text, Region::GB), Ok(parsed));
        assert_eq!(number::parse(text, Region::JE), Ok(parsed));
    }
    let Ok(parsed) = number::parse(text, region) else { return };
    let number = parsed.number();
    assert!(number.is_valid() != Some(false) || number.is_fictional());
    for written in [number.to_string(), number.international().to_string()] {
        assert_eq!(number::parse(&written, None).map(|again| again.number()), Ok(number));
    }
    // In international form the digits are those of the text, but for a national prefix left out.
    let plain = parsed.corrections().iter().all(|mend| mend == Correction::NationalPrefix);
    if plain && text.trim_start().starts_with('+') {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let read = number.digits().to_string();
        let code = number.country_code().to_string();
        let left_out = digits.len() - read.len();
        assert!(
            left_out == 0
                || parsed.corrections().contains(Correction::NationalPrefix) && left_out <= 2
        );
        assert!(digits.starts_with(&code) && digits.ends_with(&read[code.len()..]));
    }
}
