//! Conversions between [`PhoneNumber`] and the number types of the crates `phonenumber` and
//! `rlibphonenumber`, each behind the feature of its name.

use super::{PhoneNumber, PhoneNumberError, calling_code};

impl PhoneNumber {
    /// Builds a number from another crate's country code and national number, with so many zeros before it.
    fn from_foreign(code: u16, zeros: usize, national: u64) -> Result<Self, PhoneNumberError> {
        if !calling_code::exists(code) {
            return Err(PhoneNumberError::UnknownCountryCode);
        }
        let len = national.checked_ilog10().unwrap_or_default() as usize + 1;
        Self::from_value(code, national, zeros + len)
    }

    /// Error of a number that another crate's type cannot hold.
    fn not_held(self) -> PhoneNumberError {
        let country_code = self.country_code();
        if calling_code::exists(country_code) {
            PhoneNumberError::Ambiguous { country_code }
        } else {
            PhoneNumberError::UnknownCountryCode
        }
    }
}

#[cfg(feature = "phonenumber")]
mod with_phonenumber {
    use phonenumber::PhoneNumber as Foreign;

    use super::*;

    impl TryFrom<PhoneNumber> for Foreign {
        type Error = PhoneNumberError;

        /// Converts a number into the type of the crate `phonenumber`.
        ///
        /// Hand a number to code that uses `phonenumber`, and back:
        ///
        /// ```
        /// use anysms::PhoneNumber;
        ///
        /// let number: PhoneNumber = "+447700900123".parse()?;
        /// let foreign = phonenumber::PhoneNumber::try_from(number)?;
        /// assert_eq!(PhoneNumber::try_from(foreign), Ok(number));
        /// # Ok::<(), anysms::PhoneNumberError>(())
        /// ```
        ///
        /// # Errors
        /// [`PhoneNumberError::Ambiguous`] if `phonenumber` cannot hold these digits unchanged,
        /// [`PhoneNumberError::UnknownCountryCode`] if the country code is not assigned.
        fn try_from(number: PhoneNumber) -> Result<Self, Self::Error> {
            let foreign = phonenumber::parse(None, number.to_string());
            let foreign = foreign.map_err(|_| number.not_held())?;
            let unchanged = PhoneNumber::try_from(&foreign) == Ok(number);
            if unchanged { Ok(foreign) } else { Err(number.not_held()) }
        }
    }

    impl TryFrom<&Foreign> for PhoneNumber {
        type Error = PhoneNumberError;

        /// Converts a number from the type of the crate `phonenumber`, without its extension.
        ///
        /// # Errors
        /// [`PhoneNumberError`] if the country code is not assigned or the number has fewer than 7 or
        /// more than 15 digits.
        fn try_from(foreign: &Foreign) -> Result<Self, Self::Error> {
            let national = foreign.national();
            Self::from_foreign(foreign.code().value(), national.zeros().into(), national.value())
        }
    }

    impl TryFrom<Foreign> for PhoneNumber {
        type Error = PhoneNumberError;

        /// Converts a number from the type of the crate `phonenumber`, without its extension.
        ///
        /// # Errors
        /// As the conversion from a reference.
        fn try_from(foreign: Foreign) -> Result<Self, Self::Error> {
            Self::try_from(&foreign)
        }
    }
}

#[cfg(feature = "rlibphonenumber")]
mod with_rlibphonenumber {
    use rlibphonenumber::PhoneNumber as Foreign;

    use super::*;

    impl TryFrom<PhoneNumber> for Foreign {
        type Error = PhoneNumberError;

