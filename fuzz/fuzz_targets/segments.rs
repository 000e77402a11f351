//! Counting segments against cutting them, and whatever else is asked of a text without panicking.
//!
//! ```text
//! cargo fuzz run -s none segments
//! ```

#![no_main]

#[path = "../../tests/support/text_model.rs"]
mod text_model;

use anysms::text::{CheckOptions, LengthLimit, SegmentRule, check, segments, segments_by, smart_encode, to_gsm7};
use libfuzzer_sys::fuzz_target;
use text_model::{ALPHABET, cut};

fuzz_target!(|data: &[u8]| {
    // A byte is a character of the model's; from its upper values on, up to 16 of the one before.
    let mut text = Vec::new();
    for byte in data {
        let (byte, count) = (usize::from(*byte), ALPHABET.len());
        match text.last() {
            Some(&last) if byte >= 240 => text.extend([last; 16].iter().take(byte - 239)),
            _ => text.push(ALPHABET[byte % count]),
        }
    }
    let string: String = text.iter().map(|(c, _)| *c).collect();
    for rule in [SegmentRule::Twilio, SegmentRule::Plain] {
        let (encoding, parts) = cut(rule, &text);
        let found = segments_by(rule, &string);
        assert_eq!(found.encoding(), encoding);
        assert_eq!(found.units(), parts.iter().flatten().sum::<usize>());
        assert_eq!(found.count(), parts.len());
    }
    hold(&string);
    hold(&String::from_utf8_lossy(data));
});

/// What holds for every text.
fn hold(text: &str) {
    let once = to_gsm7(text);
    assert_eq!(to_gsm7(&once), once);
    let smart = smart_encode(text);
    assert_eq!(smart_encode(&smart), smart);
    let checks = CheckOptions::default()
        .with_marketing()
        .with_max_segments(1)
        .with_limit(LengthLimit::TWILIO)
        .with_limit(LengthLimit::PLIVO);
    let report = check(text, &checks);
    assert_eq!((report.before, report.after), (segments(text), segments(&once)));
    for finding in report.findings() {
        assert!(finding.position().is_none_or(|place| text.is_char_boundary(place.byte)));
        assert!(!finding.to_string().contains('\n'));
    }
}
