//! [`LengthLimit`]: the maximum length of a text at each vendor.

use super::{Encoding, segments};

/// Maximum length of a text at a vendor, regardless of the number of segments.
///
/// Cut a text before a provider refuses it:
///
/// ```
/// use anysms::text::LengthLimit;
///
/// let text = "a".repeat(1_605);
/// assert_eq!(LengthLimit::TWILIO.excess(&text), 5);
/// assert_eq!(LengthLimit::TWILIO.excess(&text[..1_600]), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthLimit {
    vendor: &'static str,
    gsm7: usize,
    ucs2: usize,
    unit: LengthUnit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LengthUnit {
    /// UTF-16 code units in both encodings.
    Utf16,
    /// Septets in GSM-7, UTF-16 code units in UCS-2.
    Encoded,
}

impl LengthLimit {
    /// Limit of Twilio: 1,600 characters; more is error 21617 (API reference, error dictionary, 2026-11).
    ///
    /// Twilio does not document if an emoji counts as one or two; here it counts as two, so that a text
    /// within this limit is accepted either way.
    pub const TWILIO: Self =
        Self { vendor: "Twilio", gsm7: 1_600, ucs2: 1_600, unit: LengthUnit::Utf16 };

    /// Limit of Plivo: 1,600 septets in GSM-7, 737 UTF-16 code units in UCS-2 (page "Encoding and
    /// concatenation", 2026-11). An extension character counts as two by the standard; the page does not
    /// mention it.
    pub const PLIVO: Self =
        Self { vendor: "Plivo", gsm7: 1_600, ucs2: 737, unit: LengthUnit::Encoded };

    /// Returns the vendor's name.
    #[must_use]
    pub const fn vendor(self) -> &'static str {
        self.vendor
    }

    /// Returns the maximum length of a text in this encoding.
    #[must_use]
    pub const fn max_length(self, encoding: Encoding) -> usize {
        match encoding {
            Encoding::Gsm7 => self.gsm7,
            Encoding::Ucs2 => self.ucs2,
        }
    }

    /// Returns the units by which a text is too long; 0 if it is within the limit.
    #[must_use]
    pub fn excess(self, text: &str) -> usize {
        let segments = segments(text);
        let length = match self.unit {
            LengthUnit::Utf16 => text.encode_utf16().count(),
            LengthUnit::Encoded => segments.units(),
        };
        length.saturating_sub(self.max_length(segments.encoding()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_each_vendor_does() {
        let euros = "€".repeat(1_600);
        assert_eq!(
            (LengthLimit::TWILIO.excess(&euros), LengthLimit::PLIVO.excess(&euros)),
            (0, 1_600)
        );
        let emoji = "👋".repeat(800);
        assert_eq!(
            (LengthLimit::TWILIO.excess(&emoji), LengthLimit::PLIVO.excess(&emoji)),
            (0, 863)
        );
        assert_eq!(LengthLimit::TWILIO.excess(&(emoji + "!")), 1);
        let plain = "a".repeat(1_601);
        assert_eq!((LengthLimit::TWILIO.excess(&plain), LengthLimit::PLIVO.excess(&plain)), (1, 1));
    }
}
