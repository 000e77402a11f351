//! [`PoolMaker`]: creates each pool once.

use std::sync::Arc;

use async_trait::async_trait;

use super::once::{Deed, note, once};
use crate::{
    error::Result,
    intent::{Intent, IntentLog},
    message::PoolId,
    numbers::{Pool, PoolQuery, PoolSetup, Pools},
};

/// Beginning of a pool's intent; the name follows.
const POOL: &str = "pool:";

/// Maker of pools over a log of intents: whatever call is cut, there is one pool of a name.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "plivo"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use anysms::intent::MemoryIntents;
/// use anysms::numbers::{PoolMaker, PoolSetup};
/// use anysms::{sandbox::Sandbox, plivo::{Plivo, PlivoConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox))?;
/// let maker = PoolMaker::new(plivo, Arc::new(MemoryIntents::new()));
/// let pool = maker.create(&PoolSetup::new("club")).await?;
/// assert_eq!(maker.create(&PoolSetup::new("club")).await?, pool);
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "plivo")))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct PoolMaker<P> {
    pools: P,
    intents: Arc<dyn IntentLog>,
}

/// Creations of pools that had no answer, as they are found now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolRecovery {
    /// Pools that were created. Their intents are done.
    pub created: Vec<Pool>,
    /// Names of which there is no pool. Their intents stay open; [`PoolMaker::create`] tries again.
    pub missing: Vec<String>,
}

struct Making<'a, P> {
    pools: &'a P,
    setup: &'a PoolSetup,
}

#[async_trait]
impl<P: Pools> Deed for Making<'_, P> {
    type Thing = Pool;

    fn id(thing: &Pool) -> String {
        thing.id.to_string()
    }

    async fn look(&self) -> Result<Option<Pool>> {
        named(self.pools, &self.setup.name).await
    }

    async fn act(&self) -> Result<Pool> {
        self.pools.create_pool(self.setup).await
    }
}

/// Finds a pool by its name.
async fn named(pools: &impl Pools, name: &str) -> Result<Option<Pool>> {
    let found = pools.list_pools(&PoolQuery::named(name).at_most(1)).await?;
    Ok(found.into_iter().next())
}

impl<P: Pools> PoolMaker<P> {
    /// Puts a log of intents around an account's pools.
    #[must_use]
    pub fn new(pools: P, intents: Arc<dyn IntentLog>) -> Self {
        Self { pools, intents }
    }

    /// Returns the pools that it creates among.
    #[must_use]
    pub const fn pools(&self) -> &P {
        &self.pools
    }

    /// Finds a pool by its name; `None` if there is none. Of several of one name it is the provider's first.
    ///
    /// # Errors
    /// As any read of the provider.
    pub async fn find(&self, name: &str) -> Result<Option<Pool>> {
        named(&self.pools, name).await
    }

    /// Creates a pool, or returns the one of this name, with the settings that it has.
    ///
    /// # Errors
    /// Those of [`Pools::create_pool`]. After an outcome that is unknown the intent stays open, and this call may be
    /// made again. `Unavailable` if the log cannot be read or written.
    pub async fn create(&self, setup: &PoolSetup) -> Result<Pool> {
        setup.check()?;
        let making = Making { pools: &self.pools, setup };
        once(&*self.intents, &self.intent(&setup.name), &making, true).await
    }

    /// Looks for every pool of this account whose creation is open in the log.
    ///
    /// # Errors
    /// Those of a list of pools, and `Unavailable` of the log; what was found before stays noted.
    pub async fn recover(&self) -> Result<PoolRecovery> {
        let mut recovery = PoolRecovery::default();
        let account = self.pools.pools_account();
        for intent in self.intents.open().await? {
            let Some(name) = intent.key.strip_prefix(POOL) else { continue };
            if intent.provider != account.provider || intent.account != account.id {
                continue;
            }
            match named(&self.pools, name).await? {
                Some(pool) => {
                    let noted = note::<Making<'_, P>>(&*self.intents, &intent, pool).await?;
                    recovery.created.push(noted);
                }
                None => recovery.missing.push(name.to_owned()),
            }
        }
        Ok(recovery)
    }

    /// Deletes a pool and forgets its creation.
    ///
    /// # Errors
    /// Those of [`Pools::delete_pool`], and `Unavailable` of the log, after which the pool is gone all the same.
    pub async fn delete(&self, pool: &PoolId, name: &str) -> Result<()> {
        self.pools.delete_pool(pool).await?;
        self.intents.withdraw(&self.intent(name)).await
    }

    fn intent(&self, name: &str) -> Intent {
        let account = self.pools.pools_account();
        Intent::new(account.provider, account.id, format!("{POOL}{name}"))
    }
}
