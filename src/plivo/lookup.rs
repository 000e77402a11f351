//! Plivo's lookup of numbers, which is on a host of its own.

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;

use crate::{
    error::{ErrorKind, Result},
    lookup::{LineType, Lookup, LookupPackage, LookupReport, NumberCarrier, supported},
    message::Money,
    number::PhoneNumber,
    plivo::{PLIVO, Plivo},
    provider_id::ProviderId,
};

/// Price of one lookup, by Plivo's page on it (2026-11-20).
const PRICE: &str = "0.004";

/// The part of an answer that this crate reads.
#[derive(Deserialize)]
struct Answer {
    country: Option<Country>,
    carrier: Option<Carrier>,
}

#[derive(Deserialize)]
struct Country {
    iso2: Option<String>,
}

#[derive(Deserialize)]
struct Carrier {
    mobile_country_code: Option<String>,
    mobile_network_code: Option<String>,
    name: Option<String>,
    #[serde(rename = "type")]
    line: Option<String>,
    ported: Option<String>,
}

#[async_trait]
impl Lookup for Plivo {
    fn lookup_provider(&self) -> ProviderId {
        PLIVO
    }

    fn packages(&self) -> &'static [LookupPackage] {
        &[LookupPackage::LineType]
    }

    fn lookup_price(&self, _: &[LookupPackage]) -> Option<Money> {
        Money::charge(PRICE, "USD".parse().ok()?)
    }

    /// Asks about a number: line and carrier come along and cost the same whether they are asked for or not.
    async fn lookup(
        &self,
        number: PhoneNumber,
        packages: &[LookupPackage],
    ) -> Result<LookupReport> {
        supported(self, packages)?;
        let inner = self.inner();
        let path = ["v1".to_owned(), "Number".to_owned(), number.to_string()];
        let request = inner.api.request_at(Ok(inner.lookup.clone()), "", Method::GET, path);
        let mut report = LookupReport::empty(number);
        let answer: Answer = match request.query("type", "carrier").send().await {
            Ok(answer) => answer.json()?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                report.valid = Some(false);
                return Ok(report);
            }
            Err(error) => return Err(error),
        };
        report.valid = Some(true);
        let country = answer.country.and_then(|country| country.iso2);
        report.country = country.and_then(|code| code.parse().ok());
        if let Some(carrier) = answer.carrier.filter(|_| !packages.is_empty()) {
            let known = |text: Option<String>| text.filter(|text| !text.is_empty());
            report.line = carrier.line.as_deref().and_then(line);
            let ported = match carrier.ported.as_deref() {
                Some("yes") => Some(true),
                Some("no") => Some(false),
                _ => None,
            };
            report.carrier = Some(NumberCarrier {
                name: known(carrier.name),
                mcc: known(carrier.mobile_country_code),
                mnc: known(carrier.mobile_network_code),
                ported,
            });
        }
        Ok(report)
    }
}

fn line(word: &str) -> Option<LineType> {
    Some(match word {
        "mobile" => LineType::Mobile,
        "fixed" => LineType::Landline,
        "voip" => LineType::Voip,
        "toll-free" => LineType::TollFree,
        _ => return None, // "unknown", and what comes later
    })
}
