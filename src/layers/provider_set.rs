//! [`ProviderSet`]: several providers side by side, for `Failover`, `Route` and `Weighted`.

use std::{fmt, sync::Arc};

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    layers::misplaced,
    message::{Cursor, Message, MessageId, MessageRecord, Page, Query},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Non-empty list of providers.
#[derive(Clone)]
pub(super) struct ProviderSet(Vec<Arc<dyn SmsProvider>>);

impl ProviderSet {
    pub(super) fn new(first: impl SmsProvider) -> Self {
        Self(vec![Arc::new(first)])
    }

    /// Adds a provider. All of them or none must have a suppression list, and likewise a store: messages
    /// would bypass a protection that only some have. Guards are refused, as their limits would multiply.
    pub(super) fn push(&mut self, next: impl SmsProvider) -> Result<()> {
        let (first, other) = (self.0[0].capabilities(), next.capabilities());
        if first.suppresses != other.suppresses {
            return Err(misplaced(
                "suppress: only some providers have it; wrap all of them or none",
            ));
        }
        if first.recorded_in != other.recorded_in {
            return Err(misplaced(
                "recorded: the providers are not all recorded in one store; wrap all of them in the same, or none",
            ));
        }
        if first.guards || other.guards {
            return Err(misplaced(
                "guard: is inside failover, route or weighted; put it around them",
            ));
        }
        self.0.push(Arc::new(next));
        Ok(())
    }

    pub(super) fn get(&self, number: usize) -> &dyn SmsProvider {
        &*self.0[number]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn SmsProvider> {
        self.0.iter().map(|provider| &**provider)
    }

    /// Returns the id of the first provider.
    pub(super) fn id(&self) -> ProviderId {
        self.get(0).id()
    }

    /// Returns the account that would send; `None` unless it is the same for all providers.
    pub(super) fn account(&self, message: &Message) -> Option<AccountKey> {
        let first = self.get(0).account(message);
        first.filter(|first| self.iter().all(|one| one.account(message).as_ref() == Some(first)))
    }

    /// Returns the capabilities of any provider, and the protections that all of them have.
    pub(super) fn capabilities(&self) -> Capabilities {
        let all = self.iter().map(SmsProvider::capabilities).reduce(Capabilities::or);
        Capabilities { chooses: true, ..all.unwrap_or_default() }
    }

    /// Asks the providers named in the id, then the others, which may be stacks around such a provider.
    /// Continues while a provider does not know the message.
    async fn ask<'a, T, F>(
        &'a self,
        id: &MessageId,
        call: impl Fn(&'a dyn SmsProvider) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let own = |provider: &&dyn SmsProvider| provider.id() == *id.provider();
        let others = self.iter().filter(|provider| !own(provider));
        let other = "message id: names no provider of this stack";
        let mut last = Error::not_sent(ErrorKind::InvalidRequest).with_detail(other);
        for provider in self.iter().filter(own).chain(others) {
            match call(provider).await {
                Err(error) if error.kind() == ErrorKind::NotFound => last = error,
                Err(error) if error.kind() == ErrorKind::InvalidRequest => {} // the id of another provider
                done => return done,
            }
        }
        Err(last)
    }

    pub(super) async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.ask(id, |provider| provider.fetch(id)).await
    }

    pub(super) async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.ask(id, |provider| provider.cancel(id)).await
    }

    /// Lists all messages of the first provider, then of the next.
    pub(super) async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        let other = || {
            Error::not_sent(ErrorKind::InvalidRequest)
                .with_detail("cursor: belongs to another list")
        };
        let (number, own) = split_cursor(query.cursor.as_ref()).ok_or_else(other)?;
        let provider = self.0.get(number).ok_or_else(other)?;
        let mut query = query.clone();
        query.cursor = own;
        let page = provider.list(&query).await?;
        let next = match page.next {
            Some(own) => Some(format!("{number}:{}", own.as_str())),
            None => (number + 1 < self.0.len()).then(|| format!("{}:", number + 1)),
        };
        Ok(Page::new(page.items, next.map(Cursor::new)))
    }

    /// Returns the first provider's account status if all providers answer.
    pub(super) async fn check(&self) -> Result<AccountStatus> {
        let first = self.get(0).check().await?;
        for provider in self.iter().skip(1) {
            provider.check().await?;
        }
        Ok(first)
    }
}

/// Splits the cursor of the whole list into the index of a provider and the cursor of that provider's list.
fn split_cursor(cursor: Option<&Cursor>) -> Option<(usize, Option<Cursor>)> {
    let Some(cursor) = cursor else { return Some((0, None)) };
    let (number, own) = cursor.as_str().split_once(':')?;
    Some((number.parse().ok()?, Some(own).filter(|own| !own.is_empty()).map(Cursor::new)))
}

impl fmt::Debug for ProviderSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}
