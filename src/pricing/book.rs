//! [`PriceBook`]: quotes at once, from prices that are renewed in the background.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use tokio::{runtime::Handle, task::JoinSet};

use super::{
    Basis, CountryPrices, MobileNetwork, PriceBookBuilder, PriceHealth, PriceSource, Quote,
    builder::Settings,
    flight::Flight,
    health::Counters,
    quote::{Priced, age},
    summary::Summary,
};
use crate::{error::Result, message::Message, number::Region, provider_id::ProviderId};

/// Prices of one provider in memory: the cost of a message at once, and never a wait for a network.
///
/// A quote of a country that is missing or stale answers from what there is, and has it fetched by a background task:
/// from the caches in their order, then from the source. A country is asked about once at a time, however many quotes
/// miss it. Fresh prices answer; stale ones answer while they are usable; older ones give way to the fallback; where
/// there is nothing, there is no quote, and a spend cap refuses. Outside a Tokio runtime nothing is fetched.
///
/// A clone is the same book. Cap the spending of a guard:
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use anysms::{layers::GuardPolicy, number::Region, pricing::PriceBook};
/// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let book = PriceBook::builder(Twilio::new(&TwilioConfig::sandbox(&sandbox))?).build();
/// book.warm(&[Region::GB]).await?;
/// let price = { let book = book.clone(); move |message: &_| book.quote(message).map(|quote| quote.highest) };
/// let day = Duration::from_secs(24 * 60 * 60);
/// let policy = GuardPolicy::new([Region::GB]).with_spend_cap("50 USD".parse()?, day, price);
/// assert_eq!(book.health().countries, 1);
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct PriceBook(pub(super) Arc<Inner>);

/// Prices, settings and counters of a book.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) provider: ProviderId,
    pub(super) counters: Counters,
    slots: RwLock<Arc<HashMap<Region, Slot>>>,
}

/// A country, known or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) known: Option<Arc<Known>>,
    pub(super) flight: Arc<Flight>,
}

/// Prices of a country.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) prices: CountryPrices,
    summary: Summary,
}

impl Inner {
    pub(super) fn new(settings: Settings) -> Self {
        let provider = settings.source.price_provider();
        Self { settings, provider, counters: Counters::default(), slots: RwLock::default() }
    }

