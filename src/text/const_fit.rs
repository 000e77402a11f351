//! Compile-time check of a text's segments, for [`gsm7!`](crate::gsm7).

use super::{Encoding, segments::gsm7_segments};

/// Returns the text if it fits the segments with `room` more septets. Called by [`gsm7!`](crate::gsm7).
///
/// # Panics
/// If the text has a character outside GSM-7 or does not fit. In a constant, that fails the build.
#[must_use]
#[allow(clippy::panic)] // fails the evaluation of a constant
pub const fn gsm7_within(text: &'static str, segments: usize, room: usize) -> &'static str {
    let Some(needed) = gsm7_segments(text) else {
        panic!("gsm7!: the text has a character outside GSM-7; find it with `anysms text check`");
    };
    let count = match room {
        0 => needed.count(),
        room => most_segments(needed.units() + room),
    };
    if count > segments {
        panic!("gsm7!: the text needs more segments than allowed; shorten it or allow more");
    }
    text
}

/// Returns the maximum number of segments of a text with this many septets: every segment but the last may
/// lose one septet to an extension character that does not fit.
const fn most_segments(septets: usize) -> usize {
    let part = Encoding::Gsm7.part_limit();
    match septets {
        0..=160 => 1,
        _ => 1 + (septets - part).div_ceil(part - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::segments;

    #[test]
    fn room_is_enough_for_any_filling() {
        for n in [159, 160, 161, 305, 306, 457, 458, 459] {
            let worst = most_segments(n);
            for euros in 0..=n / 2 {
                for at in [0, (n - 2 * euros) / 2, n - 2 * euros] {
                    let text =
                        "a".repeat(at) + &"€".repeat(euros) + &"a".repeat(n - 2 * euros - at);
                    assert_eq!(segments(&text).units(), n);
                    assert!(segments(&text).count() <= worst, "{n} {euros} {at}");
                }
            }
        }
        assert_eq!(gsm7_within("a", 2, 304), "a"); // 305 = 152 + 153
    }

    #[test]
    #[should_panic(expected = "more segments")]
    fn too_long_is_refused() {
        let _ = gsm7_within("a", 2, 305);
    }

    #[test]
    #[should_panic(expected = "outside GSM-7")]
    fn another_alphabet_is_refused() {
        let _ = gsm7_within("ç", 2, 0);
    }
}
