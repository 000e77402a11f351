//! Plivo's balance, and usage counted from its records of messages, as it has no API of usage.

use std::collections::BTreeMap;

use async_trait::async_trait;
use http::Method;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Currency, Money, UNREADABLE, word},
    plivo::{PLIVO, Plivo},
    provider_id::ProviderId,
    transport::{
        api::Call,
        lenient::{self, Scalar},
    },
    usage::{Balance, UsageCategory, UsagePeriod, UsageQuery, UsageRecord, UsageRecords},
};

/// Most pages that one question reads, at 20 messages each: Plivo's own most.
const MOST_PAGES: usize = 5_000;

/// Days for which Plivo keeps its records (plivo.com/docs/messaging/api/message, 2026-11-20).
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    objects: Option<Vec<Message<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    message_time: Scalar<'a>,
    message_type: Scalar<'a>,
    message_direction: Scalar<'a>,
    units: Scalar<'a>,
    total_amount: Scalar<'a>,
    carrier_fees: Scalar<'a>,
}

#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow, default)]
    cash_credits: Scalar<'a>,
}

/// Sum of one category in one stretch of time.
#[derive(Clone, Copy, Default)]
struct Sum {
    count: u64,
    units: u64,
    price: Option<Decimal>,
}

/// Sums by stretch and category.
type Sums = BTreeMap<((Date, Date), UsageCategory), Sum>;

impl Message<'_> {
    /// Returns the categories in which a message counts, and the one of its carrier fees.
    fn categories(&self) -> (Vec<UsageCategory>, UsageCategory) {
        use UsageCategory::{
            Mms, MmsCarrierFees, MmsInbound, MmsOutbound, Other, Sms, SmsCarrierFees, SmsInbound,
            SmsOutbound,
        };
        let inbound = self.message_direction.text() == Some("inbound");
        let of =
            |all, received, sent, fees| (vec![all, if inbound { received } else { sent }], fees);
        match self.message_type.text() {
            None | Some("sms") => of(Sms, SmsInbound, SmsOutbound, SmsCarrierFees),
            Some("mms") => of(Mms, MmsInbound, MmsOutbound, MmsCarrierFees),
            Some(other) => {
                let kind = word(other).unwrap_or(UNREADABLE);
                let to = if inbound { "inbound" } else { "outbound" };
                let named = |end: &str| Other(format!("{kind}_{end}"));
                (vec![Other(kind.to_owned()), named(to)], named("carrier_fees"))
            }
        }
    }

    /// Counts a message in the stretch that it is in.
    fn count(&self, query: &UsageQuery, sums: &mut Sums) {
        let Some(at) = self.message_time.time() else { return };
        let day = at.to_zoned(TimeZone::UTC).date();
        if !(query.from..=query.to).contains(&day) {
            return;
        }
        let stretch = match query.period {
            UsagePeriod::Day => (day, day),
            UsagePeriod::Month => {
                (day.first_of_month().max(query.from), day.last_of_month().min(query.to))
            }
            UsagePeriod::All => (query.from, query.to),
        };
        let mut add = |category, price: Option<Decimal>| {
            let sum = sums.entry((stretch, category)).or_default();
            sum.count += 1;
            sum.units += self.units.parse().unwrap_or(0);
            if let Some(price) = price {
                sum.price = Some(sum.price.unwrap_or_default().saturating_add(price));
            }
        };
        let amount =
            |of: &Scalar<'_>| of.text().and_then(|text| Decimal::from_str_exact(text).ok());
        let (categories, fees) = self.categories();
        let price = amount(&self.total_amount);
        categories.into_iter().for_each(|category| add(category, price));
        if let Some(paid) = amount(&self.carrier_fees).filter(|paid| !paid.is_zero()) {
            add(fees, Some(paid));
        }
    }
}

fn refuse(kind: ErrorKind, rule: &'static str) -> Error {
    Error::not_sent(kind).with_provider(PLIVO).with_detail(rule).without_message()
}

