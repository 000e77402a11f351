//! Twilio's Messaging Services: their settings, and the senders of their pools.

use async_trait::async_trait;
use http::Method;
use serde_json::Value;

use super::numbers::{PAGE, items, own};
use crate::{
    account::Account,
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    message::{PoolId, Sender},
    numbers::{Pool, PoolQuery, PoolSetup, Pools},
    transport::{ApiRequest, lenient::field},
    twilio::{Product, TWILIO, Twilio},
};

/// Most senders of one kind that are listed.
const SENDERS: usize = 10_000;

/// Code of Twilio's for a sender that is in the service already (its error dictionary, 2026-11-20).
const IS_IN_IT: &str = "21710";

/// Kinds of senders: the name in the path and in its list, and the field of an item.
const NUMBERS: Kind = ("PhoneNumbers", "phone_numbers", "phone_number");
const SHORT_CODES: Kind = ("ShortCodes", "short_codes", "short_code");
const NAMES: Kind = ("AlphaSenders", "alpha_senders", "alpha_sender");

type Kind = (&'static str, &'static str, &'static str);

impl Twilio {
    fn services<'a>(&'a self, method: Method, rest: &[&str]) -> ApiRequest<'a> {
        let path = ["v1", "Services"].iter().chain(rest);
        self.request(method, Product::Messaging, path)
    }

    /// Lists the senders of a kind, each with its id.
    async fn members(
        &self,
        pool: &PoolId,
        (path, key, name): Kind,
    ) -> Result<Vec<(String, Sender)>> {
        let request = self.services(Method::GET, &[pool.as_str(), path]);
        let read = |item: &Value| Some((field(item, "sid")?, field(item, name)?.parse().ok()?));
        items(request, key, (PAGE, SENDERS), read).await
    }
}

fn kind(sender: &Sender) -> Result<Kind> {
    match sender {
        Sender::Number(_) => Ok(NUMBERS),
        Sender::ShortCode(_) => Ok(SHORT_CODES),
        Sender::Alphanumeric(_) => Ok(NAMES),
        _ => {
            let rule = "sender: must be a number, a short code or an alphanumeric sender";
            Err(Error::unsupported(TWILIO, rule).without_message())
        }
    }
}

fn pool(item: &Value) -> Option<Pool> {
    let mut pool = Pool::new(field(item, "sid")?.parse().ok()?, field(item, "friendly_name")?);
    pool.sticky_sender = item.get("sticky_sender").and_then(Value::as_bool);
    pool.inbound = field(item, "inbound_request_url").and_then(|url| url.parse().ok());
    pool.status_callback = field(item, "status_callback").and_then(|url| url.parse().ok());
    Some(pool)
}

#[async_trait]
impl Pools for Twilio {
    fn pools_account(&self) -> AccountKey {
        AccountKey::new(TWILIO, self.account_id().clone())
    }

    async fn create_pool(&self, setup: &PoolSetup) -> Result<Pool> {
        setup.check().map_err(own)?;
        if setup.application.is_some() {
            let rule = "application: a Messaging Service has none; use an inbound webhook";
            return Err(Error::unsupported(TWILIO, rule).without_message());
        }
        let mut request =
            self.services(Method::POST, &[]).form("FriendlyName", setup.name.as_str());
        for (name, value) in [
            ("StickySender", setup.sticky_sender.map(|sticky| sticky.to_string())),
            ("InboundRequestUrl", setup.inbound.as_ref().map(ToString::to_string)),
            ("FallbackUrl", setup.fallback.as_ref().map(ToString::to_string)),
            ("StatusCallback", setup.status_callback.as_ref().map(ToString::to_string)),
            ("ValidityPeriod", setup.validity.map(|time| time.as_secs().to_string())),
        ] {
            if let Some(value) = value {
                request = request.form(name, value);
            }
        }
        let created: Value = request.send().await?.json()?;
        pool(&created).ok_or_else(|| {
            let error = own(Error::unknown(ErrorKind::InvalidResponse)).without_message();
            error.with_detail("answer to a service's creation: does not name it")
        })
    }

    /// Lists services. Twilio has no filter by name, so all pages are read for one that is not there.
    async fn list_pools(&self, query: &PoolQuery) -> Result<Vec<Pool>> {
        let read = |item: &Value| pool(item).filter(|pool| query.fits(pool));
        let request = self.services(Method::GET, &[]);
        let page = if query.name.is_some() { PAGE } else { query.limit.max(1) };
        items(request, "services", (page, query.limit.max(1)), read).await
    }

    async fn add_sender(&self, pool: &PoolId, sender: &Sender) -> Result<()> {
        let (path, ..) = kind(sender)?;
        let (name, value) = match sender {
            Sender::Number(number) => ("PhoneNumberSid", self.own_number(*number).await?.id),
            Sender::ShortCode(code) => ("ShortCodeSid", self.own_short_code(code).await?.id),
            sender => ("AlphaSender", sender.to_string()),
        };
        let request = self.services(Method::POST, &[pool.as_str(), path]).form(name, value);
        match request.send().await {
            Err(error) if error.code() != Some(IS_IN_IT) => Err(error),
            _ => Ok(()),
        }
    }

    async fn remove_sender(&self, pool: &PoolId, sender: &Sender) -> Result<()> {
        let kind = kind(sender)?;
        let members = self.members(pool, kind).await?;
        let Some((sid, _)) = members.into_iter().find(|(_, member)| member == sender) else {
            let error = own(Error::not_sent(ErrorKind::NotFound)).without_message();
            return Err(error.with_detail("sender: is not in the service"));
        };
        self.services(Method::DELETE, &[pool.as_str(), kind.0, &sid]).send().await.map(drop)
    }

    async fn senders(&self, pool: &PoolId) -> Result<Vec<Sender>> {
        let mut senders = Vec::new();
        for kind in [NUMBERS, SHORT_CODES, NAMES] {
            let members = self.members(pool, kind).await?;
            senders.extend(members.into_iter().map(|(_, sender)| sender));
        }
        senders.truncate(SENDERS);
        Ok(senders)
    }

    async fn delete_pool(&self, pool: &PoolId) -> Result<()> {
        self.services(Method::DELETE, &[pool.as_str()]).send().await.map(drop)
    }
}
