//! Strict E.164 against the slow, obvious rule.
//!
//! ```text
//! cargo fuzz run -s none e164
//! ```

#![no_main]

use anysms::{PhoneNumber, number::Region};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let digits: Vec<u32> = text.chars().skip(1).map_while(|c| c.to_digit(10)).collect();
    let right = text.starts_with('+')
        && digits.len() + 1 == text.chars().count()
        && (7..=15).contains(&digits.len())
        && digits[0] != 0;
    let Ok(number) = PhoneNumber::parse(text) else {
        assert!(!right, "refused");
        return;
    };
    assert!(right, "taken");
    assert_eq!(number.to_string(), text);
    assert_eq!(number.digit_count(), digits.len());
    assert!(text[1..].starts_with(&number.country_code().to_string()));
    let shown = format!("{number:?} {}", number.masked());
    assert!(!shown.contains(&text[4..]), "shown");
    assert_eq!(number.region(), number.region().and_then(|r: Region| r.to_string().parse().ok()));
    // However it is spaced, the digits are the same and in order.
    for written in [number.international().to_string(), number.rfc3966().to_string()] {
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(digits, text[1..]);
    }
    let _ = (number.kind(), number.is_valid(), number.is_fictional(), number.national().to_string());
});
