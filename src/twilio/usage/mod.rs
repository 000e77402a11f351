//! Twilio's usage records and balance; triggers on them (`trigger`).

mod trigger;

use async_trait::async_trait;
use http::Method;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Currency, Money, UNREADABLE, word},
    provider_id::ProviderId,
    transport::{
        api::Call,
        lenient::{self, Scalar},
    },
    twilio::{Product, TWILIO, Twilio},
    usage::{Balance, UsageCategory, UsagePeriod, UsageQuery, UsageRecord, UsageRecords},
};

pub use trigger::{NewUsageTrigger, TriggerBy, TriggerFired, TriggerRecurring, UsageTrigger};

/// Most pages that one question reads, at 1,000 records each.
const MOST_PAGES: usize = 1_000;

/// Categories with the words that Twilio has for them (twilio.com/docs/usage/api, 2026-11-20).
const CATEGORIES: [(UsageCategory, &str); 12] = [
    (UsageCategory::Sms, "sms"),
    (UsageCategory::SmsOutbound, "sms-outbound"),
    (UsageCategory::SmsInbound, "sms-inbound"),
    (UsageCategory::SmsCarrierFees, "sms-messages-carrierfees"),
    (UsageCategory::Mms, "mms"),
    (UsageCategory::MmsOutbound, "mms-outbound"),
    (UsageCategory::MmsInbound, "mms-inbound"),
    (UsageCategory::MmsCarrierFees, "mms-messages-carrierfees"),
    (UsageCategory::Numbers, "phonenumbers"),
    (UsageCategory::Verify, "verify-voice-sms"),
    (UsageCategory::Lookup, "lookups"),
    (UsageCategory::Total, "totalprice"),
];

/// Returns Twilio's word for a category.
fn to_word(category: &UsageCategory) -> &str {
    let known = CATEGORIES.iter().find(|(known, _)| known == category);
    known.map_or(category.as_str(), |(_, word)| word)
}

/// Reads Twilio's word for a category. A new one is kept.
fn from_word(text: &str) -> UsageCategory {
    match CATEGORIES.iter().find(|(_, word)| *word == text) {
        Some((category, _)) => category.clone(),
        None => UsageCategory::Other(word(text).unwrap_or(UNREADABLE).to_owned()),
    }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    usage_records: Option<Vec<Record<'a>>>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Record<'a> {
    #[serde(borrow)]
    account_sid: Scalar<'a>,
    category: Scalar<'a>,
    description: Scalar<'a>,
    start_date: Scalar<'a>,
    end_date: Scalar<'a>,
    as_of: Scalar<'a>,
    count: Scalar<'a>,
    count_unit: Scalar<'a>,
    usage: Scalar<'a>,
    usage_unit: Scalar<'a>,
    price: Scalar<'a>,
    price_unit: Scalar<'a>,
}

impl Record<'_> {
    /// A record without a category or without days says nothing that could be counted.
    fn into_record(self) -> Option<UsageRecord> {
        let category = from_word(self.category.text()?);
        let (from, to) = (self.start_date.parse()?, self.end_date.parse()?);
        let mut record = UsageRecord::new(category, from, to);
        record.account = self.account_sid.text().map(Into::into);
        // Both are texts by Twilio's schema, and null for some categories (2026-11-20).
        record.count = self.count.parse();
        record.count_unit = self.count_unit.owned();
        record.usage = decimal(&self.usage);
        record.usage_unit = self.usage_unit.owned();
        let currency = self.price_unit.parse::<Currency>();
        record.price = decimal(&self.price).zip(currency).map(|(of, unit)| Money::new(of, unit));
        record.as_of = self.as_of.time();
        record.description = self.description.owned();
        Some(record)
    }
}

/// Reads a decimal, which Twilio writes as a text or as a number.
fn decimal(value: &Scalar<'_>) -> Option<Decimal> {
    let text = value.text()?;
    Decimal::from_str_exact(text).ok().or_else(|| Decimal::from_scientific(text).ok())
}

#[derive(Deserialize)]
struct BalanceAnswer<'a> {
    #[serde(borrow, default)]
    balance: Scalar<'a>,
    #[serde(borrow, default)]
    currency: Scalar<'a>,
}

#[async_trait]
impl UsageRecords for Twilio {
    fn usage_provider(&self) -> ProviderId {
        TWILIO
    }

    /// Returns Twilio's records, in its order. Without a category there are some hundreds for each stretch, most of
    /// them empty, and a thing counts in several: in `sms`, in `sms_outbound` and in its kind of number.
    async fn records(&self, query: &UsageQuery) -> Result<Vec<UsageRecord>> {
        query.checked().map_err(|error| error.with_provider(TWILIO))?;
        let path: &[&str] = match query.period {
            UsagePeriod::Day => &["Usage", "Records", "Daily.json"],
            UsagePeriod::Month => &["Usage", "Records", "Monthly.json"],
            UsagePeriod::All => &["Usage", "Records.json"],
        };
        let mut request = self.request(Method::GET, Product::Account, path);
        if let Some(category) = &query.category {
            request = request.query("Category", to_word(category));
        }
        request = request
            .query("StartDate", query.from.to_string())
            .query("EndDate", query.to.to_string());
        if !query.subaccounts {
            request = request.query("IncludeSubaccounts", "false");
        }
        let (mut pages, mut records) = (request.query("PageSize", "1000").pages(), Vec::new());
        let mut read = 0;
        while let Some(page) = pages.next().await {
            if read == MOST_PAGES {
                let rule =
                    "from and to: more than a million records; ask for fewer days, or a category";
                let error = Error::not_sent(ErrorKind::InvalidRequest).with_provider(TWILIO);
                return Err(error.with_detail(rule).without_message());
            }
            read += 1;
            let page = page?;
            let call = Call::reading("records");
            let page: Page<'_> = self.inner().api.decode(call, page.body())?;
            let missing = || self.inner().api.unreadable(call, "the usage_records are missing");
            let listed = page.usage_records.ok_or_else(missing)?;
            records.extend(listed.into_iter().filter_map(Record::into_record));
        }
        Ok(records)
    }

    /// Returns the balance of a main account. Of a subaccount Twilio knows none (404), so the account is read then, to
    /// tell a subaccount from one that is not there.
    async fn balance(&self) -> Result<Balance> {
        const CALL: Call = Call::reading("balance");
        let api = &self.inner().api;
        let answer =
            match self.request(Method::GET, Product::Account, ["Balance.json"]).send().await {
                Ok(answer) => answer,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return match self.is_subaccount().await {
                        Ok(true) => Ok(Balance::new(None)),
                        _ => Err(error),
                    };
                }
                Err(error) => return Err(error),
            };
        let answer: BalanceAnswer<'_> = api.decode(CALL, answer.body())?;
        let amount = decimal(&answer.balance).zip(answer.currency.parse());
        let (amount, currency) =
            amount.ok_or_else(|| api.unreadable(CALL, "the balance or its currency is missing"))?;
        Ok(Balance::new(Some(Money::new(amount, currency))))
    }
}

impl Twilio {
    /// Reads whether this account belongs to another one.
    async fn is_subaccount(&self) -> Result<bool> {
        #[derive(Deserialize)]
        struct Owner<'a> {
            #[serde(borrow, default)]
            owner_account_sid: Scalar<'a>,
        }
        let inner = self.inner();
        let own = inner.api.account().as_str();
        let answer = self.accounts_request(Method::GET, Some(own)).send().await?;
        let owner: Owner<'_> = inner.api.decode(Call::reading("balance"), answer.body())?;
        Ok(owner.owner_account_sid.text().is_some_and(|owner| owner != own))
    }
}
