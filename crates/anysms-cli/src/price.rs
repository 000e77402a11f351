//! `anysms price`: what a message costs, and the prices of a country.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anysms::{
    Decimal, Message, PhoneNumber, Timestamp,
    message::{Direction, Money},
    number::Region,
    pricing::{Basis, CountryPrices, MobileNetwork, PriceBook, PriceRow, PriceSource},
    text::{SegmentRule, segments_by},
};
use clap::Args;
use serde::Serialize;

use crate::{
    failure::Failure,
    output,
    target::{Client, Target, Vendor, account_environment},
};

/// Prints what a message costs, and the prices of a country.
///
/// Without --provider every provider is asked that has an account in the environment. Where the recipient's network is
/// not known a cost is a range: `typical`, and `highest`, which is the one for caps. Fees of carriers are in no
/// provider's API, and are not in it.
#[derive(Args)]
#[command(after_help = concat!("\
Example:
  anysms price --to +447700900123 --text \"Your table is ready\" --sandbox
  anysms price --country GB --provider twilio --json

", account_environment!(), "
Exit codes:
  0  every provider that was asked has a price
  1  one has none, refused or was not reached
  2  the command line or the configuration is wrong"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The recipient's number, in international form: +447700900123.
    #[arg(long, value_name = "NUMBER", required_unless_present = "country")]
    to: Option<String>,
    /// The country, by two letters: GB.
    #[arg(long, value_name = "ISO", conflicts_with = "to")]
    country: Option<String>,
    /// The text, whose segments are counted. Default: a text of one segment.
    #[arg(long)]
    text: Option<String>,
    /// The recipient's mobile network, where it is known: 234-15.
    #[arg(long, value_name = "MCC-MNC")]
    network: Option<String>,
    /// Print a line of JSON for each provider.
    #[arg(long)]
    json: bool,
}

/// Message or country that is asked about.
struct Asked {
    country: Region,
    to: Option<PhoneNumber>,
    text: Option<String>,
    network: Option<MobileNetwork>,
}

/// Answer of one provider.
#[derive(Serialize)]
struct Answer {
    provider: String,
    country: Region,
    cost: Option<Cost>,
    as_of: Timestamp,
    age_seconds: u64,
    prices: Vec<PriceRow>,
    currency: String,
}

/// Cost of the message.
#[derive(Serialize)]
struct Cost {
    money: Money,
    typical: Money,
    highest: Money,
    per_segment: Money,
    segments: u32,
    basis: Basis,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let asked = asked(&arguments)?;
    let mut code = ExitCode::SUCCESS;
    for vendor in vendors(&arguments.target)? {
        let target = Target { provider: Some(vendor), ..arguments.target.clone() };
        let answer = match answer(&target, vendor, &asked).await {
            Ok(answer) => answer,
            Err(failure) if arguments.target.provider.is_some() => return Err(failure),
            Err(failure) => {
                code = failure.report(); // the others are asked all the same
                continue;
            }
        };
        if answer.cost.is_none() {
            code = ExitCode::from(1);
        }
        if arguments.json { output::json(&answer) } else { print(&answer) }
    }
    Ok(code)
}

fn asked(arguments: &Arguments) -> Result<Asked, Failure> {
    let network = arguments.network.as_deref().map(str::parse).transpose();
    let network = network.map_err(|error| Failure::usage("--network", error))?;
    let text = arguments.text.clone();
    if text.as_deref() == Some("") {
        return Err(Failure::usage(
            "--text",
            "is empty, and a message without a text has no price",
        ));
    }
    if let Some(code) = &arguments.country {
        let country = code.to_uppercase().parse();
        let country: Region = country.map_err(|error| Failure::usage("--country", error))?;
        return Ok(Asked { country, to: None, text, network });
    }
    let to = arguments.to.as_deref().unwrap_or_default().parse::<PhoneNumber>();
    let to = to.map_err(|error| Failure::usage("--to", error))?;
    let nowhere = || Failure::usage("--to", "is a number of no country; pass one with --country");
    let country = to.region().filter(|region| *region != Region::WORLD).ok_or_else(nowhere)?;
    Ok(Asked { country, to: Some(to), text, network })
}

/// Returns the providers to ask.
fn vendors(target: &Target) -> Result<Vec<Vendor>, Failure> {
    if let Some(vendor) = target.provider {
        return Ok(vec![vendor]);
    }
    let all = [(Vendor::Twilio, "TWILIO_ACCOUNT_SID"), (Vendor::Plivo, "PLIVO_AUTH_ID")];
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let vendors: Vec<Vendor> = all
        .into_iter()
        .filter(|(_, account)| target.sandbox || has(account))
        .map(|(vendor, _)| vendor)
        .collect();
    match vendors.is_empty() {
        true => {
            Err(Failure::usage("--provider", "is not given, and no account is set: see --help"))
        }
        false => Ok(vendors),
    }
}

