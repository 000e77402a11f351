//! What allocates nothing: counted, by an allocator that counts.

use allocation_counter::measure;
use anysms::{
    PhoneNumber,
    number::uk,
    text::{Rule, segments_by},
};

/// How often this allocates.
fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}

#[test]
fn counting_segments_allocates_nothing() {
    for text in ["", &"Grüße {€} ".repeat(200), &"Привет, 👩‍👩‍👧‍👦! ".repeat(200)]
    {
        for rule in [Rule::Twilio, Rule::Plain] {
            let found = allocations(|| {
                std::hint::black_box(segments_by(rule, text));
            });
            assert_eq!(found, 0, "{rule:?}");
        }
    }
}

#[test]
fn numbers_of_the_uk_and_e164_allocate_nothing() {
    let mut written = String::with_capacity(32);
    for text in ["+447700900123", "+33639980012", "+15555550100", "07700900123"] {
        let found = allocations(|| {
            use std::fmt::Write;
            written.clear();
            let number = PhoneNumber::parse(text);
            std::hint::black_box(number.map(|n| (n.region(), n.is_fictional()))).ok();
            if let Ok(number) = number {
                write!(written, "{number} {}", number.masked()).unwrap();
            }
        });
        assert_eq!(found, 0, "{text}");
    }
    for text in ["+44 (0)7700 900123 ext. 9", "020 7946 0123", "07700 90012", "withheld"] {
        let found = allocations(|| {
            use std::fmt::Write;
            written.clear();
            if let Ok(parsed) = std::hint::black_box(uk::parse(text)) {
                let number = parsed.number();
                write!(written, "{} {}", number.national(), number.kind()).unwrap();
            }
        });
        assert_eq!(found, 0, "{text}");
    }
}
