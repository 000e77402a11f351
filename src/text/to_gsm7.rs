//! [`to_gsm7`] and [`smart_encode`]: replace characters outside GSM-7.

use std::borrow::Cow;

use super::{
    gsm7::septets,
    smart_encoding::smart_substitute,
    transliterate::{compose, is_mark, transliterate},
};

/// Converts a text to GSM-7 where possible: by Twilio's Smart Encoding, by dropping diacritics of Latin
/// letters that GSM-7 lacks, and by similar signs.
///
/// A letter and its combining mark are converted together. Characters without a substitute stay. A text
/// that remains UCS-2 gains nothing and may need more segments than before, as `…` becomes three
/// characters: [`TextReport`](super::TextReport) has both counts. Smart Encoding also spells out fractions
/// and turns `1½` into `11/2`, so review the result.
///
/// Save segments on a text from a word processor:
///
/// ```
/// use anysms::text::to_gsm7;
///
/// assert_eq!(to_gsm7("“Łódź” – ça va…"), "\"Lodz\" - ca va...");
/// assert_eq!(to_gsm7("cafe\u{301}, año, 1️⃣"), "café, año, 1");
/// ```
///
/// Leave other scripts and emoji as they are:
///
/// ```
/// assert_eq!(anysms::text::to_gsm7("Привет 👋"), "Привет 👋");
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

/// Applies Twilio's Smart Encoding to a text. Twilio does so itself if `SmartEncoded` or the Messaging
/// Service is set to it.
///
/// Source: sms-segments-calculator 1.3.0 (2026-11).
///
/// Predict the segments that Twilio bills with Smart Encoding on:
///
/// ```
/// use anysms::text::{segments, smart_encode};
///
/// let text = "It’s ready – see you soon…".repeat(3);
/// assert_eq!((segments(&text).count(), segments(&smart_encode(&text)).count()), (2, 1));
/// ```
#[must_use]
pub fn smart_encode(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| smart_substitute(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        match smart_substitute(c) {
            Some(substitute) => encoded.push_str(substitute),
            None => encoded.push(c),
        }
    }
    Cow::Owned(encoded)
}

/// Incremental conversion of [`to_gsm7`].
#[derive(Default)]
pub(super) struct Gsm7Writer {
    pub(super) text: String,
    /// Character that was pushed last.
    previous: Option<char>,
}

impl Gsm7Writer {
    /// Writes the next character and returns its substitute: `None` if it stays, empty if it was dropped or
    /// combined with the character before.
    pub(super) fn push(&mut self, c: char) -> Option<&'static str> {
        let previous = self.previous.replace(c);
        if septets(c) > 0 {
            self.text.push(c);
            return None;
        }
        let substitute = match self.text.chars().next_back().filter(|_| is_mark(c)) {
            // The mark belongs to a character that stays, or strikes out an amount.
            Some(base) if septets(base) == 0 || strikes_out(c) && !base.is_alphabetic() => None,
            Some(base) => {
                if let Some(letter) = previous.and_then(|previous| compose(previous, c)) {
                    self.text.pop();
                    self.text.push(letter);
                }
                Some(smart_substitute(c).filter(|_| !base.is_alphabetic()).unwrap_or_default())
            }
            None => smart_substitute(c).or_else(|| transliterate(c)),
        };
        match substitute {
            Some(substitute) => self.text.push_str(substitute),
            None => self.text.push(c),
        }
        substitute
    }
}

/// Returns `true` for a mark drawn across its character that Smart Encoding does not replace.
fn strikes_out(mark: char) -> bool {
    let over =
        matches!(mark, '\u{334}'..='\u{338}' | '\u{20d2}' | '\u{20d3}' | '\u{20d8}'..='\u{20da}');
    over && smart_substitute(mark).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_substitute_is_in_gsm7() {
        let both = |c| [smart_substitute(c), transliterate(c)];
        let mut smart_entries = 0;
        for c in '\0'..=char::MAX {
            smart_entries += usize::from(smart_substitute(c).is_some());
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
