//! Twilio's subaccounts: accounts of the same resource, each with an owner.

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;

use crate::{
    account_id::{AccountId, AccountKey},
    error::{Error, ErrorKind, Result},
    message::word,
    provider::AccountState,
    transport::{
        api::{ApiRequest, Call},
        lenient::{self, Scalar},
    },
    twilio::{Product, TWILIO, Twilio, TwilioConfig, config::is_sid},
    usage::{Subaccount, SubaccountSecret, Subaccounts, confirmed, named, one_of},
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    sid: Scalar<'a>,
    friendly_name: Scalar<'a>,
    status: Scalar<'a>,
    owner_account_sid: Scalar<'a>,
    auth_token: Scalar<'a>,
    date_created: Scalar<'a>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    accounts: Option<Vec<Wire<'a>>>,
}

impl Wire<'_> {
    fn into_subaccount(self) -> Option<Subaccount> {
        let key = AccountKey::new(TWILIO, self.sid.text()?.into());
        let mut sub = Subaccount::new(key, self.friendly_name.text().unwrap_or_default());
        sub.state = match self.status.text() {
            Some("active") => AccountState::Active,
            Some("suspended") => AccountState::Suspended,
            Some("closed") => AccountState::Closed,
            other => AccountState::Other(other.and_then(word).unwrap_or_default().to_owned()),
        };
        sub.secret = self.auth_token.text().map(SubaccountSecret::new);
        sub.created_at = self.date_created.time();
        Some(sub)
    }
}

impl Twilio {
    /// Begins a request to the accounts, or to one of them.
    pub(super) fn accounts_request(&self, method: Method, id: Option<&str>) -> ApiRequest<'_> {
        let inner = self.inner();
        let mut path = vec!["2010-04-01".to_owned()];
        match id {
            Some(id) => path.extend(["Accounts".to_owned(), format!("{id}.json")]),
            None => path.push("Accounts.json".to_owned()),
        }
        inner.api.request_at(inner.hosts.of(Product::Account), "", method, path)
    }

    async fn accounts(&self, name: Option<&str>) -> Result<Vec<Subaccount>> {
        const CALL: Call = Call::reading("subaccounts");
        let mut request = self.accounts_request(Method::GET, None);
        if let Some(name) = name {
            request = request.query("FriendlyName", name);
        }
        let mut pages = request.query("PageSize", "1000").pages();
        let (api, mut all) = (&self.inner().api, Vec::new());
        while let Some(page) = pages.next().await {
            let page = page?;
            let page: Page<'_> = api.decode(CALL, page.body())?;
            let listed =
                page.accounts.ok_or_else(|| api.unreadable(CALL, "the accounts are missing"));
            // The main account is in the list too.
            let own = |wire: &Wire<'_>| {
                wire.sid.text() != Some(api.account().as_str())
                    && wire.owner_account_sid.text() != wire.sid.text()
            };
            all.extend(listed?.into_iter().filter(own).filter_map(Wire::into_subaccount));
        }
        Ok(all)
    }

    async fn set_status(&self, id: &AccountId, status: &str) -> Result<()> {
        let own = self.inner().api.account();
        let rule = match is_sid(id.as_str(), "AC") {
            false => "id: must be AC and 32 hex digits",
            true if id == own => "id: is the main account's own; give the id of a subaccount",
            true => {
                let request = self.accounts_request(Method::POST, Some(id.as_str()));
                return request.form("Status", status).send_empty().await;
            }
        };
        let error = Error::not_sent(ErrorKind::InvalidRequest).with_provider(TWILIO);
        Err(error.with_detail(rule).without_message())
    }
}

#[async_trait]
impl Subaccounts for Twilio {
    /// Creates a subaccount; its name has at most 64 characters.
    async fn create_subaccount(&self, name: &str) -> Result<Subaccount> {
        named(name, 64).map_err(|error| error.with_provider(TWILIO))?;
        let request = self.accounts_request(Method::POST, None).form("FriendlyName", name);
        let answer = request.send().await?;
        let (api, call) = (&self.inner().api, Call::changing("create_subaccount"));
        let made: Wire<'_> = api.decode(call, answer.body())?;
        made.into_subaccount().ok_or_else(|| api.unreadable(call, "the sid is missing"))
    }

    async fn subaccounts(&self) -> Result<Vec<Subaccount>> {
        self.accounts(None).await
    }

    async fn suspend_subaccount(&self, id: &AccountId) -> Result<()> {
        self.set_status(id, "suspended").await
    }

    async fn resume_subaccount(&self, id: &AccountId) -> Result<()> {
        self.set_status(id, "active").await
    }

    /// Closes a subaccount: Twilio releases its numbers at once, and deletes it after 30 days.
    async fn close_subaccount(&self, id: &AccountId, confirm: &str) -> Result<()> {
        confirmed(id, confirm).map_err(|error| error.with_provider(TWILIO))?;
        self.set_status(id, "closed").await
    }

    async fn ensure_subaccount(&self, name: &str) -> Result<Subaccount> {
        named(name, 64).map_err(|error| error.with_provider(TWILIO))?;
        let found = one_of(self.accounts(Some(name)).await?, name);
        match found.map_err(|error| error.with_provider(TWILIO))? {
            Some(found) => Ok(found),
            None => self.create_subaccount(name).await,
        }
    }
}

impl TwilioConfig {
    /// Returns the configuration of a subaccount: its id and token, with region, edge and host of this one, and
    /// without a sender.
    ///
    /// # Errors
    /// `Config` if it is another vendor's, or its token is not known.
    pub fn for_subaccount(&self, sub: &Subaccount) -> Result<Self> {
        let rule = match &sub.secret {
            _ if sub.key.provider != TWILIO => "subaccount: is of another provider",
            None => "subaccount: its token is not known; read it from the list of subaccounts",
            Some(secret) => return Ok(self.of_account(sub.key.id.as_str(), secret.expose())),
        };
        let error = Error::not_sent(ErrorKind::Config).with_provider(TWILIO);
        Err(error.with_detail(rule).without_message())
    }
}
