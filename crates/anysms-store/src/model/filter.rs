//! [`LogFilter`]: which messages of a log.

use jiff::Timestamp;

use crate::{LogStatus, Stage, model::entry::Case};

use anysms::{message::{Address, Direction, MessageId, Text}, number::Region, ProviderId};

/// Which messages of a log to list, count or export. Empty: all.
///
/// Indexes find messages by number, provider's id, tag and words, those of which nobody knows and those that are
/// set aside, and within an organisation those of a user, a campaign or a time, and what is unread. A program
/// without organisations says so by [`with_organisation`](Self::with_organisation) with an empty name. By anything
/// else all messages are looked through, the latest first.
///
/// ```
/// use anysms_store::LogFilter;
/// use anysms::message::Direction;
///
/// let unread = LogFilter::new().with_organisation("clinic-17").unread();
/// assert_eq!(unread.direction, Some(Direction::Inbound));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogFilter {
    /// Of this organisation; an empty name is that of messages without one.
    pub organisation: Option<String>,
    /// Caused by this user.
    pub user: Option<String>,
    /// Of this campaign.
    pub campaign: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// Of which an attempt has this id of a provider.
    pub id: Option<MessageId>,
    /// Sent or brought by this provider.
    pub provider: Option<ProviderId>,
    /// To or from a number of this country.
    pub country: Option<Region>,
    /// In this direction.
    pub direction: Option<Direction>,
    /// That stand here.
    pub status: Option<LogStatus>,
    /// That are here in the queue.
    pub stage: Option<Stage>,
    /// To or from this number or address of the others.
    pub theirs: Option<Address>,
    /// From or to this address of yours.
    pub ours: Option<Address>,
    /// Inbound and not read yet.
    pub unread: bool,
    /// With all these words in the text, in any order.
    pub words: Vec<Text>,
    /// Written down at this time or later.
    pub since: Option<Timestamp>,
    /// Written down before this time.
    pub until: Option<Timestamp>,
}

impl LogFilter {
    /// All messages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of this organisation; with an empty name those that have none.
    #[must_use]
    pub fn with_organisation(mut self, organisation: impl Into<String>) -> Self {
        self.organisation = Some(organisation.into());
        self
    }

    /// Only those that this user caused.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Only those of this campaign.
    #[must_use]
    pub fn with_campaign(mut self, campaign: impl Into<String>) -> Self {
        self.campaign = Some(campaign.into());
        self
    }

    /// Only those with this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }

    /// Only that outbound one of which an attempt has this id of a provider.
    #[must_use]
    pub fn with_id(mut self, id: MessageId) -> Self {
        self.id = Some(id);
        self
    }

    /// Only those that this provider sent or brought.
    #[must_use]
    pub fn with_provider(mut self, provider: ProviderId) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Only those to or from numbers of this country.
    #[must_use]
    pub fn with_country(mut self, country: Region) -> Self {
        self.country = Some(country);
        self
    }

    /// Only those in this direction.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        self.direction = Some(direction);
        self
    }

    /// Only those that stand here.
    #[must_use]
    pub fn with_status(mut self, status: LogStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Only those that are here in the queue.
    #[must_use]
    pub fn with_stage(mut self, stage: Stage) -> Self {
        self.stage = Some(stage);
        self
    }

    /// Only those to or from this number or address of the others.
    #[must_use]
    pub fn with_theirs(mut self, theirs: impl Into<Address>) -> Self {
        self.theirs = Some(theirs.into());
        self
    }

    /// Only those from or to this address of yours.
    #[must_use]
    pub fn with_ours(mut self, ours: impl Into<Address>) -> Self {
        self.ours = Some(ours.into());
        self
    }

    /// Only those that came in and were not read yet.
    #[must_use]
    pub fn unread(mut self) -> Self {
        self.unread = true;
        self.direction = Some(Direction::Inbound);
        self
    }

    /// Only those with all words of this text, in any order, whatever their case. Texts that the policy does
    /// not keep are not found.
    #[must_use]
    pub fn with_words(mut self, text: &str) -> Self {
        self.words = words(text).map(Text::from).collect();
        self
    }

    /// Only those written down at this time or later.
    #[must_use]
    pub fn with_since(mut self, since: Timestamp) -> Self {
        self.since = Some(since);
        self
    }

    /// Only those written down before this time.
    #[must_use]
    pub fn with_until(mut self, until: Timestamp) -> Self {
        self.until = Some(until);
        self
    }

    /// Whether an entry is one of them.
    pub(crate) fn matches(&self, Case { entry, attempts, .. }: &Case) -> bool {
        fn is<T: PartialEq>(wanted: &Option<T>, known: &Option<T>) -> bool {
            wanted.is_none() || wanted == known
        }
        let name = entry.organisation.as_deref().unwrap_or_default();
        self.organisation.as_ref().is_none_or(|wanted| wanted == name)
            && is(&self.user, &entry.user)
            && is(&self.campaign, &entry.campaign)
            && is(&self.provider, &entry.provider)
            && is(&self.country, &entry.country)
            && is(&self.status, &entry.status)
            && is(&self.ours, &entry.ours)
            && self
                .id
                .as_ref()
                .is_none_or(|id| attempts.iter().any(|one| one.id.as_ref() == Some(id)))
            && self.tag.as_ref().is_none_or(|tag| entry.tags.contains(tag))
            && self.direction.is_none_or(|direction| direction == entry.direction)
            && self.stage.is_none_or(|stage| stage == entry.stage)
            && self.theirs.as_ref().is_none_or(|theirs| *theirs == entry.theirs)
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

/// The words of a text: its runs of letters and digits, in lower case.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}
