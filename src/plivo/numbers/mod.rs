//! Plivo's numbers: those that can be bought, and those of the account.
//!
//! What belongs here: the calls; what the answers mean stands in `wire`.

mod wire;

use async_trait::async_trait;
use http::Method;
use serde_json::{Map, Value};

use crate::{
    account::Account,
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    message::ShortCode,
    number::PhoneNumber,
    numbers::{
        AvailableNumber, InboundRoute, NumberCategory, NumberPrice, NumberQuery, NumberSearch,
        NumberSetup, Numbers, OwnedNumber, OwnedShortCode, Purchase, Release, ShortCodes,
    },
    plivo::{PLIVO, Plivo},
    transport::{ApiRequest, lenient::field},
};

/// Most things of one page, by Plivo's limit (2026-11).
pub(super) const PAGE: usize = 20;

/// Returns the word that Plivo has for a category.
const fn word(category: NumberCategory) -> &'static str {
    match category {
        NumberCategory::Local => "local",
        NumberCategory::Mobile => "mobile",
        NumberCategory::TollFree => "tollfree",
        NumberCategory::National => "national",
    }
}

/// Reads the items of a list, page by page of this size, until there are so many that are wanted.
pub(super) async fn items<T>(
    request: ApiRequest<'_>,
    (page, limit): (usize, usize),
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<T>> {
    let mut pages = request.query("limit", page.min(PAGE).to_string()).pages();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page: Value = page?.json()?;
        let items = page["objects"].as_array().map_or(&[][..], Vec::as_slice);
        found.extend(items.iter().filter_map(&read).take(limit - found.len()));
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

/// Names Plivo on a refusal that was made before it was asked.
pub(super) fn own(error: Error) -> Error {
    error.with_provider(PLIVO)
}

pub(super) fn unsupported(rule: &'static str) -> Error {
    Error::unsupported(PLIVO, rule).without_message()
}

/// Returns the digits after the country code.
fn national(number: PhoneNumber) -> String {
    let (digits, code) = (number.digits().to_string(), number.country_code().to_string());
    digits.strip_prefix(&code).unwrap_or(&digits).to_owned()
}

impl Plivo {
    fn search_request(&self, search: &NumberSearch) -> Result<ApiRequest<'_>> {
        search.check().map_err(own)?;
        if search.contains.is_some() {
            let rule = "contains: Plivo searches by the first digits alone; use area";
            return Err(unsupported(rule));
        }
        let mut request = self
            .request(Method::GET, ["PhoneNumber"])
            .query("country_iso", search.country.as_str())
            .query("type", word(search.category));
        if let Some(area) = &search.area {
            request = request.query("pattern", area.to_string());
        }
        let (region, city) = (search.region.as_deref(), search.city.as_deref());
        for (name, value) in [("region", region), ("city", city)] {
            if let Some(value) = value {
                request = request.query(name, value);
            }
        }
        let wanted = search.capabilities;
        let services = [("voice", wanted.voice), ("sms", wanted.sms), ("mms", wanted.mms)];
        let services: Vec<&str> =
            services.into_iter().filter_map(|(name, wanted)| wanted.then_some(name)).collect();
        Ok(match services.is_empty() {
            true => request,
            false => request.query("services", services.join(",")),
        })
    }

    /// Returns the settings of a number as Plivo's parameters.
    fn parameters(setup: &NumberSetup) -> Result<Map<String, Value>> {
        let mut body = Map::new();
        if let Some(name) = &setup.name {
            body.insert("alias".to_owned(), name.to_string().into());
        }
        match &setup.inbound {
            None => {}
            Some(InboundRoute::Application(id)) => {
                body.insert("app_id".to_owned(), id.as_str().into());
            }
            // Plivo's word for no application (2026-11).
            Some(InboundRoute::Nowhere) => drop(body.insert("app_id".to_owned(), "null".into())),
            Some(_) => {
                let rule = "inbound: a number of Plivo's takes no webhook; make an application with it \
                    by create_application, and route to that";
                return Err(unsupported(rule));
            }
        }
        Ok(body)
    }
}

#[async_trait]
impl Numbers for Plivo {
    fn numbers_account(&self) -> AccountKey {
        AccountKey::new(PLIVO, self.account_id().clone())
    }

    async fn search(&self, search: &NumberSearch) -> Result<Vec<AvailableNumber>> {
        let request = self.search_request(search)?;
        let read = |item: &Value| wire::available(item, search.country, search.category);
        items(request, (search.limit, search.limit), read).await
    }

    /// Searches the number among those that can be bought, which tells its price.
    async fn number_price(&self, purchase: &Purchase) -> Result<NumberPrice> {
        let Some(country) = purchase.price_country() else { return Ok(NumberPrice::default()) };
        let number = purchase.number;
        let request = self
            .request(Method::GET, ["PhoneNumber"])
            .query("country_iso", country.as_str())
            .query("pattern", national(number));
        let category = purchase.category.unwrap_or(NumberCategory::Local);
        let read = |item: &Value| {
            wire::available(item, country, category).filter(|found| found.number == number)
        };
        let found = items(request, (PAGE, 1), read).await?;
        found.first().map(|found| found.price).ok_or_else(|| {
            let error = own(Error::not_sent(ErrorKind::NotFound)).without_message();
            error.with_detail("number: Plivo does not offer it now")
        })
    }

    async fn buy(&self, purchase: &Purchase) -> Result<OwnedNumber> {
        purchase.check().map_err(own)?;
        if purchase.address.is_some() {
            return Err(unsupported("address: Plivo takes documents, a compliance application"));
        }
        if purchase.setup.name.is_some() {
            return Err(unsupported(
                "name: Plivo takes none at a purchase; configure the number then",
            ));
        }
        let mut body = Self::parameters(&purchase.setup)?;
        body.retain(|_, value| value != "null"); // a new number has no application
        if let Some(documents) = &purchase.documents {
            body.insert("compliance_application_id".to_owned(), documents.as_str().into());
        }
        if purchase.at_most.is_some() {
            purchase.allows(&self.number_price(purchase).await?).map_err(own)?;
        }
        let digits = purchase.number.digits().to_string();
        let request = self.request(Method::POST, ["PhoneNumber", &digits]).json(&body);
        let answer: Value = request.send().await?.json()?;
        if !wire::is_bought(&answer, &digits) {
            let error = own(Error::unknown(ErrorKind::Conflict)).without_message();
            let rule =
                "number: is ordered, and not the account's yet, as Plivo checks documents first";
            return Err(error.with_detail(rule));
        }
        // It is bought, whether it can be read now or not.
        let read = self.list_numbers(&NumberQuery::of(purchase.number)).await;
        let read = read.ok().and_then(|found| found.into_iter().next());
        Ok(read.unwrap_or_else(|| OwnedNumber::new(digits, purchase.number)))
    }

    async fn configure(&self, number: PhoneNumber, setup: &NumberSetup) -> Result<()> {
        setup.check(true).map_err(own)?;
        let (body, digits) = (Self::parameters(setup)?, number.digits().to_string());
        self.request(Method::POST, ["Number", &digits]).json(&body).send().await.map(drop)
    }

    async fn list_numbers(&self, query: &NumberQuery) -> Result<Vec<OwnedNumber>> {
        query.check().map_err(own)?;
        let fits = |item: &Value| wire::owned(item).filter(|owned| query.fits(owned));
        if let Some(number) = query.number {
            let digits = number.digits().to_string();
            return match self.request(Method::GET, ["Number", &digits]).send().await {
                Ok(found) => Ok(fits(&found.json()?).into_iter().collect()),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        }
        let mut request = self.request(Method::GET, ["Number"]);
        let mut page = query.limit;
        if let Some(name) = &query.name {
            (request, page) = (request.query("alias", name.to_string()), PAGE);
        }
        items(request, (page, query.limit), fits).await
    }

    async fn release(&self, release: &Release) -> Result<()> {
        let digits = release.number().digits().to_string();
        self.request(Method::DELETE, ["Number", &digits]).send().await.map(drop)
    }
}

const NO_SHORT_CODES: &str =
    "short codes: Plivo's API has none, its support sets them up; Pools tells those of a Powerpack";

#[async_trait]
impl ShortCodes for Plivo {
    fn short_codes_account(&self) -> AccountKey {
        AccountKey::new(PLIVO, self.account_id().clone())
    }

    async fn list_short_codes(&self) -> Result<Vec<OwnedShortCode>> {
        Err(unsupported(NO_SHORT_CODES))
    }

    async fn configure_short_code(&self, _: &ShortCode, _: &NumberSetup) -> Result<()> {
        Err(unsupported(NO_SHORT_CODES))
    }
}

/// Returns the last part of an address of Plivo's, which has its id.
pub(super) fn last_part(object: &Value, name: &str) -> Option<String> {
    let uri = field(object, name)?;
    let id = uri.trim_end_matches('/').rsplit('/').next()?;
    (!id.is_empty()).then(|| id.to_owned())
}
