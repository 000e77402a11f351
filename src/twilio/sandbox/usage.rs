//! Usage: what an account used, by category and time, and triggers on it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};

use super::{Refusal, account::fields_of, call::Call, resource};
use crate::{
    account_id::AccountId,
    sandbox::{Callback, Carrier, Record, Used},
};

/// Categories that are answered even if nothing was used.
const ALWAYS: [&str; 3] = ["sms", "phonenumbers", "totalprice"];

/// Sum of one category in one stretch of time.
#[derive(Clone, Copy, Default)]
struct Sum {
    count: u64,
    units: u64,
    price: Decimal,
}

/// First and last day of the stretch that a day is in.
type Stretch = fn(Date) -> (Date, Date);

/// Answers the usage by the stretches that the path names.
pub(super) fn records(call: &Call<'_>) -> Response<Bytes> {
    let today = call.carrier.now().to_zoned(TimeZone::UTC).date();
    let name = call.path.trim_end_matches(".json").rsplit('/').next().unwrap_or_default();
    let first = today.first_of_month();
    let month_before = first.saturating_sub(1.month());
    // The days that count, and how long a stretch is.
    let (from, to, stretch): (Date, Date, Stretch) = match name {
        "Today" => (today, today, |day| (day, day)),
        "Yesterday" => {
            let yesterday = today.saturating_sub(1.day());
            (yesterday, yesterday, |day| (day, day))
        }
        "ThisMonth" => (first, today, of_month),
        "LastMonth" => (month_before, month_before.last_of_month(), of_month),
        "Daily" => (Date::MIN, today, |day| (day, day)),
        "Monthly" => (Date::MIN, today, of_month),
        "Yearly" => (Date::MIN, today, |day| (day.first_of_year(), day.last_of_year())),
        _ => (Date::MIN, today, |_| (Date::MIN, Date::MAX)),
    };
    let given = |name| call.get(name).and_then(|text| date(text, today));
    let (from, to) = (given("StartDate").unwrap_or(from), given("EndDate").unwrap_or(to));
    let wanted = |category: &str| call.get("Category").is_none_or(|wanted| wanted == category);
    let mine = |used: &Used| {
        let below = || {
            let account = call.carrier.account(&crate::twilio::TWILIO, &used.account);
            account.is_some_and(|account| account.parent.as_ref() == Some(&call.account.id))
                && call.get("IncludeSubaccounts") != Some("false")
        };
        (used.account == call.account.id || below()) && (from..=to).contains(&used.day)
    };
    let mut sums: BTreeMap<((Date, Date), String), Sum> = BTreeMap::new();
    for used in call.carrier.usage().iter().filter(|used| mine(used)) {
        let of_messages = used.category.starts_with("sms-").then_some("sms");
        for category in [Some(used.category.as_str()), of_messages, Some("totalprice")] {
            let Some(category) = category else { continue };
            let sum = sums.entry((stretch(used.day), category.to_owned())).or_default();
            sum.count += used.count;
            sum.units += used.units;
            sum.price += used.price;
        }
    }
    let last = today.min(to); // nothing is answered of days that were not asked for
    for category in ALWAYS.iter().filter(|_| from <= last) {
        sums.entry((stretch(last), (*category).to_owned())).or_default();
    }
    let opened = call.account.created_at.to_zoned(TimeZone::UTC).date();
    let shown: Vec<Record> = sums
        .iter()
        .filter(|((_, category), _)| wanted(category))
        .map(|(((start, end), category), sum)| {
            let (start, end) = ((*start).max(from).max(opened.min(to)), (*end).min(to));
            record(call, category, start, end, sum)
        })
        .collect();
    resource::page(call, &shown, |record| resource::present(call, record))
}

fn of_month(day: Date) -> (Date, Date) {
    (day.first_of_month(), day.last_of_month())
}

/// Reads a day, or one so many days ago, such as `-30days`.
fn date(text: &str, today: Date) -> Option<Date> {
    let days = text.strip_suffix("days").or_else(|| text.strip_suffix("day"));
    match days {
        Some(days) => today.checked_add(days.parse::<i32>().ok()?.days()).ok(),
        None => text.parse().ok(),
    }
}

