//! [`Quote`]: what a message is going to cost, and how exactly that is known.

use std::time::Duration;

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{MobileNetwork, PriceTable, fees::CarrierFees, summary::Range};
use crate::{
    message::{Channel, Currency, Message, Money},
    number::Region,
    text::{SegmentRule, segments_by},
};

/// Expected cost of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Quote {
    /// Cost of the message by the [`basis`](Self::basis).
    pub money: Money,
    /// Cost of one segment by the basis.
    pub per_segment: Money,
    /// Highest cost that the message may have: for caps.
    pub highest: Money,
    /// Typical cost of such a message: for estimates.
    pub typical: Money,
    /// Number of segments of its text.
    pub segments: u32,
    /// Grounds on which the cost is worked out.
    pub basis: Basis,
    /// Country of the recipient.
    pub country: Region,
    /// Fees of carriers that are in all four amounts; `None` if none are added.
    pub fees: Option<Money>,
    /// Day from which the fees are.
    pub fees_as_of: Option<Date>,
    /// Time from which the prices are.
    pub as_of: Timestamp,
}

/// Grounds of a quote, from the most exact to the least.
///
/// serde writes the name in lower case: `country_highest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Basis {
    /// Price of the recipient's network.
    Network,
    /// Highest price of the country, as the network is not known.
    CountryHighest,
    /// Typical price of the country, as the network is not known and the book was asked for it.
    CountryTypical,
    /// Dated table of the program, as the provider's prices are missing or too old.
    Fallback,
}

impl Basis {
    /// Returns the name as serde writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::CountryHighest => "country_highest",
            Self::CountryTypical => "country_typical",
            Self::Fallback => "fallback",
        }
    }
}

impl Quote {
    /// Returns the age of the prices; zero if their time is still to come.
    ///
    /// ```
    /// use anysms::{Date, Decimal, Message, PhoneNumber, message::Currency, number::Region};
    /// use anysms::pricing::PriceTable;
    ///
    /// let table = PriceTable::new(Date::constant(2026, 11, 1), Currency::USD)
    ///     .with_price(Region::GB, Decimal::new(52, 3));
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// let quote = table.quote(&Message::new(to, "Your table is ready")).expect("it has a price");
    /// assert!(quote.age().as_secs() > 0);
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub fn age(&self) -> Duration {
        age(self.as_of, Timestamp::now())
    }
}

/// Returns the time since, zero if that is still to come.
pub(super) fn age(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

/// Parts of a message that its cost depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Priced {
    pub(super) country: Region,
    segments: u32,
}

impl Priced {
    /// Reads a message; `None` if it is no SMS with a text and nothing else, to a number of a country.
    pub(super) fn of(message: &Message, rule: SegmentRule) -> Option<Self> {
        let destination = message.destination();
        let text = message.text();
        if destination.channel() != Channel::Sms || text.is_empty() || !message.media().is_empty() {
            return None;
        }
        let country = destination.number()?.region().filter(|region| *region != Region::WORLD)?;
        let segments = u32::try_from(segments_by(rule, text).count()).ok()?;
        Some(Self { country, segments })
    }

    /// Returns the quote by these prices; `None` if the fees are in another currency.
    pub(super) fn quote(
        self,
        (range, basis): (Range, Basis),
        (currency, as_of): (Currency, Timestamp),
        fees: Option<&CarrierFees>,
        network: Option<MobileNetwork>,
    ) -> Option<Quote> {
        let fee = fees.and_then(|fees| Some((fees.of(self.country, network)?, fees)));
        if fee.is_some_and(|(_, fees)| fees.currency() != currency) {
            return None;
        }
        let each = |price: Decimal| fee.map_or(price, |(fee, _)| price.saturating_add(fee));
        let count = Decimal::from(self.segments);
        let all = |price: Decimal| Money::new(price.saturating_mul(count), currency);
        let (typical, highest) = (each(range.typical), each(range.highest));
        let per_segment = if basis == Basis::CountryTypical { typical } else { highest };
        Some(Quote {
            money: all(per_segment),
            per_segment: Money::new(per_segment, currency),
            highest: all(highest),
            typical: all(typical),
            segments: self.segments,
            basis,
            country: self.country,
            fees: fee.map(|(fee, _)| all(fee)),
            fees_as_of: fee.map(|(_, fees)| fees.as_of()),
            as_of,
        })
    }

    /// Returns the quote by a table; `None` if it has no price.
    pub(super) fn by_table(
        self,
        table: &PriceTable,
        fees: Option<&CarrierFees>,
        network: Option<MobileNetwork>,
    ) -> Option<Quote> {
        let (summary, currency) = table.summary(self.country)?;
        let range = network.and_then(|network| summary.network(network)).or(summary.country)?;
        self.quote((range, Basis::Fallback), (currency, table.timestamp()), fees, network)
    }
}
