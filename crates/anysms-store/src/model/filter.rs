//! [`Filter`]: a choice of messages of a store.

use jiff::Timestamp;

use anysms::{
    AccountId, ProviderId, TenantId,
    message::{Address, Direction, MessageId, Text},
    number::Region,
};

use crate::{Progress, Stage, model::case::Case};

/// Filter of messages to list, count or export. Empty: all.
///
/// Indexes find messages by number, provider's id, tag and words, unconfirmed ones and dead letters, and within a
/// tenant those of a user, a campaign or a time, and what is unread. A program without tenants says so by
/// [`without_tenant`](Self::without_tenant). By anything else all messages are looked through, the latest first.
///
/// ```
/// use anysms::message::Direction;
/// use anysms_store::Filter;
///
/// let unread = Filter::new().with_tenant("clinic-17".parse()?).unread();
/// assert_eq!(unread.direction, Some(Direction::Inbound));
/// # Ok::<(), anysms::message::TenantIdError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// Only messages of this tenant; `Some(None)` for those that have none.
    pub tenant: Option<Option<TenantId>>,
    /// Only messages that this user caused.
    pub user: Option<String>,
    /// Only messages of this campaign.
    pub campaign: Option<String>,
    /// Only messages with this tag.
    pub tag: Option<String>,
    /// Only the message with an attempt that has this provider's id.
    pub id: Option<MessageId>,
    /// Only messages that this provider sent or brought.
    pub provider: Option<ProviderId>,
    /// Only messages of this account at a provider.
    pub account: Option<AccountId>,
    /// Only messages to or from numbers of this country.
    pub country: Option<Region>,
    /// Only messages in this direction.
    pub direction: Option<Direction>,
    /// Only messages with this status.
    pub status: Option<Progress>,
    /// Only messages in this stage of the queue.
    pub stage: Option<Stage>,
    /// Only messages to or from this remote number or address.
    pub remote: Option<Address>,
    /// Only messages from or to this address of your own.
    pub local: Option<Address>,
    /// Only inbound messages that are not read yet.
    pub unread: bool,
    /// Only messages with all these words in the text, in any order.
    pub words: Vec<Text>,
    /// Only messages written down at this time or later.
    pub since: Option<Timestamp>,
    /// Only messages written down before this time.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// Returns the filter of all messages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps only messages of this tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(Some(tenant));
        self
    }

    /// Keeps only messages that have no tenant.
    #[must_use]
    pub fn without_tenant(mut self) -> Self {
        self.tenant = Some(None);
        self
    }

    /// Keeps only messages of this account at a provider.
    #[must_use]
    pub fn with_account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// Keeps only messages that this user caused.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Keeps only messages of this campaign.
    #[must_use]
    pub fn with_campaign(mut self, campaign: impl Into<String>) -> Self {
        self.campaign = Some(campaign.into());
        self
    }

    /// Keeps only messages with this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// Keeps only the outbound message with an attempt that has this provider's id.
    #[must_use]
    pub fn with_id(mut self, id: MessageId) -> Self {
        self.id = Some(id);
        self
    }

    /// Keeps only messages that this provider sent or brought.
    #[must_use]
    pub fn with_provider(mut self, provider: ProviderId) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Keeps only messages to or from numbers of this country.
    #[must_use]
    pub fn with_country(mut self, country: Region) -> Self {
        self.country = Some(country);
        self
    }

    /// Keeps only messages in this direction.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        self.direction = Some(direction);
        self
    }

    /// Keeps only messages with this status.
    #[must_use]
    pub fn with_status(mut self, status: Progress) -> Self {
        self.status = Some(status);
        self
    }

    /// Keeps only messages in this stage of the queue.
    #[must_use]
    pub fn with_stage(mut self, stage: Stage) -> Self {
        self.stage = Some(stage);
        self
    }

    /// Keeps only messages to or from this remote number or address.
    #[must_use]
    pub fn with_remote(mut self, remote: impl Into<Address>) -> Self {
        self.remote = Some(remote.into());
        self
    }

    /// Keeps only messages from or to this address of your own.
    #[must_use]
    pub fn with_local(mut self, local: impl Into<Address>) -> Self {
        self.local = Some(local.into());
        self
    }

    /// Keeps only inbound messages that are not read yet.
    #[must_use]
    pub fn unread(mut self) -> Self {
        self.unread = true;
        self.direction = Some(Direction::Inbound);
        self
    }

    /// Keeps only messages with all words of this text, in any order, whatever their case. Texts that the
    /// policy does not keep are not found.
    #[must_use]
    pub fn with_words(mut self, text: &str) -> Self {
        self.words = words(text).map(Text::from).collect();
        self
    }

    /// Keeps only messages written down at this time or later.
    #[must_use]
    pub fn with_since(mut self, since: Timestamp) -> Self {
        self.since = Some(since);
        self
    }

    /// Keeps only messages written down before this time.
    #[must_use]
    pub fn with_until(mut self, until: Timestamp) -> Self {
        self.until = Some(until);
        self
    }

    /// Returns whether a message is one of them.
    pub(crate) fn matches(&self, Case { entry, attempts, .. }: &Case) -> bool {
        fn is<T: PartialEq>(wanted: &Option<T>, known: &Option<T>) -> bool {
            wanted.is_none() || wanted == known
        }
        self.tenant.as_ref().is_none_or(|wanted| *wanted == entry.tenant)
            && is(&self.user, &entry.user)
            && is(&self.campaign, &entry.campaign)
            && is(&self.provider, &entry.provider)
            && is(&self.account, &entry.account)
            && is(&self.country, &entry.country)
            && is(&self.status, &entry.status)
            && is(&self.local, &entry.local)
            && self
                .id
                .as_ref()
                .is_none_or(|id| attempts.iter().any(|one| one.id.as_ref() == Some(id)))
            && self.tag.as_ref().is_none_or(|tag| entry.tags.contains(tag))
            && self.direction.is_none_or(|direction| direction == entry.direction)
            && self.stage.is_none_or(|stage| stage == entry.stage)
            && self.remote.as_ref().is_none_or(|remote| *remote == entry.remote)
            && !(self.unread && (entry.read_at.is_some() || entry.direction != Direction::Inbound))
            && self.since.is_none_or(|since| entry.created_at >= since)
            && self.until.is_none_or(|until| entry.created_at < until)
            && (self.words.is_empty() || {
                let known: Vec<String> =
                    entry.text.as_deref().map(words).into_iter().flatten().collect();
                self.words.iter().flat_map(|text| words(text)).all(|word| known.contains(&word))
            })
    }
}

/// Returns the words of a text: its runs of letters and digits, in lower case.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}
