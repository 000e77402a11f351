//! Twilio's numbers: those that can be bought, and those of the account.
//!
//! What belongs here: the calls; what the answers mean stands in `wire`, and what a number costs in `price`.

mod price;
mod wire;

use async_trait::async_trait;
use http::Method;
use serde_json::Value;

use crate::{
    account::Account,
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    number::{PhoneNumber, Region},
    numbers::{
        AvailableNumber, InboundRoute, NumberCategory, NumberPrice, NumberQuery, NumberSearch,
        NumberSetup, Numbers, OwnedNumber, Purchase, Release,
    },
    transport::ApiRequest,
    twilio::{Product, TWILIO, Twilio},
};

pub(super) use wire::route;

/// Most things of one page: with more of them it might not fit into an answer's 256 KiB.
pub(super) const PAGE: usize = 100;

const OWN: &str = "IncomingPhoneNumbers.json";

/// Returns the word that Twilio has for a category in a path.
const fn word(category: NumberCategory) -> &'static str {
    match category {
        NumberCategory::Local => "Local",
        NumberCategory::Mobile => "Mobile",
        NumberCategory::TollFree => "TollFree",
        NumberCategory::National => "National",
    }
}

/// Place of a setup: what is new has nothing that could be removed, and a short code has no application.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    NewNumber,
    Number,
    ShortCode,
}

/// Reads the items of a list, page by page of this size, until there are so many that are wanted.
pub(super) async fn items<T>(
    request: ApiRequest<'_>,
    key: &str,
    (page, limit): (usize, usize),
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<T>> {
    let mut pages = request.query("PageSize", page.min(PAGE).to_string()).pages();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page: Value = page?.json()?;
        let items = page[key].as_array().map_or(&[][..], Vec::as_slice);
        found.extend(items.iter().filter_map(&read).take(limit - found.len()));
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

/// Adds the settings of a number or a short code to a form.
pub(super) fn with_setup<'a>(
    mut request: ApiRequest<'a>,
    setup: &NumberSetup,
    place: Place,
) -> ApiRequest<'a> {
    if let Some(name) = &setup.name {
        request = request.form("FriendlyName", name.to_string());
    }
    // An application wins over the URLs, so it has to go first.
    let bare = |request: ApiRequest<'a>| match place {
        Place::Number => request.form("SmsApplicationSid", ""),
        Place::NewNumber | Place::ShortCode => request,
    };
    match &setup.inbound {
        None => request,
        Some(InboundRoute::Webhook(url, method)) => {
            bare(request).form("SmsUrl", url.as_str()).form("SmsMethod", method.as_str())
        }
        Some(InboundRoute::Application(id)) => request.form("SmsApplicationSid", id),
        Some(InboundRoute::Nowhere) if place == Place::NewNumber => request,
        Some(InboundRoute::Nowhere) => bare(request).form("SmsUrl", ""),
    }
}

/// Names Twilio on a refusal that was made before it was asked.
pub(super) fn own(error: Error) -> Error {
    error.with_provider(TWILIO)
}

impl Twilio {
    /// Returns a number of the account.
    pub(super) async fn own_number(&self, number: PhoneNumber) -> Result<OwnedNumber> {
        let found = self.list_numbers(&NumberQuery::of(number).at_most(1)).await?;
        found.into_iter().next().ok_or_else(|| {
            let error = own(Error::not_sent(ErrorKind::NotFound)).without_message();
            error.with_detail("number: the account does not have it")
        })
    }

    fn search_request(&self, search: &NumberSearch) -> Result<ApiRequest<'_>> {
        search.check().map_err(own)?;
        let country = search.country.as_str();
        let path = [
            "AvailablePhoneNumbers".to_owned(),
            country.to_owned(),
            format!("{}.json", word(search.category)),
        ];
        let mut request = self.request(Method::GET, Product::Account, path);
        if let Some(area) = &search.area {
            if ![Region::US, Region::CA].contains(&search.country) {
                let rule = "area: Twilio has area codes in the United States and Canada alone; use containing";
                return Err(Error::unsupported(TWILIO, rule).without_message());
            }
            if area.len() != 3 {
                let error = own(Error::not_sent(ErrorKind::InvalidRequest)).without_message();
                return Err(error.with_detail("area: an area code has 3 digits"));
            }
            request = request.query("AreaCode", area.to_string());
        }
        let capabilities = search.capabilities;
        for (name, wanted) in [
            ("SmsEnabled", capabilities.sms),
            ("MmsEnabled", capabilities.mms),
            ("VoiceEnabled", capabilities.voice),
        ] {
            if wanted {
                request = request.query(name, "true");
            }
        }
        for (name, value) in [
            ("Contains", search.contains.as_deref()),
            ("InRegion", search.region.as_deref()),
            ("InLocality", search.city.as_deref()),
        ] {
            if let Some(value) = value {
                request = request.query(name, value);
            }
        }
        Ok(request)
    }
}

