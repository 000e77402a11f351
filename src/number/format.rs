//! [`Formatted`]: a number as people or machines want to read it.

use std::fmt;

use super::{PhoneNumber, engine, uk};

/// A number in one of the ways to write it, by `Display`. `Debug` masks it.
#[derive(Clone, Copy)]
pub struct Formatted {
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
    /// As people in its country write it: `07700 900123`. Where this build does not know the
    /// country's plan, the international form, which is right everywhere.
    #[must_use]
    pub const fn national(self) -> Formatted {
        Formatted { number: self, style: Style::National }
    }

    /// As people elsewhere write it: `+44 7700 900123`. Where this build does not know the country's
    /// plan, with one space.
    #[must_use]
    pub const fn international(self) -> Formatted {
        Formatted { number: self, style: Style::International }
    }

    /// As a link that dials it (RFC 3966): `tel:+44-7700-900123`.
    #[must_use]
    pub const fn rfc3966(self) -> Formatted {
        Formatted { number: self, style: Style::Rfc3966 }
    }
}

impl fmt::Display for Formatted {
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
            let (group, behind) = rest.split_at(*len);
            write!(f, "{group}{separator}")?;
            rest = behind;
        }
        f.write_str(rest)
    }
}

impl fmt::Debug for Formatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Formatted({}, {:?})", self.number.masked(), self.style)
    }
}
