//! [`Accounts`]: the accounts of many tenants, as one provider.
//!
//! What belongs here: which account is whose. How an account is kept over a restart is the program's, or the
//! vault's of the store.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use async_trait::async_trait;

use crate::{
    account::{Account, Masked},
    account_id::{AccountId, AccountKey},
    error::{Error, ErrorKind, Result},
    message::{Message, Receipt, TenantId},
    provider::{Capabilities, SmsProvider},
    provider_id::ProviderId,
    webhook::{Authenticity, Event, KeyLookup, KeyRing},
};

/// Name under which a set of accounts goes as a provider.
const ACCOUNTS: ProviderId = ProviderId::from_static("accounts");

/// Accounts of many tenants. It sends each message by its tenant's account, gives webhooks the keys of all
/// accounts, and says whose an event is. A clone is the same set.
///
/// A message of a tenant without an account is refused; it never goes out by another's. Messages without a
/// tenant are a tenant of their own: [`put`](Self::put) an account for `None`.
///
/// Build all accounts over one transport: each then takes about 2 KiB in place of 139.
///
/// ```
/// # #[cfg(all(feature = "twilio", feature = "reqwest"))]
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use anysms::{Accounts, TenantId, transport::ReqwestTransport};
/// use anysms::twilio::{Twilio, TwilioConfig, TwilioWebhook};
///
/// let transport = Arc::new(ReqwestTransport::new()?);
/// let accounts = Accounts::new();
/// for (tenant, sid, token) in [("clinic", "AC00000000000000000000000000000001", "one")] {
///     let twilio = Twilio::with_transport(&TwilioConfig::new(sid, token), transport.clone())?;
///     accounts.put(TenantId::new(tenant)?, twilio);
/// }
/// let webhook = TwilioWebhook::by_account(accounts.clone(), "https://example.com/hooks".parse()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Accounts(Arc<RwLock<Table>>);

#[derive(Default)]
struct Table {
    by_tenant: HashMap<Option<TenantId>, Arc<dyn Account>>,
    /// Every account once, by its id: one of each provider, though two hardly have the same.
    by_id: HashMap<AccountId, Vec<Held>>,
}

/// Account, and the tenants that have it.
struct Held {
    account: Arc<dyn Account>,
    tenants: BTreeSet<Option<TenantId>>,
}

impl Accounts {
    /// Makes a set without accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a tenant this account and returns the one it had before; `None` if it had none.
    ///
    /// Change a tenant's token without a restart:
    ///
    /// ```
    /// # #[cfg(all(feature = "twilio", feature = "reqwest"))]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Accounts, TenantId, twilio::{Twilio, TwilioConfig}};
    ///
    /// let (accounts, clinic) = (Accounts::new(), TenantId::new("clinic")?);
    /// let config = |token: &str| TwilioConfig::new("AC00000000000000000000000000000001", token);
    /// let first = accounts.put(clinic.clone(), Twilio::new(&config("old token"))?);
    /// let before = accounts.put(clinic, Twilio::new(&config("new token"))?);
    /// assert!(first.is_none() && before.is_some());
    /// assert_eq!(accounts.len(), 1);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(all(feature = "twilio", feature = "reqwest")))]
    /// # fn main() {}
    /// ```
    pub fn put(
        &self,
        tenant: impl Into<Option<TenantId>>,
        account: impl Account,
    ) -> Option<Arc<dyn Account>> {
        let (tenant, account) = (tenant.into(), Arc::new(account) as Arc<dyn Account>);
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = table.take(&tenant);
        let held = table.by_id.entry(account.account_id().clone()).or_default();
        match held.iter_mut().find(|held| held.account.id() == account.id()) {
            Some(held) => {
                held.account = account.clone(); // its credentials may be newer
                held.tenants.insert(tenant.clone());
            }
            None => held.push(Held { account: account.clone(), tenants: [tenant.clone()].into() }),
        }
        table.by_tenant.insert(tenant, account);
        before
    }