async fn answer(target: &Target, vendor: Vendor, asked: &Asked) -> Result<Answer, Failure> {
    let (client, _sandbox) = Client::new(target).await?;
    let source: Arc<dyn PriceSource> = match client {
        Client::Twilio(twilio) => Arc::new(twilio),
        Client::Plivo(plivo) => Arc::new(plivo),
    };
    let rule = match vendor {
        Vendor::Twilio => SegmentRule::Twilio,
        Vendor::Plivo => SegmentRule::Plain,
    };
    let provider = source.price_provider().to_string();
    let book = PriceBook::builder(source).segment_rule(rule).build();
    book.warm(&[asked.country]).await?;
    let missing = || Failure::usage("price", "the provider has not answered");
    let prices = book.prices(asked.country).ok_or_else(missing)?;
    let age = Duration::try_from(Timestamp::now().duration_since(prices.as_of));
    Ok(Answer {
        provider,
        country: asked.country,
        cost: cost(&book, &prices, rule, asked),
        as_of: prices.as_of,
        age_seconds: age.unwrap_or_default().as_secs(),
        currency: prices.currency.to_string(),
        prices: prices.rows,
    })
}

/// Returns the cost of the message, or of one to the country; `None` if the provider has no price.
fn cost(
    book: &PriceBook,
    prices: &CountryPrices,
    rule: SegmentRule,
    asked: &Asked,
) -> Option<Cost> {
    let text = asked.text.as_deref().unwrap_or("1");
    if let Some(to) = asked.to {
        let message = Message::new(to, text);
        let quote = match asked.network {
            Some(network) => book.quote_for_network(&message, network),
            None => book.quote(&message),
        }?;
        return Some(Cost {
            money: quote.money,
            typical: quote.typical,
            highest: quote.highest,
            per_segment: quote.per_segment,
            segments: quote.segments,
            basis: quote.basis,
        });
    }
    let mut of_network = prices.clone();
    of_network.rows.retain(|row| row.network().is_some() && row.network() == asked.network);
    let (prices, basis) = match of_network.highest() {
        Some(_) => (&of_network, Basis::Network),
        None => (prices, Basis::CountryHighest),
    };
    let (typical, highest) = (prices.typical()?, prices.highest()?);
    let segments = u32::try_from(segments_by(rule, text).count()).ok()?;
    let all = |one: Money| {
        let amount = one.amount.saturating_mul(Decimal::from(segments));
        Money::new(amount, one.currency)
    };
    let (typical, most) = (all(typical), all(highest));
    Some(Cost { money: most, typical, highest: most, per_segment: highest, segments, basis })
}

fn print(answer: &Answer) {
    let Answer { provider, country, .. } = answer;
    let Some(cost) = &answer.cost else {
        return output::line(&format!("{provider}: no price for {country}"));
    };
    let plural = if cost.segments == 1 { "" } else { "s" };
    let basis = match cost.basis {
        Basis::Network => "price of the network",
        Basis::CountryHighest => "highest price of the country",
        Basis::CountryTypical => "typical price of the country",
        other => other.as_str(),
    };
    output::line(&format!(
        "{provider}: {} to {country}, {} segment{plural}, typically {}; basis: {basis}; prices {} old",
        cost.money,
        cost.segments,
        cost.typical,
        age(answer.age_seconds)
    ));
    let head = ["carrier", "network", "own number", "direction", "a segment"].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(answer.prices.iter().map(|row| row_of(row, &answer.currency)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..5).map(|column| width(column).unwrap_or_default()).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        output::line(&format!("  {}", line.trim_end()));
    }
}

fn row_of(row: &PriceRow, currency: &str) -> [String; 5] {
    let or_all = |text: &Option<String>| printable(text.as_deref().unwrap_or("all"));
    let network = match (&row.mcc, &row.mnc) {
        (Some(mcc), Some(mnc)) => printable(&format!("{mcc}-{mnc}")),
        _ => "all".to_owned(),
    };
    let direction = if row.direction == Direction::Inbound { "inbound" } else { "outbound" };
    let price = format!("{} {currency}", row.per_segment);
    [or_all(&row.carrier), network, or_all(&row.number_type), direction.to_owned(), price]
}

/// Returns a provider's text without what would steer a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
