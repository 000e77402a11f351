//! [`Limit`]: the longest text that a vendor takes.

use super::{Encoding, segments};

/// The longest text that a vendor takes, however many segments that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    vendor: &'static str,
    gsm7: usize,
    ucs2: usize,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// UTF-16 code units, whatever the encoding.
    Characters,
    /// Units of the encoding.
    Units,
}

impl Limit {
    /// Twilio: 1,600 characters, else error 21617 (API reference, error dictionary, 2026-11). It is not
    /// documented whether an emoji is one of them or two; here it is two, so that what passes, passes.
    pub const TWILIO: Self =
        Self { vendor: "Twilio", gsm7: 1_600, ucs2: 1_600, counts: Counts::Characters };

    /// Plivo: 1,600 septets in GSM-7, 737 UTF-16 code units in UCS-2 (page "Encoding and
    /// concatenation", 2026-11; that an extension character counts as two is the standard, not the page).
    pub const PLIVO: Self = Self { vendor: "Plivo", gsm7: 1_600, ucs2: 737, counts: Counts::Units };

    /// Whose it is.
    #[must_use]
    pub const fn vendor(self) -> &'static str {
        self.vendor
    }

    /// The greatest length of a text in this encoding.
    #[must_use]
    pub const fn longest(self, encoding: Encoding) -> usize {
        match encoding {
            Encoding::Gsm7 => self.gsm7,
            Encoding::Ucs2 => self.ucs2,
        }
    }

    /// By how much a text is too long; 0 if it is not.
    #[must_use]
    pub fn excess(self, text: &str) -> usize {
        let segments = segments(text);
        let length = match self.counts {
            Counts::Characters => text.encode_utf16().count(),
            Counts::Units => segments.units(),
        };
        length.saturating_sub(self.longest(segments.encoding()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_each_vendor_does() {
        let euros = "€".repeat(1_600);
        assert_eq!((Limit::TWILIO.excess(&euros), Limit::PLIVO.excess(&euros)), (0, 1_600));
        let emoji = "👋".repeat(800);
        assert_eq!((Limit::TWILIO.excess(&emoji), Limit::PLIVO.excess(&emoji)), (0, 863));
        assert_eq!(Limit::TWILIO.excess(&(emoji + "!")), 1);
        let plain = "a".repeat(1_601);
        assert_eq!((Limit::TWILIO.excess(&plain), Limit::PLIVO.excess(&plain)), (1, 1));
    }
}
