//! [`FormattedNumber`]: a number in national, international or RFC 3966 format.

use std::fmt;

use super::{PhoneNumber, engine, uk};

/// A number with the format in which `Display` writes it. `Debug` masks the number.
///
/// Spacing follows the numbering plan of the country. The plan of +44 is built in; the plans of all other
/// countries need one of the features `rlibphonenumber` and `phonenumber`.
#[derive(Clone, Copy)]
pub struct FormattedNumber {
    number: PhoneNumber,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    National,
    International,
    Rfc3966,
}

impl PhoneNumber {
    /// Formats the number for people in its own country: `07700 900123`.
    ///
    /// Without a plan of that country, writes the international format.
    ///
    /// ```
    /// use anysms::number::uk;
    ///
    /// let number = uk::parse("+447700900123")?.number();
    /// assert_eq!(number.national().to_string(), "07700 900123");
    /// assert_eq!(number.international().to_string(), "+44 7700 900123");
    /// assert_eq!(number.rfc3966().to_string(), "tel:+44-7700-900123");
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub const fn national(self) -> FormattedNumber {
        FormattedNumber { number: self, style: Style::National }
    }

    /// Formats the number for people in other countries: `+44 7700 900123`.
    ///
    /// Without a plan of its country, writes a single space, after the country code.
    #[must_use]
    pub const fn international(self) -> FormattedNumber {
        FormattedNumber { number: self, style: Style::International }
    }

    /// Formats the number as a `tel:` link (RFC 3966): `tel:+44-7700-900123`.
    #[must_use]
    pub const fn rfc3966(self) -> FormattedNumber {
        FormattedNumber { number: self, style: Style::Rfc3966 }
    }
}

impl fmt::Display for FormattedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.number.country_code();
        let buffer = &mut [0; PhoneNumber::MAX_DIGITS + 1];
        let national = self.number.national_digits(buffer);
        if code != uk::CODE {
            if let Some(text) = engine::format(self.number, self.style) {
                return f.write_str(&text);
            }
            return match self.style {
                Style::Rfc3966 => write!(f, "tel:+{code}-{national}"),
                Style::National | Style::International => write!(f, "+{code} {national}"),
            };
        }
        let separator = match self.style {
            Style::National => {
                f.write_str("0")?;
                ' '
            }
            Style::International => {
                write!(f, "+{code} ")?;
                ' '
            }
            Style::Rfc3966 => {
                write!(f, "tel:+{code}-")?;
                '-'
            }
        };
        let mut rest = national;
        for len in uk::groups(national) {
            let (group, after) = rest.split_at(*len);
            write!(f, "{group}{separator}")?;
            rest = after;
        }
        f.write_str(rest)
    }
}

impl fmt::Debug for FormattedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormattedNumber({}, {:?})", self.number.masked(), self.style)
    }
}
