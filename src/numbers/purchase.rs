//! [`Purchase`]: a number to buy, and what it may cost.

use std::cmp::Ordering;

use crate::{
    error::{Error, ErrorKind, Result},
    message::Money,
    number::{NumberKind, PhoneNumber, Region},
    numbers::{NumberCategory, NumberSetup},
};

/// Price of a number, as far as the provider tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberPrice {
    /// Price of the setup, once.
    pub setup: Option<Money>,
    /// Price of a month.
    pub monthly: Option<Money>,
}

impl NumberPrice {
    /// Joins both parts of a price.
    #[must_use]
    pub const fn new(setup: Option<Money>, monthly: Option<Money>) -> Self {
        Self { setup, monthly }
    }

    /// Returns the setup and one month together; `None` if a part is not known, or they differ in currency.
    #[must_use]
    pub fn first_month(&self) -> Option<Money> {
        let (setup, monthly) = (self.setup?, self.monthly?);
        let amount = setup.amount.checked_add(monthly.amount)?;
        (setup.currency == monthly.currency).then(|| Money::new(amount.normalize(), setup.currency))
    }

    /// Returns the dearer of two prices of the same currency; `None` if they cannot be compared.
    pub(crate) fn dearer(self, other: Self) -> Option<Self> {
        let (own, others) = (self.first_month()?, other.first_month()?);
        let order = (own.currency == others.currency).then(|| own.amount.cmp(&others.amount))?;
        Some(if order == Ordering::Less { other } else { self })
    }
}

/// Purchase of exactly one number.
///
/// ```
/// use anysms::{ErrorKind, message::Money, numbers::{NumberPrice, Purchase}};
///
/// let money = |text: &str| text.parse::<Money>().ok();
/// let purchase = Purchase::new("+15555550123".parse()?, "2 USD".parse()?);
/// assert!(purchase.allows(&NumberPrice::new(money("0.85 USD"), money("1.15 USD"))).is_ok());
/// for price in [
///     NumberPrice::new(money("0.86 USD"), money("1.15 USD")), // dearer
///     NumberPrice::new(money("0 EUR"), money("1.15 EUR")),    // in another currency
///     NumberPrice::new(None, money("1.15 USD")),              // not known
/// ] {
///     assert_eq!(purchase.allows(&price).unwrap_err().kind(), ErrorKind::PolicyBlocked);
///     assert!(Purchase::at_any_price(purchase.number).allows(&price).is_ok());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purchase {
    /// Number.
    pub number: PhoneNumber,
    /// Most that the setup and one month together may cost; `None` for any price.
    pub at_most: Option<Money>,
    /// Country of the number; `None` to know it by the number.
    pub country: Option<Region>,
    /// Category of the number; `None` to know it by the number. Where that does not tell, the dearest category of
    /// the country counts.
    pub category: Option<NumberCategory>,
    /// Settings of the number from its first moment on. Plivo takes an application then, and nothing else.
    pub setup: NumberSetup,
    /// Provider's id of an address (Twilio's `AD…`), where the country asks for one.
    pub address: Option<String>,
    /// Provider's id of documents (Twilio's bundle `BU…`, Plivo's compliance application), where the country asks
    /// for them.
    pub documents: Option<String>,
}

impl Purchase {
    /// Buys a number for which the setup and one month together cost at most so much. A price that is dearer, in
    /// another currency or not known is refused.
    #[must_use]
    pub fn new(number: PhoneNumber, at_most: Money) -> Self {
        Self { at_most: Some(at_most), ..Self::at_any_price(number) }
    }

    /// Buys a number whatever it costs, without asking for the price.
    #[must_use]
    pub fn at_any_price(number: PhoneNumber) -> Self {
        Self {
            number,
            at_most: None,
            country: None,
            category: None,
            setup: NumberSetup::new(),
            address: None,
            documents: None,
        }
    }

    /// Names the country by whose list the price is looked up.
    #[must_use]
    pub const fn in_country(mut self, country: Region) -> Self {
        self.country = Some(country);
        self
    }

    /// Names the category by which the price is looked up.
    #[must_use]
    pub const fn of_category(mut self, category: NumberCategory) -> Self {
        self.category = Some(category);
        self
    }

    /// Sets the number up as it is bought.
    #[must_use]
    pub fn with_setup(mut self, setup: NumberSetup) -> Self {
        self.setup = setup;
        self
    }

    /// Names an address of the account.
    #[must_use]
    pub fn with_address(mut self, id: impl Into<String>) -> Self {
        self.address = Some(id.into());
        self
    }

    /// Names documents of the account.
    #[must_use]
    pub fn with_documents(mut self, id: impl Into<String>) -> Self {
        self.documents = Some(id.into());
        self
    }

    /// Holds a price against the most that the purchase may cost.
    ///
    /// # Errors
    /// `PolicyBlocked`, not sent, if it is dearer, in another currency or not known.
    pub fn allows(&self, price: &NumberPrice) -> Result<()> {
        let Some(most) = self.at_most else { return Ok(()) };
        let refuse = |rule: String| {
            Err(Error::not_sent(ErrorKind::PolicyBlocked).with_detail(rule).without_message())
        };
        match price.first_month() {
            None => refuse(
                "price: the provider does not tell it; use Purchase::at_any_price to buy all the same".into(),
            ),
            Some(price) if price.currency != most.currency => refuse(format!(
                "price: is in {}, and at_most in {}; give it in the price's currency",
                price.currency, most.currency
            )),
            Some(price) if price.amount > most.amount => refuse(format!(
                "price: setup and one month cost {price}, which is more than at_most, {most}"
            )),
            Some(_) => Ok(()),
        }
    }

