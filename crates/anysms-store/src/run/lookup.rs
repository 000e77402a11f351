//! Search of a reconciler for a provider's record of an attempt, and the limits of what it proves.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use anysms::{
    AccountId, AccountKey, ProviderId,
    error::{ErrorKind, Result},
    message::{Address, Direction, MessageId, MessageRecord, Query},
    provider::SmsProvider,
};

use super::reconcile::Reconciler;
use crate::{
    AttemptOutcome, AttemptRecord, Filter, TextHash,
    protocol::{
        events::are_others,
        operations::{Check, Looked},
    },
};

/// Most pages of a list that are looked through.
const MOST_PAGES: usize = 20;

/// Greatest difference between our clock and the provider's.
const SKEW: Duration = Duration::from_secs(5 * 60);

impl Reconciler {
    /// Returns the one provider that is an account's; `None` if there is none, or if several may be.
    pub(super) fn provider(
        &self,
        id: &ProviderId,
        account: Option<&AccountId>,
    ) -> Option<Arc<dyn SmsProvider>> {
        if let (Some(accounts), Some(account)) = (&self.accounts, account)
            && let Some(one) = accounts.find(&AccountKey::new(id.clone(), account.clone()))
        {
            return Some(one);
        }
        let mut same = self.providers.iter().filter(|one| one.provider.id() == *id);
        match account {
            // One that does not tell its account is meant if it is the only one.
            Some(account) => {
                same.clone().find(|one| one.account.as_ref() == Some(account)).or_else(|| {
                    let only = same.next().filter(|one| one.account.is_none());
                    only.filter(|_| same.next().is_none())
                })
            }
            None => same.next().filter(|_| same.next().is_none()),
        }
        .map(|one| Arc::clone(&one.provider))
    }

    /// Asks the provider of an attempt.
    pub(super) async fn look(&self, check: &Check) -> Result<Looked> {
        let attempt = &check.case.attempts[check.place];
        let Some(provider) = self.provider(&attempt.provider, attempt.account.as_ref()) else {
            return Ok(Looked::NotAsked);
        };
        if let Some(id) = &attempt.id {
            return Ok(fetch(&*provider, id).await?.map_or(Looked::Nothing, found));
        }
        // An event that proves only its address named an id: the provider knows whether it is this message's.
        if let Some(id) = &attempt.hinted
            && let Some(record) = fetch(&*provider, id).await?
            && check.may_be(&record, None)
            && !self.store.knows(&record.id).await?
        {
            return Ok(found(record));
        }
        if attempt.outcome == Some(AttemptOutcome::Unknown) {
            self.search(&*provider, check).await
        } else {
            Ok(Looked::Nothing)
        }
    }

    async fn search(&self, provider: &dyn SmsProvider, check: &Check) -> Result<Looked> {
        let (entry, attempt) = (&check.case.entry, &check.case.attempts[check.place]);
        if !provider.capabilities().list {
            return Ok(Looked::Nothing);
        }
        let whole = self.store.history(entry.tenant.as_ref(), &entry.key).await?;
        let hash = whole.and_then(|whole| whole.entry.text_hash);
        let (Some(to), Some(hash)) = (entry.remote.number(), hash) else {
            return Ok(Looked::Nothing);
        };
        let from = attempt.begun_at.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
        let until = attempt.begun_at.checked_add(SKEW).unwrap_or(Timestamp::MAX);
        let then =
            |record: &MessageRecord| record.created_at.is_none_or(|at| at >= from && at <= until);
        // Not by time: vendors filter by when a message was sent, and it may not be sent yet.
        let (mut query, mut found_one) = (Query::new().with_to(to), None);
        for _ in 0..MOST_PAGES {
            let page = provider.list(&query).await?;
            let over = page.items.iter().filter_map(|record| record.created_at).all(|at| at < from)
                && page.items.iter().any(|record| record.created_at.is_some());
            let same = |record: &MessageRecord| then(record) && check.may_be(record, Some(hash));
            for record in page.items.into_iter().filter(same) {
                if self.store.knows(&record.id).await? {
                    continue; // another attempt's
                }
                if found_one.replace(record).is_some() {
                    return Ok(Looked::Nothing); // which of them?
                }
            }
            let next = page.next.filter(|_| !over);
            let Some(cursor) = next else {
                let rival = found_one.is_some() && self.has_rival(check, hash).await?;
                return Ok(found_one.filter(|_| !rival).map_or(Looked::Nothing, found));
            };
            query = query.with_cursor(cursor);
        }
        Ok(Looked::NotAsked) // not all of them were seen
    }

    /// Returns whether the record that was found may be that of another unconfirmed attempt.
    async fn has_rival(&self, check: &Check, hash: TextHash) -> Result<bool> {
        let this = &check.case.attempts[check.place];
        let rivals = |attempt: &AttemptRecord| {
            let apart = attempt.begun_at.duration_since(this.begun_at).unsigned_abs();
            let sent = attempt.outcome != Some(AttemptOutcome::NotSent);
            attempt.token != this.token
                && attempt.provider == this.provider
                && (attempt.account.is_none()
                    || this.account.is_none()
                    || attempt.account == this.account)
                && sent
                && attempt.id.is_none()
                && apart <= 2 * SKEW
        };
        let to = Filter::new().with_remote(check.case.entry.remote.clone());
        let page = self.store.entries(&to, 1_000, None).await?;
        for entry in page.items.iter().filter(|e| e.text_hash == Some(hash)) {
            let history = self.store.history(entry.tenant.as_ref(), &entry.key).await?;
            if history.is_some_and(|history| history.attempts.iter().any(rivals)) {
                return Ok(true);
            }
        }
        Ok(page.next.is_some()) // more than anybody looks through
    }
}

/// Reads the provider's record of a message; `None` if it keeps no records, or not this one any more.
pub(super) async fn fetch(
    provider: &dyn SmsProvider,
    id: &MessageId,
) -> Result<Option<MessageRecord>> {
    match provider.fetch(id).await {
        Ok(record) => Ok(Some(record)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn found(record: MessageRecord) -> Looked {
    Looked::Found(Box::new(record))
}

impl Check {
    /// Returns whether a record may be of this attempt: an outbound message to its recipient, from its sender, with its
    /// text where both are known.
    fn may_be(&self, record: &MessageRecord, text: Option<TextHash>) -> bool {
        let (entry, attempt) = (&self.case.entry, &self.case.attempts[self.place]);
        let sender = entry.sender.as_ref().filter(|sender| sender.pool().is_none());
        let sender = sender.map(Address::from);
        let differ = |ours: Option<&Address>, theirs: &Option<Address>| {
            ours.zip(theirs.as_ref()).is_some_and(|(ours, theirs)| are_others(ours, theirs))
        };
        let of = |wanted| record.text.as_ref().is_some_and(|text| TextHash::of(text) == wanted);
        record.direction != Some(Direction::Inbound)
            && (attempt.redirected || !differ(Some(&entry.remote), &record.to))
            && !differ(sender.as_ref(), &record.from)
            && text.is_none_or(of)
    }

    /// Returns the account that is asked about it.
    pub(super) fn account(&self) -> (ProviderId, Option<AccountId>) {
        let attempt = &self.case.attempts[self.place];
        (attempt.provider.clone(), attempt.account.clone())
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.case.attempts[self.place].outcome == Some(AttemptOutcome::Unknown)
    }
}
