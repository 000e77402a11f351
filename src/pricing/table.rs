//! [`PriceTable`]: prices of a program's own, with their date.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{
    CountryPrices, PriceRow, PriceSource, Quote, quote::Priced, summary::Summary, table_csv,
};
use crate::{
    error::{Error, ErrorKind, Result},
    message::{Currency, Direction, Message},
    number::Region,
    provider_id::ProviderId,
    text::SegmentRule,
};

/// Prices by country from a table of a program's own: what a book falls back on, or a [`PriceSource`] for a provider
/// without an API for prices.
///
/// As a source it is as old as its date, so the book's
/// `PriceBookBuilder::usable_for` has to reach back to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceTable {
    provider: ProviderId,
    as_of: Date,
    currency: Currency,
    countries: BTreeMap<Region, (CountryPrices, Summary)>,
}

/// A row with its country and perhaps its currency.
pub(super) type Given = (Region, Option<Currency>, PriceRow);

#[derive(Deserialize)]
struct Json {
    as_of: Date,
    currency: Currency,
    #[serde(default)]
    provider: Option<ProviderId>,
    prices: Vec<JsonRow>,
}

#[derive(Deserialize)]
struct JsonRow {
    country: Region,
    #[serde(default)]
    currency: Option<Currency>,
    #[serde(default = "outbound")]
    direction: Direction,
    per_segment: Decimal,
    #[serde(default)]
    carrier: Option<String>,
    #[serde(default)]
    mcc: Option<String>,
    #[serde(default)]
    mnc: Option<String>,
    #[serde(default)]
    number_type: Option<String>,
}

fn outbound() -> Direction {
    Direction::Outbound
}

impl PriceTable {
    /// Creates a table without prices, from this day, for the provider `table`.
    #[must_use]
    pub const fn new(as_of: Date, currency: Currency) -> Self {
        let provider = ProviderId::from_static("table");
        Self { provider, as_of, currency, countries: BTreeMap::new() }
    }

    /// Names the provider whose prices these are.
    #[must_use]
    pub fn with_provider(mut self, provider: ProviderId) -> Self {
        for (prices, _) in self.countries.values_mut() {
            prices.provider = provider.clone();
        }
        self.provider = provider;
        self
    }

    /// Adds the price of an outbound segment to all of a country.
    ///
    /// ```
    /// use anysms::{Date, Decimal, Message, PhoneNumber, message::Currency, number::Region};
    /// use anysms::pricing::PriceTable;
    ///
    /// let table = PriceTable::new(Date::constant(2026, 11, 1), Currency::USD)
    ///     .with_price(Region::GB, Decimal::new(52, 3));
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// let quote = table.quote(&Message::new(to, "a".repeat(161))).expect("it has a price");
    /// assert_eq!((quote.segments, quote.money.to_string()), (2, "0.104 USD".to_owned()));
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub fn with_price(self, country: Region, per_segment: Decimal) -> Self {
        self.with_row(country, PriceRow::new(Direction::Outbound, per_segment))
    }

    /// Adds a price of a country.
    #[must_use]
    pub fn with_row(mut self, country: Region, row: PriceRow) -> Self {
        self.add(country, self.currency, row);
        self
    }

    fn add(&mut self, country: Region, currency: Currency, row: PriceRow) {
        let new = CountryPrices::new(self.provider.clone(), country, currency, self.timestamp());
        let mut prices = self.countries.remove(&country).map_or(new, |(prices, _)| prices);
        prices.rows.push(row);
        let summary = Summary::of(&prices);
        self.countries.insert(country, (prices, summary));
    }

    /// Reads a table from CSV with a header: the columns `country` and `per_segment`, and as needed `currency`,
    /// `direction`, `carrier`, `mcc`, `mnc` and `number_type`, in any order. A field with a comma stands in quotes.
    ///
    /// ```
    /// use anysms::{Date, message::Currency, number::Region, pricing::PriceTable};
    ///
    /// let text = "country,per_segment\nGB,0.052\nDE,0.112\n";
    /// let table = PriceTable::from_csv(text, Date::constant(2026, 11, 1), Currency::USD)?;
    /// assert_eq!(table.prices(Region::GB).expect("a row").highest().expect("a price").to_string(), "0.052 USD");
    /// # Ok::<(), anysms::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest` with the line and the column: a field cannot be read, a price is negative, or the rows of a
    /// country are in two currencies.
    pub fn from_csv(text: &str, as_of: Date, currency: Currency) -> Result<Self> {
        Self::new(as_of, currency).with_given(table_csv::read(text)?)
    }