#[async_trait]
impl Numbers for Twilio {
    fn numbers_account(&self) -> AccountKey {
        AccountKey::new(TWILIO, self.account_id().clone())
    }

    /// Searches numbers, and asks the price list of the country for their price. A price list that cannot be read
    /// fails no search: the prices are `None` then.
    async fn search(&self, search: &NumberSearch) -> Result<Vec<AvailableNumber>> {
        let request = self.search_request(search)?;
        let read = |item: &Value| wire::available(item, search.country, search.category);
        let mut found =
            items(request, "available_phone_numbers", (search.limit, search.limit), read).await?;
        if !found.is_empty() {
            let price = price::of(self, search.country, &[search.category]).await;
            let price = price.unwrap_or_default();
            found.iter_mut().for_each(|number| number.price = price);
        }
        Ok(found)
    }

    /// Looks the price up in the list of the number's country, by its category.
    async fn number_price(&self, purchase: &Purchase) -> Result<NumberPrice> {
        match purchase.price_country() {
            Some(country) => price::of(self, country, purchase.categories()).await,
            None => Ok(NumberPrice::default()),
        }
    }

    async fn buy(&self, purchase: &Purchase) -> Result<OwnedNumber> {
        purchase.check().map_err(own)?;
        if purchase.at_most.is_some() {
            purchase.allows(&self.number_price(purchase).await?).map_err(own)?;
        }
        let mut request = self.request(Method::POST, Product::Account, [OWN]);
        request = request.form("PhoneNumber", purchase.number.to_string());
        request = with_setup(request, &purchase.setup, Place::NewNumber);
        if let Some(address) = &purchase.address {
            request = request.form("AddressSid", address);
        }
        if let Some(documents) = &purchase.documents {
            request = request.form("BundleSid", documents);
        }
        let bought: Value = request.send().await?.json()?;
        wire::owned(&bought).filter(|owned| owned.number == purchase.number).ok_or_else(|| {
            let error = own(Error::unknown(ErrorKind::InvalidResponse)).without_message();
            error.with_detail("answer to a purchase: does not name the number")
        })
    }

    async fn configure(&self, number: PhoneNumber, setup: &NumberSetup) -> Result<()> {
        setup.check(true).map_err(own)?;
        let owned = self.own_number(number).await?;
        let path = ["IncomingPhoneNumbers".to_owned(), format!("{}.json", owned.id)];
        let request = self.request(Method::POST, Product::Account, path);
        with_setup(request, setup, Place::Number).send().await.map(drop)
    }

    async fn list_numbers(&self, query: &NumberQuery) -> Result<Vec<OwnedNumber>> {
        query.check().map_err(own)?;
        let mut request = self.request(Method::GET, Product::Account, [OWN]);
        if let Some(number) = query.number {
            request = request.query("PhoneNumber", number.to_string());
        }
        if let Some(name) = &query.name {
            request = request.query("FriendlyName", name.to_string());
        }
        // Twilio's filters take a part of the number, and letters in any case.
        let read = |item: &Value| wire::owned(item).filter(|owned| query.fits(owned));
        let filtered = query.number.is_some() || query.name.is_some();
        let page = if filtered { PAGE } else { query.limit };
        items(request, "incoming_phone_numbers", (page, query.limit), read).await
    }

    async fn release(&self, release: &Release) -> Result<()> {
        let owned = self.own_number(release.number()).await?;
        let path = ["IncomingPhoneNumbers".to_owned(), format!("{}.json", owned.id)];
        self.request(Method::DELETE, Product::Account, path).send().await.map(drop)
    }
}
