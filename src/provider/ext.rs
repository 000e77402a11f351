//! [`SmsProviderExt`]: methods that users call on any provider.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    error::Result,
    message::{MessageRecord, Query},
    provider::SmsProvider,
};
#[cfg(feature = "layers")]
use crate::{
    message::Message,
    provider::send_all::{Each, SendAll},
};

/// Methods for users of any provider, on top of [`SmsProvider`].
pub trait SmsProviderExt: SmsProvider {
    /// Returns the provider behind one pointer, so that a program chooses it at run time.
    fn into_dyn(self) -> Arc<dyn SmsProvider>
    where
        Self: Sized,
    {
        Arc::new(self)
    }

    /// Returns all messages that match, page by page as they are asked for.
    ///
    /// ```
    /// # async fn example(sms: impl anysms::SmsProvider) -> anysms::Result<()> {
    /// use anysms::{Query, SmsProviderExt};
    ///
    /// let mut records = sms.list_all(Query::new());
    /// while let Some(record) = records.next().await {
    ///     println!("{}", record?.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    fn list_all(&self, query: Query) -> Records<'_, Self> {
        Records { provider: self, query: Some(query), page: VecDeque::new() }
    }

    /// Sends many messages, so many at a time, through everything this is made of. Results come as messages
    /// end; `Arc<dyn SmsProvider>` and the clients of this crate are `Clone`. On Tokio.
    ///
    /// ```
    /// # async fn example(sms: std::sync::Arc<dyn anysms::SmsProvider>, messages: Vec<anysms::Message>) {
    /// use anysms::SmsProviderExt;
    ///
    /// let mut all = sms.send_each(messages).with_concurrency(64);
    /// while let Some(sent) = all.next().await {
    ///     if let Err(error) = &sent.result {
    ///         println!("{}: {error}", sent.index);
    ///     }
    /// }
    /// println!("{} sent, {} segments", all.summary().sent, all.summary().segments);
    /// # }
    /// ```
    #[cfg(feature = "layers")]
    fn send_each<I>(&self, messages: I) -> SendAll<Self, Each<I::IntoIter>>
    where
        Self: Clone,
        I: IntoIterator<Item = Message>,
        I::IntoIter: Send + Unpin + 'static,
    {
        self.send_all(Each::new(messages.into_iter()))
    }

    /// Returns the same for a stream, such as the rows of a database.
    #[cfg(feature = "layers")]
    fn send_all<S>(&self, messages: S) -> SendAll<Self, S>
    where
        Self: Clone,
        S: futures_core::Stream<Item = Message> + Send + 'static,
    {
        SendAll::new(self.clone(), messages)
    }
}

impl<P: SmsProvider + ?Sized> SmsProviderExt for P {}

/// The messages of a list, one at a time; the next page is asked for when the last is used up.
#[derive(Debug)]
pub struct Records<'a, P: ?Sized> {
    provider: &'a P,
    query: Option<Query>, // none once the last page has come, or after an error
    page: VecDeque<MessageRecord>,
}

impl<P: SmsProvider + ?Sized> Records<'_, P> {
    /// Returns the next message; `None` at the end, and after an error.
    ///
    /// # Errors
    /// Those of [`SmsProvider::list`].
    pub async fn next(&mut self) -> Option<Result<MessageRecord>> {
        loop {
            if let Some(record) = self.page.pop_front() {
                return Some(Ok(record));
            }
            let query = self.query.take()?;
            match self.provider.list(&query).await {
                Ok(page) => {
                    self.page = page.items.into();
                    // A page that points to itself would never end.
                    let next = page.next.filter(|next| query.cursor.as_ref() != Some(next));
                    self.query = next.map(|next| query.with_cursor(next));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
