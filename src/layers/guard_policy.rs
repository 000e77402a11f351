//! [`GuardPolicy`]: the rules of a guard.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use super::sliding_window::WindowLimit;
use crate::{
    message::{Message, Money},
    number::{NumberKind, PhoneNumber, Region},
};

/// Rules of a [`Guard`](super::Guard).
///
/// Send everything to a test phone in staging:
///
/// ```
/// use anysms::{PhoneNumber, PhoneNumberError, layers::GuardPolicy, number::Region};
///
/// fn staging() -> Result<GuardPolicy, PhoneNumberError> {
///     Ok(GuardPolicy::new([Region::GB]).redirecting_to("+447700900123".parse()?))
/// }
/// # staging().unwrap();
/// ```
#[derive(Clone)]
pub struct GuardPolicy {
    pub(super) countries: Vec<Region>,
    refused_kinds: Vec<NumberKind>,
    pub(super) overall: u32,
    pub(super) per_number: Vec<WindowLimit>,
    pub(super) per_prefix: Vec<WindowLimit>,
    pub(super) spend: Option<Spend>,
    pub(super) spend_share: u32,
    #[cfg(feature = "quiet-hours")]
    pub(super) quiet: Option<super::QuietHours>,
    pub(super) target: Target,
}

#[derive(Clone)]
pub(super) struct Spend {
    pub(super) cap: Money,
    pub(super) window: Duration,
    pub(super) price: PriceOf,
}

pub(super) type PriceOf = Arc<dyn Fn(&Message) -> Option<Money> + Send + Sync>;

/// Recipient of admitted messages.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Recipient,
    Redirected(PhoneNumber),
    Nobody,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

impl GuardPolicy {
    /// Creates a policy that allows these countries, with default limits.
    ///
    /// Defaults: 3 messages to one number in 10 minutes and 10 in a day; 20 messages in an hour to a range
    /// of numbers that differ only in their last four digits, as numbers pumped for termination fees do. Each
    /// tenant may use these up, and all tenants together three times as much.
    ///
    /// Refused until [allowed](Self::allowing_kind): numbers that cost extra or reach nobody (premium rate,
    /// shared cost, pagers, personal numbers, universal access numbers, voicemail), numbers of +44 that are not
    /// in use, and numbers of a length that their country does not have. The kinds of other countries' numbers,
    /// and most lengths, need the feature `rlibphonenumber` or `phonenumber`.
    #[must_use]
    pub fn new(countries: impl IntoIterator<Item = Region>) -> Self {
        let limit = |max, seconds| WindowLimit::new(max, Duration::from_secs(seconds));
        Self {
            countries: countries.into_iter().collect(),
            refused_kinds: REFUSED_KINDS.to_vec(),
            overall: 3,
            per_number: vec![limit(3, 10 * MINUTE), limit(10, 24 * HOUR)],
            per_prefix: vec![limit(20, HOUR)],
            spend: None,
            spend_share: 100,
            #[cfg(feature = "quiet-hours")]
            quiet: None,
            target: Target::Recipient,
        }
    }

    /// Allows numbers of a kind that are refused by default; [`NumberKind::Unknown`] stands for numbers that are
    /// impossible.
    ///
    /// Write to numbers of organisations:
    ///
    /// ```
    /// use anysms::{layers::GuardPolicy, number::{NumberKind, Region}};
    ///
    /// let policy = GuardPolicy::new([Region::GB]).allowing_kind(NumberKind::Uan);
    /// ```
    #[must_use]
    pub fn allowing_kind(mut self, kind: NumberKind) -> Self {
        self.refused_kinds.retain(|refused| *refused != kind);
        self
    }

    /// Sets how often all tenants together may use up a limit per number or number range. 3 by default; with 1,
    /// what one tenant sends counts against every other. The spend cap is over all tenants, and has
    /// [shares](Self::with_spend_share).
    #[must_use]
    pub fn with_overall_factor(mut self, factor: NonZeroU32) -> Self {
        self.overall = factor.get();
        self
    }

    /// Replaces the limits per recipient: the maximum number of messages in any window of a length.
    ///
    /// Allow one message a minute and five a day:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anysms::{layers::GuardPolicy, number::Region};
    ///
    /// let policy = GuardPolicy::new([Region::GB])
    ///     .with_per_number([(1, Duration::from_secs(60)), (5, Duration::from_secs(24 * 60 * 60))]);
    /// ```
    #[must_use]
    pub fn with_per_number(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_number = window_limits(limits);
        self
    }

