//! [`Call`]: one request to the sandbox's Plivo, read.

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{Refusal, new_uuid, not_found, refusal};
use crate::{
    account_id::AccountId,
    plivo::PLIVO,
    sandbox::{self, AccountStanding, Ask, Carrier, Record, SandboxAccount},
};

/// A request that signed in.
pub(super) struct Call<'a> {
    pub(super) ask: &'a Ask<'a>,
    pub(super) carrier: &'a Carrier,
    pub(super) account: SandboxAccount,
    /// Parts of its path after the account.
    pub(super) parts: Vec<String>,
    /// Parameters of its JSON body; none if it has no body.
    pub(super) body: Map<String, Value>,
    pub(super) query: Vec<(String, String)>,
}

/// Returns the host and the path that a request names; no host if it names none.
pub(super) fn address<'a>(ask: &Ask<'a>) -> (Option<&'a str>, &'a str) {
    if let Some((host, path)) = ask.vendor_host("plivo.com") {
        return (Some(host), path);
    }
    // The host's name alone is understood, too: `/lookup/v1/Number/+447700900123`.
    let path = ask.uri.path();
    for (name, start) in [("api", "/v1/Account/"), ("lookup", "/v1/Number/")] {
        let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(name));
        if let Some(rest) = rest.filter(|rest| rest.starts_with(start)) {
            return (Some(name), rest);
        }
    }
    (None, path)
}

pub(super) fn sign_in(ask: &Ask<'_>, carrier: &Carrier) -> Result<SandboxAccount, Refusal> {
    let refused = || refusal(401, "authentication failed");
    let (user, token) = ask.basic().ok_or_else(refused)?;
    let account = carrier.account(&PLIVO, &AccountId::from(user.as_str()));
    account
        .filter(|account| account.token == token && account.state == AccountStanding::Active)
        .ok_or_else(refused)
}

