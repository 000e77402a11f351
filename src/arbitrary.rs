//! Arbitrary texts for unit tests, the same in every run.
//!
//! The suites of the package `tests` have `proptest`, which shrinks what fails; here it would be compiled for
//! every example.

pub(crate) use fastrand::Rng;

/// Returns the generator of a test.
pub(crate) fn seeded() -> Rng {
    Rng::with_seed(20_261_130)
}

/// Joins 0 to `most` of these pieces.
pub(crate) fn joined(random: &mut Rng, pieces: &[&str], most: usize) -> String {
    (0..random.usize(..=most)).filter_map(|_| random.choice(pieces)).copied().collect()
}

/// Joins 0 to `most` characters, each out of one of these ranges.
pub(crate) fn of_ranges(
    random: &mut Rng,
    ranges: &[std::ops::RangeInclusive<char>],
    most: usize,
) -> String {
    let mut text = String::new();
    for _ in 0..random.usize(..=most) {
        if let Some(range) = random.choice(ranges) {
            text.push(random.char(range.clone()));
        }
    }
    text
}

/// Returns a text of 0 to `most` characters: any at all, or of one byte in UTF-8.
pub(crate) fn any(random: &mut Rng, most: usize) -> String {
    let ranges = ['\0'..=char::MAX, '\0'..='\u{7f}'];
    let one = random.usize(..2);
    of_ranges(random, &ranges[one..=one], most)
}