    fn snapshot(&self) -> Arc<HashMap<Region, Slot>> {
        Arc::clone(&self.slots.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the slot of a country, made where there is none.
    pub(super) fn slot(&self, country: Region) -> Slot {
        if let Some(slot) = self.snapshot().get(&country) {
            return slot.clone();
        }
        self.change(country, |_| {})
    }

    /// Puts prices in the place of older ones.
    pub(super) fn publish(&self, prices: CountryPrices) {
        let known = Arc::new(Known { summary: Summary::of(&prices), prices });
        self.change(known.prices.country, |slot| slot.known = Some(known));
    }

    fn change(&self, country: Region, change: impl FnOnce(&mut Slot)) -> Slot {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = (**slots).clone();
        let slot = next.entry(country).or_default();
        change(slot);
        let slot = slot.clone();
        *slots = Arc::new(next);
        slot
    }

    /// Has a country fetched in the background if it is due, by one task alone.
    fn ask(self: &Arc<Self>, country: Region, flight: &Arc<Flight>, now: Timestamp) {
        let Ok(runtime) = Handle::try_current() else { return };
        if let Some(landed) = flight.take(now) {
            let (inner, flight) = (Arc::clone(self), Arc::clone(flight));
            runtime.spawn(async move { drop(inner.refresh(country, flight, Some(landed)).await) });
        }
    }
}

impl PriceBook {
    /// Begins a book over a source, such as a vendor's client.
    pub fn builder(source: impl PriceSource + 'static) -> PriceBookBuilder {
        PriceBookBuilder::new(Arc::new(source))
    }

    /// Returns the expected cost of a message, by the [`MobileNetwork`] among its extensions where there is one.
    /// `None` if there is no price, or the message is no SMS with a text and without media to a number of a country.
    #[must_use]
    pub fn quote(&self, message: &Message) -> Option<Quote> {
        self.find(message, message.extensions().get().copied())
    }

    /// Returns the expected cost of a message to a recipient who is with this network; where the network has no price of
    /// its own, as [`quote`](Self::quote) does.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Date, Decimal, Message, PhoneNumber, message::{Currency, Direction}, number::Region};
    /// use anysms::pricing::{Basis, PriceBook, PriceRow, PriceTable};
    ///
    /// let row = PriceRow::new(Direction::Outbound, Decimal::new(40, 3)).with_network("234", "15");
    /// let table = PriceTable::new(Date::constant(9999, 1, 1), Currency::USD)
    ///     .with_price(Region::GB, Decimal::new(52, 3))
    ///     .with_row(Region::GB, row);
    /// let book = PriceBook::builder(table).build();
    /// book.warm(&[Region::GB]).await?;
    /// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Your table is ready");
    /// let quote = book.quote_for_network(&message, "234-15".parse()?).expect("it has a price");
    /// assert_eq!((quote.basis, quote.money.to_string()), (Basis::Network, "0.040 USD".to_owned()));
    /// assert_eq!(book.quote(&message).expect("a price").money.to_string(), "0.052 USD");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn quote_for_network(&self, message: &Message, network: MobileNetwork) -> Option<Quote> {
        self.find(message, Some(network))
    }

    fn find(&self, message: &Message, network: Option<MobileNetwork>) -> Option<Quote> {
        let (inner, settings) = (&self.0, &self.0.settings);
        let priced = Priced::of(message, settings.rule)?;
        let now = Timestamp::now();
        let slots = inner.slots.read().unwrap_or_else(PoisonError::into_inner);
        let quote = slots.get(&priced.country).map(|slot| {
            let due = slot.flight.is_due(now).then(|| Arc::clone(&slot.flight));
            let known = slot.known.as_deref();
            let known = known.filter(|one| age(one.prices.as_of, now) <= settings.usable_for);
            (known.and_then(|known| self.by(known, priced, network)), due)
        });
        drop(slots);
        let (quote, due) = quote.unwrap_or_else(|| (None, Some(inner.slot(priced.country).flight)));
        if let Some(flight) = due {
            inner.ask(priced.country, &flight, now);
        }
        match quote {
            Some(quote) => quote,
            None => priced.by_table(settings.fallback.as_ref()?, settings.fees.as_ref(), network),
        }
    }

    /// Returns the quote by prices that are usable; `None` if they have none. The inner `None` is a quote that cannot be
    /// made, as the fees are in another currency.
    fn by(
        &self,
        known: &Known,
        priced: Priced,
        network: Option<MobileNetwork>,
    ) -> Option<Option<Quote>> {
        let settings = &self.0.settings;
        let of_network = network.and_then(|network| known.summary.network(network));
        let by = match of_network {
            Some(range) => (range, Basis::Network),
            None if settings.typical => (known.summary.country?, Basis::CountryTypical),
            None => (known.summary.country?, Basis::CountryHighest),
        };
        let money = (known.prices.currency, known.prices.as_of);
        Some(priced.quote(by, money, settings.fees.as_ref(), network))
    }

    /// Fetches countries that are missing or stale, eight at a time, and waits until they are there.
    ///
    /// # Errors
    /// The first failure of the source, after all countries were asked about: the others are there. What is stale goes on
    /// answering.
    pub async fn warm(&self, countries: &[Region]) -> Result<()> {
        let (mut tasks, mut result) = (JoinSet::new(), Ok(()));
        let mut countries = countries.iter().copied();
        loop {
            while tasks.len() < 8
                && let Some(country) = countries.next()
            {
                let (inner, flight) = (Arc::clone(&self.0), self.0.slot(country).flight);
                tasks.spawn(async move { inner.refresh(country, flight, None).await });
            }
            match tasks.join_next().await {
                Some(ended) => result = result.and(ended.unwrap_or(Ok(()))),
                None => return result,
            }
        }
    }

    /// Returns the prices of a country in memory, however old; `None` if there are none.
    #[must_use]
    pub fn prices(&self, country: Region) -> Option<CountryPrices> {
        Some(self.0.snapshot().get(&country)?.known.as_ref()?.prices.clone())
    }

    /// Returns the counters.
    #[must_use]
    pub fn health(&self) -> PriceHealth {
        let (slots, now) = (self.0.snapshot(), Timestamp::now());
        let known = slots.values().filter_map(|slot| slot.known.as_ref());
        let priced = known.filter(|known| known.summary.country.is_some());
        let (mut countries, mut stale) = (0, 0);
        for known in priced {
            countries += 1;
            stale += u64::from(age(known.prices.as_of, now) > self.0.settings.fresh_for);
        }
        self.0.counters.health(countries, stale)
    }
}
