//! Pricing: the sandbox's price lists, as Twilio writes them.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{NOT_FOUND, Refusal, call::Call, resource};
use crate::{
    number::PhoneNumber,
    sandbox::{self, Prices},
};

/// Price of a minute of a call, and of one that is received.
const CALL: f64 = 0.014;
const RECEIVED: f64 = 0.0085;

/// Answers a request for prices, which all are reads.
pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    if call.operation.list.is_some() {
        let countries = sandbox::prices().iter().map(|list| {
            let url = call.url(&format!("{}/{}", call.path, list.country));
            json!({"country": list.name, "iso_country": list.country, "url": url})
        });
        return Ok(resource::page(call, &countries.collect::<Vec<_>>(), Value::clone));
    }
    let url = call.url(&call.path);
    let country = call.argument("IsoCountry");
    if !country.is_empty() {
        let list = Prices::of(country).ok_or(NOT_FOUND)?;
        return Ok(sandbox::json(200, &of_country(call, list, &url)));
    }
    let number = [call.argument("Number"), call.argument("DestinationNumber")].concat();
    let number: PhoneNumber = number.parse().map_err(|_| NOT_FOUND)?;
    let list = Prices::to(number);
    let origin = call.get("OriginationNumber");
    let call_price =
        json!({"base_price": CALL, "current_price": CALL, "origination_prefixes": ["ALL"]});
    let inbound =
        json!({"base_price": RECEIVED, "current_price": RECEIVED, "number_type": "local"});
    let mut body = json!({
        "country": list.name, "iso_country": list.country, "price_unit": "USD", "url": url,
    });
    match call.operation.path.as_str() {
        "/v1/Voice/Numbers/{Number}" => {
            body["number"] = number.to_string().into();
            body["outbound_call_price"] = json!({"base_price": CALL, "current_price": CALL});
            body["inbound_call_price"] = inbound;
        }
        "/v2/Voice/Numbers/{DestinationNumber}" => {
            body["outbound_call_prices"] = json!([call_price]);
            body["inbound_call_price"] = inbound;
        }
        _ => {
            let mut terminating = call_price;
            terminating["destination_prefixes"] = json!([number.country_code().to_string()]);
            terminating["friendly_name"] = list.name.into();
            body["terminating_prefix_prices"] = json!([terminating]);
            body["originating_call_price"] = inbound;
        }
    }
    if call.operation.path.starts_with("/v2") {
        body["destination_number"] = number.to_string().into();
        body["origination_number"] = json!(origin);
    }
    Ok(sandbox::json(200, &body))
}

fn of_country(call: &Call<'_>, list: &Prices, url: &str) -> Value {
    let mut body = json!({
        "country": list.name, "iso_country": list.country, "price_unit": "USD", "url": url,
    });
    let kinds = [("local", list.local), ("mobile", list.mobile), ("toll free", list.toll_free)];
    let kinds: Vec<_> =
        kinds.into_iter().filter_map(|(kind, price)| Some((kind, price?))).collect();
    // Messages and numbers have texts for prices, calls have numbers, as Twilio's examples show.
    let price = |kind: &str, price: Value| json!({"number_type": kind, "base_price": price, "current_price": price});
    let prefixes = [list.calling_code.to_string()];
    let mut prefix = json!({"friendly_name": list.name, "base_price": CALL, "current_price": CALL});
    if call.operation.path.starts_with("/v1") {
        prefix["prefixes"] = json!(prefixes);
    } else {
        prefix["destination_prefixes"] = json!(prefixes);
        prefix["origination_prefixes"] = json!(["ALL"]);
    }
    let prefixes = json!([prefix]);
    let inbound = |amount: Value| -> Vec<Value> {
        kinds.iter().map(|(kind, _)| price(kind, amount.clone())).collect()
    };
    match call.operation.path.as_str() {
        "/v1/Messaging/Countries/{IsoCountry}" => {
            let out: Vec<Value> = ["local", "mobile", "shortcode"]
                .map(|kind| price(kind, list.outbound.to_string().into()))
                .into();
            body["outbound_sms_prices"] = json!([{"carrier": "Sandbox Mobile", "mcc": "310",
                "mnc": "260", "prices": out}]);
            body["inbound_sms_prices"] = inbound(list.inbound.to_string().into()).into();
        }
        "/v1/PhoneNumbers/Countries/{IsoCountry}" => {
            let prices = kinds.iter().map(|(kind, amount)| price(kind, amount.to_string().into()));
            body["phone_number_prices"] = prices.collect();
        }
        "/v2/Trunking/Countries/{IsoCountry}" => {
            body["terminating_prefix_prices"] = prefixes;
            body["originating_call_prices"] = inbound(RECEIVED.into()).into();
        }
        _ => {
            body["outbound_prefix_prices"] = prefixes;
            body["inbound_call_prices"] = inbound(RECEIVED.into()).into();
        }
    }
    body
}
