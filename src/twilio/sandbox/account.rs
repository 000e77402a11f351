//! Accounts, subaccounts and balance.

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    NOT_FOUND, Refusal, TwilioSandbox,
    call::{Call, get, new_sid},
    refusal, resource,
};
use crate::{
    account_id::AccountId,
    random,
    sandbox::{self, AccountStanding, Carrier, Record, SandboxAccount},
    twilio::TWILIO,
};

/// Opens a main account with a number and a short code: of this id and token, or of its own making.
pub(super) fn open(carrier: &Carrier, known: Option<(&str, &str)>) -> SandboxAccount {
    let made = (new_sid("AC"), random::uuid().simple().to_string());
    let (id, token) = known.unwrap_or((&made.0, &made.1));
    let mut account = SandboxAccount::new(TWILIO, id, token);
    (account.created_at, account.updated_at) = (carrier.now(), carrier.now());
    carrier.open_account(account.clone());
    let number = match known {
        Some(_) => TwilioSandbox::NUMBER.to_owned(),
        None => super::number::free(carrier),
    };
    super::number::keep(carrier, &account, &number, &[]);
    let sid = id.replacen("AC", "SC", 1);
    let short_code = json!({
        "sid": sid, "short_code": "55501", "friendly_name": "55501", "sms_url": null,
        "sms_method": "POST", "sms_fallback_url": null, "sms_fallback_method": "POST",
        "account_sid": id,
    });
    let path = format!("/2010-04-01/Accounts/{id}/SMS/ShortCodes/{sid}");
    let fields = short_code.as_object().cloned().unwrap_or_default();
    carrier.records().insert(&path, fields, carrier.now());
    account
}

/// Answers a request about accounts.
pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let of_account = |account: &SandboxAccount| resource::present(call, &record(account));
    match (call.ask.method.as_str(), call.operation.list.is_some()) {
        ("GET", true) => {
            let mine = |account: &SandboxAccount| {
                account.provider == TWILIO
                    && (account.id == call.account.id
                        || account.parent.as_ref() == Some(&call.account.id))
                    && call.get("FriendlyName").is_none_or(|name| account.name == name)
                    && call.get("Status").is_none_or(|state| account.state.as_str() == state)
            };
            let mut accounts = call.carrier.accounts();
            accounts.retain(mine);
            accounts.sort_by_key(|account| std::cmp::Reverse(account.created_at));
            Ok(resource::page(call, &accounts, of_account))
        }
        ("POST", _) if call.operation.path.ends_with("Accounts.json") => {
            if call.account.parent.is_some() {
                return Err(refusal(403, 20006, "A subaccount cannot have subaccounts"));
            }
            let token = random::uuid().simple().to_string();
            let mut sub = SandboxAccount::new(TWILIO, new_sid("AC"), token);
            sub.parent = Some(call.account.id.clone());
            sub.trial = call.account.trial;
            sub.verified.clone_from(&call.account.verified);
            let name = call.get("FriendlyName").map(str::to_owned);
            sub.name = name.unwrap_or_else(|| {
                format!(
                    "SubAccount Created at {}",
                    call.carrier.now().strftime("%Y-%m-%d %I:%M %p")
                )
            });
            (sub.created_at, sub.updated_at) = (call.carrier.now(), call.carrier.now());
            call.carrier.open_account(sub.clone());
            Ok(sandbox::json(201, &of_account(&sub)))
        }
        ("POST", _) => {
            let state = match get(&call.form, "Status") {
                Some("active") => Some(AccountStanding::Active),
                Some("suspended") => Some(AccountStanding::Suspended),
                Some("closed") => Some(AccountStanding::Closed),
                _ => None,
            };
            if state.is_some() && call.account.parent.is_none() {
                return Err(refusal(400, 20001, "The main account's status cannot be changed"));
            }
            if call.account.state == AccountStanding::Closed {
                return Err(refusal(400, 20001, "A closed account stays closed"));
            }
            let changed = call.carrier.change_account(&TWILIO, &call.account.id, |account| {
                account.state = state.unwrap_or(account.state);
                if let Some(name) = get(&call.form, "FriendlyName") {
                    name.clone_into(&mut account.name);
                }
            });
            changed.map(|account| sandbox::json(200, &of_account(&account))).ok_or(NOT_FOUND)
        }
        _ => Ok(sandbox::json(200, &of_account(&call.account))),
    }
}

/// Answers what money is left: a main account's, as subaccounts have none of their own.
pub(super) fn balance(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    if call.account.parent.is_some() {
        return Err(NOT_FOUND);
    }
    let (id, balance) = (&call.account.id, call.account.balance.to_string());
    let body = json!({"account_sid": id.as_str(), "balance": balance, "currency": "USD"});
    Ok(sandbox::json(200, &body))
}

fn record(account: &SandboxAccount) -> Record {
    let id = account.id.as_str();
    let owner = account.parent.as_ref().map_or(id, AccountId::as_str);
    let fields = json!({
        "sid": id,
        "friendly_name": account.name,
        "status": account.state.as_str(),
        "type": if account.trial { "Trial" } else { "Full" },
        "owner_account_sid": owner,
        "auth_token": account.token,
    });
    let path = format!("/2010-04-01/Accounts/{id}");
    let (created, updated): (Timestamp, Timestamp) = (account.created_at, account.updated_at);
    Record::new(path, fields_of(fields), created, updated)
}

/// Returns the fields of an object.
pub(super) fn fields_of(object: Value) -> serde_json::Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    }
}
