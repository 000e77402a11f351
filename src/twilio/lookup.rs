//! Twilio's Lookup, version 2.

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::Result,
    lookup::{LineType, Lookup, LookupPackage, LookupReport, NumberCarrier, supported},
    message::Money,
    number::PhoneNumber,
    provider_id::ProviderId,
    twilio::{Product, TWILIO, Twilio},
};

/// Packages with the names that Twilio has for them.
const PACKAGES: [(LookupPackage, &str); 7] = [
    (LookupPackage::LineType, "line_type_intelligence"),
    (LookupPackage::CallerName, "caller_name"),
    (LookupPackage::SimSwap, "sim_swap"),
    (LookupPackage::CallForwarding, "call_forwarding"),
    (LookupPackage::LineStatus, "line_status"),
    (LookupPackage::Reassigned, "reassigned_number"),
    (LookupPackage::PumpingRisk, "sms_pumping_risk"),
];

/// The part of an answer that this crate reads.
#[derive(Deserialize)]
struct Answer {
    valid: Option<bool>,
    country_code: Option<String>,
    #[serde(flatten)]
    packages: serde_json::Map<String, Value>,
}

#[async_trait]
impl Lookup for Twilio {
    fn lookup_provider(&self) -> ProviderId {
        TWILIO
    }

    fn packages(&self) -> &'static [LookupPackage] {
        const ALL: [LookupPackage; 7] = [
            LookupPackage::LineType,
            LookupPackage::CallerName,
            LookupPackage::SimSwap,
            LookupPackage::CallForwarding,
            LookupPackage::LineStatus,
            LookupPackage::Reassigned,
            LookupPackage::PumpingRisk,
        ];
        &ALL
    }

    /// Returns nothing to pay without packages, and `None` with any: no API of Twilio's tells their prices.
    fn lookup_price(&self, packages: &[LookupPackage]) -> Option<Money> {
        if packages.is_empty() { Money::charge("0", "USD".parse().ok()?) } else { None }
    }

    async fn lookup(
        &self,
        number: PhoneNumber,
        packages: &[LookupPackage],
    ) -> Result<LookupReport> {
        supported(self, packages)?;
        let names: Vec<&str> = PACKAGES
            .iter()
            .filter(|(package, _)| packages.contains(package))
            .map(|(_, name)| *name)
            .collect();
        let path = ["v2".to_owned(), "PhoneNumbers".to_owned(), number.to_string()];
        let mut request = self.request(Method::GET, Product::Lookups, path);
        if !names.is_empty() {
            request = request.query("Fields", names.join(","));
        }
        let answer: Answer = request.send().await?.json()?;
        Ok(report(number, packages, &answer))
    }
}

fn report(number: PhoneNumber, packages: &[LookupPackage], answer: &Answer) -> LookupReport {
    let mut report = LookupReport::empty(number);
    report.valid = answer.valid;
    report.country = answer.country_code.as_deref().and_then(|code| code.parse().ok());
    for (package, name) in PACKAGES.iter().filter(|(package, _)| packages.contains(package)) {
        let part = answer.packages.get(*name).unwrap_or(&Value::Null);
        let text = |field: &str| part[field].as_str().filter(|text| !text.is_empty());
        let code = part["error_code"].as_u64().or_else(|| text("error_code")?.parse().ok());
        if let Some(code) = code.and_then(|code| u32::try_from(code).ok()).filter(|code| *code > 0)
        {
            report.failed.push((*package, code));
            continue;
        }
        match package {
            LookupPackage::LineType => {
                report.line = text("type").and_then(line);
                let owned = |field| text(field).map(str::to_owned);
                let carrier = NumberCarrier {
                    name: owned("carrier_name"),
                    mcc: owned("mobile_country_code"),
                    mnc: owned("mobile_network_code"),
                    ported: None,
                };
                report.carrier =
                    Some(carrier).filter(|carrier| *carrier != NumberCarrier::default());
            }
            LookupPackage::CallerName => report.caller_name = text("caller_name").map(Into::into),
            LookupPackage::SimSwap => {
                let last = &part["last_sim_swap"];
                report.sim_swapped = last["swapped_in_period"].as_bool();
                let at = last["last_sim_swap_date"].as_str();
                report.sim_swapped_at = at.and_then(|at| at.parse().ok());
            }
            LookupPackage::CallForwarding => {
                // Some sources have it as a text (seen 2026-11).
                let forwarded = &part["call_forwarding_enabled"];
                let by_word = || forwarded.as_str().map(|word| word == "true" || word == "enabled");
                report.forwarded = forwarded.as_bool().or_else(by_word);
            }
            LookupPackage::LineStatus => {
                report.active = match text("status") {
                    Some("active" | "reachable") => Some(true),
                    Some("inactive" | "unreachable") => Some(false),
                    _ => None,
                };
            }
            LookupPackage::Reassigned => {
                report.reassigned = match text("is_number_reassigned") {
                    Some("yes") => Some(true),
                    Some("no") => Some(false),
                    _ => None,
                };
            }
            LookupPackage::PumpingRisk => {
                let score = part["sms_pumping_risk_score"].as_u64();
                report.pumping_risk = score.and_then(|score| u8::try_from(score.min(100)).ok());
            }
        }
    }
    report
}

fn line(word: &str) -> Option<LineType> {
    Some(match word {
        "mobile" => LineType::Mobile,
        "landline" => LineType::Landline,
        "fixedVoip" => LineType::FixedVoip,
        "nonFixedVoip" => LineType::NonFixedVoip,
        "tollFree" => LineType::TollFree,
        "premium" | "sharedCost" => LineType::Premium,
        "personal" | "pager" | "voicemail" | "uan" => LineType::Other,
        _ => return None, // "unknown", and what comes later
    })
}
