//! [`to_gsm7`] and [`smart_encode`]: a text in characters that mostly cost less.

use std::borrow::Cow;

use super::{
    gsm7::septets,
    smart_encoding::smart,
    transliterate::{compose, is_mark, nearest},
};

/// The text with as much of it in GSM-7 as can be: Twilio's Smart Encoding, Latin letters without the
/// diacritics that GSM-7 lacks, and signs that look alike.
///
/// A letter and a combining mark count as one; what has no substitute stays as it is. A text that
/// stays UCS-2 for that gains nothing, and may take more segments than before, as `…` becomes three
/// characters: [`Report`](super::Report) has both counts. Smart Encoding also spells fractions out,
/// and makes `1½` `11/2`: read the result.
///
/// ```
/// use anysms::text::to_gsm7;
///
/// assert_eq!(to_gsm7("“Łódź” – ça va…"), "\"Lodz\" - ca va...");
/// assert_eq!(to_gsm7("cafe\u{301}, año, 1️⃣"), "café, año, 1");
/// assert_eq!(to_gsm7("Привет 👋"), "Привет 👋");
/// ```
#[must_use]
pub fn to_gsm7(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| septets(c) > 0) {
        return Cow::Borrowed(text);
    }
    let mut writer = Gsm7Writer::default();
    for c in text.chars() {
        writer.push(c);
    }
    if writer.text == text { Cow::Borrowed(text) } else { Cow::Owned(writer.text) }
}

/// The text after Twilio's Smart Encoding, which Twilio applies itself where `SmartEncoded` or the
/// Messaging Service says so.
///
/// Source: sms-segments-calculator 1.3.0 (2026-11).
#[must_use]
pub fn smart_encode(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| smart(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        match smart(c) {
            Some(substitute) => encoded.push_str(substitute),
            None => encoded.push(c),
        }
    }
    Cow::Owned(encoded)
}

/// Writes a text as [`to_gsm7`] does.
#[derive(Default)]
pub(super) struct Gsm7Writer {
    pub(super) text: String,
    /// The character that was pushed before.
    previous: Option<char>,
}

impl Gsm7Writer {
    /// Writes the next character, and says what stands in its place: nothing, where it went into the
    /// character before it.
    pub(super) fn push(&mut self, c: char) -> Option<&'static str> {
        let previous = self.previous.replace(c);
        if septets(c) > 0 {
            self.text.push(c);
            return None;
        }
        let substitute = match self.text.chars().next_back().filter(|_| is_mark(c)) {
            // Belongs to what stays, or strikes out an amount.
            Some(base) if septets(base) == 0 || strikes_out(c) && !base.is_alphabetic() => None,
            Some(base) => {
                if let Some(letter) = previous.and_then(|previous| compose(previous, c)) {
                    self.text.pop();
                    self.text.push(letter);
                }
                Some(smart(c).filter(|_| !base.is_alphabetic()).unwrap_or_default())
            }
            None => smart(c).or_else(|| nearest(c)),
        };
        match substitute {
            Some(substitute) => self.text.push_str(substitute),
            None => self.text.push(c),
        }
        substitute
    }
}

/// Whether a mark is drawn over its character, and Smart Encoding does not know it.
fn strikes_out(mark: char) -> bool {
    let over =
        matches!(mark, '\u{334}'..='\u{338}' | '\u{20d2}' | '\u{20d3}' | '\u{20d8}'..='\u{20da}');
    over && smart(mark).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_substitute_is_in_gsm7() {
        let both = |c| [smart(c), nearest(c)];
        let mut smart_entries = 0;
        for c in '\0'..=char::MAX {
            smart_entries += usize::from(smart(c).is_some());
            assert!(both(c).iter().flatten().count() <= 1, "{c:?} has two substitutes");
            for substitute in both(c).into_iter().flatten() {
                assert_eq!(septets(c), 0, "{c:?} needs no substitute");
                assert!(substitute.chars().all(|c| septets(c) > 0), "{c:?}");
            }
        }
        assert_eq!(smart_entries, 271);
    }

    #[test]
    fn substitutes_are_the_nearest() {
        for (text, expected) in [
            ("ŁÓDŹ łódź", "LODZ lodz"),
            ("ç Ç ò o\u{300}", "c Ç ò ò"),
            ("Ő ű ǘ ấ", "Ö ü ü a"),
            ("‹a› ᴀ ᴜ", "<a> A U"),
            ("Hi \u{2068}Ann\u{2069}, \u{202e}ready\u{202c}", "Hi Ann, ready"),
            ("10² 5⅓ 1̶0̶", "10² 5⅓ 1̶0̶"),
        ] {
            assert_eq!(to_gsm7(text), expected, "{text}");
        }
    }

    #[test]
    fn composed_and_decomposed_letters_come_out_the_same() {
        for (composed, decomposed, expected) in [
            ("é", "e\u{301}", "é"),
            ("á", "a\u{301}", "a"),
            ("ñ", "n\u{303}", "ñ"),
            ("ã", "a\u{303}", "a"),
            ("ç", "c\u{327}", "c"),
            ("Ç", "C\u{327}", "Ç"),
            ("ế", "e\u{302}\u{301}", "e"),
            ("ộ", "o\u{323}\u{302}", "o"),
            ("ǘ", "u\u{308}\u{301}", "ü"),
            ("Ő", "O\u{30b}", "Ö"),
            ("Å", "A\u{30a}", "Å"),
            ("ŵ", "w\u{302}", "w"),
        ] {
            assert_eq!(to_gsm7(composed), expected);
            assert_eq!(to_gsm7(decomposed), expected, "{expected}");
        }
    }

    #[test]
    fn marks_on_what_stays_stay() {
        for text in ["и\u{306}", "❤\u{fe0f}", "\u{301}", "и\u{302}\u{303}", "é à ö ñ"] {
            assert!(matches!(to_gsm7(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
        assert_eq!(to_gsm7("a\u{200b}\u{301}"), "a");
        assert_eq!(to_gsm7("5\u{338}™\u{fe0f}"), "5/TM");
    }

    #[test]
    fn smart_encoding_is_twilios() {
        assert_eq!(smart_encode("«a\u{a0}b»\t…"), "\"a  b\"       ...");
        assert_eq!(smart_encode("e\u{302}ç"), "e^ç");
        assert!(matches!(smart_encode("ç"), Cow::Borrowed("ç")));
    }
}
