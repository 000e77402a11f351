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
    account_id::AccountKey,
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
    /// Every account once, with the tenants that have it.
    by_key: HashMap<AccountKey, (Arc<dyn Account>, BTreeSet<Option<TenantId>>)>,
}

impl Accounts {
    /// Makes a set without accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a tenant this account and returns the one it had before; `None` if it had none.
    pub fn put(
        &self,
        tenant: impl Into<Option<TenantId>>,
        account: impl Account,
    ) -> Option<Arc<dyn Account>> {
        let (tenant, account) = (tenant.into(), Arc::new(account) as Arc<dyn Account>);
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = table.take(&tenant);
        let entry = table.by_key.entry(key_of(&*account));
        let (newest, tenants) = entry.or_insert_with(|| (account.clone(), BTreeSet::new()));
        *newest = account.clone(); // its credentials may be newer
        tenants.insert(tenant.clone());
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
        self.read().by_key.get(key).map(|(account, _)| account.clone())
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
        let (_, tenants) = table.by_key.get(&event.account_key()?)?;
        let mut tenants = tenants.iter();
        match (tenants.next(), tenants.next()) {
            (Some(tenant), None) => tenant.clone(),
            _ => None,
        }
    }

    /// Returns the number of accounts, each counted once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().by_key.len()
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
    fn take(&mut self, tenant: &Option<TenantId>) -> Option<Arc<dyn Account>> {
        let account = self.by_tenant.remove(tenant)?;
        let key = key_of(&*account);
        if let Some((_, tenants)) = self.by_key.get_mut(&key) {
            tenants.remove(tenant);
            if tenants.is_empty() {
                self.by_key.remove(&key);
            }
        }
        Some(account)
    }
}

fn key_of(account: &dyn Account) -> AccountKey {
    AccountKey::new(account.id(), account.account_id().clone())
}

#[async_trait]
impl SmsProvider for Accounts {
    fn id(&self) -> ProviderId {
        ACCOUNTS
    }

    /// Returns what any of the accounts can do with a message. Lookups need an account, so ask
    /// [`find`](Self::find) for one.
    fn capabilities(&self) -> Capabilities {
        let table = self.read();
        let of = |(account, _): &(Arc<dyn Account>, _)| account.capabilities();
        let any = table.by_key.values().map(of).reduce(Capabilities::or).unwrap_or_default();
        Capabilities { fetch: false, list: false, cancel: false, check: false, ..any }
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
        let found = table.by_key.iter().find(|(key, _)| key.id.as_str() == account);
        found.and_then(|(_, (account, _))| account.webhook_keys().cloned())
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.read();
        f.debug_list()
            .entries(table.by_key.values().take(8).map(|(account, _)| Masked(&**account)))
            .finish()
    }
}