    /// Replaces the limits per number range: the maximum number of messages, in any window of a length, to
    /// numbers that differ only in their last four digits.
    #[must_use]
    pub fn with_per_prefix(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_prefix = window_limits(limits);
        self
    }

    /// Sets the maximum spending of all tenants in any window of a length. The closure returns the price of a message; a
    /// message without a price, or in a currency other than the cap's, is refused.
    ///
    /// Spend at most 50 pounds a day, at 4 pence a segment:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anysms::{Decimal, layers::GuardPolicy, message::{Currency, Money}, number::Region, text};
    ///
    /// let pounds = |amount| Some(Money::new(amount, "GBP".parse::<Currency>().ok()?));
    /// let cap = pounds(Decimal::from(50)).expect("GBP is a currency code");
    /// let policy = GuardPolicy::new([Region::GB]).with_spend_cap(
    ///     cap,
    ///     Duration::from_secs(24 * 60 * 60),
    ///     move |message| pounds(text::segments(message.text()).cost(Decimal::new(4, 2))),
    /// );
    /// ```
    #[must_use]
    pub fn with_spend_cap(
        mut self,
        cap: Money,
        window: Duration,
        price: impl Fn(&Message) -> Option<Money> + Send + Sync + 'static,
    ) -> Self {
        self.spend = Some(Spend { cap, window, price: Arc::new(price) });
        self
    }

    /// Sets the share of the spend cap that one tenant may use up, in percent from 0 to 100, so that its spending
    /// does not stop the others. 100 by default.
    #[must_use]
    pub const fn with_spend_share(mut self, percent: u32) -> Self {
        self.spend_share = percent;
        self
    }

    /// Sets quiet hours by the recipient's clock.
    #[cfg(feature = "quiet-hours")]
    #[must_use]
    pub fn with_quiet_hours(mut self, quiet: super::QuietHours) -> Self {
        self.quiet = Some(quiet);
        self
    }

    /// Redirects all admitted messages to one number, for staging.
    #[must_use]
    pub const fn redirecting_to(mut self, number: PhoneNumber) -> Self {
        self.target = Target::Redirected(number);
        self
    }

    /// Sends nothing, and asks nothing inside the guard: no store writes anything down. Admitted messages get a
    /// receipt of the provider [`DRY_RUN`](super::DRY_RUN), without an id.
    ///
    /// To have a dry run written down, put [`LogOnly`](crate::provider::LogOnly) in the provider's place.
    #[must_use]
    pub const fn dry_run(mut self) -> Self {
        self.target = Target::Nobody;
        self
    }
}

/// Kinds of numbers that are refused by default.
const REFUSED_KINDS: [NumberKind; 7] = [
    NumberKind::PremiumRate,
    NumberKind::SharedCost,
    NumberKind::Pager,
    NumberKind::PersonalNumber,
    NumberKind::Uan,
    NumberKind::Voicemail,
    NumberKind::Unknown,
];

fn window_limits(limits: impl IntoIterator<Item = (u32, Duration)>) -> Vec<WindowLimit> {
    limits.into_iter().map(|(max, window)| WindowLimit::new(max, window)).collect()
}

impl GuardPolicy {
    /// Returns `true` unless the number is of a refused kind, or impossible. A kind that this build does not
    /// know is allowed.
    pub(super) fn allows_kind(&self, number: PhoneNumber) -> bool {
        let kind = number.kind();
        !self.refused_kinds.contains(&kind)
            || kind == NumberKind::Unknown && !number.is_impossible()
    }
}

impl fmt::Debug for GuardPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.target {
            Target::Recipient => "the recipient",
            Target::Redirected(_) => "one number",
            Target::Nobody => "nobody",
        };
        f.debug_struct("GuardPolicy")
            .field("countries", &self.countries)
            .field("refused_kinds", &self.refused_kinds)
            .field("overall_factor", &self.overall)
            .field("per_number", &self.per_number)
            .field("per_prefix", &self.per_prefix)
            .field("spend_cap", &self.spend.as_ref().map(|spend| (spend.cap, spend.window)))
            .field("spend_share", &self.spend_share)
            .field("target", &target)
            .finish_non_exhaustive()
    }
}