    /// Reads a table from JSON: an object with `as_of`, `currency`, `prices` and perhaps `provider`; each price an object
    /// with the fields that [`from_csv`](Self::from_csv) has for columns.
    ///
    /// ```
    /// use anysms::{number::Region, pricing::PriceTable};
    ///
    /// let table = PriceTable::from_json(
    ///     r#"{"as_of":"2026-11-01","currency":"USD","prices":[{"country":"GB","per_segment":"0.052"}]}"#,
    /// )?;
    /// assert_eq!(table.as_of().to_string(), "2026-11-01");
    /// # Ok::<(), anysms::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest`: it is no such JSON, a price is negative, or the rows of a country are in two currencies.
    pub fn from_json(text: &str) -> Result<Self> {
        let json: Json = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            invalid(format!("price table: not the JSON expected, {line}:{column}"))
        })?;
        let row = |row: JsonRow| {
            let JsonRow { country, currency, direction, per_segment, .. } = row;
            let JsonRow { carrier, mcc, mnc, number_type, .. } = row;
            (country, currency, PriceRow { carrier, mcc, mnc, number_type, direction, per_segment })
        };
        let given = json
            .prices
            .into_iter()
            .map(row)
            .enumerate()
            .map(|(at, given)| (format!("price {}", at + 1), given));
        let mut table = Self::new(json.as_of, json.currency);
        if let Some(provider) = json.provider {
            table = table.with_provider(provider);
        }
        table.with_given(given)
    }

    fn with_given(mut self, given: impl IntoIterator<Item = (String, Given)>) -> Result<Self> {
        for (place, (country, currency, row)) in given {
            if row.per_segment.is_sign_negative() && !row.per_segment.is_zero() {
                return Err(invalid(format!("price table: {place}: per_segment is negative")));
            }
            let known = self.countries.get(&country).map(|(prices, _)| prices.currency);
            let currency = currency.unwrap_or_else(|| known.unwrap_or(self.currency));
            if known.is_some_and(|known| known != currency) {
                let rule = "the country has prices in two currencies; give all in one";
                return Err(invalid(format!("price table: {place}: {rule}")));
            }
            self.add(country, currency, row);
        }
        Ok(self)
    }

    /// Returns the day from which the prices are.
    #[must_use]
    pub const fn as_of(&self) -> Date {
        self.as_of
    }

    /// Returns the prices of a country; `None` if the table has none.
    #[must_use]
    pub fn prices(&self, country: Region) -> Option<&CountryPrices> {
        self.countries.get(&country).map(|(prices, _)| prices)
    }

    /// Returns the cost of a message by this table alone, with [`Basis::Fallback`](super::Basis::Fallback); `None` if
    /// it has no price, or is no SMS with a text.
    #[must_use]
    pub fn quote(&self, message: &Message) -> Option<Quote> {
        let network = message.extensions().get().copied();
        Priced::of(message, SegmentRule::default())?.by_table(self, None, network)
    }

    pub(super) fn summary(&self, country: Region) -> Option<(&Summary, Currency)> {
        self.countries.get(&country).map(|(prices, summary)| (summary, prices.currency))
    }

    /// Returns the first moment of its day, in UTC.
    pub(super) fn timestamp(&self) -> Timestamp {
        let midnight = self.as_of.to_zoned(TimeZone::UTC);
        midnight.map_or(Timestamp::MIN, |midnight| midnight.timestamp())
    }
}

pub(super) fn invalid(detail: String) -> Error {
    Error::not_sent(ErrorKind::InvalidRequest).with_detail(detail).without_message()
}

#[async_trait]
impl PriceSource for PriceTable {
    fn price_provider(&self) -> ProviderId {
        self.provider.clone()
    }

    async fn country(&self, country: Region) -> Result<CountryPrices> {
        let none =
            || CountryPrices::new(self.provider.clone(), country, self.currency, self.timestamp());
        Ok(self.prices(country).cloned().unwrap_or_else(none))
    }
}
