//! `anysms numbers search` and `buy`.

use std::process::ExitCode;

use anysms::{
    message::Money,
    number::Region,
    numbers::{
        InboundRoute, NumberBuyer, NumberCapabilities, NumberCategory, NumberSearch, NumberSetup,
        Purchase,
    },
};
use clap::{Args, ValueEnum};

use super::{
    intents::Intents,
    number, numbers,
    shown::{self, table},
};
use crate::{confirm, failure::Failure, output, target::Target};

#[derive(Args)]
pub(super) struct Search {
    #[command(flatten)]
    target: Target,
    /// The country, such as GB.
    #[arg(long, value_name = "COUNTRY")]
    country: String,
    /// The category: local, mobile, toll_free or national.
    #[arg(long, value_name = "CATEGORY", default_value = "local")]
    category: String,
    /// The area code, or with Plivo the first digits after the country code.
    #[arg(long, value_name = "DIGITS")]
    area: Option<String>,
    /// A pattern in the number: digits, letters and `*` for one digit. Twilio's alone.
    #[arg(long, value_name = "PATTERN")]
    contains: Option<String>,
    /// The state or region.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The town.
    #[arg(long, value_name = "CITY")]
    city: Option<String>,
    /// The capabilities that the number must have.
    #[arg(long, value_name = "CAPABILITIES", value_delimiter = ',', default_value = "sms")]
    able_to: Vec<Capability>,
    /// At most this many numbers.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    /// Print lines of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Capability {
    Sms,
    Mms,
    Voice,
}

fn category(text: &str) -> Result<NumberCategory, Failure> {
    text.parse().map_err(|error| Failure::usage("--category", error))
}

fn country(text: &str) -> Result<Region, Failure> {
    text.parse().map_err(|error| Failure::usage("--country", error))
}

