//! `anysms usage`: what an account used, and its balance.

use std::{process::ExitCode, sync::Arc};

use anysms::{
    Date, Message, PhoneNumber, SmsProvider, Timestamp,
    usage::{UsageCategory, UsagePeriod, UsageQuery, UsageRecord, UsageRecords},
};
use clap::{Args, ValueEnum};
use jiff::{ToSpan, tz::TimeZone};
use serde_json::json;

use crate::{
    failure::Failure,
    output,
    target::{Client, Target, account_environment},
};

/// Prints what an account used by day or month, and its balance.
#[derive(Args)]
#[command(after_help = concat!("\
Example:
  anysms usage --provider twilio --sandbox --by month --category sms_outbound

With --sandbox, one message is sent first. Plivo's usage is counted from its records of messages.

", account_environment!(), "
Exit codes:
  0  done
  1  refused or not reached; standard error has the kind, the code and the outcome
  2  the command line or the configuration is wrong"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The first day, in UTC. Default: 29 days before the last one.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day, in UTC. Default: today.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// The stretch of one line.
    #[arg(long, value_enum, default_value = "day")]
    by: By,
    /// Only this category: sms, sms_outbound, sms_inbound, sms_carrier_fees, mms, ..., numbers, verify, lookup,
    /// total, or a word of the provider's.
    #[arg(long, value_name = "CATEGORY")]
    category: Option<UsageCategory>,
    /// Print lines of JSON: one for each record, and the balance last.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Day,
    Month,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let to = arguments.to.unwrap_or(today);
    let from = arguments.from.unwrap_or_else(|| to.saturating_sub(29.days()));
    if from > to {
        return Err(Failure::usage("--from", "is after --to"));
    }
    let period = match arguments.by {
        By::Day => UsagePeriod::Day,
        By::Month => UsagePeriod::Month,
    };
    let mut query = UsageQuery::days(from, to).with_period(period);
    query.category = arguments.category;
    let (client, sandbox) = Client::new(&arguments.target).await?;
    if sandbox.is_some() {
        let sample: PhoneNumber =
            "+447700900123".parse().map_err(|error| Failure::usage("sample", error))?;
        client.provider().send(&Message::new(sample, "sample")).await?;
    }
    let usage: Arc<dyn UsageRecords> = match client {
        Client::Twilio(twilio) => Arc::new(twilio),
        Client::Plivo(plivo) => Arc::new(plivo),
    };
    let records = usage.records(&query).await?;
    let balance = usage.balance().await?;
    // A provider may list hundreds of categories of which nothing was used.
    let used = records.iter().filter(|record| query.category.is_some() || !record.is_empty());
    if arguments.json {
        used.for_each(output::json);
        output::json(&json!({"balance": balance.amount, "at": balance.at.to_string()}));
        return Ok(ExitCode::SUCCESS);
    }
    used.for_each(|record| output::line(&line(record)));
    match balance.amount {
        Some(amount) => output::line(&format!("balance: {amount}")),
        None => output::line(&"balance: none of its own; the main account pays"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a record for people: days, category, and what is known of it.
fn line(record: &UsageRecord) -> String {
    let days = match record.from == record.to {
        true => record.from.to_string(),
        false => format!("{} to {}", record.from, record.to),
    };
    let mut line = format!("{days}  {}", record.category);
    let unit =
        |unit: &Option<String>| unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
    if let Some(count) = record.count {
        line += &format!("  {count}{}", unit(&record.count_unit));
    }
    if let Some(usage) = record.usage {
        line += &format!("  {usage}{}", unit(&record.usage_unit));
    }
    if let Some(price) = record.price {
        line += &format!("  {price}");
    }
    line
}
