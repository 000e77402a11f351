//! [`Release`]: a number to give back, named twice.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    error::{Error, ErrorKind, Result},
    number::{self, PhoneNumber},
};

/// Release of a number: what was typed again is that number. Made by [`Release::confirm`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    number: PhoneNumber,
}

impl Release {
    /// Confirms the release of a number by the number as it was typed again, with its country code.
    ///
    /// ```
    /// use anysms::numbers::Release;
    ///
    /// let number = "+447700900123".parse()?;
    /// assert!(Release::confirm(number, "+44 7700 900123").is_ok());
    /// assert!(Release::confirm(number, "+44 7700 900124").is_err());
    /// assert!(Release::confirm(number, "yes").is_err());
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, if it is another number or none.
    pub fn confirm(number: PhoneNumber, typed: &str) -> Result<Self> {
        let read = number::parse(typed, None);
        if read.is_ok_and(|read| read.number() == number) {
            return Ok(Self { number });
        }
        let rule = "confirmation: is not the number that is to be released; type it again, with + and country code";
        Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule).without_message())
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(&self) -> PhoneNumber {
        self.number
    }
}

/// Check before a number is released: how many of its messages are not final yet.
///
/// A function of the number and a time is one:
///
/// ```
/// use anysms::{PhoneNumber, Timestamp, numbers::ReleaseCheck};
///
/// fn is_check(_: impl ReleaseCheck) {}
/// is_check(|_number: PhoneNumber, _since: Timestamp| async { Ok(0) });
/// ```
#[async_trait]
pub trait ReleaseCheck: Send + Sync {
    /// Returns the number of messages from this number, created at or after this time, that are not final.
    ///
    /// # Errors
    /// Those of whatever is asked; then the number is not released.
    async fn unfinished(&self, number: PhoneNumber, since: Timestamp) -> Result<u64>;
}

#[async_trait]
impl<F, A> ReleaseCheck for F
where
    F: Fn(PhoneNumber, Timestamp) -> A + Send + Sync,
    A: Future<Output = Result<u64>> + Send,
{
    async fn unfinished(&self, number: PhoneNumber, since: Timestamp) -> Result<u64> {
        self(number, since).await
    }
}
