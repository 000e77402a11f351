//! [`Call`]: one request to the sandbox's Twilio, read: whose it is, what it asks for, and with what.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{
    NOT_FOUND, Refusal, refusal,
    rest::{API, Arguments, Operation, check},
};
use crate::{
    account_id::AccountId,
    random,
    sandbox::{AccountStanding, Ask, Carrier, Record, SandboxAccount},
    twilio::TWILIO,
};

/// Prefix of the paths of the API of 2010.
pub(super) const OF_2010: &str = "/2010-04-01/";

/// A request that signed in, with the operation that it asks for.
pub(super) struct Call<'a> {
    pub(super) ask: &'a Ask<'a>,
    pub(super) carrier: &'a Carrier,
    pub(super) operation: &'static Operation,
    pub(super) arguments: Arguments,
    /// Its path, decoded, with the ids that unique names stand for.
    pub(super) path: String,
    /// Account that signed in, or the one below it that the path names.
    pub(super) account: SandboxAccount,
    pub(super) form: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
}

/// Returns the host and the path that a request names; no host if it names none.
pub(super) fn address<'a>(ask: &Ask<'a>) -> (Option<&'a str>, &'a str) {
    if let Some((host, path)) = ask.vendor_host("twilio.com") {
        return (Some(host), path);
    }
    // The product's name alone is understood, too: `/verify/v2/Services`.
    let path = ask.uri.path();
    let (first, _) = path[1.min(path.len())..].split_once('/').unwrap_or_default();
    let rest = &path[(1 + first.len()).min(path.len())..];
    let versioned = ["/v1/", "/v2/", OF_2010].iter().any(|start| rest.starts_with(start));
    match first {
        "api" if rest.starts_with(OF_2010) => (Some(first), rest),
        "conversations" | "lookups" | "messaging" | "pricing" | "verify" if versioned => {
            (Some(first), rest)
        }
        _ => (None, path),
    }
}

/// Returns the name of a product's host without edge and region: `verify.ie1.twilio.com` is Verify's.
pub(super) fn product_host(host: &str) -> String {
    format!("{}.twilio.com", host.split('.').next().unwrap_or_default())
}

impl<'a> Call<'a> {
    /// Reads a request: signs in, finds the operation and checks its parameters.
    pub(super) fn read(ask: &'a Ask<'a>, carrier: &'a Carrier) -> Result<Self, Refusal> {
        let (signed_in, key) = sign_in(ask, carrier)?;
        let (host, path) = address(ask);
        let host = host.map(product_host);
        let path = percent_decode_str(path).decode_utf8().map_err(|_| NOT_FOUND)?;
        let path = with_default_service(&path, &signed_in.id);
        let found = API.find(host.as_deref(), ask.method.as_str(), &path);
        let Some((operation, arguments)) = found else {
            let known = API.knows(host.as_deref(), &path);
            return Err(if known { (405, 20004, "Method not allowed".into()) } else { NOT_FOUND });
        };
        // Keys that are not the main one open neither accounts nor keys.
        let of_accounts =
            path.strip_prefix(OF_2010).is_some_and(|rest| rest.matches('/').count() < 2);
        if key && (path.contains("/Keys") || of_accounts) {
            return Err(refusal(401, 20003, "Authenticate"));
        }
        let account = whose(&path, signed_in, carrier)?;
        let mut call = Self {
            ask,
            carrier,
            operation,
            arguments,
            path: path.clone(),
            account,
            form: ask.form(),
            query: ask.query(),
        };
        call.resolve_names();
        if !operation.sids_fit(&call.arguments) {
            return Err(NOT_FOUND);
        }
        let submits = call.path.ends_with("/Messages.json") && ask.method == "POST";
        // The submission has codes of its own for these.
        let elsewhere: &[&str] = if submits { &super::submit::OWN_CODES } else { &[] };
        match check(operation, &call.form, &call.query, elsewhere) {
            Ok(()) => Ok(call),
            Err((name, broken)) => Err(call.invalid(name, &broken)),
        }
    }

    /// Puts the ids in the path in place of unique names, which Conversations takes too.
    fn resolve_names(&mut self) {
        if self.operation.host != "conversations.twilio.com" {
            return;
        }
        let mut path = String::new();
        for part in self.path.split('/').skip(1) {
            let named = self.carrier.records().list(&self.key(&path)).into_iter();
            let mut named = named.filter(|record| {
                [record.text("unique_name"), record.text("identity")].contains(&Some(part))
            });
            let id = named.next().map(|record| record.key().to_owned());
            path += "/";
            path += id.as_deref().unwrap_or(part);
        }
        if let Some((_, arguments)) =
            API.find(Some(&self.operation.host), self.ask.method.as_str(), &path)
        {
            (self.path, self.arguments) = (path, arguments);
        }
    }

