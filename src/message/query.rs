//! [`Query`], [`Page`] and [`Cursor`]: listing what a provider knows.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    message::{Channel, Destination, Direction, MessageStatus, OptionSet, Sender, VendorOptions},
};

/// Filter of a list of messages. Empty, it lists what the provider lists by default (Plivo: the last 24
/// hours). A filter that the provider does not have is refused, never ignored.
///
/// Count what arrived at a number, among its latest 20 messages:
///
/// ```
/// use anysms::{MessageStatus, PhoneNumber, Query, Result, SmsProvider};
///
/// async fn arrived(sms: &dyn SmsProvider, to: PhoneNumber) -> Result<usize> {
///     let page = sms.list(&Query::new().with_to(to).with_page_size(20)).await?;
///     Ok(page.items.iter().filter(|record| record.status == MessageStatus::Delivered).count())
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// Recipient, on its channel.
    pub to: Option<Destination>,
    /// Sender.
    pub from: Option<Sender>,
    /// Channel of the sender's address.
    pub from_channel: Channel,
    /// Earliest time of sending.
    pub since: Option<Timestamp>,
    /// Latest time of sending.
    pub until: Option<Timestamp>,
    /// Direction.
    pub direction: Option<Direction>,
    /// Status.
    pub status: Option<MessageStatus>,
    /// Most records of a page; the provider may give fewer. Twilio: 1 to 1,000; Plivo: 1 to 20.
    pub page_size: Option<u32>,
    /// Place where the last page ended.
    pub cursor: Option<Cursor>,
    options: OptionSet,
}

impl Query {
    /// Creates all messages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps messages sent to this recipient.
    #[must_use]
    pub fn with_to(mut self, to: impl Into<Destination>) -> Self {
        self.to = Some(to.into());
        self
    }

    /// Keeps messages sent from this sender.
    #[must_use]
    pub fn with_from(mut self, from: impl Into<Sender>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// Keeps messages sent at this time or later.
    #[must_use]
    pub fn with_since(mut self, since: Timestamp) -> Self {
        self.since = Some(since);
        self
    }

    /// Keeps messages sent at this time or earlier.
    #[must_use]
    pub fn with_until(mut self, until: Timestamp) -> Self {
        self.until = Some(until);
        self
    }

    /// Keeps messages in this direction.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        self.direction = Some(direction);
        self
    }

    /// Keeps messages with this status.
    #[must_use]
    pub fn with_status(mut self, status: MessageStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets the most records of a page.
    #[must_use]
    pub fn with_page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }

    /// Goes on where the last page ended. The cursor keeps the filters of the query it came from.
    #[must_use]
    pub fn with_cursor(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// Adds filters that only one vendor has.
    #[must_use]
    pub fn with_options<O: VendorOptions>(mut self, options: &O) -> Self {
        self.options.set(options);
        self
    }

    /// Returns one vendor's filters.
    ///
    /// # Errors
    /// `ErrorKind::InvalidRequest` if what the query carries is not of this type.
    pub fn options<O: VendorOptions>(&self) -> Result<Option<O>> {
        self.options.get()
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// Items of the page.
    pub items: Vec<T>,
    /// Place where the next page begins; `None` after the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Creates a page.
    #[must_use]
    pub const fn new(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self { items, next }
    }
}

/// A place in a list, in the provider's own form. It can be kept as text; a provider accepts only a
/// cursor that stays on its own host and list. `Debug` hides it, as it may hold a number.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Creates a cursor from a provider, or from text it was kept in.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the cursor as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(…)")
    }
}