#[async_trait]
impl UsageRecords for Plivo {
    fn usage_provider(&self) -> ProviderId {
        PLIVO
    }

    /// Counts messages by Plivo's list of them, which has at most 20 on a page and goes back 90 days; a day with many
    /// messages takes many requests. Their price is `total_amount` and the fees of carriers stand by themselves.
    ///
    /// # Errors
    /// `Unsupported` for numbers, verification, lookups and the total, of which Plivo's API tells nothing, and without
    /// subaccounts; `InvalidRequest` for days that are more than 90 days ago, and for more than 100,000 messages; else
    /// as any read of the provider.
    async fn records(&self, query: &UsageQuery) -> Result<Vec<UsageRecord>> {
        use UsageCategory::{Lookup, Numbers, Total, Verify};
        const CALL: Call = Call::reading("records");
        query.checked().map_err(|error| error.with_provider(PLIVO))?;
        if matches!(query.category, Some(Lookup | Numbers | Total | Verify)) {
            let rule =
                "category: Plivo tells the usage of messages alone; see its console for others";
            return Err(Error::unsupported(PLIVO, rule).without_message());
        }
        if !query.subaccounts {
            let rule = "subaccounts: Plivo's list has all of them; ask as each subaccount";
            return Err(Error::unsupported(PLIVO, rule).without_message());
        }
        let oldest = Timestamp::now() - KEPT;
        if query.from < oldest.to_zoned(TimeZone::UTC).date() {
            let rule = "from: is more than 90 days ago, and Plivo keeps no record of that";
            return Err(refuse(ErrorKind::InvalidRequest, rule));
        }
        let request = self.request(Method::GET, ["Message"]).query("limit", "20");
        let request = request
            .query("message_time__gte", format!("{} 00:00:00", query.from))
            .query("message_time__lte", format!("{} 23:59:59.999999", query.to));
        let (api, mut pages, mut sums) = (&self.inner().api, request.pages(), Sums::new());
        let mut read = 0;
        while let Some(page) = pages.next().await {
            if read == MOST_PAGES {
                let rule = "from and to: more than 100,000 messages; ask for fewer days";
                return Err(refuse(ErrorKind::InvalidRequest, rule));
            }
            read += 1;
            let page = page?;
            let page: Page<'_> = api.decode(CALL, page.body())?;
            let listed =
                page.objects.ok_or_else(|| api.unreadable(CALL, "the objects are missing"));
            listed?.iter().for_each(|message| message.count(query, &mut sums));
        }
        let now = Timestamp::now();
        let wanted = |category: &UsageCategory| {
            query.category.as_ref().is_none_or(|wanted| wanted == category)
        };
        let records = sums.into_iter().filter(|((_, category), _)| wanted(category));
        Ok(records
            .map(|(((from, to), category), sum)| {
                let mut record = UsageRecord::new(category, from, to);
                record.account = Some(api.account().clone());
                (record.count, record.usage) = (Some(sum.count), Some(sum.units.into()));
                record.count_unit = Some("messages".to_owned());
                record.usage_unit = Some("units".to_owned());
                record.price = sum.price.map(|price| Money::new(price, Currency::USD));
                record.as_of = Some(now);
                record
            })
            .collect())
    }

    /// Returns the credits of a main account. A subaccount has none, as it spends those of its main account; nothing
    /// is asked then.
    async fn balance(&self) -> Result<Balance> {
        const CALL: Call = Call::reading("balance");
        let inner = self.inner();
        if inner.subaccount {
            return Ok(Balance::new(None));
        }
        let answer = self.request(Method::GET, std::iter::empty::<&str>()).send().await?;
        let answer: Account<'_> = inner.api.decode(CALL, answer.body())?;
        let credits =
            answer.cash_credits.text().and_then(|text| Decimal::from_str_exact(text).ok());
        let missing = || inner.api.unreadable(CALL, "the cash_credits are missing");
        Ok(Balance::new(Some(Money::new(credits.ok_or_else(missing)?, Currency::USD))))
    }
}