    /// Returns a parameter of the body, or else of the query; `None` if there is none or an empty one.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        get(&self.form, name).or_else(|| get(&self.query, name))
    }

    /// Returns a part of the path; nothing if the template has none of this name.
    pub(super) fn argument(&self, name: &str) -> &str {
        self.arguments.get(name).map_or("", String::as_str)
    }

    /// Returns the refusal of a parameter, with its product's code.
    pub(super) fn invalid(&self, name: &str, broken: &str) -> Refusal {
        let code = match self.operation.host.as_str() {
            "verify.twilio.com" | "lookups.twilio.com" => 60200,
            _ if name == "PageSize" => 20007,
            _ => 20001,
        };
        (400, code, format!("Invalid parameter `{name}`: it {broken}").into())
    }

    /// Returns the key under which what is at this path is kept.
    pub(super) fn key(&self, path: &str) -> String {
        let path = path.strip_suffix(".json").unwrap_or(path);
        if path.starts_with(OF_2010) {
            return path.to_owned();
        }
        format!("/{}/{}{path}", self.account.id, self.operation.host)
    }

    /// Returns the record at a path of the same product.
    pub(super) fn record(&self, path: &str) -> Option<Record> {
        self.carrier.records().get(&self.key(path))
    }

    /// Returns the records of a collection of the same product, newest first.
    pub(super) fn records(&self, path: &str) -> Vec<Record> {
        let mut records = self.carrier.records().list(&self.key(path));
        records.reverse();
        records
    }

    /// Keeps a record at a path of the same product.
    pub(super) fn keep(&self, path: &str, fields: Map<String, Value>) -> Record {
        self.carrier.records().insert(&self.key(path), fields, self.carrier.now())
    }

    /// Returns the path of a record of the same product, as a client asks for it.
    pub(super) fn path_of(&self, record: &Record) -> String {
        let start = format!("/{}/{}", self.account.id, self.operation.host);
        let path = record.path.strip_prefix(&start);
        path.map_or_else(|| format!("{}.json", record.path), str::to_owned)
    }

    /// Returns the address of a path of the same product.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{}{path}", self.ask.base, self.operation.host)
    }
}

/// Signs in with an account's token or a key's secret. Returns the account, and whether it was a key.
pub(super) fn sign_in(ask: &Ask<'_>, carrier: &Carrier) -> Result<(SandboxAccount, bool), Refusal> {
    let refused = || refusal(401, 20003, "Authenticate");
    let (user, password) = ask.basic().ok_or_else(refused)?;
    let signed_in = match carrier.account(&TWILIO, &AccountId::from(user.as_str())) {
        Some(account) => (account.token == password).then_some((account, false)),
        None => {
            let is_it = |record: &Record| {
                record.key() == user && record.text("secret") == Some(password.as_str())
            };
            let key = carrier.records().find(OF_2010, is_it);
            let account = key.as_ref().and_then(|key| key.text("account_sid"));
            let account = account.and_then(|id| carrier.account(&TWILIO, &id.into()));
            account.map(|account| (account, true))
        }
    };
    signed_in.filter(|(account, _)| account.state == AccountStanding::Active).ok_or_else(refused)
}

/// Returns the account that a path of the API of 2010 names: the one that signed in, or one below it.
fn whose(
    path: &str,
    signed_in: SandboxAccount,
    carrier: &Carrier,
) -> Result<SandboxAccount, Refusal> {
    let named = path.strip_prefix("/2010-04-01/Accounts/");
    let Some(id) = named.and_then(|rest| rest.split(['/', '.']).next()) else {
        return Ok(signed_in);
    };
    if id == signed_in.id.as_str() {
        return Ok(signed_in);
    }
    let account = carrier.account(&TWILIO, &id.into()).ok_or(NOT_FOUND)?;
    if account.parent.as_ref() != Some(&signed_in.id) {
        return Err(NOT_FOUND);
    }
    // A suspended subaccount can be looked at and woken up, and no more.
    let at_itself = path.ends_with(&format!("/{id}.json"));
    if account.state != AccountStanding::Active && !at_itself {
        return Err(refusal(401, 20003, "Authenticate"));
    }
    Ok(account)
}

/// Returns the id of the Conversations service that an account starts with.
pub(super) fn default_service(account: &AccountId) -> String {
    account.as_str().replacen("AC", "IS", 1)
}

/// Takes the default service out of a path of Conversations: what it has is the account's, but for its settings.
fn with_default_service(path: &str, account: &AccountId) -> String {
    let start = format!("/v1/Services/{}/", default_service(account));
    match path.strip_prefix(&start) {
        Some(rest) if !rest.is_empty() && !rest.starts_with("Configuration") => {
            format!("/v1/{rest}")
        }
        _ => path.to_owned(),
    }
}

/// Returns the value of a parameter; `None` if there is none or an empty one.
pub(super) fn get<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    all(pairs, name).next().filter(|value| !value.is_empty())
}

/// Returns all values of a parameter.
pub(super) fn all<'a>(pairs: &'a [(String, String)], name: &str) -> impl Iterator<Item = &'a str> {
    pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Returns a new id with this prefix.
pub(super) fn new_sid(prefix: &str) -> String {
    format!("{prefix}{}", random::uuid().simple())
}

/// Returns a time as the API of 2010 writes it.
pub(super) fn rfc2822(at: Timestamp) -> Option<String> {
    jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).ok()
}

/// Returns a time as all other products write it.
pub(super) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns an answer without a body.
pub(super) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