        /// Converts a number into the type of the crate `rlibphonenumber`, digit for digit.
        ///
        /// Hand a number to code that uses `rlibphonenumber`, and back:
        ///
        /// ```
        /// use anysms::PhoneNumber;
        ///
        /// let number: PhoneNumber = "+447700900123".parse()?;
        /// let foreign = rlibphonenumber::PhoneNumber::try_from(number)?;
        /// assert_eq!(PhoneNumber::try_from(foreign), Ok(number));
        /// # Ok::<(), anysms::PhoneNumberError>(())
        /// ```
        ///
        /// # Errors
        /// [`PhoneNumberError::Ambiguous`] if `rlibphonenumber` cannot hold these digits unchanged,
        /// [`PhoneNumberError::UnknownCountryCode`] if the country code is not assigned.
        fn try_from(number: PhoneNumber) -> Result<Self, Self::Error> {
            let code = number.country_code();
            let len = number.digit_count() as u32 - code.ilog10() - 1;
            let national_number = number.digits() % 10_u64.pow(len);
            // All but the last digit, as libphonenumber counts them.
            let digits = national_number.checked_ilog10().unwrap_or_default() + 1;
            let zeros = len.saturating_sub(digits) as i32;
            let foreign = Self {
                country_code: code.into(),
                national_number,
                italian_leading_zero: (zeros > 0).then_some(true),
                number_of_leading_zeros: (zeros > 1).then_some(zeros),
                ..Self::default()
            };
            let unchanged = PhoneNumber::try_from(&foreign) == Ok(number);
            if unchanged { Ok(foreign) } else { Err(number.not_held()) }
        }
    }

    impl TryFrom<&Foreign> for PhoneNumber {
        type Error = PhoneNumberError;

        /// Converts a number from the type of the crate `rlibphonenumber`, without its extension.
        ///
        /// # Errors
        /// [`PhoneNumberError`] if the country code is not assigned or the number has fewer than 7 or
        /// more than 15 digits.
        fn try_from(foreign: &Foreign) -> Result<Self, Self::Error> {
            let code = u16::try_from(foreign.country_code);
            let code = code.map_err(|_| PhoneNumberError::UnknownCountryCode)?;
            // As the crate writes them: ten at the most.
            let zeros = usize::try_from(foreign.number_of_leading_zeros()).unwrap_or_default();
            let zeros = if foreign.italian_leading_zero() { zeros.min(10) } else { 0 };
            Self::from_foreign(code, zeros, foreign.national_number)
        }
    }

    impl TryFrom<Foreign> for PhoneNumber {
        type Error = PhoneNumberError;

        /// Converts a number from the type of the crate `rlibphonenumber`, without its extension.
        ///
        /// # Errors
        /// As the conversion from a reference.
        fn try_from(foreign: Foreign) -> Result<Self, Self::Error> {
            Self::try_from(&foreign)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers with and without leading zeros survive the way to the other type and back.
    macro_rules! round_trips {
        ($foreign:ty) => {
            for text in
                ["+447700900123", "+15555550100", "+390669800000", "+6831234", "+80012340012"]
            {
                let number = PhoneNumber::parse(text).unwrap();
                let foreign = <$foreign>::try_from(number).unwrap();
                assert_eq!(PhoneNumber::try_from(&foreign), Ok(number), "{text}");
            }
            let unassigned = PhoneNumber::parse("+99912345678").unwrap();
            let refused = <$foreign>::try_from(unassigned).unwrap_err();
            assert_eq!(refused, PhoneNumberError::UnknownCountryCode);
        };
    }

    #[cfg(feature = "phonenumber")]
    #[test]
    fn a_number_of_phonenumber_keeps_its_digits() {
        round_trips!(phonenumber::PhoneNumber);
    }

    #[cfg(feature = "rlibphonenumber")]
    #[test]
    fn a_number_of_rlibphonenumber_keeps_its_digits() {
        round_trips!(rlibphonenumber::PhoneNumber);
        let foreign = rlibphonenumber::PhoneNumber {
            country_code: -1,
            ..rlibphonenumber::PhoneNumber::default()
        };
        assert_eq!(PhoneNumber::try_from(foreign), Err(PhoneNumberError::UnknownCountryCode));
    }
}
