//! [`Failover`]: the next provider, where it is proved that nothing was sent.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{
    error::{Attempt, Error, ErrorKind, Result},
    layers::breaker::{Breaker, BreakerPolicy},
    message::{Cursor, Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Several providers in order: a message goes to the first that is not known to be in trouble, and to
/// the next only where it is proved that nothing was sent and the provider is to blame
/// ([`Error::may_fail_over`]). What may have been sent goes nowhere else, and neither does a refusal that
/// protects someone: an opt-out, a barred country, a filter.
///
/// A provider that keeps failing is passed over, but for a message now and then that tries it
/// ([`BreakerPolicy`]). What is about one message goes to the provider that its id names. The error after
/// several providers has them all: [`Error::attempts`].
///
/// ```
/// use anysms::{SmsProvider, layers::Failover};
///
/// fn stack(first: impl SmsProvider, second: impl SmsProvider) -> impl SmsProvider {
///     Failover::new(first).or(second)
/// }
/// ```
pub struct Failover {
    members: Vec<Member>,
    policy: BreakerPolicy,
}

struct Member {
    provider: Arc<dyn SmsProvider>,
    breaker: Breaker,
}

impl Failover {
    /// Begins with the provider that is asked first.
    pub fn new(first: impl SmsProvider) -> Self {
        Self::with_policy(first, BreakerPolicy::default())
    }

    /// The same by another policy, which holds for all providers.
    pub fn with_policy(first: impl SmsProvider, policy: BreakerPolicy) -> Self {
        Self { members: Vec::new(), policy }.or(first)
    }

    /// Adds the provider that is asked next.
    #[must_use]
    pub fn or(mut self, next: impl SmsProvider) -> Self {
        let breaker = Breaker::new(self.policy.clone());
        self.members.push(Member { provider: Arc::new(next), breaker });
        self
    }

    /// The provider that a message's id names.
    fn of(&self, id: &MessageId) -> Result<&Arc<dyn SmsProvider>> {
        let mut providers = self.members.iter().map(|member| &member.provider);
        let other = "message id: names no provider of this stack";
        providers
            .find(|provider| provider.id() == *id.provider())
            .ok_or_else(|| Error::not_sent(ErrorKind::InvalidRequest).with_detail(other))
    }
}

/// The number of a provider, and its own cursor, in the cursor of the stack.
fn place(cursor: Option<&Cursor>) -> Option<(usize, Option<Cursor>)> {
    let Some(cursor) = cursor else { return Some((0, None)) };
    let (number, own) = cursor.as_str().split_once(':')?;
    Some((number.parse().ok()?, Some(own).filter(|own| !own.is_empty()).map(Cursor::new)))
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SmsProvider for Failover {
    /// The first provider's.
    fn id(&self) -> ProviderId {
        self.members[0].provider.id() // there is always a first
    }

    /// What any of them can do: one that cannot is passed over.
    fn capabilities(&self) -> Capabilities {
        let all = self.members.iter().map(|member| member.provider.capabilities());
        all.fold(Capabilities::default(), Capabilities::or)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let (mut before, mut last) = (Vec::new(), None::<(Error, Duration)>);
        for Member { provider, breaker } in &self.members {
            if !breaker.allows() {
                continue;
            }
            if let Some((error, elapsed)) = last.take() {
                before.extend(Attempt::all_of(&error, elapsed));
            }
            let begun = Instant::now();
            let sent = provider.send(message).await;
            breaker.count(sent.as_ref().err());
            let error = match sent {
                Err(error) => error,
                done => return done,
            };
            let goes_on = error.may_fail_over();
            last = Some((error, begun.elapsed()));
            if !goes_on {
                break;
            }
        }
        let none =
            || Error::not_sent(ErrorKind::Unavailable).with_detail("every provider is in trouble");
        Err(last.map_or_else(none, |(error, elapsed)| error.after(before, elapsed)))
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.of(id)?.fetch(id).await
    }

    /// All messages of the first provider, then of the next.
    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        let other =
            || Error::not_sent(ErrorKind::InvalidRequest).with_detail("cursor: is of another list");
        let (number, own) = place(query.cursor.as_ref()).ok_or_else(other)?;
        let member = self.members.get(number).ok_or_else(other)?;
        let mut query = query.clone();
        query.cursor = own;
        let page = member.provider.list(&query).await?;
        let next = match page.next {
            Some(own) => Some(format!("{number}:{}", own.as_str())),
            None => (number + 1 < self.members.len()).then(|| format!("{}:", number + 1)),
        };
        Ok(Page::new(page.items, next.map(Cursor::new)))
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.of(id)?.cancel(id).await
    }

    /// The first provider's account, if all are alive.
    async fn check(&self) -> Result<AccountStatus> {
        let mut first = None;
        for Member { provider, .. } in &self.members {
            let status = provider.check().await?;
            first.get_or_insert(status);
        }
        first.ok_or_else(|| Error::unsupported(self.id(), "check"))
    }
}

impl fmt::Debug for Failover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| &member.provider)).finish()
    }
}