    /// Takes a tenant's account away and returns it; `None` if it had none. Its messages are refused from now
    /// on.
    pub fn remove(&self, tenant: impl Into<Option<TenantId>>) -> Option<Arc<dyn Account>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).take(&tenant.into())
    }

    /// Returns the account of a tenant; `None` if it has none.
    #[must_use]
    pub fn get(&self, tenant: Option<&TenantId>) -> Option<Arc<dyn Account>> {
        self.read().by_tenant.get(&tenant.cloned()).cloned()
    }

    /// Returns an account by the provider and its id; `None` if no tenant has it.
    #[must_use]
    pub fn find(&self, key: &AccountKey) -> Option<Arc<dyn Account>> {
        self.read().held(key).map(|held| held.account.clone())
    }

    /// Returns the tenant whose account an event belongs to; `None` if nobody's, if several tenants share the
    /// account, if the message without a tenant came by it, or if the event does not prove its account
    /// ([`Authenticity::UrlOnly`]).
    #[must_use]
    pub fn owner(&self, event: &Event) -> Option<TenantId> {
        if event.authenticity() == Authenticity::UrlOnly {
            return None;
        }
        let table = self.read();
        let mut tenants = table.held(&event.account_key()?)?.tenants.iter();
        match (tenants.next(), tenants.next()) {
            (Some(tenant), None) => tenant.clone(),
            _ => None,
        }
    }

    /// Returns the providers of which there are accounts, each once.
    #[must_use]
    pub fn providers(&self) -> BTreeSet<ProviderId> {
        self.read().all().map(SmsProvider::id).collect()
    }

    /// Returns the number of accounts, each counted once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().by_id.values().map(Vec::len).sum()
    }

    /// Returns whether there is no account.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn held(&self, key: &AccountKey) -> Option<&Held> {
        self.by_id.get(&key.id)?.iter().find(|held| held.account.id() == key.provider)
    }

    fn all(&self) -> impl Iterator<Item = &dyn Account> {
        self.by_id.values().flatten().map(|held| &*held.account)
    }

    fn take(&mut self, tenant: &Option<TenantId>) -> Option<Arc<dyn Account>> {
        let account = self.by_tenant.remove(tenant)?;
        if let Some(held) = self.by_id.get_mut(account.account_id().as_str()) {
            for held in held.iter_mut().filter(|held| held.account.id() == account.id()) {
                held.tenants.remove(tenant);
            }
            held.retain(|held| !held.tenants.is_empty());
            if held.is_empty() {
                self.by_id.remove(account.account_id().as_str());
            }
        }
        Some(account)
    }
}

#[async_trait]
impl SmsProvider for Accounts {
    fn id(&self) -> ProviderId {
        ACCOUNTS
    }

    /// Returns what any of the accounts can do with a message. Lookups need an account, so ask
    /// [`find`](Self::find) for one.
    fn capabilities(&self) -> Capabilities {
        let all = self.read().all().map(SmsProvider::capabilities).reduce(Capabilities::or);
        Capabilities {
            fetch: false,
            list: false,
            cancel: false,
            check: false,
            ..all.unwrap_or_default()
        }
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.get(message.tenant())?.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let Some(account) = self.get(message.tenant()) else {
            let error =
                Error::not_sent(ErrorKind::InvalidRequest).with_provider(ACCOUNTS).by_layer();
            return Err(error.with_detail("tenant: has no account"));
        };
        account.send(message).await
    }
}

impl KeyLookup for Accounts {
    /// Returns the keys of the account with this id, of whichever provider.
    fn keys(&self, account: &str) -> Option<KeyRing> {
        let table = self.read();
        let mut held = table.by_id.get(account)?.iter();
        held.find_map(|held| held.account.webhook_keys().cloned())
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.read();
        f.debug_list().entries(table.all().take(8).map(Masked)).finish()
    }
}