impl<'a> Call<'a> {
    pub(super) fn read(ask: &'a Ask<'a>, carrier: &'a Carrier) -> Result<Self, Refusal> {
        let signed_in = sign_in(ask, carrier)?;
        let (_, path) = address(ask);
        let path = path.strip_prefix("/v1/Account/").ok_or_else(not_found)?;
        let path = path.strip_suffix('/').ok_or_else(not_found)?; // the slash is part of every address
        let mut parts = Vec::new();
        // Plivo's SDK for Node asks for its account with two slashes at the end (seen 2026-11).
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let part = percent_decode_str(part).decode_utf8().map_err(|_| not_found())?;
            parts.push(part.into_owned());
        }
        if parts.is_empty() {
            return Err(not_found());
        }
        let id: AccountId = parts.remove(0).into();
        let account = if id == signed_in.id {
            signed_in
        } else {
            let below = carrier.account(&PLIVO, &id);
            let below = below.filter(|account| account.parent.as_ref() == Some(&signed_in.id));
            below.ok_or_else(not_found)?
        };
        let multipart =
            ask.header("content-type").is_some_and(|kind| kind.starts_with("multipart/"));
        let body = match serde_json::from_slice(ask.body) {
            Ok(Value::Object(body)) => body,
            // What a GET or a DELETE carries is its SDK's affair.
            _ if ask.body.is_empty() || multipart || ask.method != "POST" => Map::new(),
            _ => return Err(refusal(400, "the body is not JSON")),
        };
        words_are_known(&body)?;
        Ok(Self { ask, carrier, account, parts, body, query: ask.query() })
    }

    /// Returns a parameter of the body that is a text; `None` if there is none or an empty one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Returns a parameter of the body as the text of a number or a text.
    pub(super) fn loose(&self, name: &str) -> Option<String> {
        match self.body.get(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// Returns a parameter of the query; `None` if there is none or an empty one.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns the refusal of a parameter that is missing.
    pub(super) fn missing(&self, name: &str) -> Refusal {
        (400, format!("{name} parameter not present"))
    }

    /// Returns the path of what is kept for the account.
    pub(super) fn key(&self, path: &str) -> String {
        format!("/{}/{path}", self.account.id)
    }

    /// Returns the address of something of the account, without the host.
    pub(super) fn uri(&self, path: &str) -> String {
        format!("/v1/Account/{}/{path}/", self.account.id)
    }

    pub(super) fn record(&self, path: &str) -> Result<Record, Refusal> {
        self.carrier.records().get(&self.key(path)).ok_or_else(not_found)
    }

    pub(super) fn keep(&self, path: &str, fields: Map<String, Value>) -> Record {
        self.carrier.records().insert(&self.key(path), fields, self.carrier.now())
    }

    /// Changes a record. Returns it as it is then.
    pub(super) fn change(
        &self,
        path: &str,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> Result<Record, Refusal> {
        let changed = self.carrier.records().change(&self.key(path), self.carrier.now(), change);
        changed.ok_or_else(not_found)
    }

    pub(super) fn remove(&self, path: &str) -> Result<(), Refusal> {
        if self.carrier.records().remove(&self.key(path)) { Ok(()) } else { Err(not_found()) }
    }

    /// Answers with a body, and the id of the request in it.
    pub(super) fn answer(&self, status: u16, mut body: Value) -> Response<Bytes> {
        body["api_id"] = new_uuid().into();
        sandbox::json(status, &body)
    }

    /// Answers that something was changed.
    pub(super) fn changed(&self) -> Response<Bytes> {
        self.answer(202, json!({"message": "changed"}))
    }

    /// Answers with a page of records, of those that have what the query asks for.
    pub(super) fn records_page(
        &self,
        key: &str,
        collection: &str,
        show: impl Fn(&Record) -> Value,
    ) -> Result<Response<Bytes>, Refusal> {
        let mut shown: Vec<Value> =
            self.carrier.records().list(&self.key(collection)).iter().map(show).collect();
        shown.retain(|record| {
            let mut asked = self.query.iter().filter(|(n, _)| n != "limit" && n != "offset");
            asked.all(|(name, value)| {
                let named = match name.as_str() {
                    "type" => "number_type",
                    "subaccount" => "sub_account",
                    "country" => "destination_country_iso2",
                    name => name,
                };
                match record.get(named).or_else(|| record.get(name)) {
                    Some(Value::String(own)) => own == value,
                    Some(Value::Null) => value.is_empty(),
                    Some(Value::Bool(own)) => value.parse() == Ok(*own),
                    Some(Value::Number(own)) => {
                        value.parse().is_ok_and(|wanted: f64| own.as_f64() == Some(wanted))
                    }
                    _ => true,
                }
            })
        });
        shown.reverse();
        self.page(key, &shown, Value::clone)
    }

    /// Answers with a page of a list, which begins at `offset`.
    pub(super) fn page<T>(
        &self,
        key: &str,
        items: &[T],
        show: impl Fn(&T) -> Value,
    ) -> Result<Response<Bytes>, Refusal> {
        let number = |name: &str, default: usize| match self.get(name) {
            Some(text) => text.parse().map_err(|_| (400, format!("{name} is not valid"))),
            None => Ok(default),
        };
        let (limit, offset) = (number("limit", 20)?, number("offset", 0)?);
        if !(1..=20).contains(&limit) {
            return Err(refusal(400, "limit must be 1 to 20"));
        }
        let objects: Vec<Value> = items.iter().skip(offset).take(limit).map(show).collect();
        let address = |offset: usize| {
            let mut page = form_urlencoded::Serializer::new(String::new());
            for (name, value) in self.query.iter().filter(|(n, _)| n != "limit" && n != "offset") {
                page.append_pair(name, value);
            }
            page.append_pair("limit", &limit.to_string());
            page.append_pair("offset", &offset.to_string());
            format!("{}?{}", self.uri(&self.parts.join("/")), page.finish())
        };
        let end = offset.saturating_add(limit);
        let next = (items.len() > end).then(|| address(end));
        let previous = (offset > 0).then(|| address(offset.saturating_sub(limit)));
        let mut meta = json!({
            "limit": limit, "offset": offset, "next": next, "previous": previous,
            "total_count": items.len(),
        });
        if self.parts.first().is_some_and(|first| first == "TollfreeVerification") {
            meta["count"] = items.len().into();
        }
        let mut body = json!({ "meta": meta });
        body[key] = objects.into();
        Ok(self.answer(200, body))
    }
}

const FLAG: &[&str] = &["true", "false"];
const METHOD: &[&str] = &["GET", "POST"];

/// Parameters that may have these words alone; one that may be `true` may be a JSON boolean, too.
const WORDS: [(&str, &[&str]); 26] = [
    ("method", METHOD),
    ("answer_method", METHOD),
    ("hangup_method", METHOD),
    ("fallback_method", METHOD),
    ("message_method", METHOD),
    ("callback_method", METHOD),
    ("trackable", FLAG),
    ("sticky_sender", FLAG),
    ("local_connect", FLAG),
    ("log_incoming_messages", FLAG),
    ("embedded_link", FLAG),
    ("embedded_phone", FLAG),
    ("age_gated", FLAG),
    ("direct_lending", FLAG),
    ("affiliate_marketing", FLAG),
    ("subscriber_optin", FLAG),
    ("subscriber_optout", FLAG),
    ("subscriber_help", FLAG),
    ("log", &["true", "false", "content_only", "number_only"]),
    ("application_type", &["xml", "XML", "phlo", "PHLO"]),
    ("customer_type", &["DIRECT", "RESELLER"]),
    (
        "entity_type",
        &[
            "PRIVATE",
            "PUBLIC",
            "NON_PROFIT",
            "GOVERNMENT",
            "INDIVIDUAL",
            "PUBLIC_PROFIT",
            "PRIVATE_PROFIT",
        ],
    ),
    ("alt_business_id_type", &["DUNS", "LEI", "GIIN", "NONE"]),
    ("brand_type", &["STARTER", "STANDARD"]),
    ("optin_type", &["VERBAL", "WEB_FORM", "PAPER_FORM", "VIA_TEXT", "MOBILE_QR_CODE"]),
    ("type", &["sms", "mms", "whatsapp", "local", "tollfree", "mobile", "fixed", "national"]),
];

fn words_are_known(body: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, words) in WORDS {
        let right = match body.get(name) {
            None | Some(Value::Null) => true,
            Some(Value::Bool(_)) => words.contains(&"true"),
            Some(Value::String(text)) => text.is_empty() || words.contains(&text.as_str()),
            Some(_) => false,
        };
        if !right {
            return Err((400, format!("{name} must be one of {}", words.join(", "))));
        }
    }
    let priority = body.get("number_priority").is_none_or(|value| value.is_array() || value == "");
    let dtmf = body.get("dtmf").is_none_or(|value| {
        value.is_number()
            || value.as_str().is_some_and(|text| text.parse::<u32>().is_ok() || text.is_empty())
    });
    match (priority, dtmf) {
        (false, _) => Err(refusal(400, "number_priority must be a list")),
        (_, false) => Err(refusal(400, "dtmf must be a number")),
        _ => Ok(()),
    }
}

/// Returns an answer without a body.
pub(super) fn deleted() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = http::StatusCode::NO_CONTENT;
    response
}

/// Returns a time as RFC 3339, with six digits of its second.
pub(super) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