impl Search {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let mut search = NumberSearch::new(country(&self.country)?, category(&self.category)?);
        let wanted = |capability| self.able_to.contains(&capability);
        let mut capabilities = NumberCapabilities::default();
        capabilities.sms = wanted(Capability::Sms);
        capabilities.mms = wanted(Capability::Mms);
        capabilities.voice = wanted(Capability::Voice);
        search.capabilities = capabilities;
        search.limit = self.limit;
        search.area = self.area.map(Into::into);
        search.contains = self.contains.map(Into::into);
        search.region = self.region;
        search.city = self.city;
        let (numbers, _sandbox) = numbers(&self.target).await?;
        let found = numbers.search(&search).await?;
        if self.json {
            found.iter().map(shown::available).for_each(|one| output::json(&one));
        } else {
            let head = ["NUMBER", "CATEGORY", "CAN", "PLACE", "SETUP", "MONTHLY", "NEEDS"];
            table(&head, &found.iter().map(shown::available_row).collect::<Vec<_>>());
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(super) struct Buy {
    #[command(flatten)]
    target: Target,
    /// The number, with its country code.
    #[arg(value_name = "NUMBER")]
    number: Option<String>,
    /// The most that setup and first month together may cost, such as `5 USD`.
    #[arg(long, value_name = "AMOUNT", num_args = 1..=2, required_unless_present = "any_price")]
    at_most: Vec<String>,
    /// Buy whatever it costs.
    #[arg(long, conflicts_with = "at_most")]
    any_price: bool,
    /// The country by whose list the price is looked up. Default: the number's.
    #[arg(long, value_name = "COUNTRY")]
    country: Option<String>,
    /// The category by which the price is looked up. Default: the number's, or the dearest.
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// The name by which people know it. Twilio's alone.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The webhook for messages that it receives. Twilio's alone.
    #[arg(long, value_name = "URL", conflicts_with = "application")]
    inbound_url: Option<String>,
    /// The application for messages that it receives, by its ID.
    #[arg(long, value_name = "ID")]
    application: Option<String>,
    /// The address that the country asks for, by its ID. Twilio's alone.
    #[arg(long, value_name = "ID")]
    address: Option<String>,
    /// The documents that the country asks for, by their ID.
    #[arg(long, value_name = "ID")]
    documents: Option<String>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    intents: Intents,
    /// Print a line of JSON.
    #[arg(long)]
    json: bool,
}

impl Buy {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let purchase = self.purchase()?;
        if !self.yes {
            confirm::can_ask("--yes")?;
        }
        let (numbers, sandbox) = numbers(&self.target).await?;
        let intents = self.intents.open(sandbox.is_some())?;
        if !self.yes {
            let price = numbers.number_price(&purchase).await?;
            purchase.allows(&price)?;
            let cost = match price.first_month() {
                Some(price) => format!("for {price}, setup and first month"),
                None => "at a price that is not known".to_owned(),
            };
            let (number, account) = (purchase.number, numbers.numbers_account());
            let question =
                format!("Buy {} {cost}, at {}?", number.international(), account.provider);
            confirm::confirmed(&question, false)?;
        }
        let bought = NumberBuyer::new(numbers, intents).buy(&purchase).await?;
        if self.json {
            output::json(&shown::owned(&bought));
        } else {
            output::line(&format_args!("{} is the account's: {}", bought.number, bought.id));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn purchase(&self) -> Result<Purchase, Failure> {
        let (amount, text) = amount_and_number(&self.at_most, self.number.as_deref())?;
        let number = number(text)?;
        let mut purchase = match amount {
            Some(amount) => Purchase::new(number, amount),
            None => Purchase::at_any_price(number),
        };
        purchase.country = self.country.as_deref().map(country).transpose()?;
        purchase.category = self.category.as_deref().map(category).transpose()?;
        let mut setup = NumberSetup::new();
        setup.name = self.name.as_deref().map(Into::into);
        setup.inbound = match (&self.inbound_url, &self.application) {
            (Some(url), _) => {
                let url = url.parse().map_err(|error| Failure::usage("--inbound-url", error))?;
                setup = setup.calling(url);
                setup.inbound
            }
            (None, Some(id)) => Some(InboundRoute::Application(id.clone())),
            (None, None) => None,
        };
        purchase = purchase.with_setup(setup);
        purchase.address.clone_from(&self.address);
        purchase.documents.clone_from(&self.documents);
        Ok(purchase)
    }
}

/// Tells the words after `--at-most`, with and without a space in the amount, from the number, which may follow them.
fn amount_and_number<'a>(
    words: &'a [String],
    number: Option<&'a str>,
) -> Result<(Option<Money>, &'a str), Failure> {
    let missing = || Failure::usage("NUMBER", "is not given");
    match (words, number) {
        ([], number) => Ok((None, number.ok_or_else(missing)?)),
        ([one], number) => Ok((Some(money(one)?), number.ok_or_else(missing)?)),
        ([one, two, ..], Some(number)) => Ok((Some(money(&format!("{one} {two}"))?), number)),
        ([one, two, ..], None) => match money(one) {
            Ok(money) => Ok((Some(money), two)),
            Err(_) => Err(missing()),
        },
    }
}

fn money(text: &str) -> Result<Money, Failure> {
    let rule = "must be an amount and a currency, such as \"5 USD\"";
    let refuse = || Failure::usage("--at-most", rule);
    let text = text.trim();
    let (amount, currency) =
        text.split_at_checked(text.len().saturating_sub(3)).ok_or_else(refuse)?;
    let money: Money = format!("{} {currency}", amount.trim_end()).parse().map_err(|_| refuse())?;
    if money.amount.is_sign_negative() { Err(refuse()) } else { Ok(money) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_may_be_one_word_or_two_and_the_number_before_or_after_it() {
        let number = "+447700900123";
        for (words, after) in [
            (vec!["5 USD"], Some(number)),
            (vec!["5USD"], Some(number)),
            (vec!["5", "usd"], Some(number)),
            (vec!["5 USD", number], None),
        ] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let read = amount_and_number(&words, after)
                .map(|(money, number)| (money.map(|money| money.to_string()), number.to_owned()));
            assert!(read.is_ok_and(|read| read == (Some("5 USD".into()), number.into())));
        }
        for words in
            [vec!["5"], vec!["USD"], vec!["-1 USD"], vec!["5 US"], vec![""], vec!["5", "€€"]]
        {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            assert!(amount_and_number(&words, Some(number)).is_err(), "{words:?}");
        }
        assert!(amount_and_number(&["5".to_owned(), "USD".to_owned()], None).is_err());
    }
}
