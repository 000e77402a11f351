//! The account and its subaccounts.

use bytes::Bytes;
use http::Response;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    PlivoSandbox, Refusal,
    call::{Call, deleted},
    new_id, not_found, number, refusal,
};
use crate::{
    plivo::PLIVO,
    sandbox::{self, AccountStanding, Carrier, SandboxAccount},
};

/// Opens a main account with a number: of this id and token, or of its own making.
pub(super) fn open(carrier: &Carrier, known: Option<(&str, &str)>) -> SandboxAccount {
    let made = (new_id("MA", 18), new_id("", 40));
    let (id, token) = known.unwrap_or((&made.0, &made.1));
    let mut account = SandboxAccount::new(PLIVO, id, token);
    (account.created_at, account.updated_at) = (carrier.now(), carrier.now());
    carrier.open_account(account.clone());
    let number = match known {
        Some(_) => PlivoSandbox::NUMBER.to_owned(),
        None => number::free(carrier),
    };
    number::keep(carrier, &account, &number, None);
    account
}

/// Answers a request about the account itself.
pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    if call.ask.method == "POST" {
        let path = "Settings";
        let settings = ["name", "city", "address"].map(|name| (name, call.text(name)));
        let mut known = call.record(path).map(|record| record.fields).unwrap_or_default();
        for (name, value) in settings.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            known.insert(name.to_owned(), value.into());
        }
        call.keep(path, known);
        return Ok(call.changed());
    }
    let settings = call.record("Settings").map(|record| record.fields).unwrap_or_default();
    let set = |name: &str, default: &str| {
        settings.get(name).cloned().unwrap_or_else(|| Value::from(default))
    };
    let account = &call.account;
    let credits: Decimal = account.balance;
    Ok(call.answer(
        200,
        json!({
            "account_type": if account.trial { "developer" } else { "standard" },
            "address": set("address", ""), "auth_id": account.id.as_str(), "auto_recharge": false,
            "billing_mode": "prepaid", "cash_credits": format!("{credits:.5}"),
            "city": set("city", ""), "name": set("name", &account.name),
            "resource_uri": format!("/v1/Account/{}/", account.id), "state": "", "timezone": "UTC",
        }),
    ))
}

/// Answers a request about subaccounts.
pub(super) fn subaccounts(call: &Call<'_>, rest: &[&str]) -> Result<Response<Bytes>, Refusal> {
    let main = &call.account.id;
    let find = |id: &str| {
        let account = call.carrier.account(&PLIVO, &id.into());
        account.filter(|sub| sub.parent.as_ref() == Some(main)).ok_or_else(not_found)
    };
    let enabled = || match call.body.get("enabled") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(enabled)) => Ok(Some(*enabled)),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(Some(text == "true")),
        Some(_) => Err(refusal(400, "enabled must be true or false")),
    };
    let state =
        |enabled| if enabled { AccountStanding::Active } else { AccountStanding::Suspended };
    match (call.ask.method.as_str(), rest) {
        ("POST", []) => {
            if call.account.parent.is_some() {
                return Err(refusal(403, "a subaccount cannot have subaccounts"));
            }
            let name = call.text("name").ok_or_else(|| call.missing("name"))?;
            let mut sub = SandboxAccount::new(PLIVO, new_id("SA", 18), new_id("", 40));
            sub.parent = Some(main.clone());
            name.clone_into(&mut sub.name);
            sub.state = state(enabled()?.unwrap_or(true));
            sub.trial = call.account.trial;
            sub.verified.clone_from(&call.account.verified);
            (sub.created_at, sub.updated_at) = (call.carrier.now(), call.carrier.now());
            let (id, token) = (sub.id.clone(), sub.token.clone());
            call.carrier.open_account(sub);
            let body = json!({"auth_id": id.as_str(), "auth_token": token, "message": "created"});
            Ok(call.answer(201, body))
        }
        ("GET", []) => {
            let mut all = call.carrier.accounts();
            all.retain(|sub| sub.provider == PLIVO && sub.parent.as_ref() == Some(main));
            all.sort_by_key(|sub| std::cmp::Reverse(sub.created_at));
            call.page("objects", &all, |sub| shown(call, sub))
        }
        ("GET", [id]) => Ok(call.answer(200, shown(call, &find(id)?))),
        ("POST", [id]) => {
            let (sub, enabled) = (find(id)?, enabled()?);
            call.carrier.change_account(&PLIVO, &sub.id, |sub| {
                if let Some(name) = call.text("name") {
                    name.clone_into(&mut sub.name);
                }
                sub.state = enabled.map_or(sub.state, state);
            });
            Ok(call.changed())
        }
        ("DELETE", [id]) => {
            call.carrier.remove_account(&PLIVO, &find(id)?.id);
            Ok(deleted())
        }
        ("GET" | "POST", _) => Err(not_found()),
        _ => Err(refusal(405, "method not allowed")),
    }
}

fn shown(call: &Call<'_>, sub: &SandboxAccount) -> Value {
    let modified =
        (sub.updated_at != sub.created_at).then(|| sub.updated_at.strftime("%Y-%m-%d").to_string());
    json!({
        "account": format!("/v1/Account/{}/", call.account.id), "auth_id": sub.id.as_str(),
        "auth_token": sub.token, "new_auth_token": sub.token, "name": sub.name,
        "enabled": sub.state == sandbox::AccountStanding::Active,
        "created": sub.created_at.strftime("%Y-%m-%d").to_string(), "modified": modified,
        "resource_uri": call.uri(&format!("Subaccount/{}", sub.id)),
    })
}

/// Returns the fields of an object.
pub(super) fn fields_of(object: Value) -> serde_json::Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    }
}
