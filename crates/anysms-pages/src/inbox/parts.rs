//! The segments of a text, cut where a phone's parts begin.

use anysms::text::{Encoding, segments};

/// One segment of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Its text.
    pub(super) text: &'a str,
    /// Its length: septets in GSM-7, UTF-16 code units in UCS-2.
    pub(super) units: usize,
}

/// Cuts a text into its segments, by the rule of [`segments`].
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let whole = segments(text);
    if whole.count() == 1 {
        return vec![Part { text, units: whole.units() }];
    }
    let encoding = whole.encoding();
    let limit = encoding.part_limit();
    // A full segment before the text: what follows begins a segment, in the encoding of the whole.
    let full = match encoding {
        Encoding::Gsm7 => "a".repeat(limit),
        Encoding::Ucs2 => "ж".repeat(limit),
    };
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (end, units) = first(&full, rest, limit);
        let (part, after) = rest.split_at(end);
        found.push(Part { text: part, units });
        rest = after;
    }
    found
}

/// Returns where the first segment of a text ends, and its units.
fn first(full: &str, rest: &str, limit: usize) -> (usize, usize) {
    let mut padded = full.to_owned();
    let mut fits = 0;
    for (at, c) in rest.char_indices() {
        padded.push(c);
        let counted = segments(&padded);
        if counted.count() <= 2 {
            fits = counted.units() - limit;
            continue;
        }
        // The last segment holds what was moved: the character, and those that it must not be cut from.
        let mut moved = limit - counted.remaining().min(limit);
        let mut end = at + c.len_utf8();
        let mut chars = rest[..end].chars();
        while moved > 0
            && let Some(last) = chars.next_back()
        {
            moved = moved.saturating_sub(units(full, last));
            end -= last.len_utf8();
        }
        let kept = segments(&[full, &rest[..end]].concat()).units() - limit;
        // Longer than a segment by itself: cut before the last character, so that there is an end.
        return if end == 0 { (at.max(c.len_utf8()), fits) } else { (end, kept) };
    }
    (rest.len(), fits)
}

/// Returns the units of a character in the encoding of a text.
fn units(full: &str, c: char) -> usize {
    if full.starts_with('ж') {
        c.len_utf16()
    } else {
        segments(c.encode_utf8(&mut [0; 4])).units()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_segments() {
        for text in [
            String::new(),
            "Hello".to_owned(),
            "a".repeat(160),
            "a".repeat(161),
            "€".repeat(200),
            "a€".repeat(333),
            "ж".repeat(70),
            "ж".repeat(71),
            "👍".repeat(1600),
            "🇬🇧".repeat(33),
            "a🇬🇧".repeat(50),
            "👨\u{200d}👩\u{200d}👧".repeat(30),
            format!("{}e\u{301}{}", "ж".repeat(66), "a".repeat(90)),
            "नमस्ते ".repeat(40),
            "abc\r\n".repeat(100),
        ] {
            let (whole, cut) = (segments(&text), parts(&text));
            assert_eq!(cut.len(), whole.count(), "{text}");
            assert_eq!(cut.iter().map(|part| part.units).sum::<usize>(), whole.units(), "{text}");
            assert_eq!(cut.iter().map(|part| part.text).collect::<String>(), text);
            let limit = if cut.len() == 1 {
                whole.encoding().single_limit()
            } else {
                whole.encoding().part_limit()
            };
            assert!(cut.iter().all(|part| part.units <= limit), "{text}");
        }
    }

    #[test]
    fn a_flag_is_not_cut() {
        let text = format!("{}{}", "ж".repeat(65), "🇬🇧".repeat(3));
        let cut = parts(&text);
        assert_eq!((cut[0].units, cut[1].text), (65, "🇬🇧🇬🇧🇬🇧"));
    }

    #[test]
    fn whatever_the_text_there_is_an_end() {
        let long = format!("{}{}", "a", "\u{301}".repeat(300));
        for text in [long, "\u{200d}".repeat(500), "ж".to_owned() + &"👩\u{200d}".repeat(200)] {
            assert_eq!(parts(&text).iter().map(|part| part.text).collect::<String>(), text);
        }
    }
}