fn record(call: &Call<'_>, category: &str, start: Date, end: Date, sum: &Sum) -> Record {
    let (count_unit, usage_unit) = match category {
        "totalprice" => ("", "usd"),
        "phonenumbers" => ("numbers", "numbers"),
        _ if category.starts_with("sms") => ("messages", "segments"),
        _ => ("requests", "requests"),
    };
    let account = call.account.id.as_str();
    let usage = match category {
        "totalprice" => sum.price.to_string(),
        _ => sum.units.to_string(),
    };
    let uri = format!(
        "/2010-04-01/Accounts/{account}/Usage/Records.json?Category={category}&StartDate={start}&EndDate={end}"
    );
    let as_of = call.carrier.now().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let fields = json!({
        "category": category, "description": category, "count": sum.count.to_string(),
        "count_unit": count_unit, "usage": usage, "usage_unit": usage_unit,
        "price": sum.price.to_f64(), "price_unit": "usd", "start_date": start.to_string(),
        "end_date": end.to_string(), "as_of": as_of, "uri": uri,
        "subresource_uris": {},
    });
    let now = call.carrier.now();
    Record::new(call.path.clone(), fields_of(fields), now, now)
}

/// Answers a request about triggers: their value is what was used by now.
pub(super) fn triggers(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    if call.ask.method == "POST" && call.path.ends_with("Triggers.json") {
        let mut fields = resource::fields(call);
        let value = fields.get("trigger_value").and_then(Value::as_str).unwrap_or_default();
        let added = value.strip_prefix('+').or_else(|| value.strip_prefix(' ')).map(str::to_owned);
        let category = fields.get("usage_category").and_then(Value::as_str).unwrap_or_default();
        let by = fields.get("trigger_by").and_then(Value::as_str).unwrap_or("usage");
        let current = current(call.carrier, &call.account.id, category, by);
        let absolute = match added.as_deref().map(str::parse::<Decimal>) {
            Some(Ok(more)) => (current + more).to_string(),
            Some(Err(_)) => return Err(call.invalid("TriggerValue", "is no number")),
            None if value.parse::<Decimal>().is_err() => {
                return Err(call.invalid("TriggerValue", "is no number"));
            }
            None => value.to_owned(),
        };
        let uri = format!(
            "/2010-04-01/Accounts/{}/Usage/Records.json?Category={category}",
            call.account.id
        );
        let by = by.to_owned();
        fields.insert("trigger_value".to_owned(), absolute.into());
        fields.insert("current_value".to_owned(), current.to_string().into());
        fields.insert("usage_record_uri".to_owned(), uri.into());
        fields.insert("trigger_by".to_owned(), by.into());
        fields.entry("callback_method").or_insert("POST".into());
        return Ok(resource::shown(call, &resource::create(call, fields)?));
    }
    resource::answer(call)
}

/// Calls the triggers of an account that have reached their value, each once.
pub(super) fn fire(carrier: &Carrier, account: &AccountId) {
    let triggers = format!("/2010-04-01/Accounts/{account}/Usage/Triggers");
    for trigger in carrier.records().list(&triggers) {
        let text = |field: &str| trigger.text(field).unwrap_or_default();
        let (category, by) = (text("usage_category"), text("trigger_by"));
        let value: Decimal = text("trigger_value").parse().unwrap_or(Decimal::MAX);
        let now = current(carrier, account, category, by);
        let get = text("callback_method").eq_ignore_ascii_case("GET");
        let url = text("callback_url").parse();
        let Ok(url) = url else { continue };
        if now < value || trigger.text("date_fired").is_some() {
            continue;
        }
        let fired = super::call::rfc2822(carrier.now());
        carrier.records().change(&trigger.path, carrier.now(), |fields| {
            fields.insert("date_fired".to_owned(), fired.clone().into());
        });
        let pairs = [
            ("AccountSid", Some(account.as_str())),
            ("UsageTriggerSid", Some(trigger.key())),
            ("Recurring", trigger.text("recurring")),
            ("UsageCategory", Some(category)),
            ("TriggerBy", Some(by)),
            ("TriggerValue", trigger.text("trigger_value")),
            ("CurrentValue", Some(&now.to_string())),
            ("DateFired", fired.as_deref()),
            ("UsageRecordUri", trigger.text("usage_record_uri")),
        ];
        super::hook::event(carrier, account, &Callback::new(url, get), &pairs);
    }
}

fn current(carrier: &Carrier, account: &AccountId, category: &str, by: &str) -> Decimal {
    let used = carrier.usage().into_iter();
    let used = used.filter(|used| used.account == *account);
    let used = used.filter(|used| {
        category == "totalprice"
            || used.category == category
            || category == "sms" && used.category.starts_with("sms-")
    });
    used.map(|used| match by {
        "count" => used.count.into(),
        "price" => used.price,
        _ => used.units.into(),
    })
    .sum()
}
