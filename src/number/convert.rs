//! Conversions to and from the type of the crate `phonenumber`.

use phonenumber::PhoneNumber as Theirs;

use super::{PhoneNumber, PhoneNumberError, calling_code};

impl TryFrom<PhoneNumber> for Theirs {
    type Error = PhoneNumberError;

    /// [`PhoneNumberError::Ambiguous`] for a number whose digits `phonenumber` would change.
    fn try_from(number: PhoneNumber) -> Result<Self, Self::Error> {
        let country_code = number.country_code();
        let ambiguous = PhoneNumberError::Ambiguous { country_code };
        let theirs = phonenumber::parse(None, number.to_string()).map_err(|_| ambiguous)?;
        if PhoneNumber::try_from(&theirs) == Ok(number) { Ok(theirs) } else { Err(ambiguous) }
    }
}

impl TryFrom<&Theirs> for PhoneNumber {
    type Error = PhoneNumberError;

    /// Leaves out an extension. An error for a number that E.164 does not allow.
    fn try_from(theirs: &Theirs) -> Result<Self, Self::Error> {
        let code = theirs.code().value();
        if !calling_code::exists(code) {
            return Err(PhoneNumberError::CountryCode);
        }
        Self::from_parts(code, &theirs.national().to_string())
    }
}
