//! [`MaskedNumber`]: a number in the form for logs.

use std::fmt;

use super::{PhoneNumber, calling_code};

/// A number that prints only its country code and last four digits.
#[derive(Clone, Copy)]
pub struct MaskedNumber(PhoneNumber);

impl fmt::Display for MaskedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.digits();
        let len = self.0.digit_count();
        if len <= PhoneNumber::MIN_DIGITS {
            return f.write_str("+•••");
        }
        let code = digits / 10_u64.pow((len - calling_code::len(digits, len)) as u32);
        write!(f, "+{code}•••{:04}", digits % 10_000)
    }
}

impl fmt::Debug for MaskedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PhoneNumber {
    /// Returns the number for logs, with only its country code and last four digits: `+44•••0123`. A number
    /// of 7 digits shows none.
    ///
    /// Log a recipient:
    ///
    /// ```
    /// let number: anysms::PhoneNumber = "+447700900123".parse()?;
    /// assert_eq!(number.masked().to_string(), "+44•••0123");
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub const fn masked(self) -> MaskedNumber {
        MaskedNumber(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_all_but_code_and_last_four() {
        for (text, masked) in [
            ("+447700900123", "+44•••0123"),
            ("+15555550100", "+1•••0100"),
            ("+99915550100", "+999•••0100"),
            ("+1555010", "+•••"),
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().masked().to_string(), masked);
        }
    }
}
