//! [`PriceBookBuilder`]: the settings of a book.

use std::{sync::Arc, time::Duration};

use super::{
    CarrierFees, PriceBook, PriceCache, PriceSource, PriceTable, book::Inner, flight::Waits,
};
use crate::text::SegmentRule;

/// Settings of a [`PriceBook`]; made by [`PriceBook::builder`].
#[derive(Debug)]
#[must_use = "`build` makes the book"]
pub struct PriceBookBuilder(Settings);

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) source: Arc<dyn PriceSource>,
    pub(super) caches: Vec<Arc<dyn PriceCache>>,
    pub(super) fallback: Option<PriceTable>,
    pub(super) fees: Option<CarrierFees>,
    pub(super) rule: SegmentRule,
    pub(super) typical: bool,
    pub(super) fresh_for: Duration,
    pub(super) usable_for: Duration,
    pub(super) unpriced_for: Duration,
    pub(super) waits: Waits,
    pub(super) patience: Duration,
}

const HOUR: Duration = Duration::from_secs(3_600);

impl PriceBookBuilder {
    pub(super) fn new(source: Arc<dyn PriceSource>) -> Self {
        Self(Settings {
            source,
            caches: Vec::new(),
            fallback: None,
            fees: None,
            rule: SegmentRule::default(),
            typical: false,
            fresh_for: HOUR * 24,
            usable_for: HOUR * 24 * 30,
            unpriced_for: HOUR,
            waits: Waits(Duration::from_secs(60), HOUR),
            patience: Duration::from_secs(30),
        })
    }

    /// Adds a cache between the memory and the source. Several are asked in the order in which they are added, such as
    /// Redis and then a database; prices that come from one, or from the source, are saved in all before it.
    pub fn cache(mut self, cache: impl PriceCache + 'static) -> Self {
        self.0.caches.push(Arc::new(cache));
        self
    }

    /// Sets the table that answers where the source's prices are missing or too old.
    pub fn fallback(mut self, table: PriceTable) -> Self {
        self.0.fallback = Some(table);
        self
    }

    /// Sets the fees of carriers that are added to every quote; none by default. A message to a country whose fees are
    /// in another currency than its prices has no quote.
    pub fn carrier_fees(mut self, fees: CarrierFees) -> Self {
        self.0.fees = Some(fees);
        self
    }

    /// Sets the rule by which segments are counted; Twilio's by default.
    pub const fn segment_rule(mut self, rule: SegmentRule) -> Self {
        self.0.rule = rule;
        self
    }

    /// Has [`Quote::money`](super::Quote::money) be the typical price where the network is not known, and not the
    /// highest.
    pub const fn by_typical_price(mut self) -> Self {
        self.0.typical = true;
        self
    }

    /// Sets the age up to which prices are fresh: from then on they are renewed in the background. 24 hours by default,
    /// with a tenth more or less, so that not all countries are asked about at once.
    pub const fn fresh_for(mut self, time: Duration) -> Self {
        self.0.fresh_for = time;
        self
    }

    /// Sets the age up to which prices answer at all; 30 days by default. Older ones give way to the fallback.
    pub const fn usable_for(mut self, time: Duration) -> Self {
        self.0.usable_for = time;
        self
    }

    /// Sets how long a source is not asked again about a country that it has no price for; an hour by default.
    pub const fn unpriced_for(mut self, time: Duration) -> Self {
        self.0.unpriced_for = time;
        self
    }

    /// Sets how long a source that failed is not asked again: a minute at first and twice as long each time, up to an
    /// hour, by default.
    pub const fn retry_after(mut self, first: Duration, longest: Duration) -> Self {
        self.0.waits = Waits(first, longest);
        self
    }

    /// Sets how long a source may take to answer before it counts as failed; 30 seconds by default. A cache has a tenth
    /// of it.
    pub const fn patience(mut self, time: Duration) -> Self {
        self.0.patience = time;
        self
    }

    /// Makes the book, without any prices so far.
    #[must_use]
    pub fn build(self) -> PriceBook {
        PriceBook(Arc::new(Inner::new(self.0)))
    }
}
