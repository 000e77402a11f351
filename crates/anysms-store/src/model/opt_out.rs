//! [`OptOut`]: who opted out, of what, when, and how that became known.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use anysms::{error::Result, message::{Address, Message}, number::PhoneNumber, suppression::{OptOutSource, OptOuts}};

use crate::MessageLog;

/// Someone opted out. Of everything, or within a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OptOut {
    /// Who.
    pub number: PhoneNumber,
    /// Of what.
    pub scope: OptOutScope,
    /// How that became known.
    pub source: OptOutSource,
    /// When.
    pub at: Timestamp,
}

/// Of what someone opted out: of all, of one organisation's messages, or of those from one sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct OptOutScope {
    /// Of this organisation's messages only.
    pub organisation: Option<String>,
    /// Of messages from this sender only.
    pub sender: Option<Address>,
}

impl OptOutScope {
    /// Of everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Of this organisation's messages only; of all if the name is empty.
    #[must_use]
    pub fn with_organisation(mut self, organisation: impl Into<String>) -> Self {
        self.organisation = Some(organisation.into()).filter(|name| !name.is_empty());
        self
    }

    /// Of messages from this sender only.
    #[must_use]
    pub fn with_sender(mut self, sender: impl Into<Address>) -> Self {
        self.sender = Some(sender.into());
        self
    }

    /// Whether a message is within. One that does not name its sender may come from any.
    #[must_use]
    pub fn covers(&self, message: &Message) -> bool {
        let organisation = message.organisation().map(str::to_owned);
        let sender = message.sender().map(Address::from);
        self.meets(&Self { organisation, sender })
    }

    fn meets(&self, of: &Self) -> bool {
        let organisation = self.organisation.is_none() || self.organisation == of.organisation;
        let sender = self.sender.is_none() || of.sender.is_none() || self.sender == of.sender;
        organisation && sender
    }
}

/// The log's opt-outs as the list of [`Suppress`](anysms::layers::Suppress) and of webhooks: what it finds
/// covers the scope, and what it learns is kept for it. [`Recorded`](crate::Recorded) looks at the
/// log's opt-outs by itself.
#[derive(Clone, Debug)]
pub struct ScopedOptOuts {
    log: Arc<dyn MessageLog>,
    scope: OptOutScope,
}

impl ScopedOptOuts {
    /// Those of a log that cover this scope.
    #[must_use]
    pub fn new(log: Arc<dyn MessageLog>, scope: OptOutScope) -> Self {
        Self { log, scope }
    }
}

#[async_trait]
impl OptOuts for ScopedOptOuts {
    async fn find(&self, number: PhoneNumber) -> Result<Option<OptOutSource>> {
        let found = self.log.opt_outs_of(number).await?;
        Ok(found.iter().filter(|one| one.scope.meets(&self.scope)).map(|one| one.source).max())
    }

    async fn insert(&self, number: PhoneNumber, source: OptOutSource) -> Result<()> {
        self.log.opt_out(number, self.scope.clone(), source).await
    }

    async fn remove(&self, number: PhoneNumber, up_to: OptOutSource) -> Result<()> {
        self.log.opt_in(number, self.scope.clone(), up_to).await
    }
}