    /// Returns the country by whose list the price is looked up; `None` if neither the purchase nor the number
    /// tells. A number in no range of its country code has the main country of the code.
    pub(crate) fn price_country(&self) -> Option<Region> {
        let by_number = || self.number.region().filter(|region| *region != Region::WORLD);
        let by_code = || Region::main(self.number.country_code());
        self.country.or_else(by_number).or_else(by_code).filter(|region| *region != Region::WORLD)
    }

    /// Returns the categories that the number may be sold as.
    pub(crate) fn categories(&self) -> &'static [NumberCategory] {
        use NumberCategory::{Local, Mobile, National, TollFree};
        match (self.category, self.number.kind()) {
            (Some(Local), _) => &[Local],
            (Some(Mobile), _) | (None, NumberKind::Mobile) => &[Mobile],
            (Some(TollFree), _) | (None, NumberKind::TollFree) => &[TollFree],
            (Some(National), _) | (None, NumberKind::Uan) => &[National],
            (None, NumberKind::FixedLine) => &[Local, National],
            (None, NumberKind::FixedLineOrMobile) => &[Local, Mobile, National],
            (None, _) if is_toll_free(self.number) => &[TollFree],
            (None, _) if self.number.country_code() == 1 => &[Local, Mobile, National],
            (None, _) => &[Local, Mobile, TollFree, National],
        }
    }

    /// Fails for ids that are none.
    pub(crate) fn check(&self) -> Result<()> {
        self.setup.check(false)?;
        let is_id = |id: &String| {
            (1..=64).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if [&self.address, &self.documents].into_iter().flatten().all(is_id) {
            return Ok(());
        }
        let rule =
            "address, documents: must be their ids at the provider, 1 to 64 letters, digits and -";
        Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule).without_message())
    }
}

/// Area codes of North America that are free to call (NANPA, 2026-11).
const TOLL_FREE: [&str; 7] = ["1800", "1833", "1844", "1855", "1866", "1877", "1888"];

/// Returns whether a number is free to call: by its plan, or by its area code where this build has no plan.
pub(crate) fn is_toll_free(number: PhoneNumber) -> bool {
    let digits = number.digits().to_string();
    let by_code = digits.len() == 11 && TOLL_FREE.iter().any(|code| digits.starts_with(code));
    by_code || number.kind() == NumberKind::TollFree
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(setup: &str, monthly: &str) -> NumberPrice {
        let money = |text: &str| text.parse().ok();
        NumberPrice::new(money(setup), money(monthly))
    }

    #[test]
    fn a_cap_covers_the_setup_and_a_month_to_the_last_digit() {
        let number = "+15555550123".parse().unwrap();
        let at_most = |text: &str| Purchase::new(number, text.parse().unwrap());
        for (most, setup, monthly, fits) in [
            ("1.15 USD", "0 USD", "1.15 USD", true),
            ("1.15 USD", "0 USD", "1.1500 USD", true),
            ("1.15 USD", "0.00001 USD", "1.15 USD", false),
            ("1.149999 USD", "0 USD", "1.15 USD", false),
            ("0 USD", "0 USD", "0 USD", true),
            ("5 EUR", "0 USD", "1 USD", false),
            ("5 USD", "0 EUR", "1 USD", false),
            ("5 USD", "", "1 USD", false),
            ("5 USD", "0 USD", "", false),
        ] {
            let allowed = at_most(most).allows(&price(setup, monthly));
            assert_eq!(allowed.is_ok(), fits, "{most}: {setup} {monthly}");
            assert!(Purchase::at_any_price(number).allows(&price(setup, monthly)).is_ok());
        }
    }

    #[test]
    fn a_number_is_priced_by_what_it_may_be_sold_as() {
        use NumberCategory::{Local, Mobile, National, TollFree};
        let categories =
            |number: &str| Purchase::at_any_price(number.parse().unwrap()).categories();
        assert_eq!(categories("+15555550123"), [Local, Mobile, National]);
        assert_eq!(categories("+18005550123"), [TollFree]);
        assert_eq!(categories("+447700900123"), [Mobile]);
        assert_eq!(categories("+448081570123"), [TollFree]);
        assert_eq!(categories("+442079460123"), [Local, National]);
        let purchase = Purchase::at_any_price("+18005550123".parse().unwrap());
        assert_eq!(purchase.clone().of_category(Local).categories(), [Local], "as it was found");
        let country =
            |purchase: &Purchase| purchase.price_country().map(|region| region.to_string());
        assert_eq!(country(&purchase).as_deref(), Some("US"));
        let canada = purchase.in_country(Region::CA);
        assert_eq!(country(&canada).as_deref(), Some("CA"));
        let satellite = Purchase::at_any_price("+8821012345678".parse().unwrap());
        assert_eq!(country(&satellite), None);
    }

    #[test]
    fn the_dearer_of_two_prices_counts() {
        let (cheap, dear) = (price("0 USD", "1 USD"), price("3 USD", "0.5 USD"));
        assert_eq!((cheap.dearer(dear), dear.dearer(cheap)), (Some(dear), Some(dear)));
        assert_eq!(cheap.dearer(price("0 EUR", "1 EUR")), None);
    }
}
