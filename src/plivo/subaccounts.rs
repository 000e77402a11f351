//! Plivo's subaccounts.

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{
    account_id::{AccountId, AccountKey},
    error::{Error, ErrorKind, Result},
    plivo::{PLIVO, Plivo, PlivoConfig},
    provider::AccountState,
    transport::{
        api::Call,
        lenient::{self, Scalar},
    },
    usage::{Subaccount, SubaccountSecret, Subaccounts, confirmed, named},
};

/// Most characters of a name. Plivo tells no limit.
const NAME: usize = 255;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    auth_id: Scalar<'a>,
    auth_token: Scalar<'a>,
    name: Scalar<'a>,
    enabled: Scalar<'a>,
    created: Scalar<'a>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    objects: Option<Vec<Wire<'a>>>,
}

impl Wire<'_> {
    fn into_subaccount(self) -> Option<Subaccount> {
        let key = AccountKey::new(PLIVO, self.auth_id.text()?.into());
        let mut sub = Subaccount::new(key, self.name.text().unwrap_or_default());
        if self.enabled.text() == Some("false") {
            sub.state = AccountState::Suspended;
        }
        sub.secret = self.auth_token.text().map(SubaccountSecret::new);
        // A day alone, `2017-05-22`.
        let day = || format!("{}T00:00:00Z", self.created.text()?).parse().ok();
        sub.created_at = self.created.time().or_else(day);
        Some(sub)
    }
}

fn refuse(kind: ErrorKind, rule: &'static str) -> Error {
    Error::not_sent(kind).with_provider(PLIVO).with_detail(rule).without_message()
}

impl Plivo {
    /// Checks the id of a subaccount before anything is asked.
    fn sub<'a>(&self, id: &'a AccountId) -> Result<&'a str> {
        let rest = id.as_str().strip_prefix("SA");
        let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        match rest.is_some_and(|rest| rest.len() == 18 && rest.bytes().all(allowed)) {
            true => Ok(id.as_str()),
            false => {
                let rule = "id: must be SA and 18 upper-case letters and digits";
                Err(refuse(ErrorKind::InvalidRequest, rule))
            }
        }
    }

    /// Turns a subaccount on or off. Plivo's SDKs send its name along, as a change needs it (plivo-python, 2026-11-20).
    async fn enable(&self, id: &AccountId, enabled: bool) -> Result<()> {
        let (id, api) = (self.sub(id)?, &self.inner().api);
        let found = self.request(Method::GET, ["Subaccount", id]).send().await?;
        let found: Wire<'_> = api.decode(Call::reading("subaccount"), found.body())?;
        let body = json!({"name": found.name.text().unwrap_or(id), "enabled": enabled});
        self.request(Method::POST, ["Subaccount", id]).json(&body).send_empty().await
    }
}

#[async_trait]
impl Subaccounts for Plivo {
    async fn create_subaccount(&self, name: &str) -> Result<Subaccount> {
        named(name, NAME).map_err(|error| error.with_provider(PLIVO))?;
        let request = self.request(Method::POST, ["Subaccount"]);
        let answer = request.json(&json!({"name": name, "enabled": true})).send().await?;
        let (api, call) = (&self.inner().api, Call::changing("create_subaccount"));
        let made: Wire<'_> = api.decode(call, answer.body())?;
        let made = made.into_subaccount();
        let mut made = made.ok_or_else(|| api.unreadable(call, "the auth_id is missing"))?;
        name.clone_into(&mut made.name); // the answer has none
        Ok(made)
    }

    async fn subaccounts(&self) -> Result<Vec<Subaccount>> {
        const CALL: Call = Call::reading("subaccounts");
        let mut pages = self.request(Method::GET, ["Subaccount"]).query("limit", "20").pages();
        let (api, mut all) = (&self.inner().api, Vec::new());
        while let Some(page) = pages.next().await {
            let page = page?;
            let page: Page<'_> = api.decode(CALL, page.body())?;
            let listed =
                page.objects.ok_or_else(|| api.unreadable(CALL, "the objects are missing"));
            all.extend(listed?.into_iter().filter_map(Wire::into_subaccount));
        }
        Ok(all)
    }

    async fn suspend_subaccount(&self, id: &AccountId) -> Result<()> {
        self.enable(id, false).await
    }

    async fn resume_subaccount(&self, id: &AccountId) -> Result<()> {
        self.enable(id, true).await
    }

    /// Deletes a subaccount. What belongs to it, such as numbers, is not deleted with it.
    async fn close_subaccount(&self, id: &AccountId, confirm: &str) -> Result<()> {
        confirmed(id, confirm).map_err(|error| error.with_provider(PLIVO))?;
        let request = self.request(Method::DELETE, ["Subaccount", self.sub(id)?]);
        request.json(&json!({"cascade": false})).send_empty().await
    }
}

impl PlivoConfig {
    /// Returns the configuration of a subaccount: its id and token, with the host of this one, and without a sender.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::plivo::{Plivo, PlivoConfig};
    /// use anysms::{SmsProvider, sandbox::Sandbox, usage::Subaccounts};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let config = PlivoConfig::sandbox(&sandbox);
    /// let sub = Plivo::new(&config)?.create_subaccount("Rowing club").await?;
    /// let club = Plivo::new(&config.for_subaccount(&sub)?.with_sender_per_message())?;
    /// assert!(club.check().await.is_ok());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `Config` if it is another vendor's, or its token is not known.
    pub fn for_subaccount(&self, sub: &Subaccount) -> Result<Self> {
        let rule = match &sub.secret {
            _ if sub.key.provider != PLIVO => "subaccount: is of another provider",
            None => "subaccount: its token is not known; read it from the list of subaccounts",
            Some(secret) => return Ok(self.of_account(sub.key.id.as_str(), secret.expose())),
        };
        Err(refuse(ErrorKind::Config, rule))
    }
}
