//! The check before a number is released: messages of it that are not final.

use anysms::{
    PhoneNumber, Timestamp,
    error::Result,
    message::{Address, Direction, Page},
    numbers::ReleaseCheck,
};
use async_trait::async_trait;

use crate::{DeliveryState, Entry, Filter, MessageStore, Progress, backend::Backend};

/// Messages of one page.
const PAGE: u32 = 1_000;

impl<B: Backend> MessageStore<B> {
    /// Counts the outbound messages from this address, written down at this time or later, that are not final: they
    /// wait, are on their way, or may have been sent. Those in the dead letters are final.
    ///
    /// ```
    /// use anysms::{PhoneNumber, Timestamp};
    /// use anysms_store::MessageStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let number: PhoneNumber = "+15555550100".parse()?;
    /// let store = MessageStore::memory();
    /// assert_eq!(store.unfinished(number, Timestamp::UNIX_EPOCH).await?, 0);
    /// // As the check of a buyer: NumberBuyer::new(numbers, intents).with_release_check(store)
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn unfinished(&self, from: impl Into<Address>, since: Timestamp) -> Result<u64> {
        let from = from.into();
        let all = Filter::new().with_local(from).with_direction(Direction::Outbound);
        let mut count = 0;
        for status in Progress::all().filter(|status| !status.is_final()) {
            let filter = all.clone().with_since(since).with_status(status);
            let mut cursor = None;
            loop {
                let page: Page<Entry> = self.entries(&filter, PAGE, cursor.as_ref()).await?;
                let is_open = |entry: &&Entry| entry.state() != Some(DeliveryState::Failed);
                count += page.items.iter().filter(is_open).count() as u64;
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(count)
    }
}

#[async_trait]
impl<B: Backend> ReleaseCheck for MessageStore<B> {
    async fn unfinished(&self, number: PhoneNumber, since: Timestamp) -> Result<u64> {
        Self::unfinished(self, number, since).await
    }
}
