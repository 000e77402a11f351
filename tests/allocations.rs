//! What allocates nothing: counted, by an allocator that counts.

use allocation_counter::measure;
use anysms::text::{Rule, segments_by};

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
