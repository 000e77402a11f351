//! Twilio's short codes.

use async_trait::async_trait;
use http::Method;
use serde_json::Value;

use super::numbers::{PAGE, Place, items, own, route, with_setup};
use crate::{
    account::Account,
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    message::ShortCode,
    numbers::{InboundRoute, NumberSetup, OwnedShortCode, ShortCodes},
    transport::lenient::field,
    twilio::{Product, TWILIO, Twilio},
};

fn owned(item: &Value) -> Option<OwnedShortCode> {
    Some(OwnedShortCode {
        id: field(item, "sid")?,
        code: field(item, "short_code")?.parse().ok()?,
        name: field(item, "friendly_name").map(Into::into),
        inbound: route(item),
    })
}

impl Twilio {
    /// Returns a short code of the account.
    pub(super) async fn own_short_code(&self, code: &ShortCode) -> Result<OwnedShortCode> {
        let request = self.request(Method::GET, Product::Account, ["SMS", "ShortCodes.json"]);
        let read = |item: &Value| owned(item).filter(|owned| owned.code == *code);
        let request = request.query("ShortCode", code.as_str());
        let found = items(request, "short_codes", (PAGE, 1), read).await?;
        found.into_iter().next().ok_or_else(|| {
            let error = own(Error::not_sent(ErrorKind::NotFound)).without_message();
            error.with_detail("short code: the account does not have it")
        })
    }
}

#[async_trait]
impl ShortCodes for Twilio {
    fn short_codes_account(&self) -> AccountKey {
        AccountKey::new(TWILIO, self.account_id().clone())
    }

    async fn list_short_codes(&self) -> Result<Vec<OwnedShortCode>> {
        let request = self.request(Method::GET, Product::Account, ["SMS", "ShortCodes.json"]);
        items(request, "short_codes", (PAGE, 1_000), owned).await
    }

    async fn configure_short_code(&self, code: &ShortCode, setup: &NumberSetup) -> Result<()> {
        setup.check(true).map_err(own)?;
        if matches!(&setup.inbound, Some(InboundRoute::Application(_))) {
            let rule = "inbound: a short code of Twilio's takes a webhook, no application";
            return Err(Error::unsupported(TWILIO, rule).without_message());
        }
        let owned = self.own_short_code(code).await?;
        let path = ["SMS".to_owned(), "ShortCodes".to_owned(), format!("{}.json", owned.id)];
        let request = self.request(Method::POST, Product::Account, path);
        with_setup(request, setup, Place::ShortCode).send().await.map(drop)
    }
}
