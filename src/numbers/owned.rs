//! [`OwnedNumber`] and [`NumberQuery`]: the numbers of an account.

use std::fmt;

use jiff::Timestamp;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Money, Text},
    number::PhoneNumber,
    numbers::{InboundRoute, NumberCapabilities, NumberCategory},
};

/// Number of an account. `Debug` shows neither its whole number nor its id, which at Plivo is the number.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedNumber {
    /// Provider's id of it: Twilio's `PN…`; at Plivo its digits.
    pub id: String,
    /// Number.
    pub number: PhoneNumber,
    /// Name by which people know it; `None` if it has none.
    pub name: Option<Text>,
    /// Category; `None` if the provider does not say.
    pub category: Option<NumberCategory>,
    /// Capabilities.
    pub capabilities: NumberCapabilities,
    /// Destination of messages that it receives; `None` if the provider does not say.
    pub inbound: Option<InboundRoute>,
    /// Price of a month; `None` where lists do not tell it, as at Twilio.
    pub monthly: Option<Money>,
    /// Time since which the account has it; `None` if the provider does not say.
    pub since: Option<Timestamp>,
}

impl OwnedNumber {
    pub(crate) fn new(id: String, number: PhoneNumber) -> Self {
        Self {
            id,
            number,
            name: None,
            category: None,
            capabilities: NumberCapabilities::default(),
            inbound: None,
            monthly: None,
            since: None,
        }
    }
}

impl fmt::Debug for OwnedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedNumber")
            .field("number", &self.number)
            .field("name", &self.name)
            .field("category", &self.category)
            .field("capabilities", &self.capabilities)
            .field("inbound", &self.inbound)
            .field("monthly", &self.monthly)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// Choice among the numbers of an account.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "plivo"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::numbers::{NumberQuery, Numbers};
/// use anysms::{sandbox::Sandbox, plivo::{Plivo, PlivoConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox))?;
/// for owned in plivo.list_numbers(&NumberQuery::new().at_most(10)).await? {
///     println!("{} {:?}", owned.number, owned.monthly);
/// }
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "plivo")))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberQuery {
    /// Only this number.
    pub number: Option<PhoneNumber>,
    /// Only those of this name.
    pub name: Option<Text>,
    /// Most numbers of the answer: 1 to 100,000.
    pub limit: usize,
}

impl Default for NumberQuery {
    fn default() -> Self {
        Self { number: None, name: None, limit: 1_000 }
    }
}

impl NumberQuery {
    /// Chooses all numbers, at most 1,000.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses one number.
    #[must_use]
    pub fn of(number: PhoneNumber) -> Self {
        Self { number: Some(number), ..Self::default() }
    }

    /// Keeps only those of this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<Text>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the most numbers of the answer.
    #[must_use]
    pub const fn at_most(mut self, numbers: usize) -> Self {
        self.limit = numbers;
        self
    }

    /// Fails for a limit that is out of its range.
    pub(crate) fn check(&self) -> Result<()> {
        if (1..=100_000).contains(&self.limit) {
            return Ok(());
        }
        let error = Error::not_sent(ErrorKind::InvalidRequest).without_message();
        Err(error.with_detail("limit: must be 1 to 100,000"))
    }

    /// Returns whether a number is one of those that are chosen.
    pub(crate) fn fits(&self, owned: &OwnedNumber) -> bool {
        self.number.is_none_or(|number| number == owned.number)
            && self.name.as_ref().is_none_or(|name| owned.name.as_ref() == Some(name))
    }
}
