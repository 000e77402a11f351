//! [`Members`]: several providers that stand side by side, and what they do together.

use std::{fmt, sync::Arc};

use crate::{
    error::{Error, ErrorKind, Result},
    layers::misplaced,
    message::{Cursor, MessageId, MessageRecord, Page, Query},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Several providers, of which there is always a first.
#[derive(Clone)]
pub(super) struct Members(Vec<Arc<dyn SmsProvider>>);

impl Members {
    pub(super) fn new(first: impl SmsProvider) -> Self {
        Self(vec![Arc::new(first)])
    }

    /// Adds one more. What protects must stand around all of them or none: a protection that only some
    /// have is one that a message goes round.
    pub(super) fn push(&mut self, next: impl SmsProvider) -> Result<()> {
        let protection = |provider: &dyn SmsProvider| {
            let capabilities = provider.capabilities();
            (capabilities.suppresses, capabilities.guards)
        };
        if protection(&*self.0[0]) != protection(&next) {
            return Err(misplaced("suppress and guard: go around all providers or around none"));
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

    /// The first provider's.
    pub(super) fn id(&self) -> ProviderId {
        self.get(0).id()
    }

    /// What any of them can do, and what protects all of them.
    pub(super) fn capabilities(&self) -> Capabilities {
        self.iter().map(SmsProvider::capabilities).reduce(Capabilities::or).unwrap_or_default()
    }

    /// Asks the providers of the name in the id, the next where one does not know the message: there may be
    /// several accounts of one provider.
    async fn ask<'a, T, F>(
        &'a self,
        id: &MessageId,
        call: impl Fn(&'a dyn SmsProvider) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let other = "message id: names no provider of this stack";
        let mut last = Error::not_sent(ErrorKind::InvalidRequest).with_detail(other);
        for provider in self.iter().filter(|provider| provider.id() == *id.provider()) {
            match call(provider).await {
                Err(error) if error.kind() == ErrorKind::NotFound => last = error,
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

    /// All messages of the first provider, then of the next.
    pub(super) async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        let other =
            || Error::not_sent(ErrorKind::InvalidRequest).with_detail("cursor: is of another list");
        let (number, own) = place(query.cursor.as_ref()).ok_or_else(other)?;
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

    /// The first provider's account, if all are alive.
    pub(super) async fn check(&self) -> Result<AccountStatus> {
        let first = self.get(0).check().await?;
        for provider in self.iter().skip(1) {
            provider.check().await?;
        }
        Ok(first)
    }
}

/// The number of a provider, and its own cursor, in the cursor of all.
fn place(cursor: Option<&Cursor>) -> Option<(usize, Option<Cursor>)> {
    let Some(cursor) = cursor else { return Some((0, None)) };
    let (number, own) = cursor.as_str().split_once(':')?;
    Some((number.parse().ok()?, Some(own).filter(|own| !own.is_empty()).map(Cursor::new)))
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}
